//! Looking after what is kept: what nobody names goes, what is too much goes, and what is damaged is found.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::params;
use tribunal_problems::BlobId;

use super::{Rotten, Shelf, StoreError};
use crate::chain::chain;
use crate::ids::ArtifactId;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreBounds {
    /// Bytes of artifacts. What is published, and what a build uses, is kept also beyond it.
    pub artifact_bytes: i64,
    /// Bytes of the outputs that are kept for a rejudging.
    pub output_bytes: i64,
    /// Bytes of what clients have sent to name it later.
    pub upload_bytes: i64,
    /// What was stored so short a time ago stays: who has stored it may not have named it yet.
    pub grace: Duration,
}

impl Default for StoreBounds {
    fn default() -> Self {
        Self {
            artifact_bytes: 8 << 30,
            output_bytes: 2 << 30,
            upload_bytes: 4 << 30,
            grace: Duration::from_secs(600),
        }
    }
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
    /// Files of packages that have changed by themselves.
    pub rotten: Vec<Rotten>,
}

impl Scan {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.broken.is_empty() && self.rotten.is_empty()
    }
}

/// The blobs that have been stored lately.
#[derive(Debug, Default)]
pub(super) struct Recent {
    times: Mutex<HashMap<BlobId, Instant>>,
}

/// So many may be remembered before the old ones among them are forgotten.
const RECENT_MAX: usize = 4096;

impl Recent {
    pub(super) fn note(&self, id: BlobId) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() >= RECENT_MAX {
            let longest = StoreBounds::default().grace;
            times.retain(|_, time| time.elapsed() < longest);
        }
        times.insert(id, Instant::now());
    }

    fn has(&self, id: BlobId, grace: Duration) -> bool {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.get(&id).is_some_and(|time| time.elapsed() < grace)
    }
}

impl Shelf {
    /// Removes what no kept artifact, no kept output, no upload and no file of a package names, and answers how much. Call it before any build
    /// runs.
    ///
    /// # Errors
    /// The database does not answer, or the disk does not.
    pub fn tidy(&self) -> Result<usize, StoreError> {
        self.evict_outputs_surplus();
        self.sweep(&self.imports.wanted())
    }

    /// Removes every durable blob that neither a kept artifact nor a kept output nor an upload nor `wanted` names, and answers how many. Call it
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
        let outputs = self.kept_outputs()?;
        let uploads = self.uploaded()?;
        let mut removed = 0;
        for id in self.blobs.list()? {
            let is_named = [&named, &outputs, &uploads, wanted]
                .iter()
                .any(|names| names.contains(&id));
            if !is_named {
                self.blobs.remove_durable(id)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Hashes every durable blob and every file that a package's blobs came from, and looks at the files of every kept
    /// artifact.
    ///
    /// # Errors
    /// The database does not answer, or the directories cannot be listed.
    pub fn scan(&self) -> Result<Scan, StoreError> {
        self.db
            .read_blocking(|db| Ok(super::examine::scan(&self.blobs, db)))?
    }

    /// Removes kept artifacts, the one used longest ago first, until they have no more than `bytes_max`; answers how
    /// many. What is published stays, and so does what a build uses or makes.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn evict(&self, bytes_max: i64) -> Result<usize, StoreError> {
        let (mut bytes, oldest) = self.db.read_blocking(|db| {
            let sum = "SELECT coalesce(sum(bytes), 0) FROM artifacts";
            let oldest = db
                .prepare(
                    "SELECT id, bytes FROM artifacts AS a WHERE NOT EXISTS \
                     (SELECT 1 FROM releases WHERE artifact = a.id) ORDER BY used_at_ms, id",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
            Ok((db.query_row(sum, [], |row| row.get::<_, i64>(0))?, oldest))
        })?;
        let mut evicted = 0;
        for (id, size) in oldest {
            if bytes <= bytes_max {
                break;
            }
            if let Ok(id) = id.parse()
                && self.evict_one(id)?
            {
                bytes = bytes.saturating_sub(size);
                evicted += 1;
            }
        }
        self.kept_bytes.set(bytes);
        Ok(evicted)
    }

    /// Makes room when there is too much, and a little more than that, so that it is not done each time.
    pub(super) fn evict_surplus(&self) {
        let most = self.bounds.artifact_bytes;
        if self.kept_bytes.get() <= most {
            return;
        }
        match self.evict(most / 10 * 9) {
            Ok(evicted) => log::info!("{evicted} artifacts made room for newer ones"),
            Err(error) => log::error!("kept artifacts exceed their bound: {}", chain(&error)),
        }
    }

    /// Says whether it is gone; what is used stays.
    fn evict_one(&self, id: ArtifactId) -> Result<bool, StoreError> {
        let Ok(Some(removal)) = self.keep.remove(id) else {
            return Ok(false);
        };
        let text = id.to_string();
        let blobs: Vec<String> = self.db.write_blocking(move |tx| {
            let blobs = tx
                .prepare_cached("SELECT blob FROM artifact_blobs WHERE artifact = ?1")?
                .query_map([&text], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            // Once more, since it may have been published meanwhile.
            let delete = "DELETE FROM artifacts WHERE id = ?1 AND NOT EXISTS \
                          (SELECT 1 FROM releases WHERE artifact = ?1)";
            let gone = tx.prepare_cached(delete)?.execute([&text])?;
            Ok(if gone > 0 { blobs } else { Vec::new() })
        })?;
        let stays = self.load_kept(id)?.is_some();
        if stays {
            removal.abort();
            return Ok(false);
        }
        removal.commit();
        for blob in blobs.iter().filter_map(|blob| blob.parse().ok()) {
            self.remove_unnamed(blob)?;
        }
        Ok(true)
    }

    /// Removes a durable blob, unless somebody names it or may be about to.
    pub(super) fn remove_unnamed(&self, id: BlobId) -> Result<(), StoreError> {
        let text = id.to_string();
        self.blobs.remove_durable_if(id, || {
            if self.is_held(id)
                || self.imports.origin(id).is_some()
                || self.recent.has(id, self.bounds.grace)
            {
                return Ok(false);
            }
            let query = "SELECT (SELECT count(*) FROM artifact_blobs WHERE blob = ?1) \
                         + (SELECT count(*) FROM outputs WHERE blob = ?1) \
                         + (SELECT count(*) FROM uploads WHERE blob = ?1)";
            let names: i64 = self.db.read_blocking(|db| {
                db.prepare_cached(query)?
                    .query_row(params![text], |row| row.get(0))
            })?;
            Ok(names == 0)
        })
    }
}

#[cfg(test)]
#[path = "upkeep_tests.rs"]
mod tests;
