//! The jobs of judgements: what each did, and what it left to be read.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use tribunal_problems::Verdict;

use super::{History, HistoryError, in_words};
use crate::ids::SubmissionId;
use crate::report::{BuildReport, CompileReport, TestReport};

/// The name of a compile's node.
const COMPILE: &str = "compile";

/// What a job did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// It compiled the submission.
    Compile,
    /// It ran it on a test.
    Test,
}

/// A line of `db jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobLine {
    /// Its name, as `tribunal log` takes it.
    pub job: String,
    /// What it did.
    pub kind: JobKind,
    /// The problem's short name.
    pub problem: String,
    /// The language id.
    pub language: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Milliseconds of CPU time.
    pub cpu_ms: u64,
    /// Milliseconds from start to end.
    pub wall_ms: u64,
    /// Peak bytes of memory.
    pub memory_bytes: u64,
    /// Whether an earlier equal job's result was taken.
    pub reused: bool,
    /// When the judgement was written down (RFC 3339, UTC).
    pub judged_at: String,
}

/// Which jobs.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only those of this submission, of all its judgements; else of the current judgements.
    pub submission: Option<SubmissionId>,
    /// Only those for this problem.
    pub problem: Option<String>,
    /// Only those of this kind.
    pub kind: Option<JobKind>,
    /// Only those with this verdict.
    pub verdict: Option<Verdict>,
}

/// What a job left to be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobLog {
    /// The job.
    #[serde(flatten)]
    pub line: JobLine,
    /// What the compiler printed, head and tail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The checker's message or the judge's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The program's exit status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The head of its standard output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// The head of its standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
}

/// A judgement as the database has it.
struct Judged {
    submission: i64,
    number: u32,
    current: bool,
    problem: String,
    language: String,
    judged_at: String,
    report: BuildReport,
}

impl History {
    /// The jobs that the filter lets through, those of the newest submission first, at most `lines_max`.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn jobs(&self, filter: &JobFilter, lines_max: u32) -> Result<Vec<JobLine>, HistoryError> {
        let query = format!(
            "{} WHERE (?1 IS NULL AND j.current = 1 OR j.submission = ?1) \
             AND (?2 IS NULL OR s.problem = ?2) ORDER BY j.submission DESC, j.id",
            judgements()
        );
        let mut query = self.db.prepare(&query)?;
        let submission = filter.submission.map(|id| id.0);
        let mut rows = query.query((submission, &filter.problem))?;
        let mut lines = Vec::new();
        while lines.len() < lines_max as usize
            && let Some(row) = rows.next()?
        {
            let judged = Judged::of(row)?;
            let wanted = |line: &JobLine| {
                filter.kind.is_none_or(|kind| kind == line.kind)
                    && filter.verdict.is_none_or(|verdict| verdict == line.verdict)
            };
            let left = lines_max as usize - lines.len();
            let found = judged.logs().map(|log| log.line);
            lines.extend(found.filter(wanted).take(left));
        }
        Ok(lines)
    }

    /// What the job of this name left.
    ///
    /// # Errors
    /// There is no such job.
    pub fn log(&self, job: &str) -> Result<JobLog, HistoryError> {
        let unknown = || HistoryError::UnknownJob(job.to_owned());
        let (judgement, node) = job.split_once('/').ok_or_else(unknown)?;
        let (submission, number) = match judgement.split_once('.') {
            Some((submission, number)) => (submission, number.parse().ok()),
            None => (judgement, None),
        };
        let submission = SubmissionId(submission.parse().map_err(|_| unknown())?);
        if judgement.contains('.') && number.is_none() {
            return Err(unknown());
        }
        let judged = self.judgement(submission, number)?.ok_or_else(unknown)?;
        let mut logs = judged.logs();
        let wanted =
            logs.find(|log| log.line.job.split_once('/').map(|(_, name)| name) == Some(node));
        wanted.ok_or_else(unknown)
    }

    /// The report of the current judgement.
    ///
    /// # Errors
    /// There is no such submission.
    pub fn report(&self, id: SubmissionId) -> Result<Option<BuildReport>, HistoryError> {
        self.submission(id)?;
        Ok(self.judgement(id, None)?.map(|judged| judged.report))
    }

    /// The judgement of this number, or the current one.
    fn judgement(
        &self,
        id: SubmissionId,
        number: Option<u32>,
    ) -> Result<Option<Judged>, HistoryError> {
        let query = format!(
            "SELECT * FROM ({}) WHERE submission = ?1 AND (number = ?2 OR ?2 IS NULL AND current = 1)",
            judgements()
        );
        let found = self.db.query_row(&query, (id.0, number), Judged::of);
        Ok(found.optional()?)
    }
}

fn judgements() -> String {
    format!(
        "SELECT j.submission, (SELECT count(*) FROM judgements AS o WHERE o.submission = j.submission \
         AND o.id <= j.id) AS number, j.current, s.problem, s.language, {} AS judged_at, j.report \
         FROM judgements AS j JOIN submissions AS s ON s.id = j.submission",
        in_words("j.created_at_ms")
    )
}

impl Judged {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let report = serde_json::from_str(row.get_ref(6)?.as_str()?).map_err(|source| {
            let text = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(6, text, source.into())
        })?;
        Ok(Self {
            submission: row.get(0)?,
            number: row.get(1)?,
            current: row.get(2)?,
            problem: row.get(3)?,
            language: row.get(4)?,
            judged_at: row.get(5)?,
            report,
        })
    }

    fn logs(&self) -> impl Iterator<Item = JobLog> {
        let tests = self.report.tests.iter().map(|test| self.test(test));
        std::iter::once(self.compile(&self.report.compile)).chain(tests)
    }

    fn name(&self, node: &str) -> String {
        match self.current {
            true => format!("{}/{node}", self.submission),
            false => format!("{}.{}/{node}", self.submission, self.number),
        }
    }

    fn compile(&self, report: &CompileReport) -> JobLog {
        let line = JobLine {
            job: self.name(COMPILE),
            kind: JobKind::Compile,
            problem: self.problem.clone(),
            language: self.language.clone(),
            verdict: report.verdict,
            cpu_ms: report.cpu_ms,
            wall_ms: report.wall_ms,
            memory_bytes: report.memory_bytes,
            reused: report.reused,
            judged_at: self.judged_at.clone(),
        };
        JobLog {
            line,
            log: Some(report.log.clone()),
            message: None,
            exit_code: None,
            signal: None,
            stdout: None,
            stderr: None,
        }
    }

    fn test(&self, report: &TestReport) -> JobLog {
        let run = crate::kept_run::Done::Run;
        let line = JobLine {
            job: self.name(&report.name),
            kind: JobKind::Test,
            verdict: report.verdict,
            cpu_ms: report.cpu_ms,
            wall_ms: report.wall_ms,
            memory_bytes: report.memory_bytes,
            reused: report.kept.as_ref().is_some_and(|kept| kept.done != run),
            ..self.compile(&self.report.compile).line
        };
        JobLog {
            line,
            log: None,
            message: report.message.clone(),
            exit_code: report.exit_code,
            signal: report.signal,
            stdout: Some(report.stdout.clone()),
            stderr: Some(report.stderr.clone()),
        }
    }
}
