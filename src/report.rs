//! A judgement for people and for programs: the table of tests with the verdict last, or JSON.

use std::fmt::Write;

use serde::Serialize;
use tribunal_actors::{BuildReport, TestReport};
use tribunal_problems::Verdict;

use crate::table::{Side, Table, Tint, harmless, tinted};
use crate::units::show_bytes;

/// Last lines of a compiler's log that are shown.
const LOG_LINES_MAX: usize = 10;

/// `judge --json`.
#[derive(Debug, Serialize)]
pub(crate) struct JudgeJson<'a> {
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    language: &'a str,
    compile: CompileJson<'a>,
    tests: Vec<TestJson<'a>>,
    /// Why it could not be judged, where no single test is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct CompileJson<'a> {
    verdict: Verdict,
    cpu_ms: u64,
    log: &'a str,
}

#[derive(Debug, Serialize)]
struct TestJson<'a> {
    name: &'a str,
    verdict: Verdict,
    cpu_ms: u64,
    wall_ms: u64,
    memory_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// Why there is no file that would be the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_fault: Option<&'a str>,
    /// Of an interactive test, what was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    degraded: &'a [String],
}

impl<'a> JudgeJson<'a> {
    /// The report of a submission in this language.
    pub(crate) fn of(language: &'a str, report: &'a BuildReport) -> Self {
        Self {
            verdict: report.verdict,
            score: report.score,
            language,
            compile: CompileJson {
                verdict: report.compile.verdict,
                cpu_ms: report.compile.cpu_ms,
                log: &report.compile.log,
            },
            tests: report.tests.iter().map(TestJson::of).collect(),
            fault: report.fault.as_ref().map(|fault| fault.reason.as_str()),
        }
    }
}

impl<'a> TestJson<'a> {
    fn of(test: &'a TestReport) -> Self {
        Self {
            name: &test.name,
            verdict: test.verdict,
            cpu_ms: test.cpu_ms,
            wall_ms: test.wall_ms,
            memory_bytes: test.memory_bytes,
            exit_code: test.exit_code,
            signal: test.signal,
            message: test.message.as_deref(),
            output_fault: test.output_fault.as_deref(),
            transcript: test.transcript.as_deref(),
            points: test.points,
            degraded: &test.degraded,
        }
    }
}

/// The report for a person: what the compiler said, a row for each test, the verdict last.
pub(crate) fn for_people(language: &str, report: &BuildReport, coloured: bool) -> String {
    let mut text = String::new();
    let compiled = report.compile.verdict == Verdict::AC;
    let log = harmless(&last_lines(&report.compile.log));
    if compiled && !log.is_empty() {
        for line in log.lines() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {}", tinted(line, Tint::Dim, coloured));
        }
        text.push('\n');
    }
    if compiled && !report.tests.is_empty() {
        text.push_str(&tests(&report.tests).render(coloured));
        text.push('\n');
    }
    if let Some(failure) = failure(report) {
        let mut lines = failure.lines();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(text, "{}", tinted(&harmless(first), Tint::Bold, coloured));
        for line in lines {
            let _ = writeln!(text, "  {}", tinted(&harmless(line), Tint::Dim, coloured));
        }
        text.push('\n');
    }
    text.push_str(&last_line(language, report, coloured));
    text
}

/// The phase that failed, and below it the last lines of the compiler or the judge's reason. `None`: none failed.
pub(crate) fn failure(report: &BuildReport) -> Option<String> {
    if report.compile.verdict != Verdict::AC {
        let log = last_lines(&report.compile.log);
        return Some(format!("failed in phase compile\n{log}"));
    }
    if let (Some(fault), Verdict::JE) = (&report.fault, report.verdict) {
        return Some(format!(
            "failed in phase grade\n{}",
            last_lines(&fault.reason)
        ));
    }
    let passed = |verdict| matches!(verdict, Verdict::AC | Verdict::PT | Verdict::SK);
    let test = report.tests.iter().find(|test| !passed(test.verdict))?;
    let (phase, reason) = match test.verdict {
        Verdict::WA | Verdict::PE | Verdict::NO => ("check", None),
        Verdict::JE => ("judge", test.message.as_deref().map(last_lines)),
        _ => ("run", None),
    };
    let reason = reason.unwrap_or_default();
    Some(format!(
        "failed in phase {phase} of test {}\n{reason}",
        test.name
    ))
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_MAX)..].join("\n")
}

fn tests(reports: &[TestReport]) -> Table {
    let mut table = Table::new(&[
        ("test", Side::Left),
        ("verdict", Side::Left),
        ("cpu", Side::Right),
        ("wall", Side::Right),
        ("memory", Side::Right),
        ("points", Side::Right),
        ("", Side::Left),
    ]);
    for test in reports {
        let ran = !matches!(test.verdict, Verdict::SK | Verdict::JE);
        let figure = |shown: String| {
            let tint = if ran { Tint::Plain } else { Tint::Dim };
            (if ran { shown } else { "–".to_owned() }, tint)
        };
        table.row(vec![
            (harmless(&test.name), Tint::Plain),
            (test.verdict.to_string(), tint_of(test.verdict)),
            figure(format!("{} ms", test.cpu_ms)),
            figure(format!("{} ms", test.wall_ms)),
            figure(show_bytes(test.memory_bytes)),
            (
                test.points.map_or_else(String::new, |p| p.to_string()),
                Tint::Plain,
            ),
            (remark(test), Tint::Dim),
        ]);
    }
    table
}

