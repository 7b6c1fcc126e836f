//! The default validator: a table for each flag, and a simple model that it always agrees with.

use std::io::{self, Cursor, Read};

use proptest::prelude::*;

use super::float;
use crate::checker::{CheckerAnswer, DefaultFlags};

fn flags(words: &str) -> DefaultFlags {
    DefaultFlags::parse(&words.split_whitespace().collect::<Vec<_>>()).unwrap()
}

fn check(words: &str, answer: &str, output: &str) -> CheckerAnswer {
    flags(words).compare(output.as_bytes(), answer.as_bytes())
}

fn accepts(words: &str, answer: &str, output: &str) -> bool {
    check(words, answer, output) == CheckerAnswer::Accepted
}

#[track_caller]
fn table(rows: &[(&str, &str, &str, bool)]) {
    for (words, answer, output, wanted) in rows {
        assert_eq!(
            accepts(words, answer, output),
            *wanted,
            "[{words}] {answer:?} / {output:?}"
        );
    }
}

#[test]
fn without_flags_only_tokens_count_and_not_their_case() {
    table(&[
        ("", "1 2\n", "1 2\n", true),
        ("", "1 2\n", "  1\n\n2", true),
        ("", "1 2\n", "1\t\x0b\x0c\r2\r\n", true),
        ("", "Yes\n", "yEs", true),
        ("", "1 2\n", "1 3", false),
        ("", "1 2\n", "1", false),
        ("", "1 2\n", "1 2 3", false),
        ("", "12\n", "1 2", false),
        ("", "1\n", "1.0", false),
        ("", "", "", true),
        ("", " \n", "", true),
        ("", "", "x", false),
        ("", "\u{c4}", "\u{e4}", false),
        ("", "a\u{a0}b", "a b", false),
    ]);
}

#[test]
fn case_counts_where_asked() {
    table(&[
        ("case_sensitive", "Yes", "Yes", true),
        ("case_sensitive", "Yes", "yes", false),
    ]);
}

#[test]
fn white_space_counts_byte_by_byte_where_asked() {
    let flag = "space_change_sensitive";
    table(&[
        (flag, "a b\n", "a b\n", true),
        (flag, "a b\n", "A B\n", true),
        (flag, "a b\n", "a b", false),
        (flag, "a b", "a b\n", false),
        (flag, "a b\n", "a  b\n", false),
        (flag, "a  b\n", "a b\n", false),
        (flag, "a b\n", "a\tb\n", false),
        (flag, "a b\n", " a b\n", false),
        (flag, "\na", "\na", true),
        (flag, "a\n", "a\r\n", false),
        (flag, "", "", true),
        (flag, "", "\n", false),
        (flag, "\n", "\n", true),
        ("space_change_sensitive case_sensitive", "a b", "a B", false),
        (
            "space_change_sensitive float_tolerance 0.1",
            "1 2\n",
            "1.05 2.0\n",
            true,
        ),
        (
            "space_change_sensitive float_tolerance 0.1",
            "1 2\n",
            "1.05  2.0\n",
            false,
        ),
    ]);
}

#[test]
fn numbers_may_differ_by_the_tolerance_and_no_more() {
    table(&[
        ("float_absolute_tolerance 1e-6", "1.0", "1.000001", true),
        ("float_absolute_tolerance 1e-6", "1.0", "1.00000101", false),
        ("float_absolute_tolerance 0.5", "100", "100.5", true),
        ("float_absolute_tolerance 0.5", "100", "100.51", false),
        ("float_relative_tolerance 0.01", "100", "101", true),
        ("float_relative_tolerance 0.01", "-100", "-99", true),
        ("float_relative_tolerance 0.01", "100", "101.1", false),
        ("float_relative_tolerance 0.01", "0", "0.0000001", false),
        ("float_relative_tolerance 0.01", "0", "-0.0", true),
        ("float_tolerance 0.01", "0", "0.01", true),
        ("float_tolerance 0.01", "1000", "1009", true),
        ("float_tolerance 0", "1", "1.0", true),
        ("float_tolerance 0", "1", "1e0", true),
        ("float_tolerance 1e-9", "5", "5.0000000001", true),
        ("float_tolerance 1e-9", "1e400", "1e999", true),
        ("float_tolerance 1", "-1e400", "1e400", false),
    ]);
}

