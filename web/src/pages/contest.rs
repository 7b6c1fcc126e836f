//! `/scoreboard` and the jury's orders to the clock.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use tribunal_actors::{
    ClockOrder, ContestState, ContestView, Control, GetScoreboard, Scope, ScoreboardView,
};
use tribunal_problems::{Cell, ContestKind, Row, Viewer as InContest};

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
    /// Since when, and what of it this viewer sees.
    frozen: Option<String>,
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
    let sees = in_contest(&viewer);
    let board = reached(desk.send(GetScoreboard { viewer: sees }).await)?;
    let by_points = matches!(board.contest.kind, ContestKind::Ioi { .. });
    let columns = board.contest.problems.iter().map(|column| Column {
        label: shown::visible(&column.label),
        name: shown::visible(&column.name),
        rgb: column.colour.as_ref().map(|colour| colour.rgb.clone()),
    });
    let page = Scoreboard {
        shell: Shell::of(&front, &viewer),
        name: shown::visible(&board.contest.name),
        state: state(&board.contest),
        frozen: frozen(&board.contest, sees),
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
    if by_points {
        return points(cell);
    }
    let tries = cell.judged + cell.pending;
    let (class, text) = match (cell.solved_at_ms, tries) {
        (_, 0) => ("", String::new()),
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
    CellText { class, text, small }
}

/// Points, those of each subtask, and how many tries may change them.
fn points(cell: &Cell) -> CellText {
    let is_unknown = cell.pending > 0;
    let class = match cell.solved_at_ms {
        Some(_) => "good",
        None if is_unknown => "wait",
        None => "",
    };
    let known = (cell.judged > 0).then(|| cell.points.to_string());
    let unknown = is_unknown.then(|| format!("?{}", cell.pending));
    let texts: Vec<String> = known.into_iter().chain(unknown).collect();
    let subtasks: Vec<String> = cell.subtasks.iter().map(ToString::to_string).collect();
    CellText {
        class,
        text: texts.join(" "),
        small: (!subtasks.is_empty()).then(|| subtasks.join(" + ")),
    }
}

/// Since when the board is frozen, and what this viewer sees of it.
fn frozen(contest: &ContestView, viewer: InContest) -> Option<String> {
    let has_begun = contest.time_ms? >= contest.freeze_at_ms?;
    if !has_begun || contest.state == ContestState::Thawed {
        return None;
    }
    let seen = match viewer {
        InContest::Jury => "others see ? and the tries for what came later, you see everything",
        InContest::Team(_) => {
            "? and the tries stand for what others did later, your own row shows your verdicts"
        }
        InContest::Public => "? and the tries stand for what came later",
    };
    Some(format!(
        "Frozen since {}: {seen}.",
        hours(contest.freeze_at_ms?)
    ))
}

/// How far a contest is, in words.
pub(super) fn state(contest: &ContestView) -> &'static str {
    match contest.state {
        ContestState::NotStarted => "It has not begun",
        ContestState::Running => "It is on",
        ContestState::Frozen => "It is on; the scoreboard is frozen",
        ContestState::Paused => "The clock stands still",
        ContestState::Ended if contest.freeze_at_ms.is_some() => {
            "It is over; the scoreboard is still frozen"
        }
        ContestState::Ended | ContestState::Thawed => "It is over",
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
pub(super) fn orders(contest: &ContestView) -> &'static [&'static str] {
    match contest.state {
        ContestState::NotStarted => &["start"],
        ContestState::Running | ContestState::Frozen => &["pause", "extend"],
        ContestState::Paused => &["resume", "extend"],
        ContestState::Ended if contest.freeze_at_ms.is_some() => &["thaw"],
        ContestState::Ended | ContestState::Thawed => &[],
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

    /// A contest of an hour at this minute.
    fn at(minute: u64, freeze_minute: Option<u64>, state: ContestState) -> ContestView {
        ContestView {
            short_name: "finals".to_owned(),
            name: "Finals".to_owned(),
            kind: ContestKind::Icpc {
                penalty_minutes: 20,
            },
            state,
            now_ms: 0,
            start_ms: Some(0),
            duration_ms: 60 * MINUTE_MS,
            time_ms: Some(minute * MINUTE_MS),
            freeze_at_ms: freeze_minute.map(|minute| minute * MINUTE_MS),
            problems: Vec::new(),
            teams: std::collections::BTreeMap::new(),
            languages: None,
            limits: tribunal_problems::SubmissionLimits::default(),
            practice: false,
        }
    }

    #[test]
    fn a_board_says_since_when_it_is_frozen_also_while_the_clock_stands_still() {
        let said = |minute, state| frozen(&at(minute, Some(50), state), InContest::Public);
        assert_eq!(said(49, ContestState::Running), None);
        let since = Some("Frozen since 0:50:00: ? and the tries stand for what came later.");
        for (minute, state) in [
            (50, ContestState::Frozen),
            (55, ContestState::Paused),
            (70, ContestState::Ended),
        ] {
            assert_eq!(said(minute, state).as_deref(), since);
        }
        assert_eq!(said(70, ContestState::Thawed), None);
    }

    #[test]
    fn nothing_is_thawed_that_was_never_frozen() {
        let ended = |freeze| at(61, freeze, ContestState::Ended);
        assert_eq!(orders(&ended(Some(50))), ["thaw"]);
        assert_eq!(orders(&ended(None)), [""; 0]);
        assert_eq!(state(&ended(None)), "It is over");
        assert_eq!(frozen(&ended(None), InContest::Public), None);
    }

    #[test]
    fn points_are_shown_with_those_of_the_subtasks_and_the_tries_that_may_change_them() {
        let mut cell = Cell {
            judged: 2,
            pending: 1,
            points: 40.into(),
            subtasks: vec![0.into(), 40.into()],
            ..Cell::default()
        };
        let said = text(&cell, true);
        assert_eq!((said.class, said.text.as_str()), ("wait", "40 ?1"));
        assert_eq!(said.small.as_deref(), Some("0 + 40"));
        cell.judged = 0;
        assert_eq!(text(&cell, true).text, "?1");
        assert_eq!(text(&Cell::default(), true).text, "");
    }
}
