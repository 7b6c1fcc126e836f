//! An interactive test: the submission and the jury's program in two boxes, both at once, and the verdict by who ended first.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tribunal_problems::{
    Checker, CheckerAnswer, CheckerRun, CustomChecker, Interactor, NEXT_PASS, RunEnd, RunFacts,
    Side, Verdict, verdict_of_answer, verdict_of_talk,
};
use tribunal_sandbox::{Ending, Input, Outcome, Output, Spec};

use super::check::{Desk, Reading};
use super::spec::milliseconds;
use super::talk::{Allowed, Halt as TalkHalt, Line, Talk, Talked};
use super::test::{Passed, Submitted, TestFiles, checked, judged, open, report, tell};
use super::visit::Visit;
use super::{Bench, Halt};
use crate::job::{JobSpec, TestWork};
use crate::report::TestReport;
use crate::runner::{Run, SlotGone};
use crate::runners::RunTogether;

/// What a box adds to both sides' own times before it ends a talk: the judge's clocks end it first.
const SLACK: Duration = Duration::from_secs(1);

/// Has the submission and the jury's program talk once.
///
/// Where the checker is the interactor as well, `desk` is its box, which a test of several passes keeps.
pub(super) async fn talk<'a>(
    bench: &mut Bench,
    job: &JobSpec,
    submitted: &Submitted<'a>,
    with: &'a Interactor,
    files: &TestFiles,
    desk: &mut Option<Desk<'a>>,
) -> Result<Passed, Halt> {
    let work = submitted.work;
    let Some(own) = &with.program else {
        let mut partner = match desk.take() {
            Some(desk) => desk,
            None => open(bench, job, work, custom(work)?, files).await?,
        };
        let (report, run) = converse(bench, submitted, &mut partner).await?;
        if work.procedure.passes_max > 1 {
            *desk = Some(partner);
        } else {
            partner.close();
        }
        let checked = Some(run);
        return Ok(Passed { report, checked });
    };
    let compiled = work.interactor_program.as_ref();
    let mut partner = Desk::open(bench, job, own, compiled, files, &work.task).await?;
    let (mut report, _) = converse(bench, submitted, &mut partner).await?;
    let output = partner.left(bench).await?;
    partner.close();
    let checked = if report.verdict == Verdict::AC {
        check(bench, job, work, files, output, desk, &mut report).await?
    } else {
        None
    };
    Ok(Passed { report, checked })
}

fn custom(work: &TestWork) -> Result<&CustomChecker, Halt> {
    match work.checker.as_ref() {
        Checker::Custom(custom) => Ok(custom),
        _ => Err(Halt::lasting(
            "the problem is interactive, but nobody is there to talk to",
        )),
    }
}

/// Has what the interactor left judged, as it would be the output of a submission.
async fn check<'a>(
    bench: &mut Bench,
    job: &JobSpec,
    work: &'a TestWork,
    files: &TestFiles,
    output: Arc<[u8]>,
    desk: &mut Option<Desk<'a>>,
    report: &mut TestReport,
) -> Result<Option<CheckerRun>, Halt> {
    if matches!(work.checker.as_ref(), Checker::Custom(_)) {
        return Ok(Some(checked(bench, job, work, files, output, desk).await?));
    }
    if let Some(answer) = &files.answer {
        let (checker, answer) = (work.checker.clone(), answer.clone());
        let compared = move || checker.compare(&output[..], Reading::of(&answer));
        if let Some(answer) = tokio::task::spawn_blocking(compared).await? {
            judged(report, &answer)?;
        }
    }
    Ok(None)
}

/// The talk and what it means.
async fn converse(
    bench: &mut Bench,
    submitted: &Submitted<'_>,
    partner: &mut Desk<'_>,
) -> Result<(TestReport, CheckerRun), Halt> {
    let work = submitted.work;
    let (program, interactor, talked) = meet(bench, submitted, partner).await?;
    let run = partner.told(bench, interactor).await?;
    let answer = answer_of(work, partner.custom, &run, &talked);
    let facts = facts(submitted, &program, &talked);
    let first = talked.first.unwrap_or(Side::Program);
    let verdict = verdict_of_talk(&facts, &submitted.limits(), &answer, first);
    if let CheckerAnswer::Broken { reason } = &answer {
        return Err(Halt::of_the_jury(reason.clone()));
    }
    let mut report = report(work, &program, verdict);
    report.wall_ms = milliseconds(facts.wall);
    report.transcript = Some(talked.transcript);
    if verdict == verdict_of_answer(&answer) {
        tell(&mut report, &answer);
        if first == Side::Interactor {
            // It had decided; what the program used after that is nobody's concern.
            report.cpu_ms = report.cpu_ms.min(milliseconds(work.limits.time));
        }
    }
    Ok((report, run))
}

