//! Every part of the language: what it accepts, what it refuses, and in which words.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

mod refused;

/// What a script says of an input.
fn said(script: &str, input: &str) -> Result<(), String> {
    said_with(script, input, &CheckOptions::default())
}

fn said_with(script: &str, input: &str, options: &CheckOptions) -> Result<(), String> {
    let script = Script::parse(script.as_bytes()).map_err(|error| error.to_string())?;
    let said = script.check(input.as_bytes(), options);
    said.map_err(|refusal| refusal.to_string())
}

/// Each script accepts the inputs of the first list and none of the second.
#[track_caller]
fn check(rows: &[(&str, &[&str], &[&str])]) {
    for (script, accepted, refused) in rows {
        for input in *accepted {
            assert_eq!(said(script, input), Ok(()), "{script} on {input:?}");
        }
        for input in *refused {
            assert!(said(script, input).is_err(), "{script} on {input:?}");
        }
    }
}

/// Each test holds.
#[track_caller]
fn holds(tests: &[&str]) {
    for test in tests {
        assert_eq!(said(&format!("ASSERT({test})"), ""), Ok(()), "{test}");
        let negated = format!("ASSERT(!({test}))");
        assert!(said(&negated, "").is_err(), "{negated}");
    }
}

#[test]
fn blanks_and_ends_match_themselves() {
    check(&[
        ("", &[""], &["\n", "x"]),
        ("SPACE", &[" "], &["", "\t", "  "]),
        ("NEWLINE", &["\n"], &["", "\r\n", " \n"]),
        ("SPACE EOF", &[" "], &["  "]),
        ("EOF SPACE", &[], &["", " "]),
        ("SPACENEWLINE", &[" \n"], &["\n "]),
        ("# nothing\nSPACE # one\n#", &[" "], &[""]),
    ]);
}

#[test]
fn integers_have_one_form_and_any_size() {
    check(&[
        (
            "INT(-5, 10)",
            &["0", "-5", "10", "7"],
            &[
                "11", "-6", "-0", "+1", "01", "00", "-01", "", "-", "1.0", "x", " 1",
            ],
        ),
        (
            "INT(10^30, 2*10^30)",
            &["1000000000000000000000000000000"],
            &["1", "2000000000000000000000000000001"],
        ),
        ("INT(1,9,n) SPACE INT(n,n)", &["3 3"], &["3 4"]),
        ("INT(0,9,a[1,2]) SPACE INT(a[1,2],9)", &["1 2"], &["2 1"]),
    ]);
}

#[test]
fn floats_are_written_in_fixed_or_scientific_notation() {
    check(&[
        (
            "FLOAT(-1, 100)",
            &[
                "0", "-1", "-0.0", "1.50", "1e2", "1E+2", "1e-3", "10e1", "-0",
            ],
            &[
                "-1.01", "100.001", "1.", ".5", "01", "00.5", "1e", "1e01", "+1", "1e400", "", "-",
            ],
        ),
        ("FLOAT(0, 100, f, FIXED)", &["12.5"], &["1e1"]),
        ("FLOAT(0, 100, f, SCIENTIFIC)", &["1.25e1"], &["12.5"]),
        (
            "FLOAT(0.1, 0.1, f) ASSERT(f == 1/10.0)",
            &["0.1", "1e-1"],
            &["0.10000000000000000000001"],
        ),
        (
            "FLOATP(0, 10, 1, 2)",
            &["1.5", "1.55", "1.5e0"],
            &["1", "1.555", "0.5e1", "15e-1", "12.5e-1"],
        ),
        ("FLOATP(0, 10, 0, 0)", &["5"], &["5.0", "5e0"]),
        ("FLOATP(0, 10, 1, 2, f, FIXED)", &["1.5"], &["1.5e0"]),
        ("FLOATP(0, 10, 1, 2, f, SCIENTIFIC)", &["1.5e0"], &["1.5"]),
        (
            "FLOAT(0, 1e-1000000000000)",
            &["0", "1e-999999999999999"],
            &["1e-999999999999"],
        ),
    ]);
}

