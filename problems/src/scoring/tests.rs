//! Each aggregate, requirements, endings and faults as tables.

use super::{
    Acceptance, Aggregate, Counting, Part, Scoring, ScoringGroup, Value, VerdictPolicy, Worth,
};
use crate::generator::{Final, Generator, GeneratorKind, TestNumber};
use crate::ratio::Ratio;
use crate::verdict::Verdict::{self, AC, JE, PT, RTE, SK, TLE, WA};

mod graders;
mod properties;

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

fn share(text: &str) -> (Verdict, Option<Value>) {
    (PT, Some(Value::Share(ratio(text))))
}

fn points(text: &str) -> (Verdict, Option<Value>) {
    (PT, Some(Value::Points(ratio(text))))
}

fn plain(verdict: Verdict) -> (Verdict, Option<Value>) {
    (verdict, None)
}

fn tests(numbers: std::ops::RangeInclusive<u32>, most: &str) -> Vec<Part> {
    numbers
        .map(|number| Part::Test(Worth::up_to(TestNumber(number), ratio(most))))
        .collect()
}

fn group(name: &str, parts: Vec<Part>, aggregate: Aggregate, max: &str) -> ScoringGroup {
    ScoringGroup {
        aggregate,
        max: Some(ratio(max)),
        ..ScoringGroup::new(name, parts)
    }
}

fn scored(groups: Vec<ScoringGroup>) -> Scoring {
    Scoring {
        groups,
        policy: VerdictPolicy::First,
        scored: true,
    }
}

/// One group of these tests as the whole.
fn single(aggregate: Aggregate, count: u32, most: &str, max: &str) -> Scoring {
    scored(vec![group("", tests(1..=count, most), aggregate, max)])
}

/// Runs the tests one by one.
fn run(scoring: &Scoring, outcomes: &[(Verdict, Option<Value>)]) -> Final {
    let count = u32::try_from(outcomes.len()).unwrap();
    let mut generator = Generator::new(&GeneratorKind::Tree(scoring.clone()), count).unwrap();
    generator.compiled(AC).unwrap();
    while let Some(test) = generator.next() {
        let (verdict, value) = outcomes[test.index()].clone();
        generator.record_valued(test, verdict, value).unwrap();
    }
    generator
        .finished()
        .expect("nothing is left to run")
        .clone()
}

/// Verdict, score and shown verdicts in one line.
fn said(scoring: &Scoring, outcomes: &[(Verdict, Option<Value>)]) -> String {
    let end = run(scoring, outcomes);
    let score = end
        .score
        .map(|score| format!(" {score}"))
        .unwrap_or_default();
    let shown: Vec<&str> = end
        .results
        .iter()
        .map(|result| result.verdict.word())
        .collect();
    format!("{}{score}: {}", end.verdict, shown.join(" "))
}

#[test]
fn each_aggregate_has_its_sum() {
    let all = |verdicts: &[Verdict]| verdicts.iter().map(|one| plain(*one)).collect::<Vec<_>>();
    let sum = single(Aggregate::Sum, 3, "100/3", "100");
    assert_eq!(said(&sum, &all(&[AC, AC, AC])), "AC 100: AC AC AC");
    assert_eq!(said(&sum, &all(&[AC, WA, AC])), "PT 66.666667: AC WA AC");
    assert_eq!(said(&sum, &all(&[TLE, WA, WA])), "TLE 0: TLE WA WA");
    assert_eq!(
        said(&sum, &[plain(WA), share("1/2"), plain(AC)]),
        "PT 50: WA PT AC"
    );
    let min = single(Aggregate::Min, 3, "30", "30");
    assert_eq!(said(&min, &all(&[AC, AC, AC])), "AC 30: AC AC AC");
    assert_eq!(
        said(&min, &[plain(AC), share("0.2"), points("12")]),
        "PT 6: AC PT PT"
    );
    assert_eq!(said(&min, &all(&[AC, RTE, AC])), "RTE 0: AC RTE SK");
    let max = single(Aggregate::Max, 3, "30", "30");
    assert_eq!(
        said(&max, &[plain(WA), share("0.5"), plain(WA)]),
        "PT 15: WA PT WA"
    );
    let any = Scoring {
        groups: vec![ScoringGroup {
            acceptance: Acceptance::Any,
            ..max.groups[0].clone()
        }],
        ..max
    };
    assert_eq!(said(&any, &all(&[WA, AC, WA])), "AC 30: WA AC SK");
    let avg = single(Aggregate::Avg, 3, "30", "30");
    assert_eq!(said(&avg, &all(&[AC, WA, AC])), "PT 20: AC WA AC");
    let mul = single(Aggregate::Mul, 3, "1", "40");
    assert_eq!(
        said(&mul, &[plain(AC), share("1/2"), share("1/4")]),
        "PT 5: AC PT PT"
    );
    assert_eq!(said(&mul, &all(&[AC, WA, AC])), "WA 0: AC WA SK");
    let threshold = single(Aggregate::Threshold(ratio("0.5")), 3, "1", "10");
    let half = || share("1/2");
    assert_eq!(
        said(&threshold, &[half(), half(), half()]),
        "PT 10: PT PT PT"
    );
    assert_eq!(
        said(&threshold, &[half(), share("0.6"), half()]),
        "PT 0: PT PT SK"
    );
    let pass = single(Aggregate::PassFail, 3, "0", "7");
    assert_eq!(said(&pass, &all(&[AC, AC, AC])), "AC 7: AC AC AC");
    assert_eq!(said(&pass, &all(&[AC, WA, AC])), "WA 0: AC WA SK");
}

