//! What is wrong with a package, with the file and the line.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with a package.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The directory is no package.
    #[error("{} is no problem package: it has no problem.yaml, no problem.xml and no tests", path.display())]
    NoPackage {
        /// The directory.
        path: PathBuf,
    },
    /// A file or directory that cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file whose content, or presence, is wrong.
    #[error("{place}: {problem}")]
    Content {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// Something that is right, but that cannot be judged yet.
    #[error("{place}: not supported yet: {what}")]
    Unsupported {
        /// Where.
        place: Place,
        /// What it is.
        what: String,
    },
}

/// A place in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, below the package.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

impl PackageError {
    pub(super) fn content(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Content {
            place: Place {
                file: file.into(),
                line: None,
            },
            problem: problem.into(),
        }
    }

    pub(super) fn unsupported(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Unsupported {
            place: Place {
                file: file.into(),
                line: None,
            },
            what: what.into(),
        }
    }

    /// The same error at this line.
    pub(super) fn at_line(mut self, line: u64) -> Self {
        if let Self::Content { place, .. } | Self::Unsupported { place, .. } = &mut self {
            place.line = Some(line);
        }
        self
    }

    /// The same error with the line where this key is first given: as one of the whole file, else of a part of it.
    pub(super) fn at_key(mut self, text: &str, key: &str) -> Self {
        let is_key = |line: &str| {
            let line = line.trim_start_matches(['"', '\'']);
            line.strip_prefix(key)
                .map(|rest| rest.trim_start_matches(['"', '\'']))
                .is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let is_inner_key = |line: &str| is_key(line.trim_start().trim_start_matches("- "));
        let inside = format!("{key}:");
        let found = text.lines().position(is_key);
        let found = found.or_else(|| text.lines().position(is_inner_key));
        let found = found.or_else(|| text.lines().position(|line| line.contains(&inside)));
        let found = found.map(|at| at as u64 + 1);
        if let Self::Content { place, .. } | Self::Unsupported { place, .. } = &mut self {
            place.line = found;
        }
        self
    }
}
