//! Capacity, epochs, lost jobs and silent invokers: the pure parts of M-1 to M-5.

use std::time::{Duration, Instant};

use super::{id, queue};
use crate::ids::{Attempt, JobId, WorkerId};
use crate::job::InvokerStatus;
use crate::scheduler::holdings::{Finding, Heard, Holdings, Patience};
use crate::scheduler::{Action, Outcome, PickToken, Picked};

const W0: WorkerId = WorkerId(0);
const W1: WorkerId = WorkerId(1);

fn holdings() -> Holdings {
    Holdings::new(Patience {
        heartbeat: Duration::from_secs(1),
        lost_job_timeout: Duration::from_secs(5),
    })
}

fn status(
    worker: WorkerId,
    epoch: u64,
    max_new_jobs: usize,
    active: &[(JobId, Attempt)],
) -> InvokerStatus {
    InvokerStatus {
        worker,
        epoch,
        max_new_jobs,
        active: active.to_vec(),
    }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn m_5_of_swapped_statuses_the_newer_ones_capacity_counts() {
    let (mut holdings, now) = (holdings(), Instant::now());
    assert_eq!(holdings.status(&status(W0, 1, 4, &[]), now), Heard::First);
    assert_eq!(holdings.status(&status(W0, 3, 1, &[]), now), Heard::Newer);
    assert_eq!(holdings.status(&status(W0, 2, 9, &[]), now), Heard::Stale);
    assert_eq!(holdings.status(&status(W0, 3, 9, &[]), now), Heard::Stale);
    assert_eq!(holdings.free(W0), 1);
}

#[test]
fn m_5_a_stale_status_neither_loses_nor_finds_a_job() {
    let (mut holdings, now) = (holdings(), Instant::now());
    let job = (id("j"), Attempt(1));
    holdings.status(&status(W0, 1, 4, &[]), now);
    holdings.sent(W0, job.0, job.1);
    holdings.status(&status(W0, 3, 3, &[job]), now);
    holdings.status(&status(W0, 2, 4, &[]), now);
    assert_eq!(holdings.poll_timeout(), Some(now + seconds(3)));
}

#[test]
fn a_stale_status_is_no_sign_of_life() {
    let (mut holdings, now) = (holdings(), Instant::now());
    holdings.status(&status(W0, 5, 4, &[]), now);
    holdings.status(&status(W0, 4, 4, &[]), now + seconds(2));
    holdings.handle_timeout(now + seconds(3));
    assert_eq!(holdings.poll_finding(), Some(Finding::Dead { worker: W0 }));
}

#[test]
fn jobs_sent_since_the_status_take_the_places_that_it_offered() {
    let (mut holdings, now) = (holdings(), Instant::now());
    let (a, b) = ((id("a"), Attempt(1)), (id("b"), Attempt(2)));
    holdings.status(&status(W0, 1, 2, &[]), now);
    holdings.sent(W0, a.0, a.1);
    assert_eq!(holdings.free(W0), 1);
    holdings.sent(W0, b.0, b.1);
    assert_eq!(holdings.free(W0), 0);
    holdings.status(&status(W0, 2, 0, &[a, b]), now);
    assert_eq!(holdings.free(W0), 0);
    holdings.finished(W0, a.0, a.1);
    holdings.status(&status(W0, 3, 1, &[b]), now);
    assert_eq!(holdings.free(W0), 1);
    assert_eq!(holdings.free(W1), 0);
}

#[test]
fn m_3_an_invoker_that_misses_three_heartbeats_is_dead_and_then_new() {
    let (mut holdings, now) = (holdings(), Instant::now());
    holdings.status(&status(W0, 7, 4, &[]), now);
    holdings.status(&status(W1, 7, 4, &[]), now);
    holdings.status(&status(W1, 8, 4, &[]), now + seconds(2));
    holdings.handle_timeout(now + seconds(3) - Duration::from_millis(1));
    assert_eq!(holdings.poll_finding(), None);
    holdings.handle_timeout(now + seconds(3));
    assert_eq!(holdings.poll_finding(), Some(Finding::Dead { worker: W0 }));
    assert_eq!(holdings.poll_finding(), None);
    // a restarted invoker may count from the beginning
    assert_eq!(
        holdings.status(&status(W0, 1, 2, &[]), now + seconds(4)),
        Heard::First
    );
    assert_eq!(holdings.free(W0), 2);
}

#[test]
fn m_3_the_jobs_of_a_silent_invoker_finish_on_the_other_and_count_once() {
    let (mut holdings, mut queue, now) =
        (holdings(), queue(seconds(0), seconds(0)), Instant::now());
    for worker in [W0, W1] {
        holdings.status(&status(worker, 1, 4, &[]), now);
        queue.register(worker);
    }
    queue.schedule(id("j"), &[], (), now).unwrap();
    queue.pick(W0, PickToken(1), now);
    let first = picked(queue.poll_action());
    holdings.sent(W0, id("j"), first);
    holdings.status(&status(W1, 2, 4, &[]), now + seconds(2));
    holdings.handle_timeout(now + seconds(3));
    assert_eq!(holdings.poll_finding(), Some(Finding::Dead { worker: W0 }));
    queue.dead(W0);
    queue.pick(W1, PickToken(2), now + seconds(3));
    let second = picked(queue.poll_action());
    assert_ne!(first, second);
    assert!(queue.complete(W1, id("j"), second, Outcome::Committed(2)));
    assert!(!queue.complete(W0, id("j"), first, Outcome::Committed(1)));
    let resolutions = std::iter::from_fn(|| queue.poll_action()).count();
    assert_eq!(resolutions, 1);
}

#[test]
fn m_4_a_job_that_the_invoker_forgot_is_requeued_alone_after_the_timeout() {
    let (mut holdings, now) = (holdings(), Instant::now());
    let (a, b) = ((id("a"), Attempt(1)), (id("b"), Attempt(2)));
    holdings.status(&status(W0, 1, 4, &[]), now);
    holdings.sent(W0, a.0, a.1);
    holdings.sent(W0, b.0, b.1);
    for second in 1..=6 {
        let time = now + seconds(second);
        holdings.status(&status(W0, 1 + second, 3, &[b]), time);
        let lost = holdings.poll_finding();
        let due = (second == 6).then_some(Finding::Lost {
            worker: W0,
            job: a.0,
            attempt: a.1,
        });
        assert_eq!(lost, due, "after {second} s");
    }
    assert!(holdings.jobs(W0).eq([b]));
    assert!(!holdings.finished(W0, a.0, a.1));
}

#[test]
fn a_job_that_shows_up_again_or_has_a_result_is_not_lost() {
    let (mut holdings, now) = (holdings(), Instant::now());
    let (a, b) = ((id("a"), Attempt(1)), (id("b"), Attempt(2)));
    holdings.status(&status(W0, 1, 4, &[]), now);
    holdings.sent(W0, a.0, a.1);
    holdings.sent(W0, b.0, b.1);
    holdings.status(&status(W0, 2, 4, &[]), now);
    holdings.status(&status(W0, 3, 4, &[a]), now);
    assert!(holdings.finished(W0, b.0, b.1));
    for second in 1..10 {
        holdings.status(&status(W0, 3 + second, 4, &[a]), now + seconds(second));
    }
    assert_eq!(holdings.poll_finding(), None);
}

#[test]
fn a_dead_invoker_leaves_no_deadline() {
    let (mut holdings, now) = (holdings(), Instant::now());
    holdings.status(&status(W0, 1, 4, &[]), now);
    holdings.sent(W0, id("a"), Attempt(1));
    holdings.status(&status(W0, 2, 4, &[]), now);
    assert!(holdings.dead(W0));
    assert!(!holdings.dead(W0));
    assert_eq!(holdings.poll_timeout(), None);
    assert!(!holdings.sent(W0, id("a"), Attempt(2)));
}

fn picked(action: Option<Action<(), u32>>) -> Attempt {
    match action {
        Some(Action::Answer {
            answer: Picked::Job(got),
            ..
        }) => got.attempt,
        other => panic!("no job, but {other:?}"),
    }
}
