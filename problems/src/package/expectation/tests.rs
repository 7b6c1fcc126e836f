//! Rules and what breaks them.

use super::*;
use crate::language::LanguageId;

fn judged(verdict: Verdict, tests: &[(&str, Verdict)]) -> Judged {
    let test = |(name, verdict): &(&str, Verdict)| JudgedTest {
        name: (*name).to_owned(),
        verdict: *verdict,
        message: format!("at {name}"),
        time: Duration::from_millis(name.len() as u64),
    };
    Judged {
        verdict,
        score: Some(Ratio::from(30)),
        groups: vec![("secret/g1".to_owned(), Ratio::from(30))],
        tests: tests.iter().map(test).collect(),
    }
}

fn submission(Expectation { whole, rules }: Expectation) -> JurySubmission {
    JurySubmission {
        path: "x/a.py".to_owned(),
        files: Vec::new(),
        language: LanguageId::new("python"),
        expected: whole,
        rules,
    }
}

fn directory(name: &str, legacy: bool) -> JurySubmission {
    submission(Expectation::of_directory(name, legacy).unwrap())
}

#[test]
fn each_directory_says_what_each_test_may_get() {
    use Verdict::{CE, MLE, PT};
    let faults = |name: &str, legacy, verdict, tests: &[(&str, Verdict)]| {
        directory(name, legacy)
            .faults(&judged(verdict, tests))
            .join("; ")
    };
    let wrong_then_slow = [("secret/1", WA), ("secret/2", TLE)];
    for (name, legacy, verdict, tests, wanted) in [
        ("accepted", false, AC, &[("secret/1", AC)][..], ""),
        (
            "accepted",
            false,
            WA,
            &wrong_then_slow,
            "accepted: secret/1 is WA, permitted is AC",
        ),
        ("accepted", true, PT, &[("secret/1", AC)], ""),
        ("accepted", false, CE, &[], "the verdict is CE"),
        ("compiler_error", false, CE, &[], ""),
        (
            "compiler_error",
            false,
            AC,
            &[("secret/1", AC)],
            "the verdict is AC",
        ),
        (
            "wrong_answer",
            false,
            WA,
            &wrong_then_slow,
            "wrong_answer: secret/2 is TLE, permitted is AC or WA",
        ),
        (
            "wrong_answer",
            false,
            AC,
            &[("secret/1", AC)],
            "wrong_answer: no test is WA",
        ),
        ("time_limit_exceeded", true, WA, &wrong_then_slow, ""),
        (
            "time_limit_exceeded",
            false,
            WA,
            &wrong_then_slow,
            "time_limit_exceeded: secret/1 is WA, permitted is AC or TLE",
        ),
        ("run_time_error", false, RTE, &[("secret/1", MLE)], ""),
        (
            "brute_force",
            false,
            TLE,
            &[("secret/1", AC), ("secret/2", TLE)],
            "",
        ),
        (
            "rejected",
            false,
            AC,
            &[("secret/1", AC)],
            "rejected: no test is RTE or TLE or WA",
        ),
        ("partially_accepted", true, PT, &wrong_then_slow, ""),
    ] {
        assert_eq!(
            faults(name, legacy, verdict, tests),
            wanted,
            "{name} {verdict}"
        );
    }
    assert!(Expectation::of_directory("partially_accepted", false).is_none());
}

#[test]
fn scores_messages_and_groups_are_looked_at() {
    let tests = [("secret/g1/1", AC), ("secret/g2/1", WA)];
    let fault = |rule: Rule| {
        let expectation = Expectation {
            whole: vec![AC, WA],
            rules: vec![rule],
        };
        submission(expectation)
            .faults(&judged(Verdict::PT, &tests))
            .join("; ")
    };
    let rule = |change: &dyn Fn(&mut Rule)| {
        let mut rule = Rule {
            from: "x/*".to_owned(),
            ..Rule::default()
        };
        change(&mut rule);
        fault(rule)
    };
    let glob = |text: &str| Some(Glob::new(text).unwrap());
    let (thirty, forty) = (Ratio::from(30), Ratio::from(40));
    assert_eq!(
        rule(&|rule| rule.score = Some((thirty.clone(), forty.clone()))),
        ""
    );
    assert_eq!(
        rule(&|rule| rule.score = Some((forty.clone(), forty.clone()))),
        "x/*: the score is 30, not 40"
    );
    assert_eq!(
        rule(&|rule| {
            rule.tests = glob("secret/g1");
            rule.score = Some((Ratio::from(0), Ratio::from(20)));
        }),
        "x/*: the score of secret/g1 is 30, not from 0 to 20"
    );
    assert_eq!(
        rule(&|rule| rule.message = Some("at secret/g2".to_owned())),
        ""
    );
    assert_eq!(
        rule(&|rule| rule.message = Some("nowhere".to_owned())),
        "x/*: no message has \"nowhere\" in it"
    );
    assert_eq!(
        rule(&|rule| {
            rule.tests = glob("secret/g1");
            rule.required = Some(vec![WA]);
        }),
        "x/*: no test of secret/g1 is WA"
    );
}

#[test]
fn who_has_a_say_in_the_time_limit() {
    let bounds = |name: &str| {
        let one = directory(name, false);
        (one.lower_bounds().count(), one.upper_bounds().count())
    };
    assert_eq!(bounds("accepted"), (1, 0));
    assert_eq!(bounds("wrong_answer"), (1, 0));
    assert_eq!(bounds("run_time_error"), (1, 0));
    assert_eq!(bounds("time_limit_exceeded"), (0, 1));
    assert_eq!(bounds("brute_force"), (0, 0));
    assert_eq!(bounds("rejected"), (0, 0));
    let mut one = directory("accepted", false);
    one.rules[0].timing = Some(TimingUse::None);
    assert_eq!(one.lower_bounds().count(), 0);
    let judged = judged(AC, &[("secret/1", AC), ("secret/long", AC)]);
    assert_eq!(
        one.rules[0].slowest(&judged.tests),
        Some(Duration::from_millis(11))
    );
}
