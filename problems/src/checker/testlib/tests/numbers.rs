//! A table for each standard checker of numbers.

use super::{line, table};

#[test]
fn hcmp_compares_one_integer_of_any_size() {
    table(
        "hcmp",
        &[
            (
                "-123456789012345678901234567890",
                "-123456789012345678901234567890",
                "ok answer is '-123456789012345678901234567890'",
            ),
            ("2", "1", "wrong answer expected '1', found '2'"),
            ("01", "1", "wrong output format 01 is not a valid integer"),
            ("-0", "0", "wrong output format -0 is not a valid integer"),
            (
                "",
                "1",
                "wrong output format Unexpected end of file - token expected",
            ),
            (
                "1",
                "",
                "FAIL Unexpected end of file - token expected (answer)",
            ),
            ("1", "x", "FAIL x is not a valid integer"),
            (
                "1",
                "1 2",
                "FAIL expected exactly one token in the answer file",
            ),
            (
                "1 2",
                "1",
                "wrong output format Extra information in the output file",
            ),
        ],
    );
}

#[test]
fn icmp_compares_one_integer() {
    table(
        "icmp",
        &[
            ("-5", "-5\n", "ok answer is -5"),
            ("5", "6", "wrong answer expected 6, found 5"),
            (
                "2147483648",
                "1",
                "wrong output format Expected int32, but \"2147483648\" found",
            ),
            (
                "+1",
                "1",
                "wrong output format Expected integer, but \"+1\" found",
            ),
            (
                "1.0",
                "1",
                "wrong output format Expected integer, but \"1.0\" found",
            ),
            (
                "1\0",
                "1",
                "wrong output format Expected integer, but \"1~\" found (it contains \\0)",
            ),
            (
                "",
                "1",
                "wrong output format Unexpected end of file - int32 expected",
            ),
            (
                "1",
                "-2147483649",
                "FAIL Expected int32, but \"-2147483649\" found (answer)",
            ),
            (
                "1 1",
                "1",
                "wrong output format Extra information in the output file",
            ),
        ],
    );
}

#[test]
fn ncmp_compares_integers_in_order() {
    table(
        "ncmp",
        &[
            ("1 2\n3", "1\n2 3", "ok 3 number(s): \"1 2 3\""),
            ("", "", "ok 0 number(s): \"\""),
            ("1 2 3 4 5 6", "1 2 3 4 5 6", "ok 6 numbers"),
            (
                "1 3",
                "1 2",
                "wrong answer 2nd numbers differ - expected: '2', found: '3'",
            ),
            (
                "1",
                "1 2 3",
                "wrong answer Answer contains longer sequence [length = 3], but output contains 1 elements",
            ),
            (
                "1 2",
                "1",
                "wrong answer Output contains longer sequence [length = 2], but answer contains 1 elements",
            ),
            (
                "1 x",
                "1",
                "wrong output format Expected integer, but \"x\" found",
            ),
            (
                "1",
                "1 x",
                "FAIL Expected integer, but \"x\" found (answer)",
            ),
            (
                "9223372036854775808",
                "9223372036854775807",
                "wrong output format Expected integer, but \"9223372036854775808\" found",
            ),
            (
                "1000000000000001 1000000000000002 1000000000000003 1000000000000004 1000000000000005",
                "1000000000000001 1000000000000002 1000000000000003 1000000000000004 1000000000000005",
                "ok 5 number(s): \"1000000000000001 1000000000000...00000000000004 1000000000000005\"",
            ),
        ],
    );
}

#[test]
fn uncmp_compares_integers_in_any_order() {
    table(
        "uncmp",
        &[
            (
                "3 1 2",
                "1 2 3",
                "ok 3 numbers (in increasing order): 1 2 3",
            ),
            ("7", "7", "ok 1 number: 7"),
            ("", "", "ok empty sequence"),
            (
                "7 6 5 4 3 2 1",
                "1 2 3 4 5 6 7",
                "ok 7 numbers (in increasing order): 1 2 ... 6 7",
            ),
            (
                "1 1 2",
                "1 2 2",
                "wrong answer Expected sequence and output are different (as unordered sequences) [size=3]",
            ),
            ("1", "1 2", "wrong answer Expected 2 elements, but 1 found"),
            (
                "1 -",
                "1 2",
                "wrong output format Expected integer, but \"-\" found",
            ),
        ],
    );
}

