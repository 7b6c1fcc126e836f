//! What judging costs beside plain fork + exec + wait of the same programs, measured in turn in one run.
//!
//! `make bench`. Absolute figures are this machine's; the ratios travel.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use tribunal_actors::{BuildReport, JudgeAnonymous, Node, NodeConfig};
use tribunal_problems::{Content, LanguageId, Plan, PlannedTest, SourceFile, Verdict};
use tribunal_sandbox::{
    Cancel, Config, Ending, Input, Limits, Output, Program, Sandbox, Spec, seal,
};

type Failure = Box<dyn std::error::Error>;

/// Runs of the empty program on each side.
const EMPTY_RUNS: usize = 400;

/// The core of the empty program's runs.
const CORE: usize = 0;

/// Submissions on each side.
const SUBMISSIONS: usize = 7;

/// Tests of a submission.
const TESTS: usize = 50;

/// Submissions of a large package, and its tests.
const VERIFIED: usize = 40;
const VERIFIED_TESTS: usize = 30;

/// Steps of a loop that cannot be left out; some 50 ms.
const BUSY_STEPS: u64 = 50_000_000;
const BUSY_CPP: &str = "#include <cstdio>\nint main() { long n; if (scanf(\"%ld\", &n) != 1) return 1; volatile long sum = 0; \
    for (long i = 0; i < n; i++) sum = sum + 1; printf(\"%ld\\n\", sum % 1000003); }\n";

const SUM_CPP: &str = "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n";
const SUM_PYTHON: &str = "print(sum(map(int, input().split())))\n";

fn main() -> ExitCode {
    tribunal_sandbox::run_agent_if_asked();
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!(
                "bench: {}",
                tribunal_actors::chain(error.as_ref())
            ));
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Failure> {
    let scratch = tempfile::tempdir()?;
    say(&format!(
        "{:<38} {:>12} {:>22} {:>12} {:>22} {:>7}",
        "what", "judge", "(10 %..90 %)", "plain", "(10 %..90 %)", "ratio"
    ));
    empty_program(scratch.path())?;
    for runners in [Some(1), None] {
        actix::System::new().block_on(submissions(scratch.path(), runners))?;
    }
    actix::System::new().block_on(verification())
}

/// As many submissions and tests as a large package has, judged as `tribunal verify` does it: how much of the slots' time
/// is not the CPU time of the programs, compilers included.
async fn verification() -> Result<(), Failure> {
    let data = tempfile::tempdir()?;
    let node = Node::start(NodeConfig::new(data.path())).await?;
    let slots = std::thread::available_parallelism().map_or(1, Into::into);
    let began = Instant::now();
    let judged = (0..VERIFIED).map(|round| {
        let node = &node;
        async move {
            let plan = busy_plan(round);
            Ok::<_, Failure>(node.registrar().send(JudgeAnonymous { plan }).await??)
        }
    });
    let reports: Vec<_> = stream::iter(judged).buffered(slots).collect().await;
    let wall = began.elapsed();
    let mut cpu = Duration::ZERO;
    for report in reports {
        let report = report?;
        accepted(&report)?;
        let tests = report.tests.iter().map(|test| test.cpu_ms).sum::<u64>();
        cpu += Duration::from_millis(report.compile.cpu_ms + tests);
    }
    let slots_time = wall * u32::try_from(slots)?;
    let share = 1.0 - cpu.as_secs_f64() / slots_time.as_secs_f64();
    say(&format!(
        "verify: {VERIFIED} submissions with {VERIFIED_TESTS} tests: {:.1} s on {slots} slots, of which the programs' own \
         CPU time is {:.1} s; the rest, the judge's share, is {:.1} % (the bound is 15 %)",
        slots_time.as_secs_f64(),
        cpu.as_secs_f64(),
        share * 100.0,
    ));
    node.drain(Duration::from_secs(1)).await;
    Ok(())
}

