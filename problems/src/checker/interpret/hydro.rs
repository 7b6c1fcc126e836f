//! Testlib's convention as Hydro reads it: what stands on standard error counts, by its first words and by `status(N)` and
//! `score(N)` in the message.
//!
//! Hydro does not look at the exit status, and what it does not know is a wrong answer. Here testlib's own failure stays the
//! judge's, and so do points that are no part of what the test is worth; and a share is not rounded down to whole points.

use super::{FAILED, broken, ending, shared, text};
use crate::checker::{CheckerAnswer, CheckerRun};
use crate::ratio::Ratio;
use crate::scoring::Value;
use crate::verdict::Verdict;

const PERCENT: usize = 100;

/// What the first words say.
struct Told {
    verdict: Verdict,
    share: Ratio,
    message: String,
}

/// What the message itself asks for.
#[derive(Default)]
struct Asked {
    verdict: Option<Verdict>,
    score: Option<Ratio>,
}

pub(super) fn testlib(status: i32, run: &CheckerRun) -> CheckerAnswer {
    let said = text(&run.stderr);
    let is_silent = said.is_empty() && status != 0;
    if is_silent || status == FAILED || behind(&said, "FAIL").is_some() {
        return broken(&ending(run.end), run);
    }
    let Some(mut told) = told(&said) else {
        return broken("its points are no number from 0 to 100", run);
    };
    let asked = asked(&mut told.message);
    let is_format = behind(&said, "wrong output format").is_some();
    if is_format {
        told.message = format!("PE {}", told.message).trim_end().to_owned();
    }
    if asked.verdict.is_none() && asked.score.is_none() {
        return shared(told.share, told.message);
    }
    let verdict = asked.verdict.unwrap_or(told.verdict);
    let value = match asked.score {
        Some(score) => Value::Points(score),
        None => Value::Share(told.share),
    };
    judged(verdict, value, told.message)
}

/// Only what is at least partly accepted counts, so points make of a wrong answer one that is partly right.
fn judged(verdict: Verdict, value: Value, message: String) -> CheckerAnswer {
    let is_nothing = match &value {
        Value::Points(points) => points.is_zero(),
        Value::Share(share) => share.is_zero(),
    };
    let verdict = match verdict {
        Verdict::AC => Verdict::AC,
        _ if !is_nothing => Verdict::PT,
        other => other,
    };
    let value = match verdict {
        Verdict::AC if value == Value::Share(Ratio::one()) => return CheckerAnswer::Accepted,
        Verdict::WA => return CheckerAnswer::Wrong { message },
        Verdict::AC | Verdict::PT => Some(value),
        _ => None,
    };
    CheckerAnswer::Judged {
        verdict,
        value,
        message,
    }
}

/// The first words; `None`: they name no share.
fn told(said: &str) -> Option<Told> {
    let told = |verdict, share, message: &str| {
        Some(Told {
            verdict,
            share,
            message: message.to_owned(),
        })
    };
    let nothing = Ratio::zero;
    if behind(said, "ok").is_some() {
        // The first line of what is accepted asks for nothing, since Hydro leaves its first word there.
        return told(Verdict::AC, Ratio::one(), said);
    }
    for words in ["wrong answer", "wrong output format"] {
        if let Some(rest) = behind(said, words) {
            return told(Verdict::WA, nothing(), rest);
        }
    }
    if let Some(rest) = behind(said, "partially correct") {
        let (number, rest) = rest.strip_prefix('(')?.split_once(')')?;
        return told(Verdict::WA, share(number)?, rest.trim_start());
    }
    if let Some(rest) = behind(said, "points") {
        let number = rest.split_whitespace().next()?;
        let share = share(number)?;
        let rest = rest[number.len()..].trim_start();
        return match share == Ratio::one() {
            true => told(Verdict::AC, share, rest),
            // As above: the first line begins with another word.
            false => told(Verdict::WA, share, said),
        };
    }
    told(Verdict::WA, nothing(), said)
}

/// What stands behind these words, if it begins with them.
fn behind<'a>(said: &'a str, words: &str) -> Option<&'a str> {
    let rest = said.strip_prefix(words)?;
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    ends.then(|| rest.trim_start())
}

/// A number up to 1 is a share, a larger one is hundredths.
fn share(number: &str) -> Option<Ratio> {
    let number: Ratio = number.trim().parse().ok()?;
    let share = match number > Ratio::one() {
        true => number.divided(PERCENT),
        false => number,
    };
    (!share.is_negative() && share <= Ratio::one()).then_some(share)
}

/// Takes from a message what it asks for, and leaves the rest of the last line that does.
fn asked(message: &mut String) -> Asked {
    let mut asked = Asked::default();
    while let Some((word, number, rest)) = request(message) {
        match word {
            "status" => asked.verdict = verdict_of(number).or(asked.verdict),
            _ => asked.score = number.parse().ok().or(asked.score),
        }
        *message = rest.to_owned();
    }
    asked
}

/// The first line that begins with `status(N)` or `score(N)`: the word, the number and the line behind them.
fn request(message: &str) -> Option<(&'static str, &str, &str)> {
    let line_starts = message.match_indices('\n').map(|(at, _)| at + 1);
    let mut lines = std::iter::once(0).chain(line_starts);
    lines.find_map(|at| {
        let line = message[at..].trim_start();
        let (word, rest) = ["status", "score"]
            .into_iter()
            .find_map(|word| Some((word, line.strip_prefix(word)?)))?;
        let (number, rest) = rest.strip_prefix('(')?.split_once(')')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let rest = rest.trim_start().lines().next().unwrap_or_default();
        is_number.then_some((word, number, rest))
    })
}

/// Hydro's numbers of verdicts, as far as a checker may give them. No test fails to compile, so its number 7 is as good as none.
fn verdict_of(number: &str) -> Option<Verdict> {
    let verdict = match number.trim_start_matches('0') {
        "1" => Verdict::AC,
        "2" => Verdict::WA,
        "3" => Verdict::TLE,
        "4" => Verdict::MLE,
        "5" => Verdict::OLE,
        "6" => Verdict::RTE,
        "31" => Verdict::PE,
        _ => return None,
    };
    Some(verdict)
}
