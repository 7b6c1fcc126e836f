//! What clients send once to name it later by its hash: each one's own, bounded, what was used longest ago goes first.

use std::collections::BTreeSet;
use std::fs::File;

use actix::prelude::*;
use rusqlite::{Connection, OptionalExtension, params};
use tribunal_problems::BlobId;

use super::sum::as_sql;
use super::{BlobContent, Durability, Shelf, StoreError, Stores};
use crate::chain::chain;
use crate::clock::now_ms;
use crate::ids::AccountId;

/// A use is written down when the last one that was is so long ago, in milliseconds.
const USE_GRAIN_MS: i64 = 60_000;

/// Asks for a file without a name beside the store, to write what comes into.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<File, StoreError>")]
pub struct BeginUpload;

/// Keeps what was written; answers its length.
#[derive(Debug, Message)]
#[rtype(result = "Result<u64, StoreError>")]
pub struct KeepUpload {
    /// What [`BeginUpload`] gave.
    pub file: File,
    /// What the content hashes to, by whoever sent it.
    pub id: BlobId,
    /// Who has sent it.
    pub owner: Option<AccountId>,
}

/// Asks whether this account has sent the content; answers its length, and counts as a use.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Option<u64>, StoreError>")]
pub struct FindUpload {
    /// The content.
    pub id: BlobId,
    /// Whose it must be.
    pub owner: Option<AccountId>,
}

fn account(owner: Option<AccountId>) -> i64 {
    owner.map_or(0, |owner| owner.0)
}

impl Shelf {
    /// See [`BeginUpload`].
    ///
    /// # Errors
    /// There is no room for more, or the disk does not allow it.
    pub fn begin_upload(&self) -> Result<File, StoreError> {
        // What has grown old meanwhile goes first.
        self.evict_uploads_surplus();
        match self.upload_bytes.get() {
            bytes if bytes > self.bounds.upload_bytes => Err(StoreError::TooManyUploads { bytes }),
            _ => self.blobs.unnamed(),
        }
    }

    /// See [`KeepUpload`].
    ///
    /// # Errors
    /// The content has another hash, the disk is full, or the database does not answer.
    pub fn keep_upload(
        &self,
        file: File,
        id: BlobId,
        owner: Option<AccountId>,
    ) -> Result<u64, StoreError> {
        let content = BlobContent::Open(file);
        let stored = self.store_blob(content, Some(id), Durability::Durable)?;
        let (blob, now_ms) = (id.to_string(), now_ms());
        let bytes = as_sql(stored.size);
        self.db.write_blocking(move |tx| {
            tx.prepare_cached(
                "INSERT INTO uploads (blob, account, bytes, used_at_ms) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (blob, account) DO UPDATE SET used_at_ms = ?4",
            )?
            .execute(params![blob, account(owner), bytes, now_ms])
        })?;
        self.upload_bytes.add(bytes);
        self.evict_uploads_surplus();
        Ok(stored.size)
    }

