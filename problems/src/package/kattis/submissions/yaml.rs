//! `submissions.yaml`, key by key.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Context;
use crate::package::error::PackageError;
use crate::package::expectation::{Rule, TimingUse};
use crate::package::glob::Glob;
use crate::package::tree::{Entry, yaml};
use crate::ratio::Ratio;
use crate::verdict::Verdict::{self, AC, RTE, TLE, WA};

const FILE: &str = "submissions/submissions.yaml";

/// One entry of `submissions.yaml`.
pub(super) struct JuryEntry {
    pub(super) glob: Glob,
    pub(super) language: Option<String>,
    pub(super) entry_point: Option<String>,
    /// The rule for all tests.
    pub(super) own: Rule,
    /// The rules for some.
    pub(super) nested: Vec<Rule>,
}

/// `submissions.yaml`.
pub(super) struct Entries {
    list: Vec<JuryEntry>,
    text: String,
}

impl Entries {
    pub(super) fn read(context: &Context<'_>) -> Result<Self, PackageError> {
        let text = context.tree.text(FILE)?.unwrap_or_default();
        let mut entries = Self {
            list: Vec::new(),
            text: text.clone(),
        };
        if context.legacy && !text.is_empty() {
            return Err(PackageError::content(
                FILE,
                "it is a file of 2025-09, which this package is not",
            ));
        }
        let read: BTreeMap<String, Option<Map<String, Value>>> = yaml(FILE, &text)?;
        // In the order of the file: later entries name languages for what earlier ones matched.
        let mut read: Vec<_> = read.into_iter().collect();
        read.sort_by_key(|(glob, _)| text.find(glob.as_str()).unwrap_or(usize::MAX));
        for (glob, keys) in read {
            let entry = entries.entry(&glob, keys.unwrap_or_default(), context)?;
            entries.list.push(entry);
        }
        Ok(entries)
    }

    pub(super) fn matching(&self, path: &str) -> impl Iterator<Item = &JuryEntry> {
        self.list.iter().filter(move |one| one.glob.matches(path))
    }

    /// A pattern that matches nothing is a broken reference.
    pub(super) fn check_all_used(&self, context: &Context<'_>) -> Result<(), PackageError> {
        let mut paths = Vec::new();
        for directory in context.tree.entries("submissions")? {
            let below = context.tree.entries(&directory.path)?;
            let path = |entry: &Entry| entry.path.trim_start_matches("submissions/").to_owned();
            paths.push(path(&directory));
            paths.extend(below.iter().map(path));
        }
        let unused = |one: &&JuryEntry| !paths.iter().any(|path| one.glob.matches(path));
        match self.list.iter().find(unused) {
            Some(one) => self.wrong(
                one.glob.as_str(),
                format!("no submission matches {:?}", one.glob.as_str()),
            ),
            None => Ok(()),
        }
    }

    fn wrong<T>(&self, key: &str, problem: String) -> Result<T, PackageError> {
        Err(PackageError::content(FILE, problem).at_key(&self.text, key))
    }

    fn entry(
        &self,
        glob: &str,
        keys: Map<String, Value>,
        context: &Context<'_>,
    ) -> Result<JuryEntry, PackageError> {
        let pattern = match Glob::new(glob) {
            Ok(pattern) => pattern,
            Err(problem) => return self.wrong(glob, problem),
        };
        let mut entry = JuryEntry {
            glob: pattern,
            language: None,
            entry_point: None,
            own: Rule {
                from: glob.to_owned(),
                ..Rule::default()
            },
            nested: Vec::new(),
        };
        for (key, value) in keys {
            let text = value.as_str().map(str::to_owned);
            match key.as_str() {
                "language" | "entrypoint" => {
                    let Some(text) = text else {
                        return self.wrong(&key, format!("{key} must be a text"));
                    };
                    let place = if key == "language" {
                        &mut entry.language
                    } else {
                        &mut entry.entry_point
                    };
                    *place = Some(text);
                }
                "authors" => {}
                "model_solution" if value.is_boolean() => {}
                "model_solution" => {
                    return self.wrong(&key, "model_solution must be true or false".to_owned());
                }
                _ if self.rule_key(&mut entry.own, &key, &value, context)? => {}
                _ => {
                    let Value::Object(inner) = value else {
                        return self.wrong(&key, format!("unknown key {key:?}"));
                    };
                    let rule = self.nested(glob, &key, &inner, context)?;
                    entry.nested.push(rule);
                }
            }
        }
        Ok(entry)
    }

