//! What this host is and what it lets the sandbox enforce.
//!
//! Nothing here is guessed from a version number where it can be tried: namespaces are really made, in a child that is this
//! program again; control groups are looked up where the kernel says that they are mounted, and asked whether they can be written.

use std::fs;
use std::path::Path;

use nix::unistd::Uid;

use crate::cgroup::Hierarchy;
use crate::{Lack, landlock};

mod doctor;
mod groups;
mod probe;
mod scope;

pub use doctor::{Line, State};
pub use groups::CgroupMode;
pub use probe::Namespaces;
pub(crate) use probe::run_probe_if_asked;
pub use scope::{ScopeError, enter_delegated_scope};

use groups::{Mount, mounts};

/// What was found on this host; it does not change while the program runs.
#[derive(Debug, Clone)]
pub struct Host {
    user: u32,
    kernel: String,
    cgroup: CgroupMode,
    cgroup_trouble: Option<String>,
    namespaces: Namespaces,
    landlock_abi: u32,
    seccomp: bool,
    container: Option<String>,
    masked_proc: bool,
    swap_bytes: u64,
    swap_bounded: bool,
    cores: usize,
    user_bus: bool,
}

impl Host {
    /// Looks at the host. Takes some milliseconds, since namespaces are tried in a child.
    #[must_use]
    pub fn detect() -> Self {
        let user = Uid::effective().as_raw();
        let mounted = mounts(&read("/proc/self/mountinfo"));
        let membership = read("/proc/self/cgroup");
        let (cgroup, cgroup_trouble) =
            groups::choose(user, &mounted, &groups::memberships(&membership));
        Self {
            user,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            swap_bounded: swap_bounded(&cgroup),
            cgroup,
            cgroup_trouble,
            namespaces: probe::namespaces(user),
            landlock_abi: landlock::abi(),
            seccomp: read("/proc/sys/kernel/seccomp/actions_avail").contains("kill_process"),
            container: container(|path| Path::new(path).exists(), &membership),
            masked_proc: masked_proc(&mounted),
            swap_bytes: swap_bytes(&read("/proc/meminfo")),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            user_bus: scope::bus(user).is_some(),
        }
    }

    /// Looks at the host, and takes what became of the judge's own control groups for the truth about them.
    pub(crate) fn of(hierarchy: &Hierarchy) -> Self {
        let mut host = Self::detect();
        if matches!(hierarchy, Hierarchy::None) && host.cgroup != CgroupMode::None {
            host.cgroup_trouble =
                Some("the control groups that are there cannot be used".to_owned());
            host.cgroup = CgroupMode::None;
        }
        host
    }

    /// The effective user id.
    #[must_use]
    pub fn user(&self) -> u32 {
        self.user
    }

    /// The kernel's release, as `uname -r` prints it.
    #[must_use]
    pub fn kernel(&self) -> &str {
        &self.kernel
    }

    /// Where the groups of boxes can be made.
    #[must_use]
    pub fn cgroup(&self) -> &CgroupMode {
        &self.cgroup
    }

    /// What became of the attempt to make namespaces.
    #[must_use]
    pub fn namespaces(&self) -> Namespaces {
        self.namespaces
    }

    /// The version of Landlock's interface; 0: none.
    #[must_use]
    pub fn landlock_abi(&self) -> u32 {
        self.landlock_abi
    }

    /// The kind of container that this runs in.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// What cannot be enforced or measured here.
    #[must_use]
    pub fn lacks(&self) -> Vec<Lack> {
        let mut lacks = Vec::new();
        if matches!(self.cgroup, CgroupMode::None) {
            lacks.extend([
                Lack::MemoryLimit,
                Lack::CpuTime,
                Lack::PeakMemory,
                Lack::ProcessLimit,
            ]);
        }
        if self.landlock_abi == 0 {
            lacks.push(Lack::Landlock);
        }
        if self.namespaces != Namespaces::Whole {
            lacks.push(Lack::Namespaces);
        }
        lacks
    }

    /// The one command that gives more, for an error message: that of the most important thing that is missing.
    #[must_use]
    pub fn remedy(&self) -> String {
        let missing = self
            .lines()
            .into_iter()
            .filter(|line| line.state == State::Missing);
        missing
            .filter_map(|line| line.remedy)
            .next()
            .unwrap_or_else(|| "tribunal doctor".to_owned())
    }
}

