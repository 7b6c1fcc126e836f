//! Taking more memory than allowed, in every way that the kernel knows.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use nix::errno::Errno::{EACCES, EAGAIN, EINVAL, EMFILE, ENOMEM, ENOSPC, EPERM};
use nix::sys::memfd::{MFdFlags, memfd_create};
use tribunal_sandbox::Ending::{CpuLimit, Exited, MemoryLimit, OutputLimit, Signaled};

use crate::case::{Case, ms, program};
use crate::raw::{self, call, map, refused, touch};

const PAGE: usize = 4096;
const PRIVATE: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
const SHARED: i32 = libc::MAP_SHARED | libc::MAP_ANONYMOUS;

/// Only a group counts memory that belongs to no process, or to many.
fn counted(case: Case) -> Case {
    case.needs_cgroup().ends(&[MemoryLimit])
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = single();
    cases.extend(many());
    cases.extend(kernel());
    cases
}

fn single() -> Vec<Case> {
    vec![
        counted(program("a_growing_heap_ends_at_the_memory_limit", || {
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1u8; 1 << 20]);
            }
        })),
        counted(program(
            "a_touched_mapping_ends_at_the_memory_limit",
            || {
                touch(map(1 << 30, PRIVATE, -1).expect("a reservation"), PAGE);
            },
        )),
        counted(program("a_shared_mapping_ends_at_the_memory_limit", || {
            touch(map(1 << 30, SHARED, -1).expect("a reservation"), PAGE);
        })),
        counted(program("a_memfd_ends_at_the_memory_limit", || {
            let mut file = File::from(memfd_create("grow", MFdFlags::empty()).expect("a memfd"));
            for _ in 0..15 {
                // Each below the limit of one file.
                let mut one = File::from(memfd_create("grow", MFdFlags::empty()).expect("a memfd"));
                for _ in 0..15 {
                    one.write_all(&[1; 1 << 20]).expect("a write");
                }
                std::mem::forget(std::mem::replace(&mut file, one));
            }
        })),
        counted(program("page_tables_alone_end_at_the_memory_limit", || {
            // One page of each 2 MiB costs another page of page table; and those need their own.
            for _ in 0..64 {
                let flags = PRIVATE | libc::MAP_NORESERVE;
                touch(map(64 << 30, flags, -1).expect("a reservation"), 2 << 20);
            }
        })),
        program("unbounded_recursion_ends", || {
            fn deeper(depth: u64) -> u64 {
                let frame = std::hint::black_box([depth; 128]);
                if depth == u64::MAX {
                    0
                } else {
                    deeper(depth + 1) + frame[5]
                }
            }
            std::hint::black_box(deeper(0));
        })
        .ends(&[
            MemoryLimit,
            Signaled(libc::SIGSEGV),
            Signaled(libc::SIGABRT),
        ]),
        counted(program(
            "surviving_the_death_of_a_greedy_child_is_still_the_limit",
            || {
                let child =
                    raw::fork(|| touch(map(1 << 30, PRIVATE, -1).expect("a reservation"), PAGE))
                        .expect("a child");
                raw::wait(child);
            },
        )),
        program("memory_cannot_be_hidden_from_the_killer", || {
            // Lower than it is would make the kernel take somebody else.
            let lower = fs::write("/proc/self/oom_score_adj", "-1000");
            assert!(lower.is_err(), "the score of this process was lowered");
        }),
        counted(program("resetting_its_own_score_does_not_save_it", || {
            let _ = fs::write("/proc/self/oom_score_adj", "0");
            touch(map(1 << 30, PRIVATE, -1).expect("a reservation"), PAGE);
        })),
    ]
}

fn many() -> Vec<Case> {
    vec![
        counted(program(
            "many_small_children_together_end_at_the_memory_limit",
            || {
                for _ in 0..15 {
                    let _ = raw::fork(|| {
                        touch(map(16 << 20, PRIVATE, -1).expect("a reservation"), PAGE);
                        raw::rest_for_ever();
                    });
                }
                raw::rest_for_ever();
            },
        )),
        counted(program("orphans_together_end_at_the_memory_limit", || {
            for _ in 0..15 {
                let _ = raw::fork(|| {
                    let _ = nix::unistd::setsid();
                    let _ = raw::fork(|| {
                        touch(map(16 << 20, PRIVATE, -1).expect("a reservation"), PAGE);
                        raw::rest_for_ever();
                    });
                });
            }
            // Long enough for all of them to have been too much.
            raw::rest(ms(1500));
        })),
        program("filling_the_temporary_file_systems_is_bounded", || {
            fill("/tmp");
            fill("/dev/shm");
            fill("/box");
        })
        .needs_cgroup()
        .ends(&[MemoryLimit, Exited(0)]),
    ]
}

