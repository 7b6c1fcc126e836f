//! The picks that wait for a job, in the order in which they came.

use std::collections::BTreeMap;

use super::exchange::PickToken;
use super::hash::Table;
use super::pending::WorkerKey;

/// A waiting pick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pick {
    pub(super) token: PickToken,
    pub(super) worker: WorkerKey,
}

/// Waiting picks by order of arrival.
#[derive(Debug, Clone, Default)]
pub(super) struct Picks {
    arrivals: u64,
    queue: BTreeMap<u64, Pick>,
    by_token: Table<PickToken, u64>,
}

impl Picks {
    /// Adds a pick, whose token must not wait already, and says its number.
    pub(super) fn insert(&mut self, pick: Pick) -> u64 {
        self.arrivals += 1;
        self.by_token.insert(pick.token, self.arrivals);
        self.queue.insert(self.arrivals, pick);
        self.arrivals
    }

    /// The number of the pick with this token.
    pub(super) fn find(&self, token: PickToken) -> Option<u64> {
        self.by_token.get(&token).copied()
    }

    /// Takes the pick with this number out.
    pub(super) fn remove(&mut self, number: u64) -> Pick {
        let pick = self
            .queue
            .remove(&number)
            .expect("a number names a waiting pick");
        self.by_token.remove(&pick.token);
        pick
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// All, the first come first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, WorkerKey)> {
        self.queue
            .iter()
            .map(|(&number, pick)| (number, pick.worker))
    }

    /// The number of the first come.
    pub(super) fn first(&self) -> Option<u64> {
        self.queue.first_key_value().map(|(&number, _)| number)
    }
}
