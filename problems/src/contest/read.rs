//! From the file to a contest: every value is looked at, and what is wrong is told with its line and its field.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

use serde_saphyr::Spanned;

use super::file::{Account, File, Isolation, Kind, Problem};
use super::{
    Contest, ContestAccount, ContestError, ContestKind, ContestProblem, ContestRole, ContestStart,
    Credential, IoiScore, SubmissionLimits,
};
use crate::language::LanguageId;
use crate::package::yaml;

/// What ICPC has where nothing is said.
const PENALTY_MINUTES: u32 = 20;
const PENALTY_MINUTES_MAX: u32 = 1_000;
const DURATION_MAX: Duration = Duration::from_secs(31 * 24 * 60 * 60);
const NAME_LENGTH_MAX: usize = 64;
const TITLE_LENGTH_MAX: usize = 200;
const LABEL_LENGTH_MAX: usize = 8;
/// As accounts have it.
const PASSWORD_LENGTHS: std::ops::RangeInclusive<usize> = 8..=1_024;

pub(super) fn read(text: &str, file: &str) -> Result<Contest, ContestError> {
    let raw: File = yaml(file, text)?;
    let reader = Reader { file };
    let duration = reader.duration(&raw.duration, "duration")?;
    if duration.is_zero() {
        return Err(reader.at(&raw.duration, "duration", "a contest takes some time"));
    }
    Ok(Contest {
        short_name: reader.word(&raw.short_name, "short_name")?,
        name: reader.title(&raw.name, "name")?,
        start: reader.start(raw.start.as_ref())?,
        duration,
        freeze: reader.freeze(raw.freeze.as_ref(), duration)?,
        kind: reader.kind(&raw)?,
        problems: reader.problems(&raw.problems)?,
        accounts: reader.accounts(&raw.teams, &raw.accounts)?,
        languages: reader.languages(raw.languages.as_deref())?,
        limits: SubmissionLimits {
            per_problem: reader.limit(raw.limits.per_problem.as_ref(), "limits.per_problem")?,
            per_minute: reader.limit(raw.limits.per_minute.as_ref(), "limits.per_minute")?,
        },
        fresh_namespaces: raw.isolation == Isolation::Fresh,
        practice: raw.practice,
    })
}

struct Reader<'a> {
    file: &'a str,
}

