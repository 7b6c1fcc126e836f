//! What a custom checker's exit status, texts and feedback files mean, in each dialect.

use super::dialect::{LEMON_FULL, LEMON_MESSAGE, LEMON_SCORE};
use super::{CheckerAnswer, CheckerRun, Dialect, Scores};
use crate::decide::RunEnd;
use crate::points::Points;
use crate::ratio::Ratio;

mod hydro;

const MESSAGE_MAX: usize = 2000;
const SCORE: &str = "score.txt";
const MULTIPLIER: &str = "score_multiplier.txt";
const PERCENT: u32 = 100;
/// Testlib's exit status for a failure of the checker or of the jury's files.
const FAILED: i32 = 3;

pub(super) fn interpret(dialect: Dialect, run: &CheckerRun, scores: Scores) -> CheckerAnswer {
    let RunEnd::Exited(status) = run.end else {
        return broken(&ending(run.end), run);
    };
    match dialect {
        Dialect::Kattis | Dialect::KattisStatic => kattis(status, run, scores),
        Dialect::Testlib if scores == Scores::Hydro => hydro::testlib(status, run),
        Dialect::Testlib => testlib(status, run, scores),
        Dialect::Dmoj => by_status(status, run, &[(0, Says::Yes), (1, Says::No)]),
        Dialect::DmojTestlib | Dialect::DmojCoci => dmoj(dialect, status, run),
        Dialect::Cms => printed(status, run, 1, first_line(&run.stderr)),
        Dialect::Omegaup => printed(status, run, 1, String::new()),
        Dialect::Syzoj => printed(status, run, PERCENT, text(&run.stderr)),
        Dialect::Hustoj if status != 0 => CheckerAnswer::Wrong { message: said(run) },
        Dialect::Hustoj => CheckerAnswer::Accepted,
        Dialect::Qduoj => by_status(status, run, &[(0, Says::Yes), (1, Says::No)]),
        Dialect::Lemon => lemon(status, run),
        Dialect::Ejudge => ejudge(status, run, scores),
    }
}

/// The text for the jury, without the word that only repeats the answer.
pub(super) fn remark(dialect: Dialect, run: &CheckerRun) -> String {
    match dialect {
        Dialect::Kattis | Dialect::KattisStatic => feedback(run, "judgemessage.txt"),
        Dialect::Testlib => {
            let said = text(&run.stderr);
            let word = said.split_whitespace().next();
            without(&said, word.filter(|word| *word == "ok").unwrap_or_default())
        }
        Dialect::Cms => named(first_line(&run.stderr)),
        Dialect::Syzoj | Dialect::DmojTestlib | Dialect::DmojCoci => text(&run.stderr),
        Dialect::Lemon => feedback(run, LEMON_MESSAGE),
        Dialect::Ejudge => text(&run.stderr),
        Dialect::Dmoj | Dialect::Hustoj | Dialect::Qduoj => said(run),
        Dialect::Omegaup => String::new(),
    }
}

/// What an exit status says.
#[derive(Clone, Copy)]
enum Says {
    Yes,
    No,
    Format,
}

fn by_status(status: i32, run: &CheckerRun, table: &[(i32, Says)]) -> CheckerAnswer {
    let message = said(run);
    match table.iter().find(|(known, _)| *known == status) {
        Some((_, Says::Yes)) => CheckerAnswer::Accepted,
        Some((_, Says::No)) => CheckerAnswer::Wrong { message },
        Some((_, Says::Format)) => CheckerAnswer::Presentation { message },
        None => broken(&ending(run.end), run),
    }
}

/// Verdicts-and-checkers 4.3: 42 accepts, 43 rejects, everything else is a judge error.
fn kattis(status: i32, run: &CheckerRun, scores: Scores) -> CheckerAnswer {
    let message = feedback(run, "judgemessage.txt");
    let has = |name: &&str| run.feedback.contains_key(*name);
    let found = [SCORE, MULTIPLIER].into_iter().find(has);
    match (status, found, scores) {
        (42 | 43, Some(name), Scores::Refused) => broken(
            &format!("it wrote {name}, but the problem is not scored"),
            run,
        ),
        (42 | 43, _, _) if run.feedback.contains_key("nextpass.in") => broken(
            "it asked for a further pass, but the problem has only one",
            run,
        ),
        (43, Some(name), Scores::V2025) => {
            broken(&format!("it wrote {name} of a rejected output"), run)
        }
        (42, Some(_), _) => kattis_score(run, scores),
        (42, None, _) => CheckerAnswer::Accepted,
        (43, _, _) => CheckerAnswer::Wrong { message },
        _ => broken(&ending(run.end), run),
    }
}

