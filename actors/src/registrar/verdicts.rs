//! Verdicts on their way to the disk.

use std::time::Duration;

use tribunal_problems::{LanguageId, Verdict};

use super::now_ms;
use super::records::{Records, RecordsError, Standing};
use crate::chain::chain;
use crate::ids::SubmissionId;
use crate::report::{BuildReport, CompileReport, TestReport};

/// Writes a verdict down until it works.
pub(super) async fn write_down(records: &Records, id: SubmissionId, report: &BuildReport) {
    let what = format!("write down the verdict of submission {id}");
    let write = || records.record_judgement(id, report, Standing::First, now_ms());
    until_it_works(&what, write).await;
}

/// The one line that the log has of each judged submission; its target is always let through.
pub(super) fn log_judged(
    id: SubmissionId,
    (problem, language): (&str, &LanguageId),
    report: &BuildReport,
    took: Duration,
) {
    let ran = report.tests.iter();
    let ran = ran.filter(|test| test.verdict != Verdict::SK).count();
    log::info!(
        target: "judged",
        submission = id.0,
        problem,
        language = language.as_str(),
        verdict = report.verdict.word(),
        tests_run = ran,
        tests = report.tests.len(),
        judging_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        "submission {id} is judged: {}", report.verdict
    );
}

/// Tries again until the database answers: 0.1 s after the first failure, then twice as long each time, 5 s at most.
/// That a submission is unknown is an answer.
pub(super) async fn until_it_works<T, F>(what: &str, attempt: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, RecordsError>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match attempt().await {
            Ok(answer) => return Some(answer),
            Err(error @ RecordsError::Unknown { .. }) => {
                log::error!("{what}: {}", chain(&error));
                return None;
            }
            Err(error) => log::error!("{what}, tried again: {}", chain(&error)),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// A submission that nothing can be planned for, such as one in a language that this host has lost.
pub(super) fn not_planned(reason: &str, tests: Vec<String>) -> BuildReport {
    let compile = CompileReport {
        verdict: Verdict::JE,
        cpu_ms: 0,
        wall_ms: 0,
        memory_bytes: 0,
        log: reason.to_owned(),
        reused: false,
    };
    BuildReport {
        groups: Vec::new(),
        fault: None,
        verdict: Verdict::JE,
        score: None,
        compile,
        tests: tests.iter().map(|name| TestReport::skipped(name)).collect(),
    }
}
