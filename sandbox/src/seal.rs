//! Files in memory that nobody can change any more: how inputs and executables reach a program that must not alter them.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl, open};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;

use crate::Error;
use crate::error::system;

/// How many times a file is sealed, in new pages each time, before that counts as a fault of the host.
const SEAL_ATTEMPTS: u32 = 5;

/// Copies what `content` gives into a sealed file in memory: no write, no growth, no shrinking, for ever, by anybody.
///
/// The descriptor is read-only, so that the file can also be executed. `name` shows in `/proc/PID/fd` and `/proc/PID/exe`.
pub fn seal(content: &mut dyn Read, name: &str) -> Result<OwnedFd, Error> {
    let mut file = copy(content, name)?;
    let seals = SealFlag::F_SEAL_WRITE
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_SEAL;
    let mut attempts = 1;
    while let Err(errno) = fcntl(&file, FcntlArg::F_ADD_SEALS(seals)) {
        // Busy are pages that the kernel itself holds for longer than it cares to wait (0.3 s); seen on a machine that
        // built on its other core. New pages are not held.
        if errno != Errno::EBUSY || attempts == SEAL_ATTEMPTS {
            return Err(system("seal a file in memory")(errno));
        }
        attempts += 1;
        file.rewind().map_err(system("read a file in memory"))?;
        file = copy(&mut file, name)?;
    }
    // The writable descriptor goes away here: while it is open, the kernel refuses to execute the file.
    reopen(&file)
}

/// Copies bytes into a new file in memory.
fn copy(content: &mut dyn Read, name: &str) -> Result<File, Error> {
    let name = name.replace('\0', "");
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let mut file =
        File::from(memfd_create(name.as_str(), flags).map_err(system("make a file in memory"))?);
    std::io::copy(content, &mut file)
        .and_then(|_| file.flush())
        .map_err(system("fill a file in memory"))?;
    Ok(file)
}

/// Opens the file behind a descriptor again, read-only and with an offset of its own.
pub(crate) fn reopen(file: &impl AsFd) -> Result<OwnedFd, Error> {
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    open(
        path.as_str(),
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )
    .map_err(system("reopen a file"))
}

/// Says whether nobody can write to this file any more.
pub(crate) fn is_sealed(file: &impl AsFd) -> bool {
    let seals = fcntl(file, FcntlArg::F_GET_SEALS).unwrap_or(0);
    SealFlag::from_bits_truncate(seals).contains(SealFlag::F_SEAL_WRITE)
}
