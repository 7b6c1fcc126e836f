//! What verifying comes to, for people: a table that one screen holds.

use tribunal_actors::{PackageResult, SubmissionResult, TimedPath};

use super::Verification;
use crate::report::tint_of;
use crate::table::{Side, Table, Tint, harmless, tinted};

/// Lines that a screen is taken to have; a longer table is cut down to what went wrong.
const SCREEN_LINES: usize = 40;
/// Faults of one kind that are listed.
const FAULTS_MAX: usize = 10;

pub(super) fn for_people(verification: &Verification, coloured: bool) -> String {
    let rows = |package: &PackageResult| package.submissions.len() + package.unjudged.len() + 4;
    let lines: usize = verification.packages.iter().map(rows).sum();
    let is_short = lines > SCREEN_LINES;
    let mut text = String::new();
    if is_short {
        text.push_str(&overview(verification, coloured));
    }
    for package in &verification.packages {
        if is_short && package.mismatches() == 0 && package.error.is_none() {
            continue;
        }
        text.push_str(&one(package, is_short, coloured));
    }
    text.push_str(&sum(verification, coloured));
    text
}

/// One line a package.
fn overview(verification: &Verification, coloured: bool) -> String {
    let mut table = Table::new(&[
        ("", Side::Left),
        ("package", Side::Left),
        ("submissions", Side::Right),
        ("not judged", Side::Right),
        ("self-tests", Side::Right),
        ("limit", Side::Right),
        ("slowest accepted", Side::Right),
        ("fastest too slow", Side::Right),
    ]);
    for package in &verification.packages {
        let (mark, tint) = match &package.error {
            Some(_) => ("ERROR", Tint::Red),
            None => mark(package.mismatches() == 0),
        };
        let ok = package.submissions.iter().filter(|one| one.ok).count();
        let name = package.path.rsplit('/').next().unwrap_or_default();
        let self_tests = &package.self_tests;
        let passed = self_tests.run.saturating_sub(self_tests.failed);
        table.row(vec![
            (mark.to_owned(), tint),
            (harmless(name), Tint::Plain),
            (of(ok, package.submissions.len()), Tint::Plain),
            (some(package.unjudged.len()), Tint::Yellow),
            (of(passed, self_tests.run), Tint::Plain),
            (limit(package), Tint::Plain),
            (time(package.timing.slowest_accepted.as_ref()), Tint::Plain),
            (time(package.timing.fastest_too_slow.as_ref()), Tint::Plain),
        ]);
    }
    let mut text = table.render(coloured);
    text.push('\n');
    text
}

fn one(package: &PackageResult, only_faults: bool, coloured: bool) -> String {
    let heading = tinted(&harmless(&package.path), Tint::Bold, coloured);
    if let Some(error) = &package.error {
        let error = tinted(&harmless(error), Tint::Red, coloured);
        return format!("{heading}\n  {error}\n\n");
    }
    let mut text = format!("{heading}  {}\n", harmless(&times(package)));
    let shown = package
        .submissions
        .iter()
        .filter(|one| !only_faults || !one.ok);
    text.push_str(&table(shown.take(SCREEN_LINES), coloured));
    let mut say = |line: String, tint| {
        text.push_str(&format!("  {}\n", tinted(&harmless(&line), tint, coloured)));
    };
    for submission in package.submissions.iter().filter(|one| !one.ok) {
        for fault in &submission.faults {
            say(format!("{}: {fault}", submission.path), Tint::Red);
        }
    }
    for failure in package.self_tests.failures.iter().take(FAULTS_MAX) {
        say(
            format!("self-test {}: {}", failure.name, failure.reason),
            Tint::Red,
        );
    }
    let more = package.self_tests.failures.len().saturating_sub(FAULTS_MAX);
    if more > 0 {
        say(format!("and {more} self-tests more"), Tint::Red);
    }
    for warning in &package.timing.warnings {
        say(format!("margin: {warning}"), Tint::Yellow);
    }
    for unjudged in package.unjudged.iter().take(FAULTS_MAX) {
        say(
            format!("not judged: {}: {}", unjudged.path, unjudged.reason),
            Tint::Yellow,
        );
    }
    let more = package.unjudged.len().saturating_sub(FAULTS_MAX);
    if more > 0 {
        say(format!("and {more} more"), Tint::Yellow);
    }
    text.push('\n');
    text
}

fn table<'a>(submissions: impl Iterator<Item = &'a SubmissionResult>, coloured: bool) -> String {
    let mut table = Table::new(&[
        ("", Side::Left),
        ("submission", Side::Left),
        ("language", Side::Left),
        ("verdict", Side::Left),
        ("expected", Side::Left),
        ("score", Side::Right),
        ("slowest", Side::Right),
    ]);
    for submission in submissions {
        let expected: Vec<&str> = submission.expected.iter().map(|one| one.word()).collect();
        let (mark, tint) = mark(submission.ok);
        let score = submission.score.map(|score| score.to_string());
        let slowest = submission.slowest_ms.map(|ms| format!("{ms} ms"));
        table.row(vec![
            (mark.to_owned(), tint),
            (harmless(&submission.path), Tint::Plain),
            (submission.language.clone(), Tint::Plain),
            (submission.verdict.to_string(), tint_of(submission.verdict)),
            (expected.join(" "), Tint::Dim),
            (score.unwrap_or_default(), Tint::Plain),
            (slowest.unwrap_or_default(), Tint::Plain),
        ]);
    }
    table.render(coloured)
}

