//! What has been judged since the start: how often which verdict, and how long it took.
//!
//! Every time is an argument; nothing here reads a clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use tribunal_problems::{LanguageId, Verdict};

use crate::ids::SubmissionId;

/// The times of how many judgements are remembered one by one.
const RECENT: usize = 1_000;

/// How often, and how long in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// How often.
    pub count: u64,
    /// How long in all.
    pub total: Duration,
}

/// How long judging took, from acceptance to the verdict on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgingTimes {
    /// All since the start.
    pub all: Waits,
    recent: VecDeque<Duration>,
}

/// What has been judged.
#[derive(Debug, Default)]
pub(super) struct Tally {
    accepted: BTreeMap<SubmissionId, Instant>,
    verdicts: BTreeMap<(LanguageId, Verdict), u64>,
    waits: Waits,
    times: JudgingTimes,
}

impl Waits {
    /// Adds one.
    pub(crate) fn add(&mut self, waited: Duration) {
        self.count += 1;
        self.total += waited;
    }
}

impl JudgingTimes {
    fn add(&mut self, took: Duration) {
        self.all.add(took);
        self.recent.push_back(took);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    /// Of the last judgements, the time that this share of them (0 to 1) did not exceed; `None` before the first.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let mut sorted: Vec<Duration> = self.recent.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

impl Tally {
    /// A submission waits for its judging.
    pub(super) fn accepted(&mut self, id: SubmissionId, now: Instant) {
        self.accepted.insert(id, now);
    }

    /// Its judging begins.
    pub(super) fn begun(&mut self, id: SubmissionId, now: Instant) {
        if let Some(&accepted) = self.accepted.get(&id) {
            self.waits.add(now.saturating_duration_since(accepted));
        }
    }

    /// It has a verdict; how long that took.
    pub(super) fn judged(
        &mut self,
        id: SubmissionId,
        language: &LanguageId,
        verdict: Verdict,
        now: Instant,
    ) -> Duration {
        let accepted = self.accepted.get(&id);
        let took = accepted.map_or(Duration::ZERO, |&at| now.saturating_duration_since(at));
        self.times.add(took);
        self.count(language, verdict);
        took
    }

    /// A verdict of whatever was judged.
    pub(super) fn count(&mut self, language: &LanguageId, verdict: Verdict) {
        *self
            .verdicts
            .entry((language.clone(), verdict))
            .or_default() += 1;
    }

    /// Nobody works on it any more.
    pub(super) fn over(&mut self, id: SubmissionId) {
        self.accepted.remove(&id);
    }

    /// How often each verdict was given in each language.
    pub(super) fn verdicts(&self) -> &BTreeMap<(LanguageId, Verdict), u64> {
        &self.verdicts
    }

    /// How long submissions waited before their judging began.
    pub(super) fn waits(&self) -> Waits {
        self.waits
    }

    /// How long judging took.
    pub(super) fn times(&self) -> &JudgingTimes {
        &self.times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_quantile_is_the_least_time_that_so_many_did_not_exceed() {
        let mut times = JudgingTimes::default();
        assert_eq!(times.quantile(0.5), None);
        (1..=10).for_each(|n| times.add(seconds(n)));
        assert_eq!(times.quantile(0.5), Some(seconds(5)));
        assert_eq!(times.quantile(0.9), Some(seconds(9)));
        assert_eq!(times.quantile(0.99), Some(seconds(10)));
        assert_eq!(times.quantile(0.0), Some(seconds(1)));
    }

    #[test]
    fn only_the_last_judgements_are_remembered_one_by_one() {
        let mut times = JudgingTimes::default();
        (0..RECENT).for_each(|_| times.add(seconds(100)));
        (0..RECENT).for_each(|_| times.add(seconds(1)));
        assert_eq!(times.quantile(1.0), Some(seconds(1)));
        assert_eq!(times.all.count, 2 * RECENT as u64);
        assert_eq!(times.all.total, seconds(101) * RECENT as u32);
    }

    #[test]
    fn a_wait_ends_with_the_beginning_and_judging_with_the_verdict() {
        let begin = Instant::now();
        let mut tally = Tally::default();
        let (id, c) = (SubmissionId(1), LanguageId::new("c"));
        tally.accepted(id, begin);
        tally.begun(id, begin + seconds(2));
        let took = tally.judged(id, &c, Verdict::AC, begin + seconds(5));
        tally.over(id);
        assert_eq!(took, seconds(5));
        let waits = Waits {
            count: 1,
            total: seconds(2),
        };
        assert_eq!(tally.waits(), waits);
        assert_eq!(tally.times().all.total, seconds(5));
        assert_eq!(tally.verdicts()[&(c, Verdict::AC)], 1);
        assert!(tally.accepted.is_empty());
    }
}
