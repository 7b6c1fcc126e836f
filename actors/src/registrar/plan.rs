//! What judging a submission for a package's problem asks for.

use tribunal_problems::{EntryPoint, LanguageId, Package, Plan, SourceFile};

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
        entry: entry.clone(),
        output_head_max: OUTPUT_HEAD_MAX,
        ..Plan::for_package(package, language.clone(), files)
    }
}
