//! Reading what a program must not know: the host, the judge, other boxes, hidden tests and answers.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};

use nix::errno::Errno::{EBADF, ENOENT, EPERM};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use tribunal_sandbox::Ending::Exited;

use crate::arena::{SECRET, Visit};
use crate::case::{Case, helper, judge, program, usual_limits};
use crate::network::assert_contained;
use crate::raw::{self, denied, refused};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = host();
    cases.extend(judges());
    cases.extend(others());
    cases
}

fn secret_path() -> PathBuf {
    std::env::args().nth(3).expect("the secret's path").into()
}

/// Says whether anything can be read from a file.
fn gives_bytes(path: &str) -> bool {
    File::open(path)
        .and_then(|mut file| file.read(&mut [0; 1]))
        .is_ok_and(|read| read > 0)
}

fn host() -> Vec<Case> {
    vec![
        program("the_hosts_secrets_cannot_be_read", || {
            for path in [
                "/etc/shadow",
                "/root/.bashrc",
                "/root",
                "/home",
                "/var/lib",
                "/var/log",
                "/run",
                "/srv",
                "/mnt",
                "/boot",
                "/sys/kernel",
            ] {
                let seen = fs::read_dir(path).map(Iterator::count).unwrap_or(0)
                    + usize::from(gives_bytes(path));
                assert_eq!(seen, 0, "{path} can be seen");
            }
        }),
        program("the_hidden_answer_cannot_be_read_by_any_path", || {
            let path = secret_path();
            let relative = path.strip_prefix("/").expect("an absolute path");
            let ways = [
                "/",
                "/proc/1/root",
                "/proc/self/root",
                "/proc/1/cwd",
                "/proc/self/cwd/../../../..",
                "/../../..",
                "/proc/self/fd/0/..",
                "/proc/self/exe/..",
            ];
            for way in ways {
                denied(way, fs::read_to_string(Path::new(way).join(relative)));
            }
            denied(
                "the directory of the secret",
                fs::read_dir(path.parent().expect("a directory")),
            );
        }),
        program("no_path_leads_above_the_root", || {
            std::env::set_current_dir("/").expect("the root");
            for _ in 0..50 {
                std::env::set_current_dir("..").expect("the root's parent");
            }
            fs::metadata("box/.").expect("this is the box's own root");
            denied("the host's root", fs::metadata("root/."));
            refused(
                raw::call(libc::SYS_chroot, &[c"/tmp".as_ptr() as usize]),
                &[EPERM],
            );
        }),
        program("kernel_memory_and_logs_cannot_be_read", || {
            for path in [
                "/proc/kcore",
                "/proc/kmsg",
                "/dev/mem",
                "/dev/kmem",
                "/dev/kmsg",
                "/dev/port",
                "/proc/vmallocinfo",
                "/proc/slabinfo",
                "/proc/timer_list",
                "/proc/1/stack",
            ] {
                assert!(!gives_bytes(path), "{path} can be read");
            }
            let symbols = fs::read_to_string("/proc/kallsyms").unwrap_or_default();
            assert!(
                symbols
                    .lines()
                    .take(100)
                    .all(|line| line.starts_with("0000000000000000")),
                "kernel addresses can be read"
            );
        }),
        program("disks_and_other_devices_are_not_there", || {
            let allowed = [
                "null", "zero", "full", "random", "urandom", "fd", "stdin", "stdout", "stderr",
                "shm", "tty", "ptmx", "pts", "mqueue",
            ];
            for entry in fs::read_dir("/dev").expect("/dev").flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                assert!(allowed.contains(&name.as_str()), "/dev/{name} is there");
            }
            for name in [
                "vda",
                "sda",
                "loop0",
                "kvm",
                "fuse",
                "vsock",
                "net/tun",
                "userfaultfd",
                "btrfs-control",
                "mapper/control",
            ] {
                denied(name, File::open(format!("/dev/{name}")));
            }
        }),
        program("the_mount_table_does_not_name_the_judges_places", || {
            let secret = secret_path();
            let directory = secret
                .parent()
                .and_then(Path::file_name)
                .expect("a directory")
                .to_string_lossy()
                .into_owned();
            for file in [
                "/proc/self/mountinfo",
                "/proc/self/mounts",
                "/proc/self/maps",
                "/proc/self/cmdline",
            ] {
                let text = fs::read_to_string(file).unwrap_or_default();
                let own = file.ends_with("cmdline");
                assert!(own || !text.contains(&directory), "{file}: {text}");
                assert!(!text.contains("/work/"), "{file}: {text}");
            }
            let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
            assert!(!groups.contains("hostile"), "{groups}");
        }),
        program("a_file_handle_opens_nothing", || {
            let handle = [0u8; 128];
            let mount = 0i32;
            let arguments = [
                libc::AT_FDCWD as usize,
                c"/".as_ptr() as usize,
                handle.as_ptr() as usize,
                &raw const mount as usize,
                0,
            ];
            refused(raw::call(libc::SYS_name_to_handle_at, &arguments), &[EPERM]);
        }),
    ]
}

