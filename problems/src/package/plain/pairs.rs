//! Inputs and answers that go together by their names (package-formats 5.5, Hydro's rules).
//!
//! `name1.in` goes with `name1.out` or `name1.ans`, `input1.txt` with `output1.txt`, `name.in1` with `name.ou1`. A number
//! before the last one, parted by `-` or `_`, is a subtask.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::package::error::PackageError;
use crate::package::tree::{Entry, Tree};

/// What a name says of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) subtask: Option<u64>,
    pub(super) number: u64,
    pub(super) name: String,
}

/// A test with the names of its files.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) place: Place,
    pub(super) input: Entry,
    /// `None`: the package may leave it out.
    pub(super) answer: Option<Entry>,
    /// The CPU time and the memory in bytes that a run may use, where the package says so of this test.
    pub(super) limits: Option<(Duration, u64)>,
}

/// The pairs of a directory. `answers_optional`: an input may stand alone.
pub(super) fn pairs_in(
    tree: &Tree,
    directory: &str,
    answers_optional: bool,
) -> Result<Vec<Pair>, PackageError> {
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
        let answer = found.next();
        if answer.is_none() && !answers_optional {
            let names = answers.join(", ");
            let problem =
                format!("the input has no answer; its name would be one of {names}, in any case");
            return Err(PackageError::content(&file.path, problem));
        }
        if let Some(answer) = answer {
            if let Some(other) = found.find(|other| other.path != answer.path) {
                let problem = format!(
                    "the input has two answers, {} and {}",
                    answer.path, other.path
                );
                return Err(PackageError::content(&file.path, problem));
            }
            used.insert(answer.path.clone());
        }
        pairs.push(Pair {
            place: place_of(&stem),
            input: (*file).clone(),
            answer: answer.map(|answer| (*answer).clone()),
            limits: None,
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
pub(super) fn answers_of(name: &str) -> Option<(String, Vec<String>)> {
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
    // `input1.txt`, `input1`, but no program or text that has the word in its name.
    let at = base.rfind("input")?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(base[at + 5..].trim_start_matches(['-', '_', '.'])) {
        return None;
    }
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
