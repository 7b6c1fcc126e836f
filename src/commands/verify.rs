//! `tribunal verify`: every jury submission against what is expected of it, the package's own self-tests, and times
//! against the limit.

mod bars;
mod show;

use std::process::ExitCode;

use serde::Serialize;
use tribunal_actors::{PackageResult, SubmissionResult, build, measure, run_self_tests};
use tribunal_problems::{Package, Verdict};

use super::Failure;
use super::local::{LocalJudge, block_on, headers, languages};
use crate::cli::VerifyArgs;
use crate::out;
use crate::packages::{Packages, Tried};
use crate::progress::Progress;
use bars::Bars;

/// `verify --json`.
#[derive(Debug, Serialize)]
struct Verification {
    packages: Vec<PackageResult>,
    mismatches: usize,
}

/// Judges them all. Status 0: no mismatch; 1: mismatches; 2: could not judge.
pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let languages = languages(&args.node)?;
    let packages = Packages::new(&languages, headers(&args.node));
    let opened = packages.try_all(&args.dirs)?;
    let jobs = args.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, Into::into),
        usize::from,
    );
    let progress = Progress::new(args.json || args.no_progress);
    let packages = opened
        .iter()
        .filter_map(|(_, package)| package.as_ref().ok());
    let needed = packages.flat_map(Package::programs_languages).collect();
    let work = async |judge: &LocalJudge| verify(judge, opened, jobs, &progress).await;
    let verification = block_on(LocalJudge::during(
        &args.node,
        languages,
        Some(needed),
        work,
    ))?;
    if args.json {
        out::print_json(&verification);
    } else {
        out::print(&show::for_people(&verification, out::is_coloured()));
    }
    Ok(ExitCode::from(verification.status()))
}

async fn verify(
    judge: &LocalJudge,
    opened: Vec<Tried>,
    jobs: usize,
    progress: &Progress,
) -> Result<Verification, Failure> {
    let readable = opened
        .iter()
        .filter_map(|(_, package)| package.as_ref().ok());
    let bars = Bars::of(readable, progress);
    let mut results = Vec::with_capacity(opened.len());
    for (at, (path, package)) in opened.into_iter().enumerate() {
        results.push(match package {
            Ok(package) => {
                bars.begin(&package);
                match one(judge, package, at, jobs, &bars).await {
                    Ok(result) => result,
                    Err(error) => PackageResult::failed(&path, &error.to_string()),
                }
            }
            Err(error) => PackageResult::failed(&path, &tribunal_actors::chain(&error)),
        });
    }
    progress.clear();
    Ok(Verification::of(results))
}

async fn one(
    judge: &LocalJudge,
    package: Package,
    at: usize,
    jobs: usize,
    bars: &Bars,
) -> Result<PackageResult, Failure> {
    let into = judge.scratch().join(at.to_string());
    let judging = judge.judging();
    let package = &build(&judging, package, &into).await?;
    let self_tests = run_self_tests(&judging, package).await?;
    let done = || bars.judged();
    let measuring = measure(&judging, package, jobs, &done);
    let measured = bars.during(judge, package, measuring).await?;
    Ok(PackageResult::of(package, &measured, self_tests))
}

impl Verification {
    fn of(packages: Vec<PackageResult>) -> Self {
        let mismatches = packages.iter().map(PackageResult::mismatches).sum();
        Self {
            packages,
            mismatches,
        }
    }

    fn status(&self) -> u8 {
        let broken = |package: &PackageResult| {
            let failed = |one: &SubmissionResult| one.verdict == Verdict::JE;
            package.error.is_some() || package.submissions.iter().any(failed)
        };
        if self.packages.iter().any(broken) {
            super::COULD_NOT_JUDGE
        } else {
            u8::from(self.mismatches > 0)
        }
    }
}
