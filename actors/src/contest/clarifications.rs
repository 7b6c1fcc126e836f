//! Questions to the jury and what it answers: who may ask, and who may read. Nothing here reads a clock.

use tribunal_problems::{TeamId, Viewer};

use super::ContestState;

/// Longest text, in characters.
const TEXT_LENGTH_MAX: usize = 4_000;
/// Questions of a team that may wait for an answer.
const OPEN_MAX: usize = 10;

/// A question, an answer or an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clarification {
    /// Its number.
    pub id: i64,
    /// Who asks; `None`: the jury speaks.
    pub from: Option<TeamId>,
    /// Whom the jury answers; `None`: a question to the jury, or the jury's word to all.
    pub to: Option<TeamId>,
    /// What it answers.
    pub reply_to: Option<i64>,
    /// The short name of the problem that it is about.
    pub problem: Option<String>,
    /// What is said.
    pub text: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// When, in milliseconds of contest time; `None`: before the start.
    pub time_ms: Option<u64>,
}

/// What somebody wants to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewClarification {
    /// A team asks the jury.
    Question {
        /// Who asks.
        team: TeamId,
        /// The problem's short name.
        problem: Option<String>,
        /// The question.
        text: String,
    },
    /// The jury answers.
    Answer {
        /// The question's number.
        to: i64,
        /// Whether everybody is to read it.
        to_all: bool,
        /// The answer.
        text: String,
    },
    /// The jury tells all.
    Announcement {
        /// The problem's short name.
        problem: Option<String>,
        /// What it tells.
        text: String,
    },
}

/// Why nothing was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClarifyError {
    /// There is nothing to read, or too much.
    #[error("a text has 1 to {TEXT_LENGTH_MAX} characters")]
    Text,
    /// The contest has no such problem.
    #[error("the contest has no problem {0:?}")]
    UnknownProblem(String),
    /// Only teams of the contest ask.
    #[error("the account takes no part in this contest")]
    NotATeam,
    /// There is nothing to ask about yet.
    #[error("the contest has not begun")]
    NotStarted,
    /// Enough for now.
    #[error("{OPEN_MAX} questions wait for an answer already")]
    TooMany,
    /// There is no such question.
    #[error("there is no question {0}")]
    UnknownQuestion(i64),
    /// The database does not answer.
    #[error("it was not stored: {0}")]
    NotStored(String),
}

impl Clarification {
    /// Whether this viewer may read it.
    #[must_use]
    pub fn is_for(&self, viewer: Viewer) -> bool {
        let is_to_all = self.from.is_none() && self.to.is_none();
        match viewer {
            Viewer::Jury => true,
            Viewer::Team(team) => is_to_all || self.from == Some(team) || self.to == Some(team),
            Viewer::Public => is_to_all,
        }
    }
}

/// All that was said, oldest first.
#[derive(Debug, Default)]
pub(super) struct Clarifications {
    said: Vec<Clarification>,
}

impl Clarifications {
    pub(super) fn new(said: Vec<Clarification>) -> Self {
        Self { said }
    }

    pub(super) fn add(&mut self, clarification: Clarification) {
        self.said.push(clarification);
    }

    pub(super) fn read_by(&self, viewer: Viewer) -> Vec<Clarification> {
        let readable = self.said.iter().filter(|one| one.is_for(viewer));
        readable.cloned().collect()
    }

    /// What is to be stored, still without a number and a time; or why nothing is.
    pub(super) fn checked(
        &self,
        new: NewClarification,
        state: ContestState,
        has_problem: impl Fn(&str) -> bool,
        is_team: impl Fn(TeamId) -> bool,
    ) -> Result<Clarification, ClarifyError> {
        let (from, to, reply_to, problem, text) = match new {
            NewClarification::Question {
                team,
                problem,
                text,
            } => {
                self.check_asking(team, state, is_team)?;
                (Some(team), None, None, problem, text)
            }
            NewClarification::Answer { to, to_all, text } => {
                let question = self.said.iter().find(|one| one.id == to);
                let question = question
                    .filter(|one| one.from.is_some())
                    .ok_or(ClarifyError::UnknownQuestion(to))?;
                let team = question.from.filter(|_| !to_all);
                (None, team, Some(to), question.problem.clone(), text)
            }
            NewClarification::Announcement { problem, text } => (None, None, None, problem, text),
        };
        let text = text.trim().to_owned();
        if !(1..=TEXT_LENGTH_MAX).contains(&text.chars().count()) {
            return Err(ClarifyError::Text);
        }
        if let Some(problem) = problem.as_ref().filter(|problem| !has_problem(problem)) {
            return Err(ClarifyError::UnknownProblem(problem.clone()));
        }
        Ok(Clarification {
            id: 0,
            from,
            to,
            reply_to,
            problem,
            text,
            at_ms: 0,
            time_ms: None,
        })
    }

