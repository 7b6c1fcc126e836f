//! Which invoker runs which job, and when a waiting job may leave the invokers that it prefers.

mod asks;
mod exchange;
mod fair;
mod hash;
mod holders;
mod holdings;
mod index;
mod line;
mod pending;
mod picks;
mod places;
mod queue;
mod slab;

#[cfg(test)]
mod tests;

pub use exchange::{
    Action, Assignment, Handle, Outcome, PickToken, Picked, QueueLimits, Refused, Resolution,
    Scheduled,
};
pub use fair::{Fair, Offer, OfferId, UnknownOffer};
pub use holdings::{Finding, Heard, Holdings, InvokerStatus, Patience};
pub use pending::Stage;
pub use queue::Queue;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::WeakRecipient;
use actix::prelude::*;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::ids::{ArtifactId, BuildId, JobId, WorkerId};
use crate::invoker::StopJob;
use crate::job::{self, JobOutput, JobResult, JobSpec};
use crate::tell::Tell;
use asks::{Ask, Asks};

/// Asks for a job to be done; the answer is its result. An equal job that is pending already is shared.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<JobResult, ScheduleError>")]
pub struct ScheduleJob(pub JobSpec);

/// A build no longer wants a job. When nobody does, it is withdrawn, and stopped where it runs.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct CancelJob {
    /// The job.
    pub job: JobId,
    /// The build that wanted it.
    pub build: BuildId,
}

/// An invoker asks for a job and waits for it; `None`: the pick was taken back, or the scheduler has stopped.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Option<job::Assignment>")]
pub struct PickJob {
    /// The invoker.
    pub worker: WorkerId,
    /// What it holds.
    pub status: InvokerStatus,
}

/// An invoker takes back the pick that it waits for.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct CancelPick {
    /// The invoker.
    pub worker: WorkerId,
    /// What it holds.
    pub status: InvokerStatus,
}

/// An invoker has a result; answers whether it finished a pending job. Either way the result has arrived.
#[derive(Debug, Clone, Message)]
#[rtype(result = "bool")]
pub struct OnJobComplete {
    /// The invoker.
    pub worker: WorkerId,
    /// What it holds.
    pub status: InvokerStatus,
    /// The result.
    pub result: JobResult,
}

/// An invoker is alive.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Heartbeat {
    /// The invoker.
    pub worker: WorkerId,
    /// What it holds.
    pub status: InvokerStatus,
}

/// An invoker makes itself known; again only renews where it can be reached.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RegisterWorker {
    /// Its name.
    pub worker: WorkerId,
    /// What it holds.
    pub status: InvokerStatus,
    /// How many of its jobs can run at once.
    pub slots: usize,
    /// Where it takes orders.
    pub orders: WeakRecipient<StopJob>,
}

/// Asks which live invoker holds an artifact.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<WorkerId>")]
pub struct LocateArtifact(pub ArtifactId);

/// An invoker's cache has these artifacts now.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ArtifactsAdded {
    /// The invoker.
    pub worker: WorkerId,
    /// What it holds.
    pub artifacts: Vec<ArtifactId>,
}

/// An invoker's cache has lost these artifacts.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ArtifactsRemoved {
    /// The invoker.
    pub worker: WorkerId,
    /// What it no longer holds.
    pub artifacts: Vec<ArtifactId>,
}

/// Takes no more jobs and hands none out; what runs may still complete.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct StopScheduling;

/// Asks how much waits and runs.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "SchedulerStats")]
pub struct CountJobs;

/// How much waits and runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, MessageResponse)]
pub struct SchedulerStats {
    /// Jobs that wait for their build's turn or for an invoker.
    pub waiting: usize,
    /// Jobs that an invoker has.
    pub running: usize,
    /// Invokers that are alive.
    pub workers: usize,
}

/// Why a job was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It was not taken.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Everybody who wanted it has withdrawn.
    #[error("the job was withdrawn")]
    Withdrawn,
}

