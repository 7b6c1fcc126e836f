//! What `POST /run` answers: the judge's report in the shape and the words of the runner document.
//!
//! `execution` sums the run up over all tests, hidden ones included: the worst status, the sum of the wall times, the
//! largest memory. Its `stdout`, `stderr` and `exit_code` are those of one visible test, the first that is not passed
//! or else the first; never those of a hidden test. Of a hidden test nothing is told but id, status and time.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tribunal_actors::{BuildReport, CompileReport, TestReport};
use tribunal_problems::{BlobId, Verdict};

use super::request::{RunRequest, RunTest};
use crate::problem_details::Problem;

/// The answer of `POST /run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunResponse {
    /// The run as a whole.
    pub execution: Execution,
    /// Test by test.
    pub test_results: TestResults,
    /// How many passed.
    pub summary: Summary,
}

/// The run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Execution {
    /// The worst status of the tests.
    pub status: ExecutionStatus,
    /// Standard output on the visible test that is shown.
    pub stdout: String,
    /// Standard error on that test; the compiler's log if the source did not compile.
    pub stderr: String,
    /// The exit status on that test; 124 for a time limit and 128 + the signal for a killed program, as a shell says it.
    pub exit_code: i32,
    /// Milliseconds of wall time over all tests.
    pub execution_time_ms: u64,
    /// The largest peak of memory, in MiB to one decimal.
    pub memory_usage_mb: f64,
    /// What this host does not enforce; left out where it enforces all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
}

/// How a run ended, from best to worst.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionStatus {
    /// It ended by itself, whatever it printed.
    Success,
    /// It took too long.
    Timeout,
    /// It used too much memory.
    MemoryLimit,
    /// It crashed, printed too much, or did not compile.
    Error,
}

/// Test by test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestResults {
    /// What the candidate may see whole.
    pub visible: Vec<VisibleResult>,
    /// What the candidate may see the outcome of.
    pub hidden: Vec<HiddenResult>,
}

/// A visible test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VisibleResult {
    /// The test's id.
    pub id: String,
    /// Whether the output was right.
    pub status: TestStatus,
    /// As the request gave it; of a content named by its hash, `sha256:` and the hash.
    pub input: String,
    /// As the request gave it.
    pub expected_output: String,
    /// The head of what was printed, without the last line break.
    pub actual_output: String,
    /// Milliseconds of wall time.
    pub execution_time_ms: u64,
    /// Why the test is not passed.
    pub error: Option<String>,
}

/// A hidden test. There is no field here for what must not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HiddenResult {
    /// The test's id.
    pub id: String,
    /// Whether the output was right.
    pub status: TestStatus,
    /// Milliseconds of wall time.
    pub execution_time_ms: u64,
}

/// Whether a test's output was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestStatus {
    /// It was.
    Passed,
    /// It was not, or there was none.
    Failed,
}

/// How many tests passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Summary {
    /// Visible and passed.
    pub visible_passed: usize,
    /// Visible and not passed.
    pub visible_failed: usize,
    /// Hidden and passed.
    pub hidden_passed: usize,
    /// Hidden and not passed.
    pub hidden_failed: usize,
}

impl RunResponse {
    /// Tells the report of the request's build in the document's shape.
    ///
    /// # Errors
    /// The judge itself failed, which no word of the document says: a 503 with the reason.
    pub fn of(request: &RunRequest, report: &BuildReport) -> Result<Self, Problem> {
        if let Some(reason) = report.judge_failure() {
            return Err(Problem::unavailable(reason, RETRY_SECONDS));
        }
        let by_name: HashMap<&str, &TestReport> = report
            .tests
            .iter()
            .map(|test| (test.name.as_str(), test))
            .collect();
        let compiled = report.compile.verdict == Verdict::AC;
        let report_of = |test: &RunTest| by_name.get(test.id.as_str()).copied();
        let visible: Vec<VisibleResult> = request
            .visible()
            .map(|placed| visible_result(placed.test, report_of(placed.test), compiled))
            .collect();
        let hidden: Vec<HiddenResult> = request
            .hidden()
            .map(|placed| hidden_result(placed.test, report_of(placed.test)))
            .collect();
        let summary = Summary::of(&visible, &hidden);
        let shown: Vec<&TestReport> = request
            .visible()
            .filter_map(|placed| report_of(placed.test))
            .collect();
        let execution = if compiled {
            Execution::of(&report.tests, &shown)
        } else {
            Execution::not_compiled(&report.compile)
        };
        Ok(Self {
            execution,
            test_results: TestResults { visible, hidden },
            summary,
        })
    }
}

/// After how many seconds a judge that failed may do better.
const RETRY_SECONDS: u32 = 5;

impl Execution {
    fn of(all: &[TestReport], visible: &[&TestReport]) -> Self {
        let shown = visible
            .iter()
            .find(|test| test.verdict != Verdict::AC)
            .or_else(|| visible.first());
        let mut degraded: Vec<String> = all
            .iter()
            .flat_map(|test| test.degraded.iter().cloned())
            .collect();
        degraded.sort();
        degraded.dedup();
        let status = all
            .iter()
            .map(|test| ExecutionStatus::of(test.verdict))
            .max()
            .unwrap_or(ExecutionStatus::Success);
        Self {
            status,
            stdout: shown.map_or_else(String::new, |test| test.stdout.clone()),
            stderr: shown.map_or_else(String::new, |test| test.stderr.clone()),
            exit_code: shown.map_or(status.exit_code(), |test| exit_code(test)),
            execution_time_ms: all.iter().map(|test| test.wall_ms).sum(),
            memory_usage_mb: mebibytes(all.iter().map(|test| test.memory_bytes).max()),
            degraded,
        }
    }

