//! Filling the disk, and leaving trees that are hard to delete.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use nix::errno::Errno::{EACCES, EBUSY, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS, EXDEV};

use crate::arena::{DISK_BYTES, DISK_INODES};
use crate::case::{Case, program};
use crate::raw;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = filling();
    cases.extend(trees());
    cases.extend(outside());
    cases
}

fn filling() -> Vec<Case> {
    vec![
        program("bytes_written_in_all_are_bounded", || {
            let mut written = 0u64;
            for directory in ["/box", "/tmp", "/dev/shm"] {
                written += fill_with_bytes(directory);
            }
            assert!(
                written <= DISK_BYTES + (1 << 20),
                "{written} bytes were written"
            );
        })
        .limits(|l| l.memory = 256 << 20),
        program("inodes_are_bounded", || {
            let mut made = 0;
            for directory in ["/box", "/tmp", "/dev/shm"] {
                while made < 100_000 && File::create(format!("{directory}/hostile-{made}")).is_ok()
                {
                    made += 1;
                }
            }
            assert!(made <= DISK_INODES, "{made} files were made");
        }),
        program("directories_links_and_pipes_are_bounded", || {
            let mut made = 0;
            while made < 100_000
                && fs::create_dir(format!("/box/d{made}")).is_ok()
                && symlink("x".repeat(4000), format!("/box/s{made}")).is_ok()
                && nix::unistd::mkfifo(
                    format!("/box/p{made}").as_str(),
                    nix::sys::stat::Mode::S_IRWXU,
                )
                .is_ok()
            {
                made += 3;
            }
            assert!(made <= DISK_INODES, "{made} were made");
        }),
        program("hard_links_are_bounded", || {
            File::create("/box/one").expect("a file");
            let mut made = 0;
            while made < 100_000
                && fs::hard_link("/box/one", format!("/box/hostile-{made}")).is_ok()
            {
                made += 1;
            }
            assert!(made < 100_000, "{made} hard links were made");
        }),
        program("reserving_without_writing_is_bounded", || {
            raw::set_signal(libc::SIGXFSZ, true);
            let mut reserved = 0;
            for number in 0..100 {
                let file = File::create(format!("/box/hostile-{number}")).expect("a file");
                let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file) as usize;
                if raw::call(libc::SYS_fallocate, &[descriptor, 0, 0, 8 << 20]).is_err() {
                    break;
                }
                reserved += 8 << 20;
            }
            assert!(reserved <= DISK_BYTES, "{reserved} bytes were reserved");
        })
        .limits(|l| l.memory = 256 << 20),
    ]
}

fn fill_with_bytes(directory: &str) -> u64 {
    let mut written = 0;
    for number in 0..1000 {
        let Ok(mut file) = File::create(format!("{directory}/hostile-{number}")) else {
            break;
        };
        for _ in 0..8 {
            match file.write(&[1; 1 << 20]) {
                Ok(bytes) => written += bytes as u64,
                Err(error) => {
                    assert_eq!(error.raw_os_error(), Some(ENOSPC as i32), "{error}");
                    return written;
                }
            }
        }
    }
    written
}

fn trees() -> Vec<Case> {
    vec![
        program("a_tree_deeper_than_any_path_is_gone", || {
            for _ in 0..1500 {
                fs::create_dir("d").expect("a directory");
                std::env::set_current_dir("d").expect("the directory");
            }
        }),
        program("directories_that_nobody_may_enter_are_gone", || {
            fs::create_dir_all("/box/a/b/c").expect("directories");
            fs::write("/box/a/b/c/file", "x").expect("a file");
            for directory in ["/box/a/b/c", "/box/a/b", "/box/a"] {
                fs::set_permissions(directory, PermissionsExt::from_mode(0o0)).expect("a mode");
            }
            fs::create_dir("/tmp/hostile").expect("a directory");
            fs::set_permissions("/tmp/hostile", PermissionsExt::from_mode(0o0)).expect("a mode");
        }),
        program("names_that_confuse_scripts_are_gone", || {
            let names: [&[u8]; 8] = [
                b"-rf",
                b"new\nline",
                b"\xff\xfe",
                b"*",
                b"$(reboot)",
                b" ",
                b"...",
                &[b'n'; 255],
            ];
            for name in names {
                let path = Path::new("/box").join(OsStr::from_bytes(name));
                fs::write(path, "x").expect("a file");
            }
        }),
        program(
            "a_directory_replaced_by_a_link_to_the_system_is_gone_and_the_system_is_not",
            || {
                symlink("/usr", "/box/usr").expect("a link");
                symlink("/", "/box/root").expect("a link");
                symlink("/proc/1/root", "/box/judge").expect("a link");
                symlink("loop", "/box/loop").expect("a link");
                fs::create_dir("/box/work").expect("a directory");
                fs::remove_dir("/box/work").expect("it is removed");
                symlink("/etc", "/box/work").expect("a link");
            },
        ),
        program("the_working_directory_itself_stays_usable", || {
            fs::set_permissions("/box", PermissionsExt::from_mode(0o0)).ok();
            fs::set_permissions("/tmp", PermissionsExt::from_mode(0o0)).ok();
            fs::set_permissions("/dev/shm", PermissionsExt::from_mode(0o0)).ok();
        }),
        program("the_working_directory_cannot_be_moved_away", || {
            assert!(
                fs::rename("/box", "/tmp/elsewhere").is_err(),
                "/box was renamed"
            );
            assert!(fs::remove_dir("/box").is_err(), "/box was removed");
            assert!(fs::rename("/tmp", "/box/tmp").is_err(), "/tmp was renamed");
        }),
        program("a_hundred_files_of_every_kind_are_gone", || {
            for number in 0..100 {
                fs::create_dir_all(format!("/box/{number}/a")).expect("a directory");
                fs::write(format!("/box/{number}/a/file"), "x").expect("a file");
                nix::unistd::mkfifo(
                    format!("/box/{number}/pipe").as_str(),
                    nix::sys::stat::Mode::S_IRWXU,
                )
                .expect("a pipe");
                symlink("/", format!("/box/{number}/link")).expect("a link");
            }
        }),
    ]
}

