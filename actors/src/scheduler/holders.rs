//! Which workers hold one artifact: a short list, or a bit for each worker.

use super::pending::WorkerKey;

/// A list becomes bits when it would be longer than this.
pub(super) const FEW_MAX: usize = 32;
/// Bits become a list again at this length; far enough below, so that one worker that comes and
/// goes does not turn the one into the other each time.
const FEW_AGAIN: usize = FEW_MAX / 2;

/// The workers that hold an artifact.
#[derive(Debug, Clone)]
pub(super) enum Holders {
    /// At most [`FEW_MAX`] of them, in order.
    Few(Vec<WorkerKey>),
    /// Many: one bit each.
    Crowd { bits: Vec<u64>, count: usize },
}

impl Default for Holders {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Holders {
    /// Adds one; false if it was there.
    pub(super) fn insert(&mut self, worker: WorkerKey) -> bool {
        match self {
            Self::Few(list) => match list.binary_search(&worker) {
                Ok(_) => false,
                Err(at) => {
                    list.insert(at, worker);
                    if list.len() > FEW_MAX {
                        *self = Self::crowd(list);
                    }
                    true
                }
            },
            Self::Crowd { bits, count } => {
                let added = set(bits, worker);
                *count += usize::from(added);
                added
            }
        }
    }

    /// Takes one out; false if it was not there.
    pub(super) fn remove(&mut self, worker: WorkerKey) -> bool {
        match self {
            Self::Few(list) => match list.binary_search(&worker) {
                Ok(at) => {
                    list.remove(at);
                    true
                }
                Err(_) => false,
            },
            Self::Crowd { bits, count } => {
                if !has(bits, worker) {
                    return false;
                }
                bits[worker as usize / 64] &= !(1 << (worker % 64));
                *count -= 1;
                if *count <= FEW_AGAIN {
                    *self = Self::Few(ones(bits).collect());
                }
                true
            }
        }
    }

    /// Whether this worker is one of them.
    pub(super) fn contains(&self, worker: WorkerKey) -> bool {
        match self {
            Self::Few(list) => list.binary_search(&worker).is_ok(),
            Self::Crowd { bits, .. } => has(bits, worker),
        }
    }

    /// Whether there is a bit for each.
    pub(super) fn is_crowd(&self) -> bool {
        matches!(self, Self::Crowd { .. })
    }

    /// The list, unless there are too many.
    pub(super) fn few(&self) -> Option<&[WorkerKey]> {
        match self {
            Self::Few(list) => Some(list),
            Self::Crowd { .. } => None,
        }
    }

    /// Whether nobody holds it.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(list) if list.is_empty())
    }

    /// One of them.
    pub(super) fn any(&self) -> Option<WorkerKey> {
        match self {
            Self::Few(list) => list.first().copied(),
            Self::Crowd { bits, .. } => ones(bits).next(),
        }
    }

    /// All of them, in order.
    pub(super) fn to_vec(&self) -> Vec<WorkerKey> {
        match self {
            Self::Few(list) => list.clone(),
            Self::Crowd { bits, .. } => ones(bits).collect(),
        }
    }

    fn crowd(list: &[WorkerKey]) -> Self {
        let mut bits = Vec::new();
        for &worker in list {
            set(&mut bits, worker);
        }
        Self::Crowd {
            bits,
            count: list.len(),
        }
    }
}

fn has(bits: &[u64], worker: WorkerKey) -> bool {
    bits.get(worker as usize / 64)
        .is_some_and(|word| word >> (worker % 64) & 1 == 1)
}

fn set(bits: &mut Vec<u64>, worker: WorkerKey) -> bool {
    let word = worker as usize / 64;
    if bits.len() <= word {
        bits.resize(word + 1, 0);
    }
    let bit = 1 << (worker % 64);
    let added = bits[word] & bit == 0;
    bits[word] |= bit;
    added
}

fn ones(bits: &[u64]) -> impl Iterator<Item = WorkerKey> {
    bits.iter().zip(0u32..).flat_map(|(&word, at)| {
        (0..64)
            .filter(move |bit| word >> bit & 1 == 1)
            .map(move |bit| at * 64 + bit)
    })
}
