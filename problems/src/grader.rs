//! The program of a package that says what the results in a group come to (`graders/` of Kattis' old format).
//!
//! It is called with the group's flags, reads a line `VERDICT score` for each result in the group, prints one such line and
//! exits with 0. Whatever else it does is the judge's error.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::decide::RunEnd;
use crate::language::LanguageId;
use crate::limits::{CompileLimits, RunLimits};
use crate::ratio::Ratio;
use crate::source::SourceFile;
use crate::verdict::Verdict;

/// The verdicts that a grader reads and prints; what else there is inside becomes one of them.
const CODES: [Verdict; 6] = [
    Verdict::AC,
    Verdict::WA,
    Verdict::TLE,
    Verdict::RTE,
    Verdict::MLE,
    Verdict::OLE,
];

/// How much of what a broken grader printed the jury is shown, in characters.
const SHOWN_MAX: usize = 200;

/// A grader that a package brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grader {
    /// The language of its sources.
    pub language: LanguageId,
    /// Its files.
    pub files: Vec<SourceFile>,
    /// What compiling it may use.
    pub compile_limits: CompileLimits,
    /// What one run may use.
    pub limits: RunLimits,
}

/// What a group, or a part of it, comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// `AC`, or the failure that is its verdict.
    pub verdict: Verdict,
    /// Its score.
    pub score: Ratio,
}

/// A grader's run, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraderRun {
    /// How it ended.
    pub end: RunEnd,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed on standard error.
    pub stderr: Vec<u8>,
}

impl Grade {
    /// A result as a grader may read it: a test that has any of its points is accepted, and each failure is one of those
    /// that a grader knows.
    #[must_use]
    pub fn new(verdict: Verdict, score: Ratio) -> Self {
        let verdict = match verdict {
            Verdict::PT => Verdict::AC,
            Verdict::WTL | Verdict::ILE => Verdict::TLE,
            Verdict::SV => Verdict::RTE,
            Verdict::PE | Verdict::NO => Verdict::WA,
            known => known,
        };
        Self { verdict, score }
    }

    /// Says whether a grader has accepted.
    pub(crate) fn accepts(said: &Result<Self, String>) -> bool {
        matches!(said, Ok(grade) if grade.verdict == Verdict::AC)
    }

    /// What a grader reads of these results. Scores are decimals of up to six places.
    #[must_use]
    pub fn lines(results: &[Self]) -> String {
        let mut lines = String::new();
        for Self { verdict, score } in results {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{verdict} {}", score.points());
        }
        lines
    }
}

impl GraderRun {
    /// What it says.
    ///
    /// # Errors
    /// Why the grader is broken, for the jury.
    pub fn grade(&self) -> Result<Grade, String> {
        let fault = match self.end {
            RunEnd::Exited(0) => match parse(&self.stdout) {
                Ok(grade) => return Ok(grade),
                Err(fault) => fault,
            },
            RunEnd::Exited(status) => format!("it exited with {status} instead of 0"),
            end => format!("it was ended: {end:?}"),
        };
        let said = shown(&self.stderr);
        Err(match said.is_empty() {
            true => format!("the grader is broken: {fault}"),
            false => {
                format!("the grader is broken: {fault}; it printed {said:?} on standard error")
            }
        })
    }
}

