//! What `POST /run` is asked: the request of the runner document, and what of it this judge refuses.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tribunal_problems::{BlobId, Checker, DefaultFlags, EntryPoint};

use crate::limits::{
    MEMORY_LIMIT_MB_DEFAULT, MEMORY_LIMIT_MB_MAX, MEMORY_LIMIT_MB_MIN, TEST_ID_BYTES_MAX,
    TESTS_MAX, TIMEOUT_SECONDS_DEFAULT, TIMEOUT_SECONDS_MAX, TIMEOUT_SECONDS_MIN,
};
use crate::problem_details::Problem;
use crate::source::SourceText;

/// A program and the tests to run it on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunRequest {
    /// The language id, as `GET /api/languages` lists them.
    pub language: String,
    /// The source; `files` may take its place or stand beside it.
    #[serde(default)]
    pub code: Option<String>,
    /// Further source files; without `code` the first is the main one.
    #[serde(default)]
    pub files: Vec<SourceText>,
    /// The tests.
    #[serde(default)]
    pub tests: TestLists,
    /// More visible tests: the name that the document's test format gives them.
    #[serde(default)]
    pub visible_tests: Vec<RunTest>,
    /// More hidden tests.
    #[serde(default)]
    pub hidden_tests: Vec<RunTest>,
    /// Seconds of CPU time for each test; 5 where it is not given.
    #[serde(default)]
    pub timeout_seconds: Option<f64>,
    /// MiB of memory for each test; 256 where it is not given.
    #[serde(default)]
    pub memory_limit_mb: Option<f64>,
    /// The function to call with the input's values; without it, the last one of a source that only defines.
    #[serde(default)]
    pub entry_point: Option<String>,
    /// Who compares the outputs; without it `values` where functions may be called, else `tokens`.
    #[serde(default)]
    pub checker: Option<CheckerChoice>,
    /// Whether the tests after the first failed one are left out.
    #[serde(default)]
    pub stop_on_first_failure: bool,
}

/// Tests by who may see them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestLists {
    /// Shown to the candidate.
    #[serde(default, alias = "visible_tests")]
    pub visible: Vec<RunTest>,
    /// Used for the score alone.
    #[serde(default, alias = "hidden_tests")]
    pub hidden: Vec<RunTest>,
}

/// One test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunTest {
    /// Names the test in the response; unique in the request.
    pub id: String,
    /// Standard input, or the function's arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The same, by the hash of what was sent to `/api/blobs/{sha256}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub input_blob: Option<BlobId>,
    /// What the program should print.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_output: Option<String>,
    /// The same, by its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expected_output_blob: Option<BlobId>,
    /// For people; the judge does not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// How an output is compared with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckerChoice {
    /// Word by word; white space does not matter.
    Tokens,
    /// Word by word, and case does not matter either.
    TokensIgnoreCase,
    /// Byte by byte.
    Exact,
    /// Word by word; numbers may differ by a millionth, absolutely or relatively.
    Float,
    /// Word by word, or else as JSON values: for functions, whose results languages print with other white space.
    Values,
}

impl CheckerChoice {
    /// The checker that compares so.
    pub(crate) fn checker(self) -> Checker {
        let flags = DefaultFlags::default();
        Checker::Default(match self {
            Self::Tokens => DefaultFlags {
                case_sensitive: true,
                ..flags
            },
            Self::TokensIgnoreCase => flags,
            Self::Exact => DefaultFlags {
                case_sensitive: true,
                space_change_sensitive: true,
                ..flags
            },
            Self::Float => DefaultFlags {
                float_absolute: Some(1e-6),
                float_relative: Some(1e-6),
                ..flags
            },
            Self::Values => return Checker::Values,
        })
    }
}

/// A test and where the request has it.
#[derive(Debug, Clone)]
pub(crate) struct PlacedTest<'a> {
    /// The path of the test in the request.
    pub(crate) path: String,
    /// The test.
    pub(crate) test: &'a RunTest,
}

