//! What the scheduler hands to an invoker, and what comes back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tribunal_problems::{
    BlobId, Checker, CompileLimits, CustomChecker, EntryPoint, Grade, Procedure, RunLimits,
};
use tribunal_sandbox::Isolation;

use crate::ids::{ArtifactId, Attempt, BuildId, JobId, WorkerId};
use crate::report::{CompileReport, TestReport};
use crate::stores::Durability;
use crate::toolchains::ProbedToolchain;

/// An indivisible piece of work.
#[derive(Debug, Clone)]
pub struct JobSpec {
    /// The job's name, and that of the artifact it makes.
    pub id: JobId,
    /// The build that asked first.
    pub build: BuildId,
    /// The artifacts it reads.
    pub deps: Vec<ArtifactId>,
    /// The same artifacts as their makers described them.
    pub artifacts: Vec<Arc<Artifact>>,
    /// How far apart its runs are at least.
    pub isolation: Isolation,
    /// What is to be done.
    pub work: Work,
}

impl JobSpec {
    /// The artifact of this name among those that the job reads.
    #[must_use]
    pub fn artifact(&self, id: ArtifactId) -> Option<&Arc<Artifact>> {
        self.artifacts.iter().find(|artifact| artifact.id == id)
    }
}

/// A job as an invoker gets it.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The job.
    pub spec: Arc<JobSpec>,
    /// Which time it is handed out.
    pub attempt: Attempt,
}

impl Assignment {
    /// What names this attempt at this job.
    #[must_use]
    pub fn key(&self) -> (JobId, Attempt) {
        (self.spec.id, self.attempt)
    }
}

/// What every message of an invoker carries (seed 0): what it holds and how much more it can take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvokerStatus {
    /// Who says so.
    pub worker: WorkerId,
    /// Orders the statuses of an invoker, also over its restarts; one that is not newer changes nothing.
    pub epoch: u64,
    /// How many more jobs it can take.
    pub max_new_jobs: usize,
    /// The jobs that it holds, results not yet acknowledged included.
    pub active: Vec<(JobId, Attempt)>,
}

/// What a job does.
#[derive(Debug, Clone)]
pub enum Work {
    /// Compile (or check the syntax of) a program.
    Compile(Arc<CompileWork>),
    /// Run a program on one test and check its output.
    Test(Arc<TestWork>),
    /// Ask the problem's grader what a group comes to.
    Grade(Arc<GradeWork>),
}

/// Compile this.
#[derive(Debug, Clone)]
pub struct CompileWork {
    /// The compiler, with the commands of its language.
    pub toolchain: Arc<ProbedToolchain>,
    /// The sources, the main one first.
    pub files: Vec<NamedBlob>,
    /// Time, memory and output of the compiler.
    pub limits: CompileLimits,
    /// How long the program is kept.
    pub durability: Durability,
}

/// Run that on this test.
#[derive(Debug, Clone)]
pub struct TestWork {
    /// The test's name, as the report gives it.
    pub name: String,
    /// The artifact with the compiled program.
    pub program: ArtifactId,
    /// What runs it.
    pub toolchain: Arc<ProbedToolchain>,
    /// Whether the source is a program or perhaps a function to be called through the language's driver.
    pub entry: EntryPoint,
    /// The test's input, given as standard input.
    pub input: BlobId,
    /// The test's answer; never enters the box of the program.
    pub answer: Option<BlobId>,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// How the program meets the test.
    pub procedure: Arc<Procedure>,
    /// The compiled interactor of its own and what runs it.
    pub interactor_program: Option<(ArtifactId, Arc<ProbedToolchain>)>,
    /// Who judges the output. A custom checker's program is an artifact in `checker_program`.
    pub checker: Arc<Checker>,
    /// Programs that have to accept as well what the checker has accepted.
    pub further_checkers: Vec<FurtherChecker>,
    /// The submitted main file, where the checker looks at it.
    pub source: Option<BlobId>,
    /// The compiled custom checker and what runs it.
    pub checker_program: Option<(ArtifactId, Arc<ProbedToolchain>)>,
    /// What the program may use.
    pub limits: RunLimits,
    /// Whether the program may make and change files in its working directory.
    pub file_writing: bool,
    /// Bytes of the output that the report keeps.
    pub output_head_max: usize,
    /// Names the run by all that determines its output.
    pub run: JobId,
    /// `Durable`: what a rejudging needs is kept.
    pub durability: Durability,
    /// What an earlier judgement has of the same run, where it may be taken.
    pub earlier: Option<Arc<TestReport>>,
    /// Files that lie beside the program.
    pub files: Vec<NamedBlob>,
    /// What is done.
    pub task: TestWorkTask,
    /// Whether the whole output is kept as a blob.
    pub keep_output: bool,
}

/// Ask the grader this.
#[derive(Debug, Clone)]
pub struct GradeWork {
    /// The artifact with the compiled grader.
    pub program: ArtifactId,
    /// What runs it.
    pub toolchain: Arc<ProbedToolchain>,
    /// Its arguments.
    pub args: Vec<String>,
    /// What it reads: a line for each result in the group.
    pub input: String,
    /// What it may use.
    pub limits: RunLimits,
}

/// A checker beside the first one.
#[derive(Debug, Clone)]
pub struct FurtherChecker {
    /// The program, with the test's arguments.
    pub custom: CustomChecker,
    /// The artifact with the compiled program.
    pub program: ArtifactId,
    /// What runs it.
    pub toolchain: Arc<ProbedToolchain>,
}

/// What is done for a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestWorkTask {
    /// The program is run, and its output is checked.
    Run,
    /// Nothing is run: this output is checked.
    Check(BlobId),
    /// Nothing is run: the checker, a static validator, looks at these submitted files.
    LookAtSource {
        /// What is submitted.
        files: Vec<NamedBlob>,
        /// The code of its language.
        language: String,
    },
}

/// A file of a job: its name in the box and its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedBlob {
    /// The name, relative to the box's working directory.
    pub name: String,
    /// The content.
    pub blob: BlobId,
}

/// Files that a job made and others read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The job that made it.
    pub id: ArtifactId,
    /// Its files.
    pub files: Vec<ArtifactFile>,
    /// What the compiler used and said, so that a reuse can tell it again.
    pub compile: CompileReport,
}

/// One file of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactFile {
    /// The name, relative to the box's working directory.
    pub name: String,
    /// The content.
    pub blob: BlobId,
    /// Bytes.
    pub size: u64,
    /// Whether it may be executed.
    pub executable: bool,
}

/// What came of one attempt at a job.
#[derive(Debug, Clone)]
pub struct JobResult {
    /// The job.
    pub job: JobId,
    /// Which attempt this is the result of.
    pub attempt: Attempt,
    /// The report, or why there is none.
    pub output: Result<JobOutput, JobFault>,
}

/// A job's report.
#[derive(Debug, Clone)]
pub enum JobOutput {
    /// Of a compile job; the artifact is there exactly when it compiled.
    Compiled(CompileReport, Option<Artifact>),
    /// Of a test job.
    Tested(TestReport),
    /// Of a question to the grader.
    Graded(Grade),
}

/// The judge failed, not the contestant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct JobFault {
    /// The chain of causes, for the jury.
    pub reason: String,
    /// Whether another attempt may succeed.
    pub retry: bool,
    /// Whether it is a program of the jury's that is broken.
    pub of_the_jury: bool,
}
