//! The jobs that an invoker holds: accepted, being executed, or finished and not yet acknowledged.
//!
//! A job is held from its acceptance until its result is acknowledged, so that no status in between leaves it out and
//! no result is lost with the message that carried it. Nothing here reads a clock.

use std::collections::{BTreeMap, VecDeque};

use crate::ids::{Attempt, JobId, WorkerId};
use crate::job::{Assignment, InvokerStatus, JobResult};

/// What an invoker holds, and how much more it can take.
#[derive(Debug)]
pub(crate) struct Held {
    worker: WorkerId,
    epoch: u64,
    capacity: usize,
    jobs: BTreeMap<(JobId, Attempt), Stage>,
    queue: VecDeque<Assignment>,
    outbox: VecDeque<JobResult>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Queued,
    Executing,
    Finished,
}

impl Held {
    /// Nothing held; `epoch` must be above that of any earlier life of the same worker.
    pub(crate) fn new(worker: WorkerId, capacity: usize, epoch: u64) -> Self {
        Self {
            worker,
            epoch,
            capacity,
            jobs: BTreeMap::new(),
            queue: VecDeque::new(),
            outbox: VecDeque::new(),
        }
    }

    /// What every message to the scheduler carries; each status is newer than the one before.
    pub(crate) fn status(&mut self) -> InvokerStatus {
        self.epoch += 1;
        InvokerStatus {
            worker: self.worker,
            epoch: self.epoch,
            max_new_jobs: self.room(),
            active: self.jobs.keys().copied().collect(),
        }
    }

    /// How many more jobs can be accepted.
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.jobs.len())
    }

    /// How many jobs no executor has begun.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Holds a job from now on. The same attempt twice is one job: `false`.
    pub(crate) fn accept(&mut self, assignment: Assignment) -> bool {
        let key = assignment.key();
        if self.jobs.contains_key(&key) {
            return false;
        }
        self.jobs.insert(key, Stage::Queued);
        self.queue.push_back(assignment);
        true
    }

    /// The next job for a free executor.
    pub(crate) fn start_next(&mut self) -> Option<Assignment> {
        let assignment = self.queue.pop_front()?;
        self.advance(assignment.key(), Stage::Queued, Stage::Executing);
        Some(assignment)
    }

    /// Takes a job out of the queue that no executor has begun.
    pub(crate) fn withdraw(&mut self, job: JobId) -> Option<Assignment> {
        let at = self.queue.iter().position(|queued| queued.spec.id == job)?;
        let assignment = self.queue.remove(at)?;
        self.advance(assignment.key(), Stage::Queued, Stage::Executing);
        Some(assignment)
    }

    /// Keeps the result until it is acknowledged.
    pub(crate) fn finished(&mut self, result: JobResult) {
        self.advance(
            (result.job, result.attempt),
            Stage::Executing,
            Stage::Finished,
        );
        self.outbox.push_back(result);
    }

    /// The results that nobody has acknowledged yet, oldest first.
    pub(crate) fn outbox(&self) -> impl Iterator<Item = &JobResult> {
        self.outbox.iter()
    }

    /// Forgets a job whose result has arrived; again changes nothing.
    pub(crate) fn acknowledged(&mut self, key: (JobId, Attempt)) {
        if self.jobs.get(&key) == Some(&Stage::Finished) {
            self.jobs.remove(&key);
            self.outbox
                .retain(|result| (result.job, result.attempt) != key);
        }
    }

    /// Says whether nothing is held any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    fn advance(&mut self, key: (JobId, Attempt), from: Stage, to: Stage) {
        let was = self.jobs.insert(key, to);
        assert_eq!(was, Some(from), "{:?} cannot become {to:?}", key.0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fixtures;
    use crate::job::JobFault;

    fn assignment(job: u8) -> Assignment {
        Assignment {
            spec: Arc::new(fixtures::job(job)),
            attempt: Attempt(1),
        }
    }

    fn result(job: u8) -> JobResult {
        JobResult {
            job: JobId::from([job; 32]),
            attempt: Attempt(1),
            output: Err(JobFault {
                reason: "none".to_owned(),
                retry: false,
                of_the_jury: false,
            }),
        }
    }

    fn held(capacity: usize) -> Held {
        Held::new(WorkerId(1), capacity, 0)
    }

    #[test]
    fn every_status_is_newer_and_names_all_jobs() {
        let mut held = held(3);
        held.accept(assignment(1));
        held.accept(assignment(2));
        held.start_next().unwrap();
        let (first, second) = (held.status(), held.status());
        assert!(first.epoch < second.epoch);
        assert_eq!(second.active.len(), 2);
        assert_eq!(second.max_new_jobs, 1);
    }

    #[test]
    fn result_stays_held_until_acknowledged() {
        let mut held = held(1);
        held.accept(assignment(1));
        held.start_next().unwrap();
        held.finished(result(1));
        assert_eq!(held.room(), 0);
        assert_eq!(held.outbox().count(), 1);
        held.acknowledged((JobId::from([1; 32]), Attempt(1)));
        held.acknowledged((JobId::from([1; 32]), Attempt(1)));
        assert!(held.is_empty());
        assert_eq!(held.room(), 1);
    }

    #[test]
    fn job_that_finishes_at_once_leaves_nothing_behind() {
        let mut held = held(2);
        for job in 0..10 {
            assert!(held.accept(assignment(job)));
            assert!(!held.accept(assignment(job)));
            held.start_next().unwrap();
            held.finished(result(job));
            held.acknowledged((JobId::from([job; 32]), Attempt(1)));
        }
        assert!(held.is_empty());
        assert_eq!(held.room(), 2);
    }

    #[test]
    fn withdrawn_job_still_owes_a_result() {
        let mut held = held(2);
        held.accept(assignment(1));
        assert!(held.withdraw(JobId::from([1; 32])).is_some());
        assert!(held.start_next().is_none());
        held.finished(result(1));
        assert_eq!(held.outbox().count(), 1);
    }

    #[test]
    #[should_panic(expected = "cannot become Finished")]
    fn result_of_a_job_that_is_not_held_is_refused() {
        held(1).finished(result(1));
    }
}
