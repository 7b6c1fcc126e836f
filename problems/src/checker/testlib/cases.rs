//! caseicmp, casencmp and casewcmp: `Case 1: ...`, one line a case or not.
//!
//! testlib reads the answer's part before the output's; here both are read side by side, so a fault of the output waits
//! until the answer's part is known to have none.

use std::collections::VecDeque;

use super::Streams;
use super::integers::{int64, parse};
use super::report::{Outcome, Report, Stop, quit};
use super::stream::Stream;
use super::text::Text;

const ALL_SHOWN: usize = 5;
const FIRST_SHOWN: usize = 3;
const LAST_SHOWN: usize = 2;

/// The numbers that a message shows.
#[derive(Default)]
struct Shown {
    count: u64,
    first: Vec<i64>,
    last: VecDeque<i64>,
}

/// caseicmp.
pub(super) fn integer(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let Streams { output, answer } = streams;
    let mut word = Text::whole();
    let mut next = |stream: &mut Stream<'_>, case: u64| -> Result<Option<i64>, Stop> {
        if stream.seek_end()? {
            return Ok(None);
        }
        head(stream, case, false, &mut word)?;
        int64(stream, &mut word).map(Some)
    };
    let (mut wanted, mut got) = (Shown::default(), 0_u64);
    let (mut fault, mut difference) = (None, None);
    loop {
        let one = next(answer, wanted.count + 1)?;
        if let Some(number) = one {
            wanted.add(number);
        }
        let other = match fault {
            Some(_) => None,
            None => next(output, got + 1).unwrap_or_else(|stop| {
                fault = Some(stop);
                None
            }),
        };
        got += u64::from(other.is_some());
        match (one, other) {
            (None, None) => break,
            (Some(one), Some(other)) if one != other => {
                difference.get_or_insert((one, other, got));
            }
            _ => {}
        }
    }
    if let Some(stop) = fault {
        return Err(stop);
    }
    if let Some((one, other, case)) = difference {
        let message = format!("Expected {one} found {other} [test case {case}]");
        return Ok(quit(Outcome::Wrong, message));
    }
    if wanted.count != got {
        let message = format!("Expected {} test case(s) but found {got}", wanted.count);
        return Ok(quit(Outcome::Presentation, message));
    }
    let message = format!("{} case(s): {}", wanted.count, wanted.words());
    Ok(quit(Outcome::Ok, message))
}

/// casencmp.
pub(super) fn integers(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let Streams { output, answer } = streams;
    let (mut ours, mut theirs) = (Case::new(answer), Case::new(output));
    let mut count = 0_u64;
    while !ours.stream.seek_end()? {
        count += 1;
        let (mut wanted, mut got) = (Shown::default(), Shown::default());
        let mut equal = true;
        ours.begin(count)?;
        let mut fault = theirs.begin(count).err();
        loop {
            let one = ours.next_number()?;
            let other = match fault {
                Some(_) => None,
                None => theirs.next_number().unwrap_or_else(|stop| {
                    fault = Some(stop);
                    None
                }),
            };
            equal &= one == other;
            wanted.extend(one);
            got.extend(other);
            if one.is_none() && other.is_none() {
                break;
            }
        }
        if let Some(stop) = fault {
            return Err(stop);
        }
        if !equal {
            let shown = |side: &Shown| format!("\"{}\" [size={}]", side.words(), side.count);
            let (wanted, got) = (shown(&wanted), shown(&got));
            return Ok(differ(wanted.as_bytes(), got.as_bytes(), count));
        }
    }
    Ok(quit(Outcome::Ok, format!("{count} test cases(s)")))
}

