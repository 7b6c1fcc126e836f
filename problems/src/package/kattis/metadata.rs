//! `problem.yaml` of all versions, key by key, and what it comes to.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::constants::Constants;
use super::limits::Limits;
use super::loose::Loose;
use super::people;
use crate::package::error::PackageError;
use crate::package::tree::{Tree, yaml};
use crate::package::{Format, ProblemKind};

pub(super) const FILE: &str = "problem.yaml";

/// What `problem.yaml` comes to, whatever its version.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) format: Format,
    /// Whether it is a draft of 2025-09, which knows the old keys for groups.
    pub(super) is_draft: bool,
    pub(super) kind: ProblemKind,
    /// The problem's names by language code; one without a language is English.
    pub(super) names: BTreeMap<String, String>,
    pub(super) limits: Limits,
    /// Whether `problem.yaml` itself asks for a custom validator; `None`: it leaves that to the directories.
    pub(super) custom_validator: Option<bool>,
    /// The arguments of the output validator that `problem.yaml` gives.
    pub(super) validator_args: Vec<String>,
    /// Language codes; `None`: all.
    pub(super) languages: Option<Vec<String>>,
    /// Whether submissions may write files.
    pub(super) file_writing: bool,
    pub(super) constants: Constants,
    /// What should be mended, though its meaning is clear.
    pub(super) warnings: Vec<String>,
    pub(super) text: String,
}

