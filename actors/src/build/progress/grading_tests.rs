//! How questions to the grader are asked for, and what their answers and failures come to.

use std::collections::BTreeMap;

use tribunal_problems::{
    Aggregate, GeneratorKind, Grade, Part, Ratio, Scoring, ScoringGroup, VerdictPolicy, Worth,
};

use super::tests::{compile, done, failed, judge, offers, verdicts};
use super::*;
use crate::fixtures::{compiled, plan};
use crate::job::JobFault;

/// Two tests, and the grader says what they come to.
fn graded() -> Progress {
    let worth = |number| Part::Test(Worth::up_to(TestNumber(number), Ratio::one()));
    let whole = ScoringGroup {
        aggregate: Aggregate::Grader(vec!["best".to_owned()]),
        ..ScoringGroup::new("", vec![worth(1), worth(2)])
    };
    let mut plan = plan(2);
    plan.rule = GeneratorKind::Tree(Scoring {
        groups: vec![whole],
        policy: VerdictPolicy::Worst,
        scored: true,
    });
    let generator = Generator::new(&plan.rule, 2).unwrap();
    Progress::new(&plan, generator, 4)
}

fn all_tested() -> Progress {
    let mut progress = graded();
    compile(&mut progress);
    assert_eq!(offers(&mut progress), [0, 1]);
    judge(&mut progress, 1, Verdict::WA);
    assert_eq!(progress.poll_grading(), None);
    judge(&mut progress, 0, Verdict::AC);
    let asked = progress.poll_grading().unwrap();
    assert_eq!(
        (asked.args.as_slice(), asked.input.as_str()),
        (&["best".to_owned()][..], "AC 1\nWA 0\n")
    );
    assert_eq!(progress.poll_grading(), None);
    assert_eq!(progress.end(), None);
    progress
}

fn report(progress: &mut Progress) -> BuildReport {
    progress
        .end()
        .expect("it is over")
        .expect("there is a report")
}

#[test]
fn the_verdict_waits_for_the_grader() {
    let mut progress = all_tested();
    let grade = Grade::new(Verdict::AC, Ratio::from(7));
    progress.ended(NodeName::Grade(0), &done(JobOutput::Graded(grade)));
    let report = report(&mut progress);
    assert_eq!(
        (report.verdict, report.score, report.fault.as_ref()),
        (Verdict::AC, Some(7.0), None)
    );
    assert_eq!(verdicts(&report), [Verdict::AC, Verdict::WA]);
}

#[test]
fn whose_fault_it_is_that_a_grader_gave_no_answer_is_told() {
    for of_the_jury in [true, false] {
        let mut progress = all_tested();
        let fault = NodeError::Fault(JobFault {
            reason: "it is broken".to_owned(),
            retry: true,
            of_the_jury,
        });
        let node = NodeName::Grade(0);
        progress.ended(node, &failed(node, fault));
        let report = report(&mut progress);
        assert_eq!((report.verdict, report.score), (Verdict::JE, Some(0.0)));
        assert_eq!(report.fault.as_ref().unwrap().of_the_jury, of_the_jury);
        let reason = report.judge_failure().unwrap();
        assert!(reason.contains("it is broken"), "{reason}");
    }
}

#[test]
fn a_grader_that_does_not_compile_is_the_jurys_error() {
    let mut progress = graded();
    compile(&mut progress);
    let error = NodeError::NotCompiled(compiled(Verdict::CE));
    progress.ended(NodeName::Grader, &failed(NodeName::Grader, error));
    let report = report(&mut progress);
    assert_eq!(report.verdict, Verdict::JE);
    assert!(report.tests[0].jury_fault);
}

#[test]
fn a_judge_that_stops_meanwhile_gives_no_verdict() {
    let mut progress = all_tested();
    let errors = BTreeMap::from([(NodeName::Grade(0), NodeError::Interrupted)]);
    progress.ended(NodeName::Grade(0), &Err(errors));
    assert_eq!(progress.end(), Some(Err(BuildFault::Interrupted)));
}
