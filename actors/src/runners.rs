//! The queue of prepared jobs before the runners: as many run at once as there are slots, in the order in which
//! they became ready. What must run together begins together.

use std::collections::VecDeque;
use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join_all;
use tokio::sync::oneshot;
use tribunal_sandbox::{Cancel, Captured, Certainty, Ending, Outcome};

use crate::runner::{Ran, Run, SlotGone};

/// Takes the cancelled ones out of the queue; each is answered as cancelled at once.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Sweep;

/// Asks how many slots there are, how many are busy, and how many runs wait for one.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "SlotCounts")]
pub struct CountSlots;

/// The slots of an invoker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, MessageResponse)]
pub struct SlotCounts {
    /// Slots in which something runs.
    pub busy: usize,
    /// Slots in which nothing runs.
    pub free: usize,
    /// Prepared jobs that wait for a slot.
    pub waiting: usize,
}

/// Runs several programs at the same time, such as a submission and the interactor that it talks to.
///
/// None begins before each has its slot, and while they wait they hold none: two talks never wait for each other. Where there are
/// fewer slots than programs, they share what there is.
#[derive(Message)]
#[rtype(result = "Vec<Result<Ran, SlotGone>>")]
pub struct RunTogether {
    /// The runs, answered in this order.
    pub runs: Vec<Run>,
    /// Takes them out of the queue.
    pub cancel: Cancel,
}

/// The queue and which slots are free.
pub struct Runners {
    slots: Vec<Recipient<Run>>,
    free: VecDeque<usize>,
    ready: VecDeque<Ready>,
}

struct Ready {
    runs: Vec<Run>,
    cancel: Cancel,
    answer: oneshot::Sender<Vec<Result<Ran, SlotGone>>>,
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
        while let Some(first) = self.ready.front() {
            let wanted = first.runs.len().clamp(1, self.slots.len().max(1));
            if self.free.len() < wanted {
                return;
            }
            let slots: Vec<usize> = self.free.drain(..wanted).collect();
            if let Some(ready) = self.ready.pop_front() {
                self.begin(ready, slots, ctx);
            }
        }
    }

    fn begin(&mut self, ready: Ready, slots: Vec<usize>, ctx: &mut Context<Self>) {
        let Ready { runs, answer, .. } = ready;
        let sent: Vec<_> = dealt(runs, slots.len())
            .into_iter()
            .zip(&slots)
            .map(|(run, &slot)| self.slots[slot].send(run))
            .collect();
        ctx.spawn(join_all(sent).into_actor(self).map(move |ran, act, ctx| {
            let ran = ran.into_iter().map(|ran| ran.unwrap_or(Err(SlotGone)));
            if answer.send(gathered(ran.collect())).is_err() {
                log::debug!("a run ended whose executor was gone");
            }
            act.free.extend(slots);
            act.serve(ctx);
        }));
    }

    fn sweep(&mut self) {
        let (cancelled, ready) = std::mem::take(&mut self.ready)
            .into_iter()
            .partition(|ready| ready.cancel.is_cancelled());
        self.ready = ready;
        for Ready { runs, answer, .. } in cancelled {
            let none = |run: Run| {
                Ok(Ran {
                    place: run.place,
                    outcome: Ok(never_started()),
                    beside: Vec::new(),
                })
            };
            if answer.send(runs.into_iter().map(none).collect()).is_err() {
                log::debug!("a run was cancelled whose executor was gone");
            }
        }
    }

    fn queue(
        &mut self,
        runs: Vec<Run>,
        cancel: Cancel,
        ctx: &mut Context<Self>,
    ) -> oneshot::Receiver<Vec<Result<Ran, SlotGone>>> {
        let (answer, ran) = oneshot::channel();
        self.ready.push_back(Ready {
            runs,
            cancel,
            answer,
        });
        self.sweep();
        self.serve(ctx);
        ran
    }
}

/// One run for each slot; those that find none left go beside the first ones, in turn.
fn dealt(runs: Vec<Run>, slots: usize) -> Vec<Run> {
    let mut dealt: Vec<Run> = Vec::with_capacity(slots);
    for (at, run) in runs.into_iter().enumerate() {
        if at < slots {
            dealt.push(run);
        } else {
            dealt[at % slots].beside.push(run);
        }
    }
    dealt
}

/// The other way round: everything in the order in which it was asked for.
fn gathered(mut ran: Vec<Result<Ran, SlotGone>>) -> Vec<Result<Ran, SlotGone>> {
    let beside: Vec<_> = ran
        .iter_mut()
        .map(|ran| match ran {
            Ok(ran) => std::mem::take(&mut ran.beside),
            Err(SlotGone) => Vec::new(),
        })
        .map(VecDeque::from)
        .collect();
    let slots = beside.len();
    let mut beside = beside;
    for slot in (0..slots).cycle() {
        match beside[slot].pop_front() {
            Some(next) => ran.push(Ok(next)),
            None => break,
        }
    }
    ran
}

impl Actor for Runners {
    type Context = Context<Self>;
}

impl Handler<Run> for Runners {
    type Result = ResponseFuture<Result<Ran, SlotGone>>;

    fn handle(&mut self, run: Run, ctx: &mut Context<Self>) -> Self::Result {
        let cancel = run.cancel.clone();
        let ran = self.queue(vec![run], cancel, ctx);
        Box::pin(async move {
            let ran = ran.await.ok().and_then(|mut ran| ran.pop());
            ran.unwrap_or(Err(SlotGone))
        })
    }
}

impl Handler<RunTogether> for Runners {
    type Result = ResponseFuture<Vec<Result<Ran, SlotGone>>>;

    fn handle(&mut self, msg: RunTogether, ctx: &mut Context<Self>) -> Self::Result {
        let ran = self.queue(msg.runs, msg.cancel, ctx);
        Box::pin(async move { ran.await.unwrap_or_default() })
    }
}

impl Handler<Sweep> for Runners {
    type Result = ();

    fn handle(&mut self, _: Sweep, ctx: &mut Context<Self>) {
        self.sweep();
        self.serve(ctx);
    }
}

impl Handler<CountSlots> for Runners {
    type Result = SlotCounts;

    fn handle(&mut self, _: CountSlots, _: &mut Context<Self>) -> SlotCounts {
        SlotCounts {
            busy: self.slots.len() - self.free.len(),
            free: self.free.len(),
            waiting: self.ready.len(),
        }
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