/// casewcmp.
pub(super) fn words(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let Streams { output, answer } = streams;
    let (mut ours, mut theirs) = (Case::new(answer), Case::new(output));
    let mut count = 0_u64;
    while !ours.stream.seek_end()? {
        count += 1;
        let wanted = ours.all_words(count)?;
        let got = theirs.all_words(count)?;
        if !wanted.0.same(&got.0) {
            let shown = |(joined, size): &(Text, u64)| {
                let size = format!("\" [size={size}]");
                [b"\"", joined.quoted().as_slice(), size.as_bytes()].concat()
            };
            return Ok(differ(&shown(&wanted), &shown(&got), count));
        }
    }
    Ok(quit(Outcome::Ok, format!("{count} test cases(s)")))
}

fn differ(wanted: &[u8], got: &[u8], case: u64) -> Report {
    let end = format!(" [test case {case}]");
    let message = [
        b"Sequences differ: jury has ",
        wanted,
        b", but participant has ",
        got,
        end.as_bytes(),
    ];
    quit(Outcome::Wrong, message.concat())
}

/// Reads `Case NUMBER:`, without the first word if it was read before.
fn head(stream: &mut Stream<'_>, case: u64, has_begun: bool, word: &mut Text) -> Result<(), Stop> {
    let number = format!("{case}:");
    let wanted = ["Case", &number];
    for wanted in &wanted[usize::from(has_begun)..] {
        stream.word(word)?;
        if !word.is(wanted) {
            let start = format!("Expected '{wanted}' but found '");
            let end = format!("' [test case {case}]");
            let message = [start.as_bytes(), &word.quoted(), end.as_bytes()];
            return Err(stream.refuse(message.concat()));
        }
    }
    Ok(())
}

/// A stream that is read case by case.
struct Case<'a, 'b> {
    stream: &'a mut Stream<'b>,
    word: Text,
    /// Whether a `Case` ended any case so far; as in testlib it is never forgotten.
    has_begun: bool,
    is_over: bool,
}

impl<'a, 'b> Case<'a, 'b> {
    fn new(stream: &'a mut Stream<'b>) -> Self {
        Self {
            stream,
            word: Text::whole(),
            has_begun: false,
            is_over: false,
        }
    }

    fn begin(&mut self, case: u64) -> Result<(), Stop> {
        self.is_over = false;
        head(self.stream, case, self.has_begun, &mut self.word)
    }

    /// Reads a word of the case; says whether there was one.
    fn next(&mut self) -> Result<bool, Stop> {
        if self.is_over {
            return Ok(false);
        }
        self.is_over = self.stream.seek_end()?;
        if !self.is_over {
            self.stream.word(&mut self.word)?;
            self.is_over = self.word.is("Case");
            self.has_begun |= self.is_over;
        }
        Ok(!self.is_over)
    }

    fn next_number(&mut self) -> Result<Option<i64>, Stop> {
        if !self.next()? {
            return Ok(None);
        }
        parse(self.stream, self.word.kept()).map(Some)
    }

    /// All words of a case with a space between two, and how many they are.
    fn all_words(&mut self, case: u64) -> Result<(Text, u64), Stop> {
        self.begin(case)?;
        let (mut joined, mut count) = (Text::new(), 0);
        while self.next()? {
            if count > 0 {
                joined.append(b" ");
            }
            joined.append(self.word.kept());
            count += 1;
        }
        Ok((joined, count))
    }
}

impl Shown {
    fn add(&mut self, number: i64) {
        self.count += 1;
        if self.first.len() < ALL_SHOWN {
            self.first.push(number);
        }
        self.last.push_back(number);
        if self.last.len() > LAST_SHOWN {
            self.last.pop_front();
        }
    }

    fn extend(&mut self, number: Option<i64>) {
        if let Some(number) = number {
            self.add(number);
        }
    }

    fn words(&self) -> String {
        let words = |numbers: &mut dyn Iterator<Item = &i64>| -> String {
            let words: Vec<String> = numbers.map(i64::to_string).collect();
            words.join(" ")
        };
        if self.count <= ALL_SHOWN as u64 {
            return words(&mut self.first.iter());
        }
        let first = words(&mut self.first.iter().take(FIRST_SHOWN));
        let last = words(&mut self.last.iter());
        format!("{first} ... {last}")
    }
}
