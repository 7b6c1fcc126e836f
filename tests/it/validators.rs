//! Input validators in every form that a package may bring them in, and what is said of inputs that they refuse.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{TRIBUNAL, examples};

/// Copies a directory with all below it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a listing") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The self-tests of a package, as `verify` tells them.
fn self_tests(package: &Path) -> Value {
    let output = Command::new(TRIBUNAL)
        .args(["verify", "--json"])
        .arg(package)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    found["packages"][0]["self_tests"].clone()
}

#[test]
fn scripts_in_checktestdata_and_programs_with_a_run_script_say_why_they_refuse() {
    let parent = tempfile::tempdir().expect("a directory");
    let package = parent.path().join("gap");
    copy(&examples().join("kinds/gap"), &package);
    let write = |name: &str, text: &str| {
        let path = package.join(name);
        std::fs::create_dir_all(path.parent().expect("below the package")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    };
    write(
        "input_validators/lines/run",
        "#!/bin/sh\nif [ $(wc -l) -eq 2 ]; then exit 42; fi\necho not two lines >&2\nexit 43\n",
    );
    let all = self_tests(&package);
    assert_eq!(
        (&all["run"], &all["failed"]),
        (&8.into(), &0.into()),
        "{all}"
    );
    // One that is valid among those that are not, and two tests that only one of the validators refuses.
    write("data/invalid_input/valid.in", "2\n5 7\n");
    write("data/secret/05-large.in", "2\n5 1000000000001\n");
    write("data/secret/05-large.ans", "1000000000000\n");
    write("data/secret/06-twice.in", "2\n5 7\n2\n5 7\n");
    write("data/secret/06-twice.ans", "2\n");
    write(
        "input_validators/validate.ctd",
        "INT(2, 1000, n) NEWLINE\nREP(n, SPACE) INT(-10^12, 10^12) END\nNEWLINE\nREGEX(\".*\")\n",
    );
    let some = self_tests(&package);
    let failures: Vec<String> = some["failures"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|failure| format!("{}: {}", failure["name"], failure["reason"]))
        .collect();
    assert_eq!(
        failures,
        [
            "\"secret/05-large\": \"a validator rejects it: validate: line 2, column 3: 1000000000001 is not in \
             [-1000000000000, 1000000000000] (INT in line 2 of the validator)\"",
            "\"secret/06-twice\": \"a validator rejects it: lines: exit status 43: not two lines\"",
            "\"invalid_input/valid\": \"every validator accepts it\"",
        ],
        "{some}"
    );
}
