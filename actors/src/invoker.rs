//! One host's executors, slots and cache: takes as many jobs as it has room for, and answers each with a result.
//!
//! A job is accepted, waits for a free executor while its files are already being loaded, is executed, and stays held
//! until the scheduler has acknowledged its result. Results that could not be delivered are sent again.

mod announced;
pub(crate) mod held;
mod stop;
mod times;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tribunal_problems::BlobId;

use crate::alarm::Alarm;
use crate::chain::chain;
use crate::ids::{ArtifactId, Attempt, JobId, WorkerId};
use crate::job::{Artifact, Assignment, JobFault, JobOutput, JobResult, Work};
use crate::job_executor::Execute;
use crate::report::TestReport;
use crate::runners::Sweep;
use crate::scheduler::{
    ArtifactsAdded, ArtifactsRemoved, CancelPick, Heartbeat, OnJobComplete, PickJob,
    RegisterWorker, Scheduler,
};
use crate::storage_cache::{FindMissing, Prefetch};
use crate::tell::Tell;
use announced::Announced;
use held::Held;

pub use stop::StopFlag;
pub use times::{JobTimes, TimeSums};

/// Orders an invoker to end a job; its result then says that it was skipped.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct StopJob {
    /// The job, in whatever attempt.
    pub job: JobId,
}

/// Asks an invoker to take no more jobs; answers when its last result is acknowledged.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct DrainInvoker;

/// Orders an invoker to end every job that it holds.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct StopAllJobs;

/// Ends an invoker as a crash would: nothing is handed back, nothing is reported.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct KillInvoker;

/// Asks what an invoker's jobs have taken so far.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "TimeSums")]
pub struct CountTimes;

/// How an invoker is made.
#[derive(Debug, Clone, Copy)]
pub struct InvokerConfig {
    /// Its name.
    pub worker: WorkerId,
    /// How many of its jobs can run at once.
    pub slots: usize,
    /// How many jobs it holds at most beyond one for each executor.
    pub queue: usize,
    /// The time between two heartbeats.
    pub heartbeat: Duration,
}

/// The scheduler as an invoker sees it.
#[derive(Clone)]
pub struct Master {
    /// Hears of the invoker.
    pub register: Recipient<RegisterWorker>,
    /// Gives jobs.
    pub pick: Recipient<PickJob>,
    /// Takes picks back.
    pub cancel_pick: Recipient<CancelPick>,
    /// Takes results.
    pub complete: Recipient<OnJobComplete>,
    /// Hears that the invoker is alive.
    pub heartbeat: Recipient<Heartbeat>,
    /// Hears what the invoker's cache has got.
    pub added: Recipient<ArtifactsAdded>,
    /// Hears what it has lost.
    pub removed: Recipient<ArtifactsRemoved>,
}

impl Master {
    /// This scheduler.
    #[must_use]
    pub fn of(scheduler: &Addr<Scheduler>) -> Self {
        Self {
            register: scheduler.clone().recipient(),
            pick: scheduler.clone().recipient(),
            cancel_pick: scheduler.clone().recipient(),
            complete: scheduler.clone().recipient(),
            heartbeat: scheduler.clone().recipient(),
            added: scheduler.clone().recipient(),
            removed: scheduler.clone().recipient(),
        }
    }
}

/// Whom an invoker asks: its master and its own parts.
#[derive(Clone)]
pub struct InvokerParts {
    /// Gives jobs and takes results.
    pub master: Master,
    /// Each takes one job at a time.
    pub executors: Vec<Recipient<Execute>>,
    /// The queue before the slots, where a stopped job may wait.
    pub runners: Recipient<Sweep>,
    /// Loads the files of accepted jobs.
    pub cache: Recipient<Prefetch>,
    /// Knows which of them are gone.
    pub missing: Recipient<FindMissing>,
}

/// One host's executors.
pub struct Invoker {
    config: InvokerConfig,
    parts: InvokerParts,
    held: Held,
    announced: Announced,
    free: Vec<usize>,
    stops: BTreeMap<(JobId, Attempt), (StopFlag, Instant)>,
    delivering: BTreeSet<(JobId, Attempt)>,
    picking: bool,
    drained: Option<Vec<oneshot::Sender<()>>>,
    next_heartbeat: Instant,
    alarm: Alarm,
    sums: TimeSums,
}

impl Invoker {
    /// Starts an invoker; it registers itself. `epoch` is above that of any earlier life of the same worker.
    #[must_use]
    pub fn start(config: InvokerConfig, parts: InvokerParts, epoch: u64) -> Addr<Self> {
        let capacity = parts.executors.len() + config.queue;
        Actor::start(Self {
            held: Held::new(config.worker, capacity, epoch),
            announced: Announced::default(),
            free: (0..parts.executors.len()).rev().collect(),
            config,
            parts,
            stops: BTreeMap::new(),
            delivering: BTreeSet::new(),
            picking: false,
            drained: None,
            next_heartbeat: Instant::now(),
            alarm: Alarm::default(),
            sums: TimeSums::default(),
        })
    }

