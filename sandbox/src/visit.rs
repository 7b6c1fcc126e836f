//! A stay in a box: files in, programs run, files out; at its end the box is proven clean or destroyed.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;

use crate::cell::{Cell, unexpected};
use crate::pool::Pool;
use crate::protocol::{Answer, Dirt, Order};
use crate::seal::{reopen, seal};
use crate::{Cancel, Error, Outcome, Spec, Step, Watcher, keeper};

/// Contents up to this go inside the order.
const INLINE_MAX: usize = 16 << 10;

/// The contents of a file to place.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// What this file has, from its start, whatever the descriptor's own offset is.
    File(&'a OwnedFd),
}

/// A box that is ours alone until this is dropped. Its working directory keeps its files from run to run.
pub struct ReadyBox {
    pool: Arc<Pool>,
    cell: Option<Cell>,
}

impl ReadyBox {
    pub(crate) fn new(pool: Arc<Pool>, cell: Cell) -> Self {
        Self {
            pool,
            cell: Some(cell),
        }
    }

    fn cell(&mut self) -> &mut Cell {
        self.cell
            .as_mut()
            .expect("a visit has a box until it is dropped")
    }

    /// Writes a file below the working directory `/box`, making the directories of its name; replaces what was there.
    ///
    /// Where the judge is root, programs can read it, and execute it if `executable`, but not change, rename or delete it.
    /// Refuses an absolute name and one with `..`, and never follows a link.
    pub fn place(
        &mut self,
        name: &str,
        content: Content<'_>,
        executable: bool,
    ) -> Result<(), Error> {
        let name = inside(name)?;
        let cell = self.cell();
        cell.group.unlimit();
        let (bytes, file) = match content {
            Content::Bytes(bytes) if bytes.len() <= INLINE_MAX => (Some(bytes.to_vec()), None),
            Content::Bytes(mut bytes) => (None, Some(seal(&mut bytes, "content")?)),
            Content::File(file) => (None, Some(reopen(file)?)),
        };
        let fds: Vec<_> = file.iter().map(AsFd::as_fd).collect();
        match cell.ask(
            &Order::Place {
                name,
                executable,
                bytes,
            },
            &fds,
        )? {
            (Answer::Placed, _) => Ok(()),
            (other, _) => Err(unexpected(other)),
        }
    }

    /// Runs a program to its end, and returns when none of its processes is left. Blocks.
    ///
    /// `Err` means that the sandbox failed or that the program could not be executed; whatever the program did is an `Outcome`.
    pub fn run(&mut self, spec: &Spec, cancel: &Cancel) -> Result<Outcome, Error> {
        let lacks = self.pool.degraded();
        let pool = Arc::clone(&self.pool);
        let cell = self.cell();
        let result = keeper::run(cell, pool.recipe(), spec, cancel, &lacks);
        if matches!(
            result,
            Err(Error::Step { .. }
                | Error::AgentGone(_)
                | Error::Protocol(_)
                | Error::Cgroup { .. }
                | Error::System { .. })
        ) {
            cell.dirt.get_or_insert(Dirt::Agent);
        }
        result
    }

    /// Looks at the box's processes from outside, also while one runs; `None` where there is no control group to name them.
    #[must_use]
    pub fn watcher(&mut self) -> Option<Watcher> {
        let cell = self.cell();
        Some(Watcher::new(cell.group.roster()?, cell.agent_pid()?))
    }

    /// Opens a regular file of at most `max_bytes` below the working directory, without following any link and without ever waiting.
    ///
    /// What comes back is the file itself and not a copy: a later run in this visit could change it, and a box with a file still open cannot
    /// be used again. Read it and drop it before the visit ends.
    pub fn take(&mut self, name: &str, max_bytes: u64) -> Result<File, Error> {
        let path = inside(name)?;
        let (answer, mut fds) = self.cell().ask(&Order::Take { name: path }, &[])?;
        let file = match answer {
            Answer::Taken => fds
                .pop()
                .ok_or_else(|| Error::Protocol("a file without a descriptor".to_owned()))?,
            Answer::Failed(Step::Take, errno) => {
                return Err(not_taken(name, Errno::from_raw(errno)));
            }
            other => return Err(unexpected(other)),
        };
        let file = File::from(file);
        let found = file
            .metadata()
            .map_err(crate::error::system("look at a file of the box"))?;
        if !found.is_file() {
            return Err(Error::NotRegular(name.to_owned()));
        }
        if found.len() > max_bytes {
            return Err(Error::TooLarge {
                name: name.to_owned(),
                size: found.len(),
                max_bytes,
            });
        }
        Ok(file)
    }

    /// Ends this visit and begins another: the box is emptied and proven clean, or replaced.
    pub fn reset(&mut self) -> Result<(), Error> {
        let pool = Arc::clone(&self.pool);
        if pool.clean(self.cell()) {
            return Ok(());
        }
        let mut other = pool.acquire()?;
        other.fresh = self.cell().fresh;
        if let Some(used) = self.cell.replace(other) {
            pool.give_back(used);
        }
        Ok(())
    }
}

impl Drop for ReadyBox {
    fn drop(&mut self) {
        if let Some(cell) = self.cell.take() {
            self.pool.give_back(cell);
        }
    }
}

impl std::fmt::Debug for ReadyBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadyBox").finish_non_exhaustive()
    }
}

/// A name below the working directory, without `.` and `..`.
fn inside(name: &str) -> Result<PathBuf, Error> {
    let bad = || Error::Name(name.to_owned());
    if name.contains('\0') || name.len() > 4000 {
        return Err(bad());
    }
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return Err(bad()),
        }
    }
    if path.as_os_str().is_empty() {
        Err(bad())
    } else {
        Ok(path)
    }
}

fn not_taken(name: &str, errno: Errno) -> Error {
    match errno {
        Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG => Error::Absent(name.to_owned()),
        // A link (which the kernel may also refuse as one of another owner in a sticky directory), a mount, a socket, a device.
        Errno::EACCES
        | Errno::ELOOP
        | Errno::EXDEV
        | Errno::ENXIO
        | Errno::ENODEV
        | Errno::EOPNOTSUPP => Error::NotRegular(name.to_owned()),
        errno => Error::Step {
            step: Step::Take,
            errno,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_inside() {
        for good in ["a", "a/b", "./a", "a//b"] {
            assert!(inside(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "/a", "../a", "a/../b", "a\0b"] {
            assert!(inside(bad).is_err(), "{bad:?}");
        }
    }
}