/// Something of which only the shape counts: a text, a list or a mapping.
#[derive(Deserialize, Debug)]
#[serde(transparent)]
struct Anything(#[expect(dead_code, reason = "only the shape is checked")] serde_json::Value);

#[derive(Deserialize)]
struct Version {
    problem_format_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Legacy {
    #[serde(rename = "problem_format_version")]
    _version: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<Loose<String>>,
    #[serde(rename = "uuid")]
    _uuid: Option<String>,
    #[serde(rename = "author")]
    _author: Option<Anything>,
    #[serde(rename = "source")]
    _source: Option<Anything>,
    source_url: Option<String>,
    license: Option<String>,
    rights_owner: Option<String>,
    limits: Option<Limits>,
    validation: Option<String>,
    validator_flags: Option<String>,
    grading: Option<Grading>,
    #[serde(rename = "keywords")]
    _keywords: Option<Anything>,
    languages: Option<Loose<IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grading {
    objective: Option<String>,
    #[serde(rename = "show_test_data_groups")]
    _show: Option<bool>,
    #[serde(rename = "on_reject")]
    _on_reject: Option<String>,
    #[serde(rename = "range")]
    _range: Option<String>,
    #[serde(rename = "accept_score")]
    _accept_score: Option<f64>,
    #[serde(rename = "reject_score")]
    _reject_score: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct V2025 {
    #[serde(rename = "problem_format_version")]
    version: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Loose<IgnoredAny>>,
    name: Option<Loose<String>>,
    uuid: Option<String>,
    #[serde(rename = "version")]
    _problem_version: Option<String>,
    credits: Option<serde_json::Value>,
    source: Option<serde_json::Value>,
    /// A key of the old format, which the format's own examples still have.
    source_url: Option<IgnoredAny>,
    license: Option<String>,
    rights_owner: Option<serde_json::Value>,
    embargo_until: Option<String>,
    limits: Option<Limits>,
    #[serde(rename = "keywords")]
    _keywords: Option<Vec<String>>,
    languages: Option<Loose<IgnoredAny>>,
    allow_file_writing: Option<bool>,
    /// What the format's change log calls the same.
    allow_writing_files: Option<bool>,
    constants: Option<BTreeMap<String, Loose<String>>>,
}

/// The passes of a multi-pass problem that names no number.
const PASSES: u32 = 2;

const LICENSES: [&str; 7] = [
    "unknown",
    "public domain",
    "cc0",
    "cc by",
    "cc by-sa",
    "educational",
    "permission",
];

/// Reads `problem.yaml`.
pub(super) fn read(tree: &Tree) -> Result<Metadata, PackageError> {
    let Some(text) = tree.text(FILE)? else {
        return Err(PackageError::NoPackage {
            path: tree.root().to_owned(),
        });
    };
    let version = version_of(&text)?;
    match version {
        Format::Legacy | Format::LegacyIcpc => legacy(version, text),
        Format::V2025 | Format::Polygon | Format::Plain => v2025(text),
    }
}

fn version_of(text: &str) -> Result<Format, PackageError> {
    let Version {
        problem_format_version,
    } = yaml(FILE, text)?;
    match problem_format_version
        .map(|version| version.to_string())
        .as_deref()
    {
        None | Some("legacy") => Ok(Format::Legacy),
        Some("legacy-icpc") => Ok(Format::LegacyIcpc),
        Some("2025-09" | "2023-07" | "2023-07-draft") => Ok(Format::V2025),
        Some(other) => {
            let problem = format!(
                "unknown format {other:?}: legacy, legacy-icpc, 2025-09 and 2023-07 are known"
            );
            Err(PackageError::content(FILE, problem).at_key(text, "problem_format_version"))
        }
    }
}

fn legacy(format: Format, text: String) -> Result<Metadata, PackageError> {
    let read: Legacy = yaml(FILE, &text)?;
    let wrong =
        |key: &str, problem: String| Err(PackageError::content(FILE, problem).at_key(&text, key));
    let mut kind = ProblemKind::default();
    match read.kind.as_deref() {
        None | Some("pass-fail") => {}
        Some("scoring") if format == Format::Legacy => kind.scored = true,
        Some(other) => return wrong("type", format!("unknown type {other:?}")),
    }
    if let Some(objective) = read.grading.and_then(|grading| grading.objective)
        && !["max", "min"].contains(&objective.as_str())
    {
        return wrong(
            "objective",
            format!("unknown objective {objective:?}: max or min is wanted"),
        );
    }
    check_license(&text, read.license.as_deref())?;
    let open = [None, Some("unknown"), Some("public domain")].contains(&read.license.as_deref());
    if !open
        && read.rights_owner.is_none()
        && read.source_url.is_none()
        && read._author.is_none()
        && read._source.is_none()
    {
        return wrong(
            "license",
            "a licensed problem needs rights_owner, or an author or a source in its place"
                .to_owned(),
        );
    }
    if read.source_url.is_some() && read._source.is_none() {
        return wrong(
            "source_url",
            "source_url is given without source".to_owned(),
        );
    }
    let validation = read.validation.unwrap_or_else(|| "default".to_owned());
    let mut words = validation.split_whitespace();
    let custom_validator = match words.next() {
        None | Some("default") => false,
        Some("custom") => true,
        Some(other) => {
            return wrong(
                "validation",
                format!("unknown validation {other:?}: default or custom is wanted"),
            );
        }
    };
    for word in words {
        match word {
            _ if !custom_validator => {
                return wrong("validation", format!("{word} needs a custom validator"));
            }
            "score" => kind.scored = true,
            "interactive" => kind.interactive = true,
            "multi-pass" => kind.passes_max = Some(PASSES),
            other => {
                return wrong(
                    "validation",
                    format!("unknown word {other:?} behind {validation:?}"),
                );
            }
        }
    }
    let flags = read.validator_flags.unwrap_or_default();
    let limits = read.limits.unwrap_or_default();
    take_passes(&mut kind, &limits, &text)?;
    Ok(Metadata {
        format,
        is_draft: false,
        kind,
        names: names(&text, read.name)?,
        limits,
        file_writing: true,
        constants: Constants::default(),
        warnings: Vec::new(),
        custom_validator: Some(custom_validator),
        validator_args: flags.split_whitespace().map(str::to_owned).collect(),
        languages: languages(&text, read.languages)?,
        text,
    })
}

fn v2025(text: String) -> Result<Metadata, PackageError> {
    let read: V2025 = yaml(FILE, &text)?;
    for (key, is_missing) in [("name", read.name.is_none()), ("uuid", read.uuid.is_none())] {
        if is_missing {
            return Err(PackageError::content(
                FILE,
                format!("the key {key} is missing"),
            ));
        }
    }
    let mut kind = ProblemKind::default();
    let words_of_type = words(&text, "type", read.kind)?.unwrap_or_default();
    for word in &words_of_type {
        match word.as_str() {
            "pass-fail" => {}
            "scoring" => kind.scored = true,
            "interactive" => kind.interactive = true,
            "multi-pass" => kind.passes_max = Some(PASSES),
            "submit-answer" => kind.submit_answer = true,
            other => {
                let problem = format!("unknown type {other:?}");
                return Err(PackageError::content(FILE, problem).at_key(&text, "type"));
            }
        }
    }
    for (one, other) in [
        ("pass-fail", "scoring"),
        ("submit-answer", "interactive"),
        ("submit-answer", "multi-pass"),
    ] {
        let has = |word: &str| words_of_type.iter().any(|given| given == word);
        if has(one) && has(other) {
            let problem = format!("a problem cannot be both {one} and {other}");
            return Err(PackageError::content(FILE, problem).at_key(&text, "type"));
        }
    }
    check_license(&text, read.license.as_deref())?;
    for (key, fault) in [
        (
            "credits",
            read.credits.as_ref().and_then(people::credits_fault),
        ),
        (
            "source",
            read.source.as_ref().and_then(people::source_fault),
        ),
        (
            "rights_owner",
            read.rights_owner.as_ref().and_then(people::persons_fault),
        ),
        (
            "embargo_until",
            read.embargo_until.as_deref().and_then(people::date_fault),
        ),
    ] {
        if let Some(fault) = fault {
            return Err(PackageError::content(FILE, fault).at_key(&text, key));
        }
    }
    let limits = read.limits.unwrap_or_default();
    take_passes(&mut kind, &limits, &text)?;
    Ok(Metadata {
        format: Format::V2025,
        is_draft: read
            .version
            .as_deref()
            .is_some_and(|version| version.starts_with("2023-07")),
        kind,
        names: names(&text, read.name)?,
        limits,
        custom_validator: None,
        validator_args: Vec::new(),
        languages: languages(&text, read.languages)?,
        file_writing: read
            .allow_file_writing
            .or(read.allow_writing_files)
            .unwrap_or(false),
        warnings: warnings(
            &text,
            [
                (
                    "source_url",
                    read.source_url.is_some(),
                    "source: {name, url}",
                ),
                (
                    "allow_writing_files",
                    read.allow_writing_files.is_some(),
                    "allow_file_writing",
                ),
            ],
        ),
        constants: Constants::read(&text, read.constants.unwrap_or_default())?,
        text,
    })
}

/// Says of keys that 2025-09 does not have what it has in their place.
fn warnings(text: &str, keys: [(&str, bool, &str); 2]) -> Vec<String> {
    let given = keys.into_iter().filter(|(_, is_given, _)| *is_given);
    let warning = |(key, _, instead): (&str, bool, &str)| {
        let problem = format!("{key} is no key of this format: {instead} is meant");
        PackageError::content(FILE, problem)
            .at_key(text, key)
            .to_string()
    };
    given.map(warning).collect()
}

/// The passes that `limits` allows, which only multi-pass problems have.
fn take_passes(kind: &mut ProblemKind, limits: &Limits, text: &str) -> Result<(), PackageError> {
    match (limits.validation_passes, &mut kind.passes_max) {
        (Some(passes), Some(max)) => *max = u32::try_from(passes).unwrap_or(u32::MAX),
        (Some(_), None) => {
            let problem = "validation_passes is for multi-pass problems only";
            return Err(PackageError::content(FILE, problem).at_key(text, "validation_passes"));
        }
        (None, _) => {}
    }
    Ok(())
}

fn check_license(text: &str, license: Option<&str>) -> Result<(), PackageError> {
    match license {
        Some(other) if !LICENSES.contains(&other) => {
            let problem = format!(
                "unknown license {other:?}: one of {} is wanted",
                LICENSES.join(", ")
            );
            Err(PackageError::content(FILE, problem).at_key(text, "license"))
        }
        _ => Ok(()),
    }
}

fn names(
    text: &str,
    names: Option<Loose<String>>,
) -> Result<BTreeMap<String, String>, PackageError> {
    match names {
        None => Ok(BTreeMap::new()),
        Some(Loose::Text(name)) => Ok(BTreeMap::from([("en".to_owned(), name)])),
        Some(Loose::Mapping(names)) => Ok(names),
        Some(Loose::List(_)) => {
            let problem = "name must be a text or a mapping from language codes to texts";
            Err(PackageError::content(FILE, problem).at_key(text, "name"))
        }
    }
}

fn languages(
    text: &str,
    languages: Option<Loose<IgnoredAny>>,
) -> Result<Option<Vec<String>>, PackageError> {
    let codes = words(text, "languages", languages)?;
    Ok(codes.filter(|codes| codes != &["all"]))
}

fn words(
    text: &str,
    key: &str,
    value: Option<Loose<IgnoredAny>>,
) -> Result<Option<Vec<String>>, PackageError> {
    match value.map(Loose::words) {
        None => Ok(None),
        Some(Some(words)) => Ok(Some(words)),
        Some(None) => {
            let problem = format!("{key} must be a text or a list of texts");
            Err(PackageError::content(FILE, problem).at_key(text, key))
        }
    }
}
