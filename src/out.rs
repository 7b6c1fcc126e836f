//! Standard output and standard error of the commands.

use std::error::Error;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Writes to standard output. A reader that has gone away is no failure.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    if let Err(error) = written {
        log::debug!("standard output is closed: {error}");
    }
}

/// Writes a value as one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => complain(&error),
    }
}

/// Writes an error with its causes to standard error.
pub(crate) fn complain(error: &dyn Error) {
    let text = format!("tribunal: {}\n", tribunal_actors::chain(error));
    // Nobody is left to be told that standard error is closed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Says whether standard output shows colours.
pub(crate) fn is_coloured() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Passes a command's own bytes on.
pub(crate) fn pass(stdout: &[u8], stderr: &[u8]) {
    let written = io::stdout()
        .lock()
        .write_all(stdout)
        .and_then(|()| io::stdout().flush())
        .and_then(|()| io::stderr().lock().write_all(stderr));
    if let Err(error) = written {
        log::debug!("an output is closed: {error}");
    }
}

/// Says something to a person on standard error.
pub(crate) fn note(text: &str) {
    // Nobody is left to be told that standard error is closed.
    let _ = io::stderr()
        .lock()
        .write_all(format!("tribunal: {text}\n").as_bytes());
}
