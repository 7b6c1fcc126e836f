//! Comparing results as values: two languages print one list with other white space, one number in other digits.

use std::io::Read;

use super::{CheckerAnswer, DefaultFlags};

const BYTES_MAX: u64 = 4 << 20;
const DEPTH_MAX: usize = 200;

/// A JSON value; objects keep their pairs sorted by key.
#[derive(Debug, PartialEq)]
enum Value {
    Null,
    Bool(bool),
    /// An integer by its digits, without leading zeros.
    Integer(String),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Equal token by token, else equal as a sequence of values; texts over 4 MiB only token by token.
pub(super) fn compare(mut output: impl Read, mut answer: impl Read) -> CheckerAnswer {
    let (mut got, mut wanted) = (Vec::new(), Vec::new());
    let heads = [
        output.by_ref().take(BYTES_MAX).read_to_end(&mut got),
        answer.by_ref().take(BYTES_MAX).read_to_end(&mut wanted),
    ];
    if let Some(error) = heads.into_iter().find_map(Result::err) {
        return CheckerAnswer::Broken {
            reason: format!("the output or its answer cannot be read: {error}"),
        };
    }
    let whole = (got.len() as u64) < BYTES_MAX && (wanted.len() as u64) < BYTES_MAX;
    let flags = DefaultFlags {
        case_sensitive: true,
        ..DefaultFlags::default()
    };
    let by_tokens = flags.compare(
        got.as_slice().chain(output),
        wanted.as_slice().chain(answer),
    );
    match by_tokens {
        CheckerAnswer::Wrong { .. } if whole && same_values(&got, &wanted) => {
            CheckerAnswer::Accepted
        }
        answer => answer,
    }
}

fn same_values(output: &[u8], answer: &[u8]) -> bool {
    let values = |bytes| std::str::from_utf8(bytes).ok().and_then(sequence);
    match (values(output), values(answer)) {
        (Some(one), Some(other)) => {
            one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| equal(one, other))
        }
        _ => false,
    }
}

#[expect(clippy::float_cmp, reason = "a result is the same number or it is not")]
fn equal(one: &Value, other: &Value) -> bool {
    let number = |digits: &String| digits.parse::<f64>().ok();
    match (one, other) {
        (Value::Integer(digits), Value::Float(float))
        | (Value::Float(float), Value::Integer(digits)) => {
            number(digits).is_some_and(|whole| whole == *float && whole.is_finite())
        }
        (Value::Float(one), Value::Float(other)) => one == other || one.is_nan() && other.is_nan(),
        (Value::List(ones), Value::List(others)) => {
            ones.len() == others.len()
                && ones
                    .iter()
                    .zip(others)
                    .all(|(one, other)| equal(one, other))
        }
        (Value::Object(ones), Value::Object(others)) => {
            let pair = |((key, one), (other_key, other)): (&(String, Value), &(String, Value))| {
                key == other_key && equal(one, other)
            };
            ones.len() == others.len() && ones.iter().zip(others).all(pair)
        }
        _ => one == other,
    }
}

/// The values of a text; `None` if anything in it is none.
fn sequence(text: &str) -> Option<Vec<Value>> {
    let mut reader = Reader { rest: text };
    let mut values = Vec::new();
    loop {
        reader.skip_space();
        if reader.rest.is_empty() {
            return Some(values);
        }
        values.push(reader.value(0)?);
        if !reader.rest.is_empty()
            && !reader
                .rest
                .starts_with(|next: char| next.is_ascii_whitespace())
        {
            return None;
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn accept(&mut self, word: &str) -> bool {
        self.rest
            .strip_prefix(word)
            .map(|rest| self.rest = rest)
            .is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.rest.chars().next()? {
            '[' => self.list('[', ']', depth).map(Value::List),
            '(' => self.list('(', ')', depth).map(Value::List),
            '{' => self.object(depth),
            quote @ ('"' | '\'') => self.text(quote).map(Value::Text),
            '-' | '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Option<Value> {
        let words = [
            ("true", true),
            ("True", true),
            ("false", false),
            ("False", false),
        ];
        for (word, value) in words {
            if self.accept(word) {
                return Some(Value::Bool(value));
            }
        }
        if self.accept("null") || self.accept("None") {
            return Some(Value::Null);
        }
        self.no_number().map(Value::Float)
    }

    /// What both languages print of a float that is no number: JavaScript and JSON `NaN` and `Infinity`, Python `nan`
    /// and `inf`.
    fn no_number(&mut self) -> Option<f64> {
        if self.accept("NaN") || self.accept("nan") {
            return Some(f64::NAN);
        }
        (self.accept("Infinity") || self.accept("inf")).then_some(f64::INFINITY)
    }

    fn list(&mut self, open: char, close: char, depth: usize) -> Option<Vec<Value>> {
        self.rest = self.rest.strip_prefix(open)?;
        let mut values = Vec::new();
        loop {
            self.skip_space();
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return Some(values);
            }
            if !values.is_empty() {
                self.rest = self.rest.strip_prefix(',')?;
                self.skip_space();
                // Python's tuple of one has a comma behind it.
                if close == ')' && self.rest.starts_with(')') {
                    continue;
                }
            }
            values.push(self.value(depth + 1)?);
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.rest = self.rest.strip_prefix('{')?;
        let mut pairs: Vec<(String, Value)> = Vec::new();
        loop {
            self.skip_space();
            if self.accept("}") {
                pairs.sort_by(|one, other| one.0.cmp(&other.0));
                return Some(Value::Object(pairs));
            }
            if !pairs.is_empty() {
                self.rest = self.rest.strip_prefix(',')?;
                self.skip_space();
            }
            let key = match self.value(depth + 1)? {
                Value::Text(text) | Value::Integer(text) => text,
                _ => return None,
            };
            self.skip_space();
            self.rest = self.rest.strip_prefix(':')?;
            self.skip_space();
            let value = self.value(depth + 1)?;
            pairs.push((key, value));
        }
    }

    fn number(&mut self) -> Option<Value> {
        if let Some(rest) = self.rest.strip_prefix('-')
            && !rest.starts_with(|next: char| next.is_ascii_digit())
        {
            self.rest = rest;
            return self.no_number().map(|float| Value::Float(-float));
        }
        let end = self
            .rest
            .find(|next: char| !(next.is_ascii_digit() || "+-.eE".contains(next)))
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let (sign, size) = digits
            .strip_prefix('-')
            .map_or(("", digits), |size| ("-", size));
        if size.bytes().all(|byte| byte.is_ascii_digit()) && !size.is_empty() {
            let size = size.trim_start_matches('0');
            let whole = if size.is_empty() {
                "0".to_owned()
            } else {
                format!("{sign}{size}")
            };
            return Some(Value::Integer(whole));
        }
        size.starts_with(|first: char| first.is_ascii_digit())
            .then(|| digits.parse().ok().map(Value::Float))?
    }

    fn text(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                _ if letter == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                '\\' => match letters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'u' => text.push(escaped(&mut letters.by_ref().map(|(_, letter)| letter))?),
                    other => text.push(other),
                },
                _ => text.push(letter),
            }
        }
        None
    }
}

