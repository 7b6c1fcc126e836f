//! What the tests of a plain directory count: 100 points for all, by the subtasks that `config.yaml` or the tests' names say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_saphyr::Spanned;

use super::config::{Case, Config, NOTHING, Subtask, SubtaskKind};
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
    let reader = Reader {
        tree,
        directory,
        config,
        limits,
    };
    if let Some(cases) = config.keys.cases.as_ref().filter(|cases| !cases.is_empty()) {
        if config.keys.subtasks.is_some() {
            return Err(config.wrong("cases", "there are both cases and subtasks"));
        }
        let whole = Grouped {
            name: String::new(),
            kind: SubtaskKind::Sum,
            score: None,
            requires: Vec::new(),
            tests: reader.cases(cases, None)?,
        };
        return Ok(listing(vec![whole]));
    }
    match config.keys.subtasks.as_ref().filter(|all| !all.is_empty()) {
        Some(subtasks) => reader.subtasks(subtasks, pairs).map(listing),
        None => Ok(by_names(pairs()?)),
    }
}

/// What reading cases needs to know.
struct Reader<'a> {
    tree: &'a Tree,
    directory: &'a str,
    config: &'a Config,
    limits: (Duration, u64),
}

impl Reader<'_> {
    /// The subtasks in judging order. That of their ids, in which Hydro sorts them, says what each counts; but what another requires
    /// comes before it.
    fn subtasks(
        &self,
        subtasks: &[Spanned<Subtask>],
        pairs: impl FnOnce() -> Result<Vec<Pair>, PackageError>,
    ) -> Result<Vec<Grouped>, PackageError> {
        let needs_names = subtasks.iter().any(|one| one.value.cases.is_none());
        let mut by_name = if needs_names { pairs()? } else { Vec::new() };
        let cases = subtasks.iter().flat_map(|one| &one.value.cases).flatten();
        let named = cases.filter_map(|case| Some(case.value.input.as_ref()?.value.as_str()));
        let named: Vec<&str> = named.collect();
        by_name.retain(|pair| !named.contains(&pair.input.name.as_str()));
        let subtasks = self.in_order(subtasks)?;
        let requires = self.requirements(&subtasks)?;
        let scores = shared(FULL_SCORE, subtasks.iter().map(|(_, one)| one.value.score));
        let mut groups = Vec::new();
        for (at, (id, given)) in subtasks.iter().enumerate() {
            let (id, subtask) = (*id, &given.value);
            let kind = subtask.kind.unwrap_or(SubtaskKind::Min);
            let tests = match &subtask.cases {
                Some(cases) => self.cases(cases, Some(subtask))?,
                None => {
                    // A test without a subtask's number belongs to the first.
                    let is_its = |pair: &mut Pair| pair.place.subtask.unwrap_or(1) == id;
                    let its = by_name.extract_if(.., is_its);
                    let limits = Some(self.config.limits(None, Some(subtask), self.limits)?);
                    its.map(|pair| (Pair { limits, ..pair }, None)).collect()
                }
            };
            if tests.is_empty() {
                let problem = format!("the subtask {id} has no test");
                return Err(self.config.wrong_at(given, problem));
            }
            if kind != SubtaskKind::Sum {
                self.check_scores(id, subtask)?;
            }
            groups.push(Grouped {
                name: id.to_string(),
                kind,
                score: Some(scores[at]),
                requires: requires[at].clone(),
                tests,
            });
        }
        if let Some(left) = by_name.first() {
            let problem = format!("the test {} belongs to no subtask", left.place.name);
            return Err(self.config.wrong("subtasks", problem));
        }
        required_first(groups).map_err(|at| {
            let (id, given) = &subtasks[at];
            let problem = format!("if: the subtask {id} requires itself in the end");
            self.config.wrong_at(given, problem)
        })
    }

    /// By their ids. One without an id has its place in the file for one.
    fn in_order<'a>(
        &self,
        subtasks: &'a [Spanned<Subtask>],
    ) -> Result<Vec<(u64, &'a Spanned<Subtask>)>, PackageError> {
        let mut ordered: Vec<(u64, &Spanned<Subtask>)> = (1..).zip(subtasks).collect();
        for (id, subtask) in &mut ordered {
            *id = subtask.value.id.as_ref().map_or(*id, |given| given.value);
        }
        ordered.sort_by_key(|(id, _)| *id);
        match ordered.windows(2).find(|two| two[0].0 == two[1].0) {
            Some([_, (id, twice)]) => {
                let problem = format!("there are two subtasks with the id {id}");
                Err(self.config.wrong_at(twice, problem))
            }
            _ => Ok(ordered),
        }
    }

    /// For each subtask the places of those that it requires.
    fn requirements(
        &self,
        subtasks: &[(u64, &Spanned<Subtask>)],
    ) -> Result<Vec<Vec<usize>>, PackageError> {
        let place = |required: &Spanned<u64>| {
            let place = subtasks.binary_search_by_key(&required.value, |(id, _)| *id);
            place.map_err(|_| {
                let problem = format!("if: there is no subtask {}", required.value);
                self.config.wrong_at(required, problem)
            })
        };
        let of = |(_, given): &(u64, &Spanned<Subtask>)| {
            let requires = given.value.requires.iter();
            requires.map(place).collect()
        };
        subtasks.iter().map(of).collect()
    }

    /// In a subtask that counts as a whole, a test cannot have a score of its own.
    fn check_scores(&self, id: u64, subtask: &Subtask) -> Result<(), PackageError> {
        let cases = subtask.cases.iter().flatten();
        let mut scores = cases.filter_map(|case| case.value.score.as_ref());
        match scores.find(|score| subtask.score != Some(score.value)) {
            Some(score) => {
                let problem = format!(
                    "a case of subtask {id} has the score {}, but the subtask counts as a whole",
                    score.value
                );
                Err(self.config.wrong_at(score, problem))
            }
            None => Ok(()),
        }
    }

    /// The cases in the order of their ids, as Hydro has them; one without an id has its place for one.
    fn cases(
        &self,
        cases: &[Spanned<Case>],
        subtask: Option<&Subtask>,
    ) -> Result<Vec<(Pair, Option<u32>)>, PackageError> {
        let mut ordered: Vec<(u64, &Spanned<Case>)> = (1..).zip(cases).collect();
        ordered.sort_by_key(|(place, case)| case.value.id.unwrap_or(*place));
        let read = |(_, given): (u64, &Spanned<Case>)| {
            let case = &given.value;
            let score = case.score.as_ref().map(|score| score.value);
            let limits = self.config.limits(Some(case), subtask, self.limits)?;
            let pair = self.pair(given)?;
            let limits = Some(limits);
            Ok((Pair { limits, ..pair }, score))
        };
        ordered.into_iter().map(read).collect()
    }

    /// A case by its files' names. What has no answer has an empty one, as in Hydro.
    fn pair(&self, given: &Spanned<Case>) -> Result<Pair, PackageError> {
        let case = &given.value;
        let Some(input) = &case.input else {
            return Err(self.config.wrong_at(given, "the case has no input"));
        };
        let name = &input.value;
        let stem = answers_of(name).map_or_else(|| name.clone(), |(stem, _)| stem);
        let output = case.output.as_ref();
        let output = output.filter(|output| output.value != NOTHING);
        Ok(Pair {
            place: Place {
                subtask: None,
                number: 0,
                name: stem.trim_matches(['-', '_', '.']).to_owned(),
            },
            answer: output
                .map(|output| self.entry("output", output))
                .transpose()?,
            input: self.entry("input", input)?,
            limits: None,
        })
    }

    fn entry(&self, key: &str, given: &Spanned<String>) -> Result<Entry, PackageError> {
        let name = &given.value;
        let path = match self.directory {
            "" => name.clone(),
            directory => format!("{directory}/{name}"),
        };
        let is_plain = name.split('/').all(|part| !part.is_empty() && part != "..");
        if !is_plain || !self.tree.has(&path) {
            let problem = format!("{key}: there is no file {path}");
            return Err(self.config.wrong_at(given, problem));
        }
        Ok(Entry {
            name: name.clone(),
            path,
            is_dir: false,
        })
    }
}

