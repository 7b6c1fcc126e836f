//! Tests of the scheduler's pure state.

mod fair;
mod holdings;
mod invariants;
mod model;
mod parts;
mod rows;
mod rules;
mod scenarios;
mod statistics;

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::*;
use crate::ids::{Attempt, JobId, WorkerId};

/// A queue whose payloads are nothing and whose results are numbers.
type TestQueue = Queue<(), u32>;

fn queue(cache_timeout: Duration, deps_timeout: Duration) -> TestQueue {
    let limits = QueueLimits {
        cache_timeout,
        deps_timeout,
        waiting_max: usize::MAX,
    };
    Queue::new(limits, Xoshiro256PlusPlus::seed_from_u64(1))
}

fn id(name: &str) -> JobId {
    JobId::of(&[name.as_bytes()])
}

#[test]
fn a_job_travels_through_the_global_queue_to_its_result() {
    let mut queue = queue(Duration::from_secs(1), Duration::from_secs(60));
    let start = Instant::now();
    let handle = queue.schedule(id("j"), &[], (), start).unwrap().handle;
    assert_eq!(queue.poll_timeout(), Some(start + Duration::from_secs(60)));
    queue.register(WorkerId(0));
    queue.pick(WorkerId(0), PickToken(7), start);
    assert_eq!(queue.poll_action(), None);
    queue.handle_timeout(start + Duration::from_secs(60));
    let assignment = Assignment {
        job: id("j"),
        attempt: Attempt(1),
        tries: 1,
        payload: (),
    };
    assert_eq!(
        queue.poll_action(),
        Some(Action::Answer {
            pick: PickToken(7),
            answer: Picked::Job(assignment)
        })
    );
    assert!(queue.complete(WorkerId(0), id("j"), Attempt(1), Outcome::Committed(5)));
    assert_eq!(
        queue.poll_action(),
        Some(Action::Resolve {
            handle,
            job: id("j"),
            resolution: Resolution::Finished(Outcome::Committed(5))
        })
    );
    assert_eq!(queue.locate(id("j")), Some(WorkerId(0)));
    assert_eq!((queue.poll_action(), queue.poll_timeout()), (None, None));
}
