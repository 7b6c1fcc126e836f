//! Honest programs that must simply work.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{SigSet, Signal};
use tribunal_sandbox::Ending::Exited;

use crate::case::{Case, ms, program};
use crate::raw::{self, call, map, touch};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = work();
    cases.extend(files());
    cases
}

fn work() -> Vec<Case> {
    vec![
        program("threads_work", || {
            let sum = Arc::new(Mutex::new(0));
            let add = |number| {
                let sum = Arc::clone(&sum);
                thread::spawn(move || *sum.lock().expect("the lock") += number)
            };
            (1..=16)
                .map(add)
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|thread| thread.join().expect("a thread"));
            assert_eq!(*sum.lock().expect("the lock"), 136);
        }),
        program("channels_between_threads_work", || {
            let (sender, receiver) = mpsc::channel();
            for number in 0..4 {
                let sender = sender.clone();
                thread::spawn(move || {
                    (0..1000)
                        .for_each(|step| sender.send(number * 1000 + step).expect("a receiver"));
                });
            }
            drop(sender);
            assert_eq!(receiver.iter().sum::<u64>(), (0..4000).sum());
        }),
        program("recursion_goes_as_deep_as_the_memory_limit_allows", || {
            fn deeper(depth: u64) -> u64 {
                let frame = std::hint::black_box([depth; 126]);
                if depth == 0 {
                    0
                } else {
                    deeper(depth - 1) + frame[3] - frame[4] + 1
                }
            }
            // Far more than 8 MiB, the usual limit, and less than 96.
            assert_eq!(deeper(20_000), 20_000);
        })
        .needs_cgroup(),
        program("most_of_the_memory_limit_can_be_used", || {
            touch(
                map(80 << 20, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1).expect("memory"),
                4096,
            );
        }),
        program("huge_reservations_cost_nothing", || {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            let memory = map(64 << 30, flags, -1).expect("a reservation");
            touch(&mut memory[..1 << 20], 4096);
        })
        .needs_cgroup(),
        program("touched_memory_is_reported", || {
            touch(
                map(40 << 20, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1).expect("memory"),
                4096,
            );
        })
        .satisfies(|outcome| {
            assert_eq!(outcome.ending, Exited(0));
            // Up to 1.5 MiB below: what the kernel still charged in advance or was freeing of the
            // last run when this one began counts as the box's own.
            let kib = outcome.peak_memory >> 10;
            let expected = (40 << 10) - (3 << 9)..50 << 10;
            assert!(
                expected.contains(&kib),
                "{kib} KiB were reported for 40 MiB"
            );
        }),
        program("children_and_pipes_work", || {
            let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
            let child = raw::fork(|| writer.write_all(b"from the child").expect("a write"))
                .expect("a child");
            raw::wait(child);
            drop(writer);
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("a read");
            assert_eq!(text, "from the child");
        }),
        program(
            "another_program_can_be_started_with_its_output_read",
            || {
                let mut command = Command::new("/proc/self/exe");
                std::os::unix::process::CommandExt::arg0(&mut command, "tribunal-fixture");
                let output = command
                    .args(["copies_its_input", "x", "y"])
                    .stdin(Stdio::null())
                    .output()
                    .expect("a program");
                assert!(output.status.success(), "{output:?}");
            },
        ),
        program("local_sockets_work", || {
            let (mut left, mut right) = UnixStream::pair().expect("a pair");
            let echo = thread::spawn(move || {
                let mut byte = [0; 5];
                right.read_exact(&mut byte).expect("a read");
                right.write_all(&byte).expect("a write");
            });
            left.write_all(b"hello").expect("a write");
            let mut back = [0; 5];
            left.read_exact(&mut back).expect("a read");
            echo.join().expect("the echo");
            assert_eq!(&back, b"hello");
        }),
        program("time_passes_and_can_be_slept_through", || {
            let start = Instant::now();
            raw::rest(ms(20));
            assert!(start.elapsed() >= ms(20));
            assert!(
                std::time::SystemTime::now()
                    > std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
            );
        }),
        program("signals_between_its_own_processes_work", || {
            let mut usual = SigSet::empty();
            usual.add(Signal::SIGUSR1);
            usual.thread_block().expect("a mask");
            let parent = nix::unistd::getpid();
            let child =
                raw::fork(|| nix::sys::signal::kill(parent, Signal::SIGUSR1).expect("a signal"))
                    .expect("a child");
            assert_eq!(usual.wait().expect("the signal"), Signal::SIGUSR1);
            raw::wait(child);
        }),
        program("event_loops_work", || {
            for (number, arguments) in [
                (libc::SYS_epoll_create1, [0, 0]),
                (libc::SYS_eventfd2, [0, 0]),
                (libc::SYS_timerfd_create, [1, 0]),
                (libc::SYS_memfd_create, [c"x".as_ptr() as usize, 0]),
                (
                    libc::SYS_pidfd_open,
                    [nix::unistd::getpid().as_raw() as usize, 0],
                ),
            ] {
                call(number, &arguments).expect("an object");
            }
        }),
        program("ordinary_calls_are_allowed", || {
            for number in [
                libc::SYS_getcpu,
                libc::SYS_sched_yield,
                libc::SYS_getpriority,
                libc::SYS_sync,
                libc::SYS_times,
            ] {
                assert!(call(number, &[]).is_ok(), "{number}");
            }
            call(libc::SYS_setpriority, &[0, 0, 5]).expect("being nicer is allowed");
            call(libc::SYS_personality, &[0xffff_ffff]).expect("asking is allowed");
            let mut random = [0u8; 64];
            call(
                libc::SYS_getrandom,
                &[random.as_mut_ptr() as usize, random.len(), 0],
            )
            .expect("random bytes");
            assert_ne!(random, [0; 64]);
        }),
    ]
}