/// One line `VERDICT score`; white space may follow.
fn parse(stdout: &[u8]) -> Result<Grade, String> {
    let wrong = || {
        let said = shown(stdout);
        format!("it printed {said:?}, and not one line with a verdict and a score")
    };
    let text = std::str::from_utf8(stdout).map_err(|_| wrong())?;
    let line = text.trim_ascii_end();
    if line.contains('\n') || line.starts_with(|first: char| first.is_whitespace()) {
        return Err(wrong());
    }
    let mut words = line.split_ascii_whitespace();
    let (Some(code), Some(score), None) = (words.next(), words.next(), words.next()) else {
        return Err(wrong());
    };
    let digits = score.strip_prefix('-').unwrap_or(score);
    let is_decimal = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let score: Ratio = match score.parse() {
        Ok(score) if is_decimal => score,
        _ => return Err(wrong()),
    };
    if code == Verdict::JE.word() {
        return Err("it says itself that this cannot be judged (JE)".to_owned());
    }
    match CODES.into_iter().find(|verdict| verdict.word() == code) {
        Some(verdict) => Ok(Grade { verdict, score }),
        None => Err(wrong()),
    }
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim().chars().take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(end: RunEnd, stdout: &str) -> GraderRun {
        GraderRun {
            end,
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
        }
    }

    #[test]
    fn one_line_and_status_0_is_an_answer_and_nothing_else_is() {
        let exited = RunEnd::Exited(0);
        for (stdout, verdict, score) in [
            ("AC 12.5\n", Verdict::AC, "12.5"),
            ("WA 0", Verdict::WA, "0"),
            ("TLE\t-3 \n\n", Verdict::TLE, "-3"),
            ("RTE .5\r\n", Verdict::RTE, "0.5"),
            ("MLE 7.", Verdict::MLE, "7"),
            (
                "OLE 33.333333333333336\n",
                Verdict::OLE,
                "33.333333333333336",
            ),
        ] {
            let score = score.parse().unwrap();
            let wanted = Ok(Grade { verdict, score });
            assert_eq!(run(exited, stdout).grade(), wanted, "{stdout:?}");
        }
        for stdout in [
            "",
            "\n",
            "AC",
            "AC\n5\n",
            "AC 5\nAC 5\n",
            " AC 5",
            "\nAC 5",
            "AC 5 5",
            "ac 5",
            "PT 5",
            "PE 0",
            "SK 0",
            "AC 1e3",
            "AC 1/2",
            "AC +5",
            "AC nan",
            "AC inf",
            "AC .",
            "AC 1.2.3",
            "5 AC",
            "JE 0",
        ] {
            assert!(run(exited, stdout).grade().is_err(), "{stdout:?}");
        }
        for end in [
            RunEnd::Exited(1),
            RunEnd::Exited(42),
            RunEnd::Signaled(11),
            RunEnd::CpuLimit,
            RunEnd::OutputLimit,
        ] {
            assert!(run(end, "AC 5\n").grade().is_err(), "{end:?}");
        }
        let not_text = GraderRun {
            stdout: b"AC 5\xff".to_vec(),
            ..run(exited, "")
        };
        assert!(not_text.grade().is_err());
    }

    #[test]
    fn the_jury_is_told_what_it_printed() {
        let failed = GraderRun {
            stderr: b"ZeroDivisionError: division by zero\n".to_vec(),
            ..run(RunEnd::Exited(1), "")
        };
        insta::assert_snapshot!(failed.grade().unwrap_err(), @r#"the grader is broken: it exited with 1 instead of 0; it printed "ZeroDivisionError: division by zero" on standard error"#);
        insta::assert_snapshot!(run(RunEnd::Exited(0), "five\npoints").grade().unwrap_err(), @r#"the grader is broken: it printed "five\npoints", and not one line with a verdict and a score"#);
        insta::assert_snapshot!(run(RunEnd::CpuLimit, "").grade().unwrap_err(), @"the grader is broken: it was ended: CpuLimit");
        insta::assert_snapshot!(run(RunEnd::Exited(0), "JE 0\n").grade().unwrap_err(), @"the grader is broken: it says itself that this cannot be judged (JE)");
    }

    #[test]
    fn it_reads_verdicts_that_it_knows_and_decimals() {
        let grade = |verdict, score: &str| Grade::new(verdict, score.parse().unwrap());
        let results = [
            grade(Verdict::AC, "1"),
            grade(Verdict::PT, "0.25"),
            grade(Verdict::PE, "0"),
            grade(Verdict::WTL, "-1"),
            grade(Verdict::SV, "1/3"),
        ];
        let wanted = "AC 1\nAC 0.25\nWA 0\nTLE -1\nRTE 0.333333\n";
        assert_eq!(Grade::lines(&results), wanted);
    }
}
