//! The generators' tables: C1 to C13 (ICPC) and D1 to D15 (IOI) of scheduler-scenarios, in our verdicts.

use proptest::prelude::*;

use super::*;
use Verdict::{AC, CE, JE, MLE, PT, RTE, SK, TLE, WA};

fn icpc(tests: u32) -> Generator {
    Generator::new(&GeneratorKind::Icpc, tests).unwrap()
}

fn compiled(mut generator: Generator) -> Generator {
    generator.compiled(AC).unwrap();
    generator
}

/// A compiled submission with so many tests given out.
fn given(generator: Generator, count: usize) -> Generator {
    let mut generator = compiled(generator);
    for wanted in 1..=count {
        assert_eq!(generator.next().map(|test| test.0 as usize), Some(wanted));
    }
    generator
}

fn done(generator: &mut Generator, test: u32, verdict: Verdict) {
    generator.record(TestNumber(test), verdict, None).unwrap();
}

/// Runs everything that is still offered, accepted.
fn accept_the_rest(generator: &mut Generator) {
    while let Some(test) = generator.next() {
        generator.record(test, AC, None).unwrap();
    }
}

fn outcome(generator: &Generator) -> (Verdict, String, Vec<Verdict>) {
    let end = generator.finished().expect("the verdict is final");
    let score = end.score.map(|score| score.to_string()).unwrap_or_default();
    (
        end.verdict,
        score,
        end.results.iter().map(|result| result.verdict).collect(),
    )
}

fn numbers(tests: &[TestNumber]) -> Vec<u32> {
    tests.iter().map(|test| test.0).collect()
}

fn then_skipped(verdicts: &[Verdict], tests: usize) -> Vec<Verdict> {
    verdicts
        .iter()
        .copied()
        .chain(std::iter::repeat(SK))
        .take(tests)
        .collect()
}

#[test]
fn c1_a_compile_error_is_final_at_once_with_every_test_skipped() {
    let mut generator = icpc(10);
    generator.compiled(CE).unwrap();
    assert_eq!(outcome(&generator), (CE, "0".into(), vec![SK; 10]));
    assert_eq!(generator.next(), None);
}

#[test]
fn c2_tests_come_after_compiling_and_all_accepted_is_accepted() {
    let mut generator = icpc(10);
    assert_eq!(generator.next(), None);
    generator.compiled(AC).unwrap();
    for test in 1..=10 {
        assert!(generator.finished().is_none());
        assert_eq!(generator.next(), Some(TestNumber(test)));
        done(&mut generator, test, AC);
    }
    assert_eq!(outcome(&generator), (AC, "1".into(), vec![AC; 10]));
}

#[test]
fn c3_c4_the_order_of_overlapping_tests_does_not_matter() {
    for order in [[1, 2], [2, 1]] {
        let mut generator = given(icpc(10), 2);
        order
            .into_iter()
            .for_each(|test| done(&mut generator, test, AC));
        accept_the_rest(&mut generator);
        assert_eq!(outcome(&generator), (AC, "1".into(), vec![AC; 10]));
    }
}

#[test]
fn c5_a_later_failure_waits_for_the_earlier_test_and_stops_the_rest() {
    let mut generator = given(icpc(10), 2);
    done(&mut generator, 2, WA);
    assert!(generator.finished().is_none());
    assert_eq!(generator.next(), None);
    done(&mut generator, 1, AC);
    assert_eq!(
        outcome(&generator),
        (WA, "0".into(), then_skipped(&[AC, WA], 10))
    );
    assert_eq!(generator.next(), None);
}

#[test]
fn c6_what_is_known_behind_a_failure_is_hidden() {
    let mut generator = given(icpc(10), 2);
    done(&mut generator, 2, AC);
    done(&mut generator, 1, WA);
    assert_eq!(
        outcome(&generator),
        (WA, "0".into(), then_skipped(&[WA], 10))
    );
}

#[test]
fn c7_of_two_failures_the_first_in_order_decides() {
    let mut generator = given(icpc(3), 3);
    done(&mut generator, 3, WA);
    done(&mut generator, 2, RTE);
    assert!(generator.finished().is_none());
    done(&mut generator, 1, AC);
    assert_eq!(outcome(&generator), (RTE, "0".into(), vec![AC, RTE, SK]));
}

