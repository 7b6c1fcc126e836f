//! An interactive test: the submission and the jury's program in two boxes, both at once, and the verdict by who ended first.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tribunal_problems::{
    Checker, CheckerAnswer, CheckerRun, Communication, CustomChecker, Interactor, NEXT_PASS,
    RunEnd, RunFacts, RunLimits, Side, Verdict, verdict_of_answer, verdict_of_run, verdict_of_talk,
};
use tribunal_sandbox::{Ending, Input, Outcome, Output, PipeEnd, Spec};

use super::check::{Desk, Reading, Said};
use super::spec::{descriptor, milliseconds};
use super::submitted::Submitted;
use super::talk::{Allowed, Halt as TalkHalt, Line, Manner, Party, Talk, Talked};
use super::test::{Passed, TestFiles, checked, judged, keep_output, open, report, tell};
use super::visit::Visit;
use super::{Bench, Halt};
use crate::job::{JobSpec, TestWork};
use crate::report::TestReport;
use crate::runner::{Ran, Run, SlotGone};
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
        let (report, run) = converse(bench, submitted, &mut partner, with, files).await?;
        if work.procedure.passes_max > 1 {
            *desk = Some(partner);
        } else {
            partner.close();
        }
        let checked = Some(run);
        return Ok(talked_through(report, checked));
    };
    let compiled = work.interactor_program.as_ref();
    let mut partner = Desk::open(bench, job, own, compiled, files, work).await?;
    let (mut report, _) = converse(bench, submitted, &mut partner, with, files).await?;
    let output = partner.left(bench).await?;
    partner.close();
    report.output = keep_output(bench, work, &output).await?;
    // A manager has said all that there is to say.
    let is_open = report.verdict == Verdict::AC && with.communication.is_none();
    let checked = if is_open {
        check(bench, job, work, files, output, desk, &mut report).await?
    } else {
        None
    };
    Ok(talked_through(report, checked))
}

/// There are no further checkers where a program talks.
fn talked_through(report: TestReport, checked: Option<CheckerRun>) -> Passed {
    Passed {
        report,
        checked,
        refused: None,
    }
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
            judged(report, &answer.into())?;
        }
    }
    Ok(None)
}

/// The talk and what it means.
async fn converse(
    bench: &mut Bench,
    submitted: &Submitted<'_>,
    partner: &mut Desk<'_>,
    with: &Interactor,
    files: &TestFiles,
) -> Result<(TestReport, CheckerRun), Halt> {
    let work = submitted.work;
    let Met {
        programs,
        interactor,
        mut talked,
    } = meet(bench, submitted, partner, with.communication, files).await?;
    let run = partner.told(bench, interactor).await?;
    if let (None, RunEnd::CpuLimit, Some(asker)) = (talked.halt, run.end, talked.asker) {
        talked.halt = Some(TalkHalt::Time(asker));
        talked.ends.insert(0, asker);
    }
    let answer = answer_of(work, partner.custom, &run, &talked);
    let sum = with.communication.is_some_and(|with| with.shares_time());
    let each = facts_of_each(submitted, &programs, &talked);
    let limits = submitted.limits();
    let (decides, facts) = decisive(&each, &talked.ends, &limits, sum);
    // Of several processes the one that decides counts; others may have ended well long before.
    let decider = Party::Program(decides);
    let mut ends = talked.ends.iter();
    let first = ends.find(|party| [Party::Interactor, decider].contains(party));
    let first = first.map_or(Side::Program, |party| party.side());
    let verdict = verdict_of_talk(&facts, &limits, &answer, first);
    if let CheckerAnswer::Broken { reason } = &answer {
        return Err(Halt::of_the_jury(reason.clone()));
    }
    let mut report = report(work, &programs[decides], verdict);
    report.cpu_ms = milliseconds(counted(&each, sum));
    report.memory_bytes = each
        .iter()
        .map(|facts| facts.memory)
        .max()
        .unwrap_or_default();
    report.wall_ms = milliseconds(facts.wall);
    report.transcript = Some(talked.transcript);
    if verdict == verdict_of_answer(&answer) {
        tell(
            &mut report,
            &Said {
                answer,
                remark: partner.custom.remark(&run),
            },
        );
        if first == Side::Interactor {
            // It had decided; what the program used after that is nobody's concern.
            report.cpu_ms = report.cpu_ms.min(milliseconds(work.limits.time));
        }
    }
    Ok((report, run))
}

