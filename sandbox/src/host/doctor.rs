//! What `tribunal doctor` says of the sandbox: one line for each thing that it stands on, and the command that mends it.

use serde::Serialize;

use super::{CgroupMode, Host, Namespaces, read};

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// Worse than it could be; nothing that a contest relies on is lost.
    Partial,
    /// Something cannot be enforced or measured.
    Missing,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The thing.
    pub what: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub detail: String,
    /// The one command that gives more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Line {
    fn good(what: &'static str, detail: impl Into<String>) -> Self {
        Self {
            what,
            state: State::Good,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn bad(
        what: &'static str,
        state: State,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            what,
            state,
            detail: detail.into(),
            remedy: Some(remedy.into()),
        }
    }
}

impl Host {
    /// Everything that the sandbox stands on, the most important first.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        vec![
            self.kernel_line(),
            self.cgroup_line(),
            self.namespaces_line(),
            self.seccomp_line(),
            self.landlock_line(),
            self.swap_line(),
            self.cores_line(),
            self.container_line(),
        ]
    }

    fn kernel_line(&self) -> Line {
        let user = if self.user == 0 {
            "root".to_owned()
        } else {
            format!("user {}", self.user)
        };
        let detail = format!("Linux {}, as {user}", self.kernel);
        // clone3 with a chosen pid is from 5.5, mount_setattr from 5.12.
        if version(&self.kernel) >= (5, 12) {
            Line::good("kernel", detail)
        } else {
            Line::bad(
                "kernel",
                State::Missing,
                format!("{detail}; at least 5.12 is needed"),
                "apt full-upgrade",
            )
        }
    }

    fn cgroup_line(&self) -> Line {
        let what = "control groups";
        match &self.cgroup {
            CgroupMode::V1 { memory, .. } => Line::good(
                what,
                format!("version 1, boxes below {} and its like", memory.display()),
            ),
            CgroupMode::V2 {
                own,
                delegated: false,
            } => Line::good(what, format!("version 2, boxes below {}", own.display())),
            CgroupMode::V2 {
                own,
                delegated: true,
            } => Line::good(
                what,
                format!("version 2, delegated, boxes below {}", own.display()),
            ),
            CgroupMode::None => {
                let trouble = self.cgroup_trouble.as_deref().unwrap_or("none can be used");
                let detail = format!(
                    "{trouble}: memory and processes are limited one by one, and CPU time and peak memory are approximate"
                );
                Line::bad(what, State::Missing, detail, self.cgroup_remedy(trouble))
            }
        }
    }

    fn cgroup_remedy(&self, trouble: &str) -> String {
        // Version 1 has no delegation.
        if self.user != 0 && trouble.contains("cannot be written") {
            return "sudo tribunal …".to_owned();
        }
        match &self.container {
            Some(engine) if ["docker", "podman"].contains(&engine.as_str()) => {
                return format!("{engine} run --privileged --cgroupns=private …");
            }
            Some(_) => return "run the container privileged, or on a node of its own".to_owned(),
            None => {}
        }
        if trouble.contains("no memory controller") {
            return "add cgroup_enable=memory to the kernel's command line and reboot".to_owned();
        }
        if self.user == 0 {
            return "mount -t cgroup2 none /sys/fs/cgroup".to_owned();
        }
        if self.user_bus {
            return "systemd-run --user --scope -p Delegate=yes tribunal …".to_owned();
        }
        "sudo loginctl enable-linger $USER && export XDG_RUNTIME_DIR=/run/user/$(id -u)".to_owned()
    }

    fn namespaces_line(&self) -> Line {
        let what = "namespaces";
        let sudo = if self.user == 0 { "" } else { "sudo " };
        match self.namespaces {
            Namespaces::Whole => Line::good(what, "user, pid, mount, network, ipc, uts and cgroup"),
            Namespaces::NoProc => Line::bad(
                what,
                State::Missing,
                "all but a /proc of the box's own, since this container covers parts of its /proc",
                "docker run --security-opt systempaths=unconfined …",
            ),
            Namespaces::NoMounts => Line::bad(
                what,
                State::Missing,
                "a user namespace has no rights here (AppArmor)",
                format!("{sudo}sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
            ),
            Namespaces::Refused => Line::bad(
                what,
                State::Missing,
                "user namespaces are refused",
                self.userns_remedy(sudo),
            ),
        }
    }

    fn userns_remedy(&self, sudo: &str) -> String {
        if self.container.is_some() {
            return "docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …".to_owned();
        }
        if read("/proc/sys/kernel/unprivileged_userns_clone").trim() == "0" {
            return format!("{sudo}sysctl -w kernel.unprivileged_userns_clone=1");
        }
        format!("{sudo}sysctl -w user.max_user_namespaces=15000")
    }

    fn seccomp_line(&self) -> Line {
        if self.seccomp {
            Line::good("system call filter", "seccomp with all its answers")
        } else {
            let detail = "the kernel cannot kill a process for a system call";
            Line::bad(
                "system call filter",
                State::Missing,
                detail,
                "use a kernel with CONFIG_SECCOMP_FILTER, 4.14 or later",
            )
        }
    }

    fn landlock_line(&self) -> Line {
        match self.landlock_abi {
            0 => Line::bad(
                "landlock",
                State::Missing,
                "the kernel has none; the mount namespace alone decides what a box sees",
                "add lsm=landlock,yama,apparmor to the kernel's command line and reboot (Linux 5.13 or later)",
            ),
            abi @ 1..=5 => Line::good(
                "landlock",
                format!("version {abi}: files; signals and sockets are left to namespaces"),
            ),
            abi => Line::good(
                "landlock",
                format!("version {abi}: files, devices, signals and abstract sockets"),
            ),
        }
    }

    fn swap_line(&self) -> Line {
        let mib = self.swap_bytes >> 20;
        match (self.swap_bytes, self.swap_bounded) {
            (0, _) => Line::good("swap", "none"),
            (_, true) => Line::good("swap", format!("{mib} MiB, closed to boxes")),
            (_, false) => {
                let detail = format!("{mib} MiB, and a box may use it beyond its memory limit");
                let sudo = if self.user == 0 { "" } else { "sudo " };
                Line::bad("swap", State::Partial, detail, format!("{sudo}swapoff -a"))
            }
        }
    }

    fn cores_line(&self) -> Line {
        Line::good("cores", format!("{}; a run has one for itself", self.cores))
    }

    fn container_line(&self) -> Line {
        match (&self.container, self.masked_proc) {
            (None, _) => Line::good("container", "none"),
            (Some(name), false) => Line::good("container", name.clone()),
            (Some(name), true) => {
                Line::good("container", format!("{name}, with parts of /proc covered"))
            }
        }
    }
}

