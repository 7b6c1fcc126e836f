//! What boxes cost when nobody waits for them: being made, being replaced, lying ready.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tribunal_sandbox::{CgroupMode, Config, Ending, Sandbox};

use crate::Done;
use crate::programs::{Programs, run};
use crate::table::{Bound, Table, median, mib, ms};

/// Independent runs, and boxes made or replaced in each.
const RUNS: usize = 5;
const BOXES: usize = 40;
/// Between two boxes: as long as a short run takes.
const PAUSE: Duration = Duration::from_millis(10);
/// Boxes that lie ready while their memory is looked at.
const IDLE: usize = 16;

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Done<()> {
    making(table)?;
    replacing(programs, table)?;
    idle(programs, table)
}

fn making(table: &mut Table) -> Done<()> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let sandbox = Sandbox::start(Config::default())?;
        let (mut held, mut times) = (Vec::new(), Vec::new());
        for _ in 0..BOXES {
            until(|| sandbox.stats().ready >= 2)?;
            pause(PAUSE);
            let made = sandbox.stats().made;
            held.push(sandbox.acquire()?);
            until(|| sandbox.stats().made > made)?;
            times.push(ms(sandbox.stats().last_making_time));
        }
        runs.push(median(&times));
    }
    table.line(
        "making a box in the background",
        "ms",
        &Bound::AtMost(3.0),
        &runs,
    );
    Ok(())
}

/// Runs after a visit that left its box dirty, beside runs after a clean one: nobody waits for the replacement.
fn replacing(programs: &Programs, table: &mut Table) -> Done<()> {
    let (empty, leave) = (programs.empty(None), programs.deed(&["leave"], None));
    let (mut ratios, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let sandbox = Sandbox::start(Config::default())?;
        let (mut after, mut waited) = ([Vec::new(), Vec::new()], Vec::new());
        for at in 0..2 * BOXES {
            until(|| sandbox.stats().ready >= 2)?;
            pause(PAUSE);
            let dirty = at % 2;
            run(&mut sandbox.acquire()?, [&empty, &leave][dirty])?;
            let began = Instant::now();
            let mut visit = sandbox.acquire()?;
            let wait = began.elapsed();
            let outcome = run(&mut visit, &empty)?;
            after[dirty].push(ms(began.elapsed()));
            waited.push(ms(wait));
            if outcome.ending != Ending::Exited(0) {
                return Err(format!("the next run fails: {outcome:?}").into());
            }
        }
        waits.push(waited.iter().copied().fold(0.0, f64::max));
        ratios.push(median(&after[1]) / median(&after[0]));
    }
    table.note(
        "waiting for a box, worst of 80, half after a dirty one",
        "ms",
        &waits,
    );
    table.line(
        "the next run after a dirty box ÷ after a clean one",
        "×",
        &Bound::AtMost(1.5),
        &ratios,
    );
    Ok(())
}

/// What the kernel charges to the groups of boxes that nobody uses: their agents, and what the kernel keeps for both.
fn idle(programs: &Programs, table: &mut Table) -> Done<()> {
    let mut charged = Vec::new();
    let sandbox = Sandbox::start(Config {
        ready: IDLE,
        name: "bench-idle".to_owned(),
        ..Config::default()
    })?;
    until(|| sandbox.stats().ready >= IDLE)?;
    run(&mut sandbox.acquire()?, &programs.empty(None))?;
    pause(10 * PAUSE);
    let (top, file) = match sandbox.host().cgroup() {
        CgroupMode::V1 { memory, .. } => (memory, "memory.usage_in_bytes"),
        CgroupMode::V2 { own, .. } => (own, "memory.current"),
        CgroupMode::None => return Ok(()),
    };
    let prefix = format!("bench-idle-{}-", std::process::id());
    for judge in below(top).filter(|path| named(path, &prefix)) {
        for group in below(&judge).filter(|path| named(path, "box-")) {
            let text = std::fs::read_to_string(group.join(file))?;
            charged.push(mib(text.trim().parse()?));
        }
    }
    table.line(
        "memory of a ready box that nobody uses",
        "MiB",
        &Bound::AtMost(2.0),
        &charged,
    );
    Ok(())
}

fn below(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

fn named(path: &Path, prefix: &str) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
}

/// Waits until something holds, for half a minute at most.
fn until(holds: impl Fn() -> bool) -> Done<()> {
    let began = Instant::now();
    while !holds() {
        if began.elapsed() > Duration::from_secs(30) {
            return Err("a box never became ready".into());
        }
        pause(Duration::from_millis(1));
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "boxes are not made one right after another"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
