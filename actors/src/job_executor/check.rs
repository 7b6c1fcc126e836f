//! Has an output judged: by the judge itself where the checker is a native one, else by the jury's program.
//!
//! The jury's program gets a box of its own, which is the only one that an answer ever enters, and its run waits for
//! a slot like any other.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tribunal_problems::{
    Checker, CheckerAnswer, CheckerPaths, CheckerRun, CustomChecker, EntryPoint, Toolchain,
};
use tribunal_sandbox::{Input, Outcome, seal};

use super::spec::{facts, names, running};
use super::test::{TestFiles, native, placings};
use super::visit::{Placing, Visit, pin};
use super::{Bench, Halt};
use crate::job::{JobSpec, TestWork, TestWorkTask};
use crate::place::PlaceFault;
use crate::storage_cache::CachedFile;

/// Where a checker finds what it compares. The dot keeps the names apart from those of its own files.
const INPUT: &str = ".check/input";
const ANSWER: &str = ".check/answer";
const OUTPUT: &str = ".check/output";
const FEEDBACK: &str = ".check/feedback";
/// What a checker may leave for us; each is read up to its first 64 KiB.
const FEEDBACK_FILES: [&str; 4] = [
    "judgemessage.txt",
    "teammessage.txt",
    "score.txt",
    "score_multiplier.txt",
];
const FEEDBACK_MAX: u64 = 64 << 10;

/// Ends the program's visit and has its output judged. Without an answer a native checker accepts.
pub(super) async fn check(
    bench: &mut Bench,
    job: &JobSpec,
    work: &TestWork,
    visit: Visit,
    files: &TestFiles,
    output: Arc<[u8]>,
) -> Result<CheckerAnswer, Halt> {
    if let Checker::Custom(custom) = work.checker.as_ref() {
        visit.close();
        return run_checker(bench, job, work, custom, files, output).await;
    }
    let Some(answer) = files.answer.clone() else {
        visit.close();
        return Ok(CheckerAnswer::Accepted);
    };
    let checker = work.checker.clone();
    let compared = move || checker.compare(&output[..], Reading::of(&answer));
    let answer = visit.close_with(bench, compared).await?;
    answer.ok_or_else(|| Halt::lasting("the checker is no native one"))
}

/// Has an output judged that a program gave before or that was given, or by a static validator the submitted files.
pub(super) async fn check_again(
    bench: &mut Bench,
    job: &JobSpec,
    work: &TestWork,
    files: &TestFiles,
    output: Arc<[u8]>,
) -> Result<CheckerAnswer, Halt> {
    if let Checker::Custom(custom) = work.checker.as_ref() {
        return run_checker(bench, job, work, custom, files, output).await;
    }
    let Some(answer) = files.answer.clone() else {
        return Ok(CheckerAnswer::Accepted);
    };
    let checker = work.checker.clone();
    let compared =
        tokio::task::spawn_blocking(move || checker.compare(&output[..], Reading::of(&answer)));
    let answer = compared.await?;
    answer.ok_or_else(|| Halt::lasting("the checker is no native one"))
}

async fn run_checker(
    bench: &mut Bench,
    job: &JobSpec,
    work: &TestWork,
    custom: &CustomChecker,
    files: &TestFiles,
    output: Arc<[u8]>,
) -> Result<CheckerAnswer, Halt> {
    let missing = || Halt::lasting("the checker's artifact was not passed on");
    let (id, probed) = work.checker_program.as_ref().ok_or_else(missing)?;
    let program = job.artifact(*id).ok_or_else(missing)?;
    let (looked_at, language) = match &work.task {
        TestWorkTask::LookAtSource { files, language } => (files.as_slice(), language.as_str()),
        TestWorkTask::Run | TestWorkTask::Check(_) => (&[][..], ""),
    };
    let blobs = program.files.iter().map(|file| file.blob);
    let blobs = blobs.chain(looked_at.iter().map(|file| file.blob));
    let pinned = pin(bench, blobs.collect()).await?;
    let (code, sources_of_submission) = pinned.files().split_at(program.files.len());

    let toolchain = &probed.toolchain;
    let paths = CheckerPaths {
        input: INPUT,
        answer: ANSWER,
        output: OUTPUT,
        feedback_dir: FEEDBACK,
    };
    let mut args = Vec::new();
    if let Some(first) = looked_at.first() {
        args.extend([language.to_owned(), first.name.clone()]);
    }
    args.extend(custom.dialect.arguments(&paths));
    args.extend_from_slice(&custom.args);
    let sources = names(program.files.iter().map(|file| file.name.as_str()));
    let command = toolchain.run_command(&sources, &EntryPoint::Program, &custom.limits, &args);
    let native = native(program, code, &command[0])?;
    let mut placings = placings(program, code, native.is_some());
    let looked_at = looked_at.iter().zip(sources_of_submission);
    placings.extend(looked_at.map(|(file, cached)| Placing::cached(&file.name, cached, false)));
    placings.push(Placing::cached(INPUT, &files.input, false));
    placings.push(match &files.answer {
        Some(answer) => Placing::cached(ANSWER, answer, false),
        None => Placing::bytes(ANSWER, Vec::new()),
    });
    placings.push(Placing::directory(FEEDBACK));
    let stdin = if custom.dialect.reads_output_from_stdin() {
        Input::File(memory_file(&output)?)
    } else {
        placings.push(Placing::bytes(OUTPUT, output));
        Input::Empty
    };
    let spec = running(toolchain, &command, native, stdin, &custom.limits);

    let visit = Visit::open(bench, placings).await?;
    let (visit, outcome) = visit.run(bench, spec).await?;
    let outcome = outcome?;
    let wanted = FEEDBACK_FILES.map(|name| (format!("{FEEDBACK}/{name}"), FEEDBACK_MAX));
    let left = visit.take_and_close(bench, wanted.to_vec()).await?;
    let feedback = FEEDBACK_FILES
        .iter()
        .zip(left)
        .filter_map(|(name, file)| Some(((*name).to_owned(), read(file.ok()?).ok()?)))
        .collect();
    Ok(custom.interpret(&checker_run(toolchain, outcome, feedback)))
}

fn checker_run(
    toolchain: &Toolchain,
    outcome: Outcome,
    feedback: BTreeMap<String, Vec<u8>>,
) -> CheckerRun {
    CheckerRun {
        end: facts(toolchain, &outcome).end,
        stdout: outcome.stdout.head,
        stderr: outcome.stderr.head,
        feedback,
    }
}

fn read(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(FEEDBACK_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The program's output as a file that the checker reads from its start.
fn memory_file(bytes: &[u8]) -> Result<Arc<OwnedFd>, PlaceFault> {
    let mut bytes = bytes;
    Ok(Arc::new(
        seal(&mut bytes, "output").map_err(PlaceFault::from)?,
    ))
}

/// Reads a cached file from its start; the descriptor's own offset is shared and left alone.
struct Reading {
    file: io::Result<File>,
    at: u64,
}

impl Reading {
    fn of(cached: &CachedFile) -> Self {
        Self {
            file: cached.fd.try_clone().map(File::from),
            at: 0,
        }
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = self
            .file
            .as_ref()
            .map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        let read = file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
