//! What judging a submission for a package's problem asks for.

use tribunal_problems::{
    Content, EntryPoint, GeneratorKind, LanguageId, Package, Plan, PlannedTest, SourceFile,
    TestCase,
};

use super::records::NewSubmission;

/// Bytes of each output that a submission's report keeps.
const OUTPUT_HEAD_MAX: usize = 4 << 10;

pub(super) fn of_package(package: &Package, submission: &NewSubmission) -> Plan {
    let language = LanguageId::new(&submission.language);
    plan_of_package(package, &language, &submission.files, &submission.entry)
}

/// What judging these files for the package's problem asks for.
#[must_use]
pub fn plan_of_package(
    package: &Package,
    language: &LanguageId,
    files: &[SourceFile],
    entry: &EntryPoint,
) -> Plan {
    Plan {
        language: language.clone(),
        files: files.to_vec(),
        entry: entry.clone(),
        tests: package.tests.iter().map(planned).collect(),
        procedure: package.procedure.clone(),
        checker: package.checker.clone(),
        limits: package.limits.clone(),
        compile_limits: package.compile_limits.clone(),
        rule: GeneratorKind::Icpc,
        output_head_max: OUTPUT_HEAD_MAX,
    }
}

fn planned(test: &TestCase) -> PlannedTest {
    PlannedTest {
        name: test.name.clone(),
        input: Content::File(test.input.clone()),
        answer: Some(Content::File(test.answer.clone())),
        args: test.args.clone(),
        hidden: !test.sample,
    }
}
