//! A look at what runs in a box, from outside and while it runs: does anything in it go on by itself, or does all of it wait?
//!
//! The kernel says for each thread in which system call it is blocked, with the call's arguments (`/proc/PID/task/TID/syscall`,
//! proc(5)), which the owner of the box's namespaces may read. A call without a time limit that waits for another process can end only when
//! that other process does something. Nothing here stops or slows a program.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the processes of a box are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repose {
    /// It cannot be seen: nothing runs, there is no control group, or the kernel does not say.
    Unknown,
    /// Something runs, sleeps for a time, or waits for a disk: it will go on by itself.
    Active,
    /// Every thread waits for another process, without a time limit.
    Waiting {
        /// One of them waits at standard input or output, at a pipe that was named, or for whatever comes first.
        at_stream: bool,
    },
    /// One thread waits at standard input or output without a time limit; others wait with one, as the service threads of virtual
    /// machines do.
    Drowsy,
}

/// Looks at one box. It is made before a run and may look from any thread.
#[derive(Debug, Clone)]
pub struct Watcher {
    /// The `cgroup.procs` file that names the box's processes.
    roster: PathBuf,
    /// PID 1 of the box, which watches the clock.
    agent: u32,
    /// The inode numbers of pipes that are as good as standard input and output, whatever descriptor a process has of them.
    pipes: Arc<[u64]>,
}

/// What one thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thread {
    Active,
    /// Waits with a time limit.
    Timed,
    /// Waits without one.
    Untimed,
    /// The same, for whatever comes first, which may be a stream.
    Anywhere,
    /// The same, at standard input or output.
    AtStream,
}

impl Watcher {
    pub(crate) fn new(roster: PathBuf, agent: u32) -> Self {
        Self {
            roster,
            agent,
            pipes: Arc::default(),
        }
    }

    /// The same watcher, to which waiting at one of these pipes (by their inode numbers) is waiting at a stream.
    #[must_use]
    pub fn with_pipes(self, pipes: impl IntoIterator<Item = u64>) -> Self {
        Self {
            pipes: pipes.into_iter().collect(),
            ..self
        }
    }

    /// Whether a process of the box goes on living. One that is about to end does not, though it may still be seen: the kernel closes
    /// its descriptors before that.
    #[must_use]
    pub fn lives(&self) -> bool {
        self.pids()
            .any(|pid| lives_on(&PathBuf::from(format!("/proc/{pid}"))))
    }

    /// What the box's processes are doing now. Reads a few files of `/proc`; never blocks.
    #[must_use]
    pub fn look(&self) -> Repose {
        let mut threads = Vec::new();
        for pid in self.pids() {
            let tasks = PathBuf::from(format!("/proc/{pid}/task"));
            for task in fs::read_dir(&tasks).into_iter().flatten().flatten() {
                match thread(&task.path(), &self.pipes) {
                    Some(thread) => threads.push(thread),
                    None => return Repose::Unknown,
                }
            }
        }
        repose(&threads)
    }

    /// Everybody in the box but PID 1.
    fn pids(&self) -> impl Iterator<Item = u32> + use<> {
        let roster = fs::read_to_string(&self.roster).unwrap_or_default();
        let pids = roster.lines().filter_map(|line| line.parse().ok());
        let others: Vec<u32> = pids.filter(|pid| *pid != self.agent).collect();
        others.into_iter()
    }
}

/// The kernel's mark of a thread that is about to end (`PF_EXITING`, among the flags of proc_pid_stat(5)).
const EXITING: u64 = 0x4;

/// Whether this process has a thread that is not about to end. The first process of a box, and that of fresh namespaces, are ours.
fn lives_on(process: &Path) -> bool {
    let status = fs::read_to_string(process.join("status")).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let inside = numbers.and_then(|numbers| numbers.split_ascii_whitespace().last());
    if inside.is_none_or(|inside| inside == "1") {
        return false;
    }
    let threads = fs::read_dir(process.join("task")).into_iter().flatten();
    threads.flatten().any(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat"));
        stat.is_ok_and(|stat| !is_exiting(&stat))
    })
}

fn is_exiting(stat: &str) -> bool {
    // The name in parentheses may hold anything; the flags are the seventh word behind it.
    let flags = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_ascii_whitespace().nth(6)?.parse::<u64>().ok());
    flags.is_none_or(|flags| flags & EXITING != 0)
}

fn repose(threads: &[Thread]) -> Repose {
    let has = |wanted| threads.contains(&wanted);
    if threads.is_empty() {
        Repose::Unknown
    } else if has(Thread::Active) {
        Repose::Active
    } else if !has(Thread::Timed) {
        let at_stream = has(Thread::AtStream) || has(Thread::Anywhere);
        Repose::Waiting { at_stream }
    } else if has(Thread::AtStream) {
        Repose::Drowsy
    } else {
        Repose::Active
    }
}

/// `None`: the kernel does not say. A thread that is just ending counts as active.
fn thread(task: &Path, pipes: &[u64]) -> Option<Thread> {
    let is_pipe = |fd: u64| {
        let found = fs::metadata(task.join(format!("fd/{fd}")));
        found.is_ok_and(|found| pipes.contains(&found.ino()))
    };
    match fs::read_to_string(task.join("syscall")) {
        Ok(text) => Some(of_syscall(&text, |fd| !pipes.is_empty() && is_pipe(fd))),
        Err(error) => {
            let ends = error.raw_os_error() == Some(libc::ESRCH) || !task.exists();
            ends.then_some(Thread::Active)
        }
    }
}

