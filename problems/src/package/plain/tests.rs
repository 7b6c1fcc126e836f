//! Names, how they go together, and what is refused.

use crate::package::{Format, Package, PackageError};

fn open(names: &[&str]) -> Result<Package, PackageError> {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("sum");
    for name in names {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    Package::open(&root)
}

fn shown(names: &[&str]) -> String {
    let package = match open(names) {
        Ok(package) => package,
        Err(error) => return error.to_string(),
    };
    assert_eq!(package.format, Format::Plain);
    let file = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let tests = package.tests.iter().map(|test| {
        let group = if test.group.is_empty() {
            String::new()
        } else {
            format!("({})", test.group)
        };
        format!(
            "{}{group}={}:{}",
            test.name,
            file(&test.input),
            file(&test.answer)
        )
    });
    let tests: Vec<String> = tests.collect();
    let groups = package.scoring.groups.iter().map(|group| {
        let max = group
            .max
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        format!("{}{max}", if group.name.is_empty() { "=" } else { "+" })
    });
    format!(
        "{} {}",
        tests.join(" "),
        groups.collect::<Vec<_>>().join("")
    )
}

#[test]
fn names_go_together_by_hydro_s_rules() {
    for (names, wanted) in [
        (
            &["a2.in", "a2.out", "a10.in", "a10.ANS", "a1.IN", "a1.out"][..],
            "a1=a1.IN:a1.out a2=a2.in:a2.out a10=a10.in:a10.ANS =100",
        ),
        (&["tests/1.in", "tests/1.out"], "1=1.in:1.out =100"),
        (
            &[
                "testdata/1-1.in",
                "testdata/1-1.ans",
                "testdata/2_1.in",
                "testdata/2_1.ans",
            ],
            "1-1(1)=1-1.in:1-1.ans 2_1(2)=2_1.in:2_1.ans =100+50+50",
        ),
        (&["input.txt", "output.txt"], "1=input.txt:output.txt =100"),
        (
            &["input1.txt", "output1.txt", "input2.txt", "OUTPUT2.txt"],
            "1=input1.txt:output1.txt 2=input2.txt:OUTPUT2.txt =100",
        ),
        (
            &["sum.in1", "sum.ou1", "sum.in2", "sum.out2"],
            "sum1=sum.in1:sum.ou1 sum2=sum.in2:sum.out2 =100",
        ),
        (
            &["a1.in.txt", "a1.out.txt", "readme.md"],
            "a1=a1.in.txt:a1.out.txt =100",
        ),
        (
            &["1.in", "nothing.else"],
            "1.in: the input has no answer; its name would be one of 1.out, 1.ans, 1.a, 1.diff, 1.out.txt, 1.ans.txt, 1.a.txt, 1.diff.txt, in any case",
        ),
        (
            &["1.in", "1.out", "1.ans"],
            "1.in: the input has two answers, 1.out and 1.ans",
        ),
        (
            &["1.in", "1.out", "2.out"],
            "2.out: the answer has no input",
        ),
        (
            &["1.in", "1.out", "1.in.txt", "1.out.txt"],
            "1.in: the input has two answers, 1.out and 1.out.txt",
        ),
    ] {
        assert_eq!(shown(names), wanted, "{names:?}");
    }
}

#[test]
fn what_does_not_divide_goes_to_the_last_ones() {
    let names: Vec<String> = (1..=7)
        .flat_map(|n| [format!("{n}.in"), format!("{n}.out")])
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let package = open(&names).unwrap();
    let worth: Vec<String> = package.scoring.groups[0]
        .parts
        .iter()
        .map(|part| match part {
            crate::scoring::Part::Test(worth) => worth.most.as_ref().unwrap().to_string(),
            crate::scoring::Part::Group(_) => panic!("there is no subtask"),
        })
        .collect();
    assert_eq!(worth, ["14", "14", "14", "14", "14", "15", "15"]);
    assert!(package.scoring.check(7).is_ok());
}

/// A directory with two tests, a program and this `config.yaml`, and what it comes to.
fn configured(config: &str) -> Result<Package, PackageError> {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("sum");
    std::fs::create_dir_all(&root).unwrap();
    for (name, text) in [
        ("1.in", ""),
        ("1.out", ""),
        ("2-2.in", ""),
        ("2-2.out", ""),
        ("judge.py", "print(1)"),
        ("judge.txt", "print(1)"),
        ("checks.cpp", "#include \"testlib.h\"\nint main() {}"),
        ("grader.cpp", ""),
        ("grader.h", ""),
        ("config.yaml", config),
    ] {
        std::fs::write(root.join(name), text).unwrap();
    }
    Package::open(&root)
}

#[test]
fn each_wrong_configuration_has_its_message() {
    let table = [
        "tipe: default",
        "type: quiz",
        "type: objective",
        "type: remote_judge",
        "time: soon",
        "time: 1s\nsubtasks:\n  - {id: 1, time: later}",
        "memory: 1t",
        "memory: 64m\ncases:\n  - {input: 1.in, output: 1.out, memory: much}",
        "filename: ../sum",
        "filename: sum\ntype: submit_answer",
        "redirect: system/1",
        "time_limit_rate: {py: 2}",
        "checker_type: magic\nchecker: judge.py",
        "checker_type: kattis-static\nchecker: judge.py",
        "checker_type: testlib",
        "checker_type: testlib\nchecker: nosuch",
        "checker_type: testlib\nchecker: nosuch.py",
        "checker_type: testlib\nchecker: judge.txt",
        "checker_type: testlib\nchecker: {file: judge.txt, lang: klingon}",
        "checker_type: testlib\nchecker: [judge.py]",
        "checker_type: testlib\nchecker: ../judge.py",
        "checker_type: testlib\nchecker: checks.cpp",
        "checker: judge.py",
        "type: interactive",
        "type: interactive\ninteractor: judge.py\nchecker: judge.py",
        "type: interactive\ninteractor: judge.py\nchecker_type: lemon",
        "interactor: judge.py",
        "manager: judge.py",
        "type: communication",
        "type: communication\nmanager: judge.py\nnum_processes: 0",
        "type: communication\nmanager: judge.py\nnum_processes: 33",
        "type: communication\nmanager: judge.py\nuser_io: telepathy",
        "type: interactive\ninteractor: judge.py\nnum_processes: 2",
        "multi_pass: 2",
        "multi_pass: 21\nchecker_type: kattis\nchecker: judge.py",
        "multi_pass: 2\nchecker_type: testlib\nchecker: judge.py",
        "type: submit_answer\nsubType: single",
        "user_extra_files: [nosuch.h]",
        "langs: [cc.cc14o2, klingon]",
        "langs:\n  - cc.cc14o2\n  - klingon",
        "user_extra_files:\n  - grader.h\n  - nosuch.h",
        "cases:\n  - {input: 1.in, output: 9.out}",
        "cases:\n  - {output: 1.out}",
        "cases:\n  - {input: 1.in}\nsubtasks:\n  - {id: 1}",
        "subtasks:\n  - {id: 1}",
        "subtasks:\n  - {id: 1}\n  - {id: 2}\n  - {id: 3}",
        "subtasks:\n  - {id: 1}\n  - {id: 1}",
        "subtasks:\n  - {id: 1, if: [7]}\n  - {id: 2}",
        "subtasks:\n  - {id: 1, if: [2], cases: [{input: 1.in}]}\n  - {id: 2, if: [3], cases: [{input: 1.in}]}\n  - {id: 3, if: [2], cases: [{input: 2-2.in}]}",
        "cases:\n  - {input: 1.in, output: 1.out, time: 1s}\n  - input: 2-2.in\n    time: 2s\n  - input: 2-2.in\n    time: never\ntime: 1s",
        "cases:\n  - {input: 1.in, time: 1s}\ntime: soon",
        "cases:\n  - input: 1.in\n    output: 1.out\n  - input: 1.in\n    output: /dev/nil",
        "subtasks:\n  - {id: 1, type: min}\ntype: quiz",
        "subtasks:\n  - {id: 1, score: 50, cases: [{input: 1.in, score: 20}]}",
        "subtasks:\n  - {id: 1, type: average}",
    ];
    let said = table.map(|config| {
        let said = match configured(config) {
            Ok(_) => "it was taken".to_owned(),
            Err(error) => error.to_string(),
        };
        format!("{config}\n    {said}")
    });
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn subtasks_and_cases_are_in_the_order_of_their_ids_and_what_is_required_comes_first() {
    let shown = |config: &str| {
        let package = configured(config).unwrap_or_else(|error| panic!("{error}"));
        let names = package.tests.iter().map(|test| test.name.as_str());
        let names: Vec<&str> = names.collect();
        let groups = package.scoring.groups.iter().skip(1).map(|group| {
            let max = group.max.as_ref().map(ToString::to_string);
            let requires = group.requires.iter();
            let requires = requires.map(|at| package.scoring.groups[*at].name.as_str());
            let requires: Vec<&str> = requires.collect();
            let name = &group.name;
            format!("{name}={} {}", max.unwrap_or_default(), requires.join(","))
        });
        let groups: Vec<String> = groups.collect();
        format!("{}; {}", names.join(" "), groups.join("; "))
    };
    let one = "cases: [{input: 1.in}]";
    let two = "cases: [{input: 2-2.in}]";
    // The id decides, not the place; and what does not divide goes to the greatest.
    let config = format!("subtasks:\n  - {{id: 7, if: [2], {one}}}\n  - {{id: 2, {two}}}\n");
    assert_eq!(shown(&config), "2-2 1; 2=50 ; 7=50 2");
    let config = format!(
        "subtasks:\n  - {{id: 2, score: 33, {two}}}\n  - {{id: 1, if: [3], {one}}}\n  - {{id: 3, cases: [{{input: checks.cpp}}]}}\n"
    );
    assert_eq!(shown(&config), "2-2 checks.cpp 1; 2=33 ; 3=34 ; 1=33 3");
    let config = "cases:\n  - {id: 2, input: 1.in}\n  - {id: 1, input: 2-2.in}\n";
    assert_eq!(shown(config), "2-2 1; ");
}

#[test]
fn no_output_is_an_empty_answer_and_said_so_where_it_is_compared() {
    let warnings = |config: &str| {
        let package = configured(config).unwrap_or_else(|error| panic!("{error}"));
        assert!(!package.tests[1].answer.is_file(), "{config}");
        package.warnings
    };
    let cases = "cases:\n  - {input: 1.in, output: 1.out}\n  - input: 2-2.in\n";
    let wanted = "config.yaml:3: the case has no output, so only an empty one is right: output: /dev/null says so";
    assert_eq!(warnings(cases), [wanted]);
    let subtasks = "subtasks:\n  - cases: [{input: 1.in, output: 1.out},\n      {input: 2-2.in}]\n";
    assert_eq!(warnings(subtasks), [wanted]);
    let none: [&str; 0] = [];
    assert_eq!(warnings(&format!("{cases}    output: /dev/null\n")), none);
    let custom = format!("checker_type: kattis\nchecker: judge.py\n{cases}");
    assert_eq!(warnings(&custom), none);
    let manager = format!("type: communication\nmanager: judge.py\n{cases}");
    assert_eq!(warnings(&manager), none);
}

#[test]
fn a_configuration_says_what_the_names_leave_open() {
    let config = "time: 500ms\nmemory: 64m\nchecker_type: kattis\nchecker: judge.py\nmulti_pass: 3\nvalidator: judge.py\n\
                  langs: [cc.cc17o2, cc, py.py3]\nuser_extra_files: [grader.cpp, grader.h]\njudge_extra_files: [grader.h]\n\
                  subtasks:\n  - {id: 2, score: 10, type: sum}\n  - {id: 1, type: max, if: [2], time: 2s, cases: [{input: 1.in, memory: 128m}]}\n";
    let package = configured(config).unwrap();
    let scoring = package.scoring.groups.iter().map(|group| {
        let max = group.max.as_ref().map(ToString::to_string);
        (
            group.name.as_str(),
            max.unwrap_or_default(),
            group.requires.len(),
        )
    });
    let wanted = [("", "100", 0), ("2", "10", 0), ("1", "90", 1)];
    let wanted = wanted.map(|(name, max, requires)| (name, max.to_owned(), requires));
    assert_eq!(scoring.collect::<Vec<_>>(), wanted);
    let names: Vec<&str> = package
        .tests
        .iter()
        .map(|test| test.name.as_str())
        .collect();
    assert_eq!(names, ["2-2", "1"]);
    let limits = package
        .tests
        .iter()
        .map(|test| test.limits.as_ref().unwrap());
    let limits: Vec<_> = limits
        .map(|limits| (limits.time.as_millis(), limits.memory >> 20))
        .collect();
    assert_eq!(limits, [(500, 64), (2000, 128)]);
    assert_eq!(package.limits.time.as_millis(), 500);
    assert_eq!(package.limits.memory, 64 << 20);
    assert_eq!(package.kind.passes_max, Some(3));
    let languages = package.languages.unwrap();
    let languages: Vec<&str> = languages.iter().map(|id| id.as_str()).collect();
    assert_eq!(languages, ["cpp", "python"]);
    let included = package.includes.iter().map(|include| {
        let files = include.files.iter().map(|file| file.name.as_str());
        let language = include.language.as_ref().map(|id| id.as_str());
        (language, files.collect::<Vec<_>>())
    });
    let wanted = [
        (Some("cpp"), vec!["grader.cpp", "grader.h"]),
        (None, vec!["grader.h"]),
    ];
    assert_eq!(included.collect::<Vec<_>>(), wanted);
    assert_eq!(package.input_validators.len(), 1);
    assert_eq!(package.self_tests.len(), 2);
}
