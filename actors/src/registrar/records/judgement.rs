//! The row of a judgement: at most one of a submission's is current.

use rusqlite::{OptionalExtension, Savepoint, params};

use crate::ids::{JudgementId, SubmissionId};
use crate::submission::Standing;

/// A judgement as its row has it.
pub(super) struct JudgementLine {
    pub(super) verdict: &'static str,
    pub(super) score: Option<f64>,
    pub(super) report: String,
    pub(super) now_ms: i64,
}

/// `None`: there is no such submission.
pub(super) fn insert_judgement(
    tx: &Savepoint<'_>,
    id: SubmissionId,
    line: &JudgementLine,
    standing: Standing,
) -> rusqlite::Result<Option<bool>> {
    let exists = |query| tx.prepare_cached(query)?.exists([id.0]);
    if !exists("SELECT 1 FROM submissions WHERE id = ?1")? {
        return Ok(None);
    }
    let mut current =
        tx.prepare_cached("SELECT id FROM judgements WHERE submission = ?1 AND current = 1")?;
    let current = current.query_row([id.0], |row| row.get(0).map(JudgementId));
    let expected = match standing {
        Standing::First => None,
        Standing::Over(judgement) => Some(judgement),
    };
    if current.optional()? != expected {
        return Ok(Some(false));
    }
    tx.prepare_cached("UPDATE judgements SET current = 0 WHERE submission = ?1 AND current = 1")?
        .execute([id.0])?;
    tx.prepare_cached(
        "INSERT INTO judgements (submission, verdict, score, report, current, created_at_ms) \
         VALUES (?1, ?2, ?3, ?4, 1, ?5)",
    )?
    .execute(params![
        id.0,
        line.verdict,
        line.score,
        line.report,
        line.now_ms
    ])?;
    Ok(Some(true))
}
