//! Which submissions are taken.

use tribunal_problems::{LanguageId, Package, SourceError, check_sources};

use super::Submit;
use super::records::RecordsError;
use crate::chain::chain;
use crate::contest::ContestRefusal;
use crate::toolchains::{Toolchains, Unusable};

/// Why a submission was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// No such problem is loaded.
    #[error("there is no problem {0:?}")]
    UnknownProblem(String),
    /// No such language is known.
    #[error("there is no language {0}")]
    UnknownLanguage(LanguageId),
    /// The language cannot be judged here.
    #[error("language {language} cannot be judged here")]
    Unusable {
        /// The language.
        language: LanguageId,
        /// Why.
        source: Unusable,
    },
    /// The problem does not take this language.
    #[error("problem {problem} does not take language {language}")]
    LanguageNotAllowed {
        /// The problem.
        problem: String,
        /// The language.
        language: LanguageId,
    },
    /// The files cannot be judged.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// As many submissions wait as may.
    #[error("{waiting} submissions wait already")]
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// The judge is stopping.
    #[error("the judge is stopping")]
    Draining,
    /// The idempotency key belongs to another submission.
    #[error("the idempotency key {key:?} belongs to another submission")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The contest that its problem belongs to does not take it.
    #[error(transparent)]
    Contest(#[from] ContestRefusal),
    /// The disk or the database does not take it.
    #[error("the submission was not stored: {0}")]
    NotStored(String),
}

impl From<RecordsError> for SubmitError {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::KeyReused { key } => Self::KeyReused { key },
            error => Self::NotStored(chain(&error)),
        }
    }
}

pub(super) fn check(
    submit: &Submit,
    package: Option<&Package>,
    toolchains: &Toolchains,
) -> Result<(), SubmitError> {
    let package = package.ok_or_else(|| SubmitError::UnknownProblem(submit.problem.clone()))?;
    let language = || submit.language.clone();
    match toolchains.get(&submit.language) {
        None => return Err(SubmitError::UnknownLanguage(language())),
        Some(Err(source)) => {
            return Err(SubmitError::Unusable {
                language: language(),
                source: source.clone(),
            });
        }
        Some(Ok(_)) => {}
    }
    if let Some(allowed) = &package.languages
        && !allowed.contains(&submit.language)
    {
        return Err(SubmitError::LanguageNotAllowed {
            problem: submit.problem.clone(),
            language: language(),
        });
    }
    Ok(check_sources(&submit.files, package.source_bytes_max)?)
}
