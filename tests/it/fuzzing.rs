//! schemathesis asks a running judge all that its OpenAPI document allows, and much that it does not.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::server::Server;

/// What each answer is held against: no 5xx, and no status, type or shape that the document has not.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";

/// Asks for so many seconds, with these headers, always the same questions.
fn nothing_unexpected(server: &Server, seconds: u32, headers: &[String]) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/schemathesis");
    let program = home.join("bin/schemathesis");
    assert!(
        program.exists(),
        "schemathesis is missing: tools/install.sh schemathesis"
    );
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let mut command = Command::new(program);
    command
        .current_dir(scratch.path())
        .arg("run")
        .arg(format!("http://{}/api/openapi.json", server.addr()))
        .args(["--checks", CHECKS, "--continue-on-failure", "--seed", "1"])
        .args(["--request-timeout", "90", "--warnings", "off"])
        .arg("--max-time")
        .arg(seconds.to_string());
    for header in headers {
        command.args(["--header", header]);
    }
    let asked = command.output().expect("schemathesis runs");
    assert!(
        asked.status.success(),
        "{}{}",
        String::from_utf8_lossy(&asked.stdout),
        String::from_utf8_lossy(&asked.stderr)
    );
}

fn server(scratch: &Path) -> Server {
    let config = scratch.join("config.toml");
    std::fs::write(&config, "requests_per_second = 0\n").expect("a scratch directory");
    let config = config.to_str().expect("UTF-8");
    Server::start_in(&scratch.join("data"), &["--config", config])
}

#[test]
fn nobody_in_particular_gets_no_5xx_and_no_answer_that_is_not_in_the_document() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    nothing_unexpected(&server(scratch.path()), 25, &[]);
}

#[test]
fn an_admins_token_gets_no_5xx_and_no_answer_that_is_not_in_the_document() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let server = server(scratch.path());
    let password = "correct+horse";
    let chosen = format!("password={password}&again={password}");
    let form = "application/x-www-form-urlencoded";
    let answer = server.post_bytes(server.admin_link(), form, chosen.as_bytes());
    assert_eq!(answer.status, 303, "{answer:?}");
    let admin = server.sign_in("admin", password);
    let scopes = ["run", "submit", "read", "jury", "admin"];
    let token = json!({"label": "questions", "scopes": scopes});
    let token = admin.post("/api/tokens", &token).json();
    let token = token["token"].as_str().expect("a secret");
    nothing_unexpected(&server, 35, &[format!("Authorization: Bearer {token}")]);
}
