//! Which entries stay: the least recently used goes first, what is pinned stays, and each is loaded once however many
//! ask for it.
//!
//! An entry is *loading* from the moment somebody first asks until its load ends, then it is *present*. Pins count and
//! hold an entry in either state; pinned entries may exceed the bounds. A reset begins a new epoch: entries of older
//! epochs are seen by nobody but those who have pinned them, and go with their last pin.
//!
//! Nothing here loads anything, reads a clock or knows an actor: who gets [`Pinning::Load`] loads, and says so by
//! [`Lru::loaded`].

use std::collections::BTreeMap;
use std::fmt;

/// How much may stay when nothing is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of all values together.
    pub bytes: u64,
    /// Entries; in the storage cache each costs a descriptor.
    pub entries: usize,
}

/// What is known of a key that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pinning<V> {
    /// The value.
    Present(V),
    /// Somebody is loading it.
    Loading,
    /// Nobody is: the asker has to load it, and to say when that has ended.
    Load,
}

/// How full a cache is, and how well it does. What counts events counts from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// The present generation.
    pub epoch: u64,
    /// Bytes of all values, pinned and older ones included.
    pub bytes: u64,
    /// Entries, loading, pinned and older ones included.
    pub entries: usize,
    /// Entries with at least one pin.
    pub pinned: usize,
    /// Questions answered by what was there or being loaded.
    pub hits: u64,
    /// Loads begun.
    pub loads: u64,
    /// Values that had to go.
    pub evictions: u64,
}

/// Names an entry for good: a key and the generation it was loaded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry<K> {
    epoch: u64,
    key: K,
}

impl<K> Entry<K> {
    /// What was asked for.
    pub fn key(&self) -> &K {
        &self.key
    }
}

/// A bounded cache of values by key.
pub struct Lru<K, V> {
    bounds: Bounds,
    slots: BTreeMap<Entry<K>, Slot<V>>,
    /// Present and not pinned entries of this epoch by their last use.
    idle: BTreeMap<u64, Entry<K>>,
    clock: u64,
    stats: Stats,
}

struct Slot<V> {
    value: Option<V>,
    size: u64,
    pins: usize,
    used: u64,
}

