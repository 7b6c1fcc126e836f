//! The file system of a box: read-only system directories, a few devices, a small `/etc`, and one bounded writable space.

use std::ffi::CString;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::Mode;

use super::{AGENT_ID, Failure, PROGRAM_ID, at, io_at};
use crate::protocol::Setup;
use crate::syscalls;
use crate::{Step, landlock};

/// The program's working directory.
pub(super) const BOX: &str = "/box";
/// The directories that a program can write to; they share one file system and so one bound.
pub(super) const WRITABLE: [&str; 3] = [BOX, "/tmp", "/dev/shm"];

/// Shown as the host has them: directories read-only, links as links.
const SYSTEM: [&str; 7] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
];
/// What of `/etc` programs and toolchains need; no secret of the host is in it.
const ETC: [&str; 5] = [
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
];
/// More of `/etc`: whatever begins with one of these.
const ETC_PREFIXES: [&str; 3] = ["java-", "python3", "pypy"];
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// Files and directories of `/proc` that say more of the host than a program needs. What only the host's root can read, no box can.
const MASKED_FILES: [&str; 8] = [
    "keys",
    "key-users",
    "kallsyms",
    "modules",
    "partitions",
    "diskstats",
    "interrupts",
    "cmdline",
];
const MASKED_DIRECTORIES: [&str; 8] = [
    "acpi", "asound", "bus", "driver", "fs", "irq", "scsi", "tty",
];
/// An empty directory of the root, which covers them.
const EMPTY: &str = "mnt";

const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

/// A detached copy of a host tree and where it goes, or a link to make.
enum Tree {
    Mount {
        at: PathBuf,
        fd: OwnedFd,
        is_dir: bool,
        device: bool,
    },
    Link {
        at: PathBuf,
        to: PathBuf,
    },
}

/// All that the box shows of the host.
pub(super) struct Trees {
    trees: Vec<Tree>,
    /// Directories that the box does not show, but whose files programs may be given.
    pub(super) lent: Vec<OwnedFd>,
}

/// Takes hold of the host's trees, as whoever calls this can reach them.
pub(super) fn open_trees(setup: &Setup) -> Result<Trees, Failure> {
    let mut trees = Vec::new();
    for path in SYSTEM {
        add_tree(&mut trees, Path::new(path))?;
    }
    for name in ETC {
        add_tree(&mut trees, &Path::new("/etc").join(name))?;
    }
    for entry in fs::read_dir("/etc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        if ETC_PREFIXES
            .iter()
            .any(|prefix| name.as_bytes().starts_with(prefix.as_bytes()))
        {
            add_tree(&mut trees, &entry.path())?;
        }
    }
    for path in &setup.read_only {
        // What is below a system directory is there already.
        if !SYSTEM.iter().any(|system| path.starts_with(system)) {
            add_tree(&mut trees, path)?;
        }
    }
    for name in DEVICES {
        let at = Path::new("/dev").join(name);
        let fd = open_tree(&at)?;
        trees.push(Tree::Mount {
            at,
            fd,
            is_dir: false,
            device: true,
        });
    }
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let lent: Result<_, _> = setup
        .lent
        .iter()
        .map(|path| open(path, flags, Mode::empty()))
        .collect();
    Ok(Trees {
        trees,
        lent: lent.map_err(at(Step::OpenTree))?,
    })
}

fn add_tree(trees: &mut Vec<Tree>, path: &Path) -> Result<(), Failure> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let at = path.to_owned();
    trees.push(if found.is_symlink() {
        Tree::Link {
            at,
            to: fs::read_link(path).map_err(io_at(Step::OpenTree))?,
        }
    } else {
        Tree::Mount {
            fd: open_tree(path)?,
            at,
            is_dir: found.is_dir(),
            device: false,
        }
    });
    Ok(())
}

fn open_tree(path: &Path) -> Result<OwnedFd, Failure> {
    syscalls::open_tree(&c_path(path)?, true).map_err(at(Step::OpenTree))
}

fn c_path(path: &Path) -> Result<CString, Failure> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| (Step::OpenTree, Errno::EINVAL))
}

