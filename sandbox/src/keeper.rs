//! One run as the judge sees it: streams connected and drained, limits set, the agent ordered and watched, the outcome told.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::cell::{Cell, Recipe, lost, unexpected};
use crate::cgroup::Begun;
use crate::ending::{Facts, ending};
use crate::error::system;
use crate::protocol::{Answer, Dirt, Order, Ran, Run};
use crate::{Cancel, Captured, Certainty, Ending, Error, Lack, Limits, Outcome, Program, Spec};

mod given;
mod stream;

use given::{executable, stdin};
use stream::{Stream, given_once};

/// An agent that has not ended a run this long after it should have is taken for dead.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time that a thread waited for a core does not count against the wall limit, but after so many times the limit a run is over.
const WALL_TIMES_MAX: u32 = 3;
/// RLIMIT_CPU fires early and knows one process only: a backstop, this much above the limit.
const CPU_BACKSTOP_S: u64 = 2;
/// Without a control group, the kernel bounds only what each process has mapped for writing, and the stacks of threads are mapped
/// whole: so much more than the memory limit may be mapped, and so much less is the stack that each thread takes by default.
const MAPPED_MAX: u64 = 4;
const STACKS_MIN: u64 = 4;
/// Longer limits are as good as none.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Runs a program in a box to its end.
pub(crate) fn run(
    cell: &mut Cell,
    recipe: &Recipe,
    spec: &Spec,
    cancel: &Cancel,
    lacks: &[Lack],
) -> Result<Outcome, Error> {
    if cell.dead {
        return Err(Error::BoxGone);
    }
    if cancel.is_cancelled() {
        return Ok(cancelled(lacks));
    }
    if spec.inherited.len() > Spec::INHERITED_MAX {
        return Err(Error::Spec("there are too many inherited descriptors"));
    }
    let stdin = stdin(&spec.stdin, recipe)?;
    let mut stdout = Stream::connect(&spec.stdout)?;
    let mut stderr = Stream::connect(&spec.stderr)?;
    let inherited = spec.inherited.iter().map(given_once);
    let inherited = inherited.collect::<Result<Vec<_>, _>>()?;
    let executable = executable(&spec.program, recipe)?;
    let own = 1 + u32::from(cell.fresh);
    let begun = cell
        .group
        .begin(spec.limits.memory, spec.limits.processes, own)?;
    let order = order(
        cell,
        spec,
        &begun,
        [false, stdout.source.is_some(), stderr.source.is_some()],
    )?;
    let mut fds: Vec<BorrowedFd<'_>> = vec![stdin.as_fd(), stdout.end()?, stderr.end()?];
    fds.extend(inherited.iter().map(AsFd::as_fd));
    fds.extend(executable.as_ref().map(AsFd::as_fd));
    fds.extend(begun.new_group.iter().map(AsFd::as_fd));
    cell.wire.send(&order, &fds).map_err(lost)?;
    drop(fds);
    // The program has them; see `PipeEnd`.
    drop(inherited);
    stdout.sink = None;
    stderr.sink = None;
    let mut watch = Watch {
        cell,
        limits: &spec.limits,
        streams: [stdout, stderr],
        nowhere: None,
        cancelled: false,
        output_over: false,
        stopping: false,
    };
    let ran = watch.until_over(cancel)?;
    let Watch {
        streams: [stdout, stderr],
        cancelled,
        output_over,
        ..
    } = watch;
    let seen = Seen {
        ran,
        begun,
        cancelled,
        output_over,
    };
    seen.outcome(cell, spec, lacks, stdout.finish(), stderr.finish())
}

/// What was seen of a run by its end.
struct Seen {
    /// `None`: the agent died.
    ran: Option<Ran>,
    begun: Begun,
    cancelled: bool,
    output_over: bool,
}

