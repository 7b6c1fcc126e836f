//! What a contest shows.

use std::collections::BTreeMap;

use tribunal_problems::{Colour, ContestKind, LanguageId, Row, SubmissionLimits, TeamId};

use super::ContestState;

/// A contest as somebody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestView {
    /// Its short name.
    pub short_name: String,
    /// The name for people.
    pub name: String,
    /// What the scoreboard counts.
    pub kind: ContestKind,
    /// How far it is.
    pub state: ContestState,
    /// The judge's time, in milliseconds since 1970.
    pub now_ms: i64,
    /// When it begins or began, in milliseconds since 1970; `None`: when the jury says so.
    pub start_ms: Option<i64>,
    /// How long it lasts, extensions included, in milliseconds.
    pub duration_ms: u64,
    /// The contest time in milliseconds; `None`: it has not begun. It goes on after the end.
    pub time_ms: Option<u64>,
    /// The contest time at which the public scoreboard stops; `None`: never.
    pub freeze_at_ms: Option<u64>,
    /// Its problems; none before the start, but for the jury.
    pub problems: Vec<ProblemColumn>,
    /// Who takes part.
    pub teams: BTreeMap<TeamId, TeamView>,
    /// The languages that teams may use; `None`: all.
    pub languages: Option<Vec<LanguageId>>,
    /// How much a team may submit.
    pub limits: SubmissionLimits,
    /// Whether teams may go on after the end.
    pub practice: bool,
}

/// A problem of a contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemColumn {
    /// Its letter.
    pub label: String,
    /// Its short name, by which submissions name it.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The balloon's.
    pub colour: Option<Colour>,
}

/// A team's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamView {
    /// With which it logs in.
    pub name: String,
    /// For people.
    pub display_name: String,
}

/// A scoreboard as somebody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreboardView {
    /// The contest at the same moment.
    pub contest: ContestView,
    /// The rows, the first first, with a cell for each of the contest's problems.
    pub rows: Vec<Row>,
}