/// `running`; or the call's number and its six arguments; or `-1` where it is blocked outside of a call, as for a page of a file.
fn of_syscall(text: &str, is_pipe: impl Fn(u64) -> bool) -> Thread {
    let mut words = text.split_ascii_whitespace();
    let Some(number) = words.next().and_then(|word| word.parse::<i64>().ok()) else {
        return Thread::Active;
    };
    let argument = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok();
    let args: Vec<u64> = words.filter_map(argument).collect();
    let arg = |at: usize| args.get(at).copied().unwrap_or(0);
    let stream = |fd: u64| {
        if fd <= 1 || is_pipe(fd) {
            Thread::AtStream
        } else {
            Thread::Untimed
        }
    };
    let unless = |timed: bool| {
        if timed {
            Thread::Timed
        } else {
            Thread::Anywhere
        }
    };
    #[cfg(target_arch = "x86_64")]
    match number {
        libc::SYS_poll => return unless(arg(2) as i32 >= 0),
        libc::SYS_select => return unless(arg(4) != 0),
        libc::SYS_epoll_wait => return unless(arg(3) as i32 >= 0),
        libc::SYS_pause => return Thread::Untimed,
        _ => {}
    }
    match number {
        libc::SYS_read | libc::SYS_readv | libc::SYS_write | libc::SYS_writev => stream(arg(0)),
        libc::SYS_ppoll => unless(arg(2) != 0),
        libc::SYS_pselect6 => unless(arg(4) != 0),
        libc::SYS_epoll_pwait => unless(arg(3) as i32 >= 0),
        libc::SYS_futex if arg(3) == 0 => Thread::Untimed,
        libc::SYS_rt_sigtimedwait if arg(2) == 0 => Thread::Untimed,
        libc::SYS_wait4 | libc::SYS_waitid | libc::SYS_rt_sigsuspend => Thread::Untimed,
        libc::SYS_futex
        | libc::SYS_rt_sigtimedwait
        | libc::SYS_nanosleep
        | libc::SYS_clock_nanosleep => Thread::Timed,
        _ => Thread::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: i64, args: [u64; 4]) -> String {
        let [a, b, c, d] = args;
        format!("{number} {a:#x} {b:#x} {c:#x} {d:#x} 0x0 0x0 0x7ffc0 0x7f00\n")
    }

    #[test]
    fn a_call_without_a_time_limit_is_told_from_one_with() {
        let table = [
            ("running\n".to_owned(), Thread::Active),
            ("-1 0x7ffc 0x7fed\n".to_owned(), Thread::Active),
            (text(libc::SYS_read, [0, 1, 1, 0]), Thread::AtStream),
            (text(libc::SYS_write, [1, 1, 1, 0]), Thread::AtStream),
            (text(libc::SYS_read, [5, 1, 1, 0]), Thread::Untimed),
            (text(libc::SYS_read, [6, 1, 1, 0]), Thread::AtStream),
            (text(libc::SYS_futex, [9, 128, 2, 0]), Thread::Untimed),
            (text(libc::SYS_futex, [9, 128, 2, 7]), Thread::Timed),
            (text(libc::SYS_ppoll, [9, 1, 0, 0]), Thread::Anywhere),
            (text(libc::SYS_ppoll, [9, 1, 8, 0]), Thread::Timed),
            (
                text(libc::SYS_epoll_pwait, [3, 9, 8, 0xffff_ffff]),
                Thread::Anywhere,
            ),
            (text(libc::SYS_epoll_pwait, [3, 9, 8, 100]), Thread::Timed),
            (text(libc::SYS_clock_nanosleep, [0, 0, 8, 0]), Thread::Timed),
            (text(libc::SYS_fsync, [3, 0, 0, 0]), Thread::Active),
        ];
        for (text, wanted) in table {
            assert_eq!(of_syscall(&text, |fd| fd == 6), wanted, "{text}");
        }
    }

    #[test]
    fn who_is_about_to_end_does_not_live_on() {
        let stat = |name: &str, flags: u64| format!("7 ({name}) S 1 7 7 0 -1 {flags} 90 0 0 0");
        assert!(!is_exiting(&stat("a", 0x40_0000)));
        assert!(is_exiting(&stat("a", 0x40_0004)));
        assert!(!is_exiting(&stat(") Z 1 7 7 0 -1 4 (", 0x40_0100)));
        assert!(is_exiting("7 (a) S"));
        assert!(lives_on(Path::new("/proc/self")) || std::process::id() == 1);
        assert!(!lives_on(Path::new("/proc/0")));
    }

    #[test]
    fn all_must_wait_and_service_threads_may_look_at_the_clock() {
        use Thread::{Active, Anywhere, AtStream, Timed, Untimed};
        let waiting = |at_stream| Repose::Waiting { at_stream };
        let table: [(&[Thread], Repose); 10] = [
            (&[], Repose::Unknown),
            (&[Active, AtStream], Repose::Active),
            (&[AtStream], waiting(true)),
            (&[Untimed], waiting(false)),
            (&[Untimed, AtStream, Untimed], waiting(true)),
            (&[Timed, AtStream], Repose::Drowsy),
            (&[Timed, Anywhere], Repose::Active),
            (&[Anywhere, Untimed], waiting(true)),
            (&[Timed], Repose::Active),
            (&[Timed, Untimed], Repose::Active),
        ];
        for (threads, wanted) in table {
            assert_eq!(repose(threads), wanted, "{threads:?}");
        }
    }
}
