//! Constants of `problem.yaml`, which stand as `{{name}}` or `{{name.variant}}` in other files (package-formats 5.2).

use std::collections::BTreeMap;

use super::loose::Loose;
use super::metadata::FILE;
use crate::package::error::PackageError;

/// What stands for each sequence, without its braces.
#[derive(Debug, Default)]
pub(super) struct Constants {
    values: BTreeMap<String, String>,
}

impl Constants {
    pub(super) fn read(
        text: &str,
        given: BTreeMap<String, Loose<String>>,
    ) -> Result<Self, PackageError> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            let wrong = |problem: &str| {
                let problem = format!("constant {name:?} {problem}");
                Err(PackageError::content(FILE, problem).at_key(text, &name))
            };
            if !is_name(&name) {
                return wrong("must be named by letters, digits and _, not beginning with a digit");
            }
            match value {
                Loose::Text(value) => {
                    values.insert(format!("{name}.value"), value.clone());
                    values.insert(name, value);
                }
                Loose::Mapping(variants) => {
                    let Some(value) = variants.get("value") else {
                        return wrong("has no value");
                    };
                    values.insert(name.clone(), value.clone());
                    for (variant, value) in variants {
                        if !is_name(&variant) {
                            return wrong(&format!("has a variant {variant:?}, which is no name"));
                        }
                        values.insert(format!("{name}.{variant}"), value);
                    }
                }
                Loose::List(_) => return wrong("must be a number or a text, not a list"),
            }
        }
        Ok(Self { values })
    }

    /// The text with every sequence of a known constant replaced; others stay.
    pub(super) fn applied(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.values.is_empty() || !bytes.windows(2).any(|pair| pair == b"{{") {
            return bytes;
        }
        let Ok(text) = String::from_utf8(bytes.clone()) else {
            return bytes;
        };
        let mut result = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find("{{") {
            let (before, from) = rest.split_at(at);
            result.push_str(before);
            let found = from[2..].split_once("}}").and_then(|(name, behind)| {
                let value = self.values.get(name)?;
                Some((value, behind))
            });
            match found {
                Some((value, behind)) => {
                    result.push_str(value);
                    rest = behind;
                }
                None => {
                    result.push('{');
                    rest = &from[1..];
                }
            }
        }
        result.push_str(rest);
        result.into_bytes()
    }
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter)
        && name
            .bytes()
            .all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sequences_are_replaced_and_others_stay() {
        let mapping = BTreeMap::from([
            ("value".to_owned(), "5000000".to_owned()),
            ("tex".to_owned(), "5,000,000".to_owned()),
        ]);
        let given = BTreeMap::from([
            ("n".to_owned(), Loose::Text("7".to_owned())),
            ("k".to_owned(), Loose::Mapping(mapping)),
        ]);
        let constants = Constants::read("", given).unwrap();
        for (text, wanted) in [
            ("{{n}} {{n.value}} {{k}} {{k.tex}}", "7 7 5000000 5,000,000"),
            ("{{m}} {{ n }} {n} {{k.no}}", "{{m}} {{ n }} {n} {{k.no}}"),
            ("{{{n}}} {{", "{7} {{"),
            ("a[{{n}}]={{1}}", "a[7]={{1}}"),
        ] {
            assert_eq!(constants.applied(text.into()), wanted.as_bytes(), "{text}");
        }
        assert_eq!(constants.applied(b"\xff{{n}}".to_vec()), b"\xff{{n}}");
    }
}
