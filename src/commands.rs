//! What the commands do. Only here is an error turned into an exit status.

mod doctor;
mod judge;
mod languages;
pub(crate) mod local;
mod package;
mod run;
mod sandbox;
mod serve;
mod verify;

use std::error::Error;
use std::io::Read;
use std::process::ExitCode;

use crate::cli::{Cli, Command, SandboxCommand};
use crate::out::complain;

/// Any error that ends a command; its causes are printed with it.
pub(crate) type Failure = Box<dyn Error>;

/// Carries out the command and answers its exit status.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let (ended, on_failure) = match cli.command {
        Command::Serve(args) => (serve::run(args), 1),
        Command::Judge(args) => (judge::run(&args), COULD_NOT_JUDGE),
        Command::Run(args) => (run::run(&args), COULD_NOT_JUDGE),
        Command::Verify(args) => (verify::run(&args), COULD_NOT_JUDGE),
        Command::Package(args) => (package::run(&args), COULD_NOT_JUDGE),
        Command::Sandbox(args) => match args.command {
            SandboxCommand::Run(args) => (sandbox::run(&args), SANDBOX_FAILED),
        },
        Command::Languages(args) => (languages::run(&args), COULD_NOT_JUDGE),
        Command::Doctor(args) => (doctor::run(&args), COULD_NOT_JUDGE),
    };
    ended.unwrap_or_else(|error| {
        complain(error.as_ref());
        ExitCode::from(on_failure)
    })
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
