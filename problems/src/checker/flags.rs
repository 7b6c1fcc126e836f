//! The flags of the default validator.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The flags of the default validator (package-formats 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct DefaultFlags {
    /// ASCII letters must agree in case too.
    pub case_sensitive: bool,
    /// White space must agree byte by byte too.
    pub space_change_sensitive: bool,
    /// Numbers may differ by so much.
    pub float_absolute: Option<f64>,
    /// Numbers may differ by so much of the answer's size.
    pub float_relative: Option<f64>,
}

/// A list of arguments that is none of the default validator's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FlagError {
    /// A word that is no flag.
    #[error("the default validator has no flag {0:?}")]
    Unknown(String),
    /// A tolerance without its number.
    #[error("{0} needs a number behind it")]
    NoNumber(String),
    /// A tolerance that is no number, or negative.
    #[error("{flag} {value:?} is no tolerance: a number from 0 on is wanted")]
    BadNumber {
        /// The flag.
        flag: String,
        /// What stands behind it.
        value: String,
    },
    /// A tolerance that was given before, perhaps by `float_tolerance`.
    #[error("{0} repeats a tolerance")]
    Repeated(String),
}

impl DefaultFlags {
    /// Reads the arguments of the default validator.
    ///
    /// # Errors
    /// An unknown flag, a bad or missing number, a repeated tolerance.
    pub fn parse<S: AsRef<str>>(args: &[S]) -> Result<Self, FlagError> {
        let mut flags = Self::default();
        let mut words = args.iter().map(AsRef::as_ref);
        while let Some(word) = words.next() {
            let mut tolerance = || -> Result<f64, FlagError> {
                let value = words
                    .next()
                    .ok_or_else(|| FlagError::NoNumber(word.to_owned()))?;
                let number = value
                    .parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite() && *number >= 0.0);
                number.ok_or_else(|| FlagError::BadNumber {
                    flag: word.to_owned(),
                    value: value.to_owned(),
                })
            };
            let once = |slot: &mut Option<f64>, number: f64| match slot.replace(number) {
                Some(_) => Err(FlagError::Repeated(word.to_owned())),
                None => Ok(()),
            };
            match word {
                "case_sensitive" => flags.case_sensitive = true,
                "space_change_sensitive" => flags.space_change_sensitive = true,
                "float_absolute_tolerance" => once(&mut flags.float_absolute, tolerance()?)?,
                "float_relative_tolerance" => once(&mut flags.float_relative, tolerance()?)?,
                "float_tolerance" => {
                    let number = tolerance()?;
                    once(&mut flags.float_absolute, number)?;
                    once(&mut flags.float_relative, number)?;
                }
                _ => return Err(FlagError::Unknown(word.to_owned())),
            }
        }
        Ok(flags)
    }

    /// Says whether numbers are compared by value.
    #[must_use]
    pub fn has_tolerance(&self) -> bool {
        self.float_absolute.is_some() || self.float_relative.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_read() {
        let words = [
            "case_sensitive",
            "space_change_sensitive",
            "float_absolute_tolerance",
            "1e-6",
            "float_relative_tolerance",
            ".5",
        ];
        let wanted = DefaultFlags {
            case_sensitive: true,
            space_change_sensitive: true,
            float_absolute: Some(1e-6),
            float_relative: Some(0.5),
        };
        assert_eq!(DefaultFlags::parse(&words), Ok(wanted));
        let both = DefaultFlags {
            float_absolute: Some(0.1),
            float_relative: Some(0.1),
            ..DefaultFlags::default()
        };
        assert_eq!(DefaultFlags::parse(&["float_tolerance", "0.1"]), Ok(both));
        assert_eq!(
            DefaultFlags::parse::<&str>(&[]),
            Ok(DefaultFlags::default())
        );
    }

    #[test]
    fn what_is_no_flag_is_refused() {
        let message = |args: &[&str]| DefaultFlags::parse(args).unwrap_err().to_string();
        assert_eq!(
            message(&["ignore_case"]),
            "the default validator has no flag \"ignore_case\""
        );
        assert_eq!(
            message(&["float_tolerance"]),
            "float_tolerance needs a number behind it"
        );
        assert_eq!(
            message(&["float_tolerance", "x"]),
            "float_tolerance \"x\" is no tolerance: a number from 0 on is wanted"
        );
        for bad in ["-1", "nan", "inf"] {
            assert!(
                DefaultFlags::parse(&["float_tolerance", bad]).is_err(),
                "{bad}"
            );
        }
        assert_eq!(
            message(&["float_tolerance", "1", "float_absolute_tolerance", "2"]),
            "float_absolute_tolerance repeats a tolerance"
        );
    }
}
