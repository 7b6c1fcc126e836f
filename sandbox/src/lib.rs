//! One process, contained and measured.
//!
//! # Theory of operation
//!
//! Three kinds of process take part in a run. The *judge* is the program that links this crate: any size, any number of
//! threads, never forked. For each *box* there is an *agent*: this same executable started again under another name
//! ([`run_agent_if_asked`] is why every `main` begins with it), small, single-threaded, without environment, secrets or
//! descriptors, PID 1 of namespaces of its own. The *program* is a child of the agent. A caller of this crate is the program's
//! *keeper* while it is in [`ReadyBox::run`]: it blocks there, on one thread, with one agent.
//!
//! ## Making a box
//!
//! A background thread makes boxes before anybody wants them ([`Sandbox`], `pool.rs`), since everything slow happens here.
//!
//! 1. The judge makes the box's control groups and opens their files (`cgroup.rs`), then starts the agent's first process with a
//!    socket as its only descriptor and sends it the setup (`cell.rs`, `protocol.rs`). It does so for the next box as soon as the
//!    last is ready: a *seed*.
//! 2. That process (`agent.rs`) enters the groups while no clock is running: attaching may stall for milliseconds, so it never
//!    happens again. It builds the system call filter and, as the host's root, makes the network namespace and takes hold of the
//!    trees that the box will show. When a box is needed, it clones PID 1 into new user, pid, mount, network, ipc, uts and cgroup namespaces, as a child of
//!    the *judge*; maps the ids; and ends.
//! 3. PID 1 takes the box's ids, builds a root of read-only trees, a few devices, a small `/etc` and one bounded tmpfs behind
//!    `/box`, `/tmp` and `/dev/shm` (`agent/root.rs`), leaves the host's root, forbids nested user namespaces, restricts itself by
//!    Landlock (`landlock.rs`), loads the filter (`seccomp.rs`), and says that it is ready. Programs inherit both for nothing.
//!
//! Where the judge is root, each box has two host ids that nobody else has: one for its agent, one for its programs (`ids.rs`). Else
//! both have the user's own id, and what that would allow is closed by the filter and by capabilities that the program loses at exec.
//!
//! ## One run
//!
//! 1. The keeper (`keeper.rs`) opens the streams, writes the limits through descriptors that it has kept since the box was made,
//!    resets the peak of memory and sends one packet: what to run, and the descriptors.
//! 2. PID 1 (`agent/run.rs`) notes the CPU counter and starts the program as `vfork` does: a child that shares PID 1's memory on a
//!    stack of its own while PID 1 stands still, connects the streams, sets the limits, drops to its id and executes
//!    (`syscalls.rs`). Nothing is copied, attached, mounted or loaded.
//! 3. Then both sides watch. PID 1 waits for the program's end, looks at the CPU counter as seldom as the limit allows (what is left,
//!    divided by the cores, never less than half a millisecond), and at the wall clock and idleness. The keeper drains the streams, counts
//!    them, and listens to the [`Cancel`] switch; it can order the agent to stop the run. Whoever finds a limit exceeded, PID 1 kills:
//!    one signal to everything in the namespace.
//! 4. When the program's first process is dead, PID 1 kills what it left, waits until it has no child any more (then nothing else
//!    lives in the namespace), reads the CPU counter and answers. The keeper reads the peak and the kernel's count of
//!    out-of-memory kills. `ending.rs` says from these facts why the run ended.
//!
//! The final counters decide, never the moment of a look: lateness costs time, not correctness. Memory is over its limit if
//! and only if the kernel killed for it. The wall clock alone has no final counter: a program that ends by itself before
//! a look finds it over its limit has ended by itself.
//!
//! ## A busy host
//!
//! What else the host does must not decide. So the boxes' directory has a larger weight than others where there is a cpu controller
//! (`cgroup.rs`): a run then takes little longer than on an idle host. And when the wall limit is reached, PID 1 asks the kernel how
//! long the box's threads have been ready to run without a core (`agent/waiting.rs`); the longest such time of one thread does not
//! count, up to a wall time of three times the limit. Nor is a box idle while a thread of it is ready to run. The reported wall
//! time is the clock's.
//!
//! An agent that is silent for too long is killed by its process descriptor, and the kernel kills all that is in the box with
//! it. An agent whose judge is gone sees the end of its socket, and dies the same way. What a killed judge leaves of control groups is
//! removed by the next one of the same name (`cgroup/place.rs`).
//!
//! ## Between visits
//!
//! A visit ([`ReadyBox`]) may place files, run any number of programs, take files out, and ends when it is dropped. A box is used again
//! only when it is proven clean: every run ended by itself and left no process; the agent, which has no host file in sight, emptied
//! the writable space, and the file system has as many free blocks and inodes as on its first day; no System V object exists. Else
//! it is destroyed and replaced, which costs little beside what made it dirty. Nothing that a program could write is ever walked
//! or deleted by the judge, and files are handed out by descriptor, opened beneath the box without following any link.
//!
//! ## Isolation
//!
//! With [`Isolation::Fresh`], which each visit may ask for ([`Sandbox::acquire_for`]), each run also gets pid and ipc namespaces of its own, with a first process that shares the agent's
//! memory. `/proc` stays that of the box; the program has the same number in both.
//!
//! ## Hierarchies
//!
//! On version 1 the agent lives in the box's groups, and its own share is subtracted. On version 2 programs are born into a
//! group beside the agent's. Without groups, CPU time and memory are summed over processes, and every outcome says so
//! ([`Outcome::degraded`]); [`Sandbox::start`] refuses that unless it is allowed.
//!
//! ## What is absent
//!
//! There is no unsafe code but in `syscalls.rs`. Nothing here knows of contests, tests or verdicts. Nothing is logged on the way of a run.
//! No path that a program could have made is opened by the judge.

mod agent;
mod cancel;
mod capture;
mod cell;
mod cgroup;
mod ending;
mod error;
mod host;
mod ids;
mod keeper;
mod landlock;
mod living;
mod outcome;
mod pool;
mod protocol;
mod seal;
mod seccomp;
mod spec;
mod syscalls;
mod visit;
mod watcher;

pub use agent::run_agent_if_asked;
pub use cancel::Cancel;
pub use error::{Error, Step};
pub use host::{CgroupMode, Host, Line, Namespaces, ScopeError, State, enter_delegated_scope};
pub use living::wait_until_gone;
pub use outcome::{Captured, Certainty, Ending, Lack, Outcome};
pub use pool::{Config, Isolation, PoolStats, Sandbox};
pub use protocol::Dirt;
pub use seal::seal;
pub use spec::{Input, Limits, Output, PipeEnd, Program, Spec};
pub use visit::{Content, ReadyBox};
pub use watcher::{Repose, Watcher};
