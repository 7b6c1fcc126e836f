//! The cache's rules against a model: what may be evicted, what is pinned, what an epoch ends.

use std::sync::{Mutex, mpsc};

use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::*;

type Numbers = Lru<u32, Result<u32, &'static str>>;

fn of_entries(entries: u64) -> Numbers {
    of_bytes(entries)
}

/// Every value in these tests has one byte, unless the test says otherwise.
fn of_bytes(bytes: u64) -> Numbers {
    let entries = usize::MAX;
    Lru::new(Bounds { bytes, entries })
}

/// Asks for a key and loads it where that is wanted; says whether it was.
fn get(lru: &mut Numbers, key: u32) -> bool {
    let (entry, asked) = lru.get(key);
    let load = asked == Pinning::Load;
    if load {
        lru.loaded(entry, Ok(key), 1);
    } else {
        assert_eq!(asked, Pinning::Present(Ok(key)));
    }
    load
}

fn pin(lru: &mut Numbers, key: u32) -> Entry<u32> {
    let (entry, asked) = lru.pin(key);
    if asked == Pinning::Load {
        lru.loaded(entry, Ok(key), 1);
    }
    entry
}

#[test]
fn i_6_e1_an_absent_key_gets_its_value_or_its_loaders_error_and_both_are_cached() {
    let mut lru = of_entries(10);
    for key in 0..4 {
        let (entry, asked) = lru.get(key);
        assert_eq!(asked, Pinning::Load);
        let loaded = if key % 2 == 0 { Ok(key) } else { Err("no") };
        lru.loaded(entry, loaded, 1);
        assert_eq!(lru.get(key).1, Pinning::Present(loaded));
    }
    assert_eq!(lru.stats().bytes, 4);
}

#[test]
fn i_6_e2_a_second_round_over_more_than_the_bound_loads_everything_again() {
    let mut lru = of_entries(2);
    for key in (0..10).chain(0..10) {
        assert!(get(&mut lru, key));
    }
    let stats = lru.stats();
    assert_eq!(stats.evictions, stats.loads - 2);
}

#[test]
fn i_6_e3_what_was_used_last_stays() {
    let mut lru = of_entries(2);
    for key in [0, 1, 2] {
        get(&mut lru, key);
    }
    assert!(!get(&mut lru, 2));
    assert!(!get(&mut lru, 1));
    assert!(get(&mut lru, 0));
    assert!(!get(&mut lru, 1));
    assert!(get(&mut lru, 2));
}

#[test]
fn i_6_e4_a_pinned_entry_is_never_evicted_and_is_an_ordinary_one_afterwards() {
    let mut lru = of_entries(2);
    let zero = pin(&mut lru, 0);
    for key in [1, 2, 1, 2] {
        assert!(get(&mut lru, key));
    }
    assert!(!get(&mut lru, 0));
    lru.unpin(zero).unwrap();
    get(&mut lru, 3);
    get(&mut lru, 4);
    assert!(get(&mut lru, 0));
}

#[test]
fn i_6_e5_pins_may_exceed_the_bound() {
    let mut lru = of_entries(2);
    let pins: Vec<_> = (0..3).map(|key| pin(&mut lru, key)).collect();
    assert!((0..3).all(|key| !get(&mut lru, key)));
    assert_eq!((lru.stats().bytes, lru.stats().pinned), (3, 3));
    for entry in pins {
        lru.unpin(entry).unwrap();
    }
    assert_eq!((lru.stats().bytes, lru.stats().pinned), (2, 0));
}

#[test]
fn i_6_e6_a_key_is_loaded_once_however_many_ask() {
    let mut lru = of_entries(2);
    let (entry, first) = lru.pin(0);
    let others: Vec<_> = (0..9).map(|_| lru.pin(0).1).collect();
    assert_eq!(first, Pinning::Load);
    assert!(others.iter().all(|asked| *asked == Pinning::Loading));
    assert_eq!(lru.pin(1).1, Pinning::Load);
    lru.loaded(entry, Ok(0), 1);
    lru.loaded(entry, Ok(77), 1);
    assert_eq!(lru.get(0).1, Pinning::Present(Ok(0)));
    assert_eq!(lru.stats().loads, 2);
}

#[test]
fn i_6_e7_a_pin_that_is_not_there_is_not_taken_off_and_nothing_is_put_in_twice() {
    let mut lru = of_entries(1);
    let (unknown, _) = lru.get(0);
    lru.loaded(unknown, Ok(0), 1);
    get(&mut lru, 1);
    assert_eq!(lru.unpin(unknown), Err(UnpinRefused::NotFound));
    let (known, _) = lru.get(1);
    assert_eq!(lru.unpin(known), Err(UnpinRefused::NotLocked));
    assert_eq!(lru.insert(1, Ok(1), 1), Err(InsertRefused::AlreadyExists));
    assert_eq!(lru.insert(2, Ok(2), 1), Ok(()));
    assert_eq!(lru.get(2).1, Pinning::Present(Ok(2)));
}

