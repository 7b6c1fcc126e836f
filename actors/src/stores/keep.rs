//! Which artifacts are kept, who reads them and who writes them.
//!
//! An id is absent, being written or present; what is present counts its readers. The rules are those of the table in
//! `semantics-and-invariants.md` 2.2. One answer of that table cannot occur here: a new artifact is never refused
//! because of readers, since what has readers is present.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ids::ArtifactId;

/// The locks of the kept artifacts. Nothing here does any IO: whoever holds a guard does.
///
/// A write ends by `commit` or `abort`, which take the guard, so that neither can follow the other:
///
/// ```compile_fail,E0382
/// # use tribunal_actors::{JobId, Keep};
/// let guard = Keep::default().create(JobId::of(&[])).unwrap();
/// guard.commit();
/// guard.abort();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Keep {
    slots: Arc<Mutex<BTreeMap<ArtifactId, Slot>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Writing,
    Present { readers: usize },
}

impl Keep {
    /// Locks of these artifacts, which are present and have no readers.
    #[must_use]
    pub fn of(present: impl IntoIterator<Item = ArtifactId>) -> Self {
        let slot = Slot::Present { readers: 0 };
        let slots = present.into_iter().map(|id| (id, slot)).collect();
        Self {
            slots: Arc::new(Mutex::new(slots)),
        }
    }

    /// Begins to write a new artifact. A guard that is dropped aborts.
    ///
    /// # Errors
    /// It is there, or somebody else is writing it.
    pub fn create(&self, id: ArtifactId) -> Result<WriteGuard, CreateRefused> {
        let mut slots = self.lock();
        match slots.get(&id) {
            Some(Slot::Present { .. }) => Err(CreateRefused::Exists),
            Some(Slot::Writing) => Err(CreateRefused::WriteLocked),
            None => {
                slots.insert(id, Slot::Writing);
                Ok(self.write_guard(id, Some(Slot::Present { readers: 0 }), None))
            }
        }
    }

    /// Begins to read an artifact, which stays as long as the guard.
    ///
    /// # Errors
    /// It is absent, or being written.
    pub fn get(&self, id: ArtifactId) -> Result<ReadGuard, GetRefused> {
        match self.lock().get_mut(&id) {
            Some(Slot::Present { readers }) => {
                *readers += 1;
                let keep = self.clone();
                Ok(ReadGuard { keep, id })
            }
            Some(Slot::Writing) => Err(GetRefused::WriteLocked),
            None => Err(GetRefused::NotFound),
        }
    }

    /// Begins to remove an artifact: as long as the guard lives it can be neither read nor written, and when the guard
    /// commits it is absent. `None` if it is absent already.
    ///
    /// # Errors
    /// Somebody reads or writes it.
    pub fn remove(&self, id: ArtifactId) -> Result<Option<WriteGuard>, RemoveRefused> {
        let mut slots = self.lock();
        match slots.get_mut(&id) {
            None => Ok(None),
            Some(Slot::Writing) => Err(RemoveRefused::WriteLocked),
            Some(Slot::Present { readers: 1.. }) => Err(RemoveRefused::ReadLocked),
            Some(slot @ Slot::Present { readers: 0 }) => {
                let before = std::mem::replace(slot, Slot::Writing);
                Ok(Some(self.write_guard(id, None, Some(before))))
            }
        }
    }

    /// Calls `each` with every artifact that is present, in order, until it fails.
    ///
    /// # Errors
    /// The first that `each` answers.
    pub fn range<E>(&self, each: impl FnMut(ArtifactId) -> Result<(), E>) -> Result<(), E> {
        // Taken first, so that `each` may come back here.
        let present: Vec<_> = self
            .lock()
            .iter()
            .filter(|(_, slot)| **slot != Slot::Writing)
            .map(|(id, _)| *id)
            .collect();
        present.into_iter().try_for_each(each)
    }

    fn write_guard(&self, id: ArtifactId, done: Option<Slot>, undone: Option<Slot>) -> WriteGuard {
        WriteGuard {
            keep: self.clone(),
            id,
            done,
            at_drop: undone,
        }
    }

    fn set(&self, id: ArtifactId, slot: Option<Slot>) {
        let mut slots = self.lock();
        match slot {
            Some(slot) => slots.insert(id, slot),
            None => slots.remove(&id),
        };
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ArtifactId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write or remove an artifact.
#[derive(Debug)]
#[must_use = "dropping it aborts"]
pub struct WriteGuard {
    keep: Keep,
    id: ArtifactId,
    done: Option<Slot>,
    at_drop: Option<Slot>,
}

impl WriteGuard {
    /// Says that what was begun has happened: from now on the artifact is present, or absent.
    pub fn commit(mut self) {
        self.at_drop = self.done;
    }

    /// Says that nothing has happened. What was written for it is the holder's to remove.
    pub fn abort(self) {}
}

impl Drop for WriteGuard {
    fn drop(&mut self) {
        self.keep.set(self.id, self.at_drop);
    }
}

/// The right to read an artifact until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the reading"]
pub struct ReadGuard {
    keep: Keep,
    id: ArtifactId,
}

impl Drop for ReadGuard {
    fn drop(&mut self) {
        if let Some(Slot::Present { readers }) = self.keep.lock().get_mut(&self.id) {
            *readers -= 1;
        }
    }
}

/// Why an artifact cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreateRefused {
    /// It is present.
    #[error("it exists")]
    Exists,
    /// Somebody else writes it.
    #[error("it is being written")]
    WriteLocked,
}

/// Why an artifact cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GetRefused {
    /// It is absent.
    #[error("it does not exist")]
    NotFound,
    /// Somebody writes it.
    #[error("it is being written")]
    WriteLocked,
}

