//! A fast hash with a fixed seed, for tables whose order nobody sees.
//!
//! The keys are SHA-256 values and numbers that the process itself counts up, so there is no
//! attacker to defend against; and equal runs must be equal.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map with the fixed hash.
pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// A set with the fixed hash.
pub(super) type Members<K> = HashSet<K, BuildHasherDefault<Mix>>;

/// Folds words by a multiplication.
#[derive(Default, Clone, Copy)]
pub(super) struct Mix(u64);

impl Mix {
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9E37_79B9_7F4A_7C15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.fold(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.fold(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.fold(word as u64);
    }
}
