//! The one table that turns how a run ended, and what the checker said, into a verdict
//! (verdicts-and-checkers 4.6).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::checker::CheckerAnswer;
use crate::limits::RunLimits;
use crate::verdict::Verdict;

/// How a run ended and what it used, as the sandbox measured it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Why it is over.
    pub end: RunEnd,
    /// User plus system time of all its processes.
    pub cpu: Duration,
    /// From the program's start to its end.
    pub wall: Duration,
    /// Peak bytes of memory.
    pub memory: u64,
    /// Bytes written to standard output and standard error together.
    pub output_total: u64,
}

/// Why a run is over; the sandbox's endings by the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunEnd {
    /// The program exited with this status.
    Exited(i32),
    /// This signal ended the program, and no limit was the reason.
    Signaled(i32),
    /// More CPU time was used than allowed.
    CpuLimit,
    /// It took longer than allowed.
    WallLimit,
    /// Nothing used the CPU for longer than allowed.
    IdleLimit,
    /// The kernel killed a process for want of memory.
    MemoryLimit,
    /// A stream or a file grew larger than allowed.
    OutputLimit,
    /// The system call filter killed a process.
    SecurityViolation,
    /// The judge stopped it.
    Cancelled,
}

/// The verdict where the run alone decides; `None` if it ended well and the checker has to be asked.
///
/// The order of the questions is that of 4.6: memory, CPU, wall and idleness, output, signal, exit status.
/// A limit that was passed without being the reason of the end (a degraded host) counts as well; but not that of the wall
/// time, since a program may have had to wait for a core: only the sandbox knows.
#[must_use]
pub fn verdict_of_run(facts: &RunFacts, limits: &RunLimits) -> Option<Verdict> {
    match facts.end {
        RunEnd::Cancelled => Some(Verdict::SK),
        RunEnd::MemoryLimit => Some(Verdict::MLE),
        _ if facts.memory > limits.memory => Some(Verdict::MLE),
        RunEnd::CpuLimit => Some(Verdict::TLE),
        _ if facts.cpu > limits.time => Some(Verdict::TLE),
        RunEnd::IdleLimit => Some(Verdict::ILE),
        RunEnd::WallLimit => Some(Verdict::WTL),
        RunEnd::OutputLimit => Some(Verdict::OLE),
        _ if facts.output_total > limits.output => Some(Verdict::OLE),
        RunEnd::SecurityViolation => Some(Verdict::SV),
        RunEnd::Signaled(_) => Some(Verdict::RTE),
        RunEnd::Exited(0) => None,
        RunEnd::Exited(_) => Some(Verdict::RTE),
    }
}

/// The verdict of a test: the run's own where it decides, else the checker's.
/// A run that ended well and whose output nobody checked is `AC`.
#[must_use]
pub fn verdict(facts: &RunFacts, limits: &RunLimits, answer: Option<&CheckerAnswer>) -> Verdict {
    verdict_of_run(facts, limits).unwrap_or_else(|| answer.map_or(Verdict::AC, verdict_of_answer))
}

