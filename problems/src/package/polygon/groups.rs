//! Points and groups of `problem.xml` as a tree.

use std::collections::BTreeMap;

use super::xml::Element;
use crate::generator::TestNumber;
use crate::package::error::PackageError;
use crate::ratio::Ratio;
use crate::scoring::{Aggregate, Part, Scoring, ScoringGroup, VerdictPolicy, Worth};

/// The rule of a testset, and whether points count.
pub(super) fn scoring(
    testset: Element<'_>,
    tests: &[Element<'_>],
) -> Result<(Scoring, bool), PackageError> {
    let count = u32::try_from(tests.len()).unwrap_or(u32::MAX);
    let with_points = tests.iter().any(|test| test.attribute("points").is_some());
    let groups = testset.nested("groups", "group");
    check_groups(testset, &groups, tests)?;
    if !with_points
        && groups
            .iter()
            .all(|group| group.attribute("points").is_none())
    {
        return Ok((Scoring::all_or_nothing(count), false));
    }
    let mut tree = vec![ScoringGroup::new("", Vec::new())];
    let mut places = BTreeMap::new();
    // A group stands where its first test does.
    for (at, test) in tests.iter().enumerate() {
        let number = TestNumber::at(at);
        let points = test.points("points")?.unwrap_or_else(Ratio::zero);
        let Some(name) = test.attribute("group").filter(|name| !name.is_empty()) else {
            tree[0].parts.push(Part::Test(Worth::up_to(number, points)));
            continue;
        };
        let place = *places.entry(name).or_insert_with(|| {
            tree.push(ScoringGroup::new(name, Vec::new()));
            tree.len() - 1
        });
        if tree[place].parts.is_empty() {
            tree[0].parts.push(Part::Group(place));
        }
        tree[place]
            .parts
            .push(Part::Test(Worth::up_to(number, points)));
    }
    for group in &groups {
        let Some(place) = places.get(group.required("name")?).copied() else {
            continue;
        };
        finish(&mut tree, place, *group, &places)?;
    }
    let all = tree[0].parts.iter().map(|part| match part {
        Part::Group(inner) => most_of(&tree[*inner]),
        Part::Test(worth) => worth.most.clone().unwrap_or_else(Ratio::zero),
    });
    tree[0].max = Some(all.sum());
    let scoring = Scoring {
        groups: tree,
        policy: VerdictPolicy::First,
        scored: true,
    };
    match scoring.check(count) {
        Ok(()) => Ok((scoring, true)),
        Err(error) => testset.wrong(error.to_string()),
    }
}

fn most_of(group: &ScoringGroup) -> Ratio {
    let sum = || {
        let worth = group.parts.iter().filter_map(|part| match part {
            Part::Test(worth) => worth.most.clone(),
            Part::Group(_) => None,
        });
        worth.sum()
    };
    group.max.clone().unwrap_or_else(sum)
}

/// A group's policy, points and dependencies.
fn finish(
    tree: &mut [ScoringGroup],
    place: usize,
    group: Element<'_>,
    places: &BTreeMap<&str, usize>,
) -> Result<(), PackageError> {
    let sum = most_of(&tree[place]);
    if group.attribute("points-policy") == Some("complete-group") {
        tree[place].aggregate = Aggregate::PassFail;
        tree[place].max = Some(group.points("points")?.unwrap_or(sum));
        for part in &mut tree[place].parts {
            if let Part::Test(worth) = part {
                *worth = Worth {
                    may_score: true,
                    ..Worth::nothing(worth.test)
                };
            }
        }
    } else {
        tree[place].max = Some(sum);
    }
    for dependency in group.nested("dependencies", "dependency") {
        let name = dependency.required("group")?;
        match places.get(name) {
            Some(required) => tree[place].requires.push(*required),
            None => return dependency.wrong(format!("there is no group {name:?} with tests")),
        }
    }
    Ok(())
}

fn check_groups(
    testset: Element<'_>,
    groups: &[Element<'_>],
    tests: &[Element<'_>],
) -> Result<(), PackageError> {
    let mut names = Vec::new();
    for group in groups {
        names.push(group.required("name")?);
        for (key, known) in [
            ("points-policy", &["complete-group", "each-test"][..]),
            (
                "feedback-policy",
                &["none", "points", "icpc", "complete"][..],
            ),
        ] {
            let value = group.attribute(key).unwrap_or(known[0]);
            if !known.contains(&value) {
                let wanted = known.join(" or ");
                return group.wrong(format!("unknown {key} {value:?}: {wanted} is wanted"));
            }
        }
    }
    for test in tests {
        let name = test.attribute("group").filter(|name| !name.is_empty());
        if let Some(name) = name.filter(|name| !groups.is_empty() && !names.contains(name)) {
            return test.wrong(format!("there is no group {name:?}"));
        }
    }
    let mut sorted = names.clone();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => testset.wrong(format!("two groups are named {:?}", pair[0])),
        None => Ok(()),
    }
}
