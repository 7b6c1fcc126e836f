//! Has an output judged: by the judge itself where the checker is a native one, else by the jury's program.
//!
//! The jury's program gets a box of its own, which is the only one that an answer ever enters, and its run waits for
//! a slot like any other. The box stays until the test is over, since a checker of several passes keeps files in it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tribunal_problems::{
    Checker, CheckerAnswer, CheckerFile, CheckerPaths, CheckerRun, CustomChecker, EntryPoint,
    NEXT_PASS, SourceFile, Toolchain, Verdict,
};
use tribunal_sandbox::{Input, Outcome, Program, Spec, seal};

use super::spec::{facts, names, running};
use super::submitted::{native, placings};
use super::test::{TestFiles, checked};
use super::visit::{Placing, Visit, pin};
use super::{Bench, Halt};
use crate::ids::ArtifactId;
use crate::job::{JobSpec, TestWork, TestWorkTask};
use crate::place::PlaceFault;
use crate::storage_cache::{CachedFile, Pinned};
use crate::toolchains::ProbedToolchain;

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
/// Removes files of the program's own in its box.
const REMOVER: &str = "/bin/rm";

/// Has the output judged by a native checker, which accepts without an answer, and ends the program's visit; `None`: the
/// checker is a program.
pub(super) async fn compare(
    bench: &mut Bench,
    work: &TestWork,
    visit: Visit,
    files: &TestFiles,
    output: Arc<[u8]>,
) -> Result<Option<CheckerAnswer>, Halt> {
    if matches!(work.checker.as_ref(), Checker::Custom(_)) {
        visit.close();
        return Ok(None);
    }
    let Some(answer) = files.answer.clone() else {
        visit.close();
        return Ok(Some(CheckerAnswer::Accepted));
    };
    let checker = work.checker.clone();
    let compared = move || checker.compare(&output[..], Reading::of(&answer));
    visit.close_with(bench, compared).await
}

/// What a checker says, and what it remarks besides.
pub(super) struct Said {
    pub(super) answer: CheckerAnswer,
    pub(super) remark: Option<String>,
}

impl Said {
    /// What this run of a program says.
    pub(super) fn by(custom: &CustomChecker, run: &CheckerRun) -> Self {
        Self {
            answer: custom.interpret(run),
            remark: custom.remark(run),
        }
    }

    fn accepts(&self) -> bool {
        matches!(
            self.answer,
            CheckerAnswer::Accepted
                | CheckerAnswer::Points(_)
                | CheckerAnswer::Share { .. }
                | CheckerAnswer::Judged {
                    verdict: Verdict::AC | Verdict::PT,
                    ..
                }
        )
    }
}

impl From<CheckerAnswer> for Said {
    fn from(answer: CheckerAnswer) -> Self {
        Self {
            answer,
            remark: None,
        }
    }
}

/// What the first of the further checkers says that does not accept an output which the first checker, by this run, does; `None`:
/// there is no such.
pub(super) async fn refused_by_another(
    bench: &mut Bench,
    job: &JobSpec,
    work: &TestWork,
    files: &TestFiles,
    output: &Arc<[u8]>,
    first: &CheckerRun,
) -> Result<Option<Said>, Halt> {
    let accepts = match work.checker.as_ref() {
        Checker::Custom(custom) => Said::by(custom, first).accepts(),
        _ => true,
    };
    for other in work.further_checkers.iter().filter(|_| accepts) {
        let compiled = (other.program, other.toolchain.clone());
        let mut desk = Desk::open(bench, job, &other.custom, Some(&compiled), files, work).await?;
        let run = desk.check(bench, output.clone()).await?;
        desk.close();
        let said = Said::by(&other.custom, &run);
        if !said.accepts() {
            return Ok(Some(said));
        }
    }
    Ok(None)
}

/// Has an output judged that a program gave before or that was given, or by a static validator the submitted files.
pub(super) async fn check_again(
    bench: &mut Bench,
    job: &JobSpec,
    work: &TestWork,
    files: &TestFiles,
    output: Arc<[u8]>,
) -> Result<Said, Halt> {
    if let Checker::Custom(custom) = work.checker.as_ref() {
        let run = checked(bench, job, work, files, output.clone(), &mut None).await?;
        let refused = refused_by_another(bench, job, work, files, &output, &run).await?;
        return Ok(refused.unwrap_or_else(|| Said::by(custom, &run)));
    }
    let Some(answer) = files.answer.clone() else {
        return Ok(CheckerAnswer::Accepted.into());
    };
    let checker = work.checker.clone();
    let compared =
        tokio::task::spawn_blocking(move || checker.compare(&output[..], Reading::of(&answer)));
    let answer = compared.await?;
    let answer = answer.ok_or_else(|| Halt::lasting("the checker is no native one"))?;
    Ok(answer.into())
}