#[test]
fn texts_and_regular_expressions_match_bytes() {
    check(&[
        ("STRING(\"ab\")", &["ab"], &["a", "ac", "abc", ""]),
        (
            "STRING(\"a\\n\\t\\\\\\\"\\101\\q\")",
            &["a\n\t\\\"A\\q"],
            &["an"],
        ),
        ("STRING(\"a\\\nb\")", &["ab"], &["a\nb"]),
        ("STRING(\"a\nb\")", &["a\nb"], &["ab"]),
        ("STRING(\"#\")", &["#"], &[""]),
        ("SET(s=\"no\") STRING(s)", &["no"], &["s"]),
        ("REGEX(\"[a-z]+\") NEWLINE", &["abc\n"], &["\n", "aBc\n"]),
        ("REGEX(\"a|ab\") STRING(\"c\")", &["abc"], &["bc"]),
        (
            "REGEX(\"[0-9]+\", s) SPACE STRING(s)",
            &["12 12"],
            &["12 13"],
        ),
        ("REGEX(\".*\")", &["a\nb", ""], &[]),
        ("REGEX(\"[^\\n]*\") NEWLINE", &["a b\n"], &["a\nb\n"]),
        ("REGEX(\"\\\\.\\\\\\\\\")", &[".\\"], &["a\\"]),
    ]);
}

#[test]
fn loops_and_branches_go_as_often_as_they_say() {
    check(&[
        (
            "INT(0,5,n) REP(n) SPACE INT(0,9) END",
            &["0", "2 1 2"],
            &["2 1", "2 1 2 3"],
        ),
        (
            "REP(3, SPACE) INT(0,9) END",
            &["1 2 3"],
            &["1 2 3 ", "123", "1 2"],
        ),
        (
            "REP(2, STRING(\", \")) STRING(\"x\") END",
            &["x, x"],
            &["x,x"],
        ),
        (
            "REPI(i, 3) INT(i,i) SPACE END INT(i,i)",
            &["0 1 2 3"],
            &["0 1 2 2", "0 1 2"],
        ),
        (
            "REPI(i[0], 2, SPACE) INT(0,9,a[i[0]]) END ASSERT(a[0] < a[1])",
            &["1 2"],
            &["2 1"],
        ),
        ("WHILE(!ISEOF) STRING(\"x\") END", &["", "xxx"], &["xxy"]),
        (
            "WHILE(!MATCH(\"\\n\"), SPACE) INT(0,9) END NEWLINE",
            &["1 2\n", "\n"],
            &["1 \n", "12\n"],
        ),
        (
            "WHILEI(i, !ISEOF, SPACE) INT(i,i) END ASSERT(i == 3)",
            &["0 1 2"],
            &["0 1", "0 2 1"],
        ),
        (
            "IF(MATCH(\"-\")) STRING(\"-\") ELSE SPACE END INT(1,9)",
            &["-1", " 1"],
            &["1"],
        ),
        ("IF(ISEOF) END REP(0) STRING(\"x\") END", &[""], &["x"]),
        (
            "INT(1,3,n) NEWLINE REP(n, NEWLINE) INT(0,3,k) REP(k) IF(MATCH(\" \")) SPACE END INT(0,9) END END",
            &["1\n2 1 2", "2\n0\n1 7"],
            &["2\n0", "1\n1"],
        ),
    ]);
}

#[test]
fn operators_bind_and_round_as_in_the_specification() {
    holds(&[
        "1 + 2 * 3 == 7",
        "(1 + 2) * 3 == 9",
        "10 - 3 - 2 == 5",
        "7 / 2 == 3 && -7 / 2 == -3 && 7 % 3 == 1 && -7 % 3 == -1",
        "-2 ^ 2 == -4",
        "2 ^ 3 ^ 2 == 64",
        "2 ^ 100 == 1267650600228229401496703205376",
        "2 ^ 100 / 2 ^ 99 == 2",
        "9223372036854775807 + 1 == 9223372036854775808",
        "-9223372036854775808 - 1 < -9223372036854775808",
        "9223372036854775808 - 1 - 9223372036854775807 == 0",
        "(-1) ^ 1000000000000 == 1 && (-1) ^ 3 == -1 && 0 ^ 0 == 1",
        "7 / 2.0 == 3.5 && 1.5 + 1 == 2.5 && 0.1 + 0.2 == 0.3",
        "1.5 ^ 2 == 2.25 && 2 * 0.5 == 1",
        "1 / 3.0 < 0.34 && 1 / 3.0 > 0.33 && 1.0 / 3 == 2 / 6.0",
        "1e30 == 10 ^ 30 && 1. == 1",
        "STRLEN(\"abc\\n\") == 4",
        "\"abc\" < \"abd\" && \"ab\" < \"abc\" && \"b\" >= \"a\"",
        "1 - -1 == 2",
    ]);
}

