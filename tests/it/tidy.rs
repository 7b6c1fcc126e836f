//! The repository's own rules, the invariants of ARCHITECTURE.md, as tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The most code lines (neither blank nor comment, and not of the tests at its end) of one file.
const CODE_LINES_MAX: usize = 400;

/// The most code lines of a file that has only tests.
const TEST_LINES_MAX: usize = 600;

/// Longer files, the most code lines that each may have, and why it stays whole.
const LONGER: [(&str, usize, &str); 2] = [
    (
        "sandbox/src/syscalls.rs",
        650,
        "every unsafe call of the workspace is in one file",
    ),
    (
        "actors/src/scheduler/tests/model.rs",
        800,
        "a second scheduler, as plain as can be, to compare with",
    ),
];

/// The folders of the workspace's crates; the program itself is `src`.
const CRATES: [&str; 5] = ["sandbox", "problems", "actors", "web", "src"];

struct Source {
    /// Relative to the repository's root.
    path: String,
    text: String,
}

impl Source {
    /// The lines of code, numbered from 1, without line comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with("//"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the repository.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in CRATES.iter().chain(&["tests", "benches"]) {
        walk(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() > 20, "the walk finds the sources: {found:?}");
    found
        .into_iter()
        .map(|path| Source {
            text: std::fs::read_to_string(&path).expect("a source is UTF-8"),
            path: path
                .strip_prefix(root())
                .expect("the walk stays below the root")
                .display()
                .to_string(),
        })
        .collect()
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a directory can be listed").path();
        if path.is_dir() && !path.ends_with("target") {
            walk(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Fails with one line for each offence.
fn assert_none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n{}", offences.join("\n"));
}

/// The offences against "no line of code below `folder` has one of these words".
fn lines_with(sources: &[Source], folder: &str, words: &[&str]) -> Vec<String> {
    let below = sources
        .iter()
        .filter(|source| source.path.starts_with(folder));
    below
        .flat_map(|source| {
            source
                .code()
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
                .map(|(number, line)| format!("{}:{number}: {line}", source.path))
        })
        .collect()
}

#[test]
fn dependencies_point_down_only() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("sandbox", &[][..]),
        ("problems", &[][..]),
        ("actors", &["tribunal-problems", "tribunal-sandbox"][..]),
        ("web", &["tribunal-actors", "tribunal-problems"][..]),
    ]);
    for (folder, allowed) in allowed {
        let manifest = root().join(folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("each crate has a manifest");
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        let named: BTreeSet<&str> = ["dependencies", "dev-dependencies", "build-dependencies"]
            .iter()
            .filter_map(|kind| manifest.get(*kind)?.as_table())
            .flat_map(|table| table.keys().map(String::as_str))
            .filter(|name| name.starts_with("tribunal"))
            .collect();
        let extra: Vec<_> = named
            .iter()
            .filter(|name| !allowed.contains(name))
            .map(ToString::to_string)
            .collect();
        assert_none(&format!("{folder} may not depend on"), &extra);
    }
}

#[test]
fn unsafe_is_in_one_place() {
    let words = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"];
    let offences: Vec<_> = lines_with(&sources(), "", &words)
        .into_iter()
        .filter(|line| !line.starts_with("sandbox/src/syscalls"))
        .filter(|line| {
            // Hostile programs are not safe; this file has the words.
            let exempt = ["sandbox/tests/contained/raw.rs", "tests/it/tidy.rs"];
            !exempt.iter().any(|file| line.starts_with(file))
        })
        .collect();
    assert_none("unsafe belongs into sandbox/src/syscalls*.rs", &offences);
}

#[test]
fn every_file_says_what_it_is_for() {
    let offences: Vec<_> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path.clone())
        .collect();
    assert_none("the first line must be a `//!` sentence", &offences);
}

#[test]
fn no_file_is_too_long() {
    let offences: Vec<_> = sources()
        .iter()
        .map(|source| {
            let only_tests = source.path.contains("tests");
            let longer = LONGER.iter().find(|(path, ..)| *path == source.path);
            let most = match longer {
                Some((_, most, _)) => *most,
                None if only_tests => TEST_LINES_MAX,
                None => CODE_LINES_MAX,
            };
            let lines = source
                .code()
                .take_while(|(_, line)| only_tests || *line != "#[cfg(test)]")
                .count();
            (lines, most, &source.path)
        })
        .filter(|(lines, most, _)| lines > most)
        .map(|(lines, most, path)| format!("{path}: {lines} lines of code, more than {most}"))
        .collect();
    assert_none("one subject a file", &offences);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not offend.
    let words = [
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore"),
        concat!("db", "g!("),
    ];
    let mut offences = lines_with(&sources(), "", &words);
    let mark = concat!("FIX", "ME");
    offences.extend(
        sources()
            .iter()
            .filter(|source| source.text.contains(mark))
            .map(|source| source.path.clone()),
    );
    assert_none("nothing is left for later", &offences);
}

#[test]
fn actors_know_nothing_of_http() {
    let words = ["actix_web", "http::", "HttpRequest", "StatusCode"];
    assert_none(
        "actors/ names no HTTP",
        &lines_with(&sources(), "actors/src", &words),
    );
}

