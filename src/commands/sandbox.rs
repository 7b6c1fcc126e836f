//! `tribunal sandbox run`: one command in a box.

mod trials;

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tribunal_sandbox::{
    Cancel, Captured, Config, Content, Ending, Error, Input, Lack, Limits, Outcome, Output,
    Program, Sandbox, Spec,
};

use super::{Failure, Unreadable};
use crate::cli::SandboxRunArgs;
use crate::out;

pub(super) use trials::trials;

/// Bytes of each stream that the JSON form shows.
const JSON_HEAD: usize = 64 << 10;

/// What a command that hit a limit ends with.
const LIMIT_STATUS: u8 = 124;

/// Where a command without a slash is looked for.
const PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Runs the command, once or as often as asked, and ends with its status.
pub(super) fn run(args: &SandboxRunArgs) -> Result<ExitCode, Failure> {
    let spec = spec(args)?;
    let files = files(args.dir.as_deref())?;
    let sandbox = Sandbox::start(Config {
        isolation: args.isolation.into(),
        allow_degraded: args.allow_degraded,
        ..Config::default()
    })?;
    let cancel = Cancel::new()?;
    let runs = args.repeat.unwrap_or(1);
    let mut times = Vec::with_capacity(runs as usize);
    let mut last = None;
    for _ in 0..runs {
        let began = Instant::now();
        let outcome = one_run(&sandbox, &spec, &files, &cancel).map_err(|error| match error {
            Error::Exec(_) => format!("{}: {error}", args.command[0].display()).into(),
            error => Failure::from(error),
        })?;
        times.push(began.elapsed());
        last = Some(outcome);
    }
    let outcome = last.ok_or("nothing was run")?;
    let repeat = args.repeat.map(|_| Repeat::of(times));
    if args.json {
        out::print_json(&OutcomeJson::of(&outcome, repeat));
    } else {
        pass_on(&outcome, repeat.as_ref());
    }
    Ok(ExitCode::from(status(outcome.ending)))
}

fn one_run(
    sandbox: &Sandbox,
    spec: &Spec,
    files: &[PlacedFile],
    cancel: &Cancel,
) -> Result<Outcome, Error> {
    let mut visit = sandbox.acquire()?;
    for file in files {
        visit.place(&file.name, Content::File(&file.content), file.executable)?;
    }
    visit.run(spec, cancel)
}

fn spec(args: &SandboxRunArgs) -> Result<Spec, Failure> {
    let command = args.command.first().ok_or("no command")?;
    let stdin = match &args.stdin {
        Some(path) => Input::File(Arc::new(open(path)?.into())),
        None => Input::Empty,
    };
    let head = if args.json {
        JSON_HEAD
    } else {
        usize::try_from(args.output)?
    };
    let capture = Output::Capture { head, tail: 0 };
    let env = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("HOME", "/box"),
    ];
    Ok(Spec {
        program: Program::Path(find(command)),
        args: args.command.clone(),
        env: env
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        stdin,
        stdout: capture.clone(),
        stderr: capture,
        limits: Limits {
            cpu_time: args.cpu,
            wall_time: args.wall,
            memory: args.memory,
            processes: args.processes,
            output: args.output,
            ..Limits::default()
        },
        core: None,
        inherited: Vec::new(),
        read_only: false,
    })
}

fn open(path: &Path) -> Result<File, Unreadable> {
    File::open(path).map_err(|source| Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// The command's place: boxes show the host's `/usr`, so what is there can be found here.
fn find(command: &OsString) -> PathBuf {
    let path = PathBuf::from(command);
    if path.components().count() > 1 {
        return path;
    }
    PATH.iter()
        .map(|dir| Path::new(dir).join(&path))
        .find(|candidate| candidate.exists())
        .unwrap_or(path)
}

/// A file that is copied into the box.
struct PlacedFile {
    name: String,
    content: OwnedFd,
    executable: bool,
}

/// Every file below the directory; a link to a file is that file.
fn files(dir: Option<&Path>) -> Result<Vec<PlacedFile>, Failure> {
    let mut found = Vec::new();
    if let Some(dir) = dir {
        collect(dir, dir, &mut found)?;
    }
    Ok(found)
}

fn collect(top: &Path, dir: &Path, found: &mut Vec<PlacedFile>) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;

    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| Unreadable { path, source }
    };
    for entry in std::fs::read_dir(dir).map_err(unreadable(dir))? {
        let path = entry.map_err(unreadable(dir))?.path();
        let is_link = path.is_symlink();
        let metadata = path.metadata().map_err(unreadable(&path))?;
        if metadata.is_dir() && !is_link {
            collect(top, &path, found)?;
        } else if !metadata.is_file() {
            return Err(format!("{} is no file that can be copied", path.display()).into());
        } else {
            let name = path.strip_prefix(top).unwrap_or(&path);
            found.push(PlacedFile {
                name: name
                    .to_str()
                    .ok_or("a file's name is not UTF-8")?
                    .to_owned(),
                content: open(&path)?.into(),
                executable: metadata.permissions().mode() & 0o111 != 0,
            });
        }
    }
    Ok(())
}