/// A program that computes for a while on each of its tests, as solutions do.
fn busy_plan(round: usize) -> Plan {
    let bytes = |text: String| Content::Bytes(Arc::from(text.into_bytes()));
    let source = format!("// {round} {}\n{BUSY_CPP}", std::process::id());
    let tests = (0..VERIFIED_TESTS).map(|n| PlannedTest {
        answer: Some(bytes(format!("{}\n", BUSY_STEPS % 1_000_003))),
        ..PlannedTest::new(&n.to_string(), bytes(format!("{BUSY_STEPS}\n")))
    });
    let files = vec![SourceFile::new("main.cpp", source.into_bytes())];
    Plan {
        output_head_max: 4 << 10,
        ..Plan::new(LanguageId::new("cpp"), files, tests.collect())
    }
}

/// One empty static program, in a box and beside it, on one core as a slot's thread does it: from the request for a
/// box to the outcome, and in a box that is already there.
fn empty_program(scratch: &Path) -> Result<(), Failure> {
    let program = compile(scratch, "empty.c", "int main(void) { return 0; }\n", "gcc")?;
    let measured = std::thread::spawn(move || empty_runs(&program).map_err(|e| e.to_string()));
    let [mut each, mut same, mut plain] = measured
        .join()
        .map_err(|_| "the measuring thread panicked")??;
    report("empty program, a box for each run", &mut each, &mut plain);
    report(
        "empty program, run after run in a box",
        &mut same,
        &mut plain,
    );
    Ok(())
}

fn empty_runs(program: &Path) -> Result<[Vec<Duration>; 3], Failure> {
    let mut core = CpuSet::new();
    core.set(CORE)?;
    let sandbox = Sandbox::start(Config::default())?;
    sched_setaffinity(Pid::from_raw(0), &core)?;
    let cancel = Cancel::new()?;
    let spec = empty_spec(program)?;
    let exited = |ending| expect(ending == Ending::Exited(0), "the empty program exits");
    let mut kept = sandbox.acquire()?;
    let [mut each, mut same, mut plain] = [const { Vec::new() }; 3];
    for _ in 0..EMPTY_RUNS {
        each.push(timed(|| {
            exited(sandbox.acquire()?.run(&spec, &cancel)?.ending)
        })?);
        same.push(timed(|| exited(kept.run(&spec, &cancel)?.ending))?);
        plain.push(timed(|| {
            let status = Command::new(program).stdin(Stdio::null()).status()?;
            expect(status.success(), "the empty program exits")
        })?);
    }
    Ok([each, same, plain])
}

fn empty_spec(program: &Path) -> Result<Spec, Failure> {
    let capture = Output::Capture {
        head: 1024,
        tail: 0,
    };
    // Sealed once, as the storage cache does it: the box may run it as it is, without a copy for each run.
    let sealed = seal(&mut std::fs::File::open(program)?, "empty")?;
    Ok(Spec {
        program: Program::File(Arc::new(sealed)),
        args: vec!["empty".into()],
        env: Vec::new(),
        stdin: Input::Empty,
        stdout: capture.clone(),
        stderr: capture,
        limits: Limits::default(),
        core: Some(CORE),
        inherited: Vec::new(),
        read_only: false,
    })
}

/// Submissions with 50 small tests, judged whole, and the same compile and runs without a judge, one after another.
async fn submissions(scratch: &Path, runners: Option<usize>) -> Result<(), Failure> {
    let data = tempfile::tempdir()?;
    let node = Node::start(NodeConfig {
        runners,
        ..NodeConfig::new(data.path())
    })
    .await?;
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let slots = runners.unwrap_or(cores);
    for language in ["cpp", "python"] {
        let (mut judge, mut plain) = (Vec::new(), Vec::new());
        for round in 0..SUBMISSIONS {
            let plan = plan(language, round);
            let began = Instant::now();
            let judged = node.registrar().send(JudgeAnonymous { plan }).await??;
            judge.push(began.elapsed());
            accepted(&judged)?;
            let scratch = scratch.to_owned();
            let language = language.to_owned();
            let took =
                tokio::task::spawn_blocking(move || plain_submission(&scratch, &language, round))
                    .await?;
            plain.push(took.map_err(|error| -> Failure { error.into() })?);
        }
        let what = format!("{language}, {TESTS} tests, {slots} slots");
        report(&what, &mut judge, &mut plain);
    }
    node.drain(Duration::from_secs(1)).await;
    Ok(())
}

fn accepted(report: &BuildReport) -> Result<(), Failure> {
    let reason = report.tests.iter().find_map(|test| test.message.as_deref());
    expect(
        report.verdict == Verdict::AC && !report.compile.reused,
        reason.unwrap_or("the submission is compiled afresh and accepted"),
    )
}

