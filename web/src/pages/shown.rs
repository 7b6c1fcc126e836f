//! What contestants and their programs write is data: shown as it is, and obeyed by nobody.

use std::fmt::Write;

use tribunal_problems::Verdict;

/// A text in which what a terminal or a browser would obey is to be seen: control characters, and those that turn the direction
/// of writing. Line breaks and tabs stay. Markup is the template's matter.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            '\u{0}'..='\u{1f}' => shown.extend(char::from_u32(0x2400 + u32::from(letter))),
            '\u{7f}' => shown.push('\u{2421}'),
            // Not U+200C and U+200D: Persian words and joined emoji need them.
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "⟨{:04x}⟩", u32::from(letter));
            }
            _ => shown.push(letter),
        }
    }
    shown
}

/// How a verdict is shown.
pub(super) fn class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(verdict) if verdict.is_accepted() => "good",
        Some(Verdict::SK) | None => "wait",
        Some(_) => "bad",
    }
}

/// Where two texts first differ: the number of the line, and both lines, cut where they are long. A last line break more or
/// less is no difference, a carriage return is one.
pub(super) fn first_difference(expected: &str, found: &str) -> Option<String> {
    // Not `lines()`, which takes a carriage return for a part of the line break.
    let mut expected = expected.split_terminator('\n');
    let mut found = found.split_terminator('\n');
    for number in 1.. {
        match (expected.next(), found.next()) {
            (None, None) => return None,
            (a, b) if a == b => {}
            (a, b) => {
                let cut = |line: Option<&str>| match line {
                    Some(line) => visible(&line.chars().take(LINE_MAX).collect::<String>()),
                    None => "(nothing)".to_owned(),
                };
                let (a, b) = (cut(a), cut(b));
                return Some(format!("line {number}\nexpected: {a}\nfound:    {b}"));
            }
        }
    }
    None
}

/// Characters of a line that are shown.
const LINE_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_obeyed_is_shown() {
        assert_eq!(visible("a\tb\nc"), "a\tb\nc");
        assert_eq!(visible("\u{1b}[2J\r\0\u{7f}"), "␛[2J␍␀␡");
        assert_eq!(
            visible("x\u{202e}y\u{2066}\u{9b}z\u{200f}"),
            "x⟨202e⟩y⟨2066⟩⟨009b⟩z⟨200f⟩"
        );
        assert_eq!(visible("\u{61c}\u{2028}\u{2029}"), "⟨061c⟩⟨2028⟩⟨2029⟩");
        let persian = "می\u{200c}روم";
        assert_eq!(visible(persian), persian);
        assert_eq!(visible("<b>é"), "<b>é");
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("1\n2\n", "1\n2"), None);
        assert_eq!(
            first_difference("1\n2\n3", "1\n\u{1b}\n3").as_deref(),
            Some("line 2\nexpected: 2\nfound:    ␛")
        );
        assert_eq!(
            first_difference("1\n2\n", "1\r\n2\n").as_deref(),
            Some("line 1\nexpected: 1\nfound:    1␍")
        );
        assert_eq!(
            first_difference("1\n", "").as_deref(),
            Some("line 1\nexpected: 1\nfound:    (nothing)")
        );
    }
}
