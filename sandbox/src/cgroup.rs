//! Control groups: what a box may use of memory and processes, and what a run used of memory and CPU.
//!
//! Every judge has one directory, named after its process, in each hierarchy that it uses, and every box a directory in that. Files are
//! opened once; a run writes and reads them at their start. Nothing is attached, made or removed while a run waits,
//! except on version 2 kernels whose `memory.peak` cannot be reset: there a run gets a new group.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::protocol::{Counter, Ids};
use crate::{Certainty, Error};

mod place;
mod v1;
mod v2;

/// The weight of all boxes together, for each core, in units of what any other group (or, outside of groups, any other thread) has.
///
/// For each core, since the kernel divides a group's weight among the cores where it has something to run: a fixed one would
/// leave each box of a large host less than a single stray thread has. Five, so ten on two cores, since beside one busy neighbour a
/// program that needs 1 s is then done in 1.2 s. While every box computes, what is left for the judge's own threads is a
/// sixth of a core (of each core, where they are in no group), to be shared with the host's other groups. That is
/// enough, since they mostly sleep, and a thread that has slept is served at once whatever its weight (measured on two cores that
/// are full of boxes: late by 65 us in the middle, as without weights, and by 6 ms at worst). More would be felt where they have
/// much to do, and gain little: a wait for a core is no program's fault in any case (`agent/waiting.rs`).
const WEIGHT_PER_CORE: u64 = 5;

/// The weight of the judge's directory where other groups have `usual` and none may have more than `max`.
fn weight(usual: u64, max: u64) -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    weight_on(cores as u64, usual, max)
}

fn weight_on(cores: u64, usual: u64, max: u64) -> u64 {
    cores
        .saturating_mul(WEIGHT_PER_CORE * usual)
        .clamp(usual, max)
}

/// Where the boxes' groups are.
#[derive(Debug)]
pub(crate) enum Hierarchy {
    /// Own directories in the version 1 hierarchies of memory, cpuacct and pids.
    V1(v1::Tree),
    /// An own directory in the version 2 hierarchy.
    V2(v2::Tree),
    /// No group can be made here.
    None,
}

impl Hierarchy {
    /// Finds the hierarchy that this process may use, clears what dead judges of this name left in it, and makes the judge's directory.
    pub(crate) fn prepare(name: &str) -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let found = place::Places::parse(&mounts, &own);
        if let Some(tree) = v1::Tree::prepare(&found, name) {
            return Self::V1(tree);
        }
        v2::Tree::prepare(&found, name).map_or(Self::None, Self::V2)
    }

    /// Makes the group of a box.
    pub(crate) fn make(&self, slot: u32, ids: Option<Ids>) -> Result<Group, Error> {
        Ok(match self {
            Self::V1(tree) => Group::V1(tree.make(slot)?),
            Self::V2(tree) => Group::V2(tree.make(slot, ids)?),
            Self::None => Group::None,
        })
    }
}

/// The group of one box.
#[derive(Debug)]
pub(crate) enum Group {
    V1(v1::Group),
    V2(v2::Group),
    None,
}

/// What was there when a run began.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    /// Bytes in use by the box itself.
    pub(crate) base: u64,
    oom_kills: u64,
    /// A group for the run, where the box's former one cannot be used again: its CPU counter and its directory.
    pub(crate) new_group: Vec<OwnedFd>,
}

/// What a run did to memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// Bytes above the base; `None`: not counted here.
    pub(crate) peak: Option<u64>,
    /// The kernel killed a process for want of memory.
    pub(crate) oom: bool,
}

impl Group {
    /// The `cgroup.procs` files that the agent enters, in this order.
    pub(crate) fn entrances(&self) -> Result<Vec<File>, Error> {
        match self {
            Self::V1(group) => group.entrances(),
            Self::V2(group) => group.entrances(),
            Self::None => Ok(Vec::new()),
        }
    }

    /// Whether the last entrance is only for PID 1.
    pub(crate) fn moves(&self) -> bool {
        matches!(self, Self::V2(_))
    }

    /// Finishes the group once PID 1 is in it; gives what PID 1 needs: the counter, and the directory of the run's group.
    pub(crate) fn settle(&mut self) -> Result<(Counter, Vec<OwnedFd>), Error> {
        match self {
            Self::V1(group) => Ok((Counter::Nanoseconds, vec![group.counter()?])),
            Self::V2(group) => group.settle(),
            Self::None => Ok((Counter::Processes, Vec::new())),
        }
    }

