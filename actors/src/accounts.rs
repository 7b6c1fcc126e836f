//! Accounts: who there is, what each may do, and what proves that it is they.
//!
//! Three things prove it: a password, which is kept as argon2id makes it; a session, which a browser gets for a password; a
//! token, which a program is given once and for all, for some scopes. Of sessions, tokens and links, only hashes are kept.

mod account;
mod password;
mod rows;
mod secret;

use std::collections::BTreeSet;

use crate::database::{Database, DatabaseError};
use crate::ids::{AccountId, TokenId};

pub use account::{Account, ApiToken, NewAccount, NewPassword, NewToken, Role, Scope, UnknownWord};
pub use password::PasswordError;
pub use secret::Secret;

use password::Passwords;

/// How long a session lasts without being used, in milliseconds.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// How long a link that sets a password works, in milliseconds.
const LINK_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest name of an account, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest name that is shown, in bytes.
const DISPLAY_NAME_BYTES_MAX: usize = 200;

/// Why an account cannot be made or asked for.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It is no password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// It is no name.
    #[error("a name has 1 to {NAME_BYTES_MAX} letters, digits and any of . _ - @ +")]
    Name,
    /// It cannot be shown.
    #[error(
        "a shown name has 1 to {DISPLAY_NAME_BYTES_MAX} bytes, none of them a control character"
    )]
    DisplayName,
    /// There is one of this name.
    #[error("there is an account {0:?} already")]
    Exists(String),
    /// There is none.
    #[error("there is no such account")]
    Unknown,
}

/// The accounts; clones share them.
#[derive(Debug, Clone)]
pub struct Accounts {
    db: Database,
    passwords: Passwords,
}

