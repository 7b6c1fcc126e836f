//! From what judging asks for to jobs: which nodes there are, what each needs, and what each is named.
//!
//! A compile is named by all that determines its output, so that an equal one is found. A test's run is named by its
//! build: its time is part of the result, so it is never taken from another.

mod grading;
mod programs;

use std::collections::BTreeMap;
use std::sync::Arc;

use tribunal_problems::{
    BlobId, Checker, CheckerFile, CustomChecker, FlagError, Generator, Interactor, LanguageId,
    Meeting, Plan, PlannedTest, Procedure, RuleError, RunLimits, SourceFile, TestTask,
};
use tribunal_sandbox::Isolation;

use super::graph::{Graph, GraphError};
use super::prepare::{PlanBlobs, TestBlobs};
use super::{BuildOrder, NodeName};
use crate::ids::{BuildId, JobId};
use crate::job::{FurtherChecker, JobSpec, NamedBlob, TestWork, TestWorkTask, Work};
use crate::kept_run::Earlier;
use crate::stores::{Durability, StoreError};
use crate::toolchains::{ProbedToolchain, Toolchains, Unusable};
pub(crate) use grading::PlannedGrader;
pub use programs::ProgramSource;
pub(crate) use programs::plan_program;
use programs::{compile, narrowed, of_program, usable};

/// Whose jobs these are.
pub(crate) struct Naming {
    pub(crate) build: BuildId,
    /// Differs from process to process.
    pub(crate) salt: u64,
    pub(crate) durability: Durability,
    pub(crate) isolation: Isolation,
}

/// How far apart the plan wants its runs.
pub(super) fn isolation(plan: &Plan) -> Isolation {
    if plan.fresh_namespaces {
        Isolation::Fresh
    } else {
        Isolation::Pooled
    }
}

