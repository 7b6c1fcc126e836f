//! Multiplying, and outliving the run.

use std::fs;
use std::thread;

use nix::errno::Errno::{EAGAIN, ENOSYS, EPERM};
use tribunal_sandbox::Ending::{Exited, IdleLimit};

use crate::case::{Case, ms, program};
use crate::cpu_time::STOPPED;
use crate::raw::{self, call, refused, rest_for_ever, spin};

/// Leaves a process behind, and ends well.
fn left_behind(name: &str, leave: impl Fn() + Send + Sync + 'static) -> Case {
    program(name, move || {
        leave();
        raw::rest(ms(20));
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = bombs();
    cases.extend(survivors());
    cases
}

fn bombs() -> Vec<Case> {
    vec![
        program("a_fork_bomb_ends", || {
            loop {
                let _ = call(libc::SYS_fork, &[]);
            }
        })
        .limits(|l| l.wall_time = ms(1000))
        .ends(STOPPED),
        program("a_fork_bomb_that_ignores_signals_ends", || {
            raw::ignore_all_signals();
            loop {
                let _ = call(libc::SYS_fork, &[]);
                let _ = nix::unistd::setsid();
            }
        })
        .limits(|l| l.wall_time = ms(1000))
        .ends(STOPPED),
        program("forking_stops_at_the_limit", || {
            let mut children = 0;
            let error = loop {
                match raw::fork(|| rest_for_ever()) {
                    Ok(_) => children += 1,
                    Err(error) => break error,
                }
                assert!(children < 200, "there is no limit");
            };
            assert_eq!(error, EAGAIN);
            assert!(children <= 24, "{children} children");
        }),
        program("threads_stop_at_the_limit", || {
            let mut threads = 0;
            while thread::Builder::new()
                .stack_size(64 << 10)
                .spawn(|| rest_for_ever())
                .is_ok()
            {
                threads += 1;
                assert!(threads < 200, "there is no limit");
            }
            assert!((8..=24).contains(&threads), "{threads} threads");
        }),
        program("zombies_stop_at_the_limit", || {
            let mut zombies = 0;
            while raw::fork(|| {}).is_ok() {
                zombies += 1;
                assert!(zombies < 200, "there is no limit");
            }
        }),
        program("raising_the_limit_of_processes_is_refused", || {
            let unlimited = [u64::MAX; 2];
            let pointer = unlimited.as_ptr() as usize;
            // Where it is unlimited already, the group limits.
            let _ = call(
                libc::SYS_prlimit64,
                &[0, libc::RLIMIT_NPROC as usize, pointer, 0],
            );
            let mut children = 0;
            while raw::fork(|| rest_for_ever()).is_ok() {
                children += 1;
                assert!(children < 200, "there is no limit");
            }
        }),
        program("a_process_beside_itself_is_refused", || {
            let flags = libc::CLONE_PARENT as usize | libc::SIGCHLD as usize;
            refused(call(libc::SYS_clone, &[flags, 0]), &[EPERM]);
            let arguments = [flags as u64, 0, 0, 0, 0, 0, 0, 0];
            refused(
                call(libc::SYS_clone3, &[arguments.as_ptr() as usize, 64]),
                &[ENOSYS],
            );
            refused(
                call(
                    libc::SYS_clone3,
                    &[arguments.as_ptr() as usize, 64, 0, 0, 1, 1],
                ),
                &[ENOSYS],
            );
        }),
    ]
}

fn survivors() -> Vec<Case> {
    vec![
        left_behind("a_daemon_does_not_outlive_the_run", || {
            let _ = raw::fork(|| {
                let _ = nix::unistd::setsid();
                let _ = raw::fork(|| spin());
            });
        }),
        left_behind(
            "a_daemon_that_ignores_signals_does_not_outlive_the_run",
            || {
                let _ = raw::fork(|| {
                    raw::ignore_all_signals();
                    let _ = nix::unistd::setsid();
                    rest_for_ever()
                });
            },
        ),
        left_behind("a_stopped_child_does_not_outlive_the_run", || {
            let _ = raw::fork(|| raw::raise(libc::SIGSTOP));
        }),
        left_behind(
            "a_process_that_keeps_changing_does_not_outlive_the_run",
            || {
                let _ = raw::fork(|| {
                    // Whoever looks for it finds only its parent, dead.
                    loop {
                        match call(libc::SYS_fork, &[]) {
                            Ok(0) => {}
                            Ok(_) => raw::exit_now(0),
                            Err(_) => raw::rest(ms(1)),
                        }
                    }
                });
            },
        ),
        left_behind(
            "a_whole_house_of_processes_does_not_outlive_the_run",
            || {
                while raw::fork(|| {
                    let _ = nix::unistd::setsid();
                    spin()
                })
                .is_ok()
                {}
            },
        ),
        left_behind(
            "the_children_of_an_adopted_family_do_not_outlive_the_run",
            || {
                let _ = raw::fork(|| {
                    let _ = call(libc::SYS_prctl, &[libc::PR_SET_CHILD_SUBREAPER as usize, 1]);
                    let _ = raw::fork(|| {
                        let _ = raw::fork(|| rest_for_ever());
                    });
                    rest_for_ever()
                });
            },
        ),
        left_behind("a_writer_left_behind_writes_nothing_more", || {
            let _ = raw::fork(|| {
                let _ = nix::unistd::setsid();
                loop {
                    let _ = fs::write("/box/hostile-again", "still here");
                    let _ = fs::write("/tmp/hostile-again", "still here");
                }
            });
        }),
        program(
            "a_child_that_holds_the_output_open_does_not_hold_the_run",
            || {
                // The first process ends at once, while its child keeps both streams.
                let _ = raw::fork(|| rest_for_ever());
            },
        )
        .limits(|l| l.wall_time = ms(8000)),
        program(
            "threads_that_go_on_after_the_first_one_has_ended_are_the_program",
            || {
                thread::spawn(|| {
                    raw::rest(ms(50));
                    std::process::exit(7);
                });
                let _ = call(libc::SYS_exit, &[0]);
            },
        )
        .ends(&[Exited(7), IdleLimit]),
        program("a_vfork_that_never_returns_ends", || {
            // The parent stands still until the child executes something; it never does.
            if call(libc::SYS_vfork, &[]) == Ok(0) {
                spin()
            }
        })
        .limits(|l| l.cpu_time = ms(200))
        .ends(STOPPED),
    ]
}
