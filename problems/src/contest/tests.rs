//! What a `contest.yaml` may say, and what it is told where it may not.

use std::fmt::Write;

use super::*;

const WHOLE: &str = "\
name: City Finals
short_name: finals
start: 2026-12-01T10:00:00+01:00
duration: 5:00:00
freeze: 1:00:00
kind: icpc
penalty: 20
problems:
  - { label: A, package: ../sum, colour: red }
  - label: B
    package: primes
    colour: '#00fF7f'
teams:
  - { name: ants, display_name: The Ants, password: six legs each }
  - name: bees
accounts:
  - { name: judge, role: jury, password_hash: $argon2id$v=19$m=1 }
languages: [cpp, python]
limits: { per_problem: 50, per_minute: 5 }
isolation: fresh
practice: true
";

fn parse(text: &str) -> Result<Contest, ContestError> {
    Contest::parse(text, Path::new("c/contest.yaml"))
}

#[test]
fn every_key_is_read() {
    insta::assert_debug_snapshot!(parse(WHOLE).unwrap());
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let text = "name: n\nshort_name: n\nduration: 0:30:00\nkind: ioi\nproblems: [{label: A, package: p}]\n";
    let contest = parse(text).unwrap();
    let kind = ContestKind::Ioi {
        score: IoiScore::Subtasks,
    };
    assert_eq!(contest.kind, kind);
    assert_eq!(
        (contest.start, contest.freeze),
        (ContestStart::ByJury, None)
    );
    let at_once = parse(&format!("start: now\n{text}")).unwrap();
    assert_eq!(at_once.start, ContestStart::AtOnce);
    assert_eq!(contest.limits, SubmissionLimits::default());
    assert!(!contest.fresh_namespaces && !contest.practice);
    assert_eq!(parse(&text.replace("ioi", "icpc")).unwrap().kind, {
        ContestKind::Icpc {
            penalty_minutes: 20,
        }
    });
}

#[test]
fn passwords_are_in_no_log_and_in_no_error() {
    let shown = format!("{:?}", parse(WHOLE).unwrap());
    assert!(
        !shown.contains("six legs each") && !shown.contains("argon2"),
        "{shown}"
    );
}

#[test]
fn a_package_lies_beside_the_file() {
    let contest = parse(WHOLE).unwrap();
    let path = contest.problems[0].path_beside(Path::new("c/contest.yaml"));
    assert_eq!(path, Path::new("c/../sum"));
}

/// Each error in the one file that is right but for one line.
#[test]
fn each_error_names_file_line_and_field() {
    let wrong = [
        ("name: City Finals", "name: ''"),
        ("name: City Finals\n", ""),
        ("short_name: finals", "short_name: the finals"),
        ("2026-12-01T10:00:00+01:00", "2026-12-01"),
        ("2026-12-01T10:00:00+01:00", "2026-12-01 10:00"),
        ("5:00:00", "5 hours"),
        ("5:00:00", "0:00:00"),
        ("5:00:00", "2:60:00"),
        ("5:00:00", "9000:00:00"),
        ("freeze: 1:00:00", "freeze: 5:00:01"),
        ("kind: icpc", "kind: acm"),
        ("kind: icpc", "kind: ioi"),
        ("penalty: 20", "penalty: 1001"),
        ("penalty: 20", "penalty: -1"),
        ("penalty: 20", "score: best"),
        ("label: A", "label: ''"),
        ("label: A", "label: Very-long-label"),
        ("label: A", "label: B"),
        ("../sum", "primes"),
        ("../sum", "''"),
        ("colour: red", "colour: reddish"),
        ("colour: red", "color: red"),
        ("name: bees", "name: the bees"),
        ("name: bees", "name: Ants"),
        ("display_name: The Ants", "display_name: \"a\\tb\""),
        ("password: six legs each", "password: short"),
        (
            "password: six legs each",
            "password: a, password_hash: $argon2id$",
        ),
        ("password: six legs each", "role: jury"),
        ("role: jury", "role: judge"),
        ("role: jury, ", ""),
        ("$argon2id$v=19$m=1", "5f4dcc3b5aa765d61d8327deb882cf99"),
        ("[cpp, python]", "[cpp, 'C++']"),
        ("per_minute: 5", "per_minute: 0"),
        ("per_problem: 50", "per_problem: many"),
        ("isolation: fresh", "isolation: none"),
        ("practice: true", "practise: true"),
    ];
    let mut shown = String::new();
    for (right, other) in wrong {
        assert!(WHOLE.contains(right), "{right}");
        let error = parse(&WHOLE.replacen(right, other, 1)).expect_err(other);
        writeln!(shown, "{other:?}\n    {error}").unwrap();
    }
    let none = WHOLE.replace("  - { label: A, package: ../sum, colour: red }\n", "");
    let (before, after) = none.split_once("  - label: B").unwrap();
    let (_, after) = after.split_once("teams").unwrap();
    let none = format!(
        "{}problems: []\nteams{after}",
        before.replace("problems:\n", "")
    );
    writeln!(shown, "no problems\n    {}", parse(&none).unwrap_err()).unwrap();
    insta::assert_snapshot!(shown);
}