/// A build's jobs.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) graph: Graph<NodeName>,
    pub(crate) jobs: BTreeMap<NodeName, JobSpec>,
    pub(crate) generator: Generator,
    /// Who is asked what groups come to.
    pub(crate) grader: Option<PlannedGrader>,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The language is not known here.
    #[error("there is no language {0}")]
    NoLanguage(LanguageId),
    /// It cannot be judged here.
    #[error("language {0} cannot be judged here")]
    Unusable(LanguageId, #[source] Unusable),
    /// The rule does not fit the tests.
    #[error("the scoring does not fit the tests")]
    Scoring(#[from] RuleError),
    /// The checker does not know its arguments.
    #[error("the checker's arguments of test {test:?}")]
    CheckerArgs {
        /// The test.
        test: String,
        /// The argument.
        source: FlagError,
    },
    /// The rule wants a grader.
    #[error("groups are to be graded, but there is no grader")]
    NoGrader,
    /// The nodes are no DAG.
    #[error("the jobs are no DAG")]
    Graph(#[from] GraphError),
    /// A content could not be stored.
    #[error("store {what}")]
    Store {
        /// What it is.
        what: String,
        /// Why.
        source: StoreError,
    },
    /// The stores have stopped.
    #[error("the stores have stopped")]
    Stopped,
}

/// Plans every job of a build.
pub(crate) fn plan_jobs(
    naming: &Naming,
    order: &BuildOrder,
    blobs: &PlanBlobs,
    toolchains: &Toolchains,
) -> Result<Planned, PlanError> {
    let plan = &order.plan;
    let tests = u32::try_from(plan.tests.len()).unwrap_or(u32::MAX);
    let generator = Generator::new(&plan.rule, tests)?;
    let toolchain = usable(toolchains, &plan.language)?;
    let limits = narrowed(&plan.compile_limits, &toolchain);
    let naming_of_program = of_program(naming, &toolchain, &blobs.files);
    let solution = compile(&naming_of_program, toolchain.clone(), &blobs.files, limits);
    let mut jobs = BTreeMap::new();
    let grader = match &plan.grader {
        Some(grader) if plan.rule.is_graded() => {
            let source = ProgramSource::from(grader);
            let (job, toolchain) = plan_program(naming, source, &blobs.grader, toolchains)?;
            let planned = PlannedGrader::new(naming, grader, &job, toolchain);
            jobs.insert(NodeName::Grader, job);
            Some(planned)
        }
        None if plan.rule.is_graded() => return Err(PlanError::NoGrader),
        Some(_) | None => None,
    };
    let mut of_the_jury = |node, custom: &CustomChecker, files: &[NamedBlob]| {
        let (job, toolchain) = plan_program(naming, custom.into(), files, toolchains)?;
        let program = (job.id, toolchain);
        jobs.insert(node, job);
        Ok::<_, PlanError>(program)
    };
    let checker_program = match &plan.checker {
        Checker::Custom(custom) => Some(of_the_jury(NodeName::Checker, custom, &blobs.checker)?),
        _ => None,
    };
    let mut further_checkers = Vec::new();
    for ((at, custom), files) in (0..)
        .zip(&plan.further_checkers)
        .zip(&blobs.further_checkers)
    {
        let (program, toolchain) = of_the_jury(NodeName::FurtherChecker(at), custom, files)?;
        further_checkers.push(FurtherChecker {
            custom: custom.clone(),
            program,
            toolchain,
        });
    }
    let interactor_program = match &plan.procedure.meeting {
        Meeting::Interactive(Interactor {
            program: Some(own), ..
        }) => Some(of_the_jury(NodeName::Interactor, own, &blobs.interactor)?),
        _ => None,
    };
    let looks = |test: &PlannedTest| test.task == TestTask::LookAtSource;
    let static_validator = match &plan.static_validator {
        Some(custom) if plan.tests.iter().any(looks) => {
            let node = NodeName::StaticValidator;
            let program = of_the_jury(node, custom, &blobs.static_validator)?;
            Some((Checker::Custom(custom.clone()), program))
        }
        _ => None,
    };
    let mut shared = Shared {
        naming,
        plan,
        earlier: &order.earlier,
        submitted: &blobs.files,
        program: solution.id,
        toolchain,
        procedure: Arc::new(plan.procedure.clone()),
        checkers: BTreeMap::new(),
        checker_program,
        further_checkers,
        interactor_program,
        static_validator,
    };
    jobs.insert(NodeName::Solution, solution);
    for (index, (test, blobs)) in (0..).zip(plan.tests.iter().zip(&blobs.tests)) {
        jobs.insert(NodeName::Test(index), shared.test(index, test, blobs)?);
    }
    Ok(Planned {
        graph: Graph::new(edges(jobs.keys().copied()))?,
        jobs,
        generator,
        grader,
    })
}

/// Tests need every program but the grader; programs need nothing.
pub(super) fn edges(
    nodes: impl Iterator<Item = NodeName> + Clone,
) -> Vec<(NodeName, Vec<NodeName>)> {
    let programs: Vec<NodeName> = nodes
        .clone()
        .filter(|node| node.is_compile() && *node != NodeName::Grader)
        .collect();
    nodes
        .map(|node| match node {
            NodeName::Test(_) => (node, programs.clone()),
            NodeName::Solution
            | NodeName::Checker
            | NodeName::FurtherChecker(_)
            | NodeName::Interactor
            | NodeName::StaticValidator
            | NodeName::Grader => (node, Vec::new()),
            // A question is asked when the results are known, which no plan can say.
            NodeName::Grade(_) => (node, vec![NodeName::Grader]),
        })
        .collect()
}

/// What all tests of a build share.
struct Shared<'a> {
    naming: &'a Naming,
    plan: &'a Plan,
    earlier: &'a Earlier,
    submitted: &'a [NamedBlob],
    program: JobId,
    toolchain: Arc<ProbedToolchain>,
    procedure: Arc<Procedure>,
    /// The checker with each test's arguments.
    checkers: BTreeMap<Option<Vec<String>>, Arc<Checker>>,
    checker_program: Option<(JobId, Arc<ProbedToolchain>)>,
    further_checkers: Vec<FurtherChecker>,
    interactor_program: Option<(JobId, Arc<ProbedToolchain>)>,
    static_validator: Option<(Checker, (JobId, Arc<ProbedToolchain>))>,
}

impl Shared<'_> {
    fn checker(&mut self, test: &PlannedTest) -> Result<Arc<Checker>, PlanError> {
        let wrong = |source| PlanError::CheckerArgs {
            test: test.name.clone(),
            source,
        };
        let args = test.checker_args.clone();
        if let (TestTask::LookAtSource, Some((checker, _))) = (&test.task, &self.static_validator) {
            let checker = checker.with_args(&args.unwrap_or_default());
            return Ok(Arc::new(checker.map_err(wrong)?));
        }
        if let Some(known) = self.checkers.get(&args) {
            return Ok(known.clone());
        }
        let checker = match &args {
            Some(args) => self.plan.checker.with_args(args).map_err(wrong)?,
            None => self.plan.checker.clone(),
        };
        let checker = Arc::new(checker);
        self.checkers.insert(args, checker.clone());
        Ok(checker)
    }

    /// The further checkers with the test's arguments; a static validator has none beside it.
    fn further(&self, test: &PlannedTest) -> Vec<FurtherChecker> {
        if test.task == TestTask::LookAtSource {
            return Vec::new();
        }
        let mut further = self.further_checkers.clone();
        if let Some(args) = &test.checker_args {
            for one in &mut further {
                one.custom.args.clone_from(args);
            }
        }
        further
    }

    /// The main file, for a checker that wants it.
    fn source(&self, checker: &Checker) -> Option<BlobId> {
        let Checker::Custom(custom) = checker else {
            return None;
        };
        let mut wanted = custom.dialect.fixed_files().iter();
        let wants = wanted.any(|(_, file)| *file == CheckerFile::Source);
        self.submitted
            .first()
            .filter(|_| wants)
            .map(|file| file.blob)
    }

    fn limits<'b>(&'b self, test: &'b PlannedTest) -> &'b RunLimits {
        test.limits.as_ref().unwrap_or(&self.plan.limits)
    }

    fn task(&self, test: &PlannedTest, blobs: &TestBlobs) -> TestWorkTask {
        match (&test.task, blobs.given) {
            (TestTask::LookAtSource, _) => TestWorkTask::LookAtSource {
                files: self.submitted.to_vec(),
                language: self.plan.language.to_string(),
            },
            (_, Some(output)) => TestWorkTask::Check(output),
            (_, None) => TestWorkTask::Run,
        }
    }

    fn test(
        &mut self,
        index: u32,
        test: &PlannedTest,
        blobs: &TestBlobs,
    ) -> Result<JobSpec, PlanError> {
        let checker = self.checker(test)?;
        let checker_program = match (&test.task, &self.static_validator) {
            (TestTask::LookAtSource, Some((_, program))) => Some(program.clone()),
            _ => self.checker_program.clone(),
        };
        let naming = self.naming;
        let id = JobId::of(&[
            b"test",
            &naming.salt.to_le_bytes(),
            &naming.build.0.to_le_bytes(),
            &index.to_le_bytes(),
            self.program.as_bytes(),
        ]);
        let of_the_jury = [&checker_program, &self.interactor_program];
        let jury: Vec<JobId> = of_the_jury
            .into_iter()
            .flatten()
            .map(|(id, _)| *id)
            .collect();
        let run = self.run(test, blobs);
        let further_checkers = self.further(test);
        let further = further_checkers.iter().map(|one| one.program);
        let jury: Vec<JobId> = jury.into_iter().chain(further).collect();
        Ok(JobSpec {
            id,
            build: naming.build,
            deps: [self.program].into_iter().chain(jury).collect(),
            artifacts: Vec::new(),
            isolation: naming.isolation,
            work: Work::Test(Arc::new(TestWork {
                name: test.name.clone(),
                program: self.program,
                toolchain: self.toolchain.clone(),
                entry: self.plan.entry.clone(),
                input: blobs.input,
                answer: blobs.answer,
                args: test.args.clone(),
                procedure: self.procedure.clone(),
                interactor_program: self.interactor_program.clone(),
                source: self.source(&checker),
                checker,
                checker_program,
                further_checkers,
                limits: self.limits(test).clone(),
                file_writing: self.plan.file_writing,
                output_head_max: self.plan.output_head_max,
                files: blobs.files.clone(),
                task: self.task(test, blobs),
                keep_output: test.keep_output,
                run,
                durability: naming.durability,
                earlier: self.earlier.find(run),
            })),
        })
    }

    /// Names a run by all that determines its output. Limits count only as far as the command tells them to the program;
    /// what they mean for a run that was made is another question.
    fn run(&self, test: &PlannedTest, blobs: &TestBlobs) -> JobId {
        let ProbedToolchain { toolchain, version } = self.toolchain.as_ref();
        let names = self.plan.files.iter();
        let names: Vec<_> = names
            .map(|file| SourceFile::new(file.name.clone(), Vec::new()))
            .collect();
        let (entry, limits) = (&self.plan.entry, self.limits(test));
        let command = toolchain.run_command(&names, entry, limits, &test.args);
        let env = toolchain.env(Some(limits));
        let mut parts = vec![
            b"run".to_vec(),
            self.program.as_bytes().to_vec(),
            version.clone().into_bytes(),
            format!("{} {command:?} {env:?}", toolchain.language().id).into_bytes(),
            blobs.input.as_bytes().to_vec(),
        ];
        if !self.plan.file_writing {
            parts.push(b"read-only".to_vec());
        }
        let files = &self.plan.procedure.files;
        if !files.are_none() {
            parts.push(format!("{files:?}").into_bytes());
        }
        let support = toolchain.run_support(entry);
        parts.extend(support.iter().map(|file| file.content.to_vec()));
        for file in &blobs.files {
            parts.push(file.name.clone().into_bytes());
            parts.push(file.blob.as_bytes().to_vec());
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        JobId::of(&parts)
    }
}
