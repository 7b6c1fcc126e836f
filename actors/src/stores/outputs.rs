//! Outputs of runs that are kept for a rejudging: bounded, the oldest go first, and none is missed for long.

use std::collections::BTreeSet;

use rusqlite::{Connection, Savepoint, params};
use tribunal_problems::BlobId;

use super::sum::as_sql;
use super::{Shelf, StoreError};
use crate::chain::chain;
use crate::report::BuildReport;

pub(super) fn sum(db: &Connection) -> rusqlite::Result<i64> {
    let query = "SELECT coalesce(sum(bytes), 0) FROM outputs";
    db.query_row(query, [], |row| row.get(0))
}

/// Names the outputs that a judgement's tests have in the store, so that they stay.
pub(crate) fn name_outputs(
    tx: &Savepoint<'_>,
    report: &BuildReport,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let kept = report.tests.iter().filter_map(|test| test.kept.as_ref());
    for output in kept.filter_map(|kept| kept.output) {
        if output.stored {
            let bytes = as_sql(output.bytes);
            tx.prepare_cached(
                "INSERT INTO outputs (blob, bytes, named_at_ms) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (blob) DO UPDATE SET named_at_ms = ?3",
            )?
            .execute(params![output.blob.to_string(), bytes, now_ms])?;
        }
    }
    Ok(())
}

impl Shelf {
    /// The outputs that are kept.
    pub(super) fn kept_outputs(&self) -> Result<BTreeSet<BlobId>, StoreError> {
        let names: Vec<String> = self.db.read_blocking(|db| {
            db.prepare("SELECT blob FROM outputs")?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Removes kept outputs, the one named longest ago first, until they have no more than `bytes_max`; answers how
    /// many.
    ///
    /// # Errors
    /// The database does not answer, or the disk does not.
    pub fn evict_outputs(&self, bytes_max: i64) -> Result<usize, StoreError> {
        let (mut bytes, oldest) = self.db.read_blocking(|db| {
            let oldest = db
                .prepare("SELECT blob, bytes FROM outputs ORDER BY named_at_ms, blob")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
            Ok((sum(db)?, oldest))
        })?;
        let mut gone = Vec::new();
        for (blob, size) in oldest {
            if bytes <= bytes_max {
                break;
            }
            bytes = bytes.saturating_sub(size);
            gone.push(blob);
        }
        self.output_bytes.set(bytes);
        let names = gone.clone();
        self.db.write_blocking(move |tx| {
            let mut delete = tx.prepare_cached("DELETE FROM outputs WHERE blob = ?1")?;
            names
                .iter()
                .try_for_each(|name| delete.execute([name]).map(drop))
        })?;
        for blob in gone.iter().filter_map(|blob| blob.parse().ok()) {
            self.remove_unnamed(blob)?;
        }
        Ok(gone.len())
    }

    /// Makes room when there is too much, and a little more than that, so that it is not done each time.
    pub(super) fn evict_outputs_surplus(&self) {
        let most = self.bounds.output_bytes;
        if self.output_bytes.get() <= most {
            return;
        }
        match self.evict_outputs(most / 10 * 9) {
            Ok(evicted) => log::info!("{evicted} outputs made room for newer ones"),
            Err(error) => log::error!("kept outputs exceed their bound: {}", chain(&error)),
        }
    }
}
