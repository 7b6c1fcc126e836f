//! D1 to D15: IOI, and the groups that are refused.

use super::*;

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
fn m_7_d1_a_compile_error_gives_nothing() {
    let mut generator = one_group(complete(100), 10);
    generator.compiled(CE).unwrap();
    assert_eq!(outcome(&generator), (CE, "0".into(), vec![SK; 10]));
    assert_eq!(group_results(&generator), [failed()]);
}

#[test]
fn m_7_d2_all_accepted_gives_everything() {
    let mut generator = compiled(one_group(complete(100), 10));
    accept_the_rest(&mut generator);
    assert_eq!(outcome(&generator), (AC, "100".into(), vec![AC; 10]));
    assert_eq!(group_results(&generator), [("100".into(), true)]);
}

#[test]
fn m_7_d3_a_group_counts_nothing_without_the_one_it_requires() {
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
fn m_7_d4_the_required_group_keeps_its_points() {
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
fn m_7_d5_a_group_whose_requirement_failed_is_never_given() {
    let mut generator = given(two_dependent_groups(), 1);
    done(&mut generator, 1, WA);
    assert_eq!(generator.next(), None);
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![WA, SK]));
}

#[test]
fn m_7_d6_d7_a_stopped_test_is_a_fault_only_where_it_matters() {
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
fn m_7_d8_tests_require_their_group_and_the_groups_it_requires() {
    let groups = vec![
        group("g1", 1, 2, complete(1), &[]),
        group("g2", 3, 3, complete(1), &["g1"]),
    ];
    let generator = given(ioi(groups), 3);
    assert_eq!(numbers(&generator.required(TestNumber(2))), [1]);
    assert_eq!(numbers(&generator.required(TestNumber(3))), [1, 2]);
}

#[test]
fn m_7_d9_a_failure_ends_its_group() {
    let mut generator = given(one_group(complete(100), 2), 1);
    done(&mut generator, 1, WA);
    assert_eq!(generator.next(), None);
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![WA, SK]));
}

#[test]
fn m_7_d10_a_failure_inside_a_group_waits_for_the_earlier_tests() {
    let mut generator = given(one_group(complete(100), 4), 3);
    done(&mut generator, 1, AC);
    done(&mut generator, 3, WA);
    assert_eq!(generator.next(), None);
    assert!(generator.finished().is_none());
    done(&mut generator, 2, TLE);
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![AC, TLE, SK, SK]));
}

#[test]
fn m_7_d11_each_accepted_test_has_its_points() {
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
fn m_7_d12_the_least_of_a_group_with_a_failure_is_nothing() {
    let mut generator = min_group();
    for (test, verdict) in [(3, AC), (1, AC), (2, WA)] {
        done(&mut generator, test, verdict);
    }
    assert_eq!(outcome(&generator), (PT, "0".into(), vec![AC, WA, SK]));
}

#[test]
fn m_7_d13_d14_the_least_of_a_group_is_its_score() {
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
fn m_7_d15_partially_accepted_without_fitting_points_is_the_judges_fault() {
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
fn m_7_groups_that_do_not_fit_are_refused() {
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
