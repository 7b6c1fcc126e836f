//! What the master is told that this invoker's cache holds.

use std::collections::{BTreeMap, BTreeSet};

use tribunal_problems::BlobId;

use crate::ids::ArtifactId;
use crate::job::Artifact;

/// The artifacts whose files were loaded, or are being loaded, and have not been seen to be gone.
#[derive(Debug, Default)]
pub(super) struct Announced {
    artifacts: BTreeMap<ArtifactId, Vec<BlobId>>,
}

impl Announced {
    /// Adds an artifact; false if it was there.
    pub(super) fn add(&mut self, artifact: &Artifact) -> bool {
        let blobs = || artifact.files.iter().map(|file| file.blob).collect();
        let mut added = false;
        self.artifacts.entry(artifact.id).or_insert_with(|| {
            added = true;
            blobs()
        });
        added
    }

    /// Takes out every artifact that has lost a file, and answers which.
    pub(super) fn lose(&mut self, gone: &[BlobId]) -> Vec<ArtifactId> {
        let gone: BTreeSet<&BlobId> = gone.iter().collect();
        let lost =
            |_: &ArtifactId, blobs: &mut Vec<BlobId>| blobs.iter().any(|blob| gone.contains(blob));
        self.artifacts
            .extract_if(.., lost)
            .map(|(id, _)| id)
            .collect()
    }

    /// Every artifact.
    pub(super) fn ids(&self) -> Vec<ArtifactId> {
        self.artifacts.keys().copied().collect()
    }

    /// Every file, each once.
    pub(super) fn blobs(&self) -> Vec<BlobId> {
        let blobs: BTreeSet<BlobId> = self.artifacts.values().flatten().copied().collect();
        blobs.into_iter().collect()
    }
}
