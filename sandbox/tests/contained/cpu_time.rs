//! Using time without being noticed, or without end.

use std::fs::File;
use std::io::Read;
use std::thread;

use nix::errno::Errno::{EACCES, EINVAL, EPERM};
use nix::sys::resource::{Resource, setrlimit};
use tribunal_sandbox::Ending::{self, CpuLimit, Exited, IdleLimit, Signaled, WallLimit};
use tribunal_sandbox::{Input, Outcome};

use crate::arena::Visit;
use crate::case::{Case, helper, judge, ms, program};
use crate::emulated::is_emulated;
use crate::raw::{self, call, refused, rest_for_ever, spin, spin_for};

/// A CPU limit that is reached soon.
fn short(case: Case) -> Case {
    case.limits(|limits| limits.cpu_time = ms(150))
        .ends(&[CpuLimit])
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        short(program("a_loop_ends_at_the_cpu_limit", || spin())),
        short(program("four_spinning_threads_share_one_limit", || {
            (0..3).for_each(|_| drop(thread::spawn(|| spin())));
            spin()
        })),
        short(program("spinning_children_count", || {
            for child in [(); 4].map(|()| raw::fork(|| spin()).expect("a child")) {
                raw::wait(child);
            }
        })),
        short(program(
            "children_of_one_who_ignores_their_death_count",
            || {
                raw::set_signal(libc::SIGCHLD, true);
                loop {
                    if raw::fork(|| spin_for(ms(10))).is_err() {
                        raw::rest(ms(1));
                    }
                }
            },
        )),
        short(program("an_orphan_that_left_the_session_counts", || {
            let _ = raw::fork(|| {
                let _ = nix::unistd::setsid();
                let _ = raw::fork(|| spin());
            });
            rest_for_ever()
        })),
        short(program("quickly_changing_processes_count", || {
            loop {
                if let Ok(child) = raw::fork(|| spin_for(ms(2))) {
                    raw::wait(child);
                }
            }
        })),
        short(program("ignoring_every_signal_helps_nothing", || {
            raw::ignore_all_signals();
            spin()
        })),
        short(program("time_spent_in_the_kernel_counts", || {
            let mut zeroes = File::open("/dev/zero").expect("/dev/zero");
            let mut buffer = vec![0; 1 << 20];
            loop {
                zeroes.read_exact(&mut buffer).expect("zeroes");
            }
        })),
        short(program("yielding_between_steps_counts", || {
            loop {
                thread::yield_now();
            }
        })),
        short(program(
            "a_raised_cpu_limit_of_its_own_changes_nothing",
            || {
                let _ = setrlimit(
                    Resource::RLIMIT_CPU,
                    libc::RLIM_INFINITY,
                    libc::RLIM_INFINITY,
                );
                spin()
            },
        )),
        program("sleeping_ends_at_the_wall_limit", || rest_for_ever())
            .limits(|l| l.wall_time = ms(300))
            .ends(&[WallLimit]),
        program("stopping_itself_ends_at_the_wall_limit", || {
            raw::raise(libc::SIGSTOP);
            rest_for_ever()
        })
        .limits(|l| l.wall_time = ms(300))
        .ends(&[WallLimit]),
        program(
            "sleeping_is_seen_as_idle_long_before_the_wall_limit",
            || rest_for_ever(),
        )
        .limits(|l| l.idle_time = Some(ms(300)))
        .ends(&[IdleLimit]),
        program("stopping_all_its_threads_and_children_is_idle", || {
            let _ = raw::fork(|| rest_for_ever());
            thread::spawn(|| rest_for_ever());
            raw::raise(libc::SIGSTOP);
        })
        .limits(|l| l.idle_time = Some(ms(300)))
        .ends(&[IdleLimit]),
        program("a_deadlock_is_idle", || {
            let lock = std::sync::Mutex::new(());
            let _held = lock.lock();
            let _never = lock.lock();
        })
        .limits(|l| l.idle_time = Some(ms(300)))
        .ends(&[IdleLimit]),
        judge(
            "waiting_for_input_that_never_comes_is_idle",
            input_never_comes,
        ),
        helper("reads_its_input", || {
            drop(std::io::stdin().read_to_end(&mut Vec::new()));
        }),
        program("using_half_the_limit_is_reported_as_such", || {
            spin_for(ms(300));
        })
        .satisfies(|outcome| at_least(outcome, 290)),
        program("what_an_orphan_used_is_in_the_report", || {
            let _ = raw::fork(|| {
                let _ = raw::fork(|| spin_for(ms(200)));
            });
            spin_for(ms(300));
            raw::rest(ms(300));
        })
        .needs_cgroup()
        .satisfies(|outcome| at_least(outcome, 480)),
        program("a_higher_priority_is_refused", || {
            refused(
                call(libc::SYS_setpriority, &[0, 0, -5_isize as usize]),
                &[EACCES, EPERM],
            );
            let priority = 50;
            for policy in [libc::SCHED_FIFO, libc::SCHED_RR] {
                let parameter = &raw const priority as usize;
                refused(
                    call(
                        libc::SYS_sched_setscheduler,
                        &[0, policy as usize, parameter],
                    ),
                    &[EPERM],
                );
            }
        }),
        program("another_core_cannot_be_taken", || {
            let all = [u64::MAX; 16];
            let mask = all.as_ptr() as usize;
            refused(call(libc::SYS_sched_setaffinity, &[0, 128, mask]), &[EPERM]);
            // Not even by guessing the agent's key.
            refused(
                call(libc::SYS_sched_setaffinity, &[0, 128, mask, 0, 1, 1]),
                &[EPERM],
            );
        }),
        program("the_clock_cannot_be_set", || {
            let time = [0u64; 32];
            let pointer = time.as_ptr() as usize;
            refused(call(libc::SYS_clock_settime, &[0, pointer]), &[EPERM]);
            refused(call(libc::SYS_settimeofday, &[pointer, 0]), &[EPERM]);
            refused(call(libc::SYS_clock_adjtime, &[0, pointer]), &[EPERM]);
            refused(call(libc::SYS_adjtimex, &[pointer]), &[EPERM]);
            refused(call(libc::SYS_setitimer, &[9, 0, 0]), &[EINVAL]);
        }),
    ]
}

fn at_least(outcome: &Outcome, milliseconds: u64) {
    assert_eq!(outcome.ending, Exited(0), "{outcome:?}");
    assert!(
        outcome.cpu_time >= ms(milliseconds),
        "only {:?} were counted",
        outcome.cpu_time
    );
    assert!(
        is_emulated() || outcome.cpu_time < ms(milliseconds * 2 + 500),
        "{:?} were counted",
        outcome.cpu_time
    );
}

fn input_never_comes(visit: &mut Visit<'_>) {
    let (reader, _writer) = nix::unistd::pipe().expect("a pipe");
    visit.stdin = Input::Pipe(std::sync::Arc::new(reader));
    visit.limits.idle_time = Some(ms(300));
    let outcome = visit.run("reads_its_input");
    assert_eq!(outcome.ending, IdleLimit, "{}", visit.describe(&outcome));
}

/// However a bomb ends is fine, as long as it ends.
pub(crate) const STOPPED: &[Ending] = &[
    CpuLimit,
    WallLimit,
    IdleLimit,
    Ending::MemoryLimit,
    Ending::OutputLimit,
    Signaled(9),
    Signaled(11),
    Signaled(6),
];