/// What there is to say about a test, on one line.
fn remark(test: &TestReport) -> String {
    let how = match (test.verdict, test.signal, test.exit_code) {
        (Verdict::RTE, Some(signal), _) => Some(format!("signal {signal}")),
        (Verdict::RTE, None, Some(status)) => Some(format!("exit status {status}")),
        _ => None,
    };
    let message = test
        .message
        .as_deref()
        .and_then(|message| message.lines().find(|line| !line.trim().is_empty()))
        .map(cut);
    let last_words = (test.verdict == Verdict::RTE)
        .then(|| test.last_words().map(cut))
        .flatten();
    let degraded =
        (!test.degraded.is_empty()).then(|| format!("not enforced: {}", test.degraded.join(", ")));
    let parts: Vec<String> = how
        .into_iter()
        .chain(test.output_fault.clone())
        .chain(message)
        .chain(last_words)
        .chain(degraded)
        .collect();
    harmless(&parts.join("; ")).replace(['\n', '\t'], " ")
}

/// What of a line fits beside a test's figures.
fn cut(line: &str) -> String {
    line.trim().chars().take(100).collect()
}

fn last_line(language: &str, report: &BuildReport, coloured: bool) -> String {
    let accepted = report
        .tests
        .iter()
        .filter(|test| test.verdict == Verdict::AC)
        .count();
    let verdict = format!("{} {}", report.verdict, report.verdict.long_name());
    let score = report
        .score
        .map_or_else(String::new, |score| format!("  score {score}"));
    let slowest = report.tests.iter().map(|test| test.cpu_ms).max();
    let counts = match slowest {
        Some(slowest) if report.compile.verdict == Verdict::AC => format!(
            "  {accepted} of {} tests, slowest {slowest} ms, {language}, compiled in {} ms",
            report.tests.len(),
            report.compile.cpu_ms
        ),
        _ => format!("  {language}"),
    };
    format!(
        "{}{score}{}\n",
        tinted(&verdict, tint_of(report.verdict), coloured),
        tinted(&counts, Tint::Dim, coloured)
    )
}

/// The colour of a verdict.
pub(crate) fn tint_of(verdict: Verdict) -> Tint {
    match verdict {
        Verdict::AC => Tint::Green,
        Verdict::SK => Tint::Dim,
        Verdict::PT | Verdict::JE => Tint::Yellow,
        _ => Tint::Red,
    }
}

#[cfg(test)]
mod tests {
    use tribunal_actors::CompileReport;

    use super::*;

    #[test]
    fn b_11_a_failed_compile_shows_its_last_ten_lines_and_the_phase() {
        let log: String = (1..=12)
            .map(|line| format!("main.c:{line}: no\n"))
            .collect();
        let report = BuildReport {
            groups: Vec::new(),
            fault: None,
            verdict: Verdict::CE,
            score: None,
            compile: CompileReport {
                verdict: Verdict::CE,
                cpu_ms: 1,
                wall_ms: 1,
                memory_bytes: 1,
                log,
                reused: false,
            },
            tests: vec![TestReport::skipped("1")],
        };
        insta::assert_snapshot!(for_people("c", &report, false), @r"
        failed in phase compile
          main.c:3: no
          main.c:4: no
          main.c:5: no
          main.c:6: no
          main.c:7: no
          main.c:8: no
          main.c:9: no
          main.c:10: no
          main.c:11: no
          main.c:12: no

        CE Compile Error  c
        ");
    }

    #[test]
    fn the_verdict_is_last_and_a_test_is_a_row() {
        let report = BuildReport {
            groups: Vec::new(),
            fault: None,
            verdict: Verdict::RTE,
            score: None,
            compile: CompileReport {
                verdict: Verdict::AC,
                cpu_ms: 312,
                wall_ms: 320,
                memory_bytes: 1,
                log: String::new(),
                reused: false,
            },
            tests: vec![
                TestReport {
                    verdict: Verdict::AC,
                    cpu_ms: 3,
                    wall_ms: 4,
                    memory_bytes: 3 << 20,
                    exit_code: Some(0),
                    ..TestReport::skipped("sample/1")
                },
                TestReport {
                    verdict: Verdict::RTE,
                    signal: Some(11),
                    stderr: "double free\n".to_owned(),
                    ..TestReport::skipped("secret/1")
                },
                TestReport {
                    verdict: Verdict::WA,
                    output_fault: Some("it wrote no file sum.out".to_owned()),
                    message: Some("line 1 is missing".to_owned()),
                    ..TestReport::skipped("secret/2")
                },
                TestReport::skipped("secret/3"),
            ],
        };
        insta::assert_snapshot!(for_people("cpp", &report, false), @r"
          test      verdict   cpu  wall   memory
          sample/1  AC       3 ms  4 ms  3.0 MiB
          secret/1  RTE      0 ms  0 ms      0 B  signal 11; double free
          secret/2  WA       0 ms  0 ms      0 B  it wrote no file sum.out; line 1 is missing
          secret/3  SK          –     –        –

        failed in phase run of test secret/1

        RTE Run-Time Error  1 of 4 tests, slowest 3 ms, cpp, compiled in 312 ms
        ");
    }
}
