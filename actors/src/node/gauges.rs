//! The figures of a judge, read from whom they belong to.

use actix::prelude::*;
use tribunal_sandbox::{PoolStats, Sandbox};

use crate::invoker::{CountTimes, Invoker, TimeSums};
use crate::registrar::{CountSubmissions, Registrar, RegistrarStats};
use crate::runners::{CountSlots, Runners, SlotCounts};
use crate::scheduler::{CountJobs, Scheduler, SchedulerStats};
use crate::storage_cache::{CacheStats, CountCache, StorageCache};

/// What is at work, what waits and what has been done.
#[derive(Debug, Clone, Default)]
pub struct NodeStats {
    /// Submissions.
    pub registrar: RegistrarStats,
    /// Jobs.
    pub scheduler: SchedulerStats,
    /// What jobs have taken, invoker by invoker.
    pub times: Vec<TimeSums>,
    /// The storage caches, invoker by invoker.
    pub caches: Vec<CacheStats>,
    /// The slots, invoker by invoker.
    pub slots: Vec<SlotCounts>,
    /// Boxes; `None` in tests without a sandbox.
    pub boxes: Option<PoolStats>,
}

/// Answers for figures; clones go to other threads.
#[derive(Clone)]
pub struct Gauges {
    pub(super) registrar: Addr<Registrar>,
    pub(super) scheduler: Addr<Scheduler>,
    pub(super) invokers: Vec<Addr<Invoker>>,
    pub(super) caches: Vec<Addr<StorageCache>>,
    pub(super) runners: Vec<Addr<Runners>>,
    pub(super) sandbox: Option<Sandbox>,
}

impl Gauges {
    /// Reads them all; what has stopped counts nothing.
    pub async fn read(&self) -> NodeStats {
        let mut stats = NodeStats {
            registrar: self
                .registrar
                .send(CountSubmissions)
                .await
                .unwrap_or_default(),
            scheduler: self.scheduler.send(CountJobs).await.unwrap_or_default(),
            boxes: self.sandbox.as_ref().map(Sandbox::stats),
            ..NodeStats::default()
        };
        for invoker in &self.invokers {
            stats.times.extend(invoker.send(CountTimes).await);
        }
        for cache in &self.caches {
            stats.caches.extend(cache.send(CountCache).await);
        }
        for runners in &self.runners {
            stats.slots.extend(runners.send(CountSlots).await);
        }
        stats
    }
}
