//! C1 to C13: ICPC, and the rule that runs all.

use super::*;

#[test]
fn m_6_c1_a_compile_error_is_final_at_once_with_every_test_skipped() {
    let mut generator = icpc(10);
    generator.compiled(CE).unwrap();
    assert_eq!(outcome(&generator), (CE, "0".into(), vec![SK; 10]));
    assert_eq!(generator.next(), None);
}

#[test]
fn m_6_c2_tests_come_after_compiling_and_all_accepted_is_accepted() {
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
fn m_6_c3_c4_the_order_of_overlapping_tests_does_not_matter() {
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
fn m_6_c5_a_later_failure_waits_for_the_earlier_test_and_stops_the_rest() {
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
fn m_6_c6_what_is_known_behind_a_failure_is_hidden() {
    let mut generator = given(icpc(10), 2);
    done(&mut generator, 2, AC);
    done(&mut generator, 1, WA);
    assert_eq!(
        outcome(&generator),
        (WA, "0".into(), then_skipped(&[WA], 10))
    );
}

#[test]
fn m_6_c7_of_two_failures_the_first_in_order_decides() {
    let mut generator = given(icpc(3), 3);
    done(&mut generator, 3, WA);
    done(&mut generator, 2, RTE);
    assert!(generator.finished().is_none());
    done(&mut generator, 1, AC);
    assert_eq!(outcome(&generator), (RTE, "0".into(), vec![AC, RTE, SK]));
}

#[test]
fn m_6_c8_a_second_result_and_results_of_nothing_are_errors() {
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
fn m_6_c9_a_test_stopped_because_of_an_earlier_failure_is_no_fault() {
    let mut generator = given(icpc(2), 2);
    done(&mut generator, 2, SK);
    done(&mut generator, 1, WA);
    assert_eq!(outcome(&generator), (WA, "0".into(), vec![WA, SK]));
}

#[test]
fn m_6_c10_a_test_stopped_without_an_earlier_failure_is_the_judges_fault() {
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
fn m_6_c11_a_verdict_that_no_test_has_is_the_judges_fault() {
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
fn m_6_c12_a_test_requires_every_earlier_one_that_still_runs() {
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
fn m_6_c13_what_runs_behind_a_failure_is_cancelled() {
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
