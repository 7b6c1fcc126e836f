//! `tribunal doctor`: what this host can enforce, each line with the command that mends it, and how jobs are queued.

mod stored;

use std::process::ExitCode;

use serde::Serialize;
use sysinfo::System;
use tribunal_sandbox::{Host, Line, State};

use super::Failure;
use crate::cli::DoctorArgs;
use crate::config::Config;
use crate::out;
use crate::table::{Tint, tinted};
use crate::units::show_bytes;

/// `doctor --json`.
#[derive(Debug, Serialize)]
struct Findings {
    /// Whether nothing is missing.
    ok: bool,
    host: HostFigures,
    checks: Vec<Line>,
    queues: Queues,
}

/// How long jobs wait for the invokers that they prefer.
#[derive(Debug, Serialize)]
struct Queues {
    invokers: usize,
    cache_timeout_ms: u128,
    deps_timeout_ms: u128,
}

#[derive(Debug, Serialize)]
struct HostFigures {
    system: String,
    kernel: String,
    cores: usize,
    memory_bytes: u64,
    memory_available_bytes: u64,
    swap_bytes: u64,
}

/// Looks, and tells. Status 0: nothing is missing; 1: something is.
pub(super) fn run(args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let queues = Queues::read(args)?;
    let host = Host::detect();
    let mut checks = host.lines();
    if args.deep {
        checks.extend(super::sandbox::trials());
        checks.extend(stored::stored(args.data.as_deref())?);
    }
    let ok = checks.iter().all(|line| line.state != State::Missing);
    let findings = Findings {
        ok,
        host: HostFigures::detect(&host)?,
        checks,
        queues,
    };
    if args.json {
        out::print_json(&findings);
    } else {
        out::print(&for_people(&findings, out::is_coloured()));
    }
    Ok(ExitCode::from(u8::from(!ok)))
}

impl Queues {
    fn read(args: &DoctorArgs) -> Result<Self, Failure> {
        let mut config = match &args.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        config.invokers = args.invokers.map_or(config.invokers, usize::from);
        let (cache, deps) = config.node().timeouts();
        Ok(Self {
            invokers: config.invokers,
            cache_timeout_ms: cache.as_millis(),
            deps_timeout_ms: deps.as_millis(),
        })
    }

    fn for_people(&self) -> String {
        let Self {
            invokers,
            cache_timeout_ms,
            deps_timeout_ms,
        } = self;
        let plural = if *invokers == 1 { "" } else { "s" };
        format!(
            "{invokers} invoker{plural}; a job waits {cache_timeout_ms} ms for one that has its result \
             (cache_timeout_ms),\nthen {deps_timeout_ms} ms for one that has a dependency (deps_timeout_ms)\n"
        )
    }
}

impl HostFigures {
    fn detect(host: &Host) -> Result<Self, Failure> {
        let mut system = System::new()?;
        system.refresh_memory();
        Ok(Self {
            system: System::long_os_version().unwrap_or_else(|_| "Linux".to_owned()),
            kernel: host.kernel().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            memory_bytes: system.total_memory(),
            memory_available_bytes: system.available_memory(),
            swap_bytes: system.total_swap(),
        })
    }
}

fn for_people(findings: &Findings, coloured: bool) -> String {
    let host = &findings.host;
    let mut text = format!(
        "{}, kernel {}, {} cores, {} of {} memory free\n\n",
        host.system,
        host.kernel,
        host.cores,
        show_bytes(host.memory_available_bytes),
        show_bytes(host.memory_bytes),
    );
    let width = findings
        .checks
        .iter()
        .map(|line| line.what.chars().count())
        .max()
        .unwrap_or(0);
    for line in &findings.checks {
        let (mark, tint) = match line.state {
            State::Good => ("ok     ", Tint::Green),
            State::Partial => ("partly ", Tint::Yellow),
            State::Missing if stored::is_damage(line) => ("DAMAGED", Tint::Red),
            State::Missing => ("MISSING", Tint::Red),
        };
        text.push_str(&format!(
            "  {}  {:width$}  {}\n",
            tinted(mark, tint, coloured),
            line.what,
            line.detail,
        ));
        if let Some(remedy) = &line.remedy {
            let indent = " ".repeat(width + 13);
            let remedy = tinted(remedy, Tint::Bold, coloured);
            text.push_str(&format!("{indent}mend it: {remedy}\n"));
        }
    }
    let sum = if findings.checks.iter().any(stored::is_damage) {
        tinted("What is stored here is damaged.", Tint::Red, coloured)
    } else if findings.ok {
        tinted("Every limit can be enforced here.", Tint::Green, coloured)
    } else {
        tinted(
            "Some limits cannot be enforced here: `serve` refuses to start without --allow-degraded.",
            Tint::Red,
            coloured,
        )
    };
    text.push_str(&format!("\n{}\n{sum}\n", findings.queues.for_people()));
    text
}
