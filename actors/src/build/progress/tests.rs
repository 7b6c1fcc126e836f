//! How results become offers, cancellations and a verdict.

use std::collections::BTreeMap;

use super::*;
use crate::build::task::Finished;
use crate::fixtures::{compiled, plan, tested};
use crate::job::JobFault;

fn progress(tests: usize, window: usize) -> Progress {
    let plan = plan(tests);
    let generator = Generator::new(&plan.rule, u32::try_from(tests).unwrap()).unwrap();
    Progress::new(&plan, generator, window)
}

pub(super) fn done(output: JobOutput) -> NodeOutcome {
    Ok(Finished {
        artifacts: BTreeMap::new(),
        output,
    })
}

pub(super) fn failed(node: NodeName, error: NodeError) -> NodeOutcome {
    Err(BTreeMap::from([(node, error)]))
}

pub(super) fn compile(progress: &mut Progress) {
    let output = JobOutput::Compiled(compiled(Verdict::AC), None);
    progress.ended(NodeName::Solution, &done(output));
}

pub(super) fn judge(progress: &mut Progress, test: u32, verdict: Verdict) {
    let report = tested(&(test + 1).to_string(), verdict);
    progress.ended(NodeName::Test(test), &done(JobOutput::Tested(report)));
}

pub(super) fn offers(progress: &mut Progress) -> Vec<u32> {
    std::iter::from_fn(|| progress.poll_offer()).collect()
}

fn cancels(progress: &mut Progress) -> Vec<u32> {
    std::iter::from_fn(|| progress.poll_cancel()).collect()
}

pub(super) fn verdicts(report: &BuildReport) -> Vec<Verdict> {
    report.tests.iter().map(|test| test.verdict).collect()
}

#[test]
fn nothing_is_offered_before_the_solution_is_compiled() {
    let mut progress = progress(3, 2);
    assert!(offers(&mut progress).is_empty());
    compile(&mut progress);
    assert_eq!(offers(&mut progress), [0, 1]);
    judge(&mut progress, 1, Verdict::AC);
    assert_eq!(offers(&mut progress), [2]);
}

#[test]
fn all_accepted_is_accepted() {
    let mut progress = progress(2, 4);
    compile(&mut progress);
    offers(&mut progress);
    judge(&mut progress, 1, Verdict::AC);
    assert!(progress.end().is_none());
    judge(&mut progress, 0, Verdict::AC);
    let report = progress.end().unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::AC);
    assert_eq!(report.score, None);
    assert!(progress.end().is_none(), "the end is told once");
    assert_eq!(progress.view().status, SubmissionStatus::Done);
}

#[test]
fn compile_error_skips_every_test() {
    let mut progress = progress(2, 4);
    let error = NodeError::NotCompiled(compiled(Verdict::CE));
    progress.ended(NodeName::Solution, &failed(NodeName::Solution, error));
    let report = progress.end().unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::CE);
    assert_eq!(verdicts(&report), [Verdict::SK, Verdict::SK]);
}

#[test]
fn first_failure_in_order_decides_and_what_is_behind_it_is_cancelled() {
    let mut progress = progress(6, 3);
    compile(&mut progress);
    assert_eq!(offers(&mut progress), [0, 1, 2]);
    judge(&mut progress, 1, Verdict::TLE);
    assert_eq!(cancels(&mut progress), [2], "test 1 may still fail earlier");
    assert!(offers(&mut progress).is_empty());
    assert!(progress.end().is_none());
    judge(&mut progress, 0, Verdict::AC);
    let report = progress.end().unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::TLE);
    let (ac, tle, sk) = (Verdict::AC, Verdict::TLE, Verdict::SK);
    assert_eq!(verdicts(&report), [ac, tle, sk, sk, sk, sk]);
}

#[test]
fn known_result_behind_a_failure_is_hidden() {
    let mut progress = progress(2, 2);
    compile(&mut progress);
    offers(&mut progress);
    judge(&mut progress, 1, Verdict::AC);
    judge(&mut progress, 0, Verdict::WA);
    let report = progress.end().unwrap().unwrap();
    assert_eq!(verdicts(&report), [Verdict::WA, Verdict::SK]);
}

#[test]
fn failure_of_the_judge_is_a_judging_error_with_its_reason() {
    let mut progress = progress(1, 2);
    compile(&mut progress);
    offers(&mut progress);
    let fault = JobFault {
        reason: "the disk is full".to_owned(),
        retry: true,
        of_the_jury: false,
    };
    let error = failed(NodeName::Test(0), NodeError::Fault(fault));
    progress.ended(NodeName::Test(0), &error);
    let report = progress.end().unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::JE);
    let message = report.tests[0].message.as_deref();
    assert_eq!(message, Some("the judge failed: the disk is full"));
}

#[test]
fn checker_that_does_not_compile_is_a_judging_error() {
    let mut progress = progress(2, 2);
    let error = NodeError::NotCompiled(compiled(Verdict::CE));
    progress.ended(NodeName::Checker, &failed(NodeName::Checker, error));
    assert!(
        progress.end().is_none(),
        "the solution may not compile either"
    );
    compile(&mut progress);
    assert!(offers(&mut progress).is_empty());
    let report = progress.end().unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::JE);
    assert_eq!(verdicts(&report), [Verdict::JE, Verdict::SK]);
}

#[test]
fn judge_that_stops_gives_no_verdict() {
    let mut progress = progress(1, 2);
    compile(&mut progress);
    offers(&mut progress);
    let error = failed(NodeName::Test(0), NodeError::Interrupted);
    progress.ended(NodeName::Test(0), &error);
    assert_eq!(progress.end(), Some(Err(BuildFault::Interrupted)));
}

#[test]
fn no_tests_means_accepted_when_compiled() {
    let mut progress = progress(0, 2);
    compile(&mut progress);
    assert_eq!(progress.end().unwrap().unwrap().verdict, Verdict::AC);
}

#[test]
fn events_tell_what_happened_in_order() {
    let mut progress = progress(1, 2);
    compile(&mut progress);
    offers(&mut progress);
    judge(&mut progress, 0, Verdict::AC);
    let events: Vec<EventKind> = std::iter::from_fn(|| progress.poll_event()).collect();
    assert!(matches!(
        events[0],
        EventKind::Compiled {
            verdict: Verdict::AC,
            ..
        }
    ));
    assert!(matches!(
        events[1],
        EventKind::TestDone {
            index: 0,
            verdict: Verdict::AC,
            ..
        }
    ));
    assert_eq!(events.len(), 2);
}
