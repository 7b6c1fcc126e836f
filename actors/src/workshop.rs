//! What a package needs before submissions are judged with it, and what can be said of it: self-tests of its own programs
//! and the time limit that follows from its jury's submissions on this host.
//!
//! Everything here is carried out by the judge itself: a validator on an input is a plan like any submission's.

mod build;
mod grading;
mod result;
mod self_tests;
mod timing;

use std::fs::File;
use std::path::Path;

use actix::{Addr, MailboxError};
use tribunal_problems::{BlobId, JuryProgram, Package, Plan, PlannedTest};

use crate::registrar::{JudgeAnonymous, JudgeError, Registrar};
use crate::report::{BuildReport, TestReport};
use crate::stores::{Check, OpenBlob, StoreError, Stores};
use timing::infer;

pub use build::build;
pub use result::{
    PackageResult, SelfTestFailure, SelfTests, SubmissionResult, TimedPath, TimingResult, Unjudged,
};
pub use self_tests::{SelfTestFault, SelfTestResult, run_self_tests};
pub use timing::{Measured, Timed, measure};

/// Why a package's own programs give nothing to judge by.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    /// The package is at fault.
    #[error("{0}")]
    Package(String),
    /// A plan was not judged.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// The store does not give what a run has left in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system refuses.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The judge is stopping.
    #[error("the judge is stopping")]
    Stopping,
}

impl From<MailboxError> for WorkshopError {
    fn from(_: MailboxError) -> Self {
        Self::Stopping
    }
}

/// What judges here.
#[derive(Clone)]
pub struct Judging {
    /// Has plans carried out.
    pub registrar: Addr<Registrar>,
    /// Has what runs leave.
    pub stores: Addr<Stores>,
}

impl Judging {
    /// Judges one plan.
    ///
    /// # Errors
    /// The judge has no report of it.
    pub async fn judge(&self, plan: Plan) -> Result<BuildReport, WorkshopError> {
        Ok(self.registrar.send(JudgeAnonymous { plan }).await??)
    }

    /// Opens what a run left in the store.
    async fn open_blob(&self, id: BlobId) -> Result<File, WorkshopError> {
        let check = Check::Content;
        Ok(self.stores.send(OpenBlob { id, check }).await??)
    }
}

/// The package with its tests made and its time limit known.
///
/// # Errors
/// Its own programs give no tests or no time limit, or the judge fails.
pub async fn ready(
    judge: &Judging,
    package: Package,
    into: &Path,
) -> Result<Package, WorkshopError> {
    let package = build(judge, package, into).await?;
    if package.timing.given.is_some() {
        return Ok(package);
    }
    let jobs = std::thread::available_parallelism().map_or(1, Into::into);
    let limit = infer(judge, &package, jobs).await?;
    Ok(package.with_time_limit(limit))
}

/// Says whether a package lacks anything that only running its programs gives.
#[must_use]
pub fn is_unready(package: &Package) -> bool {
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