fn source(language: &str, round: usize) -> String {
    // Another comment each time, so that no compile is taken from the store.
    match language {
        "cpp" => format!("// {round} {}\n{SUM_CPP}", std::process::id()),
        _ => format!("# {round} {}\n{SUM_PYTHON}", std::process::id()),
    }
}

fn plan(language: &str, round: usize) -> Plan {
    let bytes = |text: String| Content::Bytes(Arc::from(text.into_bytes()));
    let name = if language == "cpp" {
        "main.cpp"
    } else {
        "main.py"
    };
    let tests = (0..TESTS).map(|n| PlannedTest {
        answer: Some(bytes(format!("{}\n", n + round))),
        ..PlannedTest::new(&n.to_string(), bytes(format!("{n} {round}\n")))
    });
    let files = vec![SourceFile::new(name, source(language, round).into_bytes())];
    Plan {
        output_head_max: 4 << 10,
        ..Plan::new(LanguageId::new(language), files, tests.collect())
    }
}

/// What the judge does to a submission, without the judge: compile once, run on every input, compare.
fn plain_submission(scratch: &Path, language: &str, round: usize) -> Result<Duration, String> {
    let run = || -> Result<Duration, Failure> {
        let text = source(language, round);
        let inputs: Vec<PathBuf> = (0..TESTS)
            .map(|n| {
                let path = scratch.join(format!("in-{n}"));
                std::fs::write(&path, format!("{n} {round}\n")).map(|()| path)
            })
            .collect::<io::Result<_>>()?;
        let began = Instant::now();
        let mut command = if language == "cpp" {
            vec![compile(scratch, "sum.cpp", &text, "g++")?]
        } else {
            let path = scratch.join("sum.py");
            std::fs::write(&path, text)?;
            let check = [
                "-I",
                "-B",
                "-c",
                "import ast, sys; ast.parse(open(sys.argv[1]).read())",
            ];
            let status = Command::new("/usr/bin/python3")
                .args(check)
                .arg(&path)
                .status()?;
            expect(status.success(), "the source is Python")?;
            vec![PathBuf::from("/usr/bin/python3"), "-B".into(), path]
        };
        let program = command.remove(0);
        for (n, input) in inputs.iter().enumerate() {
            let output = Command::new(&program)
                .args(&command)
                .stdin(std::fs::File::open(input)?)
                .stderr(Stdio::null())
                .output()?;
            let right = output.stdout == format!("{}\n", n + round).into_bytes();
            expect(right, "the plain run is right")?;
        }
        Ok(began.elapsed())
    };
    run().map_err(|error| error.to_string())
}

/// Compiles with the flags that the judge uses.
fn compile(scratch: &Path, name: &str, text: &str, compiler: &str) -> Result<PathBuf, Failure> {
    let source = scratch.join(name);
    let program = scratch.join(format!("{name}.out"));
    std::fs::write(&source, text)?;
    let standard = if compiler == "g++" {
        "-std=gnu++17"
    } else {
        "-std=gnu17"
    };
    let status = Command::new(compiler)
        .args(["-O2", standard, "-static", "-pipe", "-o"])
        .args([&program, &source])
        .status()?;
    expect(status.success(), "the compiler succeeds")?;
    Ok(program)
}

fn timed(work: impl FnOnce() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}

fn expect(holds: bool, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn report(what: &str, judge: &mut [Duration], plain: &mut [Duration]) {
    judge.sort();
    plain.sort();
    let at = |times: &[Duration], tenths: usize| times[(times.len() - 1) * tenths / 10];
    let spread = |times: &[Duration]| format!("({}..{})", ms(at(times, 1)), ms(at(times, 9)));
    let (one, other) = (at(judge, 5), at(plain, 5));
    say(&format!(
        "{what:<38} {:>9} ms {:>22} {:>9} ms {:>22} {:>7.2}",
        ms(one),
        spread(judge),
        ms(other),
        spread(plain),
        one.as_secs_f64() / other.as_secs_f64(),
    ));
}

fn ms(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}

#[expect(
    clippy::print_stdout,
    reason = "a measurement is told on standard output"
)]
fn say(line: &str) {
    println!("{line}");
}
