//! `tribunal verify`: every jury submission against what its folder expects.

use std::process::ExitCode;

use futures_util::StreamExt;
use futures_util::stream;
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::sync::mpsc::Receiver;
use tribunal_actors::{EventKind, Subscribe, Update, plan_of_package};
use tribunal_problems::{EntryPoint, Format, JurySubmission, Package, UnjudgedSubmission, Verdict};

use super::Failure;
use super::local::{LocalJudge, block_on, languages, of_checker};
use crate::cli::VerifyArgs;
use crate::progress::Progress;
use crate::report::{failure, tint_of};
use crate::table::{Side, Table, Tint, harmless, tinted};
use crate::{out, packages};

/// `verify --json`.
#[derive(Debug, Serialize)]
struct Verification {
    packages: Vec<PackageResult>,
    mismatches: usize,
}

#[derive(Debug, Serialize)]
struct PackageResult {
    path: String,
    format: Format,
    time_limit_ms: u128,
    submissions: Vec<SubmissionResult>,
    /// What cannot be judged here, such as a submission in a language without a toolchain.
    unjudged: Vec<Unjudged>,
    self_tests: SelfTests,
}

#[derive(Debug, Serialize)]
struct Unjudged {
    path: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct SubmissionResult {
    path: String,
    language: String,
    expected: Vec<Verdict>,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    ok: bool,
    #[serde(skip)]
    slowest_ms: Option<u64>,
    #[serde(skip)]
    skipped: u64,
    /// Where it failed and the last words of the phase, where the verdict was not expected.
    #[serde(skip)]
    failure: Option<String>,
}

/// Tests of the package's own programs.
#[derive(Debug, Default, Serialize)]
struct SelfTests {
    run: usize,
    failed: usize,
}

/// Judges them all. Status 0: no mismatch; 1: mismatches; 2: could not judge.
pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let languages = languages(&args.node)?;
    let packages = packages::open_all(&args.dirs, &languages)?;
    let jobs = args.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, Into::into),
        usize::from,
    );
    let progress = Progress::new(args.json || args.no_progress);
    let work = async |judge: &LocalJudge| verify(judge, &packages, jobs, &progress).await;
    let submitted = packages.iter().flat_map(|package| &package.submissions);
    let submitted = submitted.map(|submission| submission.language.clone());
    let checkers = packages
        .iter()
        .filter_map(|package| of_checker(&package.checker));
    let only = Some(submitted.chain(checkers).collect());
    let verification = block_on(LocalJudge::during(&args.node, languages, only, work))?;
    if args.json {
        out::print_json(&verification);
    } else {
        out::print(&for_people(&verification, out::is_coloured()));
    }
    Ok(ExitCode::from(verification.status()))
}

impl Unjudged {
    fn of(submission: &UnjudgedSubmission) -> Self {
        Self {
            path: submission.path.clone(),
            reason: submission.reason.clone(),
        }
    }
}

impl Verification {
    fn status(&self) -> u8 {
        let submissions = || {
            self.packages
                .iter()
                .flat_map(|package| &package.submissions)
        };
        if submissions().any(|submission| submission.verdict == Verdict::JE) {
            super::COULD_NOT_JUDGE
        } else {
            u8::from(self.mismatches > 0)
        }
    }
}

async fn verify(
    judge: &LocalJudge,
    packages: &[Package],
    jobs: usize,
    progress: &Progress,
) -> Result<Verification, Failure> {
    let bars = Bars::of(packages, progress);
    let all = Subscribe {
        after: None,
        submission: None,
    };
    let updates = judge.node.event_log().send(all).await??;
    let watching = actix::spawn(bars.clone().follow(updates));
    let judged = packages
        .iter()
        .flat_map(|package| package.submissions.iter().map(move |one| (package, one)))
        .map(|(package, submission)| {
            let bars = &bars;
            async move {
                let result = judge_one(judge, package, submission).await;
                bars.judged(result.as_ref().map_or(0, |result| result.skipped));
                result
            }
        });
    let mut results = stream::iter(judged).buffered(jobs.max(1));
    let mut found = Vec::with_capacity(packages.len());
    for package in packages {
        let mut submissions = Vec::with_capacity(package.submissions.len());
        for _ in &package.submissions {
            let result = results.next().await.ok_or("a submission was not judged")?;
            submissions.push(result?);
        }
        found.push(PackageResult {
            path: package.path.display().to_string(),
            format: package.format,
            time_limit_ms: package.limits.time.as_millis(),
            submissions,
            unjudged: package.unjudged.iter().map(Unjudged::of).collect(),
            self_tests: SelfTests::default(),
        });
    }
    watching.abort();
    progress.clear();
    let mismatches = found
        .iter()
        .flat_map(|package| &package.submissions)
        .filter(|submission| !submission.ok)
        .count();
    Ok(Verification {
        packages: found,
        mismatches,
    })
}

