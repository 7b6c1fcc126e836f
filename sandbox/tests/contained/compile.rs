//! Sources that attack the compiler, or the judge by way of it. Compilers run in the same boxes as programs.

use tribunal_sandbox::{Ending, Outcome};

use crate::arena::{SECRET, Visit};
use crate::case::{Case, judge, ms};

const GCC: &[&str] = &["/usr/bin/gcc"];
const GXX: &[&str] = &["/usr/bin/g++"];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = reading();
    cases.extend(exploding());
    cases.extend(cheating());
    cases
}

/// Compiles `source`, with the judge's secret's path in place of `@SECRET@`.
fn compile(visit: &mut Visit<'_>, compiler: &str, name: &str, source: &str) -> Outcome {
    let secret = visit.arena.secret_path();
    visit.place(name, source.replace("@SECRET@", &secret.to_string_lossy()));
    visit.limits.memory = 256 << 20;
    visit.limits.processes = 32;
    visit.command(&[compiler, "-O2", name, "-o", "program"])
}

/// Nothing of the secret is in what the compiler or the program says, whichever of them was possible.
fn tells_nothing(visit: &mut Visit<'_>, compiler: &str, name: &str, source: &str) {
    let outcome = compile(visit, compiler, name, source);
    let mut said = [outcome.stdout.head.clone(), outcome.stderr.head.clone()].concat();
    if outcome.ending == Ending::Exited(0) {
        let outcome = visit.command(&["./program"]);
        said.extend([outcome.stdout.head, outcome.stderr.head].concat());
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(
        !said.contains("8041733") && !said.contains("root:") && !said.contains(SECRET),
        "{said}"
    );
}

fn reading() -> Vec<Case> {
    const PRINT: &str = "#include <stdio.h>\nextern char t[]; __asm__(\".data\\n.globl t\\nt:\\n.incbin \\\"@FILE@\\\"\\n.byte 0\\n\"); int main(void) { puts(t); return 0; }\n";
    vec![
        judge("including_the_secret_tells_nothing", |v| tells_nothing(v, "/usr/bin/gcc", "a.c", "#include \"@SECRET@\"\nint main(void) { return 0; }\n")).tools(GCC),
        judge("including_the_shadow_file_tells_nothing", |v| tells_nothing(v, "/usr/bin/gcc", "a.c", "#include \"/etc/shadow\"\n#include \"/../../etc/shadow\"\n#include \"/proc/1/environ\"\nint main(void) { return 0; }\n")).tools(GCC),
        judge("embedding_the_secret_tells_nothing", |v| tells_nothing(v, "/usr/bin/gcc", "a.c", &PRINT.replace("@FILE@", "@SECRET@"))).tools(GCC),
        judge("embedding_the_agents_environment_tells_nothing", |v| tells_nothing(v, "/usr/bin/gcc", "a.c", &PRINT.replace("@FILE@", "/proc/1/environ"))).tools(GCC),
        judge("comparing_dates_with_the_secret_tells_nothing", |v| tells_nothing(v, "/usr/bin/gcc", "a.c", "#pragma GCC dependency \"@SECRET@\" 8041733\n#pragma GCC dependency \"/etc/shadow\"\nint main(void) { return 0; }\n")).tools(GCC),
        judge("assembling_the_secret_tells_nothing", |v| tells_nothing(v, "/usr/bin/gcc", "a.S", ".include \"@SECRET@\"\n#include \"@SECRET@\"\n")).tools(GCC),
        judge("asking_whether_a_file_exists_tells_nothing", |v| {
            tells_nothing(v, "/usr/bin/gcc", "a.c", "#include <stdio.h>\nint main(void) {\n#if __has_include(\"@SECRET@\")\nputs(\"8041733\");\n#endif\nreturn 0; }\n");
        })
        .tools(GCC),
        judge("linking_the_secret_tells_nothing", |v| {
            // A linker script that is given as a source.
            v.place("script.c", "int main(void) { return 0; }\n");
            tells_nothing(v, "/usr/bin/gcc", "a.ld", "INPUT(@SECRET@)\nINPUT(/etc/shadow)\n");
        })
        .tools(GCC),
        judge("a_line_directive_does_not_open_the_secret", |v| tells_nothing(v, "/usr/bin/gcc", "a.c", "# 1 \"@SECRET@\"\nint main(void) { return x; }\n")).tools(GCC),
    ]
}

/// However the compiler ends is fine, if it ends soon and not well.
fn ends_badly(visit: &mut Visit<'_>, compiler: &str, name: &str, source: &str) {
    visit.limits.cpu_time = ms(3000);
    visit.limits.wall_time = ms(15_000);
    let outcome = compile(visit, compiler, name, source);
    assert_ne!(
        outcome.ending,
        Ending::Exited(0),
        "{}",
        visit.describe(&outcome)
    );
}

fn exploding() -> Vec<Case> {
    vec![
        judge("including_an_endless_device_ends", |v| ends_badly(v, "/usr/bin/gcc", "a.c", "#include \"/dev/zero\"\n")).tools(GCC),
        judge("including_random_bytes_ends", |v| ends_badly(v, "/usr/bin/gcc", "a.c", "#include \"/dev/urandom\"\n")).tools(GCC),
        judge("including_itself_ends", |v| ends_badly(v, "/usr/bin/gcc", "a.c", "#include \"a.c\"\n#include \"a.c\"\n")).tools(GCC),
        judge("macros_that_double_end", |v| {
            let doubling: String = (1..40).map(|n| format!("#define A{n} A{0} A{0}\n", n - 1)).collect();
            ends_badly(v, "/usr/bin/gcc", "a.c", &format!("#define A0 x x\n{doubling}A39\n"));
        })
        .tools(GCC),
        judge("templates_that_double_end", |v| {
            ends_badly(v, "/usr/bin/g++", "a.cpp", "template<int N, int M> struct F { static const long v = F<N-1, 2*M>::v + F<N-1, 2*M+1>::v; };\ntemplate<int M> struct F<0, M> { static const long v = M; };\nint main() { return F<24, 1>::v; }\n");
        })
        .tools(GXX),
        judge("a_huge_array_ends_or_is_bounded", |v| {
            let outcome = compile(v, "/usr/bin/gcc", "a.c", "int a[1L << 28] = {1};\nint main(void) { return a[5]; }\n");
            assert_ne!(outcome.ending, Ending::Exited(0), "{}", v.describe(&outcome));
        })
        .tools(GCC),
        judge("an_assembler_that_repeats_ends", |v| ends_badly(v, "/usr/bin/gcc", "a.s", ".rept 100000000\n.rept 100000000\n.quad 1\n.endr\n.endr\n")).tools(GCC),
        judge("embedding_an_endless_device_ends", |v| ends_badly(v, "/usr/bin/gcc", "a.s", ".incbin \"/dev/zero\"\n")).tools(GCC),
        judge("filling_a_section_without_end_ends", |v| ends_badly(v, "/usr/bin/gcc", "a.s", ".fill 0x7fffffffff, 8, 1\n.balign 1 << 40\n")).tools(GCC),
        judge("a_flood_of_errors_is_cut", |v| {
            let source: String = (0..20_000).map(|n| format!("int f{n}(void) {{ return undefined_{n}; }}\n")).collect();
            ends_badly(v, "/usr/bin/gcc", "a.c", &source);
        })
        .tools(GCC),
        judge("constant_evaluation_without_end_ends", |v| {
            ends_badly(v, "/usr/bin/g++", "a.cpp", "constexpr long f(long n) { long s = 0; for (long i = 0; i < n; ++i) s += i % 7; return s; }\nstatic_assert(f(1L << 40) == 1);\nint main() {}\n");
        })
        .tools(GXX),
    ]
}

fn cheating() -> Vec<Case> {
    vec![
        judge("a_plugin_named_in_the_source_is_not_loaded", |v| {
            tells_nothing(v, "/usr/bin/gcc", "a.c", "#pragma GCC plugin \"/box/evil.so\"\n#pragma comment(linker, \"-T@SECRET@\")\nint main(void) { return 0; }\n");
        })
        .tools(GCC),
        judge("what_a_compiler_left_is_gone", |v| {
            let outcome = compile(v, "/usr/bin/gcc", "a.c", "int main(void) { return 0; }\n");
            assert_eq!(outcome.ending, Ending::Exited(0), "{}", v.describe(&outcome));
        })
        .tools(GCC),
        judge("a_killed_compiler_leaves_nothing", |v| {
            v.limits.cpu_time = ms(30);
            let _ = compile(v, "/usr/bin/g++", "a.cpp", "#include <bits/stdc++.h>\nint main() { std::regex r(\"a\"); }\n");
        })
        .tools(GXX),
    ]
}
