//! Where submissions come in: each is on the disk before it is answered for, and has a verdict at the end.
//!
//! What has no verdict when the judge starts is planned again. A verdict is written down until it works, and only then
//! is it told.

mod admission;
mod changes;
mod contest;
mod install;
mod judging;
mod messages;
mod plan;
mod quarantine;
mod reading;
pub(crate) mod records;
mod rejudge;
mod tally;
mod verdicts;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use actix::prelude::*;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tribunal_problems::LanguageId;

use crate::build::{
    AwaitReport, Build, BuildFault, BuildOrder, BuildTools, CancelBuild, GetProgress,
};
use crate::clock::now_ms;
use crate::event_log::{Append, EventKind};
use crate::ids::{BuildId, SubmissionId};
use crate::kept_run::Earlier;
use crate::problems::Problems;
use crate::report::{BuildReport, SubmissionStatus, SubmissionView};
use crate::tell::Tell;
use judging::Judging;
use quarantine::{JuryPrograms, Quarantine};
use records::{Inserted, NewSubmission, Records, RecordsError};
use tally::Tally;
use verdicts::{log_judged, not_planned, until_it_works, write_down};

pub use admission::SubmitError;
pub use changes::Changes;
pub use contest::ContestLink;
pub use install::InstallProblem;
pub use messages::{
    AbandonBuilds, CountSubmissions, DrainRegistrar, GetSubmission, JudgeAnonymous, JudgeError,
    RegistrarStats, Submit, WaitForVerdict,
};
pub use plan::plan_of_package;
pub use reading::{GetSources, ListSubmissions};
pub use rejudge::{ApplyJudgement, Rejudge, RejudgeError, Rejudged};
pub use tally::{JudgingTimes, Waits};

/// How a registrar is made.
pub struct RegistrarConfig {
    /// Where submissions are stored.
    pub records: Records,
    /// The problems, by their short names.
    pub problems: Problems,
    /// What builds need.
    pub tools: BuildTools,
    /// How many submissions may wait or be judged; past it they are refused.
    pub queue_max: usize,
    /// How many stored submissions are judged at once; 0: they are only stored.
    pub builds_max: usize,
    /// The contest that is served.
    pub contest: Option<ContestLink>,
}

/// Stores submissions and has them judged.
pub struct Registrar {
    config: RegistrarConfig,
    waiting: VecDeque<SubmissionId>,
    running: BTreeMap<SubmissionId, Option<Addr<Build>>>,
    /// What is kept back of problems whose checkers are broken.
    quarantine: Quarantine,
    being_stored: usize,
    anonymous: BTreeMap<BuildId, Addr<Build>>,
    tally: Tally,
    watchers: BTreeMap<SubmissionId, Vec<oneshot::Sender<()>>>,
    last_build: u64,
    drained: Option<Vec<oneshot::Sender<()>>>,
}

impl Registrar {
    /// Starts a registrar; what has no verdict yet is planned again.
    #[must_use]
    pub fn start(config: RegistrarConfig) -> Addr<Self> {
        Actor::start(Self {
            config,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            quarantine: Quarantine::default(),
            being_stored: 0,
            anonymous: BTreeMap::new(),
            tally: Tally::default(),
            watchers: BTreeMap::new(),
            last_build: 0,
            drained: None,
        })
    }

    fn load(&self) -> usize {
        self.waiting.len()
            + self.running.len()
            + self.being_stored
            + self.anonymous.len()
            + self.quarantine.parked()
    }

    fn next_build(&mut self) -> BuildId {
        self.last_build += 1;
        BuildId(self.last_build)
    }

    fn admit(&self, submit: &Submit) -> Result<(), SubmitError> {
        if self.drained.is_some() {
            return Err(SubmitError::Draining);
        }
        let waiting = self.load();
        if waiting >= self.config.queue_max {
            return Err(SubmitError::QueueFull { waiting });
        }
        let package = self.config.problems.get(&submit.problem);
        admission::check(submit, package.as_deref(), &self.config.tools.toolchains)
    }

    fn stored(
        &mut self,
        inserted: Result<Inserted, SubmitError>,
        ctx: &mut Context<Self>,
    ) -> Result<SubmissionId, SubmitError> {
        self.being_stored -= 1;
        match inserted? {
            Inserted::New(id) => {
                self.event(id, EventKind::Queued);
                self.tally.accepted(id, now());
                self.waiting.push_back(id);
                self.begin_next(ctx);
                Ok(id)
            }
            Inserted::Known(id) => Ok(id),
        }
    }

