//! Artifacts that any build may use again: their rows, and whether their files are as they were.

use rusqlite::{Connection, OptionalExtension, params};

use super::sum::as_sql;
use super::{CreateRefused, Shelf, StoreError};
use crate::chain::chain;
use crate::clock::now_ms;
use crate::database::DatabaseError;
use crate::ids::ArtifactId;
use crate::job::Artifact;

/// A use is written down when the last one that was is so long ago, in milliseconds.
const USE_GRAIN_MS: i64 = 60_000;

impl Shelf {
    /// Makes the artifact's blobs durable and its row as well.
    pub(super) fn keep_artifact(&self, artifact: &Artifact) -> Result<(), StoreError> {
        for file in &artifact.files {
            self.blobs.make_durable(file.blob)?;
        }
        match self.keep.create(artifact.id) {
            Ok(writing) => {
                self.write_kept(artifact)?;
                writing.commit();
            }
            // Its equal is being written at this moment; a second time does no harm.
            Err(CreateRefused::WriteLocked) => self.write_kept(artifact)?,
            Err(CreateRefused::Exists) => self.mend(artifact)?,
        }
        self.evict_surplus();
        Ok(())
    }

    /// Says what is wrong with an artifact's files, without reading them.
    pub(super) fn check_files(&self, artifact: &Artifact) -> Result<(), StoreError> {
        let mut files = artifact.files.iter();
        files.try_for_each(|file| self.blobs.check_size(file.blob, file.size))
    }

    /// Says what is wrong with an artifact's files; reads them.
    pub(super) fn check_contents(&self, artifact: &Artifact) -> Result<(), StoreError> {
        self.check_files(artifact)?;
        let mut files = artifact.files.iter();
        files.try_for_each(|file| self.blobs.open_checked(file.blob).map(drop))
    }

    /// Takes the place of a kept artifact whose files are gone.
    fn mend(&self, artifact: &Artifact) -> Result<(), StoreError> {
        match self.load_kept(artifact.id)? {
            Some(kept) if self.check_contents(&kept).is_ok() => Ok(()),
            _ => self.write_kept(artifact),
        }
    }

    fn write_kept(&self, artifact: &Artifact) -> Result<(), StoreError> {
        let id = artifact.id;
        let manifest = serde_json::to_string(artifact)
            .map_err(|source| StoreError::Manifest { id, source })?;
        let bytes: u64 = artifact.files.iter().map(|file| file.size).sum();
        let bytes = as_sql(bytes);
        let blobs: Vec<String> = artifact.files.iter().map(|f| f.blob.to_string()).collect();
        let (id, now_ms) = (id.to_string(), now_ms());
        self.db.write_blocking(move |tx| {
            tx.prepare_cached(
                "INSERT INTO artifacts (id, manifest, created_at_ms, bytes, used_at_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?3) ON CONFLICT (id) DO UPDATE \
                 SET manifest = ?2, created_at_ms = ?3, bytes = ?4, used_at_ms = ?3",
            )?
            .execute(params![id, manifest, now_ms, bytes])?;
            tx.prepare_cached("DELETE FROM artifact_blobs WHERE artifact = ?1")?
                .execute([&id])?;
            let mut name = tx.prepare_cached(
                "INSERT OR IGNORE INTO artifact_blobs (blob, artifact) VALUES (?1, ?2)",
            )?;
            for blob in &blobs {
                name.execute([blob, &id])?;
            }
            Ok(())
        })?;
        self.kept_bytes.add(bytes);
        Ok(())
    }

    pub(super) fn load_kept(&self, id: ArtifactId) -> Result<Option<Artifact>, StoreError> {
        let query = "SELECT manifest FROM artifacts WHERE id = ?1";
        let manifest: Option<String> = self.db.read_blocking(|db| {
            let mut query = db.prepare_cached(query)?;
            query
                .query_row([id.to_string()], |row| row.get(0))
                .optional()
        })?;
        manifest.map(|manifest| parse(id, &manifest)).transpose()
    }

    pub(super) fn load_all_kept(&self) -> Result<Vec<Artifact>, StoreError> {
        self.db.read_blocking(|db| Ok(select_all_kept(db)))?
    }

    /// Writes down that the artifact was used, so that others go before it.
    pub(super) fn note_use(&self, id: ArtifactId) {
        let now_ms = now_ms();
        let written = self.db.read_blocking(|db| {
            db.prepare_cached("SELECT used_at_ms FROM artifacts WHERE id = ?1")?
                .query_row([id.to_string()], |row| row.get::<_, i64>(0))
        });
        if written.is_ok_and(|used| (now_ms - used).abs() < USE_GRAIN_MS) {
            return;
        }
        let update = "UPDATE artifacts SET used_at_ms = ?2 WHERE id = ?1";
        let noted = self
            .db
            .write_blocking(move |tx| tx.execute(update, params![id.to_string(), now_ms]));
        if let Err(error) = noted {
            log::warn!(
                "the use of artifact {id} is not written down: {}",
                chain(&error)
            );
        }
    }
}

pub(super) fn select_all_kept(db: &Connection) -> Result<Vec<Artifact>, StoreError> {
    let select = || {
        db.prepare("SELECT id, manifest FROM artifacts ORDER BY id")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(String, String)>>>()
    };
    let rows = select().map_err(DatabaseError::Read)?;
    rows.iter()
        .filter_map(|(id, manifest)| Some((id.parse().ok()?, manifest)))
        .map(|(id, manifest)| parse(id, manifest))
        .collect()
}

fn parse(id: ArtifactId, manifest: &str) -> Result<Artifact, StoreError> {
    serde_json::from_str(manifest).map_err(|source| StoreError::Manifest { id, source })
}
