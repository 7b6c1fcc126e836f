//! testlib's `InStream`, as far as its standard checkers use it.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use super::report::{Outcome, Report, Stop, fail_of_answer, is_blank, quit};
use super::text::Text;

/// The longest word, in bytes.
const WORD_LENGTH_MAX: u64 = 32 << 20;
const BUFFER: usize = 64 << 10;
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Whose stream it is, and so whose fault what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Output,
    Answer,
}

/// A stream that is read by words or lines.
pub(super) struct Stream<'a> {
    reader: BufReader<Chain<Cursor<Vec<u8>>, &'a mut dyn Read>>,
    side: Side,
}

impl<'a> Stream<'a> {
    /// Begins to read; a byte order mark at the start of an output is passed over.
    pub(super) fn new(stream: &'a mut dyn Read, side: Side) -> io::Result<Self> {
        let mut head = Vec::new();
        if side == Side::Output {
            let mut start = stream.take(BYTE_ORDER_MARK.len() as u64);
            start.read_to_end(&mut head)?;
            if head == BYTE_ORDER_MARK {
                head.clear();
            }
        }
        let reader = BufReader::with_capacity(BUFFER, Cursor::new(head).chain(stream));
        Ok(Self { reader, side })
    }

    /// `quit(_pe, ..)` of this stream.
    pub(super) fn refuse(&self, message: impl AsRef<[u8]>) -> Stop {
        Stop::Quit(self.refusal(message.as_ref()))
    }

    fn refusal(&self, message: &[u8]) -> Report {
        match self.side {
            Side::Output => quit(Outcome::Presentation, message),
            Side::Answer => fail_of_answer(message),
        }
    }

    /// What is buffered; empty only at the end.
    fn buffer(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.reader.fill_buf() {
                Ok(_) => return Ok(self.reader.buffer()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.buffer()?.first().copied())
    }

    /// `eof`.
    pub(super) fn at_end(&mut self) -> io::Result<bool> {
        Ok(self.peek()?.is_none())
    }

    /// `seekEof`: passes over blanks and says whether nothing is left.
    pub(super) fn seek_end(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.buffer()?;
            let blanks = bytes.iter().take_while(|byte| is_blank(**byte)).count();
            let (only_blanks, is_empty) = (blanks == bytes.len(), bytes.is_empty());
            self.reader.consume(blanks);
            if is_empty || !only_blanks {
                return Ok(is_empty);
            }
        }
    }

    /// `readWordTo`.
    pub(super) fn word(&mut self, word: &mut Text) -> Result<(), Stop> {
        self.word_of(word, "token")
    }

    /// The same for a word that has to be something.
    pub(super) fn word_of(&mut self, word: &mut Text, what: &str) -> Result<(), Stop> {
        word.clear();
        if self.seek_end()? {
            return Err(self.refuse(format!("Unexpected end of file - {what} expected")));
        }
        loop {
            let room = usize::try_from(WORD_LENGTH_MAX + 1 - word.length()).unwrap_or(usize::MAX);
            let bytes = self.buffer()?;
            let length = bytes.iter().position(|byte| is_blank(*byte));
            let is_over = length.is_some() || bytes.is_empty();
            let length = length.unwrap_or(bytes.len()).min(room);
            word.append(&bytes[..length]);
            self.reader.consume(length);
            if word.length() > WORD_LENGTH_MAX {
                let start = format!("Length of token exceeds {WORD_LENGTH_MAX}, token is '");
                return Err(self.refuse([start.as_bytes(), &word.quoted(), b"...'"].concat()));
            }
            if is_over {
                return Ok(());
            }
        }
    }

    /// `readString`: a line without its end, told to `append` piece by piece; nothing at the end of the stream. A carriage
    /// return without a line feed is lost, and what follows it belongs to the line whatever it is.
    pub(super) fn line(&mut self, mut append: impl FnMut(&[u8])) -> io::Result<()> {
        loop {
            let bytes = self.buffer()?;
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let length = end.unwrap_or(bytes.len());
            append(&bytes[..length]);
            let found = bytes.get(length).copied();
            let is_end = bytes.is_empty();
            self.reader.consume(length);
            if is_end {
                return Ok(());
            }
            match found {
                None => {}
                Some(b'\r') => {
                    self.reader.consume(1);
                    let next = self.peek()?;
                    self.reader.consume(usize::from(next.is_some()));
                    if next == Some(b'\n') {
                        return Ok(());
                    }
                    // The end of the stream is a character too, of this code.
                    append(&[next.unwrap_or(0xff)]);
                }
                Some(_) => {
                    self.reader.consume(1);
                    return Ok(());
                }
            }
        }
    }
}
