//! What goes into the scheduler's queue and what comes out of it.

use std::time::Duration;

use crate::ids::{Attempt, JobId, WorkerId};

/// How long a job waits for the invokers that it prefers, and how many jobs may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// How long a job that is cached somewhere is offered to its holders only (`CacheTimeout`).
    pub cache_timeout: Duration,
    /// How long after that it is offered only where its result or a dependency is (`DepsTimeout`).
    pub deps_timeout: Duration,
    /// Jobs that may wait at once; past it `schedule` answers [`Refused::QueueFull`].
    pub waiting_max: usize,
}

/// Names one life of a job, from the call that made it pending to its resolution. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle {
    /// Counts up from 1.
    pub(super) number: u64,
    /// The job's record, as long as that has this handle.
    pub(super) job: u32,
}

/// Names one pick; the caller counts them up and never uses one twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PickToken(pub u64);

/// The answer to `schedule`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// What [`Action::Resolve`] will name.
    pub handle: Handle,
    /// Whether the job was pending already, so that the caller joins others.
    pub joined: bool,
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many jobs wait as may.
    #[error("{waiting} jobs wait already")]
    QueueFull {
        /// The number of them.
        waiting: usize,
    },
    /// The scheduler has been stopped.
    #[error("the scheduler has stopped")]
    Stopped,
}

/// How an attempt at a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<R> {
    /// It ran, and its artifact is now in the invoker's cache.
    Committed(R),
    /// It ran and has a result, but left no artifact (a compile error, say).
    Answered(R),
    /// It could not be run; the judge's own failure.
    Failed(R),
}

/// How a handle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution<R> {
    /// By the first result that counts.
    Finished(Outcome<R>),
    /// Everybody who wanted the job has withdrawn.
    Withdrawn,
    /// The scheduler stopped before the job ran.
    Stopped,
}

/// A job handed to an invoker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment<J> {
    /// The job.
    pub job: JobId,
    /// This handing-out's number; the result must carry it.
    pub attempt: Attempt,
    /// How many times the job has been handed out under its handle, this one included.
    pub tries: u32,
    /// What is to be done.
    pub payload: J,
}

/// The answer to a pick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked<J> {
    /// This one.
    Job(Assignment<J>),
    /// Nothing: the pick was cancelled.
    Cancelled,
    /// Nothing: the worker has never registered, or has been declared dead since.
    Unregistered,
    /// Nothing: the scheduler has stopped.
    Stopped,
}

/// What the caller of the queue must do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<J, R> {
    /// Answer a pick. If the picker is gone, hand the job back with `undelivered`.
    Answer {
        /// The pick.
        pick: PickToken,
        /// The answer.
        answer: Picked<J>,
    },
    /// Tell everybody who waits on this handle.
    Resolve {
        /// The handle; it is not heard of again.
        handle: Handle,
        /// Its job.
        job: JobId,
        /// How it ended.
        resolution: Resolution<R>,
    },
    /// Tell an invoker to end an attempt whose result can no longer matter.
    StopJob {
        /// The invoker.
        worker: WorkerId,
        /// The job.
        job: JobId,
        /// The attempt.
        attempt: Attempt,
    },
}
