//! A box as the judge holds it: the line to its agent, its process descriptor, its control group.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use serde::Serialize;

use crate::agent::AGENT_NAME;
use crate::cgroup::{Group, Hierarchy};
use crate::error::system;
use crate::ids::Slot;
use crate::protocol::{self, Answer, Birth, Dirt, Go, Lost, Order, Setup, Wire};
use crate::{Error, Step, syscalls};

/// An agent that says nothing for this long, to anything but a run, is taken for dead.
const PATIENCE: Duration = Duration::from_secs(30);

/// How boxes are made.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) agent: PathBuf,
    pub(crate) disk_bytes: u64,
    pub(crate) disk_inodes: u64,
    pub(crate) read_only: Vec<PathBuf>,
    pub(crate) lent: Vec<PathBuf>,
    pub(crate) landlock: bool,
    /// The judge is the host's root: boxes get ids of their own.
    pub(crate) as_root: bool,
}

/// A box to be: its groups, and an agent's first process in them. Much of the work needs nobody to wait for it.
pub(crate) struct Seed {
    process: Child,
    cell: Option<Cell>,
}

impl Seed {
    /// Makes the groups, starts this program again as an agent, with a socket as its only descriptor and without environment, and tells
    /// it to prepare; does not wait until it has.
    pub(crate) fn start(recipe: &Recipe, hierarchy: &Hierarchy) -> Result<Self, Error> {
        let slot =
            Slot::take().ok_or_else(|| Error::NoBox("256 boxes exist already".to_owned()))?;
        let ids = recipe.as_root.then(|| slot.ids());
        let group = hierarchy.make(slot.number(), ids)?;
        let (ours, theirs) = protocol::pair().map_err(system("make a socket pair"))?;
        let process = Command::new(&recipe.agent)
            .arg0(AGENT_NAME)
            .env_clear()
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Error::Spawn {
                path: recipe.agent.display().to_string(),
                source,
            })?;
        let setup = Setup {
            ids,
            disk_bytes: recipe.disk_bytes,
            disk_inodes: recipe.disk_inodes,
            read_only: recipe.read_only.clone(),
            lent: recipe.lent.clone(),
            landlock: recipe.landlock,
            moves: group.moves(),
        };
        let cell = Cell {
            wire: Wire::new(ours),
            group,
            as_root: recipe.as_root,
            fresh: false,
            buffer: vec![0; 64 << 10],
            dirt: None,
            dead: false,
            pid_one: None,
            _slot: slot,
        };
        let mut seed = Self {
            process,
            cell: Some(cell),
        };
        seed.tell(&setup)?;
        Ok(seed)
    }

    fn tell(&mut self, setup: &Setup) -> Result<(), Error> {
        let cell = self.cell.as_mut().ok_or(Error::BoxGone)?;
        let entrances = cell.group.entrances()?;
        let fds: Vec<BorrowedFd<'_>> = entrances.iter().map(AsFd::as_fd).collect();
        cell.tell(setup, &fds)
    }

    /// Makes the box; returns when it is ready for runs.
    pub(crate) fn grow(mut self) -> Result<Cell, Error> {
        let mut cell = self.cell.take().ok_or(Error::BoxGone)?;
        cell.await_birth()?;
        if cell.group.moves() {
            // Its groups become inner ones, which must be without processes.
            self.wait()?;
        }
        let (counter, fds) = cell.group.settle()?;
        let go = Go {
            counter,
            into_cgroup: fds.len() > 1,
        };
        let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
        cell.tell(&go, &fds)?;
        match cell.answer()? {
            (Answer::Ready, _) => Ok(cell),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Waits for the end of the first process, when it has made PID 1.
    fn wait(&mut self) -> Result<(), Error> {
        let waited = self.process.wait();
        waited
            .map(drop)
            .map_err(system("wait for the agent's start"))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        // Where it has given birth, it is about to end by itself; killing what has been waited for does nothing.
        if self.cell.is_some() {
            let _ = self.process.kill();
        }
        let _ = self.wait();
    }
}

/// A box.
pub(crate) struct Cell {
    pub(crate) wire: Wire,
    pub(crate) group: Group,
    pub(crate) as_root: bool,
    /// Whether the runs of this visit get namespaces of their own.
    pub(crate) fresh: bool,
    /// What a keeper reads streams into.
    pub(crate) buffer: Vec<u8>,
    /// Why it may not be used for another visit.
    pub(crate) dirt: Option<Dirt>,
    /// Its processes are dead.
    pub(crate) dead: bool,
    pid_one: Option<OwnedFd>,
    _slot: Slot,
}

impl Cell {
    fn await_birth(&mut self) -> Result<(), Error> {
        self.tell(&Birth::Now, &[])?;
        let (answer, mut fds) = self.answer()?;
        match answer {
            Answer::Born => self.pid_one = fds.pop(),
            other => return Err(unexpected(other)),
        }
        Ok(())
    }

    /// Tells an agent that is being made what it needs next.
    fn tell<T: Serialize>(&mut self, what: &T, fds: &[BorrowedFd<'_>]) -> Result<(), Error> {
        match self.wire.send(what, fds) {
            // It has failed already, and its answer says at which step.
            Ok(()) | Err(Lost::Closed) => Ok(()),
            Err(other) => Err(lost(other)),
        }
    }

    /// Gives an order and waits for its answer.
    pub(crate) fn ask(
        &mut self,
        order: &Order,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(Answer, Vec<OwnedFd>), Error> {
        if self.dead {
            return Err(Error::BoxGone);
        }
        self.wire.send(order, fds).map_err(lost)?;
        let answer = self.answer();
        if answer.is_err() {
            self.kill();
        }
        answer
    }

    fn answer(&mut self) -> Result<(Answer, Vec<OwnedFd>), Error> {
        let mut fds = [PollFd::new(self.wire.as_fd(), PollFlags::POLLIN)];
        let patience = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
        loop {
            match poll(&mut fds, patience) {
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(system("wait for the agent")(errno)),
                Ok(0) => return Err(Error::AgentGone("it is silent")),
                Ok(_) => return self.wire.receive().map_err(lost),
            }
        }
    }

    /// PID 1 of the box, as this host numbers it; `None` if it is dead.
    pub(crate) fn agent_pid(&self) -> Option<u32> {
        let descriptor = self.pid_one.as_ref()?.as_raw_fd();
        let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
        line.trim().parse().ok()
    }

    /// Kills PID 1, and with it the kernel kills all that lives in the box; returns when they are dead.
    pub(crate) fn kill(&mut self) {
        self.dead = true;
        self.dirt = Some(self.dirt.unwrap_or(Dirt::Agent));
        if let Some(process) = self.pid_one.take() {
            let _ = syscalls::signal_process(process.as_fd(), libc::SIGKILL);
            let _ = waitid(Id::PIDFd(process.as_fd()), WaitPidFlag::WEXITED);
        }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        self.kill();
        self.group.destroy();
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cell")
            .field("dirt", &self.dirt)
            .field("dead", &self.dead)
            .finish_non_exhaustive()
    }
}

/// What a lost line means.
pub(crate) fn lost(lost: Lost) -> Error {
    match lost {
        Lost::Closed => Error::AgentGone("it is dead"),
        Lost::Socket(Errno::E2BIG) => {
            Error::Spec("arguments and environment are longer than one message")
        }
        Lost::Socket(errno) => system("talk to the agent")(errno),
        Lost::Format(error) => Error::Protocol(error.to_string()),
    }
}

/// What an answer means that is not the one hoped for.
pub(crate) fn unexpected(answer: Answer) -> Error {
    match answer {
        Answer::Failed(Step::Exec, errno) => Error::Exec(Errno::from_raw(errno)),
        Answer::Failed(step, errno) => Error::Step {
            step,
            errno: Errno::from_raw(errno),
        },
        other => Error::Protocol(format!("{other:?}")),
    }
}
