//! Which workers hold one artifact: one, a short list, or a bit for each.

use super::pending::WorkerKey;

/// The workers that hold an artifact. Mostly that is the one that made it.
#[derive(Debug, Clone, Default)]
pub(super) enum Holders {
    /// Nobody.
    #[default]
    None,
    /// This one.
    One(WorkerKey),
    /// At most `few_max` of them, in order.
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
    /// Adds one; false if it was there. More than `few_max` become a crowd.
    pub(super) fn insert(&mut self, worker: WorkerKey, few_max: usize) -> bool {
        match self {
            Self::None => *self = Self::One(worker),
            Self::One(other) if *other == worker => return false,
            Self::One(other) => {
                let pair = vec![worker.min(*other), worker.max(*other)];
                *self = Self::few_or_crowd(pair, few_max);
            }
            Self::Few(list) => {
                let Err(at) = list.binary_search(&worker) else {
                    return false;
                };
                list.insert(at, worker);
                if list.len() > few_max {
                    *self = Self::few_or_crowd(std::mem::take(list), few_max);
                }
            }
            Self::Crowd(crowd) => return crowd.insert(worker),
        }
        true
    }

    /// Takes one out; false if it was not there. A crowd disperses at half of `few_max`: far enough
    /// below it, so that one worker that comes and goes does not turn the one into the other each time.
    pub(super) fn remove(&mut self, worker: WorkerKey, few_max: usize) -> bool {
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
                if crowd.count == 0 {
                    *self = Self::None;
                } else if crowd.count <= few_max / 2 {
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

impl Holders {
    fn few_or_crowd(list: Vec<WorkerKey>, few_max: usize) -> Self {
        if list.len() > few_max {
            Self::Crowd(Box::new(Crowd::of(&list)))
        } else {
            Self::Few(list)
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
