//! `test_group.yaml`, `testdata.yaml` and a test's own `.yaml`, key by key.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::loose::Loose;
use crate::package::Format;
use crate::package::error::PackageError;
use crate::package::tree::yaml;
use crate::ratio::Ratio;

/// The keys of all versions.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
struct Keys {
    args: Option<Loose<Loose<String>>>,
    input_validator_args: Option<Loose<Loose<String>>>,
    input_validator_flags: Option<Loose<Loose<String>>>,
    output_validator_args: Option<Loose<Loose<String>>>,
    output_validator_flags: Option<Loose<Loose<String>>>,
    static_validator_args: Option<Loose<Loose<String>>>,
    input_visualizer_args: Option<Loose<Loose<String>>>,
    output_visualizer_args: Option<Loose<Loose<String>>>,
    full_feedback: Option<bool>,
    on_reject: Option<String>,
    grading: Option<String>,
    grader_flags: Option<String>,
    accept_score: Option<String>,
    reject_score: Option<String>,
    range: Option<String>,
    max_score: Option<String>,
    score_aggregation: Option<String>,
    static_validation_score: Option<String>,
    require_pass: Option<Loose<String>>,
    hint: Option<String>,
    description: Option<String>,
}

/// What such a file says.
#[derive(Debug, Default, Clone)]
pub(super) struct GroupFile {
    /// The file itself; empty where there is none.
    pub(super) file: String,
    pub(super) text: String,
    pub(super) args: Option<Vec<String>>,
    pub(super) input_validator_args: Option<ValidatorArgs>,
    pub(super) checker_args: Option<Vec<String>>,
    /// Whether those are for a checker of a certain name.
    pub(super) names_checker: bool,
    pub(super) static_args: Option<Vec<String>>,
    pub(super) on_reject: Option<bool>,
    pub(super) custom_grading: Option<bool>,
    pub(super) grader_flags: Option<String>,
    pub(super) accept_score: Option<Ratio>,
    pub(super) reject_score: Option<Ratio>,
    pub(super) range: Option<Range>,
    pub(super) max_score: Option<MaxScore>,
    pub(super) aggregation: Option<Aggregation>,
    pub(super) static_score: Option<StaticScore>,
    pub(super) require_pass: Option<Vec<String>>,
}

/// The least and the greatest score, where there is one.
pub(super) type Range = (Option<Ratio>, Option<Ratio>);

