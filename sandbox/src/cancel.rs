//! How a run is told to stop from another thread.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::Error;
use crate::error::system;

/// Stops the runs that it is given to, also those that begin later. Clones are the same switch.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<EventFd>);

impl Cancel {
    /// Makes a switch that has not been thrown; fails if the process is out of descriptors.
    pub fn new() -> Result<Self, Error> {
        let fd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
            .map_err(system("make an eventfd"))?;
        Ok(Self(Arc::new(fd)))
    }

    /// Stops every run that has this switch: each ends within milliseconds as `Ending::Cancelled`. Never blocks.
    pub fn cancel(&self) {
        // The counter cannot overflow before 2^64 calls, and a thrown switch stays thrown.
        let _ = self.0.write(1);
    }

    /// Says whether the switch was thrown.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let mut fds = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }
}

impl AsFd for Cancel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