/// Puts before each group what it requires, and leaves the order as it is where nothing else is required. `Err`: the place of one that
/// requires itself.
fn required_first(groups: Vec<Grouped>) -> Result<Vec<Grouped>, usize> {
    let mut required_by = vec![Vec::new(); groups.len()];
    let mut open: Vec<usize> = groups.iter().map(|group| group.requires.len()).collect();
    for (at, group) in groups.iter().enumerate() {
        for required in &group.requires {
            required_by[*required].push(at);
        }
    }
    let mut ready: BTreeSet<usize> = (0..groups.len()).filter(|at| open[*at] == 0).collect();
    let mut order = Vec::with_capacity(groups.len());
    while let Some(at) = ready.pop_first() {
        order.push(at);
        for other in &required_by[at] {
            open[*other] -= 1;
            if open[*other] == 0 {
                ready.insert(*other);
            }
        }
    }
    if let Some(mut at) = open.iter().position(|open| *open > 0) {
        // What is left requires something that is left, so this way ends in a circle.
        let is_left = |at: &&usize| open[**at] > 0;
        for _ in 0..groups.len() {
            at = groups[at]
                .requires
                .iter()
                .find(is_left)
                .copied()
                .unwrap_or(at);
        }
        return Err(at);
    }
    let mut places = vec![0; groups.len()];
    for (place, at) in order.iter().enumerate() {
        places[*at] = place;
    }
    let mut placed: Vec<(usize, Grouped)> = places.iter().copied().zip(groups).collect();
    placed.sort_by_key(|(place, _)| *place);
    let groups = placed.into_iter().map(|(_, group)| Grouped {
        requires: group.requires.iter().map(|at| places[*at]).collect(),
        ..group
    });
    Ok(groups.collect())
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