#[test]
fn c8_a_second_result_and_results_of_nothing_are_errors() {
    let mut generator = icpc(10);
    generator.compiled(CE).unwrap();
    assert_eq!(generator.compiled(CE), Err(GeneratorError::CompiledTwice));
    let mut generator = given(icpc(10), 1);
    assert_eq!(generator.compiled(AC), Err(GeneratorError::CompiledTwice));
    done(&mut generator, 1, AC);
    let mut record = |test| generator.record(TestNumber(test), AC, None);
    assert_eq!(record(1), Err(GeneratorError::RecordedTwice(TestNumber(1))));
    assert_eq!(record(2), Err(GeneratorError::NotGiven(TestNumber(2))));
    assert_eq!(record(0), Err(GeneratorError::NoTest(TestNumber(0))));
    assert_eq!(record(11), Err(GeneratorError::NoTest(TestNumber(11))));
}

#[test]
fn c9_a_test_stopped_because_of_an_earlier_failure_is_no_fault() {
    let mut generator = given(icpc(2), 2);
    done(&mut generator, 2, SK);
    done(&mut generator, 1, WA);
    assert_eq!(outcome(&generator), (WA, "0".into(), vec![WA, SK]));
}

#[test]
fn c10_a_test_stopped_without_an_earlier_failure_is_the_judges_fault() {
    let mut generator = given(icpc(2), 2);
    done(&mut generator, 1, SK);
    done(&mut generator, 2, WA);
    assert_eq!(outcome(&generator), (JE, "0".into(), vec![JE, SK]));
    let message = generator.finished().unwrap().results[0].message.as_deref();
    assert_eq!(
        message,
        Some("the test was stopped, but no earlier one failed")
    );
}

#[test]
fn c11_a_verdict_that_no_test_has_is_the_judges_fault() {
    let mut generator = given(icpc(2), 1);
    done(&mut generator, 1, CE);
    assert_eq!(outcome(&generator), (JE, "0".into(), vec![JE, SK]));
    let message = generator.finished().unwrap().results[0].message.as_deref();
    assert_eq!(message, Some("unknown verdict CE of a test"));
    let mut generator = icpc(1);
    generator.compiled(WA).unwrap();
    assert_eq!(outcome(&generator).0, JE);
}

#[test]
fn c12_a_test_requires_every_earlier_one_that_still_runs() {
    let mut generator = given(icpc(5), 3);
    let required = |generator: &Generator, test| numbers(&generator.required(TestNumber(test)));
    assert_eq!(required(&generator, 1), Vec::<u32>::new());
    assert_eq!(required(&generator, 2), [1]);
    assert_eq!(required(&generator, 3), [1, 2]);
    done(&mut generator, 1, AC);
    assert_eq!(generator.next(), Some(TestNumber(4)));
    assert_eq!(required(&generator, 4), [2, 3]);
}

#[test]
fn c13_what_runs_behind_a_failure_is_cancelled() {
    let mut generator = given(icpc(6), 6);
    for test in 1..=3 {
        done(&mut generator, test, AC);
    }
    assert_eq!(numbers(&generator.cancelled()), Vec::<u32>::new());
    done(&mut generator, 4, TLE);
    assert_eq!(numbers(&generator.cancelled()), [5, 6]);
    done(&mut generator, 5, SK);
    assert_eq!(numbers(&generator.cancelled()), [6]);
    done(&mut generator, 6, AC);
    assert_eq!(
        outcome(&generator),
        (TLE, "0".into(), vec![AC, AC, AC, TLE, SK, SK])
    );
}

#[test]
fn a_test_given_back_is_offered_again_before_later_ones() {
    let mut generator = given(icpc(3), 2);
    generator.give_back(TestNumber(1)).unwrap();
    assert_eq!(
        generator.give_back(TestNumber(1)),
        Err(GeneratorError::NotGiven(TestNumber(1)))
    );
    assert_eq!(generator.next(), Some(TestNumber(1)));
    assert_eq!(generator.next(), Some(TestNumber(3)));
}