/// Two groups of two tests each, the second requiring the first, behind a sample that is always run.
fn subtasks() -> Scoring {
    let sample = ScoringGroup {
        counting: Counting::Acceptance,
        ..group("sample", tests(1..=1, "0"), Aggregate::Sum, "0")
    };
    let first = group("first", tests(2..=3, "40"), Aggregate::PassFail, "40");
    let second = ScoringGroup {
        requires: vec![2],
        ..group("second", tests(4..=5, "60"), Aggregate::Min, "60")
    };
    let parts = vec![Part::Group(1), Part::Group(2), Part::Group(3)];
    scored(vec![
        group("", parts, Aggregate::Sum, "100"),
        sample,
        first,
        second,
    ])
}

#[test]
fn what_is_required_decides_what_is_run() {
    let all = |verdicts: &[Verdict]| verdicts.iter().map(|one| plain(*one)).collect::<Vec<_>>();
    let said = |outcomes: &[(Verdict, Option<Value>)]| said(&subtasks(), outcomes);
    assert_eq!(said(&all(&[AC; 5])), "AC 100: AC AC AC AC AC");
    assert_eq!(said(&all(&[WA, AC, AC, AC, AC])), "PT 100: WA AC AC AC AC");
    assert_eq!(said(&all(&[AC, WA, AC, AC, AC])), "WA 0: AC WA SK SK SK");
    assert_eq!(said(&all(&[AC, AC, AC, WA, AC])), "PT 40: AC AC AC WA SK");
    assert_eq!(said(&all(&[AC, AC, AC, AC, TLE])), "PT 40: AC AC AC AC TLE");
    assert_eq!(said(&all(&[AC, AC, JE, AC, AC])), "JE 0: AC AC JE SK SK");
    let end = run(&subtasks(), &all(&[AC, AC, AC, AC, TLE]));
    let groups: Vec<String> = end
        .groups
        .iter()
        .map(|group| format!("{} {} {}", group.name, group.score, group.passed))
        .collect();
    assert_eq!(groups, ["sample 0 true", "first 40 true", "second 0 false"]);
}

/// What is in a group that is not run is not run either, so what requires it is not.
#[test]
fn what_requires_a_group_that_is_left_out_is_left_out() {
    let require = |required, group| ScoringGroup {
        requires: vec![required],
        ..group
    };
    let outer = require(1, group("outer", tests(2..=2, "10"), Aggregate::Sum, "20"));
    let outer_with_inner = ScoringGroup {
        parts: [outer.parts.clone(), vec![Part::Group(3)]].concat(),
        ..outer
    };
    let tree = scored(vec![
        group(
            "",
            vec![Part::Group(1), Part::Group(2), Part::Group(4)],
            Aggregate::Sum,
            "100",
        ),
        group("first", tests(1..=1, "10"), Aggregate::Sum, "10"),
        outer_with_inner,
        group("inner", tests(3..=3, "10"), Aggregate::Sum, "10"),
        require(3, group("last", tests(4..=4, "70"), Aggregate::Sum, "70")),
    ]);
    assert_eq!(tree.check(4), Ok(()));
    assert_eq!(said(&tree, &[AC; 4].map(plain)), "AC 100: AC AC AC AC");
    assert_eq!(
        said(&tree, &[WA, AC, AC, AC].map(plain)),
        "WA 0: WA SK SK SK"
    );
}

