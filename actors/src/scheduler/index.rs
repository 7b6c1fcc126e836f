//! Finds records of a slab by their ids, at one cache miss for the index and one for the record.

use crate::ids::ArtifactId;

/// Record numbers by the hash of the record's id: an open table with linear probing, at most half
/// full, that nothing is ever left behind in.
///
/// A cell is 0, or the 32-bit hash above the record's number plus one. The ids are SHA-256 values, so
/// a part of an id is hash enough. It knows no ids: the caller compares them in the records.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    cells: Vec<u64>,
    filled: usize,
}

const CELLS_MIN: usize = 16;

impl Index {
    /// The number of the record with this id, where `has_id` says whether a record has it.
    pub(super) fn find(&self, id: ArtifactId, has_id: impl Fn(u32) -> bool) -> Option<u32> {
        let at = self.position(id, has_id)?;
        Some(record(self.cells[at]))
    }

    /// Enters a record whose id is in no other.
    pub(super) fn insert(&mut self, id: ArtifactId, number: u32) {
        if 2 * (self.filled + 1) > self.cells.len() {
            self.grow();
        }
        self.filled += 1;
        self.place(u64::from(hash(id)) << 32 | (u64::from(number) + 1));
    }

    /// Takes out the record with this id, if it is there.
    pub(super) fn remove(&mut self, id: ArtifactId, has_id: impl Fn(u32) -> bool) {
        let Some(mut hole) = self.position(id, has_id) else {
            return;
        };
        self.filled -= 1;
        let mask = self.cells.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let cell = self.cells[at];
            if cell == 0 {
                break;
            }
            // a cell may move back into the hole if it does not get before its home by that
            let from_home = at.wrapping_sub(self.home(cell)) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                self.cells[hole] = cell;
                hole = at;
            }
        }
        self.cells[hole] = 0;
    }

    fn position(&self, id: ArtifactId, has_id: impl Fn(u32) -> bool) -> Option<usize> {
        if self.cells.is_empty() {
            return None;
        }
        let hash = hash(id);
        let mask = self.cells.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let cell = self.cells[at];
            if cell == 0 {
                return None;
            }
            if (cell >> 32) as u32 == hash && has_id(record(cell)) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }

    fn place(&mut self, cell: u64) {
        let mask = self.cells.len() - 1;
        let mut at = self.home(cell);
        while self.cells[at] != 0 {
            at = (at + 1) & mask;
        }
        self.cells[at] = cell;
    }

    fn grow(&mut self) {
        let size = (2 * self.cells.len()).max(CELLS_MIN);
        let old = std::mem::replace(&mut self.cells, vec![0; size]);
        for cell in old.into_iter().filter(|&cell| cell != 0) {
            self.place(cell);
        }
    }

    fn home(&self, cell: u64) -> usize {
        (cell >> 32) as usize & (self.cells.len() - 1)
    }
}

fn record(cell: u64) -> u32 {
    cell as u32 - 1
}

fn hash(id: ArtifactId) -> u32 {
    let [a, b, c, d, ..] = *id.as_bytes();
    u32::from_le_bytes([a, b, c, d])
}
