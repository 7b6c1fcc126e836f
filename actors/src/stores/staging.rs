//! What each build has of its own: the artifacts it made or found, and the scratch blobs it holds.
//!
//! Nothing here does any IO.

use std::collections::{BTreeMap, BTreeSet};

use tribunal_problems::BlobId;

use super::ReadGuard;
use crate::ids::{ArtifactId, BuildId};
use crate::job::Artifact;

/// The stagings of all builds. A scratch blob has an owner as long as a build holds it.
///
/// A job may end after the build that asked first, since another has joined it. Its results are *late*: they stay for
/// the other to adopt, until no build is left or too much is late.
#[derive(Debug, Default)]
pub(super) struct Stagings {
    builds: BTreeMap<BuildId, Staging>,
    scratch: BTreeMap<BlobId, BTreeSet<BuildId>>,
    holders: BTreeMap<ArtifactId, BTreeSet<BuildId>>,
    ended: BTreeSet<BuildId>,
    late: BTreeSet<BuildId>,
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

/// A job that outlives its build reports within seconds, long before so many others have ended.
const ENDED_MAX: usize = 4096;

/// Late results of so many builds may wait for somebody.
const LATE_MAX: usize = 64;

impl Stagings {
    /// Puts an artifact into a build's staging, over one of the same id.
    pub(super) fn put(&mut self, build: BuildId, artifact: Artifact, kept: Option<ReadGuard>) {
        let id = artifact.id;
        let staged = Staged {
            artifact,
            _kept: kept,
        };
        self.staging(build).artifacts.insert(id, staged);
        self.holders.entry(id).or_default().insert(build);
    }

    /// The artifact in the build's staging.
    pub(super) fn find(&self, build: BuildId, id: ArtifactId) -> Option<&Artifact> {
        let staged = self.builds.get(&build)?.artifacts.get(&id)?;
        Some(&staged.artifact)
    }

    /// Puts the artifact of any other build's staging into this one's as well.
    pub(super) fn adopt(&mut self, build: BuildId, id: ArtifactId) -> Option<Artifact> {
        let &other = self.holders.get(&id)?.first()?;
        let artifact = self.find(other, id)?.clone();
        for file in &artifact.files {
            self.hold(build, file.blob);
        }
        self.put(build, artifact.clone(), None);
        Some(artifact)
    }

    /// Makes the build an owner of a scratch blob.
    pub(super) fn hold(&mut self, build: BuildId, blob: BlobId) {
        self.staging(build).scratch.insert(blob);
        self.scratch.entry(blob).or_default().insert(build);
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
        let mut orphans = self.clear(build);
        if self.late.len() == self.builds.len() || self.late.len() > LATE_MAX {
            for build in std::mem::take(&mut self.late) {
                orphans.extend(self.clear(build));
            }
        }
        orphans
    }

    fn clear(&mut self, build: BuildId) -> Vec<BlobId> {
        self.late.remove(&build);
        let staging = self.builds.remove(&build).unwrap_or_default();
        for id in staging.artifacts.keys() {
            remove_holder(&mut self.holders, id, build);
        }
        let mut orphans = staging.scratch;
        orphans.retain(|blob| remove_holder(&mut self.scratch, blob, build));
        orphans.into_iter().collect()
    }

    fn staging(&mut self, build: BuildId) -> &mut Staging {
        if self.ended.contains(&build) {
            self.late.insert(build);
        }
        self.builds.entry(build).or_default()
    }
}

/// Says whether it was the last.
fn remove_holder<K: Ord>(
    holders: &mut BTreeMap<K, BTreeSet<BuildId>>,
    key: &K,
    build: BuildId,
) -> bool {
    let builds = holders.get_mut(key).expect("what is held has holders");
    builds.remove(&build);
    let last = builds.is_empty();
    if last {
        holders.remove(key);
    }
    last
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
        stagings.hold(A, shared);
        stagings.hold(A, own);
        stagings.hold(B, shared);
        assert_eq!(stagings.drop_build(A), [own]);
        assert!(stagings.is_held(shared));
        assert_eq!(stagings.drop_build(B), [shared]);
        assert!(!stagings.is_held(shared));
    }

    #[test]
    fn what_comes_late_stays_while_any_build_may_want_it() {
        let mut stagings = Stagings::default();
        let (late, own) = (BlobId::of(b"late"), BlobId::of(b"own"));
        stagings.hold(B, own);
        stagings.drop_build(A);
        stagings.hold(A, late);
        assert_eq!(stagings.drop_build(BuildId(3)), []);
        assert_eq!(stagings.drop_build(B), [own, late]);
        assert!(stagings.builds.is_empty() && stagings.late.is_empty());
    }

    #[test]
    fn what_is_late_and_what_is_remembered_of_the_dead_is_bounded() {
        let mut stagings = Stagings::default();
        stagings.hold(BuildId(u64::MAX), BlobId::of(b"a build that lives"));
        let mut orphans = 0;
        for number in 0..10_000 {
            orphans += stagings.drop_build(BuildId(number)).len();
            stagings.hold(BuildId(number), BlobId::of(&number.to_le_bytes()));
        }
        assert_eq!(stagings.ended.len(), ENDED_MAX);
        assert!(stagings.late.len() <= LATE_MAX + 1);
        assert_eq!(orphans + stagings.late.len(), 10_000);
    }
}
