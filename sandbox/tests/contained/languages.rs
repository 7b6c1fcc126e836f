//! The runtimes that contests use, each compiled and run as a contestant would.

use tribunal_sandbox::{Ending, Input};

use crate::arena::Visit;
use crate::case::{Case, judge, ms};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = compiled();
    cases.extend(interpreted());
    cases
}

/// Runs each line; all must succeed, and the last must say `42`.
fn says_42(visit: &mut Visit<'_>, name: &str, source: &str, lines: &[&[&str]]) {
    visit.limits.memory = 1 << 30;
    visit.limits.processes = 128;
    visit.limits.file_size = 64 << 20;
    visit.limits.open_files = 512;
    visit.limits.cpu_time = ms(30_000);
    visit.limits.wall_time = ms(60_000);
    visit.place(name, source);
    let mut said = Vec::new();
    for line in lines {
        visit.stdin = Input::Empty;
        let outcome = visit.command(line);
        assert_eq!(
            outcome.ending,
            Ending::Exited(0),
            "{line:?}: {}",
            visit.describe(&outcome)
        );
        said = outcome.stdout.head;
    }
    assert_eq!(String::from_utf8_lossy(&said), "42\n");
}

fn compiled() -> Vec<Case> {
    vec![
        judge("c_works", |v| {
            let source = "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { int *p = malloc(1 << 20); p[9] = 42; printf(\"%d\\n\", p[9]); return 0; }\n";
            says_42(v, "a.c", source, &[&["/usr/bin/gcc", "-O2", "-o", "a", "a.c"], &["./a"]]);
        })
        .tools(&["/usr/bin/gcc"]),
        judge("static_c_works", |v| {
            let source = "#include <stdio.h>\nint main(void) { puts(\"42\"); return 0; }\n";
            says_42(v, "a.c", source, &[&["/usr/bin/gcc", "-static", "-o", "a", "a.c"], &["./a"]]);
        })
        .tools(&["/usr/bin/gcc"]),
        judge("cpp_with_threads_works", |v| {
            let source = "#include <iostream>\n#include <thread>\n#include <vector>\n#include <atomic>\nint main() { std::atomic<int> s{0}; std::vector<std::thread> t; for (int i = 0; i < 6; ++i) t.emplace_back([&] { s += 7; }); for (auto &x : t) x.join(); std::cout << s << std::endl; }\n";
            says_42(v, "a.cpp", source, &[&["/usr/bin/g++", "-O1", "-std=c++20", "-pthread", "-o", "a", "a.cpp"], &["./a"]]);
        })
        .tools(&["/usr/bin/g++"]),
        judge("the_address_sanitizer_works", |v| {
            let source = "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { char *p = malloc(10); p[1] = 42; printf(\"%d\\n\", p[1]); free(p); return 0; }\n";
            says_42(v, "a.c", source, &[&["/usr/bin/gcc", "-fsanitize=address,undefined", "-o", "a", "a.c"], &["/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0", "./a"]]);
        })
        .needs_cgroup()
        .tools(&["/usr/bin/gcc"]),
        judge("java_works", |v| {
            let source = "import java.util.stream.*;\npublic class Main { public static void main(String[] a) throws Exception { Thread t = new Thread(() -> System.out.println(IntStream.range(0, 7).parallel().map(x -> 6).sum())); t.start(); t.join(); } }\n";
            says_42(v, "Main.java", source, &[&["/usr/bin/javac", "-J-Xmx256m", "Main.java"], &["/usr/bin/java", "-Xmx128m", "-Xss64m", "Main"]]);
        })
        .tools(&["/usr/bin/java", "/usr/bin/javac"]),
        judge("go_works", |v| {
            let source = "package main\nimport \"fmt\"\nfunc main() { c := make(chan int); for i := 0; i < 6; i++ { go func() { c <- 7 }() }; s := 0; for i := 0; i < 6; i++ { s += <-c }; fmt.Println(s) }\n";
            says_42(v, "a.go", source, &[&["/usr/bin/env", "GOCACHE=/tmp/c", "GO111MODULE=off", "GOTOOLCHAIN=local", "/usr/bin/go", "run", "a.go"]]);
        })
        .tools(&["/usr/bin/go"]),
    ]
}

fn interpreted() -> Vec<Case> {
    vec![
        judge("python_works", |v| {
            let source = "import threading, tempfile, subprocess, sys, os, random, decimal, multiprocessing\nx = []\nt = [threading.Thread(target=x.append, args=(7,)) for _ in range(6)]\n[i.start() for i in t]; [i.join() for i in t]\nwith tempfile.TemporaryFile() as f: f.write(b'x')\nassert subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stdout == b'1\\n'\nassert sys.stdout.encoding.lower() == 'utf-8'\nwith multiprocessing.Pool(2) as p: assert p.map(abs, [-1, -2]) == [1, 2]\nprint(sum(x))\n";
            says_42(v, "a.py", source, &[&["/usr/bin/python3", "a.py"]]);
        })
        .tools(&["/usr/bin/python3"]),
        judge("deep_recursion_in_python_works", |v| {
            let source = "import sys, threading\nsys.setrecursionlimit(1 << 20)\nthreading.stack_size(256 << 20)\ndef f(n): return 42 if n == 0 else f(n - 1)\nt = threading.Thread(target=lambda: print(f(50000)))\nt.start(); t.join()\n";
            says_42(v, "a.py", source, &[&["/usr/bin/python3", "a.py"]]);
        })
        .tools(&["/usr/bin/python3"]),
        judge("text_of_any_language_works_in_python", |v| {
            let source = "s = 'żółć 日本 🎲'\nopen('ż.txt', 'w').write(s)\nassert open('ż.txt').read() == s\nprint(42)\n";
            says_42(v, "a.py", source, &[&["/usr/bin/python3", "a.py"]]);
        })
        .tools(&["/usr/bin/python3"]),
        judge("pypy_works", |v| says_42(v, "a.py", "import random, threading\nprint(sum(7 for _ in range(6)))\n", &[&["/usr/bin/pypy3", "a.py"]]))
            .tools(&["/usr/bin/pypy3"]),
        judge("node_works", |v| {
            let source = "const fs = require('fs'); const { Worker } = require('worker_threads'); fs.writeFileSync('x', 'y'); fs.readFile('x', 'utf8', () => { new Worker(\"require('worker_threads').parentPort.postMessage(42)\", { eval: true }).on('message', (m) => console.log(String(m))); });\n";
            says_42(v, "a.js", source, &[&["/usr/bin/node", "a.js"]]);
        })
        .tools(&["/usr/bin/node"]),
        judge("perl_and_the_shell_work", |v| {
            says_42(v, "a.sh", "perl -e 'print 6 * 7, \"\\n\"' | while read x; do echo $x; done\n", &[&["/bin/sh", "a.sh"]]);
        })
        .tools(&["/bin/sh", "/usr/bin/perl"]),
    ]
}
