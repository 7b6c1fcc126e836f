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