/// A bar for each phase.
#[derive(Debug, Clone)]
struct Bars {
    compile: ProgressBar,
    test: ProgressBar,
    submissions: ProgressBar,
}

impl Bars {
    fn of(packages: &[Package], progress: &Progress) -> Self {
        let counts = packages
            .iter()
            .map(|package| (package.submissions.len(), package.tests.len()));
        let submissions = counts.clone().map(|(submissions, _)| submissions).sum();
        let tests = counts.map(|(submissions, tests)| submissions * tests).sum();
        Self {
            compile: progress.phase("compile", submissions),
            test: progress.phase("test", tests),
            submissions: progress.phase("judged", submissions),
        }
    }

    /// Moves with what happens.
    async fn follow(self, mut updates: Receiver<Update>) {
        while let Some(Update::Event(event)) = updates.recv().await {
            match event.kind {
                EventKind::Compiled { .. } => self.compile.inc(1),
                EventKind::TestDone { .. } => self.test.inc(1),
                _ => {}
            }
        }
    }

    /// A submission is judged, and so many of its tests need no run.
    fn judged(&self, skipped: u64) {
        self.test.inc(skipped);
        self.submissions.inc(1);
    }
}

async fn judge_one(
    judge: &LocalJudge,
    package: &Package,
    submission: &JurySubmission,
) -> Result<SubmissionResult, Failure> {
    let plan = plan_of_package(
        package,
        &submission.language,
        &submission.files,
        &EntryPoint::Program,
    );
    let report = judge.judge(plan).await?;
    let skipped = report
        .tests
        .iter()
        .filter(|test| test.verdict == Verdict::SK);
    let ok = submission.expects(report.verdict);
    Ok(SubmissionResult {
        skipped: skipped.count() as u64,
        failure: failure(&report).filter(|_| !ok),
        path: submission.path.clone(),
        language: submission.language.to_string(),
        expected: submission.expected.clone(),
        verdict: report.verdict,
        score: report.score,
        ok,
        slowest_ms: report.tests.iter().map(|test| test.cpu_ms).max(),
    })
}

fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

fn for_people(verification: &Verification, coloured: bool) -> String {
    let mut text = String::new();
    for package in &verification.packages {
        let heading = tinted(&harmless(&package.path), Tint::Bold, coloured);
        text.push_str(&format!("{heading}  limit {} ms\n", package.time_limit_ms));
        let mut table = Table::new(&[
            ("", Side::Left),
            ("submission", Side::Left),
            ("language", Side::Left),
            ("verdict", Side::Left),
            ("expected", Side::Left),
            ("slowest", Side::Right),
        ]);
        for submission in &package.submissions {
            let expected: Vec<&str> = submission.expected.iter().map(|one| one.word()).collect();
            let (mark, tint) = if submission.ok {
                ("ok", Tint::Green)
            } else {
                ("MISMATCH", Tint::Red)
            };
            let slowest = submission
                .slowest_ms
                .map_or_else(String::new, |ms| format!("{ms} ms"));
            table.row(vec![
                (mark.to_owned(), tint),
                (harmless(&submission.path), Tint::Plain),
                (submission.language.clone(), Tint::Plain),
                (submission.verdict.to_string(), tint_of(submission.verdict)),
                (expected.join(" "), Tint::Dim),
                (slowest, Tint::Plain),
            ]);
        }
        text.push_str(&table.render(coloured));
        for submission in &package.submissions {
            if let Some(failure) = &submission.failure {
                let lines = format!("{}: {failure}", submission.path);
                text.push_str(&indented(&harmless(&lines)));
            }
        }
        for unjudged in &package.unjudged {
            let line = format!("  not judged: {}: {}", unjudged.path, unjudged.reason);
            text.push_str(&format!(
                "{}\n",
                tinted(&harmless(&line), Tint::Yellow, coloured)
            ));
        }
        text.push('\n');
    }
    let judged: usize = verification
        .packages
        .iter()
        .map(|package| package.submissions.len())
        .sum();
    let (sum, tint) = match verification.mismatches {
        0 => (
            format!("{judged} submissions, all as expected"),
            Tint::Green,
        ),
        wrong => (
            format!("{judged} submissions, {wrong} mismatches"),
            Tint::Red,
        ),
    };
    text.push_str(&format!("{}\n", tinted(&sum, tint, coloured)));
    text
}
