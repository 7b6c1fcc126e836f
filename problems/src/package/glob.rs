//! Patterns over paths: `*` within a name, `{a,b}` for either (package-formats 5.2). No `**`, no `[]`, no `?`.

/// A pattern; it matches a path, or any directory above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    alternatives: Vec<Vec<String>>,
}

/// The most alternatives that braces may come to.
const ALTERNATIVES_MAX: usize = 1000;

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        if text.contains("**") || text.contains(['[', ']', '?']) {
            return Err(format!("{text:?} may only have * and {{a,b}} in it"));
        }
        let parts = |pattern: String| pattern.split('/').map(str::to_owned).collect();
        let alternatives = braces(text)?.into_iter().map(parts).collect();
        Ok(Self {
            text: text.to_owned(),
            alternatives,
        })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Says whether the path itself or a directory that it is in matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        self.alternatives.iter().any(|pattern| {
            pattern.len() <= names.len()
                && pattern
                    .iter()
                    .zip(&names)
                    .all(|(one, name)| name_matches(one.as_bytes(), name.as_bytes()))
        })
    }
}

fn braces(text: &str) -> Result<Vec<String>, String> {
    let Some(open) = text.find(['{', '}']) else {
        return Ok(vec![text.to_owned()]);
    };
    let unbalanced = || format!("the braces of {text:?} do not match");
    let mut depth = 0_usize;
    let mut from = open + 1;
    let mut choices = Vec::new();
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match letter {
            '{' => depth += 1,
            ',' if depth == 1 => {
                choices.push(&text[from..at]);
                from = at + 1;
            }
            '}' => {
                depth = depth.checked_sub(1).ok_or_else(unbalanced)?;
                if depth == 0 {
                    choices.push(&text[from..at]);
                    let mut all = Vec::new();
                    for choice in choices {
                        all.extend(braces(&format!(
                            "{}{choice}{}",
                            &text[..open],
                            &text[at + 1..]
                        ))?);
                        if all.len() > ALTERNATIVES_MAX {
                            return Err(format!("{text:?} has too many alternatives"));
                        }
                    }
                    return Ok(all);
                }
            }
            _ => {}
        }
    }
    Err(unbalanced())
}

fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if *byte == name[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((back, taken)) => {
                    star = Some((back, taken + 1));
                    at = back + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_matches_what_it_says() {
        for (pattern, path, wanted) in [
            ("accepted/*", "accepted/a.py", true),
            ("accepted", "accepted/a.py", true),
            ("accepted/*", "accepted", false),
            ("*", "accepted/a.py", true),
            ("*/a.{py,cpp}", "wrong_answer/a.cpp", true),
            ("*/a.{py,cpp}", "wrong_answer/a.c", false),
            ("{x,y{1,2}}/z", "y2/z", true),
            ("secret/*-easy", "secret/03-easy", true),
            ("secret/*-easy", "secret/sub/03-easy", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("", "", true),
        ] {
            assert_eq!(
                Glob::new(pattern).unwrap().matches(path),
                wanted,
                "{pattern} {path}"
            );
        }
        for wrong in ["a/**", "[ab]", "a?", "{a", "a}", "{a,{b}"] {
            assert!(Glob::new(wrong).is_err(), "{wrong}");
        }
    }
}
