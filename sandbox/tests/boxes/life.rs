//! Beginning and end: cancelling, leftovers, boxes used again or not, judges that die.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tribunal_sandbox::{
    Cancel, CgroupMode, Config, Dirt, Ending, Error, Outcome, ReadyBox, Sandbox, Spec,
};

use crate::common::{Check, acquire, config, deed, eventually, expect, run, run_in, stdout, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_cancelled_run_ends_at_once", cancelled),
        trial("a_thrown_switch_cancels_later_runs", cancelled_before),
        trial("what_a_program_leaves_running_is_killed", leftovers),
        trial("a_clean_box_is_used_again_and_a_dirty_one_is_not", reused),
        trial("a_box_lost_in_a_run_is_replaced", lost),
        trial(
            "a_box_lost_for_want_of_memory_is_the_programs_doing",
            lost_for_memory,
        ),
        trial("a_silent_agent_is_given_up", silent),
        trial("all_goes_with_the_sandbox", all_goes),
        trial("all_goes_with_a_killed_judge", killed_judge),
    ]
}

fn cancelled() -> Check {
    let cancel = Cancel::new()?;
    let mut visit = acquire();
    let spec = deed(&["sleep", "60000"]);
    std::thread::scope(|scope| -> Check {
        let run = scope.spawn(|| visit.run(&spec, &cancel));
        // The switch may be thrown before the run, at its start or during it: the answer is the same.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(50) {
            std::thread::yield_now();
        }
        cancel.cancel();
        let outcome = run.join().expect("no test panics")?;
        expect(&outcome, outcome.ending == Ending::Cancelled)
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
    let sandbox = sandbox_of_one("lost")?;
    let mut visit = sandbox.acquire()?;
    match run_and_signal(&mut visit, deed(&["sleep", "9000"]), Signal::SIGKILL)? {
        Err(Error::AgentGone(_)) => {}
        other => return Err(format!("{other:?}").into()),
    }
    if !matches!(
        run_in(&mut visit, &deed(&["exit", "0"])),
        Err(Error::BoxGone)
    ) {
        return Err("a lost box still runs programs".into());
    }
    works_after_reset(&mut visit)
}

/// The kernel's count of kills decides, also where nobody is left to tell how the run went.
fn lost_for_memory() -> Check {
    let sandbox = sandbox_of_one("lostformemory")?;
    if !matches!(sandbox.host().cgroup(), CgroupMode::V1 { .. }) {
        // Version 2 kills the whole group at once, so that PID 1 outlives it; without groups nobody counts.
        return Ok(());
    }
    let mut visit = sandbox.acquire()?;
    let mut spec = deed(&["lose-a-child"]);
    spec.limits.memory = 64 << 20;
    let outcome = run_and_signal(&mut visit, spec, Signal::SIGKILL)??;
    expect(&outcome, outcome.ending == Ending::MemoryLimit)?;
    works_after_reset(&mut visit)
}

/// Stops the box's PID 1, which then neither sees the wall clock nor answers.
fn silent() -> Check {
    let sandbox = sandbox_of_one("silent")?;
    let mut visit = sandbox.acquire()?;
    let mut spec = deed(&["sleep", "9000"]);
    spec.limits.wall_time = Duration::from_secs(1);
    match run_and_signal(&mut visit, spec, Signal::SIGSTOP)? {
        Err(Error::AgentGone(_)) => works_after_reset(&mut visit),
        other => Err(format!("{other:?}").into()),
    }
}

fn sandbox_of_one(name: &str) -> Result<Sandbox, Error> {
    Sandbox::start(Config {
        name: name.to_owned(),
        ready: 1,
        ..config()
    })
}

fn works_after_reset(visit: &mut ReadyBox) -> Check {
    visit.reset()?;
    let outcome = run_in(visit, &deed(&["exit", "4"]))?;
    expect(&outcome, outcome.ending == Ending::Exited(4))
}

/// Sends a signal to the box's PID 1 when its program, which is given one more argument, sleeps; returns how the run ended.
fn run_and_signal(
    visit: &mut ReadyBox,
    mut spec: Spec,
    signal: Signal,
) -> Result<Result<Outcome, Error>, Failed> {
    static MARKS: AtomicU32 = AtomicU32::new(0);
    let number = MARKS.fetch_add(1, Ordering::Relaxed);
    let mark = format!("mark-{}-{number}", std::process::id());
    spec.args.push(mark.clone().into());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| run_in(visit, &spec));
        let mut parent = 0;
        eventually("a sleeping program", || {
            parent = parent_of_sleeper(&mark).unwrap_or(0);
            parent > 1
        })?;
        nix::sys::signal::kill(Pid::from_raw(parent), signal)?;
        Ok(running.join().expect("no test panics"))
    })
}

fn processes() -> impl Iterator<Item = (i32, String)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
    })
}

/// The parent of the program that has this mark among its arguments, when it sleeps.
fn parent_of_sleeper(mark: &str) -> Option<i32> {
    let (pid, _) = processes().find(|(_, line)| {
        line.split(' ').any(|argument| argument == "sleep") && line.contains(mark)
    })?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    (fields.next()? == "S").then(|| fields.next()?.parse().ok())?
}

/// The directories of sandboxes of this name in all hierarchies.
pub(crate) fn groups(name: &str) -> Vec<PathBuf> {
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
    if crate::common::counted() && groups("killed").is_empty() {
        return Err("it left no groups, so their removal proves nothing".into());
    }
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
