//! fcmp, lcmp and wcmp: lines and words as they stand.

use super::Streams;
use super::report::{Outcome, Report, Stop, quit};
use super::text::Text;

/// A line as it stands, and as it is compared.
struct Line {
    raw: Text,
    tokens: Option<Tokens>,
}

/// The words of a line, a space between two.
struct Tokens {
    joined: Text,
    in_word: bool,
}

/// fcmp, and lcmp where only the tokens of a line count.
pub(super) fn lines(streams: &mut Streams<'_>, by_tokens: bool) -> Result<Report, Stop> {
    let (mut wanted, mut got) = (Line::new(by_tokens), Line::new(by_tokens));
    let mut shown = Text::new();
    let mut count = 0_u64;
    while !streams.answer.at_end()? {
        wanted.clear();
        streams.answer.line(|bytes| wanted.append(bytes))?;
        if wanted.raw.length() == 0 && streams.answer.at_end()? {
            break;
        }
        got.clear();
        streams.output.line(|bytes| got.append(bytes))?;
        count += 1;
        if !wanted.same(&got) {
            let what = format!("{} lines differ", ordinal(count));
            return Ok(quit(
                Outcome::Wrong,
                differ(&what, &wanted.raw.quoted(), &got.raw.quoted()),
            ));
        }
        if count == 1 {
            shown = if by_tokens { &got } else { &wanted }.raw.clone();
        }
    }
    if count == 1 {
        let message = [b"single line: '", shown.quoted().as_slice(), b"'"].concat();
        return Ok(quit(Outcome::Ok, message));
    }
    Ok(quit(Outcome::Ok, format!("{count} lines")))
}

/// wcmp.
pub(super) fn words(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let Streams { output, answer } = streams;
    let (mut wanted, mut got) = (Text::new(), Text::new());
    let mut count = 0_u64;
    while !answer.seek_end()? && !output.seek_end()? {
        count += 1;
        answer.word(&mut wanted)?;
        output.word(&mut got)?;
        if !wanted.same(&got) {
            let what = format!("{} words differ", ordinal(count));
            return Ok(quit(
                Outcome::Wrong,
                differ(&what, &wanted.quoted(), &got.quoted()),
            ));
        }
    }
    Ok(match (answer.seek_end()?, output.seek_end()?) {
        (true, true) if count == 1 => quit(
            Outcome::Ok,
            [b"\"", wanted.quoted().as_slice(), b"\""].concat(),
        ),
        (true, true) => quit(Outcome::Ok, format!("{count} tokens")),
        (true, false) => quit(Outcome::Wrong, "Participant output contains extra tokens"),
        (false, _) => quit(Outcome::Wrong, "Unexpected EOF in the participants output"),
    })
}

/// A number with its English ending: 1st, 2nd, 13th.
pub(super) fn ordinal(number: u64) -> String {
    let ending = match (number % 100 / 10, number % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `WHAT - expected: 'WANTED', found: 'GOT'`.
pub(super) fn differ(what: &str, wanted: &[u8], got: &[u8]) -> Vec<u8> {
    [
        what.as_bytes(),
        b" - expected: '",
        wanted,
        b"', found: '",
        got,
        b"'",
    ]
    .concat()
}

impl Line {
    fn new(by_tokens: bool) -> Self {
        let tokens = || Tokens {
            joined: Text::new(),
            in_word: false,
        };
        Self {
            raw: Text::new(),
            tokens: by_tokens.then(tokens),
        }
    }

    fn clear(&mut self) {
        self.raw.clear();
        if let Some(tokens) = &mut self.tokens {
            tokens.joined.clear();
            tokens.in_word = false;
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        self.raw.append(bytes);
        if let Some(tokens) = &mut self.tokens {
            tokens.append(bytes);
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (&self.tokens, &other.tokens) {
            (Some(tokens), Some(others)) => tokens.joined.same(&others.joined),
            _ => self.raw.same(&other.raw),
        }
    }
}

impl Tokens {
    fn append(&mut self, bytes: &[u8]) {
        let is_space = |byte: &u8| matches!(byte, b' ' | 0x09..=0x0d);
        let mut pieces = bytes.split(is_space);
        let mut piece = pieces.next();
        while let Some(word) = piece {
            if !word.is_empty() {
                if !self.in_word && self.joined.length() > 0 {
                    self.joined.append(b" ");
                }
                self.joined.append(word);
                self.in_word = true;
            }
            piece = pieces.next();
            self.in_word &= piece.is_none();
        }
    }
}
