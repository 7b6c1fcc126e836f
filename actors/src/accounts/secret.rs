//! What only its owner knows: a session's, a token's or a link's secret.

use std::fmt;

use sha2::{Digest, Sha256};

/// A secret of 256 random bits, as 64 hexadecimal digits; or what somebody says is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// One that nobody has had.
    #[must_use]
    pub fn random() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(hex(&bytes))
    }

    /// What somebody says is one; any text may be asked for.
    #[must_use]
    pub fn said(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret itself, for its owner alone.
    #[must_use]
    pub fn tell(&self) -> &str {
        &self.0
    }

    /// Another secret that follows from this one, for a purpose; this one does not follow from it.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> String {
        hex(&Sha256::digest(format!("{purpose}\0{}", self.0)))
    }

    /// What is kept of it. It has as many random bits as the hash, so that no salt and no slowness is needed.
    pub(super) fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
