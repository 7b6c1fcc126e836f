//! The log: numbers, what is forgotten, and readers who are late.

use tribunal_problems::{TeamId, Viewer};

use super::*;
use crate::contest::{Audience, ContestNews};

const ONE: SubmissionId = SubmissionId(1);
const TWO: SubmissionId = SubmissionId(2);

fn small() -> Log {
    let limits = Limits {
        events_max: 5,
        subscribers_max: 3,
        lag_max: 2,
    };
    Log::new(100, limits)
}

fn append(log: &mut Log, submission: SubmissionId) {
    log.append(None, Some(submission), EventKind::Queued);
}

/// The numbers of the events that can be read now, and whether it ended.
fn read(updates: &mut mpsc::Receiver<Update>) -> (Vec<u64>, Option<Update>) {
    let mut numbers = Vec::new();
    loop {
        match updates.try_recv() {
            Ok(Update::Event(event)) => numbers.push(event.number),
            Ok(lagged @ Update::Lagged { .. }) => return (numbers, Some(lagged)),
            Err(_) => return (numbers, None),
        }
    }
}

#[test]
fn events_are_numbered_from_the_given_number_on() {
    let mut log = small();
    let mut all = log.subscribe(None, Topic::Everything).unwrap();
    append(&mut log, ONE);
    append(&mut log, TWO);
    assert_eq!(read(&mut all), (vec![100, 101], None));
}

#[test]
fn a_subscriber_of_one_submission_hears_of_no_other() {
    let mut log = small();
    let mut two = log.subscribe(None, Topic::Submission(TWO)).unwrap();
    append(&mut log, ONE);
    append(&mut log, TWO);
    log.append(None, None, EventKind::Queued);
    assert_eq!(read(&mut two), (vec![101], None));
}

#[test]
fn whoever_comes_back_gets_exactly_what_was_missed_and_then_what_comes() {
    let mut log = small();
    for _ in 0..4 {
        append(&mut log, ONE);
    }
    let mut resumed = log.subscribe(Some(101), Topic::Submission(ONE)).unwrap();
    append(&mut log, ONE);
    assert_eq!(read(&mut resumed), (vec![102, 103, 104], None));
    let mut nothing_missed = log.subscribe(Some(104), Topic::Everything).unwrap();
    append(&mut log, ONE);
    assert_eq!(read(&mut nothing_missed), (vec![105], None));
}

#[test]
fn what_was_missed_may_be_more_than_a_subscriber_may_be_behind() {
    let mut log = small();
    for _ in 0..5 {
        append(&mut log, ONE);
    }
    let mut resumed = log.subscribe(Some(99), Topic::Everything).unwrap();
    assert_eq!(read(&mut resumed).0.len(), 5);
}

#[test]
fn whoever_asks_for_what_is_forgotten_is_told_where_to_go_on() {
    let mut log = small();
    for _ in 0..8 {
        append(&mut log, ONE);
    }
    for forgotten in [0, 7, 101] {
        let mut late = log.subscribe(Some(forgotten), Topic::Everything).unwrap();
        let next = 103;
        assert_eq!(read(&mut late), (vec![], Some(Update::Lagged { next })));
        let mut again = log.subscribe(Some(next - 1), Topic::Everything).unwrap();
        assert_eq!(read(&mut again).0, [103, 104, 105, 106, 107]);
    }
}

#[test]
fn a_number_that_was_never_given_is_answered_with_where_to_go_on() {
    let mut log = small();
    append(&mut log, ONE);
    let mut wrong = log.subscribe(Some(5_000), Topic::Everything).unwrap();
    assert_eq!(
        read(&mut wrong),
        (vec![], Some(Update::Lagged { next: 100 }))
    );
}

#[test]
fn a_slow_subscriber_is_told_that_it_missed_something_and_nothing_more() {
    let mut log = small();
    let mut slow = log.subscribe(None, Topic::Everything).unwrap();
    for _ in 0..4 {
        append(&mut log, ONE);
    }
    let next = 102;
    assert_eq!(
        read(&mut slow),
        (vec![100, 101], Some(Update::Lagged { next }))
    );
    assert!(slow.is_closed());
    let mut again = log.subscribe(Some(next - 1), Topic::Everything).unwrap();
    assert_eq!(read(&mut again), (vec![102, 103], None));
}

#[test]
fn a_slow_subscriber_holds_up_no_other() {
    let mut log = small();
    let _slow = log.subscribe(None, Topic::Everything).unwrap();
    let mut quick = log.subscribe(None, Topic::Everything).unwrap();
    for number in 100..120 {
        append(&mut log, ONE);
        assert_eq!(read(&mut quick), (vec![number], None));
    }
}

#[test]
fn subscribers_are_bounded_and_those_who_have_gone_make_room() {
    let mut log = small();
    let watching: Vec<_> = (0..3)
        .map(|_| log.subscribe(None, Topic::Submission(ONE)).unwrap())
        .collect();
    let refused = log.subscribe(None, Topic::Everything).unwrap_err();
    assert_eq!(refused, TooManySubscribers { max: 3 });
    drop(watching);
    log.subscribe(None, Topic::Everything).unwrap();
}

#[test]
fn events_are_told_in_plain_words() {
    let event = Event {
        number: 7,
        build: Some(BuildId(3)),
        submission: Some(ONE),
        kind: EventKind::TestDone {
            index: 0,
            name: "1".to_owned(),
            verdict: tribunal_problems::Verdict::WA,
            cpu_ms: 12,
        },
    };
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"number":7,"submission":1,"event":"test_done","index":0,"name":"1","verdict":"WA","cpu_ms":12}"#
    );
}

#[test]
fn what_happens_in_a_contest_is_for_its_audience_and_nothing_else_is_in_its_feed() {
    let limits = Limits {
        lag_max: 8,
        subscribers_max: 4,
        ..Limits::default()
    };
    let mut log = Log::new(1, limits);
    let team = Viewer::Team(TeamId(1));
    let viewers = [Viewer::Public, Viewer::Team(TeamId(2)), team, Viewer::Jury];
    let mut feeds = viewers.map(|viewer| log.subscribe(None, Topic::Contest(viewer)).unwrap());
    log.append(None, Some(ONE), EventKind::Queued);
    for id in 0..=2 {
        let audience = match id {
            0 => Audience::Everyone,
            team => Audience::TeamAndJury(TeamId(team)),
        };
        let news = ContestNews::Clarification { id };
        log.append(None, None, EventKind::Contest { news, audience });
    }
    let first = 2;
    let heard = feeds.each_mut().map(read);
    let numbers = heard.map(|(numbers, _)| numbers);
    assert_eq!(
        numbers,
        [
            vec![first],
            vec![first, first + 2],
            vec![first, first + 1],
            vec![first, first + 1, first + 2]
        ]
    );
}
