//! The default validator of the ICPC and Kattis formats, native: tokens, letters' case, white space, numbers within
//! a tolerance (package-formats 5.2). Streams of any size are compared in bounded memory.

use std::io::{self, Read};

use super::tokens::{Token, Tokens, is_space};
use super::{CheckerAnswer, DefaultFlags};

impl DefaultFlags {
    /// Compares an output with the jury's answer.
    ///
    /// `NoOutput` is said of an output without any token where the answer has one. A stream that cannot be read is the
    /// judge's fault. Numbers longer than 64 KiB are compared as text.
    #[must_use]
    pub fn compare(&self, output: impl Read, answer: impl Read) -> CheckerAnswer {
        let mut comparison = Comparison {
            flags: self,
            output: Tokens::new(output),
            answer: Tokens::new(answer),
        };
        match comparison.run() {
            Ok(None) => CheckerAnswer::Accepted,
            Ok(Some(_)) if comparison.output.count == 0 && comparison.answer.count > 0 => {
                CheckerAnswer::NoOutput
            }
            Ok(Some(difference)) => CheckerAnswer::Wrong {
                message: difference,
            },
            Err(error) => CheckerAnswer::Broken {
                reason: format!("the output or its answer cannot be read: {error}"),
            },
        }
    }
}

struct Comparison<'a, O, A> {
    flags: &'a DefaultFlags,
    output: Tokens<O>,
    answer: Tokens<A>,
}

impl<O: Read, A: Read> Comparison<'_, O, A> {
    /// The first difference; `None`: there is none.
    fn run(&mut self) -> io::Result<Option<String>> {
        let fold = !self.flags.case_sensitive;
        let (mut wanted, mut got) = (Token::default(), Token::default());
        loop {
            if self.flags.space_change_sensitive
                && let Some(difference) = self.spaces()?
            {
                // What follows decides between a wrong output and none at all.
                self.output.next(&mut got, fold)?;
                self.answer.next(&mut wanted, fold)?;
                return Ok(Some(difference));
            }
            let (more_wanted, more) = (
                self.answer.next(&mut wanted, fold)?,
                self.output.next(&mut got, fold)?,
            );
            match (more_wanted, more) {
                (false, false) => return Ok(None),
                (true, false) => {
                    return Ok(Some(
                        self.at(&format!("expected {}, got the end", wanted.quoted())),
                    ));
                }
                (false, true) => {
                    return Ok(Some(
                        self.at(&format!("expected the end, got {}", got.quoted())),
                    ));
                }
                (true, true) => {}
            }
            if let Some(difference) = self.differ(&wanted, &got) {
                return Ok(Some(self.at(&difference)));
            }
        }
    }

    /// Compares white space byte by byte up to the next token on both sides.
    fn spaces(&mut self) -> io::Result<Option<String>> {
        loop {
            let wanted = self.answer.peek()?.filter(|byte| is_space(*byte));
            let got = self.output.peek()?.filter(|byte| is_space(*byte));
            match (wanted, got) {
                (None, None) => return Ok(None),
                (Some(one), Some(other)) if one == other => {
                    self.answer.take(one);
                    self.output.take(other);
                }
                _ => {
                    return Ok(Some(self.at(&format!(
                        "white space differs: expected {}, got {}",
                        space(wanted),
                        space(got)
                    ))));
                }
            }
        }
    }

    fn differ(&self, wanted: &Token, got: &Token) -> Option<String> {
        let number = |token: &Token| token.bytes().and_then(float);
        if self.flags.has_tolerance()
            && let Some(answer) = number(wanted)
        {
            let Some(output) = number(got) else {
                return Some(format!(
                    "expected the number {}, got {}",
                    wanted.quoted(),
                    got.quoted()
                ));
            };
            return (!self.close(answer, output)).then(|| {
                let apart = (answer - output).abs();
                format!(
                    "expected {}, got {}, which is {apart:e} apart",
                    wanted.quoted(),
                    got.quoted()
                )
            });
        }
        (!wanted.same(got)).then(|| format!("expected {}, got {}", wanted.quoted(), got.quoted()))
    }

    #[expect(
        clippy::float_cmp,
        reason = "two infinities are equal or have no distance"
    )]
    fn close(&self, answer: f64, output: f64) -> bool {
        let apart = (answer - output).abs();
        if !apart.is_finite() {
            return answer == output;
        }
        answer == output
            || self
                .flags
                .float_absolute
                .is_some_and(|tolerance| apart <= tolerance)
            || self
                .flags
                .float_relative
                .is_some_and(|tolerance| apart <= tolerance * answer.abs())
    }

    fn at(&self, difference: &str) -> String {
        format!(
            "line {}, token {}: {difference}",
            self.output.line,
            self.output.count.max(1)
        )
    }
}

fn space(byte: Option<u8>) -> String {
    match byte {
        None => "none".to_owned(),
        Some(b' ') => "a space".to_owned(),
        Some(b'\n') => "a line end".to_owned(),
        Some(b'\r') => "a carriage return".to_owned(),
        Some(b'\t') => "a tab".to_owned(),
        Some(byte) => format!("byte {byte:#04x}"),
    }
}

/// The value of a token by the format's grammar `[+-]?(\d*\.\d+|\d+\.|\d+)([eE][+-]?\d+)?`; no inf, nan or hex.
fn float(token: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(token).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_float = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let plain = unsigned
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    // Rust's own grammar, with the words taken away, is the format's.
    if is_float && plain {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
