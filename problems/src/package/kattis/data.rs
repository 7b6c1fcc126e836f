//! What lies under `data/`: the tests and the groups that they are in, and what the self-tests need.

use std::collections::{BTreeMap, BTreeSet};

use super::constants::Constants;
use super::group_file::{GroupFile, Role};
use crate::package::error::PackageError;
use crate::package::model::PlacedFile;
use crate::package::tree::{Entry, Tree};
use crate::package::{Format, TestCase};

mod cases;

use cases::CaseKind;
pub(super) use cases::{InputCase, OutputCase};

const TESTS_MAX: usize = 20_000;
const DEPTH_MAX: usize = 16;

/// What lies under `data/`.
#[derive(Debug, Default)]
pub(super) struct Data {
    /// Samples first, then the secret ones, each in the order of their names.
    pub(super) tests: Vec<TestCase>,
    /// Every directory with tests in it; the first is `data` itself, each other stands behind its parent.
    pub(super) groups: Vec<DataGroup>,
    /// The inputs that validators have to accept, or one of them to reject.
    pub(super) inputs: Vec<InputCase>,
    /// The outputs that the checker has to accept or to reject.
    pub(super) outputs: Vec<OutputCase>,
}

/// A directory with tests.
#[derive(Debug)]
pub(super) struct DataGroup {
    /// Its path under `data/`; empty for `data` itself.
    pub(super) name: String,
    /// What its own file says.
    pub(super) own: GroupFile,
    /// What its tests inherit, its own file included.
    pub(super) settings: GroupFile,
    pub(super) entries: Vec<DataEntry>,
}

/// An entry of a directory, in judging order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataEntry {
    /// By its place among the tests.
    Test(usize),
    /// By its place among the groups.
    Group(usize),
}

impl Data {
    /// The place of a group's first test, or of the first one behind it.
    pub(super) fn first_test_of(&self, group: usize) -> usize {
        let entries = self.groups[group].entries.iter();
        let places = entries.map(|entry| match entry {
            DataEntry::Test(test) => *test,
            DataEntry::Group(inner) => self.first_test_of(*inner),
        });
        let name = &self.groups[group].name;
        let behind = || {
            self.tests
                .iter()
                .position(|test| test.group > *name && !test.sample)
        };
        places.min().or_else(behind).unwrap_or(self.tests.len())
    }

    /// Puts a test at a place among all and first in a group.
    pub(super) fn insert_test(&mut self, place: usize, group: usize, test: TestCase) {
        for entry in self.groups.iter_mut().flat_map(|group| &mut group.entries) {
            if let DataEntry::Test(at) = entry
                && *at >= place
            {
                *at += 1;
            }
        }
        self.tests.insert(place, test);
        self.groups[group].entries.insert(0, DataEntry::Test(place));
    }
}

/// How the data is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) tree: &'a Tree,
    pub(super) format: Format,
    /// Whether the keys of the old formats are known in 2025-09 as well.
    pub(super) is_draft: bool,
    pub(super) constants: &'a Constants,
    /// Whether answers may be missing, since nobody looks at them.
    pub(super) answers_optional: bool,
    /// Whether samples are enough.
    pub(super) secret_optional: bool,
}

/// Reads all of it.
pub(super) fn read(reading: Reading<'_>) -> Result<Data, PackageError> {
    let mut reader = Reader {
        reading,
        data: Data::default(),
    };
    let root = reader.group("data", "", &GroupFile::default(), Role::Group)?;
    for (part, role) in [("sample", Role::Sample), ("secret", Role::Group)] {
        let path = format!("data/{part}");
        if reading.tree.has(&path) {
            let from = reader.data.groups[root].settings.clone();
            let group = reader.directory(&path, part, &from, role, 0)?;
            reader.data.groups[root]
                .entries
                .push(DataEntry::Group(group));
        }
    }
    let is_needed = |test: &TestCase| reading.secret_optional || !test.sample;
    if !reader.data.tests.iter().any(is_needed) {
        return Err(PackageError::content(
            "data/secret",
            "there is no secret test",
        ));
    }
    let settings = reader.data.groups[root].settings.clone();
    for (names, kind) in [
        (["invalid_input", "invalid_inputs"], CaseKind::InvalidInput),
        (
            ["invalid_output", "invalid_outputs"],
            CaseKind::InvalidOutput,
        ),
        (["valid_output", "valid_outputs"], CaseKind::ValidOutput),
    ] {
        for name in names {
            reader.cases(&format!("data/{name}"), kind, &settings, 0)?;
        }
    }
    Ok(reader.data)
}

