//! The package's own programs: the output validator and the jury's submissions.

use super::error::PackageError;
use super::metadata::Metadata;
use super::tree::{Entry, Tree};
use super::{Format, JurySubmission, UnjudgedSubmission};
use crate::checker::{Checker, CustomChecker, DefaultFlags, Dialect, Scores};
use crate::language::{LanguageId, Languages};
use crate::limits::{CompileLimits, RunLimits};
use crate::source::SourceFile;
use crate::verdict::Verdict::{self, AC, RTE, TLE, WA};

/// Headers that checkers of other ecosystems expect and that no package brings by itself.
const HEADERS: [&str; 3] = ["testlib.h", "validate.h", "validation.h"];

/// The checker: the package's output validator, else the default one.
pub(super) fn checker(
    tree: &Tree,
    metadata: &Metadata,
    args: Vec<String>,
    languages: &Languages,
    limits: RunLimits,
) -> Result<Checker, PackageError> {
    let directory = ["output_validator", "output_validators"]
        .into_iter()
        .find(|name| tree.has(name));
    let is_custom = metadata.custom_validator.unwrap_or(directory.is_some());
    match (is_custom, directory) {
        (true, Some(directory)) => {
            let (language, files) = validator(tree, directory, metadata.format, languages)?;
            let compile_limits = CompileLimits::default();
            let dialect = Dialect::Kattis;
            Ok(Checker::Custom(CustomChecker {
                language,
                files,
                dialect,
                args,
                scores: Scores::Refused,
                compile_limits,
                limits,
            }))
        }
        (true, None) => {
            let problem = "validation is custom, but there is no output_validators directory";
            Err(PackageError::content(super::metadata::FILE, problem)
                .at_key(&metadata.text, "validation"))
        }
        (false, _) => {
            let flags = DefaultFlags::parse(&args);
            let file = if metadata.format == Format::V2025 {
                "data"
            } else {
                super::metadata::FILE
            };
            let error =
                |error: crate::checker::FlagError| PackageError::content(file, error.to_string());
            flags
                .map(Checker::Default)
                .map_err(|flag| error(flag).at_key(&metadata.text, "validator_flags"))
        }
    }
}

/// The one program of a validator directory. In 2025-09 the directory's files are the program; before, each entry is one.
fn validator(
    tree: &Tree,
    directory: &str,
    format: Format,
    languages: &Languages,
) -> Result<(LanguageId, Vec<SourceFile>), PackageError> {
    let entries = tree.entries(directory)?;
    let program = match entries.as_slice() {
        [] => {
            return Err(PackageError::content(
                directory,
                "there is no program in it",
            ));
        }
        [only] => only.clone(),
        _ if format == Format::V2025
            || entries
                .iter()
                .any(|entry| HEADERS.contains(&entry.name.as_str())) =>
        {
            Entry {
                name: directory.to_owned(),
                path: directory.to_owned(),
                is_dir: true,
            }
        }
        _ => {
            return Err(PackageError::unsupported(
                directory,
                "several output validators",
            ));
        }
    };
    let files = sources(tree, &program)?;
    if let Some(script) = files
        .iter()
        .find(|file| ["build", "run"].contains(&file.name.as_str()))
    {
        let path = format!("{}/{}", program.path, script.name);
        return Err(PackageError::unsupported(
            path,
            "validators with scripts of their own",
        ));
    }
    let language = language_of(&files, languages).ok_or_else(|| {
        PackageError::unsupported(
            &program.path,
            "an output validator in a language that is not known",
        )
    })?;
    for file in &files {
        check_headers(&program, file, &files)?;
    }
    Ok((language, files))
}

fn check_headers(
    program: &Entry,
    file: &SourceFile,
    files: &[SourceFile],
) -> Result<(), PackageError> {
    let text = String::from_utf8_lossy(&file.content);
    for line in text
        .lines()
        .filter(|line| line.trim_start().starts_with('#') && line.contains("include"))
    {
        for header in HEADERS {
            let is_there = files
                .iter()
                .any(|file| file.name.rsplit('/').next() == Some(header));
            if line.contains(&format!("\"{header}\"")) && !is_there {
                let path = if program.is_dir {
                    format!("{}/{}", program.path, file.name)
                } else {
                    program.path.clone()
                };
                return Err(PackageError::unsupported(
                    path,
                    format!("{header}, which the package does not bring"),
                ));
            }
        }
    }
    Ok(())
}

