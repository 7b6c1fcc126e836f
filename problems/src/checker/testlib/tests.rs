//! A table for each standard checker.

use super::NativeChecker;
use crate::checker::{Checker, CheckerAnswer};

mod numbers;
mod properties;

/// What a checker says of an output and an answer.
fn line(name: &str, output: &str, answer: &str) -> String {
    bytes(name, output.as_bytes(), answer.as_bytes())
}

fn bytes(name: &str, output: &[u8], answer: &[u8]) -> String {
    let checker: NativeChecker = name.parse().unwrap();
    let report = checker.report(output, answer).unwrap();
    String::from_utf8_lossy(&report.line()).into_owned()
}

#[track_caller]
fn table(name: &str, rows: &[(&str, &str, &str)]) {
    for (output, answer, wanted) in rows {
        assert_eq!(
            line(name, output, answer),
            *wanted,
            "{name}: {output:?} for {answer:?}"
        );
    }
}

const NINETY: &str =
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiii";

#[test]
fn fcmp_compares_lines() {
    table(
        "fcmp",
        &[
            ("a b\n", "a b\n", "ok single line: 'a b'"),
            ("a\r\nb\r\n", "a\nb", "ok 2 lines"),
            ("", "", "ok 0 lines"),
            ("\n", "", "ok 0 lines"),
            ("", "\n", "ok 0 lines"),
            ("", "\n\n", "ok single line: ''"),
            (
                "a  b",
                "a b",
                "wrong answer 1st lines differ - expected: 'a b', found: 'a  b'",
            ),
            (
                "a\n",
                "a\nb\n",
                "wrong answer 2nd lines differ - expected: 'b', found: ''",
            ),
            (
                "A",
                "a",
                "wrong answer 1st lines differ - expected: 'a', found: 'A'",
            ),
            (
                "a\nb",
                "a\n",
                "wrong output format Extra information in the output file",
            ),
            ("a\n\n \n", "a\n", "ok single line: 'a'"),
            ("a\rb\r\r\n", "ab\r\r\n", "ok single line: 'ab\r'"),
            ("\u{feff}a", "a", "ok single line: 'a'"),
            ("a\0", "a\0", "ok single line: 'a~'"),
        ],
    );
    assert_eq!(
        bytes("fcmp", b"a\r", b"a\xff"),
        "ok single line: 'a\u{fffd}'"
    );
}

#[test]
fn lcmp_compares_the_tokens_of_lines() {
    table(
        "lcmp",
        &[
            ("  a  b ", "a b\n", "ok single line: '  a  b '"),
            ("a\x0bb\nc", "a b\n c", "ok 2 lines"),
            (
                "a\nb",
                "a b",
                "wrong answer 1st lines differ - expected: 'a b', found: 'a'",
            ),
            (
                "ab",
                "a b",
                "wrong answer 1st lines differ - expected: 'a b', found: 'ab'",
            ),
            ("\n  \n", "", "ok 0 lines"),
            (
                "a\nb",
                "a",
                "wrong output format Extra information in the output file",
            ),
        ],
    );
}

#[test]
fn wcmp_compares_tokens() {
    let long = format!("{NINETY}x");
    let start = &NINETY[..30];
    let differ = format!(
        "wrong answer 1st words differ - expected: '{start}...{}', found: '{start}...{}'",
        &NINETY[NINETY.len() - 31..],
        &long[long.len() - 31..],
    );
    table(
        "wcmp",
        &[
            ("a", " a\n", "ok \"a\""),
            ("a\nb", "a\t\r\n b", "ok 2 tokens"),
            ("", "", "ok 0 tokens"),
            (
                "a c",
                "a b",
                "wrong answer 2nd words differ - expected: 'b', found: 'c'",
            ),
            (
                "a",
                "a b",
                "wrong answer Unexpected EOF in the participants output",
            ),
            (
                "a b",
                "a",
                "wrong answer Participant output contains extra tokens",
            ),
            (
                "a\x0b",
                "a",
                "wrong answer 1st words differ - expected: 'a', found: 'a\x0b'",
            ),
            (&long, NINETY, &differ),
            (
                "\x0bx\x11",
                "y",
                "wrong answer 1st words differ - expected: 'y', found: '(x)'",
            ),
        ],
    );
    for (number, wanted) in [
        (2, "2nd"),
        (3, "3rd"),
        (11, "11th"),
        (12, "12th"),
        (21, "21st"),
        (113, "113th"),
    ] {
        let (same, other) = ("a ".repeat(number - 1), "a ".repeat(number));
        let said = line("wcmp", &format!("{same}b"), &other);
        assert!(
            said.starts_with(&format!("wrong answer {wanted} words")),
            "{said}"
        );
    }
}

#[test]
fn yesno_and_nyesno_compare_words_of_two() {
    table(
        "yesno",
        &[
            ("yEs", "Yes", "ok answer is YES"),
            ("no", "YES", "wrong answer expected YES, found NO"),
            (
                "maybe",
                "YES",
                "wrong output format YES or NO expected, but MAYBE found",
            ),
            ("yes", "y", "FAIL YES or NO expected in answer, but Y found"),
            (
                "yes no",
                "yes",
                "wrong output format Extra information in the output file",
            ),
        ],
    );
    table(
        "nyesno",
        &[
            (
                "yes NO",
                "Yes no",
                "ok 2 token(s): yes count is 1, no count is 1",
            ),
            ("no", "NO", "ok NO"),
            ("", "", "ok Empty output"),
            (
                "yes yes",
                "yes no",
                "wrong answer expected NO, found YES [2nd token]",
            ),
            (
                "yes x",
                "yes no",
                "wrong output format YES or NO expected, but X found [2nd token]",
            ),
            (
                "yes",
                "x",
                "FAIL YES or NO expected in answer, but X found [1st token]",
            ),
            (
                "yes no what",
                "yes",
                "wrong answer Output contains longer sequence [length = 3], but answer contains 1 elements",
            ),
            (
                "yes",
                "yes no",
                "wrong answer Answer contains longer sequence [length = 2], but output contains 1 elements",
            ),
        ],
    );
}

