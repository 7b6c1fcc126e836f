//! The scoreboard as JSON.

use serde::Serialize;
use tribunal_actors::{ContestState, ProblemColumn, ScoreboardView};
use tribunal_problems::{Cell, ContestKind, Points, Row};

use super::show::{contest_time, time};

const MINUTE_MS: u64 = 60_000;

/// A scoreboard.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScoreboardJson<'a> {
    time: String,
    contest_time: Option<String>,
    state: ContestState,
    rows: Vec<RowJson<'a>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RowJson<'a> {
    rank: usize,
    team_id: String,
    team: Option<&'a str>,
    score: ScoreJson,
    problems: Vec<CellJson<'a>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum ScoreJson {
    PassFail {
        num_solved: u32,
        total_time: u64,
    },
    Points {
        #[schema(value_type = f64)]
        score: Points,
    },
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CellJson<'a> {
    problem_id: &'a str,
    label: &'a str,
    num_judged: u32,
    num_pending: u32,
    solved: bool,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    first_to_solve: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    score: Option<Points>,
    /// The points of each subtask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<f64>)]
    subtasks: Vec<Points>,
}

impl<'a> ScoreboardJson<'a> {
    pub(crate) fn of(board: &'a ScoreboardView) -> Self {
        let contest = &board.contest;
        Self {
            time: time(contest.now_ms),
            contest_time: contest.time_ms.map(contest_time),
            state: contest.state,
            rows: board.rows.iter().map(|row| Self::row(board, row)).collect(),
        }
    }

    fn row(board: &'a ScoreboardView, row: &Row) -> RowJson<'a> {
        let contest = &board.contest;
        let by_points = matches!(contest.kind, ContestKind::Ioi { .. });
        let cells = contest.problems.iter().zip(&row.cells);
        let team = contest.teams.get(&row.team);
        RowJson {
            rank: row.rank,
            team_id: row.team.0.to_string(),
            team: team.map(|team| team.display_name.as_str()),
            score: if by_points {
                ScoreJson::Points {
                    score: row.score.points,
                }
            } else {
                ScoreJson::PassFail {
                    num_solved: row.score.solved,
                    total_time: row.score.penalty_minutes,
                }
            },
            problems: cells
                .map(|(problem, cell)| CellJson::of(problem, cell, by_points))
                .collect(),
        }
    }
}

impl<'a> CellJson<'a> {
    fn of(problem: &'a ProblemColumn, cell: &Cell, by_points: bool) -> Self {
        Self {
            problem_id: &problem.id,
            label: &problem.label,
            num_judged: cell.judged,
            num_pending: cell.pending,
            solved: cell.solved_at_ms.is_some(),
            time: cell.solved_at_ms.map(|at| at / MINUTE_MS),
            first_to_solve: cell.first,
            score: by_points.then_some(cell.points),
            subtasks: cell.subtasks.clone(),
        }
    }
}