/// The verdict that a checker's answer means.
#[must_use]
pub fn verdict_of_answer(answer: &CheckerAnswer) -> Verdict {
    match answer {
        CheckerAnswer::Accepted => Verdict::AC,
        CheckerAnswer::Wrong { .. } => Verdict::WA,
        CheckerAnswer::Presentation { .. } => Verdict::PE,
        CheckerAnswer::NoOutput => Verdict::NO,
        CheckerAnswer::Points(_) | CheckerAnswer::Share { .. } => Verdict::PT,
        CheckerAnswer::Judged { verdict, .. } => *verdict,
        CheckerAnswer::Broken { .. } => Verdict::JE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::Points;

    const MS: Duration = Duration::from_millis(1);

    fn limits() -> RunLimits {
        RunLimits {
            time: 1000 * MS,
            wall: 3000 * MS,
            memory: 1000,
            output: 100,
            ..RunLimits::default()
        }
    }

    fn facts(end: RunEnd) -> RunFacts {
        RunFacts {
            end,
            cpu: 10 * MS,
            wall: 20 * MS,
            memory: 500,
            output_total: 5,
        }
    }

    #[test]
    fn the_ending_decides_before_any_checker() {
        use RunEnd::*;
        let table = [
            (Exited(0), None),
            (Exited(1), Some(Verdict::RTE)),
            (Exited(-1), Some(Verdict::RTE)),
            (Signaled(11), Some(Verdict::RTE)),
            (Signaled(9), Some(Verdict::RTE)),
            (CpuLimit, Some(Verdict::TLE)),
            (WallLimit, Some(Verdict::WTL)),
            (IdleLimit, Some(Verdict::ILE)),
            (MemoryLimit, Some(Verdict::MLE)),
            (OutputLimit, Some(Verdict::OLE)),
            (SecurityViolation, Some(Verdict::SV)),
            (Cancelled, Some(Verdict::SK)),
        ];
        for (end, wanted) in table {
            assert_eq!(verdict_of_run(&facts(end), &limits()), wanted, "{end:?}");
            if let Some(wanted) = wanted {
                let accepted = CheckerAnswer::Accepted;
                assert_eq!(
                    verdict(&facts(end), &limits(), Some(&accepted)),
                    wanted,
                    "{end:?}"
                );
            }
        }
    }

    #[test]
    fn a_limit_passed_decides_whatever_the_ending_says() {
        let well = facts(RunEnd::Exited(0));
        let crash = facts(RunEnd::Signaled(11));
        let table = [
            (
                RunFacts {
                    memory: 1000,
                    ..well.clone()
                },
                None,
            ),
            (
                RunFacts {
                    memory: 1001,
                    ..well.clone()
                },
                Some(Verdict::MLE),
            ),
            (
                RunFacts {
                    memory: 1001,
                    ..crash.clone()
                },
                Some(Verdict::MLE),
            ),
            (
                RunFacts {
                    memory: 1001,
                    cpu: 1001 * MS,
                    ..crash.clone()
                },
                Some(Verdict::MLE),
            ),
            (
                RunFacts {
                    cpu: 1000 * MS,
                    ..well.clone()
                },
                None,
            ),
            (
                RunFacts {
                    cpu: 1001 * MS,
                    ..well.clone()
                },
                Some(Verdict::TLE),
            ),
            (
                RunFacts {
                    cpu: 1001 * MS,
                    ..crash.clone()
                },
                Some(Verdict::TLE),
            ),
            (
                RunFacts {
                    cpu: 1001 * MS,
                    wall: 3001 * MS,
                    ..well.clone()
                },
                Some(Verdict::TLE),
            ),
            (
                RunFacts {
                    wall: 3001 * MS,
                    ..well.clone()
                },
                None,
            ),
            (
                RunFacts {
                    wall: 3001 * MS,
                    output_total: 101,
                    ..well.clone()
                },
                Some(Verdict::OLE),
            ),
            (
                RunFacts {
                    output_total: 100,
                    ..well.clone()
                },
                None,
            ),
            (
                RunFacts {
                    output_total: 101,
                    ..well.clone()
                },
                Some(Verdict::OLE),
            ),
            (
                RunFacts {
                    output_total: 101,
                    ..crash.clone()
                },
                Some(Verdict::OLE),
            ),
            (
                RunFacts {
                    cpu: 1001 * MS,
                    ..facts(RunEnd::WallLimit)
                },
                Some(Verdict::TLE),
            ),
            (
                RunFacts {
                    wall: 3001 * MS,
                    output_total: 101,
                    ..facts(RunEnd::WallLimit)
                },
                Some(Verdict::WTL),
            ),
        ];
        for (facts, wanted) in table {
            assert_eq!(verdict_of_run(&facts, &limits()), wanted, "{facts:?}");
        }
    }

    #[test]
    fn the_checker_decides_what_ended_well() {
        let text = String::new;
        let table = [
            (CheckerAnswer::Accepted, Verdict::AC),
            (CheckerAnswer::Wrong { message: text() }, Verdict::WA),
            (CheckerAnswer::Presentation { message: text() }, Verdict::PE),
            (CheckerAnswer::NoOutput, Verdict::NO),
            (CheckerAnswer::Points(Points::from(3)), Verdict::PT),
            (CheckerAnswer::Broken { reason: text() }, Verdict::JE),
        ];
        for (answer, wanted) in table {
            assert_eq!(
                verdict(&facts(RunEnd::Exited(0)), &limits(), Some(&answer)),
                wanted,
                "{answer:?}"
            );
        }
        assert_eq!(
            verdict(&facts(RunEnd::Exited(0)), &limits(), None),
            Verdict::AC
        );
    }
}
