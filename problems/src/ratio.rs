//! An exact fraction: shares and scores, so that no sum, mean or product of them depends on rounding or on its order.

use std::fmt;
use std::iter::{Product, Sum};
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::points::Points;

/// The largest exponent of ten that a text may have; scores are far below.
const EXPONENT_MAX: i32 = 30;
const TEXT_LENGTH_MAX: usize = 100;
const PLACES: u32 = 6;

/// An exact fraction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ratio(BigRational);

impl Ratio {
    /// Nothing.
    #[must_use]
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// The whole.
    #[must_use]
    pub fn one() -> Self {
        Self(BigRational::one())
    }

    /// A fraction; `None`: its denominator is 0.
    #[must_use]
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        (denominator != 0).then(|| Self(BigRational::new(numerator.into(), denominator.into())))
    }

    /// This divided by so many; itself for none.
    #[must_use]
    pub fn divided(&self, by: usize) -> Self {
        Self(&self.0 / BigInt::from(by.max(1)))
    }

    /// Says whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// Says whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// The nearest float, for display.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::MAX)
    }

    /// The nearest amount of points, to a millionth; halves go away from zero.
    #[must_use]
    pub fn points(&self) -> Points {
        let millionths = (&self.0 * BigInt::from(10_i64.pow(PLACES))).round();
        Points::from_millionths(millionths.to_integer().to_i64().unwrap_or(i64::MAX))
    }
}

impl From<u32> for Ratio {
    fn from(whole: u32) -> Self {
        Self(BigRational::from_integer(whole.into()))
    }
}

impl From<Points> for Ratio {
    fn from(points: Points) -> Self {
        let unit = BigInt::from(10_i64.pow(PLACES));
        Self(BigRational::new(points.millionths().into(), unit))
    }
}

impl Add for Ratio {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Ratio {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Ratio {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Sum for Ratio {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::zero(), Add::add)
    }
}

impl Product for Ratio {
    fn product<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::one(), Mul::mul)
    }
}

impl fmt::Display for Ratio {
    /// As a decimal where one of six places is exact, else as a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = self.points();
        if Self::from(points) == *self {
            return points.fmt(f);
        }
        self.0.fmt(f)
    }
}

/// A text that is no number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no number")]
pub struct NoRatio(pub String);

impl FromStr for Ratio {
    type Err = NoRatio;

    /// A decimal (`0.25`, `-1.5e-3`) or a fraction (`1/3`).
    fn from_str(text: &str) -> Result<Self, NoRatio> {
        let bad = || NoRatio(text.chars().take(40).collect());
        if text.len() > TEXT_LENGTH_MAX {
            return Err(bad());
        }
        if let Some((numerator, denominator)) = text.split_once('/') {
            let part = |text: &str| decimal(text).filter(|_| !text.contains(['.', 'e', 'E']));
            let (numerator, denominator) =
                part(numerator).zip(part(denominator)).ok_or_else(bad)?;
            return if denominator.is_zero() {
                Err(bad())
            } else {
                Ok(Self(numerator / denominator))
            };
        }
        decimal(text).map(Self).ok_or_else(bad)
    }
}

fn decimal(text: &str) -> Option<BigRational> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (is_negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{places}");
    let is_plain = !all.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain || exponent.abs() > EXPONENT_MAX {
        return None;
    }
    let shift = exponent - i32::try_from(places.len()).ok()?;
    let ten = BigRational::from_integer(10.into());
    let number = BigRational::from_integer(all.parse().ok()?) * ten.pow(shift);
    Some(if is_negative { -number } else { number })
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (numerator, denominator) = text.split_once('/').unwrap_or((&text, "1"));
        let part = |text: &str| text.parse::<BigInt>().map_err(serde::de::Error::custom);
        let (numerator, denominator) = (part(numerator)?, part(denominator)?);
        if denominator.is_zero() {
            return Err(serde::de::Error::custom("the denominator is 0"));
        }
        Ok(Self(BigRational::new(numerator, denominator)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, wanted) in [
            ("0", "0"),
            ("0.250", "0.25"),
            ("-1.5e-3", "-0.0015"),
            ("+2E2", "200"),
            (".5", "0.5"),
            ("1/3", "1/3"),
            ("2/4", "0.5"),
            ("1e-9", "1/1000000000"),
        ] {
            let ratio: Ratio = text.parse().unwrap();
            assert_eq!(ratio.to_string(), wanted, "{text}");
            let json = serde_json::to_string(&ratio).unwrap();
            assert_eq!(serde_json::from_str::<Ratio>(&json).unwrap(), ratio);
        }
        for text in [
            "", ".", "1e99", "nan", "inf", "1.2.3", " 1", "1/0", "0.5/2", "--1", "1e", "0x10",
        ] {
            assert!(text.parse::<Ratio>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn thirds_add_up_to_the_whole() {
        let third = Ratio::one().divided(3);
        assert_eq!(
            std::iter::repeat_n(third.clone(), 3).sum::<Ratio>(),
            Ratio::one()
        );
        assert_eq!(third.points().to_string(), "0.333333");
        assert_eq!((Ratio::one() - third).points().to_string(), "0.666667");
    }
}