/// The jury's program, at home in a box with the test's files.
pub(super) struct Desk<'a> {
    pub(super) custom: &'a CustomChecker,
    pub(super) toolchain: &'a Toolchain,
    sources: Vec<SourceFile>,
    /// The arguments of a static validator before those of the dialect: the language and the main file.
    looks_at: Vec<String>,
    native: Option<Program>,
    visit: Option<Visit>,
    _code: Pinned,
}

impl<'a> Desk<'a> {
    /// Takes a box and puts the program, the input and the answer into it.
    pub(super) async fn open(
        bench: &mut Bench,
        job: &JobSpec,
        custom: &'a CustomChecker,
        compiled: Option<&'a (ArtifactId, Arc<ProbedToolchain>)>,
        files: &TestFiles,
        work: &TestWork,
    ) -> Result<Self, Halt> {
        let missing = || Halt::lasting("the artifact of the jury's program was not passed on");
        let (id, probed) = compiled.ok_or_else(missing)?;
        let program = job.artifact(*id).ok_or_else(missing)?;
        let (looked_at, looks_at) = match &work.task {
            TestWorkTask::LookAtSource { files, language } => {
                let main = files
                    .first()
                    .map(|first| [language.clone(), first.name.clone()]);
                (files.as_slice(), main.into_iter().flatten().collect())
            }
            TestWorkTask::Run | TestWorkTask::Check(_) => (&[][..], Vec::new()),
        };
        let blobs = program.files.iter().map(|file| file.blob);
        let blobs = blobs.chain(looked_at.iter().map(|file| file.blob));
        let pinned = pin(bench, blobs.chain(work.source).collect()).await?;
        let (code, submitted) = pinned.files().split_at(program.files.len());
        let toolchain = &probed.toolchain;
        let sources = names(program.files.iter().map(|file| file.name.as_str()));
        let command = toolchain.run_command(&sources, &EntryPoint::Program, &custom.limits, &[]);
        let native = native(program, code, &command[0])?;
        let mut placings = placings(program, code, native.is_some());
        let looked_at = looked_at.iter().zip(submitted);
        placings.extend(looked_at.map(|(file, cached)| Placing::cached(&file.name, cached, false)));
        placings.push(Placing::cached(INPUT, &files.input, false));
        placings.push(match &files.answer {
            Some(answer) => Placing::cached(ANSWER, answer, false),
            None => Placing::bytes(ANSWER, Vec::new()),
        });
        placings.push(Placing::directory(FEEDBACK));
        let source = work.source.and_then(|_| submitted.last());
        placings.extend(of_fixed_names(custom, files, source));
        let visit = Visit::open(bench, placings).await?;
        Ok(Self {
            custom,
            toolchain,
            sources,
            looks_at,
            native,
            visit: Some(visit),
            _code: pinned,
        })
    }

