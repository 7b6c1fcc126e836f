//! Several passes, submitted outputs, and functions that a file of the problem calls: real programs in real boxes.

use std::path::Path;
use std::time::Duration;

use tribunal_actors::{BuildReport, Node};
use tribunal_problems::{
    Checker, CompileLimits, CustomChecker, Dialect, GeneratorKind, Include, LanguageId, Package,
    Plan, ProblemKind, Procedure, RunLimits, Scores, SourceFile, TestCase, Verdict,
};

use crate::harness::{judge, plan, real, real_node};

/// Accepts what has this word in it, says which it was, and breaks where asked to.
fn wants(word: &str) -> CustomChecker {
    python(&format!(
        "import sys\noutput = sys.stdin.read()\nif 'boom-{word}' in output: sys.exit(1)\n\
         open(sys.argv[3] + 'judgemessage.txt', 'w').write('looked for {word}')\nsys.exit(42 if '{word}' in output else 43)\n"
    ))
}

#[test]
fn every_output_validator_has_to_accept() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (output, verdict, message) in [
            ("red green blue", Verdict::AC, Some("looked for red")),
            ("red blue", Verdict::WA, Some("looked for green")),
            ("red green", Verdict::WA, Some("looked for blue")),
            ("green blue", Verdict::WA, Some("looked for red")),
            ("red green boom-blue", Verdict::JE, None),
            // The first that refuses has decided.
            ("red boom-blue", Verdict::WA, Some("looked for green")),
        ] {
            let program = format!("print('{output}')");
            let plan = Plan {
                checker: Checker::Custom(wants("red")),
                further_checkers: vec![wants("green"), wants("blue")],
                rule: GeneratorKind::All,
                ..plan("python", "main.py", &program, &[("", "")])
            };
            let report = expect(&node, plan, verdict).await;
            if message.is_some() {
                assert_eq!(report.tests[0].message.as_deref(), message, "{output}");
            }
        }
    });
}

/// The first pass hides a number and a key, the second finds it with nothing else. The checker keeps the key to itself.
const HIDES: &str = "\
word, number = input().split()
print(int(number) + 1 if word == 'hide' else int(number) - 1)
";

/// Checks both passes, and writes down in its own files which it is in.
const CHECKS: &str = "\
import os, sys
given, feedback = open(sys.argv[1]).read().split(), sys.argv[3]
output = sys.stdin.read().strip()
note = os.path.join(feedback, 'number')
if given[0] == 'hide':
    assert not os.path.exists(note)
    open(note, 'w').write(given[1])
    open(os.path.join(feedback, 'nextpass.in'), 'w').write('find ' + output + chr(10))
    sys.exit(42)
with open(os.path.join(feedback, 'judgemessage.txt'), 'w') as message:
    message.write('found ' + output)
sys.exit(42 if output == open(note).read() else 43)
";

fn python(source: &str) -> CustomChecker {
    CustomChecker {
        language: LanguageId::new("python"),
        files: vec![SourceFile::new("check.py", source.as_bytes())],
        dialect: Dialect::Kattis,
        args: Vec::new(),
        scores: Scores::Refused,
        compile_limits: CompileLimits::default(),
        limits: RunLimits::default(),
    }
}

fn passes(program: &str, checker: &str, passes_max: u32) -> Plan {
    Plan {
        procedure: Procedure {
            passes_max,
            ..Procedure::default()
        },
        checker: Checker::Custom(python(checker)),
        // A busy host may be long over those two seconds.
        limits: RunLimits {
            time: Duration::from_secs(2),
            wall: Duration::from_secs(100),
            ..RunLimits::default()
        },
        rule: GeneratorKind::All,
        ..plan("python", "main.py", program, &[("hide 41\n", "")])
    }
}

async fn expect(node: &Node, plan: Plan, verdict: Verdict) -> BuildReport {
    let sources = format!("{:?} {:?}", plan.files, plan.checker);
    let report = judge(node, plan).await;
    assert_eq!(report.verdict, verdict, "{sources}: {report:#?}");
    report
}

#[test]
fn a_pass_is_followed_by_the_one_that_the_checker_asks_for() {
    let forgets = "word, number = input().split()\nprint(number if word == 'find' else 7)\n";
    let crashes =
        "word, number = input().split()\nprint(number)\nif word == 'find': raise SystemExit(1)\n";
    let spins = "word, number = input().split()\nprint(number)\nwhile word == 'find': pass\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        expect(&node, passes(HIDES, CHECKS, 2), Verdict::AC).await;
        let report = expect(&node, passes(forgets, CHECKS, 2), Verdict::WA).await;
        assert_eq!(report.tests[0].message.as_deref(), Some("found 7"));
        expect(&node, passes(crashes, CHECKS, 2), Verdict::RTE).await;
        expect(&node, passes(spins, CHECKS, 2), Verdict::TLE).await;
        expect(
            &node,
            passes("raise SystemExit(1)", CHECKS, 2),
            Verdict::RTE,
        )
        .await;
    });
}

#[test]
fn a_checker_that_asks_for_too_much_is_broken() {
    let always = |status: u32| {
        format!(
            "import sys\nopen(sys.argv[3] + 'nextpass.in', 'w').write('hide 1')\nsys.exit({status})\n"
        )
    };
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (checker, passes_max, reason) in [
            (always(42), 4, "more than 4 passes"),
            (always(43), 4, "without accepting"),
            (always(42), 1, "only one"),
        ] {
            let report = expect(&node, passes(HIDES, &checker, passes_max), Verdict::JE).await;
            let message = report.tests[0].message.clone().unwrap_or_default();
            assert!(message.contains(reason), "{report:#?}");
        }
    });
}