/// Major and minor number of a release like `6.12.107+deb13`.
fn version(release: &str) -> (u32, u32) {
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lack;

    fn good_host() -> Host {
        Host {
            user: 1000,
            kernel: "6.12.107-cloud-amd64".to_owned(),
            cgroup: CgroupMode::V2 {
                own: "/sys/fs/cgroup/x.scope".into(),
                delegated: true,
            },
            cgroup_trouble: None,
            namespaces: Namespaces::Whole,
            landlock_abi: 6,
            seccomp: true,
            container: None,
            masked_proc: false,
            swap_bytes: 0,
            swap_bounded: true,
            cores: 4,
            user_bus: true,
        }
    }

    /// What is not good, as `what: remedy`.
    fn complaints(host: &Host) -> Vec<String> {
        let bad = host
            .lines()
            .into_iter()
            .filter(|line| line.state != State::Good);
        bad.map(|line| format!("{}: {}", line.what, line.remedy.unwrap()))
            .collect()
    }

    #[test]
    fn nothing_is_missing_where_everything_is_there() {
        assert_eq!(complaints(&good_host()), Vec::<String>::new());
        assert_eq!(good_host().lacks(), []);
    }

    #[test]
    fn a_user_with_a_bus_is_told_to_ask_for_a_scope() {
        let mut host = Host {
            cgroup: CgroupMode::None,
            ..good_host()
        };
        assert_eq!(
            complaints(&host),
            ["control groups: systemd-run --user --scope -p Delegate=yes tribunal …"]
        );
        assert_eq!(
            host.lacks(),
            [
                Lack::MemoryLimit,
                Lack::CpuTime,
                Lack::PeakMemory,
                Lack::ProcessLimit
            ]
        );
        host.user_bus = false;
        assert!(host.remedy().starts_with("sudo loginctl enable-linger"));
    }

    #[test]
    fn a_user_on_version_1_is_told_to_be_root() {
        let host = Host {
            cgroup: CgroupMode::None,
            cgroup_trouble: Some("/sys/fs/cgroup/memory cannot be written".to_owned()),
            container: Some("docker".to_owned()),
            ..good_host()
        };
        assert_eq!(complaints(&host), ["control groups: sudo tribunal …"]);
    }

    #[test]
    fn ubuntu_s_apparmor_restriction_is_named() {
        let host = Host {
            namespaces: Namespaces::NoMounts,
            ..good_host()
        };
        assert_eq!(
            complaints(&host),
            ["namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"]
        );
        assert_eq!(host.lacks(), [Lack::Namespaces]);
    }

    #[test]
    fn docker_s_default_profile_and_its_masked_proc_are_explained() {
        let docker = Host {
            container: Some("docker".to_owned()),
            masked_proc: true,
            ..good_host()
        };
        let refused = Host {
            namespaces: Namespaces::Refused,
            cgroup: CgroupMode::None,
            ..docker.clone()
        };
        assert_eq!(
            complaints(&refused),
            [
                "control groups: docker run --privileged --cgroupns=private …",
                "namespaces: docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …"
            ]
        );
        let masked = Host {
            namespaces: Namespaces::NoProc,
            ..docker
        };
        assert_eq!(
            complaints(&masked),
            ["namespaces: docker run --security-opt systempaths=unconfined …"]
        );
    }

    #[test]
    fn swap_that_a_group_cannot_forbid_is_worth_a_word_but_no_lack() {
        let host = Host {
            swap_bytes: 1 << 30,
            swap_bounded: false,
            ..good_host()
        };
        assert_eq!(complaints(&host), ["swap: sudo swapoff -a"]);
        assert_eq!(host.lacks(), []);
    }

    #[test]
    fn an_old_kernel_is_refused_and_releases_are_read() {
        assert_eq!(version("6.12.107+deb13-cloud-amd64"), (6, 12));
        assert_eq!(version("5.4.0-150-generic"), (5, 4));
        let host = Host {
            kernel: "5.4.0-150-generic".to_owned(),
            landlock_abi: 0,
            ..good_host()
        };
        assert_eq!(host.lines()[0].state, State::Missing);
        assert_eq!(host.lacks(), [Lack::Landlock]);
    }
}
