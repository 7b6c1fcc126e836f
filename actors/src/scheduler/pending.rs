//! The jobs that wait or run, and their order.

use std::num::NonZeroU64;
use std::time::Instant;

use super::exchange::Handle;
use super::slab::Slab;
use crate::ids::Attempt;

/// A job's place in every queue: a job that came back from a dead invoker stands before all others,
/// else the order is that of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rank(NonZeroU64);

impl Rank {
    const FRESH: u64 = 1 << 63;

    /// The rank of the `arrival`th job; the first is 1.
    pub(super) fn fresh(arrival: u64) -> Self {
        Self(NonZeroU64::new(Self::FRESH | arrival).expect("the topmost bit is set"))
    }

    /// The rank after a return: before every job that never came back.
    pub(super) fn returned(self) -> Self {
        Self(NonZeroU64::new(self.0.get() & !Self::FRESH).expect("arrivals count from 1"))
    }
}

/// Names a job's record.
pub(super) type JobKey = u32;
/// Names an artifact's record.
pub(super) type ArtifactKey = u32;
/// Names a worker's record.
pub(super) type WorkerKey = u32;

/// An entry of a queue: ordered by rank, and no two jobs share a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ticket {
    pub(super) rank: Rank,
    pub(super) job: JobKey,
}

/// Where a waiting job is offered; only ever moves down this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// To the holders of its result.
    Cache,
    /// And to the holders of a dependency.
    Deps,
    /// And to everybody.
    Global,
}

/// Whether a pending job waits or runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// In the queues that its stage says.
    Waiting,
    /// In no queue.
    Running { worker: WorkerKey, attempt: Attempt },
}

/// A pending job.
#[derive(Debug, Clone)]
pub(super) struct Job<J> {
    /// The artifact that holds its result.
    pub(super) artifact: ArtifactKey,
    /// The artifacts that it reads, each once.
    pub(super) deps: Box<[ArtifactKey]>,
    pub(super) handle: Handle,
    /// How many callers wait for it.
    pub(super) wanted_by: u32,
    /// How many times it has been handed out.
    pub(super) tries: u32,
    pub(super) rank: Rank,
    pub(super) stage: Stage,
    /// When the stage ends; without meaning in the last one.
    pub(super) deadline: Instant,
    pub(super) state: State,
    pub(super) payload: J,
}

/// All pending jobs.
pub(super) type Pending<J> = Slab<Job<J>>;