/// The files of a program: itself, or everything in its directory.
fn sources(tree: &Tree, program: &Entry) -> Result<Vec<SourceFile>, PackageError> {
    if !program.is_dir {
        return Ok(vec![SourceFile::new(
            &program.name,
            tree.read(&program.path)?,
        )]);
    }
    let below = tree.files_below(&program.path)?;
    let name = |path: &str| path[program.path.len() + 1..].to_owned();
    below
        .iter()
        .map(|file| Ok(SourceFile::new(name(&file.path), tree.read(&file.path)?)))
        .collect()
}

fn language_of(files: &[SourceFile], languages: &Languages) -> Option<LanguageId> {
    files
        .iter()
        .find_map(|file| languages.by_file_name(&file.name))
        .map(|language| language.id.clone())
}

/// What the jury's submissions of a directory may get: as a whole, and on each test.
struct Expectation {
    whole: Vec<Verdict>,
    each: Vec<Verdict>,
}

/// By the directory's name (package-formats 5.2 `submissions.yaml` defaults, 5.1); `None`: the directory says nothing.
fn expectation_of(directory: &str) -> Option<Expectation> {
    let (whole, each): (&[Verdict], &[Verdict]) = match directory {
        "accepted" => (&[AC], &[AC]),
        "rejected" => (&[WA, TLE, RTE], &[AC, WA, TLE, RTE]),
        "wrong_answer" => (&[WA], &[AC, WA]),
        "time_limit_exceeded" => (&[TLE], &[AC, TLE]),
        "run_time_error" => (&[RTE], &[AC, RTE]),
        "brute_force" => (&[TLE, RTE], &[AC, TLE, RTE]),
        _ => return None,
    };
    Some(Expectation {
        whole: whole.to_vec(),
        each: each.to_vec(),
    })
}

/// DOMjudge's mark in a source: `@EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT`; honoured outside of the known directories.
fn marked_expectation(
    path: &str,
    files: &[SourceFile],
) -> Result<Option<Expectation>, PackageError> {
    let mark = |file: &SourceFile| {
        let text = String::from_utf8_lossy(&file.content).into_owned();
        text.split_once("@EXPECTED_RESULTS@:")
            .map(|(_, rest)| rest.lines().next().unwrap_or_default().to_owned())
    };
    let Some(words) = files.iter().find_map(mark) else {
        return Ok(None);
    };
    let mut whole = Vec::new();
    for word in words
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
    {
        let word = word
            .trim_end_matches("*/")
            .trim_end_matches("-->")
            .trim()
            .to_ascii_uppercase();
        whole.push(match word.as_str() {
            "CORRECT" | "ACCEPTED" => AC,
            "WRONG-ANSWER" | "WRONG_ANSWER" | "NO-OUTPUT" | "OUTPUT-LIMIT" => WA,
            "TIMELIMIT" | "TIME_LIMIT_EXCEEDED" => TLE,
            "RUN-ERROR" | "RUN_TIME_ERROR" | "MEMORY-LIMIT" => RTE,
            "COMPILER-ERROR" => Verdict::CE,
            other => {
                return Err(PackageError::content(
                    path,
                    format!("unknown expected result {other:?}"),
                ));
            }
        });
    }
    Ok(Some(Expectation {
        whole,
        each: vec![AC, WA, TLE, RTE],
    }))
}

/// The jury's submissions; those that cannot be judged here apart, with the reason.
pub(super) fn submissions(
    tree: &Tree,
    languages: &Languages,
) -> Result<(Vec<JurySubmission>, Vec<UnjudgedSubmission>), PackageError> {
    let (mut judged, mut unjudged) = (Vec::new(), Vec::new());
    for directory in tree.entries("submissions")? {
        if directory.name == "submissions.yaml" {
            return Err(PackageError::unsupported(
                directory.path,
                "expectations other than by directory",
            ));
        }
        if !directory.is_dir {
            continue;
        }
        for entry in tree.entries(&directory.path)? {
            let files = sources(tree, &entry)?;
            let path = format!("{}/{}", directory.name, entry.name);
            let mut leave = |reason: &str| {
                unjudged.push(UnjudgedSubmission {
                    path: path.clone(),
                    reason: reason.to_owned(),
                });
            };
            let Some(language) = language_of(&files, languages) else {
                leave("its language is not known");
                continue;
            };
            let expectation = match expectation_of(&directory.name) {
                Some(expectation) => Some(expectation),
                None => marked_expectation(&entry.path, &files)?,
            };
            let Some(Expectation { whole, each }) = expectation else {
                leave("nothing says which verdict it should get");
                continue;
            };
            judged.push(JurySubmission {
                path,
                files,
                language,
                expected: whole,
                permitted: each,
            });
        }
    }
    Ok((judged, unjudged))
}
