//! The invariants I1 to I21, on random walks and on all short ones.

use std::collections::HashSet;
use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::RngAlgorithm;

use super::model::{ARTIFACTS, Event, JOBS, Kind, Pair, Which};

const WORKERS: usize = 4;

fn event() -> impl Strategy<Value = Event> {
    let (job, artifact, worker) = (0..JOBS, 0..ARTIFACTS, 0..WORKERS);
    let which = prop_oneof![3 => Just(Which::Current), 1 => Just(Which::Stale)];
    let kind = prop_oneof![
        Just(Kind::Committed),
        Just(Kind::Answered),
        Just(Kind::Failed)
    ];
    prop_oneof![
        8 => job.clone().prop_map(Event::Schedule),
        8 => (worker.clone(), job.clone(), which, kind)
            .prop_map(|(worker, job, which, kind)| Event::Complete(worker, job, which, kind)),
        8 => (worker.clone(), artifact.clone()).prop_map(|(w, a)| Event::Added(w, a)),
        8 => (worker.clone(), artifact).prop_map(|(w, a)| Event::Removed(w, a)),
        4 => worker.clone().prop_map(Event::Register),
        2 => worker.clone().prop_map(Event::Dead),
        10 => worker.prop_map(Event::Pick),
        2 => (0..4usize).prop_map(Event::CancelPick),
        6 => (0..4u32).prop_map(Event::Advance),
        2 => job.clone().prop_map(Event::Undelivered),
        2 => job.clone().prop_map(Event::Requeue),
        2 => job.prop_map(Event::CancelJob),
        1 => Just(Event::Stop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        // the default takes most of the time where dependencies are built without optimisation
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    })]

    /// Whatever happens, in whatever order, the queues are what their definitions say.
    #[test]
    fn s_14_queues_are_what_their_definitions_say_on_random_walks(
        few_max in 1..3usize,
        cache_ticks in 0..4u32,
        deps_ticks in 0..4u32,
        registered in 0..=WORKERS,
        held in 0..1u32 << (WORKERS * ARTIFACTS),
        events in prop::collection::vec(event(), 1..40),
    ) {
        let mut pair = Pair::new(Instant::now(), WORKERS, few_max, cache_ticks, deps_ticks);
        for worker in 0..registered {
            pair.apply(Event::Register(worker)).map_err(TestCaseError::fail)?;
        }
        // holders are many, so that crowds gather and disperse
        let places = (0..WORKERS * ARTIFACTS).filter(|place| held >> place & 1 == 1);
        let adding = places.map(|place| Event::Added(place % WORKERS, place / WORKERS));
        for event in adding.chain(events) {
            let checked = pair.apply(event);
            checked.map_err(|fault| TestCaseError::fail(format!("{event:?}: {fault}")))?;
        }
        work_off(&mut pair).map_err(TestCaseError::fail)?;
    }
}

/// Liveness (L1, L2): time passes, one worker picks and completes, and every handle is resolved.
fn work_off(pair: &mut Pair) -> Result<(), String> {
    for worker in 1..WORKERS {
        pair.apply(Event::Dead(worker))?;
    }
    pair.apply(Event::Register(0))?;
    pair.apply(Event::Advance(10))?;
    for _ in 0..=JOBS {
        pair.apply(Event::Pick(0))?;
        for job in 0..JOBS {
            if pair.model.is_running(job) {
                pair.apply(Event::Complete(0, job, Which::Current, Kind::Answered))?;
            }
        }
    }
    match (pair.queue.waiting(), pair.queue.running_jobs()) {
        (0, 0) => Ok(()),
        left => Err(format!("{left:?} jobs wait and run at the end")),
    }
}

/// All sequences of events up to this length are tried, with two workers, three jobs and two extra
/// artifacts; states that differ only in names of workers, absolute times and ages are one.
const DEPTH: usize = 7;

#[test]
fn s_14_queues_are_what_their_definitions_say_on_all_short_walks() {
    let mut start = Pair::new(Instant::now(), 2, 1, 1, 1);
    start.apply(Event::Register(0)).unwrap();
    start.apply(Event::Register(1)).unwrap();
    let mut seen = HashSet::from([fingerprint(&start)]);
    let mut front = vec![start];
    let mut transitions = 0;
    for depth in 1..=DEPTH {
        let mut next = Vec::new();
        for pair in &front {
            for event in pair.model.events() {
                let mut pair = pair.clone();
                transitions += 1;
                if let Err(fault) = pair.apply(event) {
                    panic!("{event:?} at depth {depth}: {fault}\n{:#?}", pair.model);
                }
                if depth < DEPTH && seen.insert(fingerprint(&pair)) {
                    next.push(pair);
                }
            }
        }
        front = next;
    }
    // a smaller number would say that the search has lost its way
    assert!(transitions > 500_000, "{transitions} transitions");
}

fn fingerprint(pair: &Pair) -> Vec<u8> {
    pair.model.key(false).min(pair.model.key(true))
}
