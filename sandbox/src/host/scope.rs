//! How an ordinary user gets control groups: by becoming a scope of their own service manager.
//!
//! A login session's group belongs to root. But the user's systemd, where there is one, gives a delegated group to whoever asks over
//! the user bus. So this program asks, through `systemd-run`, and executes itself again inside.

use std::convert::Infallible;
use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::Uid;

use super::{CgroupMode, Host};

/// Set inside, so that a scope without controllers does not lead to another and another.
const INSIDE: &str = "TRIBUNAL_SCOPE";

/// Why this program stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// Control groups can be used already, or this is root.
    #[error("no scope is needed")]
    NotNeeded,
    /// This is the scope, and it gave no control groups.
    #[error("the delegated scope has no usable control groups")]
    AlreadyInside,
    /// There is no user bus to ask.
    #[error("there is no user bus to ask for a delegated scope")]
    NoBus,
    /// The service manager does not answer, or does not want to.
    #[error("the user's service manager gives no scope")]
    Refused,
    /// `systemd-run` could not be executed.
    #[error("systemd-run")]
    Execute(#[source] io::Error),
}

/// Executes this program again, with the same arguments, in a scope of the user's service manager with delegated control groups.
///
/// Returns only where that is not needed or not possible. Call it early: open files and threads do not survive it.
pub fn enter_delegated_scope() -> Result<Infallible, ScopeError> {
    let user = Uid::effective();
    if user.is_root() {
        return Err(ScopeError::NotNeeded);
    }
    let bus = bus(user.as_raw()).ok_or(ScopeError::NoBus)?;
    if Host::detect().cgroup != CgroupMode::None {
        return Err(ScopeError::NotNeeded);
    }
    if env::var_os(INSIDE).is_some() {
        return Err(ScopeError::AlreadyInside);
    }
    // Once this program is replaced, nobody is left to go on without a scope: so first something that may fail.
    let mut attempt = in_scope(&bus);
    attempt
        .arg("true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if !attempt.status().map_err(ScopeError::Execute)?.success() {
        return Err(ScopeError::Refused);
    }
    let program = env::current_exe().map_err(ScopeError::Execute)?;
    let mut command = in_scope(&bus);
    command
        .arg(program)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1");
    Err(ScopeError::Execute(command.exec()))
}

/// The start of a command line that ends with what is to be run in a scope.
fn in_scope(bus: &Path) -> Command {
    let mut command = Command::new("systemd-run");
    command.args([
        "--user",
        "--scope",
        "--quiet",
        "--collect",
        "--property=Delegate=yes",
        "--",
    ]);
    if let Some(runtime) = bus.parent() {
        command.env("XDG_RUNTIME_DIR", runtime);
    }
    command
}

/// The socket of the user's bus.
pub(super) fn bus(user: u32) -> Option<PathBuf> {
    if user != Uid::effective().as_raw() {
        return None;
    }
    let runtime = env::var_os("XDG_RUNTIME_DIR")
        .map_or_else(|| format!("/run/user/{user}").into(), PathBuf::from);
    Some(runtime.join("bus")).filter(|socket| socket.exists())
}