#[test]
fn all_runs_every_test_and_the_first_failure_gives_the_verdict() {
    let mut generator = given(Generator::new(&GeneratorKind::All, 4).unwrap(), 4);
    for (test, verdict) in [(3, MLE), (2, TLE), (4, AC)] {
        done(&mut generator, test, verdict);
        assert!(generator.finished().is_none() && generator.cancelled().is_empty());
    }
    done(&mut generator, 1, AC);
    assert_eq!(
        outcome(&generator),
        (TLE, String::new(), vec![AC, TLE, MLE, AC])
    );
}

#[test]
fn all_lets_the_judges_own_failure_come_first_and_counts_a_stopped_test_as_one() {
    let mut generator = given(Generator::new(&GeneratorKind::All, 2).unwrap(), 2);
    done(&mut generator, 1, WA);
    done(&mut generator, 2, SK);
    assert_eq!(outcome(&generator), (JE, String::new(), vec![WA, JE]));
}

fn points(whole: u32) -> Option<Points> {
    Some(Points::from(whole))
}

fn group(name: &str, first: u32, last: u32, scoring: GroupScoring, requires: &[&str]) -> Group {
    let requires = requires.iter().map(|name| (*name).to_owned()).collect();
    Group {
        name: name.to_owned(),
        first: TestNumber(first),
        last: TestNumber(last),
        scoring,
        requires,
    }
}

fn complete(whole: u32) -> GroupScoring {
    GroupScoring::Complete {
        group_score: points(whole),
    }
}

fn ioi(groups: Vec<Group>) -> Generator {
    let tests = groups.last().unwrap().last.0;
    Generator::new(&GeneratorKind::Ioi(groups), tests).unwrap()
}

fn one_group(scoring: GroupScoring, tests: u32) -> Generator {
    ioi(vec![group("g1", 1, tests, scoring, &[])])
}

fn two_dependent_groups() -> Generator {
    ioi(vec![
        group("g1", 1, 1, complete(50), &[]),
        group("g2", 2, 2, complete(50), &["g1"]),
    ])
}

fn group_results(generator: &Generator) -> Vec<(String, bool)> {
    generator
        .finished()
        .unwrap()
        .groups
        .iter()
        .map(|group| (group.score.to_string(), group.passed))
        .collect()
}

fn failed() -> (String, bool) {
    ("0".into(), false)
}

#[test]
fn d1_a_compile_error_gives_nothing() {
    let mut generator = one_group(complete(100), 10);
    generator.compiled(CE).unwrap();
    assert_eq!(outcome(&generator), (CE, "0".into(), vec![SK; 10]));
    assert_eq!(group_results(&generator), [failed()]);
}

#[test]
fn d2_all_accepted_gives_everything() {
    let mut generator = compiled(one_group(complete(100), 10));
    accept_the_rest(&mut generator);
    assert_eq!(outcome(&generator), (AC, "100".into(), vec![AC; 10]));
    assert_eq!(group_results(&generator), [("100".into(), true)]);
}

#[test]
fn d3_a_group_counts_nothing_without_the_one_it_requires() {
    for order in [[(1, WA), (2, AC)], [(2, AC), (1, WA)]] {
        let mut generator = given(two_dependent_groups(), 2);
        order
            .into_iter()
            .for_each(|(test, verdict)| done(&mut generator, test, verdict));
        assert_eq!(outcome(&generator), (PT, "0".into(), vec![WA, SK]));
        assert_eq!(group_results(&generator), [failed(), failed()]);
    }
}

#[test]
fn d4_the_required_group_keeps_its_points() {
    for order in [[(1, AC), (2, WA)], [(2, WA), (1, AC)]] {
        let mut generator = given(two_dependent_groups(), 2);
        order
            .into_iter()
            .for_each(|(test, verdict)| done(&mut generator, test, verdict));
        assert_eq!(outcome(&generator), (PT, "50".into(), vec![AC, WA]));
        assert_eq!(group_results(&generator), [("50".into(), true), failed()]);
    }
}

#[test]
fn d5_a_group_whose_requirement_failed_is_never_given() {
    let mut generator = given(two_dependent_groups(), 1);
    done(&mut generator, 1, WA);
    assert_eq!(generator.next(), None);
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![WA, SK]));
}

