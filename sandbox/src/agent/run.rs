//! One run as PID 1 sees it: start, watch, kill, reap everything, count.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::watch::Watch;
use super::{Failure, PROGRAM_ID, at, io_at};
use crate::Step;
use crate::protocol::{Counter, Go, Ran, Run, Setup, Wire};
use crate::seccomp::Key;
use crate::syscalls::{self, Executable, Launch, RunLimit, Stacks};

/// Where PID 1 says from which number on processes are counted: else a program's children would tell how many ran here before.
/// Kernels without checkpoints have no such file (pid_namespaces(7)).
pub(super) const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";

/// Standard input, output and error.
const STREAMS: usize = 3;

/// What PID 1 needs for every run.
pub(super) struct Runner {
    counter: CpuCounter,
    cgroup: Option<OwnedFd>,
    stacks: Stacks,
    oom_score: File,
    last_pid: Option<File>,
    all_cores: [u64; syscalls::CORE_WORDS],
    pinned: Option<usize>,
    hard_limits: Vec<(i32, u64)>,
    drops_to: Option<u32>,
    key: Key,
}

impl Runner {
    pub(super) fn new(
        setup: &Setup,
        go: Go,
        fds: Vec<OwnedFd>,
        (oom_score, last_pid): (File, Option<File>),
        key: Key,
    ) -> Result<Self, Failure> {
        let mut fds = fds.into_iter();
        let source = if go.counter == Counter::Processes {
            None
        } else {
            fds.next().map(File::from)
        };
        Ok(Self {
            counter: CpuCounter {
                kind: go.counter,
                source,
            },
            cgroup: if go.into_cgroup { fds.next() } else { None },
            stacks: Stacks::new(),
            oom_score,
            last_pid,
            all_cores: syscalls::affinity().map_err(at(Step::Affinity))?,
            pinned: None,
            hard_limits: hard_limits(),
            drops_to: setup.ids.is_some().then_some(PROGRAM_ID),
            key,
        })
    }

    /// Runs a program to its end. Held streams are moved to `held`, to be closed after the answer.
    pub(super) fn run(
        &mut self,
        run: &Run,
        fds: Vec<OwnedFd>,
        wire: &mut Wire,
        held: &mut Vec<OwnedFd>,
    ) -> Result<Ran, Failure> {
        let mut fds = fds.into_iter();
        let mut next = || fds.next().ok_or((Step::Receive, Errno::EBADMSG));
        let mut streams = Vec::with_capacity(STREAMS + run.inherited);
        for _ in 0..STREAMS + run.inherited {
            streams.push(next()?);
        }
        let mut exe = if run.by_descriptor {
            Some(next()?)
        } else {
            None
        };
        if run.inherited > 0 {
            let end = streams.len() as RawFd;
            for fd in streams.iter_mut().chain(&mut exe) {
                *fd = out_of_the_way(fd, end).map_err(at(Step::Streams))?;
            }
        }
        if run.new_cgroup {
            self.counter.source = Some(next()?.into());
            self.cgroup = Some(next()?);
        }
        self.pin(run.core)?;
        let strings = |all: &[Vec<u8>]| -> Result<Vec<CString>, Failure> {
            all.iter()
                .map(|s| CString::new(s.as_slice()).map_err(|_| (Step::Receive, Errno::EINVAL)))
                .collect()
        };
        let (args, env) = (strings(&run.args)?, strings(&run.env)?);
        let path = CString::new(run.path.as_slice()).map_err(|_| (Step::Receive, Errno::EINVAL))?;
        let limits = self.possible(&run.limits);
        let numbers: Vec<RawFd> = streams.iter().map(AsRawFd::as_raw_fd).collect();
        let launch = Launch {
            executable: exe.as_ref().map_or(Executable::Path(&path), |fd| {
                Executable::File(fd.as_raw_fd())
            }),
            args: &args,
            env: &env,
            streams: &numbers,
            limits: &limits,
            id: self.drops_to,
            cgroup: self.cgroup.as_ref().map(AsFd::as_fd),
            fresh: run.fresh,
            oom_score: self.oom_score.as_raw_fd(),
            key: self.key,
        };
        let begun = self.counter.begin()?;
        let clock = Instant::now();
        if let Some(last_pid) = &self.last_pid {
            let _ = last_pid.write_at(b"2", 0);
        }
        // The kernel out of memory takes the program before its PID 1.
        let _ = self.oom_score.write_at(b"1000", 0);
        let started = syscalls::start(&launch, &mut self.stacks);
        // Fresh namespaces' first process does it when the program has been executed.
        if !run.fresh || started.is_err() {
            let _ = self.oom_score.write_at(b"0", 0);
        }
        let mut running = started?;
        held.extend(
            streams
                .into_iter()
                .zip(run.hold)
                .filter_map(|(stream, hold)| hold.then_some(stream)),
        );
        let cores = if run.core.is_some() {
            1
        } else {
            self.all_cores.iter().map(|word| word.count_ones()).sum()
        };
        let mut watch = Watch::begin(run, clock, cores, &self.counter, begun);
        let killed_for = watch.until_over(&mut running, wire)?;
        let wall_time = clock.elapsed();
        if run.fresh {
            let _ = self.oom_score.write_at(b"0", 0);
        }
        watch.end();
        let reaped = running.reap()?;
        let leftovers = kill_rest()?;
        let cpu_time = self.counter.since(&begun, reaped.cpu_time)?;
        let (status, peak_resident) = (reaped.status, reaped.peak_resident);
        Ok(Ran {
            status,
            killed_for,
            cpu_time,
            wall_time,
            peak_resident,
            leftovers,
        })
    }