    /// Does whatever can be done now, after every event.
    fn step(&mut self, ctx: &mut Context<Self>) {
        self.beat(ctx);
        self.execute(ctx);
        self.deliver(ctx);
        self.pick(ctx);
        if self.held.is_empty()
            && let Some(drained) = &mut self.drained
        {
            for asker in drained.drain(..) {
                // Whoever no longer waits need not be told.
                let _ = asker.send(());
            }
        }
        self.alarm.set(ctx, Some(self.next_heartbeat), Self::step);
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        if Instant::now() < self.next_heartbeat {
            return;
        }
        self.next_heartbeat = Instant::now() + self.config.heartbeat;
        // What was sent before the last heartbeat and is not acknowledged may be lost: it is sent again.
        self.delivering.clear();
        let status = self.held.status();
        let beat = self.parts.master.heartbeat.send(Heartbeat { status });
        ctx.spawn(beat.into_actor(self).map(|known, act, ctx| {
            if let Ok(false) = known {
                act.register(ctx);
            }
        }));
        let blobs = self.announced.blobs();
        if !blobs.is_empty() {
            let missing = self.parts.missing.send(FindMissing { blobs });
            ctx.spawn(missing.into_actor(self).map(|gone, act, _| {
                act.lose(&gone.unwrap_or_default());
            }));
        }
    }

    fn register(&mut self, ctx: &mut Context<Self>) {
        let status = self.held.status();
        self.parts.master.register.tell(RegisterWorker {
            status,
            slots: self.config.slots,
            orders: ctx.address().downgrade().recipient(),
            artifacts: self.announced.ids(),
        });
    }

    /// The cache has lost these.
    fn lose(&mut self, gone: &[BlobId]) {
        let artifacts = self.announced.lose(gone);
        if !artifacts.is_empty() {
            let status = self.held.status();
            self.parts
                .master
                .removed
                .tell(ArtifactsRemoved { status, artifacts });
        }
    }

    /// The files of these artifacts are being loaded into the cache.
    fn announce(&mut self, artifacts: &[Arc<Artifact>]) {
        let new = artifacts
            .iter()
            .filter(|artifact| self.announced.add(artifact));
        let artifacts: Vec<ArtifactId> = new.map(|artifact| artifact.id).collect();
        if !artifacts.is_empty() {
            let status = self.held.status();
            self.parts
                .master
                .added
                .tell(ArtifactsAdded { status, artifacts });
        }
    }

    fn execute(&mut self, ctx: &mut Context<Self>) {
        while !self.free.is_empty()
            && let Some(assignment) = self.held.start_next()
            && let Some(executor) = self.free.pop()
        {
            let key = assignment.key();
            let (stop, accepted) = self.stops[&key].clone();
            let waited = accepted.elapsed();
            let executed = self.parts.executors[executor].send(Execute { assignment, stop });
            ctx.spawn(
                executed
                    .into_actor(self)
                    .map(move |executed, act, ctx| match executed {
                        Ok(executed) => {
                            act.sums.add(waited, executed.times);
                            act.free.push(executor);
                            act.finished(executed.result, ctx);
                        }
                        // Without its executor the job has no result; the scheduler misses it in no status,
                        // so it is answered here.
                        Err(_) => act.finished(broken(key, "the executor has stopped"), ctx),
                    }),
            );
        }
    }

    fn finished(&mut self, result: JobResult, ctx: &mut Context<Self>) {
        self.stops.remove(&(result.job, result.attempt));
        if let Ok(JobOutput::Compiled(_, Some(artifact))) = &result.output {
            // The result itself says that it is here. Tests will want it.
            let blobs = artifact.files.iter().map(|file| file.blob).collect();
            self.parts.cache.tell(Prefetch { blobs });
            self.announced.add(artifact);
        }
        self.held.finished(result);
        self.step(ctx);
    }

    fn deliver(&mut self, ctx: &mut Context<Self>) {
        let waiting: Vec<JobResult> = self
            .held
            .outbox()
            .filter(|result| !self.delivering.contains(&(result.job, result.attempt)))
            .cloned()
            .collect();
        for result in waiting {
            let key = (result.job, result.attempt);
            self.delivering.insert(key);
            let status = self.held.status();
            let told = self
                .parts
                .master
                .complete
                .send(OnJobComplete { status, result });
            ctx.spawn(told.into_actor(self).map(move |told, act, ctx| {
                if told.is_ok() {
                    act.delivering.remove(&key);
                    act.held.acknowledged(key);
                    act.step(ctx);
                }
            }));
        }
    }

