//! `contest.yaml`, key by key, each value with its line.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{ContestRole, IoiScore};

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Spanned<String>,
    pub(super) short_name: Spanned<String>,
    pub(super) start: Option<Spanned<String>>,
    pub(super) duration: Spanned<String>,
    pub(super) freeze: Option<Spanned<String>>,
    pub(super) kind: Spanned<Kind>,
    pub(super) penalty: Option<Spanned<u32>>,
    pub(super) score: Option<Spanned<IoiScore>>,
    pub(super) problems: Spanned<Vec<Problem>>,
    #[serde(default)]
    pub(super) teams: Vec<Account>,
    #[serde(default)]
    pub(super) accounts: Vec<Account>,
    pub(super) languages: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) isolation: Isolation,
    #[serde(default)]
    pub(super) practice: bool,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Icpc,
    Ioi,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Isolation {
    #[default]
    Pooled,
    Fresh,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Problem {
    pub(super) label: Spanned<String>,
    pub(super) package: Spanned<String>,
    pub(super) colour: Option<Spanned<String>>,
}

/// A team has no role of its own to give.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) name: Spanned<String>,
    pub(super) display_name: Option<Spanned<String>>,
    pub(super) role: Option<Spanned<ContestRole>>,
    pub(super) password: Option<Spanned<String>>,
    pub(super) password_hash: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) per_problem: Option<Spanned<u32>>,
    pub(super) per_minute: Option<Spanned<u32>>,
}
