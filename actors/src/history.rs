//! What happened, from the database alone: read-only, so also while a judge has the data directory.
//!
//! A job is named by its submission and its node: `17/compile`, `17/secret/3`; one of an earlier judgement has the
//! judgement's number as well, counted from 1: `17.1/compile`.

mod jobs;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, ToSql};
use serde::Serialize;

use crate::database::{DatabaseError, open_read_only};
use crate::ids::SubmissionId;
use crate::job::Artifact;

pub use jobs::{JobFilter, JobKind, JobLine, JobLog};

/// The database of a data directory.
#[derive(Debug)]
pub struct History {
    db: Connection,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The question failed.
    #[error("read from the database")]
    Read(#[from] rusqlite::Error),
    /// There is no such submission.
    #[error("there is no submission {0}")]
    UnknownSubmission(SubmissionId),
    /// There is no such job.
    #[error("there is no job {0:?}; see `tribunal db jobs`")]
    UnknownJob(String),
}

/// A line of `db submissions`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubmissionEntry {
    /// Its number.
    pub id: SubmissionId,
    /// The problem's short name.
    pub problem: String,
    /// The language id.
    pub language: String,
    /// When it was accepted, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// The same in words (RFC 3339, UTC).
    pub created_at: String,
    /// The current verdict, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The score, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// How many judgements it has had.
    pub judgements: u32,
}

/// Which submissions.
#[derive(Debug, Clone, Default)]
pub struct SubmissionFilter {
    /// Only those for this problem.
    pub problem: Option<String>,
    /// Only those in this language.
    pub language: Option<String>,
    /// Only those with this current verdict; `queued`: without one.
    pub verdict: Option<String>,
}

/// A line of `db artifacts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArtifactEntry {
    /// The job that made it, in hexadecimal digits.
    pub id: String,
    /// Its files' names.
    pub files: Vec<String>,
    /// Bytes of all files.
    pub bytes: i64,
    /// When it was made (RFC 3339, UTC).
    pub created_at: String,
    /// When it was used last, to the minute (RFC 3339, UTC).
    pub used_at: String,
    /// Whether it is published, so that it is never evicted.
    pub published: bool,
}

/// A line of `db releases`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseEntry {
    /// What it is released as.
    pub name: String,
    /// The artifact.
    pub artifact: String,
    /// Bytes of all files.
    pub bytes: i64,
    /// When it was published (RFC 3339, UTC).
    pub created_at: String,
}

impl History {
    /// Opens the database of this data directory.
    ///
    /// # Errors
    /// There is none, or it has another schema than this program knows.
    pub fn open(data: &Path) -> Result<Self, HistoryError> {
        let db = open_read_only(&data.join("tribunal.db"))?;
        Ok(Self { db })
    }