/// The arguments of input validators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValidatorArgs {
    /// Of each.
    All(Vec<String>),
    /// Of those with these names; the others have none.
    Named(BTreeMap<String, Vec<String>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MaxScore {
    Unbounded,
    Of(Ratio),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregation {
    PassFail,
    Sum,
    Min,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StaticScore {
    PassFail,
    Of(Ratio),
}

/// Where a file stands, which decides what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Group,
    Sample,
    Test,
}

/// Keys that only the old formats have, with those that only 2025-09 has behind them.
const LEGACY: [&str; 6] = [
    "on_reject",
    "grading",
    "grader_flags",
    "accept_score",
    "reject_score",
    "range",
];
const V2025: [&str; 5] = [
    "max_score",
    "score_aggregation",
    "static_validation_score",
    "require_pass",
    "static_validator_args",
];

impl GroupFile {
    /// Reads one; `is_draft`: the keys of the old formats are known in 2025-09 as well.
    pub(super) fn read(
        file: &str,
        text: &str,
        format: Format,
        is_draft: bool,
        role: Role,
    ) -> Result<Self, PackageError> {
        let keys: Keys = yaml(file, text)?;
        let reader = Reader { file, text };
        reader.check_role(&keys, format, is_draft, role)?;
        reader.take(keys)
    }

    /// Says that it has keys that only the old formats have.
    pub(super) fn is_old(&self) -> bool {
        LEGACY.iter().any(|key| has_key(&self.text, key))
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn wrong<T>(&self, key: &str, problem: impl Into<String>) -> Result<T, PackageError> {
        Err(PackageError::content(self.file, problem).at_key(self.text, key))
    }

    fn check_role(
        &self,
        keys: &Keys,
        format: Format,
        is_draft: bool,
        role: Role,
    ) -> Result<(), PackageError> {
        let is_old = format != Format::V2025;
        let refuse = |names: &[&str], where_: &str| {
            let found = names.iter().find(|key| has_key(self.text, key));
            match found {
                Some(key) => self.wrong(key, format!("{key} is not a key {where_}")),
                None => Ok(()),
            }
        };
        if is_old {
            refuse(&V2025, "of this format")?;
        } else if !is_draft {
            refuse(&LEGACY, "of 2025-09")?;
            refuse(
                &["input_validator_flags", "output_validator_flags"],
                "of 2025-09",
            )?;
        }
        match role {
            Role::Test => {
                refuse(&LEGACY, "of a single test")?;
                refuse(&V2025, "of a single test")?;
            }
            Role::Sample => refuse(
                &["max_score", "score_aggregation", "require_pass"],
                "of the samples",
            )?,
            Role::Group => {}
        }
        if role != Role::Test && (keys.hint.is_some() || keys.description.is_some()) {
            refuse(&["hint", "description"], "of a group")?;
        }
        // Known, but nothing here depends on it.
        let _ = (
            &keys.input_visualizer_args,
            &keys.output_visualizer_args,
            keys.full_feedback,
        );
        Ok(())
    }

    fn take(&self, keys: Keys) -> Result<GroupFile, PackageError> {
        let checker = self.either(
            ("output_validator_args", keys.output_validator_args),
            ("output_validator_flags", keys.output_validator_flags),
        )?;
        let input = self.either(
            ("input_validator_args", keys.input_validator_args),
            ("input_validator_flags", keys.input_validator_flags),
        )?;
        let names_checker = matches!(
            &checker,
            Some((_, Loose::Mapping(mapping))) if mapping.contains_key("name")
        );
        Ok(GroupFile {
            names_checker,
            file: self.file.to_owned(),
            text: self.text.to_owned(),
            args: self.list("args", keys.args)?,
            input_validator_args: match input {
                None => None,
                Some((key, args)) => Some(self.validator_args(key, args)?),
            },
            checker_args: match checker {
                None => None,
                Some((key, Loose::Mapping(mut mapping))) if key.ends_with("flags") => {
                    Some(self.flags_of(key, &mut mapping)?)
                }
                Some((key, args)) => self.list(key, Some(args))?,
            },
            static_args: self.list("static_validator_args", keys.static_validator_args)?,
            on_reject: self.word(
                "on_reject",
                keys.on_reject,
                &[("break", true), ("continue", false)],
            )?,
            custom_grading: self.word(
                "grading",
                keys.grading,
                &[("default", false), ("custom", true)],
            )?,
            grader_flags: keys.grader_flags,
            accept_score: self.number("accept_score", keys.accept_score)?,
            reject_score: self.number("reject_score", keys.reject_score)?,
            range: self.range(keys.range)?,
            max_score: match keys.max_score.as_deref() {
                Some("unbounded") => Some(MaxScore::Unbounded),
                _ => self.whole("max_score", keys.max_score)?.map(MaxScore::Of),
            },
            aggregation: self.word(
                "score_aggregation",
                keys.score_aggregation,
                &[
                    ("pass-fail", Aggregation::PassFail),
                    ("sum", Aggregation::Sum),
                    ("min", Aggregation::Min),
                ],
            )?,
            static_score: match keys.static_validation_score.as_deref() {
                Some("pass-fail") => Some(StaticScore::PassFail),
                _ => {
                    let score =
                        self.whole("static_validation_score", keys.static_validation_score)?;
                    score.map(StaticScore::Of)
                }
            },
            require_pass: match keys.require_pass {
                None => None,
                Some(Loose::Text(name)) => Some(vec![name]),
                Some(Loose::List(names)) => Some(names),
                Some(Loose::Mapping(_)) => {
                    return self.wrong(
                        "require_pass",
                        "require_pass must be a name or a list of names",
                    );
                }
            },
        })
    }

    /// The value of the one of two keys that is there.
    fn either<T>(
        &self,
        (new, one): (&'static str, Option<T>),
        (old, other): (&'static str, Option<T>),
    ) -> Result<Option<(&'static str, T)>, PackageError> {
        match (one, other) {
            (Some(_), Some(_)) => self.wrong(old, format!("{new} is there too")),
            (Some(one), None) => Ok(Some((new, one))),
            (None, other) => Ok(other.map(|other| (old, other))),
        }
    }

    fn list(
        &self,
        key: &str,
        value: Option<Loose<Loose<String>>>,
    ) -> Result<Option<Vec<String>>, PackageError> {
        match value.map(Loose::words) {
            None => Ok(None),
            Some(Some(words)) => Ok(Some(words)),
            Some(None) => self.wrong(key, format!("{key} must be a list of texts")),
        }
    }

    /// `{name, flags}` of the old formats; who it is for is not asked, since all accept or it is rejected.
    fn flags_of(
        &self,
        key: &str,
        mapping: &mut BTreeMap<String, Loose<String>>,
    ) -> Result<Vec<String>, PackageError> {
        mapping.remove("name");
        let flags = mapping
            .remove("flags")
            .and_then(Loose::words)
            .unwrap_or_default();
        match mapping.keys().next() {
            Some(other) => self.wrong(key, format!("{key} may have name and flags, not {other:?}")),
            None => Ok(flags),
        }
    }

    fn validator_args(
        &self,
        key: &str,
        args: Loose<Loose<String>>,
    ) -> Result<ValidatorArgs, PackageError> {
        let mut mapping = match args {
            Loose::Mapping(mapping) => mapping,
            Loose::Text(text) if key.ends_with("args") => {
                return self.wrong(key, format!("{key} must be a list of texts, not {text:?}"));
            }
            other => return Ok(ValidatorArgs::All(other.words().unwrap_or_default())),
        };
        if key.ends_with("flags") {
            let name = mapping.get("name").cloned();
            let flags = self.flags_of(key, &mut mapping)?;
            return match name {
                Some(Loose::Text(name)) => {
                    Ok(ValidatorArgs::Named(BTreeMap::from([(name, flags)])))
                }
                _ => self.wrong(key, format!("{key} needs the name of a validator")),
            };
        }
        let mut named = BTreeMap::new();
        for (name, args) in mapping {
            let Loose::List(args) = args else {
                return self.wrong(
                    key,
                    format!("the arguments of {name:?} must be a list of texts"),
                );
            };
            named.insert(name, args);
        }
        Ok(ValidatorArgs::Named(named))
    }

    fn word<T: Copy>(
        &self,
        key: &str,
        value: Option<String>,
        known: &[(&str, T)],
    ) -> Result<Option<T>, PackageError> {
        let Some(value) = value else {
            return Ok(None);
        };
        match known.iter().find(|(word, _)| *word == value) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
                let wanted = words.join(" or ");
                self.wrong(key, format!("unknown {key} {value:?}: {wanted} is wanted"))
            }
        }
    }

    fn number(&self, key: &str, value: Option<String>) -> Result<Option<Ratio>, PackageError> {
        let Some(value) = value else {
            return Ok(None);
        };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => self.wrong(key, format!("{key} {value:?} is no number")),
        }
    }

    fn whole(&self, key: &str, value: Option<String>) -> Result<Option<Ratio>, PackageError> {
        let Some(value) = value else {
            return Ok(None);
        };
        match value.parse::<u32>() {
            Ok(number) => Ok(Some(Ratio::from(number))),
            Err(_) => self.wrong(key, format!("{key} {value:?} is no whole number from 0 on")),
        }
    }

    fn range(&self, value: Option<String>) -> Result<Option<Range>, PackageError> {
        let Some(value) = value else {
            return Ok(None);
        };
        let bound = |text: &str| match text {
            "inf" | "+inf" | "-inf" => Some(None),
            number => number.parse().ok().map(Some),
        };
        let words: Vec<_> = value.split_whitespace().map(bound).collect();
        match words.as_slice() {
            [Some(least), Some(most)] => {
                let is_empty = matches!((least, most), (Some(least), Some(most)) if least > most);
                if is_empty {
                    return self.wrong("range", format!("the range {value:?} is empty"));
                }
                Ok(Some((least.clone(), most.clone())))
            }
            _ => self.wrong("range", format!("the range {value:?} must be two numbers")),
        }
    }
}

fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with(':'))
    })
}
