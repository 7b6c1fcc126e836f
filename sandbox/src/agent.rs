//! The inside of a box: a small process, PID 1 of the box's namespaces, that starts, watches and cleans up after programs.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid, setsid};

use seccompiler::BpfProgram;

use crate::Step;
use crate::protocol::{Answer, Birth, Go, Ids, Order, Setup, Wire};
use crate::seccomp::{Key, policy_with_key};
use crate::syscalls::{self, Forked};

mod files;
mod root;
mod run;
mod waiting;
mod watch;

/// The name under which the judge starts itself as an agent.
pub(crate) const AGENT_NAME: &str = "tribunal-agent";

/// The ids that PID 1 and the program see as their own.
pub(crate) const AGENT_ID: u32 = 0;
/// The program's id inside the box.
pub(crate) const PROGRAM_ID: u32 = 1000;

/// Becomes a box's agent, and never returns, if that is what this process was started for.
///
/// Must be the first line of `main` of every program that makes boxes: the sandbox starts that same program again.
pub fn run_agent_if_asked() {
    if is_agent() {
        std::process::exit(i32::from(boot().is_err()));
    }
    crate::host::run_probe_if_asked();
}

/// Whether this process was started as an agent.
pub(crate) fn is_agent() -> bool {
    std::env::args_os().next().as_deref() == Some(OsStr::new(AGENT_NAME))
}

/// A step that failed, as it is reported to the judge.
type Failure = (Step, Errno);

/// Names the step of a failed call.
fn at(step: Step) -> impl Fn(Errno) -> Failure {
    move |errno| (step, errno)
}

/// Names the step of a failed call of the standard library.
fn io_at(step: Step) -> impl Fn(std::io::Error) -> Failure {
    move |error| {
        (
            step,
            Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)),
        )
    }
}

/// Takes the descriptors in hand, makes PID 1 and ends; in PID 1, serves the box until the judge is gone.
fn boot() -> Result<(), ()> {
    syscalls::default_signals();
    let socket = own_descriptors().map_err(drop)?;
    let mut wire = Wire::new(socket);
    match make(&mut wire) {
        Ok(Some(mut agent)) => agent.serve(&mut wire),
        Ok(None) => Ok(()),
        Err((step, errno)) => wire
            .send(&Answer::Failed(step, errno as i32), &[])
            .map_err(drop),
    }
}

/// Moves the socket away from where programs have their streams, and closes everything else.
fn own_descriptors() -> Result<OwnedFd, Errno> {
    syscalls::close_from(3, false)?;
    let socket = syscalls::adopt(fcntl(std::io::stdin(), FcntlArg::F_DUPFD_CLOEXEC(3))?);
    let null = open("/dev/null", OFlag::O_RDWR, Mode::empty())?;
    nix::unistd::dup2_stdin(&null)?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::dup2_stderr(&null)?;
    Ok(socket)
}

/// Everything from the first order to "ready". `None` in the process that only gave birth to PID 1.
fn make(wire: &mut Wire) -> Result<Option<Agent>, Failure> {
    let (setup, mut groups) = wire
        .receive::<Setup>()
        .map_err(|_| (Step::Receive, Errno::EPROTO))?;
    let as_root = setup.ids.is_some();
    setsid().map_err(at(Step::Session))?;
    let moved_to = if setup.moves { groups.pop() } else { None };
    for group in groups {
        File::from(group)
            .write_all(b"0")
            .map_err(io_at(Step::EnterCgroup))?;
    }
    let fence = Fence::prepare()?;
    // The host's root opens trees that the box's ids could not reach; an ordinary user can reach its own from inside.
    let mut trees = None;
    let mut namespaces = libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWCGROUP;
    if as_root {
        raise_hard_limits();
        setgroups(&[]).map_err(at(Step::TakeIds))?;
        trees = Some(root::open_trees(&setup)?);
        // The slowest of all, and root needs no user namespace for it: before anybody waits.
        unshare(CloneFlags::CLONE_NEWNET).map_err(at(Step::Clone))?;
    } else {
        namespaces |= libc::CLONE_NEWNET;
    }
    let Birth::Now = wire
        .receive::<Birth>()
        .map_err(|_| (Step::Receive, Errno::EPROTO))?
        .0;
    if let Forked::Parent { pid, pidfd } =
        syscalls::fork_into(namespaces).map_err(at(Step::Clone))?
    {
        map_ids(pid, setup.ids)?;
        // Else a busy program on its core keeps PID 1 waiting for a whole slice at each look. Without it, limits are kept later.
        let _ = syscalls::hurry(pid, if as_root { -20 } else { 0 });
        if let Some(group) = moved_to {
            File::from(group)
                .write_all(pid.to_string().as_bytes())
                .map_err(io_at(Step::EnterCgroup))?;
        }
        wire.send(&Answer::Born, &[pidfd.as_fd()])
            .map_err(|_| (Step::Receive, Errno::EPIPE))?;
        return Ok(None);
    }
    drop(moved_to);
    let (go, fds) = wire
        .receive::<Go>()
        .map_err(|_| (Step::Receive, Errno::EPIPE))?;
    let agent = Agent::settle(&setup, go, fds, trees, &fence)?;
    wire.send(&Answer::Ready, &[])
        .map_err(|_| (Step::Receive, Errno::EPIPE))?;
    Ok(Some(agent))
}