#[test]
fn with_a_tolerance_words_stay_words_and_numbers_numbers() {
    table(&[
        ("float_tolerance 1", "abc", "ABC", true),
        ("float_tolerance 1 case_sensitive", "abc", "ABC", false),
        ("float_tolerance 1", "1", "one", false),
        ("float_tolerance 1", "nan", "nan", true),
        ("float_tolerance 1", "1", "nan", false),
        ("float_tolerance 1", "1", "inf", false),
        ("float_tolerance 1", "inf", "1e999", false),
        ("float_tolerance 1", "0x10", "16", false),
        ("float_tolerance 1", "1", "0x1", false),
        ("float_tolerance 1", "1,5", "1.5", false),
    ]);
}

#[test]
fn the_number_grammar_is_the_formats() {
    for good in [
        "1", "+1", "-1", "1.", ".5", "-.5", "1.5e3", "1E-3", "1e+3", "007", "1.e1",
    ] {
        assert!(float(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        "", "+", ".", "-.", "e5", ".e5", "1e", "1e+", "1.5.2", "--1", "0x1", "inf", "nan",
        "infinity", "1f", "1_000", "1 ",
    ] {
        assert!(float(bad.as_bytes()).is_none(), "{bad}");
    }
}

#[test]
fn the_first_difference_is_named() {
    let message = |words: &str, answer: &str, output: &str| {
        check(words, answer, output).message().map(str::to_owned)
    };
    insta::assert_snapshot!(message("", "1 2\n3", "1 2\n4").unwrap(), @r#"line 2, token 3: expected "3", got "4""#);
    insta::assert_snapshot!(message("", "1 2", "1").unwrap(), @r#"line 1, token 1: expected "2", got the end"#);
    insta::assert_snapshot!(message("", "1", "1 2").unwrap(), @r#"line 1, token 2: expected the end, got "2""#);
    insta::assert_snapshot!(message("float_tolerance 0", "1", "2").unwrap(), @r#"line 1, token 1: expected "1", got "2", which is 1e0 apart"#);
    insta::assert_snapshot!(message("float_tolerance 0", "1", "x").unwrap(), @r#"line 1, token 1: expected the number "1", got "x""#);
    insta::assert_snapshot!(message("space_change_sensitive", "1 2", "1\n2").unwrap(), @"line 1, token 1: white space differs: expected a space, got a line end");
    insta::assert_snapshot!(message("", &"x".repeat(50), "y").unwrap(), @r#"line 1, token 1: expected "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., got "y""#);
}

#[test]
fn no_output_at_all_has_its_own_answer() {
    assert_eq!(check("", "1", ""), CheckerAnswer::NoOutput);
    assert_eq!(check("", "1", " \n"), CheckerAnswer::NoOutput);
    assert_eq!(
        check("space_change_sensitive", "1\n", ""),
        CheckerAnswer::NoOutput
    );
    assert_eq!(
        check("space_change_sensitive", "1\n", "\n"),
        CheckerAnswer::NoOutput
    );
    assert!(matches!(
        check("space_change_sensitive", "\n", ""),
        CheckerAnswer::Wrong { .. }
    ));
}

#[test]
fn bytes_that_are_no_text_are_compared_as_they_are() {
    let compare = |answer: &[u8], output: &[u8]| {
        DefaultFlags::default().compare(output, answer) == CheckerAnswer::Accepted
    };
    assert!(compare(b"\xff\x00 \x80", b"\xff\x00\n\x80"));
    assert!(!compare(b"\xff", b"\xfe"));
    assert!(!compare(b"\x1c", b""));
    assert!(!compare(b"a\0", b"a"));
}

#[test]
fn a_stream_that_cannot_be_read_is_the_judges_fault() {
    struct Torn;
    impl Read for Torn {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("disk on fire"))
        }
    }
    let answer = DefaultFlags::default().compare(Torn, &b"1"[..]);
    assert_eq!(
        answer.message(),
        Some("the output or its answer cannot be read: disk on fire")
    );
}

#[test]
fn long_tokens_and_long_streams_are_compared_whole() {
    let long = 200 << 10;
    let token = |last: u8| io::repeat(b'a').take(long).chain(Cursor::new([last]));
    let compare = |one, other| {
        DefaultFlags::default().compare(token(one), token(other)) == CheckerAnswer::Accepted
    };
    assert!(compare(b'x', b'x'));
    assert!(compare(b'X', b'x'));
    assert!(!compare(b'x', b'y'));
    let spaces = || io::repeat(b' ').take(100 << 20);
    assert_eq!(
        DefaultFlags::default().compare(spaces(), io::empty()),
        CheckerAnswer::Accepted
    );
}

/// The model: both sides as lists of strings.
fn model(flags: &DefaultFlags, answer: &str, output: &str) -> bool {
    let space = |letter: char| matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
    if flags.space_change_sensitive {
        let runs = |text: &str| -> Vec<String> {
            text.split(|letter| !space(letter))
                .map(str::to_owned)
                .filter(|run| !run.is_empty())
                .collect()
        };
        let ends = |text: &str| (text.starts_with(space), text.ends_with(space));
        if runs(answer) != runs(output) || ends(answer) != ends(output) {
            return false;
        }
    }
    let tokens = |text: &str| -> Vec<String> {
        text.split(space)
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (answer, output) = (tokens(answer), tokens(output));
    answer.len() == output.len()
        && answer.iter().zip(&output).all(|(one, other)| {
            if flags.has_tolerance()
                && let Some(wanted) = float(one.as_bytes())
            {
                return float(other.as_bytes()).is_some_and(|got| {
                    let apart = (wanted - got).abs();
                    flags.float_absolute.is_some_and(|most| apart <= most)
                        || flags
                            .float_relative
                            .is_some_and(|most| apart <= most * wanted.abs())
                });
            }
            if flags.case_sensitive {
                one == other
            } else {
                one.eq_ignore_ascii_case(other)
            }
        })
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        Just("  ".to_owned()),
        Just("\r\n".to_owned()),
        "[abAB]{1,2}",
        "-?[0-3](\\.[05]{0,2})?",
        Just("1e1".to_owned()),
        Just("nan".to_owned()),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn any_flags() -> impl Strategy<Value = DefaultFlags> {
    let tolerance = || prop::option::of(prop::sample::select(vec![0.0, 0.05, 0.5, 2.0]));
    (any::<bool>(), any::<bool>(), tolerance(), tolerance()).prop_map(
        |(case_sensitive, space_change_sensitive, float_absolute, float_relative)| DefaultFlags {
            case_sensitive,
            space_change_sensitive,
            float_absolute,
            float_relative,
        },
    )
}

/// A reader that gives one byte at a time, so that tokens cross every border of a buffer.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(into.len()).min(1);
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_the_model(flags in any_flags(), answer in text(), output in text()) {
        let accepted = flags.compare(output.as_bytes(), answer.as_bytes()) == CheckerAnswer::Accepted;
        prop_assert_eq!(accepted, model(&flags, &answer, &output));
    }

    #[test]
    fn an_answer_is_accepted_as_its_own_output(flags in any_flags(), answer in text()) {
        prop_assert_eq!(flags.compare(answer.as_bytes(), answer.as_bytes()), CheckerAnswer::Accepted);
    }

    #[test]
    fn the_size_of_reads_changes_nothing(flags in any_flags(), answer in text(), output in text()) {
        let whole = flags.compare(output.as_bytes(), answer.as_bytes());
        prop_assert_eq!(flags.compare(Drip(output.as_bytes()), Drip(answer.as_bytes())), whole);
    }
}
