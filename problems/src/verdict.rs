//! What a contestant is told: the fine set of verdicts that everything inside speaks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The judge's word on one test or on a whole submission (verdicts-and-checkers 4.1).
/// Edges translate it into the words of their ecosystem; inside nothing is coarser than this.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
pub enum Verdict {
    /// Accepted.
    AC,
    /// Partially accepted: some points, not all.
    PT,
    /// Wrong output.
    WA,
    /// The output's format is wrong.
    PE,
    /// No output where some was wanted.
    NO,
    /// More output than allowed.
    OLE,
    /// More CPU time than allowed.
    TLE,
    /// More wall time than allowed.
    WTL,
    /// Blocked, without any use of the CPU.
    ILE,
    /// More memory than allowed.
    MLE,
    /// Ended by a signal or with an exit status other than 0.
    RTE,
    /// A forbidden system call.
    SV,
    /// The source does not compile.
    CE,
    /// Compiling took more than allowed.
    CTL,
    /// The judge's own failure; never the contestant's.
    JE,
    /// Not run, since it could no longer matter.
    SK,
}

impl Verdict {
    /// Every verdict, in the order of their declaration.
    pub const ALL: [Self; 16] = [
        Self::AC,
        Self::PT,
        Self::WA,
        Self::PE,
        Self::NO,
        Self::OLE,
        Self::TLE,
        Self::WTL,
        Self::ILE,
        Self::MLE,
        Self::RTE,
        Self::SV,
        Self::CE,
        Self::CTL,
        Self::JE,
        Self::SK,
    ];

    /// Says whether this is the one verdict that everybody hopes for.
    #[must_use]
    pub fn is_accepted(self) -> bool {
        self == Self::AC
    }

    /// Says whether a test's run can end so. `CE` and `CTL` belong to compiling.
    #[must_use]
    pub fn is_of_a_test(self) -> bool {
        !matches!(self, Self::CE | Self::CTL)
    }

    /// The short word, as it stands in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AC => "AC",
            Self::PT => "PT",
            Self::WA => "WA",
            Self::PE => "PE",
            Self::NO => "NO",
            Self::OLE => "OLE",
            Self::TLE => "TLE",
            Self::WTL => "WTL",
            Self::ILE => "ILE",
            Self::MLE => "MLE",
            Self::RTE => "RTE",
            Self::SV => "SV",
            Self::CE => "CE",
            Self::CTL => "CTL",
            Self::JE => "JE",
            Self::SK => "SK",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn long_name(self) -> &'static str {
        match self {
            Self::AC => "Accepted",
            Self::PT => "Partially Accepted",
            Self::WA => "Wrong Answer",
            Self::PE => "Presentation Error",
            Self::NO => "No Output",
            Self::OLE => "Output Limit Exceeded",
            Self::TLE => "Time Limit Exceeded",
            Self::WTL => "Wall Time Limit Exceeded",
            Self::ILE => "Idleness Limit Exceeded",
            Self::MLE => "Memory Limit Exceeded",
            Self::RTE => "Run-Time Error",
            Self::SV => "Security Violation",
            Self::CE => "Compile Error",
            Self::CTL => "Compile Limit Exceeded",
            Self::JE => "Judging Error",
            Self::SK => "Skipped",
        }
    }

    /// The one of the four verdicts of package expectations (`AC WA TLE RTE`) that this one counts as there
    /// (the CLICS simplification of 4.2); `None` for what no submission can be expected to get.
    #[must_use]
    pub fn simplified(self) -> Option<Self> {
        match self {
            Self::AC | Self::PT => Some(Self::AC),
            Self::WA | Self::PE | Self::NO | Self::OLE => Some(Self::WA),
            Self::TLE | Self::WTL | Self::ILE => Some(Self::TLE),
            Self::MLE | Self::RTE | Self::SV => Some(Self::RTE),
            Self::CE | Self::CTL => Some(Self::CE),
            Self::JE | Self::SK => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that is no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown verdict {0:?}")]
pub struct UnknownVerdict(pub String);

impl FromStr for Verdict {
    type Err = UnknownVerdict;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.word() == word)
            .ok_or_else(|| UnknownVerdict(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_json_and_parser_agree() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.word().parse(), Ok(verdict));
            assert_eq!(
                serde_json::to_string(&verdict).unwrap(),
                format!("\"{verdict}\"")
            );
            assert!(!verdict.long_name().is_empty());
        }
        assert!("OK".parse::<Verdict>().is_err());
    }
}
