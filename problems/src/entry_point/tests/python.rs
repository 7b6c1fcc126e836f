//! The Python driver.

use super::{check, maybe, named, prints, run, runs_as_ever};

#[track_caller]
fn calls(source: &str, stdin: &str, wanted: &str) {
    prints("python", source, &maybe(), stdin, wanted);
}

const FACTORIAL: &str = "def factorial(n):\n    return 1 if n == 0 else n * factorial(n-1)";

#[test]
fn the_documents_own_example_is_called() {
    calls(FACTORIAL, "5", "120\n");
    calls(FACTORIAL, "0\n", "1\n");
    calls(FACTORIAL, "30", "265252859812191058636308480000000\n");
}

#[test]
fn the_inputs_values_are_the_arguments() {
    let show = "def show(*values):\n    return repr(values)\n";
    for (stdin, wanted) in [
        ("", "()\n"),
        (" \n", "()\n"),
        ("5", "(5,)\n"),
        ("5 -2.5\n1e3", "(5, -2.5, 1000.0)\n"),
        ("[1, 2] 3", "([1, 2], 3)\n"),
        (
            "[1,\n 2]\n{\"a\": [true, null]}",
            "([1, 2], {'a': [True, None]})\n",
        ),
        ("\"a b\" \"c\"", "('a b', 'c')\n"),
        ("hello world", "('hello', 'world')\n"),
        ("abc 3 [1, 2]", "('abc', 3, [1, 2])\n"),
        ("1x 2", "('1x', 2)\n"),
        ("[1, 2", "('[1,', 2)\n"),
        ("007", "('007',)\n"),
        ("привет", "('привет',)\n"),
    ] {
        calls(show, stdin, wanted);
    }
}

#[test]
fn a_function_of_one_parameter_gets_what_would_not_fit_as_one() {
    calls(
        "def total(numbers):\n    return sum(numbers)\n",
        "1 2 3",
        "6\n",
    );
    calls(
        "def total(numbers):\n    return sum(numbers)\n",
        "[1, 2, 3]",
        "6\n",
    );
    calls(
        "def backwards(text):\n    return text[::-1]\n",
        "hello world\n",
        "dlrow olleh\n",
    );
    calls("def first(a, b=2):\n    return [a, b]\n", "1", "[1, 2]\n");
    calls("def size(text):\n    return len(text)\n", "", "0\n");
    calls("def size(text=None):\n    return text\n", "\n", "null\n");
    let ran = run(
        "python",
        &[("main.py", "def add(a, b):\n    return a + b\n")],
        &maybe(),
        "1 2 3",
        &[],
    );
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr
            .ends_with("TypeError: add() takes 2 positional arguments but 3 were given\n"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("driver"), "{}", ran.stderr);
}

#[test]
fn results_are_printed_as_text_or_json() {
    for (value, wanted) in [
        ("'plain text'", "plain text\n"),
        ("True", "true\n"),
        ("None", "null\n"),
        ("2.5", "2.5\n"),
        ("[1, 'a', None, (2, 3)]", "[1, \"a\", null, [2, 3]]\n"),
        ("{'a': 1, 2: [False]}", "{\"a\": 1, \"2\": [false]}\n"),
        ("{3, 1, 2}", "[1, 2, 3]\n"),
        ("(x * x for x in range(3))", "[0, 1, 4]\n"),
        ("range(3)", "[0, 1, 2]\n"),
        ("'é'", "é\n"),
        ("10 ** 20", "100000000000000000000\n"),
        ("{(1, 2): 3}", "{(1, 2): 3}\n"),
    ] {
        calls(&format!("def f():\n    return {value}\n"), "", wanted);
    }
    calls(
        "def f():\n    return 10 ** 5000\n",
        "",
        &format!("1{}\n", "0".repeat(5000)),
    );
}

#[test]
fn a_function_that_prints_needs_no_result() {
    calls("def f(n):\n    print(n * 2)\n", "4", "8\n");
    calls(
        "def f(n):\n    print('work')\n    return n\n",
        "4",
        "work\n4\n",
    );
    calls(
        "import sys\ndef f(n):\n    sys.stdout.buffer.write(b'x')\n",
        "4",
        "x",
    );
}

#[test]
fn a_function_without_parameters_reads_the_input_itself() {
    calls(
        "def solve():\n    n = int(input())\n    print(n + 1)\n",
        "4\n",
        "5\n",
    );
}

