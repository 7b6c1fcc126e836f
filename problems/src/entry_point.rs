//! Whether a source is a program or a function to be called, and the driver that finds out inside the box.
//!
//! The judge never parses a contestant's source: a driver that lies beside it in the box does, runs a program as the
//! interpreter itself would, and calls the function of a source that only defines.

use serde::{Deserialize, Serialize};

use crate::source::SourceFile;

/// How a submission is entered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EntryPoint {
    /// A program: it reads standard input and writes standard output.
    Program,
    /// A program, or a source that only defines: then a function is called with the input's values, and its result printed.
    MaybeFunction {
        /// The function to call, whatever else the source does; else the last one defined, if the source only defines.
        name: Option<String>,
    },
}

impl EntryPoint {
    /// Says whether a request may name this function: identifiers parted by dots (`Solution.solve`), 100 bytes at most.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let starts = |letter: char| letter.is_alphabetic() || "_$".contains(letter);
        let is_identifier = |part: &str| {
            part.starts_with(starts)
                && part
                    .chars()
                    .all(|letter| starts(letter) || letter.is_numeric())
        };
        name.len() <= 100 && name.split('.').all(is_identifier)
    }
}

/// The driver of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriverKind {
    /// For CPython and its like.
    Python,
    /// For Node.
    JavaScript,
}

impl DriverKind {
    /// The driver's name in the box; no submitted file can have it, since it starts with a dot.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Python => ".tribunal-driver.py",
            // By this ending it is what it is, whatever a submitted `package.json` says of modules.
            Self::JavaScript => ".tribunal-driver.cjs",
        }
    }

    /// The file to put beside the sources.
    #[must_use]
    pub fn file(self) -> SourceFile {
        let text = match self {
            Self::Python => include_str!("drivers/driver.py").to_owned(),
            Self::JavaScript => [
                include_str!("drivers/scan.js"),
                "\n",
                include_str!("drivers/enter.js"),
            ]
            .concat(),
        };
        SourceFile::new(self.file_name(), text.into_bytes())
    }
}

#[cfg(test)]
mod tests;
