//! How often a judgement took the place of another, for those who keep what they have read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The count; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// How many there were. What was read when it was lower may be out of date.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// To be called after the change.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