struct Reader<'a> {
    reading: Reading<'a>,
    data: Data,
}

impl Reader<'_> {
    /// Begins a group; answers its place.
    fn group(
        &mut self,
        path: &str,
        name: &str,
        from: &GroupFile,
        role: Role,
    ) -> Result<usize, PackageError> {
        let own = self.group_file(path, role)?;
        self.data.groups.push(DataGroup {
            name: name.to_owned(),
            settings: own.inheriting(from),
            own,
            entries: Vec::new(),
        });
        Ok(self.data.groups.len() - 1)
    }

    fn group_file(&self, path: &str, role: Role) -> Result<GroupFile, PackageError> {
        let mut found: Option<String> = None;
        let mut read = GroupFile::default();
        for name in ["test_group.yaml", "testdata.yaml"] {
            let file = format!("{path}/{name}");
            if !self.reading.tree.has(&file) {
                continue;
            }
            if let Some(other) = found.replace(file.clone()) {
                return Err(PackageError::content(file, format!("{other} is there too")));
            }
            read = self.file(&file, role)?;
        }
        Ok(read)
    }

    fn file(&self, file: &str, role: Role) -> Result<GroupFile, PackageError> {
        let Reading {
            tree,
            format,
            is_draft,
            constants,
            ..
        } = self.reading;
        let Some(text) = tree.text(file)? else {
            return Ok(GroupFile::default());
        };
        let text = String::from_utf8(constants.applied(text.into_bytes()))
            .map_err(|_| PackageError::content(file, "it is not UTF-8"))?;
        GroupFile::read(file, &text, format, is_draft, role)
    }

    /// Reads a directory and everything below it; answers its place among the groups.
    fn directory(
        &mut self,
        path: &str,
        name: &str,
        from: &GroupFile,
        role: Role,
        depth: usize,
    ) -> Result<usize, PackageError> {
        if depth > DEPTH_MAX {
            return Err(PackageError::content(path, "the directories are too deep"));
        }
        let group = self.group(path, name, from, role)?;
        let settings = self.data.groups[group].settings.clone();
        let entries = self.reading.tree.entries(path)?;
        let mut bases: BTreeMap<&str, bool> = BTreeMap::new();
        for entry in &entries {
            if entry.is_dir && !entry.name.ends_with(".files") {
                if self.reading.format == Format::V2025 && role == Role::Sample {
                    return Err(PackageError::content(&entry.path, "samples have no groups"));
                }
                if bases.insert(&entry.name, true).is_some() {
                    return Err(same_name(&entry.path));
                }
            } else if let Some(base) = entry.name.strip_suffix(".in")
                && bases.insert(base, false).is_some()
            {
                return Err(same_name(&entry.path));
            }
        }
        self.check_strays(&entries, &bases)?;
        for (base, is_dir) in bases {
            let (path, name) = (format!("{path}/{base}"), format!("{name}/{base}"));
            let entry = if is_dir {
                DataEntry::Group(self.directory(&path, &name, &settings, role, depth + 1)?)
            } else {
                DataEntry::Test(self.test(&path, &name, group, role)?)
            };
            self.data.groups[group].entries.push(entry);
        }
        Ok(group)
    }

    /// Files that belong to a test which is not there, or that do not go together.
    fn check_strays(
        &self,
        entries: &[Entry],
        bases: &BTreeMap<&str, bool>,
    ) -> Result<(), PackageError> {
        let is_new = self.reading.format == Format::V2025;
        let own: &[&str] = if is_new {
            &[
                ".in.statement",
                ".ans.statement",
                ".in.download",
                ".ans.download",
                ".ans",
                ".out",
                ".files",
                ".yaml",
            ]
        } else {
            &[".ans", ".files"]
        };
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        for entry in entries {
            let groups = ["test_group.yaml", "testdata.yaml"];
            if groups.contains(&entry.name.as_str()) {
                continue;
            }
            let found = own
                .iter()
                .find_map(|ending| Some((entry.name.strip_suffix(ending)?, *ending)));
            let Some((base, ending)) = found else {
                continue;
            };
            if bases.get(base) != Some(&false)
                && !names.contains(format!("{base}.interaction").as_str())
            {
                let problem = match ending {
                    ".ans" => "the answer has no input of the same name".to_owned(),
                    other => format!("there is no test {base} that this {other} could belong to"),
                };
                return Err(PackageError::content(&entry.path, problem));
            }
            if let Some(what) = ending.strip_suffix(".statement")
                && !names.contains(format!("{base}{what}.download").as_str())
            {
                let problem = format!(
                    "what is shown differs from the file, so there must be {base}{what}.download too"
                );
                return Err(PackageError::content(&entry.path, problem));
            }
        }
        Ok(())
    }

    fn test(
        &mut self,
        path: &str,
        name: &str,
        group: usize,
        role: Role,
    ) -> Result<usize, PackageError> {
        let tree = self.reading.tree;
        let (input, answer) = (format!("{path}.in"), format!("{path}.ans"));
        tree.check_file(&input)?;
        if path.ends_with("/test_group") {
            return Err(PackageError::content(
                input,
                "no test may be named test_group",
            ));
        }
        if tree.has(&answer) {
            tree.check_file(&answer)?;
        } else if !self.reading.answers_optional {
            let problem = "the input has no answer of the same name, which ends in .ans";
            return Err(PackageError::content(input, problem));
        }
        if self.data.tests.len() == TESTS_MAX {
            return Err(PackageError::content(
                input,
                format!("there are more than {TESTS_MAX} tests"),
            ));
        }
        let from = &self.data.groups[group];
        let own = self
            .file(&format!("{path}.yaml"), Role::Test)?
            .inheriting(&from.settings);
        let files = self.files_of(path)?;
        let test = TestCase {
            name: name.to_owned(),
            input: tree.host_path(&input),
            answer: tree.host_path(&answer),
            sample: role == Role::Sample,
            group: from.name.clone(),
            args: own.args.clone().unwrap_or_default(),
            files: files.clone(),
            checker_args: own.checker_args.clone().unwrap_or_default(),
            limits: None,
            static_validation: false,
        };
        self.data.inputs.push(InputCase {
            name: name.to_owned(),
            input: test.input.clone(),
            files,
            validator_args: own.input_validator_args,
            args: test.args.clone(),
            valid: true,
        });
        let output = format!("{path}.out");
        if self.reading.format == Format::V2025 && tree.has(&output) {
            tree.check_file(&output)?;
            self.data.outputs.push(OutputCase {
                name: format!("{name}.out"),
                input: test.input.clone(),
                answer: test.answer.clone(),
                output: tree.host_path(&output),
                checker_args: test.checker_args.clone(),
                valid: true,
            });
        }
        self.data.tests.push(test);
        Ok(self.data.tests.len() - 1)
    }

    /// The files that lie beside a test's input.
    fn files_of(&self, path: &str) -> Result<Vec<PlacedFile>, PackageError> {
        let tree = self.reading.tree;
        let directory = format!("{path}.files");
        let files = tree.files_below(&directory)?;
        let placed = |file: &Entry| {
            tree.check_file(&file.path)?;
            Ok(PlacedFile {
                name: file.path[directory.len() + 1..].to_owned(),
                path: tree.host_path(&file.path),
            })
        };
        files.iter().map(placed).collect()
    }
}

fn same_name(path: &str) -> PackageError {
    PackageError::content(path, "a test and a directory have the same name")
}

impl GroupFile {
    /// What a group or test has by its own file and those above it.
    fn inheriting(&self, from: &Self) -> Self {
        macro_rules! own_or_above {
            ($($key:ident),*) => {
                Self {
                    file: if self.file.is_empty() { from.file.clone() } else { self.file.clone() },
                    text: if self.file.is_empty() { from.text.clone() } else { self.text.clone() },
                    names_checker: self.names_checker,
                    $($key: self.$key.clone().or_else(|| from.$key.clone()),)*
                    max_score: self.max_score.clone(),
                    aggregation: self.aggregation,
                    static_score: self.static_score.clone(),
                    require_pass: self.require_pass.clone(),
                }
            };
        }
        own_or_above!(
            args,
            input_validator_args,
            checker_args,
            static_args,
            on_reject,
            custom_grading,
            grader_flags,
            accept_score,
            reject_score,
            range
        )
    }
}
