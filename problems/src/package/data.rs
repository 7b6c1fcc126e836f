//! The tests under `data/`: which there are, in which order, with which arguments for the program and the validator.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::PackageError;
use super::loose::Loose;
use super::tree::{Entry, Tree, yaml};
use super::{Format, TestCase};

const TESTS_MAX: usize = 20_000;

/// The tests, and the output validator's arguments that their groups and files agree on.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) tests: Vec<TestCase>,
    pub(super) validator_args: Vec<String>,
}

/// `test_group.yaml` or `testdata.yaml`, the keys of all versions.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    args: Option<Vec<String>>,
    output_validator_args: Option<Args>,
    output_validator_flags: Option<Args>,
    #[serde(rename = "input_validator_args", alias = "input_validator_flags")]
    _input_validator: Option<Args>,
    #[serde(rename = "static_validator_args")]
    _static_validator: Option<Args>,
    #[serde(rename = "input_visualizer_args")]
    _input_visualizer: Option<Args>,
    #[serde(rename = "output_visualizer_args")]
    _output_visualizer: Option<Args>,
    #[serde(rename = "full_feedback")]
    _full_feedback: Option<bool>,
    on_reject: Option<String>,
    grading: Option<String>,
    grader_flags: Option<String>,
    #[serde(rename = "accept_score")]
    _accept_score: Option<String>,
    #[serde(rename = "reject_score")]
    _reject_score: Option<String>,
    #[serde(rename = "range")]
    _range: Option<String>,
    max_score: Option<IgnoredAny>,
    score_aggregation: Option<String>,
    static_validation_score: Option<IgnoredAny>,
    require_pass: Option<Loose<IgnoredAny>>,
    #[serde(rename = "hint")]
    _hint: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
}

type Args = Loose<IgnoredAny>;

/// What a test inherits from the groups that it is in.
#[derive(Debug, Clone, Default)]
struct Inherited {
    args: Vec<String>,
    validator_args: Option<(String, Vec<String>)>,
}

/// Reads all tests: samples first, then the secret ones, each in the order of their names.
pub(super) fn read(tree: &Tree, format: Format) -> Result<Data, PackageError> {
    let mut reader = Reader {
        tree,
        format,
        tests: Vec::new(),
        validator_args: None,
    };
    let root = reader.group("data", &Inherited::default())?;
    for part in ["sample", "secret"] {
        let path = format!("data/{part}");
        if tree.has(&path) {
            let inherited = reader.group(&path, &root)?;
            reader.tests_in(&path, &inherited)?;
        }
    }
    if !reader.tests.iter().any(|test| !test.sample) {
        return Err(PackageError::content(
            "data/secret",
            "there is no secret test",
        ));
    }
    let validator_args = reader
        .validator_args
        .map(|(_, args)| args)
        .unwrap_or_default();
    Ok(Data {
        tests: reader.tests,
        validator_args,
    })
}

struct Reader<'a> {
    tree: &'a Tree,
    format: Format,
    tests: Vec<TestCase>,
    /// The validator's arguments of the tests so far, and the file that gave them.
    validator_args: Option<(String, Vec<String>)>,
}

