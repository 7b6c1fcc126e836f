//! Regular expressions as POSIX has them: extended, on bytes, and a match is as long as it can be.

use std::fmt;

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};
use regex_automata::{Anchored, Input, MatchKind};

mod extended;

/// Bytes of the states that an expression may become.
const STATES_BYTES_MAX: usize = 8 << 20;

/// A regular expression, ready to match where a text begins.
pub(super) struct Regular {
    states: DFA,
    cache: Cache,
}

/// What came of matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matched {
    /// The length of the longest match; `None`: there is none, not even an empty one.
    pub(super) length: Option<usize>,
    /// How many bytes were looked at.
    pub(super) seen: usize,
}

impl fmt::Debug for Regular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Regular").finish_non_exhaustive()
    }
}

impl Regular {
    /// Reads an expression; the error says what is wrong with it.
    pub(super) fn new(pattern: &[u8]) -> Result<Self, String> {
        let hir = extended::parse(pattern)?;
        let config = Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(STATES_BYTES_MAX));
        let too_large = |_| "the regular expression is too large".to_owned();
        let nfa = Compiler::new()
            .configure(config)
            .build_from_hir(&hir)
            .map_err(too_large)?;
        // `All` keeps what could still become a longer match, which is what POSIX asks for.
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(STATES_BYTES_MAX)
            .skip_cache_capacity_check(true);
        let states = DFA::builder()
            .configure(config)
            .build_from_nfa(nfa)
            .map_err(|_| "the regular expression is too large".to_owned())?;
        let cache = states.create_cache();
        Ok(Self { states, cache })
    }

    /// The longest match at the begin of a text. The error says why that cannot be found out.
    pub(super) fn longest(&mut self, text: &[u8]) -> Result<Matched, String> {
        let failed = "the regular expression takes too much memory here";
        let (states, cache) = (&self.states, &mut self.cache);
        let input = Input::new(text).anchored(Anchored::Yes);
        let mut state = states
            .start_state_forward(cache, &input)
            .map_err(|_| failed.to_owned())?;
        let mut length = None;
        for (at, byte) in text.iter().enumerate() {
            state = states
                .next_state(cache, state, *byte)
                .map_err(|_| failed.to_owned())?;
            // A state knows of a match only one byte behind its end.
            if state.is_match() {
                length = Some(at);
            } else if state.is_dead() {
                return Ok(Matched {
                    length,
                    seen: at + 1,
                });
            } else if state.is_quit() {
                return Err(failed.to_owned());
            }
        }
        state = states
            .next_eoi_state(cache, state)
            .map_err(|_| failed.to_owned())?;
        if state.is_match() {
            length = Some(text.len());
        }
        let seen = text.len();
        Ok(Matched { length, seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, wanted: Option<usize>) {
        let mut regular = Regular::new(pattern.as_bytes()).unwrap();
        let matched = regular.longest(text.as_bytes()).unwrap();
        assert_eq!(matched.length, wanted, "{pattern:?} {text:?}");
    }

    #[test]
    fn a_match_is_as_long_as_it_can_be() {
        for (pattern, text, wanted) in [
            ("a|ab|abc", "abcd", Some(3)),
            ("(a|ab)(c|bcd)?", "abcd", Some(4)),
            ("a*", "bbb", Some(0)),
            ("a+", "bbb", None),
            ("", "x", Some(0)),
            ("a+?", "aaa", Some(3)),
            ("a**", "aaab", Some(3)),
            ("a{2}", "aaa", Some(2)),
            ("a{2,}", "aaaa", Some(4)),
            ("a{0,2}b", "aab", Some(3)),
            ("(ab){2,3}", "abababab", Some(6)),
            ("()", "x", Some(0)),
            ("a||b", "b", Some(1)),
            (".", "\n", Some(1)),
            (".*", "a\nb", Some(3)),
            ("b", "ab", None),
        ] {
            check(pattern, text, wanted);
        }
    }

    #[test]
    fn sets_anchors_and_escapes_are_those_of_posix() {
        for (pattern, text, wanted) in [
            ("[a-c]+", "abcd", Some(3)),
            ("[^a-c]+", "xyza", Some(3)),
            ("[^a]", "\n", Some(1)),
            ("[]a]+", "]a]b", Some(3)),
            ("[^]a]+", "bc]", Some(2)),
            ("[a-]+", "-a-b", Some(3)),
            ("[\\w]+", "\\w\\a", Some(3)),
            ("[[:digit:][:upper:]]+", "A1b", Some(2)),
            ("[[:space:]]", "\t", Some(1)),
            ("\\.\\*\\\\", ".*\\", Some(3)),
            ("a\\-b", "a-b", Some(3)),
            ("^ab$", "ab", Some(2)),
            ("^ab$", "abc", None),
            ("a^b", "a^b", None),
            ("a}b]", "a}b]", Some(4)),
            ("[é]+", "éé", Some(4)),
        ] {
            check(pattern, text, wanted);
        }
    }

    #[test]
    fn what_is_no_expression_is_refused_with_its_reason() {
        for (pattern, problem) in [
            ("(a", "a parenthesis is not closed"),
            ("a)", "a parenthesis is closed that was not opened"),
            ("*a", "`*` repeats nothing"),
            ("a|+", "`+` repeats nothing"),
            ("[a", "a set that begins with `[` has no end"),
            ("[c-a]", "the range c-a in a set is empty"),
            ("[[:letter:]]", "there is no class [:letter:]"),
            (
                "[[.a.]]",
                "collating elements ([. .] and [= =]) are not known",
            ),
            ("a{2,1}", "in {2,1} the second number is the smaller one"),
            ("a{x}", "a number is wanted behind `{`"),
            ("a{1", "`{` is not closed"),
            ("a{1001}", "nothing is repeated more than 1000 times"),
            ("\\d", "\\d means nothing in an extended regular expression"),
            ("a\\", "there is nothing behind the last backslash"),
            (
                "((((a{1000}){1000}){1000}){1000})",
                "the regular expression is too large",
            ),
        ] {
            let error = Regular::new(pattern.as_bytes()).unwrap_err();
            assert_eq!(error, problem, "{pattern}");
        }
        let deep = "(".repeat(1000);
        let error = Regular::new(deep.as_bytes()).unwrap_err();
        assert_eq!(error, "more than 64 parentheses in each other");
    }
}
