//! Floating-point numbers as testlib reads, compares and prints them.

use super::integers::expected;
use super::report::Stop;
use super::stream::Stream;
use super::text::Text;

/// Beyond this a number is infinite.
const FINITE_MAX: f64 = 1e300;

/// `readDouble`.
pub(super) fn read(stream: &mut Stream<'_>, word: &mut Text) -> Result<f64, Stop> {
    stream.word_of(word, "double")?;
    let text = word.kept();
    if text.contains(&0) {
        return Err(expected(stream, "double", text, " (it contains \\0)"));
    }
    parse(text).ok_or_else(|| expected(stream, "double", text, ""))
}

/// `stringToDouble`: what `sscanf` of glibc reads from the whole of a text of digits, signs, points and exponents.
fn parse(text: &[u8]) -> Option<f64> {
    let is_of_a_number = |byte: &u8| byte.is_ascii_digit() || b".eE-+".contains(byte);
    if !text.iter().all(is_of_a_number) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    // An exponent without digits is read and means nothing.
    let digits = text
        .strip_suffix(['+', '-'])
        .filter(|rest| rest.ends_with(['e', 'E']))
        .unwrap_or(text);
    let digits = digits.strip_suffix(['e', 'E']).unwrap_or(digits);
    // Of these characters Rust's grammar makes the same numbers.
    digits.parse().ok()
}

fn is_infinite(number: f64) -> bool {
    !(-FINITE_MAX..=FINITE_MAX).contains(&number)
}

/// `doubleCompare`; neither number is NaN, since none can be read.
pub(super) fn is_close(expected: f64, result: f64, tolerance: f64) -> bool {
    let tolerance = tolerance + 1e-15;
    if is_infinite(expected) {
        return is_infinite(result) && (expected > 0.0) == (result > 0.0);
    }
    if is_infinite(result) {
        return false;
    }
    if (result - expected).abs() <= tolerance {
        return true;
    }
    let (one, other) = (expected * (1.0 - tolerance), expected * (1.0 + tolerance));
    let (least, most) = if one < other {
        (one, other)
    } else {
        (other, one)
    };
    (least..=most).contains(&result)
}

/// `doubleDelta`, printed: the absolute or the relative error, whichever is less.
pub(super) fn distance(expected: f64, result: f64, places: usize) -> String {
    // What x86 makes of the differences and quotients of infinities.
    if expected.is_infinite() {
        let nan = if result == expected { "-nan" } else { "nan" };
        return nan.to_owned();
    }
    let absolute = size(result - expected);
    if size(expected) <= 1e-9 {
        return fixed(absolute, places);
    }
    let relative = size(absolute / expected);
    let is_less = absolute < relative;
    fixed(if is_less { absolute } else { relative }, places)
}

/// `__testlib_abs`, which turns the sign of zero.
fn size(number: f64) -> f64 {
    if number > 0.0 { number } else { -number }
}

/// `%.Nf` of a number that is one.
pub(super) fn fixed(number: f64, places: usize) -> String {
    format!("{number:.places$}")
}
