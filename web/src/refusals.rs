//! What the judge's own refusals are to a client.

use actix_web::http::StatusCode;
use tribunal_actors::{ContestRefusal, JudgeError, RecordsError, SubmitError, chain};
use tribunal_problems::SourceError;

use crate::problem_details::Problem;

/// After how many seconds a full queue may have room again.
const QUEUE_RETRY_SECONDS: u32 = 5;

/// After how many seconds a judge that stops may be back.
const RESTART_SECONDS: u32 = 10;

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        let detail = chain(&error);
        match error {
            SubmitError::UnknownProblem(_) => Self::invalid("problem", detail),
            SubmitError::UnknownLanguage(_)
            | SubmitError::Unusable { .. }
            | SubmitError::LanguageNotAllowed { .. } => Self::invalid("language", detail),
            SubmitError::Source(error @ SourceError::TooLarge { .. }) => {
                Self::too_large(detail).at(error.field())
            }
            SubmitError::Source(error) => Self::invalid(error.field(), detail),
            SubmitError::QueueFull { .. } => Self::unavailable(detail, QUEUE_RETRY_SECONDS),
            SubmitError::Draining => Self::unavailable(detail, RESTART_SECONDS),
            SubmitError::KeyReused { .. } => Self::invalid("Idempotency-Key", detail),
            SubmitError::Contest(refusal) => refusal.into(),
            SubmitError::NotStored(_) => {
                log::error!("{detail}");
                Self::unavailable("the submission could not be stored", RESTART_SECONDS)
            }
        }
    }
}

impl From<ContestRefusal> for Problem {
    fn from(refusal: ContestRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            ContestRefusal::NotStarted => Self::invalid("problem", detail),
            ContestRefusal::Anonymous => Self::new(StatusCode::UNAUTHORIZED, detail),
            ContestRefusal::NotATeam | ContestRefusal::Over | ContestRefusal::Paused => {
                Self::new(StatusCode::FORBIDDEN, detail)
            }
            ContestRefusal::Language(_) => Self::invalid("language", detail),
            ContestRefusal::TooMany { .. } => {
                Self::new(StatusCode::FORBIDDEN, detail).at("problem")
            }
            ContestRefusal::TooFast { seconds, .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, detail).after(seconds)
            }
        }
    }
}

impl From<JudgeError> for Problem {
    fn from(error: JudgeError) -> Self {
        let seconds = match error {
            JudgeError::QueueFull { .. } => QUEUE_RETRY_SECONDS,
            JudgeError::Draining | JudgeError::Build(_) => RESTART_SECONDS,
        };
        Self::unavailable(chain(&error), seconds)
    }
}

impl From<RecordsError> for Problem {
    fn from(error: RecordsError) -> Self {
        log::error!("{}", chain(&error));
        Self::unavailable("the submissions cannot be read", RESTART_SECONDS)
    }
}
