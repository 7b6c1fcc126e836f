//! Runs a program on one test and has its output checked: once, in several passes, or in talk with the jury's program.
//!
//! The program's box gets the program and the test's input. The answer is opened by the judge, or by the checker in
//! a box of its own, after the program's processes are gone; in a talk only the jury's program has it.

use std::sync::Arc;

use tribunal_problems::{
    BlobId, Checker, CheckerAnswer, CheckerRun, CustomChecker, Meeting, Value, Verdict, verdict,
    verdict_of_answer, verdict_of_run,
};
use tribunal_sandbox::{Input, Outcome};

use super::again;
use super::check::{Desk, Said, check_again, compare, memory_file, refused_by_another};
use super::interactive::talk;
use super::spec::{descriptor, milliseconds};
use super::submitted::{Submitted, Written, output_file};
use super::visit::{Placing, Visit, pin};
use super::{Bench, Halt, Output};
use crate::job::{JobOutput, JobSpec, TestWork, TestWorkTask};
use crate::report::TestReport;
use crate::storage_cache::CachedFile;
use crate::stores::{BlobContent, Durability, StoreBlob};

/// The files of a test in this job's hands; the answer is not the program's to see.
pub(super) struct TestFiles {
    pub(super) input: Arc<CachedFile>,
    pub(super) answer: Option<Arc<CachedFile>>,
}

/// What came of a pass: the report, and what the checker's run says of it, where a checker was run.
pub(super) struct Passed {
    pub(super) report: TestReport,
    pub(super) checked: Option<CheckerRun>,
    /// What another checker says that does not accept what that one does.
    pub(super) refused: Option<Said>,
}

pub(super) async fn test(bench: &mut Bench, job: &JobSpec, work: &TestWork) -> Output {
    if work.task != TestWorkTask::Run {
        return without_run(bench, job, work).await;
    }
    if let Some(report) = again::without_run(bench, job, work).await? {
        return Ok(JobOutput::Tested(report));
    }
    let artifact = job
        .artifact(work.program)
        .ok_or_else(|| Halt::lasting("the program's artifact was not passed on"))?;
    let blobs = artifact.files.iter().map(|file| file.blob);
    let beside = work.files.iter().map(|file| file.blob);
    let data = [work.input].into_iter().chain(work.answer);
    let pinned = pin(bench, blobs.chain(beside).chain(data).collect()).await?;
    let (code, rest) = pinned.files().split_at(artifact.files.len());
    let (beside, data) = rest.split_at(work.files.len());
    let files = TestFiles {
        input: data[0].clone(),
        answer: data.get(1).cloned(),
    };
    let submitted = Submitted::new(work, artifact, code, beside)?;
    let report = passes(bench, job, &submitted, files).await?;
    Ok(JobOutput::Tested(report))
}

/// Has the program run until there is no further pass.
async fn passes(
    bench: &mut Bench,
    job: &JobSpec,
    submitted: &Submitted<'_>,
    mut files: TestFiles,
) -> Result<TestReport, Halt> {
    let work = submitted.work;
    let mut desk = match work.checker.as_ref() {
        Checker::Custom(custom) if work.procedure.passes_max > 1 => {
            Some(open(bench, job, work, custom, &files).await?)
        }
        _ => None,
    };
    let mut pass = 1;
    let mut slowest: Option<TestReport> = None;
    loop {
        let passed = match &work.procedure.meeting {
            Meeting::Interactive(with) => {
                talk(bench, job, submitted, with, &files, &mut desk).await?
            }
            Meeting::Batch => alone(bench, job, submitted, &files, &mut desk).await?,
        };
        let mut checked = passed.checked;
        let next = match &mut checked {
            Some(run) => work.procedure.next_pass(pass, run),
            None => Ok(None),
        };
        let next = next.map_err(|reason| broken_checker(&reason))?;
        let (refused, goes_on) = (passed.refused, next.is_some());
        let report = settled(work, passed.report, checked.as_ref(), refused, goes_on)?;
        let report = slower(slowest.take(), report);
        let Some(input) = next.filter(|_| report.verdict == Verdict::AC) else {
            if let Some(desk) = desk {
                desk.close();
            }
            return Ok(report);
        };
        files.input = Arc::new(kept(&input)?);
        if let Some(desk) = &mut desk {
            desk.turn_page(bench, &files.input).await?;
        }
        slowest = Some(report);
        pass += 1;
    }
}

/// Puts into the report what the checker's run means; another pass to come means nothing but acceptance so far.
fn settled(
    work: &TestWork,
    mut report: TestReport,
    checked: Option<&CheckerRun>,
    refused: Option<Said>,
    goes_on: bool,
) -> Result<TestReport, Halt> {
    let (Checker::Custom(custom), Some(run)) = (work.checker.as_ref(), checked) else {
        return Ok(report);
    };
    if goes_on || report.verdict != Verdict::AC {
        return Ok(report);
    }
    let said = refused.unwrap_or_else(|| Said::by(custom, run));
    judged(&mut report, &said)?;
    Ok(report)
}

