//! The command line from outside: exit statuses and JSON keys that others script against.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::server::{TRIBUNAL, examples};

fn tribunal<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    Command::new(TRIBUNAL)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// The arguments of a line; no argument here has a space in it.
fn line(text: &str) -> Output {
    tribunal(text.split_whitespace())
}

fn status(output: &Output) -> i32 {
    output
        .status
        .code()
        .unwrap_or_else(|| panic!("it exits: {output:?}"))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("an object: {value}"))
        .keys()
        .map(String::as_str)
        .collect()
}

fn assert_has_keys(value: &Value, wanted: &[&str]) {
    let found = keys(value);
    for key in wanted {
        assert!(found.contains(key), "{key} is missing: {value}");
    }
}

#[test]
fn a_boxed_command_passes_its_output_and_status_on() {
    let output = line("sandbox run -- echo hello");
    assert_eq!((status(&output), &output.stdout[..]), (0, &b"hello\n"[..]));
    let output = tribunal(["sandbox", "run", "--", "sh", "-c", "echo no >&2; exit 7"]);
    assert_eq!((status(&output), &output.stderr[..]), (7, &b"no\n"[..]));
}

#[test]
fn a_boxed_command_that_hits_a_limit_ends_with_124() {
    let check = |flags: &[&str], script: &str, wanted: &str| {
        let mut args = vec!["sandbox", "run", "--json"];
        args.extend(flags);
        args.extend(["--", "sh", "-c", script]);
        let output = tribunal(args);
        let outcome = json(&output);
        assert_eq!(outcome["status"], wanted, "{outcome}");
        assert_eq!(status(&output), 124, "{outcome}");
    };
    check(&["--cpu", "200ms"], "while :; do :; done", "cpu_limit");
    check(&["--wall", "300ms"], "sleep 30", "wall_limit");
    check(
        &["--memory", "32MiB"],
        "head -c 200000000 /dev/zero | tail -c 200000000 > /dev/null",
        "memory_limit",
    );
    check(&["--output", "1MiB"], "yes", "output_limit");
}

#[test]
fn the_outcome_of_a_boxed_command_is_json() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    std::fs::write(dir.path().join("placed.txt"), "from the directory\n").expect("written");
    let stdin = dir.path().join("stdin");
    std::fs::write(&stdin, "from standard input\n").expect("written");
    let output = tribunal([
        "sandbox",
        "run",
        "--json",
        "--repeat",
        "5",
        "--stdin",
        stdin.to_str().expect("UTF-8"),
        "--dir",
        dir.path().to_str().expect("UTF-8"),
        "--",
        "sh",
        "-c",
        "cat - placed.txt; echo $$ > placed.txt",
    ]);
    let outcome = json(&output);
    assert_has_keys(
        &outcome,
        &[
            "status",
            "exit_code",
            "cpu_ms",
            "wall_ms",
            "memory_bytes",
            "stdout",
            "stderr",
            "stdout_truncated",
            "stderr_truncated",
            "degraded",
            "repeat",
        ],
    );
    assert_eq!(outcome["status"], "exited");
    assert_eq!(
        outcome["stdout"],
        "from standard input\nfrom the directory\n"
    );
    assert_has_keys(&outcome["repeat"], &["runs", "median_us", "p99_us"]);
    assert_eq!(outcome["repeat"]["runs"], 5);
}

#[test]
fn what_cannot_be_run_ends_with_125() {
    let output = line("sandbox run -- /no/such/program");
    assert_eq!(status(&output), 125, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("/no/such/program"), "{said}");
    let output = line("sandbox run --stdin /no/such/file -- cat");
    assert_eq!(status(&output), 125, "{output:?}");
}

#[test]
fn no_file_for_a_box_is_left_out_in_silence() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let files = dir.path().join("files");
    std::fs::create_dir_all(files.join("sub")).expect("made");
    std::fs::write(dir.path().join("outside"), "linked").expect("written");
    std::os::unix::fs::symlink("../outside", files.join("link")).expect("linked");
    let run = || {
        let files = files.to_str().expect("UTF-8");
        tribunal(["sandbox", "run", "--dir", files, "--", "cat", "link"])
    };
    let output = run();
    assert_eq!((status(&output), &output.stdout[..]), (0, &b"linked"[..]));
    std::os::unix::fs::symlink("nowhere", files.join("sub/dangling")).expect("linked");
    let output = run();
    assert_eq!(status(&output), 125, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("sub/dangling"), "{said}");
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let output = line("sandbox run --memory 0 -- true");
    assert_eq!(status(&output), 2, "{output:?}");
}

