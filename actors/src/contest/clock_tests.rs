//! The clock, with times given by hand.

use std::path::Path;

use super::*;

const MINUTE: i64 = 60_000;

/// Ten minutes, the last three of them frozen.
fn clock(start: &str) -> Clock {
    let text = format!(
        "name: n\nshort_name: n\n{start}duration: 0:10:00\nfreeze: 0:03:00\nkind: icpc\n\
         problems: [{{label: A, package: p}}]\n"
    );
    let contest = Contest::parse(&text, Path::new("contest.yaml")).unwrap();
    Clock::new(&contest, ClockRecord::default(), 0)
}

fn started_at_minute(minute: i64) -> Clock {
    let mut clock = clock("");
    clock.order(ClockOrder::Start, minute * MINUTE).unwrap();
    clock
}

#[test]
fn it_runs_freezes_ends_and_is_thawed() {
    let mut clock = started_at_minute(100);
    let at = |clock: &Clock, minute| clock.state(minute * MINUTE);
    assert_eq!(at(&clock, 100), ContestState::Running);
    assert_eq!(at(&clock, 107), ContestState::Frozen);
    assert_eq!(at(&clock, 110), ContestState::Ended);
    assert_eq!(clock.order(ClockOrder::Thaw, 110 * MINUTE), Ok(()));
    assert_eq!(at(&clock, 110), ContestState::Thawed);
}

#[test]
fn it_begins_by_itself_when_the_file_says_so_and_only_once() {
    let mut clock = clock("start: 1970-01-01T00:05:00Z\n");
    assert_eq!(clock.next_ms(0), Some(5 * MINUTE));
    assert!(!clock.handle_timeout(5 * MINUTE - 1));
    assert_eq!(clock.state(5 * MINUTE - 1), ContestState::NotStarted);
    // Late, as after a start of the judge: it began when it was to begin.
    assert!(clock.handle_timeout(6 * MINUTE));
    assert_eq!(clock.time_ms(6 * MINUTE), Some(60_000));
    assert!(!clock.handle_timeout(7 * MINUTE));
}

#[test]
fn what_begins_at_once_begins_when_it_is_first_served() {
    let mut clock = clock("start: now\n");
    assert!(clock.handle_timeout(MINUTE));
    assert_eq!(clock.time_ms(MINUTE), Some(60_000));
}

#[test]
fn the_jury_may_begin_before_the_file_says_so() {
    let mut clock = clock("start: 1970-01-01T00:05:00Z\n");
    clock.order(ClockOrder::Start, MINUTE).unwrap();
    assert!(!clock.handle_timeout(5 * MINUTE));
    assert_eq!(clock.time_ms(3 * MINUTE), Some(120_000));
}

#[test]
fn a_pause_costs_no_time() {
    let mut clock = started_at_minute(0);
    clock.order(ClockOrder::Pause, 2 * MINUTE).unwrap();
    assert_eq!(clock.time_ms(50 * MINUTE), Some(120_000));
    assert_eq!(clock.state(50 * MINUTE), ContestState::Paused);
    assert_eq!(clock.next_ms(50 * MINUTE), None);
    clock.order(ClockOrder::Resume, 52 * MINUTE).unwrap();
    assert_eq!(clock.time_ms(53 * MINUTE), Some(180_000));
    assert_eq!(clock.next_ms(53 * MINUTE), Some(57 * MINUTE));
    assert_eq!(clock.state(60 * MINUTE), ContestState::Ended);
}

#[test]
fn an_extension_moves_end_and_freeze_but_hides_no_less() {
    let mut early = started_at_minute(0);
    early.order(ClockOrder::Extend(60_000), MINUTE).unwrap();
    assert_eq!(early.freeze_at_ms(), Some(8 * 60_000));
    assert_eq!(early.state(10 * MINUTE), ContestState::Frozen);
    let mut late = started_at_minute(0);
    late.order(ClockOrder::Extend(300_000), 8 * MINUTE).unwrap();
    assert_eq!(late.freeze_at_ms(), Some(7 * 60_000));
    assert_eq!(late.state(8 * MINUTE), ContestState::Frozen);
    assert_eq!(late.state(14 * MINUTE), ContestState::Frozen);
    assert_eq!(late.state(15 * MINUTE), ContestState::Ended);
}

#[test]
fn what_makes_no_sense_is_refused_with_the_state() {
    let refused = |clock: &Clock, order, minute: i64| {
        let mut tried = clock.clone();
        let refusal = tried.order(order, minute * MINUTE).unwrap_err().to_string();
        assert_eq!(tried.record, clock.record, "nothing has changed");
        refusal
    };
    let fresh = clock("");
    for order in [
        ClockOrder::Pause,
        ClockOrder::Resume,
        ClockOrder::Extend(1),
        ClockOrder::Thaw,
    ] {
        assert_eq!(refused(&fresh, order, 0), "the contest has not begun");
    }
    let running = started_at_minute(0);
    for order in [ClockOrder::Start, ClockOrder::Resume, ClockOrder::Thaw] {
        assert_eq!(refused(&running, order, 1), "the contest is running");
    }
    for order in [ClockOrder::Pause, ClockOrder::Extend(1)] {
        assert_eq!(refused(&running, order, 11), "the contest is over");
    }
    let extension = "a contest is extended by up to a day";
    for by in [0, EXTENSION_MAX_MS + 1] {
        assert_eq!(refused(&running, ClockOrder::Extend(by), 1), extension);
    }
}

#[test]
fn a_restart_goes_on_from_the_record() {
    let mut before = started_at_minute(0);
    before.order(ClockOrder::Pause, MINUTE).unwrap();
    before.order(ClockOrder::Resume, 3 * MINUTE).unwrap();
    before
        .order(ClockOrder::Extend(60_000), 4 * MINUTE)
        .unwrap();
    let json = serde_json::to_string(before.record()).unwrap();
    let mut after = clock("start: 1970-01-01T00:09:00Z\n");
    after.record = serde_json::from_str(&json).unwrap();
    assert_eq!(after.record.revision, 4);
    for minute in 4..20 {
        assert_eq!(
            (after.time_ms(minute * MINUTE), after.state(minute * MINUTE)),
            (
                before.time_ms(minute * MINUTE),
                before.state(minute * MINUTE)
            )
        );
    }
}
