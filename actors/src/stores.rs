//! Files that outlive a job: blobs by their hash, and the artifacts made of them.
//!
//! A blob is content, named by its SHA-256; an artifact is a list of named blobs that a job made. Artifacts are looked
//! up in the asking build's own *staging* first and then among those that are *kept* for everybody. What is published
//! under a name is a *release*: kept, and never evicted.
//!
//! The actor only carries messages to the [`Shelf`] on the blocking pool; the shelf's state is on disk and in the
//! database, its locks are in memory.

mod blobs;
mod dir;
mod error;
mod examine;
mod hashing;
mod imports;
mod keep;
mod kept;
mod outputs;
mod releases;
mod shelf;
mod staging;
mod sum;
mod upkeep;
mod uploads;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use actix::prelude::*;
use tribunal_problems::BlobId;

use crate::ids::{ArtifactId, BuildId};
use crate::job::Artifact;

pub(crate) use hashing::Hashing;
pub(crate) use outputs::name_outputs;

pub use error::StoreError;
pub use examine::Examination;
pub use imports::Rotten;
pub use keep::{CreateRefused, GetRefused, Keep, ReadGuard, RemoveRefused, WriteGuard};
pub use shelf::Shelf;
pub use upkeep::{Scan, StoreBounds};
pub use uploads::{BeginUpload, FindUpload, KeepUpload};

/// How long a blob lives, and what it survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// For good: it has reached the disk when the answer comes.
    Durable,
    /// As long as there is room, also beyond the process. It is not flushed, so a power failure may take it: whoever
    /// wants it must be able to do without it.
    Expendable,
    /// As long as the build, or any other that staged an artifact with it; never beyond the process.
    Scratch(BuildId),
}

/// The bytes of a new blob.
#[derive(Debug)]
pub enum BlobContent {
    /// Here.
    Bytes(Arc<[u8]>),
    /// All of an open file, whatever its offset.
    Open(File),
    /// All of the file at this path.
    Path(PathBuf),
}

impl From<Vec<u8>> for BlobContent {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<&[u8]> for BlobContent {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// A blob that is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its name.
    pub id: BlobId,
    /// Bytes.
    pub size: u64,
}

/// Whether an opened blob's content is compared with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Hash it first.
    Content,
    /// Leave it to the reader, who hashes what it reads.
    ByReader,
}

/// Keeps this content, and answers its name. Content that is already there is not written again.
#[derive(Debug, Message)]
#[rtype(result = "Result<StoredBlob, StoreError>")]
pub struct StoreBlob {
    /// The bytes.
    pub content: BlobContent,
    /// The name that the content must have, where it is known.
    pub expected: Option<BlobId>,
    /// How long it is kept.
    pub durability: Durability,
}

/// Keeps these files of packages for good, each read once as long as it does not change; answers their names.
#[derive(Debug, Message)]
#[rtype(result = "Result<BTreeMap<PathBuf, BlobId>, (PathBuf, StoreError)>")]
pub struct ImportFiles {
    /// The files.
    pub paths: Vec<PathBuf>,
}

/// Opens a blob for reading, at offset 0.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<File, StoreError>")]
pub struct OpenBlob {
    /// Its name.
    pub id: BlobId,
    /// Who compares the content with the name.
    pub check: Check,
}

/// Puts an artifact into a build's staging; where it is durable, it is also kept for every other build.
///
/// The blobs must be in the store; scratch blobs of another build live on until this one ends, too.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct StageArtifact {
    /// The build whose staging it is.
    pub build: BuildId,
    /// The artifact.
    pub artifact: Artifact,
    /// `Durable`: kept beyond the build and the process.
    pub durability: Durability,
}

/// Looks for an artifact: in the build's staging, then among what is kept, then in the stagings of others that run now.
/// `None` where a blob of it is gone.
///
/// What is found is in the build's staging from then on, and stays at least as long; so whoever joins a job of another
/// build has to look for its artifact, before that build ends.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Option<Artifact>, StoreError>")]
pub struct FindArtifact {
    /// The build that asks.
    pub build: BuildId,
    /// The artifact, which is the job that makes it.
    pub id: ArtifactId,
}

