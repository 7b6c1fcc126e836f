//! The queue's parts against the standard library's collections.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::ids::ArtifactId;
use crate::scheduler::holders::Holders;
use crate::scheduler::index::Index;
use crate::scheduler::line::Line;
use crate::scheduler::pending::{Rank, Ticket};

proptest! {
    /// A line is an ordered set, wherever jobs come and go.
    #[test]
    fn a_line_is_an_ordered_set(steps in prop::collection::vec((0..60u64, any::<bool>()), 1..300)) {
        let (mut line, mut set) = (Line::default(), BTreeSet::new());
        for (arrival, returned) in steps {
            let fresh = Rank::fresh(arrival + 1);
            let ticket = Ticket {
                rank: if returned { fresh.returned() } else { fresh },
                job: arrival as u32,
            };
            if set.remove(&ticket) {
                line.remove(ticket);
            } else {
                set.insert(ticket);
                line.insert(ticket);
            }
            prop_assert_eq!(line.first(), set.first().copied());
            prop_assert_eq!(line.is_empty(), set.is_empty());
            prop_assert!(line.iter().eq(set.iter().copied()));
        }
    }

    /// Holders are a set, few or many.
    #[test]
    fn holders_are_a_set(
        few_max in 1..6usize,
        steps in prop::collection::vec((0..130u32, any::<bool>()), 1..200),
    ) {
        let (mut holders, mut set) = (Holders::default(), BTreeSet::new());
        for (worker, comes) in steps {
            // near each other, so that they come to be held twice and dropped again
            let worker = worker / 10 * 10;
            if comes {
                prop_assert_eq!(holders.insert(worker, few_max), set.insert(worker));
            } else {
                prop_assert_eq!(holders.remove(worker, few_max), set.remove(&worker));
            }
            prop_assert!(holders.to_vec().iter().eq(&set));
            prop_assert_eq!(holders.is_empty(), set.is_empty());
            prop_assert_eq!(holders.any(), set.first().copied());
            prop_assert!(set.len() <= few_max || holders.is_crowd());
            prop_assert!(set.len() > few_max / 2 || !holders.is_crowd());
            for worker in 0..130 {
                prop_assert_eq!(holders.contains(worker), set.contains(&worker));
            }
        }
    }

    /// An index is a map, also where hashes collide.
    #[test]
    fn an_index_is_a_map(steps in prop::collection::vec((0..6u8, 0..20u8), 1..300)) {
        let (mut index, mut map, mut ids) = (Index::default(), BTreeMap::new(), Vec::new());
        for (hash, rest) in steps {
            let mut bytes = [0; 32];
            // the last few homes of any small table, so that probing goes round its end
            bytes[..4].copy_from_slice(&(u32::MAX - u32::from(hash)).to_le_bytes());
            bytes[31] = rest;
            let id = ArtifactId::from(bytes);
            let has_id = |number: u32| ids[number as usize] == id;
            prop_assert_eq!(index.find(id, has_id), map.get(&id).copied());
            if map.remove(&id).is_some() {
                index.remove(id, has_id);
            } else {
                let number = ids.len() as u32;
                ids.push(id);
                index.insert(id, number);
                map.insert(id, number);
            }
            for (&id, &number) in &map {
                prop_assert_eq!(index.find(id, |n| ids[n as usize] == id), Some(number));
            }
        }
    }
}
