//! What judging one submission asks for, wherever the submission came from.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::blob_id::BlobId;
use crate::checker::{Checker, CustomChecker};
use crate::entry_point::EntryPoint;
use crate::generator::GeneratorKind;
use crate::grader::Grader;
use crate::language::LanguageId;
use crate::limits::{CompileLimits, RunLimits};
use crate::package::{Package, TestCase};
use crate::procedure::Procedure;
use crate::source::SourceFile;

/// What judging one submission asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The language that the files are written in.
    pub language: LanguageId,
    /// The submitted files; the first is the main one unless a name says otherwise.
    pub files: Vec<SourceFile>,
    /// Whether the source is a program or perhaps a function to be called.
    pub entry: EntryPoint,
    /// The tests in judging order.
    pub tests: Vec<PlannedTest>,
    /// How the program meets a test.
    #[serde(default)]
    pub procedure: Procedure,
    /// Who compares an output with its answer.
    pub checker: Checker,
    /// Who has to accept as well what that has accepted, with the same arguments.
    #[serde(default)]
    pub further_checkers: Vec<CustomChecker>,
    /// Who looks at the submitted files, for the tests that ask for it.
    #[serde(default)]
    pub static_validator: Option<CustomChecker>,
    /// Who says what groups come to, where the rule asks for that.
    #[serde(default)]
    pub grader: Option<Grader>,
    /// What one run may use.
    pub limits: RunLimits,
    /// Whether a run may make and change files in its working directory.
    #[serde(default = "allowed")]
    pub file_writing: bool,
    /// What compiling may use.
    pub compile_limits: CompileLimits,
    /// Which tests are run, and what they come to.
    pub rule: GeneratorKind,
    /// Bytes of each output that are kept for its reader.
    pub output_head_max: usize,
    /// Whether each run has process id and IPC namespaces of its own, whatever the judge does otherwise.
    #[serde(default)]
    pub fresh_namespaces: bool,
}

/// Plans that were stored before this could be said.
fn allowed() -> bool {
    true
}

/// Bytes of each output that are kept where nothing else is asked for.
pub const OUTPUT_HEAD_MAX: usize = 64 << 10;

impl Plan {
    /// A program that reads and writes its standard streams, on all of these tests, under the usual limits and with the
    /// default checker.
    #[must_use]
    pub fn new(language: LanguageId, files: Vec<SourceFile>, tests: Vec<PlannedTest>) -> Self {
        Self {
            language,
            files,
            entry: EntryPoint::Program,
            tests,
            procedure: Procedure::default(),
            checker: Checker::default(),
            further_checkers: Vec::new(),
            static_validator: None,
            grader: None,
            limits: RunLimits::default(),
            file_writing: true,
            compile_limits: CompileLimits::default(),
            rule: GeneratorKind::All,
            output_head_max: OUTPUT_HEAD_MAX,
            fresh_namespaces: false,
        }
    }

    /// A submission to a package's problem: a program, all tests of the package, folded by its rule. The samples are the
    /// tests that are not hidden. Whether the package allows the language and the source's size is the caller's to ask.
    #[must_use]
    pub fn for_package(package: &Package, language: LanguageId, files: &[SourceFile]) -> Self {
        let included = package.include_for(&language);
        let is_replaced = |file: &&SourceFile| included.iter().any(|own| own.name == file.name);
        let own = files.iter().filter(|file| !is_replaced(file));
        let mut all: Vec<SourceFile> = own.chain(included).cloned().collect();
        if package.kind.submit_answer {
            all = files.to_vec();
        }
        Self {
            language,
            tests: package
                .tests
                .iter()
                .map(|test| planned(package, test, files))
                .collect(),
            files: all,
            entry: EntryPoint::Program,
            procedure: Procedure::of(package),
            checker: package.checker.clone(),
            further_checkers: package.further_checkers.clone(),
            static_validator: package.static_validator.clone(),
            grader: package.grader.clone(),
            limits: package.limits.clone(),
            file_writing: package.file_writing,
            compile_limits: package.compile_limits.clone(),
            rule: package.scoring.rule(),
            output_head_max: OUTPUT_HEAD_MAX,
            fresh_namespaces: false,
        }
    }
}

