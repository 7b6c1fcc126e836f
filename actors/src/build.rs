//! One submission being judged: plans its jobs as a DAG, offers them in the order that the contest's rule wants, and
//! folds their results into a verdict.

pub(crate) mod graph;
pub(crate) mod outline;
pub(crate) mod planning;
pub(crate) mod prepare;
mod progress;
pub(crate) mod task;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use actix::prelude::*;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;
use tribunal_problems::{Grading, Plan};

use crate::chain::chain;
use crate::event_log::{Append, EventKind};
use crate::ids::{BuildId, SubmissionId};
use crate::job_task::{AwaitOutcome, CancelTask, JobTask, Offer, Scheduling};
use crate::kept_run::Earlier;
use crate::report::{BuildReport, CompileReport, SubmissionStatus, TestReport};
use crate::stores::{DropStaging, Durability, FindArtifact, Stores};
use crate::tell::Tell;
use crate::toolchains::Toolchains;
use planning::{Planned, PlannedGrader, plan_jobs};
use progress::Progress;
use task::{NodeError, NodeOutcome};

pub use graph::GraphError;

/// A node of a build's DAG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeName {
    /// Compiles the submission.
    Solution,
    /// Compiles the problem's own checker.
    Checker,
    /// Compiles another checker of the problem's, counted from 0, which has to accept as well.
    FurtherChecker(u32),
    /// Compiles the problem's own interactor.
    Interactor,
    /// Compiles the problem's static validator.
    StaticValidator,
    /// Compiles the problem's grader.
    Grader,
    /// Runs the submission on one test, counted from 0, and checks its output.
    Test(u32),
    /// Asks the grader about one group, by its place in the scoring.
    Grade(u32),
}

impl NodeName {
    /// The nodes that compile what the jury may bring.
    pub const OF_THE_JURY: [Self; 4] = [
        Self::Checker,
        Self::Interactor,
        Self::StaticValidator,
        Self::Grader,
    ];

    /// Says whether it compiles a program.
    #[must_use]
    pub fn is_compile(self) -> bool {
        !matches!(self, Self::Test(_) | Self::Grade(_))
    }

    /// The name under which what this node makes for a problem is released; `None`: it is a submission's own.
    #[must_use]
    pub fn release(self, problem: &str) -> Option<String> {
        match self {
            Self::Checker => Some(format!("{problem}/checker")),
            Self::FurtherChecker(at) => Some(format!("{problem}/checker-{}", at + 2)),
            Self::Interactor => Some(format!("{problem}/interactor")),
            Self::StaticValidator => Some(format!("{problem}/static_validator")),
            Self::Grader => Some(format!("{problem}/grader")),
            Self::Solution | Self::Test(_) | Self::Grade(_) => None,
        }
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Solution => f.write_str("compile the solution"),
            Self::Checker => f.write_str("compile the checker"),
            Self::FurtherChecker(at) => write!(f, "compile checker {}", at + 2),
            Self::Interactor => f.write_str("compile the interactor"),
            Self::StaticValidator => f.write_str("compile the static validator"),
            Self::Grader => f.write_str("compile the grader"),
            Self::Test(index) => write!(f, "test {}", index + 1),
            Self::Grade(group) => write!(f, "grade group {group}"),
        }
    }
}

/// Answers when the verdict is final.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<BuildReport, BuildFault>")]
pub struct AwaitReport;

/// Asks how far the build is.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "BuildProgress")]
pub struct GetProgress;

/// Nobody wants the verdict any more: everything that waits is withdrawn, everything that runs is stopped.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct CancelBuild;

/// How far a build is.
#[derive(Debug, Clone, PartialEq, MessageResponse)]
pub struct BuildProgress {
    /// The phase.
    pub status: SubmissionStatus,
    /// What the compiler did, once known.
    pub compile: Option<CompileReport>,
    /// The tests judged so far, in the order of the plan.
    pub tests: Vec<TestReport>,
}

/// Why a build has no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildFault {
    /// The judge stops; the submission has to be planned again.
    #[error("the judge stopped before the verdict was final")]
    Interrupted,
    /// Nobody wanted it any more.
    #[error("the build was cancelled")]
    Cancelled,
    /// It could not be planned; no job was run.
    #[error("the build cannot be planned: {0}")]
    Unplannable(String),
}

