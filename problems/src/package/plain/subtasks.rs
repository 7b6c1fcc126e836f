//! What the tests of a plain directory count: 100 points for all, by the subtasks that `config.yaml` or the tests' names say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::config::{Case, Config, Subtask, SubtaskKind};
use super::pairs::{Pair, Place, answers_of};
use crate::generator::TestNumber;
use crate::package::error::PackageError;
use crate::package::tree::{Entry, Tree};
use crate::ratio::Ratio;
use crate::scoring::{Aggregate, Part, Scoring, ScoringGroup, VerdictPolicy, Worth};

const FULL_SCORE: u32 = 100;

/// Tests with what they count.
#[derive(Debug)]
pub(super) struct Listing {
    /// In judging order; each with the name of its subtask, empty where there is only one.
    pub(super) tests: Vec<(Pair, String)>,
    pub(super) scoring: Scoring,
}

/// One subtask and its tests.
struct Grouped {
    name: String,
    kind: SubtaskKind,
    score: Option<u32>,
    requires: Vec<usize>,
    tests: Vec<(Pair, Option<u32>)>,
}

/// By the tests' names: those of a numbered subtask count as a whole, else each for itself.
pub(super) fn by_names(pairs: Vec<Pair>) -> Listing {
    let subtasks: BTreeSet<Option<u64>> = pairs.iter().map(|pair| pair.place.subtask).collect();
    let has_subtasks = subtasks.iter().any(Option::is_some);
    let mut groups: BTreeMap<Option<u64>, Grouped> = BTreeMap::new();
    for pair in pairs {
        let subtask = pair.place.subtask;
        let group = groups.entry(subtask).or_insert_with(|| Grouped {
            name: match subtask {
                Some(number) => number.to_string(),
                None if has_subtasks => "0".to_owned(),
                None => String::new(),
            },
            kind: match has_subtasks {
                true => SubtaskKind::Min,
                false => SubtaskKind::Sum,
            },
            score: None,
            requires: Vec::new(),
            tests: Vec::new(),
        });
        group.tests.push((pair, None));
    }
    listing(groups.into_values().collect())
}

/// By `config.yaml`, where it names cases or subtasks; `pairs` are those of the directory, for the subtasks that name none.
pub(super) fn by_config(
    tree: &Tree,
    directory: &str,
    config: &Config,
    limits: (Duration, u64),
    pairs: impl FnOnce() -> Result<Vec<Pair>, PackageError>,
) -> Result<Listing, PackageError> {
    let bounds = |case: Option<&Case>, subtask: Option<&Subtask>| {
        config.limits(case, subtask, limits).map(Some)
    };
    let read = |case: &Case, subtask: Option<&Subtask>| {
        Ok(Pair {
            limits: bounds(Some(case), subtask)?,
            ..pair(tree, directory, config, case)?
        })
    };
    if let Some(cases) = config.keys.cases.as_ref().filter(|cases| !cases.is_empty()) {
        if config.keys.subtasks.is_some() {
            return Err(config.wrong("cases", "there are both cases and subtasks"));
        }
        let tests = cases.iter().map(|case| Ok((read(case, None)?, case.score)));
        let whole = Grouped {
            name: String::new(),
            kind: SubtaskKind::Sum,
            score: None,
            requires: Vec::new(),
            tests: tests.collect::<Result<_, PackageError>>()?,
        };
        return Ok(listing(vec![whole]));
    }
    let Some(subtasks) = config.keys.subtasks.as_ref().filter(|all| !all.is_empty()) else {
        return Ok(by_names(pairs()?));
    };
    let ids: Vec<u64> = (1u64..)
        .zip(subtasks)
        .map(|(at, subtask)| subtask.id.unwrap_or(at))
        .collect();
    let needs_names = subtasks.iter().any(|subtask| subtask.cases.is_none());
    let mut by_name = if needs_names { pairs()? } else { Vec::new() };
    let cases = subtasks.iter().flat_map(|subtask| &subtask.cases).flatten();
    let named: Vec<&str> = cases.filter_map(|case| case.input.as_deref()).collect();
    by_name.retain(|pair| !named.contains(&pair.input.name.as_str()));
    let mut groups = Vec::new();
    for (at, subtask) in subtasks.iter().enumerate() {
        let id = ids[at];
        if ids[..at].contains(&id) {
            return Err(config.wrong("id", format!("there are two subtasks {id}")));
        }
        let tests = match &subtask.cases {
            Some(cases) => {
                let read = |case: &Case| Ok((read(case, Some(subtask))?, case.score));
                let tests = cases.iter().map(read);
                tests.collect::<Result<Vec<_>, PackageError>>()?
            }
            None => {
                // A test without a subtask's number belongs to the first.
                let is_its = |pair: &mut Pair| pair.place.subtask.unwrap_or(1) == id;
                let its = by_name.extract_if(.., is_its);
                let limits = bounds(None, Some(subtask))?;
                its.map(|pair| (Pair { limits, ..pair }, None)).collect()
            }
        };
        if tests.is_empty() {
            return Err(config.wrong("subtasks", format!("the subtask {id} has no test")));
        }
        groups.push(Grouped {
            name: id.to_string(),
            kind: subtask.kind.unwrap_or(SubtaskKind::Min),
            score: subtask.score,
            requires: requirements(config, subtask, &ids, at)?,
            tests,
        });
    }
    if let Some(left) = by_name.first() {
        let problem = format!("the test {} belongs to no subtask", left.place.name);
        return Err(config.wrong("subtasks", problem));
    }
    check_scores(config, &groups)?;
    Ok(listing(groups))
}

