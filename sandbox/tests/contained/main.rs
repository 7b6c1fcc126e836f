//! Hostile and honest programs in real boxes.
//!
//! Every hostile program is a function in this very binary, which executes itself in a box under the name of the test.
//! So the suite needs neither compilers nor files and also runs, linked statically, as the only program of a virtual
//! machine (`cgroup2.sh`). The tests that do need a compiler or an interpreter are in `compile.rs` and `languages.rs`; they
//! fail where it is not installed, and are left out where `TRIBUNAL_NO_TOOLS` is set.
//!
//! Each test asserts three things: the program ended as it should; after a reset, an honest witness in the same box
//! sees exactly what a witness sees in a box that nobody has used; and the host is as it was.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the programs' output is what the tests look at"
)]

use std::process::ExitCode;
use std::sync::Arc;

mod arena;
mod case;
#[path = "../shared/emulated.rs"]
mod emulated;
mod raw;
mod tools;
#[path = "../shared/user.rs"]
mod user;
mod witness;

mod benign;
mod compile;
mod cpu_time;
mod crowded;
mod disk;
mod environment;
mod honest_ends;
mod languages;
mod leftovers;
mod links;
mod memory;
mod neighbours;
mod network;
mod output;
mod processes;
mod reading;
mod syscalls;
mod verdict;

use arena::Arena;
use case::Case;

fn main() -> ExitCode {
    tribunal_sandbox::run_agent_if_asked();
    case::run_program_if_asked(cases);
    crowded::join_the_crowd_if_asked();
    if let Some(status) = user::become_user_if_asked() {
        return status;
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let arena = Arc::new(Arena::new());
    let trials = cases()
        .into_iter()
        .filter(|case| arena.can_hold(case))
        .filter_map(|case| case.trial(&arena));
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let clean = Arc::into_inner(arena).is_none_or(Arena::close);
    if conclusion.has_failed() || !clean {
        ExitCode::from(101)
    } else {
        ExitCode::SUCCESS
    }
}

fn cases() -> Vec<Case> {
    let mut cases = vec![case::helper("witness", witness::testify)];
    cases.extend(cpu_time::cases());
    cases.extend(memory::cases());
    cases.extend(processes::cases());
    cases.extend(output::cases());
    cases.extend(disk::cases());
    cases.extend(network::cases());
    cases.extend(reading::cases());
    cases.extend(links::cases());
    cases.extend(neighbours::cases());
    cases.extend(syscalls::cases());
    cases.extend(leftovers::cases());
    cases.extend(verdict::cases());
    cases.extend(environment::cases());
    cases.extend(benign::cases());
    cases.extend(honest_ends::cases());
    cases.extend(crowded::cases());
    cases.extend(compile::cases());
    cases.extend(languages::cases());
    cases
}