/// Why an artifact cannot be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemoveRefused {
    /// Somebody reads it.
    #[error("it is being read")]
    ReadLocked,
    /// Somebody writes it.
    #[error("it is being written")]
    WriteLocked,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ArtifactId {
        ArtifactId::of(&[b"artifact"])
    }

    fn present() -> Keep {
        Keep::of([id()])
    }

    fn ids(keep: &Keep) -> Vec<ArtifactId> {
        let mut found = Vec::new();
        let all: Result<(), ()> = keep.range(|id| {
            found.push(id);
            Ok(())
        });
        all.unwrap();
        found
    }

    #[test]
    fn p_6_creating_what_is_present_answers_exists() {
        let keep = present();
        assert_eq!(keep.create(id()).unwrap_err(), CreateRefused::Exists);
        let _reader = keep.get(id()).unwrap();
        assert_eq!(keep.create(id()).unwrap_err(), CreateRefused::Exists);
    }

    #[test]
    fn p_6_creating_what_is_being_written_answers_write_locked() {
        let keep = Keep::default();
        let _writer = keep.create(id()).unwrap();
        assert_eq!(keep.create(id()).unwrap_err(), CreateRefused::WriteLocked);
    }

    #[test]
    fn p_6_commit_makes_it_present() {
        let keep = Keep::default();
        keep.create(id()).unwrap().commit();
        assert_eq!(ids(&keep), [id()]);
        drop(keep.get(id()).unwrap());
    }

    #[test]
    fn p_6_abort_makes_it_absent_again() {
        let keep = Keep::default();
        keep.create(id()).unwrap().abort();
        assert_eq!(keep.get(id()).unwrap_err(), GetRefused::NotFound);
        drop(keep.create(id()).unwrap());
        assert_eq!(keep.get(id()).unwrap_err(), GetRefused::NotFound);
        keep.create(id()).unwrap().commit();
    }

    #[test]
    fn p_6_getting_answers_not_found_or_write_locked() {
        let keep = Keep::default();
        assert_eq!(keep.get(id()).unwrap_err(), GetRefused::NotFound);
        let _writer = keep.create(id()).unwrap();
        assert_eq!(keep.get(id()).unwrap_err(), GetRefused::WriteLocked);
    }

    #[test]
    fn p_6_removing_waits_for_the_last_of_the_readers() {
        let keep = present();
        let (first, second) = (keep.get(id()).unwrap(), keep.get(id()).unwrap());
        assert_eq!(keep.remove(id()).unwrap_err(), RemoveRefused::ReadLocked);
        drop(first);
        assert_eq!(keep.remove(id()).unwrap_err(), RemoveRefused::ReadLocked);
        drop(second);
        keep.remove(id()).unwrap().unwrap().commit();
        assert_eq!(ids(&keep), []);
    }

    #[test]
    fn p_6_removing_what_is_being_written_answers_write_locked() {
        let keep = Keep::default();
        let _writer = keep.create(id()).unwrap();
        assert_eq!(keep.remove(id()).unwrap_err(), RemoveRefused::WriteLocked);
    }

    #[test]
    fn p_6_removing_what_is_absent_is_no_error() {
        assert!(Keep::default().remove(id()).unwrap().is_none());
    }

    #[test]
    fn p_6_a_removal_that_is_aborted_leaves_it_present() {
        let keep = present();
        let removal = keep.remove(id()).unwrap().unwrap();
        assert_eq!(keep.get(id()).unwrap_err(), GetRefused::WriteLocked);
        removal.abort();
        drop(keep.get(id()).unwrap());
    }

    #[test]
    fn p_6_range_names_what_is_committed_and_stops_at_the_first_error() {
        let ids: Vec<_> = (0..4u8).map(|n| ArtifactId::from([n; 32])).collect();
        let keep = Keep::of(ids[..3].iter().copied());
        let _writer = keep.create(ids[3]).unwrap();
        let mut seen = Vec::new();
        let stopped = keep.range(|id| {
            seen.push(id);
            if seen.len() == 2 {
                Err("enough")
            } else {
                Ok(())
            }
        });
        assert_eq!(stopped, Err("enough"));
        assert_eq!(seen, ids[..2]);
    }
}
