//! A host that is busy with other things: a verdict must not depend on it.
//!
//! The crowd is honest: processes of this very binary that compute on one core until they have used a certain CPU time, each in a
//! session of its own, since the kernel may share a core out among sessions (`sched(7)`, autogroups).

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use tribunal_sandbox::Ending::{Exited, WallLimit};
use tribunal_sandbox::{CgroupMode, Outcome};

use crate::arena::{Visit, groups_below};
use crate::case::{Case, helper, judge, ms};
use crate::emulated::is_emulated;
use crate::raw::{call, rest, rest_for_ever, spin, spin_for};

/// The name under which this binary becomes one of the crowd.
const MEMBER_NAME: &str = "tribunal-crowd";

pub(crate) fn cases() -> Vec<Case> {
    vec![
        judge("boxes_weigh_much_and_all_the_same", weigh),
        judge("a_program_gets_more_of_its_core_than_others", outweigh),
        judge("waiting_for_a_core_is_no_wall_time", compute),
        judge("waiting_for_a_core_is_not_idleness", nap),
        judge("sleeping_in_a_crowd_ends_at_the_wall_limit", sleep),
        judge(
            "threads_in_each_others_way_end_at_three_times_the_wall_limit",
            jostle,
        ),
        helper("computes_in_eight_threads", || {
            (0..7).for_each(|_| drop(std::thread::spawn(|| spin())));
            spin()
        }),
        helper("computes_for_400_ms", || spin_for(ms(400))),
        helper("takes_naps", || {
            for _ in 0..4 {
                rest(ms(100));
                spin_for(ms(2));
            }
        }),
        helper("sleeps_for_ever", || rest_for_ever()),
    ]
}

/// What the judge's directory has of the cores, and what each box has of that.
fn weigh(visit: &mut Visit<'_>) {
    let name = visit.arena.name().to_owned();
    let (top, file, usual) = match visit.arena.cgroup() {
        CgroupMode::V1 { cpu: Some(cpu), .. } => (cpu, "cpu.shares", 1024),
        CgroupMode::V2 { own, .. } if may_weigh(&own) => (own, "cpu.weight", 100),
        _ => return,
    };
    let weight = |group: &Path| -> Option<u64> {
        let text = fs::read_to_string(group.join(file)).ok()?;
        text.trim().parse().ok()
    };
    // A user's judge makes room in its group by moving below.
    let moved = top.parent().filter(|_| top.ends_with("judge"));
    let groups = groups_below(moved.unwrap_or(&top), &name, 3);
    let judge = groups
        .iter()
        .min_by_key(|path| path.components().count())
        .expect("the judge has a directory");
    let outweighs = weight(judge).is_some_and(|weight| weight >= 5 * usual);
    assert!(outweighs, "{}: {:?}", judge.display(), weight(judge));
    let boxes = groups
        .iter()
        .filter(|path| path.parent() == Some(judge.as_path()));
    let weights: Vec<_> = boxes.map(|path| weight(path)).collect();
    assert!(!weights.is_empty());
    assert!(
        // A box may be going while this looks.
        weights.iter().flatten().all(|weight| *weight == usual),
        "{weights:?}"
    );
}

fn may_weigh(group: &Path) -> bool {
    let controllers = fs::read_to_string(group.join("cgroup.controllers")).unwrap_or_default();
    controllers.split_whitespace().any(|name| name == "cpu")
}

/// The share of one thread among so many would be far less.
fn outweigh(visit: &mut Visit<'_>) {
    match visit.arena.cgroup() {
        CgroupMode::V1 { cpu: Some(_), .. } => {}
        CgroupMode::V2 { own, .. } if may_weigh(&own) => {}
        _ => return,
    }
    const MEMBERS: u32 = 40;
    let crowd = Crowd::gather(MEMBERS, 1000, 0);
    let outcome = crowd.meet(visit, "computes_for_400_ms");
    assert_eq!(outcome.ending, Exited(0), "{}", visit.describe(&outcome));
    assert!(
        outcome.wall_time < outcome.cpu_time * (MEMBERS / 2),
        "{}",
        visit.describe(&outcome)
    );
}

/// The crowd has the core for more than half a second, and the program for a moment now and then.
fn compute(visit: &mut Visit<'_>) {
    let limit = ms(800);
    visit.limits.wall_time = limit;
    let crowd = Crowd::gather(8, 75, -20);
    let outcome = crowd.meet(visit, "computes_for_400_ms");
    // Others than this crowd may be there: then at least nothing but the bound ends it.
    let had_all_time = outcome.ending == WallLimit && outcome.wall_time >= limit * 3;
    assert!(
        outcome.ending == Exited(0) || had_all_time,
        "{}",
        visit.describe(&outcome)
    );
}

