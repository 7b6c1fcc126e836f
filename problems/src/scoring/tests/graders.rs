//! Groups that the package's grader is asked about: what it is told, when, and what its word counts for.

use super::*;
use crate::grader::Grade;
use crate::scoring::Grading;

fn graded(name: &str, parts: Vec<Part>, args: &[&str], breaks: bool) -> ScoringGroup {
    ScoringGroup {
        aggregate: Aggregate::Grader(args.iter().map(|arg| (*arg).to_owned()).collect()),
        breaks,
        ..ScoringGroup::new(name, parts)
    }
}

/// A whole of two groups of two tests, the second of them for a grader.
fn half_graded(breaks: bool) -> Scoring {
    Scoring {
        policy: VerdictPolicy::Worst,
        ..scored(vec![
            ScoringGroup {
                breaks,
                ..ScoringGroup::new("", vec![Part::Group(1), Part::Group(2)])
            },
            ScoringGroup {
                breaks,
                ..ScoringGroup::new("a", tests(1..=2, "1"))
            },
            graded("b", tests(3..=4, "1"), &["best", "2"], breaks),
        ])
    }
}

fn generator(scoring: &Scoring, tests: u32) -> Generator {
    let mut generator = Generator::new(&GeneratorKind::Tree(scoring.clone()), tests).unwrap();
    generator.compiled(AC).unwrap();
    generator
}

/// Runs tests of these verdicts as they are given out, and asks `grader` as soon as it is to be asked.
fn judged(
    scoring: &Scoring,
    verdicts: &[Verdict],
    mut grader: impl FnMut(&Grading) -> Result<Grade, String>,
) -> (Final, Vec<String>) {
    let mut generator = generator(scoring, u32::try_from(verdicts.len()).unwrap());
    let mut asked = Vec::new();
    loop {
        while let Some(grading) = generator.next_grading() {
            let lines = grading.input.trim_end().replace('\n', ", ");
            asked.push(format!("{:?} {:?}: {lines}", grading.name, grading.args));
            let said = grader(&grading);
            generator.graded(grading.group, said).unwrap();
        }
        let Some(test) = generator.next() else { break };
        generator
            .record(test, verdicts[test.index()], None)
            .unwrap();
    }
    (generator.finished().expect("it is final").clone(), asked)
}

fn grade(verdict: Verdict, score: &str) -> Result<Grade, String> {
    Ok(Grade::new(verdict, ratio(score)))
}

fn summary(end: &Final) -> String {
    let groups = end.groups.iter();
    let groups = groups.map(|group| format!("{} {} {}", group.name, group.score, group.passed));
    let shown: Vec<&str> = end
        .results
        .iter()
        .map(|result| result.verdict.word())
        .collect();
    format!(
        "{} {} [{}] {}",
        end.verdict,
        end.score.unwrap(),
        groups.collect::<Vec<_>>().join(", "),
        shown.join(" ")
    )
}

