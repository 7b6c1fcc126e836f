//! A plain directory of inputs and answers (package-formats 5.5, Hydro's rules): which are a test is told by their names (`pairs.rs`)
//! or by a `config.yaml` (`config.rs`), which also names limits, subtasks and the programs that judge.
//!
//! Submissions of the jury may lie in `submissions/`, as in Kattis' formats, so that such a package can be verified, too.

use std::collections::BTreeSet;
use std::time::Duration;

use super::error::PackageError;
use super::headers::Headers;
use super::kattis;
use super::model::{Format, InputValidator, ProblemKind, SelfTest, Statement, TestCase};
use super::tree::{Tree, yaml};
use super::{Package, Timing};
use crate::checker::Checker;
use crate::language::Languages;
use crate::limits::RunLimits;

mod config;
mod pairs;
mod programs;
mod subtasks;

use config::Config;
use pairs::pairs_in;
use programs::Context;
use subtasks::{Listing, by_config, by_names};

/// Where the files may be.
const DIRECTORIES: [&str; 6] = ["", "testdata", "tests", "data", "data/secret", "input"];
/// Where Hydro has its tests beside a `problem.yaml` of its own.
const HYDRO: &str = "testdata";
const TESTS_MAX: usize = 20_000;
const TIME: Duration = Duration::from_secs(1);
const MEMORY: u64 = 256 << 20;

/// Says whether a directory with a `problem.yaml` is Hydro's all the same.
pub(super) fn is_hydro(tree: &Tree) -> bool {
    tree.has(HYDRO) && !tree.has("data")
}

/// Reads a directory of tests; `None`: there is none in it.
pub(super) fn read(
    tree: &Tree,
    short_name: &str,
    languages: &Languages,
    headers: &Headers,
) -> Result<Option<Package>, PackageError> {
    for directory in DIRECTORIES {
        if let Some(config) = Config::read(tree, directory)? {
            let package = with_config(tree, short_name, directory, &config, languages, headers)?;
            return finished(tree, languages, package).map(Some);
        }
    }
    for directory in DIRECTORIES {
        let pairs = sorted(pairs_in(tree, directory, false)?);
        if !pairs.is_empty() {
            let listing = by_names(pairs);
            let package = package(tree, short_name, listing)?;
            return finished(tree, languages, package).map(Some);
        }
    }
    Ok(None)
}

fn sorted(mut pairs: Vec<pairs::Pair>) -> Vec<pairs::Pair> {
    pairs.sort_by(|one, other| one.place.cmp(&other.place));
    pairs
}

/// A package of these tests, with the limits and the checker that go without saying.
fn package(tree: &Tree, short_name: &str, listing: Listing) -> Result<Package, PackageError> {
    if listing.tests.len() > TESTS_MAX {
        let problem = format!("there are more than {TESTS_MAX} tests");
        let (beyond, _) = &listing.tests[TESTS_MAX];
        return Err(PackageError::content(&beyond.input.path, problem));
    }
    let mut names = BTreeSet::new();
    if let Some((twice, _)) = listing
        .tests
        .iter()
        .find(|(pair, _)| !names.insert(&pair.place.name))
    {
        let problem = format!("the test {} is there twice", twice.place.name);
        return Err(PackageError::content(&twice.input.path, problem));
    }
    let mut tests = Vec::with_capacity(listing.tests.len());
    for (pair, group) in &listing.tests {
        for file in [Some(&pair.input), pair.answer.as_ref()]
            .into_iter()
            .flatten()
        {
            tree.check_file(&file.path)?;
        }
        let path = |path: &str| tree.host_path(path);
        // A path that is no file's is an empty answer.
        let answer = pair.answer.as_ref().map(|answer| path(&answer.path));
        tests.push(TestCase {
            group: group.clone(),
            limits: pair.limits.map(|(time, memory)| limits(time, memory)),
            ..TestCase::new(
                &pair.place.name,
                path(&pair.input.path),
                answer.unwrap_or_default(),
            )
        });
    }
    Ok(Package {
        format: Format::Plain,
        kind: ProblemKind {
            scored: true,
            ..ProblemKind::default()
        },
        limits: limits(TIME, MEMORY),
        timing: given(TIME),
        scoring: listing.scoring,
        ..Package::of_tests(short_name, tree.root(), tests)
    })
}

