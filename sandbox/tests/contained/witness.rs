//! An honest program that says everything it can see of its box, for comparison with what it would see in a new one.

use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::statvfs::statvfs;
use nix::unistd::{getegid, geteuid, gethostname, getpid, getppid, getsid};

use crate::raw;

/// The fraction of a second by which a hostile program marks a time that it sets.
pub(crate) const MARK_NANOSECONDS: i64 = 123_456_789;

/// Prints what it sees, one thing a line, in a stable order.
pub(crate) fn testify() {
    let mut stdin = String::new();
    std::io::stdin()
        .read_to_string(&mut stdin)
        .expect("standard input can be read");
    println!("stdin {stdin:?}");
    for directory in ["/box", "/tmp", "/dev/shm"] {
        list(Path::new(directory), 0);
        if let Ok(space) = statvfs(directory) {
            println!(
                "{directory} free {} of {}, {} of {} inodes",
                space.blocks_free(),
                space.blocks(),
                space.files_free(),
                space.files()
            );
        }
    }
    println!("cwd {:?}", std::env::current_dir());
    println!("root {:?}", names("/"));
    println!(
        "processes {:?}",
        names("/proc")
            .iter()
            .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()))
            .collect::<Vec<_>>()
    );
    println!("descriptors {:?}", names("/proc/self/fd"));
    for file in [
        "/proc/net/unix",
        "/proc/sysvipc/shm",
        "/proc/sysvipc/sem",
        "/proc/sysvipc/msg",
        "/proc/keys",
        "/proc/locks",
    ] {
        println!(
            "{file} {:?}",
            fs::read_to_string(file)
                .map(|text| text.lines().count())
                .ok()
        );
    }
    for file in [
        "/proc/self/cgroup",
        "/proc/self/timerslack_ns",
        "/proc/self/personality",
        "/proc/sys/kernel/hostname",
    ] {
        println!("{file} {:?}", fs::read_to_string(file).ok());
    }
    let child = raw::fork(|| {}).expect("a child");
    println!("child {child} {:?}", raw::wait(child));
    identity();
    for (resource, name) in RESOURCES {
        println!("limit {name} {:?}", getrlimit(*resource).ok());
    }
}

const RESOURCES: &[(Resource, &str)] = &[
    (Resource::RLIMIT_AS, "as"),
    (Resource::RLIMIT_CORE, "core"),
    (Resource::RLIMIT_CPU, "cpu"),
    (Resource::RLIMIT_DATA, "data"),
    (Resource::RLIMIT_FSIZE, "fsize"),
    (Resource::RLIMIT_MEMLOCK, "memlock"),
    (Resource::RLIMIT_NICE, "nice"),
    (Resource::RLIMIT_NOFILE, "nofile"),
    (Resource::RLIMIT_NPROC, "nproc"),
    (Resource::RLIMIT_STACK, "stack"),
    (Resource::RLIMIT_MSGQUEUE, "msgqueue"),
    (Resource::RLIMIT_SIGPENDING, "sigpending"),
];

fn identity() {
    println!(
        "pid {} parent {} session {:?}",
        getpid(),
        getppid(),
        getsid(None)
    );
    println!(
        "ids {} {} {:?}",
        geteuid(),
        getegid(),
        nix::unistd::getgroups()
    );
    println!("host {:?}", gethostname());
    println!(
        "umask {:?}",
        nix::sys::stat::umask(nix::sys::stat::Mode::empty())
    );
    println!("nice {:?}", raw::call(libc::SYS_getpriority, &[0, 0]));
    println!("policy {:?}", raw::call(libc::SYS_sched_getscheduler, &[0]));
    let mut environment: Vec<_> = std::env::vars_os().collect();
    environment.sort();
    println!("environment {environment:?}");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let telling = [
        "SigQ",
        "SigPnd",
        "ShdPnd",
        "SigBlk",
        "SigIgn",
        "SigCgt",
        "Cap",
        "NoNewPrivs",
        "Seccomp",
        "Cpus_allowed:",
    ];
    for line in status
        .lines()
        .filter(|line| telling.iter().any(|start| line.starts_with(start)))
    {
        println!("{line}");
    }
}

/// Lists a tree with modes, owners and tell-tale times; not too deep.
fn list(path: &Path, depth: usize) {
    let Ok(about) = fs::symlink_metadata(path) else {
        return;
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs() as i64);
    let told = |time: i64, nanoseconds: i64| {
        // What was just made differs from box to box, and tells nothing; unless somebody marked it.
        if (now - time).abs() < 24 * 3600 && nanoseconds != MARK_NANOSECONDS {
            None
        } else {
            Some((time, nanoseconds))
        }
    };
    println!(
        "{} mode {:o} owner {} {} links {} times {:?} {:?}",
        path.as_os_str().as_bytes().escape_ascii(),
        about.mode(),
        about.uid(),
        about.gid(),
        about.nlink(),
        told(about.mtime(), about.mtime_nsec()),
        told(about.atime(), about.atime_nsec()),
    );
    if about.is_dir() && depth < 3 {
        match fs::read_dir(path) {
            Ok(entries) => entries
                .flatten()
                .take(20)
                .for_each(|entry| list(&entry.path(), depth + 1)),
            Err(error) => println!("{} cannot be listed: {error}", path.display()),
        }
    }
}

fn names(directory: &str) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}
