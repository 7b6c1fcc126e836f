//! The generators' tables: C1 to C13 (ICPC) and D1 to D15 (IOI) of scheduler-scenarios, in our verdicts.

use proptest::prelude::*;

use super::*;
mod icpc;
mod ioi;

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
