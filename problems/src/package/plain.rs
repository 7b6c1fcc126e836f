//! A plain directory of inputs and answers, told apart by their names (package-formats 5.5, Hydro's rules).
//!
//! `name1.in` goes with `name1.out` or `name1.ans`, `input1.txt` with `output1.txt`, `name.in1` with `name.ou1`. A number
//! before the last one, parted by `-` or `_`, is a subtask: it counts as a whole. Without subtasks each test counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::error::PackageError;
use super::model::{Format, ProblemKind, TestCase};
use super::tree::{Entry, Tree};
use super::{Package, Timing};
use crate::generator::TestNumber;
use crate::limits::RunLimits;
use crate::ratio::Ratio;
use crate::scoring::{Aggregate, Part, Scoring, ScoringGroup, VerdictPolicy, Worth};

/// Where the files may be.
const DIRECTORIES: [&str; 6] = ["", "testdata", "tests", "data", "data/secret", "input"];
const TESTS_MAX: usize = 20_000;
const FULL_SCORE: u32 = 100;
const TIME: Duration = Duration::from_secs(1);
const MEMORY: u64 = 256 << 20;

/// What a name says of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    subtask: Option<u64>,
    number: u64,
    name: String,
}

/// A test with the names of its files.
#[derive(Debug)]
struct Pair {
    place: Place,
    input: Entry,
    answer: Entry,
}

/// Reads a directory of tests; `None`: there is none in it.
pub(super) fn read(tree: &Tree, short_name: &str) -> Result<Option<Package>, PackageError> {
    let mut pairs = Vec::new();
    for directory in DIRECTORIES {
        pairs = pairs_in(tree, directory)?;
        if !pairs.is_empty() {
            break;
        }
    }
    if pairs.is_empty() {
        return Ok(None);
    }
    if pairs.len() > TESTS_MAX {
        let problem = format!("there are more than {TESTS_MAX} tests");
        return Err(PackageError::content(&pairs[TESTS_MAX].input.path, problem));
    }
    pairs.sort_by(|one, other| one.place.cmp(&other.place));
    let mut tests = Vec::with_capacity(pairs.len());
    for pair in &pairs {
        for file in [&pair.input, &pair.answer] {
            tree.check_file(&file.path)?;
        }
        let (input, answer) = (
            tree.host_path(&pair.input.path),
            tree.host_path(&pair.answer.path),
        );
        let group = pair
            .place
            .subtask
            .map_or_else(String::new, |number| number.to_string());
        tests.push(TestCase {
            group,
            ..TestCase::new(&pair.place.name, input, answer)
        });
    }
    let scoring = scoring(&pairs);
    Ok(Some(Package {
        format: Format::Plain,
        kind: ProblemKind {
            scored: true,
            ..ProblemKind::default()
        },
        limits: RunLimits {
            memory: MEMORY,
            ..RunLimits::default()
        }
        .with_time(TIME),
        timing: Timing {
            given: Some(TIME),
            ..Timing::default()
        },
        scoring,
        ..Package::of_tests(short_name, tree.root(), tests)
    }))
}

/// All points are shared evenly; what does not divide goes to the last ones.
fn scoring(pairs: &[Pair]) -> Scoring {
    let subtasks: BTreeSet<Option<u64>> = pairs.iter().map(|pair| pair.place.subtask).collect();
    let has_subtasks = subtasks.iter().any(Option::is_some);
    let mut whole = ScoringGroup {
        max: Some(Ratio::from(FULL_SCORE)),
        ..ScoringGroup::new("", Vec::new())
    };
    let mut groups = Vec::new();
    if has_subtasks {
        for (at, (subtask, share)) in subtasks.iter().zip(shares(subtasks.len())).enumerate() {
            let tests = (0..)
                .zip(pairs)
                .filter(|(_, pair)| pair.place.subtask == *subtask);
            let part = |test| Part::Test(Worth::up_to(TestNumber::at(test), share.clone()));
            let name = subtask.map_or_else(|| "0".to_owned(), |number| number.to_string());
            groups.push(ScoringGroup {
                aggregate: Aggregate::Min,
                max: Some(share.clone()),
                ..ScoringGroup::new(name, tests.map(|(test, _)| part(test)).collect())
            });
            whole.parts.push(Part::Group(at + 1));
        }
    } else {
        let worth = |(test, share)| Part::Test(Worth::up_to(TestNumber::at(test), share));
        whole.parts = shares(pairs.len())
            .into_iter()
            .enumerate()
            .map(worth)
            .collect();
    }
    groups.insert(0, whole);
    Scoring {
        groups,
        policy: VerdictPolicy::First,
        scored: true,
    }
}

