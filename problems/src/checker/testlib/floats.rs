//! dcmp, acmp, rcmp, rcmp4, rcmp6, rcmp9 and rncmp: numbers within a tolerance.

use super::Streams;
use super::double::{distance, fixed, is_close, read};
use super::report::{Outcome, Report, Stop, quit};
use super::text::Text;
use super::words::{differ, ordinal};

const PLACES: usize = 10;

/// dcmp, where the error may be relative, acmp and rcmp.
pub(super) fn one(
    streams: &mut Streams<'_>,
    tolerance: f64,
    or_relative: bool,
) -> Result<Report, Stop> {
    let mut word = Text::whole();
    let wanted = read(&mut streams.answer, &mut word)?;
    let got = read(&mut streams.output, &mut word)?;
    let is_near = if or_relative {
        is_close(wanted, got, tolerance)
    } else {
        is_near(wanted, got, tolerance)
    };
    let (wanted, got) = (fixed(wanted, PLACES), fixed(got, PLACES));
    Ok(if is_near {
        quit(Outcome::Ok, format!("answer is {wanted}"))
    } else {
        quit(Outcome::Wrong, format!("expected {wanted}, found {got}"))
    })
}

/// rcmp4, rcmp6 and rcmp9.
pub(super) fn sequence(
    streams: &mut Streams<'_>,
    tolerance: f64,
    places: usize,
) -> Result<Report, Stop> {
    let mut word = Text::whole();
    let mut count = 0_u64;
    let (mut wanted, mut got) = (0.0, 0.0);
    let fixed = |number| fixed(number, places);
    while !streams.answer.seek_end()? {
        count += 1;
        wanted = read(&mut streams.answer, &mut word)?;
        got = read(&mut streams.output, &mut word)?;
        if !is_close(wanted, got, tolerance) {
            let message = format!(
                "{} numbers differ - expected: '{}', found: '{}', error = '{}'",
                ordinal(count),
                fixed(wanted),
                fixed(got),
                distance(wanted, got, places)
            );
            return Ok(quit(Outcome::Wrong, message));
        }
    }
    if count == 1 {
        let message = format!(
            "found '{}', expected '{}', error '{}'",
            fixed(got),
            fixed(wanted),
            distance(wanted, got, places)
        );
        return Ok(quit(Outcome::Ok, message));
    }
    Ok(quit(Outcome::Ok, format!("{count} numbers")))
}

/// rncmp.
pub(super) fn absolute(streams: &mut Streams<'_>, tolerance: f64) -> Result<Report, Stop> {
    let mut word = Text::whole();
    let mut count = 0_u64;
    while !streams.answer.seek_end()? {
        count += 1;
        let wanted = read(&mut streams.answer, &mut word)?;
        let got = read(&mut streams.output, &mut word)?;
        if !is_near(wanted, got, tolerance) {
            let what = format!("{} numbers differ", ordinal(count));
            let (wanted, got) = (fixed(wanted, PLACES), fixed(got, PLACES));
            let message = differ(&what, wanted.as_bytes(), got.as_bytes());
            return Ok(quit(Outcome::Wrong, message));
        }
    }
    Ok(quit(Outcome::Ok, format!("{count} numbers")))
}

/// Two infinities have no distance, which is not too large either.
fn is_near(wanted: f64, got: f64, tolerance: f64) -> bool {
    let apart = (wanted - got).abs();
    apart.is_nan() || apart <= tolerance + 1e-15
}
