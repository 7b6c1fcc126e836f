//! Leaving something for the next program: each of these runs is followed by a witness that must see nothing.

use std::fs::{self, File, FileTimes};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::resource::{Resource, setrlimit};

use crate::case::{Case, program};
use crate::raw::{self, call};
use crate::witness::MARK_NANOSECONDS;

const PLACES: [&str; 3] = ["/box", "/tmp", "/dev/shm"];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = files();
    cases.extend(state());
    cases
}

fn files() -> Vec<Case> {
    vec![
        program("files_are_gone", || {
            for place in PLACES {
                fs::write(format!("{place}/hostile"), "for my friend").expect("a file");
                fs::write(format!("{place}/.hidden"), "for my friend").expect("a file");
                fs::create_dir_all(format!("{place}/a/b/c")).expect("directories");
                fs::write(format!("{place}/a/b/c/deep"), "for my friend").expect("a file");
            }
        }),
        program("a_header_for_the_next_compiler_is_gone", || {
            for place in PLACES {
                fs::create_dir_all(format!("{place}/bits")).expect("a directory");
                fs::write(format!("{place}/bits/stdc++.h"), "#error gotcha").expect("a file");
                fs::create_dir_all(format!("{place}/META-INF/services")).expect("a directory");
                fs::write(
                    format!("{place}/META-INF/services/javax.annotation.processing.Processor"),
                    "Evil",
                )
                .expect("a file");
                fs::write(format!("{place}/sitecustomize.py"), "print('gotcha')").expect("a file");
            }
        }),
        program("links_out_of_the_box_are_gone", || {
            for place in PLACES {
                symlink("/usr/lib", format!("{place}/lib")).expect("a link");
                symlink("/proc/self/root", format!("{place}/r")).expect("a link");
            }
        }),
        program("the_mode_of_the_directories_is_restored", || {
            for place in PLACES {
                let _ = fs::set_permissions(place, PermissionsExt::from_mode(0o4755));
            }
        }),
        program("the_times_of_the_directories_carry_no_message", || {
            let marked = UNIX_EPOCH + Duration::new(1_000_000_000, MARK_NANOSECONDS as u32);
            for place in PLACES {
                let directory = File::open(place).expect("the directory");
                let _ =
                    directory.set_times(FileTimes::new().set_modified(marked).set_accessed(marked));
            }
        }),
        program("recent_times_of_the_directories_carry_no_message", || {
            let seconds = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .expect("now")
                .as_secs();
            let marked = UNIX_EPOCH + Duration::new(seconds, MARK_NANOSECONDS as u32);
            for place in PLACES {
                let directory = File::open(place).expect("the directory");
                let _ =
                    directory.set_times(FileTimes::new().set_modified(marked).set_accessed(marked));
            }
        }),
        program("the_group_of_the_directories_is_restored", || {
            for place in PLACES {
                let _ = chown(place, None, Some(nix::unistd::getegid().as_raw()));
            }
        }),
        program(
            "attributes_and_flags_of_the_directories_cannot_be_set",
            || {
                for place in PLACES {
                    let (path, name, value) = (format!("{place}\0"), c"user.hostile", [7u8; 16]);
                    let arguments = [
                        path.as_ptr() as usize,
                        name.as_ptr() as usize,
                        value.as_ptr() as usize,
                        value.len(),
                        0,
                    ];
                    assert!(
                        call(libc::SYS_setxattr, &arguments).is_err(),
                        "{place} has an attribute"
                    );
                    let directory = File::open(place).expect("the directory");
                    let flags = 0x40_u64;
                    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&directory) as usize;
                    assert!(
                        call(
                            libc::SYS_ioctl,
                            &[descriptor, 0x4008_6602, &raw const flags as usize]
                        )
                        .is_err()
                    );
                }
            },
        ),
        program("a_deleted_file_held_by_a_daemon_is_gone", || {
            let mut file = File::create("/box/hostile").expect("a file");
            file.write_all(&[1; 4 << 20]).expect("a write");
            fs::remove_file("/box/hostile").expect("it is removed");
            let _ = raw::fork(|| {
                let _ = nix::unistd::setsid();
                raw::rest_for_ever()
            });
        }),
    ]
}

fn state() -> Vec<Case> {
    vec![
        program("limits_and_masks_are_back", || {
            let _ = nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o777));
            for resource in [
                Resource::RLIMIT_NOFILE,
                Resource::RLIMIT_STACK,
                Resource::RLIMIT_FSIZE,
                Resource::RLIMIT_CPU,
            ] {
                let _ = setrlimit(resource, 4, 4);
            }
            raw::ignore_all_signals();
            let _ = nix::sys::signal::SigSet::all().thread_block();
        }),
        program("priorities_and_slack_are_back", || {
            let _ = call(libc::SYS_setpriority, &[0, 0, 19]);
            let parameter = [0u64; 2];
            let _ = call(
                libc::SYS_sched_setscheduler,
                &[0, libc::SCHED_IDLE as usize, parameter.as_ptr() as usize],
            );
            let _ = call(
                libc::SYS_prctl,
                &[libc::PR_SET_TIMERSLACK as usize, 1_000_000_000],
            );
            let _ = call(
                libc::SYS_prctl,
                &[libc::PR_SET_NAME as usize, c"hostile".as_ptr() as usize],
            );
            let _ = call(libc::SYS_personality, &[0x0004_0000]);
            let _ = fs::write("/proc/self/oom_score_adj", "1000");
        }),
        program("locks_and_timers_are_gone", || {
            for path in ["/dev/null", "/box/hostile", "/proc/self/status", "/"] {
                let Ok(file) = File::open(path).or_else(|_| File::create(path)) else {
                    continue;
                };
                let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file) as usize;
                let _ = call(
                    libc::SYS_flock,
                    &[descriptor, (libc::LOCK_EX | libc::LOCK_NB) as usize],
                );
                std::mem::forget(file);
            }
            raw::set_signal(libc::SIGALRM, true);
            let every = [0u64, 1000, 0, 1000];
            let _ = call(libc::SYS_setitimer, &[0, every.as_ptr() as usize, 0]);
        }),
        program("semaphores_and_shared_memory_by_name_are_gone", || {
            for name in ["/dev/shm/sem.hostile", "/dev/shm/hostile"] {
                let file = File::options()
                    .create(true)
                    .truncate(true)
                    .read(true)
                    .write(true)
                    .open(name)
                    .expect("a file");
                file.set_len(4096).expect("its size");
                let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file);
                raw::touch(
                    raw::map(4096, libc::MAP_SHARED, descriptor).expect("a mapping"),
                    64,
                );
            }
        }),
        program("directories_used_as_a_root_or_a_home_are_gone", || {
            fs::create_dir_all("/box/.ssh").expect("a directory");
            fs::write("/box/.profile", "exit 1").expect("a file");
            fs::write("/box/.gitconfig", "[core]").expect("a file");
            let _ = std::env::set_current_dir("/dev/shm");
        }),
        program("the_number_of_its_processes_is_forgotten", || {
            for _ in 0..200 {
                raw::wait(raw::fork(|| {}).expect("a child"));
            }
        }),
        program("a_changed_host_name_or_clock_is_impossible", || {
            assert!(nix::unistd::sethostname("hostile").is_err());
        }),
    ]
}
