//! How often somebody may ask, and how soon a wrong password may be followed by another.
//!
//! Both states are plain: the time is an argument.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::PoisonError;

use tribunal_actors::{AccountId, now_ms};

use super::Access;
use crate::problem_details::Problem;

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    /// Those from an address; of IPv6, from a network of 64 bits, which one customer has.
    Address(IpAddr),
    /// Those of an account, from wherever.
    Account(AccountId),
}

impl Whose {
    pub(super) fn address(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        })
    }
}

/// Seconds' worth of requests that may come at once.
const BURST_SECONDS: u32 = 4;
/// Those that are remembered at most; beyond it, all that may ask as they like are forgotten.
const REMEMBERED_MAX: usize = 100_000;

/// A bucket for each: a request takes one out, time puts them back.
#[derive(Debug)]
pub(super) struct Buckets {
    per_second: f64,
    full: f64,
    left: HashMap<Whose, (f64, i64)>,
}

impl Buckets {
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second: f64::from(per_second),
            full: f64::from(per_second * BURST_SECONDS),
            left: HashMap::new(),
        }
    }

    /// Takes one out, or says after how many seconds there is one.
    pub(super) fn take(&mut self, whose: Whose, now_ms: i64) -> Result<(), u32> {
        let (per_second, full) = (self.per_second, self.full);
        let now = move |&(left, at): &(f64, i64)| {
            let seconds = now_ms.saturating_sub(at).max(0) as f64 / 1000.0;
            (left + seconds * per_second).min(full)
        };
        if self.left.len() >= REMEMBERED_MAX {
            self.left.retain(|_, bucket| now(bucket) < full);
        }
        let left = self.left.get(&whose).map_or(full, now);
        if left < 1.0 {
            self.left.insert(whose, (left, now_ms));
            return Err(((1.0 - left) / per_second).ceil().max(1.0) as u32);
        }
        self.left.insert(whose, (left - 1.0, now_ms));
        Ok(())
    }
}

/// Wrong passwords of one name from one address, before it has to wait.
const WRONG_MAX: u32 = 4;
/// Wrong passwords from one address for any names.
const WRONG_OF_ADDRESS_MAX: u32 = 60;
/// The longest wait.
const WAIT_MS_MAX: i64 = 5 * 60 * 1000;
/// After so long without a wrong password all are forgotten.
const FORGOTTEN_MS: i64 = 15 * 60 * 1000;

/// Who has given wrong passwords. Whoever guesses waits longer and longer, and keeps nobody else out: a name is only
/// closed to the address that guessed.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    names: HashMap<(Whose, String), Wrong>,
    addresses: HashMap<Whose, Wrong>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Wrong {
    count: u32,
    last_ms: i64,
    until_ms: i64,
}

impl Wrong {
    fn once_more(&mut self, free: u32, now_ms: i64) {
        if now_ms - self.last_ms > FORGOTTEN_MS {
            self.count = 0;
        }
        self.count += 1;
        self.last_ms = now_ms;
        if self.count >= free {
            let wait = 1000_i64 << (self.count - free).min(20);
            self.until_ms = now_ms + wait.min(WAIT_MS_MAX);
        }
    }
}

impl Attempts {
    /// Says after how many seconds this address may try this name, where it may not now. What is begun counts as wrong until
    /// it has [succeeded](Self::succeeded), so that many at once are no way round.
    pub(super) fn begin(&mut self, address: IpAddr, name: &str, now_ms: i64) -> Result<(), u32> {
        let whose = Whose::address(address);
        let key = (whose, name.to_lowercase());
        let until = |wrong: Option<&Wrong>| wrong.map_or(0, |wrong| wrong.until_ms);
        let until_ms = until(self.names.get(&key)).max(until(self.addresses.get(&whose)));
        if until_ms > now_ms {
            let seconds = (until_ms - now_ms + 999) / 1000;
            return Err(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        forget(&mut self.names, now_ms);
        forget(&mut self.addresses, now_ms);
        self.names
            .entry(key)
            .or_default()
            .once_more(WRONG_MAX, now_ms);
        let of_address = self.addresses.entry(whose).or_default();
        of_address.once_more(WRONG_OF_ADDRESS_MAX, now_ms);
        Ok(())
    }

    pub(super) fn succeeded(&mut self, address: IpAddr, name: &str) {
        let whose = Whose::address(address);
        self.names.remove(&(whose, name.to_lowercase()));
        if let Some(wrong) = self.addresses.get_mut(&whose) {
            wrong.count = wrong.count.saturating_sub(1);
        }
    }
}

fn forget<K: Eq + Hash>(all: &mut HashMap<K, Wrong>, now_ms: i64) {
    if all.len() >= REMEMBERED_MAX {
        all.retain(|_, wrong| now_ms - wrong.last_ms <= FORGOTTEN_MS);
    }
}

impl Access {
    /// Counts a request.
    pub(super) fn count(&self, whose: Whose) -> Result<(), Problem> {
        let Some(requests) = &self.requests else {
            return Ok(());
        };
        let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests
            .take(whose, now_ms())
            .map_err(|seconds| Problem::too_many("too many requests", seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn a_burst_is_let_through_and_then_as_many_as_time_brings() {
        let mut buckets = Buckets::new(10);
        let here = Whose::address(HERE);
        assert!((0..40).all(|_| buckets.take(here, 0).is_ok()));
        assert_eq!(buckets.take(here, 0), Err(1));
        assert_eq!(buckets.take(Whose::address(THERE), 0), Ok(()));
        assert!((0..10).all(|_| buckets.take(here, 1000).is_ok()));
        assert_eq!(buckets.take(here, 1000), Err(1));
        assert_eq!(
            buckets.take(here, 500),
            Err(1),
            "a clock that goes back gives nothing"
        );
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let of = |text: &str| Whose::address(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn who_guesses_waits_longer_and_longer_and_keeps_nobody_else_out() {
        let mut attempts = Attempts::default();
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..14 {
            let wait = attempts.begin(HERE, "ann", now).err().unwrap_or(0);
            waits.push(wait);
            now += i64::from(wait) * 1000;
            if wait > 0 {
                assert_eq!(attempts.begin(HERE, "ANN", now), Ok(()));
            }
        }
        assert_eq!(waits[..8], [0, 0, 0, 0, 1, 2, 4, 8]);
        assert_eq!(waits.last(), Some(&300));
        assert_eq!(attempts.begin(THERE, "ann", now), Ok(()));
        assert_eq!(attempts.begin(HERE, "bob", now), Ok(()));
    }

    #[test]
    fn the_right_password_forgets_the_wrong_ones() {
        let mut attempts = Attempts::default();
        for now in 0..3 {
            attempts.begin(HERE, "ann", now).expect("it may try");
        }
        attempts.succeeded(HERE, "Ann");
        assert!((0..4).all(|now| attempts.begin(HERE, "ann", now).is_ok()));
        assert!(attempts.begin(HERE, "ann", 5).is_err());
    }

    #[test]
    fn many_names_from_one_address_are_guessing_as_well() {
        let mut attempts = Attempts::default();
        for name in 0..60 {
            attempts
                .begin(HERE, &name.to_string(), 0)
                .expect("it may try");
        }
        assert!(attempts.begin(HERE, "61", 0).is_err());
        assert_eq!(attempts.begin(THERE, "61", 0), Ok(()));
    }
}
