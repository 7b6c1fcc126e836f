//! What the sandbox is told for a compile, a test and a checker.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use tribunal_problems::{CompileLimits, RunEnd, RunFacts, RunLimits, SourceFile, Toolchain};
use tribunal_sandbox::{Captured, Ending, Input, Limits, Outcome, Output, Program, Spec};

use crate::storage_cache::CachedFile;

/// Bytes of a compiler's messages that are kept from the start and from the end.
pub(super) const LOG_HEAD: usize = 32 << 10;
const LOG_TAIL: usize = 4 << 10;
/// Bytes of a program's standard error that are kept from the start, and from the end, where a run-time says why it gave up.
const STDERR_HEAD: usize = 64 << 10;
const STDERR_TAIL: usize = 4 << 10;

/// A compiler's run.
pub(super) fn compiling(toolchain: &Toolchain, command: &[String], limits: &CompileLimits) -> Spec {
    let capture = Output::Capture {
        head: LOG_HEAD,
        tail: LOG_TAIL,
    };
    Spec {
        program: Program::Path(command[0].clone().into()),
        args: words(command),
        env: env(toolchain, None),
        stdin: Input::Empty,
        stdout: capture.clone(),
        stderr: capture,
        limits: Limits {
            cpu_time: limits.time,
            wall_time: limits.wall,
            idle_time: None,
            memory: limits.memory,
            processes: limits.processes,
            output: limits.output,
            file_size: limits.file_size,
            ..Limits::default()
        },
        core: None,
        inherited: Vec::new(),
        read_only: false,
    }
}

/// A program's run; `native` is its own executable, which needs no path in the box.
pub(super) fn running(
    toolchain: &Toolchain,
    command: &[String],
    native: Option<Program>,
    stdin: Input,
    limits: &RunLimits,
) -> Spec {
    let capacity = usize::try_from(limits.output).unwrap_or(usize::MAX);
    Spec {
        program: native.unwrap_or_else(|| Program::Path(command[0].clone().into())),
        args: words(command),
        env: env(toolchain, Some(limits)),
        stdin,
        stdout: Output::Capture {
            head: capacity,
            tail: 0,
        },
        stderr: Output::Capture {
            head: capacity.min(STDERR_HEAD),
            tail: capacity.min(STDERR_TAIL),
        },
        limits: Limits {
            cpu_time: limits.time,
            wall_time: limits.wall,
            idle_time: None,
            memory: toolchain.box_memory(limits),
            processes: limits.processes + toolchain.language().processes,
            output: limits.output,
            floods_on: limits.floods_on,
            file_size: limits.file_size,
            stack: limits.stack,
            ..Limits::default()
        },
        core: None,
        inherited: Vec::new(),
        read_only: false,
    }
}

/// The names of files, for the templates of a language.
pub(super) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<SourceFile> {
    names
        .into_iter()
        .map(|name| SourceFile::new(name, Vec::new()))
        .collect()
}

/// A descriptor of its own for the sandbox; the cached file stays with its pins.
pub(super) fn descriptor(file: &CachedFile) -> std::io::Result<Arc<std::os::fd::OwnedFd>> {
    file.fd.try_clone().map(Arc::new)
}

/// What the verdict's table compares a run with: the virtual machine's own memory is not the contestant's.
pub(super) fn measured(toolchain: &Toolchain, limits: &RunLimits) -> RunLimits {
    RunLimits {
        memory: toolchain.box_memory(limits),
        ..limits.clone()
    }
}

/// How the run ended, in the words of the verdict's table.
pub(super) fn facts(toolchain: &Toolchain, outcome: &Outcome) -> RunFacts {
    let says_memory = |stream: &Captured| {
        toolchain.says_out_of_memory(&stream.head) || toolchain.says_out_of_memory(&stream.tail)
    };
    RunFacts {
        end: match outcome.ending {
            Ending::Exited(1..) | Ending::Signaled(_) if says_memory(&outcome.stderr) => {
                RunEnd::MemoryLimit
            }
            Ending::Exited(status) => RunEnd::Exited(status),
            Ending::Signaled(signal) => RunEnd::Signaled(signal),
            Ending::CpuLimit => RunEnd::CpuLimit,
            Ending::WallLimit => RunEnd::WallLimit,
            Ending::IdleLimit => RunEnd::IdleLimit,
            Ending::MemoryLimit => RunEnd::MemoryLimit,
            Ending::OutputLimit => RunEnd::OutputLimit,
            Ending::SecurityViolation => RunEnd::SecurityViolation,
            Ending::Cancelled => RunEnd::Cancelled,
        },
        cpu: outcome.cpu_time,
        wall: outcome.wall_time,
        memory: outcome.peak_memory,
        output_total: outcome.stdout.total + outcome.stderr.total,
    }
}

/// Whole milliseconds, rounded down.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn words(command: &[String]) -> Vec<OsString> {
    command.iter().map(Into::into).collect()
}

fn env(toolchain: &Toolchain, limits: Option<&RunLimits>) -> Vec<(OsString, OsString)> {
    toolchain
        .env(limits)
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}
