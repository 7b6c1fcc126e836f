//! How many bytes there are of a kind, or a little more, so that nobody has to add them up each time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A sum that is counted on until it is found out anew.
#[derive(Debug, Default)]
pub(super) struct Sum(Mutex<i64>);

impl Sum {
    pub(super) fn of(bytes: i64) -> Self {
        Self(Mutex::new(bytes))
    }

    pub(super) fn add(&self, bytes: i64) {
        let mut sum = self.lock();
        *sum = sum.saturating_add(bytes);
    }

    /// Takes the place of what was counted.
    pub(super) fn set(&self, bytes: i64) {
        *self.lock() = bytes;
    }

    pub(super) fn get(&self) -> i64 {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A length as the database has it.
pub(super) fn as_sql(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