/// How a scheduler is made.
#[derive(Debug, Clone, Copy)]
pub struct SchedulerConfig {
    /// Timeouts, and how many jobs may wait.
    pub limits: QueueLimits,
    /// How long an invoker may be silent, and a job be missing.
    pub patience: Patience,
    /// Seeds the draw between queues.
    pub seed: u64,
}

/// Hands jobs to invokers.
///
/// A job that is asked for waits for its build's turn among [`Asks`], then in the [`Queue`]; what invokers say of it
/// meanwhile is kept in [`Holdings`].
pub struct Scheduler {
    asks: Asks,
    queue: JobQueue,
    holdings: Holdings,
    picks: BTreeMap<PickToken, Pick>,
    workers: BTreeMap<WorkerId, Worker>,
    last_pick: u64,
    stopped: bool,
    alarm: Alarm,
}

type JobQueue = Queue<Arc<JobSpec>, JobResult>;

struct Pick {
    worker: WorkerId,
    answer: oneshot::Sender<Option<job::Assignment>>,
}

struct Worker {
    slots: usize,
    orders: WeakRecipient<StopJob>,
    alive: bool,
}

impl Scheduler {
    /// Starts a scheduler that knows no invoker yet.
    #[must_use]
    pub fn start(config: SchedulerConfig) -> Addr<Self> {
        let rng = Xoshiro256PlusPlus::seed_from_u64(config.seed);
        Actor::start(Self {
            asks: Asks::default(),
            queue: Queue::new(config.limits, rng),
            holdings: Holdings::new(config.patience),
            picks: BTreeMap::new(),
            workers: BTreeMap::new(),
            last_pick: 0,
            stopped: false,
            alarm: Alarm::default(),
        })
    }

    /// Feeds one input to the state, then carries out what it asks for.
    ///
    /// The timeouts go first on every message: actix polls timers only when the mailbox is empty, so under load this
    /// is what keeps them on time.
    fn step<T>(
        &mut self,
        ctx: &mut Context<Self>,
        input: impl FnOnce(&mut Self, std::time::Instant) -> T,
    ) -> T {
        let now = Instant::now().into_std();
        self.handle_timeout(now);
        let output = input(self, now);
        self.settle(now);
        let dues = [self.queue.poll_timeout(), self.holdings.poll_timeout()];
        let due = dues.into_iter().flatten().min().map(Instant::from_std);
        self.alarm.set(ctx, due, Self::wake);
        output
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        self.step(ctx, |_, _| ());
    }

    fn handle_timeout(&mut self, now: std::time::Instant) {
        self.holdings.handle_timeout(now);
        self.queue.handle_timeout(now);
        while let Some(finding) = self.holdings.poll_finding() {
            match finding {
                Finding::Dead { worker } => self.dead(worker),
                Finding::Lost {
                    worker,
                    job,
                    attempt,
                } => {
                    log::warn!("invoker {worker} has lost job {job:?}; it is done again");
                    self.queue.requeue(job, attempt);
                }
            }
        }
    }

    fn dead(&mut self, worker: WorkerId) {
        log::warn!("invoker {worker} is silent; its jobs are done elsewhere");
        if let Some(worker) = self.workers.get_mut(&worker) {
            worker.alive = false;
        }
        self.queue.dead(worker);
        self.count_slots();
    }

    fn count_slots(&mut self) {
        let alive = self.workers.values().filter(|worker| worker.alive);
        self.asks.set_slots(alive.map(|worker| worker.slots).sum());
    }

    /// Offers and answers until there is nothing more to do.
    fn settle(&mut self, now: std::time::Instant) {
        loop {
            while let Some(action) = self.queue.poll_action() {
                self.perform(action);
            }
            let Some((number, spec)) = self.asks.next_offer() else {
                break;
            };
            match self.queue.schedule(spec.id, &spec.deps, spec.clone(), now) {
                Ok(scheduled) => self.asks.scheduled(number, scheduled.handle),
                Err(refused) => self.asks.answer(number, Err(refused.into())),
            }
        }
    }

