//! `/api/contest…`: the contest, its scoreboard, questions and answers, and what the jury orders. Names of fields are
//! those of the CLICS Contest API where it has such a thing; times of the contest are its `h:mm:ss.uuu`.

pub(crate) mod clarifications;
mod scoreboard;
mod show;

use actix::Addr;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Deserialize;
use tribunal_actors::{
    ClockOrder, ContestDesk, ContestView, Control, ControlError, GetContest, GetScoreboard, Role,
    Scope,
};
use tribunal_problems::TeamId;

use crate::auth::Viewer;
use crate::body::JsonBody;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, Conflict, NotFound, Refused};
use crate::problem_details::Problem;

use scoreboard::ScoreboardJson;

pub(crate) use clarifications::{list as clarifications, say as clarify};
pub(crate) use show::{ContestJson, time};

impl Front {
    /// Who leads the contest; 404 where none is served.
    pub(crate) fn contest(&self) -> Result<&Addr<ContestDesk>, Problem> {
        let contest = self.contest.as_ref().map(|contest| &contest.desk);
        contest.ok_or_else(|| Problem::not_found("no contest is served here"))
    }

    /// The contest as this viewer sees it.
    pub(crate) async fn contest_view(&self, viewer: &Viewer) -> Result<ContestView, Problem> {
        let viewer = in_contest(viewer);
        reached(self.contest()?.send(GetContest { viewer }).await)
    }
}

/// What somebody is to the contest.
pub(crate) fn in_contest(viewer: &Viewer) -> tribunal_problems::Viewer {
    if viewer.may(Scope::Jury) {
        return tribunal_problems::Viewer::Jury;
    }
    match viewer.account() {
        Some(account) if account.role == Role::Team => {
            tribunal_problems::Viewer::Team(TeamId(account.id.0))
        }
        _ => tribunal_problems::Viewer::Public,
    }
}

/// Tells of the contest.
#[utoipa::path(
    get,
    path = "/api/contest",
    tag = "contest",
    operation_id = "contest",
    responses(
        (status = 200, description = "The contest as whoever asks may see it.", body = ContestJson),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn show(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    let view = front.contest_view(&viewer).await?;
    Ok(HttpResponse::Ok().json(ContestJson::of(&view)))
}

/// Tells who is ahead.
#[utoipa::path(
    get,
    path = "/api/contest/scoreboard",
    tag = "contest",
    operation_id = "scoreboard",
    responses(
        (status = 200, description = "Who is ahead.", body = ScoreboardJson),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn scoreboard(
    front: Data<Front>,
    viewer: Viewer,
) -> Result<HttpResponse, Problem> {
    let viewer = in_contest(&viewer);
    let board = reached(front.contest()?.send(GetScoreboard { viewer }).await)?;
    Ok(HttpResponse::Ok().json(ScoreboardJson::of(&board)))
}

/// What the jury orders.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum OrderJson {
    /// Begin now.
    Start,
    /// Stop the clock.
    Pause,
    /// Let it run again.
    Resume,
    /// End later.
    Extend {
        /// By so many minutes.
        minutes: u64,
    },
    /// Show everybody everything.
    Thaw,
}

impl From<OrderJson> for ClockOrder {
    fn from(order: OrderJson) -> Self {
        match order {
            OrderJson::Start => Self::Start,
            OrderJson::Pause => Self::Pause,
            OrderJson::Resume => Self::Resume,
            OrderJson::Extend { minutes } => Self::Extend(minutes.saturating_mul(60_000)),
            OrderJson::Thaw => Self::Thaw,
        }
    }
}

/// Obeys the jury, and answers with the contest as it then is.
#[utoipa::path(
    post,
    path = "/api/contest/control",
    tag = "contest",
    operation_id = "control",
    request_body(content = OrderJson, example = json!({"order": "extend", "minutes": 15})),
    responses(
        (status = 200, description = "The contest as it then is.", body = ContestJson),
        Conflict,
        Refused,
        BodyRefused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn control(
    front: Data<Front>,
    JsonBody(order, _room): JsonBody<OrderJson>,
) -> Result<HttpResponse, Problem> {
    let obeyed = reached(front.contest()?.send(Control(order.into())).await)?;
    Ok(HttpResponse::Ok().json(ContestJson::of(&obeyed?)))
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Refused(_) => {
                Self::new(StatusCode::CONFLICT, error.to_string()).at("order")
            }
            ControlError::NotStored(_) => {
                log::error!("{error}");
                Self::unavailable("the order is obeyed, but it was not stored", 5)
            }
        }
    }
}