impl Reader<'_> {
    fn at<T>(&self, value: &Spanned<T>, field: &str, problem: impl Display) -> ContestError {
        ContestError::at(self.file, value.referenced.line(), field, problem)
    }

    /// What may stand in a path of the front and be typed.
    fn word(&self, value: &Spanned<String>, field: &str) -> Result<String, ContestError> {
        let word = &value.value;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if word.is_empty() || word.len() > NAME_LENGTH_MAX || !word.bytes().all(fits) {
            let wanted = format!("1 to {NAME_LENGTH_MAX} letters, digits, `-`, `_` or `.`");
            return Err(self.at(value, field, format!("{word:?} is not {wanted}")));
        }
        Ok(word.clone())
    }

    /// A name for people.
    fn title(&self, value: &Spanned<String>, field: &str) -> Result<String, ContestError> {
        let title = value.value.trim();
        let length = title.chars().count();
        if !(1..=TITLE_LENGTH_MAX).contains(&length) || title.chars().any(char::is_control) {
            let wanted = format!("not 1 to {TITLE_LENGTH_MAX} printable characters");
            return Err(self.at(value, field, wanted));
        }
        Ok(title.to_owned())
    }

    fn start(&self, start: Option<&Spanned<String>>) -> Result<ContestStart, ContestError> {
        let Some(start) = start else {
            return Ok(ContestStart::ByJury);
        };
        if start.value == "now" {
            return Ok(ContestStart::AtOnce);
        }
        let time = start.value.parse::<jiff::Timestamp>().map_err(|_| {
            let wanted =
                "neither `now` nor a time with its zone, such as 2026-12-01T10:00:00+01:00";
            self.at(start, "start", format!("{:?} is {wanted}", start.value))
        })?;
        Ok(ContestStart::At(time.as_millisecond()))
    }

    /// `H:MM:SS`, as CLICS has it.
    fn duration(&self, value: &Spanned<String>, field: &str) -> Result<Duration, ContestError> {
        let time = hours_minutes_seconds(&value.value).ok_or_else(|| {
            let wanted = "no time of the form H:MM:SS";
            self.at(value, field, format!("{:?} is {wanted}", value.value))
        })?;
        if time > DURATION_MAX {
            return Err(self.at(value, field, "no contest is longer than a month"));
        }
        Ok(time)
    }

    fn freeze(
        &self,
        freeze: Option<&Spanned<String>>,
        duration: Duration,
    ) -> Result<Option<Duration>, ContestError> {
        let Some(value) = freeze else { return Ok(None) };
        let freeze = self.duration(value, "freeze")?;
        if freeze > duration {
            return Err(self.at(value, "freeze", "it is longer than the contest"));
        }
        Ok(Some(freeze).filter(|freeze| !freeze.is_zero()))
    }

    fn kind(&self, raw: &File) -> Result<ContestKind, ContestError> {
        match (raw.kind.value, &raw.penalty, &raw.score) {
            (Kind::Icpc, _, Some(score)) => {
                Err(self.at(score, "score", "only a contest of kind ioi has it"))
            }
            (Kind::Ioi, Some(penalty), _) => {
                Err(self.at(penalty, "penalty", "only a contest of kind icpc has it"))
            }
            (Kind::Icpc, Some(penalty), _) if penalty.value > PENALTY_MINUTES_MAX => {
                let most = format!("more than {PENALTY_MINUTES_MAX} minutes");
                Err(self.at(penalty, "penalty", most))
            }
            (Kind::Icpc, penalty, None) => Ok(ContestKind::Icpc {
                penalty_minutes: penalty
                    .as_ref()
                    .map_or(PENALTY_MINUTES, |given| given.value),
            }),
            (Kind::Ioi, None, score) => Ok(ContestKind::Ioi {
                score: score
                    .as_ref()
                    .map_or(IoiScore::Subtasks, |given| given.value),
            }),
        }
    }

    fn problems(
        &self,
        problems: &Spanned<Vec<Problem>>,
    ) -> Result<Vec<ContestProblem>, ContestError> {
        if problems.value.is_empty() {
            return Err(self.at(problems, "problems", "there is none"));
        }
        let (mut labels, mut packages) = (BTreeSet::new(), BTreeSet::new());
        let each = problems.value.iter().enumerate();
        each.map(|(index, problem)| {
            let field = |key: &str| format!("problems[{index}].{key}");
            let label = self.word(&problem.label, &field("label"))?;
            if label.len() > LABEL_LENGTH_MAX {
                let long = format!("longer than {LABEL_LENGTH_MAX} characters");
                return Err(self.at(&problem.label, &field("label"), long));
            }
            if !labels.insert(label.clone()) {
                let twice = format!("two problems are labelled {label:?}");
                return Err(self.at(&problem.label, &field("label"), twice));
            }
            let package = problem.package.value.clone();
            if package.is_empty() {
                return Err(self.at(&problem.package, &field("package"), "it is empty"));
            }
            if !packages.insert(package.clone()) {
                let twice = format!("{package:?} is there twice");
                return Err(self.at(&problem.package, &field("package"), twice));
            }
            let colour = problem.colour.as_ref().map(|colour| {
                let parsed = colour.value.parse();
                parsed.map_err(|error| self.at(colour, &field("colour"), error))
            });
            Ok(ContestProblem {
                label,
                package,
                colour: colour.transpose()?,
                line: problem.package.referenced.line(),
            })
        })
        .collect()
    }

    fn accounts(
        &self,
        teams: &[Account],
        accounts: &[Account],
    ) -> Result<Vec<ContestAccount>, ContestError> {
        let numbered = |list: &'static str| move |(index, account)| (list, index, account);
        let teams = teams.iter().enumerate().map(numbered("teams"));
        let others = accounts.iter().enumerate().map(numbered("accounts"));
        let mut names = BTreeSet::new();
        let mut read = Vec::new();
        for (list, index, account) in teams.chain(others) {
            let account_read = self.account(account, list, index)?;
            // Names are typed, so two that differ only in case are one.
            if !names.insert(account_read.name.to_ascii_lowercase()) {
                let twice = format!("two accounts are named {:?}", account_read.name);
                return Err(self.at(&account.name, &format!("{list}[{index}].name"), twice));
            }
            read.push(account_read);
        }
        Ok(read)
    }

    fn account(
        &self,
        account: &Account,
        list: &str,
        index: usize,
    ) -> Result<ContestAccount, ContestError> {
        let field = |key: &str| format!("{list}[{index}].{key}");
        let role = match (list, &account.role) {
            ("teams", None) => ContestRole::Team,
            ("teams", Some(role)) => {
                let problem = "a team has no other role: `accounts` is for those who have";
                return Err(self.at(role, &field("role"), problem));
            }
            (_, Some(role)) => role.value,
            (_, None) => return Err(self.at(&account.name, &field("role"), "it is missing")),
        };
        let name = self.word(&account.name, &field("name"))?;
        let display_name = account.display_name.as_ref().map_or_else(
            || Ok(name.clone()),
            |title| self.title(title, &field("display_name")),
        )?;
        Ok(ContestAccount {
            name,
            display_name,
            role,
            credential: self.credential(account, field)?,
        })
    }

    fn credential(
        &self,
        account: &Account,
        field: impl Fn(&str) -> String,
    ) -> Result<Option<Credential>, ContestError> {
        match (&account.password, &account.password_hash) {
            (None, None) => Ok(None),
            (Some(_), Some(hash)) => {
                let problem = "a password is given as well";
                Err(self.at(hash, &field("password_hash"), problem))
            }
            (Some(password), None) => {
                if !PASSWORD_LENGTHS.contains(&password.value.len()) {
                    let (least, most) = (PASSWORD_LENGTHS.start(), PASSWORD_LENGTHS.end());
                    let wanted = format!("it has not {least} to {most} bytes");
                    return Err(self.at(password, &field("password"), wanted));
                }
                Ok(Some(Credential::Password(password.value.clone())))
            }
            (None, Some(hash)) => {
                if !hash.value.starts_with("$argon2") {
                    let problem = "it is no argon2 hash, which begins with $argon2";
                    return Err(self.at(hash, &field("password_hash"), problem));
                }
                Ok(Some(Credential::Hash(hash.value.clone())))
            }
        }
    }

    fn languages(
        &self,
        languages: Option<&[Spanned<String>]>,
    ) -> Result<Option<Vec<LanguageId>>, ContestError> {
        let Some(languages) = languages else {
            return Ok(None);
        };
        let each = languages.iter().enumerate();
        each.map(|(index, language)| {
            self.word(language, &format!("languages[{index}]"))
                .map(|id| LanguageId::new(&id))
        })
        .collect::<Result<_, _>>()
        .map(Some)
    }

    fn limit(
        &self,
        limit: Option<&Spanned<u32>>,
        field: &str,
    ) -> Result<Option<u32>, ContestError> {
        match limit {
            Some(limit) if limit.value == 0 => Err(self.at(limit, field, "it is 0")),
            limit => Ok(limit.map(|limit| limit.value)),
        }
    }
}

fn hours_minutes_seconds(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let mut part = |most: u64, digits: std::ops::RangeInclusive<usize>| {
        let text = parts.next()?;
        let plain = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = plain.then(|| text.parse().ok()).flatten()?;
        (number <= most).then_some(number)
    };
    let (hours, minutes, seconds) = (part(9_999, 1..=4)?, part(59, 2..=2)?, part(59, 2..=2)?);
    let time = Duration::from_secs((hours * 60 + minutes) * 60 + seconds);
    parts.next().is_none().then_some(time)
}
