//! What judging one submission asks for, wherever the submission came from.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::blob_id::BlobId;
use crate::checker::Checker;
use crate::entry_point::EntryPoint;
use crate::generator::GeneratorKind;
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
    /// What one run may use.
    pub limits: RunLimits,
    /// What compiling may use.
    pub compile_limits: CompileLimits,
    /// Which tests are run, and what they come to.
    pub rule: GeneratorKind,
    /// Bytes of each output that are kept for its reader.
    pub output_head_max: usize,
}

/// Bytes of each output that are kept where nothing else is asked for.
pub const OUTPUT_HEAD_MAX: usize = 64 << 10;

impl Plan {
    /// A submission to a package's problem: a program, all tests of the package, all or nothing. The samples are the
    /// tests that are not hidden. Whether the package allows the language and the source's size is the caller's to ask.
    #[must_use]
    pub fn for_package(package: &Package, language: LanguageId, files: Vec<SourceFile>) -> Self {
        let planned = |test: &TestCase| PlannedTest {
            name: test.name.clone(),
            input: Content::File(test.input.clone()),
            answer: Some(Content::File(test.answer.clone())),
            args: test.args.clone(),
            hidden: !test.sample,
        };
        Self {
            language,
            files,
            entry: EntryPoint::Program,
            tests: package.tests.iter().map(planned).collect(),
            procedure: package.procedure.clone(),
            checker: package.checker.clone(),
            limits: package.limits.clone(),
            compile_limits: package.compile_limits.clone(),
            rule: GeneratorKind::Icpc,
            output_head_max: OUTPUT_HEAD_MAX,
        }
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
        let plan = Plan::for_package(
            &package,
            submission.language.clone(),
            submission.files.clone(),
        );
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
