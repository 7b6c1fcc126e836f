//! Which control groups there are and where those of boxes can be made, read from what the kernel says of this process.
//!
//! As root, boxes get their groups at the top of what is visible of a hierarchy, not below our own group: a limit that
//! was set on the judge (by a service manager, a login session or whoever started it) would else be shared by all boxes, and one box's
//! page cache would push out another's. Inside a container the top of what is visible is the container's own group, and its limit
//! holds, as it should. An ordinary user can only use what was delegated: the group that the process is in.

use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::read;

/// Where the groups of boxes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CgroupMode {
    /// Version 1: a directory of each hierarchy, under which the groups of boxes are made.
    V1 {
        /// Limits memory.
        memory: PathBuf,
        /// Counts CPU time.
        cpuacct: PathBuf,
        /// Limits processes.
        pids: PathBuf,
        /// Shares cores out by weight; not needed, but boxes are better off with it.
        cpu: Option<PathBuf>,
        /// Chooses cores; not needed, since affinity does it.
        cpuset: Option<PathBuf>,
    },
    /// Version 2: one directory, under which the groups of boxes are made.
    V2 {
        /// The directory.
        own: PathBuf,
        /// It is not the hierarchy's real root: every process in it must move to a leaf below before its
        /// controllers can be handed down.
        delegated: bool,
    },
    /// None that can be used.
    None,
}

/// One line of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// The directory of the file system that is mounted.
    pub(super) root: PathBuf,
    /// Where it is mounted.
    pub(super) point: PathBuf,
    /// The file system's type.
    pub(super) kind: String,
    /// The file system's own options; on version 1, the controllers are among them.
    options: Vec<String>,
}

/// One line of `/proc/self/cgroup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    /// None: version 2.
    controllers: Vec<String>,
    /// The group, from the root that this process sees.
    path: PathBuf,
}

/// Parses `/proc/self/mountinfo`; lines of another form are left out.
pub(super) fn mounts(text: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let mut right = right.split(' ');
        Some(Mount {
            root: unescape(left.next()?),
            point: unescape(left.next()?),
            kind: right.next()?.to_owned(),
            options: right.nth(1)?.split(',').map(str::to_owned).collect(),
        })
    };
    text.lines().filter_map(mount).collect()
}

/// Undoes the kernel's octal escapes of blanks and backslashes.
fn unescape(field: &str) -> PathBuf {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    PathBuf::from(
        escapes
            .iter()
            .fold(field.to_owned(), |text, (escape, plain)| {
                text.replace(escape, plain)
            }),
    )
}

/// Parses `/proc/self/cgroup`.
pub(super) fn memberships(text: &str) -> Vec<Membership> {
    let membership = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields
            .next()?
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        Some(Membership {
            controllers,
            path: fields.next()?.into(),
        })
    };
    text.lines().filter_map(membership).collect()
}

/// Chooses the mode, and says what stood in the way where it is none.
pub(super) fn choose(
    user: u32,
    mounted: &[Mount],
    members: &[Membership],
) -> (CgroupMode, Option<String>) {
    choose_with(user, mounted, members, &Kernel)
}

/// What is asked about directories; a table in the tests.
trait Directories {
    fn writable(&self, directory: &Path) -> bool;
    /// The controllers that a version 2 group can hand down.
    fn controllers(&self, directory: &Path) -> String;
    /// Says whether a version 2 group is the hierarchy's real root.
    fn is_root(&self, directory: &Path) -> bool;
}

struct Kernel;

impl Directories for Kernel {
    fn writable(&self, directory: &Path) -> bool {
        access(directory, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
    }

    fn controllers(&self, directory: &Path) -> String {
        read(directory.join("cgroup.controllers"))
    }

    fn is_root(&self, directory: &Path) -> bool {
        // The one group without a type.
        !directory.join("cgroup.type").exists()
    }
}

fn choose_with(
    user: u32,
    mounted: &[Mount],
    members: &[Membership],
    directories: &impl Directories,
) -> (CgroupMode, Option<String>) {
    let old = |controller| old_directory(user, controller, mounted, members);
    if let (Some(memory), Some(cpuacct), Some(pids)) = (old("memory"), old("cpuacct"), old("pids"))
    {
        let closed = [&memory, &cpuacct, &pids]
            .into_iter()
            .find(|directory| !directories.writable(directory));
        if let Some(closed) = closed {
            return (
                CgroupMode::None,
                Some(format!("{} cannot be written", closed.display())),
            );
        }
        return (
            CgroupMode::V1 {
                memory,
                cpuacct,
                pids,
                cpu: old("cpu"),
                cpuset: old("cpuset"),
            },
            None,
        );
    }
    let Some(own) = new_directory(user, mounted, members) else {
        return (
            CgroupMode::None,
            Some("no control groups are mounted".to_owned()),
        );
    };
    if !directories.writable(&own) {
        return (
            CgroupMode::None,
            Some(format!("{} is not delegated to this user", own.display())),
        );
    }
    let controllers = directories.controllers(&own);
    let missing = ["memory", "pids"]
        .into_iter()
        .find(|name| !controllers.split_whitespace().any(|has| has == *name));
    match missing {
        Some(name) => (
            CgroupMode::None,
            Some(format!("{} has no {name} controller", own.display())),
        ),
        None => (
            CgroupMode::V2 {
                delegated: !directories.is_root(&own),
                own,
            },
            None,
        ),
    }
}

/// The directory of a version 1 controller.
fn old_directory(
    user: u32,
    controller: &str,
    mounted: &[Mount],
    members: &[Membership],
) -> Option<PathBuf> {
    let has = |mount: &&Mount| {
        mount.kind == "cgroup" && mount.options.iter().any(|option| option == controller)
    };
    let mount = mounted.iter().find(has)?;
    let member = members
        .iter()
        .find(|member| member.controllers.iter().any(|name| name == controller))?;
    Some(directory(user, mount, member))
}

/// The directory of version 2.
fn new_directory(user: u32, mounted: &[Mount], members: &[Membership]) -> Option<PathBuf> {
    let mount = mounted.iter().find(|mount| mount.kind == "cgroup2")?;
    let member = members
        .iter()
        .find(|member| member.controllers.is_empty())?;
    Some(directory(user, mount, member))
}

/// The top for root, else the process's own group.
fn directory(user: u32, mount: &Mount, member: &Membership) -> PathBuf {
    if user == 0 {
        return mount.point.clone();
    }
    // A bind mount shows a part of the hierarchy only; the membership counts from the hierarchy's root.
    let below = member
        .path
        .strip_prefix(&mount.root)
        .or_else(|_| member.path.strip_prefix("/"));
    below.map_or_else(|_| mount.point.clone(), |below| mount.point.join(below))
}

#[cfg(test)]
mod tests;
