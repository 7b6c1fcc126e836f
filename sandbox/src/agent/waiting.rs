//! How long the threads of a box were ready to run and had no core, because others had it: that time is not the program's fault, and
//! a verdict must not depend on what else the host does.
//!
//! The kernel counts it for each thread (`run_delay`, the second number of `/proc/PID/task/TID/schedstat`), and adds a wait when it ends.
//! So a thread that is ready and whose numbers have not changed since the last look waits for who knows how long, and is
//! given the time to get its core. One that is ready again has had a core since: it waits for no longer than it has not run
//! since the last look. Sleeping, or waiting for a lock, a child or a disk, is not waiting for a core.
//!
//! What counts is the longest time that one thread has waited, not the sum: threads wait at the same time. A program can make its
//! threads wait for each other, but while one waits another computes, which its CPU limit bounds, and so what is gained. A thread that died
//! counts if it was seen. Where the kernel does not count, nobody has waited.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::poll::ppoll;
use nix::sys::time::TimeSpec;

/// At least so long after a look is the next: longer than the kernel takes to note that a thread runs (a tick, 10 ms at most).
const AGAIN: Duration = Duration::from_millis(20);
/// And at most so long: what happened between two looks may be taken for a wait.
const AGAIN_MAX: Duration = Duration::from_millis(100);

/// What the kernel says of a thread: nanoseconds on a core, nanoseconds spent waiting for one, turns on a core.
type Account = [u64; 3];

/// What was seen so far of the threads of one run.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    accounts: BTreeMap<PathBuf, Account>,
    /// The wall time of the last look.
    looked: Duration,
    longest: Duration,
    /// A process with several threads was looked at.
    seen_several: bool,
}

/// What a look has shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waited {
    /// The longest time that one thread may have waited for a core by now.
    longest: Duration,
    /// A thread may wait for one now, for longer than that.
    unknown: bool,
}

impl Waiting {
    /// Looks at all threads, at this wall time of the run.
    pub(super) fn look(&mut self, wall: Duration) -> Waited {
        // A kernel that does not count says 0 of everybody, also of PID 1, which has run.
        if account(Path::new("/proc/self")).is_none_or(|own| own == [0; 3]) {
            return Waited::default();
        }
        let before = std::mem::take(&mut self.accounts);
        let passed = wall.saturating_sub(std::mem::replace(&mut self.looked, wall));
        let (mut unknown, mut longest) = (false, Duration::ZERO);
        for thread in self.threads() {
            let Some(now) = account(&thread.directory) else {
                continue;
            };
            let waited = Duration::from_nanos(now[1]);
            self.longest = self.longest.max(waited);
            if thread.state.is_ready {
                let waits = before
                    .get(&thread.directory)
                    .and_then(|then| waits(*then, now, passed));
                unknown |= waits.is_none();
                longest = longest.max(waited + waits.unwrap_or_default());
            }
            self.accounts.insert(thread.directory, now);
        }
        Waited {
            longest: longest.max(self.longest),
            unknown,
        }
    }

    /// Says whether a thread of the box is on a core or waits for one.
    pub(super) fn is_anyone_ready(&mut self) -> bool {
        self.threads().iter().any(|thread| thread.state.is_ready)
    }

    fn threads(&mut self) -> Vec<Thread> {
        let threads = threads();
        self.seen_several |= threads.iter().any(|thread| thread.state.siblings > 1);
        threads
    }

    /// Waits a moment before a dead process is waited for, if its threads were looked at one by one.
    ///
    /// What `/proc` has in memory of a thread is cleared away by that thread when it dies, and again by who waits for its process: the
    /// kernel has the one spin until the other is done. PID 1 wakes in the middle of the first, has the core before it, and would
    /// spin for half a second (seen on 6.18).
    pub(super) fn let_go(&self) {
        if self.seen_several {
            let _ = ppoll(&mut [], Some(TimeSpec::from_duration(AGAIN)), None);
        }
    }
}

impl Waited {
    /// When to look again at a run that has taken so long, because it has not reached its limit; `None`: it has.
    pub(super) fn not_over_before(self, wall: Duration, limit: Duration) -> Option<Duration> {
        let left = limit.saturating_sub(wall.saturating_sub(self.longest));
        (self.unknown || left > Duration::ZERO).then(|| wall + left.clamp(AGAIN, AGAIN_MAX))
    }
}

/// For how long at most a ready thread has been waiting, between looks so far apart; `None`: since before, and longer.
fn waits(then: Account, now: Account, passed: Duration) -> Option<Duration> {
    let ran = Duration::from_nanos(now[0].saturating_sub(then[0]));
    (then != now).then(|| passed.saturating_sub(ran))
}

