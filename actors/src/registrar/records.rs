//! The registrar's memory: submissions and judgements in SQL.
//!
//! A submission is never changed. Its judgements are kept, all of them; at most one of them is current, and a
//! submission without a current one is unfinished.

mod judgement;

use rusqlite::{Connection, OptionalExtension, Savepoint, ToSql, params};
use tribunal_problems::{SourceFile, UnknownVerdict, Verdict};

use super::changes::Changes;
use crate::database::{Database, DatabaseError};
use crate::ids::{AccountId, JudgementId, SubmissionId};
use crate::report::{BuildReport, SubmissionStatus, SubmissionView};
use crate::stores::name_outputs;

use judgement::{JudgementLine, insert_judgement};

pub use crate::submission::{
    InContest, Inserted, Judged, Judgement, ListFilter, NewSubmission, Owner, Standing,
    StoredSubmission, SubmissionLine,
};

/// Why a record cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The key names another submission.
    #[error("the idempotency key {key:?} belongs to another submission")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// There is no such submission.
    #[error("there is no submission {id}")]
    Unknown {
        /// What was asked for.
        id: SubmissionId,
    },
}

/// Submissions and judgements.
#[derive(Debug, Clone)]
pub struct Records {
    db: Database,
    changes: Changes,
}

impl Records {
    /// The records in this database.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self {
            db,
            changes: Changes::default(),
        }
    }

    /// How often a judgement took the place of another since this was made.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Stores a submission. When the answer comes, it is on the disk and has been given a number.
    ///
    /// # Errors
    /// The database does not answer, or the idempotency key belongs to something else.
    pub async fn insert_submission(&self, new: NewSubmission) -> Result<Inserted, RecordsError> {
        let outcome = self.db.write(move |tx| insert_or_find(tx, new)).await?;
        outcome.map_err(|key| RecordsError::KeyReused { key })
    }

    /// What a submission was stored as before, by its idempotency key.
    ///
    /// # Errors
    /// The database does not answer, or the key belongs to something else.
    pub async fn find_submission(
        &self,
        new: NewSubmission,
    ) -> Result<Option<SubmissionId>, RecordsError> {
        if new.idempotency_key.is_none() {
            return Ok(None);
        }
        let found = self.db.read(move |db| find(db, &new)).await?;
        found.map_err(|key| RecordsError::KeyReused { key })
    }

    /// Every submission without a current judgement, oldest first: what a start has to plan again.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn unfinished(&self) -> Result<Vec<SubmissionId>, RecordsError> {
        let query = "SELECT id FROM submissions AS s WHERE NOT EXISTS \
                     (SELECT 1 FROM judgements WHERE submission = s.id AND current = 1) ORDER BY id";
        let found = self.db.read(move |db| {
            db.prepare_cached(query)?
                .query_map([], |row| row.get(0).map(SubmissionId))?
                .collect()
        });
        Ok(found.await?)
    }

    /// The latest time of any submission or judgement, in milliseconds since 1970: the clock may have jumped back since.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn latest_ms(&self) -> Result<i64, RecordsError> {
        let query = "SELECT max(coalesce((SELECT max(created_at_ms) FROM submissions), 0), \
                     coalesce((SELECT max(created_at_ms) FROM judgements), 0))";
        let latest = self.db.read(|db| db.query_row(query, [], |row| row.get(0)));
        Ok(latest.await?)
    }

    /// Writes down a judgement, and answers whether it is now the one that counts.
    ///
    /// # Errors
    /// The database does not answer, or there is no such submission.
    pub async fn record_judgement(
        &self,
        id: SubmissionId,
        report: &BuildReport,
        standing: Standing,
        now_ms: i64,
    ) -> Result<bool, RecordsError> {
        let line = JudgementLine {
            verdict: report.verdict.word(),
            score: report.score,
            report: serde_json::to_string(report).map_err(not_json)?,
            now_ms,
        };
        let outputs = report.clone();
        let write = self.db.write(move |tx| {
            let counts = insert_judgement(tx, id, &line, standing)?;
            if counts == Some(true) {
                name_outputs(tx, &outputs, line.now_ms)?;
            }
            Ok(counts)
        });
        let counts = write.await?.ok_or(RecordsError::Unknown { id })?;
        if counts && standing != Standing::First {
            self.changes.add();
        }
        Ok(counts)
    }

    /// Shows a submission as its current judgement has it, or as queued where there is none.
    ///
    /// # Errors
    /// The database does not answer, or there is no such submission.
    pub async fn load_view(&self, id: SubmissionId) -> Result<SubmissionView, RecordsError> {
        let view = self.db.read(move |db| select_view(db, id).optional());
        view.await?.ok_or(RecordsError::Unknown { id })
    }

    /// Loads what was submitted.
    ///
    /// # Errors
    /// The database does not answer, or there is no such submission.
    pub async fn load_submission(
        &self,
        id: SubmissionId,
    ) -> Result<StoredSubmission, RecordsError> {
        let found = self.db.read(move |db| select_submission(db, id).optional());
        let submission = found.await?.ok_or(RecordsError::Unknown { id })?;
        Ok(StoredSubmission { id, submission })
    }

    /// Every judgement that a submission ever had, oldest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn load_judgements(&self, id: SubmissionId) -> Result<Vec<Judgement>, RecordsError> {
        let query = "SELECT id, report, created_at_ms, current FROM judgements WHERE submission = ?1 ORDER BY id";
        let found = self.db.read(move |db| {
            db.prepare_cached(query)?
                .query_map([id.0], |row| {
                    Ok(Judgement {
                        id: JudgementId(row.get(0)?),
                        report: from_json(row, 1)?,
                        created_at_ms: row.get(2)?,
                        current: row.get(3)?,
                    })
                })?
                .collect()
        });
        Ok(found.await?)
    }

    /// A page of submissions, newest first, at most `lines_max` of them.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn list(
        &self,
        filter: ListFilter,
        lines_max: u32,
    ) -> Result<Vec<SubmissionLine>, RecordsError> {
        let page = self.db.read(move |db| select_page(db, &filter, lines_max));
        Ok(page.await?)
    }
}

