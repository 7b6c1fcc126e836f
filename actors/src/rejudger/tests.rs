//! One at a time, nothing applied before it is asked for, and nobody's verdict lost.

use tribunal_problems::Verdict::{self, AC, WA};

use super::course::{Course, Step};
use super::{Rejudgeable, RejudgingError, RejudgingStage};
use crate::fixtures::compiled;
use crate::ids::{JudgementId, SubmissionId};
use crate::registrar::Rejudged;
use crate::report::BuildReport;

fn report(verdict: Verdict) -> BuildReport {
    BuildReport {
        verdict,
        score: None,
        compile: compiled(AC),
        tests: Vec::new(),
        groups: Vec::new(),
        fault: None,
    }
}

fn again(id: i64, before: Verdict, after: Verdict, applied: bool) -> Rejudged {
    Rejudged {
        id: SubmissionId(id),
        problem: "sum".to_owned(),
        language: "c".to_owned(),
        before: report(before),
        over: JudgementId(id),
        after: report(after),
        applied,
    }
}

fn judging(rejudging: u64, id: i64, fresh: bool) -> (u64, SubmissionId, Step) {
    let id = SubmissionId(id);
    (rejudging, id, Step::Judge { id, fresh })
}

fn begun(count: i64) -> (Course, u64) {
    let mut course = Course::default();
    let all = (1..=count).map(SubmissionId).collect();
    let what = Rejudgeable::Problem("sum".to_owned());
    let id = course.begin(what, false, all, 0).unwrap();
    (course, id)
}

#[test]
fn only_what_differs_is_applied_and_only_when_asked() {
    let (mut course, id) = begun(3);
    assert_eq!(course.take(2), Some(judging(id, 1, false)));
    assert_eq!(course.take(2), Some(judging(id, 2, false)));
    assert_eq!(course.take(2), None, "two at once");
    assert_eq!(course.apply(id), Err(RejudgingError::Busy(id)));
    course.done(id, SubmissionId(2), Ok(again(2, AC, AC, false)));
    assert_eq!(course.take(2), Some(judging(id, 3, false)));
    course.done(id, SubmissionId(3), Err("the judge failed".to_owned()));
    course.done(id, SubmissionId(1), Ok(again(1, WA, AC, false)));
    let view = course.view(id).unwrap();
    assert_eq!((view.stage, view.done), (RejudgingStage::Previewed, 3));
    assert_eq!(view.changed(), 1);
    assert_eq!(view.lines[0].id, SubmissionId(1));
    assert_eq!(view.failed.len(), 1);
    assert_eq!(course.take(2), None);
    course.apply(id).unwrap();
    let found = Step::Apply(Box::new(again(1, WA, AC, false)));
    assert_eq!(course.take(2), Some((id, SubmissionId(1), found)));
    course.done(id, SubmissionId(1), Ok(again(1, WA, AC, true)));
    let view = course.view(id).unwrap();
    assert_eq!((view.stage, view.total), (RejudgingStage::Applied, 1));
    assert!(view.lines[0].applied);
    assert_eq!(course.apply(id), Err(RejudgingError::WrongStage(id)));
}

#[test]
fn nothing_is_applied_where_nothing_differs() {
    let (mut course, id) = begun(1);
    course.take(2).unwrap();
    course.done(id, SubmissionId(1), Ok(again(1, WA, WA, false)));
    course.apply(id).unwrap();
    assert_eq!(course.take(2), None);
    assert_eq!(course.view(id).unwrap().stage, RejudgingStage::Applied);
}

#[test]
fn what_a_later_one_has_looked_at_afresh_is_applied_by_the_later_one_alone() {
    let (mut course, id) = begun(1);
    course.take(2).unwrap();
    course.done(id, SubmissionId(1), Ok(again(1, WA, AC, false)));
    let what = Rejudgeable::Submission(SubmissionId(1));
    let later = course.begin(what, true, vec![SubmissionId(1)], 0).unwrap();
    course.take(2).unwrap();
    course.done(later, SubmissionId(1), Ok(again(1, WA, WA, false)));
    assert_eq!(course.apply(id), Err(RejudgingError::WrongStage(id)));
    course.apply(later).unwrap();
    assert_eq!(course.take(2), None);
    assert_eq!(course.view(later).unwrap().stage, RejudgingStage::Applied);
}

#[test]
fn one_that_is_stopped_begins_nothing_more_and_makes_way() {
    let (mut course, id) = begun(5);
    let what = || Rejudgeable::Submission(SubmissionId(9));
    let other = course.begin(what(), true, vec![SubmissionId(9)], 0);
    assert_eq!(other, Err(RejudgingError::Busy(id)));
    course.take(2).unwrap();
    course.stop(id).unwrap();
    assert_eq!(course.take(2), None);
    // What runs is still to come in.
    assert_eq!(course.check_idle(), Err(RejudgingError::Busy(id)));
    course.done(id, SubmissionId(1), Ok(again(1, WA, AC, false)));
    assert_eq!(course.view(id).unwrap().stage, RejudgingStage::Stopped);
    assert_eq!(course.apply(id), Err(RejudgingError::WrongStage(id)));
    let other = course
        .begin(what(), true, vec![SubmissionId(9)], 0)
        .unwrap();
    assert_eq!(course.take(2), Some(judging(other, 9, true)));
}

#[test]
fn what_is_not_there_is_said() {
    let mut course = Course::default();
    let what = Rejudgeable::Problem("sum".to_owned());
    let nothing = course.begin(what, false, Vec::new(), 0);
    assert_eq!(nothing, Err(RejudgingError::Nothing));
    assert_eq!(course.apply(7), Err(RejudgingError::Unknown(7)));
    assert_eq!(course.stop(7), Err(RejudgingError::Unknown(7)));
}

#[test]
fn the_oldest_are_forgotten() {
    let mut course = Course::default();
    for number in 1..=25 {
        let what = Rejudgeable::Submission(SubmissionId(number));
        let id = course
            .begin(what, false, vec![SubmissionId(number)], 0)
            .unwrap();
        course.take(2).unwrap();
        course.done(id, SubmissionId(number), Ok(again(number, AC, AC, false)));
    }
    let all: Vec<u64> = course.all().iter().map(|view| view.id).collect();
    assert_eq!(all, (6..=25).rev().collect::<Vec<_>>());
}