    fn check_asking(
        &self,
        team: TeamId,
        state: ContestState,
        is_team: impl Fn(TeamId) -> bool,
    ) -> Result<(), ClarifyError> {
        if !is_team(team) {
            return Err(ClarifyError::NotATeam);
        }
        if state == ContestState::NotStarted {
            return Err(ClarifyError::NotStarted);
        }
        let is_answered = |id| self.said.iter().any(|one| one.reply_to == Some(id));
        let own = self.said.iter().filter(|one| one.from == Some(team));
        let open = own.filter(|one| !is_answered(one.id)).count();
        if open >= OPEN_MAX {
            return Err(ClarifyError::TooMany);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAM: TeamId = TeamId(1);
    const OTHER: TeamId = TeamId(2);

    fn question(text: &str) -> NewClarification {
        NewClarification::Question {
            team: TEAM,
            problem: Some("p".to_owned()),
            text: text.to_owned(),
        }
    }

    fn say(
        said: &mut Clarifications,
        new: NewClarification,
        state: ContestState,
    ) -> Result<i64, ClarifyError> {
        let mut checked = said.checked(new, state, |name| name == "p", |team| team == TEAM)?;
        checked.id = i64::try_from(said.said.len()).unwrap() + 1;
        let id = checked.id;
        said.add(checked);
        Ok(id)
    }

    fn ids(said: &Clarifications, viewer: Viewer) -> Vec<i64> {
        said.read_by(viewer).iter().map(|one| one.id).collect()
    }

    #[test]
    fn a_question_is_for_the_jury_and_an_answer_for_the_team_or_for_all() {
        let mut said = Clarifications::default();
        let running = ContestState::Running;
        let asked = say(&mut said, question("how big is n?"), running).unwrap();
        for to_all in [false, true] {
            let text = "as it says".to_owned();
            let answer = NewClarification::Answer {
                to: asked,
                to_all,
                text,
            };
            say(&mut said, answer, running).unwrap();
        }
        let text = "lunch at noon".to_owned();
        let problem = None;
        say(
            &mut said,
            NewClarification::Announcement { problem, text },
            ContestState::NotStarted,
        )
        .unwrap();
        assert_eq!(ids(&said, Viewer::Jury), [1, 2, 3, 4]);
        assert_eq!(ids(&said, Viewer::Team(TEAM)), [1, 2, 3, 4]);
        assert_eq!(ids(&said, Viewer::Team(OTHER)), [3, 4]);
        assert_eq!(ids(&said, Viewer::Public), [3, 4]);
        let answers = said.read_by(Viewer::Team(OTHER));
        assert_eq!(answers[0].problem.as_deref(), Some("p"));
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let mut said = Clarifications::default();
        let running = ContestState::Running;
        let mut refused = |new, state| say(&mut said, new, state).unwrap_err();
        assert_eq!(
            refused(question("early"), ContestState::NotStarted),
            ClarifyError::NotStarted
        );
        assert_eq!(refused(question(" \n"), running), ClarifyError::Text);
        assert_eq!(
            refused(question(&"x".repeat(4001)), running),
            ClarifyError::Text
        );
        let stranger = NewClarification::Question {
            team: OTHER,
            problem: None,
            text: "?".to_owned(),
        };
        assert_eq!(refused(stranger, running), ClarifyError::NotATeam);
        let unknown = NewClarification::Announcement {
            problem: Some("q".to_owned()),
            text: "?".to_owned(),
        };
        assert_eq!(
            refused(unknown, running),
            ClarifyError::UnknownProblem("q".to_owned())
        );
        let to_nobody = NewClarification::Answer {
            to: 7,
            to_all: true,
            text: "?".to_owned(),
        };
        assert_eq!(
            refused(to_nobody, running),
            ClarifyError::UnknownQuestion(7)
        );
    }

    #[test]
    fn so_many_questions_may_be_open_and_an_answer_makes_room() {
        let mut said = Clarifications::default();
        let running = ContestState::Running;
        for _ in 0..OPEN_MAX {
            say(&mut said, question("?"), running).unwrap();
        }
        let refused = say(&mut said, question("?"), running);
        assert_eq!(refused, Err(ClarifyError::TooMany));
        let answer = NewClarification::Answer {
            to: 1,
            to_all: false,
            text: "!".to_owned(),
        };
        say(&mut said, answer, running).unwrap();
        assert!(say(&mut said, question("?"), running).is_ok());
    }
}
