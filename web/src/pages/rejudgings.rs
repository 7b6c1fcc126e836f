//! `/rejudgings…`: the jury judges again, sees what would change, and says whether it is to count.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;
use tribunal_actors::{
    ApplyRejudging, ListRejudgings, Rejudgeable, RejudgedLine, RejudgingStage, RejudgingView,
    Scope, StopRejudging,
};
use tribunal_problems::Verdict;

use super::{Shell, rendered, shown};
use crate::auth::{CheckedForm, Guarded, Viewer};
use crate::contest::time;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, Conflict, NotFound, Refused};
use crate::problem_details::Problem;
use crate::rejudgings::{NewRejudging, known, number};

#[derive(Template)]
#[template(path = "rejudgings.html")]
struct List {
    shell: Shell,
    wrong: Option<String>,
    problems: Vec<String>,
    rejudgings: Vec<Summary>,
}

struct Summary {
    id: u64,
    time: String,
    what: String,
    stage: &'static str,
    at_work: bool,
    total: usize,
    done: usize,
    changed: usize,
}

#[derive(Template)]
#[template(path = "rejudging.html")]
struct One {
    shell: Shell,
    summary: Summary,
    previewed: bool,
    lines: Vec<Line>,
    same: usize,
    failed: Vec<(i64, String)>,
}

struct Line {
    id: i64,
    problem: String,
    language: String,
    before: String,
    before_class: &'static str,
    after: String,
    after_class: &'static str,
    applied: bool,
}

impl Summary {
    fn of(view: &RejudgingView) -> Self {
        Self {
            id: view.id,
            time: time(view.created_at_ms),
            what: match &view.what {
                Rejudgeable::Submission(id) => format!("submission {id}"),
                Rejudgeable::Problem(name) => format!("problem {name}"),
                Rejudgeable::Contest(name) => format!("contest {name}"),
            },
            stage: match view.stage {
                RejudgingStage::Previewing => "finding out what would change",
                RejudgingStage::Previewed => "nothing is applied yet",
                RejudgingStage::Applying => "applying",
                RejudgingStage::Applied => "applied",
                RejudgingStage::Stopped => "stopped",
            },
            at_work: matches!(
                view.stage,
                RejudgingStage::Previewing | RejudgingStage::Applying
            ),
            total: view.total,
            done: view.done,
            changed: view.changed(),
        }
    }
}

impl Line {
    fn of(line: &RejudgedLine) -> Self {
        let words = |(verdict, score): (Verdict, Option<f64>)| match score {
            Some(score) => format!("{verdict} {score}"),
            None => verdict.to_string(),
        };
        Self {
            id: line.id.0,
            problem: line.problem.clone(),
            language: line.language.clone(),
            before: words(line.before),
            before_class: shown::class(Some(line.before.0)),
            after: words(line.after),
            after_class: shown::class(Some(line.after.0)),
            applied: line.applied,
        }
    }
}

