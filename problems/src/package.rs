//! Problem packages: a directory with a problem's limits, tests, checker and jury submissions, read and checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::checker::Checker;
use crate::language::{LanguageId, Languages};
use crate::limits::{CompileLimits, RunLimits};
use crate::procedure::{Meeting, Procedure};
use crate::source::SourceFile;
use crate::verdict::Verdict;

mod data;
mod error;
mod limits;
mod loose;
mod metadata;
mod programs;
mod tree;

pub use error::{PackageError, Place};
use metadata::Metadata;
use tree::Tree;

/// A problem package, read and checked. Tests stay on disk; nothing of it has been run.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// The directory's name, by which requests name the problem.
    pub short_name: String,
    /// Its name for people, in English if there is one.
    pub name: String,
    /// The format that it is written in.
    pub format: Format,
    /// The directory.
    pub path: PathBuf,
    /// What one run of a submission may use.
    pub limits: RunLimits,
    /// What compiling a submission may use.
    pub compile_limits: CompileLimits,
    /// Bytes of source that a submission may have.
    pub source_bytes_max: u64,
    /// The languages that submissions may be written in; `None`: all.
    pub languages: Option<Vec<LanguageId>>,
    /// The tests in judging order, samples first.
    pub tests: Vec<TestCase>,
    /// How a submission meets a test.
    pub procedure: Procedure,
    /// Who compares outputs with answers.
    pub checker: Checker,
    /// The jury's own submissions, in the order of their paths.
    pub submissions: Vec<JurySubmission>,
    /// The jury's submissions that cannot be judged here.
    pub unjudged: Vec<UnjudgedSubmission>,
    /// The statements, in the order of their languages.
    pub statements: Vec<Statement>,
}

/// A package's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// The ICPC subset of Kattis' old format.
    #[serde(rename = "legacy-icpc")]
    LegacyIcpc,
    /// Kattis' old format.
    #[serde(rename = "legacy")]
    Legacy,
    /// The problem package format of September 2025, and its drafts `2023-07`.
    #[serde(rename = "2025-09")]
    V2025,
}

/// One test of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    /// Its path under `data/` without its ending: `secret/01-small`.
    pub name: String,
    /// What the program reads.
    pub input: PathBuf,
    /// The jury's answer.
    pub answer: PathBuf,
    /// Whether contestants may see it.
    pub sample: bool,
    /// The directory it is in, under `data/`.
    pub group: String,
    /// The program's arguments.
    pub args: Vec<String>,
}

/// A submission of the jury, whose verdict is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JurySubmission {
    /// Its path under `submissions/`.
    pub path: String,
    /// Its files.
    pub files: Vec<SourceFile>,
    /// Its language.
    pub language: LanguageId,
    /// The verdicts that it may get as a whole (simplified to `AC WA TLE RTE`).
    pub expected: Vec<Verdict>,
    /// The verdicts that its tests may have (simplified).
    pub permitted: Vec<Verdict>,
}

/// A submission of the jury that cannot be judged here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnjudgedSubmission {
    /// Its path under `submissions/`.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The code of its language.
    pub language: String,
    /// The file; its ending says what it is: `md`, `tex` or `pdf`.
    pub path: PathBuf,
}

impl Package {
    /// Reads and checks a package directory; its format is found by what is in it.
    ///
    /// # Errors
    /// The first fault, with its file and, where it has one, its line; what is not supported yet is one too.
    pub fn open(path: &Path) -> Result<Self, PackageError> {
        Self::open_with(path, &Languages::built_in())
    }

    /// The same with other languages than the built-in ones.
    ///
    /// # Errors
    /// As [`Package::open`].
    pub fn open_with(path: &Path, languages: &Languages) -> Result<Self, PackageError> {
        let tree = Tree::new(path)?;
        let metadata = metadata::read(&tree)?;
        let short_name = short_name(&tree)?;
        refuse_unsupported(&tree)?;
        let limits = limits::read(&tree, &metadata)?;
        let data = data::read(&tree, metadata.format)?;
        let validator_args = metadata
            .validator_args
            .iter()
            .cloned()
            .chain(data.validator_args)
            .collect();
        let checker = programs::checker(
            &tree,
            &metadata,
            validator_args,
            languages,
            limits.validation,
        )?;
        check_procedure(&metadata, &checker)?;
        let (submissions, unjudged) =
            programs::submissions(&tree, languages, metadata.procedure.language())?;
        let statements = statements(&tree)?;
        check_languages(&metadata, &statements)?;
        let name = metadata
            .names
            .get("en")
            .or_else(|| metadata.names.values().next())
            .unwrap_or(&short_name)
            .clone();
        Ok(Self {
            name,
            format: metadata.format,
            path: tree.root().to_owned(),
            limits: limits.run,
            compile_limits: limits.compile,
            source_bytes_max: limits.source_bytes_max,
            languages: metadata.languages.map(|codes| {
                codes
                    .iter()
                    .map(|code| language_id(code, languages))
                    .collect()
            }),
            tests: data.tests,
            procedure: metadata.procedure,
            checker,
            submissions,
            unjudged,
            statements,
            short_name,
        })
    }

