//! What verifying comes to: the keys of `verify --json`.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tribunal_problems::{Format, JurySubmission, Package, UnjudgedSubmission, Verdict};

use super::shown;
use crate::workshop::{Measured, SelfTestResult, Timed, judged};

/// `verify --json`.
#[derive(Debug, Serialize)]
pub(super) struct Verification {
    pub(super) packages: Vec<PackageResult>,
    pub(super) mismatches: usize,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct PackageResult {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<Format>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time_limit_ms: Option<u128>,
    /// Whether the limit follows from the submissions' times.
    pub(super) time_limit_inferred: bool,
    pub(super) timing: TimingResult,
    pub(super) submissions: Vec<SubmissionResult>,
    /// What cannot be judged here, such as a submission in a language without a toolchain.
    pub(super) unjudged: Vec<Unjudged>,
    pub(super) self_tests: SelfTests,
    /// Why nothing was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Times against the limit, in milliseconds.
#[derive(Debug, Default, Serialize)]
pub(super) struct TimingResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slowest_accepted: Option<TimedPath>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fastest_too_slow: Option<TimedPath>,
    /// What the package wants of these times and this host does not give; no mismatch.
    pub(super) warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct TimedPath {
    pub(super) path: String,
    pub(super) cpu_ms: u128,
}

#[derive(Debug, Serialize)]
pub(super) struct Unjudged {
    pub(super) path: String,
    pub(super) reason: String,
}

#[derive(Debug, Serialize)]
pub(super) struct SubmissionResult {
    pub(super) path: String,
    pub(super) language: String,
    pub(super) expected: Vec<Verdict>,
    pub(super) verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f64>,
    pub(super) ok: bool,
    /// What came otherwise than expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) faults: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slowest_ms: Option<u64>,
}

/// Tests of the package's own programs.
#[derive(Debug, Default, Serialize)]
pub(super) struct SelfTests {
    pub(super) run: usize,
    pub(super) failed: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<SelfTestFailure>,
}

#[derive(Debug, Serialize)]
pub(super) struct SelfTestFailure {
    pub(super) name: String,
    pub(super) reason: String,
}

impl Verification {
    pub(super) fn of(packages: Vec<PackageResult>) -> Self {
        let mismatches = packages.iter().map(PackageResult::mismatches).sum();
        Self {
            packages,
            mismatches,
        }
    }

    pub(super) fn status(&self) -> u8 {
        let broken = |package: &PackageResult| {
            let failed = |one: &SubmissionResult| one.verdict == Verdict::JE;
            package.error.is_some() || package.submissions.iter().any(failed)
        };
        if self.packages.iter().any(broken) {
            crate::commands::COULD_NOT_JUDGE
        } else {
            u8::from(self.mismatches > 0)
        }
    }
}

impl PackageResult {
    pub(super) fn failed(path: &Path, error: &str) -> Self {
        Self {
            path: shown(path),
            error: Some(error.to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn of(package: &Package, measured: &Measured, self_tests: SelfTestResult) -> Self {
        let submissions = measured.submissions.iter();
        let submissions = submissions
            .map(|timed| SubmissionResult::of(package, measured.limit, timed))
            .collect();
        Self {
            path: shown(&package.path),
            format: Some(package.format),
            time_limit_ms: Some(measured.limit.as_millis()),
            time_limit_inferred: measured.inferred,
            timing: TimingResult::of(package, measured),
            submissions,
            unjudged: package.unjudged.iter().map(Unjudged::of).collect(),
            self_tests: SelfTests::of(self_tests),
            error: None,
        }
    }

    pub(super) fn mismatches(&self) -> usize {
        let wrong = self.submissions.iter().filter(|one| !one.ok).count();
        wrong + self.self_tests.failed
    }
}

impl TimingResult {
    fn of(package: &Package, measured: &Measured) -> Self {
        let timed = |found: &Option<(Duration, String)>| {
            found.as_ref().map(|(time, path)| TimedPath {
                path: path.clone(),
                cpu_ms: time.as_millis(),
            })
        };
        let timing = &package.timing;
        let mut warnings = Vec::new();
        if let Some((time, path)) = &measured.slowest
            && time.mul_f64(timing.accepted_to_limit) > measured.limit
        {
            let factor = timing.accepted_to_limit;
            warnings.push(format!("{path} takes more than 1/{factor} of the limit"));
        }
        if let Some((time, path)) = &measured.fastest_too_slow
            && *time < timing.too_slow_from(measured.limit)
        {
            let factor = timing.limit_to_too_slow;
            warnings.push(format!("{path} takes less than {factor} times the limit"));
        }
        Self {
            slowest_accepted: timed(&measured.slowest),
            fastest_too_slow: timed(&measured.fastest_too_slow),
            warnings,
        }
    }
}

impl SubmissionResult {
    fn of(package: &Package, limit: Duration, timed: &Timed) -> Self {
        let submission: &JurySubmission = &package.submissions[timed.at];
        let report = &timed.report;
        let judged = judged(package, limit, report);
        let mut faults = submission.faults(&judged);
        if judged.verdict == Verdict::JE {
            faults = vec![
                report
                    .judge_failure()
                    .unwrap_or("the judge failed")
                    .to_owned(),
            ];
        } else if !faults.is_empty() && !report.compile.log.is_empty() && judged.tests.is_empty() {
            let log = report.compile.log.lines().take(3).collect::<Vec<_>>();
            faults.push(log.join("; "));
        }
        Self {
            path: submission.path.clone(),
            language: submission.language.to_string(),
            expected: submission.expected.clone(),
            verdict: judged.verdict,
            score: judged.score.map(|score| score.as_f64()),
            ok: faults.is_empty(),
            faults,
            slowest_ms: report.tests.iter().map(|test| test.cpu_ms).max(),
        }
    }
}

impl Unjudged {
    fn of(submission: &UnjudgedSubmission) -> Self {
        Self {
            path: submission.path.clone(),
            reason: submission.reason.clone(),
        }
    }
}

impl SelfTests {
    fn of(result: SelfTestResult) -> Self {
        let failures = result.faults.into_iter().map(|fault| SelfTestFailure {
            name: fault.name,
            reason: fault.reason,
        });
        let failures: Vec<SelfTestFailure> = failures.collect();
        Self {
            run: result.run,
            failed: failures.len(),
            failures,
        }
    }
}
