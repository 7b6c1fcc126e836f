//! Takes one job from its assignment to its result: box, files, a slot, the check, outputs, an empty box.
//!
//! An executor has one job at a time and is otherwise idle. While its files are loaded, or while it waits for a slot,
//! only this executor waits. The box is emptied and the pins are released before the result is told.

mod again;
mod check;
mod compile;
mod grade;
mod interactive;
mod spec;
mod submitted;
mod talk;
mod test;
mod visit;

use actix::prelude::*;
use tribunal_sandbox::Isolation;

use crate::chain::chain;
use crate::invoker::{JobTimes, StopFlag, stopped};
use crate::job::{Assignment, JobFault, JobOutput, JobResult, Work};
use crate::place::{PlaceFault, TakePlace};
use crate::runner::{Run, SlotGone};
use crate::runners::RunTogether;
use crate::storage_cache::{LoadError, Pin};
use crate::stores::{StoreError, Stores};

/// Takes this job to its result.
#[derive(Message)]
#[rtype(result = "Executed")]
pub struct Execute {
    /// The job.
    pub assignment: Assignment,
    /// Ends it early.
    pub stop: StopFlag,
}

/// A job with its result.
#[derive(Debug, Clone, MessageResponse)]
pub struct Executed {
    /// The result.
    pub result: JobResult,
    /// Where the time went.
    pub times: JobTimes,
}

/// Whom an executor asks.
#[derive(Clone)]
pub struct Tools {
    /// Hands out boxes.
    pub places: Recipient<TakePlace>,
    /// Runs what is prepared.
    pub runs: Recipient<Run>,
    /// Runs what talks, each in its slot.
    pub together: Recipient<RunTogether>,
    /// Keeps the files that jobs read.
    pub cache: Recipient<Pin>,
    /// Keeps what jobs make.
    pub stores: Addr<Stores>,
}

/// One executor.
pub struct JobExecutor {
    tools: Tools,
}

impl JobExecutor {
    /// Starts an idle executor.
    pub fn start(tools: Tools) -> Addr<Self> {
        Actor::start(Self { tools })
    }
}

impl Actor for JobExecutor {
    type Context = Context<Self>;
}

impl Handler<Execute> for JobExecutor {
    type Result = ResponseFuture<Executed>;

    fn handle(&mut self, msg: Execute, _: &mut Context<Self>) -> Self::Result {
        Box::pin(execute(self.tools.clone(), msg))
    }
}

async fn execute(tools: Tools, Execute { assignment, stop }: Execute) -> Executed {
    let mut bench = Bench {
        tools,
        isolation: assignment.spec.isolation,
        stop,
        times: JobTimes::default(),
    };
    let spec = &assignment.spec;
    let output = match &spec.work {
        Work::Compile(work) => compile::compile(&mut bench, spec, work).await,
        Work::Test(work) => test::test(&mut bench, spec, work).await,
        Work::Grade(work) => grade::grade(&mut bench, spec, work).await,
    };
    let result = match output {
        Ok(output) => JobResult {
            job: spec.id,
            attempt: assignment.attempt,
            output: Ok(output),
        },
        Err(Halt::Stopped) => stopped(&assignment),
        Err(Halt::Fault(fault)) => JobResult {
            job: spec.id,
            attempt: assignment.attempt,
            output: Err(fault),
        },
    };
    Executed {
        result,
        times: bench.times,
    }
}

/// What a job in work has at hand.
struct Bench {
    tools: Tools,
    isolation: Isolation,
    stop: StopFlag,
    times: JobTimes,
}

/// Why a job ends without an output of its own.
#[derive(Debug)]
enum Halt {
    /// A stop order came.
    Stopped,
    /// The judge failed.
    Fault(JobFault),
}

type Output = Result<JobOutput, Halt>;

impl Halt {
    /// A failure that another attempt, perhaps elsewhere, may not meet again.
    fn passing(reason: impl Into<String>) -> Self {
        Self::Fault(JobFault {
            reason: reason.into(),
            retry: true,
            of_the_jury: false,
        })
    }

    /// A program of the jury's is broken.
    fn of_the_jury(reason: impl Into<String>) -> Self {
        Self::Fault(JobFault {
            reason: reason.into(),
            retry: true,
            of_the_jury: true,
        })
    }

    /// A failure that every attempt will meet.
    fn lasting(reason: impl Into<String>) -> Self {
        Self::Fault(JobFault {
            reason: reason.into(),
            retry: false,
            of_the_jury: false,
        })
    }
}

macro_rules! passing {
    ($($error:ty),*) => {$(
        impl From<$error> for Halt {
            fn from(error: $error) -> Self {
                Self::passing(chain(&error))
            }
        }
    )*};
}

passing!(
    PlaceFault,
    SlotGone,
    LoadError,
    StoreError,
    MailboxError,
    tokio::task::JoinError,
    std::io::Error
);
