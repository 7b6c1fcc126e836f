//! A contest as its `contest.yaml` describes it: when it is, what is asked, who takes part, and what counts.
//!
//! Nothing here knows how far the contest is; that is the clock's, which the actors keep.

mod colour;
mod error;
mod file;
mod read;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::language::LanguageId;

pub use colour::Colour;
pub use error::ContestError;

/// A contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// By which submissions and the database name it.
    pub short_name: String,
    /// The name for people.
    pub name: String,
    /// When it begins.
    pub start: ContestStart,
    /// How long it lasts.
    pub duration: Duration,
    /// How long before the end the public scoreboard stops; `None`: it never does.
    pub freeze: Option<Duration>,
    /// What the scoreboard counts.
    pub kind: ContestKind,
    /// What is asked, in the order of the scoreboard's columns.
    pub problems: Vec<ContestProblem>,
    /// Who may log in, teams and others, in the file's order.
    pub accounts: Vec<ContestAccount>,
    /// The languages that teams may use; `None`: all that are here.
    pub languages: Option<Vec<LanguageId>>,
    /// How much a team may submit.
    pub limits: SubmissionLimits,
    /// Whether every run has process id and IPC namespaces of its own, whatever the judge does otherwise.
    pub fresh_namespaces: bool,
    /// Whether teams may go on submitting after the end; it does not count.
    pub practice: bool,
}

/// When a contest begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContestStart {
    /// When the jury says so.
    ByJury,
    /// At this time, in milliseconds since 1970.
    At(i64),
    /// As soon as it is served for the first time.
    AtOnce,
}

/// What the scoreboard counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContestKind {
    /// Problems solved, then time.
    Icpc {
        /// Minutes for each rejected submission before the accepted one.
        penalty_minutes: u32,
    },
    /// Points.
    Ioi {
        /// Which points of several submissions count.
        score: IoiScore,
    },
}

/// Which points of a team's submissions for one problem count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IoiScore {
    /// Those of its best submission.
    Best,
    /// The best of each subtask, whichever submission it is in.
    Subtasks,
}

/// One problem of a contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestProblem {
    /// Its letter.
    pub label: String,
    /// The package: a path, relative to the file, or the short name of a problem that is served anyway.
    pub package: String,
    /// The balloon's.
    pub colour: Option<Colour>,
    /// The line that names the package.
    pub line: u64,
}

/// How much a team may submit; `None`: as much as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct SubmissionLimits {
    /// Submissions for one problem in the whole contest.
    pub per_problem: Option<u32>,
    /// Submissions within any minute.
    pub per_minute: Option<u32>,
}

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestAccount {
    /// The name to log in with.
    pub name: String,
    /// The name for people.
    pub display_name: String,
    /// What it may do.
    pub role: ContestRole,
    /// How it proves to be itself; `None`: it cannot log in until the jury sets a password.
    pub credential: Option<Credential>,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContestRole {
    /// Everything.
    Admin,
    /// See everything, and decide.
    Jury,
    /// Take part.
    Team,
    /// Look at what is public.
    Spectator,
    /// A program.
    Api,
}

/// A password, or what is kept of one.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// As it is typed.
    Password(String),
    /// Its argon2 hash, in the PHC form `$argon2id$…`.
    Hash(String),
}

impl fmt::Debug for Credential {
    /// Neither is for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

impl Contest {
    /// Reads a `contest.yaml`.
    ///
    /// # Errors
    /// It cannot be read, or something in it is wrong; the error names file, line and field.
    pub fn read(path: &Path) -> Result<Self, ContestError> {
        let text = std::fs::read_to_string(path).map_err(|source| ContestError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads the text of this file.
    ///
    /// # Errors
    /// Something in it is wrong; the error names file, line and field.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ContestError> {
        read::read(text, &path.display().to_string())
    }

    /// The accounts that take part, in the file's order.
    pub fn teams(&self) -> impl Iterator<Item = &ContestAccount> {
        let is_team = |account: &&ContestAccount| account.role == ContestRole::Team;
        self.accounts.iter().filter(is_team)
    }
}

impl ContestProblem {
    /// Where the package is, if it is named by a path; `file` is the contest's.
    #[must_use]
    pub fn path_beside(&self, file: &Path) -> PathBuf {
        file.parent().unwrap_or(Path::new("")).join(&self.package)
    }
}

#[cfg(test)]
mod tests;
