//! A compiled submission as it is put into boxes and run there.

use std::io::Read;
use std::sync::Arc;

use nix::libc::SIGXFSZ;
use tribunal_problems::{RunEnd, RunFacts, RunLimits, Toolchain};
use tribunal_sandbox::{Captured, Input, Outcome, Program, Spec};

use super::spec::{descriptor, facts, measured, names, running};
use super::visit::{Placing, Visit};
use super::{Bench, Halt};
use crate::job::{Artifact, TestWork};
use crate::place::PlaceFault;
use crate::storage_cache::CachedFile;

/// A compiled submission, ready to be put into boxes.
pub(super) struct Submitted<'a> {
    pub(super) work: &'a TestWork,
    artifact: &'a Artifact,
    code: Vec<Arc<CachedFile>>,
    /// What lies beside it, as `work.files` names it.
    beside: Vec<Arc<CachedFile>>,
    command: Vec<String>,
    native: Option<Program>,
}

impl<'a> Submitted<'a> {
    pub(super) fn new(
        work: &'a TestWork,
        artifact: &'a Artifact,
        code: &[Arc<CachedFile>],
        beside: &[Arc<CachedFile>],
    ) -> Result<Self, Halt> {
        let toolchain = &work.toolchain.toolchain;
        let sources = names(artifact.files.iter().map(|file| file.name.as_str()));
        let command = toolchain.run_command(&sources, &work.entry, &work.limits, &work.args);
        Ok(Self {
            native: native(artifact, code, &command[0])?,
            work,
            artifact,
            code: code.to_vec(),
            beside: beside.to_vec(),
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
        let beside = self.work.files.iter().zip(&self.beside);
        placings.extend(beside.map(|(file, cached)| Placing::cached(&file.name, cached, false)));
        placings
    }

    /// A run whose input is still to be connected, with these arguments behind its own.
    pub(super) fn spec_with(&self, args: &[String]) -> Spec {
        let mut spec = self.spec(Input::Empty);
        spec.args.extend(args.iter().map(Into::into));
        spec
    }

    pub(super) fn spec(&self, stdin: Input) -> Spec {
        let (toolchain, limits) = (self.toolchain(), &self.work.limits);
        let mut spec = running(toolchain, &self.command, self.native.clone(), stdin, limits);
        spec.read_only = !self.work.file_writing;
        if self.work.procedure.files.output.is_some() {
            // The file is the output, and the kernel itself keeps it within its limit.
            spec.limits.file_size = spec.limits.file_size.min(limits.output);
        }
        spec
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

/// What a program wrote to a file that is its output.
pub(super) struct Written {
    pub(super) facts: RunFacts,
    /// Why there is none, in words that its author may read.
    pub(super) fault: Option<String>,
}

/// Puts the file that the program wrote in the place of what it printed; no file is an empty one.
pub(super) async fn output_file(
    bench: &mut Bench,
    submitted: &Submitted<'_>,
    visit: Visit,
    name: &str,
    outcome: &mut Outcome,
) -> Result<(Visit, Written), Halt> {
    let max = submitted.work.limits.output;
    let (visit, taken) = visit.take(bench, vec![(name.to_owned(), max)]).await?;
    let mut written = Vec::new();
    let fault = match taken.into_iter().next() {
        Some(Ok(mut file)) => {
            file.read_to_end(&mut written)?;
            None
        }
        Some(Err(PlaceFault::Absent(_))) | None => Some(format!("it wrote no file {name}")),
        Some(Err(PlaceFault::NotTaken(_))) => Some(format!(
            "what it left as {name} is no regular file that can be read"
        )),
        Some(Err(fault)) => return Err(fault.into()),
    };
    let mut facts = submitted.facts(outcome);
    if facts.end == RunEnd::Signaled(SIGXFSZ) {
        facts.end = RunEnd::OutputLimit;
    }
    facts.output_total = written.len() as u64 + outcome.stderr.total;
    outcome.stdout = Captured {
        total: written.len() as u64,
        head: written,
        ..Captured::default()
    };
    Ok((visit, Written { facts, fault }))
}