/// Shows what was judged again, and the form for more.
#[utoipa::path(
    get,
    path = "/rejudgings",
    tag = "pages",
    operation_id = "rejudgings_page",
    responses(
        (status = 200, description = "What was judged again since the judge was started.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    listed(&front, &viewer, None).await
}

async fn listed(
    front: &Front,
    viewer: &Viewer,
    wrong: Option<Problem>,
) -> Result<HttpResponse, Problem> {
    let all = reached(front.rejudger.send(ListRejudgings).await)?;
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = List {
        shell: Shell::of(front, viewer),
        wrong: wrong.map(|wrong| wrong.to_string()),
        problems: front.problems.all().keys().cloned().collect(),
        rejudgings: all.iter().map(Summary::of).collect(),
    };
    rendered(status, &page)
}

/// What is to be judged again, by a form.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct RejudgeForm {
    /// `contest`, `problem` or `submission`.
    what: String,
    #[serde(default)]
    problem: String,
    #[serde(default)]
    submission: String,
    #[serde(default)]
    fresh: Option<String>,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for RejudgeForm {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl RejudgeForm {
    fn into_order(self) -> Result<NewRejudging, Problem> {
        let fresh = self.fresh.is_some();
        Ok(match self.what.as_str() {
            "contest" => NewRejudging {
                contest: true,
                fresh,
                ..NewRejudging::default()
            },
            "problem" => NewRejudging {
                problem: Some(self.problem),
                fresh,
                ..NewRejudging::default()
            },
            "submission" => {
                let id = self.submission.trim().parse();
                let id = id.map_err(|_| Problem::invalid("submission", "which number has it?"))?;
                NewRejudging {
                    submission: Some(id),
                    fresh,
                    ..NewRejudging::default()
                }
            }
            _ => return Err(Problem::invalid("what", "judge what again?")),
        })
    }
}

/// Begins to find out what judging again would change.
#[utoipa::path(
    post,
    path = "/rejudgings",
    tag = "pages",
    operation_id = "rejudge_by_form",
    request_body(content = RejudgeForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "It has begun; the answer says where to look."),
        Refused,
        BodyRefused,
        (status = 409, description = "Another one is at work.", content((String = "text/html"), (Problem = "application/problem+json"))),
        (status = 422, description = "The form again, with what is wrong.", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
    security(("session" = [])),
)]
pub(crate) async fn begin(
    front: Data<Front>,
    CheckedForm(viewer, form): CheckedForm<RejudgeForm>,
) -> Result<HttpResponse, Problem> {
    let begun = match form.into_order() {
        Ok(new) => new.begin(&front).await,
        Err(problem) => Err(problem),
    };
    match begun {
        Ok(id) => Ok(to(id)),
        Err(wrong) if wrong.is_of_form() => listed(&front, &viewer, Some(wrong)).await,
        Err(wrong) => Err(wrong),
    }
}

fn to(id: u64) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/rejudgings/{id}")))
        .finish()
}

/// Shows what would change, or what has.
#[utoipa::path(
    get,
    path = "/rejudgings/{id}",
    tag = "pages",
    operation_id = "rejudging_page",
    params(("id" = u64, Path, description = "The number of the rejudging.")),
    responses(
        (status = 200, description = "The rejudging as it is now.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn show(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let view = known(&front, &id).await?;
    let differing = view.lines.iter().filter(|line| line.differs);
    let lines: Vec<Line> = differing.map(Line::of).collect();
    let page = One {
        shell: Shell::of(&front, &viewer),
        summary: Summary::of(&view),
        previewed: view.stage == RejudgingStage::Previewed,
        same: view.lines.len() - lines.len(),
        lines,
        failed: view
            .failed
            .iter()
            .map(|(id, reason)| (id.0, shown::visible(reason)))
            .collect(),
    };
    rendered(StatusCode::OK, &page)
}

/// What to do with a rejudging, by a button.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct RejudgingOrder {
    /// `apply` or `stop`.
    order: String,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for RejudgingOrder {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// Applies a rejudging, or stops it.
#[utoipa::path(
    post,
    path = "/rejudgings/{id}",
    tag = "pages",
    operation_id = "rejudging_by_form",
    params(("id" = u64, Path, description = "The number of the rejudging.")),
    request_body(content = RejudgingOrder, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "It is obeyed; the answer says where to look."),
        Refused,
        BodyRefused,
        Conflict,
        NotFound,
    ),
    security(("session" = [])),
)]
pub(crate) async fn order(
    front: Data<Front>,
    id: Path<String>,
    CheckedForm(viewer, form): CheckedForm<RejudgingOrder>,
) -> Result<HttpResponse, Problem> {
    viewer.require(Scope::Jury)?;
    let id = number(&id)?;
    match form.order.as_str() {
        "apply" => reached(front.rejudger.send(ApplyRejudging(id)).await)??,
        "stop" => reached(front.rejudger.send(StopRejudging(id)).await)??,
        _ => return Err(Problem::invalid("order", "there is no such order")),
    }
    Ok(to(id))
}
