//! Problem packages: a directory with a problem's limits, tests, checker and jury submissions, read and checked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::checker::Checker;
use crate::language::{LanguageId, Languages};
use crate::limits::{CompileLimits, RunLimits};
use crate::source::SourceFile;
use crate::verdict::Verdict;

mod error;

pub use error::PackageError;

/// A problem package, read and checked. Tests stay on disk; nothing of it has been run.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// The directory's name, by which requests name the problem.
    pub short_name: String,
    /// Its name for people, in English if there is one.
    pub name: String,
    /// The format that it is written in.
    pub format: Format,
    /// The directory.
    pub path: PathBuf,
    /// What one run of a submission may use.
    pub limits: RunLimits,
    /// What compiling a submission may use.
    pub compile_limits: CompileLimits,
    /// Bytes of source that a submission may have.
    pub source_bytes_max: u64,
    /// The languages that submissions may be written in; `None`: all.
    pub languages: Option<Vec<LanguageId>>,
    /// The tests in judging order, samples first.
    pub tests: Vec<TestCase>,
    /// Who compares outputs with answers.
    pub checker: Checker,
    /// The jury's own submissions, in the order of their paths.
    pub submissions: Vec<JurySubmission>,
    /// The statements, in the order of their languages.
    pub statements: Vec<Statement>,
}

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
}

/// A submission of the jury, whose verdict is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JurySubmission {
    /// Its path under `submissions/`.
    pub path: String,
    /// Its files.
    pub files: Vec<SourceFile>,
    /// Its language.
    pub language: LanguageId,
    /// The verdicts that it may get as a whole (simplified to `AC WA TLE RTE`).
    pub expected: Vec<Verdict>,
    /// The verdicts that its tests may have (simplified).
    pub permitted: Vec<Verdict>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The code of its language.
    pub language: String,
    /// The file; its ending says what it is: `md`, `tex` or `pdf`.
    pub path: PathBuf,
}

impl Package {
    /// Reads and checks a package directory; its format is found by what is in it.
    ///
    /// # Errors
    /// The first fault, with its file and, where it has one, its line; what is not supported yet is one too.
    pub fn open(path: &Path) -> Result<Self, PackageError> {
        Self::open_with(path, &Languages::built_in())
    }

    /// The same with other languages than the built-in ones.
    ///
    /// # Errors
    /// As [`Package::open`].
    pub fn open_with(path: &Path, _languages: &Languages) -> Result<Self, PackageError> {
        Err(PackageError::NoPackage {
            path: path.to_owned(),
        })
    }

    /// The submission for a verdict that a test or a whole got; says whether the jury expected it.
    #[must_use]
    pub fn is_expected(submission: &JurySubmission, verdict: Verdict) -> bool {
        verdict
            .simplified()
            .is_some_and(|simple| submission.expected.contains(&simple))
    }
}
