//! The contest's part in what is submitted: it says what is taken, and hears what came of it.

use std::collections::BTreeSet;

use actix::prelude::*;
use tribunal_problems::{Package, Plan, TeamId, Viewer};

use super::records::{InContest, Inserted, NewSubmission, Records};
use super::{Submit, SubmitError, now_ms, plan};
use crate::contest::{
    Admit, ContestDesk, ContestRefusal, Entered, EntryJudged, NotEntered, entry_result,
};
use crate::ids::SubmissionId;
use crate::report::BuildReport;
use crate::tell::Tell;

/// The contest that is served.
#[derive(Clone)]
pub struct ContestLink {
    /// Who leads it.
    pub desk: Addr<ContestDesk>,
    /// Its short name.
    pub short_name: String,
    /// The short names of its problems.
    pub problems: BTreeSet<String>,
    /// Whether each run for it has namespaces of its own.
    pub fresh_namespaces: bool,
}

impl ContestLink {
    /// Whether the submission is for this contest.
    pub(super) fn has(&self, submission: &NewSubmission) -> bool {
        let contest = submission.contest.as_ref();
        contest.is_some_and(|contest| contest.short_name == self.short_name)
    }

    /// Tells it of a judgement.
    pub(super) fn judged(&self, id: SubmissionId, report: &BuildReport) {
        let result = entry_result(report);
        self.desk.tell(EntryJudged { id, result });
    }
}

/// What judging a submission asks for.
pub(super) fn plan(
    link: Option<&ContestLink>,
    package: &Package,
    submission: &NewSubmission,
) -> Plan {
    Plan {
        fresh_namespaces: link.is_some_and(|link| link.fresh_namespaces && link.has(submission)),
        ..plan::of_package(package, submission)
    }
}

/// Stores a submission, if the contest that its problem belongs to takes it now.
pub(super) async fn store(
    records: Records,
    link: Option<ContestLink>,
    submit: Submit,
) -> Result<Inserted, SubmitError> {
    let mut new = NewSubmission {
        problem: submit.problem,
        language: submit.language.as_str().to_owned(),
        files: submit.files,
        entry: submit.entry,
        created_at_ms: now_ms(),
        idempotency_key: submit.idempotency_key,
        account: submit.account,
        contest: None,
    };
    let Some(link) = link else {
        return Ok(records.insert_submission(new).await?);
    };
    let viewer = match submit.account {
        Some(_) if submit.is_jury => Viewer::Jury,
        Some(account) => Viewer::Team(TeamId(account.0)),
        None => Viewer::Public,
    };
    let admit = Admit {
        viewer,
        problem: new.problem.clone(),
        language: submit.language,
    };
    let admitted = link.desk.send(admit).await;
    let admission = match admitted.map_err(|_| SubmitError::Draining)? {
        Ok(admission) => admission,
        // What was taken once is not refused when it is sent again.
        Err(refusal) => {
            let problem = new.problem.clone();
            return match records.find_submission(new).await? {
                Some(id) => Ok(Inserted::Known(id)),
                None if refusal == ContestRefusal::NotStarted => {
                    Err(SubmitError::UnknownProblem(problem))
                }
                None => Err(refusal.into()),
            };
        }
    };
    new.contest = Some(InContest {
        short_name: link.short_name,
        time_ms: admission.contest_time_ms,
    });
    let inserted = records.insert_submission(new).await;
    match inserted {
        Ok(Inserted::New(id)) => link.desk.tell(Entered { id, admission }),
        Ok(Inserted::Known(_)) | Err(_) => link.desk.tell(NotEntered(admission)),
    }
    Ok(inserted?)
}
