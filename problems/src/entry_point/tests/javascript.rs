//! The JavaScript driver.

use super::{EntryPoint, check, maybe, named, prints, run, runs_as_ever};

#[track_caller]
fn calls(source: &str, stdin: &str, wanted: &str) {
    prints("javascript", source, &maybe(), stdin, wanted);
}

const FACTORIAL: &str = "function factorial(n) {\n  return n === 0 ? 1 : n * factorial(n - 1);\n}";

#[test]
fn the_documents_own_example_is_called() {
    calls(FACTORIAL, "5", "120\n");
    calls(FACTORIAL, "0\n", "1\n");
}

#[test]
fn the_inputs_values_are_the_arguments() {
    let show = "const show = (...values) => JSON.stringify(values);";
    for (stdin, wanted) in [
        ("", "[]\n"),
        ("5 -2.5\n1e3", "[5,-2.5,1000]\n"),
        (
            "[1,\n 2]\n{\"a\": [true, null]} 3",
            "[[1,2],{\"a\":[true,null]},3]\n",
        ),
        ("\"a b\" \"c\\\"]\"", "[\"a b\",\"c\\\"]\"]\n"),
        ("hello world", "[\"hello\",\"world\"]\n"),
        ("abc 3 [1, 2]", "[\"abc\",3,[1,2]]\n"),
        ("1x [1, 2", "[\"1x\",\"[1,\",2]\n"),
        ("true null x", "[true,null,\"x\"]\n"),
    ] {
        calls(show, stdin, wanted);
    }
}

#[test]
fn a_function_of_one_parameter_gets_what_would_not_fit_as_one() {
    calls(
        "const total = (numbers) => numbers.reduce((a, b) => a + b);",
        "1 2 3",
        "6\n",
    );
    calls(
        "const total = numbers => numbers.reduce((a, b) => a + b);",
        "[1, 2, 3]",
        "6\n",
    );
    calls(
        "function backwards(text) { return [...text].reverse().join(''); }",
        "hello world\n",
        "dlrow olleh\n",
    );
    calls(
        "const f = async (text) => { return `${[...text].length}`; };",
        "hello world\n",
        "11\n",
    );
    calls("function both(a, b = 2) { return [a, b]; }", "1", "[1,2]\n");
    calls("function size(text) { return text.length; }", "", "0\n");
    calls(
        "function size(text = null) { return text; }",
        "\n",
        "null\n",
    );
}

#[test]
fn a_function_of_several_parameters_may_have_commas_between_its_values() {
    let show = "const show = (a, b) => [a, b];";
    for (stdin, wanted) in [
        ("2, 3", "[2,3]\n"),
        ("[1, 2],\n\"x, y\"\n", "[[1,2],\"x, y\"]\n"),
        ("a, 3", "[\"a,\",3]\n"),
        ("x y", "[\"x\",\"y\"]\n"),
    ] {
        calls(show, stdin, wanted);
    }
    calls("function show(text) { return text; }", "2,3", "2,3\n");
}

#[test]
fn results_are_printed_as_text_or_json() {
    for (value, wanted) in [
        ("'plain text'", "plain text\n"),
        ("true", "true\n"),
        ("null", "null\n"),
        ("undefined", ""),
        ("2.5", "2.5\n"),
        ("NaN", "NaN\n"),
        ("10n ** 20n", "100000000000000000000\n"),
        (
            "[10n ** 20n, { a: -(10n ** 20n) }]",
            "[100000000000000000000,{\"a\":-100000000000000000000}]\n",
        ),
        ("[1, 'a', null, [2, 3]]", "[1,\"a\",null,[2,3]]\n"),
        ("({ a: 1, b: [false] })", "{\"a\":1,\"b\":[false]}\n"),
        ("new Set([3, 1])", "[3,1]\n"),
        ("new Map([['a', 1]])", "{\"a\":1}\n"),
        ("new Int32Array([1, 2])", "[1,2]\n"),
        ("Promise.resolve(7)", "7\n"),
    ] {
        calls(&format!("function f() {{ return {value}; }}"), "", wanted);
    }
}

#[test]
fn a_function_that_prints_needs_no_result() {
    calls("function f(n) { console.log(n * 2); }", "4", "8\n");
    calls(
        "function f(n) { console.log('work'); return n; }",
        "4",
        "work\n4\n",
    );
    calls(
        "function f() { console.log(Number(require('fs').readFileSync(0, 'utf8')) + 1); }",
        "4\n",
        "5\n",
    );
}