/// Which process of the submission decides for it, and the facts that do: the first to fail, else what all of them come to.
/// `sum`: the time limit is for all together.
fn decisive(each: &[RunFacts], ends: &[Party], limits: &RunLimits, sum: bool) -> (usize, RunFacts) {
    let programs = ends.iter().filter_map(|party| match party {
        Party::Program(index) => Some(*index),
        Party::Interactor => None,
    });
    let failed = |index: &usize| {
        each[*index].end != RunEnd::Cancelled && verdict_of_run(&each[*index], limits).is_some()
    };
    if sum && counted(each, sum) > limits.time {
        let (index, facts) = together(each, sum);
        let end = RunEnd::CpuLimit;
        return (index, RunFacts { end, ..facts });
    }
    let mut in_order = programs.chain(0..each.len());
    if let Some(index) = in_order.find(failed) {
        return (index, each[index].clone());
    }
    together(each, sum)
}

/// What all processes come to, and one to show for them.
fn together(each: &[RunFacts], sum: bool) -> (usize, RunFacts) {
    // One that was ended because of another's failure, or because the interactor had decided.
    let cancelled = each.iter().position(|one| one.end == RunEnd::Cancelled);
    let index = cancelled.unwrap_or(0);
    let most = |of: fn(&RunFacts) -> u64| each.iter().map(of).max().unwrap_or_default();
    let facts = RunFacts {
        end: each[index].end,
        cpu: counted(each, sum),
        wall: each.iter().map(|one| one.wall).max().unwrap_or_default(),
        memory: most(|one| one.memory),
        output_total: most(|one| one.output_total),
    };
    (index, facts)
}

/// The CPU time that counts against the limit: that of all together, or of the process that used the most.
fn counted(each: &[RunFacts], sum: bool) -> Duration {
    let times = each.iter().map(|one| one.cpu);
    if sum {
        times.sum()
    } else {
        times.max().unwrap_or_default()
    }
}

/// The programs' runs, without the judge's own part in their end and without the time in which they waited for the interactor.
fn facts_of_each(
    submitted: &Submitted<'_>,
    programs: &[Outcome],
    talked: &Talked,
) -> Vec<RunFacts> {
    let count = u32::try_from(programs.len()).unwrap_or(u32::MAX);
    let wall = submitted.limits().wall.saturating_mul(count);
    let facts = |(index, program): (usize, &Outcome)| {
        let facts = submitted.facts(program);
        let own = Party::Program(index);
        // It may have ended by itself, or found its input at its end, before the judge's hand was on it.
        let by_itself = matches!(
            facts.end,
            RunEnd::Exited(_) | RunEnd::Signaled(_) | RunEnd::Cancelled
        );
        let halt = talked.halt.filter(|halt| by_itself && halt.party() == own);
        let end = match halt {
            // A crash before that was its own end.
            Some(TalkHalt::Time(_)) if !crashed(facts.end) => RunEnd::WallLimit,
            Some(TalkHalt::Time(_)) => facts.end,
            Some(TalkHalt::Output(_)) => RunEnd::OutputLimit,
            Some(TalkHalt::Idle(_)) => RunEnd::IdleLimit,
            // The judge's hand came too late, its clock did not.
            None if by_itself && talked.program_times[index] > wall => RunEnd::WallLimit,
            None => facts.end,
        };
        RunFacts {
            end,
            wall: talked.program_times[index],
            output_total: talked.written[index] + program.stderr.total,
            ..facts
        }
    };
    programs.iter().enumerate().map(facts).collect()
}

fn crashed(end: RunEnd) -> bool {
    matches!(end, RunEnd::Signaled(_) | RunEnd::Exited(1..))
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
    let had_failed = || CheckerAnswer::Wrong {
        message: "the submission had failed".to_owned(),
    };
    match talked.halt {
        Some(TalkHalt::Idle(Party::Program(_))) => CheckerAnswer::Wrong {
            message: "each waited for the other".to_owned(),
        },
        Some(TalkHalt::Idle(Party::Interactor)) => {
            broken("the interactor waited for nothing that could come")
        }
        Some(TalkHalt::Time(Party::Interactor)) => broken("the interactor used up its time"),
        Some(TalkHalt::Output(Party::Interactor)) => broken("the interactor wrote too much"),
        // The program's failure has decided, and this could not come to its end behind it.
        _ if run.end == RunEnd::Cancelled => had_failed(),
        Some(TalkHalt::Time(Party::Program(_))) if run.end == RunEnd::CpuLimit => had_failed(),
        _ => {
            let mut run = run.clone();
            if work.procedure.passes_max > 1 {
                run.feedback.remove(NEXT_PASS);
            }
            custom.interpret(&run)
        }
    }
}

/// What came of a talk.
struct Met {
    programs: Vec<Outcome>,
    interactor: Outcome,
    talked: Talked,
}

