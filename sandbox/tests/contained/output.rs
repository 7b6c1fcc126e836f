//! Writing without end, and playing with the streams.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write, stderr, stdout};
use std::os::fd::AsRawFd;

use nix::errno::Errno::{EAGAIN, EFBIG, EINVAL, EPERM, ESPIPE};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tribunal_sandbox::Ending::{Exited, OutputLimit, Signaled};
use tribunal_sandbox::Outcome;

use crate::case::{Case, program};
use crate::raw::{self, denied, refused};

fn flood(mut stream: impl Write) {
    while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = streams();
    cases.extend(files());
    cases.extend(descriptors());
    cases
}

fn over(outcome: &Outcome) {
    assert_eq!(outcome.ending, OutputLimit, "{outcome:?}");
}

fn streams() -> Vec<Case> {
    vec![
        program("flooding_the_output_ends_at_its_limit", || flood(stdout())).satisfies(|outcome| {
            over(outcome);
            assert!(outcome.stdout.total > 1 << 20, "{}", outcome.stdout.total);
            assert!(
                outcome.stdout.total < 16 << 20,
                "{} bytes were read",
                outcome.stdout.total
            );
            assert_eq!(
                (outcome.stdout.head.len(), outcome.stdout.tail.len()),
                (256 << 10, 4 << 10)
            );
            assert!(outcome.stdout.truncated());
        }),
        program("flooding_the_error_stream_ends_at_its_limit", || {
            flood(stderr());
        })
        .satisfies(|outcome| {
            over(outcome);
            assert_eq!(
                (outcome.stdout.total, outcome.stderr.head.len()),
                (0, 64 << 10)
            );
        }),
        program("flooding_from_a_child_ends_at_the_limit", || {
            raw::wait(raw::fork(|| flood(stdout())).expect("a child"));
        })
        .satisfies(over),
        program("flooding_both_streams_from_many_processes_ends", || {
            for number in 0..8 {
                let _ = raw::fork(|| {
                    if number % 2 == 0 {
                        flood(stdout());
                    } else {
                        flood(stderr());
                    }
                });
            }
            raw::rest_for_ever();
        })
        .satisfies(over),
        program(
            "flooding_a_stream_that_was_opened_again_ends",
            || match OpenOptions::new().write(true).open("/proc/self/fd/1") {
                Ok(again) => flood(again),
                Err(_) => flood(stdout()),
            },
        )
        .satisfies(over),
        program(
            "flooding_after_the_first_process_is_gone_is_cut_off",
            || {
                let _ = raw::fork(|| flood(stdout()));
            },
        )
        .ends(&[Exited(0), OutputLimit]),
        program("the_output_cannot_be_rewound_or_cut", || {
            print!("kept");
            stdout().flush().expect("a flush");
            refused(
                nix::unistd::lseek(stdout(), 0, nix::unistd::Whence::SeekSet),
                &[ESPIPE],
            );
            refused(nix::unistd::ftruncate(stdout(), 0), &[EINVAL]);
        })
        .satisfies(|outcome| {
            assert_eq!(
                (outcome.ending, &outcome.stdout.head[..]),
                (Exited(0), &b"kept"[..])
            );
        }),
        program("reading_its_own_output_back_harms_only_itself", || {
            println!("gone");
            stdout().flush().expect("a flush");
            if let Ok(mut again) = File::open("/proc/self/fd/1") {
                let _ = fcntl(&again, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
                let _ = again.read(&mut [0; 100]);
            }
        })
        .ends(&[Exited(0)]),
        program(
            "changing_the_streams_flags_changes_nothing_for_the_judge",
            || {
                let _ = fcntl(
                    stdout(),
                    FcntlArg::F_SETFL(OFlag::O_NONBLOCK | OFlag::O_ASYNC),
                );
                let _ = fcntl(stdout(), FcntlArg::F_SETPIPE_SZ(4096));
                let text = [b'y'; 300_000];
                let mut sent = 0;
                while sent < text.len() {
                    match nix::unistd::write(stdout(), &text[sent..]) {
                        Ok(more) => sent += more,
                        Err(EAGAIN) => raw::rest(crate::case::ms(1)),
                        Err(error) => panic!("{error}"),
                    }
                }
            },
        )
        .satisfies(|outcome| {
            assert_eq!((outcome.ending, outcome.stdout.total), (Exited(0), 300_000));
        }),
        program("bytes_that_are_no_text_arrive_as_they_are", || {
            let all: Vec<u8> = (0..=255).collect();
            stdout().write_all(&all).expect("a write");
            stderr()
                .write_all(b"<script>\0\x1b[2J\xff")
                .expect("a write");
        })
        .satisfies(|outcome| {
            assert_eq!(outcome.stdout.head, (0..=255).collect::<Vec<u8>>());
            assert_eq!(outcome.stderr.head, b"<script>\0\x1b[2J\xff");
        }),
        program("closed_streams_end_the_run_all_the_same", || {
            for fd in 0..3 {
                let _ = raw::call(libc::SYS_close, &[fd]);
            }
            raw::exit_now(5);
        })
        .ends(&[Exited(5)]),
    ]
}

fn files() -> Vec<Case> {
    vec![
        program("a_file_beyond_its_limit_ends_the_run", || {
            flood(File::create("/box/hostile-large").expect("a file"));
            raw::rest_for_ever();
        })
        .ends(&[OutputLimit]),
        program(
            "a_file_is_cut_at_its_limit_for_one_who_ignores_the_signal",
            || {
                raw::set_signal(libc::SIGXFSZ, true);
                let mut file = File::create("/box/hostile-large").expect("a file");
                let error = loop {
                    if let Err(error) = file.write_all(&[1; 1 << 20]) {
                        break error;
                    }
                };
                assert_eq!(error.raw_os_error(), Some(EFBIG as i32));
                assert!(file.metadata().expect("its size").len() <= 16 << 20);
            },
        ),
        program("a_huge_sparse_file_is_refused", || {
            raw::set_signal(libc::SIGXFSZ, true);
            let file = File::create("/box/hostile-sparse").expect("a file");
            denied("1 TiB of hole", file.set_len(1 << 40));
            let reserve = [file.as_raw_fd() as usize, 0, 0, 1 << 40];
            assert!(
                raw::call(libc::SYS_fallocate, &reserve).is_err(),
                "1 TiB was reserved"
            );
        }),
        program("raising_the_limit_of_files_is_refused", || {
            for resource in [
                Resource::RLIMIT_FSIZE,
                Resource::RLIMIT_NOFILE,
                Resource::RLIMIT_CORE,
            ] {
                let (_, hard) = getrlimit(resource).expect("a limit");
                assert_ne!(hard, libc::RLIM_INFINITY, "{resource:?} is not limited");
                refused(setrlimit(resource, hard + 1, hard + 1), &[EPERM]);
            }
        }),
        program("a_crash_leaves_no_core", || {
            let _ = fs::write("/box/before", "x");
            raw::raise(libc::SIGQUIT);
        })
        .ends(&[Signaled(libc::SIGQUIT)]),
    ]
}

fn descriptors() -> Vec<Case> {
    vec![
        program("descriptors_stop_at_their_limit", || {
            let mut open = Vec::new();
            let error = loop {
                match File::open("/dev/null") {
                    Ok(file) => open.push(file),
                    Err(error) => break error,
                }
                assert!(open.len() < 1000, "there is no limit");
            };
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
            assert!(open.len() <= 64, "{} descriptors", open.len());
            drop(open);
        }),
        program("epoll_and_timer_objects_stop_at_the_limit", || {
            let mut objects = 0;
            while raw::call(libc::SYS_epoll_create1, &[0]).is_ok()
                && raw::call(libc::SYS_eventfd2, &[0, 0]).is_ok()
                && raw::call(libc::SYS_timerfd_create, &[1, 0]).is_ok()
            {
                objects += 3;
                assert!(objects < 1000, "there is no limit");
            }
        }),
    ]
}
