//! How an ordinary user gets control groups: by becoming a scope of their own service manager.
//!
//! A login session's group belongs to root. But the user's systemd, where there is one, gives a delegated group to whoever asks over
//! the user bus. So this program asks, through `systemd-run`, and executes itself again inside.

use std::convert::Infallible;
use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

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
    /// `systemd-run` could not be executed.
    #[error("systemd-run")]
    Execute(#[source] io::Error),
}

/// Executes this program again, with the same arguments, in a scope of the user's service manager with delegated control groups.
///
/// Returns only where that is not needed or not possible. Call it early: open files and threads do not survive it.
pub fn enter_delegated_scope(host: &Host) -> Result<Infallible, ScopeError> {
    if host.user == 0 || host.cgroup != CgroupMode::None {
        return Err(ScopeError::NotNeeded);
    }
    if env::var_os(INSIDE).is_some() {
        return Err(ScopeError::AlreadyInside);
    }
    let bus = bus(host.user).ok_or(ScopeError::NoBus)?;
    let program = env::current_exe().map_err(ScopeError::Execute)?;
    let mut command = Command::new("systemd-run");
    command.args([
        "--user",
        "--scope",
        "--quiet",
        "--collect",
        "--property=Delegate=yes",
        "--",
    ]);
    command
        .arg(program)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1");
    if let Some(runtime) = bus.parent() {
        command.env("XDG_RUNTIME_DIR", runtime);
    }
    Err(ScopeError::Execute(command.exec()))
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