#[test]
fn a_grader_reads_its_groups_results_and_its_word_is_the_groups() {
    let table = [
        // What it accepts is accepted, whatever is in it.
        (
            [AC, AC, WA, AC],
            grade(AC, "7.5"),
            "AC 9.5 [a 2 true, b 7.5 true] AC AC WA AC",
        ),
        // What it does not, is not.
        (
            [AC, AC, AC, AC],
            grade(TLE, "3"),
            "PT 5 [a 2 true, b 3 false] AC AC AC AC",
        ),
        (
            [WA, AC, AC, AC],
            grade(AC, "1"),
            "PT 2 [a 1 false, b 1 true] WA AC AC AC",
        ),
        // Only its word counts among the failures: the time limit is that of a test inside.
        (
            [WA, WA, TLE, AC],
            grade(AC, "0"),
            "WA 0 [a 0 false, b 0 true] WA WA TLE AC",
        ),
        (
            [WA, WA, AC, AC],
            grade(RTE, "0"),
            "RTE 0 [a 0 false, b 0 false] WA WA AC AC",
        ),
    ];
    for (verdicts, said, wanted) in table {
        let (end, asked) = judged(&half_graded(false), &verdicts, |_| said.clone());
        assert_eq!(summary(&end), wanted);
        assert_eq!(asked.len(), 1, "{asked:?}");
    }
    let (_, asked) = judged(&half_graded(false), &[AC, AC, WA, PT], |_| grade(AC, "1"));
    // A test that is partially accepted without points is the judge's error, and nobody is asked about it.
    assert_eq!(asked, [""; 0]);
    let (_, asked) = judged(&half_graded(false), &[AC, AC, WA, AC], |_| grade(AC, "1"));
    assert_eq!(asked, [r#""b" ["best", "2"]: WA 0, AC 1"#]);
}

#[test]
fn what_is_behind_the_end_of_a_group_has_no_line() {
    let (end, asked) = judged(&half_graded(true), &[AC, AC, WA, AC], |_| grade(AC, "1"));
    assert_eq!(asked, [r#""b" ["best", "2"]: WA 0"#]);
    assert_eq!(summary(&end), "AC 3 [a 2 true, b 1 true] AC AC WA SK");
    // A group that is not reached is not asked about.
    let (end, asked) = judged(&half_graded(true), &[AC, WA, AC, AC], |_| grade(AC, "1"));
    assert_eq!(asked, [""; 0]);
    assert_eq!(summary(&end), "PT 1 [a 1 false, b 0 false] AC WA SK SK");
}

/// The whole is for a grader, and so is a group in it, beside one that is not.
fn nested() -> Scoring {
    Scoring {
        policy: VerdictPolicy::Worst,
        ..scored(vec![
            graded("", (1..=3).map(Part::Group).collect(), &["top"], false),
            ScoringGroup {
                policy: Some(VerdictPolicy::First),
                ..ScoringGroup::new("a", tests(1..=3, "2"))
            },
            graded("b", tests(4..=5, "1"), &[], false),
            graded("empty", Vec::new(), &[], false),
        ])
    }
}

#[test]
fn a_grader_reads_what_the_groups_in_its_group_come_to() {
    let answer = |grading: &Grading| match grading.name.as_str() {
        "b" => grade(AC, "5"),
        _ => grade(AC, "9"),
    };
    let (end, asked) = judged(&nested(), &[AC, WA, RTE, TLE, AC], answer);
    // The first failure in `a`, as its own mode says; what is empty is accepted with nothing, and nobody asked.
    let wanted = [r#""b" []: TLE 0, AC 1"#, r#""" ["top"]: WA 2, AC 5, AC 0"#];
    assert_eq!(asked, wanted);
    assert_eq!(
        summary(&end),
        "AC 9 [a 2 false, b 5 true, empty 0 true] AC WA RTE TLE AC"
    );
    // What is not accepted as a whole has no score.
    let (end, _) = judged(&nested(), &[AC; 5], |_| grade(WA, "9"));
    assert_eq!(
        (end.verdict, end.score.unwrap().to_string()),
        (WA, "0".to_owned())
    );
}

#[test]
fn a_broken_grader_is_the_judges_error_and_nobody_is_asked_on() {
    let (end, asked) = judged(&nested(), &[AC; 5], |_| Err("it is broken".to_owned()));
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(
        (end.verdict, end.fault.as_deref()),
        (JE, Some("it is broken"))
    );
    assert_eq!(end.score.unwrap().to_string(), "0");
    let over = |_: &Grading| grade(AC, "11");
    let mut bounded = half_graded(false);
    bounded.groups[2].max = Some(ratio("10"));
    let (end, _) = judged(&bounded, &[AC; 4], over);
    assert_eq!(
        (end.verdict, end.fault.as_deref()),
        (
            JE,
            Some("group \"b\" has 11 points, which is more than it is worth")
        )
    );
    let (end, asked) = judged(&nested(), &[AC, AC, AC, JE, AC], |_| grade(AC, "1"));
    assert_eq!((end.verdict, asked.len()), (JE, 0));
}

#[test]
fn every_test_is_run_where_a_grader_may_look_at_it() {
    // For the default grader the second test of `a` could not change anything any more, were it alone.
    let mut scoring = half_graded(false);
    scoring.policy = VerdictPolicy::First;
    scoring.groups[1].aggregate = Aggregate::Min;
    let mut generator = generator(&scoring, 4);
    let test = generator.next().unwrap();
    generator.record(test, WA, None).unwrap();
    let rest: Vec<u32> = std::iter::from_fn(|| generator.next())
        .map(|test| test.0)
        .collect();
    assert_eq!(rest, [2, 3, 4]);
    assert_eq!(generator.cancelled(), []);
}

#[test]
fn the_order_in_which_tests_and_graders_end_does_not_matter() {
    let reference = judged(&half_graded(true), &[AC, AC, WA, TLE], |_| grade(WA, "2")).0;
    let orders: [[u32; 4]; 4] = [[1, 2, 3, 4], [4, 3, 2, 1], [3, 1, 4, 2], [2, 4, 1, 3]];
    for order in orders {
        for is_late in [false, true] {
            let mut generator = generator(&half_graded(true), 4);
            let given: Vec<_> = std::iter::from_fn(|| generator.next()).collect();
            assert_eq!(given.len(), 4);
            let mut gradings = Vec::new();
            for number in order {
                let verdict = [AC, AC, WA, TLE][number as usize - 1];
                generator.record(TestNumber(number), verdict, None).unwrap();
                gradings.extend(std::iter::from_fn(|| generator.next_grading()));
                if !is_late {
                    for grading in gradings.drain(..) {
                        generator.graded(grading.group, grade(WA, "2")).unwrap();
                    }
                }
            }
            for grading in gradings.drain(..) {
                assert_eq!(grading.input, "WA 0\n");
                generator.graded(grading.group, grade(WA, "2")).unwrap();
            }
            assert_eq!(
                generator.finished(),
                Some(&reference),
                "{order:?} {is_late}"
            );
        }
    }
}

#[test]
fn an_answer_to_no_question_is_a_defect() {
    let mut generator = generator(&half_graded(false), 4);
    for group in [0, 1, 2, 7] {
        assert!(generator.graded(group, grade(AC, "1")).is_err());
    }
    for number in 1..=4 {
        assert_eq!(generator.next(), Some(TestNumber(number)));
        generator.record(TestNumber(number), AC, None).unwrap();
    }
    assert!(generator.finished().is_none());
    assert!(generator.graded(2, grade(AC, "1")).is_err());
    assert_eq!(generator.next_grading().unwrap().group, 2);
    assert_eq!(generator.next_grading(), None);
    generator.graded(2, grade(AC, "1")).unwrap();
    assert!(generator.graded(2, grade(AC, "1")).is_err());
    assert!(generator.finished().is_some());
}

#[test]
fn graders_and_requirements_do_not_go_together() {
    let mut scoring = half_graded(false);
    scoring.groups[2].requires = vec![1];
    let error = scoring.check(4).unwrap_err().to_string();
    assert_eq!(
        error,
        "group \"b\" requires another one, but results go to a grader"
    );
}

#[test]
fn a_test_that_is_accepted_with_few_points_does_not_end_its_group() {
    let mut scoring = half_graded(true);
    for part in scoring.groups.iter_mut().flat_map(|group| &mut group.parts) {
        if let Part::Test(worth) = part {
            worth.any_points = true;
        }
    }
    let mut generator = generator(&scoring, 4);
    while let Some(test) = generator.next() {
        let (verdict, value) = points("0.25");
        generator.record_valued(test, verdict, value).unwrap();
    }
    let asked = generator.next_grading().unwrap();
    assert_eq!(asked.input, "AC 0.25\nAC 0.25\n");
    generator.graded(asked.group, grade(AC, "1")).unwrap();
    let wanted = "AC 1.5 [a 0.5 true, b 1 true] PT PT PT PT";
    assert_eq!(summary(generator.finished().unwrap()), wanted);
}
