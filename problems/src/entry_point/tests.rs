//! The drivers with the real interpreters of this machine, on sources of our own.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use crate::language::Languages;
use crate::limits::RunLimits;

mod javascript;
mod python;

#[test]
fn names_of_functions_are_identifiers_parted_by_dots() {
    for name in ["f", "factorial", "_x1", "$f", "Solution.solve", "größe"] {
        assert!(EntryPoint::is_name(name), "{name}");
    }
    for name in [
        "",
        ".",
        "f.",
        "1f",
        "f g",
        "f()",
        "-x",
        "f\0",
        "f;g",
        &"f".repeat(101),
    ] {
        assert!(!EntryPoint::is_name(name), "{name:?}");
    }
}

/// What a run printed and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) status: i32,
}

/// Runs these files (the first is the source) in a directory of their own, entered as asked.
pub(super) fn run(
    language: &str,
    files: &[(&str, &str)],
    entry: &EntryPoint,
    stdin: &str,
    args: &[&str],
) -> Ran {
    let languages = Languages::built_in();
    let toolchain = languages
        .get(language)
        .unwrap()
        .toolchain(|path| path.exists())
        .expect("the examples' interpreters");
    let sources: Vec<SourceFile> = files
        .iter()
        .map(|(name, text)| SourceFile::new(*name, text.as_bytes()))
        .collect();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let command = toolchain.run_command(&sources, entry, &RunLimits::default(), &args);
    in_a_directory(
        &command,
        &[sources, toolchain.run_support(entry)].concat(),
        stdin,
    )
}

/// Looks at the syntax of one file.
pub(super) fn check(language: &str, name: &str, text: &str) -> Ran {
    let languages = Languages::built_in();
    let toolchain = languages
        .get(language)
        .unwrap()
        .toolchain(|path| path.exists())
        .expect("the examples' interpreters");
    let sources = vec![SourceFile::new(name, text.as_bytes())];
    let command = toolchain.compile_command(&sources).unwrap();
    in_a_directory(
        &command,
        &[sources, toolchain.compile_support()].concat(),
        "",
    )
}

fn in_a_directory(command: &[String], files: &[SourceFile], stdin: &str) -> Ran {
    let directory = tempfile::tempdir().unwrap();
    for file in files {
        std::fs::write(directory.path().join(&file.name), &file.content).unwrap();
    }
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .current_dir(directory.path())
        .env_clear()
        .envs([
            ("PATH", "/usr/bin:/bin"),
            ("LANG", "C.UTF-8"),
            ("NODE_NO_WARNINGS", "1"),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| {
        String::from_utf8(bytes)
            .unwrap()
            .replace(&place(directory.path()), "/box")
    };
    Ran {
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        status: output.status.code().unwrap_or(-1),
    }
}

fn place(directory: &Path) -> String {
    directory
        .canonicalize()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

pub(super) fn maybe() -> EntryPoint {
    EntryPoint::MaybeFunction { name: None }
}

pub(super) fn named(name: &str) -> EntryPoint {
    EntryPoint::MaybeFunction {
        name: Some(name.to_owned()),
    }
}

/// Checks what one source prints for one input, ending well and saying nothing else.
#[track_caller]
pub(super) fn prints(language: &str, source: &str, entry: &EntryPoint, stdin: &str, wanted: &str) {
    let name = if language == "python" {
        "main.py"
    } else {
        "main.js"
    };
    let ran = run(language, &[(name, source)], entry, stdin, &[]);
    let wanted = Ran {
        stdout: wanted.to_owned(),
        stderr: String::new(),
        status: 0,
    };
    assert_eq!(ran, wanted, "{source}\n<- {stdin:?}");
}

/// Checks that a program behaves as if there were no driver.
#[track_caller]
pub(super) fn runs_as_ever(language: &str, files: &[(&str, &str)], stdin: &str) -> Ran {
    let with = run(language, files, &maybe(), stdin, &["one", "two"]);
    let without = run(
        language,
        files,
        &EntryPoint::Program,
        stdin,
        &["one", "two"],
    );
    assert_eq!(with, without, "{}", files[0].1);
    with
}