/// `Err` is the idempotency key that belongs to something else.
fn insert_or_find(
    tx: &Savepoint<'_>,
    new: NewSubmission,
) -> rusqlite::Result<Result<Inserted, String>> {
    Ok(match find(tx, &new)? {
        Ok(Some(id)) => Ok(Inserted::Known(id)),
        Ok(None) => Ok(Inserted::New(insert(tx, &new)?)),
        Err(key) => Err(key),
    })
}

/// The submission with this idempotency key, if it has one; `Err` is the key where it belongs to something else.
fn find(
    db: &Connection,
    new: &NewSubmission,
) -> rusqlite::Result<Result<Option<SubmissionId>, String>> {
    let Some(key) = &new.idempotency_key else {
        return Ok(Ok(None));
    };
    let query = "SELECT id FROM submissions WHERE idempotency_key = ?1";
    let known = db
        .prepare_cached(query)?
        .query_row([key], |row| row.get(0).map(SubmissionId))
        .optional()?;
    let Some(id) = known else {
        return Ok(Ok(None));
    };
    let before = select_submission(db, id)?;
    // A retry comes later.
    let same = NewSubmission {
        created_at_ms: before.created_at_ms,
        contest: before.contest.clone(),
        ..new.clone()
    } == before;
    Ok(if same { Ok(Some(id)) } else { Err(key.clone()) })
}

fn insert(tx: &Savepoint<'_>, new: &NewSubmission) -> rusqlite::Result<SubmissionId> {
    let time_ms = new.contest.as_ref().and_then(|contest| contest.time_ms);
    let time_ms = time_ms.map(|time| i64::try_from(time).unwrap_or(i64::MAX));
    tx.prepare_cached(
        "INSERT INTO submissions (problem, language, entry, created_at_ms, idempotency_key, account, \
         contest, contest_time_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        new.problem,
        new.language,
        serde_json::to_string(&new.entry).map_err(not_sql)?,
        new.created_at_ms,
        new.idempotency_key,
        new.account.map(|id| id.0),
        new.contest.as_ref().map(|contest| &contest.short_name),
        time_ms,
    ])?;
    let id = tx.last_insert_rowid();
    let mut insert_file = tx.prepare_cached(
        "INSERT INTO submission_files (submission, position, name, content) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, file) in (0_i64..).zip(&new.files) {
        insert_file.execute(params![id, position, file.name, &*file.content])?;
    }
    Ok(SubmissionId(id))
}

fn select_submission(db: &Connection, id: SubmissionId) -> rusqlite::Result<NewSubmission> {
    let files = db
        .prepare_cached(
            "SELECT name, content FROM submission_files WHERE submission = ?1 ORDER BY position",
        )?
        .query_map([id.0], |row| {
            let (name, content): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            Ok(SourceFile::new(name, content))
        })?
        .collect::<rusqlite::Result<_>>()?;
    db.prepare_cached(
        "SELECT problem, language, entry, created_at_ms, idempotency_key, account, contest, contest_time_ms \
         FROM submissions WHERE id = ?1",
    )?
    .query_row([id.0], |row| {
        Ok(NewSubmission {
            problem: row.get(0)?,
            language: row.get(1)?,
            files,
            entry: from_json(row, 2)?,
            created_at_ms: row.get(3)?,
            idempotency_key: row.get(4)?,
            account: row.get::<_, Option<i64>>(5)?.map(AccountId),
            contest: in_contest(row)?,
        })
    })
}

