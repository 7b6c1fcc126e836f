//! The languages beside those of the examples: what each is told of its box, and that a legal program does not die of it.

use std::time::Duration;

use tribunal_actors::{BuildReport, Node};
use tribunal_problems::{GeneratorKind, LanguageId, Plan, RunLimits, SourceFile, Verdict};

use crate::harness::{judge, plan, real, real_node};

fn program(language: &str, file: &str, source: &str, tests: &[(&str, &str)]) -> Plan {
    Plan {
        // A virtual machine on a busy host takes its time.
        limits: RunLimits::default().with_time(Duration::from_secs(20)),
        rule: GeneratorKind::All,
        ..plan(language, file, source, tests)
    }
}

async fn expect(node: &Node, plan: Plan, verdict: Verdict) -> BuildReport {
    let source = format!("{:?}", plan.files);
    let report = judge(node, plan).await;
    assert_eq!(report.verdict, verdict, "{source}: {report:#?}");
    report
}

#[test]
fn what_the_tests_install_is_here() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for id in ["java", "go", "pascal", "pypy"] {
            let usable = node.toolchains().get(&LanguageId::new(id));
            assert!(matches!(usable, Some(Ok(_))), "{id}: {usable:?}");
        }
    });
}

#[test]
fn the_main_class_is_found_whatever_its_file_is_called() {
    let sum = "Scanner s = new Scanner(System.in); System.out.println(s.nextInt() + s.nextInt());";
    let class = |head: &str| {
        format!(
            "import java.util.*;\n{head} {{ public static void main(String[] a) {{ {sum} }} }}\n"
        )
    };
    let tests = [("1 2", "3")];
    let several = |files: &[(&str, String)]| Plan {
        files: files
            .iter()
            .map(|(name, text)| SourceFile::new(*name, text.as_bytes()))
            .collect(),
        ..program("java", "x", "x", &tests)
    };
    let helper = "public class Add { static int add(int a, int b) { return a + b; } }\n".to_owned();
    let calls = "import java.util.*;\npublic class Sum { public static void main(String[] a) { Scanner s = new Scanner(System.in); System.out.println(Add.add(s.nextInt(), s.nextInt())); } }\n".to_owned();
    let other =
        "public class Other { public static void main(String[] a) { System.out.println(0); } }\n"
            .to_owned();
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for head in [
            "public class Main",
            "class Solution",
            "public class AnyName",
        ] {
            expect(
                &node,
                program("java", "Main.java", &class(head), &tests),
                Verdict::AC,
            )
            .await;
        }
        let packaged = format!("package a.b;\n{}", class("public class Deep"));
        expect(
            &node,
            program("java", "Main.java", &packaged, &tests),
            Verdict::AC,
        )
        .await;
        expect(
            &node,
            several(&[("Add.java", helper.clone()), ("Sum.java", calls.clone())]),
            Verdict::AC,
        )
        .await;
        // Of two, the first file's; but Main is Main.
        expect(
            &node,
            several(&[
                ("Other.java", other.clone()),
                ("Add.java", helper.clone()),
                ("Sum.java", calls),
            ]),
            Verdict::WA,
        )
        .await;
        expect(
            &node,
            several(&[
                ("Other.java", other),
                ("Main.java", class("public class Main")),
            ]),
            Verdict::AC,
        )
        .await;
        let report = expect(&node, several(&[("Add.java", helper)]), Verdict::CE).await;
        assert!(
            report.compile.log.contains("public static void main"),
            "{report:#?}"
        );
        let report = expect(
            &node,
            program("java", "Main.java", "class A { int x = \"\"; }", &tests),
            Verdict::CE,
        )
        .await;
        assert!(report.compile.log.contains("Main.java:1"), "{report:#?}");
    });
}

#[test]
fn a_virtual_machine_knows_its_box() {
    let java = "public class Main { public static void main(String[] a) { Runtime r = Runtime.getRuntime(); System.out.println(r.availableProcessors() + \" \" + (r.maxMemory() >> 20 >= 240)); } }";
    let go = "package main\nimport (\"fmt\"; \"runtime\")\nfunc main() { fmt.Println(runtime.GOMAXPROCS(0), true) }\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (language, file, source) in [("java", "Main.java", java), ("go", "main.go", go)] {
            expect(
                &node,
                program(language, file, source, &[("", "1 true")]),
                Verdict::AC,
            )
            .await;
        }
    });
}

/// Keeps 150 MiB and throws away 2 GiB beside, in a box of 256 MiB: legal, whatever the collector would like.
const KEEPS: [(&str, &str, &str); 4] = [
    (
        "java",
        "Main.java",
        "public class Main { public static void main(String[] a) { byte[][] kept = new byte[150][]; for (int n = 0; n < 150; n++) kept[n] = new byte[1 << 20]; long sum = 0; for (int n = 0; n < 2048; n++) { byte[] gone = new byte[1 << 20]; gone[n] = 1; sum += gone[n]; } System.out.println(kept.length + sum); } }",
    ),
    (
        "go",
        "main.go",
        "package main\nimport \"fmt\"\nvar gone []byte\nfunc main() { var kept [][]byte; for n := 0; n < 150; n++ { b := make([]byte, 1<<20); for i := range b { b[i] = 1 }; kept = append(kept, b) }; sum := 0; for n := 0; n < 2048; n++ { gone = make([]byte, 1<<20); gone[n] = 1; sum += int(gone[n]) }; fmt.Println(len(kept) + sum) }\n",
    ),
    (
        "pypy",
        "main.py",
        "kept = [[n] * (1 << 17) for n in range(150)]\nsum = 0\nfor n in range(2048):\n    gone = [1] * (1 << 17)\n    sum += gone[n]\nprint(len(kept) + sum)\n",
    ),
    (
        "pascal",
        "main.pas",
        "var n, sum: longint; p: pointer;\nbegin\n  for n := 1 to 150 do begin getmem(p, 1 shl 20); fillchar(p^, 1 shl 20, 1); end;\n  sum := 0;\n  for n := 1 to 2048 do begin getmem(p, 1 shl 20); fillchar(p^, 1 shl 20, 1); sum := sum + pbyte(p)^; freemem(p); end;\n  writeln(150 + sum);\nend.\n",
    ),
];

#[test]
fn a_legal_program_does_not_die_of_its_run_times_guess() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (language, file, source) in KEEPS {
            expect(
                &node,
                program(language, file, source, &[("", "2198")]),
                Verdict::AC,
            )
            .await;
        }
        let deep = "public class Main { static int depth(int n) { return n == 0 ? 0 : 1 + depth(n - 1); } public static void main(String[] a) { System.out.println(depth(200000)); } }";
        expect(
            &node,
            program("java", "Main.java", deep, &[("", "200000")]),
            Verdict::AC,
        )
        .await;
    });
}

#[test]
fn a_virtual_machine_s_full_heap_is_mle_and_not_a_crash() {
    let one_by_one = "import java.util.*; public class Main { public static void main(String[] a) { List<long[]> kept = new ArrayList<>(); while (true) kept.add(new long[1000]); } }";
    let at_once = "public class Main { public static void main(String[] a) { System.out.println(new byte[2000000000].length); } }";
    let status = "public class Main { public static void main(String[] a) { System.exit(3); } }";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for source in [one_by_one, at_once] {
            expect(
                &node,
                program("java", "Main.java", source, &[("", "")]),
                Verdict::MLE,
            )
            .await;
        }
        expect(
            &node,
            program("java", "Main.java", status, &[("", "")]),
            Verdict::RTE,
        )
        .await;
    });
}
