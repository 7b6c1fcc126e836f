//! Reading a stream token by token in bounded memory, knowing where each stands.

use std::io::{self, BufRead, BufReader, Read};

use sha2::{Digest, Sha256};

/// Bytes of a token that are kept; what is longer is compared by its digest.
pub(super) const KEPT_MAX: usize = 64 << 10;

const QUOTED_MAX: usize = 40;

/// A stream cut into tokens at ASCII white space.
pub(super) struct Tokens<R> {
    reader: BufReader<R>,
    /// The line that is being read, from 1.
    pub(super) line: u64,
    /// Tokens read so far.
    pub(super) count: u64,
}

/// A token, or as much of it as is kept.
#[derive(Default)]
pub(super) struct Token {
    kept: Vec<u8>,
    length: u64,
    rest: Option<Sha256>,
}

/// Says whether a byte parts tokens: `20 0c 0a 0d 09 0b`.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

impl<R: Read> Tokens<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, stream),
            line: 1,
            count: 0,
        }
    }

    /// The next byte, left where it is; `None` at the end.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.reader.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the byte that `peek` showed.
    pub(super) fn take(&mut self, byte: u8) {
        self.reader.consume(1);
        self.line += u64::from(byte == b'\n');
    }

    /// Reads the next token behind any white space into `token`; says whether there was one.
    /// With `fold`, ASCII letters are read as small ones.
    pub(super) fn next(&mut self, token: &mut Token, fold: bool) -> io::Result<bool> {
        while self.peek()?.is_some_and(is_space) {
            let bytes = self.reader.buffer();
            let end = bytes
                .iter()
                .position(|byte| !is_space(*byte))
                .unwrap_or(bytes.len());
            self.line += bytes[..end]
                .iter()
                .map(|byte| u64::from(*byte == b'\n'))
                .sum::<u64>();
            self.reader.consume(end);
        }
        token.clear();
        while self.peek()?.is_some() {
            let bytes = self.reader.buffer();
            let end = bytes
                .iter()
                .position(|byte| is_space(*byte))
                .unwrap_or(bytes.len());
            token.append(&bytes[..end], fold);
            let whole = end < bytes.len();
            self.reader.consume(end);
            if whole {
                break;
            }
        }
        self.count += u64::from(token.length > 0);
        Ok(token.length > 0)
    }
}

impl Token {
    /// The token's bytes, if they were all kept.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.rest.is_none().then_some(&self.kept)
    }

    /// Says whether two tokens, read with the same folding, are the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        let digest = |token: &Self| token.rest.clone().map(Sha256::finalize);
        self.length == other.length && self.kept == other.kept && digest(self) == digest(other)
    }

    /// The token for a message: quoted, and its start only if it is long.
    pub(super) fn quoted(&self) -> String {
        let start = String::from_utf8_lossy(&self.kept[..self.kept.len().min(QUOTED_MAX)]);
        let more = if self.length as usize > QUOTED_MAX {
            "..."
        } else {
            ""
        };
        format!("{start:?}{more}")
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.length = 0;
        self.rest = None;
    }

    fn append(&mut self, bytes: &[u8], fold: bool) {
        let from = self.kept.len();
        let (kept, rest) = bytes.split_at(bytes.len().min(KEPT_MAX - from));
        self.kept.extend_from_slice(kept);
        if fold {
            self.kept[from..].make_ascii_lowercase();
        }
        if !rest.is_empty() {
            let digest = self.rest.get_or_insert_default();
            if fold {
                digest.update(rest.to_ascii_lowercase());
            } else {
                digest.update(rest);
            }
        }
        self.length += bytes.len() as u64;
    }
}