/// A thread, as `/proc` shows it.
struct Thread {
    /// `/proc/PID`, or `/proc/PID/task/TID` where there are several.
    directory: PathBuf,
    state: State,
}

/// What `stat` says of it.
#[derive(Debug, PartialEq, Eq)]
struct State {
    /// It is on a core or waits for one.
    is_ready: bool,
    /// The threads of its process.
    siblings: usize,
}

impl Thread {
    /// `None`: it is gone.
    fn at(directory: PathBuf) -> Option<Self> {
        let state = parse_state(&fs::read_to_string(directory.join("stat")).ok()?)?;
        Some(Self { directory, state })
    }
}

/// All threads of the box but PID 1's. That of a process that has no other is not looked for among its `task`: see `let_go`.
fn threads() -> Vec<Thread> {
    let mut all = Vec::new();
    for process in numbered(Path::new("/proc")) {
        if process.ends_with("1") {
            continue;
        }
        match Thread::at(process) {
            Some(first) if first.state.siblings > 1 => {
                all.extend(numbered(&first.directory.join("task")).filter_map(Thread::at));
            }
            first => all.extend(first),
        }
    }
    all
}

/// The directories in a directory whose names are numbers.
fn numbered(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter(move |entry| entry.file_name().to_str().is_some_and(is_number))
        .map(|entry| entry.path())
}

fn account(thread: &Path) -> Option<Account> {
    parse_account(&fs::read_to_string(thread.join("schedstat")).ok()?)
}

fn parse_account(text: &str) -> Option<Account> {
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some([next()?, next()?, next()?])
}

/// Fields 3 and 20 of proc(5). The name before them may have anything in it but ends at the last parenthesis.
fn parse_state(stat: &str) -> Option<State> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    Some(State {
        is_ready: fields.next()? == "R",
        siblings: fields.nth(16)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn only_time_without_a_wait_for_a_core_counts_against_the_limit() {
        // Wall time, longest wait and whether one goes on; when to look again under a limit of 1000 ms.
        let table = [
            (1000, 0, false, None),
            (1000, 0, true, Some(1020)),
            (1000, 1, false, Some(1020)),
            (1000, 900, false, Some(1100)),
            (1900, 900, false, None),
            (1900, 900, true, Some(1920)),
            (1900, 1200, true, Some(2000)),
            // The kernel's clocks may differ a little from ours.
            (1000, 1001, false, Some(1100)),
        ];
        for (wall, longest, unknown, expected) in table {
            let waited = Waited {
                longest: longest * MS,
                unknown,
            };
            assert_eq!(
                waited.not_over_before(wall * MS, 1000 * MS),
                expected.map(|wall: u32| wall * MS),
                "{waited:?} after {wall} ms"
            );
        }
    }

    #[test]
    fn a_wait_that_goes_on_is_as_long_as_can_be() {
        let second = 1_000_000_000;
        let then = [second, second, 10];
        let waits = |now| waits(then, now, 100 * MS);
        // It has not been on a core since before the last look.
        assert_eq!(waits(then), None);
        // It has run for 30 ms, and maybe waited for the rest.
        assert_eq!(waits([second + 30_000_000, second, 11]), Some(70 * MS));
        assert_eq!(waits([2 * second, second, 11]), Some(Duration::ZERO));
    }

    #[test]
    fn the_kernels_files_are_read() {
        assert_eq!(
            parse_account("128572 101212 2\n"),
            Some([128_572, 101_212, 2])
        );
        assert_eq!(parse_account("0 0 0\n"), Some([0, 0, 0]));
        assert_eq!(parse_account("1 2\n"), None);
        assert_eq!(parse_account(""), None);
        let rest = "1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 22 23\n";
        let state = |is_ready| {
            Some(State {
                is_ready,
                siblings: 3,
            })
        };
        assert_eq!(parse_state(&format!("7 (a) R) b) R {rest}")), state(true));
        assert_eq!(parse_state(&format!("7 (a) R 1) S {rest}")), state(false));
        assert_eq!(parse_state("7 (a) R 1"), None);
        assert_eq!(parse_state(""), None);
    }

    #[test]
    fn the_threads_of_this_process_are_among_all() {
        // The harness has a thread of its own, so that this process has several.
        let own = format!("/proc/{0}/task/{0}", std::process::id());
        let mut waiting = Waiting::default();
        let found = waiting.threads();
        assert!(
            found
                .iter()
                .any(|thread| thread.directory == Path::new(&own))
        );
        assert!(waiting.seen_several);
        assert!(waiting.is_anyone_ready(), "this thread runs");
    }
}
