//! `/clarifications`: teams ask, the jury answers, and tells all.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use tribunal_actors::{Clarification, ContestView, GetClarifications};
use tribunal_problems::{TeamId, Viewer as InContest};

use super::{Shell, rendered, shown};
use crate::auth::{CheckedForm, Guarded, Viewer};
use crate::contest::clarifications::{NewJson, said_by};
use crate::contest::{in_contest, time};
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, NotFound, Refused};
use crate::problem_details::Problem;

#[derive(Template)]
#[template(path = "clarifications.html")]
struct Page {
    shell: Shell,
    wrong: Option<String>,
    text: String,
    asks: bool,
    problems: Vec<(String, String)>,
    said: Vec<Said>,
}

struct Said {
    id: i64,
    time: String,
    who: String,
    about: String,
    text: String,
    /// A question that the jury has not answered, shown to the jury.
    open: bool,
}

/// Shows what was asked and said.
#[utoipa::path(
    get,
    path = "/clarifications",
    tag = "pages",
    operation_id = "clarifications_page",
    responses(
        (status = 200, description = "Questions, answers and announcements that the viewer may read.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    listed(&front, &viewer, None, String::new()).await
}

async fn listed(
    front: &Front,
    viewer: &Viewer,
    wrong: Option<Problem>,
    text: String,
) -> Result<HttpResponse, Problem> {
    let who = in_contest(viewer);
    let contest = front.contest_view(viewer).await?;
    let said = GetClarifications { viewer: who };
    let said = reached(front.contest()?.send(said).await)?;
    let problems = contest.problems.iter().map(|column| {
        let label = format!("{}. {}", column.label, column.name);
        (column.id.clone(), shown::visible(&label))
    });
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = Page {
        shell: Shell::of(front, viewer),
        wrong: wrong.map(|wrong| wrong.to_string()),
        text,
        asks: matches!(who, InContest::Team(_)),
        problems: problems.collect(),
        // The newest first: what is new is what is looked for.
        said: said
            .iter()
            .rev()
            .map(|one| Said::of(one, &said, &contest, who))
            .collect(),
    };
    rendered(status, &page)
}

impl Said {
    fn of(
        one: &Clarification,
        all: &[Clarification],
        contest: &ContestView,
        viewer: InContest,
    ) -> Self {
        let name = |team: TeamId| {
            let team = contest.teams.get(&team);
            team.map_or_else(|| "a team".to_owned(), |team| team.display_name.clone())
        };
        let who = match (one.from, one.to) {
            (Some(team), _) => format!("{} asks", name(team)),
            (None, Some(team)) => format!("The jury answers {}", name(team)),
            (None, None) => "The jury tells all".to_owned(),
        };
        let about = one.problem.as_ref().map(|id| {
            let column = contest.problems.iter().find(|column| column.id == *id);
            column.map_or_else(
                || id.clone(),
                |column| format!("{}. {}", column.label, column.name),
            )
        });
        let is_answered = all.iter().any(|other| other.reply_to == Some(one.id));
        Self {
            id: one.id,
            time: time(one.at_ms),
            who: shown::visible(&who),
            about: about.map_or_else(String::new, |about| shown::visible(&about)),
            text: shown::visible(&one.text),
            open: viewer == InContest::Jury && one.from.is_some() && !is_answered,
        }
    }
}

/// What somebody says, by a form.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct SayForm {
    text: String,
    #[serde(default)]
    problem: String,
    #[serde(default)]
    reply_to: String,
    #[serde(default)]
    to_all: Option<String>,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for SayForm {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// Says it.
#[utoipa::path(
    post,
    path = "/clarifications",
    tag = "pages",
    operation_id = "clarify_by_form",
    request_body(content = SayForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "It is said, and stored."),
        Refused,
        BodyRefused,
        NotFound,
        (status = 422, description = "The form again, with what is wrong.", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
    security(("session" = [])),
)]
pub(crate) async fn say(
    front: Data<Front>,
    CheckedForm(viewer, form): CheckedForm<SayForm>,
) -> Result<HttpResponse, Problem> {
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let new = NewJson {
        // A form sends its line breaks as two characters.
        text: form.text.replace("\r\n", "\n"),
        problem_id: filled(form.problem),
        reply_to_id: filled(form.reply_to),
        to_all: form.to_all.is_some(),
    };
    match said_by(&front, &viewer, new).await {
        Ok(_) => Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/clarifications"))
            .finish()),
        Err(wrong) if wrong.is_of_content() => {
            listed(&front, &viewer, Some(wrong), form.text).await
        }
        Err(wrong) => Err(wrong),
    }
}
