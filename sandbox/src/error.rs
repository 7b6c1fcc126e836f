//! What can go wrong with a box, and at which step. A failure here is the judge's or the host's, never a verdict.

use std::io;

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::Lack;

/// Why the sandbox could not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step of making a box, of a run or of moving a file failed.
    #[error("the sandbox failed at step {step}: {errno}")]
    Step {
        /// Which step.
        step: Step,
        /// What the kernel said.
        errno: Errno,
    },
    /// The program could not be executed: absent, not executable, or of an unknown format.
    #[error("the program cannot be executed: {0}")]
    Exec(Errno),
    /// The host does not enforce something, and degraded running is not allowed.
    #[error("this host cannot enforce {}; {remedy}", list(lacks))]
    Unenforceable {
        /// What is missing.
        lacks: Vec<Lack>,
        /// What gives more.
        remedy: String,
    },
    /// A control group operation failed.
    #[error("control group {path}")]
    Cgroup {
        /// The file or directory.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The agent could not be started.
    #[error("the agent {path} cannot be started")]
    Spawn {
        /// The executable.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The box's agent died or fell silent.
    #[error("the box's agent is gone ({0})")]
    AgentGone(&'static str),
    /// The box of this visit was destroyed by an earlier run; `reset` gives another.
    #[error("the box was destroyed by an earlier run")]
    BoxGone,
    /// The agent answered something that was not asked for.
    #[error("the agent's answer is out of turn: {0}")]
    Protocol(String),
    /// A file name for the box is absolute, empty, or climbs with `..`.
    #[error("{0:?} is not a name inside the box")]
    Name(String),
    /// A file that was asked for does not exist in the box.
    #[error("{0:?} is not in the box")]
    Absent(String),
    /// A name in the box leads to something else than a regular file, or over a link.
    #[error("{0:?} is not a regular file")]
    NotRegular(String),
    /// A file in the box is larger than allowed.
    #[error("{name:?} has {size} bytes, more than {max_bytes}")]
    TooLarge {
        /// The file.
        name: String,
        /// Its size.
        size: u64,
        /// What was allowed.
        max_bytes: u64,
    },
    /// An argument, a variable or a path has a zero byte, or all together are too long for one message.
    #[error("the spec cannot be sent: {0}")]
    Spec(&'static str),
    /// A system call on the judge's side failed.
    #[error("{what}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The sandbox is being taken down.
    #[error("the sandbox is closing")]
    Closing,
    /// No box could be made.
    #[error("no box could be made: {0}")]
    NoBox(String),
}

fn list(lacks: &[Lack]) -> String {
    let names: Vec<String> = lacks.iter().map(|lack| format!("{lack:?}")).collect();
    names.join(", ")
}

/// Names the failed call of the judge's side.
pub(crate) fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Error {
    move |source| Error::System {
        what,
        source: source.into(),
    }
}

/// A step of making a box, of a run inside it, or of moving its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Receiving the order.
    Receive,
    /// Entering the box's control groups.
    EnterCgroup,
    /// Cloning a host tree that the box shows read-only.
    OpenTree,
    /// Making PID 1 in new namespaces.
    Clone,
    /// Mapping user and group ids.
    MapIds,
    /// Taking the box's user and group ids.
    TakeIds,
    /// Leaving the judge's session.
    Session,
    /// Taking the mounts out of the host's propagation.
    Private,
    /// Mounting the box's root.
    MountRoot,
    /// Putting a read-only tree or a device into the root.
    Bind,
    /// Making a directory, link or file of the root.
    Populate,
    /// Mounting `/proc`.
    MountProc,
    /// Mounting the writable space.
    MountWork,
    /// Changing to the box's root.
    PivotRoot,
    /// Letting go of the host's root.
    Unmount,
    /// Making the root read-only.
    SealRoot,
    /// Setting the host name.
    Hostname,
    /// Forbidding nested namespaces.
    Harden,
    /// Setting a limit that all runs share.
    Rlimit,
    /// Restricting by Landlock.
    Landlock,
    /// Loading the system call filter.
    Seccomp,
    /// Pinning to a core.
    Affinity,
    /// Taking the right to change the working directory from the program.
    CloseDirectory,
    /// Starting the run's first process.
    StartRun,
    /// Making the run a process group of its own, or, with fresh namespaces, a session.
    RunGroup,
    /// Connecting the standard streams.
    Streams,
    /// Marking every other descriptor close-on-exec.
    CloseDescriptors,
    /// Setting a limit of the run.
    RunLimit,
    /// Dropping to the run's group and user ids.
    DropIds,
    /// Executing the program.
    Exec,
    /// Waiting for the run.
    Wait,
    /// Reading the run's CPU time.
    CpuTime,
    /// Placing a file.
    Place,
    /// Opening a file to hand out.
    Take,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}
