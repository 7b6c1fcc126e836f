//! Every example's submissions get the verdict that their folder names, and the samples of what no folder names.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{TRIBUNAL, examples};

#[test]
fn every_submission_of_the_examples_gets_its_folder_s_verdict() {
    let output = Command::new(TRIBUNAL)
        .args(["verify", "--json"])
        .arg(examples())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let packages = found["packages"].as_array().expect("a list");
    assert!(packages.len() >= 4, "{found}");
    let mut judged = 0;
    for package in packages {
        for key in ["path", "format", "time_limit_ms", "submissions"] {
            assert!(package.get(key).is_some(), "{key}: {package}");
        }
        for submission in package["submissions"].as_array().expect("a list") {
            judged += 1;
            assert_eq!(
                submission["ok"], true,
                "{}: {submission}",
                package["path"]
            );
        }
    }
    assert!(judged >= 4 * 8, "{judged} submissions: {found}");
    assert_eq!(found["mismatches"], 0);
    assert_eq!(output.status.code(), Some(0), "{found}");
}

/// Judges one source against the first example and answers its verdict.
fn verdict_of(name: &str, source: &str) -> Value {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let file = dir.path().join(name);
    std::fs::write(&file, source).expect("written");
    let mut packages: Vec<_> = std::fs::read_dir(examples())
        .expect("there are examples")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.join("problem.yaml").exists())
        .collect();
    packages.sort();
    let output = Command::new(TRIBUNAL)
        .arg("judge")
        .arg(&file)
        .arg("--problem")
        .arg(&packages[0])
        .arg("--json")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    report["verdict"].clone()
}

#[test]
fn a_source_that_does_not_compile_is_ce() {
    assert_eq!(verdict_of("a.cpp", "int main( {"), "CE");
    assert_eq!(verdict_of("a.c", "int main() { return x; }"), "CE");
    assert_eq!(verdict_of("a.py", "def f(:\n"), "CE");
    assert_eq!(verdict_of("a.js", "function ("), "CE");
}

#[test]
fn a_program_that_takes_too_much_memory_is_mle() {
    assert_eq!(
        verdict_of(
            "a.c",
            "#include <stdlib.h>\n#include <string.h>\nint main(void) {\n  for (;;) memset(malloc(1 << 24), 1, 1 << 24);\n}\n",
        ),
        "MLE"
    );
    assert_eq!(verdict_of("a.py", "x = bytearray(3 << 30)\n"), "MLE");
}