#[test]
fn a_talk_may_have_passes_too() {
    let talks = "\
import os, sys
note = sys.argv[3] + 'seen'
again = os.path.exists(note)
print('second' if again else 'first', flush=True)
if input() != ('2' if again else '1'): sys.exit(43)
open(note, 'w').close()
if not again: open(sys.argv[3] + 'nextpass.in', 'w').close()
sys.exit(42)
";
    let answers = "print(2 if input() == 'second' else 1)\n";
    let interactive = |program: &str| {
        let mut plan = passes(program, talks, 2);
        plan.procedure.meeting = Procedure::interactive().meeting;
        plan
    };
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let report = expect(&node, interactive(answers), Verdict::AC).await;
        let transcript = report.tests[0].transcript.as_deref();
        assert_eq!(transcript, Some("< first\n> 1\n---\n< second\n> 2\n"));
        expect(&node, interactive("input()\nprint(1)\n"), Verdict::WA).await;
    });
}

/// A problem with these answers whose submissions are outputs.
fn submit_answer(dir: &Path, answers: &[&str]) -> Package {
    let tests = answers.iter().zip(1..).map(|(answer, number)| {
        let at = |ending: &str| dir.join(format!("t{number}.{ending}"));
        std::fs::write(at("in"), "").unwrap();
        std::fs::write(at("ans"), answer).unwrap();
        TestCase::new(&format!("secret/t{number}"), at("in"), at("ans"))
    });
    let package = Package::of_tests("outputs", dir, tests.collect());
    Package {
        kind: ProblemKind {
            submit_answer: true,
            ..package.kind
        },
        ..package
    }
}

#[test]
fn outputs_are_judged_as_they_were_submitted() {
    let submitted = |package: &Package, files: &[(&str, &str)]| {
        let language = package.kind.language().unwrap();
        Plan {
            rule: GeneratorKind::All,
            ..Plan::for_package(package, language, &sources(files))
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let mut two = submit_answer(dir.path(), &["1 2\n", "3\n"]);
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let right = [("t1.out", "1\n2\n"), ("t2.out", "3")];
        expect(&node, submitted(&two, &right), Verdict::AC).await;
        let swapped = [("t2.out", "1\n2\n"), ("t1.out", "3")];
        expect(&node, submitted(&two, &swapped), Verdict::WA).await;
        let half = [("t2.ans", "3"), ("t3.out", "")];
        let report = judge(&node, submitted(&two, &half)).await;
        let verdicts: Vec<Verdict> = report.tests.iter().map(|test| test.verdict).collect();
        assert_eq!(verdicts, [Verdict::NO, Verdict::AC]);
        let sums =
            "import sys\nsys.exit(42 if sum(map(int, sys.stdin.read().split())) == 3 else 43)";
        two.checker = Checker::Custom(python(sums));
        expect(&node, submitted(&two, &right), Verdict::AC).await;
    });
}

/// Source files by name.
fn sources(files: &[(&str, &str)]) -> Vec<SourceFile> {
    let file = |(name, text): &(&str, &str)| SourceFile::new(*name, text.as_bytes());
    files.iter().map(file).collect()
}

#[test]
fn a_function_is_compiled_with_the_files_that_call_it() {
    let grader_cpp = "#include <iostream>\n#include \"add.h\"\nint main() { long a, b; std::cin >> a >> b; std::cout << add(a, b) << '\\n'; }\n";
    let header = "long add(long a, long b);\n";
    let right = "#include \"add.h\"\nlong add(long a, long b) { return a + b; }\n";
    let no_such = "long sum(long a, long b) { return a + b; }\n";
    let grader_py = "import add\nprint(add.add(*map(int, input().split())))\n";
    let with = |language: &str, files: &[(&str, &str)], of_the_problem: &[(&str, &str)]| {
        let mut package = Package::of_tests("add", "/nowhere".as_ref(), Vec::new());
        package.includes.push(Include {
            language: None,
            files: sources(of_the_problem),
        });
        Plan {
            files: Plan::for_package(&package, LanguageId::new(language), &sources(files)).files,
            ..plan(language, "x", "x", &[("1 2\n", "3\n"), ("5 5\n", "10\n")])
        }
    };
    let cpp = [("grader.cpp", grader_cpp), ("add.h", header)];
    let py = [("__main__.py", grader_py)];
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        expect(
            &node,
            with("cpp", &[("mine.cpp", right)], &cpp),
            Verdict::AC,
        )
        .await;
        let forged = [("mine.cpp", right), ("grader.cpp", "int main() {}")];
        expect(&node, with("cpp", &forged, &cpp), Verdict::AC).await;
        let report = expect(
            &node,
            with("cpp", &[("mine.cpp", no_such)], &cpp),
            Verdict::CE,
        )
        .await;
        assert!(report.compile.log.contains("add"), "{report:#?}");
        let right = [("add.py", "def add(a, b): return a + b\n")];
        expect(&node, with("python", &right, &py), Verdict::AC).await;
        let wrong = [("add.py", "def add(a, b): return a - b\n")];
        expect(&node, with("python", &wrong, &py), Verdict::WA).await;
    });
}