    fn perform(&mut self, action: Action<Arc<JobSpec>, JobResult>) {
        match action {
            Action::Answer { pick, answer } => self.hand_over(pick, answer),
            Action::Resolve {
                handle, resolution, ..
            } => self.asks.resolve(handle, &outcome_of(resolution)),
            Action::StopJob { worker, job, .. } => {
                if let Some(worker) = self.workers.get(&worker) {
                    worker.orders.tell(StopJob { job });
                }
            }
        }
    }

    fn hand_over(&mut self, pick: PickToken, picked: Picked<Arc<JobSpec>>) {
        let Some(Pick { worker, answer }) = self.picks.remove(&pick) else {
            return;
        };
        let Picked::Job(job) = picked else {
            // A picker that is gone needs no answer.
            let _ = answer.send(None);
            return;
        };
        let assignment = job::Assignment {
            spec: job.payload,
            attempt: job.attempt,
        };
        if answer.send(Some(assignment)).is_ok() {
            self.holdings.sent(worker, job.job, job.attempt);
        } else {
            self.queue.undelivered(job.job, job.attempt);
        }
    }

    /// An invoker speaks; one that was dead, or is new, is known from now on.
    fn heard(
        &mut self,
        worker: WorkerId,
        status: &InvokerStatus,
        now: std::time::Instant,
    ) -> Heard {
        let heard = self.holdings.status(worker, status, now);
        if heard == Heard::First {
            if let Some(worker) = self.workers.get_mut(&worker) {
                worker.alive = true;
            }
            self.queue.register(worker);
            self.count_slots();
        }
        heard
    }

    fn pick(
        &mut self,
        msg: &PickJob,
        answer: oneshot::Sender<Option<job::Assignment>>,
        now: std::time::Instant,
    ) {
        let worker = msg.worker;
        if self.heard(worker, &msg.status, now) == Heard::Stale || self.holdings.free(worker) == 0 {
            // A picker that is gone needs no answer.
            let _ = answer.send(None);
            return;
        }
        self.last_pick += 1;
        let token = PickToken(self.last_pick);
        self.picks.insert(token, Pick { worker, answer });
        self.queue.pick(worker, token, now);
    }

    fn complete(&mut self, msg: OnJobComplete, now: std::time::Instant) -> bool {
        let (worker, result) = (msg.worker, msg.result);
        let (job, attempt) = (result.job, result.attempt);
        let outcome = match &result.output {
            Ok(JobOutput::Compiled(_, Some(_))) => Outcome::Committed(result),
            Ok(_) => Outcome::Answered(result),
            Err(_) => Outcome::Failed(result),
        };
        // The result goes first: the status still names the job, since the result is not acknowledged.
        self.holdings.finished(worker, job, attempt);
        let finished = self.queue.complete(worker, job, attempt, outcome);
        self.heard(worker, &msg.status, now);
        finished
    }

    fn register(&mut self, msg: RegisterWorker, now: std::time::Instant) {
        let RegisterWorker {
            worker,
            status,
            slots,
            orders,
        } = msg;
        let alive = self.workers.get(&worker).is_some_and(|known| known.alive);
        self.workers.insert(
            worker,
            Worker {
                slots,
                orders,
                alive,
            },
        );
        self.heard(worker, &status, now);
        self.count_slots();
    }

    fn cancel_picks(&mut self, worker: WorkerId) {
        let mine = |(&token, pick): (&PickToken, &Pick)| (pick.worker == worker).then_some(token);
        let tokens: Vec<PickToken> = self.picks.iter().filter_map(mine).collect();
        for token in tokens {
            self.queue.cancel_pick(token);
        }
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.queue.stop();
        self.asks.refuse_unoffered(Refused::Stopped);
    }
}

fn outcome_of(resolution: Resolution<JobResult>) -> Result<JobResult, ScheduleError> {
    match resolution {
        Resolution::Finished(
            Outcome::Committed(result) | Outcome::Answered(result) | Outcome::Failed(result),
        ) => Ok(result),
        Resolution::Withdrawn => Err(ScheduleError::Withdrawn),
        Resolution::Stopped => Err(ScheduleError::Refused(Refused::Stopped)),
    }
}

