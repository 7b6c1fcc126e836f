//! What the commands do. Only here is an error turned into an exit status.

mod db;
mod doctor;
mod judge;
mod languages;
pub(crate) mod local;
mod package;
mod plan;
mod rejudge;
mod run;
mod sandbox;
mod selftest;
mod serve;
mod verify;

use std::error::Error;
use std::io::Read;
use std::process::ExitCode;

use tribunal_actors::History;
use tribunal_sandbox::{ScopeError, enter_delegated_scope};

use crate::cli::{Cli, Command, SandboxCommand};
use crate::out::complain;

/// Any error that ends a command; its causes are printed with it.
pub(crate) type Failure = Box<dyn Error>;

/// Carries out the command and answers its exit status.
pub(crate) fn run(cli: Cli) -> ExitCode {
    enter_scope();
    let (ended, on_failure) = match cli.command {
        Command::Serve(args) => (serve::run(args), 1),
        Command::Judge(args) => (judge::run(&args), COULD_NOT_JUDGE),
        Command::Run(args) => (run::run(&args), COULD_NOT_JUDGE),
        Command::Verify(args) => (verify::run(&args), COULD_NOT_JUDGE),
        Command::Package(args) => (package::run(&args), COULD_NOT_JUDGE),
        Command::Rejudge(args) => (rejudge::run(&args), COULD_NOT_JUDGE),
        Command::Plan(args) => (plan::run(&args), NO_ANSWER),
        Command::Db(args) => (db::run(&args), NO_ANSWER),
        Command::Log(args) => (db::log(&args), NO_ANSWER),
        Command::Sandbox(args) => match args.command {
            SandboxCommand::Run(args) => (sandbox::run(&args), SANDBOX_FAILED),
        },
        Command::Languages(args) => (languages::run(&args), COULD_NOT_JUDGE),
        Command::Doctor(args) => (doctor::run(&args), COULD_NOT_JUDGE),
    };
    ended.unwrap_or_else(|error| {
        complain(error.as_ref());
        ExitCode::from(if error.is::<Interrupted>() {
            INTERRUPTED
        } else {
            on_failure
        })
    })
}

/// Continues in a scope of an ordinary user's service manager where that gives control groups that this user has not.
fn enter_scope() {
    let Err(stays) = enter_delegated_scope();
    match stays {
        ScopeError::NotNeeded | ScopeError::NoBus => {}
        ScopeError::AlreadyInside | ScopeError::Refused | ScopeError::Execute(_) => {
            log::warn!("without control groups: {}", tribunal_actors::chain(&stays));
        }
    }
}

/// Somebody wants the command to end.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
struct Interrupted;

/// What a shell says of a program that SIGINT ended.
const INTERRUPTED: u8 = 130;

/// What was asked for is not there.
const NO_ANSWER: u8 = 1;

/// What happened in this data directory.
fn history(data: &std::path::Path) -> Result<History, Failure> {
    Ok(History::open(data)?)
}

/// The judge, not the submission, is at fault.
const COULD_NOT_JUDGE: u8 = 2;

/// The sandbox failed, not the command in it.
const SANDBOX_FAILED: u8 = 125;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read {}", path.display())]
struct Unreadable {
    path: std::path::PathBuf,
    source: std::io::Error,
}

/// Bytes of the largest file that is read: more than any request or source may have.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Reads a whole file, which may be a device or a pipe but not endless.
fn read(path: &std::path::Path) -> Result<Vec<u8>, Unreadable> {
    read_bounded(path).map_err(|source| Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn read_bounded(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}