fn in_contest(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<InContest>> {
    let time: Option<i64> = row.get(7)?;
    let short_name: Option<String> = row.get(6)?;
    Ok(short_name.map(|short_name| InContest {
        short_name,
        time_ms: time.and_then(|time| u64::try_from(time).ok()),
    }))
}

fn select_view(db: &Connection, id: SubmissionId) -> rusqlite::Result<SubmissionView> {
    db.prepare_cached(
        "SELECT problem, language, report, account FROM submissions AS s \
         LEFT JOIN judgements AS j ON j.submission = s.id AND j.current = 1 WHERE s.id = ?1",
    )?
    .query_row([id.0], |row| {
        let report = match row.get_ref(2)? {
            rusqlite::types::ValueRef::Null => None,
            _ => Some(from_json::<BuildReport>(row, 2)?),
        };
        let (problem, language) = (row.get(0)?, row.get(1)?);
        let account = row.get::<_, Option<i64>>(3)?.map(AccountId);
        Ok(SubmissionView {
            account,
            ..view(id, problem, language, report)
        })
    })
}

fn view(
    id: SubmissionId,
    problem: String,
    language: String,
    report: Option<BuildReport>,
) -> SubmissionView {
    let status = match report {
        Some(_) => SubmissionStatus::Done,
        None => SubmissionStatus::Queued,
    };
    let (verdict, score) = report
        .as_ref()
        .map_or((None, None), |r| (Some(r.verdict), r.score));
    let (compile, tests, fault) = match report {
        Some(report) => (Some(report.compile), report.tests, report.fault),
        None => (None, Vec::new(), None),
    };
    SubmissionView {
        id,
        problem,
        language,
        account: None,
        status,
        verdict,
        score,
        compile,
        tests,
        fault,
    }
}

fn select_page(
    db: &Connection,
    filter: &ListFilter,
    lines_max: u32,
) -> rusqlite::Result<Vec<SubmissionLine>> {
    // The conditions are put together so that each statement can use the index of its filter.
    let mut query =
        "SELECT s.id, problem, language, s.created_at_ms, verdict, score, account FROM submissions AS s \
                     LEFT JOIN judgements AS j ON j.submission = s.id AND j.current = 1 \
                     WHERE s.id < :before"
            .to_owned();
    let before = filter.before.map_or(i64::MAX, |id| id.0);
    let mut values: Vec<(&str, &dyn ToSql)> = vec![(":before", &before), (":lines", &lines_max)];
    if let Some(problem) = &filter.problem {
        query.push_str(" AND problem = :problem");
        values.push((":problem", problem));
    }
    if let Some(language) = &filter.language {
        query.push_str(" AND language = :language");
        values.push((":language", language));
    }
    let verdict = match filter.verdict {
        Some(Judged::As(verdict)) => verdict.word(),
        Some(Judged::Waiting) | None => "",
    };
    match filter.verdict {
        None => {}
        Some(Judged::Waiting) => query.push_str(" AND verdict IS NULL"),
        Some(Judged::As(_)) => {
            query.push_str(" AND verdict = :verdict");
            values.push((":verdict", &verdict));
        }
    }
    let owner = match filter.owner {
        Owner::Account(id) => id.0,
        Owner::Anybody | Owner::Nobody => 0,
    };
    match filter.owner {
        Owner::Anybody => {}
        Owner::Nobody => query.push_str(" AND account IS NULL"),
        Owner::Account(_) => {
            query.push_str(" AND account = :owner");
            values.push((":owner", &owner));
        }
    }
    if let Some(contest) = &filter.contest {
        query.push_str(" AND contest = :contest");
        values.push((":contest", contest));
    }
    query.push_str(" ORDER BY s.id DESC LIMIT :lines");
    db.prepare_cached(&query)?
        .query_map(&*values, |row| {
            Ok(SubmissionLine {
                id: SubmissionId(row.get(0)?),
                account: row.get::<_, Option<i64>>(6)?.map(AccountId),
                problem: row.get(1)?,
                language: row.get(2)?,
                created_at_ms: row.get(3)?,
                verdict: row
                    .get::<_, Option<String>>(4)?
                    .map(|word| parse_verdict(&word))
                    .transpose()?,
                score: row.get(5)?,
            })
        })?
        .collect()
}

fn parse_verdict(word: &str) -> rusqlite::Result<Verdict> {
    word.parse().map_err(|source: UnknownVerdict| {
        rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, source.into())
    })
}

/// A JSON column.
fn from_json<T: serde::de::DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|source| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            source.into(),
        )
    })
}

fn not_sql(source: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(source.into())
}

fn not_json(source: serde_json::Error) -> DatabaseError {
    DatabaseError::Write(not_sql(source))
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
