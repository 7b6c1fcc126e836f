//! Version 2: `box-N/agent` for PID 1 and `box-N/run` for programs, which are born there (`CLONE_INTO_CGROUP`).
//!
//! Two traps of real kernels. A group that ever got `cgroup.kill` kills every process that is later cloned into it (seen on
//! 6.12 and 6.18), so only groups that are about to be removed get it. And before 6.12 `memory.peak` cannot be reset, so there
//! every run gets a new group.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use super::place::{self, Places};
use super::{Begun, Knob, Used, on};
use crate::Error;
use crate::protocol::{Counter, Ids};

/// Page cache of more than this is given back between visits; below, it makes the next program start faster.
const CACHE_MAX: u64 = 64 << 20;

const LIMIT_SLACK: u64 = 256 << 10;
/// `cpu.weight` of a new group, and the most that a group may have.
const WEIGHT_USUAL: u64 = 100;
const WEIGHT_MAX: u64 = 10_000;
/// Where a unit's processes are moved to, below the unit.
const LEAF: &str = "judge";

/// The judge's directory.
#[derive(Debug)]
pub(crate) struct Tree {
    directory: PathBuf,
}

impl Tree {
    /// Makes the judge's directory if the hierarchy is here, has the controllers and may be written.
    pub(super) fn prepare(found: &Places, name: &str) -> Option<Self> {
        let own = found.v2.as_deref();
        let parents = if nix::unistd::geteuid().is_root() {
            [found.v2_root.as_deref(), own]
        } else {
            [own.and_then(unit), own]
        };
        parents
            .into_iter()
            .flatten()
            .find_map(|parent| Self::prepare_below(parent, name))
    }

    fn prepare_below(parent: &Path, name: &str) -> Option<Self> {
        let controllers = fs::read_to_string(parent.join("cgroup.controllers")).ok()?;
        let has = |name| {
            controllers
                .split_ascii_whitespace()
                .any(|controller| controller == name)
        };
        if !has("memory") || !has("pids") {
            return None;
        }
        place::sweep(parent, name);
        if enable(parent).is_err() {
            // Processes may only be in leaves: make room by moving this unit's processes, which are the judge's, into one.
            let leaf = parent.join(LEAF);
            fs::create_dir(&leaf)
                .or_else(|error| if leaf.is_dir() { Ok(()) } else { Err(error) })
                .ok()?;
            for pid in fs::read_to_string(parent.join("cgroup.procs"))
                .ok()?
                .lines()
            {
                let _ = fs::write(leaf.join("cgroup.procs"), pid);
            }
            enable(parent).ok()?;
        }
        let directory = parent.join(place::instance_name(name));
        fs::create_dir(&directory).ok()?;
        let tree = Self { directory };
        enable(&tree.directory).ok()?;
        if let Err(error) = weigh(parent, &tree.directory) {
            log::debug!("boxes weigh as much as other programs: {error}");
        }
        Some(tree)
    }

    pub(super) fn make(&self, slot: u32, ids: Option<Ids>) -> Result<Group, Error> {
        let made = Made(self.directory.join(format!("box-{slot}")));
        for directory in [made.0.clone(), made.0.join("agent")] {
            fs::create_dir(&directory).map_err(on(&directory))?;
        }
        Ok(Group {
            directory: made,
            ids,
            run: None,
            peak_resets: true,
        })
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        place::remove(&self.directory);
    }
}

/// The unit in whose leaf this process runs, because it or another judge has made room there.
fn unit(own: &Path) -> Option<&Path> {
    let unit = own
        .parent()
        .filter(|_| own.file_name().is_some_and(|name| name == LEAF))?;
    let handed = fs::read_to_string(unit.join("cgroup.subtree_control")).ok()?;
    let has = |name| handed.split_ascii_whitespace().any(|has| has == name);
    (has("memory") && has("pids")).then_some(unit)
}

fn enable(directory: &Path) -> std::io::Result<()> {
    fs::write(directory.join("cgroup.subtree_control"), "+memory +pids")
}

/// Gives all boxes together more of the cores than other programs, and each box as much as any other. The kernel refuses where the
/// controller was not delegated, and may where a realtime process runs.
fn weigh(parent: &Path, directory: &Path) -> std::io::Result<()> {
    let hand_down = |directory: &Path| fs::write(directory.join("cgroup.subtree_control"), "+cpu");
    hand_down(parent)?;
    let weight = super::weight(WEIGHT_USUAL, WEIGHT_MAX);
    fs::write(directory.join("cpu.weight"), weight.to_string())?;
    hand_down(directory)
}

/// The directory of a box; removed with all below it when nobody needs it.
#[derive(Debug)]
struct Made(PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        if self.0.exists() {
            // It is never used again, so the trap of `cgroup.kill` cannot spring.
            let _ = fs::write(self.0.join("cgroup.kill"), "1");
            place::clear(&self.0);
        }
    }
}

/// The group of a box.
#[derive(Debug)]
pub(crate) struct Group {
    run: Option<RunGroup>,
    ids: Option<Ids>,
    peak_resets: bool,
    directory: Made,
}

/// The group of a run.
#[derive(Debug)]
struct RunGroup {
    path: PathBuf,
    limit: Knob,
    current_limit: u64,
    usage: Knob,
    /// Absent before 5.19.
    peak: Option<Knob>,
    events: Knob,
    /// Absent before 5.19.
    reclaim: Option<Knob>,
    stat: Knob,
    processes: Knob,
    current_processes: Option<u32>,
    /// The kernel's count after the last run; nothing but a run adds to it.
    oom_kills: u64,
    /// Bytes of the base that the kernel can take back when memory is short.
    cached: u64,
    used: bool,
}