/// Places that a program must not be able to write.
const OUTSIDE: &[&str] = &[
    "/",
    "/usr",
    "/usr/bin",
    "/etc",
    "/bin",
    "/lib",
    "/lib64",
    "/dev",
    "/proc",
    "/proc/sys",
    "/sys",
    "/home",
    "/root",
    "/var",
    "/run",
    "/opt",
];

fn is_null_device(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|about| about.rdev() == nix::sys::stat::makedev(1, 3))
}

fn outside() -> Vec<Case> {
    let errors = [EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EXDEV, EBUSY].map(|error| error as i32);
    let check = move |what: String, result: std::io::Result<()>| match result {
        Err(error) => assert!(
            error
                .raw_os_error()
                .is_some_and(|error| errors.contains(&error)),
            "{what}: {error}"
        ),
        Ok(()) => panic!("{what} is possible"),
    };
    vec![
        program("nothing_can_be_made_outside", move || {
            for place in OUTSIDE {
                check(
                    format!("a file in {place}"),
                    fs::write(format!("{place}/hostile"), "x"),
                );
                check(
                    format!("a directory in {place}"),
                    fs::create_dir(format!("{place}/hostile-d")),
                );
                check(
                    format!("a link in {place}"),
                    symlink("x", format!("{place}/hostile-l")),
                );
            }
        }),
        program("nothing_outside_can_be_changed", move || {
            for file in [
                "/proc/sys/kernel/core_pattern",
                "/proc/sys/vm/drop_caches",
                "/proc/sysrq-trigger",
                "/etc/passwd",
                "/bin/sh",
            ] {
                if is_null_device(file) {
                    // Covered: what is written is gone.
                    continue;
                }
                let opened = fs::OpenOptions::new()
                    .write(true)
                    .open(file)
                    .and_then(|mut file| file.write_all(b"0"));
                check(format!("writing {file}"), opened);
                check(
                    format!("truncating {file}"),
                    fs::OpenOptions::new()
                        .write(true)
                        .truncate(true)
                        .open(file)
                        .map(drop),
                );
            }
            for place in OUTSIDE {
                check(
                    format!("chmod {place}"),
                    fs::set_permissions(place, PermissionsExt::from_mode(0o777)),
                );
                check(format!("rename {place}"), fs::rename(place, "/box/taken"));
            }
        }),
        program("device_nodes_cannot_be_made", || {
            for (kind, number) in [(libc::S_IFCHR, 0x0101), (libc::S_IFBLK, 0x0800)] {
                let path = c"/box/device";
                let arguments = [
                    libc::AT_FDCWD as usize,
                    path.as_ptr() as usize,
                    (kind | 0o666) as usize,
                    number,
                ];
                raw::refused(raw::call(libc::SYS_mknodat, &arguments), &[EPERM]);
                raw::refused(raw::call(libc::SYS_mknod, &arguments[1..]), &[EPERM]);
            }
        }),
        program("set_user_id_gives_nothing", || {
            let set = fs::OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(false)
                .mode(0o4755)
                .open("/box/setuid");
            set.expect("a file")
                .write_all(b"#!/bin/sh\n")
                .expect("a write");
            let status = fs::read_to_string("/proc/self/status").expect("the status");
            assert!(status.contains("NoNewPrivs:\t1"), "{status}");
        }),
    ]
}