/// The jury's answer to a run that ended well.
pub(super) fn judged(report: &mut TestReport, said: &Said) -> Result<(), Halt> {
    if let CheckerAnswer::Broken { reason } = &said.answer {
        return Err(Halt::of_the_jury(reason.clone()));
    }
    report.verdict = verdict_of_answer(&said.answer);
    tell(report, said);
    Ok(())
}

pub(super) fn broken_checker(reason: &str) -> Halt {
    Halt::of_the_jury(format!("the checker is broken: {reason}"))
}

/// Limits hold for each pass, so the report names the most that a pass has used.
fn slower(earlier: Option<TestReport>, report: TestReport) -> TestReport {
    let Some(earlier) = earlier else {
        return report;
    };
    let transcripts = [&earlier.transcript, &report.transcript];
    let transcripts: Vec<&str> = transcripts
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    TestReport {
        cpu_ms: report.cpu_ms.max(earlier.cpu_ms),
        wall_ms: report.wall_ms.max(earlier.wall_ms),
        memory_bytes: report.memory_bytes.max(earlier.memory_bytes),
        transcript: (!transcripts.is_empty()).then(|| transcripts.join("---\n")),
        ..report
    }
}

/// Opens the box of the test's checker.
pub(super) async fn open<'a>(
    bench: &mut Bench,
    job: &JobSpec,
    work: &'a TestWork,
    custom: &'a CustomChecker,
    files: &TestFiles,
) -> Result<Desk<'a>, Halt> {
    let compiled = work.checker_program.as_ref();
    Desk::open(bench, job, custom, compiled, files, work).await
}

/// Runs the program, then has its output judged.
async fn alone<'a>(
    bench: &mut Bench,
    job: &JobSpec,
    submitted: &Submitted<'a>,
    files: &TestFiles,
    desk: &mut Option<Desk<'a>>,
) -> Result<Passed, Halt> {
    let work = submitted.work;
    let names = &work.procedure.files;
    let mut placings = submitted.placings();
    let input = names.input.iter();
    placings.extend(input.map(|name| Placing::cached(name, &files.input, false)));
    let visit = Visit::open(bench, placings).await?;
    let stdin = match &names.input {
        Some(_) => Input::Empty,
        None => Input::File(descriptor(&files.input)?),
    };
    let (visit, outcome) = visit.run(bench, submitted.spec(stdin)).await?;
    let mut outcome = outcome?;
    let (visit, Written { facts, fault }) = match &names.output {
        Some(name) => output_file(bench, submitted, visit, name, &mut outcome).await?,
        None => {
            let facts = submitted.facts(&outcome);
            (visit, Written { facts, fault: None })
        }
    };
    if let Some(verdict) = verdict_of_run(&facts, &submitted.limits()) {
        visit.close();
        let mut report = report(work, &outcome, verdict);
        again::keep(bench, work, &mut report, facts, None).await;
        return Ok(Passed {
            report,
            checked: None,
            refused: None,
        });
    }
    let stdout: Arc<[u8]> = std::mem::take(&mut outcome.stdout.head).into();
    let answer = compare(bench, work, visit, files, stdout.clone()).await?;
    outcome.stdout.head = stdout[..stdout.len().min(work.output_head_max)].to_vec();
    let mut report = TestReport {
        output_fault: fault,
        ..report(work, &outcome, verdict(&facts, &submitted.limits(), None))
    };
    let checked = match answer {
        Some(answer) => {
            judged(&mut report, &answer.into())?;
            None
        }
        None => Some(checked(bench, job, work, files, stdout.clone(), desk).await?),
    };
    let refused = match &checked {
        Some(run) => refused_by_another(bench, job, work, files, &stdout, run).await?,
        None => None,
    };
    report.output = keep_output(bench, work, &stdout).await?;
    again::keep(bench, work, &mut report, facts, Some(&stdout)).await;
    Ok(Passed {
        report,
        checked,
        refused,
    })
}

/// The checker's run on an output; a box that was opened for it alone is given back.
pub(super) async fn checked<'a>(
    bench: &mut Bench,
    job: &JobSpec,
    work: &'a TestWork,
    files: &TestFiles,
    output: Arc<[u8]>,
    desk: &mut Option<Desk<'a>>,
) -> Result<CheckerRun, Halt> {
    if let Some(desk) = desk {
        return desk.check(bench, output).await;
    }
    let Checker::Custom(custom) = work.checker.as_ref() else {
        return Err(Halt::lasting("the checker is no program"));
    };
    let mut desk = open(bench, job, work, custom, files).await?;
    let run = desk.check(bench, output).await?;
    desk.close();
    Ok(run)
}

