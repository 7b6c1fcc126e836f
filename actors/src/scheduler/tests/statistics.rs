//! R1 to R5: the draw is uniform over the queues that are not empty, and nothing is lost or doubled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{TestQueue, id, queue};
use crate::ids::{JobId, WorkerId};
use crate::scheduler::{Action, Outcome, PickToken, Picked};

const W0: WorkerId = WorkerId(0);
const HOUR: Duration = Duration::from_secs(3600);

/// How often each job is what a worker gets, over trials that each give it back.
fn drawn(queue: &mut TestQueue, now: Instant, trials: u64) -> BTreeMap<JobId, u32> {
    let mut counts = BTreeMap::new();
    for trial in 0..trials {
        queue.pick(W0, PickToken(trial), now);
        let Some(Action::Answer {
            answer: Picked::Job(got),
            ..
        }) = queue.poll_action()
        else {
            panic!("trial {trial}: no job at once");
        };
        *counts.entry(got.job).or_insert(0) += 1;
        assert!(queue.undelivered(got.job, got.attempt));
    }
    counts
}

/// How far counts are from these shares of their sum.
fn chi_square(counts: &BTreeMap<JobId, u32>, shares: &[(&str, f64)]) -> f64 {
    let sum: u32 = counts.values().sum();
    let terms = shares.iter().map(|&(name, share)| {
        let due = f64::from(sum) * share;
        let found = f64::from(counts.get(&id(name)).copied().unwrap_or(0));
        (found - due).powi(2) / due
    });
    terms.sum()
}

/// A queue whose jobs of that name are global an hour later, with one worker.
fn global(names: impl IntoIterator<Item = String>) -> (TestQueue, Instant) {
    let (mut queue, now) = (queue(HOUR, HOUR), Instant::now());
    queue.register(W0);
    for name in names {
        queue.schedule(id(&name), &[], (), now).unwrap();
    }
    queue.handle_timeout(now + HOUR);
    (queue, now + HOUR)
}

#[test]
fn s_6_r1_each_of_three_queues_is_drawn_a_third_of_the_times() {
    let (mut queue, now) = global(["g".to_owned()]);
    queue.added(W0, id("a"));
    queue.added(W0, id("dep"));
    queue.schedule(id("a"), &[], (), now).unwrap();
    queue.schedule(id("b"), &[id("dep")], (), now).unwrap();
    let third = 1.0 / 3.0;
    let counts = drawn(&mut queue, now, 3_000);
    let distance = chi_square(&counts, &[("g", third), ("a", third), ("b", third)]);
    assert!(distance < 13.8, "{counts:?}");
}

#[test]
fn s_6_r2_the_draw_is_over_queues_and_not_over_jobs() {
    let (mut queue, now) = global((0..40).map(|number| format!("g{number}")));
    queue.added(W0, id("cached"));
    queue.schedule(id("cached"), &[], (), now).unwrap();
    let counts = drawn(&mut queue, now, 600);
    assert_eq!(counts.len(), 2, "the cached job and the oldest global one");
    let distance = chi_square(&counts, &[("cached", 0.5), ("g0", 0.5)]);
    assert!(distance < 10.8, "{counts:?}");
}

#[test]
fn s_6_r3_a_job_at_two_heads_of_three_is_drawn_two_thirds_of_the_times() {
    let (mut queue, now) = (queue(HOUR, HOUR), Instant::now());
    queue.register(W0);
    queue.schedule(id("other"), &[], (), now).unwrap();
    queue.schedule(id("job"), &[id("dep")], (), now).unwrap();
    queue.handle_timeout(now + HOUR);
    queue.added(W0, id("job"));
    queue.added(W0, id("dep"));
    let counts = drawn(&mut queue, now + HOUR, 600);
    let distance = chi_square(&counts, &[("job", 2.0 / 3.0), ("other", 1.0 / 3.0)]);
    assert!(distance < 10.8, "{counts:?}");
}

#[test]
fn s_6_r3_a_job_at_the_head_of_all_three_queues_is_always_drawn() {
    let (mut queue, now) = (queue(HOUR, HOUR), Instant::now());
    queue.register(W0);
    queue.schedule(id("job"), &[id("dep")], (), now).unwrap();
    queue.schedule(id("other"), &[], (), now).unwrap();
    queue.handle_timeout(now + HOUR);
    queue.added(W0, id("job"));
    queue.added(W0, id("dep"));
    let counts = drawn(&mut queue, now + HOUR, 600);
    assert_eq!(counts, BTreeMap::from([(id("job"), 600)]));
}

#[test]
fn s_6_r4_the_only_queue_that_is_not_empty_is_always_drawn() {
    let (mut queue, now) = global([]);
    queue.added(W0, id("a"));
    queue.schedule(id("a"), &[], (), now).unwrap();
    assert_eq!(drawn(&mut queue, now, 100).len(), 1);
    let (mut queue, now) = global(["g".to_owned()]);
    assert_eq!(drawn(&mut queue, now, 100).len(), 1);
}

#[test]
fn s_7_r5_ten_workers_get_ten_thousand_jobs_once_each() {
    let (mut queue, mut now) = (
        queue(Duration::from_millis(5), Duration::from_millis(20)),
        Instant::now(),
    );
    for worker in 0..10 {
        queue.register(WorkerId(worker));
        queue.pick(WorkerId(worker), PickToken(u64::from(worker)), now);
    }
    let mut picked = BTreeSet::new();
    let mut resolved = 0;
    for number in 0..1_000u32 {
        now += Duration::from_millis(1);
        for producer in 0..10 {
            // each job depends on the one before it, so that local queues are in play
            let name = |number: u32| id(&format!("{producer}/{number}"));
            let deps = [name(number.saturating_sub(1))];
            queue.schedule(name(number), &deps, (), now).unwrap();
        }
        work(&mut queue, now, &mut picked, &mut resolved);
    }
    while let Some(due) = queue.poll_timeout() {
        queue.handle_timeout(due);
        work(&mut queue, due, &mut picked, &mut resolved);
    }
    assert_eq!((picked.len(), resolved), (10_000, 10_000));
    assert!(picked.iter().all(|&job| queue.locate(job).is_some()));
    assert_eq!((queue.waiting(), queue.running_jobs()), (0, 0));
}

/// Every worker that gets a job completes it and picks again, until all wait.
fn work(queue: &mut TestQueue, now: Instant, picked: &mut BTreeSet<JobId>, resolved: &mut u32) {
    while let Some(action) = queue.poll_action() {
        match action {
            Action::Answer {
                pick,
                answer: Picked::Job(got),
            } => {
                let worker = WorkerId((pick.0 % 10) as u32);
                assert!(picked.insert(got.job), "a job was handed out twice");
                assert!(queue.complete(worker, got.job, got.attempt, Outcome::Committed(1)));
                queue.pick(worker, PickToken(pick.0 + 10), now);
            }
            Action::Resolve { .. } => *resolved += 1,
            other => panic!("unexpected {other:?}"),
        }
    }
}
