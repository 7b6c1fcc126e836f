//! The store itself: blobs on disk, kept artifacts in the database, stagings and locks in memory. Every call blocks.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{OptionalExtension, params};
use tribunal_problems::BlobId;

use super::blobs::{Blobs, Place};
use super::staging::Stagings;
use super::{
    BlobContent, Check, CreateRefused, Durability, Keep, ReadGuard, StoreError, StoredBlob,
};
use crate::database::Database;
use crate::ids::{ArtifactId, BuildId};
use crate::job::Artifact;

/// The store. It may be used from many threads at once.
#[derive(Debug)]
pub struct Shelf {
    blobs: Blobs,
    keep: Keep,
    stagings: Mutex<Stagings>,
    db: Database,
}

/// Where an artifact was found.
pub(super) enum Found {
    /// In the build's staging, and perhaps before in another's.
    Staged(Artifact),
    /// Among those that are kept; its description and its files are still to be looked at.
    Kept(ReadGuard),
    /// Nowhere, or it is just being written.
    Nowhere,
}

/// What a look at every durable blob and every kept artifact has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// How many blobs have been hashed.
    pub blobs: usize,
    /// Blobs whose content is not what their name says.
    pub damaged: Vec<BlobId>,
    /// Kept artifacts with a file that is missing, damaged or of another length.
    pub broken: Vec<ArtifactId>,
}