#[test]
fn caseicmp_compares_an_integer_a_case() {
    table(
        "caseicmp",
        &[
            (
                "Case 1: 5\nCase 2: 6",
                "Case 1: 5\nCase 2: 6\n",
                "ok 2 case(s): 5 6",
            ),
            ("", "", "ok 0 case(s):"),
            (
                "Case 1: 4",
                "Case 1: 5",
                "wrong answer Expected 5 found 4 [test case 1]",
            ),
            (
                "Case 1: 4 Case 2: 5",
                "Case 1: 4",
                "wrong output format Expected 1 test case(s) but found 2",
            ),
            (
                "Case 1: 4 Case 3: 5",
                "Case 1: 5",
                "wrong output format Expected '2:' but found '3:' [test case 2]",
            ),
            (
                "case 1: 4",
                "Case 1: 4",
                "wrong output format Expected 'Case' but found 'case' [test case 1]",
            ),
            (
                "case 1: 4",
                "Case 1: 4 Case",
                "FAIL Unexpected end of file - token expected (answer)",
            ),
            (
                "Case 1: 1 Case 2: 2 Case 3: 3 Case 4: 4 Case 5: 5 Case 6: 6",
                "Case 1: 1 Case 2: 2 Case 3: 3 Case 4: 4 Case 5: 5 Case 6: 6",
                "ok 6 case(s): 1 2 3 ... 5 6",
            ),
        ],
    );
}

#[test]
fn casencmp_compares_integers_case_by_case() {
    table(
        "casencmp",
        &[
            (
                "Case 1: 1 2 Case 2:",
                "Case 1: 1 2\nCase 2:\n",
                "ok 2 test cases(s)",
            ),
            (
                "Case 1: 1 3",
                "Case 1: 1 2 3 4 5 6 7",
                "wrong answer Sequences differ: jury has \"1 2 3 ... 6 7\" [size=7], but participant has \"1 3\" [size=2] [test case 1]",
            ),
            (
                "Case 1:",
                "Case 1: 1",
                "wrong answer Sequences differ: jury has \"1\" [size=1], but participant has \"\" [size=0] [test case 1]",
            ),
            (
                "Case 1: x",
                "Case 1: 1 y",
                "FAIL Expected integer, but \"y\" found (answer)",
            ),
            (
                "Case 1: x",
                "Case 1: 1 2",
                "wrong output format Expected integer, but \"x\" found",
            ),
            ("Case 1: 1\0x", "Case 1: 1", "ok 1 test cases(s)"),
            (
                "Case 1: 1",
                "Case 1: 1 Case 2: 2",
                "wrong output format Unexpected end of file - token expected",
            ),
            (
                "Case 1: 1 Case 2: 2",
                "Case 1: 1",
                "wrong output format Extra information in the output file",
            ),
        ],
    );
}

#[test]
fn casewcmp_compares_words_case_by_case() {
    table(
        "casewcmp",
        &[
            ("Case 1: a b", "Case 1: a b", "ok 1 test cases(s)"),
            (
                "Case 1: a b Case 2: c",
                "Case 1: a b Case 2: d e",
                "wrong answer Sequences differ: jury has \"d e\" [size=2], but participant has \"c\" [size=1] [test case 2]",
            ),
            (
                "Case 1: ab",
                "Case 1: a b",
                "wrong answer Sequences differ: jury has \"a b\" [size=2], but participant has \"ab\" [size=1] [test case 1]",
            ),
            (
                "Case one:",
                "Case 1: a",
                "wrong output format Expected '1:' but found 'one:' [test case 1]",
            ),
        ],
    );
}

#[test]
fn names_are_read_as_polygon_writes_them() {
    for checker in NativeChecker::ALL {
        assert_eq!(format!("std::{checker}.cpp").parse(), Ok(checker));
        assert_eq!(checker.name().parse(), Ok(checker));
    }
    let unknown = "std::pointscmp.cpp".parse::<NativeChecker>().unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "\"std::pointscmp.cpp\" is no standard checker of testlib"
    );
}

#[test]
fn reports_become_answers_and_a_broken_answer_is_the_jurys_fault() {
    let compare = |output: &str, answer: &str| {
        Checker::Native(NativeChecker::Icmp)
            .compare(output.as_bytes(), answer.as_bytes())
            .unwrap()
    };
    assert_eq!(compare("1", "1"), CheckerAnswer::Accepted);
    assert_eq!(
        compare("2", "1"),
        CheckerAnswer::Wrong {
            message: "expected 1, found 2".to_owned()
        }
    );
    assert!(matches!(
        compare("x", "1"),
        CheckerAnswer::Presentation { .. }
    ));
    assert_eq!(
        compare("1", "x"),
        CheckerAnswer::Broken {
            reason: "the checker failed: FAIL Expected integer, but \"x\" found (answer)"
                .to_owned()
        }
    );
}