    fn pick(&mut self, ctx: &mut Context<Self>) {
        if self.picking || self.drained.is_some() || self.held.room() == 0 {
            return;
        }
        self.picking = true;
        let status = self.held.status();
        let picked = self.parts.master.pick.send(PickJob { status });
        ctx.spawn(picked.into_actor(self).map(|picked, act, ctx| {
            act.picking = false;
            match picked {
                Ok(Some(assignment)) => {
                    act.accept(assignment);
                    act.step(ctx);
                }
                // The scheduler has stopped or took the pick back; the next heartbeat tries again.
                Ok(None) | Err(_) => log::debug!("a pick was answered with no job"),
            }
        }));
    }

    fn accept(&mut self, assignment: Assignment) {
        let key = assignment.key();
        let blobs = files(&assignment);
        let spec = assignment.spec.clone();
        if !self.held.accept(assignment) {
            return;
        }
        match StopFlag::new() {
            Ok(stop) => {
                self.stops.insert(key, (stop, Instant::now()));
                self.parts.cache.tell(Prefetch { blobs });
                self.announce(&spec.artifacts);
            }
            Err(error) => {
                self.held.withdraw(key.0);
                self.held.finished(broken(key, &chain(&error)));
            }
        }
    }

    fn stop(&mut self, job: JobId, ctx: &mut Context<Self>) {
        while let Some(assignment) = self.held.withdraw(job) {
            self.finished(stopped(&assignment), ctx);
        }
        let any = |attempt| (job, Attempt(attempt));
        for (_, (stop, _)) in self.stops.range(any(0)..=any(u32::MAX)) {
            stop.stop();
        }
        self.parts.runners.tell(Sweep);
    }
}

impl Actor for Invoker {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.register(ctx);
        self.step(ctx);
    }
}

impl Handler<StopJob> for Invoker {
    type Result = ();

    fn handle(&mut self, msg: StopJob, ctx: &mut Context<Self>) {
        self.stop(msg.job, ctx);
    }
}

impl Handler<StopAllJobs> for Invoker {
    type Result = ();

    fn handle(&mut self, _: StopAllJobs, ctx: &mut Context<Self>) {
        let jobs: BTreeSet<JobId> = self.stops.keys().map(|&(job, _)| job).collect();
        jobs.into_iter().for_each(|job| self.stop(job, ctx));
    }
}

impl Handler<DrainInvoker> for Invoker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: DrainInvoker, ctx: &mut Context<Self>) -> Self::Result {
        let (asker, drained) = oneshot::channel();
        self.drained.get_or_insert_default().push(asker);
        let status = self.held.status();
        self.parts.master.cancel_pick.tell(CancelPick { status });
        self.step(ctx);
        Box::pin(async { drop(drained.await) })
    }
}

impl Handler<KillInvoker> for Invoker {
    type Result = ();

    fn handle(&mut self, _: KillInvoker, ctx: &mut Context<Self>) {
        self.stops.values().for_each(|(stop, _)| stop.stop());
        ctx.stop();
    }
}

impl Handler<CountTimes> for Invoker {
    type Result = MessageResult<CountTimes>;

    fn handle(&mut self, _: CountTimes, _: &mut Context<Self>) -> Self::Result {
        MessageResult(TimeSums {
            waiting: self.held.queued(),
            ..self.sums
        })
    }
}

/// The blobs that the job will need, as far as they are known before it begins.
fn files(assignment: &Assignment) -> Vec<BlobId> {
    let spec = &assignment.spec;
    let artifacts = spec
        .artifacts
        .iter()
        .flat_map(|artifact| artifact.files.iter().map(|file| file.blob));
    match &spec.work {
        Work::Compile(work) => work.files.iter().map(|file| file.blob).collect(),
        Work::Test(work) => [work.input]
            .into_iter()
            .chain(work.answer)
            .chain(artifacts)
            .collect(),
        Work::Grade(_) => artifacts.collect(),
    }
}

/// The result of a job that was stopped before it began.
pub(crate) fn stopped(assignment: &Assignment) -> JobResult {
    let output = match &assignment.spec.work {
        Work::Test(work) => Ok(JobOutput::Tested(TestReport::skipped(&work.name))),
        Work::Compile(_) | Work::Grade(_) => Err(JobFault {
            reason: "it was stopped".to_owned(),
            retry: false,
            of_the_jury: false,
        }),
    };
    JobResult {
        job: assignment.spec.id,
        attempt: assignment.attempt,
        output,
    }
}

fn broken((job, attempt): (JobId, Attempt), reason: &str) -> JobResult {
    JobResult {
        job,
        attempt,
        output: Err(JobFault {
            reason: reason.to_owned(),
            retry: true,
            of_the_jury: false,
        }),
    }
}