/// The limit, and how far the submissions are from it.
fn times(package: &PackageResult) -> String {
    let mut parts = Vec::new();
    if package.time_limit_ms.is_some() {
        parts.push(format!("limit {}", limit(package)));
    }
    let limit_ms = package.time_limit_ms.unwrap_or_default() as f64;
    if let Some(slowest) = &package.timing.slowest_accepted {
        let margin = limit_ms / (slowest.cpu_ms.max(1) as f64);
        parts.push(format!(
            "slowest accepted {} ms (limit is {margin:.1}×)",
            slowest.cpu_ms
        ));
    }
    if let Some(fastest) = &package.timing.fastest_too_slow {
        let margin = fastest.cpu_ms as f64 / limit_ms.max(1.0);
        parts.push(format!(
            "fastest too slow {} ms ({margin:.1}× the limit)",
            fastest.cpu_ms
        ));
    }
    let self_tests = &package.self_tests;
    if self_tests.run > 0 {
        let passed = self_tests.run.saturating_sub(self_tests.failed);
        parts.push(format!("self-tests {}", of(passed, self_tests.run)));
    }
    parts.join(" · ")
}

fn sum(verification: &Verification, coloured: bool) -> String {
    let packages = || verification.packages.iter();
    let judged: usize = packages().map(|package| package.submissions.len()).sum();
    let self_tests: usize = packages().map(|package| package.self_tests.run).sum();
    let unreadable = packages().filter(|package| package.error.is_some()).count();
    let mut text = format!("{judged} submissions and {self_tests} self-tests");
    let tint = match (verification.mismatches, unreadable) {
        (0, 0) => {
            text.push_str(", all as expected");
            Tint::Green
        }
        (wrong, 0) => {
            text.push_str(&format!(", {wrong} mismatches"));
            Tint::Red
        }
        (wrong, broken) => {
            text.push_str(&format!(
                ", {wrong} mismatches, {broken} packages not judged"
            ));
            Tint::Red
        }
    };
    format!("{}\n", tinted(&text, tint, coloured))
}

fn mark(ok: bool) -> (&'static str, Tint) {
    if ok {
        ("ok", Tint::Green)
    } else {
        ("MISMATCH", Tint::Red)
    }
}

fn limit(package: &PackageResult) -> String {
    let inferred = if package.time_limit_inferred {
        " (inferred)"
    } else {
        ""
    };
    let limit = package.time_limit_ms.map(|ms| format!("{ms} ms{inferred}"));
    limit.unwrap_or_default()
}

fn time(timed: Option<&TimedPath>) -> String {
    timed
        .map(|timed| format!("{} ms", timed.cpu_ms))
        .unwrap_or_default()
}

fn of(part: usize, whole: usize) -> String {
    if whole == 0 {
        String::new()
    } else {
        format!("{part}/{whole}")
    }
}

fn some(count: usize) -> String {
    if count == 0 {
        String::new()
    } else {
        count.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_actors::{SelfTestFailure, SelfTests, TimingResult};
    use tribunal_problems::Verdict::{AC, TLE, WA};

    fn submission(path: &str, ok: bool) -> SubmissionResult {
        SubmissionResult {
            path: path.to_owned(),
            language: "cpp".to_owned(),
            expected: vec![if ok { AC } else { TLE }],
            verdict: if ok { AC } else { WA },
            score: None,
            ok,
            faults: if ok {
                Vec::new()
            } else {
                vec!["secret/1 is WA".to_owned()]
            },
            slowest_ms: Some(12),
        }
    }

    fn package(name: &str, submissions: Vec<SubmissionResult>) -> PackageResult {
        PackageResult {
            path: format!("/problems/{name}"),
            time_limit_ms: Some(1000),
            time_limit_inferred: true,
            submissions,
            timing: TimingResult {
                slowest_accepted: Some(TimedPath {
                    path: "accepted/a.cpp".to_owned(),
                    cpu_ms: 250,
                }),
                fastest_too_slow: None,
                warnings: Vec::new(),
            },
            ..PackageResult::default()
        }
    }

    #[test]
    fn a_package_s_table_has_its_times_and_faults() {
        let mut wrong = package(
            "sum",
            vec![
                submission("accepted/a.cpp", true),
                submission("time_limit_exceeded/b.cpp", false),
            ],
        );
        wrong.self_tests = SelfTests {
            run: 3,
            failed: 1,
            failures: vec![SelfTestFailure {
                name: "secret/2".to_owned(),
                reason: "a validator rejects it".to_owned(),
            }],
        };
        let text = for_people(&Verification::of(vec![wrong]), false);
        for line in [
            "/problems/sum  limit 1000 ms (inferred) · slowest accepted 250 ms (limit is 4.0×) · self-tests 2/3\n",
            "  MISMATCH  time_limit_exceeded/b.cpp  cpp       WA       TLE         12 ms\n",
            "  time_limit_exceeded/b.cpp: secret/1 is WA\n",
            "  self-test secret/2: a validator rejects it\n",
            "2 submissions and 3 self-tests, 2 mismatches\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }

    #[test]
    fn what_no_screen_holds_is_cut_down_to_a_line_a_package() {
        let many = |name| {
            package(
                name,
                (0..30)
                    .map(|n| submission(&format!("accepted/{n}.cpp"), true))
                    .collect(),
            )
        };
        let mut packages = vec![many("one"), many("two")];
        packages.push(PackageResult::failed(
            std::path::Path::new("/problems/three"),
            "problem.yaml:3: no",
        ));
        let text = for_people(&Verification::of(packages), false);
        assert!(text.lines().count() <= 12, "{text}");
        for line in [
            "  ok     one            30/30  1000 ms (inferred)            250 ms\n",
            "/problems/three\n  problem.yaml:3: no\n",
            "60 submissions and 0 self-tests, 0 mismatches, 1 packages not judged\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
