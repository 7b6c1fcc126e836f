//! The store itself: blobs on disk, kept artifacts in the database, stagings and locks in memory. Every call blocks.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tribunal_problems::BlobId;

use super::blobs::{Blobs, Place};
use super::imports::Imports;
use super::staging::Stagings;
use super::sum::{Sum, as_sql};
use super::upkeep::{Recent, StoreBounds};
use super::{
    BlobContent, Check, Durability, Keep, ReadGuard, StoreError, StoredBlob, outputs, uploads,
};
use crate::database::Database;
use crate::ids::{ArtifactId, BuildId};
use crate::job::Artifact;

/// The store. It may be used from many threads at once.
#[derive(Debug)]
pub struct Shelf {
    pub(super) blobs: Blobs,
    pub(super) keep: Keep,
    stagings: Mutex<Stagings>,
    pub(super) imports: Imports,
    pub(super) recent: Recent,
    pub(super) output_bytes: Sum,
    pub(super) upload_bytes: Sum,
    pub(super) bounds: StoreBounds,
    pub(super) kept_bytes: Sum,
    pub(super) db: Database,
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

impl Shelf {
    /// Opens the store in a data directory, and removes what a dead process has left there for itself alone.
    ///
    /// # Errors
    /// The directory cannot be used, or the database does not answer.
    pub fn open(data: &Path, db: Database, bounds: StoreBounds) -> Result<Self, StoreError> {
        let blobs = Blobs::open(data)?;
        let kept: Vec<(String, i64)> = db.read_blocking(|db| {
            db.prepare("SELECT id, bytes FROM artifacts")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        Ok(Self {
            blobs,
            keep: Keep::of(kept.iter().filter_map(|(id, _)| id.parse().ok())),
            stagings: Mutex::default(),
            imports: Imports::load(&db)?,
            recent: Recent::default(),
            output_bytes: Sum::of(db.read_blocking(outputs::sum)?),
            upload_bytes: Sum::of(db.read_blocking(uploads::sum)?),
            bounds,
            kept_bytes: Sum::of(kept.iter().map(|(_, bytes)| bytes).sum()),
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
            Durability::Expendable => Place::Expendable,
            Durability::Scratch(_) => Place::Scratch,
        };
        let stored = self
            .blobs
            .store(content, expected, place, |id| match durability {
                Durability::Durable | Durability::Expendable => self.recent.note(id),
                Durability::Scratch(build) => self.hold(build, id),
            })?;
        if durability == Durability::Expendable {
            self.output_bytes.add(as_sql(stored.size));
            self.evict_outputs_surplus();
        }
        Ok(stored)
    }

    /// See [`OpenBlob`](super::OpenBlob). What is missing or damaged and came from a file of a package is had from
    /// there again, if that file still has the content.
    ///
    /// # Errors
    /// The blob is missing, damaged or cannot be read.
    pub fn open_blob(&self, id: BlobId, check: Check) -> Result<File, StoreError> {
        let open = || match check {
            Check::Content => self.blobs.open_checked(id),
            Check::ByReader => self.blobs.open_blob(id),
        };
        let error = match open() {
            Err(error @ (StoreError::Missing { .. } | StoreError::Damaged { .. })) => error,
            opened => return opened,
        };
        let Some(path) = self.imports.origin(id) else {
            return Err(error);
        };
        log::warn!("{error}: it is stored again from {}", path.display());
        let again = BlobContent::Path(path);
        match self.store_blob(again, Some(id), Durability::Durable) {
            Ok(_) => open(),
            Err(StoreError::Unexpected { .. }) => Err(error),
            Err(other) => Err(other),
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
        if let Err(error) = self.check_contents(&artifact) {
            log::warn!("artifact {id} is not used again: {error}");
            return Ok(None);
        }
        self.note_use(id);
        self.lock().put(build, artifact.clone(), Some(reading));
        Ok(Some(artifact))
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

    pub(super) fn is_held(&self, id: BlobId) -> bool {
        self.lock().is_held(id)
    }

    fn hold(&self, build: BuildId, id: BlobId) {
        self.lock().hold(build, id);
    }

    fn lock(&self) -> MutexGuard<'_, Stagings> {
        self.stagings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
pub(super) mod tests;
