//! What happens in a contest, and who may hear of it.

use serde::{Serialize, Serializer};
use tribunal_problems::{TeamId, Verdict, Viewer};

use super::ContestState;
use crate::ids::SubmissionId;

/// What has happened. There is no source, no output and no name of a test in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ContestNews {
    /// The contest is in another state, or ends at another time.
    State {
        /// The state.
        state: ContestState,
    },
    /// A team has submitted something that counts.
    Submitted {
        /// What.
        submission: SubmissionId,
        /// Who.
        #[serde(rename = "team_id", serialize_with = "as_text")]
        team: TeamId,
        /// The problem's label.
        #[serde(rename = "label")]
        problem: String,
    },
    /// A submission that counts has been judged, perhaps again.
    Judged {
        /// Which.
        submission: SubmissionId,
        /// Whose it is.
        #[serde(rename = "team_id", serialize_with = "as_text")]
        team: TeamId,
        /// The problem's label.
        #[serde(rename = "label")]
        problem: String,
        /// What it was judged.
        verdict: Verdict,
    },
    /// The scoreboard is another one.
    Scoreboard,
    /// Something was asked, answered or announced.
    Clarification {
        /// Its number.
        id: i64,
    },
}

/// As teams are named everywhere else.
fn as_text<S: Serializer>(team: &TeamId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&team.0)
}

impl ContestNews {
    /// Its kind, as JSON has it in `what`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::Submitted { .. } => "submitted",
            Self::Judged { .. } => "judged",
            Self::Scoreboard => "scoreboard",
            Self::Clarification { .. } => "clarification",
        }
    }
}

/// Who may hear of it. In the freeze no other team hears a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    Everyone,
    /// One team, and the jury.
    TeamAndJury(TeamId),
}

impl Audience {
    /// Whether this viewer is one of them.
    #[must_use]
    pub fn includes(self, viewer: Viewer) -> bool {
        match (self, viewer) {
            (Self::Everyone, _) | (_, Viewer::Jury) => true,
            (Self::TeamAndJury(team), Viewer::Team(own)) => team == own,
            (Self::TeamAndJury(_), Viewer::Public) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_name_teams_and_problems_as_the_scoreboard_does() {
        let news = ContestNews::Judged {
            submission: SubmissionId(3),
            team: TeamId(7),
            problem: "A".to_owned(),
            verdict: Verdict::WA,
        };
        let json = serde_json::to_value(&news).unwrap();
        assert_eq!(json["what"], news.word());
        assert_eq!(
            json,
            serde_json::json!({
                "what": "judged", "submission": 3, "team_id": "7", "label": "A", "verdict": "WA"
            })
        );
    }
}
