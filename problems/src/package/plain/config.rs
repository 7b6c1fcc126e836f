//! `config.yaml` of a plain directory: Hydro's keys, and `user_io` for CMS' way to tell processes of their pipes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::package::error::PackageError;
use crate::package::tree::{Tree, yaml};
use crate::procedure::UserIo;

/// What a limit can be: less is of no use to any program, and more to no contest.
const TIME_MIN: Duration = Duration::from_millis(1);
const TIME_MAX: Duration = Duration::from_secs(3600);
const MEMORY_MIN: u64 = 1 << 20;
const MEMORY_MAX: u64 = 1 << 40;
/// The name of an empty file.
pub(super) const NOTHING: &str = "/dev/null";
const NAMES: [&str; 2] = ["config.yaml", "config.yml"];

/// The file, where it is.
#[derive(Debug)]
pub(super) struct Config {
    /// Its path below the package.
    pub(super) file: String,
    pub(super) text: String,
    pub(super) keys: Keys,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(rename = "subType")]
    pub(super) sub_type: Option<String>,
    pub(super) target: Option<IgnoredAny>,
    /// What Hydro shows a list of problems by; the tests' own add up.
    #[serde(rename = "score")]
    _score: Option<IgnoredAny>,
    time: Option<Spanned<Value>>,
    memory: Option<Spanned<Value>>,
    pub(super) filename: Option<String>,
    pub(super) checker_type: Option<String>,
    pub(super) checker: Option<Value>,
    pub(super) interactor: Option<Value>,
    pub(super) manager: Option<Value>,
    pub(super) validator: Option<Value>,
    pub(super) num_processes: Option<u32>,
    pub(super) user_io: Option<UserIo>,
    #[serde(default)]
    pub(super) user_extra_files: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) judge_extra_files: Vec<Spanned<String>>,
    /// What Hydro tells contestants of a test; here nobody learns more than a test's verdict.
    #[serde(rename = "detail")]
    _detail: Option<IgnoredAny>,
    pub(super) answers: Option<IgnoredAny>,
    pub(super) redirect: Option<IgnoredAny>,
    pub(super) cases: Option<Vec<Spanned<Case>>>,
    pub(super) subtasks: Option<Vec<Spanned<Subtask>>>,
    pub(super) langs: Option<Vec<Spanned<String>>>,
    pub(super) multi_pass: Option<u32>,
    pub(super) time_limit_rate: Option<BTreeMap<String, f64>>,
    pub(super) memory_limit_rate: Option<BTreeMap<String, f64>>,
}

/// A test by its files' names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Its place among the others, where it is not where it stands.
    pub(super) id: Option<u64>,
    pub(super) input: Option<Spanned<String>>,
    /// Nothing is an empty answer, and so is `/dev/null`.
    pub(super) output: Option<Spanned<String>>,
    time: Option<Spanned<Value>>,
    memory: Option<Spanned<Value>>,
    pub(super) score: Option<Spanned<u32>>,
}

/// Tests that count together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subtask {
    pub(super) id: Option<Spanned<u64>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<SubtaskKind>,
    pub(super) score: Option<u32>,
    /// The ids of those that have to be accepted before.
    #[serde(rename = "if", default)]
    pub(super) requires: Vec<Spanned<u64>>,
    time: Option<Spanned<Value>>,
    memory: Option<Spanned<Value>>,
    pub(super) cases: Option<Vec<Spanned<Case>>>,
}

/// How the tests of a subtask count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SubtaskKind {
    Min,
    Max,
    Sum,
}

impl Config {
    /// Reads the file of this directory, if it has one.
    pub(super) fn read(tree: &Tree, directory: &str) -> Result<Option<Self>, PackageError> {
        for name in NAMES {
            let file = match directory {
                "" => name.to_owned(),
                directory => format!("{directory}/{name}"),
            };
            if let Some(text) = tree.text(&file)? {
                let keys = yaml(&file, &text)?;
                let config = Self { file, text, keys };
                config.refuse_unsupported()?;
                return Ok(Some(config));
            }
        }
        Ok(None)
    }

    /// An error at this value.
    pub(super) fn wrong_at<T>(
        &self,
        value: &Spanned<T>,
        problem: impl Into<String>,
    ) -> PackageError {
        let line = value.referenced.line();
        PackageError::content(&self.file, problem).at_line(line)
    }

    /// An error at this key of the whole file.
    pub(super) fn wrong(&self, key: &str, problem: impl Into<String>) -> PackageError {
        PackageError::content(&self.file, problem).at_key(&self.text, key)
    }

    pub(super) fn unsupported(&self, key: &str, what: &str) -> PackageError {
        PackageError::unsupported(&self.file, what).at_key(&self.text, key)
    }

    fn refuse_unsupported(&self) -> Result<(), PackageError> {
        let keys = &self.keys;
        for (key, is_given, what) in [
            (
                "answers",
                keys.answers.is_some(),
                "questions with answers of their own (objective)",
            ),
            (
                "redirect",
                keys.redirect.is_some(),
                "another problem's data",
            ),
            (
                "target",
                keys.target.is_some(),
                "problems that another judge judges",
            ),
            (
                "time_limit_rate",
                keys.time_limit_rate.is_some(),
                "limits that differ between languages",
            ),
            (
                "memory_limit_rate",
                keys.memory_limit_rate.is_some(),
                "limits that differ between languages",
            ),
        ] {
            if is_given {
                return Err(self.unsupported(key, what));
            }
        }
        Ok(())
    }

