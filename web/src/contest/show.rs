//! The contest as JSON.

use jiff::Timestamp;
use serde::Serialize;
use tribunal_actors::{ContestState, ContestView, ProblemColumn, TeamView};
use tribunal_problems::{ContestKind, IoiScore, SubmissionLimits, TeamId};

/// A contest.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ContestJson<'a> {
    id: &'a str,
    name: &'a str,
    state: ContestState,
    time: String,
    contest_time: Option<String>,
    start_time: Option<String>,
    duration: String,
    scoreboard_freeze_duration: Option<String>,
    /// `pass-fail` or `score`.
    scoreboard_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    penalty_time: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<IoiScore>,
    problems: Vec<ProblemJson<'a>>,
    teams: Vec<TeamJson<'a>>,
    languages: Option<Vec<&'a str>>,
    limits: SubmissionLimits,
    practice: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProblemJson<'a> {
    id: &'a str,
    label: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rgb: Option<&'a str>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TeamJson<'a> {
    id: String,
    /// The name that it signs in with is nobody else's business.
    name: &'a str,
}

impl<'a> ContestJson<'a> {
    pub(crate) fn of(view: &'a ContestView) -> Self {
        let (scoreboard_type, penalty_time, score) = match view.kind {
            ContestKind::Icpc { penalty_minutes } => ("pass-fail", Some(penalty_minutes), None),
            ContestKind::Ioi { score } => ("score", None, Some(score)),
        };
        let languages = view.languages.as_ref();
        Self {
            id: &view.short_name,
            name: &view.name,
            state: view.state,
            time: time(view.now_ms),
            contest_time: view.time_ms.map(contest_time),
            start_time: view.start_ms.map(time),
            duration: contest_time(view.duration_ms),
            scoreboard_freeze_duration: view
                .freeze_at_ms
                .map(|at| contest_time(view.duration_ms.saturating_sub(at))),
            scoreboard_type,
            penalty_time,
            score,
            problems: view.problems.iter().map(ProblemJson::of).collect(),
            teams: view.teams.iter().map(TeamJson::of).collect(),
            languages: languages.map(|ids| ids.iter().map(|id| id.as_str()).collect()),
            limits: view.limits,
            practice: view.practice,
        }
    }
}

impl<'a> ProblemJson<'a> {
    fn of(column: &'a ProblemColumn) -> Self {
        let colour = column.colour.as_ref();
        Self {
            id: &column.id,
            label: &column.label,
            name: &column.name,
            color: colour.map(|colour| colour.name.as_str()),
            rgb: colour.map(|colour| colour.rgb.as_str()),
        }
    }
}

impl<'a> TeamJson<'a> {
    fn of((id, team): (&TeamId, &'a TeamView)) -> Self {
        Self {
            id: id.0.to_string(),
            name: &team.display_name,
        }
    }
}

/// A time of day, in UTC.
pub(crate) fn time(ms: i64) -> String {
    // What no calendar has is the end of time.
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    time.to_string()
}

/// A time of the contest.
pub(crate) fn contest_time(ms: u64) -> String {
    let (seconds, rest) = (ms / 1000, ms % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("{hours}:{minutes:02}:{seconds:02}.{rest:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_clics_has_them() {
        assert_eq!(contest_time(0), "0:00:00.000");
        assert_eq!(contest_time(18_000_000), "5:00:00.000");
        assert_eq!(contest_time(3_723_004), "1:02:03.004");
        assert_eq!(time(1_796_115_600_000), "2026-12-01T09:00:00Z");
    }
}