    /// Says whether submissions may be written in a language or a variant of it (`cpp` allows `cpp-20`).
    #[must_use]
    pub fn allows(&self, language: &LanguageId) -> bool {
        let base = |id: &LanguageId| id.as_str().split('-').next().unwrap_or_default().to_owned();
        self.languages.as_ref().is_none_or(|allowed| {
            allowed
                .iter()
                .any(|one| one == language || one.as_str() == base(language))
        })
    }
}

impl JurySubmission {
    /// Says whether the jury expected this verdict of the submission as a whole.
    #[must_use]
    pub fn expects(&self, verdict: Verdict) -> bool {
        verdict
            .simplified()
            .is_some_and(|simple| self.expected.contains(&simple))
    }
}

/// The directory's name: letters, digits, `_` and `-`.
fn short_name(tree: &Tree) -> Result<String, PackageError> {
    let name = tree
        .root()
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || name.starts_with('-') || !name.bytes().all(plain) {
        let problem = format!(
            "the directory's name {name:?} cannot be a problem's: letters, digits, _ and - only"
        );
        return Err(PackageError::content(".", problem));
    }
    Ok(name.to_owned())
}

/// What would change how submissions are compiled or judged, and is not there yet.
fn refuse_unsupported(tree: &Tree) -> Result<(), PackageError> {
    for (directory, what) in [
        ("include", "files that are compiled with each submission"),
        ("graders", "custom graders"),
        ("static_validator", "static validators"),
    ] {
        if let Some(entry) = tree.entries(directory)?.first() {
            return Err(PackageError::unsupported(&entry.path, what));
        }
    }
    Ok(())
}

/// `problem.<language>.<ending>`; the old format may leave the language out, which is English then.
fn statements(tree: &Tree) -> Result<Vec<Statement>, PackageError> {
    let mut statements = Vec::new();
    for directory in ["statement", "problem_statement"] {
        for entry in tree
            .entries(directory)?
            .into_iter()
            .filter(|entry| !entry.is_dir)
        {
            let parts: Vec<&str> = entry.name.split('.').collect();
            let language = match parts.as_slice() {
                ["problem", "md" | "tex" | "pdf"] => "en",
                ["problem", language, "md" | "tex" | "pdf"] => language,
                _ => continue,
            };
            statements.push(Statement {
                language: language.to_owned(),
                path: tree.host_path(&entry.path),
            });
        }
    }
    statements
        .sort_by(|one, other| (&one.language, &one.path).cmp(&(&other.language, &other.path)));
    Ok(statements)
}

/// Only a program of the package can talk, or ask for another pass.
fn check_procedure(metadata: &Metadata, checker: &Checker) -> Result<(), PackageError> {
    let what = match &metadata.procedure {
        Procedure {
            meeting: Meeting::Interactive(_),
            ..
        } => "an interactive",
        Procedure {
            passes_max: 2.., ..
        } => "a multi-pass",
        _ => return Ok(()),
    };
    if matches!(checker, Checker::Custom(_)) {
        return Ok(());
    }
    let problem = format!("{what} problem needs an output validator of its own");
    Err(PackageError::content(metadata::FILE, problem).at_key(&metadata.text, "type"))
}

/// In 2025-09 the languages of `name` are those of the statements.
fn check_languages(metadata: &Metadata, statements: &[Statement]) -> Result<(), PackageError> {
    let written: BTreeSet<&str> = statements
        .iter()
        .map(|statement| statement.language.as_str())
        .collect();
    let named: BTreeSet<&str> = metadata.names.keys().map(String::as_str).collect();
    if metadata.format != Format::V2025 || written.is_empty() || written == named {
        return Ok(());
    }
    let list = |codes: &BTreeSet<&str>| codes.iter().copied().collect::<Vec<_>>().join(", ");
    let problem = format!(
        "there are names in {}, but statements in {}",
        list(&named),
        list(&written)
    );
    Err(PackageError::content(metadata::FILE, problem).at_key(&metadata.text, "name"))
}

fn language_id(code: &str, languages: &Languages) -> LanguageId {
    languages
        .get(code)
        .map_or_else(|| LanguageId::new(code), |language| language.id.clone())
}

#[cfg(test)]
mod tests;
