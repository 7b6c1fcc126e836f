//! What is wrong with scripts and inputs, each with its message: one table, one snapshot each.

use std::fmt::Write;

use super::said;

/// Scripts that are none.
const BROKEN: [&str; 42] = [
    "SPACE\nINT(1,2",
    "INT(1)",
    "INT(1,2,3)",
    "INT[1,2]",
    "FLOAT(1,2,FIXED)",
    "FLOAT(1,2,f,BIG)",
    "FLOAT(1,2,f,SPACE)",
    "FLOATP(1,2,f)",
    "STRING(5)",
    "STRING(\"a",
    "STRING(\"\\777\")",
    "\n\nREGEX(\"(\")",
    "REGEX(\"\\\\d\")",
    "MATCH(\"x\")",
    "ASSERT(1)",
    "ASSERT(1 <)",
    "ASSERT(1 < 2 < 3)",
    "ASSERT(\"a\" + )",
    "ASSERT((1 < 2) == 1)",
    "ASSERT(STRLEN(5) == 1)",
    "SET(a)",
    "SET(a == 1)",
    "SET(a[] = 1)",
    "UNSET(a[1])",
    "REP(2) SPACE",
    "REP(2, REP(3)) END",
    "REP(2, END) END",
    "REPI(2) END",
    "WHILE(1) END",
    "SPACE END",
    "ELSE",
    "REP(1) ELSE END",
    "IF(ISEOF)\nELSE\nELSE END",
    "IF(ISEOF)\n\nELSE\n",
    "INT(01,2)",
    "SPACE @",
    "SPACE é",
    "Space",
    "BLANK",
    "a",
    "5",
    ")",
];

fn messages(rows: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (script, input) in rows {
        let message = match said(script, input) {
            Ok(()) => panic!("nothing is wrong: {script} on {input:?}"),
            Err(message) => message,
        };
        let script = script.replace('\n', " ⏎ ");
        let input = if input.is_empty() {
            String::new()
        } else {
            format!("  on {input:?}")
        };
        writeln!(text, "{script}{input}\n    {message}").unwrap();
    }
    text
}

#[test]
fn each_fault_of_a_script_has_its_message() {
    let found = messages(&BROKEN.map(|script| (script, "")));
    insta::assert_snapshot!(found);
}

#[test]
fn what_is_nested_too_deep_is_refused_before_the_stack_is_used_up() {
    let deep = "(".repeat(1000);
    for start in ["ASSERT(", "SET(a=", "ASSERT(1 == ", "REP("] {
        let problem = said(&format!("{start}{deep}"), "").unwrap_err();
        assert_eq!(problem, "line 1: more than 64 levels in each other");
    }
    for repeated in ["IF(ISEOF) ", "REP(1) ", "ASSERT(!", "SET(a=-"] {
        let text = match repeated.ends_with(' ') {
            true => repeated.repeat(1000),
            false => format!("{repeated}{}", repeated[repeated.len() - 1..].repeat(1000)),
        };
        let problem = said(&text, "").unwrap_err();
        assert_eq!(problem, "line 1: more than 64 levels in each other");
    }
}

#[test]
fn each_fault_of_an_input_has_its_message() {
    let found = messages(&[
        ("", "x"),
        ("SPACE", ""),
        ("NEWLINE", "\r\n"),
        ("SPACE\nEOF", " \t"),
        ("INT(1,9)", "x"),
        ("INT(1,9)", "-"),
        ("INT(1,9) NEWLINE\nINT(1,9)", "5\n10"),
        ("INT(1,9)", "007"),
        ("INT(-1,9)", "-0"),
        ("INT(-1,10^40)", "-100000000000000000000000000000"),
        ("FLOAT(1,2.5)", "2.75"),
        ("FLOAT(1,1e100)", "1.5e100"),
        ("FLOAT(0,1e-9)", "0.0000001"),
        ("FLOAT(1,2)", ".5"),
        ("FLOAT(1,2)", "1."),
        ("FLOAT(1,2)", "1ex"),
        ("FLOAT(1,2)", "1e05"),
        ("FLOAT(1,2)", "01.5"),
        ("FLOAT(1,2)", "1e1000000000000000000"),
        ("FLOAT(1,2,f,SCIENTIFIC)", "1.5"),
        ("FLOATP(1,2,1,3)", "1.2345"),
        ("FLOATP(1,20,1,3)", "12.5e0"),
        ("STRING(\"abc\")", "xyz"),
        ("STRING(\"abc\")", "abd"),
        ("STRING(\"abc\")", "ab"),
        ("REGEX(\"[a-z]+\")", "A"),
        ("INT(0,9,n) ASSERT(n * 2 < 10)", "5"),
        ("SET(s=\"a\\n\") ASSERT(s == \"b\")", ""),
        ("ASSERT(1 == 2 || 2 == 1)", ""),
        ("SET(x[0]=1, x[1]=2, x[4]=1) ASSERT(UNIQUE(x))", ""),
        ("SET(x[0]=1, y[1]=1) ASSERT(UNIQUE(x, y))", ""),
        ("SET(x[0]=1, y=1, y[0]=1) ASSERT(UNIQUE(x, y))", ""),
        ("SPACE", "\u{e9}"),
    ]);
    insta::assert_snapshot!(found);
}

#[test]
fn each_script_that_cannot_go_on_has_its_message() {
    let found = messages(&[
        ("INT(1,n)", "5"),
        ("SPACE\nINT(1,a[2,3])", " 5"),
        ("INT(1.0,2)", "1"),
        ("INT(1,\"a\")", "1"),
        ("FLOAT(1,\"a\")", "1"),
        ("FLOATP(1,2,3,2)", "1"),
        ("FLOATP(1,2,0.5,2)", "1"),
        ("SET(s=1) STRING(s)", ""),
        ("SET(s=1) REGEX(s)", ""),
        ("SET(s=\"(\") REGEX(s)", ""),
        ("SET(s=1) ASSERT(MATCH(s))", ""),
        ("SET(s=1) ASSERT(STRLEN(s) == 1)", ""),
        ("ASSERT(1 / 0 == 1)", ""),
        ("ASSERT(1 % 0 == 1)", ""),
        ("ASSERT(1 / 0.0 == 1)", ""),
        ("ASSERT(5.5 % 2 == 1)", ""),
        ("ASSERT(2 ^ -1 == 1)", ""),
        ("ASSERT(2 ^ 0.5 == 1)", ""),
        ("ASSERT(\"a\" + 1 == 1)", ""),
        ("ASSERT(\"a\" == 1)", ""),
        ("ASSERT(-\"a\" == 1)", ""),
        ("SET(a[0.5]=1)", ""),
        ("REP(-1) END", ""),
        ("REP(1.5) END", ""),
        ("ASSERT(UNIQUE(x))", ""),
        ("ASSERT(INARRAY(1, x))", ""),
        ("SET(x=1) UNSET(x) INT(0,x)", "1"),
    ]);
    insta::assert_snapshot!(found);
}
