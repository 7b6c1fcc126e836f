//! Signalling, tracing and limiting PID 1, the judge and whoever else can be named.

use std::fs;
use std::io::Write;

use nix::errno::Errno::{EACCES, EINVAL, EPERM, ESRCH};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tribunal_sandbox::Ending::{Exited, SecurityViolation, Signaled};

use crate::case::{Case, program};
use crate::raw::{call, denied, refused};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = signals();
    cases.extend(limits());
    cases.extend(memory());
    cases
}

fn signals() -> Vec<Case> {
    vec![
        program("pid_1_survives_every_signal", || {
            for number in 1..=64 {
                let _ = call(libc::SYS_kill, &[1, number]);
                let _ = call(libc::SYS_tkill, &[1, number]);
                let _ = call(libc::SYS_tgkill, &[1, 1, number]);
            }
        }),
        program("killing_everybody_kills_nobody_else", || {
            for signal in [Signal::SIGTERM, Signal::SIGSTOP, Signal::SIGKILL] {
                let _ = kill(Pid::from_raw(-1), signal);
            }
        }),
        program("killing_every_number_kills_only_itself", || {
            let own = nix::unistd::getpid();
            for number in (1..70_000).filter(|number| *number != own.as_raw()) {
                let _ = kill(Pid::from_raw(number), Signal::SIGKILL);
                let _ = kill(Pid::from_raw(-number), Signal::SIGKILL);
            }
        })
        .ends(&[Exited(0), Signaled(libc::SIGKILL)]),
        program("a_lock_on_a_file_binds_nobody_and_tells_nothing", || {
            fs::write("/box/file", "x").expect("a file");
            let open = || fs::File::open("/box/file").expect("a file");
            let (one, other) = (open(), open());
            one.lock().expect("a lock");
            other.try_lock().expect("the same lock");
            let descriptor = std::os::fd::AsRawFd::as_raw_fd(&one) as usize;
            let mut record = [0u64; 4];
            let asked = call(
                libc::SYS_fcntl,
                &[
                    descriptor,
                    libc::F_GETLK as usize,
                    record.as_mut_ptr() as usize,
                ],
            );
            assert_eq!(asked, Err(EINVAL));
        }),
        program("its_parent_cannot_be_stopped", || {
            let parent = nix::unistd::getppid();
            let _ = kill(parent, Signal::SIGSTOP);
            let _ = kill(parent, Signal::SIGKILL);
        }),
        program("a_queued_signal_does_not_reach_pid_1", || {
            let mut information = [0u32; 32];
            information[2] = -1_i32 as u32;
            let pointer = information.as_ptr() as usize;
            for number in [libc::SIGTERM, libc::SIGKILL, 34, 64] {
                let _ = call(libc::SYS_rt_sigqueueinfo, &[1, number as usize, pointer]);
            }
        }),
        program("a_process_descriptor_does_not_reach_pid_1", || {
            if let Ok(descriptor) = call(libc::SYS_pidfd_open, &[1, 0]) {
                for number in [libc::SIGKILL, libc::SIGSTOP, libc::SIGTERM] {
                    let _ = call(
                        libc::SYS_pidfd_send_signal,
                        &[descriptor, number as usize, 0, 0],
                    );
                }
            }
        }),
        program("signals_of_descriptors_do_not_reach_pid_1", || {
            let (reader, writer) = nix::unistd::pipe().expect("a pipe");
            let descriptor = std::os::fd::AsRawFd::as_raw_fd(&reader) as usize;
            let _ = call(libc::SYS_fcntl, &[descriptor, libc::F_SETOWN as usize, 1]);
            let _ = call(libc::SYS_fcntl, &[descriptor, 10, libc::SIGKILL as usize]);
            let _ = call(
                libc::SYS_fcntl,
                &[descriptor, libc::F_SETFL as usize, libc::O_ASYNC as usize],
            );
            nix::unistd::write(&writer, b"x").expect("a write");
        }),
        program("a_parent_death_signal_hits_only_itself", || {
            let _ = call(
                libc::SYS_prctl,
                &[libc::PR_SET_PDEATHSIG as usize, libc::SIGKILL as usize],
            );
        }),
    ]
}

