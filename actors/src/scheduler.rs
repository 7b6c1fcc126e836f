//! Which invoker runs which job, and when a waiting job may leave the invokers that it prefers.

mod asks;
mod desk;
mod elsewhere;
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

use std::sync::Arc;

use actix::WeakRecipient;
use actix::prelude::*;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::ids::{ArtifactId, BuildId, JobId, WorkerId};
use crate::invoker::StopJob;
use crate::job::{self, InvokerStatus, JobResult, JobSpec};
use crate::registrar::Waits;
use asks::Ask;
use desk::Desk;

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
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct CancelPick {
    /// What the invoker holds.
    pub status: InvokerStatus,
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

/// An invoker is alive; answers whether it is registered. One that is not, as it was silent for too long, registers
/// again.
#[derive(Debug, Clone, Message)]
#[rtype(result = "bool")]
pub struct Heartbeat {
    /// What the invoker holds.
    pub status: InvokerStatus,
}

/// An invoker makes itself known; again only renews where it can be reached, and adds to what it holds.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RegisterWorker {
    /// What it holds.
    pub status: InvokerStatus,
    /// How many of its jobs can run at once.
    pub slots: usize,
    /// Where it takes orders.
    pub orders: WeakRecipient<StopJob>,
    /// What its cache holds.
    pub artifacts: Vec<ArtifactId>,
}

/// Asks which live invoker holds an artifact.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<WorkerId>")]
pub struct LocateArtifact(pub ArtifactId);

/// An invoker's cache has these artifacts now.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ArtifactsAdded {
    /// What the invoker holds.
    pub status: InvokerStatus,
    /// What its cache holds.
    pub artifacts: Vec<ArtifactId>,
}

/// An invoker's cache has lost these artifacts.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ArtifactsRemoved {
    /// What the invoker holds.
    pub status: InvokerStatus,
    /// What its cache no longer holds.
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
    /// How long jobs waited, from their asking until an invoker had them; again for each attempt.
    pub waits: Waits,
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
pub struct Scheduler {
    desk: Desk,
    alarm: Alarm,
}

impl Scheduler {
    /// Starts a scheduler that knows no invoker yet.
    #[must_use]
    pub fn start(config: SchedulerConfig) -> Addr<Self> {
        Actor::start(Self {
            desk: Desk::new(config),
            alarm: Alarm::default(),
        })
    }

    /// Feeds one input to the desk, and sets the timer to what is due next.
    ///
    /// The timeouts go first on every message: actix polls timers only when the mailbox is empty, so under load this
    /// is what keeps them on time.
    fn step<T>(
        &mut self,
        ctx: &mut Context<Self>,
        input: impl FnOnce(&mut Desk, std::time::Instant) -> T,
    ) -> T {
        let now = Instant::now().into_std();
        self.desk.handle_timeout(now);
        let output = input(&mut self.desk, now);
        self.desk.settle(now);
        let due = self.desk.poll_timeout().map(Instant::from_std);
        self.alarm.set(ctx, due, Self::wake);
        output
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        self.step(ctx, |_, _| ());
    }
}

impl Actor for Scheduler {
    type Context = Context<Self>;
}

impl Handler<ScheduleJob> for Scheduler {
    type Result = ResponseFuture<Result<JobResult, ScheduleError>>;

    fn handle(&mut self, msg: ScheduleJob, ctx: &mut Context<Self>) -> Self::Result {
        if self.desk.is_stopped() {
            return Box::pin(std::future::ready(Err(Refused::Stopped.into())));
        }
        let (answer, result) = oneshot::channel();
        self.step(ctx, |desk, now| {
            desk.ask(Ask::new(Arc::new(msg.0), answer, now));
        });
        Box::pin(async { result.await.unwrap_or(Err(ScheduleError::Withdrawn)) })
    }
}

impl Handler<CancelJob> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: CancelJob, ctx: &mut Context<Self>) {
        self.step(ctx, |desk, _| {
            desk.withdraw(msg.job, msg.build);
        });
    }
}

impl Handler<PickJob> for Scheduler {
    type Result = ResponseFuture<Option<job::Assignment>>;

    fn handle(&mut self, msg: PickJob, ctx: &mut Context<Self>) -> Self::Result {
        let (answer, picked) = oneshot::channel();
        self.step(ctx, |desk, now| desk.pick(&msg, answer, now));
        Box::pin(async { picked.await.ok().flatten() })
    }
}

impl Handler<CancelPick> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: CancelPick, ctx: &mut Context<Self>) {
        self.step(ctx, |desk, now| {
            desk.cancel_picks(&msg.status, now);
        });
    }
}

impl Handler<OnJobComplete> for Scheduler {
    type Result = bool;

    fn handle(&mut self, msg: OnJobComplete, ctx: &mut Context<Self>) -> bool {
        self.step(ctx, |desk, now| desk.complete(msg, now))
    }
}

impl Handler<Heartbeat> for Scheduler {
    type Result = bool;

    fn handle(&mut self, msg: Heartbeat, ctx: &mut Context<Self>) -> bool {
        self.step(ctx, |desk, now| desk.beat(&msg.status, now))
    }
}

impl Handler<RegisterWorker> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: RegisterWorker, ctx: &mut Context<Self>) {
        self.step(ctx, |desk, now| desk.register(msg, now));
    }
}

impl Handler<LocateArtifact> for Scheduler {
    type Result = Option<WorkerId>;

    fn handle(&mut self, msg: LocateArtifact, _: &mut Context<Self>) -> Option<WorkerId> {
        self.desk.locate(msg.0)
    }
}

impl Handler<ArtifactsAdded> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: ArtifactsAdded, ctx: &mut Context<Self>) {
        self.step(ctx, |desk, now| {
            desk.added(&msg.status, &msg.artifacts, now);
        });
    }
}

impl Handler<ArtifactsRemoved> for Scheduler {
    type Result = ();

    fn handle(&mut self, msg: ArtifactsRemoved, ctx: &mut Context<Self>) {
        self.step(ctx, |desk, now| {
            desk.removed(&msg.status, &msg.artifacts, now);
        });
    }
}

impl Handler<StopScheduling> for Scheduler {
    type Result = ();

    fn handle(&mut self, _: StopScheduling, ctx: &mut Context<Self>) {
        self.step(ctx, |desk, _| desk.stop());
    }
}

impl Handler<CountJobs> for Scheduler {
    type Result = SchedulerStats;

    fn handle(&mut self, _: CountJobs, _: &mut Context<Self>) -> SchedulerStats {
        self.desk.count()
    }
}