/// Builds the root and moves into it; afterwards nothing of the host can be reached but the trees.
pub(super) fn build(setup: &Setup, trees: Option<Trees>) -> Result<Trees, Failure> {
    mount(
        None::<&str>,
        "/",
        None::<&str>,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        None::<&str>,
    )
    .map_err(at(Step::Private))?;
    let trees = trees.map_or_else(|| open_trees(setup), Ok)?;
    let place = ["/tmp", "/usr", "/dev"]
        .into_iter()
        .find(|path| Path::new(path).is_dir())
        .unwrap_or("/proc");
    let root = Path::new(place);
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("box"),
        root,
        Some("tmpfs"),
        flags,
        Some("mode=0755,size=1m,nr_inodes=2k"),
    )
    .map_err(at(Step::MountRoot))?;
    for tree in &trees.trees {
        attach(root, tree)?;
    }
    populate(root)?;
    mount_work(root, setup)?;
    mount_proc(root)?;
    pivot(root)?;
    let slash =
        open("/", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).map_err(at(Step::SealRoot))?;
    syscalls::set_mount_attributes(slash.as_fd(), READ_ONLY, false).map_err(at(Step::SealRoot))?;
    nix::unistd::chdir(BOX).map_err(at(Step::PivotRoot))?;
    Ok(trees)
}

/// Where a path of the box is while its root is being built.
fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn attach(root: &Path, tree: &Tree) -> Result<(), Failure> {
    let make_parent = |path: &Path| {
        fs::create_dir_all(path.parent().unwrap_or(root)).map_err(io_at(Step::Populate))
    };
    match tree {
        Tree::Link { at, to } => {
            let place = inside(root, at);
            make_parent(&place)?;
            symlink(to, place).map_err(io_at(Step::Populate))
        }
        Tree::Mount {
            at: path,
            fd,
            is_dir,
            device,
        } => {
            let place = inside(root, path);
            make_parent(&place)?;
            if *is_dir {
                fs::create_dir_all(&place).map_err(io_at(Step::Populate))?;
            } else {
                fs::write(&place, "").map_err(io_at(Step::Populate))?;
            }
            let nodev = if *device { libc::MOUNT_ATTR_NODEV } else { 0 };
            syscalls::set_mount_attributes(fd.as_fd(), READ_ONLY & !nodev, true)
                .map_err(at(Step::Bind))?;
            syscalls::move_mount(fd.as_fd(), &c_path(&place)?).map_err(at(Step::Bind))
        }
    }
}

/// The files that the box has of its own.
fn populate(root: &Path) -> Result<(), Failure> {
    let program = PROGRAM_ID;
    let agent = AGENT_ID;
    for directory in ["etc", "proc", "dev/shm", "box", "tmp", EMPTY] {
        fs::create_dir_all(root.join(directory)).map_err(io_at(Step::Populate))?;
    }
    for (path, text) in [
        (
            "etc/passwd",
            format!(
                "root:x:{agent}:{agent}::/box:/bin/sh\nbox:x:{program}:{program}::/box:/bin/sh\n"
            ),
        ),
        ("etc/group", format!("root:x:{agent}:\nbox:x:{program}:\n")),
        (
            "etc/nsswitch.conf",
            "passwd: files\ngroup: files\nhosts: files\n".to_owned(),
        ),
        ("etc/hosts", "127.0.0.1 localhost box\n".to_owned()),
        ("etc/hostname", "box\n".to_owned()),
    ] {
        fs::write(root.join(path), text).map_err(io_at(Step::Populate))?;
    }
    for (path, to) in [
        ("dev/fd", "/proc/self/fd"),
        ("dev/stdin", "/proc/self/fd/0"),
        ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"),
    ] {
        symlink(to, root.join(path)).map_err(io_at(Step::Populate))?;
    }
    Ok(())
}