fn shares(count: usize) -> Vec<Ratio> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let (each, rest) = (FULL_SCORE / count.max(1), FULL_SCORE % count.max(1));
    let share = |at| Ratio::from(each + u32::from(at >= count - rest));
    (0..count).map(share).collect()
}

fn pairs_in(tree: &Tree, directory: &str) -> Result<Vec<Pair>, PackageError> {
    let entries = tree.entries(directory)?;
    let files: Vec<&Entry> = entries.iter().filter(|entry| !entry.is_dir).collect();
    let mut by_name: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for file in &files {
        by_name
            .entry(file.name.to_ascii_lowercase())
            .or_default()
            .push(file);
    }
    let mut pairs = Vec::new();
    let mut used = BTreeSet::new();
    for file in &files {
        let Some((stem, answers)) = answers_of(&file.name) else {
            continue;
        };
        let mut found = answers
            .iter()
            .filter_map(|name| by_name.get(name))
            .flatten();
        let Some(answer) = found.next() else {
            let names = answers.join(", ");
            let problem =
                format!("the input has no answer; its name would be one of {names}, in any case");
            return Err(PackageError::content(&file.path, problem));
        };
        if let Some(other) = found.find(|other| other.path != answer.path) {
            let problem = format!(
                "the input has two answers, {} and {}",
                answer.path, other.path
            );
            return Err(PackageError::content(&file.path, problem));
        }
        used.insert(answer.path.clone());
        pairs.push(Pair {
            place: place_of(&stem),
            input: (*file).clone(),
            answer: (*answer).clone(),
        });
    }
    let is_stray = |file: &&&Entry| is_answer(&file.name) && !used.contains(&file.path);
    if !pairs.is_empty()
        && let Some(stray) = files.iter().find(is_stray)
    {
        return Err(PackageError::content(
            &stray.path,
            "the answer has no input",
        ));
    }
    let mut names = BTreeMap::new();
    for pair in &pairs {
        if let Some(other) = names.insert(pair.place.name.clone(), &pair.input) {
            let problem = format!("the test is there twice: {} is the other input", other.path);
            return Err(PackageError::content(&pair.input.path, problem));
        }
    }
    Ok(pairs)
}

/// An input's name without what says that it is one, and the names, in lower case, that its answer may have.
fn answers_of(name: &str) -> Option<(String, Vec<String>)> {
    let lower = name.to_ascii_lowercase();
    let (base, text) = match lower.strip_suffix(".txt") {
        Some(base) => (base, ".txt"),
        None => (lower.as_str(), ""),
    };
    if let Some(stem) = base.strip_suffix(".in") {
        let endings = [".out", ".ans", ".a", ".diff"];
        let plain = endings.iter().map(|ending| format!("{stem}{ending}"));
        let texts = endings.iter().map(|ending| format!("{stem}{ending}.txt"));
        return Some((name[..stem.len()].to_owned(), plain.chain(texts).collect()));
    }
    if let Some((stem, number)) = base.rsplit_once(".in")
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        let answers = ["out", "ou", "ans"].map(|ending| format!("{stem}.{ending}{number}{text}"));
        return Some((format!("{}{number}", &name[..stem.len()]), answers.to_vec()));
    }
    let at = base.rfind("input")?;
    let renamed = |word: &str| format!("{}{word}{}{text}", &base[..at], &base[at + 5..]);
    let stem = format!("{}{}", &name[..at], &name[at + 5..base.len()]);
    Some((stem, vec![renamed("output"), renamed("answer")]))
}

fn is_answer(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let base = lower.strip_suffix(".txt").unwrap_or(&lower);
    [".out", ".ans"].iter().any(|ending| base.ends_with(ending))
}

/// The numbers at a name's end: the last is the test's, one parted from it by a dash is the subtask's.
fn place_of(stem: &str) -> Place {
    let digits = |text: &str| text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    let (rest, last) = stem.split_at(stem.len() - digits(stem));
    let before = rest
        .strip_suffix(['-', '_'])
        .map(|rest| &rest[rest.len() - digits(rest)..]);
    let name = stem.trim_matches(['-', '_', '.']);
    Place {
        subtask: before
            .filter(|sub| !sub.is_empty() && !last.is_empty())
            .map(number),
        number: if last.is_empty() { 0 } else { number(last) },
        name: if name.is_empty() { "1" } else { name }.to_owned(),
    }
}

#[cfg(test)]
mod tests;
