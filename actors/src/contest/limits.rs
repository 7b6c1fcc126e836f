//! How much each team has submitted, and how much it still may. Nothing here reads a clock.

use std::collections::{BTreeMap, VecDeque};

use tribunal_problems::{SubmissionLimits, TeamId};

use super::ContestRefusal;

const MINUTE_MS: i64 = 60_000;

/// What each team has submitted.
#[derive(Debug, Default)]
pub(super) struct Submitted {
    /// Submissions that count, by team and column.
    of_problem: BTreeMap<(TeamId, usize), u32>,
    /// When each was made, for as long as it matters to `per_minute`; wall times.
    recent: BTreeMap<TeamId, VecDeque<i64>>,
}

impl Submitted {
    /// Says whether the team may submit now, and why not.
    pub(super) fn check(
        &mut self,
        limits: &SubmissionLimits,
        (team, problem): (TeamId, usize),
        now_ms: i64,
    ) -> Result<(), ContestRefusal> {
        let already = self.of_problem.get(&(team, problem)).copied().unwrap_or(0);
        if let Some(max) = limits.per_problem.filter(|max| already >= *max) {
            return Err(ContestRefusal::TooMany { max });
        }
        let Some(max) = limits.per_minute else {
            return Ok(());
        };
        let recent = self.recent_of(team, now_ms);
        if recent.len() < usize::try_from(max).unwrap_or(usize::MAX) {
            return Ok(());
        }
        let oldest = recent.front().copied().unwrap_or(now_ms);
        let left_ms = (oldest + MINUTE_MS - now_ms).clamp(1, MINUTE_MS);
        let seconds = u32::try_from(left_ms.unsigned_abs().div_ceil(1000)).unwrap_or(60);
        Err(ContestRefusal::TooFast { max, seconds })
    }

    /// Counts a submission; one that does not count for the contest still takes its time.
    pub(super) fn add(&mut self, (team, problem): (TeamId, usize), counts: bool, at_ms: i64) {
        if counts {
            *self.of_problem.entry((team, problem)).or_default() += 1;
        }
        self.recent_of(team, at_ms).push_back(at_ms);
    }

    fn recent_of(&mut self, team: TeamId, now_ms: i64) -> &mut VecDeque<i64> {
        let recent = self.recent.entry(team).or_default();
        while recent.front().is_some_and(|at| now_ms - at >= MINUTE_MS) {
            recent.pop_front();
        }
        recent
    }

    /// Takes back what was counted for a submission that was not stored after all.
    pub(super) fn take_back(&mut self, (team, problem): (TeamId, usize), counts: bool, at_ms: i64) {
        if counts && let Some(count) = self.of_problem.get_mut(&(team, problem)) {
            *count = count.saturating_sub(1);
        }
        if let Some(recent) = self.recent.get_mut(&team)
            && let Some(place) = recent.iter().rposition(|at| *at == at_ms)
        {
            recent.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: SubmissionLimits = SubmissionLimits {
        per_problem: Some(3),
        per_minute: Some(2),
    };
    const CELL: (TeamId, usize) = (TeamId(1), 0);

    #[test]
    fn no_more_than_so_many_in_a_minute_and_the_refusal_says_when() {
        let mut submitted = Submitted::default();
        for at_ms in [0, 20_000] {
            assert_eq!(submitted.check(&LIMITS, CELL, at_ms), Ok(()));
            submitted.add(CELL, true, at_ms);
        }
        let refusal = |seconds| Err(ContestRefusal::TooFast { max: 2, seconds });
        assert_eq!(
            submitted.check(&LIMITS, (TeamId(1), 1), 30_000),
            refusal(30)
        );
        assert_eq!(submitted.check(&LIMITS, CELL, 59_999), refusal(1));
        assert_eq!(submitted.check(&LIMITS, CELL, 60_000), Ok(()));
        assert_eq!(submitted.check(&LIMITS, (TeamId(2), 0), 30_000), Ok(()));
    }

    #[test]
    fn no_more_than_so_many_for_a_problem_whatever_time_passes() {
        let mut submitted = Submitted::default();
        for minute in 0..3 {
            submitted.add(CELL, true, minute * MINUTE_MS);
        }
        let late = 100 * MINUTE_MS;
        let refusal = Err(ContestRefusal::TooMany { max: 3 });
        assert_eq!(submitted.check(&LIMITS, CELL, late), refusal);
        assert_eq!(submitted.check(&LIMITS, (TeamId(1), 1), late), Ok(()));
    }

    #[test]
    fn what_was_not_stored_does_not_count() {
        let mut submitted = Submitted::default();
        for at_ms in [0, 1, 2] {
            submitted.add(CELL, true, at_ms);
        }
        submitted.take_back(CELL, true, 1);
        submitted.take_back(CELL, true, 2);
        assert_eq!(submitted.check(&LIMITS, CELL, 3), Ok(()));
    }

    #[test]
    fn practice_takes_time_but_does_not_count() {
        let mut submitted = Submitted::default();
        for at_ms in 0..5 {
            submitted.add(CELL, false, at_ms);
        }
        let refusal = ContestRefusal::TooFast {
            max: 2,
            seconds: 60,
        };
        assert_eq!(submitted.check(&LIMITS, CELL, 5), Err(refusal));
        assert_eq!(submitted.check(&LIMITS, CELL, MINUTE_MS + 5), Ok(()));
    }
}
