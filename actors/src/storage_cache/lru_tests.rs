use std::sync::{Mutex, mpsc};

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
fn e1_an_absent_key_gets_its_value_or_its_loaders_error_and_both_are_cached() {
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
fn e2_a_second_round_over_more_than_the_bound_loads_everything_again() {
    let mut lru = of_entries(2);
    for key in (0..10).chain(0..10) {
        assert!(get(&mut lru, key));
    }
    let stats = lru.stats();
    assert_eq!(stats.evictions, stats.loads - 2);
}

#[test]
fn e3_what_was_used_last_stays() {
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
fn e4_a_pinned_entry_is_never_evicted_and_is_an_ordinary_one_afterwards() {
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
fn e5_pins_may_exceed_the_bound() {
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
fn e6_a_key_is_loaded_once_however_many_ask() {
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
fn e7_a_pin_that_is_not_there_is_not_taken_off_and_nothing_is_put_in_twice() {
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
fn e8_ten_threads_find_right_values_and_their_pins_and_leave_the_bound_kept() {
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
