//! How a submission meets a test: alone, in talk with a program of the jury, or in several passes.

use serde::{Deserialize, Serialize};

use crate::checker::{CheckerRun, CustomChecker};
use crate::decide::RunEnd;
use crate::package::Package;

/// The feedback file that is the input of another pass.
pub const NEXT_PASS: &str = "nextpass.in";
const ACCEPTED: i32 = 42;

/// How a submission meets a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Procedure {
    /// Who reads what the program writes.
    pub meeting: Meeting,
    /// How often the program is run on a test at most: again as long as the checker accepts and leaves a `nextpass.in`.
    pub passes_max: u32,
}

/// Who reads what the program writes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Meeting {
    /// Nobody until it has ended; then the checker.
    #[default]
    Batch,
    /// A program of the jury, which answers: the program's output is its input and the other way round.
    Interactive(Interactor),
}

/// The jury's program in an interactive problem.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Interactor {
    /// The program, called by its dialect's convention for interactors. After it has accepted, the plan's checker judges what it
    /// wrote. `None`: the plan's checker is the interactor as well, and its answer is all (Kattis).
    pub program: Option<Box<CustomChecker>>,
}

impl Default for Procedure {
    /// One run, then the checker.
    fn default() -> Self {
        Self {
            meeting: Meeting::Batch,
            passes_max: 1,
        }
    }
}

impl Procedure {
    /// The input of the pass behind this one, which its checker's run asks for (verdicts-and-checkers 4.6); `None`: there is none,
    /// and the run is to be interpreted. Passes count from 1.
    ///
    /// # Errors
    /// Why the checker is broken: it asked for more passes than there are, or for one of an output that it did not accept.
    pub fn next_pass(&self, pass: u32, run: &mut CheckerRun) -> Result<Option<Vec<u8>>, String> {
        if self.passes_max < 2 {
            return Ok(None);
        }
        let Some(input) = run.feedback.remove(NEXT_PASS) else {
            return Ok(None);
        };
        if run.end != RunEnd::Exited(ACCEPTED) {
            return Err("it asked for a further pass without accepting this one".to_owned());
        }
        if pass >= self.passes_max {
            return Err(format!("it asked for more than {} passes", self.passes_max));
        }
        Ok(Some(input))
    }

    /// That of a package's problem. Without an interactor of its own, its checker is the interactor as well.
    #[must_use]
    pub fn of(package: &Package) -> Self {
        let own = package.interactor.clone().map(Box::new);
        Self {
            meeting: if package.kind.interactive {
                Meeting::Interactive(Interactor { program: own })
            } else {
                Meeting::Batch
            },
            passes_max: package.kind.passes_max.unwrap_or(1),
        }
    }

    /// Says whether the program is run once and by itself, so that another run of it would do the same.
    #[must_use]
    pub fn is_one_run(&self) -> bool {
        self.meeting == Meeting::Batch && self.passes_max < 2
    }

    /// A talk with the plan's checker.
    #[must_use]
    pub fn interactive() -> Self {
        Self {
            meeting: Meeting::Interactive(Interactor::default()),
            passes_max: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn another_pass_is_asked_for_by_accepting_and_a_file() {
        let run = |status: i32, files: &[&str]| CheckerRun {
            end: RunEnd::Exited(status),
            stdout: Vec::new(),
            stderr: Vec::new(),
            feedback: files
                .iter()
                .map(|name| ((*name).to_owned(), b"7".to_vec()))
                .collect::<BTreeMap<_, _>>(),
        };
        let three = Procedure {
            passes_max: 3,
            ..Procedure::default()
        };
        let next = Ok(Some(b"7".to_vec()));
        let ask: &[&str] = &[NEXT_PASS, "judgemessage.txt"];
        for (procedure, pass, run, wanted) in [
            (&three, 1, run(42, ask), next.clone()),
            (&three, 2, run(42, ask), next),
            (&three, 2, run(42, &["judgemessage.txt"]), Ok(None)),
            (&three, 2, run(43, &[]), Ok(None)),
            (&three, 1, run(0, &[]), Ok(None)),
            (
                &three,
                3,
                run(42, ask),
                Err("it asked for more than 3 passes".to_owned()),
            ),
            (
                &three,
                1,
                run(43, ask),
                Err("it asked for a further pass without accepting this one".to_owned()),
            ),
            // The dialect's own interpretation refuses it.
            (&Procedure::default(), 1, run(42, ask), Ok(None)),
        ] {
            let mut run = run;
            assert_eq!(procedure.next_pass(pass, &mut run), wanted, "{run:?}");
            assert!(procedure.passes_max < 2 || !run.feedback.contains_key(NEXT_PASS));
        }
    }
}
