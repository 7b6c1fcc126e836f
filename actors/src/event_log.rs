//! What has happened, numbered, for those who watch.
//!
//! Memory is bounded on both sides: the log forgets its oldest events, and a subscriber that does not keep up is told
//! to read the state afresh. Events carry nothing that a contestant may not see.

mod log;

use std::sync::Arc;

use actix::prelude::*;
use serde::Serialize;
use tokio::sync::mpsc;
use tribunal_problems::{Verdict, Viewer};

use crate::contest::{Audience, ContestNews};
use crate::ids::{BuildId, SubmissionId};

use self::log::Log;
pub use self::log::{Limits as EventLimits, TooManySubscribers};

/// One thing that has happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Counts up, also over restarts; nothing else orders events.
    pub number: u64,
    /// The build that it happened to; it means nothing after a restart.
    #[serde(skip)]
    pub build: Option<BuildId>,
    /// The submission that it happened to; `None` in an anonymous run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission: Option<SubmissionId>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened. No field may ever hold a test's data, a checker's message or an output.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// It was accepted and stored, or put back.
    Queued,
    /// The compiler was started.
    Compiling,
    /// The compiler has ended.
    Compiled {
        /// `AC`, `CE`, `CTL` or `JE`.
        verdict: Verdict,
        /// Whether an earlier equal compile was taken.
        reused: bool,
    },
    /// One test is judged.
    TestDone {
        /// Its place in the package, from 0.
        index: usize,
        /// Its name.
        name: String,
        /// Its verdict.
        verdict: Verdict,
        /// CPU time.
        cpu_ms: u64,
    },
    /// The verdict is final.
    Judged {
        /// The verdict.
        verdict: Verdict,
        /// The score, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        score: Option<f64>,
    },
    /// Something happened in the contest. Unlike all others this is for whoever is of the audience, and of no submission.
    Contest {
        /// What happened.
        news: ContestNews,
        /// Who may hear of it.
        #[serde(skip)]
        audience: Audience,
    },
}

/// What a subscriber reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// The next event.
    Event(Arc<Event>),
    /// Events before `next` were missed. This is the last update: read the state afresh, then subscribe again after
    /// `next - 1`.
    Lagged {
        /// The number of the first event that can still be had.
        next: u64,
    },
}

/// Records that this has happened.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Append {
    /// The build that it happened to.
    pub build: Option<BuildId>,
    /// The submission that it happened to.
    pub submission: Option<SubmissionId>,
    /// What happened.
    pub kind: EventKind,
}

/// Asks for events as they come, and first for those that came after a known one.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<mpsc::Receiver<Update>, TooManySubscribers>")]
pub struct Subscribe {
    /// The number of the last event known; `None`: only what comes from now on.
    pub after: Option<u64>,
    /// Which events.
    pub topic: Topic,
}

/// Which events a subscriber is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// All.
    Everything,
    /// Those of one submission.
    Submission(SubmissionId),
    /// Those of the contest that this viewer may hear of.
    Contest(Viewer),
}

/// Tells what has happened to those who watch.
#[derive(Debug)]
pub struct EventLog {
    log: Log,
}

impl EventLog {
    /// A log without events. `first` is the first number; it must be above all that an earlier process gave, for which
    /// the milliseconds since 1970 times a thousand will do.
    #[must_use]
    pub fn new(first: u64, limits: EventLimits) -> Self {
        Self {
            log: Log::new(first, limits),
        }
    }
}

impl Actor for EventLog {
    type Context = Context<Self>;
}

impl Handler<Append> for EventLog {
    type Result = ();

    fn handle(&mut self, msg: Append, _: &mut Context<Self>) {
        self.log.append(msg.build, msg.submission, msg.kind);
    }
}

impl Handler<Subscribe> for EventLog {
    type Result = Result<mpsc::Receiver<Update>, TooManySubscribers>;

    fn handle(&mut self, msg: Subscribe, _: &mut Context<Self>) -> Self::Result {
        self.log.subscribe(msg.after, msg.topic)
    }
}
