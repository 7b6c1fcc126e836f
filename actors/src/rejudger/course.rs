//! How far each rejudging is: pure, so that the actor only asks and tells.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use thiserror::Error;
use tribunal_problems::Verdict;

use crate::ids::SubmissionId;
use crate::registrar::Rejudged;

/// So many that have ended are remembered.
const REMEMBERED: usize = 20;

/// Which submissions are judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejudgeable {
    /// One.
    Submission(SubmissionId),
    /// All for a problem, by its short name.
    Problem(String),
    /// All for a contest, by its short name.
    Contest(String),
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejudgingStage {
    /// It is found out what would change.
    Previewing,
    /// It is known; nothing has changed.
    Previewed,
    /// The new judgements are taken.
    Applying,
    /// They count.
    Applied,
    /// The jury has stopped it. What was applied before stays.
    Stopped,
}

/// One submission that was judged again.
#[derive(Debug, Clone, PartialEq)]
pub struct RejudgedLine {
    /// The submission.
    pub id: SubmissionId,
    /// The problem's short name.
    pub problem: String,
    /// The language id.
    pub language: String,
    /// The verdict that counted, and its score.
    pub before: (Verdict, Option<f64>),
    /// The new one, and its score.
    pub after: (Verdict, Option<f64>),
    /// Whether verdict or score is another one.
    pub changes: bool,
    /// Whether anything is that somebody is told, if only a test's result.
    pub differs: bool,
    /// Whether the new one counts.
    pub applied: bool,
}

/// A rejudging as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct RejudgingView {
    /// Its number.
    pub id: u64,
    /// What is judged again.
    pub what: Rejudgeable,
    /// Whether everything is run anew.
    pub fresh: bool,
    /// How far it is.
    pub stage: RejudgingStage,
    /// When it was ordered, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// How many submissions this stage is about.
    pub total: usize,
    /// How many of them are done.
    pub done: usize,
    /// What came of them.
    pub lines: Vec<RejudgedLine>,
    /// Those that keep their verdict since they could not be judged again, and why.
    pub failed: Vec<(SubmissionId, String)>,
}

impl RejudgingView {
    /// How many verdicts or scores are other ones.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.lines.iter().filter(|line| line.changes).count()
    }
}

/// Why an order of the jury is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RejudgingError {
    /// One at a time, since the contest goes on.
    #[error("rejudging {0} is still at work: wait for it, or stop it")]
    Busy(u64),
    /// There is no such rejudging.
    #[error("there is no rejudging {0}; they are forgotten when the judge stops")]
    Unknown(u64),
    /// Only what has been looked at is applied.
    #[error("rejudging {0} is not at the stage for this")]
    WrongStage(u64),
    /// Nothing to judge again.
    #[error("no such submission has a verdict")]
    Nothing,
    /// The database does not answer.
    #[error("the submissions cannot be read: {0}")]
    Records(String),
    /// The judge is stopping.
    #[error("the judge is stopping")]
    Stopping,
}

/// All rejudgings since the judge was started.
#[derive(Debug, Default)]
pub(super) struct Course {
    last: u64,
    known: BTreeMap<u64, RejudgingView>,
    /// Of the one that is at work.
    waiting: VecDeque<SubmissionId>,
    in_hand: usize,
    /// What the last one has found out that differs, to be applied as it was shown.
    found: BTreeMap<SubmissionId, Rejudged>,
}

/// What is to be done with a submission.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Judge it again; `fresh`: run everything anew.
    Judge { id: SubmissionId, fresh: bool },
    /// Let this count.
    Apply(Box<Rejudged>),
}

impl Course {
    fn at_work(&self) -> Option<u64> {
        let is_at_work = |view: &&RejudgingView| {
            matches!(
                view.stage,
                RejudgingStage::Previewing | RejudgingStage::Applying
            )
        };
        self.known.values().find(is_at_work).map(|view| view.id)
    }

    pub(super) fn check_idle(&self) -> Result<(), RejudgingError> {
        match self.at_work() {
            Some(id) => Err(RejudgingError::Busy(id)),
            None if self.in_hand > 0 => Err(RejudgingError::Busy(self.last)),
            None => Ok(()),
        }
    }

