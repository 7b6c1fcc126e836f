//! An amount of points: a decimal with six exact places, so that sums never depend on their order.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

const PER_POINT: i64 = 1_000_000;

/// An amount of points, exact to a millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Points {
    millionths: i64,
}

impl Points {
    /// No points.
    pub const ZERO: Self = Self { millionths: 0 };

    pub(crate) fn from_millionths(millionths: i64) -> Self {
        Self { millionths }
    }

    pub(crate) fn millionths(self) -> i64 {
        self.millionths
    }

    /// The nearest amount; nothing where the float is no number or beyond all amounts.
    #[must_use]
    pub fn nearest(number: f64) -> Self {
        format!("{number:.6}").parse().unwrap_or(Self::ZERO)
    }

    /// The amount as a float, for display and JSON.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "an amount of points is far below 2^53 millionths"
    )]
    pub fn as_f64(self) -> f64 {
        self.millionths as f64 / PER_POINT as f64
    }
}

impl From<u32> for Points {
    fn from(whole: u32) -> Self {
        Self {
            millionths: i64::from(whole) * PER_POINT,
        }
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            millionths: self.millionths.saturating_add(other.millionths),
        }
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.millionths < 0 { "-" } else { "" };
        let size = self.millionths.unsigned_abs();
        let unit = PER_POINT.unsigned_abs();
        let (whole, rest) = (size / unit, size % unit);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let places = format!("{rest:06}");
        write!(f, "{sign}{whole}.{}", places.trim_end_matches('0'))
    }
}

/// A text that is no amount of points.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no number of points")]
pub struct NoPoints(pub String);

impl FromStr for Points {
    type Err = NoPoints;

    fn from_str(text: &str) -> Result<Self, NoPoints> {
        let bad = || NoPoints(text.chars().take(40).collect());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && places.is_empty())
            || !plain(whole)
            || !plain(places)
            || whole.len() > 12
        {
            return Err(bad());
        }
        let six: String = places.chars().chain("000000".chars()).take(6).collect();
        let whole: i64 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| bad())?
        };
        let rest: i64 = six.parse().map_err(|_| bad())?;
        let size = whole * PER_POINT + rest;
        Ok(Self {
            millionths: if negative { -size } else { size },
        })
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        format!("{number:.6}")
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, wanted) in [
            ("0", "0"),
            ("12.50", "12.5"),
            (".25", "0.25"),
            ("7.", "7"),
            ("-1.000001", "-1.000001"),
        ] {
            assert_eq!(text.parse::<Points>().unwrap().to_string(), wanted);
        }
        for text in ["", ".", "1e3", "nan", "1.2.3", "+1", " 1", "9999999999999"] {
            assert!(text.parse::<Points>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_float_becomes_the_nearest_amount() {
        let shown = |number| Points::nearest(number).to_string();
        assert_eq!([0.1 + 0.2, 33.33, -1.0].map(shown), ["0.3", "33.33", "-1"]);
        assert_eq!([f64::NAN, f64::INFINITY, 1e300].map(shown), ["0"; 3]);
    }

    #[test]
    fn tenths_add_up_exactly() {
        let tenth: Points = "0.1".parse().unwrap();
        assert_eq!(
            std::iter::repeat_n(tenth, 10).sum::<Points>(),
            Points::from(1)
        );
    }
}
