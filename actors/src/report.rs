//! What a submission's owner and the jury are told.

use serde::{Deserialize, Serialize};
use tribunal_problems::{BlobId, Value, Verdict};

use crate::ids::{AccountId, SubmissionId};
use crate::kept_run::KeptRun;

/// What the compiler did. Times in milliseconds of CPU time, memory in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileReport {
    /// `AC` (compiled), `CE`, `CTL` or `JE`.
    pub verdict: Verdict,
    /// CPU time.
    pub cpu_ms: u64,
    /// Wall time.
    pub wall_ms: u64,
    /// Peak memory.
    pub memory_bytes: u64,
    /// What the compiler printed, head and tail.
    pub log: String,
    /// Whether an earlier equal compile was taken.
    #[serde(default)]
    pub reused: bool,
}

/// What happened on one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestReport {
    /// The test's name.
    pub name: String,
    /// The verdict; `SK` where it was not run.
    pub verdict: Verdict,
    /// CPU time.
    pub cpu_ms: u64,
    /// Wall time.
    pub wall_ms: u64,
    /// Peak memory.
    pub memory_bytes: u64,
    /// The exit status, if the program exited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal, if one ended the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The checker's message or the judge's reason; for the jury.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why there is no output, where the program was to write it to a file; nothing of the test is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_fault: Option<String>,
    /// Whether there is no verdict since a program of the jury's is broken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub jury_fault: bool,
    /// What was said in a talk, its beginning and its end: `>` before the submission's lines, `<` before the interactor's; for the jury.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// Points, where the checker gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
    /// Exactly what the checker gave: points, or a share of what the test is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The whole output in the store, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<BlobId>,
    /// The head of standard output.
    #[serde(default)]
    pub stdout: String,
    /// Whether standard output was longer than `stdout`.
    #[serde(default)]
    pub stdout_truncated: bool,
    /// The head of standard error.
    #[serde(default)]
    pub stderr: String,
    /// What the host did not enforce.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    /// What is kept of the run of a stored submission, so that a rejudging need not repeat it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Box<KeptRun>>,
}

impl TestReport {
    /// A test that was not run.
    #[must_use]
    pub fn skipped(name: &str) -> Self {
        Self::without_run(name, Verdict::SK, None)
    }

    /// A test that the judge could not run, and why.
    #[must_use]
    pub fn judge_error(name: &str, reason: &str) -> Self {
        Self::without_run(name, Verdict::JE, Some(reason.to_owned()))
    }

    /// A test that could not be judged since a program of the jury's is broken, and why.
    #[must_use]
    pub fn jury_error(name: &str, reason: &str) -> Self {
        Self {
            jury_fault: true,
            ..Self::judge_error(name, reason)
        }
    }

    /// The line of standard error that says why a program crashed: the last one that is no part of a stack trace.
    #[must_use]
    pub fn last_words(&self) -> Option<&str> {
        let lines = || {
            let lines = self.stderr.lines().map(str::trim_end);
            lines.filter(|line| !line.is_empty())
        };
        lines()
            .rfind(|line| !is_trace(line))
            .or_else(|| lines().next_back())
            .map(str::trim_start)
    }

    fn without_run(name: &str, verdict: Verdict, message: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            verdict,
            cpu_ms: 0,
            wall_ms: 0,
            memory_bytes: 0,
            exit_code: None,
            signal: None,
            message,
            output_fault: None,
            jury_fault: false,
            transcript: None,
            points: None,
            value: None,
            output: None,
            stdout: String::new(),
            stdout_truncated: false,
            stderr: String::new(),
            degraded: Vec::new(),
            kept: None,
        }
    }
}

/// Says whether a line only surrounds an error's message. Node puts frames, members and its version behind it, the C++
/// library indents it.
fn is_trace(line: &str) -> bool {
    let is_message = line.trim_start().starts_with("what():");
    let around = ["Node.js v", "(Use `node "];
    (line.starts_with([' ', '\t']) && !is_message)
        || line == "}"
        || around.iter().any(|start| line.starts_with(start))
}

/// A judgement: what a build comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildReport {
    /// The verdict by the rule of the contest.
    pub verdict: Verdict,
    /// The score, in a scored contest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What the compiler did.
    pub compile: CompileReport,
    /// One for each test, in the order of the package.
    pub tests: Vec<TestReport>,
    /// The groups with their scores, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupReport>,
    /// Why it is `JE`, where no single test is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<WholeFault>,
}

