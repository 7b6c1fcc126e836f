//! What the registrar remembers of a submission: what was submitted, and what it was judged.

use tribunal_problems::{EntryPoint, SourceFile, Verdict};

use crate::ids::{AccountId, JudgementId, SubmissionId};
use crate::report::BuildReport;

/// A submission to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubmission {
    /// The problem's short name.
    pub problem: String,
    /// The language id.
    pub language: String,
    /// The files, the main one first.
    pub files: Vec<SourceFile>,
    /// Whether the source is a program or perhaps a function to be called.
    pub entry: EntryPoint,
    /// When it was accepted, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// Two submissions with the same key are one.
    pub idempotency_key: Option<String>,
    /// Whose it is; `None`: nobody had signed in.
    pub account: Option<AccountId>,
    /// The contest that its problem belongs to.
    pub contest: Option<InContest>,
}

/// What a submission is to a contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InContest {
    /// The contest's short name.
    pub short_name: String,
    /// When it was made, in milliseconds of contest time; `None`: the jury's, which never counts.
    pub time_ms: Option<u64>,
}

/// A stored submission, as a build needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSubmission {
    /// Its number.
    pub id: SubmissionId,
    /// What was submitted.
    pub submission: NewSubmission,
}

/// What became of a submission that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored under this new number.
    New(SubmissionId),
    /// Its idempotency key is known: this is what it was stored as then.
    Known(SubmissionId),
}

/// Whether a judgement may take the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The first result wins: where there is a current judgement already, nothing changes.
    First,
    /// A rejudging: this one becomes history. Where another is current, nothing changes.
    Over(JudgementId),
}

/// One line of a list of submissions.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmissionLine {
    /// Its number.
    pub id: SubmissionId,
    /// Whose it is; `None`: nobody had signed in.
    pub account: Option<AccountId>,
    /// The problem's short name.
    pub problem: String,
    /// The language id.
    pub language: String,
    /// When it was accepted, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// The current verdict, once there is one.
    pub verdict: Option<Verdict>,
    /// The score, where there is one.
    pub score: Option<f64>,
}

/// Which submissions a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Only those older than this one: the last line of the page before.
    pub before: Option<SubmissionId>,
    /// Only those for this problem.
    pub problem: Option<String>,
    /// Only those in this language.
    pub language: Option<String>,
    /// Only those with this current verdict, or those that have none yet.
    pub verdict: Option<Judged>,
    /// Only those of this owner.
    pub owner: Owner,
    /// Only those for this contest, by its short name.
    pub contest: Option<String>,
}

/// What has come of submissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Nothing yet.
    Waiting,
    /// This verdict.
    As(Verdict),
}

/// Whose submissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owner {
    /// All.
    #[default]
    Anybody,
    /// Those of nobody who had signed in.
    Nobody,
    /// Those of this account.
    Account(AccountId),
}

/// One judgement of a submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Its number.
    pub id: JudgementId,
    /// The report.
    pub report: BuildReport,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// Whether it is the one that counts.
    pub current: bool,
}