    /// See [`FindUpload`].
    ///
    /// # Errors
    /// The database does not answer.
    pub fn find_upload(
        &self,
        id: BlobId,
        owner: Option<AccountId>,
    ) -> Result<Option<u64>, StoreError> {
        let blob = id.to_string();
        let found: Option<(i64, i64)> = self.db.read_blocking(|db| {
            db.prepare_cached(
                "SELECT bytes, used_at_ms FROM uploads WHERE blob = ?1 AND account = ?2",
            )?
            .query_row(params![blob, account(owner)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
        })?;
        let Some((bytes, used_at_ms)) = found else {
            return Ok(None);
        };
        let now_ms = now_ms();
        if (now_ms - used_at_ms).abs() >= USE_GRAIN_MS {
            self.db.write_blocking(move |tx| {
                let update = "UPDATE uploads SET used_at_ms = ?3 WHERE blob = ?1 AND account = ?2";
                tx.prepare_cached(update)?
                    .execute(params![blob, account(owner), now_ms])
            })?;
        }
        Ok(Some(bytes.unsigned_abs()))
    }

    /// The contents that are kept since somebody has sent them.
    pub(super) fn uploaded(&self) -> Result<BTreeSet<BlobId>, StoreError> {
        let names: Vec<String> = self.db.read_blocking(|db| {
            db.prepare("SELECT DISTINCT blob FROM uploads")?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Forgets uploads, the one used longest ago first, until they have no more than `bytes_max`; answers how many. What was
    /// used within the grace stays, since a run may be about to read it.
    ///
    /// # Errors
    /// The database does not answer, or the disk does not.
    pub fn evict_uploads(&self, bytes_max: i64) -> Result<usize, StoreError> {
        let grace = i64::try_from(self.bounds.grace.as_millis()).unwrap_or(i64::MAX);
        let used_before = now_ms().saturating_sub(grace);
        let (gone, bytes): (Vec<String>, i64) = self.db.write_blocking(move |tx| {
            let oldest: Vec<(String, i64, i64)> = tx
                .prepare("SELECT blob, account, bytes FROM uploads WHERE used_at_ms < ?1 ORDER BY used_at_ms")?
                .query_map([used_before], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut bytes = sum(tx)?;
            let mut gone = Vec::new();
            let mut delete = tx.prepare("DELETE FROM uploads WHERE blob = ?1 AND account = ?2")?;
            for (blob, account, size) in oldest {
                if bytes <= bytes_max {
                    break;
                }
                bytes = bytes.saturating_sub(size);
                delete.execute(params![blob, account])?;
                gone.push(blob);
            }
            Ok((gone, bytes))
        })?;
        self.upload_bytes.set(bytes);
        for blob in gone.iter().filter_map(|blob| blob.parse().ok()) {
            self.remove_unnamed(blob)?;
        }
        Ok(gone.len())
    }

    fn evict_uploads_surplus(&self) {
        let most = self.bounds.upload_bytes;
        if self.upload_bytes.get() <= most {
            return;
        }
        match self.evict_uploads(most / 10 * 9) {
            Ok(evicted) => log::info!("{evicted} uploads made room for newer ones"),
            Err(error) => log::error!("uploads exceed their bound: {}", chain(&error)),
        }
    }
}

pub(super) fn sum(db: &Connection) -> rusqlite::Result<i64> {
    let query = "SELECT coalesce(sum(bytes), 0) FROM uploads";
    db.prepare_cached(query)?.query_row([], |row| row.get(0))
}

impl Handler<BeginUpload> for Stores {
    type Result = ResponseFuture<Result<File, StoreError>>;

    fn handle(&mut self, _: BeginUpload, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(Shelf::begin_upload)
    }
}

impl Handler<KeepUpload> for Stores {
    type Result = ResponseFuture<Result<u64, StoreError>>;

    fn handle(&mut self, msg: KeepUpload, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(move |shelf| shelf.keep_upload(msg.file, msg.id, msg.owner))
    }
}

impl Handler<FindUpload> for Stores {
    type Result = ResponseFuture<Result<Option<u64>, StoreError>>;

    fn handle(&mut self, msg: FindUpload, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(move |shelf| shelf.find_upload(msg.id, msg.owner))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Duration;

    use super::*;
    use crate::database::Database;
    use crate::stores::{Check, StoreBounds};

    const ANN: Option<AccountId> = Some(AccountId(1));
    const BOB: Option<AccountId> = Some(AccountId(2));

    fn shelf(dir: &tempfile::TempDir, upload_bytes: i64, grace: Duration) -> Shelf {
        let db = Database::open(&dir.path().join("tribunal.db")).unwrap();
        let bounds = StoreBounds {
            upload_bytes,
            grace,
            ..StoreBounds::default()
        };
        Shelf::open(dir.path(), db, bounds).unwrap()
    }

    fn upload(
        shelf: &Shelf,
        content: &[u8],
        id: BlobId,
        owner: Option<AccountId>,
    ) -> Result<u64, StoreError> {
        let mut file = shelf.begin_upload().unwrap();
        file.write_all(content).unwrap();
        shelf.keep_upload(file, id, owner)
    }

    #[test]
    fn what_was_sent_is_there_for_who_sent_it_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let id = BlobId::of(b"a test");
        {
            let shelf = shelf(&dir, 100, Duration::ZERO);
            assert_eq!(upload(&shelf, b"a test", id, ANN).unwrap(), 6);
            assert_eq!(shelf.find_upload(id, ANN).unwrap(), Some(6));
            assert_eq!(shelf.find_upload(id, BOB).unwrap(), None);
            assert_eq!(shelf.find_upload(id, None).unwrap(), None);
        }
        let shelf = shelf(&dir, 100, Duration::ZERO);
        shelf.tidy().unwrap();
        assert_eq!(shelf.find_upload(id, ANN).unwrap(), Some(6));
        shelf.open_blob(id, Check::Content).unwrap();
    }

    #[test]
    fn what_hashes_to_something_else_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(&dir, 100, Duration::ZERO);
        let id = BlobId::of(b"a test");
        let refused = upload(&shelf, b"another", id, ANN);
        assert!(matches!(refused, Err(StoreError::Unexpected { .. })));
        assert_eq!(shelf.find_upload(id, ANN).unwrap(), None);
        let left = std::fs::read_dir(dir.path().join("blobs/tmp")).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn too_much_makes_room_but_not_of_what_may_be_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let ids: Vec<BlobId> = (0..3u8).map(|n| BlobId::of(&[n; 40])).collect();
        {
            let patient = shelf(&dir, 100, Duration::from_secs(600));
            for (n, id) in (0..3u8).zip(&ids) {
                upload(&patient, &[n; 40], *id, ANN).unwrap();
            }
            assert_eq!(patient.find_upload(ids[0], ANN).unwrap(), Some(40));
            let full = patient.begin_upload();
            assert!(matches!(
                full,
                Err(StoreError::TooManyUploads { bytes: 120 })
            ));
        }
        // A later millisecond than that of their use.
        let before = now_ms();
        while now_ms() == before {
            std::thread::yield_now();
        }
        let shelf = shelf(&dir, 100, Duration::ZERO);
        shelf.begin_upload().unwrap();
        assert_eq!(shelf.uploaded().unwrap().len(), 2);
    }
}