#[test]
fn d6_d7_a_stopped_test_is_a_fault_only_where_it_matters() {
    let mut generator = given(two_dependent_groups(), 2);
    done(&mut generator, 2, SK);
    done(&mut generator, 1, WA);
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![WA, SK]));
    let mut generator = given(two_dependent_groups(), 2);
    done(&mut generator, 2, WA);
    done(&mut generator, 1, SK);
    assert_eq!(outcome(&generator), (JE, "0".into(), vec![JE, SK]));
}

#[test]
fn d8_tests_require_their_group_and_the_groups_it_requires() {
    let groups = vec![
        group("g1", 1, 2, complete(1), &[]),
        group("g2", 3, 3, complete(1), &["g1"]),
    ];
    let generator = given(ioi(groups), 3);
    assert_eq!(numbers(&generator.required(TestNumber(2))), [1]);
    assert_eq!(numbers(&generator.required(TestNumber(3))), [1, 2]);
}

#[test]
fn d9_a_failure_ends_its_group() {
    let mut generator = given(one_group(complete(100), 2), 1);
    done(&mut generator, 1, WA);
    assert_eq!(generator.next(), None);
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![WA, SK]));
}

#[test]
fn d10_a_failure_inside_a_group_waits_for_the_earlier_tests() {
    let mut generator = given(one_group(complete(100), 4), 3);
    done(&mut generator, 1, AC);
    done(&mut generator, 3, WA);
    assert_eq!(generator.next(), None);
    assert!(generator.finished().is_none());
    done(&mut generator, 2, TLE);
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![AC, TLE, SK, SK]));
}

#[test]
fn d11_each_accepted_test_has_its_points() {
    let mut generator = given(
        one_group(
            GroupScoring::EachTest {
                test_score: points(20),
            },
            3,
        ),
        3,
    );
    for (test, verdict) in [(1, AC), (2, WA), (3, AC)] {
        done(&mut generator, test, verdict);
    }
    assert_eq!(outcome(&generator), (PT, "40".into(), vec![AC, WA, AC]));
    assert_eq!(group_results(&generator), [("40".into(), false)]);
}

fn min_group() -> Generator {
    given(
        one_group(
            GroupScoring::Min {
                group_score: points(20),
            },
            3,
        ),
        3,
    )
}

#[test]
fn d12_the_least_of_a_group_with_a_failure_is_nothing() {
    let mut generator = min_group();
    for (test, verdict) in [(3, AC), (1, AC), (2, WA)] {
        done(&mut generator, test, verdict);
    }
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![AC, WA, SK]));
}

#[test]
fn d13_d14_the_least_of_a_group_is_its_score() {
    let mut generator = min_group();
    done(&mut generator, 1, AC);
    generator.record(TestNumber(2), PT, points(10)).unwrap();
    done(&mut generator, 3, AC);
    assert_eq!(outcome(&generator), (PT, "10".into(), vec![AC, PT, AC]));
    let mut generator = min_group();
    (1..=3).for_each(|test| done(&mut generator, test, AC));
    assert_eq!(outcome(&generator), (AC, "20".into(), vec![AC; 3]));
    assert_eq!(group_results(&generator), [("20".into(), true)]);
}

#[test]
fn d15_partially_accepted_without_fitting_points_is_the_judges_fault() {
    for scoring in [
        GroupScoring::EachTest {
            test_score: points(20),
        },
        GroupScoring::Min {
            group_score: points(20),
        },
    ] {
        for given_points in [None, points(21), "-1".parse().ok()] {
            let mut generator = given(one_group(scoring.clone(), 1), 1);
            generator.record(TestNumber(1), PT, given_points).unwrap();
            let end = generator.finished().unwrap();
            assert_eq!((end.verdict, end.score), (JE, Some(Points::ZERO)));
            assert!(end.results[0].message.is_some());
        }
    }
}

