//! Whether a run that was made under some limits tells what it would have come to under others.

use crate::decide::{RunEnd, RunFacts};
use crate::limits::RunLimits;

/// Says whether [`verdict_of_run`](crate::verdict_of_run) of these facts holds under the limits `now`, though the run
/// was made `under` others. Where it does not the run has to be made again: a limit that may have ended it was raised, or
/// two of the lowered ones were passed and nobody knows which would have come first.
#[must_use]
pub fn answers(facts: &RunFacts, under: &RunLimits, now: &RunLimits) -> bool {
    if under == now {
        return !matches!(facts.end, RunEnd::Cancelled);
    }
    let fixed = |limits: &RunLimits| {
        let RunLimits {
            floods_on,
            file_size,
            processes,
            stack,
            ..
        } = *limits;
        (floods_on, file_size, processes, stack)
    };
    if fixed(under) != fixed(now) || matches!(facts.end, RunEnd::Cancelled | RunEnd::IdleLimit) {
        return false;
    }
    let raised = now.time > under.time
        || now.wall > under.wall
        || now.memory > under.memory
        || now.output > under.output;
    if raised && facts.end != RunEnd::Exited(0) {
        return false;
    }
    // How much of its time it waited for a core is not written down.
    if now.wall < under.wall && facts.wall > now.wall && facts.end != RunEnd::WallLimit {
        return false;
    }
    let reasons = [
        facts.end == RunEnd::CpuLimit || facts.cpu > now.time,
        facts.end == RunEnd::WallLimit,
        facts.end == RunEnd::MemoryLimit || facts.memory > now.memory,
        facts.end == RunEnd::OutputLimit || facts.output_total > now.output,
    ];
    reasons.iter().filter(|passed| **passed).count() <= 1
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::decide::verdict_of_run;
    use crate::verdict::Verdict;

    const MS: Duration = Duration::from_millis(1);

    fn limits(time_ms: u32, memory: u64) -> RunLimits {
        RunLimits {
            memory,
            ..RunLimits::default().with_time(time_ms * MS)
        }
    }

    fn facts(end: RunEnd, cpu_ms: u32, memory: u64) -> RunFacts {
        RunFacts {
            end,
            cpu: cpu_ms * MS,
            wall: cpu_ms * MS,
            memory,
            output_total: 1,
        }
    }

    /// The verdict of a run under 1000 ms and 1000 bytes, under other limits; `"again"`: it is not known.
    fn check(end: RunEnd, cpu_ms: u32, memory: u64, now: RunLimits, wanted: &str) {
        let facts = facts(end, cpu_ms, memory);
        let found = if answers(&facts, &limits(1000, 1000), &now) {
            verdict_of_run(&facts, &now).map_or("checked".to_owned(), |v: Verdict| v.to_string())
        } else {
            "again".to_owned()
        };
        assert_eq!(found, wanted, "{facts:?} under {now:?}");
    }

    #[test]
    fn a_lower_limit_is_answered_by_what_was_measured() {
        use RunEnd::*;
        check(Exited(0), 400, 500, limits(500, 1000), "checked");
        check(Exited(0), 600, 500, limits(500, 1000), "TLE");
        check(Exited(0), 400, 500, limits(1000, 400), "MLE");
        check(Signaled(11), 600, 500, limits(500, 1000), "TLE");
        check(Exited(1), 400, 500, limits(500, 600), "RTE");
        check(CpuLimit, 1000, 500, limits(500, 1000), "TLE");
        check(MemoryLimit, 100, 1000, limits(500, 900), "MLE");
        check(Exited(0), 400, 500, limits(1000, 1000), "checked");
    }

    #[test]
    fn what_nobody_can_know_is_run_again() {
        use RunEnd::*;
        check(Exited(0), 400, 500, limits(2000, 2000), "checked");
        check(CpuLimit, 1000, 500, limits(2000, 1000), "again");
        check(MemoryLimit, 100, 1000, limits(1000, 2000), "again");
        check(Signaled(11), 100, 500, limits(1000, 2000), "again");
        check(MemoryLimit, 600, 1000, limits(500, 1000), "again");
        check(CpuLimit, 1000, 500, limits(1000, 400), "again");
        check(IdleLimit, 1, 1, limits(900, 1000), "again");
        check(WallLimit, 1, 500, limits(900, 1000), "WTL");
        check(Cancelled, 1, 1, limits(1000, 1000), "again");
        let other = RunLimits {
            processes: 1,
            ..limits(1000, 1000)
        };
        check(Exited(0), 1, 1, other, "again");
    }
}
