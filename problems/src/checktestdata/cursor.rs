//! Where in an input a check is.

use super::InputPlace;

/// An input and how much of it has been read.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
    column: u64,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
            column: 1,
        }
    }

    /// Where the next byte is.
    pub(super) fn place(&self) -> InputPlace {
        InputPlace {
            line: self.line,
            column: self.column,
        }
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Reads so many bytes, or what is left.
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let rest = self.rest();
        let taken = &rest[..count.min(rest.len())];
        self.at += taken.len();
        for byte in taken {
            if *byte == b'\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        taken
    }

    /// Reads one byte if it is one that is wanted.
    pub(super) fn take_if(&mut self, is_wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.peek().is_some_and(is_wanted);
        if found {
            self.take(1);
        }
        found
    }

    /// Reads as long as bytes are wanted.
    pub(super) fn take_while(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let end = rest.iter().position(|byte| !is_wanted(*byte));
        self.take(end.unwrap_or(rest.len()))
    }

    /// Passes over blanks that end no line.
    pub(super) fn skip_blanks(&mut self) {
        self.take_while(is_blank);
    }
}

/// Says whether a byte is a blank that ends no line.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

/// A byte of an input, or its end, for people.
pub(super) fn shown(byte: Option<u8>) -> String {
    match byte {
        None => "the end of the input".to_owned(),
        Some(b'\n') => "a newline".to_owned(),
        Some(b'\r') => "a carriage return".to_owned(),
        Some(b'\t') => "a tab".to_owned(),
        Some(b' ') => "a space".to_owned(),
        Some(byte) if byte.is_ascii_graphic() => format!("'{}'", char::from(byte)),
        Some(byte) => format!("the byte {byte:#04x}"),
    }
}
