//! `tribunal doctor`: what this host can enforce, each line with the command that mends it.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use sysinfo::System;
use tribunal_actors::Examination;
use tribunal_sandbox::{Host, Line, State};

use super::Failure;
use crate::cli::DoctorArgs;
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
    let host = Host::detect();
    let mut checks = host.lines();
    if args.deep {
        checks.extend(super::sandbox::trials());
        checks.extend(stored(args.data.as_deref())?);
    }
    let ok = checks.iter().all(|line| line.state != State::Missing);
    let findings = Findings {
        ok,
        host: HostFigures::detect(&host)?,
        checks,
    };
    if args.json {
        out::print_json(&findings);
    } else {
        out::print(&for_people(&findings, out::is_coloured()));
    }
    Ok(ExitCode::from(u8::from(!ok)))
}

/// What is damaged of what a data directory has stored; nothing where none is named and there is none.
fn stored(data: Option<&Path>) -> Result<Vec<Line>, Failure> {
    let usual = Path::new(DATA);
    let data = match data {
        Some(data) => data,
        None if usual.is_dir() => usual,
        None => return Ok(Vec::new()),
    };
    let found = Examination::of(data)?;
    let database = data.join("tribunal.db").display().to_string();
    let restore = format!("restore {database} from a backup, or `sqlite3 {database} .recover`");
    let mut lines = vec![line(DATABASE, found.database, database, &restore)];
    let scan = found.scan;
    let blobs = scan.damaged.iter();
    let damaged = blobs.map(|id| format!("blob {id} is not what its name says"));
    let broken = scan.broken.iter();
    let broken = broken.map(|id| format!("artifact {id} has a file that is missing or damaged"));
    let rotten = scan.rotten.iter();
    let rotten = rotten.map(|file| {
        let path = file.path.display();
        format!("{path} has changed, though its times say that nobody has changed it")
    });
    lines.push(line(
        STORED,
        damaged.chain(broken).chain(rotten).collect(),
        format!("{} files in {}", scan.blobs, data.display()),
        "nothing damaged is judged with: a file is read from its package again, a program compiled again; \
         restore what has changed in a package, and test the disk",
    ));
    Ok(lines)
}

const DATA: &str = "tribunal-data";
const DATABASE: &str = "the database";
const STORED: &str = "what is stored";

/// The first of what is wrong, and how much more; what was looked at where nothing is.
fn line(what: &'static str, wrong: Vec<String>, looked_at: String, remedy: &str) -> Line {
    let detail = match wrong.as_slice() {
        [] => format!("{looked_at}: no damage"),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
    };
    for more in wrong.iter().skip(1) {
        log::warn!("{more}");
    }
    Line {
        what,
        state: if wrong.is_empty() {
            State::Good
        } else {
            State::Missing
        },
        detail,
        remedy: (!wrong.is_empty()).then(|| remedy.to_owned()),
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
    let is_damage =
        |line: &Line| [DATABASE, STORED].contains(&line.what) && line.state == State::Missing;
    for line in &findings.checks {
        let (mark, tint) = match line.state {
            State::Good => ("ok     ", Tint::Green),
            State::Partial => ("partly ", Tint::Yellow),
            State::Missing if is_damage(line) => ("DAMAGED", Tint::Red),
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
    let sum = if findings.checks.iter().any(is_damage) {
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
    text.push_str(&format!("\n{sum}\n"));
    text
}
