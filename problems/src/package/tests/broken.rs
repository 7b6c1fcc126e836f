//! Broken packages, each with its message: one table, one snapshot.

use std::fmt::Write;

use super::graders::GRADED;
use super::{LEGACY, SCORED, WHOLE, open, package};
use crate::package::{Package, PackageError};

/// The messages of packages, each under what was broken in it.
#[derive(Default)]
struct Messages {
    text: String,
}

impl Messages {
    /// The whole package with one text replaced.
    #[track_caller]
    fn change(&mut self, base: &str, from: &str, to: &str) {
        assert!(base.contains(from), "{from:?}");
        let to_shown = to.lines().collect::<Vec<_>>().join(" ⏎ ");
        let from_shown = from.lines().next().unwrap_or_default();
        self.open(
            &format!("{from_shown} → {to_shown}"),
            &base.replacen(from, to, 1),
        );
    }

    /// The whole package with some files more.
    #[track_caller]
    fn more(&mut self, base: &str, files: &str) {
        let shown = files.lines().collect::<Vec<_>>().join(" ⏎ ");
        self.open(&format!("+ {shown}"), &format!("{base}{files}"));
    }

    #[track_caller]
    fn open(&mut self, what: &str, text: &str) {
        let message = match open(text) {
            Ok(_) => panic!("nothing is wrong: {what}"),
            Err(error) => error.to_string(),
        };
        writeln!(self.text, "{what}\n    {message}").unwrap();
    }
}

#[test]
fn each_malformed_package_has_its_message() {
    let mut messages = Messages::default();
    problem_yaml(&mut messages);
    legacy_problem_yaml(&mut messages);
    tests(&mut messages);
    groups(&mut messages);
    programs(&mut messages);
    graders(&mut messages);
    submissions(&mut messages);
    insta::assert_snapshot!(messages.text);
}

fn problem_yaml(messages: &mut Messages) {
    for (from, to) in [
        ("version: 1.0", "versoin: 1.0"),
        ("time_limit: 2", "time_limit: fast"),
        ("time_limit: 2", "time_limit: 0"),
        ("time_limit: 2", "time_limit: 1.5"),
        ("memory: 512", "memory: 1.5"),
        ("memory: 512", "memory: 99999999"),
        ("memory: 512", "memory: 512\n  memroy: 1"),
        ("memory: 512", "memory: 512\n  validation_passes: 3"),
        ("license: cc0", "license: gpl"),
        ("uuid: 7f6e2c5a-0000-4000-8000-000000000001\n", ""),
        ("license: cc0", "license: cc0\nlicense: cc by"),
        ("license: cc0", "  license: [\n"),
        ("license: cc0", "license: cc0\ntype: quiz"),
        ("license: cc0", "license: cc0\ntype: {a: b}"),
        (
            "license: cc0",
            "license: cc0\ntype: [submit-answer, multi-pass]",
        ),
        ("license: cc0", "license: cc0\ntype: [pass-fail, scoring]"),
        ("license: cc0", "license: cc0\ntype: interactive"),
        ("license: cc0", "license: cc0\nconstants: {1n: 5}"),
        ("license: cc0", "license: cc0\nconstants: {n: {tex: 5}}"),
        ("license: cc0", "license: cc0\nembargo_until: tomorrow"),
        ("credits: A. Author", "credits: {autors: A}"),
        ("credits: A. Author", "credits: {authors: {email: a@b}}"),
        (
            "credits: A. Author",
            "credits: {authors: {name: A, mail: a@b}}",
        ),
        ("license: cc0", "license: cc0\nsource: {name: A, link: b}"),
        ("  de: Zwei Summanden\n", ""),
        ("version: 2025-09", "version: 2030-01"),
        ("keywords: [easy, 1]", "keywords: {a: b}"),
        ("name:\n  en: Sum of two\n  de: Zwei Summanden", "name: [a]"),
        ("name:\n  en: Sum of two\n  de: Zwei Summanden\n", ""),
    ] {
        messages.change(WHOLE, from, to);
    }
}

