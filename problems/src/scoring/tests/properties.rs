//! The race decides nothing, and what is left out changes nothing.

use proptest::prelude::*;

use super::{group, plain, points, ratio, run, share, tests};
use crate::generator::{Generator, GeneratorKind, TestNumber};
use crate::scoring::{
    Acceptance, Aggregate, Counting, Part, Scoring, ScoringGroup, Value, VerdictPolicy, Worth,
};
use crate::verdict::Verdict::{self, AC, JE, SK, TLE, WA};

/// Any tree of up to four groups of one to three tests.
fn any_tree() -> impl Strategy<Value = Scoring> {
    let aggregates = vec![
        Aggregate::PassFail,
        Aggregate::Sum,
        Aggregate::Avg,
        Aggregate::Min,
        Aggregate::Max,
        Aggregate::Mul,
        Aggregate::Threshold(ratio("6")),
    ];
    let aggregate = prop::sample::select(aggregates);
    let acceptance = prop::sample::select(vec![
        Acceptance::All,
        Acceptance::All,
        Acceptance::Any,
        Acceptance::Always,
    ]);
    let counting = prop::sample::select(vec![
        Counting::Whole,
        Counting::Whole,
        Counting::Acceptance,
        Counting::Nothing,
    ]);
    let shape = (
        1_u32..4,
        aggregate.clone(),
        acceptance.clone(),
        counting,
        any::<(bool, bool, bool)>(),
    );
    let policy = prop::sample::select(vec![
        VerdictPolicy::First,
        VerdictPolicy::First,
        VerdictPolicy::Worst,
        VerdictPolicy::Majority,
    ]);
    (
        prop::collection::vec(shape, 1..5),
        aggregate,
        acceptance,
        policy,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(shapes, aggregate, acceptance, policy, scored, breaks)| {
            let mut groups = vec![ScoringGroup {
                acceptance,
                breaks,
                ..group("", Vec::new(), aggregate, "1000000")
            }];
            let mut next = 1;
            // Whether a rejection could leave out the group before this one, but not this one.
            let mut unsure = false;
            for (count, aggregate, acceptance, counting, (requires, breaks, nested)) in shapes {
                let number = groups.len();
                let parts = tests(next..=next + count - 1, "10");
                next += count;
                let owner = if nested { number - 1 } else { 0 };
                groups[owner].parts.push(Part::Group(number));
                let may_require = number > 1 && owner == 0 && !unsure;
                unsure = owner != 0 && (unsure || groups[owner].breaks);
                groups.push(ScoringGroup {
                    acceptance,
                    counting,
                    breaks,
                    requires: if requires && may_require {
                        vec![number - 1]
                    } else {
                        Vec::new()
                    },
                    ..group(&number.to_string(), parts, aggregate, "10")
                });
            }
            for group in &mut groups {
                // Sums are over what the group is worth; that is another test's matter.
                if !matches!(
                    group.aggregate,
                    Aggregate::PassFail | Aggregate::Mul | Aggregate::Threshold(_)
                ) {
                    group.max = None;
                }
                if group.aggregate == Aggregate::PassFail {
                    // What gives all or nothing mostly has tests without points of their own.
                    for part in &mut group.parts {
                        if let Part::Test(worth) = part {
                            *worth = Worth::nothing(worth.test);
                        }
                    }
                }
                if group.aggregate == Aggregate::Mul {
                    group.max = Some(ratio("1/1000"));
                }
            }
            Scoring {
                groups,
                policy,
                scored,
            }
        })
}

fn any_outcome() -> impl Strategy<Value = (Verdict, Option<Value>)> {
    prop::sample::select(vec![
        plain(AC),
        plain(AC),
        plain(AC),
        plain(WA),
        plain(TLE),
        share("1/2"),
        points("3"),
        points("0"),
        plain(JE),
    ])
}

fn count_of(scoring: &Scoring) -> usize {
    let parts = scoring.groups.iter().flat_map(|group| &group.parts);
    parts.filter(|part| matches!(part, Part::Test(_))).count()
}

proptest! {
    /// Whatever the order in which tests are taken and end, verdict, score, groups and shown results are the same.
    #[test]
    fn the_race_decides_nothing(
        scoring in any_tree(),
        outcomes in prop::collection::vec(any_outcome(), 12),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 60),
    ) {
        let count = count_of(&scoring);
        let outcomes = &outcomes[..count];
        let in_order = run(&scoring, outcomes);
        let kind = GeneratorKind::Tree(scoring);
        let mut raced = Generator::new(&kind, u32::try_from(count).unwrap()).unwrap();
        raced.compiled(AC).unwrap();
        let mut running: Vec<TestNumber> = Vec::new();
        for choice in choices {
            match choice.index(running.len() + 1).checked_sub(1) {
                None => running.extend(raced.next()),
                Some(at) => {
                    let test = running.swap_remove(at);
                    let (verdict, value) = outcomes[test.index()].clone();
                    if raced.cancelled().contains(&test) {
                        raced.record_valued(test, SK, None).unwrap();
                    } else {
                        raced.record_valued(test, verdict, value).unwrap();
                    }
                }
            }
        }
        loop {
            running.extend(raced.next());
            let Some(test) = running.pop() else { break };
            let (verdict, value) = outcomes[test.index()].clone();
            raced.record_valued(test, verdict, value).unwrap();
        }
        prop_assert_eq!(raced.finished(), Some(&in_order));
    }

    /// A test that is left out changes nothing: with any outcome of it in its place, verdict and score are the same.
    #[test]
    fn what_is_left_out_changes_nothing(
        scoring in any_tree(),
        outcomes in prop::collection::vec(any_outcome(), 12),
        others in prop::collection::vec(any_outcome(), 12),
    ) {
        let count = count_of(&scoring);
        let outcomes = &outcomes[..count];
        let end = run(&scoring, outcomes);
        let left_out = |at: usize| end.results[at].verdict == SK;
        let changed: Vec<_> = (0..count)
            .map(|at| if left_out(at) { others[at].clone() } else { outcomes[at].clone() })
            .collect();
        let again = run(&scoring, &changed);
        prop_assert_eq!(again, end);
    }

    /// The same, seen from a judge that runs everything: what it would say of all outcomes is what is said of some.
    #[test]
    fn running_all_gives_the_same(
        scoring in any_tree(),
        outcomes in prop::collection::vec(any_outcome().prop_filter("judge errors stop at once", |one| one.0 != JE), 12),
    ) {
        let mut scoring = scoring;
        // Without endings and requirements nothing is kept from being run but what is needless.
        for group in &mut scoring.groups {
            group.breaks = false;
            group.requires.clear();
        }
        let count = count_of(&scoring);
        let end = run(&scoring, &outcomes[..count]);
        let all = crate::scoring::fold::run_all(&scoring, &outcomes[..count]);
        // Products of what is over one may be more than a group is worth, which is another fault.
        if let Some((verdict, score)) = all.filter(|_| end.verdict != JE) {
            prop_assert_eq!(end.score, scoring.scored.then(|| score.points()));
            if scoring.policy == VerdictPolicy::First {
                prop_assert_eq!(end.verdict == AC, verdict == AC);
            }
        }
    }
}
