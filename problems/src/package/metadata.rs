//! `problem.yaml` of all versions, key by key, and what it comes to.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Format;
use super::error::PackageError;
use super::limits::Limits;
use super::loose::Loose;
use super::tree::{Tree, yaml};
use crate::procedure::{Meeting, Procedure};

pub(super) const FILE: &str = "problem.yaml";

/// What `problem.yaml` comes to, whatever its version.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) format: Format,
    /// The problem's names by language code; one without a language is English.
    pub(super) names: BTreeMap<String, String>,
    pub(super) limits: Limits,
    /// How a submission meets a test.
    pub(super) procedure: Procedure,
    /// Whether `problem.yaml` itself asks for a custom validator; `None`: it leaves that to the directories.
    pub(super) custom_validator: Option<bool>,
    /// The arguments of the output validator that `problem.yaml` gives.
    pub(super) validator_args: Vec<String>,
    /// Language codes; `None`: all.
    pub(super) languages: Option<Vec<String>>,
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
    _version: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Loose<IgnoredAny>>,
    name: Option<Loose<String>>,
    uuid: Option<String>,
    #[serde(rename = "version")]
    _problem_version: Option<String>,
    #[serde(rename = "credits")]
    _credits: Option<Anything>,
    #[serde(rename = "source")]
    _source: Option<Anything>,
    license: Option<String>,
    #[serde(rename = "rights_owner")]
    _rights_owner: Option<Anything>,
    #[serde(rename = "embargo_until")]
    _embargo_until: Option<String>,
    limits: Option<Limits>,
    #[serde(rename = "keywords")]
    _keywords: Option<Vec<String>>,
    languages: Option<Loose<IgnoredAny>>,
    #[serde(rename = "allow_file_writing", alias = "allow_writing_files")]
    _allow_file_writing: Option<bool>,
    constants: Option<BTreeMap<String, IgnoredAny>>,
}

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
        Format::V2025 => v2025(text),
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
    let unsupported =
        |key: &str, what: &str| Err(PackageError::unsupported(FILE, what).at_key(&text, key));
    match read.kind.as_deref() {
        None | Some("pass-fail") => {}
        Some("scoring") if format == Format::Legacy => {
            return unsupported("type", "scoring problems");
        }
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
    let limits = read.limits.unwrap_or_default();
    let mut procedure = Procedure::default();
    for word in words {
        match word {
            "score" => return unsupported("validation", "scoring problems"),
            "interactive" => procedure.meeting = Procedure::interactive().meeting,
            "multi-pass" => procedure.passes_max = limits.passes_max(),
            other => {
                return wrong(
                    "validation",
                    format!("unknown word {other:?} behind {validation:?}"),
                );
            }
        }
    }
    let flags = read.validator_flags.unwrap_or_default();
    Ok(Metadata {
        format,
        names: names(&text, read.name)?,
        limits,
        procedure,
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
    let kinds = words(&text, "type", read.kind)?.unwrap_or_default();
    let limits = read.limits.unwrap_or_default();
    let mut procedure = Procedure::default();
    for kind in &kinds {
        let error = match kind.as_str() {
            "pass-fail" => continue,
            "interactive" => {
                procedure.meeting = Procedure::interactive().meeting;
                continue;
            }
            "multi-pass" => {
                procedure.passes_max = limits.passes_max();
                continue;
            }
            "submit-answer"
                if kinds
                    .iter()
                    .any(|kind| kind == "interactive" || kind == "multi-pass") =>
            {
                PackageError::content(
                    FILE,
                    "submit-answer goes with neither interactive nor multi-pass",
                )
            }
            "submit-answer" => {
                procedure.meeting = Meeting::SubmitAnswer;
                continue;
            }
            "scoring" => PackageError::unsupported(FILE, format!("{kind} problems")),
            other => PackageError::content(FILE, format!("unknown type {other:?}")),
        };
        return Err(error.at_key(&text, "type"));
    }
    check_license(&text, read.license.as_deref())?;
    if read
        .constants
        .is_some_and(|constants| !constants.is_empty())
    {
        return Err(PackageError::unsupported(FILE, "constants").at_key(&text, "constants"));
    }
    Ok(Metadata {
        format: Format::V2025,
        names: names(&text, read.name)?,
        limits,
        procedure,
        custom_validator: None,
        validator_args: Vec::new(),
        languages: languages(&text, read.languages)?,
        text,
    })
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