#[test]
fn problems_start_no_process_and_name_no_actor() {
    let words = ["std::process", "Command::new", "actix", "Instant::now"];
    let offences: Vec<_> = lines_with(&sources(), "problems/src", &words)
        .into_iter()
        .filter(|line| !line.contains("/tests.rs:") && !line.contains("/tests/"))
        .collect();
    assert_none("problems/ is data and rules", &offences);
}

#[test]
fn the_front_starts_no_process_and_opens_no_database() {
    let words = [
        "std::process",
        "tokio::process",
        "rusqlite",
        "tribunal_sandbox",
    ];
    assert_none(
        "web/ speaks HTTP and asks actors",
        &lines_with(&sources(), "web/src", &words),
    );
}

#[test]
fn the_sandbox_knows_nothing_of_contests() {
    let words = ["contest", "submission", "verdict", "checker", "jury"];
    let offences: Vec<_> = sources()
        .iter()
        .filter(|source| source.path.starts_with("sandbox/src"))
        .flat_map(|source| {
            source
                .code()
                .filter(|(_, line)| {
                    let line = line.to_lowercase();
                    words.iter().any(|word| line.contains(word))
                })
                .map(|(number, line)| format!("{}:{number}: {line}", source.path))
        })
        .collect();
    assert_none("sandbox/ knows nothing of contests", &offences);
}

#[test]
fn the_code_map_names_every_crate() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md"))
        .expect("ARCHITECTURE.md is at the top");
    let missing: Vec<_> = CRATES
        .iter()
        .chain(&["tests/it"])
        .filter(|folder| !map.contains(&format!("### `{folder}/`")))
        .map(ToString::to_string)
        .collect();
    assert_none("ARCHITECTURE.md's code map has no section for", &missing);
}

#[test]
fn every_external_crate_has_its_reason() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest is there");
    let manifest: toml::Table = text.parse().expect("a manifest is TOML");
    let crates = manifest["workspace"]["dependencies"]
        .as_table()
        .expect("the workspace lists its dependencies");
    let reasons =
        std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let missing: Vec<_> = crates
        .keys()
        .filter(|name| !name.starts_with("tribunal"))
        .filter(|name| !reasons.contains(name.as_str()))
        .cloned()
        .collect();
    assert_none("ARCHITECTURE.md's table of dependencies lacks", &missing);
}

/// The rows of the checklist that ARCHITECTURE.md's table has, at least.
fn checklist_rows() -> Vec<String> {
    let rows = |letter: char, numbers: &[std::ops::RangeInclusive<u32>]| {
        let numbers: Vec<u32> = numbers.iter().cloned().flatten().collect();
        numbers
            .into_iter()
            .map(move |number| format!("{letter}-{number}"))
    };
    let scheduler = rows('S', &[1..=14]);
    let invoker = rows('I', &[1..=9, 12..=14]);
    let master = rows('M', &[1..=10]);
    let orchestrator = rows('B', &[1..=16]);
    let protocol = rows('P', &[6..=7, 15..=18]);
    let runner = rows('R', &[1..=9]);
    let all = scheduler.chain(invoker).chain(master);
    all.chain(orchestrator)
        .chain(protocol)
        .chain(runner)
        .collect()
}

#[test]
fn every_row_of_the_checklist_has_a_test_whose_name_says_it() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it is at the top");
    let lines = text.lines().filter_map(|line| line.strip_prefix("| "));
    let table: BTreeMap<&str, &str> = lines
        .filter_map(|line| {
            let (row, rest) = line.split_once(" | ")?;
            let (_, tests) = rest.split_once(" | ")?;
            let (letter, number) = row.split_once('-')?;
            let is_row = letter.len() == 1 && number.parse::<u32>().is_ok();
            is_row.then_some((row, tests))
        })
        .collect();
    let sources: BTreeMap<String, String> = sources()
        .into_iter()
        .map(|source| (source.path, source.text))
        .collect();
    let mut offences: Vec<String> = checklist_rows()
        .into_iter()
        .filter(|row| !table.contains_key(&**row))
        .map(|row| format!("{row} is not there"))
        .collect();
    for (row, tests) in table {
        let prefix = format!("{}_", row.to_lowercase().replace('-', "_"));
        let (mut path, mut named) = ("", false);
        for test in tests.split('`').filter(|word| word.contains("::")) {
            let (file, name) = test.split_once("::").expect("it contains `::`");
            if !file.is_empty() {
                path = file;
            }
            named |= name.starts_with(&prefix);
            let text = sources.get(path).map_or("", String::as_str);
            if !is_test(text, name) {
                offences.push(format!("{row}: there is no test {path}::{name}"));
            }
        }
        if !named {
            offences.push(format!("{row}: no test's name begins with {prefix}"));
        }
    }
    assert_none("ARCHITECTURE.md's table of the checklist", &offences);
}

fn is_test(text: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .any(|pair| pair[0] == "#[test]" && pair[1].starts_with(&head))
}