/// Mounts one bounded file system and binds a directory of it to each writable place.
///
/// The directories belong to the agent and are sticky: a program can neither change their mode nor hang attributes on them.
fn mount_work(root: &Path, setup: &Setup) -> Result<(), Failure> {
    let place = root.join("box");
    let options = format!(
        "mode=0755,size={},nr_inodes={}",
        setup.disk_bytes, setup.disk_inodes
    );
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("work"),
        &place,
        Some("tmpfs"),
        flags,
        Some(options.as_str()),
    )
    .map_err(at(Step::MountWork))?;
    let mut parts = Vec::new();
    for name in WRITABLE {
        let part = place.join(name.trim_start_matches('/').replace('/', "-"));
        fs::create_dir(&part).map_err(io_at(Step::MountWork))?;
        fs::set_permissions(&part, fs::Permissions::from_mode(0o1777))
            .map_err(io_at(Step::MountWork))?;
        parts.push(syscalls::open_tree(&c_path(&part)?, false).map_err(at(Step::MountWork))?);
    }
    let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
    umount2(&place, flags).map_err(at(Step::MountWork))?;
    for (name, part) in WRITABLE.into_iter().zip(parts) {
        let place = inside(root, Path::new(name));
        syscalls::move_mount(part.as_fd(), &c_path(&place)?).map_err(at(Step::MountWork))?;
    }
    Ok(())
}

/// Mounts a `/proc` of the box's own processes, forbids nested user namespaces through it, and closes the rest.
fn mount_proc(root: &Path) -> Result<(), Failure> {
    let proc = root.join("proc");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(
        Some("proc"),
        &proc,
        Some("proc"),
        flags,
        Some("hidepid=invisible"),
    )
    .or_else(|_| mount(Some("proc"), &proc, Some("proc"), flags, Some("hidepid=2")))
    .map_err(at(Step::MountProc))?;
    fs::write(proc.join("sys/user/max_user_namespaces"), "0").map_err(io_at(Step::Harden))?;
    let files = MASKED_FILES.into_iter().zip(std::iter::repeat("dev/null"));
    let directories = MASKED_DIRECTORIES.into_iter().zip(std::iter::repeat(EMPTY));
    for (name, cover) in files.chain(directories) {
        let (none, cover) = (None::<&str>, root.join(cover));
        match mount(Some(&cover), &proc.join(name), none, MsFlags::MS_BIND, none) {
            // This kernel has no such file.
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err((Step::MountProc, errno)),
        }
    }
    let all = open(&proc, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
        .map_err(at(Step::MountProc))?;
    syscalls::set_mount_attributes(
        all.as_fd(),
        libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID,
        true,
    )
    .map_err(at(Step::MountProc))
}

fn pivot(root: &Path) -> Result<(), Failure> {
    nix::unistd::chdir(root).map_err(at(Step::PivotRoot))?;
    match nix::unistd::pivot_root(".", ".") {
        Ok(()) => umount2(".", MntFlags::MNT_DETACH).map_err(at(Step::Unmount))?,
        // The host's root is an initramfs, which cannot be pivoted away: cover it instead.
        Err(Errno::EINVAL) => {
            mount(Some("."), "/", None::<&str>, MsFlags::MS_MOVE, None::<&str>)
                .map_err(at(Step::PivotRoot))?;
            nix::unistd::chroot(".").map_err(at(Step::PivotRoot))?;
        }
        Err(errno) => return Err((Step::PivotRoot, errno)),
    }
    nix::unistd::chdir("/").map_err(at(Step::PivotRoot))
}

/// Repeats by Landlock what the mounts say, where the kernel has it.
pub(super) fn restrict(setup: &Setup, trees: &Trees) -> Result<(), Failure> {
    if !setup.landlock {
        return Ok(());
    }
    let system = SYSTEM.into_iter().chain(["/etc", "/dev", "/proc"]);
    let readable: Vec<PathBuf> = system
        .map(PathBuf::from)
        .chain(setup.read_only.iter().cloned())
        .collect();
    let writable = WRITABLE.map(PathBuf::from);
    let devices = DEVICES.map(|name| Path::new("/dev").join(name));
    let lent: Vec<_> = trees.lent.iter().map(AsFd::as_fd).collect();
    let trees = landlock::Trees {
        readable: &readable,
        listed: &[PathBuf::from("/")],
        writable: &writable,
        devices: &devices,
        lent: &lent,
    };
    landlock::restrict(&trees)
        .map(drop)
        .map_err(|_| (Step::Landlock, Errno::last()))
}
