//! The tests of a `<testset>`, and the generators that their commands name.

use std::collections::BTreeMap;

use super::programs::{Context, base_name};
use super::xml::{Element, path_of, words};
use crate::package::error::PackageError;
use crate::package::model::{JuryProgram, TestCase};
use crate::package::recipe::{InputSource, RecipeTest};

const TESTS_MAX: usize = 20_000;

/// The tests of a testset.
pub(super) struct Tests<'a> {
    pub(super) tests: Vec<TestCase>,
    pub(super) recipe: Vec<RecipeTest>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) generators: Vec<JuryProgram>,
}

pub(super) fn read_tests<'a>(
    context: &Context<'_>,
    problem: Element<'a>,
    testset: Element<'a>,
) -> Result<Tests<'a>, PackageError> {
    let tree = context.tree;
    let input_pattern = testset.text_of("input-path-pattern")?;
    let answer_pattern = testset.text_of("answer-path-pattern")?;
    let elements = testset.nested("tests", "test");
    let count = usize::try_from(testset.number_of("test-count")?).unwrap_or(usize::MAX);
    if count != elements.len() {
        return testset.wrong(format!(
            "test-count is {count}, but there are {} tests",
            elements.len()
        ));
    }
    if count == 0 || count > TESTS_MAX {
        return testset.wrong(format!(
            "there are {count} tests; from 1 to {TESTS_MAX} are wanted"
        ));
    }
    let mut generators = Generators {
        context,
        problem,
        found: Vec::new(),
        places: BTreeMap::new(),
    };
    let (mut tests, mut recipe) = (Vec::new(), Vec::new());
    for (element, number) in elements.iter().zip(1..) {
        let path = |pattern: &str, what: &'static str| match path_of(pattern, number) {
            Some(path) => Ok(path),
            None => testset.wrong(format!(
                "the {what} {pattern:?} must have one %d or %0Nd in it"
            )),
        };
        let (input, answer) = (
            path(input_pattern, "input-path-pattern")?,
            path(answer_pattern, "answer-path-pattern")?,
        );
        let source = if tree.has(&input) {
            tree.check_file(&input)?;
            InputSource::File(tree.host_path(&input))
        } else {
            generators.source(*element, &input)?
        };
        let answer = if tree.has(&answer) {
            tree.check_file(&answer)?;
            Some(tree.host_path(&answer))
        } else {
            None
        };
        let sample = element.attribute("sample") == Some("true");
        tests.push(TestCase {
            sample,
            group: element.attribute("group").unwrap_or_default().to_owned(),
            ..TestCase::new(
                &format!("{number:02}"),
                tree.host_path(&input),
                answer.clone().unwrap_or_default(),
            )
        });
        recipe.push(RecipeTest {
            input: source,
            answer,
        });
    }
    Ok(Tests {
        tests,
        recipe,
        elements,
        generators: generators.found,
    })
}

/// The generators that the tests' commands name.
struct Generators<'a, 'b> {
    context: &'b Context<'b>,
    problem: Element<'a>,
    found: Vec<JuryProgram>,
    places: BTreeMap<String, usize>,
}

impl Generators<'_, '_> {
    fn source(&mut self, test: Element<'_>, input: &str) -> Result<InputSource, PackageError> {
        let Some(command) = test.attribute("cmd") else {
            return test.wrong(format!(
                "the test is made by hand, but there is no file {input:?}"
            ));
        };
        if test.attribute("from-file").is_some() {
            return test.unsupported("tests that a generator writes into files");
        }
        let words = match words(command) {
            Ok(words) => words,
            Err(problem) => return test.wrong(format!("the command {command:?}: {problem}")),
        };
        let Some((name, args)) = words.split_first() else {
            return test.wrong("the command is empty");
        };
        let generator = match self.places.get(name) {
            Some(place) => *place,
            None => self.add(test, name)?,
        };
        Ok(InputSource::Generated {
            generator,
            args: args.to_vec(),
        })
    }

    fn add(&mut self, test: Element<'_>, name: &str) -> Result<usize, PackageError> {
        let files = self.problem.children("files");
        let executables = files.flat_map(|files| files.nested("executables", "executable"));
        let found = executables.into_iter().find(|one| {
            let source = one
                .child("source")
                .and_then(|source| source.attribute("path"));
            source.is_some_and(|path| base_name(path) == name)
        });
        let Some(executable) = found else {
            return test.wrong(format!("there is no executable {name:?} for the command"));
        };
        let program = self.context.program(executable, name)?;
        self.found.push(program);
        self.places.insert(name.to_owned(), self.found.len() - 1);
        Ok(self.found.len() - 1)
    }
}
