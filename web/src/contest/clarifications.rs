//! Questions to the jury and what it says, as JSON.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use tribunal_actors::{
    Clarification, Clarify, ClarifyError, GetClarifications, NewClarification, Scope,
};
use tribunal_problems::{TeamId, Viewer as InContest};

use super::in_contest;
use super::show::{contest_time, time};
use crate::auth::Viewer;
use crate::body::JsonBody;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, NotFound, Refused};
use crate::problem_details::Problem;

/// A question, an answer or an announcement. From nobody: the jury speaks; to nobody: to the jury, or to all.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClarificationJson {
    id: String,
    from_team_id: Option<String>,
    to_team_id: Option<String>,
    reply_to_id: Option<String>,
    problem_id: Option<String>,
    text: String,
    time: String,
    contest_time: Option<String>,
}

impl From<Clarification> for ClarificationJson {
    fn from(said: Clarification) -> Self {
        let team = |team: Option<TeamId>| team.map(|team| team.0.to_string());
        Self {
            id: said.id.to_string(),
            from_team_id: team(said.from),
            to_team_id: team(said.to),
            reply_to_id: said.reply_to.map(|id| id.to_string()),
            problem_id: said.problem,
            text: said.text,
            time: time(said.at_ms),
            contest_time: said.time_ms.map(contest_time),
        }
    }
}

/// Tells what this viewer may read, oldest first.
#[utoipa::path(
    get,
    path = "/api/contest/clarifications",
    tag = "contest",
    operation_id = "clarifications",
    responses(
        (status = 200, description = "What whoever asks may read, oldest first.", body = Vec<ClarificationJson>),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    let viewer = in_contest(&viewer);
    let said = reached(front.contest()?.send(GetClarifications { viewer }).await)?;
    let said: Vec<ClarificationJson> = said.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(said))
}

/// What somebody says: a team asks; the jury answers with `reply_to_id`, else tells all.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJson {
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) problem_id: Option<String>,
    #[serde(default)]
    pub(crate) reply_to_id: Option<String>,
    /// Whether everybody is to read the jury's answer.
    #[serde(default)]
    pub(crate) to_all: bool,
}

/// Says it, and answers with it when it is stored.
#[utoipa::path(
    post,
    path = "/api/contest/clarifications",
    tag = "contest",
    operation_id = "clarify",
    request_body(content = NewJson, example = json!({"text": "May a name be empty?", "problem_id": "hello"})),
    responses(
        (status = 201, description = "It is said, and stored.", body = ClarificationJson),
        Refused,
        BodyRefused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn say(
    front: Data<Front>,
    viewer: Viewer,
    JsonBody(new, _room): JsonBody<NewJson>,
) -> Result<HttpResponse, Problem> {
    let said = said_by(&front, &viewer, new).await?;
    Ok(HttpResponse::Created().json(ClarificationJson::from(said)))
}

/// Says it in the viewer's name.
pub(crate) async fn said_by(
    front: &Front,
    viewer: &Viewer,
    new: NewJson,
) -> Result<Clarification, Problem> {
    let new = match in_contest(viewer) {
        InContest::Jury => new.of_jury()?,
        InContest::Team(team) => {
            viewer.require(Scope::Submit)?;
            new.of_team(team)?
        }
        InContest::Public => {
            let detail = "only teams ask, and only the jury answers";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
    };
    Ok(reached(front.contest()?.send(Clarify(new)).await)??)
}

impl NewJson {
    fn of_jury(self) -> Result<NewClarification, Problem> {
        let Some(to) = self.reply_to_id else {
            return Ok(NewClarification::Announcement {
                problem: self.problem_id,
                text: self.text,
            });
        };
        let unknown = |_| Problem::invalid("reply_to_id", format!("there is no question {to:?}"));
        Ok(NewClarification::Answer {
            to: to.parse().map_err(unknown)?,
            to_all: self.to_all,
            text: self.text,
        })
    }

    fn of_team(self, team: TeamId) -> Result<NewClarification, Problem> {
        if self.reply_to_id.is_some() || self.to_all {
            return Err(Problem::invalid("reply_to_id", "only the jury answers"));
        }
        Ok(NewClarification::Question {
            team,
            problem: self.problem_id,
            text: self.text,
        })
    }
}

impl From<ClarifyError> for Problem {
    fn from(error: ClarifyError) -> Self {
        let detail = error.to_string();
        match error {
            ClarifyError::Text => Self::invalid("text", detail),
            ClarifyError::UnknownProblem(_) => Self::invalid("problem_id", detail),
            ClarifyError::UnknownQuestion(_) => Self::invalid("reply_to_id", detail),
            ClarifyError::NotATeam | ClarifyError::NotStarted | ClarifyError::TooMany => {
                Self::new(StatusCode::FORBIDDEN, detail)
            }
            ClarifyError::NotStored(_) => {
                log::error!("{detail}");
                Self::unavailable("it could not be stored", 5)
            }
        }
    }
}
