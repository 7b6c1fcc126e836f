//! What a package consists of, whatever its format.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::expectation::Rule;
use crate::checker::Dialect;
use crate::checktestdata::Script;
use crate::language::LanguageId;
use crate::limits::{CompileLimits, RunLimits};
use crate::source::SourceFile;
use crate::verdict::Verdict;

/// A package's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// The ICPC subset of Kattis' old format.
    #[serde(rename = "legacy-icpc")]
    LegacyIcpc,
    /// Kattis' old format.
    #[serde(rename = "legacy")]
    Legacy,
    /// The problem package format of September 2025, and its drafts `2023-07`.
    #[serde(rename = "2025-09")]
    V2025,
    /// Polygon's `problem.xml`.
    #[serde(rename = "polygon")]
    Polygon,
    /// Inputs and answers in a directory, told apart by their names.
    #[serde(rename = "plain")]
    Plain,
}

/// How submissions to a problem are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProblemKind {
    /// Whether points count.
    pub scored: bool,
    /// Whether the checker runs beside the submission and talks with it.
    pub interactive: bool,
    /// Whether the checker may ask for further passes, and how many passes there may be.
    pub passes_max: Option<u32>,
    /// Whether a submission is no program but the outputs themselves.
    pub submit_answer: bool,
}

/// Where a problem's time limit comes from. Factors have no unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// The limit that the package names; `None`: it follows from the jury's submissions on this host.
    pub given: Option<Duration>,
    /// How many times as long as the slowest accepted submission the limit is, at least.
    pub accepted_to_limit: f64,
    /// How many times as long as the limit a submission takes that is to be too slow, at least.
    pub limit_to_too_slow: f64,
    /// What the limit is a multiple of.
    pub resolution: Duration,
}

/// One test of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    /// Its path under `data/` without its ending: `secret/01-small`.
    pub name: String,
    /// What the program reads.
    pub input: PathBuf,
    /// The jury's answer.
    pub answer: PathBuf,
    /// Whether contestants may see it.
    pub sample: bool,
    /// The directory it is in, under `data/`.
    pub group: String,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Files that the program finds in its working directory.
    pub files: Vec<PlacedFile>,
    /// All arguments of the checker.
    pub checker_args: Vec<String>,
    /// What a run may use, where that is not the problem's.
    pub limits: Option<RunLimits>,
    /// Whether the static validator looks at the submission's files, and nothing is run; there is no input then.
    pub static_validation: bool,
}

/// A file of the package that lies in a program's working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFile {
    /// Its name there.
    pub name: String,
    /// Where it is on this host.
    pub path: PathBuf,
}

/// A program of the package that is no submission.
#[derive(Debug, Clone, PartialEq)]
pub struct JuryProgram {
    /// The name that the package gives it.
    pub name: String,
    /// The language of its sources.
    pub language: LanguageId,
    /// Its files.
    pub files: Vec<SourceFile>,
    /// How it says yes and no.
    pub dialect: Dialect,
    /// What compiling it may use.
    pub compile_limits: CompileLimits,
    /// What one run may use.
    pub limits: RunLimits,
}

/// Who looks at a package's inputs.
#[derive(Debug, Clone, PartialEq)]
pub enum InputValidator {
    /// A program, which is run in a box.
    Program(JuryProgram),
    /// A script in checktestdata, which the judge itself runs.
    Checktestdata {
        /// The name that the package gives it.
        name: String,
        /// The script.
        script: Arc<Script>,
    },
}

/// Files that are compiled with each submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// For which language; `None`: for those that have no files of their own.
    pub language: Option<LanguageId>,
    /// The files; they take the place of submitted ones.
    pub files: Vec<SourceFile>,
}

/// A test of the package's own programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelfTest {
    /// An input that every input validator has to accept, or one that some of them has to reject.
    Input {
        /// What it is, for people.
        name: String,
        /// The input.
        input: PathBuf,
        /// Files beside it.
        files: Vec<PlacedFile>,
        /// Each validator's arguments, in their order.
        args: Vec<Vec<String>>,
        /// Whether it is valid.
        valid: bool,
    },
    /// An output that the checker has to accept, or to reject.
    Output {
        /// What it is, for people.
        name: String,
        /// The input.
        input: PathBuf,
        /// The jury's answer.
        answer: PathBuf,
        /// The output.
        output: PathBuf,
        /// All arguments of the checker.
        args: Vec<String>,
        /// The verdicts that it may get (simplified).
        expected: Vec<Verdict>,
    },
}