#[test]
fn groups_that_do_not_fit_are_refused() {
    let refused = |groups: Vec<Group>| {
        Generator::new(&GeneratorKind::Ioi(groups), 3)
            .unwrap_err()
            .to_string()
    };
    let all = |scoring| vec![group("g", 1, 3, scoring, &[])];
    let table = [
        (
            all(GroupScoring::EachTest { test_score: None }),
            "group \"g\" gives points for each test, but has no test_score",
        ),
        (
            all(GroupScoring::Complete { group_score: None }),
            "group \"g\" has no group_score",
        ),
        (
            all(GroupScoring::Min { group_score: None }),
            "group \"g\" has no group_score",
        ),
        (vec![], "the groups end with test 0, the tests with 3"),
        (
            vec![group("g", 1, 2, complete(1), &[])],
            "the groups end with test 2, the tests with 3",
        ),
        (
            vec![group("g", 1, 4, complete(1), &[])],
            "the groups end with test 4, the tests with 3",
        ),
        (
            vec![group("g", 2, 3, complete(1), &[])],
            "group \"g\" begins with test 2, but test 1 has to come next",
        ),
        (
            vec![group("g", 3, 1, complete(1), &[])],
            "group \"g\" begins with test 3 and ends with test 1",
        ),
        (
            vec![
                group("a", 1, 2, complete(1), &[]),
                group("b", 2, 3, complete(1), &[]),
            ],
            "group \"b\" begins with test 2, but test 3 has to come next",
        ),
        (
            vec![
                group("b", 2, 3, complete(1), &[]),
                group("a", 1, 1, complete(1), &[]),
            ],
            "group \"b\" begins with test 2, but test 1 has to come next",
        ),
        (
            vec![
                group("g", 1, 1, complete(1), &[]),
                group("g", 2, 3, complete(1), &[]),
            ],
            "two groups are named \"g\"",
        ),
        (
            vec![
                group("a", 1, 1, complete(1), &["b"]),
                group("b", 2, 3, complete(1), &[]),
            ],
            "group \"a\" requires \"b\", which is no earlier group",
        ),
        (
            vec![group("a", 1, 3, complete(1), &["a"])],
            "group \"a\" requires \"a\", which is no earlier group",
        ),
        (
            vec![
                group(
                    "a",
                    1,
                    1,
                    GroupScoring::EachTest {
                        test_score: points(1),
                    },
                    &[],
                ),
                group("b", 2, 3, complete(1), &["a"]),
            ],
            "group \"b\" requires \"a\", which is not all or nothing",
        ),
    ];
    for (groups, wanted) in table {
        assert_eq!(refused(groups), wanted);
    }
}

/// The kinds of rule that the property below walks through, all with six tests.
fn kinds() -> Vec<GeneratorKind> {
    let each = GroupScoring::EachTest {
        test_score: points(5),
    };
    let min = GroupScoring::Min {
        group_score: points(10),
    };
    let groups = vec![
        group("a", 1, 2, complete(10), &[]),
        group("b", 3, 4, each, &["a"]),
        group("c", 5, 6, min, &["a"]),
    ];
    vec![
        GeneratorKind::Icpc,
        GeneratorKind::All,
        GeneratorKind::Ioi(groups),
    ]
}

proptest! {
    /// Whatever the order in which tests are taken and end, verdict, score and shown results are the same.
    #[test]
    fn the_race_decides_nothing(
        kind in prop::sample::select(kinds()),
        verdicts in prop::collection::vec(prop::sample::select(vec![AC, AC, AC, WA, TLE, PT, JE]), 6),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let result = |test: TestNumber| (verdicts[test.index()], points(test.0));
        let mut in_order = compiled(Generator::new(&kind, 6).unwrap());
        while let Some(test) = in_order.next() {
            let (verdict, points) = result(test);
            in_order.record(test, verdict, points).unwrap();
        }
        let mut raced = compiled(Generator::new(&kind, 6).unwrap());
        let mut running = Vec::new();
        for choice in choices {
            // Take one more, or end one of those that run.
            match choice.index(running.len() + 1).checked_sub(1) {
                None => running.extend(raced.next()),
                Some(at) => {
                    let test: TestNumber = running.swap_remove(at);
                    let (verdict, points) = result(test);
                    let verdict = if raced.cancelled().contains(&test) { SK } else { verdict };
                    raced.record(test, verdict, points).unwrap();
                }
            }
        }
        loop {
            running.extend(raced.next());
            let Some(test) = running.pop() else { break };
            let (verdict, points) = result(test);
            raced.record(test, verdict, points).unwrap();
        }
        prop_assert_eq!(raced.finished(), in_order.finished());
        prop_assert!(raced.finished().is_some() && raced.cancelled().is_empty());
    }
}
