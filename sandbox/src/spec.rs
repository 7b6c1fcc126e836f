//! What to run in a box, and what it may use.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One run: a program, its surroundings and its limits.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The executable.
    pub program: Program,
    /// The arguments, `argv[0]` first.
    pub args: Vec<OsString>,
    /// The whole environment; nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// Where standard input comes from.
    pub stdin: Input,
    /// Where standard output goes.
    pub stdout: Output,
    /// Where standard error goes.
    pub stderr: Output,
    /// What the run may use.
    pub limits: Limits,
    /// The core that every process of the run is pinned to; `None` leaves the box's own affinity.
    pub core: Option<usize>,
    /// What the program has as its descriptors 3, 4 and so on, in this order. At most [`Spec::INHERITED_MAX`].
    pub inherited: Vec<PipeEnd>,
    /// Whether the program may change nothing in its working directory. A program with the judge's own user id, as an ordinary
    /// user's judge has, could take that back.
    pub read_only: bool,
}

impl Spec {
    /// So many descriptors a program can be given beside its streams.
    pub const INHERITED_MAX: usize = 128;
}

/// An executable.
#[derive(Debug, Clone)]
pub enum Program {
    /// A path inside the box; relative ones start in the box's working directory, `/box`.
    Path(PathBuf),
    /// An open executable file (a sealed memfd or a read-only descriptor); it needs no path in the box. The program cannot
    /// change it: a file that it could open again for writing is copied first, so seal what is run often (`seal`).
    File(Arc<OwnedFd>),
}

/// A source of standard input.
#[derive(Debug, Clone)]
pub enum Input {
    /// End of file at once.
    Empty,
    /// A readable file, read from its start whatever the descriptor's own offset is.
    /// The program cannot change it: a file that it could open again for writing is copied first (`seal` avoids that).
    File(Arc<OwnedFd>),
    /// The reading end of a pipe.
    Pipe(Arc<OwnedFd>),
}

/// A sink for an output stream.
#[derive(Debug, Clone)]
pub enum Output {
    /// Read by the keeper: counted whole, kept up to `head` bytes from the start and `tail` bytes from the end.
    Capture {
        /// Bytes kept from the start.
        head: usize,
        /// Bytes kept from the end of what did not fit into the head.
        tail: usize,
    },
    /// Thrown away, but counted against the output limit.
    Discard,
    /// The writing end of a pipe; not counted.
    Pipe(PipeEnd),
}

/// An end of a pipe that is given away: once a program has it, nobody else does. So whoever is at the other end sees when the program
/// has closed it, which may be long before the program ends. Clones are the same end, and it can be given to one run only.
#[derive(Debug, Clone)]
pub struct PipeEnd(Arc<Mutex<Option<OwnedFd>>>);

impl PipeEnd {
    /// Takes the descriptor to give it away.
    #[must_use]
    pub fn new(end: OwnedFd) -> Self {
        Self(Arc::new(Mutex::new(Some(end))))
    }

    pub(crate) fn take(&self) -> Option<OwnedFd> {
        let mut end = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        end.take()
    }
}

/// What one run may use. Every limit is enforced on all processes of the run together unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// User plus system CPU time of all processes.
    pub cpu_time: Duration,
    /// Time from the start of the program to its end, without the longest time that one of its threads was ready to run and had no
    /// core; a run of three times this is over in any case.
    pub wall_time: Duration,
    /// The longest time without any use of the CPU or any thread that wants it; `None`: not watched.
    pub idle_time: Option<Duration>,
    /// Bytes of memory, swap off; includes what is written to the box's temporary file systems.
    pub memory: u64,
    /// Processes and threads alive at once.
    pub processes: u32,
    /// Bytes written to each captured or discarded stream.
    pub output: u64,
    /// Whether a run that has written more goes on, while what it writes is thrown away, until it ends or another limit ends it. If that
    /// is the wall time, it counts as the CPU time: such a run waits for nobody but the sandbox, which reads it.
    pub floods_on: bool,
    /// Bytes of the largest file a process may write.
    pub file_size: u64,
    /// Open descriptors of one process.
    pub open_files: u32,
    /// Bytes of stack of one process; `None`: as much as the memory limit leaves, or a quarter of it where there is no control group.
    pub stack: Option<u64>,
}

impl Default for Limits {
    /// The limits of `POST /run` where a request names none: 5 s of CPU, 256 MiB.
    fn default() -> Self {
        Self {
            cpu_time: Duration::from_secs(5),
            wall_time: Duration::from_secs(11),
            idle_time: None,
            memory: 256 << 20,
            processes: 64,
            output: 64 << 20,
            floods_on: false,
            file_size: 64 << 20,
            open_files: 256,
            stack: None,
        }
    }
}
