//! From what was seen of a run to why it ended: one pure function, and its test is the table.

use std::time::Duration;

use crate::{Ending, Limits};

/// What the agent killed a run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum KilledFor {
    /// The CPU limit.
    Cpu,
    /// The wall-clock limit.
    Wall,
    /// The idleness limit.
    Idle,
    /// The keeper's order.
    Order,
}

/// What was seen of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// As `wait4` gives it, of the program's first process.
    pub(crate) status: i32,
    pub(crate) killed_for: Option<KilledFor>,
    pub(crate) cpu_time: Duration,
    /// The kernel killed a process of the run for want of memory.
    pub(crate) oom: bool,
    /// A counted stream went over its limit.
    pub(crate) output_over: bool,
    pub(crate) cancelled: bool,
}

/// Says why a run ended. The strongest reason wins: what was asked for, what the kernel counted, what a limit says, then the status.
pub(crate) fn ending(facts: &Facts, limits: &Limits) -> Ending {
    let signal = (facts.status & 0x7f != 0).then_some(facts.status & 0x7f);
    let at_its_time = facts.cpu_time > limits.cpu_time
        || matches!(
            facts.killed_for,
            Some(KilledFor::Cpu | KilledFor::Wall | KilledFor::Idle)
        );
    let was_flood = facts.output_over && !(limits.floods_on && at_its_time);
    if facts.cancelled {
        Ending::Cancelled
    } else if facts.oom {
        Ending::MemoryLimit
    } else if signal == Some(libc::SIGSYS) {
        Ending::SecurityViolation
    } else if was_flood || signal == Some(libc::SIGXFSZ) {
        Ending::OutputLimit
    } else if facts.cpu_time > limits.cpu_time {
        Ending::CpuLimit
    } else {
        match (facts.killed_for, signal) {
            // It did not wait but for us to throw its output away.
            (Some(KilledFor::Wall), _) if facts.output_over => Ending::CpuLimit,
            (Some(KilledFor::Wall), _) => Ending::WallLimit,
            (Some(KilledFor::Idle), _) => Ending::IdleLimit,
            // Killed at its CPU limit by a counter that ran a little ahead of the final one.
            (Some(KilledFor::Cpu), _) => Ending::CpuLimit,
            (_, Some(signal)) => Ending::Signaled(signal),
            (_, None) => Ending::Exited(facts.status >> 8 & 0xff),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXIT_3: i32 = 3 << 8;
    const KILL: i32 = libc::SIGKILL;

    #[test]
    fn the_strongest_reason_wins() {
        let quiet = Facts {
            status: 0,
            killed_for: None,
            cpu_time: Duration::from_millis(10),
            oom: false,
            output_over: false,
            cancelled: false,
        };
        let over = Duration::from_secs(9);
        let all = Facts {
            status: KILL,
            killed_for: Some(KilledFor::Order),
            cpu_time: over,
            oom: true,
            output_over: true,
            cancelled: true,
        };
        let table = [
            (quiet, Ending::Exited(0)),
            (
                Facts {
                    status: EXIT_3,
                    ..quiet
                },
                Ending::Exited(3),
            ),
            (
                Facts {
                    status: 255 << 8,
                    ..quiet
                },
                Ending::Exited(255),
            ),
            (
                Facts {
                    status: libc::SIGSEGV | 0x80,
                    ..quiet
                },
                Ending::Signaled(libc::SIGSEGV),
            ),
            (
                Facts {
                    status: KILL,
                    ..quiet
                },
                Ending::Signaled(KILL),
            ),
            (
                Facts {
                    status: libc::SIGSYS | 0x80,
                    ..quiet
                },
                Ending::SecurityViolation,
            ),
            (
                Facts {
                    status: libc::SIGXFSZ | 0x80,
                    ..quiet
                },
                Ending::OutputLimit,
            ),
            (
                Facts {
                    status: KILL,
                    killed_for: Some(KilledFor::Cpu),
                    cpu_time: over,
                    ..quiet
                },
                Ending::CpuLimit,
            ),
            (
                Facts {
                    status: EXIT_3,
                    cpu_time: over,
                    ..quiet
                },
                Ending::CpuLimit,
            ),
            (
                Facts {
                    status: KILL,
                    killed_for: Some(KilledFor::Wall),
                    ..quiet
                },
                Ending::WallLimit,
            ),
            (
                Facts {
                    status: KILL,
                    killed_for: Some(KilledFor::Wall),
                    cpu_time: over,
                    ..quiet
                },
                Ending::CpuLimit,
            ),
            (
                Facts {
                    status: KILL,
                    killed_for: Some(KilledFor::Idle),
                    ..quiet
                },
                Ending::IdleLimit,
            ),
            (
                Facts {
                    status: KILL,
                    killed_for: Some(KilledFor::Order),
                    output_over: true,
                    ..quiet
                },
                Ending::OutputLimit,
            ),
            (
                Facts {
                    status: EXIT_3,
                    oom: true,
                    ..quiet
                },
                Ending::MemoryLimit,
            ),
            (all, Ending::Cancelled),
            (
                Facts {
                    cancelled: false,
                    ..all
                },
                Ending::MemoryLimit,
            ),
            (
                Facts {
                    cancelled: false,
                    oom: false,
                    ..all
                },
                Ending::OutputLimit,
            ),
        ];
        for (facts, expected) in table {
            assert_eq!(ending(&facts, &Limits::default()), expected, "{facts:?}");
        }
        let goes_on = Limits {
            floods_on: true,
            ..Limits::default()
        };
        let flood = Facts {
            output_over: true,
            ..quiet
        };
        let table = [
            (None, quiet.cpu_time, Ending::OutputLimit),
            (None, over, Ending::CpuLimit),
            (Some(KilledFor::Cpu), quiet.cpu_time, Ending::CpuLimit),
            (Some(KilledFor::Wall), quiet.cpu_time, Ending::CpuLimit),
            (Some(KilledFor::Idle), quiet.cpu_time, Ending::IdleLimit),
        ];
        for (killed_for, cpu_time, expected) in table {
            let facts = Facts {
                killed_for,
                cpu_time,
                ..flood
            };
            assert_eq!(ending(&facts, &goes_on), expected, "{facts:?}");
        }
    }
}