#[test]
fn the_doctor_names_what_is_missing_and_what_mends_it() {
    let output = line("doctor --json");
    let findings = json(&output);
    assert_has_keys(&findings, &["ok", "host", "checks", "queues"]);
    let ok = findings["ok"].as_bool().expect("yes or no");
    assert_eq!(status(&output), i32::from(!ok), "{findings}");
    for check in findings["checks"].as_array().expect("a list") {
        assert_has_keys(check, &["what", "state", "detail"]);
        assert!(
            check["state"] != "missing" || check["remedy"].is_string(),
            "{check}"
        );
    }
}

#[test]
fn an_ordinary_user_with_a_user_bus_gets_a_scope_by_itself() {
    let home = tempfile::tempdir().expect("a directory");
    let path = |name: &str| home.path().join(name);
    // In place of the service manager's own: says what it was asked for.
    let asked = "#!/bin/sh\nprintf '%s\\n' \"$TRIBUNAL_SCOPE\" \"$XDG_RUNTIME_DIR\" \"$@\"\n";
    std::fs::write(path("systemd-run"), asked).expect("written");
    std::fs::write(path("bus"), "").expect("written");
    std::fs::copy(TRIBUNAL, path("tribunal")).expect("copied");
    for file in ["", "systemd-run", "tribunal"] {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path(file), open).expect("open to all");
    }
    if std::os::unix::fs::MetadataExt::uid(&home.path().metadata().expect("it exists")) != 0 {
        // This user may have a delegated group, and then needs no scope.
        return;
    }
    let output =
        std::os::unix::process::CommandExt::uid(&mut Command::new(path("tribunal")), 60777)
            .args(["sandbox", "run", "--", "echo", "hello"])
            .env("PATH", format!("{}:/usr/bin:/bin", home.path().display()))
            .env("XDG_RUNTIME_DIR", home.path())
            .env_remove("TRIBUNAL_SCOPE")
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
    let home = home.path().display();
    let expected = format!(
        "1\n{home}\n--user\n--scope\n--quiet\n--collect\n--property=Delegate=yes\n--\n{home}/tribunal\n\
         sandbox\nrun\n--\necho\nhello\n"
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        expected,
        "{output:?}"
    );
}

#[test]
fn the_doctor_tells_how_long_jobs_wait_in_the_queues() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let file = dir.path().join("tribunal.toml");
    let shown = |text: &str, flags: &[&str]| {
        std::fs::write(&file, text).expect("written");
        let file = file.to_str().expect("the path is UTF-8");
        let args = [&["doctor", "--json", "--config", file], flags].concat();
        let output = tribunal(args);
        let queues = &json(&output)["queues"];
        let number = |key: &str| queues[key].as_u64().unwrap_or_else(|| panic!("{queues}"));
        ["invokers", "cache_timeout_ms", "deps_timeout_ms"].map(number)
    };
    assert_eq!(shown("", &[]), [1, 0, 0]);
    assert_eq!(shown("", &["--invokers", "2"]), [2, 5, 20]);
    assert_eq!(shown("invokers = 3\ndeps_timeout_ms = 7\n", &[]), [3, 5, 7]);
    std::fs::write(&file, "\ncache_timeout_ms = 1e9\n").expect("written");
    let output = line(&format!("doctor --config {}", file.display()));
    assert_eq!(status(&output), 2, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("tribunal.toml:2: cache_timeout_ms: "),
        "{said}"
    );
}

#[test]
fn the_languages_of_the_examples_are_here_and_work() {
    let output = line("languages --json");
    assert_eq!(status(&output), 0, "{output:?}");
    let languages = json(&output);
    for id in ["c", "cpp", "python", "javascript"] {
        let language = languages
            .as_array()
            .and_then(|list| list.iter().find(|language| language["id"] == id))
            .unwrap_or_else(|| panic!("{id} is known"));
        assert_eq!(language["available"], true, "{language}");
    }
    let output = line("languages selftest");
    assert_eq!(status(&output), 0, "{output:?}");
}