impl<K: Copy + Ord + fmt::Debug, V: Clone> Lru<K, V> {
    /// An empty cache.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            slots: BTreeMap::new(),
            idle: BTreeMap::new(),
            clock: 0,
            stats: Stats::default(),
        }
    }

    /// Asks for a value without pinning it. It may go as soon as it has come.
    pub fn get(&mut self, key: K) -> (Entry<K>, Pinning<V>) {
        let entry = self.entry(key);
        let asked = self.touch(entry);
        (entry, asked)
    }

    /// Asks for a value and pins it; it stays until as many [`unpin`](Self::unpin)s.
    pub fn pin(&mut self, key: K) -> (Entry<K>, Pinning<V>) {
        let (entry, asked) = self.get(key);
        let slot = self.slots.get_mut(&entry).expect("asking makes an entry");
        if slot.pins == 0 {
            self.stats.pinned += 1;
            self.idle.remove(&slot.used);
        }
        slot.pins += 1;
        (entry, asked)
    }

    /// The value of a key, `None` while it is loaded; outside, `None` if it is neither there nor being loaded. Nobody
    /// has asked for it: its last use stays what it was.
    pub fn peek(&self, key: K) -> Option<Option<&V>> {
        let slot = self.slots.get(&self.entry(key))?;
        Some(slot.value.as_ref())
    }

    /// Takes one pin off.
    ///
    /// # Errors
    /// There is no such entry, or it has no pin.
    pub fn unpin(&mut self, entry: Entry<K>) -> Result<(), UnpinRefused> {
        let slot = self.slots.get_mut(&entry).ok_or(UnpinRefused::NotFound)?;
        slot.pins = slot.pins.checked_sub(1).ok_or(UnpinRefused::NotLocked)?;
        if slot.pins == 0 {
            self.stats.pinned -= 1;
            self.settle(entry);
        }
        Ok(())
    }

    /// Says that the load of an entry has ended, with a value of that many bytes. An entry that nobody loads is left
    /// alone.
    pub fn loaded(&mut self, entry: Entry<K>, value: V, size: u64) {
        if let Some(slot) = self.slots.get_mut(&entry)
            && slot.value.is_none()
        {
            slot.value = Some(value);
            slot.size = size;
            self.stats.bytes += size;
            self.settle(entry);
        }
    }

    /// Puts in a value that nobody has asked for.
    ///
    /// # Errors
    /// There is one, or it is being loaded.
    pub fn insert(&mut self, key: K, value: V, size: u64) -> Result<(), InsertRefused> {
        let entry = self.entry(key);
        if self.slots.contains_key(&entry) {
            return Err(InsertRefused::AlreadyExists);
        }
        self.add(entry);
        self.loaded(entry, value, size);
        Ok(())
    }

    /// Says that a present value is of no use: the asker has to load the entry again. Its pins stay.
    pub fn reload(&mut self, entry: Entry<K>) {
        if let Some(slot) = self.slots.get_mut(&entry)
            && slot.value.take().is_some()
        {
            self.stats.bytes -= std::mem::take(&mut slot.size);
            self.stats.loads += 1;
            self.idle.remove(&slot.used);
        }
    }

    /// Begins a new epoch; one that is not above the present one changes nothing.
    pub fn reset(&mut self, epoch: u64) {
        if epoch <= self.stats.epoch {
            return;
        }
        self.stats.epoch = epoch;
        for entry in std::mem::take(&mut self.idle).into_values() {
            self.remove(entry);
        }
    }

    /// How full it is, and how well it does.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            entries: self.slots.len(),
            ..self.stats
        }
    }

    fn entry(&self, key: K) -> Entry<K> {
        let epoch = self.stats.epoch;
        Entry { epoch, key }
    }

    fn touch(&mut self, entry: Entry<K>) -> Pinning<V> {
        let Some(slot) = self.slots.get_mut(&entry) else {
            self.stats.loads += 1;
            self.add(entry);
            return Pinning::Load;
        };
        self.stats.hits += 1;
        self.clock += 1;
        if self.idle.remove(&slot.used).is_some() {
            self.idle.insert(self.clock, entry);
        }
        slot.used = self.clock;
        match &slot.value {
            Some(value) => Pinning::Present(value.clone()),
            None => Pinning::Loading,
        }
    }

    fn add(&mut self, entry: Entry<K>) {
        self.clock += 1;
        let slot = Slot {
            value: None,
            size: 0,
            pins: 0,
            used: self.clock,
        };
        self.slots.insert(entry, slot);
    }

    /// Lets go of an entry that has been loaded or has lost its last pin.
    fn settle(&mut self, entry: Entry<K>) {
        let slot = &self.slots[&entry];
        if slot.pins == 0 && slot.value.is_some() {
            if entry.epoch == self.stats.epoch {
                self.idle.insert(slot.used, entry);
            } else {
                self.remove(entry);
            }
        }
        while self.is_over()
            && let Some((_, oldest)) = self.idle.pop_first()
        {
            self.stats.evictions += 1;
            self.remove(oldest);
        }
    }

    fn is_over(&self) -> bool {
        self.stats.bytes > self.bounds.bytes || self.slots.len() > self.bounds.entries
    }

    fn remove(&mut self, entry: Entry<K>) {
        let slot = self.slots.remove(&entry).expect("an idle entry is there");
        self.stats.bytes -= slot.size;
    }
}

impl<K, V> fmt::Debug for Lru<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lru")
            .field("bounds", &self.bounds)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

/// Why there is no pin to take off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnpinRefused {
    /// There is no such entry.
    #[error("there is no such entry")]
    NotFound,
    /// It has no pin.
    #[error("the entry has no pin")]
    NotLocked,
}

/// Why a value cannot be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InsertRefused {
    /// There is one.
    #[error("the entry exists")]
    AlreadyExists,
}

#[cfg(test)]
#[path = "lru_tests.rs"]
mod tests;
