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
        measure()
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The runs are first, while this process is small.
fn measure() -> Done<()> {
    let scratch = tempfile::tempdir()?;
    let programs = Programs::build(scratch.path())?;
    let mut table = Table::begin();
    starts::measure(&programs, &mut table)?;
    boxes::measure(&programs, &mut table)?;
    accounts::measure(&programs, &mut table)?;
    Ok(())
}
