//! Who compares an output with its answer, and what it may say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::RunEnd;
use crate::language::LanguageId;
use crate::limits::{CompileLimits, RunLimits};
use crate::points::Points;
use crate::ratio::Ratio;
use crate::scoring::Value;
use crate::source::SourceFile;
use crate::verdict::Verdict;

mod default;
mod dialect;
mod flags;
mod interpret;
mod lines;
mod testlib;
mod tokens;
mod values;

pub use dialect::{CheckerFile, Dialect, Scores, UnknownDialect};
pub use flags::{DefaultFlags, FlagError};
pub use lines::LineRule;
pub use testlib::{NativeChecker, Outcome, Report, UnknownChecker};

/// Who compares an output with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Checker {
    /// The default validator of the ICPC and Kattis formats, here and not in a box: see [`DefaultFlags::compare`].
    Default(DefaultFlags),
    /// Tokens, and where they differ values: see [`Checker::compare`]. For functions whose results two languages print
    /// with other white space.
    Values,
    /// Lines, one by one, here and not in a box.
    Lines(LineRule),
    /// One of testlib's standard checkers, here and not in a box.
    Native(NativeChecker),
    /// A program of the package, run in its own box.
    Custom(CustomChecker),
}

/// A checker that a package brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomChecker {
    /// The language of its sources.
    pub language: LanguageId,
    /// Its files.
    pub files: Vec<SourceFile>,
    /// How it is called and how it answers.
    pub dialect: Dialect,
    /// Its arguments behind those of the dialect.
    pub args: Vec<String>,
    /// Whether it may give points, and by which rules.
    #[serde(default)]
    pub scores: Scores,
    /// What compiling it may use.
    pub compile_limits: CompileLimits,
    /// What one check may use.
    pub limits: RunLimits,
}

/// Where a checker finds what it compares, as paths in its box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckerPaths<'a> {
    /// The test's input.
    pub input: &'a str,
    /// The jury's answer.
    pub answer: &'a str,
    /// The contestant's output.
    pub output: &'a str,
    /// An empty directory that it may write to.
    pub feedback_dir: &'a str,
}

/// A custom checker's run, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckerRun {
    /// How it ended.
    pub end: RunEnd,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed on standard error.
    pub stderr: Vec<u8>,
    /// The files that it left in its feedback directory, by name.
    pub feedback: BTreeMap<String, Vec<u8>>,
}

/// What a checker says of an output.
///
/// The texts are the jury's: they may quote the answer, so no contestant sees them for a hidden test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckerAnswer {
    /// It is right.
    Accepted,
    /// It is wrong.
    Wrong {
        /// Where and why, empty if the checker does not say.
        message: String,
    },
    /// Its format is wrong.
    Presentation {
        /// Where and why, empty if the checker does not say.
        message: String,
    },
    /// There is none, and some was wanted.
    NoOutput,
    /// It is worth so many points.
    Points(Points),
    /// It is worth this share of what the test is worth, more than nothing and less than all.
    Share {
        /// The share.
        share: Ratio,
        /// Where and why, empty if the checker does not say.
        message: String,
    },
    /// It gets this verdict of those that a run may give, and this value, if any, as the checker itself says.
    Judged {
        /// The verdict.
        verdict: Verdict,
        /// What it is worth.
        value: Option<Value>,
        /// Where and why, empty if the checker does not say.
        message: String,
    },
    /// The checker failed; never the contestant's fault.
    Broken {
        /// What happened.
        reason: String,
    },
}

impl CheckerAnswer {
    /// What it says, if anything.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Wrong { message }
            | Self::Presentation { message }
            | Self::Share { message, .. }
            | Self::Judged { message, .. }
            | Self::Broken { reason: message } => {
                Some(message.as_str()).filter(|text| !text.is_empty())
            }
            Self::Accepted | Self::NoOutput | Self::Points(_) => None,
        }
    }
}

impl CustomChecker {
    /// What its run means.
    #[must_use]
    pub fn interpret(&self, run: &CheckerRun) -> CheckerAnswer {
        self.dialect.interpret(run, self.scores)
    }

    /// What its run says to the jury besides its answer, also of what it accepts; `None`: nothing.
    #[must_use]
    pub fn remark(&self, run: &CheckerRun) -> Option<String> {
        Some(self.dialect.remark(run)).filter(|text| !text.is_empty())
    }
}

impl Checker {
    /// The same checker with these arguments instead of its own. Those that take none stay as they are.
    ///
    /// # Errors
    /// A flag that the default validator does not have.
    pub fn with_args(&self, args: &[String]) -> Result<Self, FlagError> {
        Ok(match self {
            Self::Default(_) => Self::Default(DefaultFlags::parse(args)?),
            Self::Custom(custom) => Self::Custom(CustomChecker {
                args: args.to_vec(),
                ..custom.clone()
            }),
            Self::Values | Self::Lines(_) | Self::Native(_) => self.clone(),
        })
    }

    /// Compares here, streaming and in bounded memory; `None`: a custom checker, which needs a box.
    ///
    /// `Values` accepts what is equal token by token, case included; else both sides are read as JSON values (with the
    /// words `True`, `False` and `None` and single quotes allowed), and numbers are equal by value.
    pub fn compare(
        &self,
        output: impl std::io::Read,
        answer: impl std::io::Read,
    ) -> Option<CheckerAnswer> {
        match self {
            Self::Default(flags) => Some(flags.compare(output, answer)),
            Self::Values => Some(values::compare(output, answer)),
            Self::Lines(rule) => Some(rule.compare(output, answer)),
            Self::Native(checker) => Some(checker.compare(output, answer)),
            Self::Custom(_) => None,
        }
    }
}

impl Default for Checker {
    /// The default validator without flags.
    fn default() -> Self {
        Self::Default(DefaultFlags::default())
    }
}
