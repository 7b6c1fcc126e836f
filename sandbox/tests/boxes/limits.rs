//! What each limit stops.

use std::time::Duration;

use libtest_mimic::Trial;
use tribunal_sandbox::{Config, Ending, Error, Program, Sandbox, Spec};

use crate::common::{
    Check, config, counted, deed, expect, limited, run, run_in, shell, stdout, trial,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("an_exit_status_is_reported", exit_status),
        trial("a_signal_is_reported", signal),
        trial("a_program_that_is_absent_is_an_error", absent_program),
        trial("cpu_time_is_limited", cpu),
        trial("cpu_time_of_children_is_limited", cpu_of_children),
        trial("wall_time_is_limited", wall),
        trial("idleness_is_limited", idle),
        trial("work_is_not_idleness", not_idle),
        trial("memory_is_limited", memory),
        trial("memory_of_files_is_limited", memory_of_files),
        trial("output_is_limited_and_counted", output),
        trial("discarded_output_is_limited", discarded_output),
        trial("file_size_is_limited", file_size),
        trial("processes_are_limited", processes),
        trial("disk_is_limited", disk),
    ]
}

fn exit_status() -> Check {
    for status in [0, 1, 42, 255] {
        let outcome = run(&deed(&["exit", &status.to_string()]));
        expect(&outcome, outcome.ending == Ending::Exited(status))?;
    }
    Ok(())
}

fn signal() -> Check {
    let outcome = run(&deed(&["abort"]));
    expect(&outcome, outcome.ending == Ending::Signaled(6))?;
    let outcome = run(&shell("kill -9 $$"));
    expect(&outcome, outcome.ending == Ending::Signaled(9))
}

fn absent_program() -> Check {
    let spec = Spec {
        program: Program::Path("nowhere".into()),
        ..deed(&[])
    };
    match run_in(&mut crate::common::acquire(), &spec) {
        Err(Error::Exec(nix::errno::Errno::ENOENT)) => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

fn cpu() -> Check {
    let limit = Duration::from_millis(200);
    let outcome = run(&limited(&["spin", "60000"], |limits| {
        limits.cpu_time = limit;
    }));
    let over = outcome.cpu_time.saturating_sub(limit);
    expect(
        &outcome,
        outcome.ending == Ending::CpuLimit && over < Duration::from_millis(100),
    )
}

fn cpu_of_children() -> Check {
    let outcome = run(&limited(&["children", "4", "60000"], |limits| {
        limits.cpu_time = Duration::from_millis(300);
    }));
    expect(
        &outcome,
        outcome.ending == Ending::CpuLimit && outcome.cpu_time < Duration::from_secs(2),
    )
}

fn wall() -> Check {
    let outcome = run(&limited(&["sleep", "60000"], |limits| {
        limits.wall_time = Duration::from_millis(200);
    }));
    let near = outcome.wall_time > Duration::from_millis(199)
        && outcome.wall_time < Duration::from_secs(10);
    expect(&outcome, outcome.ending == Ending::WallLimit && near)
}

fn idle() -> Check {
    let outcome = run(&limited(&["sleep", "60000"], |limits| {
        limits.idle_time = Some(Duration::from_millis(300));
    }));
    let near = outcome.wall_time > Duration::from_millis(299)
        && outcome.wall_time < Duration::from_secs(10);
    expect(&outcome, outcome.ending == Ending::IdleLimit && near)
}

fn not_idle() -> Check {
    let outcome = run(&limited(&["spin", "1500"], |limits| {
        limits.idle_time = Some(Duration::from_millis(1000));
    }));
    expect(&outcome, outcome.ending == Ending::Exited(0))
}

fn memory() -> Check {
    if !counted() {
        return Ok(());
    }
    let outcome = run(&limited(&["hog"], |limits| limits.memory = 64 << 20));
    let near = outcome.peak_memory > 60 << 20 && outcome.peak_memory < 66 << 20;
    expect(&outcome, outcome.ending == Ending::MemoryLimit && near)?;
    let outcome = run(&limited(&["touch", "48"], |limits| {
        limits.memory = 64 << 20;
    }));
    expect(&outcome, outcome.ending == Ending::Exited(0))
}

fn memory_of_files() -> Check {
    if !counted() {
        return Ok(());
    }
    let outcome = run(&limited(&["fill", "/dev/shm/file", "100"], |limits| {
        limits.memory = 32 << 20;
        limits.file_size = 1 << 30;
    }));
    expect(&outcome, outcome.ending == Ending::MemoryLimit)
}

fn output() -> Check {
    let outcome = run(&limited(&["write", "100000000"], |limits| {
        limits.output = 1 << 20;
    }));
    let counted = outcome.stdout.total > 1 << 20 && outcome.stdout.truncated();
    expect(&outcome, outcome.ending == Ending::OutputLimit && counted)?;
    let outcome = run(&limited(&["write", "1000000"], |limits| {
        limits.output = 1_000_000;
    }));
    let kept = (outcome.stdout.head.len(), outcome.stdout.tail.len()) == (8192, 8192);
    expect(
        &outcome,
        outcome.ending == Ending::Exited(0) && outcome.stdout.total == 1_000_000 && kept,
    )
}

fn discarded_output() -> Check {
    let mut spec = limited(&["write", "100000000"], |limits| limits.output = 1 << 20);
    spec.stdout = tribunal_sandbox::Output::Discard;
    let outcome = run(&spec);
    expect(
        &outcome,
        outcome.ending == Ending::OutputLimit && outcome.stdout.head.is_empty(),
    )
}

fn file_size() -> Check {
    let outcome = run(&limited(&["fill", "/box/file", "3"], |limits| {
        limits.file_size = 2 << 20;
    }));
    expect(&outcome, outcome.ending == Ending::OutputLimit)
}

fn processes() -> Check {
    let outcome = run(&limited(&["fork"], |limits| limits.processes = 8));
    expect(
        &outcome,
        outcome.ending == Ending::Exited(0) && stdout(&outcome) == "8 WouldBlock\n",
    )
}

fn disk() -> Check {
    let sandbox = Sandbox::start(Config {
        name: "disk".to_owned(),
        disk_bytes: 32 << 20,
        ..config()
    })?;
    let fill = deed(&["fill", "/tmp/file", "40"]);
    let outcome = run_in(&mut sandbox.acquire()?, &fill)?;
    let full = String::from_utf8_lossy(&outcome.stderr.head).contains("No space left");
    expect(&outcome, outcome.ending == Ending::Exited(100) && full)
}
