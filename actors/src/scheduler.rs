//! Which invoker runs which job, and when a waiting job may leave the invokers that it prefers.

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
pub use holdings::{Finding, Heard, Holdings, Patience};
pub use pending::Stage;
pub use queue::Queue;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::WeakRecipient;
use actix::prelude::*;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::ids::{ArtifactId, BuildId, JobId, WorkerId};
use crate::invoker::StopJob;
use crate::job::{self, InvokerStatus, JobOutput, JobResult, JobSpec};
use crate::tell::Tell;

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
    /// What the invoker holds.
    pub status: InvokerStatus,
}

/// An invoker takes back the pick that it waits for.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct CancelPick {
    /// The invoker.
    pub worker: WorkerId,
}

/// An invoker has a result; answers whether it finished a pending job. Either way the result has arrived.
#[derive(Debug, Clone, Message)]
#[rtype(result = "bool")]
pub struct OnJobComplete {
    /// What the invoker holds.
    pub status: InvokerStatus,
    /// The result.
    pub result: JobResult,
}

/// An invoker is alive.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Heartbeat {
    /// What the invoker holds.
    pub status: InvokerStatus,
}

/// An invoker makes itself known; again only renews where it can be reached.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RegisterWorker {
    /// Its name.
    pub worker: WorkerId,
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
    /// Jobs that wait for an invoker.
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
    /// The time between two heartbeats of an invoker.
    pub heartbeat: Duration,
    /// Seeds the draw between queues.
    pub seed: u64,
}

/// Hands jobs to invokers.
pub struct Scheduler {
    queue: Queue<Arc<JobSpec>, JobResult>,
    askers: BTreeMap<Handle, Vec<Asker>>,
    picks: BTreeMap<PickToken, (WorkerId, oneshot::Sender<Option<job::Assignment>>)>,
    workers: BTreeMap<WorkerId, Worker>,
    last_token: u64,
    alarm: Alarm,
}

/// One build that waits for a job.
struct Asker {
    build: BuildId,
    job: JobId,
    answer: oneshot::Sender<Result<JobResult, ScheduleError>>,
}

struct Worker {
    slots: usize,
    orders: WeakRecipient<StopJob>,
}

type Fed = Queue<Arc<JobSpec>, JobResult>;

impl Scheduler {
    /// Starts a scheduler that knows no invoker yet.
    #[must_use]
    pub fn start(config: SchedulerConfig) -> Addr<Self> {
        let rng = Xoshiro256PlusPlus::seed_from_u64(config.seed);
        Actor::start(Self {
            queue: Queue::new(config.limits, rng),
            askers: BTreeMap::new(),
            picks: BTreeMap::new(),
            workers: BTreeMap::new(),
            last_token: 0,
            alarm: Alarm::default(),
        })
    }

    /// Feeds one input to the queue, then carries out what it asks for.
    ///
    /// The timeouts go first on every message: actix polls timers only when the mailbox is empty, so under load this
    /// is what keeps them on time.
    fn step<T>(
        &mut self,
        ctx: &mut Context<Self>,
        input: impl FnOnce(&mut Fed, std::time::Instant) -> T,
    ) -> T {
        let now = Instant::now().into_std();
        self.queue.handle_timeout(now);
        let output = input(&mut self.queue, now);
        while let Some(action) = self.queue.poll_action() {
            self.perform(action);
        }
        let due = self.queue.poll_timeout().map(Instant::from_std);
        self.alarm.set(ctx, due, Self::wake);
        output
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        self.step(ctx, |_, _| ());
    }

    fn perform(&mut self, action: Action<Arc<JobSpec>, JobResult>) {
        match action {
            Action::Answer { pick, answer } => self.answer(pick, answer),
            Action::Resolve {
                handle, resolution, ..
            } => self.resolve(handle, resolution),
            Action::StopJob { worker, job, .. } => {
                if let Some(worker) = self.workers.get(&worker) {
                    worker.orders.tell(StopJob { job });
                }
            }
        }
    }

    fn answer(&mut self, pick: PickToken, picked: Picked<Arc<JobSpec>>) {
        let Some((_, picker)) = self.picks.remove(&pick) else {
            return;
        };
        let assignment = match picked {
            Picked::Job(job) => Some(job::Assignment {
                spec: job.payload,
                attempt: job.attempt,
            }),
            Picked::Cancelled | Picked::Unregistered | Picked::Stopped => None,
        };
        if let Err(Some(lost)) = picker.send(assignment) {
            self.queue.undelivered(lost.spec.id, lost.attempt);
        }
    }

    fn resolve(&mut self, handle: Handle, resolution: Resolution<JobResult>) {
        let result = match resolution {
            Resolution::Finished(
                Outcome::Committed(result) | Outcome::Answered(result) | Outcome::Failed(result),
            ) => Ok(result),
            Resolution::Withdrawn => Err(ScheduleError::Withdrawn),
            Resolution::Stopped => Err(ScheduleError::Refused(Refused::Stopped)),
        };
        for asker in self.askers.remove(&handle).into_iter().flatten() {
            if asker.answer.send(result.clone()).is_err() {
                log::debug!("a job ended whose asker was gone");
            }
        }
    }
}

