use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::ids::{ArtifactId, BuildId, JobId, WorkerId};
use crate::invoker::StopJob;
use crate::job::{Assignment, InvokerStatus, JobOutput, JobResult, JobSpec};
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
#[rtype(result = "Option<Assignment>")]
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
