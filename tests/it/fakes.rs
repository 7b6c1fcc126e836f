//! Boxes and slots that only pretend, for a judge on a paused clock.
//!
//! A fake slot takes the program's standard input for a script and acts it in virtual time, line by line:
//! `sleep MS`, `print TEXT`, `long WORD` (3000 times), `exit STATUS`, `cpu MS`. A run without input is a compiler's: it takes [`COMPILING`].

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use actix::prelude::*;
use futures_util::future::{LocalBoxFuture, join, join_all};
use tokio::time::{Instant, sleep};
use tribunal_actors::{Place, PlaceFault, Placed, Ran, Run, SlotGone, TakePlace};
use tribunal_sandbox::{Cancel, Captured, Certainty, Ending, Input, Outcome, Spec, seal};

/// How long a fake compiler takes.
pub(crate) const COMPILING: Duration = Duration::from_millis(50);

/// What the fakes have seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Seen>>);

/// Boxes and runs.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Boxes in use, and the most at one time.
    pub(crate) boxes: usize,
    pub(crate) boxes_max: usize,
    /// Runs at one time, and the most.
    pub(crate) running: usize,
    pub(crate) running_max: usize,
    /// How often each script was run; the empty one is a compiler's.
    pub(crate) runs: BTreeMap<String, usize>,
    /// Runs that were cancelled.
    pub(crate) cancelled: usize,
}

impl Ledger {
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().expect("no test panics with the ledger")
    }
}

/// Hands out fake boxes.
pub(crate) struct FakePlaces(pub(crate) Ledger);

impl Actor for FakePlaces {
    type Context = Context<Self>;
}

impl Handler<TakePlace> for FakePlaces {
    type Result = Result<Box<dyn Place>, PlaceFault>;

    fn handle(&mut self, _: TakePlace, _: &mut Context<Self>) -> Self::Result {
        let mut seen = self.0.seen();
        seen.boxes += 1;
        seen.boxes_max = seen.boxes_max.max(seen.boxes);
        Ok(Box::new(FakePlace(self.0.clone())))
    }
}

struct FakePlace(Ledger);

impl Place for FakePlace {
    fn place(&mut self, _: &str, _: Placed<'_>, _: bool) -> Result<(), PlaceFault> {
        Ok(())
    }

    fn run(&mut self, _: &Spec, _: &Cancel) -> Result<Outcome, PlaceFault> {
        unreachable!("a fake slot runs by itself")
    }

    fn take(&mut self, name: &str, _: u64) -> Result<File, PlaceFault> {
        // A fake checker leaves nothing.
        if name.starts_with(".check/") {
            return Err(PlaceFault::Absent(format!("no run left {name}")));
        }
        let program: OwnedFd = seal(&mut &b"a program"[..], name)?;
        Ok(program.into())
    }

    fn reset(self: Box<Self>) {
        self.0.seen().boxes -= 1;
    }
}

/// A slot that acts scripts.
pub(crate) struct FakeSlot(pub(crate) Ledger);

impl Actor for FakeSlot {
    type Context = Context<Self>;
}

impl Handler<Run> for FakeSlot {
    type Result = ResponseFuture<Result<Ran, SlotGone>>;

    fn handle(&mut self, run: Run, _: &mut Context<Self>) -> Self::Result {
        let ledger = self.0.clone();
        Box::pin(async move { Ok(perform(ledger, run).await) })
    }
}

/// Acts a run's script, and what is beside it at the same time.
fn perform(ledger: Ledger, run: Run) -> LocalBoxFuture<'static, Ran> {
    Box::pin(async move {
        let script = script(&run.spec.stdin);
        {
            let mut seen = ledger.seen();
            seen.running += 1;
            seen.running_max = seen.running_max.max(seen.running);
            *seen.runs.entry(script.clone()).or_default() += 1;
        }
        let beside = run.beside.into_iter();
        let beside = join_all(beside.map(|run| perform(ledger.clone(), run)));
        let (outcome, beside) = join(act(&script, &run.spec, &run.cancel), beside).await;
        let mut seen = ledger.seen();
        seen.running -= 1;
        seen.cancelled += usize::from(outcome.ending == Ending::Cancelled);
        Ran {
            place: run.place,
            outcome: Ok(outcome),
            beside,
        }
    })
}

fn script(stdin: &Input) -> String {
    let Input::File(file) = stdin else {
        return String::new();
    };
    let file = File::from(file.try_clone().expect("a descriptor can be cloned"));
    let mut text = vec![0; 4096];
    let length = file.read_at(&mut text, 0).expect("the input can be read");
    text.truncate(length);
    String::from_utf8(text).expect("scripts are text")
}

async fn act(script: &str, spec: &Spec, cancel: &Cancel) -> Outcome {
    let began = Instant::now();
    let mut outcome = Outcome {
        ending: Ending::Exited(0),
        cpu_time: Duration::from_millis(1),
        wall_time: Duration::ZERO,
        peak_memory: 1 << 20,
        stdout: Captured::default(),
        stderr: Captured::default(),
        cpu_certainty: Certainty::Exact,
        memory_certainty: Certainty::Exact,
        degraded: Vec::new(),
    };
    let script = if script.is_empty() {
        "sleep 50"
    } else {
        script
    };
    for line in script.lines() {
        let (order, rest) = line.split_once(' ').unwrap_or((line, ""));
        match order {
            "sleep" => pause(rest, cancel).await,
            "print" => outcome.stdout.head.extend(format!("{rest}\n").bytes()),
            "long" => outcome
                .stdout
                .head
                .extend(format!("{rest} ").repeat(3000).bytes()),
            "exit" => outcome.ending = Ending::Exited(rest.parse().expect("a status")),
            "cpu" => outcome.cpu_time = Duration::from_millis(rest.parse().expect("a time")),
            other => panic!("no such order: {other:?}"),
        }
        if cancel.is_cancelled() {
            outcome.ending = Ending::Cancelled;
            break;
        }
    }
    if outcome.cpu_time > spec.limits.cpu_time {
        outcome.ending = Ending::CpuLimit;
    }
    outcome.stdout.total = outcome.stdout.head.len() as u64;
    outcome.wall_time = began.elapsed();
    outcome
}

/// Looks every 10 ms of virtual time whether the run is cancelled.
async fn pause(milliseconds: &str, cancel: &Cancel) {
    let until = Instant::now() + Duration::from_millis(milliseconds.parse().expect("a time"));
    while Instant::now() < until && !cancel.is_cancelled() {
        sleep(Duration::from_millis(10).min(until - Instant::now())).await;
    }
}