/// An example with a submission of this folder and ending.
fn example(folder: &str, ending: &str) -> (PathBuf, PathBuf) {
    let mut packages: Vec<PathBuf> = list(examples());
    packages.sort();
    packages
        .into_iter()
        .find_map(|package| {
            let submissions = package.join("submissions").join(folder);
            let source = list(&submissions)
                .into_iter()
                .find(|path| path.extension().is_some_and(|end| end == ending))?;
            Some((package, source))
        })
        .unwrap_or_else(|| panic!("an example has a {folder} submission in .{ending}"))
}

fn list(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).map_or_else(
        |_| Vec::new(),
        |entries| {
            entries
                .map(|entry| entry.expect("it can be listed").path())
                .collect()
        },
    )
}

fn judge(package: &Path, source: &Path, flags: &[&str]) -> Output {
    let mut args = vec![
        "judge",
        source.to_str().expect("UTF-8"),
        "--problem",
        package.to_str().expect("UTF-8"),
    ];
    args.extend(flags);
    tribunal(args)
}

#[test]
fn judging_ends_with_0_1_or_2() {
    let (package, source) = example("accepted", "cpp");
    let output = judge(&package, &source, &["--json"]);
    let report = json(&output);
    assert_eq!(status(&output), 0, "{report}");
    assert_eq!(report["verdict"], "AC");
    assert_eq!(report["language"], "cpp");
    assert_has_keys(&report["compile"], &["verdict", "cpu_ms", "log"]);
    for test in report["tests"].as_array().expect("a list") {
        assert_has_keys(
            test,
            &["name", "verdict", "cpu_ms", "wall_ms", "memory_bytes"],
        );
    }

    let (package, source) = example("wrong_answer", "py");
    let output = judge(&package, &source, &[]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(status(&output), 1, "{shown}");
    let last = shown.lines().last().unwrap_or_default();
    assert!(last.starts_with("WA Wrong Answer"), "{shown}");

    let nowhere = Path::new("/no/such/package");
    assert_eq!(status(&judge(nowhere, &source, &[])), 2);
    assert_eq!(status(&judge(&package, nowhere, &[])), 2);
    assert_eq!(
        status(&judge(&package, &source, &["--language", "klingon"])),
        2
    );
}

#[test]
fn a_request_is_run_without_a_server() {
    let run = |request: &str| {
        let mut child = Command::new(TRIBUNAL)
            .args(["run", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(request.as_bytes()).expect("it reads");
        drop(stdin);
        child.wait_with_output().expect("it ends")
    };
    let output = run(
        r#"{"language": "python", "code": "def f(a, b):\n    return a + b",
            "tests": {"visible": [{"id": "sum", "input": "1 2", "expected_output": "3"}]}}"#,
    );
    assert_eq!(status(&output), 0, "{output:?}");
    let response = json(&output);
    assert_eq!(response["summary"]["visible_passed"], 1, "{response}");
    let output = run(r#"{"language": "python", "code": "x"}"#);
    assert_eq!(status(&output), 2, "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("tests"));
}

#[test]
fn an_endless_file_is_no_source() {
    let (package, _) = example("accepted", "py");
    let output = judge(&package, Path::new("/dev/zero"), &["--language", "python"]);
    assert_eq!(status(&output), 2, "{output:?}");
}

#[test]
fn a_data_directory_that_cannot_be_had_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a scratch file");
    let path = file.path().join("data");
    let output = tribunal([
        "serve".as_ref(),
        "--listen".as_ref(),
        "127.0.0.1:0".as_ref(),
        "--data".as_ref(),
        path.as_os_str(),
    ]);
    assert_eq!(status(&output), 1, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&*path.to_string_lossy()), "{said}");
}

#[test]
fn a_wrong_configuration_names_file_and_line() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let file = dir.path().join("tribunal.toml");
    std::fs::write(&file, "invokers = 1\nruners = 2\n").expect("written");
    let output = tribunal(["serve", "--config", file.to_str().expect("UTF-8")]);
    assert_eq!(status(&output), 1, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("tribunal.toml:2") && said.contains("runers"),
        "{said}"
    );
}
