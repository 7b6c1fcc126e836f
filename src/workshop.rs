//! What a package needs before submissions are judged with it, and what can be said of it: self-tests of its own programs
//! and the time limit that follows from its jury's submissions on this host.
//!
//! Everything here is carried out by the judge itself: a validator on an input is a plan like any submission's.

mod build;
mod self_tests;
mod timing;

use std::path::Path;

use tribunal_actors::{BuildReport, TestReport};
use tribunal_problems::{JuryProgram, Package, Plan, PlannedTest};

pub(crate) use build::build;
pub(crate) use self_tests::{SelfTestResult, run_self_tests};
pub(crate) use timing::{Measured, Timed, judged, measure};

use crate::commands::Failure;
use crate::commands::local::LocalJudge;
use timing::infer;

/// The package with its tests made and its time limit known.
pub(crate) async fn ready(
    judge: &LocalJudge,
    package: Package,
    into: &Path,
) -> Result<Package, Failure> {
    let package = build(judge, package, into).await?;
    if package.timing.given.is_some() {
        return Ok(package);
    }
    let jobs = std::thread::available_parallelism().map_or(1, Into::into);
    let limit = infer(judge, &package, jobs).await?;
    Ok(package.with_time_limit(limit))
}

/// Says whether a package lacks anything that only running its programs gives.
pub(crate) fn is_unready(package: &Package) -> bool {
    package.recipe.is_some() || package.timing.given.is_none()
}

/// Bytes of what a program of the jury prints that are kept.
const OUTPUT_HEAD_MAX: usize = 16 << 10;

/// What running a program of the jury on these inputs asks for.
fn plan_of(program: &JuryProgram, tests: Vec<PlannedTest>) -> Plan {
    Plan {
        limits: program.limits.clone(),
        compile_limits: program.compile_limits.clone(),
        output_head_max: OUTPUT_HEAD_MAX,
        ..Plan::new(program.language.clone(), program.files.clone(), tests)
    }
}

/// Why a program was not compiled, if it was not.
fn not_compiled(report: &BuildReport) -> Option<String> {
    let compile = &report.compile;
    (!compile.verdict.is_accepted()).then(|| {
        let log = compile.log.lines().take(5).collect::<Vec<_>>().join("; ");
        format!("it does not compile ({}): {log}", compile.verdict)
    })
}

/// What a program said at its end, for people.
fn last_words(test: &TestReport) -> String {
    let said = [
        Some(test.stderr.as_str()),
        Some(test.stdout.as_str()),
        test.message.as_deref(),
    ];
    let mut said = said
        .into_iter()
        .flatten()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let first = said
        .next()
        .and_then(|text| text.lines().next())
        .unwrap_or_default();
    first.chars().take(200).collect()
}
