//! Polygon's packages: `problem.xml` (package-formats 5.4). What a standard package only describes becomes a recipe.

use std::path::PathBuf;
use std::time::Duration;

use super::error::PackageError;
use super::headers::Headers;
use super::model::{Format, InputValidator, ProblemKind, SelfTest, Statement, TestCase};
use super::recipe::Recipe;
use super::tree::Tree;
use super::{Package, Timing};
use crate::checker::Scores;
use crate::language::Languages;
use crate::limits::RunLimits;
use crate::procedure::FileNames;
use crate::verdict::Verdict;

mod groups;
mod programs;
mod testset;
mod xml;

use programs::Context;
use testset::read_tests;
use xml::{Element, FILE, path_of};

/// What a generator, a validator or a checker may use.
const JURY_TIME: Duration = Duration::from_secs(60);
const JURY_MEMORY: u64 = 2 << 30;
const JURY_OUTPUT: u64 = 256 << 20;

/// Reads a package with a `problem.xml`.
pub(super) fn read(
    tree: &Tree,
    short_name: &str,
    languages: &Languages,
    headers: &Headers,
) -> Result<Package, PackageError> {
    let text = tree.text(FILE)?.unwrap_or_default();
    let document = roxmltree::Document::parse(&text).map_err(|error| {
        let line = u64::from(error.pos().row);
        PackageError::content(FILE, error.to_string()).at_line(line)
    })?;
    let problem = Element(document.root_element());
    if problem.name() != "problem" {
        return problem.wrong(format!("a <problem> is wanted, not <{}>", problem.name()));
    }
    let Some(judging) = problem.child("judging") else {
        return problem.wrong("there is no <judging>");
    };
    refuse_unsupported(judging)?;
    let testsets: Vec<Element<'_>> = judging.children("testset").collect();
    let main = testsets
        .iter()
        .find(|set| set.attribute("name") == Some("tests"));
    let Some(testset) = main.or(testsets.first()).copied() else {
        return judging.wrong("there is no <testset>");
    };
    let context = Context {
        tree,
        languages,
        headers,
        limits: RunLimits {
            memory: JURY_MEMORY,
            output: JURY_OUTPUT,
            file_size: JURY_OUTPUT,
            ..RunLimits::default().with_time(JURY_TIME)
        },
        resources: Context::resources_of(tree, problem)?,
    };
    package(&context, problem, judging, testset, short_name)
}

/// The files that solutions read and write, if they are not the standard streams.
fn file_names(judging: Element<'_>) -> Result<FileNames, PackageError> {
    let name = |attribute: &str| match judging.attribute(attribute) {
        None | Some("" | "stdin" | "stdout") => Ok(None),
        Some(name) if FileNames::allows(name) => Ok(Some(name.to_owned())),
        Some(other) => judging.wrong(format!("{attribute} {other:?} cannot be a file's name")),
    };
    let names = FileNames {
        input: name("input-file")?,
        output: name("output-file")?,
    };
    match &names.input {
        Some(input) if names.output.as_ref() == Some(input) => judging.wrong(format!(
            "input-file and output-file are both {input:?}, so the input would be the output"
        )),
        _ => Ok(names),
    }
}

fn refuse_unsupported(judging: Element<'_>) -> Result<(), PackageError> {
    match judging.attribute("run-count") {
        None | Some("1") => Ok(()),
        Some(count) => judging.unsupported(format!(
            "run-count {count}: solutions that are run several times"
        )),
    }
}

fn package(
    context: &Context<'_>,
    problem: Element<'_>,
    judging: Element<'_>,
    testset: Element<'_>,
    short_name: &str,
) -> Result<Package, PackageError> {
    let assets = problem.child("assets");
    let interactor = match assets.and_then(|assets| assets.child("interactor")) {
        Some(interactor) => Some(context.custom(interactor, "interactor", Scores::Refused)?),
        None => None,
    };
    let percent = judging.attribute("treat-points-from-checker-as-percent") == Some("true");
    let read = read_tests(context, problem, testset)?;
    let (scoring, scored) = groups::scoring(testset, &read.elements)?;
    let scores = match (scored, percent) {
        (true, true) => Scores::Percent,
        (true, false) => Scores::Legacy,
        (false, _) => Scores::Refused,
    };
    let checker = match assets.and_then(|assets| assets.child("checker")) {
        Some(checker) => context.checker(checker, scores)?,
        None => return problem.wrong("there is no checker"),
    };
    let solutions = context.solutions(problem)?;
    let (input_validators, mut self_tests) = validators(context, problem, &read.tests)?;
    self_tests.extend(checker_tests(context, problem)?);
    let time = Duration::from_millis(testset.number_of("time-limit")?);
    let memory = testset.number_of("memory-limit")?;
    let recipe = Recipe {
        generators: read.generators,
        main: solutions.main,
        tests: read.recipe,
    };
    if recipe.main.is_none() && recipe.tests.iter().any(|test| test.answer.is_none()) {
        return problem.wrong("there is no main solution, and not every answer is there");
    }
    let file_names = file_names(judging)?;
    if interactor.is_some() && !file_names.are_none() {
        return judging.unsupported("an interactive problem with files");
    }
    Ok(Package {
        name: name_of(problem).unwrap_or(short_name).to_owned(),
        format: Format::Polygon,
        kind: ProblemKind {
            scored,
            interactive: interactor.is_some(),
            ..ProblemKind::default()
        },
        limits: RunLimits {
            memory,
            ..RunLimits::of_a_package(time)
        },
        timing: Timing {
            given: Some(time),
            ..Timing::default()
        },
        file_names,
        scoring,
        checker,
        interactor,
        input_validators,
        self_tests,
        submissions: solutions.judged,
        unjudged: solutions.unjudged,
        statements: statements(context, problem)?,
        recipe: Some(recipe),
        ..Package::of_tests(short_name, context.tree.root(), read.tests)
    })
}

