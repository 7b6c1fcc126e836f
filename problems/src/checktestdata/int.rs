//! Integers of any size, small ones without a heap.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

/// The most digits of a number that is read.
pub(super) const DIGITS_MAX: usize = 100_000;

/// The most bits of a number that is computed.
pub(super) const BITS_MAX: u64 = 1 << 19;

/// An integer; a large one never fits the small form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Int {
    Small(i64),
    Large(BigInt),
}

/// Why two numbers give none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoNumber {
    DividedByZero,
    TooLarge,
}

impl fmt::Display for NoNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DividedByZero => "something is divided by zero",
            Self::TooLarge => "a number gets too large or too small",
        })
    }
}

type Computed = Result<Int, NoNumber>;

impl Int {
    /// Digits with or without a minus; `None`: too many, or something else.
    pub(super) fn parse(digits: &str) -> Option<Self> {
        if let Ok(small) = digits.parse() {
            return Some(Self::Small(small));
        }
        (digits.len() <= DIGITS_MAX)
            .then(|| digits.parse().ok().map(Self::of))
            .flatten()
    }

    fn of(large: BigInt) -> Self {
        large.to_i64().map_or(Self::Large(large), Self::Small)
    }

    pub(super) fn to_big(&self) -> BigInt {
        match self {
            Self::Small(small) => BigInt::from(*small),
            Self::Large(large) => large.clone(),
        }
    }

    pub(super) fn to_u64(&self) -> Option<u64> {
        match self {
            Self::Small(small) => u64::try_from(*small).ok(),
            Self::Large(large) => large.to_u64(),
        }
    }

    /// How many steps an operation on it is worth beside the first.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Small(_) => 0,
            Self::Large(large) => large.bits() / 64,
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Computed {
        self.by(other, i64::checked_add, |a, b| a + b)
    }

    pub(super) fn minus(&self, other: &Self) -> Computed {
        self.by(other, i64::checked_sub, |a, b| a - b)
    }

    pub(super) fn times(&self, other: &Self) -> Computed {
        self.by(other, i64::checked_mul, |a, b| a * b)
    }

    /// Rounded towards zero.
    pub(super) fn over(&self, other: &Self) -> Computed {
        other.check_divisor()?;
        self.by(other, i64::checked_div, |a, b| a / b)
    }

    /// What that leaves, with the sign of the dividend.
    pub(super) fn modulo(&self, other: &Self) -> Computed {
        other.check_divisor()?;
        self.by(other, i64::checked_rem, |a, b| a % b)
    }

    pub(super) fn power(&self, exponent: u64) -> Computed {
        if let Self::Small(base @ -1..=1) = self {
            let is_odd = exponent % 2 == 1;
            let base = if is_odd || exponent == 0 {
                *base
            } else {
                base * base
            };
            return Ok(Self::Small(if exponent == 0 { 1 } else { base }));
        }
        let exponent = u32::try_from(exponent).map_err(|_| NoNumber::TooLarge)?;
        if let Self::Small(base) = self
            && let Some(power) = base.checked_pow(exponent)
        {
            return Ok(Self::Small(power));
        }
        let base = self.to_big();
        if (base.bits() - 1).saturating_mul(exponent.into()) > BITS_MAX {
            return Err(NoNumber::TooLarge);
        }
        Ok(Self::of(base.pow(exponent)))
    }

    fn check_divisor(&self) -> Result<(), NoNumber> {
        match self {
            Self::Small(0) => Err(NoNumber::DividedByZero),
            _ => Ok(()),
        }
    }

    fn by(
        &self,
        other: &Self,
        small: fn(i64, i64) -> Option<i64>,
        large: fn(BigInt, BigInt) -> BigInt,
    ) -> Computed {
        if let (Self::Small(one), Self::Small(other)) = (self, other)
            && let Some(result) = small(*one, *other)
        {
            return Ok(Self::Small(result));
        }
        let result = large(self.to_big(), other.to_big());
        match result.bits() > BITS_MAX {
            true => Err(NoNumber::TooLarge),
            false => Ok(Self::of(result)),
        }
    }
}

impl Ord for Int {
    fn cmp(&self, other: &Self) -> Ordering {
        let is_negative = |large: &BigInt| large.sign() == Sign::Minus;
        match (self, other) {
            (Self::Small(one), Self::Small(other)) => one.cmp(other),
            (Self::Large(one), Self::Large(other)) => one.cmp(other),
            (Self::Small(_), Self::Large(large)) if is_negative(large) => Ordering::Greater,
            (Self::Small(_), Self::Large(_)) => Ordering::Less,
            (Self::Large(large), Self::Small(_)) if is_negative(large) => Ordering::Less,
            (Self::Large(_), Self::Small(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Int {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(small) => small.fmt(f),
            // Turning a very large number into decimals takes longer than a message is worth.
            Self::Large(large) if large.bits() > 1000 => {
                write!(f, "(a number of {} bits)", large.bits())
            }
            Self::Large(large) => large.fmt(f),
        }
    }
}
