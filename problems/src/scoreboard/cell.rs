//! What a team's submissions for one problem come to.

use crate::contest::{ContestKind, IoiScore};
use crate::points::Points;
use crate::verdict::Verdict;

use super::{Entry, EntryResult};

/// What an accepted submission is worth where its problem gives no points.
const POINTS_OF_ACCEPTED: u32 = 100;

const MINUTE_MS: u64 = 60_000;

/// What a team has done on one problem.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Submissions that were judged and count, up to the accepted one.
    pub judged: u32,
    /// Submissions of which no more is known than that they are there.
    pub pending: u32,
    /// When it was solved, in milliseconds of contest time: the first accepted submission, or the first of the most points.
    pub solved_at_ms: Option<u64>,
    /// The submission that solved it.
    pub solved_by: Option<i64>,
    /// The minutes that it costs once it is solved, with its penalty.
    pub penalty_minutes: u64,
    /// Its points.
    pub points: Points,
    /// The points of each subtask that these are, where the problem has any.
    pub subtasks: Vec<Points>,
    /// Whether nobody has solved the problem earlier.
    pub first: bool,
}

/// What the cells of a row come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score {
    /// Problems solved.
    pub solved: u32,
    /// Minutes for them all, penalties included.
    pub penalty_minutes: u64,
    /// When the last of them was solved, in milliseconds of contest time.
    pub last_solved_ms: u64,
    /// The points of them all.
    pub points: Points,
}

/// Counts submissions, each with what is known of it, in the order of their times.
pub(super) fn count<'a>(
    kind: ContestKind,
    entries: impl Iterator<Item = (&'a Entry, Option<&'a EntryResult>)>,
) -> Cell {
    match kind {
        ContestKind::Icpc { penalty_minutes } => icpc(penalty_minutes.into(), entries),
        ContestKind::Ioi { score } => ioi(score, entries),
    }
}

/// A compile error costs nothing, and what the judge itself has failed is still to be judged.
fn icpc<'a>(
    penalty: u64,
    entries: impl Iterator<Item = (&'a Entry, Option<&'a EntryResult>)>,
) -> Cell {
    let mut cell = Cell::default();
    for (entry, result) in entries {
        match result.map(|result| result.verdict) {
            None | Some(Verdict::JE | Verdict::SK) => cell.pending += 1,
            Some(Verdict::CE | Verdict::CTL) => {}
            Some(Verdict::AC) => {
                cell.penalty_minutes = entry.at_ms / MINUTE_MS + penalty * u64::from(cell.judged);
                cell.judged += 1;
                cell.solved_at_ms = Some(entry.at_ms);
                cell.solved_by = Some(entry.submission);
                break;
            }
            Some(_) => cell.judged += 1,
        }
    }
    cell
}

fn ioi<'a>(
    score: IoiScore,
    entries: impl Iterator<Item = (&'a Entry, Option<&'a EntryResult>)>,
) -> Cell {
    let mut cell = Cell::default();
    let mut best: Vec<Points> = Vec::new();
    for (entry, result) in entries {
        let result = match result {
            None => None,
            Some(result) if matches!(result.verdict, Verdict::JE | Verdict::SK) => None,
            Some(result) => Some(result),
        };
        let Some(result) = result else {
            cell.pending += 1;
            continue;
        };
        if matches!(result.verdict, Verdict::CE | Verdict::CTL) {
            continue;
        }
        cell.judged += 1;
        let parts = parts(score, result);
        if best.len() < parts.len() {
            best.resize(parts.len(), Points::ZERO);
        }
        for (best, part) in best.iter_mut().zip(parts) {
            *best = (*best).max(part);
        }
        let points = best.iter().copied().sum();
        let is_better = points > cell.points;
        if is_better {
            cell.points = points;
        }
        match score {
            IoiScore::Subtasks if !result.subtasks.is_empty() => cell.subtasks.clone_from(&best),
            // Those of the submission that counts.
            _ if is_better || cell.subtasks.is_empty() => {
                cell.subtasks.clone_from(&result.subtasks);
            }
            _ => {}
        }
        if result.verdict.is_accepted() && cell.solved_at_ms.is_none() {
            cell.solved_at_ms = Some(entry.at_ms);
            cell.solved_by = Some(entry.submission);
        }
    }
    cell
}

/// The amounts of which each one's best is kept.
fn parts(score: IoiScore, result: &EntryResult) -> Vec<Points> {
    let accepted = || {
        let points = Points::from(POINTS_OF_ACCEPTED);
        Some(points).filter(|_| result.verdict.is_accepted())
    };
    match score {
        IoiScore::Subtasks if !result.subtasks.is_empty() => result.subtasks.clone(),
        _ => vec![result.score.or_else(accepted).unwrap_or(Points::ZERO)],
    }
}