impl RunRequest {
    /// The visible tests, in the order in which they are judged.
    pub(crate) fn visible(&self) -> impl Iterator<Item = PlacedTest<'_>> {
        placed("tests.visible", &self.tests.visible)
            .chain(placed("visible_tests", &self.visible_tests))
    }

    /// The hidden tests; they are judged after the visible ones.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = PlacedTest<'_>> {
        placed("tests.hidden", &self.tests.hidden).chain(placed("hidden_tests", &self.hidden_tests))
    }

    /// The contents that it names by their hashes, and where.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (String, BlobId)> + '_ {
        let tests = self.visible().chain(self.hidden());
        tests.flat_map(|PlacedTest { path, test }| {
            let named = [
                ("input_blob", test.input_blob),
                ("expected_output_blob", test.expected_output_blob),
            ];
            named
                .into_iter()
                .filter_map(move |(name, blob)| Some((format!("{path}.{name}"), blob?)))
        })
    }

    /// Seconds for each test.
    #[must_use]
    pub fn timeout_seconds(&self) -> f64 {
        self.timeout_seconds.unwrap_or(TIMEOUT_SECONDS_DEFAULT)
    }

    /// MiB for each test.
    #[must_use]
    pub fn memory_limit_mb(&self) -> f64 {
        self.memory_limit_mb.unwrap_or(MEMORY_LIMIT_MB_DEFAULT)
    }

    /// Refuses limits, names and tests that make no sense in any language; the sources are not looked at.
    ///
    /// # Errors
    /// A 4xx that names the field.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        in_range(
            "timeout_seconds",
            self.timeout_seconds(),
            TIMEOUT_SECONDS_MIN..=TIMEOUT_SECONDS_MAX,
        )?;
        in_range(
            "memory_limit_mb",
            self.memory_limit_mb(),
            MEMORY_LIMIT_MB_MIN..=MEMORY_LIMIT_MB_MAX,
        )?;
        if let Some(name) = &self.entry_point {
            check_entry_point(name)?;
        }
        self.check_tests()
    }

    fn check_tests(&self) -> Result<(), Problem> {
        let count = self.visible().count() + self.hidden().count();
        if count == 0 {
            return Err(Problem::invalid(
                "tests",
                "there is no test: `tests.visible` or `tests.hidden` must have one",
            ));
        }
        if count > TESTS_MAX {
            return Err(Problem::invalid(
                "tests",
                format!("there are {count} tests, more than {TESTS_MAX}"),
            ));
        }
        let mut ids = BTreeSet::new();
        for placed in self.visible().chain(self.hidden()) {
            let id = placed.test.id.as_str();
            let field = format!("{}.id", placed.path);
            if id.is_empty() {
                return Err(Problem::invalid(field, "the test's id is empty"));
            }
            if id.len() > TEST_ID_BYTES_MAX {
                return Err(Problem::invalid(
                    field,
                    format!("the test's id is longer than {TEST_ID_BYTES_MAX} bytes"),
                ));
            }
            if !ids.insert(id) {
                return Err(Problem::invalid(field, "another test has the same id"));
            }
            let (test, path) = (placed.test, &placed.path);
            said_once(path, "input", test.input.is_some(), test.input_blob)?;
            let is_said = test.expected_output.is_some();
            said_once(path, "expected_output", is_said, test.expected_output_blob)?;
        }
        Ok(())
    }
}

/// A content is there as text or by its hash.
fn said_once(path: &str, name: &str, is_text: bool, blob: Option<BlobId>) -> Result<(), Problem> {
    match (is_text, blob) {
        (true, None) | (false, Some(_)) => Ok(()),
        (false, None) => {
            let detail = format!("missing field `{name}`; `{name}_blob` may take its place");
            Err(Problem::invalid(format!("{path}.{name}"), detail))
        }
        (true, Some(_)) => {
            let detail = format!("`{name}` says it already");
            Err(Problem::invalid(format!("{path}.{name}_blob"), detail))
        }
    }
}

fn placed<'a>(
    list: &'static str,
    tests: &'a [RunTest],
) -> impl Iterator<Item = PlacedTest<'a>> + use<'a> {
    tests
        .iter()
        .enumerate()
        .map(move |(index, test)| PlacedTest {
            path: format!("{list}[{index}]"),
            test,
        })
}

fn in_range(field: &str, value: f64, range: std::ops::RangeInclusive<f64>) -> Result<(), Problem> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(Problem::invalid(
            field,
            format!(
                "{value:?} is not between {} and {}",
                range.start(),
                range.end()
            ),
        ))
    }
}

/// The name reaches a driver inside the box; nothing but a name may.
fn check_entry_point(name: &str) -> Result<(), Problem> {
    if EntryPoint::is_name(name) {
        Ok(())
    } else {
        Err(Problem::invalid(
            "entry_point",
            "not the name of a function, such as `solve` or `Solution.solve`",
        ))
    }
}

#[cfg(test)]
mod tests;
