//! The watch over one run: PID 1 waits for its end, and looks now and then at the clock and the CPU counter.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use super::Failure;
use super::run::{Begun, CpuCounter};
use super::waiting::Waiting;
use crate::Step;
use crate::ending::KilledFor;
use crate::protocol::{Order, Run, Wire};
use crate::syscalls::Running;

/// The shortest sleep between two looks at the CPU counter.
const LOOK_MIN: Duration = Duration::from_micros(500);
/// The longest: so long may a dead orphan count as a process, and idleness go unseen.
const LOOK_MAX: Duration = Duration::from_millis(50);
/// CPU time below this between two looks is the measuring's own noise, not the program's.
const IDLE_NOISE: Duration = Duration::from_micros(200);

/// Watches one run.
pub(super) struct Watch<'a> {
    run: &'a Run,
    clock: Instant,
    cores: u32,
    counter: &'a CpuCounter,
    begun: Begun,
    /// The CPU time when it last had grown, and when that was.
    active: (Duration, Duration),
    /// When the wall time may be over its limit: not before.
    reckoning: Duration,
    waiting: Waiting,
}

impl<'a> Watch<'a> {
    pub(super) fn begin(
        run: &'a Run,
        clock: Instant,
        cores: u32,
        counter: &'a CpuCounter,
        begun: Begun,
    ) -> Self {
        Self {
            run,
            clock,
            cores,
            counter,
            begun,
            active: (Duration::ZERO, Duration::ZERO),
            reckoning: run.wall_time,
            waiting: Waiting::default(),
        }
    }

    /// Returns when the first process is dead; says what it was killed for, if it was.
    pub(super) fn until_over(
        &mut self,
        running: &mut Running<'_>,
        wire: &mut Wire,
    ) -> Result<Option<KilledFor>, Failure> {
        let mut killed_for = None;
        let mut next_look = self.look_after(Duration::ZERO, Duration::ZERO);
        loop {
            let sleep = if killed_for.is_some() {
                None
            } else {
                Some(TimeSpec::from_duration(next_look))
            };
            let mut fds = [
                PollFd::new(running.pidfd.as_fd(), PollFlags::POLLIN),
                PollFd::new(wire.as_fd(), PollFlags::POLLIN),
            ];
            match ppoll(&mut fds, sleep, None) {
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err((Step::Wait, errno)),
                Ok(_) => {}
            }
            let [over, ordered] = fds.map(|fd| fd.any().unwrap_or(true));
            if over {
                return Ok(killed_for);
            }
            if ordered {
                match wire.receive::<Order>() {
                    Ok((Order::Stop, _)) => killed_for = killed_for.or(Some(KilledFor::Order)),
                    // The judge is gone or talks nonsense: the kernel kills all that is in the box with its PID 1.
                    _ => std::process::exit(1),
                }
            }
            running.reap_orphans();
            if killed_for.is_none() {
                let wall = self.clock.elapsed();
                let cpu = self.counter.since(&self.begun, Duration::ZERO)?;
                killed_for = self.exceeded(cpu, wall);
                next_look = self.look_after(cpu, wall);
            }
            if killed_for.is_some() {
                let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            }
        }
    }

    /// To be called when the first process is dead and before it is waited for.
    pub(super) fn end(self) {
        self.waiting.let_go();
    }

    fn exceeded(&mut self, cpu: Duration, wall: Duration) -> Option<KilledFor> {
        if cpu.saturating_sub(self.active.0) > IDLE_NOISE {
            self.active = (cpu, wall);
        }
        if cpu > self.run.cpu_time {
            Some(KilledFor::Cpu)
        } else if self.is_wall_time_over(wall) {
            Some(KilledFor::Wall)
        } else if self.is_idle(cpu, wall) {
            Some(KilledFor::Idle)
        } else {
            None
        }
    }

    /// Looks at the box's threads only when the limit may be reached, which costs most runs nothing.
    fn is_wall_time_over(&mut self, wall: Duration) -> bool {
        if wall < self.reckoning {
            return false;
        }
        let (limit, most) = (self.run.wall_time, self.run.wall_time_most);
        let due = if wall < most {
            self.waiting.look(wall).not_over_before(wall, limit)
        } else {
            None
        };
        self.reckoning = due.unwrap_or(wall).min(most);
        due.is_none()
    }

    /// Whoever waits for a core is not idle, and has a new start.
    fn is_idle(&mut self, cpu: Duration, wall: Duration) -> bool {
        let idle = wall.saturating_sub(self.active.1);
        if self.run.idle_time.is_none_or(|limit| idle < limit) {
            return false;
        }
        let is_ready = self.waiting.is_anyone_ready();
        if is_ready {
            self.active = (cpu, wall);
        }
        !is_ready
    }

    /// How long the program cannot have used up its CPU time, even on all its cores, nor its wall time.
    fn look_after(&self, cpu: Duration, wall: Duration) -> Duration {
        let soonest = (self.run.cpu_time.saturating_sub(cpu) / self.cores.max(1)).max(LOOK_MIN);
        soonest
            .min(LOOK_MAX)
            .min(self.reckoning.saturating_sub(wall))
    }
}
