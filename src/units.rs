//! Sizes and durations as people write them: `256MiB`, `1.5s`, `500ms`.

use std::time::Duration;

/// A text that is no size or duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAQuantity {
    /// No number, a negative one, or one too large.
    #[error("`{0}` does not begin with a number that fits")]
    Number(String),
    /// Zero, where that makes no sense.
    #[error("`{0}` is nothing")]
    Nothing(String),
    /// A unit that is not known.
    #[error("`{text}` has no known unit; use one of {known}")]
    Unit {
        /// The whole text.
        text: String,
        /// The units that are known.
        known: &'static str,
    },
}

/// Reads a duration; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, NotAQuantity> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "" | "s" => number,
        "us" | "µs" => number / 1e6,
        "ms" => number / 1e3,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(unknown_unit(text, "us ms s min h")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| NotAQuantity::Number(text.to_owned()))
}

/// Reads a size in bytes that is not nothing.
pub(crate) fn some_bytes(text: &str) -> Result<u64, NotAQuantity> {
    match bytes(text)? {
        0 => Err(NotAQuantity::Nothing(text.to_owned())),
        bytes => Ok(bytes),
    }
}

/// Reads a size in bytes; a number alone is bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, NotAQuantity> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit {
        "" | "B" => 1,
        "k" | "kB" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        "Ki" | "KiB" => 1 << 10,
        "Mi" | "MiB" => 1 << 20,
        "Gi" | "GiB" => 1 << 30,
        _ => return Err(unknown_unit(text, "B kB MB GB KiB MiB GiB")),
    };
    let bytes = number * factor as f64;
    if bytes < 9e15 {
        Ok(bytes as u64)
    } else {
        Err(NotAQuantity::Number(text.to_owned()))
    }
}

fn split(text: &str) -> Result<(f64, &str), NotAQuantity> {
    let text = text.trim();
    let end = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number
        .parse()
        .map_err(|_| NotAQuantity::Number(text.to_owned()))?;
    Ok((number, unit.trim()))
}

fn unknown_unit(text: &str, known: &'static str) -> NotAQuantity {
    NotAQuantity::Unit {
        text: text.to_owned(),
        known,
    }
}

/// Writes a size for people, in the largest binary unit that leaves at least 1.
pub(crate) fn show_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_and_without_a_unit() {
        for (text, ms) in [
            ("1s", 1_000),
            ("500ms", 500),
            ("2", 2_000),
            ("1.5s", 1_500),
            ("2min", 120_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "-1s", "s", "1 fortnight", "1e9s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_both_kinds_of_units() {
        for (text, size) in [
            ("256MiB", 256 << 20),
            ("1GiB", 1 << 30),
            ("64 KiB", 64 << 10),
            ("10MB", 10_000_000),
            ("512", 512),
            ("1.5KiB", 1536),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "-1", "MiB", "1 parsec", "99999999GiB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_largest_fitting_unit() {
        assert_eq!(show_bytes(12), "12 B");
        assert_eq!(show_bytes(1536), "1.5 KiB");
        assert_eq!(show_bytes(256 << 20), "256.0 MiB");
    }
}
