//! What every handler holds: whom to ask, and what was known when the front was started.

use std::sync::Arc;

use actix::{Addr, MailboxError};
use tribunal_actors::{
    Accounts, ContestLink, ContestState, EventLog, Figures, Gauges, GetContest, GetSubmission,
    Intake, Node, Problems, Registrar, Rejudger, Scope, Stores, SubmissionId, SubmissionView,
    Toolchains,
};
use tribunal_problems::{Languages, Package};

use crate::auth::{Access, AccessRules, Viewer};
use crate::problem_details::Problem;
use crate::submissions::answers::Answers;

/// Whom the handlers ask, and what they know.
#[derive(Clone)]
pub struct Front {
    /// Keeps the submissions and has them judged.
    pub registrar: Addr<Registrar>,
    /// Has them judged again.
    pub rejudger: Addr<Rejudger>,
    /// Tells what happens to them.
    pub event_log: Addr<EventLog>,
    /// Every known language.
    pub languages: Arc<Languages>,
    /// Which of them can be judged here.
    pub toolchains: Arc<Toolchains>,
    /// The problems, by their short names.
    pub problems: Problems,
    /// Takes packages in.
    pub intake: Addr<Intake>,
    /// Keeps contents that are sent once.
    pub stores: Addr<Stores>,
    /// Answers for figures.
    pub gauges: Gauges,
    /// Remembers the figures of the last hour.
    pub figures: Addr<Figures>,
    /// Who may do what.
    pub accounts: Accounts,
    /// Who may come in, and how often.
    pub(crate) access: Arc<Access>,
    /// What was told last.
    pub(crate) answers: Arc<Answers>,
    /// The contest that is served, if one is.
    pub contest: Option<ContestLink>,
}

impl Front {
    /// The front of this judge.
    #[must_use]
    pub fn of(node: &Node, rules: AccessRules) -> Self {
        Self {
            registrar: node.registrar().clone(),
            rejudger: node.rejudger().clone(),
            event_log: node.event_log().clone(),
            languages: Arc::clone(node.languages()),
            toolchains: Arc::clone(node.toolchains()),
            problems: node.problems().clone(),
            intake: node.intake().clone(),
            stores: node.stores().clone(),
            gauges: node.gauges(),
            figures: node.figures().clone(),
            accounts: node.accounts().clone(),
            access: Arc::new(Access::new(rules)),
            answers: Arc::new(Answers::new(node.changes().clone())),
            contest: node.contest().cloned(),
        }
    }

    /// The problems that this viewer may know of, in the order of their short names: those of a contest are secret before
    /// it begins.
    pub(crate) async fn problems_for(&self, viewer: &Viewer) -> Result<Vec<Arc<Package>>, Problem> {
        let hidden = match &self.contest {
            Some(contest) if !viewer.may(Scope::Jury) => {
                let viewer = tribunal_problems::Viewer::Public;
                let view = reached(contest.desk.send(GetContest { viewer }).await)?;
                let is_secret = view.state == ContestState::NotStarted;
                is_secret.then_some(&contest.problems)
            }
            _ => None,
        };
        let all = self.problems.all();
        let is_known = |package: &&Arc<Package>| {
            hidden.is_none_or(|hidden| !hidden.contains(&package.short_name))
        };
        Ok(all.values().filter(is_known).cloned().collect())
    }

    /// The problem of this short name, if this viewer may know of it.
    pub(crate) async fn problem_for(
        &self,
        viewer: &Viewer,
        id: &str,
    ) -> Result<Arc<Package>, Problem> {
        let known = self.problems_for(viewer).await?;
        let found = known.into_iter().find(|package| package.short_name == id);
        found.ok_or_else(|| Problem::not_found("there is no such problem"))
    }

    /// A submission as it is now.
    ///
    /// # Errors
    /// 404 if there is none of this number, or none that is for the viewer: which
    /// of the two is not told.
    pub(crate) async fn submission(
        &self,
        viewer: &Viewer,
        id: SubmissionId,
    ) -> Result<SubmissionView, Problem> {
        reached(self.registrar.send(GetSubmission { id }).await)??
            .filter(|submission| viewer.sees(submission.account))
            .ok_or_else(|| Problem::not_found(format!("there is no submission {id}")))
    }
}

/// The answer of an actor; one that has stopped is a judge that is going down.
pub(crate) fn reached<T>(answer: Result<T, MailboxError>) -> Result<T, Problem> {
    answer.map_err(|_| Problem::unavailable("the judge is stopping", 5))
}
