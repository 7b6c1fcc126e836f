//! Single rules, each named as a statement.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::{TestQueue, id, queue};
use crate::ids::{Attempt, JobId, WorkerId};
use crate::scheduler::{
    Action, Assignment, Outcome, PickToken, Picked, Queue, QueueLimits, Refused, Resolution,
};

const W0: WorkerId = WorkerId(0);
const W1: WorkerId = WorkerId(1);

/// Jobs are global at once, two workers are registered.
fn open() -> (TestQueue, Instant) {
    let mut queue = queue(Duration::ZERO, Duration::ZERO);
    queue.register(W0);
    queue.register(W1);
    (queue, Instant::now())
}

fn actions(queue: &mut TestQueue) -> Vec<Action<(), u32>> {
    std::iter::from_fn(|| queue.poll_action()).collect()
}

fn pick(queue: &mut TestQueue, worker: WorkerId, now: Instant) -> Assignment<()> {
    queue.pick(worker, PickToken(1_000), now);
    match queue.poll_action() {
        Some(Action::Answer {
            answer: Picked::Job(got),
            ..
        }) => got,
        other => panic!("no job, but {other:?}"),
    }
}

#[test]
fn a_job_that_two_builds_want_outlives_the_withdrawal_of_one() {
    let (mut queue, now) = open();
    let handle = queue.schedule(id("j"), &[], (), now).unwrap().handle;
    let joined = queue.schedule(id("j"), &[], (), now).unwrap();
    assert!(joined.joined && joined.handle == handle);
    assert!(!queue.cancel_job(handle));
    assert!(queue.is_pending(handle));
    assert_eq!(queue.handle(id("j")), Some(handle));
    assert!(queue.cancel_job(handle));
    assert_eq!(queue.handle(id("j")), None);
    let due = Action::Resolve {
        handle,
        job: id("j"),
        resolution: Resolution::Withdrawn,
    };
    assert_eq!(actions(&mut queue), [due]);
    assert_eq!(queue.waiting(), 0);
}

#[test]
fn withdrawing_a_running_job_stops_it_and_its_late_failure_does_not_touch_the_next_handle() {
    let (mut queue, now) = open();
    let first = queue.schedule(id("j"), &[], (), now).unwrap().handle;
    let got = pick(&mut queue, W0, now);
    assert!(queue.cancel_job(first));
    let stop = Action::StopJob {
        worker: W0,
        job: id("j"),
        attempt: got.attempt,
    };
    assert_eq!(actions(&mut queue)[0], stop);
    let second = queue.schedule(id("j"), &[], (), now).unwrap().handle;
    let again = pick(&mut queue, W0, now);
    assert!(!queue.complete(W0, id("j"), got.attempt, Outcome::Failed(1)));
    assert!(queue.is_pending(second) && !queue.is_pending(first));
    assert!(queue.complete(W0, id("j"), again.attempt, Outcome::Answered(2)));
}

#[test]
fn a_handle_of_the_past_withdraws_nothing() {
    let (mut queue, now) = open();
    let old = queue.schedule(id("j"), &[], (), now).unwrap().handle;
    queue.complete(W0, id("j"), Attempt(0), Outcome::Committed(1));
    let new = queue.schedule(id("j"), &[], (), now).unwrap().handle;
    assert!(!queue.cancel_job(old));
    assert!(queue.is_pending(new));
}

#[test]
fn the_loser_of_two_attempts_is_told_to_stop() {
    let (mut queue, now) = open();
    queue.schedule(id("j"), &[], (), now).unwrap();
    pick(&mut queue, W0, now);
    queue.dead(W0);
    let second = pick(&mut queue, W1, now);
    queue.register(W0);
    assert!(queue.complete(W0, id("j"), Attempt(0), Outcome::Committed(1)));
    let stop = Action::StopJob {
        worker: W1,
        job: id("j"),
        attempt: second.attempt,
    };
    assert_eq!(actions(&mut queue)[0], stop);
}

#[test]
fn a_late_failure_of_a_dead_workers_attempt_is_ignored() {
    let (mut queue, now) = open();
    let handle = queue.schedule(id("j"), &[], (), now).unwrap().handle;
    let first = pick(&mut queue, W0, now);
    queue.dead(W0);
    queue.register(W0);
    assert!(!queue.complete(W0, id("j"), first.attempt, Outcome::Failed(1)));
    assert!(queue.is_pending(handle));
    let second = pick(&mut queue, W1, now);
    assert!(!queue.complete(W0, id("j"), first.attempt, Outcome::Failed(1)));
    assert_eq!((first.tries, second.tries), (1, 2));
    assert!(queue.complete(W1, id("j"), second.attempt, Outcome::Failed(2)));
}