    fn not_compiled(compile: &CompileReport) -> Self {
        Self {
            status: ExecutionStatus::Error,
            stdout: String::new(),
            stderr: compile.log.clone(),
            exit_code: 1,
            execution_time_ms: 0,
            memory_usage_mb: 0.0,
            degraded: Vec::new(),
        }
    }
}

impl ExecutionStatus {
    /// The document's word for a test's verdict; a wrong answer is a successful execution.
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::TLE | Verdict::WTL | Verdict::ILE => Self::Timeout,
            Verdict::MLE => Self::MemoryLimit,
            Verdict::RTE
            | Verdict::SV
            | Verdict::OLE
            | Verdict::CE
            | Verdict::CTL
            | Verdict::JE => Self::Error,
            _ => Self::Success,
        }
    }

    /// The exit status to show where every test is hidden.
    fn exit_code(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::Timeout => TIMEOUT_EXIT_CODE,
            Self::MemoryLimit => KILLED_EXIT_CODE,
            Self::Error => 1,
        }
    }
}

impl Summary {
    fn of(visible: &[VisibleResult], hidden: &[HiddenResult]) -> Self {
        let passed = |status: TestStatus| status == TestStatus::Passed;
        let visible_passed = visible.iter().filter(|test| passed(test.status)).count();
        let hidden_passed = hidden.iter().filter(|test| passed(test.status)).count();
        Self {
            visible_passed,
            visible_failed: visible.len() - visible_passed,
            hidden_passed,
            hidden_failed: hidden.len() - hidden_passed,
        }
    }
}

/// What coreutils' `timeout`, which the document calls, exits with.
const TIMEOUT_EXIT_CODE: i32 = 124;

/// What a shell says of a program that was killed.
const KILLED_EXIT_CODE: i32 = 128 + 9;

fn exit_code(test: &TestReport) -> i32 {
    match (test.verdict, test.exit_code, test.signal) {
        (Verdict::TLE | Verdict::WTL | Verdict::ILE, ..) => TIMEOUT_EXIT_CODE,
        (Verdict::MLE, ..) => KILLED_EXIT_CODE,
        (_, Some(status), _) => status,
        (_, None, Some(signal)) => 128 + signal,
        (verdict, None, None) => i32::from(verdict != Verdict::AC),
    }
}

fn mebibytes(bytes: Option<u64>) -> f64 {
    let tenths = bytes.unwrap_or(0) as f64 / f64::from(1 << 20) * 10.0;
    tenths.round() / 10.0
}

fn status_of(report: Option<&TestReport>) -> TestStatus {
    match report {
        Some(report) if report.verdict == Verdict::AC => TestStatus::Passed,
        _ => TestStatus::Failed,
    }
}

fn visible_result(test: &RunTest, report: Option<&TestReport>, compiled: bool) -> VisibleResult {
    let error = match report {
        _ if !compiled => Some("the source did not compile".to_owned()),
        Some(report) => why_not_passed(report),
        None => Some("not run".to_owned()),
    };
    VisibleResult {
        id: test.id.clone(),
        status: status_of(report),
        input: as_given(test.input.as_deref(), test.input_blob),
        expected_output: as_given(test.expected_output.as_deref(), test.expected_output_blob),
        actual_output: report.map_or_else(String::new, |report| {
            without_last_line_break(&report.stdout).to_owned()
        }),
        execution_time_ms: report.map_or(0, |report| report.wall_ms),
        error,
    }
}

fn as_given(text: Option<&str>, blob: Option<BlobId>) -> String {
    match blob {
        Some(blob) => format!("sha256:{blob}"),
        None => text.unwrap_or_default().to_owned(),
    }
}

fn hidden_result(test: &RunTest, report: Option<&TestReport>) -> HiddenResult {
    HiddenResult {
        id: test.id.clone(),
        status: status_of(report),
        execution_time_ms: report.map_or(0, |report| report.wall_ms),
    }
}

fn without_last_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// A sentence for the one who wrote the program.
fn why_not_passed(report: &TestReport) -> Option<String> {
    let reason = match report.verdict {
        Verdict::AC => return None,
        Verdict::TLE => "time limit exceeded".to_owned(),
        Verdict::WTL => "wall time limit exceeded".to_owned(),
        Verdict::ILE => "idle for too long".to_owned(),
        Verdict::MLE => "memory limit exceeded".to_owned(),
        Verdict::OLE => "output limit exceeded".to_owned(),
        Verdict::SV => "a forbidden system call".to_owned(),
        Verdict::RTE => crash(report),
        Verdict::SK => "not run: an earlier test failed".to_owned(),
        Verdict::NO => "no output".to_owned(),
        _ => report
            .message
            .clone()
            .filter(|message| !message.is_empty())
            .unwrap_or_else(|| "wrong answer".to_owned()),
    };
    Some(reason)
}

fn crash(report: &TestReport) -> String {
    let how = match (report.signal, report.exit_code) {
        (Some(signal), _) => format!("ended by signal {signal}"),
        (None, Some(status)) => format!("exited with status {status}"),
        (None, None) => "crashed".to_owned(),
    };
    match report.last_words() {
        Some(line) => format!("{how}: {line}"),
        None => how,
    }
}

#[cfg(test)]
mod tests;
