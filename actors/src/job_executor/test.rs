//! Runs a program on one test and has its output checked.
//!
//! The program's box gets the program and the test's input. The answer is opened by the judge, or by the checker in
//! a box of its own, after the program's processes are gone.

use std::sync::Arc;

use tribunal_problems::{
    BlobId, CheckerAnswer, Value, Verdict, verdict, verdict_of_answer, verdict_of_run,
};
use tribunal_sandbox::{Input, Outcome, Program};

use super::again;
use super::check::{check, check_again};
use super::spec::{descriptor, facts, measured, milliseconds, names, running};
use super::visit::{Placing, Visit, pin};
use super::{Bench, Halt, Output};
use crate::job::{Artifact, JobOutput, JobSpec, TestWork, TestWorkTask};
use crate::report::TestReport;
use crate::storage_cache::CachedFile;
use crate::stores::{BlobContent, Durability, StoreBlob};

/// The files of a test in this job's hands; the answer is not the program's to see.
pub(super) struct TestFiles {
    pub(super) input: Arc<CachedFile>,
    pub(super) answer: Option<Arc<CachedFile>>,
}

pub(super) async fn test(bench: &mut Bench, job: &JobSpec, work: &TestWork) -> Output {
    if work.task != TestWorkTask::Run {
        return without_run(bench, job, work).await;
    }
    if let Some(report) = again::without_run(bench, job, work).await? {
        return Ok(JobOutput::Tested(report));
    }
    let program = job
        .artifact(work.program)
        .ok_or_else(|| Halt::lasting("the program's artifact was not passed on"))?;
    let blobs = program.files.iter().map(|file| file.blob);
    let beside = work.files.iter().map(|file| file.blob);
    let data = [work.input].into_iter().chain(work.answer);
    let pinned = pin(bench, blobs.chain(beside).chain(data).collect()).await?;
    let (code, rest) = pinned.files().split_at(program.files.len());
    let (beside, data) = rest.split_at(work.files.len());
    let files = TestFiles {
        input: data[0].clone(),
        answer: data.get(1).cloned(),
    };

    let toolchain = &work.toolchain.toolchain;
    let sources = names(program.files.iter().map(|file| file.name.as_str()));
    let command = toolchain.run_command(&sources, &work.entry, &work.limits, &work.args);
    let native = native(program, code, &command[0])?;
    let mut placings = placings(program, code, native.is_some());
    let support = toolchain.run_support(&work.entry);
    placings.extend(
        support
            .iter()
            .map(|file| Placing::bytes(&file.name, file.content.clone())),
    );
    let beside = work.files.iter().zip(beside);
    placings.extend(beside.map(|(file, cached)| Placing::cached(&file.name, cached, false)));
    let stdin = Input::File(descriptor(&files.input)?);
    let spec = running(toolchain, &command, native, stdin, &work.limits);

    let visit = Visit::open(bench, placings).await?;
    let (visit, outcome) = visit.run(bench, spec).await?;
    let mut outcome = outcome?;
    let (facts, limits) = (
        facts(toolchain, &outcome),
        measured(toolchain, &work.limits),
    );
    if let Some(verdict) = verdict_of_run(&facts, &limits) {
        visit.close();
        let mut report = report(work, &outcome, verdict);
        again::keep(bench, work, &mut report, facts, None).await;
        return Ok(JobOutput::Tested(report));
    }
    let stdout: Arc<[u8]> = std::mem::take(&mut outcome.stdout.head).into();
    let answer = check(bench, job, work, visit, &files, stdout.clone()).await?;
    if let CheckerAnswer::Broken { reason } = &answer {
        return Err(Halt::passing(reason.clone()));
    }
    let output = keep_output(bench, work, &stdout).await?;
    outcome.stdout.head = stdout[..stdout.len().min(work.output_head_max)].to_vec();
    let verdict = verdict(&facts, &limits, Some(&answer));
    let mut report = report(work, &outcome, verdict);
    report.output = output;
    tell(&mut report, &answer);
    again::keep(bench, work, &mut report, facts, Some(&stdout)).await;
    Ok(JobOutput::Tested(report))
}

/// Stores the whole output for whoever asked for it, beyond the build.
async fn keep_output(
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
    let answer = check_again(bench, job, work, &files, given.clone()).await?;
    if let CheckerAnswer::Broken { reason } = &answer {
        return Err(Halt::passing(reason.clone()));
    }
    let (stdout, kept) = head(&given, work.output_head_max);
    let mut report = TestReport {
        verdict: verdict_of_answer(&answer),
        stdout_truncated: given.len() > kept,
        stdout,
        ..TestReport::skipped(&work.name)
    };
    tell(&mut report, &answer);
    Ok(JobOutput::Tested(report))
}

/// The program's own executable, where compiling made one: it is executed by its descriptor.
pub(super) fn native(
    program: &Artifact,
    code: &[Arc<CachedFile>],
    command: &str,
) -> std::io::Result<Option<Program>> {
    let Some(name) = command.strip_prefix("./") else {
        return Ok(None);
    };
    let at = program.files.iter().position(|file| file.name == name);
    at.map(|at| descriptor(&code[at]).map(Program::File))
        .transpose()
}

/// The files that must lie in the box: none for a lone executable.
pub(super) fn placings(program: &Artifact, code: &[Arc<CachedFile>], native: bool) -> Vec<Placing> {
    if native && program.files.len() == 1 {
        return Vec::new();
    }
    let files = program.files.iter().zip(code);
    files
        .map(|(file, cached)| Placing::cached(&file.name, cached, file.executable))
        .collect()
}

fn report(work: &TestWork, outcome: &Outcome, verdict: Verdict) -> TestReport {
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

pub(super) fn tell(report: &mut TestReport, answer: &CheckerAnswer) {
    match answer {
        CheckerAnswer::Wrong { message }
        | CheckerAnswer::Presentation { message }
        | CheckerAnswer::Share { message, .. } => {
            report.message = Some(message.clone()).filter(|message| !message.is_empty());
            if let CheckerAnswer::Share { share, .. } = answer {
                report.value = Some(Value::Share(share.clone()));
            }
        }
        CheckerAnswer::Points(points) => {
            report.points = Some(points.as_f64());
            report.value = Some(Value::Points((*points).into()));
        }
        CheckerAnswer::Accepted | CheckerAnswer::NoOutput | CheckerAnswer::Broken { .. } => {}
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