    /// Begins as many builds as may run at once.
    fn begin_next(&mut self, ctx: &mut Context<Self>) {
        while self.drained.is_none()
            && self.running.len() < self.config.builds_max
            && let Some(id) = self.waiting.pop_front()
        {
            self.running.insert(id, None);
            self.tally.begun(id, now());
            let records = self.config.records.clone();
            let loaded = async move {
                let what = format!("load submission {id}");
                until_it_works(&what, || records.load_submission(id)).await
            };
            ctx.spawn(
                loaded
                    .into_actor(self)
                    .map(move |loaded, act, ctx| match loaded {
                        Some(stored) => act.begin(id, &stored.submission, ctx),
                        None => act.over(id, ctx),
                    }),
            );
        }
    }

    fn begin(&mut self, id: SubmissionId, submission: &NewSubmission, ctx: &mut Context<Self>) {
        let Some(package) = self.config.problems.get(&submission.problem) else {
            let problem = &submission.problem;
            log::warn!("submission {id} waits for problem {problem}, which is not loaded");
            return self.over(id, ctx);
        };
        if !self.quarantine.begin(&submission.problem, id) {
            self.running.remove(&id);
            return self.begin_next(ctx);
        }
        let order = BuildOrder {
            id: self.next_build(),
            submission: Some(id),
            plan: Arc::new(contest::plan(
                self.config.contest.as_ref(),
                &package,
                submission,
            )),
            earlier: Earlier::default(),
        };
        let tests = order
            .plan
            .tests
            .iter()
            .map(|test| test.name.clone())
            .collect();
        let build = Build::start(order, self.config.tools.clone());
        let report = build.send(AwaitReport);
        self.running.insert(id, Some(build));
        let records = self.config.records.clone();
        let contest = self.config.contest.clone();
        let contest = contest.filter(|contest| contest.has(submission));
        let (problem, language) = (
            submission.problem.clone(),
            LanguageId::new(&submission.language),
        );
        let judged = async move {
            let report = match report.await {
                Ok(Err(BuildFault::Interrupted | BuildFault::Cancelled)) | Err(_) => return None,
                Ok(Err(BuildFault::Unplannable(reason))) => not_planned(&reason, tests),
                Ok(Ok(report)) => report,
            };
            write_down(&records, id, &report).await;
            Some(report)
        };
        ctx.spawn(judged.into_actor(self).map(move |report, act, ctx| {
            let programs = report
                .as_ref()
                .map_or(JuryPrograms::Unknown, JuryPrograms::in_report);
            act.waiting.extend(act.quarantine.ended(&problem, programs));
            if let Some(report) = report {
                act.judged(id, (&problem, &language), &report);
                if let Some(contest) = contest {
                    contest.judged(id, &report);
                }
            }
            act.over(id, ctx);
        }));
    }

    fn judged(
        &mut self,
        id: SubmissionId,
        (problem, language): (&str, &LanguageId),
        report: &BuildReport,
    ) {
        let (verdict, score) = (report.verdict, report.score);
        let took = self.tally.judged(id, language, verdict, now());
        log_judged(id, (problem, language), report, took);
        if let Some(reason) = report.judge_failure() {
            log::error!("submission {id} got no verdict of its own: {reason}");
        }
        self.event(id, EventKind::Judged { verdict, score });
    }

    fn over(&mut self, id: SubmissionId, ctx: &mut Context<Self>) {
        self.running.remove(&id);
        self.tally.over(id);
        for watcher in self.watchers.remove(&id).into_iter().flatten() {
            // Whoever no longer waits need not be told.
            let _ = watcher.send(());
        }
        self.begin_next(ctx);
        self.tell_if_idle();
    }

    fn tell_if_idle(&mut self) {
        if self.running.is_empty()
            && self.anonymous.is_empty()
            && let Some(askers) = &mut self.drained
        {
            for asker in askers.drain(..) {
                // Whoever no longer waits need not be told.
                let _ = asker.send(());
            }
        }
    }

    fn event(&self, id: SubmissionId, kind: EventKind) {
        self.config.tools.events.tell(Append {
            build: None,
            submission: Some(id),
            kind,
        });
    }

