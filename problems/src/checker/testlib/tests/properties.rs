//! Properties of all standard checkers.

use std::io::{self, Read};

use proptest::prelude::*;

use super::{bytes, line};
use crate::checker::CheckerAnswer;
use crate::checker::testlib::{NativeChecker, Outcome};

/// Fails as a disk does.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("bad sector"))
    }
}

#[test]
fn a_stream_that_fails_is_nobodys_wrong_answer() {
    for checker in NativeChecker::ALL {
        let broken = CheckerAnswer::Broken {
            reason: "the output or its answer cannot be read: bad sector".to_owned(),
        };
        assert_eq!(
            checker.compare(Failing, &b"Case 1: 1"[..]),
            broken,
            "{checker}"
        );
        assert_eq!(
            checker.compare(&b"Case 1: 1"[..], Failing),
            broken,
            "{checker}"
        );
    }
}

#[test]
fn what_is_too_long_to_keep_is_still_compared_whole() {
    let long = "x".repeat(200_000);
    let last = format!("{}y", &long[1..]);
    for name in ["fcmp", "lcmp", "wcmp"] {
        assert!(line(name, &long, &long).starts_with("ok "), "{name}");
        let said = line(name, &last, &long);
        assert!(said.starts_with("wrong answer 1st"), "{said}");
        assert!(said.ends_with("xxy'"), "{said}");
        assert!(said.len() < 300, "{said}");
    }
    let case = |word: &str| format!("Case 1: {word} {word}");
    assert!(line("casewcmp", &case(&last), &case(&long)).starts_with("wrong answer"));
}

#[test]
fn a_word_over_32_mib_is_a_wrong_format() {
    let mut word = Vec::from(b"abc".as_slice());
    word.resize((32 << 20) + 1, b'0');
    let said = bytes("wcmp", &word, b"1");
    let wanted = "wrong output format Length of token exceeds 33554432, token is 'abc000000000000000000000000000...0000000000000000000000000000000...'";
    assert_eq!(said, wanted);
}

/// Gives its bytes in pieces of one size.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(self.0.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

const PIECES: [&str; 20] = [
    "1", "2", "-3", "x", "YES", "no", "Case", "1:", "2:", "1.5", "\n", "\r\n", "\r", " ", "  ",
    "\t", "\x0b", "\0", "\u{feff}", "é",
];

proptest! {
    /// However a stream is cut into pieces, the report is the same.
    #[test]
    fn pieces_do_not_matter(
        output in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12),
        answer in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12),
        size in 1_usize..5,
    ) {
        let (output, answer) = (output.concat().into_bytes(), answer.concat().into_bytes());
        for checker in NativeChecker::ALL {
            let whole = checker.report(&output[..], &answer[..]).unwrap();
            let cut = checker.report(Pieces(&output, size), Pieces(&answer, size)).unwrap();
            prop_assert_eq!(whole, cut, "{}", checker);
        }
    }

    /// An answer that is one is accepted as an output, and only that: a model for the checkers of tokens and integers.
    #[test]
    fn sequences_of_integers_agree_with_a_model(
        answer in prop::collection::vec(-3_i64..4, 0..8),
        output in prop::collection::vec(-3_i64..4, 0..8),
    ) {
        let text = |numbers: &[i64]| numbers.iter().map(|n| format!("{n}\n")).collect::<String>();
        let ok = |checker: NativeChecker, output: &[i64]| {
            let report = checker.report(text(output).as_bytes(), text(&answer).as_bytes());
            report.unwrap().outcome == Outcome::Ok
        };
        let sorted = |numbers: &[i64]| {
            let mut numbers = numbers.to_vec();
            numbers.sort_unstable();
            numbers
        };
        for checker in [NativeChecker::Fcmp, NativeChecker::Lcmp, NativeChecker::Wcmp, NativeChecker::Ncmp, NativeChecker::Rcmp9] {
            prop_assert!(ok(checker, &answer));
            prop_assert_eq!(ok(checker, &output), output == answer, "{}", checker);
        }
        let mut backwards = answer.clone();
        backwards.reverse();
        prop_assert!(ok(NativeChecker::Uncmp, &backwards));
        prop_assert_eq!(ok(NativeChecker::Uncmp, &output), sorted(&output) == sorted(&answer));
    }
}