    /// The submissions that the filter lets through, newest first, at most `lines_max`.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn submissions(
        &self,
        filter: &SubmissionFilter,
        lines_max: u32,
    ) -> Result<Vec<SubmissionEntry>, HistoryError> {
        let queued = filter.verdict.as_deref() == Some("queued");
        let (mut wanted, mut values) = (Vec::new(), Vec::<(&str, &dyn ToSql)>::new());
        for (clause, name, value) in [
            ("s.problem = :problem", ":problem", &filter.problem),
            ("s.language = :language", ":language", &filter.language),
            ("j.verdict = :verdict", ":verdict", &filter.verdict),
        ] {
            if name == ":verdict" && queued {
                wanted.push("j.verdict IS NULL");
            } else if let Some(value) = value {
                wanted.push(clause);
                values.push((name, value));
            }
        }
        values.push((":lines", &lines_max));
        self.select_submissions(&wanted, &values)
    }

    /// One submission.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn submission(&self, id: SubmissionId) -> Result<SubmissionEntry, HistoryError> {
        let found = self.select_submissions(&["s.id = :id"], &[(":id", &id.0), (":lines", &1)])?;
        let mut found = found.into_iter();
        found.next().ok_or(HistoryError::UnknownSubmission(id))
    }

    /// The submissions with a verdict, of one problem or of all, oldest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn judged(&self, problem: Option<&str>) -> Result<Vec<SubmissionId>, HistoryError> {
        let query = "SELECT s.id FROM submissions AS s JOIN judgements AS j \
                     ON j.submission = s.id AND j.current = 1 \
                     WHERE ?1 IS NULL OR s.problem = ?1 ORDER BY s.id";
        let mut query = self.db.prepare(query)?;
        let ids = query.query_map([problem], |row| row.get(0).map(SubmissionId))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    fn select_submissions(
        &self,
        wanted: &[&str],
        values: &[(&str, &dyn ToSql)],
    ) -> Result<Vec<SubmissionEntry>, HistoryError> {
        let conditions = match wanted {
            [] => String::new(),
            wanted => format!("WHERE {}", wanted.join(" AND ")),
        };
        let query = format!(
            "SELECT s.id, s.problem, s.language, s.created_at_ms, {}, j.verdict, j.score, \
             (SELECT count(*) FROM judgements WHERE submission = s.id) FROM submissions AS s \
             LEFT JOIN judgements AS j ON j.submission = s.id AND j.current = 1 \
             {conditions} ORDER BY s.id DESC LIMIT :lines",
            in_words("s.created_at_ms")
        );
        let mut query = self.db.prepare(&query)?;
        let found = query.query_map(values, |row| {
            Ok(SubmissionEntry {
                id: SubmissionId(row.get(0)?),
                problem: row.get(1)?,
                language: row.get(2)?,
                created_at_ms: row.get(3)?,
                created_at: row.get(4)?,
                verdict: row.get(5)?,
                score: row.get(6)?,
                judgements: row.get(7)?,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The kept artifacts, the one used last first; `published` or not, or all.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn artifacts(
        &self,
        published: Option<bool>,
        lines_max: u32,
    ) -> Result<Vec<ArtifactEntry>, HistoryError> {
        let query = format!(
            "SELECT id, manifest, bytes, {}, {}, published FROM (SELECT *, EXISTS \
             (SELECT 1 FROM releases WHERE artifact = a.id) AS published FROM artifacts AS a) \
             WHERE ?1 IS NULL OR published = ?1 ORDER BY used_at_ms DESC, id LIMIT ?2",
            in_words("created_at_ms"),
            in_words("used_at_ms")
        );
        let mut query = self.db.prepare(&query)?;
        let found = query.query_map((published, lines_max), |row| {
            let artifact: Artifact =
                serde_json::from_str(row.get_ref(1)?.as_str()?).map_err(|source| {
                    let text = rusqlite::types::Type::Text;
                    rusqlite::Error::FromSqlConversionFailure(1, text, source.into())
                })?;
            Ok(ArtifactEntry {
                id: row.get(0)?,
                files: artifact.files.into_iter().map(|file| file.name).collect(),
                bytes: row.get(2)?,
                created_at: row.get(3)?,
                used_at: row.get(4)?,
                published: row.get(5)?,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The releases in the order of their names; only those whose name begins so.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn releases(
        &self,
        prefix: &str,
        lines_max: u32,
    ) -> Result<Vec<ReleaseEntry>, HistoryError> {
        let query = format!(
            "SELECT r.name, r.artifact, a.bytes, {} FROM releases AS r JOIN artifacts AS a \
             ON a.id = r.artifact WHERE substr(r.name, 1, length(?1)) = ?1 ORDER BY r.name LIMIT ?2",
            in_words("r.created_at_ms")
        );
        let mut query = self.db.prepare(&query)?;
        let found = query.query_map((prefix, lines_max), |row| {
            Ok(ReleaseEntry {
                name: row.get(0)?,
                artifact: row.get(1)?,
                bytes: row.get(2)?,
                created_at: row.get(3)?,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether something is released under this name.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn is_released(&self, name: &str) -> Result<bool, HistoryError> {
        let query = "SELECT 1 FROM releases WHERE name = ?1";
        let found = self.db.query_row(query, [name], |_| Ok(())).optional()?;
        Ok(found.is_some())
    }
}

/// Milliseconds since 1970 as RFC 3339, in SQL.
fn in_words(column: &str) -> String {
    format!("strftime('%Y-%m-%dT%H:%M:%SZ', {column} / 1000, 'unixepoch')")
}

#[cfg(test)]
mod tests;
