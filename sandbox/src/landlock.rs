//! A second fence around the file tree: Landlock, where the kernel has it.
//!
//! The mount namespace already decides what a box can see. Landlock repeats it in terms of the file hierarchy itself, so that a mount too
//! many or a directory's descriptor that leaked into the box opens nothing: what is not beneath one of the named
//! trees can be neither read, listed, executed nor written, by whatever path or descriptor it is reached. Device
//! nodes cannot be made anywhere and take no `ioctl`; signals and abstract sockets do not leave the box.
//!
//! Applied by the agent, once, before the system call filter (which closes Landlock's own calls), and inherited. From
//! then on the agent can mount nothing: what has to be mounted comes first.
//!
//! Descriptors that the judge hands in stay usable, since rights are checked when a file is opened. But two things open it
//! again: executing a descriptor, and `/proc/self/fd/N`. That works for memfds (they belong to no tree), for files beneath a named
//! tree and for those beneath a directory that was [lent](Trees::lent); any other file on the host's disks is refused
//! with `EACCES`.
//!
//! Best effort: each kernel enforces what it knows (5.13 the tree, 6.2 truncation, 6.10 device `ioctl`, 6.12 signals and sockets).

use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, LandlockStatus, PathBeneath, PathFd, RestrictionStatus,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    make_bitflags,
};

/// The newest interface whose rights were thought about here; a newer kernel enforces these and no more.
const REVIEWED: ABI = ABI::V6;

/// The trees of a box, as paths that the agent sees when it applies them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trees<'a> {
    /// Read, listed and executed.
    pub(crate) readable: &'a [PathBuf],
    /// Read, executed, written, made and removed; no device nodes.
    pub(crate) writable: &'a [PathBuf],
    /// Device nodes: read and written.
    pub(crate) devices: &'a [PathBuf],
    /// Listed, with all below them, and no more.
    pub(crate) listed: &'a [PathBuf],
    /// Directories outside the box, opened before the root was changed, whose files may be executed by descriptor.
    pub(crate) lent: &'a [BorrowedFd<'a>],
}

/// How much of it the kernel enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enforced {
    /// Everything that is asked for.
    Wholly,
    /// What this older kernel knows.
    Partly,
    /// Nothing: no Landlock here.
    Nothing,
}

/// Restricts the calling thread, and all that it starts, to these trees. A path that does not exist grants nothing.
pub(crate) fn restrict(trees: &Trees<'_>) -> Result<Enforced, RulesetError> {
    let mut rules = ruleset()?;
    for path in trees.readable {
        rules = grant(rules, path, reading())?;
    }
    for path in trees.listed {
        rules = grant(rules, path, AccessFs::ReadDir.into())?;
    }
    for path in trees.writable {
        rules = grant(rules, path, writing())?;
    }
    for path in trees.devices {
        rules = grant(
            rules,
            path,
            make_bitflags!(AccessFs::{ReadFile | WriteFile | Truncate}),
        )?;
    }
    for directory in trees.lent {
        rules = rules.add_rule(PathBeneath::new(
            directory,
            make_bitflags!(AccessFs::{Execute | ReadFile}),
        ))?;
    }
    Ok(enforced(rules.restrict_self()?))
}

/// The version of Landlock's interface here; 0: none.
pub(crate) fn abi() -> u32 {
    // Only a thread that has restricted itself is told, so one does, and is gone.
    let asked = std::thread::spawn(|| ruleset().and_then(RulesetCreated::restrict_self)).join();
    match asked {
        Ok(Ok(RestrictionStatus {
            landlock:
                LandlockStatus::Available {
                    effective_abi,
                    kernel_abi,
                },
            ..
        })) => kernel_abi
            .and_then(|newer| u32::try_from(newer).ok())
            .unwrap_or(effective_abi as u32),
        _ => 0,
    }
}

fn ruleset() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(REVIEWED))?
        .scope(Scope::from_all(REVIEWED))?
        .create()
}

fn grant(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(tree) = PathFd::new(path) else {
        return Ok(rules);
    };
    // A right that only directories have is an error on a file.
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(REVIEWED)
    };
    rules.add_rule(PathBeneath::new(tree, access))
}

fn reading() -> BitFlags<AccessFs> {
    AccessFs::from_read(REVIEWED)
}

