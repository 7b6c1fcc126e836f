//! `/scoreboard` and the jury's orders to the clock.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use tribunal_actors::{
    ClockOrder, ContestState, ContestView, Control, GetScoreboard, Scope, ScoreboardView,
};
use tribunal_problems::{Cell, ContestKind, Row};

use super::{Shell, rendered, shown};
use crate::auth::{CheckedForm, Guarded, Viewer};
use crate::contest::in_contest;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, Conflict, NotFound, Refused};
use crate::problem_details::Problem;

const MINUTE_MS: u64 = 60_000;

#[derive(Template)]
#[template(path = "scoreboard.html")]
struct Scoreboard {
    shell: Shell,
    name: String,
    state: &'static str,
    by_points: bool,
    clock: Option<Clock>,
    columns: Vec<Column>,
    rows: Vec<RowLine>,
}

/// The contest's clock when the page was made; the script counts on from there.
struct Clock {
    text: String,
    elapsed_ms: u64,
    duration_ms: u64,
    runs: bool,
}

struct Column {
    label: String,
    name: String,
    /// `#rrggbb`.
    rgb: Option<String>,
}

struct RowLine {
    rank: usize,
    team: String,
    totals: Vec<String>,
    cells: Vec<CellText>,
}

struct CellText {
    class: &'static str,
    text: String,
    small: Option<String>,
}

/// Shows who is ahead.
#[utoipa::path(
    get,
    path = "/scoreboard",
    tag = "pages",
    operation_id = "scoreboard_page",
    responses(
        (status = 200, description = "Who is ahead.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn scoreboard(
    front: Data<Front>,
    viewer: Viewer,
) -> Result<HttpResponse, Problem> {
    let desk = front.contest()?;
    let board = GetScoreboard {
        viewer: in_contest(&viewer),
    };
    let board = reached(desk.send(board).await)?;
    let by_points = matches!(board.contest.kind, ContestKind::Ioi { .. });
    let columns = board.contest.problems.iter().map(|column| Column {
        label: shown::visible(&column.label),
        name: shown::visible(&column.name),
        rgb: column.colour.as_ref().map(|colour| colour.rgb.clone()),
    });
    let page = Scoreboard {
        shell: Shell::of(&front, &viewer),
        name: shown::visible(&board.contest.name),
        state: state(board.contest.state),
        by_points,
        clock: Clock::of(&board.contest),
        columns: columns.collect(),
        rows: board
            .rows
            .iter()
            .map(|row| line(&board, row, by_points))
            .collect(),
    };
    rendered(StatusCode::OK, &page)
}

impl Clock {
    /// From the start to the end.
    fn of(contest: &ContestView) -> Option<Self> {
        let elapsed_ms = contest.time_ms?.min(contest.duration_ms);
        let runs = matches!(contest.state, ContestState::Running | ContestState::Frozen);
        let text = format!("{} of {}", hours(elapsed_ms), hours(contest.duration_ms));
        Some(Self {
            text,
            elapsed_ms,
            duration_ms: contest.duration_ms,
            runs,
        })
    }
}

/// `h:mm:ss`.
fn hours(ms: u64) -> String {
    let seconds = ms / 1000;
    format!(
        "{}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn line(board: &ScoreboardView, row: &Row, by_points: bool) -> RowLine {
    let team = board.contest.teams.get(&row.team);
    RowLine {
        rank: row.rank,
        team: team.map_or_else(String::new, |team| shown::visible(&team.display_name)),
        totals: if by_points {
            vec![row.score.points.to_string()]
        } else {
            vec![
                row.score.solved.to_string(),
                row.score.penalty_minutes.to_string(),
            ]
        },
        cells: row.cells.iter().map(|cell| text(cell, by_points)).collect(),
    }
}

/// What a cell says without its colour as well: `+`, `−` and `?` are how ICPC boards are read.
fn text(cell: &Cell, by_points: bool) -> CellText {
    let tries = cell.judged + cell.pending;
    let (class, text) = match (cell.solved_at_ms, tries) {
        (_, 0) => ("", String::new()),
        (solved, _) if by_points => (
            if solved.is_some() { "good" } else { "" },
            cell.points.to_string(),
        ),
        (Some(_), _) if cell.judged > 1 => ("good", format!("+{}", cell.judged - 1)),
        (Some(_), _) => ("good", "+".to_owned()),
        (None, _) if cell.pending > 0 => ("wait", format!("?{tries}")),
        (None, _) => ("bad", format!("−{tries}")),
    };
    let minute = cell.solved_at_ms.map(|at| (at / MINUTE_MS).to_string());
    let small = minute.map(|minute| {
        if cell.first {
            format!("{minute} first")
        } else {
            minute
        }
    });
    let subtasks = (!cell.subtasks.is_empty()).then(|| {
        let each: Vec<String> = cell.subtasks.iter().map(ToString::to_string).collect();
        each.join(" + ")
    });
    CellText {
        class,
        text,
        small: if by_points { subtasks } else { small },
    }
}

/// How far a contest is, in words.
pub(super) fn state(state: ContestState) -> &'static str {
    match state {
        ContestState::NotStarted => "It has not begun",
        ContestState::Running => "It is on",
        ContestState::Frozen => "It is on; the scoreboard is frozen",
        ContestState::Paused => "The clock stands still",
        ContestState::Ended => "It is over; the scoreboard is still frozen",
        ContestState::Thawed => "It is over",
    }
}

/// What counts, in words.
pub(super) fn counts(kind: ContestKind) -> String {
    match kind {
        ContestKind::Icpc { penalty_minutes } => format!(
            "Solved problems count, then time; each wrong try costs {penalty_minutes} minutes."
        ),
        ContestKind::Ioi { .. } => "Points count.".to_owned(),
    }
}

/// What the jury may order now.
pub(super) fn orders(state: ContestState) -> &'static [&'static str] {
    match state {
        ContestState::NotStarted => &["start"],
        ContestState::Running | ContestState::Frozen => &["pause", "extend"],
        ContestState::Paused => &["resume", "extend"],
        ContestState::Ended => &["thaw", "extend"],
        ContestState::Thawed => &[],
    }
}

