//! The program: command line, configuration, start and stop.

mod cli;
mod commands;
mod config;
mod contest;
mod logging;
mod out;
mod packages;
mod progress;
mod report;
mod table;
mod units;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

fn main() -> ExitCode {
    // A box's first process is this program again; it must become the agent before anything else happens.
    tribunal_sandbox::run_agent_if_asked();
    end_the_process_on_panic();
    logging::begin();
    commands::run(Cli::parse())
}

/// A panic in an actor or a thread would leave a judge that limps; the store is replayed at the next start instead.
fn end_the_process_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        std::process::exit(PANIC_STATUS);
    }));
}

/// The exit status after a panic, as Rust has it.
const PANIC_STATUS: i32 = 101;
