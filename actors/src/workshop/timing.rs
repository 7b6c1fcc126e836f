//! How long the jury's submissions take on this host, and what follows for the time limit (package-formats 5.2).
//!
//! Submissions run under a longer limit than the problem's, so that it can be told how far off they are; what they get is
//! then decided under the problem's own.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tribunal_problems::{
    EntryPoint, Final, Generator, GeneratorKind, Judged, JudgedTest, JurySubmission, Package, Plan,
    Ratio, Verdict,
};

use super::{Judging, WorkshopError};
use crate::registrar::plan_of_package;
use crate::report::{BuildReport, TestReport};

/// What came of one submission.
#[derive(Debug)]
pub struct Timed {
    /// Its place in the package's list.
    pub at: usize,
    /// The report, every test of it run.
    pub report: BuildReport,
    /// What it comes to under the problem's own limit and rule.
    pub judged: Judged,
    /// Why the judge failed at that, where no single test is the reason.
    pub fault: Option<String>,
}

/// A submission that has run, and is not judged yet.
struct Run {
    at: usize,
    report: BuildReport,
}

/// A package's submissions and the time limit under which they are judged.
#[derive(Debug)]
pub struct Measured {
    /// The time limit.
    pub limit: Duration,
    /// Whether it follows from the submissions.
    pub inferred: bool,
    /// Every submission, in the package's order.
    pub submissions: Vec<Timed>,
    /// How long the slowest took that has to be fast enough, and which it is.
    pub slowest: Option<(Duration, String)>,
    /// How long the fastest took that has to be too slow, and which it is.
    pub fastest_too_slow: Option<(Duration, String)>,
}

/// Runs every submission on every test. Of those that bound an unknown limit from below none may be too slow.
///
/// # Errors
/// No submission bounds an unknown limit, or the judge fails.
pub async fn measure(
    judge: &Judging,
    package: &Package,
    jobs: usize,
    done: &(dyn Fn() + Sync),
) -> Result<Measured, WorkshopError> {
    let all: Vec<usize> = (0..package.submissions.len()).collect();
    let is_lower = |at: &usize| package.submissions[*at].lower_bounds().next().is_some();
    let (first, then): (Vec<usize>, Vec<usize>) = all.into_iter().partition(is_lower);
    let given = package.timing.given;
    let run_limit = match given {
        Some(limit) => package.timing.too_slow_from(limit),
        None => package.limits.time,
    };
    let mut submissions = run_all(judge, package, first, run_limit, jobs, done).await?;
    let slowest = slowest_of(package, &submissions);
    let limit = match (given, &slowest) {
        (Some(limit), _) => limit,
        (None, Some((slowest, _))) => package.timing.limit_for(*slowest),
        (None, None) if package.submissions.is_empty() => package.limits.time,
        (None, None) => return Err(no_bound(package)),
    };
    let run_limit = package.timing.too_slow_from(limit);
    submissions.extend(run_all(judge, package, then, run_limit, jobs, done).await?);
    submissions.sort_by_key(|one| one.at);
    for one in &mut submissions {
        see_who_waits(judge, package, limit, one).await?;
    }
    let fastest_too_slow = fastest_of(package, &submissions);
    let mut timed = Vec::with_capacity(submissions.len());
    for one in submissions {
        timed.push(judged(judge, package, limit, one).await?);
    }
    Ok(Measured {
        limit,
        inferred: given.is_none(),
        submissions: timed,
        slowest,
        fastest_too_slow,
    })
}

/// The time limit that follows from the submissions that have to be fast enough.
///
/// # Errors
/// There is none, or the judge fails.
pub(super) async fn infer(
    judge: &Judging,
    package: &Package,
    jobs: usize,
) -> Result<Duration, WorkshopError> {
    let all = 0..package.submissions.len();
    let is_lower = |at: &usize| package.submissions[*at].lower_bounds().next().is_some();
    let first = all.filter(is_lower).collect();
    let timed = run_all(judge, package, first, package.limits.time, jobs, &|| {}).await?;
    match slowest_of(package, &timed) {
        Some((slowest, _)) => Ok(package.timing.limit_for(slowest)),
        None => Err(no_bound(package)),
    }
}