/// Releases an artifact of the build's staging, or one that is kept, under a name.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct PublishArtifact {
    /// The build that has it.
    pub build: BuildId,
    /// The artifact.
    pub id: ArtifactId,
    /// What it is released as, for example `hello/checker`.
    pub name: String,
    /// Whether another artifact of that name gives way; else it is refused.
    pub update: bool,
}

/// Takes back a release; the artifact goes as well, unless it is released under another name.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct WithdrawRelease {
    /// What it was released as.
    pub name: String,
}

/// Ends a build's staging: forgets its artifacts and removes the scratch blobs that no other build holds.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct DropStaging {
    /// The build.
    pub build: BuildId,
}

/// Keeps files and artifacts on disk.
#[derive(Debug)]
pub struct Stores {
    shelf: Arc<Shelf>,
}

impl Stores {
    /// An actor over this shelf.
    #[must_use]
    pub fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf }
    }

    /// Runs `work` on the blocking pool. That a paused clock stands still meanwhile is what tests rely on.
    fn on_pool<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shelf) -> Result<T, StoreError> + Send + 'static,
    ) -> ResponseFuture<Result<T, StoreError>> {
        let shelf = Arc::clone(&self.shelf);
        let running = tokio::task::spawn_blocking(move || work(&shelf));
        Box::pin(async { running.await.unwrap_or(Err(StoreError::Stopped)) })
    }
}

impl Actor for Stores {
    type Context = Context<Self>;
}

impl Handler<StoreBlob> for Stores {
    type Result = ResponseFuture<Result<StoredBlob, StoreError>>;

    fn handle(&mut self, msg: StoreBlob, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(move |shelf| shelf.store_blob(msg.content, msg.expected, msg.durability))
    }
}

impl Handler<ImportFiles> for Stores {
    type Result = ResponseFuture<Result<BTreeMap<PathBuf, BlobId>, (PathBuf, StoreError)>>;

    fn handle(&mut self, msg: ImportFiles, _: &mut Context<Self>) -> Self::Result {
        let shelf = Arc::clone(&self.shelf);
        let running = tokio::task::spawn_blocking(move || shelf.import_files(&msg.paths));
        Box::pin(async {
            let stopped = |_| Err((PathBuf::new(), StoreError::Stopped));
            running.await.unwrap_or_else(stopped)
        })
    }
}

impl Handler<OpenBlob> for Stores {
    type Result = ResponseFuture<Result<File, StoreError>>;

    fn handle(&mut self, msg: OpenBlob, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(move |shelf| shelf.open_blob(msg.id, msg.check))
    }
}

impl Handler<StageArtifact> for Stores {
    type Result = ResponseFuture<Result<(), StoreError>>;

    fn handle(&mut self, msg: StageArtifact, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(move |shelf| shelf.stage_artifact(msg.build, msg.artifact, msg.durability))
    }
}

impl Handler<FindArtifact> for Stores {
    type Result = ResponseFuture<Result<Option<Artifact>, StoreError>>;

    fn handle(
        &mut self,
        FindArtifact { build, id }: FindArtifact,
        _: &mut Context<Self>,
    ) -> Self::Result {
        let found = self.shelf.look_for(build, id);
        self.on_pool(move |shelf| shelf.load_found(build, id, found))
    }
}

impl Handler<PublishArtifact> for Stores {
    type Result = ResponseFuture<Result<(), StoreError>>;

    fn handle(&mut self, msg: PublishArtifact, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(move |shelf| shelf.publish(msg.build, msg.id, &msg.name, msg.update))
    }
}

impl Handler<WithdrawRelease> for Stores {
    type Result = ResponseFuture<Result<(), StoreError>>;

    fn handle(&mut self, msg: WithdrawRelease, _: &mut Context<Self>) -> Self::Result {
        self.on_pool(move |shelf| shelf.withdraw(&msg.name))
    }
}

impl Handler<DropStaging> for Stores {
    type Result = ResponseFuture<()>;

    fn handle(
        &mut self,
        DropStaging { build }: DropStaging,
        _: &mut Context<Self>,
    ) -> Self::Result {
        let orphans = self.shelf.end_staging(build);
        let removed = self.on_pool(move |shelf| shelf.remove_orphans(orphans));
        Box::pin(async move {
            if let Err(error) = removed.await {
                log::error!("scratch blobs of build {build} stay until the next start: {error}");
            }
        })
    }
}
