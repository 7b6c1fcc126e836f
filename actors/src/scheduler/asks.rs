//! Who waits for which job, and whose turn it is: builds take turns in front of the queue.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::{Fair, Handle, OfferId, Refused, ScheduleError};
use crate::ids::{BuildId, JobId, WorkerId};
use crate::job::{JobResult, JobSpec};

/// One build that waits for a job.
pub(super) struct Ask {
    spec: Arc<JobSpec>,
    answer: oneshot::Sender<Result<JobResult, ScheduleError>>,
    offer: Option<OfferId>,
    handle: Option<Handle>,
    /// The invokers whose attempts have failed.
    failed_on: Vec<WorkerId>,
    since: Instant,
}

impl Ask {
    /// Not offered yet; it waits from now on.
    pub(super) fn new(
        spec: Arc<JobSpec>,
        answer: oneshot::Sender<Result<JobResult, ScheduleError>>,
        now: Instant,
    ) -> Self {
        Self {
            spec,
            answer,
            offer: None,
            handle: None,
            failed_on: Vec::new(),
            since: now,
        }
    }

    fn key(&self) -> (JobId, BuildId) {
        (self.spec.id, self.spec.build)
    }
}

/// Everybody who waits, by the number of the asking.
pub(super) struct Asks {
    fair: Fair<BuildId, u64>,
    last: u64,
    asks: BTreeMap<u64, Ask>,
    by_handle: BTreeMap<Handle, Vec<u64>>,
    /// Of every build that waits for a job; mostly one.
    by_job: BTreeMap<(JobId, BuildId), Vec<u64>>,
}

impl Default for Asks {
    fn default() -> Self {
        Self {
            fair: Fair::new(0),
            last: 0,
            asks: BTreeMap::new(),
            by_handle: BTreeMap::new(),
            by_job: BTreeMap::new(),
        }
    }
}

impl Asks {
    /// So many jobs can run at once.
    pub(super) fn set_slots(&mut self, slots: usize) {
        self.fair.set_slots(slots);
    }

    /// How many wait for their turn.
    pub(super) fn ready(&self) -> usize {
        self.fair.ready()
    }

    /// Since when a build has waited for this job; `None`: it does not any more.
    pub(super) fn since(&self, spec: &JobSpec) -> Option<Instant> {
        let numbers = self.by_job.get(&(spec.id, spec.build))?;
        let asks = numbers.iter().filter_map(|number| self.asks.get(number));
        asks.map(|ask| ask.since).min()
    }

    /// A build asks.
    pub(super) fn push(&mut self, ask: Ask) {
        self.last += 1;
        self.fair.push(ask.spec.build, self.last);
        self.by_job.entry(ask.key()).or_default().push(self.last);
        self.asks.insert(self.last, ask);
    }

    /// The next job for the queue. Asks that were withdrawn meanwhile are passed over.
    pub(super) fn next_offer(&mut self) -> Option<(u64, Arc<JobSpec>)> {
        while let Some(offer) = self.fair.next_offer() {
            if let Some(ask) = self.asks.get_mut(&offer.work) {
                ask.offer = Some(offer.id);
                return Some((offer.work, ask.spec.clone()));
            }
            self.close(Some(offer.id));
        }
        None
    }

    /// The queue has the job under this handle, which several asks may share.
    pub(super) fn scheduled(&mut self, number: u64, handle: Handle) {
        if let Some(ask) = self.asks.get_mut(&number) {
            ask.handle = Some(handle);
            self.by_handle.entry(handle).or_default().push(number);
        }
    }

    /// Ends one ask.
    pub(super) fn answer(&mut self, number: u64, result: Result<JobResult, ScheduleError>) {
        let Some(ask) = self.asks.remove(&number) else {
            return;
        };
        self.close(ask.offer);
        if let Entry::Occupied(mut of_job) = self.by_job.entry(ask.key()) {
            of_job.get_mut().retain(|&other| other != number);
            if of_job.get().is_empty() {
                of_job.remove();
            }
        }
        if ask.answer.send(result).is_err() {
            log::debug!("a job ended whose asker was gone");
        }
    }

    /// Ends every ask that shares the handle.
    pub(super) fn resolve(&mut self, handle: Handle, result: &Result<JobResult, ScheduleError>) {
        for number in self.by_handle.remove(&handle).into_iter().flatten() {
            self.answer(number, result.clone());
        }
    }

    /// The attempt under this handle has failed: the asks that shared it have none any more. Answers each with the
    /// invokers that have failed it by now.
    pub(super) fn failed(&mut self, handle: Handle, worker: WorkerId) -> Vec<(u64, Vec<WorkerId>)> {
        let sharers = self.by_handle.remove(&handle).unwrap_or_default();
        let failed = sharers.into_iter().filter_map(|number| {
            let ask = self.asks.get_mut(&number)?;
            ask.handle = None;
            ask.failed_on.push(worker);
            Some((number, ask.failed_on.clone()))
        });
        failed.collect()
    }

    /// What the asking of this number wants, unless it has ended.
    pub(super) fn spec(&self, number: u64) -> Option<Arc<JobSpec>> {
        self.asks.get(&number).map(|ask| ask.spec.clone())
    }

    /// Whether the asking of this number has not ended.
    pub(super) fn is_open(&self, number: u64) -> bool {
        self.asks.contains_key(&number)
    }

    /// Ends a build's asks for a job, and answers the handles that each of them wanted.
    pub(super) fn withdraw(&mut self, job: JobId, build: BuildId) -> Vec<Handle> {
        let numbers = self.by_job.remove(&(job, build)).unwrap_or_default();
        let mut handles = Vec::new();
        for number in numbers {
            let handle = self.asks.get(&number).and_then(|ask| ask.handle);
            if let Some(handle) = handle {
                let sharers = self.by_handle.entry(handle).or_default();
                sharers.retain(|&sharer| sharer != number);
                handles.push(handle);
            }
            self.answer(number, Err(ScheduleError::Withdrawn));
        }
        handles
    }

    /// Ends every ask that the queue does not know.
    pub(super) fn refuse_unoffered(&mut self, why: Refused) {
        let unoffered = |(&number, ask): (&u64, &Ask)| ask.handle.is_none().then_some(number);
        let numbers: Vec<u64> = self.asks.iter().filter_map(unoffered).collect();
        for number in numbers {
            self.answer(number, Err(why.into()));
        }
    }

    fn close(&mut self, offer: Option<OfferId>) {
        if let Some(offer) = offer
            && let Err(error) = self.fair.complete(offer)
        {
            log::error!("a job has ended: {error}");
        }
    }
}
