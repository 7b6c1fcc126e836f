//! Version 1: memory, cpuacct and pids each in a hierarchy of its own, and cpu where it is there. The agent lives in the box's
//! groups, so that its children are born there; its own share is subtracted.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::place::{self, Places};
use super::{Begun, Knob, Used, on};
use crate::Error;

const CONTROLLERS: [&str; 3] = ["memory", "cpuacct", "pids"];
/// Shares the cores out by weight; often in one hierarchy with cpuacct. Boxes can do without.
const CPU: &str = "cpu";
/// `cpu.shares` of a new group, and the most that a group may have.
const SHARES_USUAL: u64 = 1024;
const SHARES_MAX: u64 = 1 << 18;
/// Page cache of more than this is given back between visits; below, it makes the next program start faster.
const CACHE_MAX: u64 = 64 << 20;
/// A limit that is higher than asked for by no more than this is left as it is: the base wavers by as much.
const LIMIT_SLACK: u64 = 256 << 10;
const UNLIMITED: u64 = i64::MAX as u64 & !0xfff;

/// The judge's directories.
#[derive(Debug)]
pub(crate) struct Tree {
    directories: Vec<PathBuf>,
}

impl Tree {
    /// Makes the judge's directories if all three hierarchies are here and may be written.
    pub(super) fn prepare(found: &Places, name: &str) -> Option<Self> {
        let instance = place::instance_name(name);
        // A limit that somebody has set on the judge is not one of all boxes together.
        let parents = if nix::unistd::geteuid().is_root() {
            &found.v1_roots
        } else {
            &found.v1
        };
        let mut tree = Self {
            directories: Vec::new(),
        };
        for controller in CONTROLLERS {
            let parent = parents.get(controller)?;
            let directory = parent.join(&instance);
            // Two controllers may share a hierarchy.
            if tree.directories.contains(&directory) {
                continue;
            }
            place::sweep(parent, name);
            // On failure, `tree` removes what was made so far.
            fs::create_dir(&directory).ok()?;
            tree.directories.push(directory);
        }
        match parents.get(CPU) {
            Some(parent) => tree.weigh(parent, name, &instance),
            None => log::debug!("boxes weigh as much as other programs: no cpu controller"),
        }
        Some(tree)
    }

    /// Gives all boxes together more of the cores than other programs; each box has the same weight within, that of a new group.
    fn weigh(&mut self, parent: &Path, name: &str, instance: &str) {
        let directory = parent.join(instance);
        let is_shared = self.directories.contains(&directory);
        if !is_shared {
            place::sweep(parent, name);
            if let Err(error) = fs::create_dir(&directory) {
                log::debug!("boxes weigh as much as other programs: {error}");
                return;
            }
        }
        let shares = super::weight(SHARES_USUAL, SHARES_MAX);
        match fs::write(directory.join("cpu.shares"), shares.to_string()) {
            Ok(()) if is_shared => {}
            Ok(()) => self.directories.push(directory),
            Err(error) => {
                log::debug!("boxes weigh as much as other programs: {error}");
                if !is_shared {
                    place::remove(&directory);
                }
            }
        }
    }

    pub(super) fn make(&self, slot: u32) -> Result<Group, Error> {
        let directories: Vec<PathBuf> = self
            .directories
            .iter()
            .map(|parent| parent.join(format!("box-{slot}")))
            .collect();
        let made = Made(directories);
        for directory in &made.0 {
            fs::create_dir(directory).map_err(on(directory))?;
        }
        Group::open(made)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.directories
            .iter()
            .for_each(|directory| place::remove(directory));
    }
}

/// Directories of a box; removed when nobody needs them.
#[derive(Debug)]
struct Made(Vec<PathBuf>);

impl Made {
    fn file(&self, name: &str) -> PathBuf {
        let found = self
            .0
            .iter()
            .map(|directory| directory.join(name))
            .find(|path| path.exists());
        found.unwrap_or_else(|| Path::new(name).into())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.0
            .iter()
            .filter(|directory| directory.exists())
            .for_each(|directory| place::clear(directory));
    }
}