#[test]
fn a_result_without_an_artifact_finishes_the_job_and_is_no_cache_entry() {
    let (mut queue, now) = open();
    queue.schedule(id("j"), &[], (), now).unwrap();
    let got = pick(&mut queue, W0, now);
    assert!(queue.complete(W0, id("j"), got.attempt, Outcome::Answered(1)));
    assert_eq!(queue.locate(id("j")), None);
}

#[test]
fn a_lost_job_is_requeued_alone_and_before_older_ones() {
    let (mut queue, now) = open();
    let names = ["a", "b", "c"].map(id);
    for name in names {
        queue.schedule(name, &[], (), now).unwrap();
    }
    pick(&mut queue, W0, now);
    let lost = pick(&mut queue, W0, now);
    assert!(queue.requeue(lost.job, lost.attempt));
    assert!(!queue.requeue(lost.job, lost.attempt));
    queue.schedule(id("d"), &[], (), now).unwrap();
    assert_eq!(queue.global_queue(), ["b", "c", "d"].map(id));
    assert_eq!(queue.running_jobs(), 1);
}

#[test]
fn what_returns_stands_before_older_jobs_that_never_ran() {
    let (mut queue, now) = open();
    queue.added(W0, id("young"));
    for name in ["old", "older", "young"] {
        queue.schedule(id(name), &[], (), now).unwrap();
    }
    queue.pick_from(W0, PickToken(1), 0);
    queue.dead(W0);
    assert_eq!(queue.global_queue(), ["young", "old", "older"].map(id));
}

#[test]
fn an_undelivered_job_waits_as_if_it_had_not_been_picked() {
    let mut queue = queue(Duration::from_secs(1), Duration::from_secs(60));
    let now = Instant::now();
    queue.register(W0);
    queue.added(W0, id("dep"));
    queue.schedule(id("j"), &[id("dep")], (), now).unwrap();
    let got = pick(&mut queue, W0, now);
    assert_eq!(queue.poll_timeout(), None);
    assert!(queue.undelivered(got.job, got.attempt));
    assert_eq!(queue.poll_timeout(), Some(now + Duration::from_secs(60)));
    assert_eq!(queue.second_local_queue(W0), [id("j")]);
    let again = pick(&mut queue, W0, now);
    assert_eq!(again.tries, 1);
    assert_ne!(again.attempt, got.attempt);
}

#[test]
fn a_stage_begins_at_the_deadline_however_late_the_timer_is() {
    let mut queue = queue(Duration::from_secs(1), Duration::from_secs(60));
    let now = Instant::now();
    queue.register(W0);
    queue.added(W0, id("j"));
    queue.schedule(id("j"), &[], (), now).unwrap();
    queue.handle_timeout(now + Duration::from_secs(30));
    assert_eq!(queue.poll_timeout(), Some(now + Duration::from_secs(61)));
    queue.handle_timeout(now + Duration::from_secs(600));
    assert_eq!(queue.global_queue(), [id("j")]);
}

#[test]
fn a_full_queue_refuses_new_jobs_and_joins_old_ones() {
    let limits = QueueLimits {
        cache_timeout: Duration::ZERO,
        deps_timeout: Duration::ZERO,
        waiting_max: 1,
    };
    let mut queue: TestQueue = Queue::new(limits, Xoshiro256PlusPlus::seed_from_u64(1));
    let now = Instant::now();
    queue.register(W0);
    queue.schedule(id("a"), &[], (), now).unwrap();
    let refused = queue.schedule(id("b"), &[id("dep")], (), now);
    assert_eq!(refused, Err(Refused::QueueFull { waiting: 1 }));
    assert!(queue.schedule(id("a"), &[], (), now).unwrap().joined);
    assert_eq!(queue.artifacts(), 1);
    pick(&mut queue, W0, now);
    assert!(queue.schedule(id("b"), &[], (), now).is_ok());
}

#[test]
fn the_longest_waiting_pick_gets_the_job() {
    let (mut queue, now) = open();
    queue.pick(W1, PickToken(1), now);
    queue.pick(W0, PickToken(2), now);
    queue.schedule(id("j"), &[], (), now).unwrap();
    let Some(Action::Answer { pick, .. }) = queue.poll_action() else {
        panic!("nobody got the job");
    };
    assert_eq!(pick, PickToken(1));
    assert_eq!(queue.waiting_picks(), 1);
}

#[test]
fn a_waiting_holder_gets_its_job_before_everybody_even_without_timeouts() {
    let (mut queue, now) = open();
    queue.added(W1, id("dep"));
    queue.pick(W0, PickToken(1), now);
    queue.pick(W1, PickToken(2), now);
    queue.schedule(id("j"), &[id("dep")], (), now).unwrap();
    let Some(Action::Answer { pick, .. }) = queue.poll_action() else {
        panic!("nobody got the job");
    };
    assert_eq!(pick, PickToken(2));
}