/// Runs all at once, and stands between them.
async fn meet(
    bench: &mut Bench,
    submitted: &Submitted<'_>,
    partner: &mut Desk<'_>,
    communication: Option<Communication>,
    files: &TestFiles,
) -> Result<Met, Halt> {
    let (limits, own) = (&submitted.work.limits, &partner.custom.limits);
    let count = communication.map_or(1, |with| with.processes);
    let manner = Manner {
        programs: count as usize,
        named: communication.is_some(),
        // Several processes may have to share one core.
        allowed: Allowed {
            time: [
                limits.wall.saturating_mul(count),
                own.wall.saturating_mul(count),
            ],
            output: [limits.output, own.output.saturating_mul(u64::from(count))],
        },
        interactor_cpu: own.time,
        accepting_status: partner.custom.dialect.accepting_status(),
    };
    let together = limits.wall.saturating_add(own.wall);
    let together = together.saturating_mul(count).saturating_add(SLACK);
    let (mut talk, lines) = Talk::new(manner, bench.stop.cancel())?;
    let mut runs = Vec::new();
    for (index, line) in (0..count).zip(lines.programs) {
        let visit = Visit::open(bench, submitted.placings()).await?;
        let args = communication.map_or_else(Vec::new, |with| with.arguments(index));
        let party = Party::Program(index as usize);
        runs.push((party, visit, connected(submitted.spec_with(&args), line)));
    }
    let spec = interactor_spec(partner, communication, lines.interactor, files)?;
    runs.push((Party::Interactor, partner.leave()?, spec));
    let runs = runs
        .into_iter()
        .zip(lines.cancels)
        .map(|((party, visit, mut spec), cancel)| {
            // The run's own wall limit only stands behind the judge's clocks.
            spec.limits.wall_time = together;
            Run {
                place: talk.seat(party, visit.into_place()),
                spec,
                cancel,
                beside: Vec::new(),
            }
        })
        .collect();
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
    let ran = ran?.into_iter().collect::<Result<Vec<_>, SlotGone>>()?;
    account(bench, &ran, began.elapsed());
    parted(bench, partner, ran, talked)
}

/// The interactor's run: its streams are the pipes, or where it manages several programs the test's input and its answer.
fn interactor_spec(
    partner: &Desk<'_>,
    communication: Option<Communication>,
    lines: Vec<Line>,
    files: &TestFiles,
) -> Result<Spec, Halt> {
    let Some(with) = communication else {
        let dialect = partner.custom.dialect;
        let args = dialect.interactor_arguments(&Desk::paths());
        let args = args.ok_or_else(|| {
            Halt::lasting(format!("checkers of the dialect {dialect} do not interact"))
        })?;
        let mut spec = partner.spec(args, Input::Empty);
        for line in lines {
            spec = connected(spec, line);
        }
        return Ok(spec);
    };
    let input = Input::File(descriptor(&files.input)?);
    let mut spec = partner.spec(with.manager_arguments(), input);
    let ends = lines.into_iter().flat_map(|line| [line.stdin, line.stdout]);
    spec.inherited = ends.map(PipeEnd::new).collect();
    Ok(spec)
}

/// Gives the programs' boxes back and the interactor's to its desk.
fn parted(
    bench: &Bench,
    partner: &mut Desk<'_>,
    mut ran: Vec<Ran>,
    talked: Talked,
) -> Result<Met, Halt> {
    let interactor = ran.pop().ok_or(SlotGone)?;
    partner.back(Visit::of(interactor.place));
    let mut programs = Vec::with_capacity(ran.len());
    for program in ran {
        Visit::of(program.place).close();
        programs.push(program.outcome);
    }
    let programs = programs.into_iter().collect::<Result<Vec<_>, _>>()?;
    let interactor = interactor.outcome?;
    let was_cancelled = |outcome: &Outcome| outcome.ending == Ending::Cancelled;
    let any = programs.iter().any(was_cancelled) || was_cancelled(&interactor);
    if bench.stop.is_set() && any {
        return Err(Halt::Stopped);
    }
    Ok(Met {
        programs,
        interactor,
        talked,
    })
}

/// Writes down how long it ran, and that it waited for slots before.
fn account(bench: &mut Bench, ran: &[Ran], passed: Duration) {
    let walls = ran
        .iter()
        .filter_map(|ran| Some(ran.outcome.as_ref().ok()?.wall_time));
    let longest = walls.max().unwrap_or(passed);
    bench.times.run += longest;
    bench.times.wait_for_slot += passed.saturating_sub(longest);
}

/// The run with its streams connected.
fn connected(spec: Spec, line: Line) -> Spec {
    Spec {
        stdin: Input::Pipe(Arc::new(line.stdin)),
        stdout: Output::Pipe(PipeEnd::new(line.stdout)),
        ..spec
    }
}
