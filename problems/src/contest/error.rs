//! What is wrong with a `contest.yaml`, with the file, the line and the field.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::package::{PackageError, Place};

/// What is wrong with a contest's file.
#[derive(Debug, Error)]
pub enum ContestError {
    /// It cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It says what it may not.
    #[error("{place}: {problem}")]
    Content {
        /// Where.
        place: Place,
        /// The field, and what is wrong with it.
        problem: String,
    },
}

impl From<PackageError> for ContestError {
    /// What is wrong with the YAML itself; a line with a password in it is not shown.
    fn from(error: PackageError) -> Self {
        let (place, problem) = match error {
            PackageError::Content { place, problem } => (place, problem),
            other => {
                let file = "contest.yaml".to_owned();
                (Place { file, line: None }, other.to_string())
            }
        };
        let problem = match problem.split_once(" in `") {
            Some((what, line)) if line.contains("password") => what.to_owned(),
            _ => problem,
        };
        Self::Content { place, problem }
    }
}

impl ContestError {
    /// This field of the file, at this line, is wrong.
    pub fn at(file: &str, line: u64, field: &str, problem: impl std::fmt::Display) -> Self {
        Self::Content {
            place: Place {
                file: file.to_owned(),
                line: Some(line),
            },
            problem: format!("{field}: {problem}"),
        }
    }
}
