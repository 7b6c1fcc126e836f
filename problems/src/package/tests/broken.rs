//! Broken packages, each with its message.

use super::{LEGACY, WHOLE, open, package};
use crate::package::{Package, PackageError};

/// The error of the whole package with one text replaced.
#[track_caller]
fn with(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from:?}");
    message(open(&WHOLE.replacen(from, to, 1)))
}

/// The error of the whole package with some files more.
fn and(files: &str) -> String {
    message(open(&format!("{WHOLE}{files}")))
}

#[track_caller]
fn legacy(from: &str, to: &str) -> String {
    assert!(LEGACY.contains(from), "{from:?}");
    message(open(&LEGACY.replacen(from, to, 1)))
}

#[track_caller]
fn message(read: Result<Package, PackageError>) -> String {
    read.unwrap_err().to_string()
}

#[test]
fn problem_yaml_is_checked_key_by_key() {
    insta::assert_snapshot!(with("version: 1.0", "versoin: 1.0"), @"problem.yaml:6: unknown field `versoin`, expected one of problem_format_version, type, name, uuid, version, credits, source, license, rights_owner, embargo_until, limits, keywords, languages, allow_file_writing, allow_writing_files, constants in `versoin: 1.0`");
    insta::assert_snapshot!(with("time_limit: 1.5", "time_limit: fast"), @"problem.yaml:10: invalid floating point in `time_limit: fast`");
    insta::assert_snapshot!(with("time_limit: 1.5", "time_limit: 0"), @"problem.yaml:10: time_limit must be over 0 and at most 600");
    insta::assert_snapshot!(with("memory: 512", "memory: 1.5"), @"problem.yaml:11: invalid u64 in `memory: 1.5`");
    insta::assert_snapshot!(with("memory: 512", "memory: 99999999"), @"problem.yaml:11: memory must be from 1 to 1048576");
    insta::assert_snapshot!(with("memory: 512", "memory: 512\n  memroy: 1"), @"problem.yaml:12: unknown field `memroy`, expected one of time_limit, time_resolution, time_multipliers, time_multiplier, time_safety_margin, memory, output, code, compilation_time, compilation_memory, validation_time, validation_memory, validation_output, validation_passes in `memroy: 1`");
    insta::assert_snapshot!(with("license: cc0", "license: gpl"), @r#"problem.yaml:8: unknown license "gpl": one of unknown, public domain, cc0, cc by, cc by-sa, educational, permission is wanted"#);
    insta::assert_snapshot!(with("uuid: 7f6e2c5a-0000-4000-8000-000000000001\n", ""), @"problem.yaml: the key uuid is missing");
    insta::assert_snapshot!(with("license: cc0", "license: cc0\nlicense: cc by"), @"problem.yaml:9: duplicate mapping key: license, set DuplicateKeyPolicy in Options if acceptable in `license: cc by`");
    insta::assert_snapshot!(with("license: cc0", "  license: [\n"), @"problem.yaml:8: mapping values are not allowed in this context in `license: [`");
    insta::assert_snapshot!(with("license: cc0", "license: cc0\ntype: quiz"), @r#"problem.yaml:9: unknown type "quiz""#);
    insta::assert_snapshot!(with("license: cc0", "license: cc0\ntype: {a: b}"), @"problem.yaml:9: type must be a text or a list of texts");
    insta::assert_snapshot!(with("  de: Zwei Summanden\n", ""), @"problem.yaml:2: there are names in en, but statements in de, en");
    insta::assert_snapshot!(with("version: 2025-09", "version: 2030-01"), @r#"problem.yaml:1: unknown format "2030-01": legacy, legacy-icpc, 2025-09 and 2023-07 are known"#);
    insta::assert_snapshot!(with("keywords: [easy, 1]", "keywords: {a: b}"), @"problem.yaml:15: expected sequence start in `keywords: {a: b}`");
    insta::assert_snapshot!(with("name:\n  en: Sum of two\n  de: Zwei Summanden", "name: [a]"), @"problem.yaml:2: name must be a text or a mapping from language codes to texts");
    insta::assert_snapshot!(with("name:\n  en: Sum of two\n  de: Zwei Summanden\n", ""), @"problem.yaml: the key name is missing");
}

#[test]
fn what_is_not_supported_yet_says_so() {
    for kind in ["interactive", "multi-pass", "scoring", "submit-answer"] {
        let wanted = format!("problem.yaml:9: not supported yet: {kind} problems");
        assert_eq!(
            with("license: cc0", &format!("license: cc0\ntype: {kind}")).replace(":10:", ":9:"),
            wanted
        );
    }
    insta::assert_snapshot!(with("license: cc0", "license: cc0\nconstants: {n: 5}"), @"problem.yaml:9: not supported yet: constants");
    insta::assert_snapshot!(with("  time_limit: 1.5\n", ""), @"problem.yaml: not supported yet: a package without a time limit (limits.time_limit in problem.yaml, or .timelimit)");
    insta::assert_snapshot!(and("== include/cpp/stub.cpp\n"), @"include/cpp: not supported yet: files that are compiled with each submission");
    insta::assert_snapshot!(and("== graders/g.py\n"), @"graders/g.py: not supported yet: custom graders");
    insta::assert_snapshot!(and("== static_validator/v.py\n"), @"static_validator/v.py: not supported yet: static validators");
    insta::assert_snapshot!(and("== submissions/submissions.yaml\naccepted/*: {}\n"), @"submissions/submissions.yaml: not supported yet: expectations other than by directory");
    insta::assert_snapshot!(and("== data/secret/02-big.files/extra.txt\n"), @"data/secret/02-big.files: not supported yet: files beside a test");
    insta::assert_snapshot!(and("== data/secret/01/test_group.yaml\nmax_score: 5\n"), @"data/secret/01/test_group.yaml:1: not supported yet: scoring problems");
    insta::assert_snapshot!(and("== data/secret/01/test_group.yaml\noutput_validator_args: [case_sensitive]\n"), @"data/secret/01/test_group.yaml: not supported yet: arguments of the output validator that differ from those of data/sample/test_group.yaml");
    insta::assert_snapshot!(and("== output_validator/check.hs\nmain = undefined\n"), @"output_validator/check.hs: not supported yet: an output validator in a language that is not known");
    insta::assert_snapshot!(and("== output_validator/check.cpp\n#include <cmath>\n#include \"testlib.h\"\n"), @"output_validator/check.cpp: not supported yet: testlib.h, which the package does not bring");
    insta::assert_snapshot!(and("== output_validator/build\n#!/bin/sh\n== output_validator/check.cpp\nint main() {}\n"), @"output_validator/build: not supported yet: validators with scripts of their own");
    insta::assert_snapshot!(legacy("validation: default", "validation: custom interactive"), @"problem.yaml:4: not supported yet: interactive problems");
    insta::assert_snapshot!(legacy("validation: default", "validation: custom score"), @"problem.yaml:4: not supported yet: scoring problems");
    insta::assert_snapshot!(legacy("name: Old sum", "name: Old sum\ntype: scoring"), @"problem.yaml:2: not supported yet: scoring problems");
    insta::assert_snapshot!(legacy("grading: default", "grading: custom"), @"data/testdata.yaml:2: not supported yet: custom graders");
    let two = "validation: custom\n== output_validators/a.py\n== output_validators/b.py\n== x.yaml";
    insta::assert_snapshot!(legacy("validation: default", two), @"output_validators: not supported yet: several output validators");
}

#[test]
fn legacy_keys_are_checked_too() {
    insta::assert_snapshot!(legacy("name: Old sum", "name: Old sum\nuid: 5"), @"problem.yaml:2: unknown field `uid`, expected one of problem_format_version, type, name, uuid, author, source, source_url, license, rights_owner, limits, validation, validator_flags, grading, keywords, languages in `uid: 5`");
    insta::assert_snapshot!(legacy("name: Old sum", "name: Old sum\ntype: fun"), @r#"problem.yaml:2: unknown type "fun""#);
    insta::assert_snapshot!(legacy("validation: default", "validation: costum"), @r#"problem.yaml:4: unknown validation "costum": default or custom is wanted"#);
    insta::assert_snapshot!(legacy("validation: default", "validation: custom fast"), @r#"problem.yaml:4: unknown word "fast" behind "custom fast""#);
    insta::assert_snapshot!(legacy("validation: default", "validation: custom"), @"problem.yaml:4: validation is custom, but there is no output_validators directory");
    insta::assert_snapshot!(legacy("case_sensitive", "ignore_case"), @r#"problem.yaml:5: the default validator has no flag "ignore_case""#);
    insta::assert_snapshot!(legacy("float_tolerance 1e-4", "float_tolerance"), @"problem.yaml:5: float_tolerance needs a number behind it");
    insta::assert_snapshot!(legacy("author: A. Author and B. Other\n", ""), @"problem.yaml:2: a licensed problem needs rights_owner, or an author or a source in its place");
    insta::assert_snapshot!(legacy("author: A. Author and B. Other", "source_url: http://localhost"), @"problem.yaml:2: source_url is given without source");
    insta::assert_snapshot!(legacy("timelimit = '2'", "timelimit = 3"), @"domjudge-problem.ini:2: the time limit 3 contradicts 2 in .timelimit");
    insta::assert_snapshot!(legacy("== .timelimit\n2", "== .timelimit\nsoon"), @r#".timelimit:1: the time limit "soon" is no number of seconds up to 600"#);
    insta::assert_snapshot!(legacy("on_reject: continue", "on_reject: stop"), @r#"data/testdata.yaml:1: unknown on_reject "stop": break or continue is wanted"#);
    insta::assert_snapshot!(legacy("on_reject: continue", "on_rejekt: continue"), @"data/testdata.yaml:1: unknown field `on_rejekt`, expected one of args, output_validator_args, output_validator_flags, input_validator_args, input_validator_flags, static_validator_args, input_visualizer_args, output_visualizer_args, full_feedback, on_reject, grading, grader_flags, accept_score, reject_score, range, max_score, score_aggregation, static_validation_score, require_pass, hint, description in `on_rejekt: continue`");
}

#[test]
fn tests_are_checked() {
    insta::assert_snapshot!(with("== data/secret/02-big.ans\n10", "== data/secret/other.txt\n10"), @"data/secret/02-big.in: the input has no answer of the same name, which ends in .ans");
    insta::assert_snapshot!(with("== data/secret/02-big.in", "== data/secret/02-big.in/x.txt"), @"data/secret/02-big.ans: the answer has no input of the same name");
    insta::assert_snapshot!(with("== data/secret/02-big.ans", "== data/secret/02-big.ans/x.txt"), @"data/secret/02-big.ans: it is no regular file");
    insta::assert_snapshot!(with("== data/secret/02-big.in", "== data/secret/02-small.in"), @"data/secret/02-big.ans: the answer has no input of the same name");
    insta::assert_snapshot!(and("== data/sample/group/1.in\n"), @"data/sample/group: samples have no groups");
    insta::assert_snapshot!(and("== data/secret/01/a.yaml\nargz: 5\n"), @"data/secret/01/a.yaml:1: unknown field `argz`, expected one of args, output_validator_args, output_validator_flags, input_validator_args, input_validator_flags, static_validator_args, input_visualizer_args, output_visualizer_args, full_feedback, on_reject, grading, grader_flags, accept_score, reject_score, range, max_score, score_aggregation, static_validation_score, require_pass, hint, description in `argz: 5`");
    insta::assert_snapshot!(and("== data/secret/testdata.yaml\n"), @"data/secret/testdata.yaml: data/secret/test_group.yaml is there too");
    insta::assert_snapshot!(with("output_validator_args: [float_tolerance, 1e-6]", "output_validator_args: 5"), @"data/secret/test_group.yaml: not supported yet: arguments of the output validator that differ from those of data/sample/test_group.yaml");
    let empty: String = WHOLE
        .split("\n== ")
        .filter(|part| !part.contains("data/secret"))
        .collect::<Vec<_>>()
        .join("\n== ");
    insta::assert_snapshot!(message(open(&empty)), @"data/secret: there is no secret test");
}

#[test]
fn submissions_are_checked() {
    insta::assert_snapshot!(with("WRONG-ANSWER", "WRONG-ANSWR"), @r#"submissions/mixed/either.py: unknown expected result "WRONG-ANSWR""#);
}

#[test]
fn a_directory_without_problem_yaml_and_no_directory_are_no_packages() {
    let (_directory, root) = package("sum", "== readme.md\n");
    let text = Package::open(&root)
        .unwrap_err()
        .to_string()
        .replace(root.to_str().unwrap(), "DIR");
    assert_eq!(text, "DIR is no problem package: it has no problem.yaml");
    assert!(matches!(
        Package::open(&root.join("nowhere")),
        Err(PackageError::Read { .. })
    ));
    assert!(Package::open(&root.join("readme.md")).is_err());
}

#[test]
fn nothing_outside_of_the_package_is_read() {
    insta::assert_snapshot!(and("== data/secret/03.in -> /etc/hostname\n== data/secret/03.ans\n"), @"data/secret/03.in: the symbolic link leaves the package");
    insta::assert_snapshot!(and("== submissions/accepted/steal.py -> /etc/passwd\n"), @"submissions/accepted/steal.py: the symbolic link leaves the package");
    insta::assert_snapshot!(and("== submissions/accepted/all -> /etc\n"), @"submissions/accepted/all: the symbolic link leaves the package");
    insta::assert_snapshot!(and("== submissions/accepted/loop -> ../accepted\n"), @"submissions/accepted/loop: the symbolic link leads to a directory that it is in");
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
