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
        for thread in threads() {
            let Some(now) = account(&thread) else {
                continue;
            };
            let waited = Duration::from_nanos(now[1]);
            self.longest = self.longest.max(waited);
            if is_ready(&thread) {
                let waits = before
                    .get(&thread)
                    .and_then(|then| waits(*then, now, passed));
                unknown |= waits.is_none();
                longest = longest.max(waited + waits.unwrap_or_default());
            }
            self.accounts.insert(thread, now);
        }
        Waited {
            longest: longest.max(self.longest),
            unknown,
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

/// Says whether a thread of the box runs or waits for a core.
pub(super) fn is_anyone_ready() -> bool {
    threads().any(|thread| is_ready(&thread))
}

/// The directories of all threads of the box but PID 1's.
fn threads() -> impl Iterator<Item = PathBuf> {
    let numbered = |directory: &Path| {
        let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .filter(move |entry| entry.file_name().to_str().is_some_and(is_number))
            .map(|entry| entry.path())
    };
    numbered(Path::new("/proc"))
        .filter(|process| !process.ends_with("1"))
        .flat_map(move |process| numbered(&process.join("task")))
}

fn account(thread: &Path) -> Option<Account> {
    parse_account(&fs::read_to_string(thread.join("schedstat")).ok()?)
}

fn parse_account(text: &str) -> Option<Account> {
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some([next()?, next()?, next()?])
}

/// State R of proc(5): on a core or waiting for one.
fn is_ready(thread: &Path) -> bool {
    fs::read_to_string(thread.join("stat")).is_ok_and(|stat| says_ready(&stat))
}

/// The name may have anything in it but ends at the last parenthesis.
fn says_ready(stat: &str) -> bool {
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| rest.trim_start().starts_with('R'))
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
        assert!(says_ready("7 (a) R) b) R 1 7 7 0\n"));
        assert!(!says_ready("7 (a) R 1) S 1 7 7 0\n"));
        assert!(!says_ready(""));
    }

    #[test]
    fn the_threads_of_this_process_are_among_all() {
        let own = format!("/proc/{0}/task/{0}", std::process::id());
        assert!(threads().any(|thread| thread == Path::new(&own)));
        assert!(is_anyone_ready(), "this thread runs");
    }
}
