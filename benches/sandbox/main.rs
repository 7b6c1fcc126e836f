//! What the sandbox promises, measured, each figure beside its bound. `make bench`.
//!
//! Every figure is taken several times: the median of these runs is printed with the least and the greatest of them. Absolute
//! figures are this machine's; the ratios travel. Nothing here fails for being slow.

use std::process::ExitCode;

mod accounts;
mod boxes;
mod programs;
mod starts;
mod table;

use programs::Programs;
use table::Table;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Done<T> = Result<T, Failure>;

fn main() -> ExitCode {
    tribunal_sandbox::run_agent_if_asked();
    let arguments: Vec<String> = std::env::args().collect();
    let done = if arguments.get(1).map(String::as_str) == Some(starts::PLAIN) {
        starts::spawn_for_a_while(&arguments[2..])
    } else {
        measure(&arguments[1..])
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

type Part = fn(&Programs, &mut Table) -> Done<()>;

/// The starts are first, while this process is small.
const PARTS: [(&str, Part); 3] = [
    ("starts", starts::measure),
    ("boxes", boxes::measure),
    ("accounts", accounts::measure),
];

/// All parts, or those that are named.
fn measure(arguments: &[String]) -> Done<()> {
    let scratch = tempfile::tempdir()?;
    let programs = Programs::build(scratch.path())?;
    let mut table = Table::begin();
    let named = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !PARTS.iter().any(|(name, _)| named(name));
    for (name, part) in PARTS {
        if all || named(name) {
            part(&programs, &mut table)?;
        }
    }
    Ok(())
}
