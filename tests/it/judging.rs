//! Real programs, compiled and run in the real sandbox by the real actors.

use std::path::Path;
use std::time::{Duration, Instant};

use tribunal_actors::{JudgeAnonymous, Submit, WaitForVerdict};
use tribunal_problems::{EntryPoint, GeneratorKind, Package, Plan, RunLimits, Verdict};

use crate::harness::{judge, plan, real, real_node};

const SUM_C: &str = "#include <stdio.h>\nint main() { long a, b; scanf(\"%ld %ld\", &a, &b); printf(\"%ld\\n\", a + b); }\n";
const SUM_CPP: &str = "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n";
const SUM_PY: &str = "a, b = map(int, input().split())\nprint(a + b)\n";
const SUM_JS: &str = "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);\n";

/// A plan with one second of CPU and 64 MiB that runs every test.
fn strict(language: &str, file: &str, source: &str) -> Plan {
    let limits = RunLimits {
        memory: 64 << 20,
        ..RunLimits::default()
    };
    Plan {
        limits: limits.with_time(Duration::from_secs(1)),
        rule: GeneratorKind::All,
        ..plan(language, file, source, &[("1 2\n", "3\n")])
    }
}

#[test]
fn i_1_every_language_is_compiled_and_accepted() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let sources = [
            ("c", "main.c", SUM_C),
            ("cpp", "main.cpp", SUM_CPP),
            ("python", "main.py", SUM_PY),
            ("javascript", "main.js", SUM_JS),
        ];
        for (language, file, source) in sources {
            let tests = [("1 2\n", "3\n"), ("40 2\n", "42\n"), ("-5 5\n", "0\n")];
            let report = judge(&node, plan(language, file, source, &tests)).await;
            assert_eq!(report.verdict, Verdict::AC, "{language}: {report:#?}");
            assert_eq!(report.compile.verdict, Verdict::AC);
            assert_eq!(report.tests.len(), 3);
            // The kernel charges memory in batches of up to 256 KiB a core: a tiny static program can stay below.
            let least = match language {
                "c" | "cpp" => 0,
                _ => 2 << 20,
            };
            let within = least..256 << 20;
            assert!(
                report
                    .tests
                    .iter()
                    .all(|test| within.contains(&test.memory_bytes))
            );
        }
        assert!(node.drain(Duration::from_secs(5)).await);
    });
}

#[test]
fn i_8_each_failing_program_gets_its_verdict() {
    let python = [
        ("print(4)", Verdict::WA),
        ("while True: pass", Verdict::TLE),
        ("import sys; sys.exit(3)", Verdict::RTE),
        ("import os; os.kill(os.getpid(), 11)", Verdict::RTE),
        ("x = bytearray(200 << 20); print(3)", Verdict::MLE),
        ("pass", Verdict::NO),
        ("def (", Verdict::CE),
        ("import time; time.sleep(30)", Verdict::WTL),
    ];
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (source, verdict) in python {
            let report = judge(&node, strict("python", "main.py", source)).await;
            assert_eq!(report.verdict, verdict, "{source}: {report:#?}");
        }
        let report = judge(
            &node,
            strict("c", "main.c", "int main() { return nothing; }"),
        )
        .await;
        assert_eq!(report.verdict, Verdict::CE);
        assert!(
            report.compile.log.contains("nothing"),
            "{}",
            report.compile.log
        );
        let report = judge(&node, strict("c", "main.c", "int main() { return 3; }")).await;
        assert_eq!(report.verdict, Verdict::RTE);
        assert_eq!(report.tests[0].exit_code, Some(3));
    });
}

#[test]
fn source_that_only_defines_is_called() {
    let python = "def factorial(n):\n    return 1 if n < 2 else n * factorial(n - 1)\n";
    let javascript = "function factorial(n) { return n < 2 ? 1 : n * factorial(n - 1); }\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (language, file, source) in [
            ("python", "main.py", python),
            ("javascript", "main.js", javascript),
        ] {
            let plan = Plan {
                entry: EntryPoint::MaybeFunction { name: None },
                ..plan(language, file, source, &[("5", "120"), ("0", "1")])
            };
            let report = judge(&node, plan).await;
            assert_eq!(report.verdict, Verdict::AC, "{language}: {report:#?}");
        }
    });
}

#[test]
fn i_5_file_of_one_job_is_absent_in_the_next() {
    let source = "import os\nprint(os.path.exists('/box/left') or os.path.exists('/tmp/left'))\nopen('/box/left', 'w').close()\nopen('/tmp/left', 'w').close()\n";
    real(async {
        let (node, _data) = real_node(|config| config.ready_boxes = Some(1)).await;
        let tests = ["False"; 6].map(|answer| ("", answer));
        let report = judge(&node, plan("python", "main.py", source, &tests)).await;
        assert_eq!(report.verdict, Verdict::AC, "{report:#?}");
    });
}

#[test]
fn i_9_running_test_is_aborted_within_nine_tenths_of_a_second() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let source = "import time\ntime.sleep(60)\n";
        let request = node.registrar().send(JudgeAnonymous {
            plan: plan("python", "main.py", source, &[("", "")]),
        });
        let waited = tokio::time::timeout(Duration::from_secs(2), request).await;
        assert!(waited.is_err(), "it was still running");
        let dropped = Instant::now();
        loop {
            let stats = node.stats().await;
            let busy = stats.times[0].jobs < 2
                || stats.boxes.as_ref().is_some_and(|boxes| boxes.in_use > 0);
            if !busy {
                break;
            }
            assert!(dropped.elapsed() < Duration::from_millis(900), "{stats:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn i_12_only_the_head_of_an_output_is_kept() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let source = "print('x' * (1 << 20))";
        let plan = Plan {
            output_head_max: 100,
            ..plan("python", "main.py", source, &[("", "no")])
        };
        let report = judge(&node, plan).await;
        assert_eq!(report.verdict, Verdict::WA);
        assert_eq!(report.tests[0].stdout.len(), 100);
        assert!(report.tests[0].stdout_truncated);
    });
}

#[test]
fn package_with_its_own_checker_is_judged_as_its_jury_expects() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pairs");
    let package = Package::open(&path).expect("the example can be read");
    real(async {
        let problem = package.clone();
        let (node, _data) = real_node(|config| config.problems = vec![problem]).await;
        for jury in &package.submissions {
            let submit = Submit {
                problem: "pairs".to_owned(),
                language: jury.language.clone(),
                files: jury.files.clone(),
                entry: EntryPoint::Program,
                idempotency_key: None,
            };
            let id = node
                .registrar()
                .send(submit)
                .await
                .unwrap()
                .expect("it is taken");
            let view = node.registrar().send(WaitForVerdict { id }).await.unwrap();
            let view = view.unwrap().expect("it is stored");
            let verdict = view.verdict.expect("it is judged");
            assert!(jury.expects(verdict), "{}: {view:#?}", jury.path);
        }
    });
}
