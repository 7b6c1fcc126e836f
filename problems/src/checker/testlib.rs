//! testlib's standard checkers, native: verdict and message are those of testlib 0.9.45, byte by byte.
//!
//! Streams of any size are compared in bounded memory. Two things are not testlib's: a stream of more than 128 MiB is
//! judged like any other and not refused as a whole, and the answer's file is called `answer` in messages.

use std::fmt;
use std::io::Read;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::CheckerAnswer;

mod cases;
mod double;
mod floats;
mod integers;
mod report;
mod stream;
mod text;
mod unordered;
mod words;
mod yes_no;

pub use report::{Outcome, Report};
use report::{Stop, quit};
use stream::{Side, Stream};

/// A standard checker of testlib, by its file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NativeChecker {
    /// Lines, exactly.
    Fcmp,
    /// Lines, each as a sequence of tokens.
    Lcmp,
    /// Tokens.
    Wcmp,
    /// One integer of any size.
    Hcmp,
    /// One integer of 32 bits.
    Icmp,
    /// Integers of 64 bits in their order.
    Ncmp,
    /// Integers of 64 bits in any order.
    Uncmp,
    /// One number, 1e-6 absolute or relative.
    Dcmp,
    /// One number, 1.5e-6 absolute.
    Acmp,
    /// One number, 1.5e-6 absolute.
    Rcmp,
    /// Numbers, 1e-4 absolute or relative.
    Rcmp4,
    /// Numbers, 1e-6 absolute or relative.
    Rcmp6,
    /// Numbers, 1e-9 absolute or relative.
    Rcmp9,
    /// Numbers, 1.5e-5 absolute.
    Rncmp,
    /// One yes or no, in any case.
    Yesno,
    /// Many of them.
    Nyesno,
    /// `Case 1: INTEGER`.
    Caseicmp,
    /// `Case 1: INTEGER...`.
    Casencmp,
    /// `Case 1: TOKEN...`.
    Casewcmp,
}

/// The two files that a checker reads.
struct Streams<'a> {
    output: Stream<'a>,
    answer: Stream<'a>,
}

impl NativeChecker {
    /// Every one of them.
    pub const ALL: [Self; 19] = [
        Self::Fcmp,
        Self::Lcmp,
        Self::Wcmp,
        Self::Hcmp,
        Self::Icmp,
        Self::Ncmp,
        Self::Uncmp,
        Self::Dcmp,
        Self::Acmp,
        Self::Rcmp,
        Self::Rcmp4,
        Self::Rcmp6,
        Self::Rcmp9,
        Self::Rncmp,
        Self::Yesno,
        Self::Nyesno,
        Self::Caseicmp,
        Self::Casencmp,
        Self::Casewcmp,
    ];

    /// Its name, without an ending.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fcmp => "fcmp",
            Self::Lcmp => "lcmp",
            Self::Wcmp => "wcmp",
            Self::Hcmp => "hcmp",
            Self::Icmp => "icmp",
            Self::Ncmp => "ncmp",
            Self::Uncmp => "uncmp",
            Self::Dcmp => "dcmp",
            Self::Acmp => "acmp",
            Self::Rcmp => "rcmp",
            Self::Rcmp4 => "rcmp4",
            Self::Rcmp6 => "rcmp6",
            Self::Rcmp9 => "rcmp9",
            Self::Rncmp => "rncmp",
            Self::Yesno => "yesno",
            Self::Nyesno => "nyesno",
            Self::Caseicmp => "caseicmp",
            Self::Casencmp => "casencmp",
            Self::Casewcmp => "casewcmp",
        }
    }

    /// Compares an output with the jury's answer. A broken answer and a stream that cannot be read are the judge's fault.
    #[must_use]
    pub fn compare(self, output: impl Read, answer: impl Read) -> CheckerAnswer {
        match self.report(output, answer) {
            Ok(report) => report.answer(),
            Err(error) => CheckerAnswer::Broken {
                reason: format!("the output or its answer cannot be read: {error}"),
            },
        }
    }

    /// What the checker says, its message on accepted outputs included.
    ///
    /// # Errors
    /// A stream that cannot be read.
    pub fn report(
        self,
        mut output: impl Read,
        mut answer: impl Read,
    ) -> Result<Report, std::io::Error> {
        let mut streams = Streams {
            output: Stream::new(&mut output, Side::Output)?,
            answer: Stream::new(&mut answer, Side::Answer)?,
        };
        let said = match self.run(&mut streams) {
            Ok(report) | Err(Stop::Quit(report)) => report,
            Err(Stop::Unreadable(error)) => return Err(error),
        };
        if said.outcome == Outcome::Ok && !streams.output.seek_end()? {
            let extra = "Extra information in the output file";
            return Ok(quit(Outcome::Presentation, extra));
        }
        Ok(said)
    }

    fn run(self, streams: &mut Streams<'_>) -> Result<Report, Stop> {
        match self {
            Self::Fcmp => words::lines(streams, false),
            Self::Lcmp => words::lines(streams, true),
            Self::Wcmp => words::words(streams),
            Self::Hcmp => integers::huge(streams),
            Self::Icmp => integers::one(streams),
            Self::Ncmp => integers::sequence(streams),
            Self::Uncmp => unordered::multiset(streams),
            Self::Dcmp => floats::one(streams, 1e-6, true),
            Self::Acmp | Self::Rcmp => floats::one(streams, 1.5e-6, false),
            Self::Rcmp4 => floats::sequence(streams, 1e-4, 5),
            Self::Rcmp6 => floats::sequence(streams, 1e-6, 7),
            Self::Rcmp9 => floats::sequence(streams, 1e-9, 10),
            Self::Rncmp => floats::absolute(streams, 1.5e-5),
            Self::Yesno => yes_no::one(streams),
            Self::Nyesno => yes_no::many(streams),
            Self::Caseicmp => cases::integer(streams),
            Self::Casencmp => cases::integers(streams),
            Self::Casewcmp => cases::words(streams),
        }
    }
}

impl fmt::Display for NativeChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of testlib's standard checkers'.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no standard checker of testlib")]
pub struct UnknownChecker(pub String);

impl FromStr for NativeChecker {
    type Err = UnknownChecker;

    /// The name, also as Polygon writes it: `std::wcmp.cpp`.
    fn from_str(name: &str) -> Result<Self, UnknownChecker> {
        let bare = name.strip_prefix("std::").unwrap_or(name);
        let bare = bare.strip_suffix(".cpp").unwrap_or(bare);
        let found = Self::ALL.into_iter().find(|one| one.name() == bare);
        found.ok_or_else(|| UnknownChecker(name.to_owned()))
    }
}

#[cfg(test)]
mod tests;