    fn view(
        &self,
        id: SubmissionId,
    ) -> ResponseFuture<Result<Option<SubmissionView>, RecordsError>> {
        let records = self.config.records.clone();
        let build = self.running.get(&id).cloned().flatten();
        Box::pin(async move {
            let mut view = match records.load_view(id).await {
                Ok(view) => view,
                Err(RecordsError::Unknown { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            if view.status != SubmissionStatus::Done
                && let Some(build) = build
                && let Ok(progress) = build.send(GetProgress).await
            {
                // Only what is on the disk is done.
                view.status = progress.status.min(SubmissionStatus::Running);
                view.compile = progress.compile;
                view.tests = progress.tests;
            }
            Ok(Some(view))
        })
    }
}

impl Actor for Registrar {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if self.config.builds_max > 0 {
            self.install_programs(self.config.problems.all(), ctx);
        }
        let records = self.config.records.clone();
        let unfinished = async move {
            until_it_works("find what has no verdict", || records.unfinished()).await
        };
        ctx.wait(unfinished.into_actor(self).map(|unfinished, act, ctx| {
            let ids = unfinished.unwrap_or_default();
            if !ids.is_empty() {
                let count = ids.len();
                log::info!("{count} submissions without a verdict are planned again");
            }
            ids.iter().for_each(|&id| act.tally.accepted(id, now()));
            act.waiting.extend(ids);
            act.begin_next(ctx);
        }));
    }
}

impl Handler<Submit> for Registrar {
    type Result = ResponseActFuture<Self, Result<SubmissionId, SubmitError>>;

    fn handle(&mut self, submit: Submit, _: &mut Context<Self>) -> Self::Result {
        if let Err(error) = self.admit(&submit) {
            return Box::pin(fut::ready(Err(error)));
        }
        self.being_stored += 1;
        let records = self.config.records.clone();
        let contest = self.config.contest.clone();
        let contest = contest.filter(|contest| contest.problems.contains(&submit.problem));
        let stored = contest::store(records, contest, submit);
        Box::pin(
            stored
                .into_actor(self)
                .map(|inserted, act, ctx| act.stored(inserted, ctx)),
        )
    }
}

impl Handler<GetSubmission> for Registrar {
    type Result = ResponseFuture<Result<Option<SubmissionView>, RecordsError>>;

    fn handle(&mut self, msg: GetSubmission, _: &mut Context<Self>) -> Self::Result {
        self.view(msg.id)
    }
}

impl Handler<WaitForVerdict> for Registrar {
    type Result = ResponseActFuture<Self, Result<Option<SubmissionView>, RecordsError>>;

    fn handle(&mut self, msg: WaitForVerdict, _: &mut Context<Self>) -> Self::Result {
        let id = msg.id;
        let (watcher, told) = oneshot::channel();
        let is_kept = self.waiting.contains(&id) || self.quarantine.has(id);
        let will_begin = self.drained.is_none() && is_kept;
        if will_begin || self.running.contains_key(&id) {
            let watchers = self.watchers.entry(id).or_default();
            watchers.retain(|watcher| !watcher.is_closed());
            watchers.push(watcher);
        } else {
            drop(watcher);
        }
        let told = told.into_actor(self);
        Box::pin(told.then(move |_, act, _| act.view(id).into_actor(act)))
    }
}

impl Handler<JudgeAnonymous> for Registrar {
    type Result = Judging;

    fn handle(&mut self, msg: JudgeAnonymous, ctx: &mut Context<Self>) -> Judging {
        if self.drained.is_some() {
            return Judging(Err(JudgeError::Draining));
        }
        let waiting = self.load();
        if waiting >= self.config.queue_max {
            return Judging(Err(JudgeError::QueueFull { waiting }));
        }
        let id = self.next_build();
        let language = msg.plan.language.clone();
        let order = BuildOrder {
            id,
            submission: None,
            plan: Arc::new(msg.plan),
            earlier: Earlier::default(),
        };
        let build = Build::start(order, self.config.tools.clone());
        self.anonymous.insert(id, build.clone());
        let report = build.send(AwaitReport);
        ctx.spawn(report.into_actor(self).map(move |report, act, _| {
            act.anonymous.remove(&id);
            if let Ok(Ok(report)) = report {
                act.tally.count(&language, report.verdict);
            }
            act.tell_if_idle();
        }));
        Judging(Ok(build))
    }
}

impl Handler<DrainRegistrar> for Registrar {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: DrainRegistrar, _: &mut Context<Self>) -> Self::Result {
        let (asker, idle) = oneshot::channel();
        self.drained.get_or_insert_default().push(asker);
        // What has not begun has no verdict before the next start: whoever waits for it is told so.
        let begun = &self.running;
        self.watchers.retain(|id, _| begun.contains_key(id));
        self.tell_if_idle();
        Box::pin(async { drop(idle.await) })
    }
}

impl Handler<AbandonBuilds> for Registrar {
    type Result = ();

    fn handle(&mut self, _: AbandonBuilds, _: &mut Context<Self>) {
        let stored = self.running.values().flatten();
        stored
            .chain(self.anonymous.values())
            .for_each(|build| build.tell(CancelBuild));
    }
}

impl Handler<CountSubmissions> for Registrar {
    type Result = RegistrarStats;

    fn handle(&mut self, _: CountSubmissions, _: &mut Context<Self>) -> RegistrarStats {
        RegistrarStats {
            waiting: self.waiting.len() + self.quarantine.parked(),
            quarantined: self.quarantine.problems(),
            running: self.running.len(),
            anonymous: self.anonymous.len(),
            verdicts: self.tally.verdicts().clone(),
            waits: self.tally.waits(),
            judging: self.tally.times().clone(),
        }
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}