fn legacy_problem_yaml(messages: &mut Messages) {
    for (from, to) in [
        ("name: Old sum", "name: Old sum\nuid: 5"),
        ("name: Old sum", "name: Old sum\ntype: fun"),
        ("validation: default", "validation: costum"),
        ("validation: default", "validation: custom fast"),
        ("validation: default", "validation: default score"),
        ("validation: default", "validation: custom"),
        ("case_sensitive", "ignore_case"),
        ("float_tolerance 1e-4", "float_tolerance"),
        ("author: A. Author and B. Other\n", ""),
        (
            "author: A. Author and B. Other",
            "source_url: http://localhost",
        ),
        ("timelimit = '2'", "timelimit = 3"),
        ("== .timelimit\n2", "== .timelimit\nsoon"),
        ("on_reject: continue", "on_reject: stop"),
        ("on_reject: continue", "on_rejekt: continue"),
        ("on_reject: continue", "max_score: 5"),
        ("on_reject: continue", "accept_score: 5"),
        ("grading: default", "grading: custom"),
        ("grader_flags: first_error", "grader_flags: last_error"),
        ("range: 0 10", "range: 0"),
        ("range: 0 10", "range: 10 0"),
        ("range: 0 10", "output_validator_flags: {flag: 5}"),
        ("range: 0 10", "input_validator_flags: {flags: 5}"),
    ] {
        messages.change(LEGACY, from, to);
    }
    let two = "validation: custom interactive\n== output_validators/a.py\n== output_validators/b.py\n== x.yaml";
    messages.change(LEGACY, "validation: default", two);
    let two = "output_validator_flags: {name: a, flags: 5}\n== output_validators/a.py\n== output_validators/b.py\n== x.yaml";
    let custom = LEGACY.replace("validation: default", "validation: custom");
    messages.change(&custom, "range: 0 10", two);
    messages.more(LEGACY, "== submissions/submissions.yaml\naccepted: {}\n");
}

fn tests(messages: &mut Messages) {
    for (from, to) in [
        (
            "== data/secret/02-big.ans\n10",
            "== data/secret/other.txt\n10",
        ),
        ("== data/secret/02-big.in", "== data/secret/02-big.in/x.txt"),
        (
            "== data/secret/02-big.ans",
            "== data/secret/02-big.ans/x.txt",
        ),
        ("== data/secret/02-big.in", "== data/secret/02-small.in"),
        (
            "output_validator_args: [float_tolerance, 1e-6]",
            "output_validator_args: {a: 5}",
        ),
        (
            "output_validator_args: [float_tolerance, 1e-6]",
            "output_validator_args: [float_tolerance]",
        ),
        (
            "output_validator_args: [float_tolerance, 1e-6]",
            "output_validator_args: [float]",
        ),
    ] {
        messages.change(WHOLE, from, to);
    }
    for files in [
        "== data/sample/group/1.in\n",
        "== data/secret/01/a.yaml\nargz: 5\n",
        "== data/secret/01/a.yaml\nmax_score: 5\n",
        "== data/secret/01/a/b.in\n",
        "== data/secret/testdata.yaml\n",
        "== data/secret/test_group.in\n== data/secret/test_group.ans\n",
        "== data/secret/03.files/x\n",
        "== data/secret/03.yaml\nhint: none\n",
        "== data/sample/1.in.statement\n",
        "== data/invalid_output/1.in\n== data/invalid_output/1.ans\n",
        "== data/secret/03.in -> /etc/hostname\n== data/secret/03.ans\n",
    ] {
        messages.more(WHOLE, files);
    }
    let empty: Vec<&str> = WHOLE
        .split("\n== ")
        .filter(|part| !part.contains("data/secret"))
        .collect();
    messages.open("no data/secret", &empty.join("\n== "));
}

fn groups(messages: &mut Messages) {
    messages.more(WHOLE, "== data/secret/01/test_group.yaml\nmax_score: 5\n");
    messages.change(
        WHOLE,
        "output_validator_args: [float_tolerance, 1e-6]",
        "on_reject: break",
    );
    for (from, to) in [
        ("max_score: 40", "max_score: many"),
        ("max_score: 40", "max_score: -1"),
        ("max_score: 40\n", ""),
        ("max_score: 40", "max_score: 40\nscore_aggregation: max"),
        ("max_score: 40", "max_score: 40\nstatic_validation_score: 5"),
        ("max_score: 40", "max_score: 40\nstatic_validator_args: [a]"),
        ("max_score: 40", "max_score: 40\nhint: easy"),
        ("require_pass: secret/g1", "require_pass: secret/g3"),
        ("require_pass: secret/g1", "require_pass: secret/g2"),
        ("require_pass: secret/g1", "require_pass: {a: b}"),
        ("score_aggregation: sum", "score_aggregation: pass-fail"),
        (
            "== data/sample/test_group.yaml",
            "== data/sample/test_group.yaml\nmax_score: 5",
        ),
    ] {
        messages.change(SCORED, from, to);
    }
    for files in [
        "== data/secret/00.in\n== data/secret/00.ans\n",
        "== data/secret/g9/1.in\n== data/secret/g9/1.ans\n",
        "== data/secret/g9/test_group.yaml\nmax_score: 1\n",
        "== data/secret/g2/inner/test_group.yaml\nmax_score: 1\n== data/secret/g2/inner/1.in\n== data/secret/g2/inner/1.ans\n",
    ] {
        messages.more(SCORED, files);
    }
}