fn requirements(
    config: &Config,
    subtask: &Subtask,
    ids: &[u64],
    own: usize,
) -> Result<Vec<usize>, PackageError> {
    let place = |id: &u64| match ids.iter().position(|other| other == id) {
        Some(at) if at < own => Ok(at),
        Some(_) => Err(config.wrong(
            "if",
            format!("subtask {} needs subtask {id}, which comes later", ids[own]),
        )),
        None => Err(config.wrong("if", format!("there is no subtask {id}"))),
    };
    subtask.requires.iter().map(place).collect()
}

/// In a subtask that counts as a whole, a test cannot have a score of its own.
fn check_scores(config: &Config, groups: &[Grouped]) -> Result<(), PackageError> {
    for group in groups.iter().filter(|one| one.kind != SubtaskKind::Sum) {
        let others = group.tests.iter().filter_map(|(_, score)| *score);
        if let Some(other) = others.into_iter().find(|score| group.score != Some(*score)) {
            let problem = format!(
                "a case of subtask {} has the score {other}, but the subtask counts as a whole",
                group.name
            );
            return Err(config.wrong("score", problem));
        }
    }
    Ok(())
}

/// A case by its files' names.
fn pair(tree: &Tree, directory: &str, config: &Config, case: &Case) -> Result<Pair, PackageError> {
    let entry = |key: &str, name: &str| {
        let path = match directory {
            "" => name.to_owned(),
            directory => format!("{directory}/{name}"),
        };
        let is_plain = name.split('/').all(|part| !part.is_empty() && part != "..");
        if !is_plain || !tree.has(&path) {
            return Err(config.wrong(key, format!("there is no file {path}")));
        }
        Ok(Entry {
            name: name.to_owned(),
            path,
            is_dir: false,
        })
    };
    let Some(input) = &case.input else {
        return Err(config.wrong("cases", "a case without an input"));
    };
    let stem = answers_of(input).map_or_else(|| input.clone(), |(stem, _)| stem);
    let output = case.output.as_deref();
    let answer = output.map(|name| entry("output", name)).transpose()?;
    Ok(Pair {
        place: Place {
            subtask: None,
            number: 0,
            name: stem.trim_matches(['-', '_', '.']).to_owned(),
        },
        input: entry("input", input)?,
        answer,
        limits: None,
    })
}

/// What has no score of its own shares evenly what the others leave; what does not divide goes to the last ones.
fn listing(groups: Vec<Grouped>) -> Listing {
    let scores = shared(FULL_SCORE, groups.iter().map(|group| group.score));
    let is_alone = groups.len() == 1 && groups[0].name.is_empty();
    let mut tests = Vec::new();
    let mut scored = Vec::new();
    for (group, score) in groups.into_iter().zip(scores) {
        let first = tests.len();
        let own: Vec<Option<u32>> = group.tests.iter().map(|(_, score)| *score).collect();
        let worths = match group.kind {
            SubtaskKind::Sum => shared(score, own.iter().copied()),
            SubtaskKind::Min | SubtaskKind::Max => vec![score; own.len()],
        };
        let parts = (first..).zip(worths).map(|(test, worth)| {
            Part::Test(Worth::up_to(TestNumber::at(test), Ratio::from(worth)))
        });
        scored.push(ScoringGroup {
            aggregate: match group.kind {
                SubtaskKind::Min => Aggregate::Min,
                SubtaskKind::Max => Aggregate::Max,
                SubtaskKind::Sum => Aggregate::Sum,
            },
            max: Some(Ratio::from(score)),
            // The whole stands before them.
            requires: group.requires.iter().map(|place| place + 1).collect(),
            ..ScoringGroup::new(group.name.clone(), parts.collect())
        });
        tests.extend(
            group
                .tests
                .into_iter()
                .map(|(pair, _)| (pair, group.name.clone())),
        );
    }
    let groups = if is_alone {
        scored
    } else {
        let total = scored.iter().filter_map(|group| group.max.clone());
        let whole = ScoringGroup {
            max: Some(total.fold(Ratio::zero(), |sum, max| sum + max)),
            ..ScoringGroup::new("", (1..=scored.len()).map(Part::Group).collect())
        };
        [vec![whole], scored].concat()
    };
    Listing {
        tests,
        scoring: Scoring {
            groups,
            policy: VerdictPolicy::First,
            scored: true,
        },
    }
}

/// The given scores; the others get what those leave of the whole.
fn shared(whole: u32, given: impl Iterator<Item = Option<u32>> + Clone) -> Vec<u32> {
    let given: Vec<Option<u32>> = given
        .map(|score| score.filter(|score| *score > 0))
        .collect();
    let taken: u32 = given
        .iter()
        .flatten()
        .fold(0, |sum, one| sum.saturating_add(*one));
    let open = given.iter().filter(|score| score.is_none()).count();
    let open = u32::try_from(open).unwrap_or(u32::MAX).max(1);
    let left = whole.saturating_sub(taken);
    let (each, rest) = (left / open, left % open);
    let mut at = 0;
    let mut next = || {
        at += 1;
        each + u32::from(at > open - rest)
    };
    given
        .into_iter()
        .map(|score| score.unwrap_or_else(&mut next))
        .collect()
}