fn judges() -> Vec<Case> {
    vec![
        program("the_agents_memory_and_files_cannot_be_opened", || {
            for name in [
                "mem",
                "maps",
                "smaps",
                "environ",
                "auxv",
                "pagemap",
                "syscall",
                "stack",
                "io",
                "exe",
                "cwd",
                "root",
                "fd/0",
                "fd/3",
                "map_files",
                "ns/mnt",
                "clear_refs",
                "timers",
                "wchan",
            ] {
                let path = format!("/proc/1/{name}");
                let read = |mut file: File| {
                    let mut byte = [0];
                    file.read(&mut byte).map(|count| (count, byte))
                };
                if let Ok((count, byte)) = File::open(&path).and_then(read) {
                    assert!(
                        name == "wchan" && byte == *b"0",
                        "{path} can be read: {count}"
                    );
                }
            }
            denied(
                "/proc/1/fd",
                fs::read_dir("/proc/1/fd").map(Iterator::count),
            );
            for name in ["exe", "cwd", "root", "ns/user"] {
                denied(name, fs::read_link(format!("/proc/1/{name}")));
            }
        }),
        program("the_agents_threads_are_as_closed_as_the_agent", || {
            for name in ["mem", "maps", "environ", "syscall", "fd/0"] {
                denied(
                    name,
                    File::open(format!("/proc/1/task/1/{name}"))
                        .and_then(|mut file| file.read(&mut [0; 1])),
                );
            }
        }),
        program("no_descriptor_but_the_streams_is_inherited", || {
            for fd in 3..4096 {
                refused(
                    raw::call(libc::SYS_fcntl, &[fd, libc::F_GETFD as usize]),
                    &[EBADF],
                );
            }
        }),
        program("no_directory_is_inherited_under_the_streams", || {
            for fd in 0..3 {
                let up = raw::call(
                    libc::SYS_openat,
                    &[fd, c"..".as_ptr() as usize, libc::O_DIRECTORY as usize],
                );
                assert!(up.is_err(), "descriptor {fd} is a directory");
                assert!(
                    raw::call(libc::SYS_fchdir, &[fd]).is_err(),
                    "descriptor {fd} is a directory"
                );
            }
        }),
        program("the_standard_input_cannot_be_written", || {
            let input = std::io::stdin();
            let sent = nix::unistd::write(&input, b"x");
            let again = open("/proc/self/fd/0", OFlag::O_WRONLY, Mode::empty());
            let harmless = sent.is_err()
                || fs::read_link("/proc/self/fd/0")
                    .is_ok_and(|target| target == Path::new("/dev/null"));
            assert!(harmless, "it can be written: {sent:?} {again:?}");
        }),
        program("other_processes_than_its_own_are_not_listed", || {
            let listed: Vec<_> = fs::read_dir("/proc")
                .expect("/proc")
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .filter(|name| name.parse::<i32>().is_ok())
                .collect();
            assert!(listed.len() <= 3, "{listed:?}");
        }),
        program("its_executable_cannot_be_changed", || {
            for path in ["/proc/self/exe", "/proc/self/map_files"] {
                denied(path, fs::OpenOptions::new().write(true).open(path));
            }
            let mut exe = File::open("/proc/self/exe").expect("its own program");
            let _ = exe.seek(SeekFrom::Start(0));
            refused(
                nix::unistd::ftruncate(&exe, 0),
                &[nix::errno::Errno::EINVAL, EPERM],
            );
            let _ = exe.as_raw_fd();
        }),
    ]
}

fn others() -> Vec<Case> {
    vec![
        judge("another_box_at_the_same_time_is_not_seen", another_box),
        helper("leaves_a_note_and_waits", || {
            fs::write("/box/note", SECRET).expect("a note");
            fs::write("/tmp/note", SECRET).expect("a note");
            fs::write("/dev/shm/note", SECRET).expect("a note");
            let name = SocketAddr::from_abstract_name("hostile-note");
            let _socket = name.and_then(|name| std::os::unix::net::UnixListener::bind_addr(&name));
            println!("ready");
            raw::rest(crate::case::ms(1500));
        }),
        helper("looks_for_the_note", || {
            raw::rest(crate::case::ms(500));
            for path in ["/box/note", "/tmp/note", "/dev/shm/note"] {
                assert_eq!(
                    fs::read(path).map_err(|error| error.raw_os_error()),
                    Err(Some(ENOENT as i32)),
                    "{path}"
                );
            }
            let listed = fs::read_dir("/proc")
                .expect("/proc")
                .flatten()
                .filter(|entry| entry.file_name().to_string_lossy().parse::<i32>().is_ok())
                .count();
            assert!(listed <= 3, "{listed} processes are listed");
            let sockets = fs::read_to_string("/proc/net/unix").unwrap_or_default();
            assert!(!sockets.contains("hostile-note"), "{sockets}");
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(-1),
                nix::sys::signal::Signal::SIGKILL,
            );
        }),
        judge(
            "an_input_placed_for_one_run_is_gone_for_the_next",
            placed_input,
        ),
        helper("reads_the_placed_input", || {
            assert_eq!(
                fs::read_to_string("/box/input.txt").expect("the input"),
                SECRET
            );
        }),
        helper("finds_no_placed_input", || {
            denied("the old input", fs::read_to_string("/box/input.txt"));
        }),
    ]
}

fn another_box(visit: &mut Visit<'_>) {
    let arena = visit.arena;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            let mut visit = arena.visit_with(usual_limits());
            let outcome = visit.run("leaves_a_note_and_waits");
            assert_eq!(
                (outcome.ending, &outcome.stdout.head[..]),
                (Exited(0), &b"ready\n"[..]),
                "{}",
                visit.describe(&outcome)
            );
            visit.reset();
        });
        assert_contained(visit, "looks_for_the_note");
        first.join().expect("the neighbour is unharmed");
    });
}

fn placed_input(visit: &mut Visit<'_>) {
    visit.place("input.txt", SECRET);
    assert_contained(visit, "reads_the_placed_input");
    visit.reset();
    assert_contained(visit, "finds_no_placed_input");
}
