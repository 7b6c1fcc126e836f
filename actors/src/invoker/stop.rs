//! A stop order on its way to whatever the job is doing: loading files, waiting for a slot, running.

use std::sync::Arc;

use tokio::sync::Notify;
use tribunal_sandbox::{Cancel, Error};

/// Set once; ends the job's run, and wakes the executor where it waits for something else.
#[derive(Debug, Clone)]
pub struct StopFlag {
    cancel: Cancel,
    notify: Arc<Notify>,
}

impl StopFlag {
    /// Makes one that is not set; fails if the process is out of descriptors.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            cancel: Cancel::new()?,
            notify: Arc::default(),
        })
    }

    /// Sets it.
    pub fn stop(&self) {
        self.cancel.cancel();
        self.notify.notify_waiters();
    }

    /// Says whether it is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// What the sandbox watches while it runs the job.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Waits for `work`; `None` if the order came first. `work` is dropped then, so it must hold nothing but loads.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let told = self.notify.notified();
        if self.is_set() {
            return None;
        }
        tokio::select! {
            done = work => Some(done),
            () = told => None,
        }
    }
}