/// Has an output checked that was given, or a submission's files looked at.
async fn without_run(bench: &mut Bench, job: &JobSpec, work: &TestWork) -> Output {
    let output = match work.task {
        TestWorkTask::Check(output) => Some(output),
        TestWorkTask::Run | TestWorkTask::LookAtSource { .. } => None,
    };
    let blobs = [work.input].into_iter().chain(work.answer).chain(output);
    let pinned = pin(bench, blobs.collect()).await?;
    let data = pinned.files();
    let files = TestFiles {
        input: data[0].clone(),
        answer: work.answer.map(|_| data[1].clone()),
    };
    let given: Arc<[u8]> = match output {
        Some(_) => data[data.len() - 1].bytes()?.into(),
        None => Arc::from(&[][..]),
    };
    let said = check_again(bench, job, work, &files, given.clone()).await?;
    let (stdout, kept) = head(&given, work.output_head_max);
    let mut report = TestReport {
        stdout_truncated: given.len() > kept,
        stdout,
        ..TestReport::skipped(&work.name)
    };
    judged(&mut report, &said)?;
    Ok(JobOutput::Tested(report))
}

/// Stores the whole output for whoever asked for it, beyond the build.
pub(super) async fn keep_output(
    bench: &mut Bench,
    work: &TestWork,
    output: &Arc<[u8]>,
) -> Result<Option<BlobId>, Halt> {
    if !work.keep_output {
        return Ok(None);
    }
    let store = StoreBlob {
        content: BlobContent::Bytes(output.clone()),
        expected: None,
        durability: Durability::Durable,
    };
    Ok(Some(bench.tools.stores.send(store).await??.id))
}

/// Bytes as a file of the cache's kind.
fn kept(bytes: &[u8]) -> Result<CachedFile, Halt> {
    let fd = memory_file(bytes)?;
    Ok(CachedFile {
        fd: fd.try_clone()?,
        size: bytes.len() as u64,
        id: BlobId::of(bytes),
    })
}

pub(super) fn report(work: &TestWork, outcome: &Outcome, verdict: Verdict) -> TestReport {
    use tribunal_sandbox::Ending;
    let (exit_code, signal) = match outcome.ending {
        Ending::Exited(status) => (Some(status), None),
        Ending::Signaled(signal) => (None, Some(signal)),
        _ => (None, None),
    };
    let (stdout, kept) = head(&outcome.stdout.head, work.output_head_max);
    let (stderr, _) = head(&outcome.stderr.head, work.output_head_max);
    TestReport {
        name: work.name.clone(),
        verdict,
        cpu_ms: milliseconds(outcome.cpu_time),
        wall_ms: milliseconds(outcome.wall_time),
        memory_bytes: outcome.peak_memory,
        exit_code,
        signal,
        message: None,
        output_fault: None,
        jury_fault: false,
        transcript: None,
        points: None,
        value: None,
        output: None,
        stdout,
        stdout_truncated: outcome.stdout.total > kept as u64,
        stderr,
        degraded: degraded(outcome),
        kept: None,
    }
}

fn degraded(outcome: &Outcome) -> Vec<String> {
    let lacks = outcome.degraded.iter();
    lacks
        .filter_map(|lack| serde_json::to_value(lack).ok()?.as_str().map(str::to_owned))
        .collect()
}

pub(super) fn tell(report: &mut TestReport, said: &Said) {
    report.message = said.answer.message().map(str::to_owned);
    report.value = match &said.answer {
        CheckerAnswer::Points(points) => Some(Value::Points((*points).into())),
        CheckerAnswer::Share { share, .. } => Some(Value::Share(share.clone())),
        CheckerAnswer::Judged { value, .. } => value.clone(),
        _ => None,
    };
    report.points = match &report.value {
        Some(Value::Points(points)) => Some(points.points().as_f64()),
        _ => None,
    };
    // The answer has no message of its own where all is well.
    if report.message.is_none() {
        report.message.clone_from(&said.remark);
    }
}

/// At most `max` bytes, cut between characters; and how many bytes of the output that is.
fn head(output: &[u8], max: usize) -> (String, usize) {
    if output.len() <= max {
        return (String::from_utf8_lossy(output).into_owned(), output.len());
    }
    let mut end = max;
    let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    while end > 0 && max - end < 4 && continues(output[end]) {
        end -= 1;
    }
    (String::from_utf8_lossy(&output[..end]).into_owned(), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_is_cut_between_characters() {
        assert_eq!(head("aé".as_bytes(), 2), ("a".to_owned(), 1));
        assert_eq!(head("aé".as_bytes(), 3), ("aé".to_owned(), 3));
        assert_eq!(head("aé!".as_bytes(), 3), ("aé".to_owned(), 3));
        assert_eq!(head(b"abc", 0), (String::new(), 0));
        assert_eq!(head(b"a\xffb", 5), ("a\u{fffd}b".to_owned(), 3));
    }
}
