//! A rejudging on a running judge: what would change is told, and changes only when it is applied.

use std::path::Path;

use serde_json::{Value, json};

use crate::server::{Server, SignedIn, TRIBUNAL, examples};

const SUM: &str = include_str!("../../examples/sum/submissions/accepted/sum.py");
const PASSWORD: &str = "correct+horse";

/// A copy of an example, with another answer to its last test.
fn with_answer(dir: &Path, answer: &str) {
    let copied = std::process::Command::new("cp")
        .args(["-r", "--no-target-directory"])
        .arg(examples().join("sum"))
        .arg(dir.join("sum"))
        .status();
    assert!(copied.unwrap().success());
    std::fs::write(dir.join("sum/data/secret/01-zeros.ans"), answer).unwrap();
}

fn serve(dir: &Path) -> Server {
    let config = dir.join("tribunal.toml");
    std::fs::write(&config, "requests_per_second = 0\n").unwrap();
    let mut command = std::process::Command::new(TRIBUNAL);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(config)
        .arg("--data")
        .arg(dir.join("data"))
        .arg("--problems")
        .arg(dir.join("sum"));
    Server::of(command)
}

fn verdict(server: &Server, id: i64) -> Value {
    server.get(&format!("/api/submissions/{id}?wait=60")).json()["verdict"].clone()
}

/// The rejudging once it is at this stage.
fn at_stage(jury: &SignedIn<'_>, id: &Value, stage: &str) -> Value {
    let began = std::time::Instant::now();
    loop {
        let shown = jury.get(&format!("/api/rejudgings/{id}")).json();
        if shown["stage"] == stage {
            return shown;
        }
        assert!(began.elapsed().as_secs() < 60, "{shown}");
        std::thread::yield_now();
    }
}

#[test]
fn a_mended_answer_changes_verdicts_once_the_jury_applies_it() {
    let dir = tempfile::tempdir().unwrap();
    with_answer(dir.path(), "999999\n");
    let server = serve(dir.path());
    let chosen = format!("password={PASSWORD}&again={PASSWORD}");
    let form = "application/x-www-form-urlencoded";
    let answer = server.post_bytes(server.admin_link(), form, chosen.as_bytes());
    assert_eq!(answer.status, 303, "{answer:?}");
    let submission = json!({"problem": "sum", "language": "python", "source": SUM});
    let id = server.post("/api/submissions", &submission).json()["id"]
        .as_i64()
        .unwrap();
    let never = server.post(
        "/api/submissions",
        &json!({"problem": "sum", "language": "python", "source": "print(-1)"}),
    );
    let never = never.json()["id"].as_i64().unwrap();
    assert_eq!(verdict(&server, id), "WA");
    assert_eq!(verdict(&server, never), "WA");
    server.stop();

    with_answer(dir.path(), "0\n");
    let server = serve(dir.path());
    let jury = server.sign_in("admin", PASSWORD);
    let begun = jury.post("/api/rejudgings", &json!({"problem": "sum"}));
    assert_eq!(begun.status, 202, "{begun:?}");
    let number = begun.json()["id"].clone();
    let shown = at_stage(&jury, &number, "previewed");
    assert_eq!((&shown["total"], &shown["changed"]), (&json!(2), &json!(1)));
    let change = &shown["submissions"][0];
    assert_eq!(
        (&change["before"], &change["after"]),
        (&json!("WA"), &json!("AC"))
    );
    assert_eq!(verdict(&server, id), "WA", "nothing is applied yet");

    let path = format!("/api/rejudgings/{number}/apply");
    assert_eq!(jury.post(&path, &Value::Null).status, 202);
    let shown = at_stage(&jury, &number, "applied");
    assert_eq!(shown["submissions"][0]["applied"], true);
    assert_eq!(verdict(&server, id), "AC");
    assert_eq!(verdict(&server, never), "WA");
    assert_eq!(jury.post(&path, &Value::Null).status, 409);
    let nobody = jury.post("/api/rejudgings", &json!({"submission": 99}));
    assert_eq!(nobody.json()["field"], "submission");
}
