//! How near the reported figures are to what a program is known to use, and how soon a limit is kept.

use std::time::Duration;

use tribunal_sandbox::{Config, Ending, Sandbox};

use crate::Done;
use crate::programs::{Programs, run};
use crate::table::{Bound, Table, mib, ms};

/// Independent runs of a figure.
const RUNS: usize = 9;
/// Programs killed at their limit.
const KILLED: usize = 100;
const LIMIT: Duration = Duration::from_millis(100);

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Done<()> {
    let sandbox = Sandbox::start(Config::default())?;
    cpu_time(programs, &sandbox, table)?;
    beyond(programs, &sandbox, table)?;
    idleness(programs, &sandbox, table)?;
    memory(programs, &sandbox, table)
}

fn cpu_time(programs: &Programs, sandbox: &Sandbox, table: &mut Table) -> Done<()> {
    for (deed, core, what) in [
        (
            "spin",
            Some(0),
            "CPU time of a spin of 500 ms, beside what it knows, off by",
        ),
        ("threads", None, "  in 4 threads"),
        ("processes", None, "  in 4 processes"),
        ("orphan", Some(0), "  in an orphan"),
    ] {
        let mut off = Vec::new();
        for _ in 0..RUNS {
            let outcome = run(
                &mut sandbox.acquire()?,
                &programs.deed(&[deed, "500"], core),
            )?;
            if outcome.ending != Ending::Exited(0) {
                return Err(format!("{deed} fails: {outcome:?}").into());
            }
            let known: f64 = String::from_utf8_lossy(&outcome.stdout.head).parse()?;
            if known < 500e6 {
                return Err(format!("{deed} knows of {known} ns").into());
            }
            off.push((ms(outcome.cpu_time) - known / 1e6).abs());
        }
        table.line(what, "ms", &Bound::AtMost(6.0), &off);
    }
    Ok(())
}

fn beyond(programs: &Programs, sandbox: &Sandbox, table: &mut Table) -> Done<()> {
    // Pinned, as the judge runs programs.
    let mut spec = programs.deed(&["spin", "60000"], Some(0));
    spec.limits.cpu_time = LIMIT;
    let mut over = Vec::new();
    for _ in 0..KILLED {
        let outcome = run(&mut sandbox.acquire()?, &spec)?;
        if outcome.ending != Ending::CpuLimit {
            return Err(format!("the limit is not kept: {outcome:?}").into());
        }
        over.push(ms(outcome.cpu_time) - ms(LIMIT));
    }
    let worst = over.iter().copied().fold(0.0, f64::max);
    table.line(
        "CPU time used beyond the limit when killed, median",
        "ms",
        &Bound::AtMost(2.0),
        &over,
    );
    table.line("  the worst of 100", "ms", &Bound::AtMost(10.0), &[worst]);
    Ok(())
}

fn idleness(programs: &Programs, sandbox: &Sandbox, table: &mut Table) -> Done<()> {
    let mut spec = programs.deed(&["sleep"], Some(0));
    spec.limits.idle_time = Some(LIMIT);
    let mut late = Vec::new();
    for _ in 0..RUNS {
        let outcome = run(&mut sandbox.acquire()?, &spec)?;
        if outcome.ending != Ending::IdleLimit {
            return Err(format!("idleness is not seen: {outcome:?}").into());
        }
        late.push(ms(outcome.wall_time) - ms(LIMIT));
    }
    table.line(
        "idleness of 100 ms seen, late by",
        "ms",
        &Bound::AtMost(500.0),
        &late,
    );
    Ok(())
}

fn memory(programs: &Programs, sandbox: &Sandbox, table: &mut Table) -> Done<()> {
    let mut off = Vec::new();
    for _ in 0..RUNS {
        let outcome = run(
            &mut sandbox.acquire()?,
            &programs.deed(&["touch", "100"], Some(0)),
        )?;
        if outcome.ending != Ending::Exited(0) {
            return Err(format!("touching memory fails: {outcome:?}").into());
        }
        off.push((mib(outcome.peak_memory) - 100.0).abs());
    }
    table.line(
        "peak memory of touching 100 MiB, off by",
        "MiB",
        &Bound::AtMost(1.5),
        &off,
    );
    Ok(())
}