#[test]
fn pins_count() {
    let mut lru = of_entries(1);
    let zero = pin(&mut lru, 0);
    assert_eq!(pin(&mut lru, 0), zero);
    lru.unpin(zero).unwrap();
    get(&mut lru, 1);
    assert!(!get(&mut lru, 0));
    lru.unpin(zero).unwrap();
    get(&mut lru, 1);
    assert!(get(&mut lru, 0));
}

#[test]
fn a_value_larger_than_the_bound_goes_at_once_unless_it_is_pinned() {
    let mut lru = of_bytes(10);
    let (entry, _) = lru.get(0);
    lru.loaded(entry, Ok(0), 11);
    assert_eq!(lru.stats().bytes, 0);
    let (entry, asked) = lru.pin(0);
    assert_eq!(asked, Pinning::Load);
    lru.loaded(entry, Ok(0), 11);
    assert_eq!(lru.stats().bytes, 11);
    lru.unpin(entry).unwrap();
    assert_eq!(lru.stats().bytes, 0);
}

#[test]
fn the_number_of_entries_is_bounded_as_well() {
    let mut lru: Numbers = Lru::new(Bounds {
        bytes: u64::MAX,
        entries: 3,
    });
    for key in 0..10 {
        get(&mut lru, key);
    }
    assert_eq!(lru.stats().entries, 3);
    assert!((7..10).all(|key| !get(&mut lru, key)));
}

#[test]
fn after_a_reset_everything_is_loaded_again_and_pinned_ones_live_on_for_their_holders() {
    let mut lru = of_entries(10);
    let old = pin(&mut lru, 0);
    get(&mut lru, 1);
    lru.reset(5);
    assert_eq!((lru.stats().entries, lru.stats().epoch), (1, 5));
    let (new, asked) = lru.pin(0);
    assert_eq!(asked, Pinning::Load);
    assert_ne!(old, new);
    lru.loaded(new, Ok(1_000), 1);
    lru.unpin(old).unwrap();
    assert_eq!(lru.get(0).1, Pinning::Present(Ok(1_000)));
    assert_eq!((lru.stats().entries, lru.stats().bytes), (1, 1));
}

#[test]
fn what_is_loading_during_a_reset_is_for_those_who_asked_before() {
    let mut lru = of_entries(10);
    let (pinned, _) = lru.pin(0);
    let (unpinned, _) = lru.get(1);
    lru.reset(1);
    lru.loaded(pinned, Ok(0), 1);
    lru.loaded(unpinned, Ok(1), 1);
    assert_eq!((lru.stats().entries, lru.stats().bytes), (1, 1));
    assert_eq!(lru.get(0).1, Pinning::Load);
    lru.unpin(pinned).unwrap();
    assert_eq!((lru.stats().entries, lru.stats().bytes), (1, 0));
}

#[test]
fn an_older_epoch_changes_nothing() {
    let mut lru = of_entries(10);
    lru.reset(5);
    get(&mut lru, 0);
    lru.reset(5);
    lru.reset(4);
    assert_eq!(lru.stats().epoch, 5);
    assert!(!get(&mut lru, 0));
}

#[test]
fn what_is_loaded_again_keeps_its_pins() {
    let mut lru = of_entries(1);
    let (entry, _) = lru.pin(0);
    lru.loaded(entry, Err("no"), 1);
    lru.reload(entry);
    assert_eq!(lru.get(0).1, Pinning::Loading);
    lru.loaded(entry, Ok(0), 1);
    get(&mut lru, 1);
    assert!(!get(&mut lru, 0));
    lru.unpin(entry).unwrap();
    assert_eq!(lru.unpin(entry), Err(UnpinRefused::NotLocked));
}

/// 10 threads, 100 000 gets each of values of random sizes, while each holds one pin: every value is right, what is
/// pinned stays, and in the end the bound holds.
#[test]
fn i_6_e8_ten_threads_find_right_values_and_their_pins_and_leave_the_bound_kept() {
    const BOUND: u64 = 1_000;
    let lru = Mutex::new(of_bytes(BOUND));
    let size = |key: u32| u64::from(key * 7 % 50 + 1);
    let (failed, failures) = mpsc::channel();
    std::thread::scope(|scope| {
        for thread in 0..10 {
            let (lru, failed) = (&lru, failed.clone());
            scope.spawn(move || {
                let mut random = SmallRng::seed_from_u64(u64::from(thread));
                let own = 1_000 + thread;
                let (pinned, asked) = lru.lock().unwrap().pin(own);
                assert_eq!(asked, Pinning::Load);
                lru.lock().unwrap().loaded(pinned, Ok(own), size(own));
                for _ in 0..100_000 {
                    let key = random.random_range(0..300);
                    let (entry, asked) = lru.lock().unwrap().get(key);
                    match asked {
                        Pinning::Load => lru.lock().unwrap().loaded(entry, Ok(key), size(key)),
                        Pinning::Present(value) if value != Ok(key) => failed.send(key).unwrap(),
                        Pinning::Present(_) | Pinning::Loading => (),
                    }
                }
                let mut lru = lru.lock().unwrap();
                if lru.get(own).1 != Pinning::Present(Ok(own)) {
                    failed.send(own).unwrap();
                }
                lru.unpin(pinned).unwrap();
            });
        }
    });
    drop(failed);
    assert_eq!(failures.iter().count(), 0);
    let stats = lru.into_inner().unwrap().stats();
    assert!(stats.bytes <= BOUND && stats.pinned == 0, "{stats:?}");
    assert!(stats.evictions > 0);
}