fn limits(time: Duration, memory: u64) -> RunLimits {
    RunLimits {
        memory,
        ..RunLimits::default()
    }
    .with_time(time)
}

fn given(time: Duration) -> Timing {
    Timing {
        given: Some(time),
        ..Timing::default()
    }
}

fn with_config(
    tree: &Tree,
    short_name: &str,
    directory: &str,
    config: &Config,
    languages: &Languages,
    headers: &Headers,
) -> Result<Package, PackageError> {
    let bounds = config.limits(None, None, (TIME, MEMORY))?;
    let limits = limits(bounds.0, bounds.1);
    let most = config.most(bounds)?;
    let context = Context {
        tree,
        directory,
        config,
        languages,
        headers,
        limits: &self::limits(most.0, most.1),
    };
    let judges = context.judges()?;
    let answers_optional = judges.interactive;
    let pairs = || Ok(sorted(pairs_in(tree, directory, answers_optional)?));
    let listing = by_config(tree, directory, config, bounds, pairs)?;
    if listing.tests.is_empty() {
        return Err(PackageError::content(&config.file, "there is no test"));
    }
    let mut package = package(tree, short_name, listing)?;
    let fault = |error: crate::scoring::ScoringError| config.wrong("subtasks", error.to_string());
    let tests = u32::try_from(package.tests.len()).unwrap_or(u32::MAX);
    package.scoring.check(tests).map_err(fault)?;
    package.kind = ProblemKind {
        scored: true,
        interactive: judges.interactive,
        passes_max: judges.passes_max,
        submit_answer: judges.submit_answer,
    };
    package.timing = given(limits.time);
    package.checker = judges.checker;
    if let Some((manager, communication)) = judges.manager {
        package.interactor = Some(manager);
        package.communication = Some(communication);
    }
    if !matches!(package.checker, Checker::Custom(_)) && !judges.interactive {
        package.warnings = config.cases_without_answer();
    }
    package.file_names = context.file_names()?;
    package.includes = context.includes()?;
    package.languages = context.allowed()?;
    if let Some(validator) = context.validator()? {
        let validator = InputValidator::Program(validator);
        package.input_validators.push(validator);
        let inputs = package.tests.iter().map(|test| SelfTest::Input {
            name: test.name.clone(),
            input: test.input.clone(),
            files: Vec::new(),
            args: vec![Vec::new()],
            valid: true,
        });
        package.self_tests = inputs.collect();
    }
    package.limits = limits;
    Ok(package)
}

/// Hydro's words for a problem; the others are of no use here.
#[derive(serde::Deserialize)]
struct Words {
    title: Option<String>,
}

/// Adds the name, the statements and the jury's submissions.
fn finished(
    tree: &Tree,
    languages: &Languages,
    mut package: Package,
) -> Result<Package, PackageError> {
    if let Some(text) = tree.text("problem.yaml")? {
        let words: Words = yaml("problem.yaml", &text)?;
        package.name = words.title.unwrap_or(package.name);
    }
    for entry in tree.entries("")?.into_iter().filter(|entry| !entry.is_dir) {
        let Some(stem) = entry.name.strip_suffix(".md") else {
            continue;
        };
        let language = match stem.split_once(['_', '.']) {
            None if stem == "problem" => "en",
            Some(("problem", language)) => language,
            _ => continue,
        };
        package.statements.push(Statement {
            language: language.to_owned(),
            path: tree.host_path(&entry.path),
        });
    }
    let names = package.tests.iter().map(|test| test.name.clone());
    let only_language = package.kind.language();
    (package.submissions, package.unjudged) =
        kattis::jury_submissions(tree, languages, only_language, names.collect())?;
    Ok(package)
}

#[cfg(test)]
mod tests;
