//! How a run ended and what it used. Nothing here knows what the answer should have been.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a run ended and what it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Why the run is over.
    pub ending: Ending,
    /// User plus system time of every process of the run, orphans included.
    pub cpu_time: Duration,
    /// From the start of the program to the end of its first process, by the clock: more than the limit where it had to wait for a core.
    pub wall_time: Duration,
    /// Peak bytes of memory above what the box itself uses.
    ///
    /// The kernel charges groups of version 1 and 2 in batches of 64 pages for each core, so the figure is ± 256 KiB for each core
    /// that the run used; for a program that touches less it may be 0.
    pub peak_memory: u64,
    /// What was written to standard output.
    pub stdout: Captured,
    /// What was written to standard error.
    pub stderr: Captured,
    /// How sure `cpu_time` is.
    pub cpu_certainty: Certainty,
    /// How sure `peak_memory` is.
    pub memory_certainty: Certainty,
    /// What this host does not enforce; empty unless degraded running was allowed.
    pub degraded: Vec<Lack>,
}

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The program exited with this status.
    Exited(i32),
    /// The program was ended by this signal, and no limit was the reason.
    Signaled(i32),
    /// More CPU time was used than allowed.
    CpuLimit,
    /// It took longer than allowed, without what it waited for a core.
    WallLimit,
    /// No process used the CPU for longer than allowed.
    IdleLimit,
    /// The kernel killed a process for want of memory.
    MemoryLimit,
    /// A stream or a file grew larger than allowed.
    OutputLimit,
    /// The system call filter killed a process.
    SecurityViolation,
    /// The keeper was asked to stop the run.
    Cancelled,
}

/// What was kept of an output stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// The first bytes.
    pub head: Vec<u8>,
    /// The last bytes of what did not fit into the head; what lies between is gone if `truncated()`.
    pub tail: Vec<u8>,
    /// Bytes written by the program in all.
    pub total: u64,
}

impl Captured {
    /// Says whether bytes between head and tail were dropped.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.total > (self.head.len() + self.tail.len()) as u64
    }
}

/// How sure a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certainty {
    /// Counted by the kernel over every process of the run, memory in the granularity that `Outcome::peak_memory` states.
    Exact,
    /// Summed over the processes that could be seen; short-lived ones may be missing.
    Approximate,
}

/// Something that this host does not enforce or measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// No memory limit over all processes. Each may map four times as much and is judged by what it touched; programs that
    /// reserve far more than they use (sanitizers) do not run.
    MemoryLimit,
    /// CPU time may miss short-lived processes.
    CpuTime,
    /// Peak memory is that of the largest process.
    PeakMemory,
    /// Processes are limited by user id and not by group.
    ProcessLimit,
    /// The kernel has no Landlock.
    Landlock,
    /// No own process, network or mount namespaces could be made.
    Namespaces,
}