#[test]
fn tests_are_joined_from_the_left_and_not_holds_for_all_behind_it() {
    holds(&[
        "1 < 2 && 2 > 1 && 1 <= 1 && 1 >= 1 && 1 == 1 && 1 != 2",
        "1 == 1 || 1 == 2",
        "(1 == 1 || 1 == 1) && 1 == 1",
        "ISEOF && !MATCH(\"x\")",
        "!1 == 2",
        // This is !(1 == 2 && 1 == 2).
        "!1 == 2 && 1 == 2",
        "!!1 == 1",
        "((1)) + 1 == (2)",
        "(((1 < 2)))",
    ]);
    // `||` and `&&` bind equally: this is (true || true) && false.
    assert!(said("ASSERT(1 == 1 || 1 == 1 && 1 == 2)", "").is_err());
    // What is decided is not looked at.
    assert_eq!(said("ASSERT(1 == 1 || unknown == 1)", ""), Ok(()));
}

#[test]
fn arrays_are_searched_for_values_and_for_doubles() {
    check(&[
        (
            "REPI(i, 3, SPACE) INT(0,9,x[i]) END ASSERT(UNIQUE(x))",
            &["1 2 3"],
            &["1 2 1"],
        ),
        (
            "REPI(i, 2, SPACE) INT(0,9,x[i]) STRING(\",\") INT(0,9,y[i]) END ASSERT(UNIQUE(x, y))",
            &["1,1 1,2", "1,2 2,1"],
            &["1,2 1,2"],
        ),
        (
            "REPI(i, 2, SPACE) INT(0,9,x[i]) END ASSERT(INARRAY(7, x))",
            &["1 7", "7 0"],
            &["1 2"],
        ),
        // What was there before is there no more.
        (
            "SET(x[0]=1, x[0]=2) ASSERT(!INARRAY(1, x) && INARRAY(2, x))",
            &[""],
            &["x"],
        ),
        ("SET(x=1, y[0]=1) IF(UNIQUE(x, y)) SPACE END", &[""], &[" "]),
        (
            "SET(x[1]=1.0, x[2]=1) ASSERT(!UNIQUE(x) && INARRAY(1.0, x))",
            &[""],
            &[],
        ),
        (
            "SET(x[0]=\"a\", x[1]=1) ASSERT(UNIQUE(x) && INARRAY(\"a\", x))",
            &[""],
            &[],
        ),
        (
            "SET(x[0]=1, x[1]=1) UNSET(x) SET(x[5]=1) ASSERT(UNIQUE(x))",
            &[""],
            &[],
        ),
        (
            "SET(x[0]=1) SET(x[2^70]=2) ASSERT(x[2^70] == 2)",
            &[""],
            &[],
        ),
    ]);
}

#[test]
fn blanks_are_free_where_that_is_asked_for() {
    let free = CheckOptions {
        whitespace_ok: true,
        ..CheckOptions::default()
    };
    let script = "INT(0,9) SPACE INT(0,9) NEWLINE INT(0,9) NEWLINE";
    for input in ["1 2\n3\n", "  1 \t 2  \n  3\r\n "] {
        assert_eq!(said_with(script, input, &free), Ok(()), "{input:?}");
    }
    for input in ["12\n3\n", "1 2 3\n", "1 2\n\n3\n", "1 2\n3"] {
        assert!(said_with(script, input, &free).is_err(), "{input:?}");
    }
    let twice = "INT(1,2) SPACE SPACE INT(1,2)";
    assert!(said_with(twice, "1  2", &free).is_err());
}

