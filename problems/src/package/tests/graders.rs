//! Graders of Kattis' old format, and the groups that they are asked about.

use super::open;
use crate::package::Package;
use crate::plan::Plan;
use crate::scoring::{Aggregate, ScoringGroup, VerdictPolicy};

/// Everything is for the grader but the samples, and a group in `secret` has flags of its own.
pub(super) const GRADED: &str = "\
== problem.yaml
name: Best of
type: scoring
license: public domain
== .timelimit
1
== data/testdata.yaml
grading: custom
grader_flags: top  3
on_reject: continue
range: 0 100
== data/sample/testdata.yaml
grading: default
grader_flags: first_error max
== data/sample/1.in
== data/sample/1.ans
== data/secret/g1/1.in
== data/secret/g1/1.ans
== data/secret/g2/testdata.yaml
grader_flags: --half
on_reject: break
== data/secret/g2/1.in
== data/secret/g2/1.ans
== graders/README.md
It counts.
== graders/grade.py
print('AC 1')
== submissions/accepted/a.py
print(1)
";

fn group<'a>(package: &'a Package, name: &str) -> &'a ScoringGroup {
    let mut groups = package.scoring.groups.iter();
    groups
        .find(|group| group.name == name)
        .unwrap_or_else(|| panic!("no group {name:?}"))
}

fn grader(args: &[&str]) -> Aggregate {
    Aggregate::Grader(args.iter().map(|arg| (*arg).to_owned()).collect())
}

#[test]
fn grading_and_its_flags_are_inherited_and_split_at_white_space() {
    let package = open(GRADED).unwrap();
    for (name, aggregate, breaks) in [
        ("", grader(&["top", "3"]), false),
        ("sample", Aggregate::Max, false),
        ("secret", grader(&["top", "3"]), false),
        ("secret/g1", grader(&["top", "3"]), false),
        ("secret/g2", grader(&["--half"]), true),
    ] {
        let group = group(&package, name);
        assert_eq!(
            (&group.aggregate, group.breaks),
            (&aggregate, breaks),
            "{name}"
        );
    }
    assert_eq!(group(&package, "sample").policy, Some(VerdictPolicy::First));
    assert_eq!(package.scoring.max(), Some(&100.into()));
    assert_eq!(package.warnings, [""; 0]);
}

#[test]
fn a_grader_is_a_file_or_a_directory_and_runs_like_a_validator() {
    let package = open(GRADED).unwrap();
    let grader = package.grader.as_ref().unwrap();
    assert_eq!(grader.language.as_str(), "python");
    assert_eq!(grader.files[0].name, "grade.py");
    assert_eq!(grader.limits.time.as_secs(), 60);
    assert!(package.judging_languages().contains(&grader.language));
    let submission = &package.submissions[0];
    let plan = Plan::for_package(&package, submission.language.clone(), &submission.files);
    assert_eq!(plan.grader.as_ref(), Some(grader));
    assert!(plan.rule.is_graded());
    let directory = GRADED.replace(
        "== graders/grade.py\nprint('AC 1')\n",
        "== graders/grade/main.cpp\nint main() {}\n== graders/grade/lib.h\n",
    );
    let grader = open(&directory).unwrap().grader.unwrap();
    let names: Vec<_> = grader.files.iter().map(|file| &file.name).collect();
    assert_eq!(
        (grader.language.as_str(), names.len()),
        ("cpp", 2),
        "{names:?}"
    );
}

#[test]
fn a_grader_that_is_not_used_is_said_so() {
    let unused = GRADED.replace("grading: custom\ngrader_flags: top  3", "grading: default");
    let unused = unused.replace("grader_flags: --half\n", "");
    let package = open(&unused).unwrap();
    assert_eq!(package.grader, None);
    assert!(package.warnings[0].contains("the grader is not used"));
}
