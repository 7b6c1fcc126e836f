//! What an account and a token are.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, TokenId};

/// What kind of account it is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything.
    Admin,
    /// Sees everything of the contest, and leads it.
    Jury,
    /// Takes part.
    Team,
    /// Looks on.
    Spectator,
    /// A program.
    Api,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Admin,
        Self::Jury,
        Self::Team,
        Self::Spectator,
        Self::Api,
    ];

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Jury => "jury",
            Self::Team => "team",
            Self::Spectator => "spectator",
            Self::Api => "api",
        }
    }
}

/// What a token may be used for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// `POST /run`.
    Run,
    /// Handing in submissions.
    Submit,
    /// Reading what its account may read.
    Read,
    /// What the jury does.
    Jury,
    /// What an admin does.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Run, Self::Submit, Self::Read, Self::Jury, Self::Admin];

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Submit => "submit",
            Self::Read => "read",
            Self::Jury => "jury",
            Self::Admin => "admin",
        }
    }
}

/// A word that is not one of those that are known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not known here")]
pub struct UnknownWord(String);

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned()))
    }
}

impl FromStr for Scope {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|scope| scope.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned()))
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// The name that it signs in with; large and small letters are the same.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// Whether it may do nothing any more.
    pub disabled: bool,
}

/// An account to be made, or to be brought to this state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The name that it signs in with.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// What it signs in with.
    pub password: NewPassword,
}

/// What an account signs in with from now on.
#[derive(Clone, PartialEq, Eq)]
pub enum NewPassword {
    /// What it signs in with already, if anything.
    AsBefore,
    /// This one.
    Plain(String),
    /// The one of which this is the PHC string.
    Hashed(String),
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A password is in no log.
        f.write_str("NewPassword")
    }
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ApiToken {
    /// Its number.
    pub id: TokenId,
    /// The account in whose name it acts.
    pub account: AccountId,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// When it ends, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<i64>,
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The account in whose name it acts.
    pub account: AccountId,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it ends, in milliseconds since 1970.
    pub expires_at_ms: Option<i64>,
}
