//! Lines, one by one, as Hydro's own checkers compare them.

use std::io::{self, BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};

use super::CheckerAnswer;

/// Characters of a line that a message quotes.
const QUOTED_MAX: usize = 40;

/// What of two texts has to be equal. Carriage returns at a line's end are never a difference, nor is a missing line break at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineRule {
    /// Lines without the blanks at their ends, and no empty lines at the end (`default`).
    WithoutTrailing,
    /// Lines as they are (`strict`).
    Exact,
}

impl LineRule {
    /// Compares an output with the jury's answer, a line of each in memory at a time.
    #[must_use]
    pub fn compare(self, output: impl Read, answer: impl Read) -> CheckerAnswer {
        match self.difference(output, answer) {
            Ok(None) => CheckerAnswer::Accepted,
            Ok(Some(message)) => CheckerAnswer::Wrong { message },
            Err(error) => CheckerAnswer::Broken {
                reason: format!("the output or its answer cannot be read: {error}"),
            },
        }
    }

    fn difference(self, output: impl Read, answer: impl Read) -> io::Result<Option<String>> {
        let (mut output, mut answer) = (Lines::new(self, output), Lines::new(self, answer));
        let mut number = 0u64;
        loop {
            number += 1;
            let (has_got, has_wanted) = (output.next()?, answer.next()?);
            let (got, wanted) = (&output.line, &answer.line);
            match (has_got, has_wanted) {
                (false, false) => return Ok(None),
                (true, true) if got == wanted => {}
                (true, true) => {
                    let (wanted, got) = (quoted(wanted), quoted(got));
                    return Ok(Some(format!("line {number}: expected {wanted}, got {got}")));
                }
                (false, true) => {
                    let wanted = quoted(wanted);
                    return Ok(Some(format!(
                        "line {number}: expected {wanted}, got the end"
                    )));
                }
                (true, false) => {
                    let got = quoted(got);
                    return Ok(Some(format!("line {number}: expected the end, got {got}")));
                }
            }
        }
    }
}

/// A text's lines in their order, as the rule sees them.
struct Lines<R> {
    rule: LineRule,
    source: BufReader<R>,
    line: Vec<u8>,
    /// Empty lines that were read and are lines only if another one follows.
    empty: u64,
    /// The line behind them.
    ahead: Option<Vec<u8>>,
}

impl<R: Read> Lines<R> {
    fn new(rule: LineRule, source: R) -> Self {
        Self {
            rule,
            source: BufReader::new(source),
            line: Vec::new(),
            empty: 0,
            ahead: None,
        }
    }

    /// Makes the next line the current one; `false`: there is none.
    fn next(&mut self) -> io::Result<bool> {
        loop {
            if let Some(ahead) = &mut self.ahead {
                if self.empty > 0 {
                    self.empty -= 1;
                    self.line.clear();
                } else {
                    self.line = std::mem::take(ahead);
                    self.ahead = None;
                }
                return Ok(true);
            }
            if !self.read()? {
                self.line.clear();
                return Ok(false);
            }
            if self.rule == LineRule::Exact {
                return Ok(true);
            }
            if self.line.is_empty() {
                self.empty += 1;
            } else {
                self.ahead = Some(std::mem::take(&mut self.line));
            }
        }
    }

    fn read(&mut self) -> io::Result<bool> {
        self.line.clear();
        if self.source.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(false);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        let is_dropped = |byte: &u8| match self.rule {
            LineRule::WithoutTrailing => b" \t\r".contains(byte),
            LineRule::Exact => *byte == b'\r',
        };
        let kept = self.line.iter().rposition(|byte| !is_dropped(byte));
        self.line.truncate(kept.map_or(0, |at| at + 1));
        Ok(true)
    }
}

fn quoted(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut shown: String = text.chars().take(QUOTED_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_compared_as_hydro_does() {
        use LineRule::{Exact, WithoutTrailing};
        let table: [(&str, &str, &str, &str); 12] = [
            ("", "", "", ""),
            ("1 2\n3\n", "1 2\n3", "", ""),
            ("1 2\r\n3\r\n", "1 2\n3\n", "", ""),
            (
                "1 2 \t\n3\n",
                "1 2\n3\n",
                "",
                "line 1: expected \"1 2\", got \"1 2 \\t\"",
            ),
            ("1\n\n \n", "1\n", "", "line 2: expected the end, got \"\""),
            ("1\n\n2\n", "1\n\n2\n", "", ""),
            (
                "1\n2\n",
                "1\n\n2\n",
                "line 2: expected \"\", got \"2\"",
                "line 2: expected \"\", got \"2\"",
            ),
            (
                " 1\n",
                "1\n",
                "line 1: expected \"1\", got \" 1\"",
                "line 1: expected \"1\", got \" 1\"",
            ),
            (
                "a  b\n",
                "a b\n",
                "line 1: expected \"a b\", got \"a  b\"",
                "line 1: expected \"a b\", got \"a  b\"",
            ),
            (
                "A\n",
                "a\n",
                "line 1: expected \"a\", got \"A\"",
                "line 1: expected \"a\", got \"A\"",
            ),
            (
                "1\n",
                "1\n2\n",
                "line 2: expected \"2\", got the end",
                "line 2: expected \"2\", got the end",
            ),
            (
                "1\n\n\n2\n",
                "1\n",
                "line 2: expected the end, got \"\"",
                "line 2: expected the end, got \"\"",
            ),
        ];
        for (output, answer, without, exact) in table {
            for (rule, wanted) in [(WithoutTrailing, without), (Exact, exact)] {
                let found = rule.compare(output.as_bytes(), answer.as_bytes());
                let message = wanted.to_owned();
                let wanted = match wanted {
                    "" => CheckerAnswer::Accepted,
                    _ => CheckerAnswer::Wrong { message },
                };
                assert_eq!(found, wanted, "{rule:?} {output:?} {answer:?}");
            }
        }
    }

    #[test]
    fn a_long_line_is_not_quoted_whole() {
        let long = "x".repeat(1000);
        let found = LineRule::Exact.compare(long.as_bytes(), "y".as_bytes());
        let message = found.message().unwrap().to_owned();
        assert!(message.len() < 100 && message.ends_with("…\""), "{message}");
    }
}
