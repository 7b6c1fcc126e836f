//! Records in one block of memory, named by small numbers that are used again.

const FEWER: &str = "memory ends before four billion records";

/// Records by number. The number last freed is the next given out, so a steady state stays in the
/// processor's cache.
#[derive(Debug, Clone)]
pub(super) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slab<T> {
    /// Stores a record and names it.
    pub(super) fn insert(&mut self, record: T) -> u32 {
        let key = self.next_key();
        if self.free.pop().is_some() {
            self.slots[key as usize] = Some(record);
        } else {
            self.slots.push(Some(record));
        }
        key
    }

    /// Takes a record out; its number may be given to another.
    pub(super) fn remove(&mut self, key: u32) -> T {
        let record = self.slots[key as usize]
            .take()
            .expect("a key names a stored record");
        self.free.push(key);
        record
    }

    /// The record of this number.
    pub(super) fn get(&self, key: u32) -> &T {
        self.slots[key as usize]
            .as_ref()
            .expect("a key names a stored record")
    }

    /// The record of this number, if there is one.
    pub(super) fn find(&self, key: u32) -> Option<&T> {
        self.slots.get(key as usize)?.as_ref()
    }

    /// The number that [`Self::insert`] will give.
    pub(super) fn next_key(&self) -> u32 {
        let next = self.free.last().copied();
        next.unwrap_or_else(|| u32::try_from(self.slots.len()).expect(FEWER))
    }

    /// The record of this number, to change.
    pub(super) fn get_mut(&mut self, key: u32) -> &mut T {
        self.slots[key as usize]
            .as_mut()
            .expect("a key names a stored record")
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// All records, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0u32..)
            .zip(&self.slots)
            .filter_map(|(key, slot)| slot.as_ref().map(|record| (key, record)))
    }
}
