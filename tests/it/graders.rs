//! Graders that a package brings: real programs in real boxes, what they are told, and what comes of a broken one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tribunal_actors::{BuildReport, Node};
use tribunal_problems::{LanguageId, Package, Plan, SourceFile, Verdict};

use crate::harness::{judge, real, real_node};
use crate::server::{Server, TRIBUNAL};

/// Prints what it was asked, so that the test sees it, and sums up what was accepted.
const SUMS: &str = "\
import sys
results = [line.split() for line in sys.stdin]
print(sys.argv[1:], results, file=sys.stderr)
accepted = [float(score) for verdict, score in results if verdict == 'AC']
print('AC' if accepted else results[0][0], sum(accepted) * float(sys.argv[1]))
";

/// The test's number is its input; what comes of it is in the program.
const FILES: &[(&str, &str)] = &[
    (
        "problem.yaml",
        "name: Numbers\ntype: scoring\nlicense: public domain\nlimits: {validation_time: 1}\n",
    ),
    (".timelimit", "5\n"),
    (
        "data/testdata.yaml",
        "on_reject: continue\naccept_score: 2\n",
    ),
    ("data/sample/1.in", "0\n"),
    ("data/sample/1.ans", "0\n"),
    (
        "data/secret/testdata.yaml",
        "grading: custom\ngrader_flags: 10 --of   secret\n",
    ),
    ("data/secret/1.in", "1\n"),
    ("data/secret/1.ans", "1\n"),
    ("data/secret/2/testdata.yaml", "grader_flags: 0.5\n"),
    ("data/secret/2/1.in", "2\n"),
    ("data/secret/2/1.ans", "2\n"),
    ("data/secret/2/2.in", "3\n"),
    ("data/secret/2/2.ans", "3\n"),
    (
        "data/secret/3/testdata.yaml",
        "grading: default\ngrader_flags: min\non_reject: break\n",
    ),
    ("data/secret/3/1.in", "4\n"),
    ("data/secret/3/1.ans", "4\n"),
    ("data/secret/3/2.in", "5\n"),
    ("data/secret/3/2.ans", "5\n"),
];

fn package(dir: &Path, grader: (&str, &str)) -> PathBuf {
    let root = dir.join("numbers");
    for (name, text) in FILES.iter().copied().chain([grader]) {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("it is below the package")).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

/// What comes of a program that is right but for these inputs.
async fn judged(node: &Node, package: &Path, wrong: &str) -> BuildReport {
    let package = Package::open(package).unwrap();
    let source = format!("n = int(input())\nprint(-1 if n in [{wrong}] else n)\n");
    let files = [SourceFile::new("main.py", source.as_bytes())];
    let plan = Plan::for_package(&package, LanguageId::new("python"), &files);
    judge(node, plan).await
}

fn groups(report: &BuildReport) -> String {
    let groups = report.groups.iter();
    let groups = groups.map(|group| format!("{} {} {}", group.name, group.score, group.passed));
    groups.collect::<Vec<_>>().join(", ")
}

#[test]
fn nested_groups_are_graded_from_within_with_their_flags() {
    let dir = tempfile::tempdir().unwrap();
    let package = package(dir.path(), ("graders/sums.py", SUMS));
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        // The sample's 2, and ten times the sum of 2, half of 2 + 2, and the least of 2 and 2.
        let report = judged(&node, &package, "").await;
        assert_eq!(
            (report.verdict, report.score),
            (Verdict::AC, Some(62.0)),
            "{report:#?}"
        );
        assert_eq!(
            groups(&report),
            "sample 2 true, secret 60 true, secret/2 2 true, secret/3 2 true"
        );
        // The default group is not accepted, and so the grader above leaves it out; its second test is not run.
        let report = judged(&node, &package, "3, 4").await;
        assert_eq!(
            (report.verdict, report.score),
            (Verdict::AC, Some(32.0)),
            "{report:#?}"
        );
        assert_eq!(
            groups(&report),
            "sample 2 true, secret 30 true, secret/2 1 true, secret/3 0 false"
        );
        assert_eq!(report.tests[5].verdict, Verdict::SK);
        // Nothing is accepted by the grader: the default grader above has its verdict, and the sample's points.
        let report = judged(&node, &package, "1, 2, 3, 4").await;
        assert_eq!(
            (report.verdict, report.score),
            (Verdict::PT, Some(2.0)),
            "{report:#?}"
        );
        assert_eq!(report.judge_failure(), None);
    });
}

#[test]
fn a_grader_in_c_plus_plus_is_compiled_before_it_is_asked() {
    let grader = "\
#include <iostream>
#include <string>
#include \"points.h\"
int main() {
    std::string verdict;
    double score;
    int lines = 0;
    while (std::cin >> verdict >> score) lines++;
    std::cout << \"AC \" << points * lines << '\\n';
}
";
    let dir = tempfile::tempdir().unwrap();
    let package = package(dir.path(), ("graders/count/main.cpp", grader));
    std::fs::write(
        package.join("graders/count/points.h"),
        "const int points = 7;\n",
    )
    .unwrap();
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let report = judged(&node, &package, "").await;
        assert_eq!(
            (report.verdict, report.score),
            (Verdict::AC, Some(23.0)),
            "{report:#?}"
        );
    });
}