/// What a build is asked to judge.
#[derive(Debug, Clone)]
pub struct BuildOrder {
    /// The build.
    pub id: BuildId,
    /// The submission it judges; `None`: an anonymous run.
    pub submission: Option<SubmissionId>,
    /// What judging it asks for.
    pub plan: Arc<Plan>,
    /// What an earlier judgement has of it, where that may be taken.
    pub earlier: Earlier,
}

/// Whom a build asks.
#[derive(Clone)]
pub struct BuildTools {
    /// Takes jobs.
    pub scheduling: Scheduling,
    /// Keeps files.
    pub stores: Addr<Stores>,
    /// Hears what happens.
    pub events: Recipient<Append>,
    /// The languages of this host.
    pub toolchains: Arc<Toolchains>,
    /// How many tests of one build are on offer at once.
    pub window: usize,
    /// Keeps the names of this process's runs apart from those of any other.
    pub salt: u64,
}

/// The root of one DAG.
pub struct Build {
    order: BuildOrder,
    tools: BuildTools,
    tasks: BTreeMap<NodeName, Addr<JobTask>>,
    progress: Option<Progress>,
    grader: Option<PlannedGrader>,
    end: Option<Result<BuildReport, BuildFault>>,
    waiting: Vec<oneshot::Sender<Result<BuildReport, BuildFault>>>,
}

struct NodeEnded {
    node: NodeName,
    outcome: Option<Arc<NodeOutcome>>,
}

impl Build {
    /// Starts a build.
    #[must_use]
    pub fn start(order: BuildOrder, tools: BuildTools) -> Addr<Self> {
        Actor::start(Self {
            order,
            tools,
            tasks: BTreeMap::new(),
            progress: None,
            grader: None,
            end: None,
            waiting: Vec::new(),
        })
    }

    fn durability(&self) -> Durability {
        match self.order.submission {
            Some(_) => Durability::Durable,
            None => Durability::Scratch(self.order.id),
        }
    }

    /// Puts the plan's contents into the store, then plans and starts every node at once.
    fn prepare(&mut self, ctx: &mut Context<Self>) {
        let (plan, build) = (self.order.plan.clone(), self.order.id);
        let stores = self.tools.stores.clone();
        let prepared = async move { prepare::patiently(&plan, build, &stores).await };
        ctx.spawn(prepared.into_actor(self).map(|prepared, act, ctx| {
            if act.end.is_some() {
                return;
            }
            let (order, tools) = (&act.order, &act.tools);
            let planned = prepared.and_then(|blobs| {
                let name = planning::Naming {
                    build: order.id,
                    salt: tools.salt,
                    durability: act.durability(),
                    isolation: planning::isolation(&order.plan),
                };
                plan_jobs(&name, order, &blobs, &tools.toolchains)
            });
            match planned {
                Ok(planned) => act.begin(planned, ctx),
                Err(error) => act.finish(Err(BuildFault::Unplannable(chain(&error)))),
            }
        }));
    }

    fn begin(&mut self, planned: Planned, ctx: &mut Context<Self>) {
        let Planned {
            graph,
            mut jobs,
            generator,
            grader,
        } = planned;
        self.grader = grader;
        self.progress = Some(Progress::new(
            &self.order.plan,
            generator,
            self.tools.window,
        ));
        for &node in graph.order() {
            let deps = graph.deps(node).map(|dep| self.tasks[&dep].clone());
            let deps: Vec<_> = deps.collect();
            let spec = jobs
                .remove(&node)
                .expect("every node of the graph has a job");
            let offered = node.is_compile();
            let task = JobTask::start(node, spec, deps, offered, self.tools.scheduling.clone());
            self.tasks.insert(node, task);
        }
        let outcomes: FuturesUnordered<_> = self
            .tasks
            .iter()
            .map(|(&node, task)| {
                let outcome = task.send(AwaitOutcome);
                async move {
                    let outcome = outcome.await.ok().flatten();
                    NodeEnded { node, outcome }
                }
            })
            .collect();
        ctx.add_stream(outcomes);
        self.event(EventKind::Compiling);
        self.step(ctx);
    }