fn files() -> Vec<Case> {
    vec![
        program("temporary_files_work_everywhere", || {
            for place in ["/box", "/tmp", "/dev/shm", "."] {
                let path = format!("{place}/temporary");
                let mut file = File::options()
                    .create(true)
                    .truncate(true)
                    .read(true)
                    .write(true)
                    .open(&path)
                    .expect("a file");
                file.write_all(&[7; 1 << 20]).expect("a write");
                file.seek(SeekFrom::Start(1000)).expect("a seek");
                let mut back = Vec::new();
                file.read_to_end(&mut back).expect("a read");
                assert_eq!(back.len(), (1 << 20) - 1000);
                fs::remove_file(&path).expect("it is removed");
            }
        }),
        program("the_working_directory_is_its_own", || {
            assert_eq!(
                std::env::current_dir().expect("it"),
                std::path::Path::new("/box")
            );
            fs::create_dir_all("a/b").expect("directories");
            fs::write("a/b/c", "x").expect("a file");
            fs::rename("a/b/c", "d").expect("a rename");
            symlink("d", "e").expect("a link");
            fs::hard_link("d", "f").expect("a hard link");
            assert_eq!(fs::read_to_string("e").expect("through the link"), "x");
            fs::remove_dir_all("a").expect("they are removed");
        }),
        program("a_program_that_it_made_can_be_executed", || {
            fs::copy("/proc/self/exe", "/box/copy").expect("a copy");
            fs::set_permissions("/box/copy", PermissionsExt::from_mode(0o755)).expect("a mode");
            let mut command = Command::new("/box/copy");
            std::os::unix::process::CommandExt::arg0(&mut command, "tribunal-fixture");
            assert!(
                command
                    .args(["copies_its_input", "x", "y"])
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .status()
                    .expect("it")
                    .success()
            );
        })
        .limits(|l| {
            l.file_size = 64 << 20;
            l.memory = 256 << 20;
        }),
        program("the_usual_devices_work", || {
            let mut random = [0u8; 32];
            for device in ["/dev/urandom", "/dev/random"] {
                File::open(device)
                    .and_then(|mut file| file.read_exact(&mut random))
                    .expect(device);
                assert_ne!(random, [0; 32]);
            }
            let mut zeroes = [1u8; 32];
            File::open("/dev/zero")
                .and_then(|mut file| file.read_exact(&mut zeroes))
                .expect("zeroes");
            assert_eq!(zeroes, [0; 32]);
            fs::write("/dev/null", "gone").expect("/dev/null");
            let full = fs::write("/dev/full", "x").expect_err("/dev/full is full");
            assert_eq!(full.raw_os_error(), Some(libc::ENOSPC));
            for path in [
                "/dev/fd/0",
                "/dev/stdin",
                "/dev/stdout",
                "/dev/stderr",
                "/proc/self/status",
                "/proc/self/maps",
                "/proc/cpuinfo",
                "/proc/meminfo",
            ] {
                fs::metadata(path).expect(path);
            }
        }),
        program("locks_on_files_work", || {
            let file = File::create("/box/lock").expect("a file");
            file.lock().expect("a lock");
            file.unlock().expect("an unlock");
            let record = [1u16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            call(
                libc::SYS_fcntl,
                &[
                    file.as_raw_fd() as usize,
                    libc::F_SETLK as usize,
                    record.as_ptr() as usize,
                ],
            )
            .expect("a record lock");
        }),
        program("shared_mappings_of_files_work", || {
            let file = File::options()
                .create(true)
                .truncate(true)
                .read(true)
                .write(true)
                .open("/dev/shm/map")
                .expect("a file");
            file.set_len(4096).expect("its size");
            let memory = map(4096, libc::MAP_SHARED, file.as_raw_fd()).expect("a mapping");
            raw::wait(raw::fork(|| memory[17] = 99).expect("a child"));
            assert_eq!(memory[17], 99);
            let memory = memfd_create("m", MFdFlags::empty()).expect("a memfd");
            nix::unistd::ftruncate(&memory, 4096).expect("its size");
        }),
        program("a_thousand_files_can_be_made_and_removed", || {
            for number in 0..1000 {
                fs::write(format!("/box/{number}"), "x").expect("a file");
            }
            for number in 0..1000 {
                fs::remove_file(format!("/box/{number}")).expect("it is removed");
            }
        }),
    ]
}