fn no_bound(package: &Package) -> WorkshopError {
    let path = package.path.display();
    let why = "it names no time limit, and no submission says how long it has to be";
    WorkshopError::Package(format!("{path}: {why}"))
}

async fn run_all(
    judge: &Judging,
    package: &Package,
    which: Vec<usize>,
    run_limit: Duration,
    jobs: usize,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Run>, WorkshopError> {
    let running = which.into_iter().map(|at| async move {
        let plan = patient_plan(package, &package.submissions[at], run_limit);
        let report = judge.judge(plan).await?;
        done();
        Ok::<_, WorkshopError>(Run { at, report })
    });
    let ran: Vec<_> = stream::iter(running).buffered(jobs.max(1)).collect().await;
    ran.into_iter().collect()
}

/// All tests, under this limit.
fn patient_plan(package: &Package, submission: &JurySubmission, run_limit: Duration) -> Plan {
    let plan = plan_of_package(
        package,
        &submission.language,
        &submission.files,
        &EntryPoint::Program,
    );
    let mut tests = plan.tests;
    for limits in tests.iter_mut().filter_map(|test| test.limits.as_mut()) {
        let longer = package.timing.too_slow_from(limits.time);
        *limits = limits.clone().with_time(longer);
    }
    Plan {
        tests,
        limits: plan.limits.clone().with_time(run_limit),
        rule: GeneratorKind::All,
        ..plan
    }
}

/// A test that took longer than the problem's wall time, in a run that was given more: whether it was the program that waited, or the host
/// that had no core for it, only a run under the problem's own limits tells.
async fn see_who_waits(
    judge: &Judging,
    package: &Package,
    limit: Duration,
    run: &mut Run,
) -> Result<(), WorkshopError> {
    let limits = match package.timing.given {
        Some(_) => package.limits.clone(),
        None => package.limits.clone().with_time(limit),
    };
    let is_late = |(at, test): (usize, &TestReport)| {
        let own = package.tests.get(at).and_then(|test| test.limits.as_ref());
        let own = own.unwrap_or(&limits);
        let has_waited = Duration::from_millis(test.wall_ms) > own.wall
            && Duration::from_millis(test.cpu_ms) <= own.time;
        has_waited && !matches!(test.verdict, Verdict::SK | Verdict::JE | Verdict::WTL)
    };
    if !run.report.tests.iter().enumerate().any(is_late) {
        return Ok(());
    }
    let submission = &package.submissions[run.at];
    let plan = plan_of_package(
        package,
        &submission.language,
        &submission.files,
        &EntryPoint::Program,
    );
    let plan = Plan {
        limits,
        rule: GeneratorKind::All,
        ..plan
    };
    let again = judge.judge(plan).await?;
    for (test, again) in run.report.tests.iter_mut().zip(again.tests) {
        if again.verdict == Verdict::WTL {
            *test = again;
        }
    }
    Ok(())
}

/// What came of each test under this limit.
fn tests_under(package: &Package, limit: Duration, report: &BuildReport) -> Vec<JudgedTest> {
    // A test may have a limit of its own; where only times are asked for, none counts.
    let own = |at: usize| match &package.tests.get(at)?.limits {
        Some(own) if limit < Duration::MAX => Some(own.time),
        _ => None,
    };
    let tests = report.tests.iter().enumerate();
    tests
        .map(|(at, test)| JudgedTest {
            name: test.name.clone(),
            verdict: under_limit(test, own(at).unwrap_or(limit)),
            message: test.message.clone().unwrap_or_default(),
            time: time_of(test),
        })
        .collect()
}

/// What the submission comes to under the problem's own limit and rule.
async fn judged(
    judge: &Judging,
    package: &Package,
    limit: Duration,
    run: Run,
) -> Result<Timed, WorkshopError> {
    let Run { at, report } = run;
    let tests = tests_under(package, limit, &report);
    let end = fold(judge, package, &report, &tests).await?;
    let fault = end.as_ref().and_then(|end| end.fault.clone());
    let (verdict, score, groups) = match end {
        Some(end) => {
            let groups = end
                .groups
                .into_iter()
                .map(|group| (group.name, Ratio::from(group.score)));
            let score = end.score.filter(|_| package.kind.scored).map(Ratio::from);
            (end.verdict, score, groups.collect())
        }
        None => (Verdict::JE, None, Vec::new()),
    };
    let judged = Judged {
        verdict,
        score,
        groups,
        tests: tests.into_iter().filter(was_run).collect(),
    };
    Ok(Timed {
        at,
        report,
        judged,
        fault,
    })
}

fn was_run(test: &JudgedTest) -> bool {
    test.verdict != Verdict::SK
}

/// The time that counts against the limit: what a program sleeps away counts where that is why it was ended.
fn time_of(test: &TestReport) -> Duration {
    let is_wall = matches!(test.verdict, Verdict::WTL | Verdict::ILE);
    Duration::from_millis(if is_wall { test.wall_ms } else { test.cpu_ms })
}

/// A test's verdict under a shorter limit than that of its run.
fn under_limit(test: &TestReport, limit: Duration) -> Verdict {
    let is_judged = !matches!(test.verdict, Verdict::SK | Verdict::JE | Verdict::MLE);
    if is_judged && Duration::from_millis(test.cpu_ms) > limit {
        Verdict::TLE
    } else {
        test.verdict
    }
}

/// What the package's rule makes of the tests, given out one by one, and its grader where that is asked.
async fn fold(
    judge: &Judging,
    package: &Package,
    report: &BuildReport,
    tests: &[JudgedTest],
) -> Result<Option<Final>, WorkshopError> {
    let Some(mut generator) = begun(package, report, tests.len()) else {
        return Ok(None);
    };
    loop {
        while let (Some(grader), Some(grading)) = (&package.grader, generator.next_grading()) {
            let grade = judge.grade(grader, &grading).await?;
            if generator.graded(grading.group, grade).is_err() {
                return Ok(None);
            }
        }
        let Some(number) = generator.next() else {
            return Ok(generator.finished().cloned());
        };
        let at = number.0 as usize - 1;
        let value = report.tests[at].value.clone();
        let recorded = generator.record_valued(number, tests[at].verdict, value);
        if recorded.is_err() {
            return Ok(None);
        }
    }
}

fn begun(package: &Package, report: &BuildReport, tests: usize) -> Option<Generator> {
    let tests = u32::try_from(tests).ok()?;
    let mut generator = Generator::new(&package.scoring.rule(), tests).ok()?;
    generator.compiled(report.compile.verdict).ok()?;
    Some(generator)
}

fn slowest_of(package: &Package, runs: &[Run]) -> Option<(Duration, String)> {
    let times = runs.iter().flat_map(|one| {
        let submission = &package.submissions[one.at];
        let tests = tests_under(package, Duration::MAX, &one.report);
        let tests: Vec<JudgedTest> = tests.into_iter().filter(was_run).collect();
        let rules = submission.lower_bounds();
        let times: Vec<Duration> = rules.filter_map(|rule| rule.slowest(&tests)).collect();
        times
            .into_iter()
            .map(|time| (time, submission.path.clone()))
    });
    times.max()
}

fn fastest_of(package: &Package, runs: &[Run]) -> Option<(Duration, String)> {
    let times = runs.iter().flat_map(|one| {
        let submission = &package.submissions[one.at];
        let tests = tests_under(package, Duration::MAX, &one.report);
        let tests: Vec<JudgedTest> = tests.into_iter().filter(was_run).collect();
        let rules = submission.upper_bounds();
        let times: Vec<Duration> = rules.filter_map(|rule| rule.slowest(&tests)).collect();
        times
            .into_iter()
            .map(|time| (time, submission.path.clone()))
    });
    times.min()
}
