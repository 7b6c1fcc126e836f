//! Jobs that an invoker has failed: each is kept for another one, for a while; where nobody else is there, it rests.

use std::time::{Duration, Instant};

use crate::ids::WorkerId;

/// How often a job may fail before its failure is told.
pub(super) const ATTEMPTS_MAX: usize = 3;

/// How long a failed job is kept for an invoker that has not failed it.
pub(super) const ELSEWHERE: Duration = Duration::from_secs(2);

/// How long a job that everybody has failed rests before its second and before its third attempt: a disk may be emptied
/// meanwhile, a database unlocked.
pub(super) const REST: [Duration; ATTEMPTS_MAX - 1] =
    [Duration::from_millis(100), Duration::from_secs(1)];

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
    /// When any invoker will do, though there are others.
    until: Instant,
    /// When any will do, if there are no others.
    rested: Instant,
}

impl Retry {
    /// When any of these invokers will do.
    fn due(&self, alive: &[WorkerId]) -> Instant {
        if alive.iter().all(|worker| self.failed_on.contains(worker)) {
            self.rested
        } else {
            self.until
        }
    }
}

impl Elsewhere {
    /// The job of this asking has failed on these invokers, once for each, and may be tried again.
    pub(super) fn push(&mut self, number: u64, failed_on: Vec<WorkerId>, now: Instant) {
        let rest = REST[failed_on.len() - 1];
        self.retries.push(Retry {
            number,
            failed_on,
            until: now + ELSEWHERE,
            rested: now + rest,
        });
    }

    /// Takes the first job that this invoker has not failed.
    pub(super) fn take_for(&mut self, worker: WorkerId) -> Option<u64> {
        let wanted = |retry: &Retry| !retry.failed_on.contains(&worker);
        let at = self.retries.iter().position(wanted)?;
        Some(self.retries.remove(at).number)
    }

    /// Takes the first job that need not, or cannot, be kept any longer: its time is over, or every one of these
    /// invokers has failed it and it has rested.
    pub(super) fn take_due(&mut self, now: Instant, alive: &[WorkerId]) -> Option<u64> {
        let due = |retry: &Retry| retry.due(alive) <= now;
        let at = self.retries.iter().position(due)?;
        Some(self.retries.remove(at).number)
    }

    /// When [`take_due`](Self::take_due) will next have something to take.
    pub(super) fn poll_timeout(&self, alive: &[WorkerId]) -> Option<Instant> {
        self.retries.iter().map(|retry| retry.due(alive)).min()
    }

    /// Forgets the jobs of all askings but those that `wanted` names.
    pub(super) fn keep(&mut self, wanted: impl Fn(u64) -> bool) {
        self.retries.retain(|retry| wanted(retry.number));
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
    const BOTH: [WorkerId; 2] = [ONE, TWO];

    #[test]
    fn a_failed_job_is_kept_for_another_invoker() {
        let (mut elsewhere, now) = (Elsewhere::default(), Instant::now());
        elsewhere.push(7, vec![ONE], now);
        assert_eq!(elsewhere.take_for(ONE), None);
        assert_eq!(elsewhere.take_due(now + REST[0], &BOTH), None);
        assert_eq!(elsewhere.poll_timeout(&BOTH), Some(now + ELSEWHERE));
        assert_eq!(elsewhere.take_for(TWO), Some(7));
        assert_eq!(elsewhere.len(), 0);
    }

    #[test]
    fn it_is_kept_no_longer_than_it_is_of_use() {
        let (mut elsewhere, now) = (Elsewhere::default(), Instant::now());
        elsewhere.push(7, vec![ONE], now);
        elsewhere.push(8, vec![ONE, TWO], now);
        let rested = now + REST[1];
        assert_eq!(
            elsewhere.take_due(rested, &BOTH),
            Some(8),
            "nobody else is there"
        );
        assert_eq!(elsewhere.take_due(now + ELSEWHERE, &BOTH), Some(7));
        elsewhere.push(9, vec![ONE], now);
        assert_eq!(
            elsewhere.take_due(now + REST[0], &[]),
            Some(9),
            "the queue keeps it until somebody comes"
        );
    }

    #[test]
    fn where_nobody_else_is_there_it_rests_longer_each_time() {
        let (mut elsewhere, now) = (Elsewhere::default(), Instant::now());
        for failures in 1..ATTEMPTS_MAX {
            elsewhere.push(7, vec![ONE; failures], now);
            let rested = now + REST[failures - 1];
            assert_eq!(elsewhere.poll_timeout(&[ONE]), Some(rested));
            let just_before = rested - Duration::from_nanos(1);
            assert_eq!(elsewhere.take_due(just_before, &[ONE]), None);
            assert_eq!(elsewhere.take_due(rested, &[ONE]), Some(7));
        }
    }
}