fn kattis_score(run: &CheckerRun, scores: Scores) -> CheckerAnswer {
    let read = |name: &str| Some((feedback(run, name), run.feedback.get(name)?));
    match (read(SCORE), read(MULTIPLIER)) {
        (Some(_), Some(_)) => broken("it wrote score.txt and score_multiplier.txt", run),
        (None, Some((text, _))) if scores == Scores::V2025 => match text.parse::<Ratio>() {
            Ok(share) if !share.is_negative() && share <= Ratio::one() => {
                shared(share, feedback(run, "judgemessage.txt"))
            }
            _ => broken(
                &format!("score_multiplier.txt has {text:?}, which is no number from 0 to 1"),
                run,
            ),
        },
        (Some((text, _)), None) => match text.parse::<Ratio>() {
            Ok(score) if scores == Scores::Legacy || !score.is_negative() => {
                CheckerAnswer::Points(score.points())
            }
            _ => broken(&format!("score.txt has {text:?}, which is no score"), run),
        },
        _ => CheckerAnswer::Accepted,
    }
}

/// Verdicts-and-checkers 4.4. The exit status of `_pc` collides with others, so the first words decide there.
fn testlib(status: i32, run: &CheckerRun, scores: Scores) -> CheckerAnswer {
    let said = text(&run.stderr);
    if let Some(rest) = said.strip_prefix("partially correct (") {
        let parted = rest.split_once(')');
        let percent = parted.and_then(|(number, _)| number.trim().parse::<u32>().ok());
        let (Some(percent), Some((_, message))) = (percent, parted) else {
            return broken("it gave no points", run);
        };
        let share = Ratio::from(percent.min(PERCENT)).divided(PERCENT as usize);
        return shared(share, message.trim().to_owned());
    }
    match status {
        0 => CheckerAnswer::Accepted,
        1 => CheckerAnswer::Wrong {
            message: without(&said, "wrong answer"),
        },
        2 | 4 => CheckerAnswer::Presentation {
            message: without(&said, "wrong output format"),
        },
        8 => CheckerAnswer::Presentation {
            message: without(&said, "unexpected eof"),
        },
        7 => {
            let number = said
                .strip_prefix("points")
                .and_then(|rest| rest.split_whitespace().next());
            if scores == Scores::Percent {
                let given = number.and_then(|number| number.parse::<Ratio>().ok());
                let share = given.map(|given| given.divided(PERCENT as usize));
                return match share.filter(|share| !share.is_negative() && *share <= Ratio::one()) {
                    Some(share) => shared(share, String::new()),
                    None => broken("its points are no number from 0 to 100", run),
                };
            }
            let points = number.and_then(|number| number.parse::<Points>().ok());
            points.map_or_else(|| broken("it gave no points", run), CheckerAnswer::Points)
        }
        _ => broken(&ending(run.end), run),
    }
}

/// The two checkers of DMOJ that may give a part, on a line of its own.
fn dmoj(dialect: Dialect, status: i32, run: &CheckerRun) -> CheckerAnswer {
    let is_testlib = dialect == Dialect::DmojTestlib;
    if status != 7 {
        let table = [(0, Says::Yes), (1, Says::No), (2, Says::Format)];
        return by_status(status, run, &table[..if is_testlib { 3 } else { 2 }]);
    }
    let said = String::from_utf8_lossy(&run.stderr);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let given = said.lines().find_map(|line| {
        if is_testlib {
            let number = line
                .strip_prefix("points ")
                .filter(|text| is_number(text))?;
            return number.parse().ok().map(CheckerAnswer::Points);
        }
        let part = line.strip_prefix("partial ")?;
        let share: Ratio = part.parse().ok()?;
        (!share.is_negative() && share <= Ratio::one()).then(|| shared(share, String::new()))
    });
    given.unwrap_or_else(|| broken("it gave no points", run))
}

