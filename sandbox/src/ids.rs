//! Which host ids a box's processes have: no two boxes, of this judge or another, and no real user share one.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::protocol::Ids;

/// Boxes of one judge process that can exist at once.
const SLOTS: u32 = 256;
/// The first id. Above it is room for 2^22 process ids with 512 ids each; below it are users and the usual subordinate ids.
const FIRST_ID: u32 = 2_000_000_000;

static TAKEN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// The number of a box in this process; free again when dropped.
#[derive(Debug)]
pub(crate) struct Slot(u32);

impl Slot {
    /// Takes the lowest free number; `None` if all are in use.
    pub(crate) fn take() -> Option<Self> {
        let mut taken = TAKEN
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let free = (0..SLOTS).find(|slot| !taken.contains(slot))?;
        taken.insert(free);
        Some(Self(free))
    }

    pub(crate) fn number(&self) -> u32 {
        self.0
    }

    /// The host ids of this box.
    pub(crate) fn ids(&self) -> Ids {
        ids(std::process::id(), self.0)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        TAKEN
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(&self.0);
    }
}

fn ids(judge: u32, slot: u32) -> Ids {
    let agent = FIRST_ID + (judge % (1 << 22)) * (2 * SLOTS) + 2 * slot;
    Ids {
        agent,
        program: agent + 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_ids_still_fit_and_are_not_the_overflow_marks() {
        let last = ids((1 << 22) - 1, SLOTS - 1);
        assert!(last.program < u32::MAX - 1);
    }

    #[test]
    fn a_freed_number_is_taken_again() {
        let first = Slot::take().unwrap();
        let second = Slot::take().unwrap();
        assert_ne!(first.number(), second.number());
        let freed = first.number();
        drop(first);
        assert_eq!(Slot::take().unwrap().number(), freed);
    }

    proptest! {
        /// Boxes of any judges have ids of their own.
        #[test]
        fn different_boxes_share_no_id(a in 0u32..1 << 22, b in 0u32..1 << 22, s in 0..SLOTS, t in 0..SLOTS) {
            prop_assume!((a, s) != (b, t));
            let (x, y) = (ids(a, s), ids(b, t));
            prop_assert!(x.agent != x.program);
            prop_assert!(x.agent != y.agent && x.agent != y.program && x.program != y.agent && x.program != y.program);
        }
    }
}