#[test]
fn what_only_defines_is_called() {
    for source in [
        "'use strict';\nconst MOD = 1e9 + 7;\nconst memo = new Map();\nlet count = 0;\nfunction f(n) { count++; return n + 1; }\n",
        "const f = n => n + 1",
        "const f = (n) => {\n  return n + 1;\n};\n",
        "const f = function (n) { return n + 1 }\n",
        "let f = async (n) => n + 1;",
        "async function f(n) { await null; return n + 1; }",
        "var f = function g(n) { return n + 1; }, x = 5",
        "f = (n) => n + 1;\nfunction f(n) { return n + 1; }",
        "function f(n) { return n + 1; }\nmodule.exports = f;\n",
        "function f(n) { return n + 1; }\nfunction g(n) { return n + 2; }\nmodule.exports = f;\n",
        "module.exports = (n) => n + 1;\n",
        "function f(n) { return n + 1; }\nmodule.exports = { f };\n",
        "function f(n) { return n + 1; }\nif (typeof module !== 'undefined') module.exports = { f };\n",
        "function f(n) { return n + 1; }\nexports.f = f;\n",
        "const fs = require('fs');\nconst readline = require('readline');\nconst { log } = require('util');\nfunction f(n) { return n + 1; }\n",
        "class Node { constructor(v) { this.v = v; } get x() { return `}`; } }\nconst root = new Node(1);\nfunction f(n) { return n + root.v; }\n",
        "class Solution {\n  help(n) { return n; }\n  f(n) { return this.help(n) + 1; }\n}\n",
        "const table = [0];\nfor (let i = 1; i < 10; i++) { table.push(i); }\nfunction f(n) { return table[n] + 1; }\n",
        "const memoize = (g) => (n) => g(n);\nconst f = memoize((n) => n + 1);\n",
        "function Old() {}\nOld.prototype.go = function () { console.log('no'); };\nfunction f(n) { return n + 1; }\n",
        "// a comment with ` and ' and {\n/* function g( */\nconst re = /[/`'\"{]/g;\nconst s = `a ${'}' + `b ${1}`} c`;\nfunction f(n) { return n + 1; }\n",
        "const half = 4 / 2; const other = half / 2;\nfunction f(n) { return n + 1; }\n",
        "const a = 1\nconst b = a\n  + 2\nlet c\nconst f = n =>\n  n + 1\n",
        "export function f(n) { return n + 1; }\n",
        "export default function (n) { return n + 1; }\n",
        "export default (n) => n + 1;\n",
        "import { strict } from 'assert';\nimport fs from 'fs';\nconst f = (n) => n + 1;\n",
        "import fs from 'fs'\nexport const f = (n) => n + 1\nexport { fs }\n",
        "#!/usr/bin/env node\nfunction f(n) { return n + 1; }\n",
        "try { var dep = require('not-there'); } catch (e) { dep = null; }\nfunction f(n) { return n + 1; }\n",
        "function* gen() { yield 1; }\nconst f = function (n) { return n + 1; };\n",
        "const obj = { f(n) { return n; }, g: () => 1 };\nconst f = (n) => n + 1;\n",
        "class Solution {\n  static f(n) { return n + 1; }\n}\n",
        "exports.f = function (n) { return n + 1; };\n",
        "module.exports.f = (n) => n + 1\n",
        "module.exports = { f(n) { return n + 1; } };\n",
        "module.exports = {\n  g: (n) => n,\n  f: (n) => n + 1,\n};\n",
        "const help = (n) => n;\nmodule.exports = { f: (n) => help(n) + 1 };\n",
        "module.exports = class { f(n) { return n + 1; } };\n",
        "export default class Solution { f(n) { return n + 1; } }\n",
        "function f(n) { return n + 1; }\nmodule.exports = class Node {};\n",
        "try { require('not-there'); } catch {}\nfunction f(n) { return n + 1; }\n",
        "Array.prototype.last = function () { return this[this.length - 1]; };\nfunction f(n) { return [1, n + 1].last(); }\n",
    ] {
        calls(source, "4", "5\n");
    }
}