fn planned(package: &Package, test: &TestCase, files: &[SourceFile]) -> PlannedTest {
    let nothing = || Content::Bytes(Arc::from(&[][..]));
    let own = PlannedTest {
        name: test.name.clone(),
        hidden: !test.sample,
        checker_args: Some(test.checker_args.clone()),
        ..PlannedTest::new(&test.name, nothing())
    };
    if test.static_validation {
        return PlannedTest {
            task: TestTask::LookAtSource,
            ..own
        };
    }
    let task = if package.kind.submit_answer {
        // The output of a test is submitted under the test's name, with or without its directory.
        let short = test.name.rsplit('/').next().unwrap_or_default();
        let names = [
            format!("{}.out", test.name),
            format!("{short}.out"),
            format!("{short}.ans"),
        ];
        let found = names
            .iter()
            .find_map(|name| files.iter().find(|file| file.name == *name));
        let output = found.map_or_else(|| Arc::from(&[][..]), |file| file.content.clone());
        TestTask::Check(Content::Bytes(output))
    } else {
        TestTask::Run
    };
    PlannedTest {
        input: Content::File(test.input.clone()),
        answer: Some(if test.answer.is_file() {
            Content::File(test.answer.clone())
        } else {
            nothing()
        }),
        args: test.args.clone(),
        limits: test.limits.clone(),
        files: test
            .files
            .iter()
            .map(|file| (file.name.clone(), Content::File(file.path.clone())))
            .collect(),
        task,
        ..own
    }
}

/// One test of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTest {
    /// Its name or id, unique in the plan.
    pub name: String,
    /// What the program reads.
    pub input: Content,
    /// What the checker compares with; `None`: the run alone decides. Never enters the program's box.
    pub answer: Option<Content>,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Whether the contestant may see no more of it than its verdict and time.
    pub hidden: bool,
    /// Files that lie beside the program, by name.
    #[serde(default)]
    pub files: Vec<(String, Content)>,
    /// The checker's arguments for this test, all of them; `None`: those that it has.
    #[serde(default)]
    pub checker_args: Option<Vec<String>>,
    /// What the run may use, where that is not the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<RunLimits>,
    /// What is done for it.
    #[serde(default)]
    pub task: TestTask,
    /// Whether the whole output is kept, so that a later job may read it.
    #[serde(default)]
    pub keep_output: bool,
}

/// What is done for a test.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TestTask {
    /// The program is run, and its output is checked.
    #[default]
    Run,
    /// Nothing is run: this output is checked.
    Check(Content),
    /// Nothing is run: the static validator looks at the submitted files.
    LookAtSource,
}

impl PlannedTest {
    /// A test of this input whose run alone decides.
    #[must_use]
    pub fn new(name: &str, input: Content) -> Self {
        Self {
            name: name.to_owned(),
            input,
            answer: None,
            args: Vec::new(),
            hidden: false,
            files: Vec::new(),
            checker_args: None,
            limits: None,
            task: TestTask::Run,
            keep_output: false,
        }
    }
}

/// Some bytes and where they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Content {
    /// Here.
    Bytes(Arc<[u8]>),
    /// In a file of this host.
    File(PathBuf),
    /// In the content-addressed store.
    Blob(BlobId),
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_packages_plan_hides_all_but_the_samples_and_survives_json() {
        let package =
            Package::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/pairs"))
                .unwrap();
        let submission = &package.submissions[0];
        let plan = Plan::for_package(&package, submission.language.clone(), &submission.files);
        let visible: Vec<_> = plan
            .tests
            .iter()
            .filter(|test| !test.hidden)
            .map(|test| test.name.as_str())
            .collect();
        assert_eq!(visible, ["sample/1", "sample/2"]);
        assert_eq!(plan.tests.len(), package.tests.len());
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    }
}