fn limits() -> Vec<Case> {
    vec![
        program("limits_of_pid_1_cannot_be_set_or_read", || {
            let limit = [3u64; 2];
            let (new, old) = (limit.as_ptr() as usize, limit.as_ptr() as usize);
            for resource in 0..16 {
                refused(call(libc::SYS_prlimit64, &[1, resource, new, 0]), &[EPERM]);
                refused(call(libc::SYS_prlimit64, &[1, resource, 0, old]), &[EPERM]);
            }
        }),
        program("scheduling_of_pid_1_cannot_be_set", || {
            let parameter = [0u64; 8];
            let pointer = parameter.as_ptr() as usize;
            refused(call(libc::SYS_setpriority, &[0, 1, 19]), &[EPERM]);
            refused(call(libc::SYS_setpriority, &[1, 1, 19]), &[EPERM]);
            refused(call(libc::SYS_setpriority, &[2, 0, 19]), &[EPERM]);
            refused(
                call(libc::SYS_sched_setscheduler, &[1, 5, pointer]),
                &[EPERM],
            );
            refused(call(libc::SYS_sched_setparam, &[1, pointer]), &[EPERM]);
            refused(call(libc::SYS_sched_setattr, &[1, pointer, 0]), &[EPERM]);
            refused(
                call(libc::SYS_sched_setaffinity, &[1, 8, pointer]),
                &[EPERM],
            );
            refused(call(libc::SYS_ioprio_set, &[1, 1, 0x6000]), &[EPERM]);
        }),
        program("settings_of_pid_1_cannot_be_written", || {
            for name in [
                "oom_score_adj",
                "oom_adj",
                "comm",
                "timerslack_ns",
                "coredump_filter",
                "clear_refs",
                "uid_map",
                "gid_map",
                "setgroups",
                "mem",
                "attr/current",
                "loginuid",
                "sched",
                "autogroup",
            ] {
                let path = format!("/proc/1/{name}");
                denied(
                    &path,
                    fs::OpenOptions::new()
                        .write(true)
                        .open(&path)
                        .and_then(|mut file| file.write(b"0")),
                );
            }
        }),
        program("its_own_ids_cannot_be_raised", || {
            let errors = [EPERM, EINVAL];
            refused(call(libc::SYS_setuid, &[0]), &errors);
            refused(call(libc::SYS_setresuid, &[0, 0, 0]), &errors);
            refused(call(libc::SYS_setresgid, &[0, 0, 0]), &errors);
            refused(
                call(libc::SYS_setgroups, &[1, &raw const errors as usize]),
                &errors,
            );
            refused(call(libc::SYS_setuid, &[65534]), &errors);
            let header = [0x2008_0522_u32, 0];
            let all = [u32::MAX; 6];
            refused(
                call(
                    libc::SYS_capset,
                    &[header.as_ptr() as usize, all.as_ptr() as usize],
                ),
                &errors,
            );
            let map = fs::OpenOptions::new()
                .write(true)
                .open("/proc/self/uid_map")
                .and_then(|mut file| file.write(b"0 0 1\n"));
            denied("a new id map", map);
        }),
    ]
}

fn memory() -> Vec<Case> {
    let own = || [0u64; 4];
    vec![
        program("tracing_pid_1_kills_the_tracer", || {
            let _ = call(libc::SYS_ptrace, &[16, 1, 0, 0]);
        })
        .ends(&[SecurityViolation]),
        program("reading_the_memory_of_pid_1_kills_the_reader", move || {
            let vector = own();
            let pointer = vector.as_ptr() as usize;
            let _ = call(libc::SYS_process_vm_readv, &[1, pointer, 1, pointer, 1, 0]);
        })
        .ends(&[SecurityViolation]),
        program("writing_the_memory_of_pid_1_kills_the_writer", move || {
            let vector = own();
            let pointer = vector.as_ptr() as usize;
            let _ = call(libc::SYS_process_vm_writev, &[1, pointer, 1, pointer, 1, 0]);
        })
        .ends(&[SecurityViolation]),
        program("taking_a_descriptor_of_pid_1_kills_the_taker", || {
            let descriptor = call(libc::SYS_pidfd_open, &[1, 0]).unwrap_or(0);
            let _ = call(libc::SYS_pidfd_getfd, &[descriptor, 3, 0]);
        })
        .ends(&[SecurityViolation]),
        program("pages_of_pid_1_cannot_be_moved_or_compared", || {
            refused(call(libc::SYS_move_pages, &[1, 0, 0, 0, 0, 0]), &[EPERM]);
            refused(call(libc::SYS_migrate_pages, &[1, 0, 0, 0]), &[EPERM]);
            refused(call(libc::SYS_kcmp, &[1, 1, 0, 0, 0]), &[EPERM]);
            let mut head = 0usize;
            let place = &raw mut head as usize;
            refused(
                call(libc::SYS_get_robust_list, &[1, place, place]),
                &[EPERM, EACCES, ESRCH, nix::errno::Errno::ENOSYS],
            );
        }),
    ]
}
