//! The cache's state, shared between the actor, the loads that run and the pins that are held.
//!
//! A pin is taken off where it is dropped, not by a message, so that none can be lost.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tribunal_problems::BlobId;

use super::lru::{Bounds, Entry, Lru, Pinning, Stats};
use super::{CachedFile, LoadError};

/// What a load came to. Errors are entries like others, but whoever asks next tries again.
pub(super) type Loaded = Result<Arc<CachedFile>, LoadError>;

/// An error takes a little room, so that ten thousand of them push each other out.
const ERROR_SIZE: u64 = 1 << 12;

#[derive(Debug, Clone)]
pub(super) struct Shared {
    state: Arc<Mutex<State>>,
}

struct State {
    lru: Lru<BlobId, Loaded>,
    waiting: BTreeMap<Entry<BlobId>, Vec<oneshot::Sender<Loaded>>>,
}

/// What pinning answers at once.
pub(super) struct Asked {
    /// Holds the pins from now on.
    pub(super) pinned: Pinned,
    /// One for each blob, in order.
    pub(super) answers: Vec<Answer>,
    /// What the asker has to load.
    pub(super) to_load: Vec<Entry<BlobId>>,
}

/// A value that is there or will come.
pub(super) enum Answer {
    Present(Arc<CachedFile>),
    Coming(oneshot::Receiver<Loaded>),
}

impl Shared {
    pub(super) fn new(bounds: Bounds) -> Self {
        let state = State {
            lru: Lru::new(bounds),
            waiting: BTreeMap::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Pins all of these.
    pub(super) fn pin(&self, blobs: &[BlobId]) -> Asked {
        let mut state = self.lock();
        let mut to_load = Vec::new();
        let (mut entries, mut answers) = (Vec::new(), Vec::new());
        for &blob in blobs {
            let (entry, asked) = state.lru.pin(blob);
            entries.push(entry);
            answers.push(state.answer(entry, asked, &mut to_load));
        }
        let pinned = Pinned {
            files: Vec::new(),
            entries,
            shared: self.clone(),
        };
        Asked {
            pinned,
            answers,
            to_load,
        }
    }

    /// Asks for all of these without pinning them, and answers what has to be loaded.
    pub(super) fn prefetch(&self, blobs: &[BlobId]) -> Vec<Entry<BlobId>> {
        let mut state = self.lock();
        let mut to_load = Vec::new();
        for &blob in blobs {
            let (entry, asked) = state.lru.get(blob);
            match asked {
                Pinning::Load => to_load.push(entry),
                Pinning::Present(Err(_)) => {
                    state.lru.reload(entry);
                    to_load.push(entry);
                }
                Pinning::Present(Ok(_)) | Pinning::Loading => (),
            }
        }
        to_load
    }

    /// Ends a load, and tells all who wait for it.
    pub(super) fn loaded(&self, entry: Entry<BlobId>, loaded: Loaded) {
        let waiting = {
            let mut state = self.lock();
            let size = loaded.as_ref().map_or(ERROR_SIZE, |file| file.size);
            state.lru.loaded(entry, loaded.clone(), size);
            state.waiting.remove(&entry).unwrap_or_default()
        };
        for asker in waiting {
            // One who has gone away has dropped its pins as well.
            let _gone = asker.send(loaded.clone());
        }
    }

    /// Those of these that are neither there nor being loaded.
    pub(super) fn missing(&self, blobs: Vec<BlobId>) -> Vec<BlobId> {
        let state = self.lock();
        let there = |blob: &BlobId| !matches!(state.lru.peek(*blob), None | Some(Some(Err(_))));
        blobs.into_iter().filter(|blob| !there(blob)).collect()
    }

    pub(super) fn reset(&self, epoch: u64) {
        self.lock().lru.reset(epoch);
    }

    pub(super) fn stats(&self) -> Stats {
        self.lock().lru.stats()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(
        &mut self,
        entry: Entry<BlobId>,
        asked: Pinning<Loaded>,
        to_load: &mut Vec<Entry<BlobId>>,
    ) -> Answer {
        match asked {
            Pinning::Present(Ok(file)) => return Answer::Present(file),
            Pinning::Present(Err(_)) => {
                self.lru.reload(entry);
                to_load.push(entry);
            }
            Pinning::Load => to_load.push(entry),
            Pinning::Loading => (),
        }
        let (asker, answer) = oneshot::channel();
        self.waiting.entry(entry).or_default().push(asker);
        Answer::Coming(answer)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lru.fmt(f)
    }
}

/// Blobs that stay in the cache until this is dropped.
#[derive(Debug)]
pub struct Pinned {
    files: Vec<Arc<CachedFile>>,
    entries: Vec<Entry<BlobId>>,
    shared: Shared,
}

impl Pinned {
    /// The copies, in the order in which they were asked for.
    #[must_use]
    pub fn files(&self) -> &[Arc<CachedFile>] {
        &self.files
    }

    /// The copy of this blob, if it was asked for.
    #[must_use]
    pub fn get(&self, id: BlobId) -> Option<&Arc<CachedFile>> {
        self.files.iter().find(|file| file.id == id)
    }

    /// Completes it, in the order of the blobs.
    pub(super) fn push(&mut self, file: Arc<CachedFile>) {
        self.files.push(file);
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        for entry in self.entries.drain(..) {
            let unpinned = state.lru.unpin(entry);
            debug_assert!(unpinned.is_ok(), "a pin is taken off once: {unpinned:?}");
        }
    }
}