impl Group {
    pub(super) fn entrances(&self) -> Result<Vec<File>, Error> {
        let open = |path: PathBuf| File::options().write(true).open(&path).map_err(on(&path));
        Ok(vec![
            open(self.directory.0.join("cgroup.procs"))?,
            open(self.directory.0.join("agent/cgroup.procs"))?,
        ])
    }

    pub(super) fn roster(&self) -> PathBuf {
        self.directory.0.join("run/cgroup.procs")
    }

    pub(super) fn settle(&mut self) -> Result<(Counter, Vec<OwnedFd>), Error> {
        let directory = &self.directory.0;
        enable(directory).map_err(on(directory))?;
        self.own(&directory.join("cgroup.procs"))?;
        let run = self.make_run()?;
        self.run = Some(RunGroup::open(&run)?);
        Ok((Counter::Stat, descriptors(&run)?))
    }

    /// PID 1 must be allowed to put a process into the run's group, which the kernel asks of both files.
    fn own(&self, file: &Path) -> Result<(), Error> {
        let Some(ids) = self.ids else { return Ok(()) };
        chown(file, Some(ids.agent), Some(ids.agent)).map_err(on(file))
    }

    /// Always of the same name, since programs can read it: it would tell how many ran here before.
    fn make_run(&self) -> Result<PathBuf, Error> {
        let path = self.directory.0.join("run");
        fs::create_dir(&path).map_err(on(&path))?;
        self.own(&path.join("cgroup.procs"))?;
        Ok(path)
    }

    pub(super) fn begin(&mut self, memory: u64, processes: u32) -> Result<Begun, Error> {
        let mut new_group = Vec::new();
        let mut old = self.run.take().ok_or(Error::BoxGone)?;
        if old.used && self.peak_resets {
            self.peak_resets = old.peak.as_ref().is_none_or(|peak| peak.write("0").is_ok());
        }
        let mut run = if old.used && !self.peak_resets {
            place::remove(&old.path);
            let path = self.make_run()?;
            new_group = descriptors(&path)?;
            RunGroup::open(&path)?
        } else {
            old.used = true;
            old
        };
        run.used = true;
        let base = run.usage.number()?;
        let kept = base.saturating_sub(run.cached);
        run.set_limits(kept.saturating_add(memory), processes)?;
        let oom_kills = run.oom_kills;
        self.run = Some(run);
        Ok(Begun {
            base,
            oom_kills,
            new_group,
        })
    }

    pub(super) fn finish(&mut self, begun: &Begun) -> Result<Used, Error> {
        let run = self.run.as_mut().ok_or(Error::BoxGone)?;
        run.oom_kills = run.events.field("oom_kill")?;
        let peak = run.peak.as_ref().map(Knob::number).transpose()?;
        Ok(Used {
            peak: peak.map(|peak| peak.saturating_sub(begun.base)),
            oom: run.oom_kills > begun.oom_kills,
        })
    }

    pub(super) fn shed(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.cached = run.cache();
        if let Some(reclaim) = &run.reclaim
            && run.cached > CACHE_MAX
        {
            // Fails with EAGAIN where less could be taken back; whatever went is gone.
            let _ = reclaim.set(run.cached);
            run.cached = run.cache();
        }
    }

    pub(super) fn destroy(&self) {
        let _ = fs::write(self.directory.0.join("cgroup.kill"), "1");
        place::clear(&self.directory.0);
    }
}

impl RunGroup {
    fn open(path: &Path) -> Result<Self, Error> {
        // Absent where the kernel does not account for swap: then there is none for this group.
        let _ = fs::write(path.join("memory.swap.max"), "0");
        let _ = fs::write(path.join("memory.oom.group"), "1");
        Ok(Self {
            path: path.into(),
            limit: Knob::writable(path.join("memory.max"))?,
            current_limit: u64::MAX,
            usage: Knob::readable(path.join("memory.current"))?,
            peak: Knob::writable(path.join("memory.peak"))
                .or_else(|_| Knob::readable(path.join("memory.peak")))
                .ok(),
            events: Knob::readable(path.join("memory.events"))?,
            reclaim: Knob::writable(path.join("memory.reclaim")).ok(),
            processes: Knob::writable(path.join("pids.max"))?,
            current_processes: None,
            stat: Knob::readable(path.join("memory.stat"))?,
            oom_kills: 0,
            cached: 0,
            used: false,
        })
    }

    fn cache(&self) -> u64 {
        ["inactive_file", "active_file"]
            .map(|name| self.stat.field(name).unwrap_or(0))
            .iter()
            .sum()
    }

    fn set_limits(&mut self, memory: u64, processes: u32) -> Result<(), Error> {
        // A limit that is a little higher than asked for is left as it is: the base wavers by as much.
        if self.current_limit < memory || self.current_limit - memory > LIMIT_SLACK {
            self.limit.set(memory)?;
            self.current_limit = memory;
        }
        if Some(processes) != self.current_processes {
            self.processes.set(u64::from(processes))?;
            self.current_processes = Some(processes);
        }
        Ok(())
    }
}

/// What the agent needs of a run's group: the CPU counter and the directory.
fn descriptors(run: &Path) -> Result<Vec<OwnedFd>, Error> {
    let open = |path: &Path| File::open(path).map(OwnedFd::from).map_err(on(path));
    Ok(vec![open(&run.join("cpu.stat"))?, open(run)?])
}
