//! Accounts, sessions, tokens and links in SQL.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, Savepoint, params};

use super::{Account, ApiToken, NewAccount, NewToken, Role, Scope};
use crate::ids::{AccountId, TokenId};

const COLUMNS: &str = "a.id, a.name, a.display_name, a.role, a.disabled";

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let role: String = row.get(3)?;
    Ok(Account {
        id: AccountId(row.get(0)?),
        name: row.get(1)?,
        display_name: row.get(2)?,
        role: role
            .parse::<Role>()
            .map_err(|source| not_a_word(3, source))?,
        disabled: row.get(4)?,
    })
}

fn not_a_word(column: usize, source: super::UnknownWord) -> rusqlite::Error {
    let text = rusqlite::types::Type::Text;
    rusqlite::Error::FromSqlConversionFailure(column, text, source.into())
}

/// `None`: the name is taken.
pub(super) fn insert_account(
    tx: &Savepoint<'_>,
    new: &NewAccount,
    password: Option<&str>,
    now_ms: i64,
) -> rusqlite::Result<Option<AccountId>> {
    let query = "INSERT INTO accounts (name, display_name, role, password, created_at_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO NOTHING";
    let values = params![
        new.name,
        new.display_name,
        new.role.word(),
        password,
        now_ms
    ];
    let made = tx.prepare_cached(query)?.execute(values)?;
    Ok((made > 0).then(|| AccountId(tx.last_insert_rowid())))
}

/// Sessions go where the password or the role is another one.
pub(super) fn update_account(
    tx: &Savepoint<'_>,
    new: &NewAccount,
    password: Option<&str>,
) -> rusqlite::Result<AccountId> {
    let query = "SELECT id, role FROM accounts WHERE name = ?1";
    let (id, role): (i64, String) =
        tx.query_row(query, [&new.name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    tx.execute(
        "UPDATE accounts SET display_name = ?2, role = ?3, password = coalesce(?4, password) WHERE id = ?1",
        params![id, new.display_name, new.role.word(), password],
    )?;
    if role != new.role.word() {
        tx.execute("DELETE FROM sessions WHERE account = ?1", [id])?;
    }
    Ok(AccountId(id))
}

pub(super) fn select_accounts(db: &Connection) -> rusqlite::Result<Vec<Account>> {
    let query = format!("SELECT {COLUMNS} FROM accounts AS a ORDER BY a.name");
    db.prepare_cached(&query)?.query_map([], account)?.collect()
}

pub(super) fn select_account(db: &Connection, id: AccountId) -> rusqlite::Result<Option<Account>> {
    let query = format!("SELECT {COLUMNS} FROM accounts AS a WHERE a.id = ?1");
    db.prepare_cached(&query)?
        .query_row([id.0], account)
        .optional()
}

pub(super) fn select_sign_in(
    db: &Connection,
    name: &str,
) -> rusqlite::Result<Option<(Account, Option<String>)>> {
    let query = format!("SELECT {COLUMNS}, a.password FROM accounts AS a WHERE a.name = ?1");
    db.prepare_cached(&query)?
        .query_row([name], |row| Ok((account(row)?, row.get(5)?)))
        .optional()
}

pub(super) fn has_admin(db: &Connection) -> rusqlite::Result<bool> {
    let query =
        "SELECT 1 FROM accounts WHERE role = 'admin' AND disabled = 0 AND password IS NOT NULL";
    db.prepare_cached(query)?.exists([])
}

pub(super) fn set_disabled(
    tx: &Savepoint<'_>,
    id: AccountId,
    disabled: bool,
) -> rusqlite::Result<bool> {
    let query = "UPDATE accounts SET disabled = ?2 WHERE id = ?1";
    let known = tx.execute(query, params![id.0, disabled])? > 0;
    tx.execute("DELETE FROM sessions WHERE account = ?1", [id.0])?;
    Ok(known)
}

pub(super) fn set_password(tx: &Savepoint<'_>, id: AccountId, phc: &str) -> rusqlite::Result<bool> {
    let query = "UPDATE accounts SET password = ?2 WHERE id = ?1";
    let known = tx.execute(query, params![id.0, phc])? > 0;
    tx.execute("DELETE FROM sessions WHERE account = ?1", [id.0])?;
    Ok(known)
}

pub(super) fn delete_expired(tx: &Savepoint<'_>, now_ms: i64) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM sessions WHERE expires_at_ms <= ?1", [now_ms])?;
    tx.execute(
        "DELETE FROM password_links WHERE expires_at_ms <= ?1",
        [now_ms],
    )?;
    Ok(())
}

pub(super) fn insert_session(
    tx: &Savepoint<'_>,
    hash: &str,
    id: AccountId,
    expires_at_ms: i64,
) -> rusqlite::Result<()> {
    let query = "INSERT INTO sessions (secret, account, expires_at_ms) VALUES (?1, ?2, ?3)";
    tx.execute(query, params![hash, id.0, expires_at_ms])?;
    Ok(())
}

pub(super) fn select_session(
    db: &Connection,
    hash: &str,
    now_ms: i64,
) -> rusqlite::Result<Option<(Account, i64)>> {
    let query = format!(
        "SELECT {COLUMNS}, s.expires_at_ms FROM sessions AS s JOIN accounts AS a ON a.id = s.account \
         WHERE s.secret = ?1 AND s.expires_at_ms > ?2 AND a.disabled = 0"
    );
    db.prepare_cached(&query)?
        .query_row(params![hash, now_ms], |row| {
            Ok((account(row)?, row.get(5)?))
        })
        .optional()
}

pub(super) fn prolong_session(
    tx: &Savepoint<'_>,
    hash: &str,
    until_ms: i64,
) -> rusqlite::Result<()> {
    let query = "UPDATE sessions SET expires_at_ms = ?2 WHERE secret = ?1";
    tx.execute(query, params![hash, until_ms])?;
    Ok(())
}

pub(super) fn delete_session(tx: &Savepoint<'_>, hash: &str) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM sessions WHERE secret = ?1", [hash])?;
    Ok(())
}

/// `None`: there is no such account.
pub(super) fn insert_token(
    tx: &Savepoint<'_>,
    new: &NewToken,
    hash: &str,
    now_ms: i64,
) -> rusqlite::Result<Option<TokenId>> {
    if !tx
        .prepare_cached("SELECT 1 FROM accounts WHERE id = ?1")?
        .exists([new.account.0])?
    {
        return Ok(None);
    }
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.word()).collect();
    tx.execute(
        "INSERT INTO api_tokens (secret, account, label, scopes, created_at_ms, expires_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            hash,
            new.account.0,
            new.label,
            scopes.join(" "),
            now_ms,
            new.expires_at_ms
        ],
    )?;
    Ok(Some(TokenId(tx.last_insert_rowid())))
}

