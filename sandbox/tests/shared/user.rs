//! The same tests as an ordinary user, with control groups of their own or without.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

/// `--as-user UID [--delegate DIR] ARGS…`: as root, runs the tests as that user, in a new group below DIR that is theirs if one
/// is named.
pub(crate) fn become_user_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next()? != "--as-user" {
        return None;
    }
    let user: u32 = arguments.next()?.parse().ok()?;
    if arguments.next_if_eq("--delegate").is_some() {
        delegate(Path::new(&arguments.next()?), user);
    }
    // A copy that the user can reach, wherever this binary lies.
    let directory = tempfile::tempdir().expect("a temporary directory");
    let copy = directory.path().join("tests");
    fs::copy("/proc/self/exe", &copy).expect("this program can be copied");
    for path in [directory.path(), &copy] {
        fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("it is open to all");
    }
    let status = Command::new(&copy)
        .args(arguments)
        .uid(user)
        .gid(user)
        .current_dir("/tmp")
        .status()
        .expect("the copy can be executed");
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX);
    Some(ExitCode::from(code))
}

/// What a service manager does for a unit with `Delegate=yes`.
fn delegate(top: &Path, user: u32) {
    fs::write(top.join("cgroup.subtree_control"), "+memory +pids +cpu")
        .expect("controllers are handed down");
    let own = top.join(format!("user-{user}-{}", std::process::id()));
    fs::create_dir(&own).expect("a group for the user");
    for file in [
        "",
        "cgroup.procs",
        "cgroup.subtree_control",
        "cgroup.threads",
    ] {
        chown(own.join(file), Some(user), Some(user)).expect("the group is theirs");
    }
    fs::write(own.join("cgroup.procs"), std::process::id().to_string())
        .expect("this process enters it");
}
