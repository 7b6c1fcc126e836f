//! Real programs, compiled and run in the real sandbox by the real actors.

use std::path::Path;
use std::time::{Duration, Instant};

use tribunal_actors::{JudgeAnonymous, Submit, WaitForVerdict};
use tribunal_problems::{EntryPoint, Package, Plan, Verdict};

use crate::harness::{judge, plan, real, real_node};

const SUM_C: &str = "#include <stdio.h>\nint main() { long a, b; scanf(\"%ld %ld\", &a, &b); printf(\"%ld\\n\", a + b); }\n";
const SUM_CPP: &str = "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n";
const SUM_PY: &str = "a, b = map(int, input().split())\nprint(a + b)\n";
const SUM_JS: &str = "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);\n";

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

/// A language that nothing of the judge knows of: assembler, by one entry of configuration.
const ASSEMBLER: &str = r#"
[[language]]
id = "assembler"
name = "Assembler"
extensions = ["s"]
source_name = "main.s"
binary = "main"
produces = ["{binary}"]
env = { PATH = "/usr/bin:/bin" }
compile = { programs = ["/usr/bin/gcc"], args = ["-nostdlib", "-static", "-o", "{binary}", "{sources}"] }
run = { programs = ["main"], args = [] }
probe = { programs = ["/usr/bin/gcc"], args = ["--version"] }
"#;

#[cfg(target_arch = "x86_64")]
const PRINT_3: &str = ".globl _start\n_start: mov $1, %eax\nmov $1, %edi\nlea text(%rip), %rsi\n\
    mov $2, %edx\nsyscall\nmov $60, %eax\nxor %edi, %edi\nsyscall\ntext: .ascii \"3\\n\"\n";
#[cfg(target_arch = "aarch64")]
const PRINT_3: &str = ".globl _start\n_start: mov x8, 64\nmov x0, 1\nadr x1, text\nmov x2, 2\nsvc 0\n\
    mov x8, 93\nmov x0, 0\nsvc 0\ntext: .ascii \"3\\n\"\n";

#[test]
fn i_7_language_added_by_configuration_alone_is_compiled_and_judged() {
    real(async {
        let (node, _data) = real_node(|config| {
            let added = config.languages.extend(ASSEMBLER);
            added.expect("the entry is whole");
        })
        .await;
        for (source, answer, verdict) in [
            (PRINT_3, "3\n", Verdict::AC),
            (PRINT_3, "4\n", Verdict::WA),
            ("this is no assembler", "3\n", Verdict::CE),
        ] {
            let plan = plan("assembler", "main.s", source, &[("", answer)]);
            let report = judge(&node, plan).await;
            assert_eq!(report.verdict, verdict, "{report:#?}");
        }
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
        let mut plan = plan("python", "main.py", source, &[("", "")]);
        let mark = mark(&mut plan);
        let request = node.registrar().send(JudgeAnonymous { plan });
        let waited = tokio::time::timeout(Duration::from_secs(2), request).await;
        assert!(waited.is_err(), "it was still running");
        assert_eq!(processes_with(&mark), 1);
        let dropped = Instant::now();
        while node.stats().await.times[0].jobs < 2 || processes_with(&mark) > 0 {
            assert!(dropped.elapsed() < ABORTED, "{:#?}", node.stats().await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn m_8_speculative_run_is_aborted_once_an_earlier_test_has_failed() {
    real(async {
        let (node, _data) = real_node(|config| config.runners = Some(2)).await;
        let source = "import time\nwhile input() == 'sleep': time.sleep(60)\nprint('no')\n";
        let tests = [("go\n", "ok"), ("sleep\n", ""), ("sleep\n", "")];
        let mut plan = plan("python", "main.py", source, &tests);
        let mark = mark(&mut plan);
        let began = Instant::now();
        let report = judge(&node, plan).await;
        let told = Instant::now();
        assert!(told - began < Duration::from_secs(30), "nobody slept");
        let verdicts: Vec<Verdict> = report.tests.iter().map(|test| test.verdict).collect();
        assert_eq!(verdicts, [Verdict::WA, Verdict::SK, Verdict::SK]);
        loop {
            let stats = node.stats().await;
            let left = (stats.scheduler.waiting, stats.scheduler.running);
            let in_use = stats.boxes.as_ref().map_or(0, |boxes| boxes.in_use);
            if (left, in_use, processes_with(&mark)) == ((0, 0), 0, 0) {
                break;
            }
            assert!(told.elapsed() < ABORTED, "{stats:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

/// What a run that is aborted may take to end.
const ABORTED: Duration = Duration::from_millis(900);

/// Gives every run of the plan an argument that no other process of this host has.
fn mark(plan: &mut Plan) -> String {
    let name = plan.tests[0].name.clone();
    let mark = format!("mark-{}-{name}", std::process::id());
    for test in &mut plan.tests {
        test.args.push(mark.clone());
    }
    mark
}

/// How many processes of this host, in whatever box, have this argument.
fn processes_with(mark: &str) -> usize {
    let of = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).ok();
    let lines = std::fs::read_dir("/proc").unwrap().flatten().filter_map(of);
    lines
        .filter(|line| {
            line.split(|&byte| byte == 0)
                .any(|word| word == mark.as_bytes())
        })
        .count()
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
                account: None,
                is_jury: false,
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