/// The program's run, without the judge's own part in its end and without the time in which it waited for the interactor.
fn facts(submitted: &Submitted<'_>, program: &Outcome, talked: &Talked) -> RunFacts {
    let facts = submitted.facts(program);
    // It may have ended by itself, or found its input at its end, before the judge's hand was on it.
    let by_itself = matches!(
        facts.end,
        RunEnd::Exited(_) | RunEnd::Signaled(_) | RunEnd::Cancelled
    );
    let end = match talked.halt.filter(|_| by_itself) {
        Some(TalkHalt::Time(Side::Program)) => RunEnd::WallLimit,
        Some(TalkHalt::Output(Side::Program)) => RunEnd::OutputLimit,
        Some(TalkHalt::Idle(Side::Program)) => RunEnd::IdleLimit,
        // The judge's hand came too late, its clock did not.
        None if by_itself && talked.program_time > submitted.limits().wall => RunEnd::WallLimit,
        _ => facts.end,
    };
    RunFacts {
        end,
        wall: talked.program_time,
        output_total: talked.written + program.stderr.total,
        ..facts
    }
}

/// What the interactor says; where the judge has ended it, that says it.
fn answer_of(
    work: &TestWork,
    custom: &CustomChecker,
    run: &CheckerRun,
    talked: &Talked,
) -> CheckerAnswer {
    let broken = |reason: &str| CheckerAnswer::Broken {
        reason: reason.to_owned(),
    };
    match talked.halt {
        Some(TalkHalt::Idle(Side::Program)) => CheckerAnswer::Wrong {
            message: "each waited for the other".to_owned(),
        },
        Some(TalkHalt::Idle(Side::Interactor)) => {
            broken("the interactor waited for nothing that could come")
        }
        Some(TalkHalt::Time(Side::Interactor)) => broken("the interactor used up its time"),
        Some(TalkHalt::Output(Side::Interactor)) => broken("the interactor wrote too much"),
        _ => {
            let mut run = run.clone();
            if work.procedure.passes_max > 1 {
                run.feedback.remove(NEXT_PASS);
            }
            custom.interpret(&run)
        }
    }
}

/// Runs both at once, and stands between them.
async fn meet(
    bench: &mut Bench,
    submitted: &Submitted<'_>,
    partner: &mut Desk<'_>,
) -> Result<(Outcome, Outcome, Talked), Halt> {
    let (limits, own) = (&submitted.work.limits, &partner.custom.limits);
    let allowed = Allowed {
        time: [limits.wall, own.wall],
        output: [limits.output, own.output],
    };
    let together = limits.wall + own.wall + SLACK;
    let dialect = partner.custom.dialect;
    let args = dialect.interactor_arguments(&Desk::paths());
    let args = args.ok_or_else(|| {
        Halt::lasting(format!("checkers of the dialect {dialect} do not interact"))
    })?;
    let status = dialect.accepting_status();
    let (mut talk, [to_program, to_interactor]) = Talk::new(allowed, status, bench.stop.cancel())?;
    let visit = Visit::open(bench, submitted.placings()).await?;
    let runs = vec![
        Run {
            place: talk.seat(Side::Program, visit.into_place()),
            spec: connected(submitted.spec(Input::Empty), &to_program, together),
            cancel: to_program.cancel,
            beside: Vec::new(),
        },
        Run {
            place: talk.seat(Side::Interactor, partner.leave()?.into_place()),
            spec: connected(partner.spec(args, Input::Empty), &to_interactor, together),
            cancel: to_interactor.cancel,
            beside: Vec::new(),
        },
    ];
    // The pipes' ends are the runs' alone from here on.
    drop((to_program.stdin, to_program.stdout));
    drop((to_interactor.stdin, to_interactor.stdout));
    let lifeline = talk.lifeline();
    let standing = tokio::task::spawn_blocking(move || talk.stand_between());
    let began = Instant::now();
    let cancel = bench.stop.cancel();
    let ran = bench
        .tools
        .together
        .send(RunTogether { runs, cancel })
        .await;
    drop(lifeline);
    let talked = standing.await??;
    let mut ran = ran?.into_iter();
    let mut next = || ran.next().unwrap_or(Err(SlotGone));
    let (program, interactor) = (next()?, next()?);
    let passed = began.elapsed();
    let longest = [&program, &interactor]
        .into_iter()
        .filter_map(|ran| Some(ran.outcome.as_ref().ok()?.wall_time))
        .max();
    bench.times.run += longest.unwrap_or(passed);
    bench.times.wait_for_slot += passed.saturating_sub(longest.unwrap_or(passed));
    partner.back(Visit::of(interactor.place));
    Visit::of(program.place).close();
    let (program, interactor) = (program.outcome?, interactor.outcome?);
    let was_cancelled = |outcome: &Outcome| outcome.ending == Ending::Cancelled;
    if bench.stop.is_set() && (was_cancelled(&program) || was_cancelled(&interactor)) {
        return Err(Halt::Stopped);
    }
    Ok((program, interactor, talked))
}

/// The run with its streams connected; its own wall limit only stands behind the judge's clocks.
fn connected(mut spec: Spec, line: &Line, wall_time: Duration) -> Spec {
    spec.stdin = Input::Pipe(line.stdin.clone());
    spec.stdout = Output::Pipe(line.stdout.clone());
    spec.limits.wall_time = wall_time;
    spec
}