/// Lets later limits of runs be as high as they like, where the host's root may raise them (it needs CAP_SYS_RESOURCE).
fn raise_hard_limits() {
    let open_files = 1 << 20;
    let all = RLIM_INFINITY;
    for (resource, value) in [
        (Resource::RLIMIT_STACK, all),
        (Resource::RLIMIT_FSIZE, all),
        (Resource::RLIMIT_CPU, all),
        (Resource::RLIMIT_NPROC, all),
        (Resource::RLIMIT_DATA, all),
        (Resource::RLIMIT_AS, all),
        (Resource::RLIMIT_NOFILE, open_files),
    ] {
        if let Ok((soft, hard)) = getrlimit(resource) {
            let _ = setrlimit(resource, soft, value.max(hard));
        }
    }
}

fn map_ids(pid: i32, ids: Option<Ids>) -> Result<(), Failure> {
    let write = |file: &str, text: String| {
        std::fs::write(format!("/proc/{pid}/{file}"), text).map_err(io_at(Step::MapIds))
    };
    match ids {
        Some(ids) => {
            let map = format!(
                "{AGENT_ID} {} 1\n{PROGRAM_ID} {} 1\n",
                ids.agent, ids.program
            );
            write("gid_map", map.clone())?;
            write("uid_map", map)
        }
        None => {
            write("setgroups", "deny".into())?;
            write("gid_map", format!("{PROGRAM_ID} {} 1\n", Gid::current()))?;
            write("uid_map", format!("{PROGRAM_ID} {} 1\n", Uid::current()))
        }
    }
}

/// PID 1 of a box.
struct Agent {
    runner: run::Runner,
    space: files::Space,
}

impl Agent {
    /// Builds the box around PID 1, then gives up whatever is not needed for runs.
    ///
    /// The limit of core dumps is 1 and not 0: too small for a file as well, but with 0 the kernel would still start the host's
    /// dump handler if there is one (core(5): a limit of 1 is how it is told not to).
    fn settle(
        setup: &Setup,
        go: Go,
        fds: Vec<OwnedFd>,
        trees: Option<root::Trees>,
        fence: &Fence,
    ) -> Result<Self, Failure> {
        setsid().map_err(at(Step::Session))?;
        // While this process still is the host's root, or the judge's user and dumpable: later, the file is not its own.
        let oom_score = File::options()
            .write(true)
            .open("/proc/self/oom_score_adj")
            .map_err(io_at(Step::Populate))?;
        let last_pid = File::options().write(true).open(run::LAST_PID).ok();
        if setup.ids.is_some() {
            let (uid, gid) = (Uid::from_raw(AGENT_ID), Gid::from_raw(AGENT_ID));
            setresgid(gid, gid, gid).map_err(at(Step::TakeIds))?;
            setresuid(uid, uid, uid).map_err(at(Step::TakeIds))?;
        }
        prctl::set_dumpable(false).map_err(at(Step::Harden))?;
        prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).map_err(at(Step::Harden))?;
        nix::sys::stat::umask(Mode::from_bits_truncate(0o022));
        nix::unistd::sethostname("box").map_err(at(Step::Hostname))?;
        let trees = root::build(setup, trees)?;
        let space = files::Space::open(setup.ids.is_some())?;
        for (resource, value) in [(Resource::RLIMIT_CORE, 1), (Resource::RLIMIT_MSGQUEUE, 0)] {
            setrlimit(resource, value, value).map_err(at(Step::Rlimit))?;
        }
        let runner = run::Runner::new(setup, go, fds, (oom_score, last_pid), fence.key)?;
        prctl::set_no_new_privs().map_err(at(Step::Seccomp))?;
        root::restrict(setup, &trees)?;
        drop(trees);
        seccompiler::apply_filter(&fence.filter).map_err(|_| (Step::Seccomp, Errno::last()))?;
        Ok(Self { runner, space })
    }

    /// Obeys until the judge is gone.
    fn serve(&mut self, wire: &mut Wire) -> Result<(), ()> {
        loop {
            let (order, mut fds) = wire.receive::<Order>().map_err(drop)?;
            let mut given = None;
            let mut held = Vec::new();
            let answer = match order {
                Order::Run(run) => {
                    let closed = if run.read_only {
                        self.space.close_directory()
                    } else {
                        Ok(())
                    };
                    closed
                        .and_then(|()| self.runner.run(&run, fds, wire, &mut held))
                        .map(Answer::Ran)
                }
                Order::Stop => continue,
                Order::Place {
                    name,
                    executable,
                    bytes,
                } => self
                    .space
                    .place(&name, executable, bytes.as_deref(), fds.pop())
                    .map(|()| Answer::Placed),
                Order::Take { name } => self.space.take(&name).map(|fd| {
                    given = Some(fd);
                    Answer::Taken
                }),
                Order::Reset => Ok(self
                    .space
                    .reset()
                    .map_or_else(Answer::Dirty, |()| Answer::Clean)),
            };
            let answer = answer.unwrap_or_else(|(step, errno)| Answer::Failed(step, errno as i32));
            let given: Vec<_> = given.iter().map(AsFd::as_fd).collect();
            wire.send(&answer, &given).map_err(drop)?;
            drop(held);
        }
    }
}

/// The system call filter, and the key that is for this agent alone.
struct Fence {
    key: Key,
    filter: BpfProgram,
}

impl Fence {
    fn prepare() -> Result<Self, Failure> {
        let key = random_key().map_err(io_at(Step::Seccomp))?;
        let filter = policy_with_key(key).map_err(|_| (Step::Seccomp, Errno::EINVAL))?;
        Ok(Self { key, filter })
    }
}

fn random_key() -> std::io::Result<Key> {
    let mut words = [0u64; 2];
    for word in &mut words {
        let mut bytes = [0; 8];
        std::io::Read::read_exact(&mut File::open("/dev/urandom")?, &mut bytes)?;
        *word = u64::from_ne_bytes(bytes);
    }
    Ok(Key(words))
}