fn scopes(row: &Row<'_>, column: usize) -> rusqlite::Result<BTreeSet<Scope>> {
    let words: String = row.get(column)?;
    let scopes = words.split_whitespace().map(str::parse);
    scopes
        .collect::<Result<_, _>>()
        .map_err(|source| not_a_word(column, source))
}

pub(super) fn select_tokens(
    db: &Connection,
    of: Option<AccountId>,
) -> rusqlite::Result<Vec<ApiToken>> {
    let query = "SELECT id, account, label, scopes, created_at_ms, expires_at_ms FROM api_tokens \
                 WHERE ?1 IS NULL OR account = ?1 ORDER BY id";
    db.prepare_cached(query)?
        .query_map([of.map(|id| id.0)], |row| {
            Ok(ApiToken {
                id: TokenId(row.get(0)?),
                account: AccountId(row.get(1)?),
                label: row.get(2)?,
                scopes: scopes(row, 3)?,
                created_at_ms: row.get(4)?,
                expires_at_ms: row.get(5)?,
            })
        })?
        .collect()
}

pub(super) fn delete_token(
    tx: &Savepoint<'_>,
    id: TokenId,
    of: Option<AccountId>,
) -> rusqlite::Result<bool> {
    let query = "DELETE FROM api_tokens WHERE id = ?1 AND (?2 IS NULL OR account = ?2)";
    Ok(tx.execute(query, params![id.0, of.map(|id| id.0)])? > 0)
}

pub(super) fn select_token(
    db: &Connection,
    hash: &str,
    now_ms: i64,
) -> rusqlite::Result<Option<(Account, BTreeSet<Scope>)>> {
    let query = format!(
        "SELECT {COLUMNS}, t.scopes FROM api_tokens AS t JOIN accounts AS a ON a.id = t.account \
         WHERE t.secret = ?1 AND (t.expires_at_ms IS NULL OR t.expires_at_ms > ?2) AND a.disabled = 0"
    );
    db.prepare_cached(&query)?
        .query_row(params![hash, now_ms], |row| {
            Ok((account(row)?, scopes(row, 5)?))
        })
        .optional()
}

pub(super) fn insert_link(
    tx: &Savepoint<'_>,
    hash: &str,
    id: AccountId,
    expires_at_ms: i64,
) -> rusqlite::Result<()> {
    // A later link takes the place of an earlier one.
    tx.execute("DELETE FROM password_links WHERE account = ?1", [id.0])?;
    let query = "INSERT INTO password_links (secret, account, expires_at_ms) VALUES (?1, ?2, ?3)";
    tx.execute(query, params![hash, id.0, expires_at_ms])?;
    Ok(())
}

pub(super) fn select_link(
    db: &Connection,
    hash: &str,
    now_ms: i64,
) -> rusqlite::Result<Option<Account>> {
    let query = format!(
        "SELECT {COLUMNS} FROM password_links AS l JOIN accounts AS a ON a.id = l.account \
         WHERE l.secret = ?1 AND l.expires_at_ms > ?2 AND a.disabled = 0"
    );
    db.prepare_cached(&query)?
        .query_row(params![hash, now_ms], account)
        .optional()
}

pub(super) fn use_link(
    tx: &Savepoint<'_>,
    hash: &str,
    phc: &str,
    now_ms: i64,
) -> rusqlite::Result<Option<Account>> {
    let Some(account) = select_link(tx, hash, now_ms)? else {
        return Ok(None);
    };
    tx.execute("DELETE FROM password_links WHERE secret = ?1", [hash])?;
    set_password(tx, account.id, phc)?;
    Ok(Some(account))
}
