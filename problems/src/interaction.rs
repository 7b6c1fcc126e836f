//! The verdict of an interactive test: who ended first decides (verdicts-and-checkers 4.6).

use serde::{Deserialize, Serialize};

use crate::checker::CheckerAnswer;
use crate::decide::{RunFacts, verdict_of_answer, verdict_of_run};
use crate::limits::RunLimits;
use crate::verdict::Verdict;

/// Who takes part in a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    /// The submission.
    Program,
    /// The jury's program.
    Interactor,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Program => Self::Interactor,
            Self::Interactor => Self::Program,
        }
    }
}

/// The verdict of a talk. `facts` are the submission's, its wall time without the time in which it waited for the interactor.
///
/// 1. An interactor that failed is the judge's error. 2. An interactor that ended first and did not accept has decided. 3. What the
///    submission's own run says: its limits, a crash. 4. What the interactor says.
#[must_use]
pub fn verdict_of_talk(
    facts: &RunFacts,
    limits: &RunLimits,
    answer: &CheckerAnswer,
    first: Side,
) -> Verdict {
    let said = verdict_of_answer(answer);
    let decided = match answer {
        CheckerAnswer::Broken { .. } => Some(said),
        CheckerAnswer::Accepted | CheckerAnswer::Points(_) | CheckerAnswer::Share { .. } => None,
        CheckerAnswer::Judged {
            verdict: Verdict::AC | Verdict::PT,
            ..
        } => None,
        CheckerAnswer::Judged { .. }
        | CheckerAnswer::Wrong { .. }
        | CheckerAnswer::Presentation { .. }
        | CheckerAnswer::NoOutput => (first == Side::Interactor).then_some(said),
    };
    decided
        .or_else(|| verdict_of_run(facts, limits))
        .unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::decide::RunEnd;

    #[test]
    fn who_ended_first_decides() {
        use RunEnd::{CpuLimit, Exited, IdleLimit, MemoryLimit, OutputLimit, Signaled, WallLimit};
        use Side::{Interactor, Program};
        use Verdict::{AC, ILE, JE, MLE, OLE, PE, RTE, TLE, WA, WTL};
        let message = String::new;
        let accepted = CheckerAnswer::Accepted;
        let wrong = CheckerAnswer::Wrong { message: message() };
        let format = CheckerAnswer::Presentation { message: message() };
        let broken = CheckerAnswer::Broken { reason: message() };
        let judged = |verdict| CheckerAnswer::Judged {
            verdict,
            value: None,
            message: message(),
        };
        let (partly, judged_slow) = (judged(Verdict::PT), judged(TLE));
        let table = [
            (Exited(0), &accepted, Program, AC),
            (Exited(0), &accepted, Interactor, AC),
            (Exited(0), &wrong, Program, WA),
            (Exited(0), &wrong, Interactor, WA),
            (Exited(0), &format, Program, PE),
            // The interactor has rejected: what the submission does after that, or is ended for, does not count.
            (Exited(1), &wrong, Interactor, WA),
            (Signaled(9), &wrong, Interactor, WA),
            (CpuLimit, &wrong, Interactor, WA),
            (RunEnd::Cancelled, &wrong, Interactor, WA),
            (RunEnd::Cancelled, &format, Interactor, PE),
            // The submission failed, and the interactor could only reject what was there.
            (Exited(1), &wrong, Program, RTE),
            (Signaled(11), &wrong, Program, RTE),
            (CpuLimit, &wrong, Program, TLE),
            (WallLimit, &wrong, Program, WTL),
            (IdleLimit, &wrong, Program, ILE),
            (MemoryLimit, &wrong, Program, MLE),
            (OutputLimit, &wrong, Program, OLE),
            (Exited(0), &judged_slow, Program, TLE),
            (Exited(1), &judged_slow, Interactor, TLE),
            // Accepting is not enough: the submission must end well, too.
            (Exited(0), &partly, Interactor, Verdict::PT),
            (Exited(1), &partly, Interactor, RTE),
            (Exited(1), &accepted, Interactor, RTE),
            (CpuLimit, &accepted, Interactor, TLE),
            (IdleLimit, &accepted, Interactor, ILE),
            (Exited(1), &accepted, Program, RTE),
            // Whatever the submission did, a broken interactor is the judge's.
            (Exited(0), &broken, Program, JE),
            (Exited(1), &broken, Program, JE),
            (CpuLimit, &broken, Program, JE),
            (Exited(0), &broken, Interactor, JE),
            (RunEnd::Cancelled, &broken, Interactor, JE),
        ];
        let limits = RunLimits::default();
        for (end, answer, first, wanted) in table {
            let facts = RunFacts {
                end,
                cpu: Duration::from_millis(10),
                wall: Duration::from_millis(20),
                memory: 1 << 20,
                output_total: 10,
            };
            let found = verdict_of_talk(&facts, &limits, answer, first);
            assert_eq!(found, wanted, "{end:?} {answer:?} {first:?} first");
        }
    }
}
