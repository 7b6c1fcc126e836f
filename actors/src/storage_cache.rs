//! An invoker's copies of blobs, in memory and bounded, pinned while a job needs them.
//!
//! A copy is a sealed memory file: nobody can write to it any more, so every job may share it. What is loaded is
//! hashed on the way and refused if it is not what its name says.

mod load;
mod lru;
mod shared;

#[cfg(test)]
mod tests;

use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use actix::prelude::*;
use tribunal_problems::BlobId;

use crate::stores::{OpenBlob, StoreError};
use lru::Entry;
use shared::{Answer, Shared};

pub use lru::{
    Bounds as CacheBounds, Entry as LruEntry, InsertRefused, Lru, Pinning, Stats as CacheStats,
    UnpinRefused,
};
pub use shared::Pinned;

/// A blob's copy in memory.
#[derive(Debug)]
pub struct CachedFile {
    /// A sealed memory file; its offset belongs to nobody, so read it by `pread` or through `/proc/self/fd`.
    pub fd: OwnedFd,
    /// Bytes.
    pub size: u64,
    /// The blob.
    pub id: BlobId,
}

impl CachedFile {
    /// Its whole content.
    ///
    /// # Errors
    /// What reading it says.
    pub fn bytes(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size).unwrap_or(usize::MAX)];
        std::fs::File::from(self.fd.try_clone()?).read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}

/// Why a blob could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// The store does not give it.
    #[error("load blob {id}")]
    Store {
        /// The blob.
        id: BlobId,
        /// Why.
        source: Arc<StoreError>,
    },
    /// It could not be copied into memory.
    #[error("copy blob {id} into memory")]
    Copy {
        /// The blob.
        id: BlobId,
        /// Why.
        source: Arc<tribunal_sandbox::Error>,
    },
    /// The store or this cache has stopped.
    #[error("load blob {id}: the storage has stopped")]
    Stopped {
        /// The blob.
        id: BlobId,
    },
}

/// Loads these blobs and keeps them until the answer is dropped. All are loaded at once; the first that fails, in the
/// order of the list, is the error.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Pinned, LoadError>")]
pub struct Pin {
    /// The blobs, in the order in which they are answered; one may stand there twice.
    pub blobs: Vec<BlobId>,
}

/// Says that these blobs will be pinned soon, so that loading begins.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Prefetch {
    /// The blobs.
    pub blobs: Vec<BlobId>,
}

/// Asks which of these blobs are gone: neither here nor being loaded.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Vec<BlobId>")]
pub struct FindMissing {
    /// The blobs.
    pub blobs: Vec<BlobId>,
}

/// Begins a new generation of copies: nothing loaded before is given to a later [`Pin`]; what is pinned stays with
/// those who pinned it. An epoch that is not above the present one changes nothing.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ResetCache {
    /// The generation.
    pub epoch: u64,
}

/// Asks how full the cache is and how well it does.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "CacheStats")]
pub struct CountCache;

/// Keeps copies of blobs for an invoker.
#[derive(Debug)]
pub struct StorageCache {
    shared: Shared,
    stores: Recipient<OpenBlob>,
}

impl StorageCache {
    /// An empty cache that loads from these stores.
    #[must_use]
    pub fn new(bounds: CacheBounds, stores: Recipient<OpenBlob>) -> Self {
        Self {
            shared: Shared::new(bounds),
            stores,
        }
    }

    /// Loads all of these at once, beside the actor.
    fn load(&self, entries: Vec<Entry<BlobId>>) {
        for entry in entries {
            let (shared, stores) = (self.shared.clone(), self.stores.clone());
            actix::spawn(async move {
                let loaded = load::load(stores, *entry.key()).await;
                shared.loaded(entry, loaded);
            });
        }
    }
}

impl Actor for StorageCache {
    type Context = Context<Self>;
}

impl Handler<Pin> for StorageCache {
    type Result = ResponseFuture<Result<Pinned, LoadError>>;

    fn handle(&mut self, msg: Pin, _: &mut Context<Self>) -> Self::Result {
        let asked = self.shared.pin(&msg.blobs);
        self.load(asked.to_load);
        Box::pin(complete(msg.blobs, asked.pinned, asked.answers))
    }
}

/// Waits for what has to come. Whoever gives up waiting drops the pins.
async fn complete(
    blobs: Vec<BlobId>,
    mut pinned: Pinned,
    answers: Vec<Answer>,
) -> Result<Pinned, LoadError> {
    for (id, answer) in blobs.into_iter().zip(answers) {
        pinned.push(match answer {
            Answer::Present(file) => file,
            Answer::Coming(coming) => coming.await.unwrap_or(Err(LoadError::Stopped { id }))?,
        });
    }
    Ok(pinned)
}

impl Handler<Prefetch> for StorageCache {
    type Result = ();

    fn handle(&mut self, msg: Prefetch, _: &mut Context<Self>) {
        self.load(self.shared.prefetch(&msg.blobs));
    }
}

impl Handler<FindMissing> for StorageCache {
    type Result = MessageResult<FindMissing>;

    fn handle(&mut self, msg: FindMissing, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.shared.missing(msg.blobs))
    }
}

impl Handler<ResetCache> for StorageCache {
    type Result = ();

    fn handle(&mut self, msg: ResetCache, _: &mut Context<Self>) {
        self.shared.reset(msg.epoch);
    }
}

impl Handler<CountCache> for StorageCache {
    type Result = MessageResult<CountCache>;

    fn handle(&mut self, _: CountCache, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.shared.stats())
    }
}
