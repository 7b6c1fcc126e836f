//! Who waits for which job, and whose turn it is: builds take turns in front of the queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Fair, Handle, OfferId, Refused, ScheduleError};
use crate::ids::{BuildId, JobId};
use crate::job::{JobResult, JobSpec};

/// One build that waits for a job.
pub(super) struct Ask {
    spec: Arc<JobSpec>,
    answer: oneshot::Sender<Result<JobResult, ScheduleError>>,
    offer: Option<OfferId>,
    handle: Option<Handle>,
}

impl Ask {
    /// Not offered yet.
    pub(super) fn new(
        spec: Arc<JobSpec>,
        answer: oneshot::Sender<Result<JobResult, ScheduleError>>,
    ) -> Self {
        Self {
            spec,
            answer,
            offer: None,
            handle: None,
        }
    }
}

/// Everybody who waits, by the number of the asking.
pub(super) struct Asks {
    fair: Fair<BuildId, u64>,
    last: u64,
    asks: BTreeMap<u64, Ask>,
    by_handle: BTreeMap<Handle, Vec<u64>>,
}

impl Default for Asks {
    fn default() -> Self {
        Self {
            fair: Fair::new(0),
            last: 0,
            asks: BTreeMap::new(),
            by_handle: BTreeMap::new(),
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

    /// A build asks.
    pub(super) fn push(&mut self, ask: Ask) {
        self.last += 1;
        self.fair.push(ask.spec.build, self.last);
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

    /// Ends a build's asks for a job, and answers the handles that each of them wanted.
    pub(super) fn withdraw(&mut self, job: JobId, build: BuildId) -> Vec<Handle> {
        let wanted = |ask: &Ask| ask.spec.id == job && ask.spec.build == build;
        let numbers: Vec<u64> = self
            .asks
            .iter()
            .filter_map(|(&number, ask)| wanted(ask).then_some(number))
            .collect();
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