/// The text of a small file of the kernel; empty where it does not exist.
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Which container this is, by the marks that their makers leave.
fn container(exists: impl Fn(&str) -> bool, membership: &str) -> Option<String> {
    let marks = [
        ("/.dockerenv", "docker"),
        ("/run/.containerenv", "podman"),
        ("/dev/lxd", "lxd"),
    ];
    let in_path = [
        ("/docker", "docker"),
        ("libpod", "podman"),
        ("kubepods", "kubernetes"),
        ("/lxc", "lxc"),
    ];
    if let Some((_, name)) = in_path
        .iter()
        .rev()
        .find(|(part, _)| membership.contains(part))
    {
        return Some((*name).to_owned());
    }
    if exists("/var/run/secrets/kubernetes.io") {
        return Some("kubernetes".to_owned());
    }
    marks
        .iter()
        .find(|(mark, _)| exists(mark))
        .map(|(_, name)| (*name).to_owned())
}

/// Says whether parts of `/proc` are covered, as containers do; then the kernel refuses a new `/proc` in a user namespace.
fn masked_proc(mounted: &[Mount]) -> bool {
    let below = |mount: &Mount| {
        mount
            .point
            .strip_prefix("/proc")
            .is_ok_and(|rest| !rest.as_os_str().is_empty())
    };
    mounted
        .iter()
        .any(|mount| below(mount) && mount.kind != "binfmt_misc" && mount.kind != "autofs")
}

fn swap_bytes(meminfo: &str) -> u64 {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("SwapTotal:"));
    let kib = line
        .and_then(|line| line.split_whitespace().next())
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Says whether a group can forbid swap to its processes.
fn swap_bounded(cgroup: &CgroupMode) -> bool {
    match cgroup {
        CgroupMode::V1 { memory, .. } => memory.join("memory.memsw.limit_in_bytes").exists(),
        // Each group but the root has it, if the kernel has it at all.
        CgroupMode::V2 { .. } => Path::new("/proc/swaps").exists(),
        CgroupMode::None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_known_by_its_marks_or_its_group() {
        let none = |_: &str| false;
        assert_eq!(
            container(none, "0::/user.slice/user-1000.slice/session-2.scope\n"),
            None
        );
        assert_eq!(
            container(none, "4:memory:/docker/3f29\n").as_deref(),
            Some("docker")
        );
        assert_eq!(
            container(none, "0::/kubepods/burstable/pod1/docker-2.scope\n").as_deref(),
            Some("kubernetes")
        );
        assert_eq!(
            container(|path| path == "/run/.containerenv", "0::/\n").as_deref(),
            Some("podman")
        );
        assert_eq!(
            container(|path| path == "/.dockerenv", "0::/\n").as_deref(),
            Some("docker")
        );
    }

    #[test]
    fn covered_parts_of_proc_are_seen() {
        let plain = "22 27 0:21 / /proc rw - proc proc rw\n30 22 0:28 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw\n";
        assert!(!masked_proc(&mounts(plain)));
        let docker = "22 27 0:21 / /proc rw - proc proc rw\n41 22 0:51 / /proc/kcore rw,nosuid - tmpfs tmpfs rw,size=65536k\n";
        assert!(masked_proc(&mounts(docker)));
    }

    #[test]
    fn swap_is_read_in_bytes() {
        assert_eq!(
            swap_bytes("MemTotal:  24684092 kB\nSwapTotal:   2048 kB\nSwapFree: 0 kB\n"),
            2 << 20
        );
        assert_eq!(swap_bytes("MemTotal:  24684092 kB\n"), 0);
    }

    #[test]
    fn detecting_this_host_names_its_kernel_and_is_consistent() {
        let host = Host::detect();
        assert!(
            host.kernel()
                .starts_with(|first: char| first.is_ascii_digit())
        );
        assert_eq!(
            host.lacks().contains(&Lack::MemoryLimit),
            *host.cgroup() == CgroupMode::None
        );
        assert_eq!(
            host.lacks().contains(&Lack::Landlock),
            host.landlock_abi() == 0
        );
        for line in host.lines() {
            assert!(
                line.state != State::Missing || line.remedy.is_some(),
                "{} has no remedy",
                line.what
            );
        }
    }
}
