//! yesno and nyesno.

use super::Streams;
use super::report::{Outcome, Report, Stop, quit};
use super::text::Text;
use super::words::ordinal;

/// yesno.
pub(super) fn one(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let (mut wanted, mut got) = (Text::new(), Text::new());
    streams.answer.word(&mut wanted)?;
    wanted.make_upper_case();
    streams.output.word(&mut got)?;
    got.make_upper_case();
    if !is_either(&wanted) {
        let found = wanted.quoted();
        return Ok(quit(Outcome::Fail, none(b" in answer", &found, "")));
    }
    if !is_either(&got) {
        return Ok(quit(Outcome::Presentation, none(b"", &got.quoted(), "")));
    }
    if !wanted.same(&got) {
        return Ok(quit(Outcome::Wrong, other(&wanted, &got, "")));
    }
    let message = [b"answer is ", wanted.quoted().as_slice()].concat();
    Ok(quit(Outcome::Ok, message))
}

/// nyesno.
pub(super) fn many(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let Streams { output, answer } = streams;
    let (mut wanted, mut got) = (Text::new(), Text::new());
    let (mut yes, mut no) = (0_u64, 0_u64);
    while !answer.seek_end()? && !output.seek_end()? {
        answer.word(&mut wanted)?;
        wanted.make_upper_case();
        output.word(&mut got)?;
        got.make_upper_case();
        let place = format!(" [{} token]", ordinal(yes + no + 1));
        if !is_either(&wanted) {
            let message = none(b" in answer", &wanted.quoted(), &place);
            return Ok(quit(Outcome::Fail, message));
        }
        if !is_either(&got) {
            let message = none(b"", &got.quoted(), &place);
            return Ok(quit(Outcome::Presentation, message));
        }
        if !wanted.same(&got) {
            return Ok(quit(Outcome::Wrong, other(&wanted, &got, &place)));
        }
        *if got.is("YES") { &mut yes } else { &mut no } += 1;
    }
    let count = yes + no;
    let (mut more_wanted, mut more) = (0, 0);
    while !answer.seek_end()? {
        answer.word(&mut wanted)?;
        more_wanted += 1;
    }
    let last = got.quoted();
    while !output.seek_end()? {
        output.word(&mut got)?;
        more += 1;
    }
    Ok(match (longer(count, more_wanted, more), count) {
        (Some(wrong), _) => wrong,
        (None, 0) => quit(Outcome::Ok, "Empty output"),
        (None, 1) => quit(Outcome::Ok, last),
        (None, _) => quit(
            Outcome::Ok,
            format!("{count} token(s): yes count is {yes}, no count is {no}"),
        ),
    })
}

/// Says that one of two sequences is longer, if it is.
pub(super) fn longer(count: u64, more_wanted: u64, more: u64) -> Option<Report> {
    let message = match (more_wanted, more) {
        (0, 0) => return None,
        (0, _) => format!(
            "Output contains longer sequence [length = {}], but answer contains {count} elements",
            count + more
        ),
        _ => format!(
            "Answer contains longer sequence [length = {}], but output contains {count} elements",
            count + more_wanted
        ),
    };
    Some(quit(Outcome::Wrong, message))
}

fn is_either(text: &Text) -> bool {
    text.is("YES") || text.is("NO")
}

fn none(place: &[u8], found: &[u8], behind: &str) -> Vec<u8> {
    [
        b"YES or NO expected",
        place,
        b", but ",
        found,
        b" found",
        behind.as_bytes(),
    ]
    .concat()
}

fn other(wanted: &Text, got: &Text, behind: &str) -> Vec<u8> {
    [
        b"expected ",
        wanted.quoted().as_slice(),
        b", found ",
        &got.quoted(),
        behind.as_bytes(),
    ]
    .concat()
}