/// The letter behind `\u`: of one unit, or of the two that JSON writes for what is beyond the first plane. Half of one
/// is no letter.
fn escaped(letters: &mut impl Iterator<Item = char>) -> Option<char> {
    let first = unit(letters)?;
    let is_half = (0xd800..0xdc00).contains(&first);
    let second = if !is_half {
        None
    } else if letters.next()? == '\\' && letters.next()? == 'u' {
        Some(unit(letters)?)
    } else {
        return None;
    };
    let units = std::iter::once(first).chain(second);
    char::decode_utf16(units).next()?.ok()
}

fn unit(letters: &mut impl Iterator<Item = char>) -> Option<u16> {
    (0..4).try_fold(0_u16, |code, _| {
        let digit = letters.next()?.to_digit(16)?;
        Some(code << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(answer: &str, output: &str) -> bool {
        compare(output.as_bytes(), answer.as_bytes()) == CheckerAnswer::Accepted
    }

    #[test]
    fn equal_tokens_are_equal_whatever_they_are() {
        assert!(accepts("120", "120\n"));
        assert!(accepts("hello  world", "hello world\n"));
        assert!(accepts("[1,2", "[1,2"));
        assert!(!accepts("Hello", "hello"));
        assert!(!accepts("120", "121"));
        assert!(!accepts("1 2", "12"));
    }

    #[test]
    fn equal_values_are_equal_however_they_are_printed() {
        for (answer, output) in [
            ("[1, 2, 3]", "[1,2,3]"),
            ("True", "true"),
            ("None", "null"),
            ("2", "2.0"),
            ("['a', 'b']", "[\"a\",\"b\"]"),
            ("{\"a\": 1, \"b\": [2]}", "{\"b\":[2.0],\"a\":1}"),
            ("(1, 2)", "[1, 2]"),
            ("(1,)", "[1]"),
            ("[1, 2]\n\"x\"", "[1,2] \"x\""),
            ("\"a\\u00e9\\n\"", "'aé\\n'"),
            ("{1: 'x'}", "{\"1\":\"x\"}"),
            ("1e3", "1000"),
            ("[\"\\ud83d\\ude00\"]", "['😀']"),
            ("[nan, inf, -inf]", "[NaN,Infinity,-Infinity]"),
            ("inf", "Infinity"),
            ("-inf", "-Infinity"),
            ("nan", "NaN"),
        ] {
            assert!(accepts(answer, output), "{answer} / {output}");
        }
    }

    #[test]
    fn different_values_differ() {
        for (answer, output) in [
            ("[1, 2]", "[2, 1]"),
            ("[1, 2]", "[1, 2, 3]"),
            ("[1]", "1"),
            ("\"1\"", "1"),
            ("true", "1"),
            ("null", "false"),
            ("123456789012345678901", "123456789012345678902"),
            ("{\"a\": 1}", "{\"a\": 2}"),
            ("{\"a\": 1}", "{\"b\": 1}"),
            ("[1, 2", "[1,2"),
            ("[1 2]", "[1,2]"),
            ("truex", "true"),
            ("[\"\\ud83d\\ude00\"]", "[\"\\ud83d\\ude01\"]"),
            ("[\"\\ud83d\"]", "[\"\\ud83e\"]"),
            ("inf", "-inf"),
            ("nan", "0"),
            ("-", "0"),
            ("info", "inf"),
            ("", "x"),
        ] {
            assert!(!accepts(answer, output), "{answer} / {output}");
        }
        assert!(!accepts(&"9".repeat(400), "inf"));
        assert_eq!(compare(&b""[..], &b"1"[..]), CheckerAnswer::NoOutput);
    }

    #[test]
    fn deep_nesting_is_no_crash() {
        let deep = "[".repeat(100_000);
        assert!(!accepts(&deep, &format!("{deep} ")[1..]));
        assert!(accepts(&deep, &deep));
    }
}
