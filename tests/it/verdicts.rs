//! One program for each verdict, compiled, run and checked for real.

use std::time::Duration;

use tribunal_actors::{BuildReport, Node};
use tribunal_problems::{
    Checker, CompileLimits, CustomChecker, Dialect, GeneratorKind, LanguageId, Plan, RunLimits,
    Scores, SourceFile, Verdict,
};

use crate::harness::{judge, plan, real, real_node};

/// A plan that runs every test, with half a second of CPU, 64 MiB of memory and 1 MiB of output. A busy host may be
/// long over that half second.
fn strict(language: &str, file: &str, source: &str) -> Plan {
    Plan {
        limits: RunLimits {
            time: Duration::from_millis(500),
            wall: Duration::from_secs(20),
            memory: 64 << 20,
            output: 1 << 20,
            ..RunLimits::default()
        },
        rule: GeneratorKind::All,
        ..plan(language, file, source, &[("1 2\n", "3\n")])
    }
}

fn python(source: &str) -> Plan {
    strict("python", "main.py", source)
}

fn c(source: &str) -> Plan {
    strict("c", "main.c", source)
}

/// A right program whose output is judged by this Python program, called as testlib's checkers are.
fn checked(checker: &str) -> Plan {
    Plan {
        checker: Checker::Custom(CustomChecker {
            language: LanguageId::new("python"),
            files: vec![SourceFile::new("check.py", checker.as_bytes())],
            dialect: Dialect::Testlib,
            args: Vec::new(),
            scores: Scores::Legacy,
            compile_limits: CompileLimits::default(),
            limits: RunLimits::default(),
        }),
        ..python("print(3)")
    }
}

async fn expect(node: &Node, plan: Plan, verdict: Verdict) -> BuildReport {
    let what = format!("{:?} {:?}", plan.files, plan.checker);
    let report = judge(node, plan).await;
    assert_eq!(report.verdict, verdict, "{what}: {report:#?}");
    report
}

#[test]
fn i_8_each_verdict_has_its_program() {
    use Verdict::{AC, CE, CTL, MLE, NO, OLE, RTE, SV, TLE, WA, WTL};
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (plan, verdict) in [
            (python("print(3)"), AC),
            (python("print(4)"), WA),
            (python("pass"), NO),
            (python("while True: pass"), TLE),
            (python("x = bytearray(200 << 20); print(3)"), MLE),
            (python("print('3' * (2 << 20))"), OLE),
            (python("import os; os.kill(os.getpid(), 11)"), RTE),
            (python("def ("), CE),
        ] {
            expect(&node, plan, verdict).await;
        }
        let mut asleep = python("import time; time.sleep(30)");
        asleep.limits.wall = Duration::from_secs(1);
        expect(&node, asleep, WTL).await;
        let report = expect(&node, c("int main() { return 3; }"), RTE).await;
        assert_eq!(report.tests[0].exit_code, Some(3));
        let report = expect(&node, c("int main() { return nothing; }"), CE).await;
        assert!(report.compile.log.contains("nothing"), "{report:#?}");
        let traced = "#include <sys/ptrace.h>\nint main() { ptrace(PTRACE_TRACEME, 0, 0, 0); }";
        expect(&node, c(traced), SV).await;
        let mut hurried = c("#include <stdio.h>\nint main() { puts(\"3\"); }");
        hurried.compile_limits.time = Duration::from_millis(1);
        expect(&node, hurried, CTL).await;
    });
}

#[test]
fn a_flood_that_runs_on_is_judged_by_its_end() {
    let floods_on = |program: &str| {
        let mut plan = python(program);
        plan.limits.floods_on = true;
        plan
    };
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let endless = "import sys\nwhile True: print('3' * 1000, file=sys.std";
        for (program, verdict) in [
            (format!("{endless}out)"), Verdict::TLE),
            (format!("{endless}err)"), Verdict::TLE),
            ("print('3' * (2 << 20))".to_owned(), Verdict::OLE),
            (
                "print('3' * (2 << 20)); raise SystemExit(1)".to_owned(),
                Verdict::OLE,
            ),
        ] {
            expect(&node, floods_on(&program), verdict).await;
        }
        // One that does nothing else waits for whoever reads it.
        let mut all = c(
            "#include <unistd.h>\nstatic char b[65536]; int main() { for (;;) write(1, b, sizeof b); }",
        );
        all.limits.floods_on = true;
        expect(&node, all, Verdict::TLE).await;
    });
}

#[test]
fn i_8_a_test_behind_a_failure_is_sk() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let plan = Plan {
            rule: GeneratorKind::Icpc,
            ..plan(
                "python",
                "main.py",
                "print(input())",
                &[("1", "2"), ("3", "3")],
            )
        };
        let report = expect(&node, plan, Verdict::WA).await;
        assert_eq!(report.tests[1].verdict, Verdict::SK);
    });
}

#[test]
fn i_8_a_checker_gives_pe_and_pt_and_a_broken_one_je_with_its_reason() {
    let ends = |said: &str, status: i32| {
        format!("import sys; print({said:?}, file=sys.stderr); sys.exit({status})")
    };
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        expect(&node, checked(&ends("ok", 0)), Verdict::AC).await;
        let report = expect(&node, checked(&ends("wrong answer no", 1)), Verdict::WA).await;
        assert_eq!(report.tests[0].message.as_deref(), Some("no"));
        expect(&node, checked(&ends("wrong output format", 2)), Verdict::PE).await;
        let report = judge(&node, checked(&ends("points 0.5", 7))).await;
        assert_eq!(report.tests[0].verdict, Verdict::PT, "{report:#?}");
        assert_eq!(report.tests[0].points, Some(0.5));
        for (broken, reason) in [
            (ends("it is lost", 3), "it is lost"),
            ("import os; os.abort()".to_owned(), "signal 6"),
            ("def (".to_owned(), "does not compile"),
        ] {
            let report = expect(&node, checked(&broken), Verdict::JE).await;
            let message = report.tests[0].message.clone().unwrap_or_default();
            assert!(message.contains(reason), "{report:#?}");
        }
    });
}