#[test]
fn what_does_more_is_run_as_a_program() {
    for source in [
        "console.log(Number(require('fs').readFileSync(0)) + 1);\n",
        "const fs = require('fs');\nfunction f(n) { return n + 1; }\nconst n = Number(fs.readFileSync(0, 'utf8'));\nconsole.log(f(n));\n",
        "const fs = require('fs')\nconst lines = fs.readFileSync('/dev/stdin', 'utf8').split('\\n')\nconst f = (n) => n + 1\nconsole.log(f(+lines[0]))\n",
        "function main() { console.log(Number(require('fs').readFileSync(0)) + 1); }\nmain();\n",
        "function main() { console.log(Number(require('fs').readFileSync(0)) + 1); }\nmain()",
        "const main = () => console.log(Number(require('fs').readFileSync(0)) + 1)\nmain()\n",
        "(function () { console.log(Number(require('fs').readFileSync(0)) + 1); })();\n",
        "function main() { console.log(Number(require('fs').readFileSync(0)) + 1); }\nif (require.main === module) main();\n",
        "const rl = require('readline').createInterface({ input: process.stdin });\nfunction f(n) { return n + 1; }\nrl.on('line', (line) => console.log(f(+line)));\n",
        "process.stdin.on('data', (data) => process.stdout.write(`${+data + 1}\\n`));\nfunction f() {}\n",
        "let data = '';\nprocess.stdin.on('data', (d) => (data += d)).on('end', () => console.log(+data + 1));\n",
        "function f(n) { return n + 1; }\nfor (const line of require('fs').readFileSync(0, 'utf8').trim().split('\\n')) console.log(f(+line));\n",
        "const read = () => +require('fs').readFileSync(0)\nconst n = read()\nfunction f() { return n + 1 }\nconsole.log(f())\n",
        "class App { run() { console.log(+require('fs').readFileSync(0) + 1); } }\nnew App().run();\n",
    ] {
        let ran = runs_as_ever("javascript", &[("main.js", source)], "4\n");
        assert_eq!(
            (ran.stdout.as_str(), ran.status),
            ("5\n", 0),
            "{source}\n{}",
            ran.stderr
        );
    }
    for source in [
        "const x = 1;",
        "",
        "class A {}",
        "function f(n) { return n; }\nf(5);",
    ] {
        assert_eq!(
            runs_as_ever("javascript", &[("main.js", source)], "4\n").stdout,
            ""
        );
    }
}

#[test]
fn a_program_does_not_notice_the_driver() {
    for source in [
        "process.exit(3);",
        "process.exitCode = 4; console.log('end');",
        "console.log(__filename, process.argv.slice(1), require.main === module, module.id, module.parent, typeof exports, this === module.exports);",
        "process.on('exit', () => console.log('bye')); console.log('hi');",
        "setTimeout(() => console.log('later'), 5); Promise.resolve().then(() => console.log('soon')); console.log('now');",
        "let depth = 0;\nfunction f() { depth++; f(); }\ntry { f(); } catch (e) { console.log(e instanceof RangeError, depth > 5000); }",
        "console.log(Object.keys(globalThis));",
        "console.log(require('./helper').f(4));",
    ] {
        runs_as_ever(
            "javascript",
            &[
                ("main.js", source),
                ("helper.js", "exports.f = (n) => n + 1;"),
            ],
            "4\n",
        );
    }
}

#[test]
fn an_uncaught_error_ends_as_ever_and_shows_no_driver() {
    for source in [
        "throw new Error('x');",
        "function f() { null.x; }\nf();",
        "Promise.reject(new Error('later'));",
        "const x = ;",
    ] {
        let with = run("javascript", &[("main.js", source)], &maybe(), "", &[]);
        let without = run(
            "javascript",
            &[("main.js", source)],
            &EntryPoint::Program,
            "",
            &[],
        );
        assert_eq!(
            (with.status, &with.stdout),
            (without.status, &without.stdout),
            "{source}"
        );
        let head = |text: &str| text.lines().take(7).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(head(&with.stderr), head(&without.stderr), "{source}");
        assert!(!with.stderr.contains("driver"), "{}", with.stderr);
    }
}

/// Older versions of node (18, as in Debian 12) refuse module syntax in a `.js` file; with the driver it works there too.
#[test]
fn module_syntax_in_a_js_file_is_run_by_every_node() {
    prints(
        "javascript",
        "import fs from 'fs';\nfunction f(n) { return n + 1; }\nconsole.log(f(+fs.readFileSync(0)));\n",
        &maybe(),
        "4\n",
        "5\n",
    );
    prints(
        "javascript",
        "console.log(typeof import.meta.url, await Promise.resolve(5));\n",
        &maybe(),
        "",
        "string 5\n",
    );
}

