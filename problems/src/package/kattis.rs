//! Packages of the Kattis and ICPC formats: `legacy`, `legacy-icpc` and `2025-09`.

use std::collections::BTreeSet;

use super::error::PackageError;
use super::headers::Headers;
use super::model::{InputValidator, SelfTest};
use super::tree::Tree;
use super::{Format, JurySubmission, Package, Statement, TestCase, UnjudgedSubmission};
use crate::checker::{Checker, DefaultFlags};
use crate::language::{LanguageId, Languages};
use crate::procedure::FileNames;
use crate::verdict::Verdict;

mod constants;
mod data;
mod group_file;
mod grouping;
mod limits;
mod loose;
mod metadata;
mod people;
mod programs;
mod submissions;
mod validators;

use data::{Data, InputCase, OutputCase};
use group_file::ValidatorArgs;
use metadata::Metadata;
use validators::is_beside;

/// Reads a package of one of these formats.
pub(super) fn read(
    tree: &Tree,
    short_name: String,
    languages: &Languages,
    headers: &Headers,
) -> Result<Package, PackageError> {
    let metadata = metadata::read(tree)?;
    let mut limits = limits::read(tree, &metadata)?;
    // Files that only DOMjudge reads; such a package means what DOMjudge makes of it. It knows no graders.
    let own_files = [".timelimit", "domjudge-problem.ini"];
    let is_domjudge = metadata.format != Format::V2025
        && tree
            .entries("graders")?
            .iter()
            .all(|entry| !entry.is_dir && is_beside(&entry.name))
        && (own_files.iter().any(|file| tree.has(file)) || has_domjudge_scores(tree)?);
    if is_domjudge {
        limits = limits.for_domjudge();
    }
    let mut data = data::read(data::Reading {
        tree,
        format: metadata.format,
        is_draft: metadata.is_draft,
        constants: &metadata.constants,
        answers_optional: metadata.kind.interactive,
        secret_optional: is_domjudge,
    })?;
    let programs = programs::Context {
        tree,
        metadata: &metadata,
        languages,
        headers,
        compile_limits: limits.compile.clone(),
        limits: limits.validation.clone(),
    };
    let (checker, further_checkers) = programs.checker()?;
    let named = data.groups.iter().find(|group| group.own.names_checker);
    if let Some(named) = named.filter(|_| !further_checkers.is_empty()) {
        let what = "flags for one of several output validators";
        return Err(PackageError::unsupported(&named.own.file, what)
            .at_key(&named.own.text, "output_validator_flags"));
    }
    let static_validator = programs.static_validator()?;
    add_static_tests(&mut data, static_validator.is_some(), metadata.kind.scored)?;
    finish_checker_args(&mut data, &metadata, &checker)?;
    let grader = programs.grader()?;
    let scoring = scoring(&data, &metadata, &checker, (is_domjudge, grader.is_some()))?;
    let mut warnings = metadata.warnings.clone();
    if grader.is_some() && !scoring.is_graded() {
        warnings.push(
            "graders: no testdata.yaml has \"grading: custom\", so the grader is not used"
                .to_owned(),
        );
    }
    let (input_validators, mut unjudged) = programs.input_validators()?;
    let names: Vec<&str> = input_validators.iter().map(InputValidator::name).collect();
    let mut self_tests = Vec::new();
    for case in &data.inputs {
        self_tests.push(input_test(case, &names, unjudged.is_empty(), tree)?);
    }
    self_tests.extend(data.outputs.iter().map(output_test));
    let (submissions, others) = submissions::submissions(&submissions::Context {
        tree,
        languages,
        constants: &metadata.constants,
        legacy: metadata.format != Format::V2025,
        is_draft: metadata.is_draft,
        whole_only: is_domjudge,
        scored: metadata.kind.scored,
        only_language: metadata.kind.language(),
        names: test_names(&data),
    })?;
    unjudged.extend(others);
    let statements = statements(tree)?;
    check_languages(&metadata, &statements)?;
    let name = metadata
        .names
        .get("en")
        .or_else(|| metadata.names.values().next())
        .unwrap_or(&short_name)
        .clone();
    Ok(Package {
        name,
        format: metadata.format,
        path: tree.root().to_owned(),
        kind: metadata.kind,
        limits: limits.run,
        timing: limits.timing,
        compile_limits: limits.compile,
        source_bytes_max: limits.source_bytes_max,
        languages: metadata.languages.as_ref().map(|codes| {
            codes
                .iter()
                .map(|code| language_id(code, languages))
                .collect()
        }),
        file_writing: metadata.file_writing && !is_domjudge,
        file_names: FileNames::default(),
        tests: data.tests,
        checker,
        further_checkers,
        interactor: None,
        communication: None,
        static_validator,
        grader: grader.filter(|_| scoring.is_graded()),
        scoring,
        input_validators,
        includes: programs.includes()?,
        self_tests,
        submissions,
        unjudged,
        statements,
        recipe: None,
        warnings,
        short_name,
    })
}