fn name_of<'a>(problem: Element<'a>) -> Option<&'a str> {
    let names = problem.nested("names", "name");
    let english = names
        .iter()
        .find(|name| name.attribute("language") == Some("english"));
    english
        .or(names.first())
        .and_then(|name| name.attribute("value"))
}

/// The validators, and what they are tested with: the tests, and cases of their own.
fn validators(
    context: &Context<'_>,
    problem: Element<'_>,
    tests: &[TestCase],
) -> Result<(Vec<InputValidator>, Vec<SelfTest>), PackageError> {
    let (mut programs, mut cases) = (Vec::new(), Vec::new());
    for assets in problem.children("assets") {
        for (at, validator) in assets
            .nested("validators", "validator")
            .into_iter()
            .enumerate()
        {
            let program = context.program(validator, &format!("validator {}", at + 1))?;
            programs.push(InputValidator::Program(program));
            for testset in validator.children("testset") {
                for (test, number) in testset.nested("tests", "test").into_iter().zip(1..) {
                    let valid = match test.required("verdict")?.to_ascii_lowercase().as_str() {
                        "valid" => true,
                        "invalid" => false,
                        other => {
                            return test.wrong(format!(
                                "unknown verdict {other:?}: valid or invalid is wanted"
                            ));
                        }
                    };
                    let input = case_file(context, testset, test, "input-path-pattern", number)?;
                    cases.push((format!("validator test {number}"), input, valid, Vec::new()));
                }
            }
        }
    }
    let of_tests = tests.iter().map(|test| {
        let mut args = vec!["--testset".to_owned(), "tests".to_owned()];
        if !test.group.is_empty() {
            args.extend(["--group".to_owned(), test.group.clone()]);
        }
        (test.name.clone(), test.input.clone(), true, args)
    });
    let all: Vec<_> = of_tests.chain(cases).collect();
    let self_test =
        |(name, input, valid, args): (String, PathBuf, bool, Vec<String>)| SelfTest::Input {
            name,
            input,
            files: Vec::new(),
            args: vec![args; programs.len()],
            valid,
        };
    Ok((programs.clone(), all.into_iter().map(self_test).collect()))
}

/// The cases that the checker itself is tested with.
fn checker_tests(
    context: &Context<'_>,
    problem: Element<'_>,
) -> Result<Vec<SelfTest>, PackageError> {
    let mut cases = Vec::new();
    let checkers = problem.nested("assets", "checker");
    let testsets = checkers
        .into_iter()
        .flat_map(|checker| checker.children("testset"));
    for testset in testsets {
        for (test, number) in testset.nested("tests", "test").into_iter().zip(1..) {
            let said = test
                .required("verdict")?
                .to_ascii_lowercase()
                .replace('_', "-");
            let expected = match said.as_str() {
                "ok" => Verdict::AC,
                "wrong-answer" => Verdict::WA,
                "presentation-error" => Verdict::PE,
                "crashed" => Verdict::JE,
                other => {
                    return test.wrong(format!("unknown verdict {other:?} of a checker's test"));
                }
            };
            let file = |pattern| case_file(context, testset, test, pattern, number);
            cases.push(SelfTest::Output {
                name: format!("checker test {number}"),
                input: file("input-path-pattern")?,
                answer: file("answer-path-pattern")?,
                output: file("output-path-pattern")?,
                args: Vec::new(),
                expected: vec![expected],
            });
        }
    }
    Ok(cases)
}

fn case_file(
    context: &Context<'_>,
    testset: Element<'_>,
    test: Element<'_>,
    pattern: &'static str,
    number: usize,
) -> Result<PathBuf, PackageError> {
    let text = testset.text_of(pattern)?;
    let Some(path) = path_of(text, number) else {
        return testset.wrong(format!(
            "the {pattern} {text:?} must have one %d or %0Nd in it"
        ));
    };
    if !context.tree.has(&path) {
        return test.wrong(format!("there is no file {path:?}"));
    }
    context.tree.check_file(&path)?;
    Ok(context.tree.host_path(&path))
}

fn statements(context: &Context<'_>, problem: Element<'_>) -> Result<Vec<Statement>, PackageError> {
    let mut statements = Vec::new();
    for statement in problem.nested("statements", "statement") {
        let path = statement.required("path")?;
        let is_shown = [".tex", ".pdf", ".md"]
            .iter()
            .any(|ending| path.ends_with(ending));
        if is_shown && context.tree.has(path) {
            statements.push(Statement {
                language: statement
                    .attribute("language")
                    .unwrap_or_default()
                    .to_owned(),
                path: context.tree.host_path(path),
            });
        }
    }
    Ok(statements)
}

#[cfg(test)]
mod tests;