    pub(super) fn begin(
        &mut self,
        what: Rejudgeable,
        fresh: bool,
        submissions: Vec<SubmissionId>,
        now_ms: i64,
    ) -> Result<u64, RejudgingError> {
        self.check_idle()?;
        if submissions.is_empty() {
            return Err(RejudgingError::Nothing);
        }
        self.last += 1;
        self.found.clear();
        for view in self.known.values_mut() {
            // What it has found out is not kept any longer.
            if view.stage == RejudgingStage::Previewed {
                view.stage = RejudgingStage::Stopped;
            }
        }
        while self.known.len() >= REMEMBERED {
            self.known.pop_first();
        }
        let view = RejudgingView {
            id: self.last,
            what,
            fresh,
            stage: RejudgingStage::Previewing,
            created_at_ms: now_ms,
            total: submissions.len(),
            done: 0,
            lines: Vec::new(),
            failed: Vec::new(),
        };
        self.known.insert(view.id, view);
        self.waiting = submissions.into();
        Ok(self.last)
    }

    /// Begins to apply what has been looked at.
    pub(super) fn apply(&mut self, id: u64) -> Result<(), RejudgingError> {
        self.check_idle()?;
        let view = self.known.get_mut(&id).ok_or(RejudgingError::Unknown(id))?;
        if view.stage != RejudgingStage::Previewed {
            return Err(RejudgingError::WrongStage(id));
        }
        self.waiting = self.found.keys().copied().collect();
        (view.total, view.done) = (self.waiting.len(), 0);
        view.stage = RejudgingStage::Applying;
        self.settle();
        Ok(())
    }

    pub(super) fn stop(&mut self, id: u64) -> Result<(), RejudgingError> {
        let is_at_work = self.at_work() == Some(id);
        let view = self.known.get_mut(&id).ok_or(RejudgingError::Unknown(id))?;
        if !is_at_work {
            return Err(RejudgingError::WrongStage(id));
        }
        view.stage = RejudgingStage::Stopped;
        self.waiting.clear();
        Ok(())
    }

    /// The next submission, of which rejudging, and what to do with it.
    pub(super) fn take(&mut self, at_once: usize) -> Option<(u64, SubmissionId, Step)> {
        let at_work = self.at_work()?;
        if self.in_hand >= at_once {
            return None;
        }
        let id = self.waiting.pop_front()?;
        self.in_hand += 1;
        let fresh = self.known[&at_work].fresh;
        let step = match self.found.remove(&id) {
            Some(found) => Step::Apply(Box::new(found)),
            None => Step::Judge { id, fresh },
        };
        Some((at_work, id, step))
    }

    /// What came of one that was taken.
    pub(super) fn done(
        &mut self,
        rejudging: u64,
        id: SubmissionId,
        came: Result<Rejudged, String>,
    ) {
        self.in_hand -= 1;
        if let Some(view) = self.known.get_mut(&rejudging) {
            view.done += 1;
            match came {
                Ok(again) => {
                    let line = RejudgedLine::of(&again);
                    let line_differs = line.differs;
                    match view.lines.iter_mut().find(|line| line.id == id) {
                        Some(known) => *known = line,
                        None => view.lines.push(line),
                    }
                    if view.stage == RejudgingStage::Previewing && line_differs {
                        self.found.insert(id, again);
                    }
                }
                Err(reason) => view.failed.push((id, reason)),
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        let Some(id) = self.at_work() else {
            return;
        };
        if self.in_hand > 0 || !self.waiting.is_empty() {
            return;
        }
        if let Some(view) = self.known.get_mut(&id) {
            view.lines.sort_by_key(|line| line.id);
            view.stage = match view.stage {
                RejudgingStage::Previewing => RejudgingStage::Previewed,
                _ => RejudgingStage::Applied,
            };
        }
    }

    pub(super) fn view(&self, id: u64) -> Option<&RejudgingView> {
        self.known.get(&id)
    }

    /// The newest first.
    pub(super) fn all(&self) -> Vec<RejudgingView> {
        self.known.values().rev().cloned().collect()
    }
}

impl RejudgedLine {
    fn of(again: &Rejudged) -> Self {
        Self {
            id: again.id,
            problem: again.problem.clone(),
            language: again.language.clone(),
            before: (again.before.verdict, again.before.score),
            after: (again.after.verdict, again.after.score),
            changes: again.changes(),
            differs: again.differs(),
            applied: again.applied,
        }
    }
}