impl Reader<'_> {
    /// What the tests of this directory inherit.
    fn group(&self, path: &str, from: &Inherited) -> Result<Inherited, PackageError> {
        let mut inherited = from.clone();
        let mut found = None;
        for name in ["test_group.yaml", "testdata.yaml"] {
            let file = format!("{path}/{name}");
            let Some(text) = self.tree.text(&file)? else {
                continue;
            };
            if let Some(other) = found.replace(file.clone()) {
                return Err(PackageError::content(file, format!("{other} is there too")));
            }
            inherited.take(&file, &text)?;
        }
        Ok(inherited)
    }

    fn tests_in(&mut self, path: &str, inherited: &Inherited) -> Result<(), PackageError> {
        let entries = self.tree.entries(path)?;
        for entry in &entries {
            match () {
                () if entry.is_dir && entry.name.ends_with(".files") => {
                    return Err(PackageError::unsupported(
                        &entry.path,
                        "files beside a test",
                    ));
                }
                () if entry.is_dir => {
                    if self.format == Format::V2025 && path == "data/sample" {
                        return Err(PackageError::content(&entry.path, "samples have no groups"));
                    }
                    let inherited = self.group(&entry.path, inherited)?;
                    self.tests_in(&entry.path, &inherited)?;
                }
                () => {
                    if let Some(base) = entry.path.strip_suffix(".in") {
                        self.test(base, path, inherited)?;
                    } else if let Some(base) = entry.path.strip_suffix(".ans") {
                        self.check_answer(base, entry)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn check_answer(&self, base: &str, answer: &Entry) -> Result<(), PackageError> {
        if self.tree.has_file(&format!("{base}.in")) {
            return Ok(());
        }
        Err(PackageError::content(
            &answer.path,
            "the answer has no input of the same name",
        ))
    }

    fn test(
        &mut self,
        base: &str,
        directory: &str,
        inherited: &Inherited,
    ) -> Result<(), PackageError> {
        let (input, answer) = (format!("{base}.in"), format!("{base}.ans"));
        if !self.tree.has(&answer) {
            return Err(PackageError::content(
                input,
                "the input has no answer of the same name, which ends in .ans",
            ));
        }
        for path in [&input, &answer] {
            if !self.tree.has_file(path) {
                return Err(PackageError::content(path, "it is no regular file"));
            }
        }
        let mut own = inherited.clone();
        let file = format!("{base}.yaml");
        if let Some(text) = self.tree.text(&file)? {
            own.take(&file, &text)?;
        }
        self.agree(&input, own.validator_args)?;
        if self.tests.len() == TESTS_MAX {
            return Err(PackageError::content(
                input,
                format!("there are more than {TESTS_MAX} tests"),
            ));
        }
        let strip = |path: &str| path.strip_prefix("data/").unwrap_or(path).to_owned();
        self.tests.push(TestCase {
            name: strip(base),
            input: self.tree.host_path(&input),
            answer: self.tree.host_path(&answer),
            sample: directory.starts_with("data/sample"),
            group: strip(directory),
            args: own.args,
        });
        Ok(())
    }

    /// All tests must have the same arguments for the validator.
    fn agree(
        &mut self,
        input: &str,
        own: Option<(String, Vec<String>)>,
    ) -> Result<(), PackageError> {
        let own = own.unwrap_or_else(|| (input.to_owned(), Vec::new()));
        match &self.validator_args {
            None => self.validator_args = Some(own),
            Some((_, args)) if *args == own.1 => {}
            Some((other, _)) => {
                let what =
                    format!("arguments of the output validator that differ from those of {other}");
                return Err(PackageError::unsupported(own.0, what));
            }
        }
        Ok(())
    }
}

impl Inherited {
    /// Takes over what a file says of its tests.
    fn take(&mut self, file: &str, text: &str) -> Result<(), PackageError> {
        let read: GroupFile = yaml(file, text)?;
        let unsupported =
            |key: &str, what: &str| Err(PackageError::unsupported(file, what).at_key(text, key));
        let wrong = |key: &str, problem: String| {
            Err(PackageError::content(file, problem).at_key(text, key))
        };
        if let Some(on_reject) = read
            .on_reject
            .filter(|on_reject| !["break", "continue"].contains(&on_reject.as_str()))
        {
            return wrong(
                "on_reject",
                format!("unknown on_reject {on_reject:?}: break or continue is wanted"),
            );
        }
        if read.grading.is_some_and(|grading| grading != "default") {
            return unsupported("grading", "custom graders");
        }
        let modes = ["", "worst_error", "first_error", "ignore_sample"];
        let flags = read.grader_flags.unwrap_or_default();
        if flags.split_whitespace().any(|flag| !modes.contains(&flag)) {
            return unsupported(
                "grader_flags",
                "grading other than by the first or worst error",
            );
        }
        let scored = [
            ("max_score", read.max_score.is_some()),
            (
                "static_validation_score",
                read.static_validation_score.is_some(),
            ),
            (
                "score_aggregation",
                read.score_aggregation
                    .is_some_and(|mode| mode != "pass-fail"),
            ),
            ("require_pass", read.require_pass.is_some()),
        ];
        if let Some((key, _)) = scored.into_iter().find(|(_, given)| *given) {
            return unsupported(key, "scoring problems");
        }
        if let Some(args) = read.args {
            self.args = args;
        }
        for (key, given) in [
            ("output_validator_args", read.output_validator_args),
            ("output_validator_flags", read.output_validator_flags),
        ] {
            let Some(given) = given else {
                continue;
            };
            let Some(args) = given.words() else {
                return unsupported(key, "arguments for one of several output validators");
            };
            self.validator_args = Some((file.to_owned(), args));
        }
        Ok(())
    }
}