/// It sleeps for less than the limit, and waits for long after each sleep.
fn nap(visit: &mut Visit<'_>) {
    visit.limits.idle_time = Some(ms(200));
    let crowd = Crowd::gather(8, 125, -20);
    let outcome = crowd.meet(visit, "takes_naps");
    assert_eq!(outcome.ending, Exited(0), "{}", visit.describe(&outcome));
}

fn sleep(visit: &mut Visit<'_>) {
    let limit = ms(1000);
    visit.limits.wall_time = limit;
    let crowd = Crowd::gather(40, 1000, 0);
    let outcome = crowd.meet(visit, "sleeps_for_ever");
    assert_eq!(outcome.ending, WallLimit, "{}", visit.describe(&outcome));
    assert!(outcome.wall_time >= limit, "{}", visit.describe(&outcome));
    assert!(
        is_emulated() || outcome.wall_time < limit * 2,
        "{}",
        visit.describe(&outcome)
    );
}

/// Crowds would be in each other's way.
static ONE_CROWD: Mutex<()> = Mutex::new(());

/// On one core each of them waits for most of the time, without anybody else's fault: there is a bound to that.
fn jostle(visit: &mut Visit<'_>) {
    let limit = ms(200);
    visit.limits.wall_time = limit;
    let mut spec = visit.spec_of("computes_in_eight_threads");
    spec.core = cores().pop();
    let outcome = visit.run_spec(&spec);
    assert_eq!(outcome.ending, WallLimit, "{}", visit.describe(&outcome));
    assert!(
        outcome.wall_time >= limit * 3 && (is_emulated() || outcome.wall_time < limit * 9),
        "{}",
        visit.describe(&outcome)
    );
}

/// Processes outside of any box that are about to compute.
struct Crowd {
    core: usize,
    members: Vec<Child>,
    _one: MutexGuard<'static, ()>,
}

impl Crowd {
    /// So many, each of which will use so much CPU time; with this `nice` value, where this is root.
    fn gather(members: u32, milliseconds: u64, nice: i32) -> Self {
        let alone = ONE_CROWD.lock().unwrap_or_else(PoisonError::into_inner);
        let core = cores().pop().expect("a core");
        let one = || {
            Command::new("/proc/self/exe")
                .arg0(MEMBER_NAME)
                .args([core.to_string(), milliseconds.to_string(), nice.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("this binary can be executed")
        };
        let mut crowd = Self {
            core,
            members: (0..members).map(|_| one()).collect(),
            _one: alone,
        };
        for member in &mut crowd.members {
            let said = member.stdout.take().expect("a pipe");
            let mut line = String::new();
            BufReader::new(said)
                .read_line(&mut line)
                .expect("the member says something");
            assert_eq!(line, "here\n");
        }
        crowd
    }

    /// All begin at once, and a program on their core.
    fn meet(mut self, visit: &mut Visit<'_>, name: &str) -> Outcome {
        let mut spec = visit.spec_of(name);
        spec.core = Some(self.core);
        self.members
            .iter_mut()
            .for_each(|member| drop(member.stdin.take()));
        visit.run_spec(&spec)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for member in &mut self.members {
            let _ = member.kill();
        }
        for member in &mut self.members {
            let _ = member.wait();
        }
    }
}

/// The cores that this process may use.
fn cores() -> Vec<usize> {
    let ours = sched_getaffinity(Pid::from_raw(0)).expect("the own cores");
    (0..CpuSet::count())
        .filter(|core| ours.is_set(*core).unwrap_or(false))
        .collect()
}

/// Becomes one of the crowd and ends, if this process was started for that.
pub(crate) fn join_the_crowd_if_asked() {
    let mut arguments = std::env::args();
    if arguments.next().as_deref() != Some(MEMBER_NAME) {
        return;
    }
    let mut number = || -> i32 {
        let argument = arguments.next().expect("three arguments");
        argument.parse().expect("a number")
    };
    let (core, milliseconds, nice) = (number(), number(), number());
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).expect("a last wish");
    let mut cores = CpuSet::new();
    cores.set(core as usize).expect("a small number");
    sched_setaffinity(Pid::from_raw(0), &cores).expect("the core can be chosen");
    nix::unistd::setsid().expect("a session of its own");
    // Of the two the kernel heeds one, and heeds nobody but root: the crowd is large enough without.
    let _ = call(libc::SYS_setpriority, &[0, 0, nice as isize as usize]);
    let _ = fs::write("/proc/self/autogroup", nice.to_string());
    println!("here");
    std::io::stdin()
        .read_to_end(&mut Vec::new())
        .expect("the other end is closed");
    spin_for(ms(milliseconds as u64));
    std::process::exit(0);
}
