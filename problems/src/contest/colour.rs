//! Colours of balloons: a name that everybody knows, or red, green and blue.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// The names that are known, as CSS has them.
const NAMES: [(&str, &str); 20] = [
    ("black", "#000000"),
    ("blue", "#0000ff"),
    ("brown", "#a52a2a"),
    ("cyan", "#00ffff"),
    ("gold", "#ffd700"),
    ("gray", "#808080"),
    ("green", "#008000"),
    ("lime", "#00ff00"),
    ("magenta", "#ff00ff"),
    ("maroon", "#800000"),
    ("navy", "#000080"),
    ("olive", "#808000"),
    ("orange", "#ffa500"),
    ("pink", "#ffc0cb"),
    ("purple", "#800080"),
    ("red", "#ff0000"),
    ("silver", "#c0c0c0"),
    ("teal", "#008080"),
    ("white", "#ffffff"),
    ("yellow", "#ffff00"),
];

/// A colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colour {
    /// As the file gives it: a name, or the same as `rgb`.
    pub name: String,
    /// `#rrggbb`, in small letters.
    pub rgb: String,
}

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no colour: #rrggbb, or one of {names} is wanted", names = NAMES.map(|(name, _)| name).join(", "))]
pub struct NoColour(String);

impl FromStr for Colour {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        let name = text.to_ascii_lowercase();
        let is_hex =
            |digits: &str| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if name.strip_prefix('#').is_some_and(is_hex) {
            let rgb = name.clone();
            return Ok(Self { name, rgb });
        }
        let known = NAMES.iter().find(|(known, _)| *known == name);
        let (_, rgb) = known.ok_or_else(|| NoColour(text.chars().take(40).collect()))?;
        Ok(Self {
            name,
            rgb: (*rgb).to_owned(),
        })
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}