#[test]
fn what_only_defines_is_called() {
    for source in [
        "\"\"\"Doc.\"\"\"\nimport math\nfrom os import path as p\nMOD = 10**9 + 7\nINF = float('inf')\nmemo = {}\n\ndef f(n):\n    return n + 1\n",
        "import sys\nsys.setrecursionlimit(10000)\ndef f(n): return n + 1\n",
        "import logging\nlog = logging.getLogger(__name__)\ndef f(n): return n + 1\n",
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(n): return n + 1\n",
        "from functools import lru_cache\ndef slow(n): return n + 1\nf = lru_cache(None)(slow)\n",
        "f = lambda n: n + 1\n",
        "try:\n    import numpy_that_is_not_there as np\nexcept ImportError:\n    np = None\ndef f(n): return n + 1\n",
        "import sys\nif sys.version_info >= (3, 8):\n    def f(n): return n + 1\nelse:\n    def f(n): return n + 2\n",
        "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\ndef f(n): return Point(n + 1, 0).x\n",
        "squares = []\nfor i in range(10):\n    squares.append(i * i)\ndef f(n): return n + 1 + 0 * squares[2]\n",
        "table = [0] * 10\nfor i in range(1, 10):\n    table[i] = table[i-1] + 1\ndef f(n): return table[n] + 1\n",
        "def build(n): return list(range(n))\nTABLE = build(10)\ndef f(n): return TABLE[n] + 1\n",
        "def f(n): return n\ndef f(n): return n + 1\n",
        "class Node:\n    def __init__(self, value): self.value = value\nroot = Node(1)\ndef f(n): return n + root.value\n",
        "def helper(n): return n\ndef f(n): return helper(n) + 1\nclass Late: pass\n",
        "class Solution:\n    def _help(self, n): return n\n    def f(self, n): return self._help(n) + 1\n    def _more(self): pass\n",
        "async def f(n): return n + 1\n",
        "def f(n):\n    def inner(): return n + 1\n    return inner()\nassert True\n",
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\nfrom __future__ import annotations\ndef f(n: int) -> int: return n + 1\n",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(n): return P(n).x + 1\n",
        "try:\n    def f(n): return n + 1\nfinally:\n    pass\n",
    ] {
        calls(source, "4", "5\n");
    }
}

#[test]
fn what_does_more_is_run_as_a_program() {
    for source in [
        "print(int(input()) + 1)\n",
        "def f(n): return n + 1\nprint(f(int(input())))\n",
        "def main():\n    print(int(input()) + 1)\nmain()\n",
        "def main():\n    print(int(input()) + 1)\nif __name__ == '__main__':\n    main()\n",
        "import sys\ndef f(n): return n + 1\nn = int(sys.stdin.readline())\nsys.stdout.write(str(f(n)) + '\\n')\n",
        "import sys\ninput = sys.stdin.readline\ndef f(n): return n + 1\nprint(f(int(input())))\n",
        "def read(): return int(input())\nn = read()\ndef f(): return n + 1\nprint(f())\n",
        "class App:\n    def run(self): print(int(input()) + 1)\nApp().run()\n",
        "import os\ndef f(n): return n + 1\nos.write(1, b'%d\\n' % f(int(os.read(0, 9))))\n",
        "for line in open(0):\n    print(int(line) + 1)\n",
        "def f(n): return n + 1\nfor _ in range(1):\n    print(f(int(input())))\n",
        "def f(n): return n + 1\nwhile True:\n    try:\n        print(f(int(input())))\n    except EOFError:\n        break\n",
        "exec('print(int(input()) + 1)')\ndef f(n): return 0\n",
    ] {
        let ran = runs_as_ever("python", &[("main.py", source)], "4\n");
        assert_eq!(
            (ran.stdout.as_str(), ran.status),
            ("5\n", 0),
            "{source}\n{}",
            ran.stderr
        );
    }
    // Nothing to call, nothing printed.
    for source in [
        "x = 1\n",
        "",
        "class A: pass\n",
        "def f(n): return n\nf(5)\n",
    ] {
        assert_eq!(
            runs_as_ever("python", &[("main.py", source)], "4\n").stdout,
            ""
        );
    }
}

#[test]
fn a_program_does_not_notice_the_driver() {
    for source in [
        "raise ValueError('x')\n",
        "def f():\n    return 1 // 0\nprint('a')\nf()\n",
        "import sys\nsys.exit(3)\n",
        "import sys\nsys.exit('sorry')\n",
        "raise SystemExit\n",
        "import os\nprint('lost')\nos._exit(7)\n",
        "import sys\nprint(__name__, __file__, sys.argv, sys.path[0], __builtins__.len([1]), __doc__, __package__, __spec__)\n",
        "import __main__\nx = 5\nprint(__main__.x, __main__.__file__)\n",
        "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__module__)\n",
        "import atexit\natexit.register(print, 'bye')\nprint('hi')\n",
        "import threading\nthreading.Thread(target=lambda: print('thread')).start()\nprint('main')\n",
        "def f(n): return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError as error:\n    print(error)\n",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('y')\n",
        "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()\n",
        "import sys\ndef hook(kind, error, trace): print('hook', kind.__name__)\nsys.excepthook = hook\n1 / 0\n",
        "x = [\n",
        "print('a'\n\nif True\n",
        "import sys\nsys.stdout.close()\n",
        "print(sorted(globals()))\n",
    ] {
        runs_as_ever("python", &[("main.py", source)], "4\n");
    }
}

