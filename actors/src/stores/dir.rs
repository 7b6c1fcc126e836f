//! A directory that is held open, so that nothing in it is reached by a path that somebody could redirect.
//!
//! Every name here is one component. No symbolic link is followed, neither to read, nor to write, nor to remove.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::dir::{Dir as Listing, Type};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{UnlinkatFlags, fsync, unlinkat};

const AS_DIRECTORY: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// A directory, by its descriptor.
#[derive(Debug)]
pub(super) struct Dir {
    fd: OwnedFd,
}

impl Dir {
    /// Opens the directory that the caller names; the one place where a path is resolved.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let fd = File::open(path)?.into();
        Ok(Self { fd })
    }

    /// Opens a directory in this one.
    pub(super) fn sub(&self, name: &str) -> io::Result<Self> {
        let fd = openat(&self.fd, name, AS_DIRECTORY, Mode::empty())?;
        Ok(Self { fd })
    }

    /// Opens a directory in this one and makes it first where it is not there; the new entry is on the disk then.
    pub(super) fn make_sub(&self, name: &str) -> io::Result<Self> {
        match mkdirat(&self.fd, name, Mode::S_IRWXU) {
            Ok(()) => self.sync()?,
            Err(Errno::EEXIST) => (),
            Err(errno) => return Err(errno.into()),
        }
        self.sub(name)
    }

    /// Makes a file for reading and writing; there must not be any of that name.
    pub(super) fn create_file(&self, name: &str) -> io::Result<File> {
        let flags =
            OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(openat(&self.fd, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?.into())
    }

    /// Opens a regular file for reading; `None` if there is nothing of that name.
    pub(super) fn open_file(&self, name: &str) -> io::Result<Option<File>> {
        // O_NONBLOCK: whatever lies there, opening must not wait for its other end.
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file: File = match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd.into(),
            Err(Errno::ENOENT) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        Ok(Some(file))
    }

    /// Moves a file into another directory, over whatever has the name there.
    pub(super) fn rename_into(&self, name: &str, to: &Self, to_name: &str) -> io::Result<()> {
        Ok(renameat(&self.fd, name, &to.fd, to_name)?)
    }

    /// Removes a file; one that is not there is no error.
    pub(super) fn remove_file(&self, name: &str) -> io::Result<()> {
        self.remove(name, UnlinkatFlags::NoRemoveDir)
    }

    /// Waits until all names in this directory are on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fsync(self.fd.as_fd())?)
    }

    /// The names of the directories and of everything else here, sorted.
    pub(super) fn list(&self) -> io::Result<(Vec<String>, Vec<String>)> {
        let (mut directories, mut others) = (Vec::new(), Vec::new());
        let mut listing = Listing::openat(&self.fd, ".", AS_DIRECTORY, Mode::empty())?;
        for entry in listing.iter() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "." || name == ".." {
                continue;
            }
            let is_directory = match entry.file_type() {
                Some(kind) => kind == Type::Directory,
                // Some file systems do not say.
                None => self.sub(&name).is_ok(),
            };
            let names = if is_directory {
                &mut directories
            } else {
                &mut others
            };
            names.push(name);
        }
        directories.sort();
        others.sort();
        Ok((directories, others))
    }

    /// Removes everything in this directory.
    pub(super) fn empty(&self) -> io::Result<()> {
        let (directories, others) = self.list()?;
        for name in others {
            self.remove_file(&name)?;
        }
        for name in directories {
            self.sub(&name)?.empty()?;
            self.remove(&name, UnlinkatFlags::RemoveDir)?;
        }
        Ok(())
    }

    fn remove(&self, name: &str, flags: UnlinkatFlags) -> io::Result<()> {
        match unlinkat(&self.fd, name, flags) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn emptying_removes_links_and_not_what_they_point_to() {
        let inside = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("precious"), "x").unwrap();
        fs::create_dir_all(inside.path().join("a/b")).unwrap();
        fs::write(inside.path().join("a/b/file"), "x").unwrap();
        symlink(outside.path(), inside.path().join("to_dir")).unwrap();
        symlink(
            outside.path().join("precious"),
            inside.path().join("a/to_file"),
        )
        .unwrap();

        Dir::open(inside.path()).unwrap().empty().unwrap();

        assert_eq!(fs::read_dir(inside.path()).unwrap().count(), 0);
        assert!(outside.path().join("precious").exists());
    }

    #[test]
    fn a_link_is_neither_opened_nor_entered_nor_written_through() {
        let inside = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        symlink(outside.path().join("secret"), inside.path().join("file")).unwrap();
        symlink(outside.path(), inside.path().join("dir")).unwrap();
        let dir = Dir::open(inside.path()).unwrap();
        assert!(dir.open_file("file").is_err());
        assert!(dir.create_file("file").is_err());
        assert!(dir.sub("dir").is_err());
        assert!(dir.make_sub("dir").is_err());
    }

    #[test]
    fn what_is_no_regular_file_is_refused() {
        let inside = tempfile::tempdir().unwrap();
        fs::create_dir(inside.path().join("dir")).unwrap();
        nix::unistd::mkfifo(&inside.path().join("fifo"), Mode::S_IRUSR).unwrap();
        let dir = Dir::open(inside.path()).unwrap();
        assert!(dir.open_file("dir").is_err());
        assert!(dir.open_file("fifo").is_err());
        assert!(dir.open_file("nothing").unwrap().is_none());
    }
}