impl Shelf {
    /// Opens the store in a data directory, and removes what a dead process has left there for itself alone.
    ///
    /// # Errors
    /// The directory cannot be used, or the database does not answer.
    pub fn open(data: &Path, db: Database) -> Result<Self, StoreError> {
        let blobs = Blobs::open(data)?;
        let kept: Vec<String> = db.read_blocking(|db| {
            db.prepare("SELECT id FROM artifacts")?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        Ok(Self {
            blobs,
            keep: Keep::of(kept.iter().filter_map(|id| id.parse().ok())),
            stagings: Mutex::default(),
            db,
        })
    }

    /// See [`StoreBlob`](super::StoreBlob).
    ///
    /// # Errors
    /// The content cannot be read or is not the expected one, or the disk is full.
    pub fn store_blob(
        &self,
        content: BlobContent,
        expected: Option<BlobId>,
        durability: Durability,
    ) -> Result<StoredBlob, StoreError> {
        let place = match durability {
            Durability::Durable => Place::Durable,
            Durability::Scratch(_) => Place::Scratch,
        };
        self.blobs
            .store(content, expected, place, |id| match durability {
                Durability::Durable => (),
                Durability::Scratch(build) => self.hold(build, id),
            })
    }

    /// See [`OpenBlob`](super::OpenBlob).
    ///
    /// # Errors
    /// The blob is missing, damaged or cannot be read.
    pub fn open_blob(&self, id: BlobId, check: Check) -> Result<File, StoreError> {
        match check {
            Check::Content => self.blobs.open_checked(id),
            Check::ByReader => self.blobs.open_blob(id),
        }
    }

    /// See [`StageArtifact`](super::StageArtifact).
    ///
    /// # Errors
    /// A blob is missing or of another length, or the database does not answer.
    pub fn stage_artifact(
        &self,
        build: BuildId,
        artifact: Artifact,
        durability: Durability,
    ) -> Result<(), StoreError> {
        for file in &artifact.files {
            self.blobs
                .claim(file.blob, file.size, |id| self.hold(build, id))?;
        }
        if durability == Durability::Durable {
            self.keep_artifact(&artifact)?;
        }
        self.lock().put(build, artifact, None);
        Ok(())
    }

    /// See [`FindArtifact`](super::FindArtifact).
    ///
    /// # Errors
    /// The database does not answer.
    pub fn find_artifact(
        &self,
        build: BuildId,
        id: ArtifactId,
    ) -> Result<Option<Artifact>, StoreError> {
        let found = self.look_for(build, id);
        self.load_found(build, id, found)
    }

    /// The part of finding that takes no time and depends on what was asked before. Does not block.
    pub(super) fn look_for(&self, build: BuildId, id: ArtifactId) -> Found {
        let mut stagings = self.lock();
        if let Some(staged) = stagings.find(build, id) {
            return Found::Staged(staged.clone());
        }
        match self.keep.get(id) {
            Ok(reading) => Found::Kept(reading),
            Err(_) => stagings
                .adopt(build, id)
                .map_or(Found::Nowhere, Found::Staged),
        }
    }

    /// The other part.
    pub(super) fn load_found(
        &self,
        build: BuildId,
        id: ArtifactId,
        found: Found,
    ) -> Result<Option<Artifact>, StoreError> {
        let reading = match found {
            Found::Staged(artifact) => return Ok(Some(artifact)),
            Found::Nowhere => return Ok(None),
            Found::Kept(reading) => reading,
        };
        let Some(artifact) = self.load_kept(id)? else {
            return Ok(None);
        };
        if let Err(error) = self.check_files(&artifact) {
            log::warn!("artifact {id} is not used again: {error}");
            return Ok(None);
        }
        self.lock().put(build, artifact.clone(), Some(reading));
        Ok(Some(artifact))
    }

    /// See [`PublishArtifact`](super::PublishArtifact).
    ///
    /// # Errors
    /// Nobody has the artifact, the name is taken and `update` not set, or the database does not answer.
    pub fn publish(
        &self,
        build: BuildId,
        id: ArtifactId,
        name: &str,
        update: bool,
    ) -> Result<(), StoreError> {
        let artifact = self
            .find_artifact(build, id)?
            .ok_or(StoreError::UnknownArtifact { id })?;
        self.keep_artifact(&artifact)?;
        let (release, text, now_ms) = (name.to_owned(), id.to_string(), now_ms());
        let taken = self.db.write_blocking(move |tx| {
            let query = "SELECT artifact FROM releases WHERE name = ?1 AND artifact <> ?2";
            let other: Option<String> = tx
                .query_row(query, [&release, &text], |row| row.get(0))
                .optional()?;
            if other.is_none() || update {
                tx.execute(
                    "INSERT INTO releases (name, artifact, created_at_ms) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (name) DO UPDATE SET artifact = ?2, created_at_ms = ?3 \
                     WHERE artifact <> ?2",
                    params![release, text, now_ms],
                )?;
            }
            Ok(other.filter(|_| !update))
        })?;
        match taken.and_then(|other| other.parse().ok()) {
            None => Ok(()),
            Some(artifact) => Err(StoreError::NameTaken {
                name: name.to_owned(),
                artifact,
            }),
        }
    }

    /// See [`WithdrawRelease`](super::WithdrawRelease).
    ///
    /// # Errors
    /// There is no such release, a build uses the artifact, or the database does not answer.
    pub fn withdraw(&self, name: &str) -> Result<(), StoreError> {
        let unknown = || StoreError::UnknownRelease {
            name: name.to_owned(),
        };
        let (id, stays) = self.find_release(name)?.ok_or_else(unknown)?;
        let removal = if stays {
            None
        } else {
            let removal = self.keep.remove(id);
            removal.map_err(|source| StoreError::InUse { id, source })?
        };
        let (name, text, remove) = (name.to_owned(), id.to_string(), removal.is_some());
        self.db.write_blocking(move |tx| {
            tx.execute("DELETE FROM releases WHERE name = ?1", [name])?;
            if remove {
                tx.execute("DELETE FROM artifacts WHERE id = ?1", [text])?;
            }
            Ok(())
        })?;
        if let Some(removal) = removal {
            removal.commit();
        }
        Ok(())
    }

    /// See [`DropStaging`](super::DropStaging).
    ///
    /// # Errors
    /// A scratch blob cannot be removed; the others are.
    pub fn drop_staging(&self, build: BuildId) -> Result<(), StoreError> {
        let orphans = self.end_staging(build);
        self.remove_orphans(orphans)
    }

    /// The part of dropping that has to come in the order of the messages. Does not block.
    pub(super) fn end_staging(&self, build: BuildId) -> Vec<BlobId> {
        self.lock().drop_build(build)
    }

    /// The other part.
    pub(super) fn remove_orphans(&self, orphans: Vec<BlobId>) -> Result<(), StoreError> {
        let mut result = Ok(());
        for id in orphans {
            let removed = self.blobs.remove_scratch(id, || self.lock().is_held(id));
            result = result.and(removed);
        }
        result
    }

    /// Removes every durable blob that neither a kept artifact nor `wanted` names, and answers how many. Call it
    /// before any build runs: what a build has stored and not staged yet is named by nobody.
    ///
    /// # Errors
    /// The database does not answer, or the disk does not.
    pub fn sweep(&self, wanted: &BTreeSet<BlobId>) -> Result<usize, StoreError> {
        let kept = self.load_all_kept()?;
        let named: BTreeSet<_> = kept
            .iter()
            .flat_map(|a| &a.files)
            .map(|file| file.blob)
            .collect();
        let mut removed = 0;
        for id in self.blobs.list()? {
            if !named.contains(&id) && !wanted.contains(&id) {
                self.blobs.remove_durable(id)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Hashes every durable blob and looks at the files of every kept artifact.
    ///
    /// # Errors
    /// The database does not answer, or the directories cannot be listed.
    pub fn scan(&self) -> Result<Scan, StoreError> {
        let mut scan = Scan::default();
        for id in self.blobs.list()? {
            scan.blobs += 1;
            if self.blobs.open_checked(id).is_err() {
                scan.damaged.push(id);
            }
        }
        for artifact in self.load_all_kept()? {
            let has_damaged = artifact
                .files
                .iter()
                .any(|file| scan.damaged.contains(&file.blob));
            if has_damaged || self.check_files(&artifact).is_err() {
                scan.broken.push(artifact.id);
            }
        }
        Ok(scan)
    }

    /// Makes the artifact's blobs durable and its row as well.
    fn keep_artifact(&self, artifact: &Artifact) -> Result<(), StoreError> {
        for file in &artifact.files {
            self.blobs.make_durable(file.blob)?;
        }
        match self.keep.create(artifact.id) {
            Ok(writing) => {
                self.write_kept(artifact)?;
                writing.commit();
                Ok(())
            }
            // Its equal is being written at this moment; a second time does no harm.
            Err(CreateRefused::WriteLocked) => self.write_kept(artifact),
            Err(CreateRefused::Exists) => self.mend(artifact),
        }
    }

    /// Takes the place of a kept artifact whose files are gone.
    fn mend(&self, artifact: &Artifact) -> Result<(), StoreError> {
        match self.load_kept(artifact.id)? {
            Some(kept) if self.check_files(&kept).is_ok() => Ok(()),
            _ => self.write_kept(artifact),
        }
    }

    fn check_files(&self, artifact: &Artifact) -> Result<(), StoreError> {
        let mut files = artifact.files.iter();
        files.try_for_each(|file| self.blobs.check_size(file.blob, file.size))
    }

    fn write_kept(&self, artifact: &Artifact) -> Result<(), StoreError> {
        let id = artifact.id;
        let manifest = serde_json::to_string(artifact)
            .map_err(|source| StoreError::Manifest { id, source })?;
        let (id, now_ms) = (id.to_string(), now_ms());
        self.db.write_blocking(move |tx| {
            tx.execute(
                "INSERT INTO artifacts (id, manifest, created_at_ms) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (id) DO UPDATE SET manifest = ?2, created_at_ms = ?3",
                params![id, manifest, now_ms],
            )
        })?;
        Ok(())
    }

    fn load_kept(&self, id: ArtifactId) -> Result<Option<Artifact>, StoreError> {
        let query = "SELECT manifest FROM artifacts WHERE id = ?1";
        let manifest: Option<String> = self.db.read_blocking(|db| {
            let mut query = db.prepare_cached(query)?;
            query
                .query_row([id.to_string()], |row| row.get(0))
                .optional()
        })?;
        manifest.map(|manifest| parse(id, &manifest)).transpose()
    }

    fn load_all_kept(&self) -> Result<Vec<Artifact>, StoreError> {
        let rows: Vec<(String, String)> = self.db.read_blocking(|db| {
            db.prepare("SELECT id, manifest FROM artifacts ORDER BY id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        rows.iter()
            .filter_map(|(id, manifest)| Some((id.parse().ok()?, manifest)))
            .map(|(id, manifest)| parse(id, manifest))
            .collect()
    }

    /// The artifact of a release, and whether it is released under another name as well.
    fn find_release(&self, name: &str) -> Result<Option<(ArtifactId, bool)>, StoreError> {
        let query = "SELECT artifact, EXISTS (SELECT 1 FROM releases AS other \
                     WHERE other.artifact = r.artifact AND other.name <> r.name) \
                     FROM releases AS r WHERE name = ?1";
        let found: Option<(String, bool)> = self.db.read_blocking(|db| {
            db.query_row(query, [name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        Ok(found.and_then(|(id, stays)| Some((id.parse().ok()?, stays))))
    }

    fn hold(&self, build: BuildId, id: BlobId) {
        self.lock().hold(build, id);
    }

    fn lock(&self) -> MutexGuard<'_, Stagings> {
        self.stagings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(id: ArtifactId, manifest: &str) -> Result<Artifact, StoreError> {
    serde_json::from_str(manifest).map_err(|source| StoreError::Manifest { id, source })
}

/// Only for people who read the tables; nothing is decided by it.
fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