fn programs(messages: &mut Messages) {
    for files in [
        "== graders/g.py\n",
        "== include/stub.h\n",
        "== output_validator/check.hs\nmain = undefined\n",
        "== output_validator/check.cpp\n#include <cmath>\n#include \"testlib.h\"\n",
        "== output_validator/check.cpp\n  #  include \"validate.h\"\n",
        "== input_validators/check/check.cpp\n#include \"testlib.h\"\n",
        "== input_validators/check.ctd\nSPACE\nINT(1, 2\n",
        "== input_validators/check.ctd\nREP(3)\nREGEX(\"[a\")\nEND\n",
        "== static_validator/check.rb\n",
    ] {
        messages.more(WHOLE, files);
    }
    let args = "== input_validators/v.py\n== data/secret/test_group.yaml\ninput_validator_args: {w: [a]}\n";
    messages.more(WHOLE, args);
}

fn graders(messages: &mut Messages) {
    for (from, to) in [
        // The files of the package go on as another program's.
        ("== graders/grade.py", "== submissions/accepted/b.py"),
        ("type: scoring", "type: pass-fail"),
        (
            "type: scoring",
            "problem_format_version: legacy-icpc\n# of the ICPC",
        ),
        (
            "type: scoring",
            "problem_format_version: 2023-07-draft\nuuid: 5f1c2b1e-8f55-4f77-9d2c-0d8f3a2f9a11\ntype: scoring",
        ),
        ("grading: custom", "grading: by hand"),
        ("grading: custom", "grading: default"),
        ("first_error max", "first_error median"),
        ("== graders/grade.py", "== graders/grade.hs"),
    ] {
        messages.change(GRADED, from, to);
    }
    for files in [
        "== graders/other.py\n",
        "== graders/other/grade.cpp\nint main() {}\n",
    ] {
        messages.more(GRADED, files);
    }
    messages.change(
        LEGACY,
        "grading: default\ngrader_flags: first_error",
        "grading: custom",
    );
}

fn submissions(messages: &mut Messages) {
    messages.change(WHOLE, "WRONG-ANSWER", "WRONG-ANSWR");
    messages.change(SCORED, "print(1)", "# @EXPECTED_SCORE@: lots");
    let yaml = |text: &str| format!("== submissions/submissions.yaml\n{text}\n");
    for text in [
        "accepted/*: {langauge: python3}",
        "accepted/*: {language: 5}",
        "accepted/none.py: {}",
        "'accepted/[ab].py': {}",
        "accepted/*: {permitted: [PE]}",
        "accepted/*: {required: []}",
        "accepted/*: {score: 5}",
        "accepted/*: {secret/nowhere: {permitted: [AC]}}",
        "accepted/*: {secret/01: {permited: [AC]}}",
        "accepted/*: {use_for_time_limit: perhaps}",
        "accepted/*: {model_solution: perhaps}",
        "- accepted",
    ] {
        messages.more(WHOLE, &yaml(text));
    }
    messages.more(SCORED, &yaml("accepted/*: {score: [5, 3]}"));
    for link in [
        "== submissions/accepted/steal.py -> /etc/passwd\n",
        "== submissions/accepted/all -> /etc\n",
        "== submissions/accepted/loop -> ../accepted\n",
    ] {
        messages.more(WHOLE, link);
    }
}

#[test]
fn a_directory_without_any_test_and_no_directory_are_no_packages() {
    let (_directory, root) = package("sum", "== readme.md\n");
    let text = Package::open(&root)
        .unwrap_err()
        .to_string()
        .replace(root.to_str().unwrap(), "DIR");
    assert_eq!(
        text,
        "DIR is no problem package: it has no problem.yaml, no problem.xml and no tests"
    );
    assert!(matches!(
        Package::open(&root.join("nowhere")),
        Err(PackageError::Read { .. })
    ));
    assert!(Package::open(&root.join("readme.md")).is_err());
}

#[test]
fn links_within_the_package_are_followed() {
    let inside = open(&format!(
        "{WHOLE}== data/secret/03.in -> 02-big.in\n== data/secret/03.ans -> 02-big.ans\n"
    ))
    .unwrap();
    assert_eq!(inside.tests.len(), 4);
}

#[test]
fn names_that_no_problem_can_have_are_refused() {
    let (_directory, root) = package("a b", WHOLE);
    insta::assert_snapshot!(Package::open(&root).unwrap_err(), @r#".: the directory's name "a b" cannot be a problem's: letters, digits, _ and - only"#);
}

#[test]
fn text_that_is_none_or_too_large_is_refused() {
    let (_directory, root) = package("sum", WHOLE);
    std::fs::write(root.join("problem.yaml"), b"name: \xff\n").unwrap();
    insta::assert_snapshot!(Package::open(&root).unwrap_err(), @"problem.yaml: it is not UTF-8");
    std::fs::write(root.join("problem.yaml"), " ".repeat(5 << 20)).unwrap();
    insta::assert_snapshot!(Package::open(&root).unwrap_err(), @"problem.yaml: it is larger than 4194304 bytes");
    let bomb = "a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n";
    std::fs::write(root.join("problem.yaml"), bomb).unwrap();
    assert!(Package::open(&root).is_err());
}
