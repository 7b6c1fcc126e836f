//! What is published under a name: kept, and never evicted.

use rusqlite::{OptionalExtension, params};

use super::{Shelf, StoreError};
use crate::clock::now_ms;
use crate::ids::{ArtifactId, BuildId};

impl Shelf {
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

    /// The artifact of a release, and whether it is released under another name as well.
    pub(super) fn find_release(
        &self,
        name: &str,
    ) -> Result<Option<(ArtifactId, bool)>, StoreError> {
        let query = "SELECT artifact, EXISTS (SELECT 1 FROM releases AS other \
                     WHERE other.artifact = r.artifact AND other.name <> r.name) \
                     FROM releases AS r WHERE name = ?1";
        let found: Option<(String, bool)> = self.db.read_blocking(|db| {
            db.query_row(query, [name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        Ok(found.and_then(|(id, stays)| Some((id.parse().ok()?, stays))))
    }
}