impl Accounts {
    /// The accounts in this database.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self {
            db,
            passwords: Passwords::default(),
        }
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The name is taken or no name, the password is none, or the database does not answer.
    pub async fn create(&self, new: NewAccount, now_ms: i64) -> Result<AccountId, AccountError> {
        let (name, password) = self.checked(&new).await?;
        let made = self
            .db
            .write(move |tx| rows::insert_account(tx, &new, password.as_deref(), now_ms));
        made.await?.ok_or(AccountError::Exists(name))
    }

    /// Makes an account, or brings the one of this name to this state.
    ///
    /// # Errors
    /// As [`create`](Self::create), but that the name may be taken.
    pub async fn create_or_update(
        &self,
        new: NewAccount,
        now_ms: i64,
    ) -> Result<AccountId, AccountError> {
        let (_, password) = self.checked(&new).await?;
        let written = self.db.write(move |tx| {
            let password = password.as_deref();
            match rows::insert_account(tx, &new, password, now_ms)? {
                Some(id) => Ok(id),
                None => rows::update_account(tx, &new, password),
            }
        });
        Ok(written.await?)
    }

    async fn checked(&self, new: &NewAccount) -> Result<(String, Option<String>), AccountError> {
        check_name(&new.name)?;
        check_display_name(&new.display_name)?;
        let password = match &new.password {
            NewPassword::AsBefore => None,
            NewPassword::Plain(plain) => Some(self.passwords.hash(plain).await?),
            NewPassword::Hashed(phc) => Some(password::checked_hash(phc)?),
        };
        Ok((new.name.clone(), password))
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn all(&self) -> Result<Vec<Account>, AccountError> {
        Ok(self.db.read(rows::select_accounts).await?)
    }

    /// The account of this number.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn get(&self, id: AccountId) -> Result<Option<Account>, AccountError> {
        Ok(self.db.read(move |db| rows::select_account(db, id)).await?)
    }

    /// Ends all sessions of an account, and lets it do nothing more; or lets it act again.
    ///
    /// # Errors
    /// There is no such account, or the database does not answer.
    pub async fn set_disabled(&self, id: AccountId, disabled: bool) -> Result<(), AccountError> {
        let known = self
            .db
            .write(move |tx| rows::set_disabled(tx, id, disabled));
        known.await?.then_some(()).ok_or(AccountError::Unknown)
    }

    /// Gives an account another password, and ends its sessions.
    ///
    /// # Errors
    /// It is no password, there is no such account, or the database does not answer.
    pub async fn set_password(&self, id: AccountId, plain: &str) -> Result<(), AccountError> {
        let phc = self.passwords.hash(plain).await?;
        let known = self.db.write(move |tx| rows::set_password(tx, id, &phc));
        known.await?.then_some(()).ok_or(AccountError::Unknown)
    }

    /// The account that signs in with this name and password. A name that nobody has costs the same time as one with a
    /// wrong password.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn by_password(
        &self,
        name: &str,
        plain: &str,
    ) -> Result<Option<Account>, AccountError> {
        let name = name.to_owned();
        let found = self
            .db
            .read(move |db| rows::select_sign_in(db, &name))
            .await?;
        let (account, phc) = match found {
            Some((account, phc)) => (Some(account), phc),
            None => (None, None),
        };
        let right = self.passwords.verify(plain, phc).await?;
        Ok(account.filter(|account| right && !account.disabled))
    }

    /// Begins a session.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn begin_session(&self, id: AccountId, now_ms: i64) -> Result<Secret, AccountError> {
        let secret = Secret::random();
        let hash = secret.hash();
        let written = self.db.write(move |tx| {
            rows::delete_expired(tx, now_ms)?;
            rows::insert_session(tx, &hash, id, now_ms + SESSION_MS)
        });
        written.await?;
        Ok(secret)
    }

    /// Whose session this is. One that is used lasts longer.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn by_session(
        &self,
        secret: &Secret,
        now_ms: i64,
    ) -> Result<Option<Account>, AccountError> {
        let hash = secret.hash();
        let found = self.db.read({
            let hash = hash.clone();
            move |db| rows::select_session(db, &hash, now_ms)
        });
        let Some((account, expires_at_ms)) = found.await? else {
            return Ok(None);
        };
        if expires_at_ms - now_ms < SESSION_MS / 2 {
            let until = now_ms + SESSION_MS;
            let longer = self
                .db
                .write(move |tx| rows::prolong_session(tx, &hash, until));
            longer.await?;
        }
        Ok(Some(account))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn end_session(&self, secret: &Secret) -> Result<(), AccountError> {
        let hash = secret.hash();
        Ok(self
            .db
            .write(move |tx| rows::delete_session(tx, &hash))
            .await?)
    }

    /// Makes a token; its secret is told now and never again.
    ///
    /// # Errors
    /// There is no such account, or the database does not answer.
    pub async fn create_token(
        &self,
        new: NewToken,
        now_ms: i64,
    ) -> Result<(TokenId, Secret), AccountError> {
        check_display_name(&new.label)?;
        let secret = Secret::random();
        let hash = secret.hash();
        let made = self
            .db
            .write(move |tx| rows::insert_token(tx, &new, &hash, now_ms));
        let id = made.await?.ok_or(AccountError::Unknown)?;
        Ok((id, secret))
    }

    /// The tokens of an account, or all.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn tokens(&self, of: Option<AccountId>) -> Result<Vec<ApiToken>, AccountError> {
        Ok(self.db.read(move |db| rows::select_tokens(db, of)).await?)
    }

    /// Withdraws a token; of this account, where one is named. Says whether there was one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn delete_token(
        &self,
        id: TokenId,
        of: Option<AccountId>,
    ) -> Result<bool, AccountError> {
        Ok(self
            .db
            .write(move |tx| rows::delete_token(tx, id, of))
            .await?)
    }

    /// In whose name this token acts, and what for.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn by_token(
        &self,
        secret: &Secret,
        now_ms: i64,
    ) -> Result<Option<(Account, BTreeSet<Scope>)>, AccountError> {
        let hash = secret.hash();
        Ok(self
            .db
            .read(move |db| rows::select_token(db, &hash, now_ms))
            .await?)
    }

    /// A link with which the account gets a password, once.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn password_link(&self, id: AccountId, now_ms: i64) -> Result<Secret, AccountError> {
        let secret = Secret::random();
        let hash = secret.hash();
        let written = self.db.write(move |tx| {
            rows::delete_expired(tx, now_ms)?;
            rows::insert_link(tx, &hash, id, now_ms + LINK_MS)
        });
        written.await?;
        Ok(secret)
    }

    /// Whom a link would give a password, if it still works.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn by_link(
        &self,
        secret: &Secret,
        now_ms: i64,
    ) -> Result<Option<Account>, AccountError> {
        let hash = secret.hash();
        Ok(self
            .db
            .read(move |db| rows::select_link(db, &hash, now_ms))
            .await?)
    }

    /// Uses a link up: the account has this password from now on. `None`: the link does not work, or not any more.
    ///
    /// # Errors
    /// It is no password, or the database does not answer.
    pub async fn use_link(
        &self,
        secret: &Secret,
        plain: &str,
        now_ms: i64,
    ) -> Result<Option<Account>, AccountError> {
        let phc = self.passwords.hash(plain).await?;
        let hash = secret.hash();
        Ok(self
            .db
            .write(move |tx| rows::use_link(tx, &hash, &phc, now_ms))
            .await?)
    }

    /// The first link of an admin, where nobody is one who can sign in; made anew at each start, since only hashes are kept.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn first_admin_link(&self, now_ms: i64) -> Result<Option<Secret>, AccountError> {
        let accounts = self.db.read(rows::has_admin).await?;
        if accounts {
            return Ok(None);
        }
        let admin = NewAccount {
            name: "admin".to_owned(),
            display_name: "Admin".to_owned(),
            role: Role::Admin,
            password: NewPassword::AsBefore,
        };
        let id = self.create_or_update(admin, now_ms).await?;
        Ok(Some(self.password_link(id, now_ms).await?))
    }
}

fn check_name(name: &str) -> Result<(), AccountError> {
    let fits = |letter: char| letter.is_alphanumeric() || "._-@+".contains(letter);
    let good = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(fits);
    good.then_some(()).ok_or(AccountError::Name)
}

fn check_display_name(name: &str) -> Result<(), AccountError> {
    let fits = (1..=DISPLAY_NAME_BYTES_MAX).contains(&name.len());
    let good = fits && !name.chars().any(char::is_control) && !name.trim().is_empty();
    good.then_some(()).ok_or(AccountError::DisplayName)
}

#[cfg(test)]
mod tests;
