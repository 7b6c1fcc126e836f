//! Real programs in real boxes: what a run reports, what a limit stops, what a visit leaves behind.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the probe's deeds are what it prints"
)]

use std::process::ExitCode;

mod common;
#[path = "../shared/emulated.rs"]
mod emulated;
mod files;
mod life;
mod limits;
mod measures;
mod probe;
mod steps;
#[path = "../shared/user.rs"]
mod user;

fn main() -> ExitCode {
    steps::fail_if_asked();
    tribunal_sandbox::run_agent_if_asked();
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some(probe::NAME) => probe::run(&args[2..]),
        Some(life::JUDGE) => life::be_a_judge(&args[2]),
        _ => {}
    }
    if let Some(status) = user::become_user_if_asked() {
        return status;
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = [
        limits::trials(),
        measures::trials(),
        files::trials(),
        life::trials(),
        steps::trials(),
    ]
    .concat_trials();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Joins lists of what cannot be cloned.
trait ConcatTrials {
    fn concat_trials(self) -> Vec<libtest_mimic::Trial>;
}

impl<const N: usize> ConcatTrials for [Vec<libtest_mimic::Trial>; N] {
    fn concat_trials(self) -> Vec<libtest_mimic::Trial> {
        self.into_iter().flatten().collect()
    }
}