#[test]
fn a_grader_that_breaks_is_the_judges_error_and_the_judge_goes_on() {
    let table = [
        ("print('very good')", "it printed \"very good\""),
        ("print('AC 1\\nAC 1')", "it printed \"AC 1\\nAC 1\""),
        ("raise SystemExit(1)", "it exited with 1 instead of 0"),
        ("print(1 / 0)", "ZeroDivisionError"),
        ("while True: pass", "it was ended: CpuLimit"),
        ("print('JE 0')", "it says itself"),
        ("print('AC 5'); raise SystemExit(42)", "it exited with 42"),
    ];
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (grader, reason) in table {
            let dir = tempfile::tempdir().unwrap();
            let package = package(dir.path(), ("graders/g.py", grader));
            let report = judged(&node, &package, "").await;
            assert_eq!(
                (report.verdict, report.score),
                (Verdict::JE, Some(0.0)),
                "{report:#?}"
            );
            let failure = report.judge_failure().expect("there is a reason");
            assert!(
                failure.starts_with("grade group \"secret/2\": "),
                "{failure}"
            );
            assert!(failure.contains(reason), "{grader}: {failure}");
            assert!(report.tests.iter().all(|test| test.verdict == Verdict::AC));
        }
        let dir = tempfile::tempdir().unwrap();
        let broken = package(dir.path(), ("graders/g.cpp", "int main() { return }\n"));
        let report = judged(&node, &broken, "").await;
        let failure = report.judge_failure().expect("there is a reason");
        assert!(failure.contains("the grader does not compile"), "{failure}");
        let dir = tempfile::tempdir().unwrap();
        let sound = package(dir.path(), ("graders/sums.py", SUMS));
        assert_eq!(judged(&node, &sound, "").await.verdict, Verdict::AC);
    });
}

#[test]
fn verifying_asks_the_grader_about_the_jurys_submissions() {
    let dir = tempfile::tempdir().unwrap();
    let verified = |grader: &str| {
        let package = package(dir.path(), ("graders/sums.py", grader));
        let submission = package.join("submissions/partially_accepted/some.py");
        std::fs::create_dir_all(submission.parent().unwrap()).unwrap();
        std::fs::write(submission, "n = int(input())\nprint(n if n < 4 else -1)\n").unwrap();
        std::fs::write(
            package.join("data/testdata.yaml"),
            "on_reject: continue\nrange: 0 99\n",
        )
        .unwrap();
        let output = Command::new(TRIBUNAL)
            .args(["verify", "--json"])
            .arg(&package)
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let found: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        found["packages"][0]["submissions"][0].clone()
    };
    // The sample's 1, and ten times the sum of 1 and half of 1 + 1.
    let found = verified(SUMS);
    assert_eq!(
        (&found["verdict"], &found["score"]),
        (&json!("PT"), &json!(21.0)),
        "{found}"
    );
    assert_eq!(found["ok"], true, "{found}");
    let found = verified("print('nothing')");
    assert_eq!(
        (&found["verdict"], &found["ok"]),
        (&json!("JE"), &json!(false)),
        "{found}"
    );
    let fault = found["faults"][0].as_str().unwrap();
    assert!(fault.contains("it printed \"nothing\""), "{fault}");
}

fn serve(dir: &Path, package: &Path) -> Server {
    let contest = format!(
        "name: Finals\nshort_name: finals\nkind: ioi\nscore: subtasks\nstart: now\nduration: 5:00:00\n\
         problems: [{{label: A, package: '{}', colour: red}}]\n\
         teams: [{{name: ants, password: ants-password}}]\n\
         accounts: [{{name: jury, role: jury, password: jury-password}}]\n",
        package.display()
    );
    Server::of_contest(dir, &contest)
}

#[test]
fn a_server_judges_with_a_grader_shows_it_and_rejudges_with_another() {
    let dir = tempfile::tempdir().unwrap();
    let root = package(dir.path(), ("graders/g.py", "print('broken')"));
    let source = "n = int(input())\nprint(n if n != 3 else -1)\n";
    let new = json!({"problem": "numbers", "language": "python", "source": source});
    let id = {
        let server = serve(dir.path(), &root);
        let ants = server.sign_in("ants", "ants-password");
        let id = ants.post("/api/submissions", &new).json()["id"].clone();
        let shown = ants.get(&format!("/api/submissions/{id}?wait=60"));
        assert_eq!(shown.json()["verdict"], "JE", "{shown:?}");
        // Why is the jury's to know.
        let page = format!("/submissions/{id}");
        let reason = "it printed &#34;broken&#34;";
        assert!(!ants.get(&page).text.contains("broken"));
        let jury = server.sign_in("jury", "jury-password");
        let seen = jury.get(&page).text;
        assert!(seen.contains(reason), "{seen}");
        server.stop();
        id
    };
    std::fs::write(root.join("graders/g.py"), SUMS).unwrap();
    let rejudge = Command::new(TRIBUNAL)
        .args(["rejudge", "--json", &id.to_string(), "--data"])
        .arg(dir.path().join("data"))
        .args(["--problems".as_ref(), root.as_os_str()])
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&rejudge.stdout).into_owned();
    assert!(said.contains("\"AC\""), "{rejudge:?}");
    let server = serve(dir.path(), &root);
    let ants = server.sign_in("ants", "ants-password");
    let shown = ants.get(&format!("/api/submissions/{id}")).json();
    assert_eq!(
        (&shown["verdict"], &shown["score"]),
        (&json!("AC"), &json!(52.0)),
        "{shown}"
    );
    // What is in the group that the grader is asked about is no subtask: it makes other points of it.
    let board = server.get("/api/contest/scoreboard").json();
    let cell = &board["rows"][0]["problems"][0];
    assert_eq!(
        (&cell["score"], &cell["subtasks"]),
        (&json!(52.0), &json!([2.0, 50.0])),
        "{board}"
    );
    server.stop();
}
