//! Every example's submissions get the verdict that their folder names, and the samples of what no folder names.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{TRIBUNAL, examples};

#[test]
fn every_submission_of_the_rarer_kinds_gets_its_folder_s_verdict() {
    let output = Command::new(TRIBUNAL)
        .args(["verify", "--json"])
        .arg(examples().join("kinds"))
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(
        found["packages"].as_array().map(Vec::len),
        Some(7),
        "{found}"
    );
    assert_eq!(found["mismatches"], 0, "{found}");
    assert_eq!(output.status.code(), Some(0), "{found}");
}

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
            assert_eq!(submission["ok"], true, "{}: {submission}", package["path"]);
        }
    }
    assert!(judged >= 4 * 8, "{judged} submissions: {found}");
    assert_eq!(found["mismatches"], 0);
    assert_eq!(output.status.code(), Some(0), "{found}");
}

/// Judges a sample against the problem `sum` and answers its report.
fn report_of(sample: &str) -> Value {
    let output = Command::new(TRIBUNAL)
        .arg("judge")
        .arg(examples().join("submissions").join(sample))
        .arg("--problem")
        .arg(examples().join("sum"))
        .arg("--json")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_source_that_does_not_compile_is_ce_and_its_log_says_where() {
    for ending in ["c", "cpp", "py", "js"] {
        let report = report_of(&format!("compile-error.{ending}"));
        assert_eq!(report["verdict"], "CE", "{report}");
        let log = report["compile"]["log"].as_str().unwrap_or_default();
        assert!(log.contains(&format!("compile-error.{ending}")), "{report}");
    }
}

#[test]
fn a_program_that_takes_too_much_memory_is_mle() {
    for ending in ["cpp", "py", "js"] {
        let report = report_of(&format!("memory.{ending}"));
        assert_eq!(report["verdict"], "MLE", "{report}");
    }
}

#[test]
fn a_program_that_writes_sleeps_or_dies_has_its_own_verdict() {
    for (sample, verdict) in [
        ("output.c", "OLE"),
        ("sleep.py", "WTL"),
        ("signal.c", "RTE"),
    ] {
        let report = report_of(sample);
        assert_eq!(report["verdict"], verdict, "{sample}: {report}");
    }
    assert!(report_of("signal.c")["tests"][0]["signal"].is_i64());
}