/// A submission of the jury, whose verdict is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JurySubmission {
    /// Its path under `submissions/`.
    pub path: String,
    /// Its files, the one to start with first where the package names it.
    pub files: Vec<SourceFile>,
    /// Its language.
    pub language: LanguageId,
    /// The verdicts that it may get as a whole (simplified to `AC WA TLE RTE`, or `CE`).
    pub expected: Vec<Verdict>,
    /// What its tests' verdicts and its score have to be.
    pub rules: Vec<Rule>,
}

/// A submission of the jury that cannot be judged here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnjudgedSubmission {
    /// Its path under `submissions/`.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The code of its language.
    pub language: String,
    /// The file; its ending says what it is: `md`, `tex` or `pdf`.
    pub path: PathBuf,
}

impl InputValidator {
    /// The name that the package gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Program(program) => &program.name,
            Self::Checktestdata { name, .. } => name,
        }
    }

    /// The program that is to be run in a box; `None`: there is none to be run.
    #[must_use]
    pub fn program(&self) -> Option<&JuryProgram> {
        match self {
            Self::Program(program) => Some(program),
            Self::Checktestdata { .. } => None,
        }
    }
}

impl ProblemKind {
    /// The language that every submission has, whatever its files are called; `None`: they say it.
    #[must_use]
    pub fn language(self) -> Option<LanguageId> {
        self.submit_answer.then(|| LanguageId::new("answer"))
    }
}

impl Default for Timing {
    /// Without a limit; the factors are those of 2025-09.
    fn default() -> Self {
        Self {
            given: None,
            accepted_to_limit: 2.0,
            limit_to_too_slow: 1.5,
            resolution: Duration::from_secs(1),
        }
    }
}

impl TestCase {
    /// A hidden test without anything special.
    #[must_use]
    pub fn new(name: &str, input: PathBuf, answer: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            input,
            answer,
            sample: false,
            group: String::new(),
            args: Vec::new(),
            files: Vec::new(),
            checker_args: Vec::new(),
            limits: None,
            static_validation: false,
        }
    }
}

impl Timing {
    /// The least limit that leaves a submission that took so long its margin.
    #[must_use]
    pub fn limit_for(&self, slowest: Duration) -> Duration {
        let resolution = self.resolution.as_secs_f64();
        let wanted = slowest.as_secs_f64() * self.accepted_to_limit;
        // A millisecond of rounding is no reason for a further step.
        let steps = (wanted / resolution - 1e-9).ceil().max(1.0);
        Duration::from_secs_f64((steps * resolution * 1e6).round() / 1e6)
    }

    /// How long a submission takes at least that is too slow beyond doubt under this limit.
    #[must_use]
    pub fn too_slow_from(&self, limit: Duration) -> Duration {
        limit.mul_f64(self.limit_to_too_slow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inferred_limit_is_the_least_multiple_that_leaves_a_margin() {
        let timing = |factor, resolution| Timing {
            given: None,
            accepted_to_limit: factor,
            limit_to_too_slow: 1.5,
            resolution: Duration::from_secs_f64(resolution),
        };
        for (factor, resolution, slowest, wanted) in [
            (2.0, 1.0, 0, 1000),
            (2.0, 1.0, 500, 1000),
            (2.0, 1.0, 501, 2000),
            (5.0, 1.0, 300, 2000),
            (2.0, 0.1, 120, 300),
            (2.0, 0.25, 125, 250),
        ] {
            let limit = timing(factor, resolution).limit_for(Duration::from_millis(slowest));
            assert_eq!(limit, Duration::from_millis(wanted), "{slowest}");
        }
        let limit = Duration::from_secs(2);
        assert_eq!(
            timing(2.0, 1.0).too_slow_from(limit),
            Duration::from_secs(3)
        );
    }
}
