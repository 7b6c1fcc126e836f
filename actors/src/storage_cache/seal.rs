//! Files in memory that nobody can change any more.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// Copies all that `content` gives into a file in memory, and seals it: no write, no growth, no shrinking.
///
/// The descriptor is read-only, so that the file can be executed. `name` shows in `/proc/PID/fd`.
pub(super) fn seal(content: &mut dyn Read, name: &str) -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let mut file = File::from(memfd_create(name, flags)?);
    io::copy(content, &mut file)?;
    let seals = SealFlag::F_SEAL_WRITE
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))?.into())
}
