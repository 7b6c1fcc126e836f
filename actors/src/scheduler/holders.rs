//! Which workers hold one artifact: one, a short list, or a bit for each.

use super::pending::WorkerKey;

/// A list becomes bits when it would be longer than this.
pub(super) const FEW_MAX: usize = 32;
/// Bits become a list again at this length; far enough below, so that one worker that comes and
/// goes does not turn the one into the other each time.
const FEW_AGAIN: usize = FEW_MAX / 2;

/// The workers that hold an artifact. Mostly that is the one that made it.
#[derive(Debug, Clone, Default)]
pub(super) enum Holders {
    /// Nobody.
    #[default]
    None,
    /// This one.
    One(WorkerKey),
    /// From one to [`FEW_MAX`] of them, in order.
    Few(Vec<WorkerKey>),
    /// Many.
    Crowd(Box<Crowd>),
}

/// A bit for each worker.
#[derive(Debug, Clone)]
pub(super) struct Crowd {
    bits: Vec<u64>,
    count: usize,
}

impl Holders {
    /// Adds one; false if it was there.
    pub(super) fn insert(&mut self, worker: WorkerKey) -> bool {
        match self {
            Self::None => *self = Self::One(worker),
            Self::One(other) if *other == worker => return false,
            Self::One(other) => {
                let (low, high) = (worker.min(*other), worker.max(*other));
                *self = Self::Few(vec![low, high]);
            }
            Self::Few(list) => {
                let Err(at) = list.binary_search(&worker) else {
                    return false;
                };
                list.insert(at, worker);
                if list.len() > FEW_MAX {
                    *self = Self::Crowd(Box::new(Crowd::of(list)));
                }
            }
            Self::Crowd(crowd) => return crowd.insert(worker),
        }
        true
    }

    /// Takes one out; false if it was not there.
    pub(super) fn remove(&mut self, worker: WorkerKey) -> bool {
        match self {
            Self::One(only) if *only == worker => *self = Self::None,
            Self::None | Self::One(_) => return false,
            Self::Few(list) => {
                let Ok(at) = list.binary_search(&worker) else {
                    return false;
                };
                list.remove(at);
                if list.is_empty() {
                    *self = Self::None;
                }
            }
            Self::Crowd(crowd) => {
                if !crowd.remove(worker) {
                    return false;
                }
                if crowd.count <= FEW_AGAIN {
                    *self = Self::Few(crowd.iter().collect());
                }
            }
        }
        true
    }

    /// Whether this worker is one of them.
    pub(super) fn contains(&self, worker: WorkerKey) -> bool {
        match self {
            Self::Crowd(crowd) => crowd.contains(worker),
            few => few
                .few()
                .is_some_and(|few| few.binary_search(&worker).is_ok()),
        }
    }

    /// Whether there is a bit for each.
    pub(super) fn is_crowd(&self) -> bool {
        matches!(self, Self::Crowd(_))
    }

    /// The list, in order, unless they are a crowd.
    pub(super) fn few(&self) -> Option<&[WorkerKey]> {
        match self {
            Self::None => Some(&[]),
            Self::One(only) => Some(std::slice::from_ref(only)),
            Self::Few(list) => Some(list),
            Self::Crowd(_) => None,
        }
    }

    /// Whether nobody holds it.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    /// One of them.
    pub(super) fn any(&self) -> Option<WorkerKey> {
        match self {
            Self::Crowd(crowd) => crowd.iter().next(),
            few => few.few()?.first().copied(),
        }
    }

    /// All of them, in order.
    pub(super) fn to_vec(&self) -> Vec<WorkerKey> {
        match self {
            Self::Crowd(crowd) => crowd.iter().collect(),
            few => few.few().unwrap_or_default().to_vec(),
        }
    }
}

impl Crowd {
    fn of(list: &[WorkerKey]) -> Self {
        let mut crowd = Self {
            bits: Vec::new(),
            count: 0,
        };
        for &worker in list {
            crowd.insert(worker);
        }
        crowd
    }

    fn contains(&self, worker: WorkerKey) -> bool {
        let word = self.bits.get(worker as usize / 64);
        word.is_some_and(|word| word >> (worker % 64) & 1 == 1)
    }

    fn insert(&mut self, worker: WorkerKey) -> bool {
        let word = worker as usize / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        let added = !self.contains(worker);
        self.bits[word] |= 1 << (worker % 64);
        self.count += usize::from(added);
        added
    }

    fn remove(&mut self, worker: WorkerKey) -> bool {
        let removed = self.contains(worker);
        if removed {
            self.bits[worker as usize / 64] &= !(1 << (worker % 64));
            self.count -= 1;
        }
        removed
    }

    fn iter(&self) -> impl Iterator<Item = WorkerKey> {
        self.bits.iter().zip(0u32..).flat_map(|(&word, at)| {
            let set = (0..64).filter(move |bit| word >> bit & 1 == 1);
            set.map(move |bit| at * 64 + bit)
        })
    }
}
