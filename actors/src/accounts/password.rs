//! Passwords: hashed by argon2id on the blocking pool, a few at a time, since each takes 19 MiB and some 20 ms.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Hashes at once; more wait.
const HASHES_MAX: usize = 2;
/// Shortest password, in characters.
const CHARACTERS_MIN: usize = 8;
/// Longest password, in bytes: hashing one takes time by its length.
const BYTES_MAX: usize = 1024;

/// What is verified where there is nothing to verify, so that it takes as long.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hashed("nobody").ok());

/// Why something is no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is too short.
    #[error("a password has at least {CHARACTERS_MIN} characters")]
    TooShort,
    /// It is too long.
    #[error("a password has at most {BYTES_MAX} bytes")]
    TooLong,
    /// It is no argon2 hash.
    #[error("a password's hash is a PHC string of argon2id, `$argon2id$v=19$m=…`")]
    NotAHash,
    /// The hash cannot be had.
    #[error("a password cannot be hashed: {0}")]
    Hashing(String),
}

/// Hashes passwords.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    room: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(HASHES_MAX)),
        }
    }
}

impl Passwords {
    /// The PHC string of a new password.
    pub(super) async fn hash(&self, plain: &str) -> Result<String, PasswordError> {
        if plain.chars().count() < CHARACTERS_MIN {
            return Err(PasswordError::TooShort);
        }
        if plain.len() > BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        let plain = plain.to_owned();
        self.on_pool(move || hashed(&plain)).await?
    }

    /// Whether this is the password; without one it takes as long and is not.
    pub(super) async fn verify(
        &self,
        plain: &str,
        phc: Option<String>,
    ) -> Result<bool, PasswordError> {
        if plain.len() > BYTES_MAX {
            return Ok(false);
        }
        let plain = plain.to_owned();
        self.on_pool(move || {
            let known = phc.is_some();
            let phc = phc.or_else(|| NOBODY.clone());
            let hash = phc.as_deref().and_then(|phc| PasswordHash::new(phc).ok());
            let right = hash.is_some_and(|hash| {
                let verified = Argon2::default().verify_password(plain.as_bytes(), &hash);
                verified.is_ok()
            });
            right && known
        })
        .await
    }

    async fn on_pool<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let stopped = |error: &dyn std::fmt::Display| PasswordError::Hashing(error.to_string());
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.map_err(|error| stopped(&error))?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(room);
            done
        });
        done.await.map_err(|error| stopped(&error))
    }
}

/// A hash that somebody else has made, if it can be verified here.
pub(super) fn checked_hash(phc: &str) -> Result<String, PasswordError> {
    let parsed = PasswordHash::new(phc).map_err(|_| PasswordError::NotAHash)?;
    let known = parsed.algorithm.as_str() == "argon2id" && parsed.hash.is_some();
    known.then(|| phc.to_owned()).ok_or(PasswordError::NotAHash)
}

fn hashed(plain: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(plain.as_bytes());
    let hash = hash.map_err(|error| PasswordError::Hashing(error.to_string()))?;
    Ok(hash.to_string())
}
