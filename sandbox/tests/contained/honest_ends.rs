//! Honest programs' ends and streams: what they exit with, read and write arrives as it is.

use std::fs::{self};
use std::io::{BufRead, Read, Write};
use std::sync::Arc;
use std::thread;

use tribunal_sandbox::Ending::{Exited, Signaled};
use tribunal_sandbox::{Cancel, Ending, Input};

use crate::arena::Visit;
use crate::case::{CONTAINED, Case, helper, judge, ms, program};
use crate::raw::{self};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = endings();
    cases.extend(streams());
    cases
}

fn endings() -> Vec<Case> {
    let signal = |name: &str, number: i32, ending: &'static [Ending]| {
        program(name, move || {
            raw::set_signal(number, false);
            raw::raise(number);
        })
        .ends(ending)
    };
    vec![
        judge("every_exit_code_arrives", |visit| {
            for code in 0..=255 {
                visit.place("code", code.to_string());
                let outcome = visit.run("exits_with_the_code");
                assert_eq!(outcome.ending, Exited(code), "{}", visit.describe(&outcome));
            }
        }),
        helper("exits_with_the_code", || {
            raw::exit_now(
                fs::read_to_string("/box/code")
                    .expect("the code")
                    .parse()
                    .expect("a number"),
            );
        }),
        signal(
            "an_abort_arrives",
            libc::SIGABRT,
            &[Signaled(libc::SIGABRT)],
        ),
        signal(
            "a_termination_arrives",
            libc::SIGTERM,
            &[Signaled(libc::SIGTERM)],
        ),
        signal(
            "a_division_by_zero_arrives",
            libc::SIGFPE,
            &[Signaled(libc::SIGFPE)],
        ),
        signal(
            "a_user_signal_arrives",
            libc::SIGUSR1,
            &[Signaled(libc::SIGUSR1)],
        ),
        signal("a_real_time_signal_arrives", 40, &[Signaled(40)]),
        program("an_illegal_instruction_arrives", raw::illegal_instruction)
            .ends(&[Signaled(libc::SIGILL)]),
        program("a_null_pointer_arrives", || {
            raw::set_signal(libc::SIGSEGV, false);
            std::hint::black_box(raw::null_pointer());
        })
        .ends(&[Signaled(libc::SIGSEGV)]),
        program("writing_into_a_closed_pipe_is_sigpipe", || {
            raw::set_signal(libc::SIGPIPE, false);
            let (reader, mut writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let _ = writer.write_all(b"x");
        })
        .ends(&[Signaled(libc::SIGPIPE)]),
        judge("a_run_can_be_cancelled", |visit| {
            let switch = Cancel::new().expect("a switch");
            let spec = visit.spec_of("sleeps");
            let other = switch.clone();
            let thread = thread::spawn(move || {
                raw::rest(ms(50));
                other.cancel();
            });
            let outcome = visit.run_until(&spec, &switch);
            thread.join().expect("the canceller");
            assert_eq!(
                outcome.ending,
                Ending::Cancelled,
                "{}",
                visit.describe(&outcome)
            );
        }),
        helper("sleeps", || raw::rest_for_ever()),
    ]
}

fn streams() -> Vec<Case> {
    vec![
        program("no_input_is_an_empty_input", || {
            assert_eq!(
                std::io::stdin()
                    .read_to_end(&mut Vec::new())
                    .expect("a read"),
                0
            );
        }),
        program("64_mib_of_output_arrive", || {
            let block = [b'z'; 1 << 20];
            let mut output = std::io::stdout();
            (0..64).for_each(|_| output.write_all(&block).expect("a write"));
        })
        .limits(|l| l.output = 64 << 20)
        .satisfies(|outcome| {
            assert_eq!(
                (outcome.ending, outcome.stdout.total),
                (Exited(0), 64 << 20)
            );
        }),
        program("a_hundred_thousand_small_writes_arrive", || {
            for _ in 0..100_000 {
                nix::unistd::write(std::io::stdout(), b"12345\n").expect("a write");
            }
        })
        .satisfies(|outcome| {
            assert_eq!((outcome.ending, outcome.stdout.total), (Exited(0), 600_000));
        }),
        judge("a_large_input_file_is_read_whole", large_input),
        helper("copies_its_input", || {
            let copied =
                std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).expect("a copy");
            print!("{copied}");
        }),
        judge(
            "an_input_file_is_read_from_its_start_whatever_was_read_of_it",
            |visit| {
                let mut input = tempfile::tempfile().expect("a file");
                input
                    .write_all(b"first line\nsecond line\n")
                    .expect("a write");
                visit.stdin = Input::File(Arc::new(input.into()));
                for _ in 0..2 {
                    let outcome = visit.run("prints_the_first_line");
                    assert_eq!(
                        (outcome.ending, &outcome.stdout.head[..]),
                        (Exited(0), &b"first line\n"[..])
                    );
                }
            },
        ),
        helper("prints_the_first_line", || {
            let mut line = String::new();
            std::io::stdin()
                .lock()
                .read_line(&mut line)
                .expect("a line");
            print!("{line}");
        }),
        judge(
            "two_runs_in_a_row_in_one_visit_share_the_working_directory",
            |visit| {
                let outcome = visit.run("writes_a_file_for_later");
                assert_eq!(
                    outcome.stdout.head,
                    CONTAINED.as_bytes().get(..0).unwrap_or_default()
                );
                let outcome = visit.run("reads_the_file_of_before");
                assert_eq!(
                    (outcome.ending, &outcome.stdout.head[..]),
                    (Exited(0), &b"made by the compiler"[..])
                );
            },
        ),
        helper("writes_a_file_for_later", || {
            fs::write("/box/made", "made by the compiler").expect("a file");
        }),
        helper("reads_the_file_of_before", || {
            print!("{}", fs::read_to_string("/box/made").expect("the file"));
        }),
    ]
}

fn large_input(visit: &mut Visit<'_>) {
    let mut input = tempfile::tempfile().expect("a file");
    for _ in 0..32 {
        input.write_all(&[b'q'; 1 << 20]).expect("a write");
    }
    visit.stdin = Input::File(Arc::new(input.into()));
    let outcome = visit.run("copies_its_input");
    assert_eq!(
        (outcome.ending, &outcome.stdout.head[..]),
        (Exited(0), &b"33554432"[..]),
        "{}",
        visit.describe(&outcome)
    );
    assert!(
        outcome.peak_memory < 24 << 20,
        "the input counts as memory: {}",
        outcome.peak_memory
    );
}
