//! How many sandboxes of this process still have something on the host, so that its end can wait until they have not.
//!
//! The last clone of a sandbox is dropped by whichever thread has it, and a process that ends meanwhile leaves what that
//! thread had not yet taken down: control groups above all.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

static LIVING: Mutex<usize> = Mutex::new(0);
static ONE_LESS: Condvar = Condvar::new();

/// One that has something on the host.
#[derive(Debug)]
pub(crate) struct Living(());

impl Living {
    pub(crate) fn begin() -> Self {
        *LIVING.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(())
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        *LIVING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ONE_LESS.notify_all();
    }
}

/// Waits until no sandbox of this process has anything left on the host, at most so long; says whether that is so.
pub fn wait_until_gone(patience: Duration) -> bool {
    let living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = ONE_LESS.wait_timeout_while(living, patience, |living| *living > 0);
    let (living, _) = waited.unwrap_or_else(PoisonError::into_inner);
    *living == 0
}
