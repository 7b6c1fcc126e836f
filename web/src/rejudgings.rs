//! `/api/rejudgings…`: what is judged is judged again; what would change is shown first.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use tribunal_actors::{
    ApplyRejudging, BeginRejudging, GetRejudging, ListRejudgings, Rejudgeable, RejudgedLine,
    RejudgingError, RejudgingStage, RejudgingView, StopRejudging, SubmissionId,
};
use tribunal_problems::Verdict;

use crate::body::JsonBody;
use crate::contest::time;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, Conflict, NotFound, Refused};
use crate::problem_details::Problem;

/// What is to be judged again: one of the three.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRejudging {
    /// One submission.
    #[serde(default)]
    pub(crate) submission: Option<i64>,
    /// All for a problem, by its short name.
    #[serde(default)]
    pub(crate) problem: Option<String>,
    /// All for the contest that is served.
    #[serde(default)]
    pub(crate) contest: bool,
    /// Everything is run anew, not only what has changed.
    #[serde(default)]
    pub(crate) fresh: bool,
}

/// A rejudging as it is now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RejudgingJson {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<SubmissionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contest: Option<String>,
    fresh: bool,
    /// `previewing`, `previewed`, `applying`, `applied` or `stopped`.
    #[schema(value_type = String)]
    stage: RejudgingStage,
    time: String,
    /// Submissions that this stage is about.
    total: usize,
    done: usize,
    changed: usize,
    submissions: Vec<LineJson>,
    /// Those that keep their verdict, and why.
    failed: Vec<FailedJson>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LineJson {
    id: SubmissionId,
    problem: String,
    language: String,
    before: Verdict,
    after: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_after: Option<f64>,
    changes: bool,
    applied: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FailedJson {
    id: SubmissionId,
    reason: String,
}

impl RejudgingJson {
    fn of(view: RejudgingView) -> Self {
        let changed = view.changed();
        let (mut submission, mut problem, mut contest) = (None, None, None);
        match view.what {
            Rejudgeable::Submission(id) => submission = Some(id),
            Rejudgeable::Problem(name) => problem = Some(name),
            Rejudgeable::Contest(name) => contest = Some(name),
        }
        let failed = view.failed.into_iter();
        Self {
            id: view.id,
            submission,
            problem,
            contest,
            fresh: view.fresh,
            stage: view.stage,
            time: time(view.created_at_ms),
            total: view.total,
            done: view.done,
            changed,
            submissions: view.lines.into_iter().map(LineJson::of).collect(),
            failed: failed
                .map(|(id, reason)| FailedJson { id, reason })
                .collect(),
        }
    }
}

impl LineJson {
    fn of(line: RejudgedLine) -> Self {
        Self {
            id: line.id,
            problem: line.problem,
            language: line.language,
            before: line.before.0,
            after: line.after.0,
            score_before: line.before.1,
            score_after: line.after.1,
            changes: line.changes,
            applied: line.applied,
        }
    }
}

impl NewRejudging {
    fn what(&self, front: &Front) -> Result<Rejudgeable, Problem> {
        match (self.submission, &self.problem, self.contest) {
            (Some(id), None, false) => Ok(Rejudgeable::Submission(SubmissionId(id))),
            (None, Some(problem), false) => {
                if front.problems.get(problem).is_none() {
                    let detail = format!("there is no problem {problem:?}");
                    return Err(Problem::invalid("problem", detail));
                }
                Ok(Rejudgeable::Problem(problem.clone()))
            }
            (None, None, true) => {
                let served = front.contest.as_ref();
                let served = served
                    .ok_or_else(|| Problem::invalid("contest", "no contest is served here"))?;
                Ok(Rejudgeable::Contest(served.short_name.clone()))
            }
            _ => Err(Problem::invalid(
                "submission",
                "say one of `submission`, `problem` and `contest`",
            )),
        }
    }

    /// Begins it; its number.
    pub(crate) async fn begin(&self, front: &Front) -> Result<u64, Problem> {
        let begin = BeginRejudging {
            what: self.what(front)?,
            fresh: self.fresh,
        };
        if let Rejudgeable::Submission(id) = begin.what {
            let known = reached(
                front
                    .registrar
                    .send(tribunal_actors::GetSubmission { id })
                    .await,
            )??;
            known.ok_or_else(|| {
                Problem::invalid("submission", format!("there is no submission {id}"))
            })?;
        }
        Ok(reached(front.rejudger.send(begin).await)??)
    }
}

/// A rejudging, if it is remembered.
pub(crate) async fn known(front: &Front, id: &str) -> Result<RejudgingView, Problem> {
    let id = number(id)?;
    let found = reached(front.rejudger.send(GetRejudging(id)).await)?;
    found.ok_or_else(|| RejudgingError::Unknown(id).into())
}

pub(crate) fn number(id: &str) -> Result<u64, Problem> {
    id.parse()
        .map_err(|_| Problem::not_found("a rejudging is named by its number"))
}

/// Lists the rejudgings since the judge was started, the newest first.
#[utoipa::path(
    get,
    path = "/api/rejudgings",
    tag = "judging",
    operation_id = "rejudgings",
    responses(
        (status = 200, description = "The newest first.", body = Vec<RejudgingJson>),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>) -> Result<HttpResponse, Problem> {
    let all = reached(front.rejudger.send(ListRejudgings).await)?;
    let all: Vec<RejudgingJson> = all.into_iter().map(RejudgingJson::of).collect();
    Ok(HttpResponse::Ok().json(all))
}

/// Begins to find out what judging again would change; nothing is applied.
#[utoipa::path(
    post,
    path = "/api/rejudgings",
    tag = "judging",
    operation_id = "rejudge",
    request_body(content = NewRejudging, example = json!({"problem": "sum"})),
    responses(
        (status = 202, description = "It has begun.", body = RejudgingJson),
        Conflict,
        Refused,
        BodyRefused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn begin(
    front: Data<Front>,
    JsonBody(new, _room): JsonBody<NewRejudging>,
) -> Result<HttpResponse, Problem> {
    let id = new.begin(&front).await?;
    let view = known(&front, &id.to_string()).await?;
    Ok(HttpResponse::Accepted()
        .insert_header((header::LOCATION, format!("/api/rejudgings/{id}")))
        .json(RejudgingJson::of(view)))
}

/// Tells how far a rejudging is, and what it would change or has changed.
#[utoipa::path(
    get,
    path = "/api/rejudgings/{id}",
    tag = "judging",
    operation_id = "rejudging",
    params(("id" = u64, Path, description = "The number of the rejudging.")),
    responses(
        (status = 200, description = "The rejudging as it is now.", body = RejudgingJson),
        Refused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn show(front: Data<Front>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let view = known(&front, &id).await?;
    Ok(HttpResponse::Ok().json(RejudgingJson::of(view)))
}

/// Lets the new judgements count; the old ones are kept as history.
#[utoipa::path(
    post,
    path = "/api/rejudgings/{id}/apply",
    tag = "judging",
    operation_id = "apply_rejudging",
    params(("id" = u64, Path, description = "The number of the rejudging.")),
    responses(
        (status = 202, description = "It has begun.", body = RejudgingJson),
        Refused,
        Conflict,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn apply(front: Data<Front>, id: Path<String>) -> Result<HttpResponse, Problem> {
    reached(front.rejudger.send(ApplyRejudging(number(&id)?)).await)??;
    let view = known(&front, &id).await?;
    Ok(HttpResponse::Accepted().json(RejudgingJson::of(view)))
}

/// Ends a rejudging that is at work; what was applied before stays.
#[utoipa::path(
    delete,
    path = "/api/rejudgings/{id}",
    tag = "judging",
    operation_id = "stop_rejudging",
    params(("id" = u64, Path, description = "The number of the rejudging.")),
    responses(
        (status = 200, description = "It begins nothing more.", body = RejudgingJson),
        Refused,
        Conflict,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn stop(front: Data<Front>, id: Path<String>) -> Result<HttpResponse, Problem> {
    reached(front.rejudger.send(StopRejudging(number(&id)?)).await)??;
    let view = known(&front, &id).await?;
    Ok(HttpResponse::Ok().json(RejudgingJson::of(view)))
}

impl From<RejudgingError> for Problem {
    fn from(error: RejudgingError) -> Self {
        let detail = error.to_string();
        match error {
            RejudgingError::Busy(_) | RejudgingError::WrongStage(_) => {
                Self::new(StatusCode::CONFLICT, detail)
            }
            RejudgingError::Unknown(_) => Self::not_found(detail),
            RejudgingError::Nothing => Self::invalid("", detail),
            RejudgingError::Records(_) | RejudgingError::Stopping => {
                log::error!("{detail}");
                Self::unavailable("the submissions cannot be judged again now", 5)
            }
        }
    }
}
