//! Contents that are sent once and named by their hashes.

use serde_json::{Value, json};
use tribunal_problems::BlobId;

use crate::server::{Answer, Server, TRIBUNAL, examples};

fn put(server: &Server, id: BlobId, content: &[u8]) -> Answer {
    let path = format!("/api/blobs/{id}");
    server.ask(
        "PUT",
        &path,
        &[("content-type", "application/octet-stream")],
        content,
    )
}

fn run(server: &Server, test: &Value) -> Answer {
    let request = json!({
        "language": "python",
        "code": "print(sum(map(int, input().split())))",
        "tests": {"hidden": [test]},
    });
    server.post("/run", &request)
}

#[test]
fn a_test_that_was_sent_once_is_run_by_its_hash() {
    let server = Server::start();
    let (input, answer) = (b"20 22\n", b"42\n");
    let ids = [BlobId::of(input), BlobId::of(answer)];
    let kept = put(&server, ids[0], input);
    assert_eq!(kept.status, 201, "{kept:?}");
    assert_eq!(
        kept.json(),
        json!({"id": ids[0].to_string(), "bytes": input.len()})
    );
    assert_eq!(put(&server, ids[1], answer).status, 201);
    // Sent again it is the same.
    assert_eq!(put(&server, ids[1], answer).status, 201);
    let path = format!("/api/blobs/{}", ids[0]);
    assert_eq!(server.get(&path).text, "20 22\n");
    let head = server.ask("HEAD", &path, &[], b"");
    assert_eq!(head.status, 200);
    assert_eq!(head.headers["content-length"], "6");

    let named = json!({"id": "a", "input_blob": ids[0], "expected_output_blob": ids[1]});
    let answer = run(&server, &named).json();
    assert_eq!(answer["summary"]["hidden_passed"], 1, "{answer}");
    let wrong = json!({"id": "a", "input_blob": ids[0], "expected_output": "43"});
    assert_eq!(run(&server, &wrong).json()["summary"]["hidden_failed"], 1);
    let visible = json!({
        "language": "python",
        "code": "print(42)",
        "tests": {"visible": [named]},
    });
    let shown = server.post("/run", &visible).json();
    let shown = &shown["test_results"]["visible"][0];
    assert_eq!(shown["input"], format!("sha256:{}", ids[0]), "{shown}");
}

#[test]
fn what_was_not_sent_is_neither_run_nor_told() {
    let server = Server::start();
    let id = BlobId::of(b"somebody else's");
    assert_eq!(server.get(&format!("/api/blobs/{id}")).status, 404);
    assert_eq!(server.get("/api/blobs/abc").status, 404);
    let unknown = run(
        &server,
        &json!({"id": "a", "input_blob": id, "expected_output": ""}),
    );
    assert_eq!(unknown.status, 422, "{unknown:?}");
    assert_eq!(unknown.json()["field"], "tests.hidden[0].input_blob");
    let twice = json!({"id": "a", "input": "", "input_blob": id, "expected_output": ""});
    assert_eq!(
        run(&server, &twice).json()["field"],
        "tests.hidden[0].input_blob"
    );
    let neither = run(&server, &json!({"id": "a", "input": ""}));
    assert_eq!(
        neither.json()["field"],
        "tests.hidden[0].expected_output",
        "{neither:?}"
    );
    let other = put(&server, id, b"another content");
    assert_eq!(other.status, 422, "{other:?}");
    assert_eq!(other.json()["field"], "sha256");
}

/// Bytes that the judge's process has in memory at most.
fn peak_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kibibytes.parse::<u64>().unwrap() * 1024
}

#[test]
fn a_large_content_goes_to_the_disk_as_it_comes_and_a_larger_one_is_refused() {
    const BYTES: usize = 96 << 20;
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("tribunal.toml");
    std::fs::write(&config, format!("blob_bytes_max = {BYTES}\n")).unwrap();
    let mut command = std::process::Command::new(TRIBUNAL);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(config)
        .arg("--data")
        .arg(data.path().join("data"))
        .arg("--problems")
        .arg(examples().join("sum"));
    let server = Server::of(command);
    let before = peak_bytes(&server);
    let large = vec![b'7'; BYTES];
    let kept = put(&server, BlobId::of(&large), &large);
    assert_eq!(kept.status, 201, "{kept:?}");
    let grown = peak_bytes(&server).saturating_sub(before);
    assert!(grown < BYTES as u64 / 4, "{grown} bytes of memory");
    let larger = vec![b'7'; BYTES + 1];
    let refused = put(&server, BlobId::of(&larger), &larger);
    assert_eq!(refused.status, 413, "{refused:?}");
}
