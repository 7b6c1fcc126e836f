//! What each build has of its own: the artifacts it made or found, and the scratch blobs it holds.
//!
//! Nothing here does any IO.

use std::collections::{BTreeMap, BTreeSet};

use tribunal_problems::BlobId;

use super::ReadGuard;
use crate::ids::{ArtifactId, BuildId};
use crate::job::Artifact;

/// The stagings of all builds. A scratch blob has an owner as long as a build holds it.
#[derive(Debug, Default)]
pub(super) struct Stagings {
    builds: BTreeMap<BuildId, Staging>,
    scratch: BTreeMap<BlobId, BTreeSet<BuildId>>,
    ended: BTreeSet<BuildId>,
}

#[derive(Debug, Default)]
struct Staging {
    artifacts: BTreeMap<ArtifactId, Staged>,
    scratch: BTreeSet<BlobId>,
}

#[derive(Debug)]
struct Staged {
    artifact: Artifact,
    // Keeps what was found from being removed.
    _kept: Option<ReadGuard>,
}

/// The build's staging has been dropped; nothing may be added to it, for nobody would remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended;

/// A job that outlives its build reports within seconds, long before so many others have ended.
const ENDED_MAX: usize = 4096;

impl Stagings {
    /// Puts an artifact into a build's staging, over one of the same id.
    pub(super) fn put(
        &mut self,
        build: BuildId,
        artifact: Artifact,
        kept: Option<ReadGuard>,
    ) -> Result<(), Ended> {
        let staged = Staged {
            artifact,
            _kept: kept,
        };
        self.staging(build)?
            .artifacts
            .insert(staged.artifact.id, staged);
        Ok(())
    }

    /// The artifact in the build's staging.
    pub(super) fn find(&self, build: BuildId, id: ArtifactId) -> Option<&Artifact> {
        let staged = self.builds.get(&build)?.artifacts.get(&id)?;
        Some(&staged.artifact)
    }

    /// Makes the build an owner of a scratch blob.
    pub(super) fn hold(&mut self, build: BuildId, blob: BlobId) -> Result<(), Ended> {
        self.staging(build)?.scratch.insert(blob);
        self.scratch.entry(blob).or_default().insert(build);
        Ok(())
    }

    /// Says whether any build owns the scratch blob.
    pub(super) fn is_held(&self, blob: BlobId) -> bool {
        self.scratch.contains_key(&blob)
    }

    /// Ends a build's staging, and answers the scratch blobs that have no owner any more.
    pub(super) fn drop_build(&mut self, build: BuildId) -> Vec<BlobId> {
        self.ended.insert(build);
        if self.ended.len() > ENDED_MAX {
            self.ended.pop_first();
        }
        let held = self.builds.remove(&build).unwrap_or_default().scratch;
        held.into_iter()
            .filter(|&blob| self.release(build, blob))
            .collect()
    }

    fn release(&mut self, build: BuildId, blob: BlobId) -> bool {
        let owners = self.scratch.get_mut(&blob).expect("a held blob has owners");
        owners.remove(&build);
        let last = owners.is_empty();
        if last {
            self.scratch.remove(&blob);
        }
        last
    }

    fn staging(&mut self, build: BuildId) -> Result<&mut Staging, Ended> {
        if self.ended.contains(&build) {
            return Err(Ended);
        }
        Ok(self.builds.entry(build).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: BuildId = BuildId(1);
    const B: BuildId = BuildId(2);

    #[test]
    fn a_scratch_blob_goes_with_the_last_build_that_holds_it() {
        let mut stagings = Stagings::default();
        let (shared, own) = (BlobId::of(b"shared"), BlobId::of(b"own"));
        stagings.hold(A, shared).unwrap();
        stagings.hold(A, own).unwrap();
        stagings.hold(B, shared).unwrap();
        assert_eq!(stagings.drop_build(A), [own]);
        assert!(stagings.is_held(shared));
        assert_eq!(stagings.drop_build(B), [shared]);
        assert!(!stagings.is_held(shared));
    }

    #[test]
    fn nothing_is_added_to_a_build_that_has_ended() {
        let mut stagings = Stagings::default();
        stagings.drop_build(A);
        assert_eq!(stagings.hold(A, BlobId::of(b"late")), Err(Ended));
        assert!(!stagings.is_held(BlobId::of(b"late")));
    }

    #[test]
    fn the_memory_of_ended_builds_is_bounded() {
        let mut stagings = Stagings::default();
        for build in 0..10_000 {
            stagings.drop_build(BuildId(build));
        }
        assert_eq!(stagings.ended.len(), ENDED_MAX);
        assert_eq!(stagings.hold(BuildId(9_999), BlobId::of(b"")), Err(Ended));
    }
}