    fn nested(
        &self,
        glob: &str,
        key: &str,
        inner: &Map<String, Value>,
        context: &Context<'_>,
    ) -> Result<Rule, PackageError> {
        let tests = match Glob::new(key) {
            Ok(tests) => tests,
            Err(problem) => return self.wrong(key, problem),
        };
        if !context.names.iter().any(|name| tests.matches(name)) {
            return self.wrong(key, format!("no test and no group matches {key:?}"));
        }
        let mut rule = Rule {
            from: format!("{glob} {key}"),
            tests: Some(tests),
            ..Rule::default()
        };
        for (name, value) in inner {
            if !self.rule_key(&mut rule, name, value, context)? {
                return self.wrong(name, format!("unknown key {name:?} under {key:?}"));
            }
        }
        Ok(rule)
    }

    /// Takes over a key that may stand for all tests and for some; false: it is none of these.
    fn rule_key(
        &self,
        rule: &mut Rule,
        key: &str,
        value: &Value,
        context: &Context<'_>,
    ) -> Result<bool, PackageError> {
        match key {
            "permitted" => rule.permitted = Some(self.verdicts(key, value)?),
            "required" => rule.required = Some(self.verdicts(key, value)?),
            "message" => match value.as_str() {
                Some(text) => rule.message = Some(text.to_owned()).filter(|text| !text.is_empty()),
                None => return self.wrong(key, "message must be a text".to_owned()),
            },
            "score" if !context.scored => {
                return self.wrong(key, "score is for scoring problems only".to_owned());
            }
            "score" => rule.score = Some(self.score(value)?),
            "use_for_time_limit" => {
                rule.timing = match (value.as_bool(), value.as_str()) {
                    (Some(true), _) => None,
                    (Some(false), _) => Some(TimingUse::None),
                    (_, Some("lower")) => Some(TimingUse::Lower),
                    (_, Some("upper")) => Some(TimingUse::Upper),
                    _ => {
                        let problem = "use_for_time_limit must be true, false, lower or upper";
                        return self.wrong(key, problem.to_owned());
                    }
                };
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn verdicts(&self, key: &str, value: &Value) -> Result<Vec<Verdict>, PackageError> {
        let one = |value: &Value| match value.as_str() {
            Some("AC") => Some(AC),
            Some("WA") => Some(WA),
            Some("TLE") => Some(TLE),
            Some("RTE") => Some(RTE),
            _ => None,
        };
        let list = match value {
            Value::Array(values) => values.iter().map(one).collect::<Option<Vec<_>>>(),
            single => one(single).map(|verdict| vec![verdict]),
        };
        match list {
            Some(list) if !list.is_empty() => Ok(list),
            _ => self.wrong(key, format!("{key} must be a list of AC, WA, TLE and RTE")),
        }
    }

    fn score(&self, value: &Value) -> Result<(Ratio, Ratio), PackageError> {
        let number = |value: &Value| {
            value
                .is_number()
                .then(|| value.to_string().parse::<Ratio>().ok())?
        };
        let range = match value {
            Value::Array(pair) => match pair.as_slice() {
                [least, most] => number(least).zip(number(most)),
                _ => None,
            },
            single => number(single).map(|score| (score.clone(), score)),
        };
        match range {
            Some((least, most)) if least <= most => Ok((least, most)),
            _ => self.wrong(
                "score",
                "score must be a number or a list of two, the least first".to_owned(),
            ),
        }
    }
}
