//! What a registrar is asked, and how it answers.

use std::collections::BTreeMap;

use actix::dev::MessageResponse;
use actix::prelude::*;
use tribunal_problems::{EntryPoint, LanguageId, Plan, SourceFile, Verdict};

use super::admission::SubmitError;
use super::records::RecordsError;
use super::tally::{JudgingTimes, Waits};
use crate::build::BuildFault;
use crate::ids::{AccountId, SubmissionId};
use crate::report::{BuildReport, SubmissionView};

/// Hands in a submission; the answer comes once it is on the disk.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<SubmissionId, SubmitError>")]
pub struct Submit {
    /// The problem's short name.
    pub problem: String,
    /// The language.
    pub language: LanguageId,
    /// The files, the main one first.
    pub files: Vec<SourceFile>,
    /// Whether the source is a program or perhaps a function to be called.
    pub entry: EntryPoint,
    /// Two submissions with the same key are one.
    pub idempotency_key: Option<String>,
    /// Whose it is; `None`: nobody has signed in.
    pub account: Option<AccountId>,
    /// Whether the account leads the contest: then it may submit at any time, and nothing of it counts.
    pub is_jury: bool,
}

/// Asks for a submission as it is now; `None`: there is none of this number.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Option<SubmissionView>, RecordsError>")]
pub struct GetSubmission {
    /// Its number.
    pub id: SubmissionId,
}

/// Answers when the verdict is on the disk, as [`GetSubmission`] does; at once where nobody is at work on it, and without
/// a verdict where the judge stops first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Option<SubmissionView>, RecordsError>")]
pub struct WaitForVerdict {
    /// Its number.
    pub id: SubmissionId,
}

/// Judges something that is not stored. Whoever drops the answer cancels the build.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<BuildReport, JudgeError>")]
pub struct JudgeAnonymous {
    /// What judging it asks for.
    pub plan: Plan,
}

/// Takes nothing more and begins nothing more; answers when nothing is being judged.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct DrainRegistrar;

/// Ends what is being judged without a verdict; what is stored is planned again at the next start.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct AbandonBuilds;

/// Asks how much waits and is being judged.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "RegistrarStats")]
pub struct CountSubmissions;

/// How much waits and is being judged, and what has come of it since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, MessageResponse)]
pub struct RegistrarStats {
    /// Stored submissions whose build has not begun.
    pub waiting: usize,
    /// Problems whose checkers are broken: their submissions are judged one at a time.
    pub quarantined: Vec<String>,
    /// Submissions being judged.
    pub running: usize,
    /// Anonymous runs being judged.
    pub anonymous: usize,
    /// Verdicts given in each language, anonymous ones included.
    pub verdicts: BTreeMap<(LanguageId, Verdict), u64>,
    /// How long stored submissions waited before their judging began.
    pub waits: Waits,
    /// How long stored submissions took from acceptance to the verdict.
    pub judging: JudgingTimes,
}

/// Why an anonymous run has no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JudgeError {
    /// As much is being judged as may be.
    #[error("{waiting} submissions wait already")]
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// The judge is stopping.
    #[error("the judge is stopping")]
    Draining,
    /// The build ended without a verdict.
    #[error(transparent)]
    Build(#[from] BuildFault),
}