#[test]
fn dcmp_acmp_and_rcmp_compare_one_number() {
    table(
        "dcmp",
        &[
            ("1.0000005", "1", "ok answer is 1.0000000000"),
            ("1000000.5", "1000000", "ok answer is 1000000.0000000000"),
            (
                "1.00001",
                "1",
                "wrong answer expected 1.0000000000, found 1.0000100000",
            ),
        ],
    );
    assert!(line("dcmp", "1e999", "1e301").starts_with("ok answer is 10000000000000000525"));
    assert_eq!(
        line("dcmp", "1e999", "-1e999"),
        "wrong answer expected -inf, found inf"
    );
    for name in ["acmp", "rcmp"] {
        table(
            name,
            &[
                ("1.0000014", "1", "ok answer is 1.0000000000"),
                (
                    "1.000002",
                    "1",
                    "wrong answer expected 1.0000000000, found 1.0000020000",
                ),
                (
                    "1000000.5",
                    "1000000",
                    "wrong answer expected 1000000.0000000000, found 1000000.5000000000",
                ),
                ("1e", "1", "ok answer is 1.0000000000"),
                ("-.5E+0", "-0.5", "ok answer is -0.5000000000"),
                (
                    "0x1",
                    "1",
                    "wrong output format Expected double, but \"0x1\" found",
                ),
                (
                    "nan",
                    "1",
                    "wrong output format Expected double, but \"nan\" found",
                ),
                (
                    "1-2",
                    "1",
                    "wrong output format Expected double, but \"1-2\" found",
                ),
                (
                    ".",
                    "1",
                    "wrong output format Expected double, but \".\" found",
                ),
                (
                    "1e5.5",
                    "1",
                    "wrong output format Expected double, but \"1e5.5\" found",
                ),
                (
                    "",
                    "1",
                    "wrong output format Unexpected end of file - double expected",
                ),
                (
                    "1",
                    "one",
                    "FAIL Expected double, but \"one\" found (answer)",
                ),
            ],
        );
    }
}

#[test]
fn rcmp4_rcmp6_and_rcmp9_compare_numbers() {
    table(
        "rcmp4",
        &[
            (
                "1.00005",
                "1",
                "ok found '1.00005', expected '1.00000', error '0.00005'",
            ),
            (
                "-1",
                "-1",
                "ok found '-1.00000', expected '-1.00000', error '-0.00000'",
            ),
            (
                "1 2.001",
                "1 2",
                "wrong answer 2nd numbers differ - expected: '2.00000', found: '2.00100', error = '0.00050'",
            ),
            ("1 2", "1 2", "ok 2 numbers"),
            (
                "1",
                "1 2",
                "wrong output format Unexpected end of file - double expected",
            ),
            (
                "1 2",
                "1",
                "wrong output format Extra information in the output file",
            ),
            (
                "1e999",
                "1e999",
                "ok found 'inf', expected 'inf', error '-nan'",
            ),
            (
                "1",
                "1e999",
                "wrong answer 1st numbers differ - expected: 'inf', found: '1.00000', error = 'nan'",
            ),
        ],
    );
    table(
        "rcmp6",
        &[
            ("", "", "ok 0 numbers"),
            (
                "1.000002",
                "1",
                "wrong answer 1st numbers differ - expected: '1.0000000', found: '1.0000020', error = '0.0000020'",
            ),
        ],
    );
    table(
        "rcmp9",
        &[
            (
                "1.0000000005",
                "1",
                "ok found '1.0000000005', expected '1.0000000000', error '0.0000000005'",
            ),
            (
                "1.000000002",
                "1",
                "wrong answer 1st numbers differ - expected: '1.0000000000', found: '1.0000000020', error = '0.0000000020'",
            ),
        ],
    );
}

#[test]
fn rncmp_compares_numbers_by_their_distance() {
    table(
        "rncmp",
        &[
            ("1.000014 2", "1 2", "ok 2 numbers"),
            ("7", "7", "ok 1 numbers"),
            (
                "1 100.0001",
                "1 100",
                "wrong answer 2nd numbers differ - expected: '100.0000000000', found: '100.0001000000'",
            ),
        ],
    );
}
