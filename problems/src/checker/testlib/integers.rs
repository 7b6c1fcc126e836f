//! hcmp, icmp and ncmp: integers, and how testlib reads them.

use super::Streams;
use super::report::{Outcome, Report, Stop, quit};
use super::stream::Stream;
use super::text::{Text, quoted};
use super::words::{differ, ordinal};
use super::yes_no::longer;

const LENGTH_MAX: usize = 20;
const SHOWN: u64 = 5;

/// hcmp.
pub(super) fn huge(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let (mut wanted, mut got) = (Text::whole(), Text::whole());
    streams.answer.word(&mut wanted)?;
    streams.output.word(&mut got)?;
    let no_integer = |text: &Text| [&text.quoted(), b" is not a valid integer".as_slice()].concat();
    if !is_numeric(wanted.kept()) {
        return Ok(quit(Outcome::Fail, no_integer(&wanted)));
    }
    if !streams.answer.seek_end()? {
        let message = "expected exactly one token in the answer file";
        return Ok(quit(Outcome::Fail, message));
    }
    if !is_numeric(got.kept()) {
        return Ok(quit(Outcome::Presentation, no_integer(&got)));
    }
    let shown = wanted.quoted();
    Ok(if wanted.same(&got) {
        quit(
            Outcome::Ok,
            [b"answer is '", shown.as_slice(), b"'"].concat(),
        )
    } else {
        let found = got.quoted();
        let message = [b"expected '", shown.as_slice(), b"', found '", &found, b"'"];
        quit(Outcome::Wrong, message.concat())
    })
}

/// icmp.
pub(super) fn one(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let wanted = int32(&mut streams.answer)?;
    let got = int32(&mut streams.output)?;
    Ok(if wanted == got {
        quit(Outcome::Ok, format!("answer is {wanted}"))
    } else {
        quit(Outcome::Wrong, format!("expected {wanted}, found {got}"))
    })
}

/// ncmp.
pub(super) fn sequence(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let Streams { output, answer } = streams;
    let mut word = Text::whole();
    let mut count = 0_u64;
    let mut first: Vec<String> = Vec::new();
    while !answer.seek_end()? && !output.seek_end()? {
        count += 1;
        let wanted = int64(answer, &mut word)?;
        let got = int64(output, &mut word)?;
        if wanted != got {
            let what = format!("{} numbers differ", ordinal(count));
            let message = differ(
                &what,
                wanted.to_string().as_bytes(),
                got.to_string().as_bytes(),
            );
            return Ok(quit(Outcome::Wrong, message));
        }
        if count <= SHOWN {
            first.push(wanted.to_string());
        }
    }
    let (mut more_wanted, mut more) = (0, 0);
    while !answer.seek_end()? {
        int64(answer, &mut word)?;
        more_wanted += 1;
    }
    while !output.seek_end()? {
        int64(output, &mut word)?;
        more += 1;
    }
    if let Some(wrong) = longer(count, more_wanted, more) {
        return Ok(wrong);
    }
    if count > SHOWN {
        return Ok(quit(Outcome::Ok, format!("{count} numbers")));
    }
    let start = format!("{count} number(s): \"");
    let shown = quoted(first.join(" ").as_bytes());
    Ok(quit(
        Outcome::Ok,
        [start.as_bytes(), &shown, b"\""].concat(),
    ))
}

/// The pattern `0|-?[1-9][0-9]*`.
fn is_numeric(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let is_plain =
        digits.first().is_some_and(|first| *first != b'0') && digits.iter().all(u8::is_ascii_digit);
    text == b"0" || is_plain
}

/// `readInt`.
fn int32(stream: &mut Stream<'_>) -> Result<i64, Stop> {
    let mut word = Text::whole();
    stream.word_of(&mut word, "int32")?;
    let value = int64_of(stream, &word)?;
    if i32::try_from(value).is_err() {
        return Err(expected(stream, "int32", word.kept(), ""));
    }
    Ok(value)
}

/// `readLong`.
pub(super) fn int64(stream: &mut Stream<'_>, word: &mut Text) -> Result<i64, Stop> {
    stream.word_of(word, "int64")?;
    int64_of(stream, word)
}

fn int64_of(stream: &Stream<'_>, word: &Text) -> Result<i64, Stop> {
    if word.kept().contains(&0) {
        return Err(expected(
            stream,
            "integer",
            word.kept(),
            " (it contains \\0)",
        ));
    }
    parse(stream, word.kept())
}

/// `stringToLongLong` of a text that ends at its first NUL.
pub(super) fn parse(stream: &Stream<'_>, text: &[u8]) -> Result<i64, Stop> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let value = std::str::from_utf8(text)
        .ok()
        .filter(|_| text.len() <= LENGTH_MAX && is_numeric(text))
        .and_then(|digits| digits.parse().ok());
    value.ok_or_else(|| expected(stream, "integer", text, ""))
}

pub(super) fn expected(stream: &Stream<'_>, what: &str, found: &[u8], behind: &str) -> Stop {
    let start = format!("Expected {what}, but \"");
    let found = quoted(found);
    let end = format!("\" found{behind}");
    stream.refuse([start.as_bytes(), &found, end.as_bytes()].concat())
}
