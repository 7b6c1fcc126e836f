//! What verifying comes to: the keys of `verify --json`.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tribunal_problems::{Format, JurySubmission, Package, Ratio, UnjudgedSubmission, Verdict};

use super::{Measured, SelfTestResult, Timed};

/// What came of a package.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct PackageResult {
    /// Where the package is.
    pub path: String,
    /// In which format it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub format: Option<Format>,
    /// The time limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit_ms: Option<u128>,
    /// Whether the limit follows from the submissions' times.
    pub time_limit_inferred: bool,
    /// Times against the limit.
    pub timing: TimingResult,
    /// Every submission of the jury.
    pub submissions: Vec<SubmissionResult>,
    /// What cannot be judged here, such as a submission in a language without a toolchain.
    pub unjudged: Vec<Unjudged>,
    /// Tests of its own programs.
    pub self_tests: SelfTests,
    /// Why nothing was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Times against the limit, in milliseconds.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct TimingResult {
    /// The slowest that has to be fast enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest_accepted: Option<TimedPath>,
    /// The fastest that has to be too slow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fastest_too_slow: Option<TimedPath>,
    /// What the package wants of these times and this host does not give; no mismatch.
    pub warnings: Vec<String>,
}

/// A submission and how long it took.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TimedPath {
    /// The submission.
    pub path: String,
    /// CPU time, in milliseconds.
    pub cpu_ms: u128,
}

/// A submission that cannot be judged here.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Unjudged {
    /// The submission.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A submission of the jury.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SubmissionResult {
    /// Where it is in the package.
    pub path: String,
    /// The language id.
    pub language: String,
    /// The verdicts that it may get.
    #[schema(value_type = Vec<String>)]
    pub expected: Vec<Verdict>,
    /// The one that it got.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// Its score, where the problem has scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Whether all came as expected.
    pub ok: bool,
    /// What came otherwise than expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// CPU time of its slowest test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest_ms: Option<u64>,
}

/// Tests of the package's own programs.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct SelfTests {
    /// How many.
    pub run: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Those.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<SelfTestFailure>,
}

/// A self-test that failed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SelfTestFailure {
    /// Its name.
    pub name: String,
    /// What happened.
    pub reason: String,
}

impl PackageResult {
    /// One of which nothing was judged.
    #[must_use]
    pub fn failed(path: &Path, error: &str) -> Self {
        Self {
            path: path.display().to_string(),
            error: Some(error.to_owned()),
            ..Self::default()
        }
    }

    /// What was measured and tested.
    #[must_use]
    pub fn of(package: &Package, measured: &Measured, self_tests: SelfTestResult) -> Self {
        let submissions = measured.submissions.iter();
        let submissions = submissions
            .map(|timed| SubmissionResult::of(package, timed))
            .collect();
        Self {
            path: package.path.display().to_string(),
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

    /// How much came otherwise than expected.
    #[must_use]
    pub fn mismatches(&self) -> usize {
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
    fn of(package: &Package, timed: &Timed) -> Self {
        let submission: &JurySubmission = &package.submissions[timed.at];
        let report = &timed.report;
        let judged = &timed.judged;
        let mut faults = submission.faults(judged);
        if judged.verdict == Verdict::JE {
            faults = vec![
                report
                    .judge_failure()
                    .or(timed.fault.as_deref())
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
            score: judged.score.as_ref().map(Ratio::as_f64),
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
