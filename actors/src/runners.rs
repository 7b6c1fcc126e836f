//! The queue of prepared jobs before the runners: as many run at once as there are slots, in the order in which
//! they became ready.

use std::collections::VecDeque;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::oneshot;
use tribunal_sandbox::{Captured, Certainty, Ending, Outcome};

use crate::runner::{Ran, Run, SlotGone};

/// Takes the cancelled ones out of the queue; each is answered as cancelled at once.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Sweep;

/// The queue and which slots are free.
pub struct Runners {
    slots: Vec<Recipient<Run>>,
    free: VecDeque<usize>,
    ready: VecDeque<Ready>,
}

struct Ready {
    run: Run,
    answer: oneshot::Sender<Result<Ran, SlotGone>>,
}

impl Runners {
    /// A queue before these slots.
    #[must_use]
    pub fn new(slots: Vec<Recipient<Run>>) -> Self {
        Self {
            free: (0..slots.len()).collect(),
            slots,
            ready: VecDeque::new(),
        }
    }

    fn serve(&mut self, ctx: &mut Context<Self>) {
        while !self.ready.is_empty()
            && let Some(slot) = self.free.pop_front()
            && let Some(Ready { run, answer }) = self.ready.pop_front()
        {
            let ran = self.slots[slot].send(run).into_actor(self);
            ctx.spawn(ran.map(move |ran, act, ctx| {
                let told = answer.send(ran.unwrap_or(Err(SlotGone)));
                if told.is_err() {
                    log::debug!("a run ended whose executor was gone");
                }
                act.free.push_back(slot);
                act.serve(ctx);
            }));
        }
    }

    fn sweep(&mut self) {
        let (cancelled, ready) = std::mem::take(&mut self.ready)
            .into_iter()
            .partition(|ready| ready.run.cancel.is_cancelled());
        self.ready = ready;
        for Ready { run, answer } in cancelled {
            let outcome = Ok(never_started());
            let place = run.place;
            if answer.send(Ok(Ran { place, outcome })).is_err() {
                log::debug!("a run was cancelled whose executor was gone");
            }
        }
    }
}

impl Actor for Runners {
    type Context = Context<Self>;
}

impl Handler<Run> for Runners {
    type Result = ResponseFuture<Result<Ran, SlotGone>>;

    fn handle(&mut self, run: Run, ctx: &mut Context<Self>) -> Self::Result {
        let (answer, ran) = oneshot::channel();
        self.ready.push_back(Ready { run, answer });
        self.sweep();
        self.serve(ctx);
        Box::pin(async move { ran.await.unwrap_or(Err(SlotGone)) })
    }
}

impl Handler<Sweep> for Runners {
    type Result = ();

    fn handle(&mut self, _: Sweep, _: &mut Context<Self>) {
        self.sweep();
    }
}

/// The outcome of a run that was cancelled while it waited.
fn never_started() -> Outcome {
    Outcome {
        ending: Ending::Cancelled,
        cpu_time: Duration::ZERO,
        wall_time: Duration::ZERO,
        peak_memory: 0,
        stdout: Captured::default(),
        stderr: Captured::default(),
        cpu_certainty: Certainty::Exact,
        memory_certainty: Certainty::Exact,
        degraded: Vec::new(),
    }
}