/// What may be done to a cache of keys 0 to 5, whose values have as many bytes as the key and two.
#[derive(Debug, Clone)]
enum Step {
    Get(u32),
    Pin(u32),
    Insert(u32),
    /// Ends the load, or takes off the pin, of the entry of that place in the list of those there are.
    Finish(usize),
    Unpin(usize),
    Reload(u32),
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..6_u32;
    prop_oneof![
        key.clone().prop_map(Step::Get),
        key.clone().prop_map(Step::Pin),
        key.clone().prop_map(Step::Insert),
        key.prop_map(Step::Reload),
        (0..9_usize).prop_map(Step::Finish),
        (0..9_usize).prop_map(Step::Unpin),
        Just(Step::Reset),
    ]
}

/// The model: the loads that run and the pins that are held, as two lists.
#[derive(Default)]
struct Model {
    loading: Vec<Entry<u32>>,
    pins: Vec<Entry<u32>>,
}

impl Model {
    fn asked(&mut self, entry: Entry<u32>, asked: &Pinning<Result<u32, &str>>) {
        let loading = self.loading.contains(&entry);
        match asked {
            Pinning::Load => self.loading.push(entry),
            Pinning::Loading => assert!(loading, "{entry:?} is loaded by somebody"),
            Pinning::Present(value) => assert_eq!(*value, Ok(*entry.key())),
        }
        assert!(
            !loading || *asked == Pinning::Loading,
            "{entry:?} is loaded once"
        );
    }

    fn apply(&mut self, lru: &mut Numbers, step: Step) {
        let size = |key: u32| u64::from(key) + 2;
        let at = |place: usize, list: &[Entry<u32>]| (!list.is_empty()).then(|| place % list.len());
        match step {
            Step::Get(key) => {
                let (entry, asked) = lru.get(key);
                self.asked(entry, &asked);
            }
            Step::Pin(key) => {
                let (entry, asked) = lru.pin(key);
                self.asked(entry, &asked);
                self.pins.push(entry);
            }
            Step::Insert(key) => {
                let _exists = lru.insert(key, Ok(key), size(key));
            }
            Step::Finish(place) => {
                if let Some(place) = at(place, &self.loading) {
                    let entry = self.loading.swap_remove(place);
                    let key = *entry.key();
                    lru.loaded(entry, Ok(key), size(key));
                }
            }
            Step::Unpin(place) => {
                if let Some(place) = at(place, &self.pins) {
                    assert_eq!(lru.unpin(self.pins.swap_remove(place)), Ok(()));
                }
            }
            Step::Reload(key) => {
                let (entry, asked) = lru.get(key);
                self.asked(entry, &asked);
                if matches!(asked, Pinning::Present(_)) {
                    lru.reload(entry);
                    self.loading.push(entry);
                }
            }
            Step::Reset => lru.reset(lru.stats().epoch + 1),
        }
    }

    /// What is counted is what is there; what goes beyond the bound is pinned.
    fn check(&self, lru: &Numbers) {
        let stats = lru.stats();
        let sizes: u64 = lru.slots.values().map(|slot| slot.size).sum();
        assert_eq!(stats.bytes, sizes);
        let pinned: std::collections::BTreeSet<_> = self.pins.iter().collect();
        assert_eq!(stats.pinned, pinned.len());
        for entry in pinned {
            assert!(
                lru.slots.contains_key(entry),
                "{entry:?} is pinned and stays"
            );
        }
        let unpinned = lru.slots.values().filter(|slot| slot.pins == 0);
        let idle = unpinned.filter(|slot| slot.value.is_some()).count();
        assert_eq!(lru.idle.len(), idle);
        assert!(stats.bytes <= lru.bounds.bytes || idle == 0, "{stats:?}");
    }
}

proptest! {
    /// Whatever is done: pinned entries stay, each is loaded once, and the bound holds as far as pins allow.
    #[test]
    fn pins_hold_loads_are_single_and_the_bound_is_kept(steps in prop::collection::vec(step(), 0..200)) {
        let mut lru = of_bytes(12);
        let mut model = Model::default();
        for step in steps {
            model.apply(&mut lru, step);
            model.check(&lru);
        }
    }
}