/// Dialects that print a number between nothing and all.
fn printed(status: i32, run: &CheckerRun, all: u32, message: String) -> CheckerAnswer {
    if status != 0 {
        return broken(&ending(run.end), run);
    }
    let line = first_line(&run.stdout);
    let message = named(message);
    match line.parse::<Ratio>() {
        Ok(number) if !number.is_negative() && number <= Ratio::from(all) => {
            shared(number.divided(all as usize), message)
        }
        _ => broken(
            &format!("it printed {line:?}, which is no number from 0 to {all}"),
            run,
        ),
    }
}

/// CMS has its usual messages translated by their names.
fn named(message: String) -> String {
    match message.as_str() {
        "translate:success" => "Output is correct".to_owned(),
        "translate:wrong" => "Output isn't correct".to_owned(),
        "translate:partial" => "Output is partially correct".to_owned(),
        _ => message,
    }
}

fn lemon(status: i32, run: &CheckerRun) -> CheckerAnswer {
    if status != 0 {
        return broken(&ending(run.end), run);
    }
    let score = feedback(run, LEMON_SCORE);
    match score.parse::<Ratio>() {
        Ok(number) if !number.is_negative() && number <= Ratio::from(LEMON_FULL) => shared(
            number.divided(LEMON_FULL as usize),
            feedback(run, LEMON_MESSAGE),
        ),
        _ => broken(
            &format!("its score file has {score:?}, which is no number from 0 to {LEMON_FULL}"),
            run,
        ),
    }
}

fn ejudge(status: i32, run: &CheckerRun, scores: Scores) -> CheckerAnswer {
    if status == 0 && scores != Scores::Refused {
        let line = first_line(&run.stdout);
        return match line.parse::<Ratio>() {
            Ok(points) => CheckerAnswer::Points(points.points()),
            Err(_) => broken(&format!("it printed {line:?}, which is no score"), run),
        };
    }
    let table = [(0, Says::Yes), (4, Says::Format), (5, Says::No)];
    by_status(status, run, &table)
}

/// A share where all is accepted and nothing is wrong.
fn shared(share: Ratio, message: String) -> CheckerAnswer {
    match () {
        () if share >= Ratio::one() => CheckerAnswer::Accepted,
        () if share.is_zero() => CheckerAnswer::Wrong { message },
        () => CheckerAnswer::Share { share, message },
    }
}

/// What it printed, on standard error or else on standard output.
fn said(run: &CheckerRun) -> String {
    let said = text(&run.stderr);
    if said.is_empty() {
        text(&run.stdout)
    } else {
        said
    }
}

fn first_line(bytes: &[u8]) -> String {
    text(
        bytes
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default(),
    )
}

fn feedback(run: &CheckerRun, name: &str) -> String {
    let bytes = run.feedback.get(name);
    bytes.map(|bytes| text(bytes)).unwrap_or_default()
}

fn ending(end: RunEnd) -> String {
    match end {
        RunEnd::Exited(status) => format!("it ended with exit status {status}"),
        RunEnd::Signaled(signal) => format!("signal {signal} ended it"),
        RunEnd::CpuLimit => "it used more CPU time than allowed".to_owned(),
        RunEnd::WallLimit => "it took longer than allowed".to_owned(),
        RunEnd::IdleLimit => "it was idle for too long".to_owned(),
        RunEnd::MemoryLimit => "it used more memory than allowed".to_owned(),
        RunEnd::OutputLimit => "it wrote more than allowed".to_owned(),
        RunEnd::SecurityViolation => "it made a forbidden system call".to_owned(),
        RunEnd::Cancelled => "it was stopped".to_owned(),
    }
}

fn broken(what: &str, run: &CheckerRun) -> CheckerAnswer {
    let said = [
        run.feedback.get("judgemessage.txt"),
        run.feedback.get("judgeerror.txt"),
        Some(&run.stderr),
        Some(&run.stdout),
    ]
    .into_iter()
    .flatten()
    .map(|bytes| text(bytes))
    .find(|said| !said.is_empty());
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    CheckerAnswer::Broken {
        reason: format!("the checker failed: {what}{said}"),
    }
}

fn without(said: &str, prefix: &str) -> String {
    said.strip_prefix(prefix).unwrap_or(said).trim().to_owned()
}

fn text(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(MESSAGE_MAX)];
    String::from_utf8_lossy(cut).trim().to_owned()
}

#[cfg(test)]
mod tests;
