//! Prints what one run of an empty program costs in a ready box, beside a plain spawn and wait of the same program.
//!
//! `measure PROGRAM [SAMPLES]`: the program should be static and without libc, so that nothing but the start is measured.

use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tribunal_sandbox::{
    Cancel, Config, Input, Isolation, Limits, Output, Program, ReadyBox, Sandbox, Spec,
    run_agent_if_asked, seal,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    run_agent_if_asked();
    let program = std::env::args().nth(1).ok_or("which program?")?;
    let samples: usize = std::env::args()
        .nth(2)
        .map_or(Ok(1000), |text| text.parse())?;
    let pooled = Sandbox::start(Config::default())?;
    let fresh = Sandbox::start(Config {
        isolation: Isolation::Fresh,
        ..Config::default()
    })?;
    let core = nix_pin();
    let spec = Spec {
        program: Program::File(Arc::new(seal(&mut File::open(&program)?, "program")?)),
        args: vec![program.clone().into()],
        env: Vec::new(),
        stdin: Input::Empty,
        stdout: Output::Capture {
            head: 1024,
            tail: 1024,
        },
        stderr: Output::Capture {
            head: 1024,
            tail: 1024,
        },
        limits: Limits::default(),
        core,
    };
    let mut boxes = [pooled.acquire()?, fresh.acquire()?];
    let mut plain = Vec::new();
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..samples {
        plain.push(spawn(&program)?);
        for (visit, times) in boxes.iter_mut().zip(&mut runs) {
            times.push(run(visit, &spec)?);
        }
    }
    let base = median(&mut plain);
    print("spawn + wait", &mut plain, base);
    print("pooled run", &mut runs[0], base);
    print("fresh run", &mut runs[1], base);
    print("box made", &mut making(&pooled, 60)?, base);
    Ok(())
}

/// How long it takes to replace a box, now and then.
#[expect(
    clippy::disallowed_methods,
    reason = "boxes are not replaced one right after another"
)]
fn making(sandbox: &Sandbox, count: usize) -> Result<Vec<Duration>, tribunal_sandbox::Error> {
    let mut held = Vec::new();
    let mut times = Vec::new();
    for _ in 0..count {
        let made = sandbox.stats().made;
        held.push(sandbox.acquire()?);
        while sandbox.stats().made == made {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(10));
        times.push(sandbox.stats().last_making_time);
    }
    Ok(times)
}

/// Pins this thread, as a runner does, and says where.
fn nix_pin() -> Option<usize> {
    let core = std::env::var("CORE").ok()?.parse().ok()?;
    let mut set = nix::sched::CpuSet::new();
    set.set(core).ok()?;
    nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set).ok()?;
    Some(core)
}

fn spawn(program: &str) -> std::io::Result<Duration> {
    let began = Instant::now();
    Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(began.elapsed())
}

fn run(visit: &mut ReadyBox, spec: &Spec) -> Result<Duration, tribunal_sandbox::Error> {
    let cancel = Cancel::new()?;
    let began = Instant::now();
    visit.run(spec, &cancel)?;
    Ok(began.elapsed())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "it is what this program is for")]
fn print(what: &str, times: &mut [Duration], base: Duration) {
    let median = median(times);
    let ratio = median.as_secs_f64() / base.as_secs_f64();
    println!(
        "{what:16} min {:>10?} median {median:>10?} ratio {ratio:.2}",
        times[0]
    );
}
