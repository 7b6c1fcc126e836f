//! A node of a build at work: it waits for its dependencies, asks the scheduler for its job and tells its dependants.
//!
//! Addresses point down: a node asks those it depends on, and their answer is the message's result.

use std::sync::Arc;

use actix::prelude::*;
use tokio::sync::oneshot;

use crate::build::NodeName;
use crate::build::task::{Next, NodeOutcome, Task};
use crate::job::JobSpec;
use crate::scheduler::{CancelJob, ScheduleJob};
use crate::tell::Tell;

/// Answers when the node's outcome is known; `None`: the node was dropped with its build.
#[derive(Message)]
#[rtype(result = "Option<Arc<NodeOutcome>>")]
pub struct AwaitOutcome;

/// The build's leave to ask for the job.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Offer;

/// The node's result can no longer matter: it ends as cancelled, and so does its job.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CancelTask;

/// Whom a node asks.
#[derive(Clone)]
pub struct Scheduling {
    /// Takes jobs.
    pub schedule: Recipient<ScheduleJob>,
    /// Takes them back.
    pub cancel: Recipient<CancelJob>,
}

/// One node.
pub struct JobTask {
    task: Task,
    spec: JobSpec,
    deps: Vec<Addr<JobTask>>,
    scheduling: Scheduling,
    waiting: Vec<oneshot::Sender<Arc<NodeOutcome>>>,
}

impl JobTask {
    /// Starts a node above `deps`. Its spec gets the artifacts of the dependencies when they are known.
    /// `offered`: it needs no leave of the build.
    pub fn start(
        node: NodeName,
        spec: JobSpec,
        deps: Vec<Addr<JobTask>>,
        offered: bool,
        scheduling: Scheduling,
    ) -> Addr<Self> {
        Actor::start(Self {
            task: Task::new(node, deps.len(), offered),
            spec,
            deps,
            scheduling,
            waiting: Vec::new(),
        })
    }

    fn perform(&mut self, next: Next, ctx: &mut Context<Self>) {
        match next {
            Next::Wait => {}
            Next::Ask => self.ask(ctx),
            Next::AskAfter(pause) => {
                ctx.run_later(pause, |act, ctx| {
                    if act.task.is_asking() {
                        act.ask(ctx);
                    }
                });
            }
            Next::Tell { cancel } => {
                if cancel {
                    let (job, build) = (self.spec.id, self.spec.build);
                    self.scheduling.cancel.tell(CancelJob { job, build });
                }
                self.deps.clear();
                self.answer();
            }
        }
    }

    fn ask(&mut self, ctx: &mut Context<Self>) {
        self.spec.artifacts = self.task.artifacts();
        let asked = self
            .scheduling
            .schedule
            .send(ScheduleJob(self.spec.clone()));
        ctx.spawn(asked.into_actor(self).map(|answer, act, ctx| {
            let next = match answer {
                Ok(Ok(result)) => act.task.gave(result.output),
                // A scheduler that stops is no reason to judge: the submission is planned again at the next start.
                Ok(Err(_)) | Err(_) => act.task.interrupt(),
            };
            act.perform(next, ctx);
        }));
    }

    fn answer(&mut self) {
        let outcome = self.task.outcome().expect("the node has ended");
        for asker in self.waiting.drain(..) {
            if asker.send(outcome.clone()).is_err() {
                log::debug!("a node ended whose dependant was gone");
            }
        }
    }
}

impl Actor for JobTask {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        for dep in &self.deps {
            let outcome = dep.send(AwaitOutcome).into_actor(self);
            ctx.spawn(outcome.map(|outcome, act, ctx| {
                let next = match outcome {
                    Ok(Some(outcome)) => act.task.dependency(&outcome),
                    _ => act.task.interrupt(),
                };
                act.perform(next, ctx);
            }));
        }
        let next = self.task.started();
        self.perform(next, ctx);
    }
}

impl Handler<AwaitOutcome> for JobTask {
    type Result = ResponseFuture<Option<Arc<NodeOutcome>>>;

    fn handle(&mut self, _: AwaitOutcome, _: &mut Context<Self>) -> Self::Result {
        if let Some(outcome) = self.task.outcome() {
            return Box::pin(std::future::ready(Some(outcome.clone())));
        }
        let (asker, outcome) = oneshot::channel();
        self.waiting.push(asker);
        Box::pin(async { outcome.await.ok() })
    }
}

impl Handler<Offer> for JobTask {
    type Result = ();

    fn handle(&mut self, _: Offer, ctx: &mut Context<Self>) {
        let next = self.task.offer();
        self.perform(next, ctx);
    }
}

impl Handler<CancelTask> for JobTask {
    type Result = ();

    fn handle(&mut self, _: CancelTask, ctx: &mut Context<Self>) {
        let next = self.task.cancel();
        self.perform(next, ctx);
    }
}
