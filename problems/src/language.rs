//! The languages: what a submission in each is compiled and run with. Read from TOML; nothing here knows one by name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::entry_point::DriverKind;
use crate::limits::CompileLimits;

mod helper;
mod read;
mod toolchain;

pub use helper::Helper;
pub use toolchain::{MissingToolchain, Toolchain};

/// A language's id, as in requests: `cpp`, `cpp-20`, `python`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LanguageId(Arc<str>);

impl LanguageId {
    /// An id; nothing says that a language of this id exists.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LanguageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A language: one entry of `languages.toml`, whose words are explained at that file's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// Its id.
    pub id: LanguageId,
    /// Its name for people.
    pub name: String,
    /// Other words that name it in requests.
    pub aliases: Vec<String>,
    /// The endings of its source files, without the dot; case matters (`.C` is C++).
    pub extensions: Vec<String>,
    /// The endings of files that belong to it but are not compiled by themselves.
    pub headers: Vec<String>,
    /// What a source without a name is called in the box.
    pub source_name: String,
    /// File names that are started with, the first that a submission has.
    pub entry_names: Vec<String>,
    /// Whether no file's ending names it: it is a variant of another entry, or has to be asked for by its id.
    pub is_variant: bool,
    /// Whether no contestant may name it: it is for programs and submissions of a package alone.
    pub internal: bool,
    /// The value of `{standard}`.
    pub standard: String,
    /// The value of `{binary}`.
    pub binary: String,
    /// The files that are the artifact of compiling, templates.
    pub produces: Vec<String>,
    /// How it is compiled, or its syntax checked; `None`: nothing to do.
    pub compile: Option<CommandTemplate>,
    /// How it is run.
    pub run: CommandTemplate,
    /// The whole environment of both, templates.
    pub env: BTreeMap<String, String>,
    /// What a run's environment has beside that, templates.
    pub run_env: BTreeMap<String, String>,
    /// How its version is asked for.
    pub probe: Probe,
    /// The distribution's packages that bring it.
    pub install: Vec<String>,
    /// What compiling may use.
    pub compile_limits: CompileLimits,
    /// Processes and threads that its run needs at least, the contestant's own not counted.
    pub processes: u32,
    /// Bytes that its run may use beyond the limit of the contestant: what the virtual machine needs for itself.
    pub memory_overhead: u64,
    /// What its run-time says on standard error where it ends a program for want of memory by itself.
    pub out_of_memory: Vec<String>,
    /// Its driver for sources that only define.
    pub driver: Option<DriverKind>,
    /// A program of ours that its compile command runs.
    pub helper: Option<Helper>,
}

/// A command with words in braces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandTemplate {
    /// Where the host may have the program; or the name of a file that compiling made.
    pub programs: Vec<String>,
    /// Its arguments.
    pub args: Vec<String>,
}

/// The command that prints a toolchain's version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Probe {
    /// The command; it takes no words in braces.
    pub command: CommandTemplate,
}

impl Language {
    /// Says whether this file is one of the language's own sources.
    #[must_use]
    pub fn owns(&self, file_name: &str) -> bool {
        extension(file_name).is_some_and(|ending| self.extensions.iter().any(|own| own == ending))
    }

    /// Looks for the programs that the language needs.
    ///
    /// # Errors
    /// The first program that is in none of its places, with the packages that bring it.
    pub fn toolchain(&self, exists: impl Fn(&Path) -> bool) -> Result<Toolchain, MissingToolchain> {
        Toolchain::find(self, &exists)
    }
}

impl CommandTemplate {
    /// Says whether the program is a file of the box and not one of the host.
    #[must_use]
    pub fn is_in_the_box(&self) -> bool {
        self.programs.iter().all(|program| !program.contains('/'))
    }

    /// The first of the programs that exists on the host.
    #[must_use]
    pub fn find(&self, exists: impl Fn(&Path) -> bool) -> Option<PathBuf> {
        self.programs
            .iter()
            .map(PathBuf::from)
            .find(|program| exists(program))
    }
}

impl Probe {
    /// The version in what the command printed: in the first line that has one, the last word that has a number, a dot and a digit in it,
    /// without what stands around it. What is in brackets at the line's end is of something else, if there is one before.
    #[must_use]
    pub fn version_in(output: &str) -> Option<String> {
        let of = |line: &str| {
            let before = line.split_once('(').map_or(line, |(before, _)| before);
            Self::last_version_of(before).or_else(|| Self::last_version_of(line))
        };
        output.lines().find_map(of)
    }

    fn last_version_of(text: &str) -> Option<String> {
        text.split_whitespace()
            .rev()
            .map(|word| word.trim_matches(|letter: char| !letter.is_ascii_digit()))
            .find(|word| {
                word.split_once('.').is_some_and(|(major, rest)| {
                    major.bytes().all(|byte| byte.is_ascii_digit())
                        && rest.starts_with(|letter: char| letter.is_ascii_digit())
                })
            })
            .map(str::to_owned)
    }
}

/// All languages, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages {
    by_id: BTreeMap<LanguageId, Language>,
}

impl Languages {
    /// Those of the built-in file.
    ///
    /// # Panics
    /// If the built-in file is broken, which a test of this crate would show.
    #[must_use]
    pub fn built_in() -> Self {
        let mut languages = Self {
            by_id: BTreeMap::new(),
        };
        languages
            .extend(include_str!("languages.toml"))
            .expect("the built-in languages.toml is whole");
        languages
    }

    /// Adds the entries of a further file; one whose id is known replaces that language and its variants' base.
    ///
    /// # Errors
    /// A file that is no TOML, an unknown key, an unknown word in braces, a word that names two languages.
    pub fn extend(&mut self, toml: &str) -> Result<(), LanguageError> {
        let mut by_id = self.by_id.clone();
        for language in read::languages(toml)? {
            by_id.insert(language.id.clone(), language);
        }
        read::check_names(by_id.values())?;
        self.by_id = by_id;
        Ok(())
    }

    /// The language of this id or alias.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Language> {
        let by_id = self.by_id.get(&LanguageId::new(name));
        let by_alias = || {
            self.by_id
                .values()
                .find(|language| language.aliases.iter().any(|alias| alias == name))
        };
        by_id
            .or_else(by_alias)
            .filter(|language| !language.internal)
    }

    /// The language of a file by its ending; a version or standard is never guessed.
    #[must_use]
    pub fn by_file_name(&self, file_name: &str) -> Option<&Language> {
        let is_base = |language: &&Language| !language.is_variant && language.owns(file_name);
        self.by_id.values().find(is_base)
    }

    /// Every language that a contestant may name, in the order of the ids.
    pub fn all(&self) -> impl Iterator<Item = &Language> {
        self.by_id.values().filter(|language| !language.internal)
    }

    /// The others as well.
    pub fn all_with_internal(&self) -> impl Iterator<Item = &Language> {
        self.by_id.values()
    }
}

impl Default for Languages {
    fn default() -> Self {
        Self::built_in()
    }
}

/// What is wrong with a language file.
#[derive(Debug, Error)]
pub enum LanguageError {
    /// Not of the shape that it should have.
    #[error("the language file cannot be read")]
    Read(#[source] Box<toml::de::Error>),
    /// An entry that cannot be meant so.
    #[error("language {id}: {problem}")]
    Entry {
        /// The entry.
        id: String,
        /// What is wrong.
        problem: String,
    },
}

fn extension(file_name: &str) -> Option<&str> {
    let base = file_name.rsplit('/').next()?;
    base.rsplit_once('.').map(|(_, ending)| ending)
}

#[cfg(test)]
mod tests;
