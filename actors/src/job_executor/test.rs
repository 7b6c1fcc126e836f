//! Runs a program on one test and has its output checked: once, in several passes, or in talk with the jury's program.
//!
//! The program's box gets the program and the test's input. The answer is opened by the judge, or by the checker in
//! a box of its own, after the program's processes are gone; in a talk only the jury's program has it.

use std::io::Read;
use std::sync::Arc;

use tribunal_problems::{
    BlobId, Checker, CheckerAnswer, CheckerRun, CustomChecker, Meeting, RunFacts, RunLimits,
    Toolchain, Verdict, verdict, verdict_of_run,
};
use tribunal_sandbox::{Input, Outcome, Program, Spec};

use super::check::{Desk, Reading, compare, memory_file};
use super::interactive::talk;
use super::spec::{descriptor, facts, measured, milliseconds, names, running};
use super::visit::{Placing, Visit, pin};
use super::{Bench, Halt, Output};
use crate::job::{Artifact, JobOutput, JobSpec, TestWork};
use crate::report::TestReport;
use crate::storage_cache::CachedFile;

/// The files of a test in this job's hands; the answer is not the program's to see.
pub(super) struct TestFiles {
    pub(super) input: Arc<CachedFile>,
    pub(super) answer: Option<Arc<CachedFile>>,
}

/// A compiled submission, ready to be put into boxes.
pub(super) struct Submitted<'a> {
    pub(super) work: &'a TestWork,
    artifact: &'a Artifact,
    code: Vec<Arc<CachedFile>>,
    command: Vec<String>,
    native: Option<Program>,
}

/// What came of a pass: the report, and what the checker's run says of it, where a checker was run.
pub(super) struct Passed {
    pub(super) report: TestReport,
    pub(super) checked: Option<CheckerRun>,
}

pub(super) async fn test(bench: &mut Bench, job: &JobSpec, work: &TestWork) -> Output {
    let artifact = job
        .artifact(work.program)
        .ok_or_else(|| Halt::lasting("the program's artifact was not passed on"))?;
    let blobs = artifact.files.iter().map(|file| file.blob);
    let blobs = blobs.chain([work.input]).chain(work.answer).collect();
    let pinned = pin(bench, blobs).await?;
    let (code, data) = pinned.files().split_at(artifact.files.len());
    let mut files = TestFiles {
        input: data[0].clone(),
        answer: data.get(1).cloned(),
    };
    if work.procedure.meeting == Meeting::SubmitAnswer {
        return submitted_output(bench, job, work, artifact, code, &files).await;
    }
    let submitted = Submitted::new(work, artifact, code)?;
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
                talk(bench, job, &submitted, with, &files, &mut desk).await?
            }
            _ => alone(bench, job, &submitted, &files, &mut desk).await?,
        };
        let mut checked = passed.checked;
        let next = match &mut checked {
            Some(run) => work.procedure.next_pass(pass, run),
            None => Ok(None),
        };
        let next = next.map_err(|reason| broken_checker(&reason))?;
        let report = settled(work, passed.report, checked.as_ref(), next.is_some())?;
        let report = slower(slowest.take(), report);
        let Some(input) = next.filter(|_| report.verdict == Verdict::AC) else {
            if let Some(desk) = desk {
                desk.close();
            }
            return Ok(JobOutput::Tested(report));
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
    goes_on: bool,
) -> Result<TestReport, Halt> {
    let (Checker::Custom(custom), Some(run)) = (work.checker.as_ref(), checked) else {
        return Ok(report);
    };
    if goes_on || report.verdict != Verdict::AC {
        return Ok(report);
    }
    let answer = custom.interpret(run);
    judged(&mut report, &answer)?;
    Ok(report)
}

/// The jury's answer to a run that ended well.
pub(super) fn judged(report: &mut TestReport, answer: &CheckerAnswer) -> Result<(), Halt> {
    if let CheckerAnswer::Broken { reason } = answer {
        return Err(Halt::passing(reason.clone()));
    }
    report.verdict = tribunal_problems::verdict_of_answer(answer);
    tell(report, answer);
    Ok(())
}

