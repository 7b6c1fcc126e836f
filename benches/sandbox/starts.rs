//! What starting a program in a box costs beside a plain spawn and wait of the same program, measured in turn.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use tribunal_sandbox::{Config, Ending, Isolation, ReadyBox, Sandbox, Spec};

use crate::programs::{Programs, run};
use crate::table::{Bound, Table, median};
use crate::{Done, Failure};

/// Independent runs of a comparison, and starts on each side in one of them.
const RUNS: usize = 7;
const STARTS: usize = 400;
/// How long two boxes, or two plain processes, start programs as fast as they can.
const RACE: Duration = Duration::from_millis(400);
const GIB: usize = 1 << 30;

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Done<()> {
    let pooled = Sandbox::start(Config::default())?;
    let fresh = Sandbox::start(Config {
        isolation: Isolation::Fresh,
        ..Config::default()
    })?;
    // On one core, as a slot's thread does it, and on a thread of its own so that the rest of this program is not pinned.
    on_core(0, || one_after_another(programs, &pooled, &fresh, table))?;
    in_parallel(programs, &pooled, table)?;
    on_core(0, || with_much_memory(programs, &pooled, table))
}

fn one_after_another(
    programs: &Programs,
    pooled: &Sandbox,
    fresh: &Sandbox,
    table: &mut Table,
) -> Done<()> {
    let spec = programs.empty(Some(0));
    let (mut pooled, mut fresh) = (pooled.acquire()?, fresh.acquire()?);
    let mut figures = [const { Vec::new() }; 5];
    for _ in 0..RUNS {
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..STARTS {
            times[0].push(timed(|| plain(programs))?);
            times[1].push(timed(|| boxed(&mut pooled, &spec))?);
            times[2].push(timed(|| boxed(&mut fresh, &spec))?);
        }
        let [plain, pooled, fresh] = times.map(|times| median(&times));
        let values = [pooled / plain, fresh / plain, plain, pooled, fresh];
        figures
            .iter_mut()
            .zip(values)
            .for_each(|(all, value)| all.push(value));
    }
    let [pooled_ratio, fresh_ratio, plain, pooled, fresh] = figures;
    table.line(
        "an empty program in a ready box ÷ plain spawn and wait",
        "×",
        &Bound::AtMost(1.3),
        &pooled_ratio,
    );
    table.line(
        "the same with isolation = \"fresh\"",
        "×",
        &Bound::AtMost(1.8),
        &fresh_ratio,
    );
    table.note("  plain spawn and wait", "µs", &plain);
    table.note("  ready box", "µs", &pooled);
    table.note("  ready box, fresh", "µs", &fresh);
    Ok(())
}

/// Two boxes on two cores against two plain processes on the same.
fn in_parallel(programs: &Programs, sandbox: &Sandbox, table: &mut Table) -> Done<()> {
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    let mut visits = [sandbox.acquire()?, sandbox.acquire()?];
    for _ in 0..RUNS {
        let boxed = race_of_boxes(programs, &mut visits)?;
        let plain = race_of_processes(programs)?;
        ratios.push(boxed / plain);
        rates.push(boxed);
    }
    table.line(
        "two boxes on two cores ÷ plain spawns, runs a second",
        "×",
        &Bound::AtLeast(0.85),
        &ratios,
    );
    table.note("  two boxes on two cores", "runs/s", &rates);
    Ok(())
}

fn race_of_boxes(programs: &Programs, visits: &mut [ReadyBox; 2]) -> Done<f64> {
    std::thread::scope(|scope| {
        let racers: Vec<_> = visits
            .iter_mut()
            .enumerate()
            .map(|(core, visit)| {
                scope.spawn(move || -> Done<usize> {
                    pin(core)?;
                    let spec = programs.empty(Some(core));
                    count_for_a_while(|| boxed(visit, &spec))
                })
            })
            .collect();
        let mut all = 0;
        for racer in racers {
            all += racer.join().map_err(|_| "a racer panicked")??;
        }
        Ok(all as f64 / RACE.as_secs_f64())
    })
}

/// The argument that makes this program a plain process of the race.
pub(crate) const PLAIN: &str = "spawn-for-a-while";

fn race_of_processes(programs: &Programs) -> Done<f64> {
    let start = |core: usize| {
        Command::new("/proc/self/exe")
            .arg(PLAIN)
            .arg(&programs.empty_path)
            .arg(core.to_string())
            .stdout(Stdio::piped())
            .spawn()
    };
    let racers = [start(0)?, start(1)?];
    let mut all = 0;
    for racer in racers {
        let output = racer.wait_with_output()?;
        all += String::from_utf8(output.stdout)?.trim().parse::<usize>()?;
    }
    Ok(all as f64 / RACE.as_secs_f64())
}

/// One process of the race.
pub(crate) fn spawn_for_a_while(arguments: &[String]) -> Done<()> {
    let [program, core] = arguments else {
        return Err("a program and a core are expected".into());
    };
    pin(core.parse()?)?;
    let count = count_for_a_while(|| spawn(program.as_ref()))?;
    crate::table::say(&count.to_string());
    Ok(())
}

fn count_for_a_while(mut work: impl FnMut() -> Done<()>) -> Done<usize> {
    let began = Instant::now();
    let mut count = 0;
    while began.elapsed() < RACE {
        work()?;
        count += 1;
    }
    Ok(count)
}

/// The same runs while this process has touched 1 GiB of memory of its own, and while it has not.
fn with_much_memory(programs: &Programs, sandbox: &Sandbox, table: &mut Table) -> Done<()> {
    let spec = programs.empty(Some(0));
    let mut visit = sandbox.acquire()?;
    let mut half = || -> Done<f64> {
        let times: Done<Vec<f64>> = (0..STARTS)
            .map(|_| timed(|| boxed(&mut visit, &spec)))
            .collect();
        Ok(median(&times?))
    };
    let mut ratios = Vec::new();
    let mut peaks = Vec::new();
    for _ in 0..RUNS {
        let small = half()?;
        let mut memory = vec![0u8; GIB];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        let large = half()?;
        peaks.push(crate::table::mib(
            run(&mut sandbox.acquire()?, &spec)?.peak_memory,
        ));
        black_box(&memory);
        ratios.push(large / small);
    }
    table.line(
        "the same box, server with 1 GiB ÷ a small server",
        "×",
        &Bound::AtMost(1.1),
        &ratios,
    );
    table.line(
        "peak memory of the empty program then",
        "MiB",
        &Bound::AtMost(1.5),
        &peaks,
    );
    Ok(())
}

fn plain(programs: &Programs) -> Done<()> {
    spawn(&programs.empty_path)
}

fn spawn(program: &std::path::Path) -> Done<()> {
    let status = Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the plain program fails".into())
    }
}

fn boxed(visit: &mut ReadyBox, spec: &Spec) -> Done<()> {
    let outcome = run(visit, spec)?;
    if outcome.ending == Ending::Exited(0) {
        Ok(())
    } else {
        Err(format!("the program in the box fails: {outcome:?}").into())
    }
}

/// Microseconds.
fn timed(work: impl FnOnce() -> Done<()>) -> Done<f64> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed().as_secs_f64() * 1e6)
}

fn pin(core: usize) -> Done<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Does something on a thread that is pinned to a core.
fn on_core<T: Send>(core: usize, work: impl FnOnce() -> Done<T> + Send) -> Done<T> {
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            pin(core)?;
            work()
        });
        worker
            .join()
            .map_err(|_| Failure::from("the measuring thread panicked"))?
    })
}
