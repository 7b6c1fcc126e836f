//! Asks the problem's grader what a group comes to, in a box of its own.

use tribunal_problems::{EntryPoint, GraderRun};
use tribunal_sandbox::Input;

use super::check::memory_file;
use super::spec::{facts, names, running};
use super::submitted::{native, placings};
use super::visit::{Visit, pin};
use super::{Bench, Halt, Output};
use crate::job::{GradeWork, JobOutput, JobSpec};

/// Runs the grader; one that does not answer as it has to is broken.
pub(super) async fn grade(bench: &mut Bench, job: &JobSpec, work: &GradeWork) -> Output {
    let missing = || Halt::lasting("the artifact of the grader was not passed on");
    let program = job.artifact(work.program).ok_or_else(missing)?;
    let blobs = program.files.iter().map(|file| file.blob);
    let pinned = pin(bench, blobs.collect()).await?;
    let toolchain = &work.toolchain.toolchain;
    let sources = names(program.files.iter().map(|file| file.name.as_str()));
    let command = toolchain.run_command(&sources, &EntryPoint::Program, &work.limits, &work.args);
    let native = native(program, pinned.files(), &command[0])?;
    let placings = placings(program, pinned.files(), native.is_some());
    let stdin = Input::File(memory_file(work.input.as_bytes())?);
    let visit = Visit::open(bench, placings).await?;
    let spec = running(toolchain, &command, native, stdin, &work.limits);
    let (visit, outcome) = visit.run(bench, spec).await?;
    visit.close();
    let outcome = outcome?;
    let run = GraderRun {
        end: facts(toolchain, &outcome).end,
        stdout: outcome.stdout.head,
        stderr: outcome.stderr.head,
    };
    run.grade()
        .map(JobOutput::Graded)
        .map_err(Halt::of_the_jury)
}
