//! Keeps the head and the tail of a stream, and counts the whole.

use std::collections::VecDeque;

use crate::Captured;

/// A stream as it is being read.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    head_max: usize,
    tail_max: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
}

impl Capture {
    pub(crate) fn new(head_max: usize, tail_max: usize) -> Self {
        Self {
            head_max,
            tail_max,
            ..Self::default()
        }
    }

    /// Bytes seen so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.head_max - self.head.len();
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(self.tail_max)..];
        let surplus = (self.tail.len() + rest.len()).saturating_sub(self.tail_max);
        self.tail.drain(..surplus);
        self.tail.extend(rest);
    }

    /// So many bytes more were seen and not kept.
    pub(crate) fn skip(&mut self, bytes: u64) {
        self.total += bytes;
    }

    pub(crate) fn finish(self) -> Captured {
        Captured {
            head: self.head,
            tail: self.tail.into(),
            total: self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(head: usize, tail: usize, chunks: &[&[u8]], expected: (&[u8], &[u8], bool)) {
        let mut capture = Capture::new(head, tail);
        chunks.iter().for_each(|chunk| capture.push(chunk));
        let captured = capture.finish();
        assert_eq!(
            (&captured.head[..], &captured.tail[..], captured.truncated()),
            expected
        );
    }

    #[test]
    fn head_fills_first_then_the_tail_follows_the_end() {
        check(4, 2, &[b"ab"], (b"ab", b"", false));
        check(4, 2, &[b"abcd"], (b"abcd", b"", false));
        check(4, 2, &[b"abc", b"def"], (b"abcd", b"ef", false));
        check(4, 2, &[b"abcdefg"], (b"abcd", b"fg", true));
        check(4, 2, &[b"abcde", b"f", b"g"], (b"abcd", b"fg", true));
        check(0, 0, &[b"abc"], (b"", b"", true));
    }

    proptest! {
        /// However a stream is cut, what is kept are its first and last bytes.
        #[test]
        fn cutting_a_stream_changes_nothing(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..20), head in 0usize..40, tail in 0usize..40) {
            let mut capture = Capture::new(head, tail);
            chunks.iter().for_each(|chunk| capture.push(chunk));
            let whole: Vec<u8> = chunks.concat();
            let (first, rest) = whole.split_at(head.min(whole.len()));
            let captured = capture.finish();
            prop_assert_eq!(captured.head, first);
            prop_assert_eq!(captured.tail, &rest[rest.len().saturating_sub(tail)..]);
            prop_assert_eq!(captured.total, whole.len() as u64);
        }
    }
}
