//! Whether namespaces can be made here, tried in earnest by this program executed again.
//!
//! A process with several threads cannot make a user namespace for itself, and another program than this one could be treated
//! otherwise (AppArmor allows them by executable). So `detect` starts this executable with one odd argument, which the
//! first line of `main` recognises. Where `main` has no such line, only the kernel's settings are read.

use std::env;
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid};
use serde::Serialize;

use super::read;

/// What became of the attempt to make the namespaces of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespaces {
    /// All of them, with mounts and a `/proc` of its own.
    Whole,
    /// All of them, but no new `/proc`: this is a container that covers parts of its own.
    NoProc,
    /// A user namespace without rights in it: nothing can be mounted (AppArmor's restriction).
    NoMounts,
    /// No user namespace.
    Refused,
}

const TRY_NAMESPACES: &str = "tribunal-try-namespaces";
const TRY_PROC: &str = "tribunal-try-proc";
const WHOLE: i32 = 40;
const NO_PROC: i32 = 41;
const NO_MOUNTS: i32 = 42;
const REFUSED: i32 = 43;

/// Set by a `main` that answers the odd argument.
static ANSWERS: AtomicBool = AtomicBool::new(false);

/// Ends the process if it was started to try namespaces. Belongs in the first line of `main`, while there is one thread.
pub(crate) fn run_probe_if_asked() {
    ANSWERS.store(true, Ordering::Relaxed);
    match env::args_os().nth(1).as_deref().and_then(OsStr::to_str) {
        Some(TRY_NAMESPACES) => std::process::exit(try_namespaces()),
        Some(TRY_PROC) => std::process::exit(try_proc()),
        _ => {}
    }
}

/// Tries them, or reads the settings where this program does not answer.
pub(super) fn namespaces(user: u32) -> Namespaces {
    let tried = ANSWERS
        .load(Ordering::Relaxed)
        .then(|| again(TRY_NAMESPACES))
        .flatten();
    match tried {
        Some(WHOLE) => Namespaces::Whole,
        Some(NO_PROC) => Namespaces::NoProc,
        Some(NO_MOUNTS) => Namespaces::NoMounts,
        Some(_) => Namespaces::Refused,
        None => from_settings(user, |name| {
            read(format!("/proc/sys/{name}")).trim().to_owned()
        }),
    }
}

/// What the kernel's settings promise.
fn from_settings(user: u32, setting: impl Fn(&str) -> String) -> Namespaces {
    if setting("user/max_user_namespaces") == "0" {
        Namespaces::Refused
    } else if user == 0 {
        Namespaces::Whole
    } else if setting("kernel/unprivileged_userns_clone") == "0" {
        Namespaces::Refused
    } else if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" {
        Namespaces::NoMounts
    } else {
        Namespaces::Whole
    }
}

/// Runs this program with one argument and returns its status.
fn again(argument: &str) -> Option<i32> {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg(argument)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().ok()?.code()
}

fn try_namespaces() -> i32 {
    let (user, group) = (Uid::effective(), Gid::effective());
    let rest = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    if unshare(CloneFlags::CLONE_NEWUSER).is_err() {
        return REFUSED;
    }
    let map = |file: &str, text: String| std::fs::write(format!("/proc/self/{file}"), text).is_ok();
    let _ = map("setgroups", "deny".to_owned());
    if !map("uid_map", format!("0 {user} 1"))
        || !map("gid_map", format!("0 {group} 1"))
        || unshare(rest).is_err()
    {
        return NO_MOUNTS;
    }
    let nothing = None::<&str>;
    let private = mount(
        nothing,
        "/",
        nothing,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        nothing,
    );
    if private
        .and_then(|()| {
            mount(
                Some("tmpfs"),
                "/tmp",
                Some("tmpfs"),
                MsFlags::empty(),
                nothing,
            )
        })
        .is_err()
    {
        return NO_MOUNTS;
    }
    // The next process is the first of the new pid namespace, whose `/proc` it is.
    again(TRY_PROC).unwrap_or(NO_PROC)
}

fn try_proc() -> i32 {
    let nothing = None::<&str>;
    match mount(
        Some("proc"),
        "/proc",
        Some("proc"),
        MsFlags::empty(),
        nothing,
    ) {
        Ok(()) => WHOLE,
        Err(_) => NO_PROC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(user: u32, set: &[(&str, &str)]) -> Namespaces {
        from_settings(user, |name| {
            set.iter()
                .find(|(is, _)| *is == name)
                .map_or("", |(_, value)| value)
                .to_owned()
        })
    }

    #[test]
    fn settings_tell_where_nothing_was_tried() {
        assert_eq!(
            settings(1000, &[("user/max_user_namespaces", "96365")]),
            Namespaces::Whole
        );
        assert_eq!(
            settings(1000, &[("user/max_user_namespaces", "0")]),
            Namespaces::Refused
        );
        assert_eq!(
            settings(1000, &[("kernel/unprivileged_userns_clone", "0")]),
            Namespaces::Refused
        );
        assert_eq!(
            settings(0, &[("kernel/unprivileged_userns_clone", "0")]),
            Namespaces::Whole
        );
        assert_eq!(
            settings(
                1000,
                &[("kernel/apparmor_restrict_unprivileged_userns", "1")]
            ),
            Namespaces::NoMounts
        );
    }

    #[test]
    fn a_program_that_does_not_answer_is_not_started_again() {
        // The test harness never calls run_probe_if_asked; were it executed, all tests would run in it.
        assert!(!ANSWERS.load(Ordering::Relaxed));
        let _ = namespaces(0);
    }
}