impl Actor for Scheduler {
    type Context = Context<Self>;
}

impl Handler<ScheduleJob> for Scheduler {
    type Result = ResponseFuture<Result<JobResult, ScheduleError>>;

    fn handle(&mut self, msg: ScheduleJob, ctx: &mut Context<Self>) -> Self::Result {
        let spec = Arc::new(msg.0);
        let (answer, result) = oneshot::channel();
        let asker = Asker {
            build: spec.build,
            job: spec.id,
            answer,
        };
        // The handle is known before the queue's actions are carried out, since one of them may resolve it.
        let now = Instant::now().into_std();
        let scheduled = self.queue.schedule(spec.id, &spec.deps, spec.clone(), now);
        match scheduled {
            Ok(scheduled) => self.askers.entry(scheduled.handle).or_default().push(asker),
            Err(refused) => return Box::pin(std::future::ready(Err(refused.into()))),
        }
        self.wake(ctx);
        Box::pin(async { result.await.unwrap_or(Err(ScheduleError::Withdrawn)) })
    }
}

impl Handler<CancelJob> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: CancelJob, ctx: &mut Context<Self>) {
        let mut withdrawn = Vec::new();
        for (&handle, askers) in &mut self.askers {
            let mine = |asker: &mut Asker| asker.job == msg.job && asker.build == msg.build;
            withdrawn.extend(askers.extract_if(.., mine).map(|asker| (handle, asker)));
        }
        for (handle, asker) in withdrawn {
            // Whoever withdraws need not be told.
            let _ = asker.answer.send(Err(ScheduleError::Withdrawn));
            self.step(ctx, |queue, _| queue.cancel_job(handle));
        }
    }
}

impl Handler<PickJob> for Scheduler {
    type Result = ResponseFuture<Option<job::Assignment>>;

    fn handle(&mut self, msg: PickJob, ctx: &mut Context<Self>) -> Self::Result {
        self.last_token += 1;
        let (token, worker) = (PickToken(self.last_token), msg.status.worker);
        let (answer, picked) = oneshot::channel();
        self.picks.insert(token, (worker, answer));
        self.step(ctx, |queue, now| queue.pick(worker, token, now));
        Box::pin(async { picked.await.ok().flatten() })
    }
}

impl Handler<CancelPick> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: CancelPick, ctx: &mut Context<Self>) {
        let of_worker = |(&token, (worker, _)): (&PickToken, &(WorkerId, _))| {
            (*worker == msg.worker).then_some(token)
        };
        let tokens: Vec<PickToken> = self.picks.iter().filter_map(of_worker).collect();
        self.step(ctx, |queue, _| {
            for token in tokens {
                queue.cancel_pick(token);
            }
        });
    }
}

impl Handler<OnJobComplete> for Scheduler {
    type Result = bool;

    fn handle(&mut self, msg: OnJobComplete, ctx: &mut Context<Self>) -> bool {
        let (worker, result) = (msg.status.worker, msg.result);
        let (job, attempt) = (result.job, result.attempt);
        let outcome = match &result.output {
            Ok(JobOutput::Compiled(_, Some(_))) => Outcome::Committed(result),
            Ok(_) => Outcome::Answered(result),
            Err(_) => Outcome::Failed(result),
        };
        self.step(ctx, |queue, _| {
            queue.complete(worker, job, attempt, outcome)
        })
    }
}

impl Handler<Heartbeat> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: Heartbeat, ctx: &mut Context<Self>) {
        self.wake(ctx);
    }
}

impl Handler<RegisterWorker> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: RegisterWorker, ctx: &mut Context<Self>) {
        let RegisterWorker {
            worker,
            slots,
            orders,
        } = msg;
        self.workers.insert(worker, Worker { slots, orders });
        self.step(ctx, |queue, _| queue.register(worker));
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
        self.step(ctx, |queue, _| {
            msg.artifacts
                .into_iter()
                .for_each(|artifact| queue.added(msg.worker, artifact));
        });
    }
}

impl Handler<ArtifactsRemoved> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: ArtifactsRemoved, ctx: &mut Context<Self>) {
        self.step(ctx, |queue, _| {
            msg.artifacts
                .into_iter()
                .for_each(|artifact| queue.removed(msg.worker, artifact));
        });
    }
}

impl Handler<StopScheduling> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: StopScheduling, ctx: &mut Context<Self>) {
        self.step(ctx, |queue, _| queue.stop());
    }
}

impl Handler<CountJobs> for Scheduler {
    type Result = SchedulerStats;

    fn handle(&mut self, _: CountJobs, _: &mut Context<Self>) -> SchedulerStats {
        SchedulerStats {
            waiting: self.queue.waiting(),
            running: self.queue.running_jobs(),
            workers: self.workers.len(),
        }
    }
}
