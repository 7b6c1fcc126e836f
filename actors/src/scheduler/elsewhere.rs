//! Jobs that an invoker has failed: each is kept for another one, for a while.

use std::time::{Duration, Instant};

use crate::ids::WorkerId;

/// How often a job may fail before its failure is told.
pub(super) const ATTEMPTS_MAX: usize = 3;

/// How long a failed job is kept for an invoker that has not failed it.
pub(super) const ELSEWHERE: Duration = Duration::from_secs(2);

/// The failed jobs that wait for another invoker, by the number of the asking; the first come first.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    retries: Vec<Retry>,
}

/// A job that is tried again.
#[derive(Debug)]
struct Retry {
    number: u64,
    failed_on: Vec<WorkerId>,
    /// When any invoker will do.
    until: Instant,
}

impl Elsewhere {
    /// The job of this asking has failed on these invokers.
    pub(super) fn push(&mut self, number: u64, failed_on: Vec<WorkerId>, now: Instant) {
        self.retries.push(Retry {
            number,
            failed_on,
            until: now + ELSEWHERE,
        });
    }

    /// Takes the first job that this invoker has not failed.
    pub(super) fn take_for(&mut self, worker: WorkerId) -> Option<u64> {
        let wanted = |retry: &Retry| !retry.failed_on.contains(&worker);
        let at = self.retries.iter().position(wanted)?;
        Some(self.retries.remove(at).number)
    }

    /// Takes the first job that need not, or cannot, be kept any longer: its time is over, or every one of these
    /// invokers has failed it.
    pub(super) fn take_due(&mut self, now: Instant, alive: &[WorkerId]) -> Option<u64> {
        let hopeless = |retry: &Retry| alive.iter().all(|worker| retry.failed_on.contains(worker));
        let due = |retry: &Retry| retry.until <= now || hopeless(retry);
        let at = self.retries.iter().position(due)?;
        Some(self.retries.remove(at).number)
    }

    /// When [`take_due`](Self::take_due) will next have something to take.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.retries.iter().map(|retry| retry.until).min()
    }

    /// How many are kept.
    pub(super) fn len(&self) -> usize {
        self.retries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: WorkerId = WorkerId(1);
    const TWO: WorkerId = WorkerId(2);

    #[test]
    fn a_failed_job_is_kept_for_another_invoker() {
        let (mut elsewhere, now) = (Elsewhere::default(), Instant::now());
        elsewhere.push(7, vec![ONE], now);
        assert_eq!(elsewhere.take_for(ONE), None);
        assert_eq!(elsewhere.take_due(now, &[ONE, TWO]), None);
        assert_eq!(elsewhere.poll_timeout(), Some(now + ELSEWHERE));
        assert_eq!(elsewhere.take_for(TWO), Some(7));
        assert_eq!(elsewhere.len(), 0);
    }

    #[test]
    fn it_is_kept_no_longer_than_it_is_of_use() {
        let (mut elsewhere, now) = (Elsewhere::default(), Instant::now());
        elsewhere.push(7, vec![ONE], now);
        elsewhere.push(8, vec![ONE, TWO], now);
        assert_eq!(
            elsewhere.take_due(now, &[ONE, TWO]),
            Some(8),
            "nobody else is there"
        );
        assert_eq!(elsewhere.take_due(now + ELSEWHERE, &[ONE, TWO]), Some(7));
        elsewhere.push(9, vec![ONE], now);
        assert_eq!(
            elsewhere.take_due(now, &[]),
            Some(9),
            "the queue keeps it until somebody comes"
        );
    }
}
