//! What a contestant's program, and a compiler, may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;

/// What one run of a program may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimits {
    /// User plus system CPU time of all processes; the run is killed when it is used up.
    pub time: Duration,
    /// Time from start to end.
    pub wall: Duration,
    /// Bytes of memory of all processes together, swap off.
    pub memory: u64,
    /// Bytes written to standard output and standard error.
    pub output: u64,
    /// Whether a program that has written more runs on until its time is over, while what it writes is thrown away.
    #[serde(default)]
    pub floods_on: bool,
    /// Bytes of the largest file that may be written.
    pub file_size: u64,
    /// Processes and threads alive at once.
    pub processes: u32,
    /// Bytes of stack; `None`: as much as the memory limit.
    pub stack: Option<u64>,
}

/// What one compilation may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileLimits {
    /// User plus system CPU time of all processes.
    pub time: Duration,
    /// Time from start to end.
    pub wall: Duration,
    /// Bytes of memory of all processes together.
    pub memory: u64,
    /// Bytes of the compiler's messages.
    pub output: u64,
    /// Bytes of the largest file that may be written.
    pub file_size: u64,
    /// Processes and threads alive at once.
    pub processes: u32,
}

impl RunLimits {
    /// The wall limit that goes with a CPU limit where nobody names one: twice as long and a second,
    /// so that a busy host never costs a contestant the test.
    #[must_use]
    pub fn wall_for(time: Duration) -> Duration {
        time.saturating_mul(2)
            .saturating_add(Duration::from_secs(1))
    }

    /// The same limits with another CPU limit and the wall limit that goes with it.
    #[must_use]
    pub fn with_time(self, time: Duration) -> Self {
        Self {
            time,
            wall: Self::wall_for(time),
            ..self
        }
    }

    /// What packages get where they name nothing else: 2048 MiB of memory and 8 MiB of output (2025-09 `limits`).
    #[must_use]
    pub fn of_a_package(time: Duration) -> Self {
        Self {
            memory: 2048 * MIB,
            output: 8 * MIB,
            file_size: 8 * MIB,
            ..Self::default()
        }
        .with_time(time)
    }

    /// Memory in whole MiB, for command lines.
    #[must_use]
    pub fn memory_mib(&self) -> u64 {
        self.memory / MIB
    }
}

impl Default for RunLimits {
    /// The limits of `POST /run` where a request names none (seed 4): 5 s and 256 MB.
    fn default() -> Self {
        let time = Duration::from_secs(5);
        Self {
            time,
            wall: Self::wall_for(time),
            memory: 256 * MIB,
            output: 64 * MIB,
            floods_on: false,
            file_size: 64 * MIB,
            processes: 64,
            stack: None,
        }
    }
}

impl Default for CompileLimits {
    /// 60 s and 2 GiB, as packages promise their authors (2025-09 `limits.compilation_*`).
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            wall: Duration::from_secs(120),
            memory: 2048 * MIB,
            output: MIB,
            // What is written lies in the same memory, the object and the program linked from it at once.
            file_size: 1024 * MIB,
            processes: 128,
        }
    }
}
