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
    /// Files in the working directory in the place of standard input and output.
    #[serde(skip_serializing_if = "FileNames::are_none")]
    pub files: FileNames,
}

/// The names of the files that a program reads and writes; `None`: it is the standard stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileNames {
    /// What it reads. Standard input is empty then.
    pub input: Option<String>,
    /// What it writes. What it writes to standard output is not looked at then.
    pub output: Option<String>,
}

impl FileNames {
    const LENGTH_MAX: usize = 100;

    /// Whether both are the standard streams.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a name can be that of such a file: one of the working directory, and visible.
    #[must_use]
    pub fn allows(name: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=Self::LENGTH_MAX).contains(&name.len())
            && name.bytes().all(plain)
            && !name.starts_with(['.', '-'])
    }
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
    /// Whether it manages processes of the submission by pipes of their own, and gives the answer itself; `None`: it talks with one
    /// through its standard streams.
    #[serde(default)]
    pub communication: Option<Communication>,
}

/// How a manager and the processes of one submission meet (verdicts-and-checkers 4.5): a pipe from each process and one to it. The
/// manager reads the test's input from standard input, prints the share that the submission is worth and has the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Communication {
    /// How many processes there are, each in a box of its own.
    pub processes: u32,
    /// What a process is told.
    pub user_io: UserIo,
}

/// What a process of a submission is told of its pipes and of its place among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserIo {
    /// The pipes are its standard streams, and its argument is its index; each may use the time limit (Hydro).
    Hydro,
    /// The pipes are its standard streams; if there are several processes, its argument is its index. Together they may use the time
    /// limit (CMS).
    StdIo,
    /// Its arguments are the names of the pipe from the manager and of the one to it, then its index as above (CMS).
    FifoIo,
}

impl Communication {
    /// More processes than this are refused.
    pub const PROCESSES_MAX: u32 = 32;

    /// The arguments of one process, counted from 0, behind those of the test.
    #[must_use]
    pub fn arguments(&self, index: u32) -> Vec<String> {
        let pipes: &[&str] = match self.user_io {
            UserIo::Hydro | UserIo::StdIo => &[],
            UserIo::FifoIo => &["/proc/self/fd/0", "/proc/self/fd/1"],
        };
        let is_told = self.user_io == UserIo::Hydro || self.processes > 1;
        let pipes = pipes.iter().map(|name| (*name).to_owned());
        pipes.chain(is_told.then(|| index.to_string())).collect()
    }

    /// The manager's arguments: of each process the name of the pipe from it and of the one to it.
    #[must_use]
    pub fn manager_arguments(&self) -> Vec<String> {
        let name = |fd: u32| format!("/proc/self/fd/{fd}");
        (3..3 + 2 * self.processes).map(name).collect()
    }

    /// Whether the time limit holds for all processes together.
    #[must_use]
    pub fn shares_time(&self) -> bool {
        self.user_io != UserIo::Hydro
    }
}

impl Default for Procedure {
    /// One run, then the checker.
    fn default() -> Self {
        Self {
            meeting: Meeting::Batch,
            passes_max: 1,
            files: FileNames::default(),
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
                Meeting::Interactive(Interactor {
                    program: own,
                    communication: package.communication,
                })
            } else {
                Meeting::Batch
            },
            passes_max: package.kind.passes_max.unwrap_or(1),
            files: package.file_names.clone(),
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
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_convention_tells_a_process_what_it_expects() {
        use UserIo::{FifoIo, Hydro, StdIo};
        let table: [(u32, UserIo, &[&str]); 6] = [
            (1, Hydro, &["0"]),
            (2, Hydro, &["1"]),
            (1, StdIo, &[]),
            (2, StdIo, &["1"]),
            (1, FifoIo, &["/proc/self/fd/0", "/proc/self/fd/1"]),
            (2, FifoIo, &["/proc/self/fd/0", "/proc/self/fd/1", "1"]),
        ];
        for (processes, user_io, wanted) in table {
            let communication = Communication { processes, user_io };
            let found = communication.arguments(processes - 1);
            assert_eq!(found, wanted, "{communication:?}");
        }
        let two = Communication {
            processes: 2,
            user_io: StdIo,
        };
        let names = [3, 4, 5, 6].map(|fd| format!("/proc/self/fd/{fd}"));
        assert_eq!(two.manager_arguments(), names);
    }

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
