//! A look at a data directory that changes nothing, so also while a judge has it.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::blobs::Blobs;
use super::imports::rotten_files;
use super::kept::select_all_kept;
use super::{Scan, StoreError};
use crate::database::{DatabaseError, open_read_only};
use crate::ids::ArtifactId;

/// What a look at the database and the store has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Examination {
    /// What SQLite finds wrong with its file, one sentence each.
    pub database: Vec<String>,
    /// What is wrong with the store.
    pub scan: Scan,
}

impl Examination {
    /// Checks the database of a data directory, hashes every durable blob and every file that a package's blobs came
    /// from, and looks at the files of every kept artifact.
    ///
    /// # Errors
    /// There is no such data directory, or it cannot be read at all.
    pub fn of(data: &Path) -> Result<Self, StoreError> {
        let db = open_read_only(&data.join("tribunal.db"))?;
        let database = integrity(&db).map_err(DatabaseError::Read)?;
        let blobs = Blobs::open_as_found(data)?;
        Ok(Self {
            database,
            scan: scan(&blobs, &db)?,
        })
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.database.is_empty() && self.scan.is_sound()
    }
}

fn integrity(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found: Vec<String> = db
        .prepare("PRAGMA integrity_check")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    found.retain(|line| line != "ok");
    let mut broken = db.prepare("PRAGMA foreign_key_check")?;
    let mut rows = broken.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        found.push(format!(
            "a row of {table} names one of {parent} that is not there"
        ));
    }
    Ok(found)
}

/// What of the store is not as it should be.
pub(super) fn scan(blobs: &Blobs, db: &Connection) -> Result<Scan, StoreError> {
    let mut scan = Scan::default();
    for id in blobs.list()? {
        scan.blobs += 1;
        match blobs.open_checked(id) {
            // What has been listed and is gone was removed meanwhile, by a judge that knows why.
            Ok(_) | Err(StoreError::Missing { .. }) => {}
            Err(_) => scan.damaged.push(id),
        }
    }
    for artifact in select_all_kept(db)? {
        let has_damaged = |blob| scan.damaged.contains(blob);
        let whole = artifact
            .files
            .iter()
            .all(|file| !has_damaged(&file.blob) && blobs.check_size(file.blob, file.size).is_ok());
        if !whole && is_kept(db, artifact.id)? {
            scan.broken.push(artifact.id);
        }
    }
    scan.rotten = rotten_files(db)?;
    Ok(scan)
}

/// Whether it was not evicted meanwhile.
fn is_kept(db: &Connection, id: ArtifactId) -> Result<bool, StoreError> {
    let query = "SELECT 1 FROM artifacts WHERE id = ?1";
    let found = db.query_row(query, [id.to_string()], |_| Ok(())).optional();
    Ok(found.map_err(DatabaseError::Read)?.is_some())
}