/// Test 3 ends the whole as long as nobody knows that it does not count; by then test 4 was stopped.
#[test]
fn what_was_stopped_and_matters_after_all_is_given_out_again() {
    let shown = ScoringGroup {
        counting: Counting::Acceptance,
        ..group("shown", tests(3..=3, "0"), Aggregate::Sum, "0")
    };
    let whole = ScoringGroup {
        acceptance: Acceptance::Any,
        breaks: true,
        ..ScoringGroup::new("", (1..4).map(Part::Group).collect())
    };
    let tree = Scoring {
        scored: false,
        ..scored(vec![
            whole,
            group("first", tests(1..=1, "0"), Aggregate::Sum, "0"),
            group("second", tests(2..=2, "0"), Aggregate::Sum, "0"),
            shown,
        ])
    };
    for (again, verdict) in [(AC, AC), (WA, AC), (SK, JE)] {
        let mut generator = Generator::new(&GeneratorKind::Tree(tree.clone()), 3).unwrap();
        generator.compiled(AC).unwrap();
        let [first, second, third] = [(); 3].map(|()| generator.next().unwrap());
        generator.record(second, WA, None).unwrap();
        assert_eq!(generator.cancelled(), [third]);
        generator.record(third, SK, None).unwrap();
        assert_eq!(generator.next(), None);
        generator.record(first, AC, None).unwrap();
        assert_eq!(generator.finished(), None);
        assert_eq!(generator.next(), Some(third));
        generator.give_back(third).unwrap();
        assert_eq!(generator.next(), Some(third));
        generator.record(third, again, None).unwrap();
        let end = generator.finished().unwrap();
        assert_eq!(end.verdict, verdict);
        assert_eq!(end.results[1].verdict, SK);
    }
}

/// The cost of a row of requirements is not twice as much with each more.
#[test]
fn each_group_may_require_all_before_it() {
    let count = 40;
    let single = |number: u32| ScoringGroup {
        requires: (1..number as usize).collect(),
        ..group(
            &number.to_string(),
            tests(number..=number, "1"),
            Aggregate::Sum,
            "1",
        )
    };
    let whole = group(
        "",
        (1..=count).map(|n| Part::Group(n as usize)).collect(),
        Aggregate::Sum,
        "40",
    );
    let tree = scored(
        std::iter::once(whole)
            .chain((1..=count).map(single))
            .collect(),
    );
    assert_eq!(tree.check(count), Ok(()));
    let end = run(&tree, &vec![plain(AC); count as usize]);
    assert_eq!(end.score.unwrap().to_string(), "40");
}

#[test]
fn unscored_trees_give_a_verdict_by_their_policy() {
    let all = |verdicts: &[Verdict]| verdicts.iter().map(|one| plain(*one)).collect::<Vec<_>>();
    let tree = |policy, breaks| Scoring {
        groups: vec![ScoringGroup {
            breaks,
            ..ScoringGroup::new(
                "",
                (1..=4)
                    .map(|n| Part::Test(Worth::nothing(TestNumber(n))))
                    .collect(),
            )
        }],
        policy,
        scored: false,
    };
    let outcomes = all(&[AC, WA, TLE, WA]);
    for (policy, breaks, wanted) in [
        (VerdictPolicy::First, false, "WA: AC WA SK SK"),
        (VerdictPolicy::Worst, true, "WA: AC WA SK SK"),
        (VerdictPolicy::Worst, false, "TLE: AC WA TLE WA"),
        (VerdictPolicy::Majority, false, "WA: AC WA TLE WA"),
    ] {
        assert_eq!(said(&tree(policy, breaks), &outcomes), wanted, "{policy:?}");
    }
    let icpc = Scoring::all_or_nothing(4);
    assert!(icpc.is_all_or_nothing() && tree(VerdictPolicy::Worst, true).is_all_or_nothing());
    assert!(!tree(VerdictPolicy::Worst, false).is_all_or_nothing());
    assert_eq!(said(&icpc, &outcomes), "WA: AC WA SK SK");
    assert_eq!(said(&icpc, &all(&[AC; 4])), "AC: AC AC AC AC");
}

