//! Beginning and end: cancelling, leftovers, boxes used again or not, judges that die.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use tribunal_sandbox::{Cancel, Config, Dirt, Ending, Error, Sandbox};

use crate::common::{Check, acquire, config, deed, eventually, expect, run, run_in, stdout, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_cancelled_run_ends_at_once", cancelled),
        trial("a_thrown_switch_cancels_later_runs", cancelled_before),
        trial("what_a_program_leaves_running_is_killed", leftovers),
        trial("a_clean_box_is_used_again_and_a_dirty_one_is_not", reused),
        trial("a_box_lost_in_a_run_is_replaced", lost),
        trial("all_goes_with_the_sandbox", all_goes),
        trial("all_goes_with_a_killed_judge", killed_judge),
    ]
}

fn cancelled() -> Check {
    let cancel = Cancel::new()?;
    let mut visit = acquire();
    let spec = deed(&["sleep", "10000"]);
    std::thread::scope(|scope| -> Check {
        let run = scope.spawn(|| visit.run(&spec, &cancel));
        // The switch may be thrown before the run, at its start or during it: the answer is the same.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(50) {
            std::thread::yield_now();
        }
        cancel.cancel();
        let thrown = Instant::now();
        let outcome = run.join().expect("no test panics")?;
        expect(
            &outcome,
            outcome.ending == Ending::Cancelled && thrown.elapsed() < Duration::from_secs(1),
        )
    })?;
    let outcome = run_in(
        &mut visit,
        &crate::common::shell("ls -d /proc/[0-9]* | wc -l"),
    )?;
    expect(
        &outcome,
        stdout(&outcome)
            .trim()
            .parse::<u32>()
            .is_ok_and(|processes| processes <= 3),
    )
}

fn cancelled_before() -> Check {
    let cancel = Cancel::new()?;
    cancel.cancel();
    let outcome = acquire().run(&deed(&["sleep", "10000"]), &cancel)?;
    expect(&outcome, outcome.ending == Ending::Cancelled)
}

fn leftovers() -> Check {
    let mut visit = acquire();
    let outcome = run_in(&mut visit, &deed(&["daemon"]))?;
    expect(
        &outcome,
        outcome.ending == Ending::Exited(0) && outcome.wall_time < Duration::from_secs(5),
    )?;
    let outcome = run_in(
        &mut visit,
        &crate::common::shell("for p in /proc/[0-9]*; do echo $p; done"),
    )?;
    expect(&outcome, stdout(&outcome) == "/proc/2\n")
}

fn reused() -> Check {
    let sandbox = Sandbox::start(Config {
        name: "reused".to_owned(),
        ready: 1,
        ..config()
    })?;
    eventually("a ready box", || sandbox.stats().ready >= 1)?;
    let before = sandbox.stats();
    drop(sandbox.acquire()?);
    eventually("a recycled box", || {
        sandbox.stats().recycled > before.recycled
    })?;
    let mut visit = sandbox.acquire()?;
    run_in(&mut visit, &deed(&["daemon"]))?;
    drop(visit);
    eventually("a discarded box", || {
        sandbox.stats().discarded.get(&Dirt::Processes) == Some(&1)
    })?;
    let mut visit = sandbox.acquire()?;
    run_in(
        &mut visit,
        &crate::common::limited(&["sleep", "9000"], |limits| {
            limits.wall_time = Duration::from_millis(50);
        }),
    )?;
    visit.reset()?;
    let outcome = run_in(&mut visit, &deed(&["exit", "3"]))?;
    expect(&outcome, outcome.ending == Ending::Exited(3))?;
    eventually("a discarded box", || {
        sandbox.stats().discarded.get(&Dirt::Ending) == Some(&1)
    })
}