/// `sandbox run --json`.
#[derive(Debug, Serialize)]
struct OutcomeJson {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    cpu_ms: u128,
    wall_ms: u128,
    memory_bytes: u64,
    stdout: String,
    stderr: String,
    stdout_truncated: bool,
    stderr_truncated: bool,
    degraded: Vec<Lack>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<Repeat>,
}

/// What the same run took, again and again.
#[derive(Debug, Serialize)]
struct Repeat {
    runs: usize,
    median_us: u128,
    p99_us: u128,
}

impl Repeat {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(0, Duration::as_micros)
        };
        Self {
            runs: times.len(),
            median_us: at(50),
            p99_us: at(99),
        }
    }
}

impl OutcomeJson {
    fn of(outcome: &Outcome, repeat: Option<Repeat>) -> Self {
        let text = |stream: &Captured| String::from_utf8_lossy(&stream.head).into_owned();
        let (exit_code, signal) = match outcome.ending {
            Ending::Exited(status) => (Some(status), None),
            Ending::Signaled(signal) => (None, Some(signal)),
            _ => (None, None),
        };
        Self {
            status: word(outcome.ending),
            exit_code,
            signal,
            cpu_ms: outcome.cpu_time.as_millis(),
            wall_ms: outcome.wall_time.as_millis(),
            memory_bytes: outcome.peak_memory,
            stdout: text(&outcome.stdout),
            stderr: text(&outcome.stderr),
            stdout_truncated: outcome.stdout.truncated(),
            stderr_truncated: outcome.stderr.truncated(),
            degraded: outcome.degraded.clone(),
            repeat,
        }
    }
}

fn word(ending: Ending) -> &'static str {
    match ending {
        Ending::Exited(_) => "exited",
        Ending::Signaled(_) => "signaled",
        Ending::CpuLimit => "cpu_limit",
        Ending::WallLimit => "wall_limit",
        Ending::IdleLimit => "idle_limit",
        Ending::MemoryLimit => "memory_limit",
        Ending::OutputLimit => "output_limit",
        Ending::SecurityViolation => "security_violation",
        Ending::Cancelled => "cancelled",
    }
}

/// The command's own status; 128 + the signal for a command that was killed, as a shell says it.
fn status(ending: Ending) -> u8 {
    const SIGSYS: i32 = 31;
    let code = match ending {
        Ending::Exited(status) => status,
        Ending::Signaled(signal) => 128 + signal,
        Ending::SecurityViolation => 128 + SIGSYS,
        _ => i32::from(LIMIT_STATUS),
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Gives the command's output to whoever called, and says on standard error what its own status does not.
fn pass_on(outcome: &Outcome, repeat: Option<&Repeat>) {
    out::pass(&outcome.stdout.head, &outcome.stderr.head);
    let figures = || {
        format!(
            "{:.3} s of CPU time, {:.3} s of wall time, {}",
            outcome.cpu_time.as_secs_f64(),
            outcome.wall_time.as_secs_f64(),
            crate::units::show_bytes(outcome.peak_memory),
        )
    };
    if !matches!(outcome.ending, Ending::Exited(_)) {
        out::note(&format!("{} after {}", word(outcome.ending), figures()));
    }
    if !outcome.degraded.is_empty() {
        out::note(&format!("not enforced here: {:?}", outcome.degraded));
    }
    if let Some(repeat) = repeat {
        out::note(&format!(
            "{} runs: median {} µs, 99th percentile {} µs; the last took {}",
            repeat.runs,
            repeat.median_us,
            repeat.p99_us,
            figures()
        ));
    }
}
