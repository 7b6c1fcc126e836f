//! Packages of our own, whole and broken. A package is written as a text: `== path` and the file's content below it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::checker::DefaultFlags;
use crate::verdict::Verdict;

mod broken;
mod graders;
mod validators;

/// A package of the 2025-09 format with nothing left out.
pub(super) const WHOLE: &str = "\
== problem.yaml
problem_format_version: 2025-09
name:
  en: Sum of two
  de: Zwei Summanden
uuid: 7f6e2c5a-0000-4000-8000-000000000001
version: 1.0
credits: A. Author
license: cc0
limits:
  time_limit: 2
  memory: 512
  output: 4
  code: 64
  compilation_time: 30
keywords: [easy, 1]
languages: [cpp, python3, java]
== statement/problem.en.md
Add.
== statement/problem.de.tex
Addiere.
== data/sample/1.in
1 2
== data/sample/1.ans
3
== data/secret/test_group.yaml
output_validator_args: [float_tolerance, 1e-6]
== data/secret/02-big.in
5 5
== data/secret/02-big.ans
10
== data/secret/01/a.in
2 2
== data/secret/01/a.ans
4
== data/secret/01/a.yaml
args: [-v, 3]
hint: small
== data/sample/test_group.yaml
output_validator_args: [float_tolerance, 1e-6]
== data/invalid_input/x.in
== submissions/accepted/sum.py
print(sum(map(int, input().split())))
== submissions/wrong_answer/many/main.cpp
int main() {}
== submissions/wrong_answer/many/more.h
== submissions/time_limit_exceeded/Slow.scala
class Slow {}
== submissions/mixed/either.py
# @EXPECTED_RESULTS@: WRONG-ANSWER, RUN-ERROR
== submissions/mixed/unknown.py
pass
";