/// Kills the box's PID 1 from outside, as the kernel may where memory is short.
fn lost() -> Check {
    let sandbox = Sandbox::start(Config {
        name: "lost".to_owned(),
        ready: 1,
        ..config()
    })?;
    let mut visit = sandbox.acquire()?;
    let mut spec = deed(&["sleep", "9000"]);
    spec.args
        .push(format!("lost-{}", std::process::id()).into());
    std::thread::scope(|scope| -> Check {
        let running = scope.spawn(|| run_in(&mut visit, &spec));
        let mut parent = 0;
        eventually("a running program", || {
            parent = parent_of_program(
                spec.args
                    .last()
                    .expect("an argument")
                    .to_str()
                    .expect("text"),
            )
            .unwrap_or(0);
            parent > 1
        })?;
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(parent),
            nix::sys::signal::Signal::SIGKILL,
        )?;
        match running.join().expect("no test panics") {
            Err(Error::AgentGone(_)) => Ok(()),
            other => Err(format!("{other:?}").into()),
        }
    })?;
    if !matches!(
        run_in(&mut visit, &deed(&["exit", "0"])),
        Err(Error::BoxGone)
    ) {
        return Err("a lost box still runs programs".into());
    }
    visit.reset()?;
    let outcome = run_in(&mut visit, &deed(&["exit", "4"]))?;
    expect(&outcome, outcome.ending == Ending::Exited(4))
}

fn processes() -> impl Iterator<Item = (i32, String)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
    })
}

fn parent_of_program(mark: &str) -> Option<i32> {
    let (pid, _) = processes().find(|(_, line)| line.contains(mark))?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

/// The directories of sandboxes of this name in all hierarchies.
fn groups(name: &str) -> Vec<PathBuf> {
    fn search(directory: &Path, name: &str, depth: u32, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if entry.file_name().to_string_lossy().starts_with(name) {
                    found.push(entry.path());
                } else if depth > 0 {
                    search(&entry.path(), name, depth - 1, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    search(
        Path::new("/sys/fs/cgroup"),
        &format!("{name}-"),
        5,
        &mut found,
    );
    found
}

fn all_goes() -> Check {
    let sandbox = Sandbox::start(Config {
        name: "allgoes".to_owned(),
        ..config()
    })?;
    let mut visit = sandbox.acquire()?;
    run_in(&mut visit, &deed(&["daemon"]))?;
    let here = !groups("allgoes").is_empty();
    if crate::common::counted() && !here {
        return Err("no groups were found at all".into());
    }
    drop(sandbox);
    run_in(&mut visit, &deed(&["exit", "0"]))?;
    drop(visit);
    let left = groups("allgoes");
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("{left:?}").into())
    }
}

/// The argument that makes the test binary a judge.
pub(crate) const JUDGE: &str = "judge";

/// Runs something in a box for ever.
pub(crate) fn be_a_judge(mark: &str) -> ! {
    let sandbox = Sandbox::start(Config {
        name: "killed".to_owned(),
        ..config()
    })
    .expect("a sandbox");
    let mut visit = sandbox.acquire().expect("a box");
    let mut spec = deed(&["sleep", "100000"]);
    spec.args.push(mark.into());
    spec.limits.wall_time = Duration::from_secs(1000);
    println!("running");
    let outcome = run_in(&mut visit, &spec);
    panic!("{outcome:?}");
}

fn killed_judge() -> Check {
    let mark = format!("killed-judge-{}", std::process::id());
    let mut judge = Command::new("/proc/self/exe")
        .args([JUDGE, &mark])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(judge.stdout.take().expect("a pipe")).read_line(&mut line)?;
    let program = || processes().any(|(_, line)| line.contains(&mark) && line.contains("sleep"));
    eventually("the run of the other judge", program)?;
    judge.kill()?;
    judge.wait()?;
    eventually("the end of its run", || !program())?;
    let sandbox = Sandbox::start(Config {
        name: "killed".to_owned(),
        ..config()
    })?;
    let own = format!("killed-{}-", std::process::id());
    let left: Vec<_> = groups("killed")
        .into_iter()
        .filter(|path| !path.to_string_lossy().contains(&own))
        .collect();
    drop(sandbox);
    expect(&run(&deed(&["exit", "0"])), left.is_empty())
}