fn writing() -> BitFlags<AccessFs> {
    let never = make_bitflags!(AccessFs::{MakeChar | MakeBlock | IoctlDev});
    AccessFs::from_all(REVIEWED) & !never
}

fn enforced(status: RestrictionStatus) -> Enforced {
    match status.ruleset {
        RulesetStatus::FullyEnforced => Enforced::Wholly,
        RulesetStatus::PartiallyEnforced => Enforced::Partly,
        RulesetStatus::NotEnforced => Enforced::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind::PermissionDenied;
    use std::os::fd::AsFd;

    use super::*;

    /// Runs `test` in a thread that may use the directory `mine` (beside an `others`), and the devices named.
    fn within(test: impl FnOnce(&Path) + Send + 'static) {
        let directory = tempfile::tempdir().unwrap();
        for name in ["mine", "others", "lent", "usr"] {
            fs::create_dir(directory.path().join(name)).unwrap();
            fs::write(directory.path().join(name).join("file"), name).unwrap();
        }
        let lent = fs::File::open(directory.path().join("lent")).unwrap();
        let open = directory.path().to_owned();
        std::thread::spawn(move || {
            let trees = Trees {
                readable: &[open.join("usr"), open.join("missing")],
                writable: &[open.join("mine")],
                devices: &["/dev/null".into()],
                lent: &[lent.as_fd()],
                listed: &[],
            };
            if restrict(&trees).unwrap() != Enforced::Nothing {
                test(&open);
            }
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_tree_that_is_not_named_cannot_be_read_listed_or_written() {
        within(|open| {
            for path in [open.join("others/file"), "/etc/passwd".into()] {
                assert_eq!(fs::read(path).unwrap_err().kind(), PermissionDenied);
            }
            assert_eq!(
                fs::read_dir(open.join("others")).unwrap_err().kind(),
                PermissionDenied
            );
            assert_eq!(
                fs::write(open.join("others/new"), "x").unwrap_err().kind(),
                PermissionDenied
            );
        });
    }

    #[test]
    fn a_readable_tree_is_not_written_and_a_writable_one_is() {
        within(|open| {
            assert_eq!(fs::read(open.join("usr/file")).unwrap(), b"usr");
            assert_eq!(
                fs::write(open.join("usr/file"), "x").unwrap_err().kind(),
                PermissionDenied
            );
            assert_eq!(
                fs::remove_file(open.join("usr/file")).unwrap_err().kind(),
                PermissionDenied
            );
            fs::write(open.join("mine/new"), "x").unwrap();
            fs::create_dir(open.join("mine/sub")).unwrap();
            fs::rename(open.join("mine/new"), open.join("mine/sub/newer")).unwrap();
            fs::remove_file(open.join("mine/sub/newer")).unwrap();
        });
    }

    #[test]
    fn a_link_out_of_a_writable_tree_leads_nowhere() {
        within(|open| {
            std::os::unix::fs::symlink("../others/file", open.join("mine/link")).unwrap();
            assert_eq!(
                fs::read(open.join("mine/link")).unwrap_err().kind(),
                PermissionDenied
            );
            assert!(fs::hard_link(open.join("others/file"), open.join("mine/hard")).is_err());
        });
    }

    #[test]
    fn a_lent_directory_is_read_but_not_listed_or_written() {
        within(|open| {
            assert_eq!(fs::read(open.join("lent/file")).unwrap(), b"lent");
            assert_eq!(
                fs::read_dir(open.join("lent")).unwrap_err().kind(),
                PermissionDenied
            );
            assert_eq!(
                fs::write(open.join("lent/file"), "x").unwrap_err().kind(),
                PermissionDenied
            );
        });
    }

    #[test]
    fn a_named_device_is_read_and_written() {
        within(|_| {
            fs::write("/dev/null", "x").unwrap();
            assert_eq!(fs::read("/dev/null").unwrap(), b"");
            assert_eq!(
                fs::read("/dev/zero").err().map(|error| error.kind()),
                Some(PermissionDenied)
            );
        });
    }

    #[test]
    fn the_interface_is_known_without_restricting_the_caller() {
        let version = abi();
        assert!(version < 100);
        assert!(fs::read("/etc/passwd").is_ok());
    }
}