/// Writes files until there is no room.
fn fill(directory: &str) {
    for number in 0.. {
        let Ok(mut file) = File::create(format!("{directory}/hostile-{number}")) else {
            return;
        };
        for _ in 0..8 {
            if let Err(error) = file.write_all(&[1; 1 << 20]) {
                assert_eq!(error.raw_os_error(), Some(ENOSPC as i32), "{error}");
                return;
            }
        }
        assert!(number < 1000, "{directory} has no bound");
    }
}

fn kernel() -> Vec<Case> {
    vec![
        program("queued_signals_and_timers_are_bounded", || {
            let signal = libc::SIGRTMIN();
            let _ = nix::sys::signal::SigSet::all().thread_block();
            let own = nix::unistd::getpid().as_raw() as usize;
            let mut information = [0u32; 32];
            information[2] = -1_i32 as u32;
            let queued = [own, signal as usize, information.as_ptr() as usize];
            for _ in 0..1_000_000 {
                if call(libc::SYS_rt_sigqueueinfo, &queued).is_err() {
                    break;
                }
            }
            let every = [0u64, 1000, 0, 1000];
            for _ in 0..100_000 {
                let mut timer = 0i32;
                let made = [libc::CLOCK_MONOTONIC as usize, 0, &raw mut timer as usize];
                if call(libc::SYS_timer_create, &made).is_err() {
                    return;
                }
                let set = [timer as usize, 0, every.as_ptr() as usize, 0];
                let _ = call(libc::SYS_timer_settime, &set);
            }
        })
        .ends(&[Exited(0), MemoryLimit, CpuLimit]),
        program("kernel_buffers_of_pipes_are_bounded", || {
            let mut ends = Vec::new();
            while let Ok((reader, writer)) = nix::unistd::pipe() {
                let _ = nix::fcntl::fcntl(&writer, nix::fcntl::FcntlArg::F_SETPIPE_SZ(1 << 20));
                let _ = nix::fcntl::fcntl(
                    &writer,
                    nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK),
                );
                while nix::unistd::write(&writer, &[1; 1 << 16]).is_ok() {}
                ends.push((reader, writer));
            }
            assert!(ends.len() < 64, "{} pipes", ends.len());
        })
        .ends(&[Exited(0), MemoryLimit]),
        program("kernel_buffers_of_sockets_are_bounded", || {
            let mut ends = Vec::new();
            while let Ok((left, right)) = UnixStream::pair() {
                left.set_nonblocking(true).expect("non-blocking");
                while (&left).write(&[1; 1 << 16]).is_ok() {}
                ends.push((left, right));
            }
            assert!(ends.len() < 64, "{} pairs", ends.len());
        })
        .ends(&[Exited(0), MemoryLimit]),
        program("locking_memory_is_bounded", || {
            let memory = map(16 << 20, PRIVATE, -1).expect("a reservation");
            refused(
                call(libc::SYS_mlock, &[memory.as_ptr() as usize, memory.len()]),
                &[ENOMEM, EPERM, EAGAIN],
            );
            refused(call(libc::SYS_mlockall, &[7]), &[ENOMEM, EPERM]);
        }),
        program("secret_memory_and_huge_pages_are_closed", || {
            refused(
                call(libc::SYS_memfd_secret, &[0]),
                &[nix::errno::Errno::ENOSYS],
            );
            if let Ok(memory) = map(512 << 20, PRIVATE | libc::MAP_HUGETLB, -1) {
                touch(memory, 2 << 20);
                panic!("512 MiB of huge pages were given");
            }
        })
        .ends(&[Exited(0), MemoryLimit, Signaled(libc::SIGBUS)]),
        program("a_huge_sparse_memfd_is_bounded", || {
            let file = memfd_create("sparse", MFdFlags::empty()).expect("a memfd");
            if nix::unistd::ftruncate(&file, 1 << 40).is_ok() {
                touch(
                    map(1 << 30, libc::MAP_SHARED, file.as_raw_fd()).expect("a mapping"),
                    PAGE,
                );
                panic!("1 GiB of a memfd was touched");
            }
        })
        .ends(&[Exited(0), MemoryLimit, OutputLimit]),
        program("descriptors_in_flight_are_bounded", || {
            // Each pair sends its own ends through itself and closes them: the kernel alone refers to them.
            for _ in 0..20_000 {
                let Ok((left, right)) = UnixStream::pair() else {
                    return;
                };
                let fds = [left.as_raw_fd(), right.as_raw_fd()];
                let rights = [nix::sys::socket::ControlMessage::ScmRights(&fds)];
                let text = [std::io::IoSlice::new(b"x")];
                let flags = nix::sys::socket::MsgFlags::empty();
                let sent =
                    nix::sys::socket::sendmsg::<()>(left.as_raw_fd(), &text, &rights, flags, None);
                if let Err(error) = sent {
                    assert!(
                        [EMFILE, EINVAL, EACCES, nix::errno::Errno::ETOOMANYREFS].contains(&error),
                        "{error}"
                    );
                    return;
                }
            }
        })
        .ends(&[Exited(0), MemoryLimit]),
    ]
}