pub(super) fn broken_checker(reason: &str) -> Halt {
    Halt::passing(format!("the checker is broken: {reason}"))
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
    Desk::open(bench, job, custom, work.checker_program.as_ref(), files).await
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
    let visit = Visit::open(bench, submitted.placings()).await?;
    let stdin = Input::File(descriptor(&files.input)?);
    let (visit, outcome) = visit.run(bench, submitted.spec(stdin)).await?;
    let mut outcome = outcome?;
    let facts = submitted.facts(&outcome);
    if let Some(verdict) = verdict_of_run(&facts, &submitted.limits()) {
        visit.close();
        let report = report(work, &outcome, verdict);
        return Ok(Passed {
            report,
            checked: None,
        });
    }
    let stdout: Arc<[u8]> = std::mem::take(&mut outcome.stdout.head).into();
    let answer = compare(bench, work, visit, files, stdout.clone()).await?;
    outcome.stdout.head = stdout[..stdout.len().min(work.output_head_max)].to_vec();
    let mut report = report(work, &outcome, verdict(&facts, &submitted.limits(), None));
    if let Some(answer) = answer {
        judged(&mut report, &answer)?;
        return Ok(Passed {
            report,
            checked: None,
        });
    }
    let checked = Some(checked(bench, job, work, files, stdout, desk).await?);
    Ok(Passed { report, checked })
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

/// The submission is the output: nothing is run but the checker.
async fn submitted_output(
    bench: &mut Bench,
    job: &JobSpec,
    work: &TestWork,
    artifact: &Artifact,
    code: &[Arc<CachedFile>],
    files: &TestFiles,
) -> Output {
    let mut report = TestReport::skipped(&work.name);
    let Some(at) = output_of(artifact, &work.name) else {
        report.verdict = Verdict::NO;
        report.message = Some("no file of the submission is named after this test".to_owned());
        return Ok(JobOutput::Tested(report));
    };
    if code[at].size > work.limits.output {
        report.verdict = Verdict::OLE;
        return Ok(JobOutput::Tested(report));
    }
    let mut output = Vec::new();
    Reading::of(&code[at]).read_to_end(&mut output)?;
    let (stdout, kept) = head(&output, work.output_head_max);
    report.stdout = stdout;
    report.stdout_truncated = output.len() > kept;
    let output: Arc<[u8]> = output.into();
    let answer = match (work.checker.as_ref(), &files.answer) {
        (Checker::Custom(custom), _) => {
            custom.interpret(&checked(bench, job, work, files, output, &mut None).await?)
        }
        (_, None) => CheckerAnswer::Accepted,
        (checker, Some(answer)) => checker
            .compare(&output[..], Reading::of(answer))
            .ok_or_else(|| Halt::lasting("the checker is no native one"))?,
    };
    judged(&mut report, &answer)?;
    Ok(JobOutput::Tested(report))
}

/// Which file is the output for this test: one of the test's name, whatever its ending; or the only one.
fn output_of(artifact: &Artifact, test: &str) -> Option<usize> {
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = base(test);
    let stem = |name: &str| base(name).rsplit_once('.').map(|(stem, _)| stem.to_owned());
    let names = artifact.files.iter().map(|file| file.name.as_str());
    let is_it = |name: &str| base(name) == wanted || stem(name).is_some_and(|stem| stem == wanted);
    let found = names.into_iter().position(is_it);
    found.or((artifact.files.len() == 1).then_some(0))
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

impl<'a> Submitted<'a> {
    fn new(
        work: &'a TestWork,
        artifact: &'a Artifact,
        code: &[Arc<CachedFile>],
    ) -> Result<Self, Halt> {
        let toolchain = &work.toolchain.toolchain;
        let sources = names(artifact.files.iter().map(|file| file.name.as_str()));
        let command = toolchain.run_command(&sources, &work.entry, &work.limits, &work.args);
        Ok(Self {
            native: native(artifact, code, &command[0])?,
            work,
            artifact,
            code: code.to_vec(),
            command,
        })
    }

    fn toolchain(&self) -> &'a Toolchain {
        &self.work.toolchain.toolchain
    }

    /// The files that a box must have.
    pub(super) fn placings(&self) -> Vec<Placing> {
        let mut placings = placings(self.artifact, &self.code, self.native.is_some());
        let support = self.toolchain().run_support(&self.work.entry);
        placings.extend(
            support
                .iter()
                .map(|file| Placing::bytes(&file.name, file.content.clone())),
        );
        placings
    }

    pub(super) fn spec(&self, stdin: Input) -> Spec {
        let (toolchain, limits) = (self.toolchain(), &self.work.limits);
        running(toolchain, &self.command, self.native.clone(), stdin, limits)
    }

    pub(super) fn facts(&self, outcome: &Outcome) -> RunFacts {
        facts(self.toolchain(), outcome)
    }

    /// What the verdict's table compares a run with.
    pub(super) fn limits(&self) -> RunLimits {
        measured(self.toolchain(), &self.work.limits)
    }
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
        transcript: None,
        points: None,
        stdout,
        stdout_truncated: outcome.stdout.total > kept as u64,
        stderr,
        degraded: degraded(outcome),
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
        }
        CheckerAnswer::Points(points) => report.points = Some(points.as_f64()),
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
