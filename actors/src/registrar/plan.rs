//! What judging a submission for a package's problem asks for.

use tribunal_problems::{Content, GeneratorKind, LanguageId, Package, Plan, PlannedTest, TestCase};

use super::records::NewSubmission;

/// Bytes of each output that a submission's report keeps.
const OUTPUT_HEAD_MAX: usize = 4 << 10;

pub(super) fn of_package(package: &Package, submission: &NewSubmission) -> Plan {
    Plan {
        language: LanguageId::new(&submission.language),
        files: submission.files.clone(),
        entry: submission.entry.clone(),
        tests: package.tests.iter().map(planned).collect(),
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