    /// The CPU time and the memory in bytes of a run: the nearest of the case, the subtask and the file that names them, else these.
    pub(super) fn limits(
        &self,
        case: Option<&Case>,
        subtask: Option<&Subtask>,
        default: (Duration, u64),
    ) -> Result<(Duration, u64), PackageError> {
        let nearest = |key: fn(Bounds<'_>) -> Option<&Spanned<Value>>| {
            let of_case = case.and_then(|case| key((&case.time, &case.memory)));
            let of_subtask = subtask.and_then(|one| key((&one.time, &one.memory)));
            let own = key((&self.keys.time, &self.keys.memory));
            of_case.or(of_subtask).or(own)
        };
        let time = nearest(|(time, _)| time.as_ref());
        let memory = nearest(|(_, memory)| memory.as_ref());
        let times = "no time from 1ms to 3600s: 1s, 500ms or a number of milliseconds is wanted";
        let sizes = "no size from 1m to 1024g: 256m, 1g or a number of MiB is wanted";
        Ok((
            self.value("time", time, time_of, times)?
                .unwrap_or(default.0),
            self.value("memory", memory, memory_of, sizes)?
                .unwrap_or(default.1),
        ))
    }

    /// The most that any test may use.
    pub(super) fn most(&self, own: (Duration, u64)) -> Result<(Duration, u64), PackageError> {
        let subtasks = self.keys.subtasks.iter().flatten();
        let of_subtasks = subtasks.flat_map(|subtask| {
            let cases = subtask.value.cases.iter().flatten();
            let cases = cases.map(|case| Some(&case.value)).chain([None]);
            cases.map(move |case| (case, Some(&subtask.value)))
        });
        let cases = self.keys.cases.iter().flatten();
        let cases = cases.map(|case| &case.value);
        let all = of_subtasks.chain(cases.map(|case| (Some(case), None)));
        all.map(|(case, subtask)| self.limits(case, subtask, own))
            .try_fold(own, |most, one| {
                let one = one?;
                Ok((most.0.max(one.0), most.1.max(one.1)))
            })
    }

    fn value<T>(
        &self,
        key: &str,
        value: Option<&Spanned<Value>>,
        read: fn(&Value) -> Option<T>,
        otherwise: &str,
    ) -> Result<Option<T>, PackageError> {
        let wrong = |given: &Spanned<Value>| {
            let problem = format!("{key} is {}, which is {otherwise}", given.value);
            self.wrong_at(given, problem)
        };
        value
            .map(|given| read(&given.value).ok_or_else(|| wrong(given)))
            .transpose()
    }

    /// What should be mended where outputs are compared with answers: the cases that name no answer.
    pub(super) fn cases_without_answer(&self) -> Vec<String> {
        let subtasks = self.keys.subtasks.iter().flatten();
        let of_subtasks = subtasks.flat_map(|subtask| subtask.value.cases.iter().flatten());
        let cases = self.keys.cases.iter().flatten().chain(of_subtasks);
        let problem = format!(
            "the case has no output, so only an empty one is right: output: {NOTHING} says so"
        );
        cases
            .filter(|case| case.value.output.is_none())
            .map(|case| self.wrong_at(case, &problem).to_string())
            .collect()
    }
}

/// The keys for time and memory of a part of the file.
type Bounds<'a> = (&'a Option<Spanned<Value>>, &'a Option<Spanned<Value>>);

fn time_of(value: &Value) -> Option<Duration> {
    let (number, unit) = parted(value)?;
    let seconds = match unit.to_ascii_lowercase().as_str() {
        // A bare number is milliseconds.
        "" if value.is_number() || !value.as_str()?.contains('.') => number / 1e3,
        "" | "s" => number,
        "m" | "ms" => number / 1e3,
        "u" | "us" => number / 1e6,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    (TIME_MIN..=TIME_MAX).contains(&time).then_some(time)
}

fn memory_of(value: &Value) -> Option<u64> {
    let (number, unit) = parted(value)?;
    let unit = unit.to_ascii_lowercase();
    let factor = match unit.strip_suffix('b').unwrap_or(&unit) {
        "k" => 1u64 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "" if unit.is_empty() => 1 << 20,
        _ => return None,
    };
    let bytes = number * factor as f64;
    let bytes = (bytes < MEMORY_MAX as f64 * 2.0).then_some(bytes as u64)?;
    (MEMORY_MIN..=MEMORY_MAX).contains(&bytes).then_some(bytes)
}

/// A number and what stands behind it.
fn parted(value: &Value) -> Option<(f64, String)> {
    if let Some(number) = value.as_f64() {
        return Some((number, String::new()));
    }
    let text = value.as_str()?.trim();
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
    let end = text.find(|letter| !is_digit(letter)).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_hydros() {
        let text = |text: &str| Value::String(text.to_owned());
        let ms = |ms| Some(Duration::from_millis(ms));
        for (value, wanted) in [
            (text("1000ms"), ms(1000)),
            (text("1s"), ms(1000)),
            (text("1.5S"), ms(1500)),
            (text("500"), ms(500)),
            (Value::from(2000), ms(2000)),
            (text("300m"), ms(300)),
            (text("0s"), None),
            (text("0.000001ms"), None),
            (text("5000000000000000000s"), None),
            (text("-1s"), None),
            (text("1h"), None),
            (text("soon"), None),
            (Value::Bool(true), None),
        ] {
            assert_eq!(time_of(&value), wanted, "{value}");
        }
        for (value, wanted) in [
            (text("256m"), Some(256 << 20)),
            (text("256MB"), Some(256 << 20)),
            (text("1G"), Some(1 << 30)),
            (text("2048k"), Some(2 << 20)),
            (text("512k"), None),
            (text("900000g"), None),
            (text("64"), Some(64 << 20)),
            (Value::from(64), Some(64 << 20)),
            (text("0m"), None),
            (text("b"), None),
            (text("9b"), None),
            (text("1t"), None),
        ] {
            assert_eq!(memory_of(&value), wanted, "{value}");
        }
    }
}
