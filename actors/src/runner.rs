//! A slot: the right to run one process now. It runs what is prepared and does nothing else.
//!
//! The actor is an ordinary one, so it answers while its job runs. What blocks is done by the slot's own thread,
//! which lives as long as the slot and is pinned to the slot's core.

use std::io;
use std::sync::mpsc;
use std::thread;

use actix::prelude::*;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use tokio::sync::oneshot;
use tribunal_sandbox::{Cancel, Outcome, Spec};

use crate::place::{Place, PlaceFault};

/// Runs one prepared process tree to its end and gives the place back.
#[derive(Message)]
#[rtype(result = "Result<Ran, SlotGone>")]
pub struct Run {
    /// The box, with everything that the run needs in it.
    pub place: Box<dyn Place>,
    /// What to run.
    pub spec: Spec,
    /// Ends the run early.
    pub cancel: Cancel,
    /// What runs at the same time in this slot, where there are fewer slots than programs that talk.
    pub beside: Vec<Run>,
}

/// A run that is over.
pub struct Ran {
    /// The box, with what the run left in it.
    pub place: Box<dyn Place>,
    /// How the run ended, or why the sandbox failed.
    pub outcome: Result<Outcome, PlaceFault>,
    /// What ran beside it, in the same order.
    pub beside: Vec<Ran>,
}

/// The slot has stopped; the run's fate is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the slot has stopped")]
pub struct SlotGone;

/// One slot.
pub struct Runner {
    orders: mpsc::Sender<Order>,
}

struct Order {
    run: Run,
    answer: oneshot::Sender<Ran>,
}

impl Runner {
    /// Starts a slot with its thread; `core`: where the thread and every process of its runs are pinned.
    pub(crate) fn start(slot: usize, core: Option<usize>) -> io::Result<Addr<Self>> {
        let (orders, incoming) = mpsc::channel();
        thread::Builder::new()
            .name(format!("slot-{slot}"))
            .spawn(move || {
                core.inspect(|&core| pin(core));
                obey(core, &incoming);
            })?;
        Ok(Actor::start(Self { orders }))
    }
}

impl Actor for Runner {
    type Context = Context<Self>;
}

impl Handler<Run> for Runner {
    type Result = ResponseFuture<Result<Ran, SlotGone>>;

    fn handle(&mut self, run: Run, _: &mut Context<Self>) -> Self::Result {
        let (answer, ran) = oneshot::channel();
        let given = self.orders.send(Order { run, answer });
        Box::pin(async move {
            given.map_err(|_| SlotGone)?;
            ran.await.map_err(|_| SlotGone)
        })
    }
}

/// Ends when the slot's actor has been dropped.
fn obey(core: Option<usize>, incoming: &mpsc::Receiver<Order>) {
    for Order { run, answer } in incoming {
        if answer.send(carry_out(run, core)).is_err() {
            log::debug!("a run ended whose asker was gone");
        }
    }
}

/// Runs it to its end, and what is beside it on threads that end with it and are pinned as this one is.
fn carry_out(mut run: Run, core: Option<usize>) -> Ran {
    run.spec.core = run.spec.core.or(core);
    let beside = std::mem::take(&mut run.beside);
    thread::scope(|scope| {
        let started = beside
            .into_iter()
            .map(|run| scope.spawn(move || carry_out(run, core)));
        let others: Vec<_> = started.collect();
        let outcome = run.place.run(&run.spec, &run.cancel);
        let ended = others.into_iter().map(|other| other.join());
        let beside = ended
            .map(|ran| ran.expect("a place does not panic"))
            .collect();
        let place = run.place;
        Ran {
            place,
            outcome,
            beside,
        }
    })
}

/// A thread that cannot be pinned still runs its jobs; only their times vary more.
fn pin(core: usize) {
    let mut set = CpuSet::new();
    let pinned = set
        .set(core)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set));
    if let Err(error) = pinned {
        log::warn!("the slot's thread is not pinned to core {core}: {error}");
    }
}
