//! The commands on what is stored, beside a judge at work and after it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::server::{Server, TRIBUNAL, examples};

fn tribunal(line: &str, data: &Path) -> Output {
    Command::new(TRIBUNAL)
        .args(line.split_whitespace())
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Submits to the problem `sum` and waits for the verdict.
fn judged(server: &Server, language: &str, source: &str) -> i64 {
    let new = json!({"problem": "sum", "language": language, "source": source});
    let id = server.post("/api/submissions", &new).json()["id"]
        .as_i64()
        .expect("a number");
    let view = server.get(&format!("/api/submissions/{id}?wait=60")).json();
    assert_eq!(view["status"], "done", "{view}");
    id
}

const BROKEN: &str = "int main() { return nothing; }\n";
const WRONG: &str = "print(1)\n";

#[test]
fn what_happened_is_told_while_the_judge_runs_and_after_it() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let server = Server::start_in(data.path(), &[]);
    let (broken, wrong) = (
        judged(&server, "c", BROKEN),
        judged(&server, "python", WRONG),
    );
    let check = || {
        let listed = json(&tribunal("db submissions --json", data.path()));
        let verdicts: Vec<_> = listed
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| &one["verdict"])
            .collect();
        assert_eq!(verdicts, ["WA", "CE"]);
        let csv = stdout(&tribunal(
            "db submissions --csv --limit 1 --language c",
            data.path(),
        ));
        let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
        assert_eq!(
            lines[0],
            "id,accepted,problem,language,verdict,score,judgements"
        );
        assert!(
            lines.len() == 2 && lines[1].starts_with(&format!("{broken},")),
            "{csv}"
        );
        let log = tribunal(&format!("log {broken}/compile"), data.path());
        assert!(stdout(&log).contains("nothing"), "{log:?}");
        let jobs = json(&tribunal(
            &format!("db jobs --json --submission {wrong} --verdict WA"),
            data.path(),
        ));
        let job = jobs[0]["job"].as_str().expect("a name");
        let log = json(&tribunal(&format!("log {job} --json"), data.path()));
        assert_eq!(
            (&log["verdict"], &log["stdout"]),
            (&json!("WA"), &json!("1\n"))
        );
        let plan = stdout(&tribunal(&format!("plan {wrong}"), data.path()));
        assert!(
            plan.starts_with(&format!("submission {wrong} for sum: WA, ")),
            "{plan}"
        );
        assert!(plan.contains("compile the solution"), "{plan}");
        let unknown = tribunal("log 99/compile", data.path());
        assert_eq!(unknown.status.code(), Some(1));
        assert!(stderr(&unknown).contains("99/compile"), "{unknown:?}");
    };
    check();
    server.stop();
    check();
}

#[test]
fn a_rejudging_shows_what_would_change_before_it_is_applied_and_leaves_a_running_judge_alone() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let problems = tempfile::tempdir().expect("a scratch directory");
    let sum = problems.path().join("sum");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(examples().join("sum"))
        .arg(&sum)
        .status();
    assert!(copied.expect("cp starts").success());
    let server = Server::start_in(data.path(), &[]);
    let id = judged(&server, "python", WRONG);
    let rejudge = |flags: &str| {
        let problems = problems.path().display();
        let line = format!("rejudge --problem sum --json --problems {problems} {flags}");
        tribunal(&line, data.path())
    };
    let refused = rejudge("--dry-run");
    assert_eq!(refused.status.code(), Some(2));
    let said = stderr(&refused);
    let pid = server.pid().to_string();
    assert!(
        said.contains("is in use by process") && said.contains(&pid),
        "{said}"
    );
    server.stop();

    // The jury finds that every answer is 1.
    for folder in ["data/sample", "data/secret"] {
        for entry in std::fs::read_dir(sum.join(folder)).expect("it can be listed") {
            let path = entry.expect("it can be listed").path();
            if path.extension().is_some_and(|end| end == "ans") {
                std::fs::write(path, "1\n").expect("written");
            }
        }
    }
    let dry = json(&rejudge("--dry-run"));
    assert_eq!(
        (&dry["changed"], &dry["applied"]),
        (&json!(1), &json!(false)),
        "{dry}"
    );
    let line = &dry["submissions"][0];
    assert_eq!(
        (&line["before"], &line["after"]),
        (&json!("WA"), &json!("AC")),
        "{dry}"
    );
    assert!(
        line["checks"].as_u64() > Some(0),
        "the first tests were run before: {dry}"
    );
    let shown = json(&tribunal("db submissions --json", data.path()));
    assert_eq!(
        (&shown[0]["verdict"], &shown[0]["judgements"]),
        (&json!("WA"), &json!(1))
    );

    let applied = json(&rejudge(""));
    assert_eq!(applied["submissions"][0]["applied"], true, "{applied}");
    let shown = json(&tribunal("db submissions --json", data.path()));
    assert_eq!(
        (&shown[0]["verdict"], &shown[0]["judgements"]),
        (&json!("AC"), &json!(2))
    );
    let before = tribunal(&format!("log {id}.1/compile"), data.path());
    assert_eq!(before.status.code(), Some(0), "{before:?}");
    let again = rejudge("");
    assert_eq!(json(&again)["changed"], 0);
    let server = Server::start_in(data.path(), &[]);
    assert_eq!(
        server.get(&format!("/api/submissions/{id}")).json()["verdict"],
        "AC"
    );
}

#[test]
fn b_16_the_doctor_finds_a_flipped_byte_before_it_judges_anybody() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let server = Server::start_in(data.path(), &[]);
    judged(&server, "python", WRONG);
    let doctor = || json(&tribunal("doctor --deep --json", data.path()));
    let state = |findings: &Value, what: &str| {
        let checks = findings["checks"].as_array().expect("a list");
        let check = checks.iter().find(|check| check["what"] == what);
        check
            .unwrap_or_else(|| panic!("{what}: {findings}"))
            .clone()
    };
    for what in ["the database", "what is stored"] {
        assert_eq!(
            state(&doctor(), what)["state"],
            "good",
            "also while a judge runs"
        );
    }
    server.stop();
    let input = examples().join("sum/data/secret");
    let input = std::fs::read_dir(input)
        .expect("listed")
        .map(|entry| entry.expect("listed").path());
    let input = input
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "in"));
    let blob = tribunal_problems::BlobId::of(&std::fs::read(input.expect("a test")).expect("read"))
        .to_string();
    let path = data.path().join("blobs").join(&blob[..2]).join(&blob);
    let mut bytes = std::fs::read(&path).expect("the test is stored");
    bytes[0] ^= 1;
    std::fs::File::create(&path)
        .expect("it is ours")
        .write_all(&bytes)
        .expect("written");
    let found = doctor();
    let line = state(&found, "what is stored");
    assert_eq!(
        (&found["ok"], &line["state"]),
        (&json!(false), &json!("missing")),
        "{found}"
    );
    assert!(
        line["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains(&blob)),
        "{line}"
    );
    assert!(line["remedy"].is_string(), "{line}");
    // And whoever judges meanwhile has it from the package again.
    let server = Server::start_in(data.path(), &[]);
    judged(
        &server,
        "python",
        "print(sum(map(int, open(0).read().split()[1:])))\n",
    );
    server.stop();
}