    /// The limits as the child sets them: not above what PID 1 may give.
    fn possible(&self, limits: &[(i32, u64)]) -> Vec<RunLimit> {
        let highest = |resource| {
            self.hard_limits
                .iter()
                .find(|(of, _)| *of == resource)
                .map_or(u64::MAX, |(_, hard)| *hard)
        };
        let possible = |&(resource, value): &(i32, u64)| {
            let value = value.min(highest(resource));
            (resource, value, value)
        };
        limits.iter().map(possible).collect()
    }

    fn pin(&mut self, core: Option<usize>) -> Result<(), Failure> {
        if core == self.pinned {
            return Ok(());
        }
        let mut mask = self.all_cores;
        if let Some(core) = core {
            mask = [0; syscalls::CORE_WORDS];
            *mask
                .get_mut(core / 64)
                .ok_or((Step::Affinity, Errno::EINVAL))? = 1 << (core % 64);
        }
        syscalls::pin(&mask, self.key).map_err(at(Step::Affinity))?;
        self.pinned = core;
        Ok(())
    }
}

/// The same descriptor under a number from `end` on, so that connecting the program's own ones does not close it.
fn out_of_the_way(fd: &OwnedFd, end: RawFd) -> Result<OwnedFd, Errno> {
    fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(end)).map(syscalls::adopt)
}

/// The highest values that PID 1 may give its children.
fn hard_limits() -> Vec<(i32, u64)> {
    let resources = [
        Resource::RLIMIT_CPU,
        Resource::RLIMIT_FSIZE,
        Resource::RLIMIT_STACK,
        Resource::RLIMIT_NOFILE,
        Resource::RLIMIT_NPROC,
        Resource::RLIMIT_DATA,
    ];
    resources
        .into_iter()
        .filter_map(|resource| Some((resource as i32, getrlimit(resource).ok()?.1)))
        .collect()
}

/// Kills whatever the program left behind and waits until nothing else lives in the namespace; says whether there was anything.
fn kill_rest() -> Result<bool, Failure> {
    loop {
        match syscalls::reap(-1, false) {
            Err(Errno::ECHILD) => return Ok(false),
            Err(errno) => return Err((Step::Wait, errno)),
            // Dead already: it was not left running.
            Ok(Some(_)) => {}
            Ok(None) => break,
        }
    }
    loop {
        // One signal to everything: a fork bomb cannot outrun it.
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
        match syscalls::reap(-1, true) {
            Err(Errno::ECHILD) => return Ok(true),
            Err(Errno::EINTR) | Ok(_) => {}
            Err(errno) => return Err((Step::Wait, errno)),
        }
    }
}

/// Reads the CPU time of the box.
pub(super) struct CpuCounter {
    kind: Counter,
    source: Option<File>,
}

/// The counter when a run began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    counted: Duration,
    own: Duration,
}

impl CpuCounter {
    fn begin(&self) -> Result<Begun, Failure> {
        // Asking for the own time brings the group's counter up to date with it; hence this order.
        let own = syscalls::own_cpu_time();
        Ok(Begun {
            own,
            counted: self.counted()?,
        })
    }

    /// CPU time since then, without the agent's own; `reaped` is what the kernel said of the first process.
    pub(super) fn since(&self, begun: &Begun, reaped: Duration) -> Result<Duration, Failure> {
        let own = syscalls::own_cpu_time();
        let counted = self.counted()?.saturating_sub(begun.counted);
        Ok(match self.kind {
            Counter::Nanoseconds => counted.saturating_sub(own - begun.own),
            Counter::Stat => counted,
            Counter::Processes => counted.max(reaped),
        })
    }

    fn counted(&self) -> Result<Duration, Failure> {
        let Some(source) = &self.source else {
            return Ok(seen_in_processes());
        };
        let mut text = [0; 128];
        let length = source.read_at(&mut text, 0).map_err(io_at(Step::CpuTime))?;
        let number = match self.kind {
            Counter::Stat => text.strip_prefix(b"usage_usec ").unwrap_or_default(),
            _ => &text[..length],
        };
        let value = number
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        Ok(if self.kind == Counter::Stat {
            Duration::from_micros(value)
        } else {
            Duration::from_nanos(value)
        })
    }
}

/// Without a control group: the sum over the processes that live in the box, and the children they have waited for.
fn seen_in_processes() -> Duration {
    let Ok(processes) = std::fs::read_dir(Path::new("/proc")) else {
        return Duration::ZERO;
    };
    let pids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let reaped = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN);
    let reaped = reaped.map_or(Duration::ZERO, |usage| {
        as_duration(usage.user_time()) + as_duration(usage.system_time())
    });
    let live = pids.filter(|pid| *pid != 1).map(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat
            .rsplit_once(')')
            .map_or("", |(_, rest)| rest)
            .split_ascii_whitespace();
        // cutime and cstime: fields 16 and 17 of proc(5), in hundredths of a second.
        let waited: u64 = fields
            .skip(13)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        syscalls::cpu_time_of(pid).unwrap_or_default() + Duration::from_millis(10 * waited)
    });
    reaped + live.sum::<Duration>()
}

fn as_duration(time: nix::sys::time::TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}