    /// Where the program finds its files.
    pub(super) fn paths() -> CheckerPaths<'static> {
        CheckerPaths {
            input: INPUT,
            answer: ANSWER,
            output: OUTPUT,
            feedback_dir: FEEDBACK,
        }
    }

    /// Its run with these arguments and then its own.
    pub(super) fn spec(&self, mut args: Vec<String>, stdin: Input) -> Spec {
        let (toolchain, limits) = (self.toolchain, &self.custom.limits);
        args.extend_from_slice(&self.custom.args);
        let command = toolchain.run_command(&self.sources, &EntryPoint::Program, limits, &args);
        running(toolchain, &command, self.native.clone(), stdin, limits)
    }

    /// The box, for a run that is not alone; [`Desk::back`] brings it home.
    pub(super) fn leave(&mut self) -> Result<Visit, Halt> {
        let away = || Halt::lasting("the box of the jury's program is away");
        self.visit.take().ok_or_else(away)
    }

    pub(super) fn back(&mut self, visit: Visit) {
        self.visit = Some(visit);
    }

    /// Judges an output, which was made of the test's input.
    pub(super) async fn check(
        &mut self,
        bench: &mut Bench,
        output: Arc<[u8]>,
    ) -> Result<CheckerRun, Halt> {
        let mut visit = self.leave()?;
        let stdin = if self.custom.dialect.reads_output_from_stdin() {
            Input::File(memory_file(&output)?)
        } else {
            let fixed = self.custom.dialect.fixed_files().iter();
            let names = fixed.filter(|(_, file)| *file == CheckerFile::Output);
            let names = names.map(|(name, _)| *name).chain([OUTPUT]);
            let placings = names.map(|name| Placing::bytes(name, output.clone()));
            visit = visit.filled(placings.collect()).await?;
            Input::Empty
        };
        let mut args = self.looks_at.clone();
        args.extend(self.custom.dialect.arguments(&Self::paths()));
        let spec = self.spec(args, stdin);
        let (visit, outcome) = visit.run(bench, spec).await?;
        self.back(visit);
        self.told(bench, outcome?).await
    }

    /// What a run of the program has said, in all its ways.
    pub(super) async fn told(
        &mut self,
        bench: &mut Bench,
        outcome: Outcome,
    ) -> Result<CheckerRun, Halt> {
        let next_max = self.custom.limits.file_size;
        let names = FEEDBACK_FILES.map(|name| (name, FEEDBACK_MAX));
        let names = names.into_iter().chain([(NEXT_PASS, next_max)]);
        let wanted = names
            .clone()
            .map(|(name, max)| (format!("{FEEDBACK}/{name}"), max));
        let (visit, left) = self.leave()?.take(bench, wanted.collect()).await?;
        self.back(visit);
        let read = |file: Result<File, PlaceFault>, max| read(file.ok()?, max).ok();
        let feedback = names
            .zip(left)
            .filter_map(|((name, max), file)| Some((name.to_owned(), read(file, max)?)));
        Ok(CheckerRun {
            end: facts(self.toolchain, &outcome).end,
            feedback: feedback.collect(),
            stdout: outcome.stdout.head,
            stderr: outcome.stderr.head,
        })
    }

    /// What an interactor left for the checker; nothing if it left nothing.
    pub(super) async fn left(&mut self, bench: &mut Bench) -> Result<Arc<[u8]>, Halt> {
        let max = self.custom.limits.file_size;
        let wanted = vec![(OUTPUT.to_owned(), max)];
        let (visit, mut left) = self.leave()?.take(bench, wanted).await?;
        self.back(visit);
        match left.pop() {
            Some(Ok(file)) => Ok(read(file, max)?.into()),
            Some(Err(PlaceFault::Absent(_) | PlaceFault::NotTaken(_))) | None => {
                Ok(Arc::from(&b""[..]))
            }
            Some(Err(fault)) => Err(fault.into()),
        }
    }

    /// Makes room for another pass, whose input this is: other files of the program stay as they are.
    pub(super) async fn turn_page(
        &mut self,
        bench: &mut Bench,
        input: &Arc<CachedFile>,
    ) -> Result<(), Halt> {
        let visit = self.leave()?;
        let visit = visit
            .filled(vec![Placing::cached(INPUT, input, false)])
            .await?;
        let words = [REMOVER, "-f", &format!("{FEEDBACK}/{NEXT_PASS}")];
        let command: Vec<String> = words.map(str::to_owned).to_vec();
        let (toolchain, limits) = (self.toolchain, &self.custom.limits);
        let spec = running(toolchain, &command, None, Input::Empty, limits);
        let (visit, outcome) = visit.run(bench, spec).await?;
        outcome?;
        self.back(visit);
        Ok(())
    }

    /// Gives the box back.
    pub(super) fn close(self) {
        if let Some(visit) = self.visit {
            visit.close();
        }
    }
}

/// The files that the program wants under names of its own, all but the output.
fn of_fixed_names(
    custom: &CustomChecker,
    files: &TestFiles,
    source: Option<&Arc<CachedFile>>,
) -> Vec<Placing> {
    let fixed = custom.dialect.fixed_files().iter();
    let placing = |(name, file): &(&str, CheckerFile)| {
        let content = match file {
            CheckerFile::Input => Some(&files.input),
            CheckerFile::Answer => files.answer.as_ref(),
            CheckerFile::Source => source,
            CheckerFile::Output => return None,
        };
        Some(match content {
            Some(content) => Placing::cached(name, content, false),
            None => Placing::bytes(name, Vec::new()),
        })
    };
    fixed.filter_map(placing).collect()
}

fn read(file: File, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Bytes as a file that a program reads from its start.
pub(super) fn memory_file(bytes: &[u8]) -> Result<Arc<OwnedFd>, PlaceFault> {
    let mut bytes = bytes;
    Ok(Arc::new(
        seal(&mut bytes, "output").map_err(PlaceFault::from)?,
    ))
}

/// Reads a cached file from its start; the descriptor's own offset is shared and left alone.
pub(super) struct Reading {
    file: io::Result<File>,
    at: u64,
}

impl Reading {
    pub(super) fn of(cached: &CachedFile) -> Self {
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
