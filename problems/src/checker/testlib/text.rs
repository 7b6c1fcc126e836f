//! A word or a line of any length: its start, its end, and a digest of what is between.

use sha2::{Digest, Sha256};

/// Bytes that are kept of what is only compared and quoted.
const KEPT_MAX: usize = 64 << 10;
/// What a message quotes of something longer than 64 bytes.
const QUOTED_MAX: usize = 64;
const QUOTED_START: usize = 30;
const QUOTED_END: usize = 31;

/// A word or a line.
#[derive(Debug, Clone)]
pub(super) struct Text {
    kept: Vec<u8>,
    kept_max: usize,
    length: u64,
    /// The last bytes of what is not kept.
    end: Vec<u8>,
    digest: Option<Sha256>,
}

impl Text {
    /// Something to be compared and quoted, whatever its length.
    pub(super) fn new() -> Self {
        Self::with_kept(KEPT_MAX)
    }

    /// Something that is kept whole.
    pub(super) fn whole() -> Self {
        Self::with_kept(usize::MAX)
    }

    fn with_kept(kept_max: usize) -> Self {
        Self {
            kept: Vec::new(),
            kept_max,
            length: 0,
            end: Vec::new(),
            digest: None,
        }
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.length = 0;
        self.end.clear();
        self.digest = None;
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        let room = self.kept_max - self.kept.len();
        let (kept, rest) = bytes.split_at(bytes.len().min(room));
        self.kept.extend_from_slice(kept);
        self.length += bytes.len() as u64;
        if rest.is_empty() {
            return;
        }
        self.digest.get_or_insert_default().update(rest);
        let last = &rest[rest.len().saturating_sub(QUOTED_END)..];
        self.end.extend_from_slice(last);
        let surplus = self.end.len().saturating_sub(QUOTED_END);
        self.end.drain(..surplus);
    }

    /// The bytes that are kept: all of them up to 64 KiB.
    pub(super) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Says whether it is this word.
    pub(super) fn is(&self, word: &str) -> bool {
        self.digest.is_none() && self.kept == word.as_bytes()
    }

    /// Says whether two texts are equal.
    pub(super) fn same(&self, other: &Self) -> bool {
        let digest = |text: &Self| text.digest.clone().map(Sha256::finalize);
        self.length == other.length && self.kept == other.kept && digest(self) == digest(other)
    }

    /// Turns small letters into capitals; what is not kept is no longer compared.
    pub(super) fn make_upper_case(&mut self) {
        self.kept.make_ascii_uppercase();
        self.end.make_ascii_uppercase();
    }

    /// The text for a message: `compress` of testlib.
    pub(super) fn quoted(&self) -> Vec<u8> {
        let last = if self.digest.is_some() {
            let missing = QUOTED_END - self.end.len();
            [&self.kept[self.kept.len() - missing..], &self.end].concat()
        } else {
            self.kept[self.kept.len().saturating_sub(QUOTED_END)..].to_vec()
        };
        let mut text = if self.length <= QUOTED_MAX as u64 {
            self.kept.clone()
        } else {
            [&self.kept[..QUOTED_START], b"...", &last].concat()
        };
        for byte in text.iter_mut().filter(|byte| **byte == 0) {
            *byte = b'~';
        }
        text
    }
}

/// `compress` of something that is at hand.
pub(super) fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut text = Text::whole();
    text.append(bytes);
    text.quoted()
}
