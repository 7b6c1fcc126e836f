//! Prints an error with all its causes, which never repeat each other.

use std::error::Error;

/// The error and its causes on one line, from the outermost to the first.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