#[test]
fn what_has_no_end_is_given_up() {
    let options = CheckOptions {
        steps_max: 100_000,
        bytes_max: 100_000,
        ..CheckOptions::default()
    };
    // Each round looks at the whole rest of the input.
    let regular = "REP(10^9) REGEX(\"a(.*b)?\") END";
    let long = "a".repeat(50_000);
    for (script, input, problem) in [
        ("WHILE(1 == 1) END", "", "it takes more than 100000 steps"),
        ("REP(10^15) END", "", "it takes more than 100000 steps"),
        (
            "SET(a=3) WHILE(0 == 0) SET(a=a*a) END",
            "",
            "it takes more than 100000 steps",
        ),
        (
            "SET(a=0.3) WHILE(0 == 0) SET(a=a*a) END",
            "",
            "a number gets too large or too small",
        ),
        (regular, long.as_str(), "it takes more than 100000 steps"),
        ("ASSERT(2^(2^40) == 1)", "", "a number gets too large"),
        (
            "WHILEI(i, 0 == 0) SET(a[i]=i) END",
            "",
            "its variables take too much memory",
        ),
        ("REPI(i, 9) REGEX(\".*\", a[i]) END", "", ""),
    ] {
        let said = said_with(script, input, &options);
        match problem {
            "" => assert_eq!(said, Ok(()), "{script}"),
            _ => assert!(
                said.as_ref().is_err_and(|text| text.contains(problem)),
                "{script}: {said:?}"
            ),
        }
    }
    let number = "1".repeat(100_001);
    let said = said("INT(0, 10^100)", &number).unwrap_err();
    assert!(
        said.contains("a number of more than 100000 digits"),
        "{said}"
    );
}

/// Words from which scripts are made that are nearly right.
const WORDS: [&str; 40] = [
    "INT", "FLOATP", "FLOAT", "STRING", "REGEX", "ASSERT", "SET", "UNSET", "REP", "REPI", "WHILE",
    "IF", "ELSE", "END", "SPACE", "NEWLINE", "EOF", "ISEOF", "MATCH", "UNIQUE", "INARRAY",
    "STRLEN", "(", ")", "(", ")", ",", "=", "==", "<", "!", "&&", "||", "+", "-", "^", "a", "b[1]",
    "2", "\"x\"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 512 }))]

    /// Whatever a text is, reading it ends, with a script or with the line of its fault.
    #[test]
    fn no_text_is_too_much_for_the_parser(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = Script::parse(&text) {
            let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            prop_assert!((1..=lines).contains(&error.line), "{error}");
        }
    }

    /// A script that nearly is one, or is one, comes to an end on any input.
    #[test]
    fn no_script_is_too_much_for_the_judge(
        words in proptest::collection::vec(0..WORDS.len(), 0..40),
        input in "[ab12 x\n.-]{0,20}",
    ) {
        let words: Vec<&str> = words.into_iter().map(|at| WORDS[at]).collect();
        if let Ok(script) = Script::parse(words.join(" ").as_bytes()) {
            let options = CheckOptions { steps_max: 10_000, ..CheckOptions::default() };
            // Either answer is right; what counts is that there is one.
            let _: Result<(), Refusal> = script.check(input.as_bytes(), &options);
        }
    }

    /// Two numbers are as their texts are, whether small or large.
    #[test]
    fn integers_are_computed_as_in_i128(a in any::<i64>(), b in any::<i64>()) {
        let (wide_a, wide_b) = (i128::from(a), i128::from(b));
        let mut script = format!("SET(a={a}, b={b})");
        for (sign, result) in [
            ("+", Some(wide_a + wide_b)),
            ("-", Some(wide_a - wide_b)),
            ("*", Some(wide_a * wide_b)),
            ("/", wide_a.checked_div(wide_b)),
            ("%", wide_a.checked_rem(wide_b)),
        ] {
            if let Some(result) = result {
                write!(script, " ASSERT(a {sign} b == {result})").expect("a text takes more text");
            }
        }
        prop_assert_eq!(said(&script, ""), Ok(()));
    }

    /// Floats are as exact as their texts.
    #[test]
    fn floats_are_compared_as_fractions(a in -999_999_i64..999_999, b in -999_999_i64..999_999, places in 0_u32..5) {
        let text = |number: i64| format!("{number}e-{places}");
        let order = match a.cmp(&b) {
            std::cmp::Ordering::Less => "<",
            std::cmp::Ordering::Equal => "==",
            std::cmp::Ordering::Greater => ">",
        };
        let (sum, product) = (a + b, i128::from(a) * i128::from(b));
        let twice = 2 * places;
        let (a, b, sum) = (text(a), text(b), text(sum));
        let script = format!("ASSERT({a} {order} {b} && {a} + {b} == {sum} && {a} * {b} == {product}e-{twice})");
        prop_assert_eq!(said(&script, ""), Ok(()));
    }
}
