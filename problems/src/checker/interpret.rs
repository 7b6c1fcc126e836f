//! What a custom checker's exit status, texts and feedback files mean, in each dialect.

use super::{CheckerAnswer, CheckerRun};
use crate::decide::RunEnd;
use crate::points::Points;

const MESSAGE_MAX: usize = 2000;

/// Verdicts-and-checkers 4.3: 42 accepts, 43 rejects, everything else is a judge error.
pub(super) fn kattis(run: &CheckerRun) -> CheckerAnswer {
    let judge_message = run
        .feedback
        .get("judgemessage.txt")
        .map(|bytes| text(bytes))
        .unwrap_or_default();
    let scored = ["score.txt", "score_multiplier.txt"]
        .iter()
        .find(|name| run.feedback.contains_key(**name));
    match (run.end, scored) {
        (RunEnd::Exited(42 | 43), Some(name)) => broken(
            &format!("it wrote {name}, but the problem is not scored"),
            run,
        ),
        (RunEnd::Exited(42 | 43), None) if run.feedback.contains_key("nextpass.in") => broken(
            "it asked for a further pass, but the problem has only one",
            run,
        ),
        (RunEnd::Exited(42), None) => CheckerAnswer::Accepted,
        (RunEnd::Exited(43), None) => CheckerAnswer::Wrong {
            message: judge_message,
        },
        _ => broken(&ending(run.end), run),
    }
}

/// Verdicts-and-checkers 4.4. The exit status of `_pc` collides with others, so the first words decide there.
pub(super) fn testlib(run: &CheckerRun) -> CheckerAnswer {
    let RunEnd::Exited(status) = run.end else {
        return broken(&ending(run.end), run);
    };
    let said = text(&run.stderr);
    if let Some(rest) = said.strip_prefix("partially correct (") {
        let points = rest
            .split_once(')')
            .and_then(|(number, _)| number.trim().parse::<Points>().ok());
        return points.map_or_else(|| broken("it gave no points", run), CheckerAnswer::Points);
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
            let points = number.and_then(|number| number.parse::<Points>().ok());
            points.map_or_else(|| broken("it gave no points", run), CheckerAnswer::Points)
        }
        _ => broken(&ending(run.end), run),
    }
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
mod tests {
    use super::*;
    use crate::checker::{CheckerPaths, Dialect};

    fn run(end: RunEnd, stderr: &str, feedback: &[(&str, &str)]) -> CheckerRun {
        let feedback = feedback
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
            .collect();
        CheckerRun {
            end,
            stdout: Vec::new(),
            stderr: stderr.as_bytes().to_vec(),
            feedback,
        }
    }

    fn wrong(message: &str) -> CheckerAnswer {
        CheckerAnswer::Wrong {
            message: message.to_owned(),
        }
    }

    fn presentation(message: &str) -> CheckerAnswer {
        CheckerAnswer::Presentation {
            message: message.to_owned(),
        }
    }

    fn failed(what: &str) -> CheckerAnswer {
        CheckerAnswer::Broken {
            reason: format!("the checker failed: {what}"),
        }
    }

    #[test]
    fn kattis_knows_42_and_43_and_all_else_is_broken() {
        use RunEnd::*;
        let table = [
            (run(Exited(42), "", &[]), CheckerAnswer::Accepted),
            (
                run(Exited(42), "", &[("judgemessage.txt", "nice")]),
                CheckerAnswer::Accepted,
            ),
            (run(Exited(43), "", &[]), wrong("")),
            (
                run(Exited(43), "noise", &[("judgemessage.txt", "line 3 \n")]),
                wrong("line 3"),
            ),
            (
                run(Exited(0), "", &[]),
                failed("it ended with exit status 0"),
            ),
            (
                run(Exited(1), "Traceback", &[]),
                failed("it ended with exit status 1: Traceback"),
            ),
            (run(Signaled(11), "", &[]), failed("signal 11 ended it")),
            (
                run(CpuLimit, "", &[]),
                failed("it used more CPU time than allowed"),
            ),
            (
                run(MemoryLimit, "", &[]),
                failed("it used more memory than allowed"),
            ),
            (
                run(Exited(42), "", &[("score.txt", "3")]),
                failed("it wrote score.txt, but the problem is not scored"),
            ),
            (
                run(Exited(43), "", &[("nextpass.in", "")]),
                failed("it asked for a further pass, but the problem has only one"),
            ),
        ];
        for (run, wanted) in table {
            assert_eq!(Dialect::Kattis.interpret(&run), wanted, "{run:?}");
        }
    }

    #[test]
    fn testlib_statuses_and_prefixes() {
        use RunEnd::*;
        let points = |text: &str| CheckerAnswer::Points(text.parse().unwrap());
        let table = [
            (run(Exited(0), "ok 5 numbers", &[]), CheckerAnswer::Accepted),
            (
                run(Exited(1), "wrong answer 3rd differs", &[]),
                wrong("3rd differs"),
            ),
            (
                run(Exited(2), "wrong output format Extra information", &[]),
                presentation("Extra information"),
            ),
            (
                run(Exited(3), "FAIL bad answer file", &[]),
                failed("it ended with exit status 3: FAIL bad answer file"),
            ),
            (run(Exited(7), "points 2.5 half", &[]), points("2.5")),
            (
                run(Exited(7), "points", &[]),
                failed("it gave no points: points"),
            ),
            (
                run(Exited(8), "unexpected eof token expected", &[]),
                presentation("token expected"),
            ),
            (
                run(Exited(0), "partially correct (0) none", &[]),
                points("0"),
            ),
            (
                run(Exited(17), "partially correct (17) some", &[]),
                points("17"),
            ),
            (
                run(Exited(99), "", &[]),
                failed("it ended with exit status 99"),
            ),
            (run(Signaled(6), "", &[]), failed("signal 6 ended it")),
        ];
        for (run, wanted) in table {
            assert_eq!(Dialect::Testlib.interpret(&run), wanted, "{run:?}");
        }
    }

    #[test]
    fn each_dialect_has_its_order_of_arguments() {
        let paths = CheckerPaths {
            input: "in",
            answer: "ans",
            output: "out",
            feedback_dir: "fb",
        };
        assert_eq!(Dialect::Kattis.arguments(&paths), ["in", "ans", "fb/"]);
        assert_eq!(Dialect::Testlib.arguments(&paths), ["in", "out", "ans"]);
    }
}
