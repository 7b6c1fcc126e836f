//! The writable space of a box: files put in and handed out, and the proof that nothing was left.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::poll::{PollTimeout, poll};
use nix::sys::stat::{Mode, fchmod, futimens, mkdirat};
use nix::sys::statfs::fstatfs;
use nix::sys::time::{TimeSpec, TimeValLike};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::root::{BOX, WRITABLE};
use super::{Failure, at, io_at};
use crate::Step;
use crate::protocol::Dirt;

/// More files than this are not worth deleting one by one: a new box is cheaper.
const WIPE_MAX: u64 = 4096;
/// Milliseconds that the kernel gets to collect sockets that nobody has open.
const COLLECTIONS_MAX: u32 = 50;

/// The writable directories, and what they were like when they were new.
pub(super) struct Space {
    directories: Vec<OwnedFd>,
    ipc: Vec<File>,
    sockets: Option<File>,
    free: (u64, u64),
    owned_by_program: bool,
}

impl Space {
    pub(super) fn open(separate_ids: bool) -> Result<Self, Failure> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let directories: Result<Vec<_>, _> = WRITABLE
            .into_iter()
            .map(|path| open(path, flags, Mode::empty()))
            .collect();
        let ipc = ["shm", "sem", "msg"]
            .into_iter()
            .filter_map(|kind| File::open(format!("/proc/sysvipc/{kind}")).ok());
        let mut space = Self {
            directories: directories.map_err(at(Step::MountWork))?,
            ipc: ipc.collect(),
            sockets: File::open("/proc/net/unix").ok(),
            free: (0, 0),
            owned_by_program: !separate_ids,
        };
        space.open_directories().map_err(at(Step::MountWork))?;
        space.restore_times().map_err(at(Step::MountWork))?;
        space.free = space.free_now().map_err(at(Step::MountWork))?;
        Ok(space)
    }

    fn free_now(&self) -> Result<(u64, u64), Errno> {
        let found = fstatfs(&self.directories[0])?;
        Ok((found.files_free(), found.blocks_free()))
    }

    /// Writes a file that the program can read, and execute if `executable`, but not change where it has an id of its own.
    pub(super) fn place(
        &self,
        name: &Path,
        executable: bool,
        bytes: Option<&[u8]>,
        from: Option<OwnedFd>,
    ) -> Result<(), Failure> {
        let mut parts: Vec<_> = name.components().collect();
        let Some(Component::Normal(last)) = parts.pop() else {
            return Err((Step::Place, Errno::EINVAL));
        };
        let mut directory = self.directories[0]
            .try_clone()
            .map_err(io_at(Step::Place))?;
        for part in parts {
            let Component::Normal(part) = part else {
                return Err((Step::Place, Errno::EINVAL));
            };
            let how = beneath().flags(OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC);
            directory = match openat2(&directory, part, how) {
                Err(Errno::ENOENT) => {
                    mkdirat(&directory, part, Mode::from_bits_truncate(0o700))
                        .map_err(at(Step::Place))?;
                    let made = openat2(&directory, part, how).map_err(at(Step::Place))?;
                    fchmod(&made, Mode::from_bits_truncate(0o1777)).map_err(at(Step::Place))?;
                    made
                }
                found => found.map_err(at(Step::Place))?,
            };
        }
        match unlinkat(&directory, last, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err((Step::Place, errno)),
        }
        let mode = if executable { 0o755 } else { 0o644 };
        let how =
            beneath().flags(OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC);
        let file = openat2(&directory, last, how.mode(Mode::from_bits_truncate(mode)))
            .map_err(at(Step::Place))?;
        let mut file = File::from(file);
        let written = match (bytes, from) {
            (Some(bytes), _) => file.write_all(bytes),
            (None, Some(from)) => io::copy(&mut File::from(from), &mut file).map(drop),
            (None, None) => return Err((Step::Receive, Errno::EBADMSG)),
        };
        written.map_err(io_at(Step::Place))
    }

    /// Opens a file below the working directory without following any link; never waits, whatever it is.
    pub(super) fn take(&self, name: &Path) -> Result<OwnedFd, Failure> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        openat2(&self.directories[0], name, beneath().flags(flags)).map_err(at(Step::Take))
    }

    /// Takes from the program the right to change anything in the working directory, until the box is emptied. Between runs, when
    /// nobody else is in the box, so that names are safe.
    pub(super) fn close_directory(&self) -> Result<(), Failure> {
        // The agent itself places files for a further run, where it has an id of its own.
        let mode = if self.owned_by_program { 0o555 } else { 0o755 };
        close(Path::new(BOX), mode).map_err(io_at(Step::CloseDirectory))
    }

    /// Empties the writable space and proves that nothing is left in it, nor any IPC object.
    pub(super) fn reset(&self) -> Result<(), Dirt> {
        let free = self.free_now().map_err(|_| Dirt::Agent)?;
        if self.free.0.saturating_sub(free.0) > WIPE_MAX {
            return Err(Dirt::ManyFiles);
        }
        self.open_directories().map_err(|_| Dirt::Space)?;
        for path in WRITABLE {
            wipe(Path::new(path)).map_err(|_| Dirt::Space)?;
        }
        self.restore_times().map_err(|_| Dirt::Space)?;
        if self.free_now().map_err(|_| Dirt::Agent)? != self.free {
            return Err(Dirt::Space);
        }
        if self.ipc.iter().any(|kind| !has_only_a_head(kind)) {
            return Err(Dirt::Ipc);
        }
        self.collect_sockets()
    }

    /// Sockets that were sent through each other outlive their processes until the kernel's collector has found them. It is woken when
    /// a socket is closed, and works on its own time.
    fn collect_sockets(&self) -> Result<(), Dirt> {
        for _ in 0..COLLECTIONS_MAX {
            if self.sockets.as_ref().is_none_or(has_only_a_head) {
                return Ok(());
            }
            drop(UnixStream::pair());
            let _ = poll(&mut [], PollTimeout::from(1u8));
        }
        Err(Dirt::Sockets)
    }

    /// Gives the directories themselves the mode of a new box. Only the working directory's can differ where the program has an id
    /// of its own.
    fn open_directories(&self) -> Result<(), Errno> {
        let changed = if self.owned_by_program {
            self.directories.len()
        } else {
            1
        };
        for directory in &self.directories[..changed] {
            fchmod(directory, Mode::from_bits_truncate(0o1777))?;
        }
        Ok(())
    }

    /// Gives the directories themselves the times of a new box.
    fn restore_times(&self) -> Result<(), Errno> {
        for directory in &self.directories {
            futimens(directory, &TimeSpec::zero(), &TimeSpec::zero())?;
        }
        Ok(())
    }
}

/// Whether one of the kernel's tables has no line but its head.
fn has_only_a_head(table: &File) -> bool {
    let mut text = [0; 4096];
    let Ok(length) = table.read_at(&mut text, 0) else {
        return false;
    };
    text[..length].iter().filter(|byte| **byte == b'\n').count() <= 1
}

fn beneath() -> OpenHow {
    OpenHow::new().resolve(
        ResolveFlag::RESOLVE_BENEATH
            | ResolveFlag::RESOLVE_NO_SYMLINKS
            | ResolveFlag::RESOLVE_NO_MAGICLINKS
            | ResolveFlag::RESOLVE_NO_XDEV,
    )
}

/// Lets nobody but its owner change a directory, nor any below it.
fn close(directory: &Path, mode: u32) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            close(&entry.path(), mode)?;
        }
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(mode))
}

/// Deletes everything in a directory. Links are deleted, not followed, and nothing of the host is in sight of this process.
fn wipe(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
