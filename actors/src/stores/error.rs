//! Why the store does not do what it was asked.

use tribunal_problems::BlobId;

use super::keep::RemoveRefused;
use crate::database::DatabaseError;
use crate::ids::ArtifactId;

/// Why the store does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The blob is not there.
    #[error("blob {id} is missing")]
    Missing {
        /// The blob.
        id: BlobId,
    },
    /// The blob's content is not what its name says: the disk has changed or lost bytes of it.
    #[error("blob {id} is damaged: its content has the hash {found}")]
    Damaged {
        /// The blob.
        id: BlobId,
        /// What it hashes to.
        found: BlobId,
    },
    /// The blob is shorter or longer than its artifact says.
    #[error("blob {id} has {found} bytes instead of {expected}")]
    WrongSize {
        /// The blob.
        id: BlobId,
        /// Bytes by the artifact.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// What was to be stored is not what the caller took it for.
    #[error("content with the hash {found} was to be stored as {expected}")]
    Unexpected {
        /// The name that was wanted.
        expected: BlobId,
        /// What it hashes to.
        found: BlobId,
    },
    /// The file system refuses.
    #[error("{step}")]
    Io {
        /// What was tried, with its subject.
        step: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An artifact's description cannot be read or written.
    #[error("describe artifact {id}")]
    Manifest {
        /// The artifact.
        id: ArtifactId,
        /// Why.
        source: serde_json::Error,
    },
    /// Neither the build's staging nor the kept artifacts have it.
    #[error("artifact {id} is neither staged nor kept")]
    UnknownArtifact {
        /// The artifact.
        id: ArtifactId,
    },
    /// Another artifact is released under that name.
    #[error("{name} is released already, as artifact {artifact}")]
    NameTaken {
        /// The name.
        name: String,
        /// What it names.
        artifact: ArtifactId,
    },
    /// Nothing is released under that name.
    #[error("nothing is released as {name}")]
    UnknownRelease {
        /// The name.
        name: String,
    },
    /// A build uses the artifact.
    #[error("remove artifact {id}")]
    InUse {
        /// The artifact.
        id: ArtifactId,
        /// Why it stays.
        source: RemoveRefused,
    },
    /// There are as many uploads as there may be, and all of them may be in use.
    #[error("the uploads have {bytes} bytes, and none of them is old enough to go")]
    TooManyUploads {
        /// What they have.
        bytes: i64,
    },
    /// The process is ending.
    #[error("the stores have stopped")]
    Stopped,
}