/// An order by a button.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct OrderForm {
    order: String,
    #[serde(default)]
    minutes: Option<u64>,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for OrderForm {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// Obeys the jury.
#[utoipa::path(
    post,
    path = "/contest/control",
    tag = "pages",
    operation_id = "control_by_form",
    request_body(content = OrderForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "It is obeyed; the answer says where to go on."),
        Refused,
        BodyRefused,
        NotFound,
        Conflict,
    ),
    security(("session" = [])),
)]
pub(crate) async fn control(
    front: Data<Front>,
    CheckedForm(viewer, form): CheckedForm<OrderForm>,
) -> Result<HttpResponse, Problem> {
    viewer.require(Scope::Jury)?;
    let order = match form.order.as_str() {
        "start" => ClockOrder::Start,
        "pause" => ClockOrder::Pause,
        "resume" => ClockOrder::Resume,
        "thaw" => ClockOrder::Thaw,
        "extend" => {
            let minutes = form
                .minutes
                .ok_or_else(|| Problem::invalid("minutes", "by how many?"))?;
            ClockOrder::Extend(minutes.saturating_mul(MINUTE_MS))
        }
        _ => return Err(Problem::invalid("order", "there is no such order")),
    };
    reached(front.contest()?.send(Control(order)).await)??;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/"))
        .finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_says_hours_minutes_and_seconds() {
        assert_eq!(hours(0), "0:00:00");
        assert_eq!(hours(5 * 3_600_000 - 1), "4:59:59");
        assert_eq!(hours(100 * 3_600_000 + 61_000), "100:01:01");
    }
}
