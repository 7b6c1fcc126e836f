//! The TOML shape of the language file, and the checks on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use super::{CommandTemplate, Helper, Language, LanguageError, LanguageId, Probe};
use crate::entry_point::DriverKind;
use crate::limits::CompileLimits;

const WORDS: [&str; 9] = [
    "{sources}",
    "{source}",
    "{files}",
    "{binary}",
    "{standard}",
    "{driver}",
    "{helper}",
    "{memory_mb}",
    "{stack_kb}",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    language: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    extensions: Vec<String>,
    #[serde(default)]
    headers: Vec<String>,
    source_name: String,
    #[serde(default)]
    entry_names: Vec<String>,
    #[serde(default)]
    standard: String,
    #[serde(default)]
    binary: String,
    produces: Vec<String>,
    compile: Option<CommandTemplate>,
    run: CommandTemplate,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    run_env: BTreeMap<String, String>,
    probe: CommandTemplate,
    #[serde(default)]
    install: Vec<String>,
    #[serde(default)]
    compile_limits: Limits,
    #[serde(default = "one")]
    processes: u32,
    #[serde(default)]
    memory_overhead_mb: u64,
    #[serde(default)]
    out_of_memory: Vec<String>,
    driver: Option<DriverKind>,
    helper: Option<Helper>,
    /// Its files' endings are those of another language, which they name.
    #[serde(default)]
    by_id_only: bool,
    #[serde(default)]
    internal: bool,
    #[serde(default)]
    variants: BTreeMap<String, Variant>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Limits {
    seconds: Option<u64>,
    memory_mb: Option<u64>,
    processes: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    name: String,
    standard: String,
}

fn one() -> u32 {
    1
}

/// Reads a language file; variants become languages of their own.
pub(super) fn languages(toml: &str) -> Result<Vec<Language>, LanguageError> {
    let file: File = toml::from_str(toml).map_err(|error| LanguageError::Read(Box::new(error)))?;
    let mut languages = Vec::new();
    for entry in file.language {
        check(&entry)?;
        let mut entry = entry;
        let variants = std::mem::take(&mut entry.variants);
        let base = language(entry);
        for (id, Variant { name, standard }) in variants {
            languages.push(Language {
                id: LanguageId::new(&id),
                name,
                standard,
                aliases: Vec::new(),
                is_variant: true,
                internal: false,
                ..base.clone()
            });
        }
        languages.push(base);
    }
    Ok(languages)
}

/// Refuses a word that would name two languages.
pub(super) fn check_names<'a>(
    languages: impl Iterator<Item = &'a Language>,
) -> Result<(), LanguageError> {
    let mut names = BTreeSet::new();
    for language in languages {
        for name in
            std::iter::once(language.id.as_str()).chain(language.aliases.iter().map(String::as_str))
        {
            if !names.insert(name) {
                return Err(fault(
                    language.id.as_str(),
                    format!("{name:?} names another language too"),
                ));
            }
        }
    }
    Ok(())
}

fn language(entry: Entry) -> Language {
    let limits = CompileLimits::default();
    let time = entry
        .compile_limits
        .seconds
        .map_or(limits.time, Duration::from_secs);
    Language {
        id: LanguageId::new(&entry.id),
        name: entry.name,
        aliases: entry.aliases,
        extensions: entry.extensions,
        headers: entry.headers,
        source_name: entry.source_name,
        entry_names: entry.entry_names,
        is_variant: entry.by_id_only,
        internal: entry.internal,
        standard: entry.standard,
        binary: entry.binary,
        produces: entry.produces,
        compile: entry.compile,
        run: entry.run,
        env: entry.env,
        run_env: entry.run_env,
        probe: Probe {
            command: entry.probe,
        },
        install: entry.install,
        compile_limits: CompileLimits {
            time,
            wall: time * 2,
            memory: entry
                .compile_limits
                .memory_mb
                .map_or(limits.memory, |mib| mib << 20),
            processes: entry.compile_limits.processes.unwrap_or(limits.processes),
            ..limits
        },
        processes: entry.processes,
        memory_overhead: entry.memory_overhead_mb << 20,
        out_of_memory: entry.out_of_memory,
        driver: entry.driver,
        helper: entry.helper,
    }
}

fn check(entry: &Entry) -> Result<(), LanguageError> {
    let problem = |problem: String| Err(fault(&entry.id, problem));
    for id in std::iter::once(&entry.id)
        .chain(entry.variants.keys())
        .chain(&entry.aliases)
    {
        if id.is_empty()
            || !id.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-".contains(&byte)
            })
        {
            return problem(format!(
                "{id:?} is no id: lower-case letters, digits, + and - only"
            ));
        }
    }
    if entry.extensions.is_empty() && !entry.internal {
        return problem("extensions is empty".to_owned());
    }
    let commands = entry.compile.iter().chain([&entry.run, &entry.probe]);
    for command in commands {
        if command.programs.is_empty() {
            return problem("a command has no programs".to_owned());
        }
        if let Some(program) = command
            .programs
            .iter()
            .find(|program| program.contains('/') && !program.starts_with('/'))
        {
            return problem(format!(
                "the program {program:?} is neither absolute nor a plain file name"
            ));
        }
    }
    let args = entry
        .compile
        .iter()
        .chain([&entry.run])
        .flat_map(|command| &command.args);
    let env = entry.env.values().chain(entry.run_env.values());
    for text in args.chain(&entry.produces).chain(env) {
        check_words(entry, text)?;
    }
    Ok(())
}

fn check_words(entry: &Entry, text: &str) -> Result<(), LanguageError> {
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(word) = WORDS.iter().find(|word| rest[open..].starts_with(**word)) else {
            return Err(fault(
                &entry.id,
                format!("{text:?} has an unknown word in braces"),
            ));
        };
        let lacks = |name: &str, is_there: bool| *word == format!("{{{name}}}") && !is_there;
        for (name, is_there) in [
            ("driver", entry.driver.is_some()),
            ("helper", entry.helper.is_some()),
        ] {
            if lacks(name, is_there) {
                let problem = format!("a command names {{{name}}}, but there is no {name}");
                return Err(fault(&entry.id, problem));
            }
        }
        let many = ["{sources}", "{files}"].contains(word);
        if many && text != *word {
            return Err(fault(
                &entry.id,
                format!("{word} must be an argument of its own, not part of {text:?}"),
            ));
        }
        rest = &rest[open + word.len()..];
    }
    Ok(())
}

fn fault(id: &str, problem: String) -> LanguageError {
    LanguageError::Entry {
        id: id.to_owned(),
        problem,
    }
}