#[test]
fn a_dead_workers_waiting_pick_is_answered() {
    let (mut queue, now) = open();
    queue.pick(W0, PickToken(1), now);
    queue.dead(W0);
    let due = Action::Answer {
        pick: PickToken(1),
        answer: Picked::Unregistered,
    };
    assert_eq!(actions(&mut queue), [due]);
    assert!(!queue.cancel_pick(PickToken(1)));
}

#[test]
fn a_token_that_waits_already_waits_once() {
    let (mut queue, now) = open();
    queue.pick(W0, PickToken(1), now);
    queue.pick(W1, PickToken(1), now);
    assert_eq!(queue.waiting_picks(), 1);
    assert!(queue.cancel_pick(PickToken(1)));
    assert_eq!(actions(&mut queue).len(), 1);
}

#[test]
fn after_stop_what_runs_may_complete_and_every_call_answers() {
    let (mut queue, now) = open();
    let runs = queue.schedule(id("runs"), &[], (), now).unwrap().handle;
    let got = pick(&mut queue, W0, now);
    let waits = queue.schedule(id("waits"), &[], (), now).unwrap().handle;
    queue.stop();
    let due = Action::Resolve {
        handle: waits,
        job: id("waits"),
        resolution: Resolution::Stopped,
    };
    assert_eq!(actions(&mut queue), [due]);
    assert!(queue.is_pending(runs));
    assert!(queue.complete(W0, id("runs"), got.attempt, Outcome::Committed(1)));
    queue.register(WorkerId(9));
    queue.added(WorkerId(9), id("a"));
    assert_eq!(queue.locate(id("a")), Some(WorkerId(9)));
    assert_eq!(queue.poll_timeout(), None);
}

#[test]
fn after_stop_a_job_of_a_dead_worker_resolves_as_stopped() {
    let (mut queue, now) = open();
    let handle = queue.schedule(id("j"), &[], (), now).unwrap().handle;
    pick(&mut queue, W0, now);
    queue.stop();
    queue.dead(W0);
    let due = Action::Resolve {
        handle,
        job: id("j"),
        resolution: Resolution::Stopped,
    };
    assert_eq!(actions(&mut queue), [due]);
}

#[test]
fn unknown_names_are_answered() {
    let (mut queue, now) = open();
    let nobody = WorkerId(77);
    queue.removed(nobody, id("x"));
    queue.removed(W0, id("x"));
    queue.dead(nobody);
    assert!(!queue.complete(nobody, id("x"), Attempt(3), Outcome::Failed(0)));
    assert!(!queue.requeue(id("x"), Attempt(3)));
    assert!(!queue.undelivered(id("x"), Attempt(3)));
    assert!(!queue.cancel_pick(PickToken(3)));
    assert_eq!(queue.locate(id("x")), None);
    assert_eq!(queue.artifacts(), 0);
    queue.pick(nobody, PickToken(1), now);
    assert!(matches!(
        queue.poll_action(),
        Some(Action::Answer {
            answer: Picked::Unregistered,
            ..
        })
    ));
}

#[test]
fn timeouts_that_would_never_end_overflow_nothing() {
    let mut queue = queue(Duration::MAX, Duration::MAX);
    let now = Instant::now();
    queue.register(W0);
    queue.added(W0, id("j"));
    queue
        .schedule(id("j"), &[id("j"), id("j")], (), now)
        .unwrap();
    queue.handle_timeout(now + Duration::from_secs(1_000_000_000));
    assert_eq!(queue.global_queue(), [id("j")]);
}

#[test]
fn equal_inputs_and_seeds_give_equal_actions() {
    let run = || {
        let (mut queue, _) = open();
        let now = Instant::now();
        for number in 0..200u32 {
            let job: JobId = id(&number.to_string());
            queue.added(WorkerId(number % 2), job);
            queue.schedule(job, &[id("0"), id("1")], (), now).unwrap();
        }
        (0..200)
            .map(|_| pick(&mut queue, W0, now).job)
            .collect::<Vec<JobId>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn a_job_scheduled_to_a_pick_passes_all_that_waits() {
    let (mut queue, now) = open();
    queue.schedule(id("older"), &[], (), now).unwrap();
    let to = (W0, PickToken(1));
    let scheduled = queue.schedule_to(to, id("j"), &[], (), now).unwrap();
    assert!(!scheduled.joined);
    let [Action::Answer { pick: by, answer }] = actions(&mut queue)[..] else {
        panic!("one answer");
    };
    assert!(matches!((by, answer), (PickToken(1), Picked::Job(got)) if got.job == id("j")));
    let again = queue.schedule_to((W1, PickToken(2)), id("j"), &[], (), now);
    assert!(again.unwrap().joined, "it runs already");
    assert_eq!(actions(&mut queue), [], "the pick is left alone");
    assert_eq!(pick(&mut queue, W0, now).job, id("older"));
    assert!(queue.complete(W0, id("j"), Attempt(1), Outcome::Committed(1)));
}