/// Why a submission cannot be judged, though each of its tests can: a broken grader, or points that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeFault {
    /// What happened; for the jury.
    pub reason: String,
    /// Whether a program of the jury's is broken.
    pub of_the_jury: bool,
}

/// What a group of tests comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupReport {
    /// Its name.
    pub name: String,
    /// Its score.
    pub score: f64,
    /// Whether it is accepted.
    pub passed: bool,
    /// Whether it is in a group that a grader is asked about, so that its points are not part of the score as they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_graded: bool,
}

impl BuildReport {
    /// Why the judge failed, if it did: for the log and for the jury, since a checker may have put a test's data in it.
    #[must_use]
    pub fn judge_failure(&self) -> Option<&str> {
        if self.compile.verdict == Verdict::JE {
            return Some(&self.compile.log);
        }
        let failed = self.tests.iter().find(|test| test.verdict == Verdict::JE);
        match (failed, &self.fault) {
            (Some(failed), _) => Some(failed.message.as_deref().unwrap_or("no reason is known")),
            (None, Some(fault)) => Some(&fault.reason),
            (None, None) => None,
        }
    }
}

/// How far a submission is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SubmissionStatus {
    /// Stored, not begun.
    Queued,
    /// Being compiled.
    Compiling,
    /// Tests are running.
    Running,
    /// The verdict is final.
    Done,
}

/// A submission as an API client sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubmissionView {
    /// Its number.
    pub id: SubmissionId,
    /// The problem's short name.
    pub problem: String,
    /// The language id.
    pub language: String,
    /// Whose it is; `None`: nobody had signed in.
    #[serde(skip)]
    pub account: Option<AccountId>,
    /// How far it is.
    pub status: SubmissionStatus,
    /// The verdict, once final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The score, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What the compiler did, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compile: Option<CompileReport>,
    /// The tests judged so far, in the order of the package.
    pub tests: Vec<TestReport>,
    /// Why it is `JE`, where no single test is the reason; for the jury.
    #[serde(skip)]
    pub fault: Option<WholeFault>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_judge_s_failure_has_its_reason() {
        let compile = |verdict, log: &str| CompileReport {
            verdict,
            cpu_ms: 0,
            wall_ms: 0,
            memory_bytes: 0,
            log: log.to_owned(),
            reused: false,
        };
        let failed = TestReport::judge_error("2", "the disk is full");
        let table = [
            (compile(Verdict::AC, ""), vec![], None),
            (compile(Verdict::CE, "no"), vec![], None),
            (compile(Verdict::JE, "no gcc"), vec![], Some("no gcc")),
            (
                compile(Verdict::AC, ""),
                vec![TestReport::skipped("1"), failed],
                Some("the disk is full"),
            ),
        ];
        for (compile, tests, wanted) in table {
            let report = BuildReport {
                fault: None,
                groups: Vec::new(),
                verdict: Verdict::JE,
                score: None,
                compile,
                tests,
            };
            assert_eq!(report.judge_failure(), wanted);
        }
    }

    #[test]
    fn last_words_are_the_message_and_not_the_trace() {
        let table = [
            ("", None),
            ("\n\n", None),
            ("a\nb\n", Some("b")),
            (
                "Traceback (most recent call last):\n  File \"main.py\", line 1\nValueError: x\n",
                Some("ValueError: x"),
            ),
            (
                "RangeError: bad 5\n    at f (/box/main.js:1:22)\n",
                Some("RangeError: bad 5"),
            ),
            (
                "/box/main.js:1\nthrow e\n^\n\nError: boom\n    at main.js:1:9 {\n  code: 'X'\n}\n\nNode.js v20.20.2\n",
                Some("Error: boom"),
            ),
            (
                "boom\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v20.20.2\n",
                Some("boom"),
            ),
            (
                "terminate called after throwing an instance of 'E'\n  what():  no\n",
                Some("what():  no"),
            ),
            ("    only indented\n", Some("only indented")),
        ];
        for (stderr, wanted) in table {
            let report = TestReport {
                stderr: stderr.to_owned(),
                ..TestReport::skipped("t")
            };
            assert_eq!(report.last_words(), wanted, "{stderr:?}");
        }
    }
}
