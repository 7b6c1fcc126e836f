//! A package that the jury sends to a running judge: verified there, served when the jury says so, and after a restart.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::server::{Answer, Server, SignedIn, TRIBUNAL, examples};

const PASSWORD: &str = "correct+horse";

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().expect("it is below the package")).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A package whose task is to double a number; this is its answer to 21.
pub(crate) fn double(dir: &Path, answer: &str) -> PathBuf {
    let package = dir.join("double");
    let files = [
        (
            "problem.yaml",
            "problem_format_version: 2025-09\nname: Double\nlicense: cc0\n\
             uuid: 5f1c2b1e-8f55-4f77-9d2c-0d8f3a2f9a11\nlimits: {time_limit: 2}\n",
        ),
        (
            "statement/problem.en.pdf",
            include_str!("packages/double.pdf"),
        ),
        ("data/sample/1.in", "2\n"),
        ("data/sample/1.ans", "4\n"),
        ("data/secret/1.in", "21\n"),
        ("data/secret/1.ans", answer),
        ("submissions/accepted/right.py", "print(2 * int(input()))\n"),
        (
            "submissions/wrong_answer/square.py",
            "print(int(input()) ** 2)\n",
        ),
    ];
    for (name, text) in files {
        write(&package, name, text);
    }
    package
}

/// Packs a package, as a jury does.
pub(crate) fn zipped(package: &Path) -> PathBuf {
    let archive = package.with_extension("zip");
    let made = Command::new("/usr/bin/python3")
        .args(["-m", "zipfile", "-c"])
        .args([&archive, package])
        .status();
    assert!(made.unwrap().success());
    archive
}

fn serve(data: &Path) -> Server {
    let config = data.join("tribunal.toml");
    std::fs::write(
        &config,
        "requests_per_second = 0\nonly_languages = [\"python\"]\n",
    )
    .unwrap();
    let mut command = Command::new(TRIBUNAL);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(config)
        .arg("--data")
        .arg(data)
        .arg("--problems")
        .arg(examples().join("sum"));
    Server::of(command)
}

fn first_admin(server: &Server) -> SignedIn<'_> {
    let chosen = format!("password={PASSWORD}&again={PASSWORD}");
    let form = "application/x-www-form-urlencoded";
    let answer = server.post_bytes(server.admin_link(), form, chosen.as_bytes());
    assert_eq!(answer.status, 303, "{answer:?}");
    server.sign_in("admin", PASSWORD)
}

fn send(jury: &SignedIn<'_>, name: &str, archive: &[u8]) -> Answer {
    let path = format!("/api/packages?name={name}");
    jury.send("POST", &path, "application/zip", archive)
}

/// The package once nobody looks at it any more.
fn looked_at(jury: &SignedIn<'_>, id: &Value) -> Value {
    let began = std::time::Instant::now();
    loop {
        let shown = jury.get(&format!("/api/packages/{id}")).json();
        if shown["stage"] != "reading" && shown["stage"] != "verifying" {
            return shown;
        }
        assert!(began.elapsed().as_secs() < 60, "{shown}");
        std::thread::yield_now();
    }
}

/// The verdict of a submission for the problem, or `Null` where there is no such problem.
fn verdict(jury: &SignedIn<'_>, source: &str) -> Value {
    let new = json!({"problem": "double", "language": "python", "source": source});
    let answer = jury.post("/api/submissions", &new);
    let Some(id) = answer.json()["id"].as_i64() else {
        return Value::Null;
    };
    let path = format!("/api/submissions/{id}?wait=60");
    jury.get(&path).json()["verdict"].clone()
}

#[test]
fn a_package_is_verified_then_served_and_still_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let server = serve(&data);
    let jury = first_admin(&server);
    let right = "print(2 * int(input()))";
    let archive = std::fs::read(zipped(&double(dir.path(), "43\n"))).unwrap();
    let sent = send(&jury, "double.zip", &archive);
    assert_eq!(sent.status, 202, "{sent:?}");
    let wrong = looked_at(&jury, &sent.json()["id"]);
    assert_eq!(wrong["stage"], "verified", "{wrong}");
    let submissions = wrong["result"]["submissions"].as_array().unwrap();
    let found: Vec<_> = submissions
        .iter()
        .map(|one| (one["verdict"].clone(), one["ok"].clone()))
        .collect();
    assert_eq!(
        found,
        [(json!("WA"), json!(false)), (json!("WA"), json!(true))],
        "{wrong}"
    );
    assert_eq!(verdict(&jury, right), Value::Null, "it is not served yet");

    let archive = std::fs::read(zipped(&double(dir.path(), "42\n"))).unwrap();
    let sent = send(&jury, "double.zip", &archive);
    let mended = looked_at(&jury, &sent.json()["id"]);
    assert_eq!(
        (&mended["judged"], &mended["submissions"]),
        (&json!(2), &json!(2))
    );
    for id in [&wrong["id"], &mended["id"]] {
        let path = format!("/api/packages/{id}/install");
        let installed = jury.post(&path, &Value::Null);
        assert_eq!(installed.json()["stage"], "installed", "{installed:?}");
        assert_eq!(jury.post(&path, &Value::Null).status, 409);
    }
    assert_eq!(verdict(&jury, right), "AC", "the later one counts");
    let statement = server.get("/problems/double/statement");
    assert_eq!(statement.content_type, "application/pdf");
    assert!(statement.text.starts_with("%PDF"), "{statement:?}");
    let page = server.get("/problems/double");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-src 'self'"), "{policy}");
    server.stop();

    let server = serve(&data);
    let jury = server.sign_in("admin", PASSWORD);
    assert_eq!(verdict(&jury, right), "AC");
    let kept = std::fs::read_dir(data.join("packages")).unwrap();
    let kept = kept.filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(kept.count(), 1, "what was replaced is gone");
}

#[test]
fn what_is_no_package_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path());
    let jury = first_admin(&server);
    let sent = send(&jury, "none.zip", b"PK\x03\x04 and no more");
    assert_eq!(sent.status, 202, "{sent:?}");
    let refused = looked_at(&jury, &sent.json()["id"]);
    assert_eq!(refused["stage"], "refused", "{refused}");
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains("the archive"), "{error}");
    let package = double(dir.path(), "42\n");
    write(
        &package,
        "problem.yaml",
        "problem_format_version: 2025-09\nnmae: Double\n",
    );
    let archive = std::fs::read(zipped(&package)).unwrap();
    let sent = send(&jury, "double.zip", &archive);
    let refused = looked_at(&jury, &sent.json()["id"]);
    let error = refused["error"].as_str().unwrap();
    assert!(
        error.contains("problem.yaml") && error.contains("nmae"),
        "{error}"
    );
    let path = format!("/api/packages/{}/install", refused["id"]);
    assert_eq!(jury.post(&path, &Value::Null).status, 409);
    for name in ["", "../up.zip", "a%2Fb.zip", ".hidden"] {
        let answer = send(&jury, name, &archive);
        assert_eq!(answer.json()["field"], "name", "{name}: {answer:?}");
    }
}
