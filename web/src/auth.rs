//! Who asks, from where, and what they may do.
//!
//! A request is of one of three: of an account, by the session of a browser or by a token; of nobody, from where the judge is
//! open to everybody (by default the loopback interface); of nobody, from anywhere else. A browser's session alone proves
//! nothing about a change that is asked for: see `csrf.rs`.

mod address;
mod admission;
mod csrf;
pub(crate) mod sign_in;
mod throttle;
mod viewer;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use address::Openness;
use throttle::{Attempts, Buckets};

pub use address::Open;
pub(crate) use admission::{admitted, needs, signed_in};
pub(crate) use csrf::{CheckedForm, Guarded, check_form};
pub(crate) use sign_in::{choose_password, set_password, show_sign_in, sign_in, sign_out};
pub(crate) use viewer::Viewer;

/// Who may come in, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRules {
    /// Who may do what needs no account without one.
    pub open: Open,
    /// Whose word is taken about the address of a client, beside the loopback interface's.
    pub trusted_proxies: Vec<IpAddr>,
    /// Requests a second of one address or account, on the long run; 0: any number.
    pub requests_per_second: u32,
    /// Whether browsers come by TLS.
    pub secure: bool,
}

impl Default for AccessRules {
    fn default() -> Self {
        Self {
            open: Open::Loopback,
            trusted_proxies: Vec::new(),
            requests_per_second: 50,
            secure: false,
        }
    }
}

/// The rules, and what is remembered to keep them.
#[derive(Debug)]
pub(crate) struct Access {
    openness: Openness,
    secure: bool,
    requests: Option<Mutex<Buckets>>,
    attempts: Mutex<Attempts>,
}

impl Access {
    pub(crate) fn new(rules: AccessRules) -> Self {
        let rate = rules.requests_per_second;
        Self {
            openness: Openness::new(rules.open, rules.trusted_proxies),
            secure: rules.secure,
            requests: (rate > 0).then(|| Mutex::new(Buckets::new(rate))),
            attempts: Mutex::default(),
        }
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