    /// Sets the limits of a run and forgets the last one's peak. `processes` are the program's, `own` the agent's beside it.
    pub(crate) fn begin(&mut self, memory: u64, processes: u32, own: u32) -> Result<Begun, Error> {
        match self {
            Self::V1(group) => group.begin(memory, processes + own),
            Self::V2(group) => group.begin(memory, processes + own - 1),
            Self::None => Ok(Begun::default()),
        }
    }

    /// Reads what a run used.
    pub(crate) fn finish(&mut self, begun: &Begun) -> Result<Used, Error> {
        match self {
            Self::V1(group) => group.finish(begun),
            Self::V2(group) => group.finish(begun),
            Self::None => Ok(Used {
                peak: None,
                oom: false,
            }),
        }
    }

    /// The file that names the processes of the box's runs; on version 1 the agent is among them.
    pub(crate) fn roster(&self) -> Option<PathBuf> {
        match self {
            Self::V1(group) => Some(group.roster()),
            Self::V2(group) => Some(group.roster()),
            Self::None => None,
        }
    }

    /// How sure its figures are.
    pub(crate) fn certainty(&self) -> Certainty {
        if matches!(self, Self::None) {
            Certainty::Approximate
        } else {
            Certainty::Exact
        }
    }

    /// Lifts the last run's limit from the agent, which writes files between runs.
    pub(crate) fn unlimit(&mut self) {
        if let Self::V1(group) = self {
            group.unlimit();
        }
    }

    /// Notes how much page cache counts as the box's own, which a run may not use instead, and gives it back if it is much.
    pub(crate) fn shed(&mut self) {
        match self {
            Self::V1(group) => group.shed(),
            Self::V2(group) => group.shed(),
            Self::None => {}
        }
    }

    /// Removes the group, whose processes must be dead or dying.
    pub(crate) fn destroy(&self) {
        match self {
            Self::V1(group) => group.destroy(),
            Self::V2(group) => group.destroy(),
            Self::None => {}
        }
    }
}

/// Names the file of a failed operation.
fn on(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Cgroup {
        path: path.display().to_string(),
        source,
    }
}

/// A file of a group that is kept open.
#[derive(Debug)]
struct Knob {
    path: PathBuf,
    file: File,
}

impl Knob {
    fn readable(path: PathBuf) -> Result<Self, Error> {
        let file = File::open(&path).map_err(on(&path))?;
        Ok(Self { path, file })
    }

    fn writable(path: PathBuf) -> Result<Self, Error> {
        let file = File::options()
            .read(true)
            .write(true)
            .open(&path)
            .or_else(|_| File::options().write(true).open(&path));
        Ok(Self {
            file: file.map_err(on(&path))?,
            path,
        })
    }

    fn write(&self, text: &str) -> Result<(), Error> {
        self.file
            .write_at(text.as_bytes(), 0)
            .map(drop)
            .map_err(on(&self.path))
    }

    fn set(&self, value: u64) -> Result<(), Error> {
        self.write(&value.to_string())
    }

    fn text<'a>(&self, buffer: &'a mut [u8]) -> Result<&'a str, Error> {
        let length = self.file.read_at(buffer, 0).map_err(on(&self.path))?;
        let bad = || io::Error::from(io::ErrorKind::InvalidData);
        std::str::from_utf8(&buffer[..length])
            .map_err(|_| bad())
            .map_err(on(&self.path))
    }

    fn number(&self) -> Result<u64, Error> {
        let mut buffer = [0; 64];
        let text = self.text(&mut buffer)?.trim();
        text.parse()
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
            .map_err(on(&self.path))
    }

    /// The number behind a name in a file of `name number` lines; 0 if the kernel has no such line.
    fn field(&self, name: &str) -> Result<u64, Error> {
        let mut buffer = [0; 4096];
        let mut lines = self
            .text(&mut buffer)?
            .lines()
            .filter_map(|line| line.split_once(' '));
        Ok(lines
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.trim().parse().ok())
            .unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_outweigh_others_on_every_core_as_far_as_the_kernel_lets_them() {
        let on = |cores| {
            (
                weight_on(cores, 1024, 1 << 18),
                weight_on(cores, 100, 10_000),
            )
        };
        assert_eq!(on(1), (5 * 1024, 500));
        assert_eq!(on(2), (10 * 1024, 1000));
        assert_eq!(on(16), (80 * 1024, 8000));
        assert_eq!(on(64), (1 << 18, 10_000));
    }
}