    /// Starts a question to the grader. It is no node of the plan, since only the results say what is asked, and whether.
    fn grade(&mut self, grading: Grading, ctx: &mut Context<Self>) {
        let grader = self.grader.as_ref();
        let grader = grader.expect("whoever plans a rule with a grader plans the grader");
        let group = u32::try_from(grading.group).expect("a problem has less than 2^32 groups");
        let (node, spec) = (NodeName::Grade(group), grader.job(grading));
        let deps = vec![self.tasks[&NodeName::Grader].clone()];
        let task = JobTask::start(node, spec, deps, true, self.tools.scheduling.clone());
        let outcome = task.send(AwaitOutcome);
        self.tasks.insert(node, task);
        ctx.spawn(outcome.into_actor(self).map(move |outcome, act, ctx| {
            let outcome = outcome.ok().flatten();
            act.ended(NodeEnded { node, outcome }, ctx);
        }));
    }

    /// Carries out what the progress asks for.
    fn step(&mut self, ctx: &mut Context<Self>) {
        let Some(progress) = &mut self.progress else {
            return;
        };
        let mut events = Vec::new();
        while let Some(kind) = progress.poll_event() {
            events.push(kind);
        }
        while let Some(test) = progress.poll_cancel() {
            self.tasks[&NodeName::Test(test)].tell(CancelTask);
        }
        while let Some(test) = progress.poll_offer() {
            self.tasks[&NodeName::Test(test)].tell(Offer);
        }
        let gradings: Vec<Grading> = std::iter::from_fn(|| progress.poll_grading()).collect();
        let end = progress.end();
        for grading in gradings {
            self.grade(grading, ctx);
        }
        events.into_iter().for_each(|kind| self.event(kind));
        if let Some(end) = end {
            self.finish(end);
        }
    }

    fn ended(&mut self, NodeEnded { node, outcome }: NodeEnded, ctx: &mut Context<Self>) {
        if self.end.is_some() {
            return;
        }
        let gone = || Arc::new(Err(BTreeMap::from([(node, NodeError::Interrupted)])));
        let outcome = outcome.unwrap_or_else(gone);
        if let (true, Ok(finished)) = (node.is_compile(), outcome.as_ref()) {
            // An equal compile of another build may have made it; finding it keeps it for this one, too.
            for &id in finished.artifacts.keys() {
                let build = self.order.id;
                self.tools.stores.tell(FindArtifact { build, id });
            }
        }
        if let Some(progress) = &mut self.progress {
            progress.ended(node, &outcome);
        }
        self.step(ctx);
    }

    /// Tells everybody; later ends change nothing.
    fn finish(&mut self, end: Result<BuildReport, BuildFault>) {
        if self.end.is_some() {
            return;
        }
        self.tasks.values().for_each(|task| task.tell(CancelTask));
        self.tasks.clear();
        self.tools.stores.tell(DropStaging {
            build: self.order.id,
        });
        for asker in self.waiting.drain(..) {
            if asker.send(end.clone()).is_err() {
                log::debug!("build {} ended whose asker was gone", self.order.id);
            }
        }
        self.end = Some(end);
    }

    fn event(&self, kind: EventKind) {
        self.tools.events.tell(Append {
            build: Some(self.order.id),
            submission: self.order.submission,
            kind,
        });
    }
}

impl Actor for Build {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.prepare(ctx);
    }
}

impl StreamHandler<NodeEnded> for Build {
    fn handle(&mut self, ended: NodeEnded, ctx: &mut Context<Self>) {
        self.ended(ended, ctx);
    }

    /// The last node has ended: the actor stays to answer questions.
    fn finished(&mut self, _: &mut Context<Self>) {}
}

impl Handler<AwaitReport> for Build {
    type Result = ResponseFuture<Result<BuildReport, BuildFault>>;

    fn handle(&mut self, _: AwaitReport, _: &mut Context<Self>) -> Self::Result {
        if let Some(end) = &self.end {
            return Box::pin(std::future::ready(end.clone()));
        }
        let (asker, end) = oneshot::channel();
        self.waiting.push(asker);
        Box::pin(async { end.await.unwrap_or(Err(BuildFault::Interrupted)) })
    }
}

impl Handler<GetProgress> for Build {
    type Result = BuildProgress;

    fn handle(&mut self, _: GetProgress, _: &mut Context<Self>) -> BuildProgress {
        match &self.progress {
            Some(progress) => progress.view(),
            None => BuildProgress {
                status: SubmissionStatus::Queued,
                compile: None,
                tests: Vec::new(),
            },
        }
    }
}

impl Handler<CancelBuild> for Build {
    type Result = ();

    fn handle(&mut self, _: CancelBuild, _: &mut Context<Self>) {
        self.finish(Err(BuildFault::Cancelled));
    }
}