#[test]
fn files_beside_the_source_come_before_the_library() {
    let helper = ("json.py", "def dumps(x): return 'mine'\n");
    let main = "import json, helper\nprint(json.dumps(helper.f(int(input()))))\n";
    let files = [
        ("main.py", main),
        helper,
        ("helper.py", "def f(n): return n\n"),
    ];
    assert_eq!(runs_as_ever("python", &files, "4\n").stdout, "mine\n");
    let files = [
        ("main.py", "import json\ndef f(n): return json.dumps(n)\n"),
        helper,
    ];
    assert_eq!(run("python", &files, &maybe(), "4", &[]).stdout, "mine\n");
    for name in ["ast.py", "re.py", "enum.py", "types.py"] {
        let files = [
            ("main.py", "print('fine')\n"),
            (name, "raise Exception('hidden')\n"),
        ];
        assert_eq!(
            run("python", &files, &maybe(), "", &[]).stdout,
            "fine\n",
            "{name}"
        );
    }
}

#[test]
fn a_function_of_several_parameters_may_have_commas_between_its_values() {
    let show = "def show(a, b):\n    return [a, b]\n";
    for (stdin, wanted) in [
        ("2, 3", "[2, 3]\n"),
        ("[1, 2],\n\"x, y\"\n", "[[1, 2], \"x, y\"]\n"),
        ("a, 3", "[\"a,\", 3]\n"),
        ("x y", "[\"x\", \"y\"]\n"),
    ] {
        calls(show, stdin, wanted);
    }
    calls("def show(text):\n    return text\n", "2,3", "2,3\n");
    calls(
        "def show(*values):\n    return values\n",
        "2, 3",
        "[\"2,\", 3]\n",
    );
}

#[test]
fn a_named_function_is_called_whatever_else_the_source_does() {
    let source = "def f(n): return n + 1\ndef g(n): return n + 2\nif __name__ == '__main__':\n    print(g(int(input())))\n";
    prints("python", source, &named("f"), "4", "5\n");
    prints("python", source, &named("g"), "4", "6\n");
    prints("python", source, &maybe(), "4\n", "6\n");
    prints(
        "python",
        "print('hello')\ndef f(n): return n\n",
        &named("f"),
        "4",
        "hello\n4\n",
    );
    prints(
        "python",
        "class Solution:\n    def f(self, n): return n + 1\n",
        &named("Solution.f"),
        "4",
        "5\n",
    );
    prints(
        "python",
        "class Solution:\n    def f(self, n): return n + 1\n    def g(self, n): return n\n",
        &named("f"),
        "4",
        "5\n",
    );
    for name in ["h", "x", "__import__('os')", "f.g.h"] {
        let ran = run(
            "python",
            &[("main.py", "x = 1\ndef f(n): return n\n")],
            &named(name),
            "4",
            &[],
        );
        assert_eq!((ran.stdout.as_str(), ran.status), ("", 1), "{name}");
        assert_eq!(
            ran.stderr,
            format!("entry point '{name}' is no function of the source\n")
        );
    }
}

#[test]
fn an_exception_in_a_called_function_shows_the_source_only() {
    let ran = run(
        "python",
        &[("main.py", "def f(n):\n    raise ValueError('no')\n")],
        &maybe(),
        "4",
        &[],
    );
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 1));
    insta::assert_snapshot!(ran.stderr, @r#"
    Traceback (most recent call last):
      File "/box/main.py", line 2, in f
        raise ValueError('no')
    ValueError: no
    "#);
    let ran = run(
        "python",
        &[("main.py", "import sys\ndef f(n):\n    sys.exit(n)\n")],
        &maybe(),
        "4",
        &[],
    );
    assert_eq!(ran.status, 4);
}

#[test]
fn the_syntax_check_says_what_the_interpreter_says() {
    assert_eq!(check("python", "main.py", FACTORIAL).status, 0);
    let ran = check("python", "main.py", "def f(:\n    pass\n");
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 1));
    insta::assert_snapshot!(ran.stderr, @r#"
      File "main.py", line 1
        def f(:
              ^
    SyntaxError: invalid syntax
    "#);
    assert_eq!(check("python", "main.py", "return 5\n").status, 1);
    assert_eq!(check("python", "main.py", "\tx = 1\n  y = 2\n").status, 1);
    assert_eq!(
        check(
            "python",
            "main.py",
            &format!("x = {}1{}\n", "(".repeat(5000), ")".repeat(5000))
        )
        .status,
        1
    );
}
