//! Rejudging what is stored: what would change is told first; what is applied makes the old judgement history.

use std::sync::Arc;

use actix::prelude::*;

use super::records::{Judgement, Records, RecordsError, Standing};
use super::{ContestLink, Registrar, contest, now_ms};
use crate::build::{AwaitReport, Build, BuildFault, BuildOrder};
use crate::ids::{JudgementId, SubmissionId};
use crate::kept_run::Earlier;
use crate::report::BuildReport;
use crate::submission::StoredSubmission;

/// Judges a submission again that has a judgement. What earlier judgements have of an equal run is taken.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Rejudged, RejudgeError>")]
pub struct Rejudge {
    /// The submission.
    pub id: SubmissionId,
    /// Whether the new judgement takes the place of the old one, where it differs.
    pub apply: bool,
    /// Whether everything is run again.
    pub fresh: bool,
}

/// Lets what was looked at count, just as it was shown: nothing is run once more.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Rejudged, RejudgeError>")]
pub struct ApplyJudgement(pub Rejudged);

/// A submission that was judged again.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejudged {
    /// The submission.
    pub id: SubmissionId,
    /// The problem's short name.
    pub problem: String,
    /// The language id.
    pub language: String,
    /// The judgement that counted until now.
    pub before: BuildReport,
    /// Which one that was.
    pub over: JudgementId,
    /// The new one.
    pub after: BuildReport,
    /// Whether it counts from now on.
    pub applied: bool,
}

/// Why a submission has no new judgement; the old one stays.
#[derive(Debug, thiserror::Error)]
pub enum RejudgeError {
    /// The database does not answer, or knows no such submission.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// It is still to be judged for the first time.
    #[error("submission {0} has no verdict yet")]
    NotJudged(SubmissionId),
    /// Another judgement counts than the one that the new one was compared with.
    #[error("submission {0} was judged again meanwhile")]
    Overtaken(SubmissionId),
    /// Its problem is not loaded.
    #[error("problem {0:?} of it is not loaded")]
    UnknownProblem(String),
    /// No judgement came of it.
    #[error(transparent)]
    Build(#[from] BuildFault),
    /// The judge failed, which is nobody's new verdict.
    #[error("the judge failed: {0}")]
    Judge(String),
    /// The judge is stopping.
    #[error("the judge is stopping")]
    Stopped,
}

impl Rejudged {
    /// Whether the verdict or the score is another one.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.before.verdict != self.after.verdict || self.before.score != self.after.score
    }

    /// Whether anything is another one that the contestant or the jury is told.
    pub(crate) fn differs(&self) -> bool {
        let told = |report: &BuildReport| {
            let tests = report.tests.iter();
            tests
                .map(|test| {
                    (
                        test.name.clone(),
                        test.verdict,
                        test.points,
                        test.message.clone(),
                    )
                })
                .collect::<Vec<_>>()
        };
        self.changes() || told(&self.before) != told(&self.after)
    }
}

impl Handler<Rejudge> for Registrar {
    type Result = ResponseActFuture<Self, Result<Rejudged, RejudgeError>>;

    fn handle(&mut self, msg: Rejudge, _: &mut Context<Self>) -> Self::Result {
        let records = self.config.records.clone();
        let loaded = async move {
            let stored = records.load_submission(msg.id).await?;
            Ok::<_, RejudgeError>((stored, records.load_judgements(msg.id).await?))
        };
        let judged = loaded.into_actor(self).then(move |loaded, act, _| {
            let judging = match loaded {
                Ok((stored, judgements)) => act.judge_again(msg, stored, judgements),
                Err(error) => Err(error),
            };
            let judged = async { judging?.await };
            judged.into_actor(act)
        });
        Box::pin(judged)
    }
}

impl Registrar {
    fn judge_again(
        &mut self,
        Rejudge { id, apply, fresh }: Rejudge,
        StoredSubmission { submission, .. }: StoredSubmission,
        judgements: Vec<Judgement>,
    ) -> Result<ResponseFuture<Result<Rejudged, RejudgeError>>, RejudgeError> {
        let current = judgements.iter().find(|one| one.current);
        let current = current.ok_or(RejudgeError::NotJudged(id))?;
        let (before, over) = (current.report.clone(), current.id);
        let unknown = || RejudgeError::UnknownProblem(submission.problem.clone());
        let package = self
            .config
            .problems
            .get(&submission.problem)
            .ok_or_else(unknown)?;
        let contest = self.config.contest.clone();
        let plan = Arc::new(contest::plan(contest.as_ref(), &package, &submission));
        let contest = contest.filter(|contest| contest.has(&submission));
        let earlier = if fresh {
            Earlier::default()
        } else {
            Earlier::of(judgements.iter().map(|one| &one.report))
        };
        let order = BuildOrder {
            id: self.next_build(),
            submission: Some(id),
            plan,
            earlier,
        };
        let report = Build::start(order, self.config.tools.clone()).send(AwaitReport);
        let records = self.config.records.clone();
        Ok(Box::pin(async move {
            let after = report.await.map_err(|_| RejudgeError::Stopped)??;
            if let Some(reason) = after.judge_failure() {
                return Err(RejudgeError::Judge(reason.to_owned()));
            }
            let mut rejudged = Rejudged {
                id,
                problem: submission.problem,
                language: submission.language,
                before,
                over,
                after,
                applied: false,
            };
            if apply && rejudged.differs() {
                count(&records, contest, &mut rejudged).await?;
            }
            log::debug!(
                "submission {id} is judged again: {}",
                rejudged.after.verdict
            );
            Ok(rejudged)
        }))
    }
}

impl Handler<ApplyJudgement> for Registrar {
    type Result = ResponseFuture<Result<Rejudged, RejudgeError>>;

    fn handle(
        &mut self,
        ApplyJudgement(mut rejudged): ApplyJudgement,
        _: &mut Context<Self>,
    ) -> Self::Result {
        let records = self.config.records.clone();
        let contest = self.config.contest.clone();
        Box::pin(async move {
            let stored = records.load_submission(rejudged.id).await?;
            let contest = contest.filter(|contest| contest.has(&stored.submission));
            count(&records, contest, &mut rejudged).await?;
            Ok(rejudged)
        })
    }
}

/// Writes the new judgement down, and has the contest hear of it.
async fn count(
    records: &Records,
    contest: Option<ContestLink>,
    rejudged: &mut Rejudged,
) -> Result<(), RejudgeError> {
    let standing = Standing::Over(rejudged.over);
    let write = records.record_judgement(rejudged.id, &rejudged.after, standing, now_ms());
    if !write.await? {
        return Err(RejudgeError::Overtaken(rejudged.id));
    }
    rejudged.applied = true;
    if let Some(contest) = contest {
        contest.judged(rejudged.id, &rejudged.after);
    }
    Ok(())
}
