//! The files that a program is given by descriptor: such that it cannot change them, and at no cost to its memory.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use nix::sys::stat::fstat;

use crate::cell::Recipe;
use crate::error::system;
use crate::seal::{is_sealed, reopen, seal};
use crate::{Error, Input, Program};

/// Files are read into the page cache in steps of this, on the judge's account and not on the box's.
const READ_AHEAD: i64 = 128 << 10;

/// A descriptor for the program: one that it may have as it is, or one made for it.
pub(super) enum Given<'a> {
    AsItIs(BorrowedFd<'a>),
    Made(OwnedFd),
}

impl AsFd for Given<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::AsItIs(fd) => *fd,
            Self::Made(fd) => fd.as_fd(),
        }
    }
}

/// A descriptor for standard input that the program cannot use to change anything.
pub(super) fn stdin<'a>(input: &'a Input, recipe: &Recipe) -> Result<Given<'a>, Error> {
    match input {
        Input::Empty => nothing().map(Given::AsItIs),
        Input::Pipe(pipe) => Ok(Given::AsItIs(pipe.as_fd())),
        Input::File(file) => constant(file, recipe).map(Given::Made),
    }
}

/// An input that ends at once; the same for all, since a device has no state that a program could leave in it.
fn nothing() -> Result<BorrowedFd<'static>, Error> {
    static NULL: OnceLock<File> = OnceLock::new();
    if NULL.get().is_none() {
        let _ = NULL.set(File::open("/dev/null").map_err(system("open /dev/null"))?);
    }
    Ok(NULL.get().expect("it was just opened").as_fd())
}

/// The executable, if it is a descriptor, so that the program cannot change it.
pub(super) fn executable<'a>(
    program: &'a Program,
    recipe: &Recipe,
) -> Result<Option<Given<'a>>, Error> {
    match program {
        Program::Path(_) => Ok(None),
        // The program never has this descriptor, so it can stay what it is.
        Program::File(file) if is_sealed(file) => Ok(Some(Given::AsItIs(file.as_fd()))),
        Program::File(file) => Ok(Some(Given::Made(constant(file, recipe)?))),
    }
}

/// Opens a file again, from its start, for a program that must not be able to change it.
fn constant(file: &OwnedFd, recipe: &Recipe) -> Result<OwnedFd, Error> {
    let own = reopen(file)?;
    if is_sealed(&own) {
        return Ok(own);
    }
    let found = fstat(&own).map_err(system("look at a file"))?;
    read_ahead(&own, found.st_size);
    // A program could open the file again, whatever this descriptor allows: as a user to whom its mode gives that, or, with
    // the judge's own user id, after changing the mode.
    let others_may_write = found.st_mode & 0o022 != 0;
    if recipe.as_root && !others_may_write && may_be_reopened(&own, recipe) {
        return Ok(own);
    }
    seal(&mut File::from(own), "file")
}

/// Whether a program may open this file again (as `/dev/stdin`) or execute it: Landlock asks where it is.
fn may_be_reopened(file: &OwnedFd, recipe: &Recipe) -> bool {
    let path = || std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    !recipe.landlock
        || path().is_ok_and(|path| recipe.lent.iter().any(|lent| path.starts_with(lent)))
}

/// Brings a file into the page cache here, so that its pages are not charged to the box that first touches them.
fn read_ahead(file: &impl AsFd, size: i64) {
    let mut at = 0;
    while at < size {
        let advice = PosixFadviseAdvice::POSIX_FADV_WILLNEED;
        if posix_fadvise(file, at, READ_AHEAD, advice).is_err() {
            return;
        }
        at += READ_AHEAD;
    }
}