impl Seen {
    fn outcome(
        self,
        cell: &mut Cell,
        spec: &Spec,
        lacks: &[Lack],
        stdout: Captured,
        stderr: Captured,
    ) -> Result<Outcome, Error> {
        let used = cell.group.finish(&self.begun)?;
        let ran = match self.ran {
            Some(ran) => ran,
            // The kernel may pick PID 1 where the memory is in files: then the box is gone, and the program was the reason.
            None if used.oom => Ran {
                status: libc::SIGKILL,
                ..Ran::default()
            },
            None => return Err(Error::AgentGone("it died during a run")),
        };
        let peak = used.peak.unwrap_or(ran.peak_resident);
        let facts = Facts {
            status: ran.status,
            killed_for: ran.killed_for,
            cpu_time: ran.cpu_time,
            oom: used.oom || used.peak.is_none() && peak > spec.limits.memory,
            output_over: self.output_over,
            cancelled: self.cancelled,
        };
        let ending = ending(&facts, &spec.limits);
        if ran.leftovers {
            cell.dirt.get_or_insert(Dirt::Processes);
        } else if !matches!(ending, Ending::Exited(_) | Ending::Signaled(_)) {
            cell.dirt.get_or_insert(Dirt::Ending);
        }
        let certainty = cell.group.certainty();
        Ok(Outcome {
            ending,
            cpu_time: ran.cpu_time,
            wall_time: ran.wall_time,
            peak_memory: peak,
            stdout,
            stderr,
            cpu_certainty: certainty,
            memory_certainty: if used.peak.is_some() {
                certainty
            } else {
                Certainty::Approximate
            },
            degraded: lacks.to_vec(),
        })
    }
}

/// The outcome of a run that was cancelled before it began.
fn cancelled(lacks: &[Lack]) -> Outcome {
    Outcome {
        ending: Ending::Cancelled,
        cpu_time: Duration::ZERO,
        wall_time: Duration::ZERO,
        peak_memory: 0,
        stdout: Captured::default(),
        stderr: Captured::default(),
        cpu_certainty: Certainty::Exact,
        memory_certainty: Certainty::Exact,
        degraded: lacks.to_vec(),
    }
}

/// The order for the agent.
fn order(cell: &Cell, spec: &Spec, begun: &Begun, hold: [bool; 3]) -> Result<Order, Error> {
    let bytes = |text: &OsStr| -> Result<Vec<u8>, Error> {
        let bytes = text.as_bytes();
        if bytes.contains(&0) {
            Err(Error::Spec("a string has a zero byte"))
        } else {
            Ok(bytes.to_vec())
        }
    };
    let path = match &spec.program {
        Program::Path(path) => bytes(path.as_os_str())?,
        Program::File(_) => Vec::new(),
    };
    let variable =
        |(name, value): &(std::ffi::OsString, std::ffi::OsString)| -> Result<Vec<u8>, Error> {
            Ok([bytes(name)?, b"=".to_vec(), bytes(value)?].concat())
        };
    Ok(Order::Run(Box::new(Run {
        path,
        by_descriptor: matches!(spec.program, Program::File(_)),
        new_cgroup: !begun.new_group.is_empty(),
        inherited: spec.inherited.len(),
        read_only: spec.read_only,
        fresh: cell.fresh,
        args: spec
            .args
            .iter()
            .map(|arg| bytes(arg))
            .collect::<Result<_, _>>()?,
        env: spec.env.iter().map(variable).collect::<Result<_, _>>()?,
        hold,
        core: spec.core,
        cpu_time: spec.limits.cpu_time.min(LONGEST),
        wall_time: spec.limits.wall_time.min(LONGEST),
        wall_time_most: wall_time_most(&spec.limits),
        idle_time: spec.limits.idle_time,
        limits: resource_limits(cell, &spec.limits),
    })))
}

/// When a run is over, however much of its time it waited for a core.
fn wall_time_most(limits: &Limits) -> Duration {
    limits.wall_time.min(LONGEST) * WALL_TIMES_MAX
}

