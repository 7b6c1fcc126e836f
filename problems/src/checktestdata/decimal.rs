//! Floats: an integer times a power of ten. Sums and products are exact as long as they are not very long.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};
use num_traits::{Pow, Signed, Zero};

use super::int::{DIGITS_MAX, Int, NoNumber};

/// Digits of a quotient that is not exact with fewer.
const QUOTIENT_DIGITS: i64 = 100;

/// Digits that a result keeps at least; longer ones are rounded towards zero.
const KEPT_DIGITS: i64 = 1000;

/// Bits from which a result is rounded: twice as many as are kept, so that it does not happen at every step.
const KEPT_BITS: u64 = 6700;

/// The largest exponent of ten; sums of such never overflow.
const EXPONENT_MAX: i64 = 1_000_000_000_000_000;

/// A float.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    mantissa: BigInt,
    /// Of ten.
    exponent: i64,
}

type Computed = Result<Decimal, NoNumber>;

impl Decimal {
    /// Digits with or without a minus, a dot and an exponent; `None`: too long, or something else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        if mantissa.len() > DIGITS_MAX || exponent.checked_abs()? > EXPONENT_MAX {
            return None;
        }
        let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Some(Self {
            mantissa: format!("{whole}{places}").parse().ok()?,
            exponent: exponent - i64::try_from(places.len()).ok()?,
        })
    }

    pub(super) fn of(int: &Int) -> Self {
        Self {
            mantissa: int.to_big(),
            exponent: 0,
        }
    }

    /// How many steps an operation on it is worth beside the first.
    pub(super) fn cost(&self) -> u64 {
        self.mantissa.bits() / 64
    }

    pub(super) fn negated(&self) -> Self {
        Self {
            mantissa: -&self.mantissa,
            exponent: self.exponent,
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Computed {
        if self.mantissa.is_zero() {
            return Ok(other.clone());
        }
        if other.mantissa.is_zero() {
            return Ok(self.clone());
        }
        let (high, low) = match self.exponent > other.exponent {
            true => (self, other),
            false => (other, self),
        };
        // What is so small beside the other adds nothing to the digits that are kept.
        if high.magnitude().0 - KEPT_DIGITS > low.magnitude().1 {
            return Ok(high.clone());
        }
        let shifted = &high.mantissa * power_of_ten(high.exponent - low.exponent);
        Self::rounded(shifted + &low.mantissa, low.exponent)
    }

    pub(super) fn times(&self, other: &Self) -> Computed {
        let exponent = self.exponent + other.exponent;
        Self::rounded(&self.mantissa * &other.mantissa, exponent)
    }

    pub(super) fn over(&self, other: &Self) -> Computed {
        if other.mantissa.is_zero() {
            return Err(NoNumber::DividedByZero);
        }
        let lacking = digits(&other.mantissa).1 - digits(&self.mantissa).0;
        let shift = (QUOTIENT_DIGITS + lacking).max(0);
        let dividend = &self.mantissa * power_of_ten(shift);
        let mut mantissa = &dividend / &other.mantissa;
        let mut exponent = self.exponent - shift - other.exponent;
        if &mantissa * &other.mantissa == dividend {
            while !mantissa.is_zero() && (&mantissa % 10_u32).is_zero() {
                mantissa /= 10_u32;
                exponent += 1;
            }
        } else {
            // Equal quotients are to have equally many digits, whatever they were made of.
            let kept = power_of_ten(QUOTIENT_DIGITS);
            while mantissa.magnitude() >= kept.magnitude() {
                mantissa /= 10_u32;
                exponent += 1;
            }
        }
        Self::rounded(mantissa, exponent)
    }

    pub(super) fn power(&self, mut exponent: u64) -> Computed {
        let mut power = Self::of(&Int::Small(1));
        let mut square = self.clone();
        while exponent > 0 {
            if exponent % 2 == 1 {
                power = power.times(&square)?;
            }
            exponent /= 2;
            if exponent > 0 {
                square = square.times(&square)?;
            }
        }
        Ok(power)
    }

    /// The number with as many digits as are kept.
    fn rounded(mut mantissa: BigInt, mut exponent: i64) -> Computed {
        if mantissa.bits() > KEPT_BITS {
            let cut = digits(&mantissa).0 - KEPT_DIGITS;
            mantissa /= power_of_ten(cut);
            exponent += cut;
        }
        if exponent.abs() > EXPONENT_MAX && !mantissa.is_zero() {
            return Err(NoNumber::TooLarge);
        }
        Ok(Self { mantissa, exponent })
    }

    /// Between which powers of ten it is, without its sign.
    fn magnitude(&self) -> (i64, i64) {
        let (least, most) = digits(&self.mantissa);
        (self.exponent + least, self.exponent + most)
    }
}

/// How many digits a number has, at least and at most: they are not counted, which would take long.
fn digits(number: &BigInt) -> (i64, i64) {
    let bits = i64::try_from(number.bits()).unwrap_or(i64::MAX);
    // log10(2) is between these two fractions.
    let least = bits.saturating_sub(1).saturating_mul(301) / 1000;
    let most = bits.saturating_mul(302) / 1000 + 1;
    (least, most)
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10_u32).pow(u32::try_from(exponent).unwrap_or(0))
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match number.mantissa.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign.is_ne() || self.mantissa.is_zero() {
            return by_sign;
        }
        let by_size = |order: Ordering| match self.mantissa.is_negative() {
            true => order.reverse(),
            false => order,
        };
        // Numbers that differ much are not brought to one exponent, which could take all memory.
        if self.magnitude().0 > other.magnitude().1 {
            return by_size(Ordering::Greater);
        }
        if other.magnitude().0 > self.magnitude().1 {
            return by_size(Ordering::Less);
        }
        let apart = self.exponent - other.exponent;
        match apart.cmp(&0) {
            Ordering::Greater => (&self.mantissa * power_of_ten(apart)).cmp(&other.mantissa),
            Ordering::Equal => self.mantissa.cmp(&other.mantissa),
            Ordering::Less => self.mantissa.cmp(&(&other.mantissa * power_of_ten(-apart))),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    /// With its first forty digits, and with an exponent where they do not reach the dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mantissa.is_zero() {
            return f.write_str("0");
        }
        let cut = (digits(&self.mantissa).0 - 40).max(0);
        let all = (&self.mantissa / power_of_ten(cut)).abs().to_string();
        let sign = if self.mantissa.is_negative() { "-" } else { "" };
        let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let point = length + self.exponent + cut;
        let trimmed = all.trim_end_matches('0');
        if !(-6..=30).contains(&point) {
            let (first, rest) = trimmed.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            return write!(f, "{sign}{first}{dot}{rest}e{}", point - 1);
        }
        if point <= 0 {
            let zeros = "0".repeat(usize::try_from(-point).unwrap_or(0));
            return write!(f, "{sign}0.{zeros}{trimmed}");
        }
        let point = usize::try_from(point).unwrap_or(0);
        if all.len() <= point {
            let zeros = "0".repeat(point - all.len());
            return write!(f, "{sign}{all}{zeros}");
        }
        let (whole, places) = all.split_at(point);
        let places = places.trim_end_matches('0');
        let dot = if places.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{dot}{places}")
    }
}
