//! What a checker says at its end: `quitf` and what it does to a message.

use std::io;

use crate::checker::CheckerAnswer;

/// Bytes that testlib puts around what it adds to a message, to find them again.
const OPEN: u8 = 11;
const CLOSE: u8 = 17;

/// The name of the answer's file in messages.
const ANSWER: &str = "answer";

/// The results that standard checkers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `_ok`, exit status 0.
    Ok,
    /// `_wa`, exit status 1.
    Wrong,
    /// `_pe`, exit status 2.
    Presentation,
    /// `_fail`, exit status 3: the jury's fault.
    Fail,
}

/// What a checker says at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The result.
    pub outcome: Outcome,
    /// The message without the result's words; any bytes, since it may cut a letter in two.
    pub message: Vec<u8>,
}

/// Why reading goes no further.
pub(super) enum Stop {
    /// The checker has its result.
    Quit(Report),
    /// The stream failed.
    Unreadable(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// A checker's last word.
pub(super) fn quit(outcome: Outcome, message: impl AsRef<[u8]>) -> Report {
    let message = trim(message.as_ref()).to_vec();
    Report {
        outcome,
        message: printable(message),
    }
}

/// The last word where the jury's answer is at fault.
pub(super) fn fail_of_answer(message: &[u8]) -> Report {
    quit(Outcome::Fail, with_name(trim(message)))
}

/// Blanks are what testlib takes for them: no vertical tab or form feed.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim(message: &[u8]) -> &[u8] {
    let is_ink = |byte: &u8| !is_blank(*byte);
    let start = message.iter().position(is_ink).unwrap_or(message.len());
    let end = message.iter().rposition(is_ink).map_or(start, |at| at + 1);
    &message[start..end]
}

/// The places of the one opening and the one closing bracket behind it, if it is so.
fn brackets(message: &[u8]) -> Option<(usize, usize)> {
    let only = |bracket: u8| {
        let mut places = message.iter().enumerate().filter(|(_, b)| **b == bracket);
        let first = places.next().map(|(at, _)| at);
        first.filter(|_| places.next().is_none())
    };
    let (open, close) = (only(OPEN)?, only(CLOSE)?);
    (open < close).then_some((open, close))
}

fn with_name(message: &[u8]) -> Vec<u8> {
    let name = ANSWER.as_bytes();
    let Some((open, close)) = brackets(message) else {
        return [message, b" ", &[OPEN], name, &[CLOSE]].concat();
    };
    let found = message[open..].windows(name.len()).position(|w| w == name);
    if found.is_some_and(|at| open + at < close) {
        return message.to_vec();
    }
    [&message[..close], b", ", name, &message[close..]].concat()
}

fn printable(mut message: Vec<u8>) -> Vec<u8> {
    if let Some((open, close)) = brackets(&message) {
        message[open] = b'(';
        message[close] = b')';
    }
    message
}

impl Report {
    /// The line that testlib prints on standard error, without its end.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let words = match self.outcome {
            Outcome::Ok => "ok ",
            Outcome::Wrong => "wrong answer ",
            Outcome::Presentation => "wrong output format ",
            Outcome::Fail => "FAIL ",
        };
        [words.as_bytes(), &self.message].concat()
    }

    /// What it means for the output.
    #[must_use]
    pub fn answer(&self) -> CheckerAnswer {
        let message = String::from_utf8_lossy(&self.message).into_owned();
        match self.outcome {
            Outcome::Ok => CheckerAnswer::Accepted,
            Outcome::Wrong => CheckerAnswer::Wrong { message },
            Outcome::Presentation => CheckerAnswer::Presentation { message },
            Outcome::Fail => CheckerAnswer::Broken {
                reason: format!("the checker failed: FAIL {message}"),
            },
        }
    }
}