/// Writes a package into a directory of this name; lines `~~ path -> target` make symbolic links.
pub(in crate::package) fn package(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join(name);
    std::fs::create_dir(&root).unwrap();
    for part in text
        .split("\n== ")
        .flat_map(|part| part.strip_prefix("== ").or(Some(part)))
    {
        let (head, content) = part.split_once('\n').unwrap_or((part, ""));
        let path = root.join(head.split(" -> ").next().unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match head.split_once(" -> ") {
            Some((_, target)) => std::os::unix::fs::symlink(target, path).unwrap(),
            None => std::fs::write(
                path,
                if content.is_empty() {
                    String::new()
                } else {
                    format!("{content}\n")
                },
            )
            .unwrap(),
        }
    }
    (parent, root)
}

pub(in crate::package) fn open(text: &str) -> Result<Package, PackageError> {
    let (_directory, root) = package("sum", text);
    Package::open(&root)
}

#[test]
fn every_part_of_a_2025_package_is_read() {
    let read = open(WHOLE).unwrap();
    assert_eq!(
        (read.short_name.as_str(), read.name.as_str(), read.format),
        ("sum", "Sum of two", Format::V2025)
    );
    assert_eq!(read.limits.time, Duration::from_secs(2));
    assert_eq!(read.limits.wall, Duration::from_secs(5));
    assert_eq!(
        (read.limits.memory, read.limits.output),
        (512 << 20, 4 << 20)
    );
    assert_eq!(read.source_bytes_max, 64 << 10);
    assert_eq!(read.compile_limits.time, Duration::from_secs(30));
    let statements: Vec<_> = read
        .statements
        .iter()
        .map(|statement| statement.language.as_str())
        .collect();
    assert_eq!(statements, ["de", "en"]);
    let flags = DefaultFlags {
        float_absolute: Some(1e-6),
        float_relative: Some(1e-6),
        ..DefaultFlags::default()
    };
    let checker = read.checker.with_args(&read.tests[2].checker_args).unwrap();
    assert_eq!(checker, Checker::Default(flags));
    for (language, allowed) in [
        ("cpp", true),
        ("cpp-20", true),
        ("python", true),
        ("javascript", false),
        ("c", false),
    ] {
        assert_eq!(
            read.allows(&LanguageId::new(language)),
            allowed,
            "{language}"
        );
    }
}

#[test]
fn tests_are_in_order_of_their_names_samples_first() {
    let read = open(WHOLE).unwrap();
    let tests: Vec<_> = read
        .tests
        .iter()
        .map(|test| {
            (
                test.name.as_str(),
                test.sample,
                test.group.as_str(),
                test.args.join(" "),
            )
        })
        .collect();
    assert_eq!(
        tests,
        [
            ("sample/1", true, "sample", String::new()),
            ("secret/01/a", false, "secret/01", "-v 3".into()),
            ("secret/02-big", false, "secret", String::new()),
        ]
    );
    let (_directory, root) = package("sum", WHOLE);
    let read = Package::open(&root).unwrap();
    assert_eq!(std::fs::read(&read.tests[2].answer).unwrap(), b"10\n");
}

#[test]
fn submissions_have_what_their_directory_or_their_mark_expects() {
    let read = open(WHOLE).unwrap();
    let submissions: Vec<_> = read
        .submissions
        .iter()
        .map(|one| {
            (
                one.path.as_str(),
                one.language.as_str(),
                one.files.len(),
                one.expected.clone(),
            )
        })
        .collect();
    assert_eq!(
        submissions,
        [
            ("accepted/sum.py", "python", 1, vec![Verdict::AC]),
            (
                "mixed/either.py",
                "python",
                1,
                vec![Verdict::WA, Verdict::RTE]
            ),
            ("wrong_answer/many", "cpp", 2, vec![Verdict::WA]),
        ]
    );
    let unjudged: Vec<_> = read
        .unjudged
        .iter()
        .map(|one| format!("{}: {}", one.path, one.reason))
        .collect();
    assert_eq!(
        unjudged,
        [
            "mixed/unknown.py: nothing says which verdict it should get",
            "time_limit_exceeded/Slow.scala: its language is not known"
        ]
    );
    let wrong = &read.submissions[2];
    for (verdict, expected) in [
        (Verdict::WA, true),
        (Verdict::PE, true),
        (Verdict::OLE, true),
        (Verdict::AC, false),
        (Verdict::JE, false),
    ] {
        assert_eq!(wrong.expects(verdict), expected, "{verdict}");
    }
}

/// A scored package of the 2025-09 format: two groups behind a sample.
pub(super) const SCORED: &str = "\
== problem.yaml
problem_format_version: 2025-09
name: Points
uuid: 7f6e2c5a-0000-4000-8000-000000000002
type: scoring
== data/sample/test_group.yaml
== data/sample/1.in
== data/sample/1.ans
== data/secret/test_group.yaml
score_aggregation: sum
== data/secret/g1/test_group.yaml
max_score: 40
== data/secret/g1/1.in
== data/secret/g1/1.ans
== data/secret/g1/2.in
== data/secret/g1/2.ans
== data/secret/g2/test_group.yaml
max_score: 60
score_aggregation: min
require_pass: secret/g1
== data/secret/g2/1.in
== data/secret/g2/1.ans
== submissions/accepted/a.py
print(1)
";

const LEGACY: &str = "\
== problem.yaml
name: Old sum
author: A. Author and B. Other
license: cc by-sa
validation: default
validator_flags: case_sensitive float_tolerance 1e-4
limits:
  time_multiplier: 3
  memory: 1024
== .timelimit
2
== domjudge-problem.ini
short-name = sum
timelimit = '2'
== problem_statement/problem.tex
Old.
== data/testdata.yaml
on_reject: continue
grading: default
grader_flags: first_error
== data/secret/g1/testdata.yaml
range: 0 10
== data/secret/g1/1.in
1
== data/secret/g1/1.ans
1
== data/secret/g1/1.hint
small
== data/secret/.ignored.in
== data/secret/-ignored.in
== submissions/accepted/a.cc
int main() {}
";

#[test]
fn a_legacy_package_is_read() {
    let read = open(LEGACY).unwrap();
    assert_eq!(
        (read.name.as_str(), read.format),
        ("Old sum", Format::Legacy)
    );
    assert_eq!(read.limits.time, Duration::from_secs(2));
    assert_eq!(
        (read.limits.memory, read.source_bytes_max),
        (1024 << 20, 128 << 10)
    );
    assert_eq!(read.tests.len(), 1);
    assert_eq!(read.statements[0].language, "en");
    let Checker::Default(flags) = read.checker else {
        panic!("{:?}", read.checker)
    };
    assert!(flags.case_sensitive && flags.float_relative == Some(1e-4));
}

#[test]
fn a_package_with_files_of_domjudge_is_judged_as_there() {
    let (own, rest) = (
        LEGACY.find("== .timelimit"),
        LEGACY.find("== problem_statement"),
    );
    let others = [&LEGACY[..own.unwrap()], &LEGACY[rest.unwrap()..]].concat();
    for (package, is_domjudge) in [(LEGACY, true), (&others, false)] {
        let read = open(package).unwrap();
        assert_eq!(read.limits.floods_on, is_domjudge);
        assert_eq!(read.file_writing, !is_domjudge);
        let overshoot = read.limits.wall - read.limits.time;
        assert_eq!(overshoot == Duration::from_secs(1), is_domjudge, "{read:?}");
    }
}

#[test]
fn aliases_of_the_formats_are_known() {
    for (version, format) in [("2023-07", Format::V2025), ("2023-07-draft", Format::V2025)] {
        assert_eq!(
            open(&WHOLE.replace("2025-09", version)).unwrap().format,
            format
        );
    }
    let icpc = LEGACY.replace(
        "name: Old sum",
        "problem_format_version: legacy-icpc\nname: Old sum",
    );
    assert_eq!(open(&icpc).unwrap().format, Format::LegacyIcpc);
}

#[test]
fn a_custom_checker_is_read_with_its_files_and_arguments() {
    let validator =
        "== output_validator/check.cpp\nint main() { return 42; }\n== output_validator/lib.h\n";
    let Checker::Custom(checker) = open(&format!("{WHOLE}{validator}")).unwrap().checker else {
        panic!("no checker")
    };
    let names: Vec<_> = checker
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(
        (checker.language.as_str(), names),
        ("cpp", vec!["check.cpp", "lib.h"])
    );
    assert_eq!(checker.limits.time, Duration::from_secs(60));
    let legacy = LEGACY.replace("validation: default", "validation: custom");
    let validator =
        "== output_validators/check/main.py\nimport sys\n== output_validators/check/validate.h\n";
    let Checker::Custom(checker) = open(&format!("{legacy}{validator}")).unwrap().checker else {
        panic!("no checker")
    };
    assert_eq!(
        (checker.language.as_str(), checker.files.len()),
        ("python", 2)
    );
    assert_eq!(checker.args, ["case_sensitive", "float_tolerance", "1e-4"]);
    // Each entry is a program of its own, which has to accept as well; a text is none.
    let three = "== output_validators/a.py\n== output_validators/b/main.cpp\n== output_validators/c.c\n== output_validators/README.md\n";
    let package = open(&format!("{legacy}{three}")).unwrap();
    let further = package.further_checkers.iter();
    let further: Vec<_> = further.map(|one| one.language.as_str()).collect();
    assert_eq!(further, ["cpp", "c"]);
    assert!(
        matches!(package.checker, Checker::Custom(first) if first.language.as_str() == "python")
    );
}

/// The packages that the repository brings.
fn examples() -> Vec<Package> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.join("problem.yaml").exists());
    paths.sort();
    paths
        .iter()
        .map(|path| Package::open(path).unwrap())
        .collect()
}

#[test]
fn the_examples_have_every_kind_of_submission_in_two_languages() {
    let packages = examples();
    assert!(packages.len() >= 5);
    for package in packages {
        assert!(
            package.tests.iter().filter(|test| !test.sample).count() >= 8,
            "{}",
            package.short_name
        );
        assert!(
            package.unjudged.is_empty() && !package.statements.is_empty(),
            "{}",
            package.short_name
        );
        for verdict in [Verdict::AC, Verdict::WA, Verdict::TLE, Verdict::RTE] {
            let languages: BTreeSet<_> = package
                .submissions
                .iter()
                .filter(|one| one.expected == [verdict])
                .map(|one| &one.language)
                .collect();
            assert!(
                languages.len() >= 2,
                "{} {verdict}: {languages:?}",
                package.short_name
            );
        }
    }
}

#[test]
fn two_examples_have_a_program_of_their_own_that_judges() {
    let custom: Vec<_> = examples()
        .into_iter()
        .filter(|one| matches!(one.checker, Checker::Custom(_)))
        .collect();
    assert_eq!(
        custom
            .iter()
            .map(|one| one.short_name.as_str())
            .collect::<Vec<_>>(),
        ["guess", "pairs"]
    );
}