/// The limits that the kernel keeps for each process.
fn resource_limits(cell: &Cell, limits: &Limits) -> Vec<(i32, u64)> {
    // Where PID 1 has the program's user id, it counts as one of its processes.
    let beside = if cell.as_root {
        0
    } else {
        1 + u64::from(cell.fresh)
    };
    let cpu = limits.cpu_time.as_secs().saturating_add(1 + CPU_BACKSTOP_S);
    let mapped_only = cell.group.certainty() == Certainty::Approximate;
    // A limit would be the size of every thread's stack as well (pthread_attr_init(3)), where without one it is 2 MiB.
    let stack_max = if mapped_only {
        limits.memory / STACKS_MIN
    } else {
        libc::RLIM_INFINITY
    };
    let mut all = vec![
        (libc::RLIMIT_CPU as i32, cpu),
        (libc::RLIMIT_FSIZE as i32, limits.file_size),
        (libc::RLIMIT_STACK as i32, limits.stack.unwrap_or(stack_max)),
        (libc::RLIMIT_NOFILE as i32, u64::from(limits.open_files)),
        (
            libc::RLIMIT_NPROC as i32,
            u64::from(limits.processes) + beside,
        ),
    ];
    if mapped_only {
        let mapped = limits.memory.saturating_mul(MAPPED_MAX);
        all.push((libc::RLIMIT_DATA as i32, mapped));
    }
    all
}

/// A run that is being watched.
struct Watch<'a> {
    cell: &'a mut Cell,
    limits: &'a Limits,
    streams: [Stream; 2],
    /// Where a flood goes.
    nowhere: Option<File>,
    cancelled: bool,
    output_over: bool,
    stopping: bool,
}

impl Watch<'_> {
    /// Returns what the agent saw, when all is over and all output has been read. `None`: the agent died.
    fn until_over(&mut self, cancel: &Cancel) -> Result<Option<Ran>, Error> {
        let mut deadline = Instant::now().checked_add(wall_time_most(self.limits) + PATIENCE);
        let ran = loop {
            let [answered, stdout, stderr, cancelled] = self.wait(cancel, deadline)?;
            for (stream, is_ready) in self.streams.iter_mut().zip([stdout, stderr]) {
                // Of a flood that goes on everything that is to be kept has been.
                let is_flood = self.limits.floods_on && stream.capture.total() > self.limits.output;
                if is_ready && is_flood {
                    stream.discard(&mut self.nowhere)?;
                } else if is_ready {
                    stream.drain(&mut self.cell.buffer, false)?;
                }
            }
            if answered {
                match self.cell.wire.receive() {
                    Ok((Answer::Ran(ran), _)) => break Some(ran),
                    Ok((other, _)) => return Err(unexpected(other)),
                    Err(_) => break None,
                }
            }
            self.cancelled |= cancelled;
            self.output_over |= self
                .streams
                .iter()
                .any(|stream| stream.capture.total() > self.limits.output);
            let is_flood = self.output_over && !self.limits.floods_on;
            if !self.stopping && (self.cancelled || is_flood) {
                self.stopping = true;
                deadline = Instant::now().checked_add(PATIENCE);
                let _ = self.cell.wire.send(&Order::Stop, &[]);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break None;
            }
        };
        if ran.is_none() {
            self.cell.kill();
        }
        // Every writer is dead, and the agent may still hold the other ends: "nothing there" is the end.
        for stream in &mut self.streams {
            stream.drain(&mut self.cell.buffer, true)?;
        }
        self.output_over |= self
            .streams
            .iter()
            .any(|stream| stream.capture.total() > self.limits.output);
        Ok(ran)
    }

    /// Waits until something is ready: the answer, a stream, the switch.
    fn wait(&self, cancel: &Cancel, deadline: Option<Instant>) -> Result<[bool; 4], Error> {
        let mut fds = vec![PollFd::new(self.cell.wire.as_fd(), PollFlags::POLLIN)];
        let mut of = vec![0];
        for (at, stream) in self.streams.iter().enumerate() {
            if let Some(source) = &stream.source {
                fds.push(PollFd::new(source.as_fd(), PollFlags::POLLIN));
                of.push(1 + at);
            }
        }
        if !self.cancelled {
            fds.push(PollFd::new(cancel.as_fd(), PollFlags::POLLIN));
            of.push(3);
        }
        let left = deadline.map(|deadline| {
            deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(1)
        });
        let timeout = left.map_or(PollTimeout::NONE, |left| {
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        let mut ready = [false; 4];
        match poll(&mut fds, timeout) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(ready),
            Err(errno) => return Err(system("watch a run")(errno)),
        }
        for (fd, of) in fds.iter().zip(of) {
            ready[of] = fd.any().unwrap_or(true);
        }
        Ok(ready)
    }
}
