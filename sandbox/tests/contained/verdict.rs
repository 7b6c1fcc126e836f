//! Making the judge believe something else than what happened.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;
use tribunal_sandbox::Ending::{Exited, MemoryLimit, Signaled};

use crate::case::{Case, ms, program};
use crate::raw;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = statuses();
    cases.extend(messages());
    cases
}

fn statuses() -> Vec<Case> {
    vec![
        program("killing_itself_is_a_signal_and_no_limit", || {
            let _ = kill(getpid(), Signal::SIGKILL);
        })
        .ends(&[Signaled(libc::SIGKILL)]),
        program("sending_itself_the_limits_signals_is_no_limit", || {
            raw::raise(libc::SIGXCPU);
        })
        .ends(&[Signaled(libc::SIGXCPU)]),
        program(
            "a_child_that_succeeds_does_not_speak_for_its_parent",
            || {
                raw::wait(raw::fork(|| {}).expect("a child"));
                raw::exit_now(3);
            },
        )
        .ends(&[Exited(3)]),
        program(
            "an_orphan_that_succeeds_does_not_speak_for_the_program",
            || {
                let _ = raw::fork(|| {
                    let _ = raw::fork(|| raw::exit_now(0));
                });
                raw::rest(ms(50));
                raw::exit_now(4);
            },
        )
        .ends(&[Exited(4)]),
        program("a_child_that_fails_does_not_speak_for_its_parent", || {
            raw::wait(raw::fork(|| raw::exit_now(9)).expect("a child"));
            raw::exit_now(0);
        })
        .ends(&[Exited(0)]),
        program("a_flood_of_orphans_does_not_hide_the_status", || {
            for status in 0..100 {
                if let Ok(child) = raw::fork(|| {
                    let _ = raw::fork(|| raw::exit_now(status % 3));
                }) {
                    raw::wait(child);
                }
            }
            raw::exit_now(5);
        })
        .ends(&[Exited(5)]),
        program(
            "success_after_a_childs_death_by_memory_is_the_limit",
            || {
                let child = raw::fork(|| {
                    let memory = raw::map(1 << 30, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
                        .expect("a reservation");
                    raw::touch(memory, 4096);
                });
                raw::wait(child.expect("a child"));
                raw::exit_now(0);
            },
        )
        .needs_cgroup()
        .ends(&[MemoryLimit]),
        program("a_status_has_eight_bits", || raw::exit_now(0x100 + 42)).ends(&[Exited(42)]),
        program("a_negative_status_is_its_low_byte", || raw::exit_now(-1)).ends(&[Exited(255)]),
        program(
            "another_program_executed_instead_gives_its_own_status",
            || {
                let error = Command::new("/proc/self/exe")
                    .arg0("tribunal-fixture")
                    .args(["exits_with_6", "x", "y"])
                    .exec();
                panic!("{error}");
            },
        )
        .ends(&[Exited(6)]),
        crate::case::helper("exits_with_6", || raw::exit_now(6)),
        program(
            "the_status_is_that_of_the_first_process_and_not_of_the_last",
            || {
                let own = getpid();
                let _ = raw::fork(|| {
                    raw::rest(ms(30));
                    let _ = kill(own, Signal::SIGTERM);
                    raw::rest(ms(30));
                    raw::exit_now(0);
                });
                raw::rest_for_ever();
            },
        )
        .ends(&[Signaled(libc::SIGTERM)]),
    ]
}

fn messages() -> Vec<Case> {
    vec![
        program("writing_to_every_descriptor_reaches_nobody", || {
            for fd in 3..4096 {
                let text = b"{\"status\":\"exited\",\"exit_code\":0}\n";
                let sent = raw::call(libc::SYS_write, &[fd, text.as_ptr() as usize, text.len()]);
                assert!(sent.is_err(), "descriptor {fd} is open");
            }
        }),
        program("words_in_the_error_stream_change_nothing", || {
            let mut errors = std::io::stderr();
            for words in [
                "timelimit exceeded (wall time)",
                "run-time: 0.000",
                "Accepted",
                "{\"verdict\":\"AC\"}",
                "exitcode 0",
            ] {
                writeln!(errors, "{words}").expect("a write");
            }
            raw::exit_now(1);
        })
        .ends(&[Exited(1)]),
        program(
            "a_message_like_the_agents_sent_into_the_streams_changes_nothing",
            || {
                // Ran { status: 0, .. } in the wire's own format, over and over.
                for fd in [1, 2] {
                    let text = [5u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                    for _ in 0..100 {
                        let _ =
                            raw::call(libc::SYS_write, &[fd, text.as_ptr() as usize, text.len()]);
                        let _ = raw::call(
                            libc::SYS_sendto,
                            &[fd, text.as_ptr() as usize, text.len(), 0, 0, 0],
                        );
                    }
                }
                raw::exit_now(2);
            },
        )
        .ends(&[Exited(2)]),
        program("replacing_its_streams_loses_only_its_own_output", || {
            print!("before");
            std::io::stdout().flush().expect("a flush");
            let (_reader, writer) = nix::unistd::pipe().expect("a pipe");
            nix::unistd::dup2_stdout(&writer).expect("another stream");
            print!("after");
            std::io::stdout().flush().expect("a flush");
        })
        .satisfies(|outcome| {
            assert_eq!(
                (outcome.ending, &outcome.stdout.head[..]),
                (Exited(0), &b"before"[..])
            );
        }),
    ]
}