impl Actor for Scheduler {
    type Context = Context<Self>;
}

impl Handler<ScheduleJob> for Scheduler {
    type Result = ResponseFuture<Result<JobResult, ScheduleError>>;

    fn handle(&mut self, msg: ScheduleJob, ctx: &mut Context<Self>) -> Self::Result {
        if self.stopped {
            return Box::pin(std::future::ready(Err(Refused::Stopped.into())));
        }
        let (answer, result) = oneshot::channel();
        let ask = Ask::new(Arc::new(msg.0), answer);
        self.step(ctx, |scheduler, _| scheduler.asks.push(ask));
        Box::pin(async { result.await.unwrap_or(Err(ScheduleError::Withdrawn)) })
    }
}

impl Handler<CancelJob> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: CancelJob, ctx: &mut Context<Self>) {
        self.step(ctx, |scheduler, _| {
            for handle in scheduler.asks.withdraw(msg.job, msg.build) {
                scheduler.queue.cancel_job(handle);
            }
        });
    }
}

impl Handler<PickJob> for Scheduler {
    type Result = ResponseFuture<Option<job::Assignment>>;

    fn handle(&mut self, msg: PickJob, ctx: &mut Context<Self>) -> Self::Result {
        let (answer, picked) = oneshot::channel();
        self.step(ctx, |scheduler, now| scheduler.pick(&msg, answer, now));
        Box::pin(async { picked.await.ok().flatten() })
    }
}

impl Handler<CancelPick> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: CancelPick, ctx: &mut Context<Self>) {
        self.step(ctx, |scheduler, now| {
            scheduler.heard(msg.worker, &msg.status, now);
            scheduler.cancel_picks(msg.worker);
        });
    }
}

impl Handler<OnJobComplete> for Scheduler {
    type Result = bool;

    fn handle(&mut self, msg: OnJobComplete, ctx: &mut Context<Self>) -> bool {
        self.step(ctx, |scheduler, now| scheduler.complete(msg, now))
    }
}

impl Handler<Heartbeat> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: Heartbeat, ctx: &mut Context<Self>) {
        self.step(ctx, |scheduler, now| {
            scheduler.heard(msg.worker, &msg.status, now)
        });
    }
}

impl Handler<RegisterWorker> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: RegisterWorker, ctx: &mut Context<Self>) {
        self.step(ctx, |scheduler, now| scheduler.register(msg, now));
    }
}

impl Handler<LocateArtifact> for Scheduler {
    type Result = Option<WorkerId>;

    fn handle(&mut self, msg: LocateArtifact, _: &mut Context<Self>) -> Option<WorkerId> {
        self.queue.locate(msg.0)
    }
}

impl Handler<ArtifactsAdded> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: ArtifactsAdded, ctx: &mut Context<Self>) {
        self.step(ctx, |scheduler, _| {
            for artifact in msg.artifacts {
                scheduler.queue.added(msg.worker, artifact);
            }
        });
    }
}

impl Handler<ArtifactsRemoved> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: ArtifactsRemoved, ctx: &mut Context<Self>) {
        self.step(ctx, |scheduler, _| {
            for artifact in msg.artifacts {
                scheduler.queue.removed(msg.worker, artifact);
            }
        });
    }
}

impl Handler<StopScheduling> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: StopScheduling, ctx: &mut Context<Self>) {
        self.step(ctx, |scheduler, _| scheduler.stop());
    }
}

impl Handler<CountJobs> for Scheduler {
    type Result = SchedulerStats;

    fn handle(&mut self, _: CountJobs, _: &mut Context<Self>) -> SchedulerStats {
        SchedulerStats {
            waiting: self.queue.waiting() + self.asks.ready(),
            running: self.queue.running_jobs(),
            workers: self.workers.values().filter(|worker| worker.alive).count(),
        }
    }
}