/// The group of a box.
#[derive(Debug)]
pub(crate) struct Group {
    limit: Knob,
    /// Memory plus swap; absent where the kernel does not account for swap.
    limit_with_swap: Option<Knob>,
    current_limit: u64,
    usage: Knob,
    peak: Knob,
    oom_control: Knob,
    stat: Knob,
    force_empty: Knob,
    processes: Knob,
    current_processes: Option<u32>,
    /// The kernel's count after the last run; nothing but a run adds to it.
    oom_kills: u64,
    /// Bytes of the base that the kernel can take back when memory is short.
    cached: u64,
    directories: Made,
}

impl Group {
    fn open(directories: Made) -> Result<Self, Error> {
        Knob::writable(directories.file("memory.swappiness"))?.set(0)?;
        Ok(Self {
            limit: Knob::writable(directories.file("memory.limit_in_bytes"))?,
            limit_with_swap: Knob::writable(directories.file("memory.memsw.limit_in_bytes")).ok(),
            current_limit: UNLIMITED,
            usage: Knob::readable(directories.file("memory.usage_in_bytes"))?,
            peak: Knob::writable(directories.file("memory.max_usage_in_bytes"))?,
            oom_control: Knob::readable(directories.file("memory.oom_control"))?,
            stat: Knob::readable(directories.file("memory.stat"))?,
            force_empty: Knob::writable(directories.file("memory.force_empty"))?,
            processes: Knob::writable(directories.file("pids.max"))?,
            current_processes: None,
            oom_kills: 0,
            cached: 0,
            directories,
        })
    }

    pub(super) fn entrances(&self) -> Result<Vec<File>, Error> {
        let open = |directory: &PathBuf| {
            let path = directory.join("cgroup.procs");
            File::options().write(true).open(&path).map_err(on(&path))
        };
        self.directories.0.iter().map(open).collect()
    }

    pub(super) fn roster(&self) -> PathBuf {
        self.directories.file("cgroup.procs")
    }

    pub(super) fn counter(&self) -> Result<OwnedFd, Error> {
        let path = self.directories.file("cpuacct.usage");
        File::open(&path).map(OwnedFd::from).map_err(on(&path))
    }

    /// The limit of memory alone may never be above that of memory plus swap.
    fn set_limit(&mut self, bytes: u64) -> Result<(), Error> {
        if bytes == self.current_limit {
            return Ok(());
        }
        let swap = self.limit_with_swap.as_ref();
        if bytes > self.current_limit {
            swap.map_or(Ok(()), |swap| swap.set(bytes))?;
            self.limit.set(bytes)?;
        } else {
            self.limit.set(bytes)?;
            swap.map_or(Ok(()), |swap| swap.set(bytes))?;
        }
        self.current_limit = bytes;
        Ok(())
    }

    pub(super) fn begin(&mut self, memory: u64, processes: u32) -> Result<Begun, Error> {
        let base = self.usage.number()?;
        let kept = base.saturating_sub(self.cached);
        let limit = kept
            .saturating_add(memory)
            .next_multiple_of(4096)
            .min(UNLIMITED);
        if self.current_limit < limit || self.current_limit - limit > LIMIT_SLACK {
            self.set_limit(limit)?;
        }
        if Some(processes) != self.current_processes {
            self.processes.set(u64::from(processes))?;
            self.current_processes = Some(processes);
        }
        self.peak.write("0")?;
        Ok(Begun {
            base,
            oom_kills: self.oom_kills,
            new_group: Vec::new(),
        })
    }

    pub(super) fn finish(&mut self, begun: &Begun) -> Result<Used, Error> {
        let peak = self.peak.number()?.saturating_sub(begun.base);
        self.oom_kills = self.oom_control.field("oom_kill")?;
        Ok(Used {
            peak: Some(peak),
            oom: self.oom_kills > begun.oom_kills,
        })
    }

    pub(super) fn unlimit(&mut self) {
        if let Err(error) = self.set_limit(UNLIMITED) {
            log::warn!("cannot lift a memory limit: {error}");
        }
    }

    pub(super) fn shed(&mut self) {
        self.cached = self.cache();
        if self.cached > CACHE_MAX {
            // Fails with EBUSY where something stays in use; whatever went is gone.
            let _ = self.force_empty.write("0");
            self.cached = self.cache();
        }
    }

    fn cache(&self) -> u64 {
        ["inactive_file", "active_file"]
            .map(|name| self.stat.field(name).unwrap_or(0))
            .iter()
            .sum()
    }

    pub(super) fn destroy(&self) {
        self.directories
            .0
            .iter()
            .for_each(|directory| place::remove(directory));
    }
}
