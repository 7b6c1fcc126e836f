//! Reading `problem.xml`: elements and attributes with the lines that they stand on.

use roxmltree::Node;

use crate::package::error::PackageError;
use crate::ratio::Ratio;

pub(super) const FILE: &str = "problem.xml";

/// An element of `problem.xml`.
#[derive(Clone, Copy)]
pub(super) struct Element<'a>(pub(super) Node<'a, 'a>);

impl<'a> Element<'a> {
    /// An error at this element.
    pub(super) fn wrong<T>(self, problem: impl Into<String>) -> Result<T, PackageError> {
        Err(PackageError::content(FILE, problem).at_line(self.line()))
    }

    /// An error at this element of something that is right but cannot be judged.
    pub(super) fn unsupported<T>(self, what: impl Into<String>) -> Result<T, PackageError> {
        Err(PackageError::unsupported(FILE, what).at_line(self.line()))
    }

    fn line(self) -> u64 {
        u64::from(self.0.document().text_pos_at(self.0.range().start).row)
    }

    pub(super) fn name(self) -> &'a str {
        self.0.tag_name().name()
    }

    pub(super) fn children(self, name: &'static str) -> impl Iterator<Item = Element<'a>> {
        let elements = self.0.children().filter(Node::is_element);
        elements.map(Element).filter(move |one| one.name() == name)
    }

    pub(super) fn child(self, name: &'static str) -> Option<Element<'a>> {
        self.children(name).next()
    }

    /// The elements `inner` of all elements `outer`.
    pub(super) fn nested(self, outer: &'static str, inner: &'static str) -> Vec<Element<'a>> {
        self.children(outer)
            .flat_map(|one| one.children(inner))
            .collect()
    }

    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        self.0.attribute(name)
    }

    pub(super) fn required(self, name: &str) -> Result<&'a str, PackageError> {
        match self.attribute(name) {
            Some(value) => Ok(value),
            None => self.wrong(format!("<{}> has no attribute {name:?}", self.name())),
        }
    }

    /// The attribute as a number of points.
    pub(super) fn points(self, name: &str) -> Result<Option<Ratio>, PackageError> {
        let Some(text) = self.attribute(name) else {
            return Ok(None);
        };
        match text.parse::<Ratio>() {
            Ok(points) if !points.is_negative() => Ok(Some(points)),
            _ => self.wrong(format!("{name} {text:?} is no number from 0 on")),
        }
    }

    /// The text of a child; an error if it is not there.
    pub(super) fn text_of(self, name: &'static str) -> Result<&'a str, PackageError> {
        match self.child(name).and_then(|child| child.0.text()) {
            Some(text) => Ok(text.trim()),
            None => self.wrong(format!("<{}> has no <{name}>", self.name())),
        }
    }

    pub(super) fn number_of(self, name: &'static str) -> Result<u64, PackageError> {
        let text = self.text_of(name)?;
        match text.parse() {
            Ok(number) => Ok(number),
            Err(_) => self.wrong(format!("<{name}> {text:?} is no whole number")),
        }
    }
}

/// The path of a test by a pattern such as `tests/%02d`; `None`: it is none.
pub(super) fn path_of(pattern: &str, number: usize) -> Option<String> {
    let (before, rest) = pattern.split_once('%')?;
    let (digits, after) = rest.split_once('d')?;
    let width = match digits {
        "" => 0,
        digits => digits
            .strip_prefix('0')?
            .parse::<usize>()
            .ok()
            .filter(|width| *width <= 9)?,
    };
    (!after.contains('%')).then(|| format!("{before}{number:0width$}{after}"))
}

/// The words of a command by the rules of a shell: blanks, quotes and backslashes.
pub(super) fn words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), close) if open == close => quote = None,
            (Some('\''), letter) => word.get_or_insert_default().push(letter),
            (_, '\\') => match letters.next() {
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err("a backslash has nothing behind it".to_owned()),
            },
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(letter);
            }
            (None, '>' | '<' | '|' | ';' | '&') => {
                return Err(format!(
                    "only a program and its arguments may be there, not {letter:?}"
                ));
            }
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_one_number() {
        for (pattern, wanted) in [
            ("tests/%02d", Some("tests/07")),
            ("tests/%d.a", Some("tests/7.a")),
            ("%03d", Some("007")),
            ("tests/7", None),
            ("%d%d", None),
            ("%2d", None),
            ("%s", None),
        ] {
            assert_eq!(path_of(pattern, 7).as_deref(), wanted, "{pattern}");
        }
    }

    #[test]
    fn words_are_parted_as_in_a_shell() {
        for (command, wanted) in [
            ("gen 1  2", &["gen", "1", "2"][..]),
            ("gen \"a b\" 'c\"d' ''", &["gen", "a b", "c\"d", ""]),
            ("gen a\\ b \"\\\"\"", &["gen", "a b", "\""]),
        ] {
            assert_eq!(words(command).unwrap(), wanted, "{command}");
        }
        for wrong in ["gen 'a", "gen > 1", "gen \\"] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
    }
}