#[test]
fn modules_by_their_ending_are_called_and_run() {
    let files = [
        (
            "main.mjs",
            "import { g } from './util.mjs';\nexport const f = (n) => g(n) + 1;\n",
        ),
        ("util.mjs", "export const g = (n) => n;\n"),
    ];
    assert_eq!(run("javascript", &files, &maybe(), "4", &[]).stdout, "5\n");
    let files = [(
        "main.mjs",
        "import fs from 'fs';\nconsole.log(await Promise.resolve(+fs.readFileSync(0) + 1));\n",
    )];
    assert_eq!(runs_as_ever("javascript", &files, "4\n").stdout, "5\n");
    let files = [("main.cjs", "const f = (n) => n + 1;\n")];
    assert_eq!(run("javascript", &files, &maybe(), "4", &[]).stdout, "5\n");
}

#[test]
fn a_named_function_is_called_whatever_else_the_source_does() {
    let source = "function f(n) { return n + 1; }\nconst g = (n) => n + 2;\nif (require.main === module) console.log(g(+require('fs').readFileSync(0)));\n";
    prints("javascript", source, &named("f"), "4", "5\n");
    prints("javascript", source, &named("g"), "4", "6\n");
    prints("javascript", source, &maybe(), "4\n", "6\n");
    prints(
        "javascript",
        "console.log('hello');\nfunction f(n) { return n; }\n",
        &named("f"),
        "4",
        "hello\n4\n",
    );
    prints(
        "javascript",
        "class Solution { f(n) { return n + 1; } }",
        &named("Solution.f"),
        "4",
        "5\n",
    );
    prints(
        "javascript",
        "class Solution { f(n) { return n + 1; } g(n) { return n; } }",
        &named("f"),
        "4",
        "5\n",
    );
    prints(
        "javascript",
        "export const f = (n) => n + 1;\nexport const g = 5;",
        &named("f"),
        "4",
        "5\n",
    );
    for name in ["h", "x", "require('fs')", "f.g.h"] {
        let ran = run(
            "javascript",
            &[("main.js", "const x = 1;\nfunction f(n) { return n; }\n")],
            &named(name),
            "4",
            &[],
        );
        assert_eq!(
            (ran.stdout.as_str(), ran.status),
            ("", 1),
            "{name}\n{}",
            ran.stderr
        );
        assert_eq!(
            ran.stderr,
            format!("entry point '{name}' is no function of the source\n")
        );
    }
}

#[test]
fn an_exception_in_a_called_function_shows_the_source_only() {
    for source in [
        "function f(n) {\n  throw new Error('no');\n}",
        "async function f(n) {\n  await null;\n  throw new Error('no');\n}",
    ] {
        let ran = run("javascript", &[("main.js", source)], &maybe(), "4", &[]);
        assert_eq!((ran.stdout.as_str(), ran.status), ("", 1));
        assert!(
            ran.stderr.contains("Error: no\n    at f (/box/main.js:"),
            "{}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("driver"), "{}", ran.stderr);
    }
    let ran = run(
        "javascript",
        &[("main.js", "function f(n) { process.exit(n); }")],
        &maybe(),
        "4",
        &[],
    );
    assert_eq!(ran.status, 4);
}

#[test]
fn the_syntax_check_says_what_v8_says() {
    assert_eq!(check("javascript", "main.js", FACTORIAL).status, 0);
    assert_eq!(
        check(
            "javascript",
            "main.js",
            "import fs from 'fs';\nexport default await 5;\n"
        )
        .status,
        0
    );
    assert_eq!(
        check("javascript", "main.js", "#!/usr/bin/env node\nreturn 5;\n").status,
        0
    );
    let ran = check("javascript", "main.js", "function f( {\n  return 1;\n");
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 1));
    assert!(
        ran.stderr.starts_with("main.js:2\n  return 1;\n"),
        "{}",
        ran.stderr
    );
    for bad in [
        "}); process.exit(0); (() => {",
        "export default = 5;",
        "let a; let a;",
    ] {
        assert_eq!(check("javascript", "main.js", bad).status, 1, "{bad}");
    }
    assert_eq!(check("javascript", "main.mjs", "return 5;\n").status, 1);
}