#[test]
fn what_ends_with_a_rejection_is_aggregated_over_what_was_run() {
    let all = |verdicts: &[Verdict]| verdicts.iter().map(|one| plain(*one)).collect::<Vec<_>>();
    let breaking = |aggregate| {
        let mut scoring = single(aggregate, 4, "12", "48");
        scoring.groups[0].breaks = true;
        scoring
    };
    let outcomes = all(&[AC, AC, WA, AC]);
    assert_eq!(
        said(&breaking(Aggregate::Sum), &outcomes),
        "PT 24: AC AC WA SK"
    );
    assert_eq!(
        said(&breaking(Aggregate::Avg), &outcomes),
        "PT 8: AC AC WA SK"
    );
    assert_eq!(
        said(&breaking(Aggregate::Min), &outcomes),
        "WA 0: AC AC WA SK"
    );
    assert_eq!(
        said(&breaking(Aggregate::Max), &outcomes),
        "PT 12: AC AC WA SK"
    );
}

#[test]
fn points_that_cannot_be_are_the_judges_fault() {
    let bounded = single(Aggregate::Sum, 1, "5", "5");
    let unbounded = scored(vec![ScoringGroup::new(
        "",
        vec![Part::Test(Worth::unbounded(TestNumber(1)))],
    )]);
    let none = single(Aggregate::PassFail, 1, "0", "5");
    let none = Scoring {
        groups: vec![ScoringGroup {
            parts: vec![Part::Test(Worth::nothing(TestNumber(1)))],
            ..none.groups[0].clone()
        }],
        ..none
    };
    let fault = |scoring: &Scoring, outcome| {
        let end = run(scoring, &[outcome]);
        assert_eq!(
            (end.verdict, end.score.unwrap().to_string()),
            (JE, "0".to_owned())
        );
        end.results[0].message.clone().unwrap_or_default()
    };
    assert_eq!(
        fault(&bounded, points("5.5")),
        "5.5 points are not between 0 and 5"
    );
    assert_eq!(
        fault(&bounded, points("-1")),
        "-1 points are not between 0 and 5"
    );
    assert_eq!(
        fault(&bounded, share("3/2")),
        "the share 1.5 is not between 0 and 1"
    );
    assert_eq!(
        fault(&bounded, plain(PT)),
        "partially accepted without points"
    );
    assert_eq!(
        fault(&unbounded, plain(AC)),
        "accepted without a score, although the test has no bound"
    );
    assert_eq!(
        fault(&unbounded, share("1/2")),
        "the checker gave a share of a score that has no bound"
    );
    assert_eq!(
        fault(&none, share("1/2")),
        "the checker gave a score, but the test has none"
    );
    assert_eq!(said(&unbounded, &[points("1234.5")]), "AC 1234.5: PT");
    assert_eq!(said(&bounded, &[points("5")]), "AC 5: PT");
    let over = single(Aggregate::Sum, 2, "4", "5");
    let end = run(&over, &[plain(AC), plain(AC)]);
    assert_eq!(end.verdict, JE);
    assert_eq!(
        end.fault.as_deref(),
        Some("group \"\" has 8 points, which is more than it is worth")
    );
}

#[test]
fn trees_that_are_none_are_refused() {
    let fault = |scoring: Scoring, count| scoring.check(count).unwrap_err().to_string();
    assert_eq!(subtasks().check(5), Ok(()));
    assert_eq!(
        fault(subtasks(), 4),
        "group \"second\" has test 5, but there are only 4"
    );
    assert_eq!(fault(subtasks(), 6), "test 6 is in no group");
    assert_eq!(fault(scored(Vec::new()), 0), "there is no group");
    let change = |change: &dyn Fn(&mut Vec<ScoringGroup>)| {
        let mut scoring = subtasks();
        change(&mut scoring.groups);
        fault(scoring, 5)
    };
    assert_eq!(
        change(&|groups| groups[3].parts.push(Part::Group(1))),
        "group \"second\" is not part of exactly one group before it"
    );
    assert_eq!(
        change(&|groups| groups[0].parts.truncate(2)),
        "group \"second\" is not part of exactly one group before it"
    );
    assert_eq!(
        change(&|groups| groups[2].requires = vec![3]),
        "group \"first\" requires \"second\", which is no earlier group"
    );
    assert_eq!(
        change(&|groups| {
            groups[0].parts.truncate(1);
            groups[0].parts.push(Part::Group(3));
            groups[1].breaks = true;
            groups[1].parts.push(Part::Group(2));
        }),
        "group \"second\" requires \"first\", which a rejected part of \"sample\" can leave out"
    );
    assert_eq!(
        change(&|groups| groups[2].max = None),
        "group \"first\" gives all or nothing, but has no bound"
    );
    assert_eq!(
        change(&|groups| groups[2].name = "sample".to_owned()),
        "two groups are named \"sample\""
    );
}
