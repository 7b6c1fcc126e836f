//! Where this process is in the control group hierarchies, and whose directories beside it are orphaned.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::syscalls;

/// This process's own directory for each version 1 controller, and in the version 2 hierarchy.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) v1: BTreeMap<String, PathBuf>,
    pub(super) v2: Option<PathBuf>,
    /// The mount points: the tops of what this process sees.
    pub(super) v1_roots: BTreeMap<String, PathBuf>,
    pub(super) v2_root: Option<PathBuf>,
}

impl Places {
    /// Reads `/proc/self/mountinfo` and `/proc/self/cgroup` (proc(5), cgroups(7)).
    pub(super) fn parse(mountinfo: &str, own: &str) -> Self {
        let mut places = Self::default();
        for line in mountinfo.lines() {
            let Some((before, after)) = line.split_once(" - ") else {
                continue;
            };
            let before: Vec<&str> = before.split(' ').collect();
            let after: Vec<&str> = after.split(' ').collect();
            let (Some(root), Some(point), Some(kind)) =
                (before.get(3), before.get(4), after.first())
            else {
                continue;
            };
            let options = after.get(2).copied().unwrap_or("");
            for entry in own.lines() {
                let mut fields = entry.splitn(3, ':').skip(1);
                let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
                    continue;
                };
                let below = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
                let directory = Path::new(point).join(below);
                if *kind == "cgroup2" && controllers.is_empty() {
                    places.v2.get_or_insert(directory);
                    places.v2_root.get_or_insert(point.into());
                } else if *kind == "cgroup" {
                    for controller in controllers
                        .split(',')
                        .filter(|name| options.split(',').any(|option| option == *name))
                    {
                        let controller = || controller.to_owned();
                        places
                            .v1_roots
                            .entry(controller())
                            .or_insert_with(|| point.into());
                        places
                            .v1
                            .entry(controller())
                            .or_insert_with(|| directory.clone());
                    }
                }
            }
        }
        places
    }
}

/// A directory name that says which process it belongs to, and which sandbox of that process.
pub(super) fn instance_name(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let pid = std::process::id();
    let start = start_time(pid).unwrap_or(0);
    format!(
        "{name}-{pid}-{start}-{}",
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// When a process started, in clock ticks since boot: field 22 of `/proc/PID/stat`.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .nth(19)?
        .parse()
        .ok()
}

/// Whether a directory name is that of a judge called `name` that is dead.
fn is_orphan(directory: &str, name: &str) -> bool {
    let Some(rest) = directory
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('-'))
    else {
        return false;
    };
    let numbers: Vec<Option<u64>> = rest.split('-').map(|part| part.parse().ok()).collect();
    let &[Some(pid), Some(start), Some(_)] = numbers.as_slice() else {
        return false;
    };
    u32::try_from(pid).is_ok_and(|pid| start_time(pid) != Some(start))
}

/// Kills and removes what dead judges called `name` left below `parent`.
pub(super) fn sweep(parent: &Path, name: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry
            .file_name()
            .to_str()
            .is_some_and(|directory| is_orphan(directory, name))
        {
            log::info!(
                "removing {}, left by a judge that is dead",
                entry.path().display()
            );
            clear(&entry.path());
        }
    }
}

/// Kills what is in a tree of groups and removes it.
pub(super) fn clear(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear(&entry.path());
        }
    }
    kill_members(directory);
    remove(directory);
}

fn kill_members(directory: &Path) {
    let procs = directory.join("cgroup.procs");
    let members = || fs::read_to_string(&procs).unwrap_or_default();
    for pid in members().lines() {
        let Ok(process) = pid
            .parse()
            .map_err(drop)
            .and_then(|pid| syscalls::open_process(pid).map_err(drop))
        else {
            continue;
        };
        // Still a member: then the descriptor is of that process and not of another that got its number.
        if members().lines().any(|member| member == pid) {
            let _ = syscalls::signal_process(process.as_fd(), libc::SIGKILL);
        }
    }
}

/// How long the processes of a group may take to die; a machine may be very busy.
const DYING: Duration = Duration::from_secs(10);

/// Removes a group whose processes are dying.
pub(super) fn remove(directory: &Path) {
    let since = Instant::now();
    loop {
        match fs::remove_dir(directory) {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) && since.elapsed() < DYING => {
                pause(Duration::from_millis(1));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                log::warn!("cannot remove {}: {error}", directory.display());
                return;
            }
            _ => return,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the kernel has no event for a group that has become removable; background threads only"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_and_2_are_found_beside_each_other() {
        let mounts = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:3 - cgroup cgroup rw,cpu,cpuacct\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let places = Places::parse(
            mounts,
            "4:memory:/a/b\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/x\n",
        );
        assert_eq!(places.v1["memory"], Path::new("/sys/fs/cgroup/memory/a/b"));
        assert_eq!(
            places.v1_roots["memory"],
            Path::new("/sys/fs/cgroup/memory")
        );
        assert_eq!(
            places.v1["cpuacct"],
            Path::new("/sys/fs/cgroup/cpu,cpuacct")
        );
        assert_eq!(
            places.v2.as_deref(),
            Some(Path::new("/sys/fs/cgroup/unified/x"))
        );
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let places = Places::parse(
            "35 31 0:32 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
            "4:memory:/docker/1/x\n",
        );
        assert_eq!(places.v1["memory"], Path::new("/sys/fs/cgroup/memory/x"));
    }

    #[test]
    fn only_directories_of_dead_judges_are_orphans() {
        let own = instance_name("tribunal");
        assert!(!is_orphan(&own, "tribunal"));
        assert!(is_orphan(
            &format!("tribunal-{}-1-0", std::process::id()),
            "tribunal"
        ));
        assert!(!is_orphan("tribunal-x-1-0", "tribunal"));
        assert!(!is_orphan("tribunal-other-4194305-1-0", "tribunal"));
        assert!(!is_orphan("user.slice", "tribunal"));
    }
}