/// The jury's submissions of a package that has the old formats' directories of them and is otherwise something else; points count.
pub(super) fn jury_submissions(
    tree: &Tree,
    languages: &Languages,
    only_language: Option<LanguageId>,
    names: Vec<String>,
) -> Result<(Vec<JurySubmission>, Vec<UnjudgedSubmission>), PackageError> {
    submissions::submissions(&submissions::Context {
        tree,
        languages,
        constants: &constants::Constants::default(),
        legacy: true,
        is_draft: false,
        whole_only: false,
        scored: true,
        only_language,
        names,
    })
}

/// Says whether a submission says of itself which score DOMjudge should give it.
fn has_domjudge_scores(tree: &Tree) -> Result<bool, PackageError> {
    let mark = b"@EXPECTED_SCORE@";
    for file in tree.files_below("submissions")? {
        let content = tree.read(&file.path)?;
        if content.windows(mark.len()).any(|window| window == mark) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A static validation is a test of its group, before the others.
fn add_static_tests(
    data: &mut Data,
    has_validator: bool,
    scored: bool,
) -> Result<(), PackageError> {
    for at in 0..data.groups.len() {
        let own = &data.groups[at].own;
        let wrong = |key: &str, problem: &str| {
            Err(PackageError::content(&own.file, problem).at_key(&own.text, key))
        };
        if own.static_score.is_none() {
            if own.static_args.is_some() {
                return wrong(
                    "static_validator_args",
                    "there is no static_validation_score",
                );
            }
            continue;
        }
        if !has_validator {
            return wrong("static_validation_score", "there is no static_validator");
        }
        if !scored && own.static_score != Some(group_file::StaticScore::PassFail) {
            return wrong(
                "static_validation_score",
                "a number is for scoring problems only",
            );
        }
        let group = data.groups[at].name.clone();
        let place = data.first_test_of(at);
        data.insert_test(
            place,
            at,
            TestCase {
                name: format!("{group}/static"),
                input: Default::default(),
                answer: Default::default(),
                sample: group == "sample",
                group,
                args: Vec::new(),
                files: Vec::new(),
                checker_args: own.static_args.clone().unwrap_or_default(),
                limits: None,
                static_validation: true,
            },
        );
    }
    Ok(())
}

/// The arguments of `problem.yaml` come before those of the tests; the default validator's must be known.
fn finish_checker_args(
    data: &mut Data,
    metadata: &Metadata,
    checker: &Checker,
) -> Result<(), PackageError> {
    let mut known: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut finish = |args: &mut Vec<String>, input: &std::path::Path| {
        let all: Vec<String> = metadata
            .validator_args
            .iter()
            .chain(args.iter())
            .cloned()
            .collect();
        *args = all;
        if matches!(checker, Checker::Default(_)) && known.insert(args.clone()) {
            DefaultFlags::parse(args).map_err(|error| (input.to_owned(), error))?;
        }
        Ok(())
    };
    let tests = data.tests.iter_mut().filter(|test| !test.static_validation);
    let mut result = Ok(());
    for test in tests {
        result = result.and(finish(&mut test.checker_args, &test.input));
    }
    for case in &mut data.outputs {
        result = result.and(finish(&mut case.checker_args, &case.input));
    }
    result.map_err(|(input, error)| {
        let group = data
            .tests
            .iter()
            .find(|test| test.input == input)
            .map(|test| &test.group);
        let found = group.and_then(|name| data.groups.iter().find(|one| one.name == *name));
        match found.filter(|group| !group.settings.file.is_empty()) {
            Some(group) => {
                let settings = &group.settings;
                let error = PackageError::content(&settings.file, error.to_string());
                let key = if settings.text.contains("output_validator_args") {
                    "output_validator_args"
                } else {
                    "output_validator_flags"
                };
                error.at_key(&settings.text, key)
            }
            None => PackageError::content("data", error.to_string()),
        }
    })
}

fn scoring(
    data: &Data,
    metadata: &Metadata,
    checker: &Checker,
    (is_domjudge, has_grader): (bool, bool),
) -> Result<crate::scoring::Scoring, PackageError> {
    let is_old = metadata.format != Format::V2025
        || (metadata.is_draft && data.groups.iter().any(|group| group.own.is_old()));
    let scoring = if is_old {
        let may_score = metadata.kind.scored && matches!(checker, Checker::Custom(_));
        if is_domjudge && metadata.kind.scored {
            grouping::domjudge(data, may_score)?
        } else {
            grouping::legacy(data, metadata.kind.scored, may_score, has_grader)?
        }
    } else {
        grouping::v2025(data, metadata.kind.scored)?
    };
    let tests = u32::try_from(data.tests.len()).unwrap_or(u32::MAX);
    let fault =
        |error: crate::scoring::ScoringError| PackageError::content("data", error.to_string());
    scoring.check(tests).map_err(fault)?;
    Ok(scoring)
}

/// What of `data/` rules may name.
fn test_names(data: &Data) -> Vec<String> {
    let groups = data.groups.iter().map(|group| group.name.clone());
    let tests = data.tests.iter().map(|test| test.name.clone());
    groups
        .chain(tests)
        .filter(|name| !name.is_empty())
        .collect()
}

fn input_test(
    case: &InputCase,
    names: &[&str],
    all_known: bool,
    tree: &Tree,
) -> Result<SelfTest, PackageError> {
    let args = |name: &str| {
        let own = match &case.validator_args {
            None => Vec::new(),
            Some(ValidatorArgs::All(args)) => args.clone(),
            Some(ValidatorArgs::Named(named)) => named.get(name).cloned().unwrap_or_default(),
        };
        own.into_iter().chain(case.args.iter().cloned()).collect()
    };
    if let Some(ValidatorArgs::Named(named)) = &case.validator_args
        && let Some(unknown) = named.keys().find(|name| !names.contains(&name.as_str()))
        && all_known
    {
        let file = case.input.strip_prefix(tree.root()).unwrap_or(&case.input);
        let problem =
            format!("arguments are given for the input validator {unknown:?}, which is not there");
        return Err(PackageError::content(file.display().to_string(), problem));
    }
    Ok(SelfTest::Input {
        name: case.name.clone(),
        input: case.input.clone(),
        files: case.files.clone(),
        args: names.iter().map(|name| args(name)).collect(),
        valid: case.valid,
    })
}

fn output_test(case: &OutputCase) -> SelfTest {
    SelfTest::Output {
        name: case.name.clone(),
        input: case.input.clone(),
        answer: case.answer.clone(),
        output: case.output.clone(),
        args: case.checker_args.clone(),
        expected: vec![if case.valid { Verdict::AC } else { Verdict::WA }],
    }
}

/// `problem.<language>.<ending>`; the old format may leave the language out, which is English then.
fn statements(tree: &Tree) -> Result<Vec<Statement>, PackageError> {
    let mut statements = Vec::new();
    for directory in ["statement", "problem_statement"] {
        for entry in tree
            .entries(directory)?
            .into_iter()
            .filter(|entry| !entry.is_dir)
        {
            let parts: Vec<&str> = entry.name.split('.').collect();
            let language = match parts.as_slice() {
                ["problem", "md" | "tex" | "pdf"] => "en",
                ["problem", language, "md" | "tex" | "pdf"] => language,
                _ => continue,
            };
            statements.push(Statement {
                language: language.to_owned(),
                path: tree.host_path(&entry.path),
            });
        }
    }
    statements
        .sort_by(|one, other| (&one.language, &one.path).cmp(&(&other.language, &other.path)));
    Ok(statements)
}

/// In 2025-09 the languages of `name` are those of the statements.
fn check_languages(metadata: &Metadata, statements: &[Statement]) -> Result<(), PackageError> {
    let written: BTreeSet<&str> = statements
        .iter()
        .map(|statement| statement.language.as_str())
        .collect();
    let named: BTreeSet<&str> = metadata.names.keys().map(String::as_str).collect();
    if metadata.format != Format::V2025 || written.is_empty() || written == named {
        return Ok(());
    }
    let list = |codes: &BTreeSet<&str>| codes.iter().copied().collect::<Vec<_>>().join(", ");
    let problem = format!(
        "there are names in {}, but statements in {}",
        list(&named),
        list(&written)
    );
    Err(PackageError::content(metadata::FILE, problem).at_key(&metadata.text, "name"))
}

fn language_id(code: &str, languages: &Languages) -> LanguageId {
    languages
        .get(code)
        .map_or_else(|| LanguageId::new(code), |language| language.id.clone())
}
