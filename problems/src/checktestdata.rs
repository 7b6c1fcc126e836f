//! Checktestdata, the language in which packages describe their inputs (`.ctd`): a script reads an input from its first
//! byte to its last and refuses what does not fit.
//!
//! [`Script::parse`] reads a script, [`Script::check`] runs it on an input. Nothing here reads a file, a clock or a random
//! number. The language is DOMjudge's: <https://github.com/DOMjudge/checktestdata/blob/main/doc/format-spec.md>.
//!
//! As with the original, `&&` and `||` bind equally and from the left, and `!` holds for all that follows it up to the next
//! parenthesis that closes: `!a && b` is `!(a && b)`. What is otherwise here than there:
//!
//! - `UNIQUE` answers no where the original refuses the input at once, so that `!UNIQUE(a)` can hold; `MATCH` takes a
//!   variable as well as a text; `INARRAY` knows only the values that are there, not those that were.
//! - A separator is a command that reads or checks, not a block; texts are wanted where texts are meant. The script is
//!   refused for it, and not each input.
//! - An integer of a script begins with a zero only if it is zero, as the specification has it (the original reads octal).
//! - A float is exact to at least a thousand digits, and a quotient to a hundred; the original has 256 bits.
//! - Steps, stored bytes, nesting and the length of numbers are bounded, and more is an error.
//! - Regular expressions are POSIX's extended ones and match as long as they can, as there. A backslash before a letter or
//!   digit is an error, other escaped signs mean themselves, and there are no collating elements (`[[.a.]]`, `[[=a=]]`).
//! - Inputs are not made from scripts (`--generate`, `--preset`).

use std::fmt;

mod check;
mod cursor;
mod decimal;
mod int;
mod parser;
mod regular;
mod syntax;
mod token;
mod value;
mod variables;

use check::Check;
use syntax::Command;

/// How deep blocks, parentheses and signs may be nested in each other.
const DEPTH_MAX: usize = 64;

/// A script, read and checked as far as that goes without an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    commands: Vec<Command>,
    /// The variables by the names that commands call them by.
    names: Vec<Name>,
    /// Where the script ends, counted from 1: what its end is refused for.
    last_line: u64,
}

/// A variable's name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    text: String,
    /// Whether it is asked which values it has.
    is_searched: bool,
}

/// How an input is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOptions {
    /// Whether any blanks do where one space is wanted, and blanks at both ends of lines are passed over.
    pub whitespace_ok: bool,
    /// Steps after which the check is given up: a command, an operator, 64 bytes that a regular expression looks at.
    pub steps_max: u64,
    /// Bytes that the script's variables may hold.
    pub bytes_max: u64,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            whitespace_ok: false,
            steps_max: 200_000_000,
            bytes_max: 512 << 20,
        }
    }
}

/// Why a text is no script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub problem: String,
}

/// Why an input was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The input is not as the script says.
    #[error("{place}: {problem} ({command} in line {script_line} of the validator)")]
    Input {
        /// Where in the input.
        place: InputPlace,
        /// What is wrong with it.
        problem: String,
        /// The command that it does not fit.
        command: &'static str,
        /// The script's line with the command, from 1.
        script_line: u64,
    },
    /// The script itself cannot go on.
    #[error("the validator fails in its line {script_line}: {problem} ({place} of the input)")]
    Script {
        /// How much of the input was read.
        place: InputPlace,
        /// What is wrong.
        problem: String,
        /// The script's line, from 1.
        script_line: u64,
    },
}

/// A place in an input, both from 1; columns are counted in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputPlace {
    /// The line.
    pub line: u64,
    /// The byte in it.
    pub column: u64,
}

impl fmt::Display for InputPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(text: &[u8]) -> Result<Self, SyntaxError> {
        let tokens = token::tokens(text)?;
        parser::Parser::new(&tokens).script()
    }

    /// Runs it on an input.
    ///
    /// # Errors
    /// The input does not fit, or the script cannot be carried out on it.
    pub fn check(&self, input: &[u8], options: &CheckOptions) -> Result<(), Refusal> {
        Check::new(self, input, options)
            .run()
            .map_err(|refusal| *refusal)
    }
}

#[cfg(test)]
mod tests;
