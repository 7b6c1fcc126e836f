//! Whose job is offered next: builds take turns, and only so many jobs are on offer at once.

use std::collections::{BTreeMap, VecDeque};

/// How many jobs are on offer for each slot, so that a slot never waits for the next job.
const OFFERS_PER_SLOT: usize = 2;

/// The ready work of all builds, in front of the scheduler.
///
/// With m builds that have ready work, each gets one job in every m offers, however much the others
/// have; so a big build never starves a small one. At most twice as many jobs are on offer as there
/// are slots, as what is on offer can no longer be overtaken. Work that comes back goes before all
/// other, under a new ticket; the old ticket is then unknown.
///
/// `B` names a build, `T` is a piece of its work.
#[derive(Debug, Clone)]
pub struct Fair<B, T> {
    slots: usize,
    tickets: u64,
    /// What came back, the first come first.
    returned: VecDeque<(B, T)>,
    /// Ready work by build; none is empty.
    ready: BTreeMap<B, VecDeque<T>>,
    /// The builds in `ready`, the one whose turn it is first.
    turns: VecDeque<B>,
    on_offer: BTreeMap<OfferId, (B, T)>,
}

/// Names one offering of a piece of work. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OfferId(u64);

/// A piece of work on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer<B, T> {
    /// Ends or returns this offer.
    pub id: OfferId,
    /// Whose work it is.
    pub build: B,
    /// The work.
    pub work: T,
}

/// The offer has ended already, or never was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("offer {0:?} is not open")]
pub struct UnknownOffer(pub OfferId);

impl<B: Copy + Ord, T: Clone> Fair<B, T> {
    /// No work, and so many slots.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            slots,
            tickets: 0,
            returned: VecDeque::new(),
            ready: BTreeMap::new(),
            turns: VecDeque::new(),
            on_offer: BTreeMap::new(),
        }
    }

    /// Invokers came or went. Fewer slots end no offer.
    pub fn set_slots(&mut self, slots: usize) {
        self.slots = slots;
    }

    /// A build has work that may run now.
    pub fn push(&mut self, build: B, work: T) {
        let queue = self.ready.entry(build).or_insert_with(|| {
            self.turns.push_back(build);
            VecDeque::new()
        });
        queue.push_back(work);
    }

    /// The next piece of work to offer; `None` if there is none or enough is on offer.
    pub fn next_offer(&mut self) -> Option<Offer<B, T>> {
        if self.on_offer.len() >= self.slots * OFFERS_PER_SLOT {
            return None;
        }
        let (build, work) = self.returned.pop_front().or_else(|| self.take_turn())?;
        self.tickets += 1;
        let id = OfferId(self.tickets);
        self.on_offer.insert(id, (build, work.clone()));
        Some(Offer { id, build, work })
    }

    /// The work of an offer is done.
    ///
    /// # Errors
    ///
    /// The offer has ended, as its work came back or is done.
    pub fn complete(&mut self, offer: OfferId) -> Result<(B, T), UnknownOffer> {
        self.on_offer.remove(&offer).ok_or(UnknownOffer(offer))
    }

    /// The work of an offer must be done again: before all other, under a new ticket.
    ///
    /// # Errors
    ///
    /// The offer has ended, as its work came back or is done.
    pub fn reschedule(&mut self, offer: OfferId) -> Result<(), UnknownOffer> {
        let work = self.complete(offer)?;
        self.returned.push_back(work);
        Ok(())
    }

    /// A build ends: its work is forgotten. Returns what of it was on offer.
    pub fn forget(&mut self, build: B) -> Vec<Offer<B, T>> {
        self.returned.retain(|&(of, _)| of != build);
        self.ready.remove(&build);
        self.turns.retain(|&of| of != build);
        let of_build = self.on_offer.extract_if(.., |_, &mut (of, _)| of == build);
        of_build
            .map(|(id, (build, work))| Offer { id, build, work })
            .collect()
    }

    /// How many pieces of work are on offer.
    #[must_use]
    pub fn on_offer(&self) -> usize {
        self.on_offer.len()
    }

    /// How many pieces of work wait for their offer.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.returned.len() + self.ready.values().map(VecDeque::len).sum::<usize>()
    }

    /// Whether there is no work at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.returned.is_empty() && self.ready.is_empty() && self.on_offer.is_empty()
    }

    fn take_turn(&mut self) -> Option<(B, T)> {
        let build = self.turns.pop_front()?;
        let queue = self
            .ready
            .get_mut(&build)
            .expect("a turn is of a build with ready work");
        let work = queue.pop_front().expect("a build with ready work has some");
        if queue.is_empty() {
            self.ready.remove(&build);
        } else {
            self.turns.push_back(build);
        }
        Some((build, work))
    }
}
