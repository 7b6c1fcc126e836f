//! Interactive problems with the real sandbox: every corner of the rule by which a talk is judged.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tribunal_actors::{BuildReport, JudgeAnonymous, Node};
use tribunal_problems::{
    Checker, CompileLimits, CustomChecker, Dialect, GeneratorKind, Interactor, LanguageId, Meeting,
    Plan, Procedure, RunLimits, Scores, SourceFile, Verdict,
};
use tribunal_sandbox::Isolation;

use crate::harness::{judge, plan, real, real_node};

/// Asks for the double of each number from 1 to 3; whoever answers wrongly is rejected.
const ASKS: &str = "\
import sys
for n in (1, 2, 3):
    print(n, flush=True)
    if sys.stdin.readline().strip() != str(2 * n):
        sys.exit(43)
sys.exit(42)
";

/// Answers until the end of its input.
const ANSWERS: &str = "\
import sys
for line in sys.stdin:
    print(2 * int(line), flush=True)
";

fn of_the_jury(dialect: Dialect, source: &str) -> CustomChecker {
    CustomChecker {
        language: LanguageId::new("python"),
        files: vec![SourceFile::new("jury.py", source.as_bytes())],
        dialect,
        args: Vec::new(),
        scores: Scores::Legacy,
        compile_limits: CompileLimits::default(),
        limits: RunLimits::default(),
    }
}

/// A talk between two Python programs. The program has 1 s of CPU; a busy host may be long over that.
fn between(program: &str, interactor: &str) -> Plan {
    Plan {
        limits: RunLimits {
            time: Duration::from_secs(1),
            wall: Duration::from_secs(100),
            output: 1 << 20,
            ..RunLimits::default()
        },
        procedure: Procedure::interactive(),
        checker: Checker::Custom(of_the_jury(Dialect::Kattis, interactor)),
        rule: GeneratorKind::All,
        ..plan("python", "main.py", program, &[("", "")])
    }
}

/// The same with so many seconds of the program's own.
fn hurried(mut plan: Plan, seconds: u64) -> Plan {
    plan.limits.wall = Duration::from_secs(seconds);
    plan
}

async fn expect(node: &Node, plan: Plan, verdict: Verdict) -> BuildReport {
    let sources = format!("{:?} {:?}", plan.files, plan.checker);
    let report = judge(node, plan).await;
    assert_eq!(report.verdict, verdict, "{sources}: {report:#?}");
    report
}

fn transcript(report: &BuildReport) -> &str {
    report.tests[0]
        .transcript
        .as_deref()
        .expect("it was written down")
}

#[test]
fn a_talk_is_judged_by_the_interactor_and_written_down() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let report = expect(&node, between(ANSWERS, ASKS), Verdict::AC).await;
        assert_eq!(transcript(&report), "< 1\n> 2\n< 2\n> 4\n< 3\n> 6\n");
        let wrong = "input(); print(2, flush=True); input(); print(5, flush=True); input()";
        let report = expect(&node, between(wrong, ASKS), Verdict::WA).await;
        assert_eq!(transcript(&report), "< 1\n> 2\n< 2\n> 5\n");
    });
}

#[test]
fn what_a_program_does_after_the_interactor_rejected_does_not_count() {
    let burns = "print(5, flush=True)\nwhile True: pass\n";
    let crashes = "print(5, flush=True); input(); input(); raise SystemExit(3)\n";
    let sleeps = "import time\nprint(5, flush=True)\ntime.sleep(60)\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for program in [burns, crashes, sleeps] {
            let began = Instant::now();
            let report = expect(&node, between(program, ASKS), Verdict::WA).await;
            assert!(report.tests[0].cpu_ms <= 1000, "{report:#?}");
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "it was waited for"
            );
        }
    });
}

#[test]
fn a_program_that_fails_first_is_judged_by_its_own_failure() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let crash = "input()\nraise SystemExit(3)\n";
        let report = expect(&node, between(crash, ASKS), Verdict::RTE).await;
        assert_eq!(report.tests[0].exit_code, Some(3));
        expect(
            &node,
            between("input()\nwhile True: pass\n", ASKS),
            Verdict::TLE,
        )
        .await;
        let hungry = Plan {
            limits: RunLimits {
                memory: 64 << 20,
                ..between("", "").limits
            },
            ..between("input()\nx = bytearray(200 << 20)\n", ASKS)
        };
        expect(&node, hungry, Verdict::MLE).await;
        // Ending well but too early is the interactor's to judge.
        expect(&node, between("input()\n", ASKS), Verdict::WA).await;
    });
}

#[test]
fn accepting_is_not_enough_if_the_program_then_fails() {
    let accepts = "import sys; print(1, flush=True); input(); sys.exit(42)\n";
    let and_then =
        |rest: &str| format!("import sys, time\ninput()\nprint(1, flush=True)\n{rest}\n");
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        expect(
            &node,
            between(&and_then("sys.exit(0)"), accepts),
            Verdict::AC,
        )
        .await;
        expect(
            &node,
            between(&and_then("sys.exit(1)"), accepts),
            Verdict::RTE,
        )
        .await;
        expect(
            &node,
            between(&and_then("while True: pass"), accepts),
            Verdict::TLE,
        )
        .await;
        expect(
            &node,
            hurried(between(&and_then("time.sleep(60)"), accepts), 3),
            Verdict::WTL,
        )
        .await;
        // Nobody listens any more, and that is no reason to die.
        let goes_on = "time.sleep(0.5)\nfor n in range(1000): print(n, flush=True)";
        expect(&node, between(&and_then(goes_on), accepts), Verdict::AC).await;
    });
}

#[test]
fn a_broken_interactor_is_the_judges_error() {
    let table = [
        ("import sys; sys.exit(0)", "status 0"),
        ("import sys; sys.exit(1)", "status 1"),
        ("import os; os.abort()", "signal 6"),
        (
            "import sys\nsys.stdout.write('x' * (100 << 20))\nsys.exit(42)",
            "wrote too much",
        ),
    ];
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (interactor, reason) in table {
            let report = expect(&node, between("print(1)", interactor), Verdict::JE).await;
            let message = report.tests[0].message.clone().unwrap_or_default();
            assert!(message.contains(reason), "{report:#?}");
        }
        let crash = "raise SystemExit(1)";
        expect(
            &node,
            between(crash, "import sys; sys.exit(1)"),
            Verdict::JE,
        )
        .await;
        let mut slow = between("input()", "while True: pass");
        if let Checker::Custom(custom) = &mut slow.checker {
            custom.limits = custom.limits.clone().with_time(Duration::from_millis(300));
        }
        expect(&node, slow, Verdict::JE).await;
        expect(&node, between("print(1)", "def ("), Verdict::JE).await;
    });
}

#[test]
fn waiting_is_not_charged() {
    let thinks = "import sys, time\nfor n in (1, 2, 3):\n    time.sleep(2)\n    print(n, flush=True)\n    if sys.stdin.readline().strip() != str(2 * n): sys.exit(43)\nsys.exit(42)\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let mut plan = between(ANSWERS, thinks);
        plan.limits.wall = Duration::from_secs(5);
        let report = expect(&node, plan, Verdict::AC).await;
        let test = &report.tests[0];
        assert!(test.wall_ms < 5000 && test.cpu_ms < 1000, "{test:#?}");
        // And the other way round: an interactor whose own time is short waits for a slow program.
        let mut plan = between(
            "import time\nfor n in (2, 4, 6):\n    time.sleep(1)\n    print(n, flush=True)\n",
            ASKS,
        );
        plan.limits.wall = Duration::from_secs(20);
        if let Checker::Custom(custom) = &mut plan.checker {
            custom.limits.wall = Duration::from_secs(2);
        }
        expect(&node, plan, Verdict::AC).await;
    });
}

#[test]
fn both_waiting_for_each_other_is_idleness_and_seen_at_once() {
    let forgets_to_flush = "import sys\nfor line in sys.stdin: print(2 * int(line))\n";
    let half_a_line = "import sys\ninput()\nsys.stdout.write('2'); sys.stdout.flush()\ninput()\n";
    let never_reads =
        "import sys\nsys.stdout.write('1' * (1 << 20)); sys.stdout.flush()\nsys.stdin.read()\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for program in [forgets_to_flush, half_a_line, never_reads] {
            let mut plan = between(program, ASKS);
            plan.limits.wall = Duration::from_secs(300);
            let began = Instant::now();
            let report = expect(&node, plan, Verdict::ILE).await;
            assert!(began.elapsed() < Duration::from_secs(60), "{report:#?}");
        }
        // An interactor that waits for nobody is the judge's error, and seen as soon.
        let stuck = "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n";
        let mut plan = between("input()", stuck);
        plan.limits.wall = Duration::from_secs(300);
        let began = Instant::now();
        expect(&node, plan, Verdict::JE).await;
        assert!(began.elapsed() < Duration::from_secs(60));
    });
}

#[test]
fn an_output_that_is_closed_has_ended_for_the_other_side() {
    // Each reads to the end of what the other says, and both live on behind it.
    let sums = "import os, sys\nprint(sum(map(int, sys.stdin)), flush=True)\nos.close(1)\ninput_ended = sys.stdin.read()\n";
    let lists = "\
import os, sys, time
for n in range(10): print(n, flush=True)
os.close(1)
time.sleep(0.2)
sys.exit(42 if sys.stdin.read().strip() == '45' else 43)
";
    let says_nothing = "import os, time\nos.close(1)\ntime.sleep(60)\n";
    // A process that is gone is no party that lives on: how it ended comes first.
    let children = "import os\ninput()\nif os.fork() == 0:\n    os.close(1)\n    os._exit(0)\nos.wait()\nos._exit(3)\n";
    real(async {
        for isolation in [Isolation::Pooled, Isolation::Fresh] {
            let (node, _data) = real_node(|config| config.isolation = isolation).await;
            let report = expect(&node, between(sums, lists), Verdict::AC).await;
            assert!(transcript(&report).ends_with("< 9\n> 45\n"), "{report:#?}");
            expect(&node, between(says_nothing, ASKS), Verdict::WA).await;
            expect(&node, between(children, ASKS), Verdict::RTE).await;
        }
    });
}

#[test]
fn a_program_that_sleeps_is_not_idle_but_late() {
    let sleeps = |seconds: u32| format!("import time\ntime.sleep({seconds})\n{ANSWERS}");
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        expect(&node, between(&sleeps(1), ASKS), Verdict::AC).await;
        expect(&node, hurried(between(&sleeps(60), ASKS), 3), Verdict::WTL).await;
    });
}

#[test]
fn who_asks_without_end_is_late_and_not_the_interactor() {
    let patient = "import sys, time\nfor line in sys.stdin:\n    time.sleep(0.002)\n    print('no', flush=True)\nsys.exit(43)\n";
    let hears_nothing = "import sys\nwhile True: sys.stdout.write('?\\n' * 1000)\n";
    let hears_all = "while True:\n    print('?', flush=True)\n    input()\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for program in [hears_nothing, hears_all] {
            let mut plan = hurried(between(program, patient), 3);
            // What it writes before it waits for room is not at issue here.
            plan.limits.output = 64 << 20;
            if let Checker::Custom(custom) = &mut plan.checker {
                custom.limits.wall = Duration::from_secs(5);
            }
            let began = Instant::now();
            expect(&node, plan, Verdict::WTL).await;
            assert!(began.elapsed() < Duration::from_secs(60));
        }
        // An interactor that works for its answers uses up its CPU time instead.
        let works = "import sys\nfor line in sys.stdin:\n    sum(range(1000000))\n    print('no', flush=True)\nsys.exit(43)\n";
        let mut plan = between(hears_all, works);
        if let Checker::Custom(custom) = &mut plan.checker {
            custom.limits.time = Duration::from_secs(2);
            custom.limits.wall = Duration::from_secs(100);
        }
        expect(&node, plan, Verdict::WTL).await;
        // One answer that takes all of it is the interactor's own fault.
        let stuck = "input()\nprint('no', flush=True)\nwhile True: pass\n";
        let mut plan = between(hears_all, stuck);
        if let Checker::Custom(custom) = &mut plan.checker {
            custom.limits.time = Duration::from_secs(1);
        }
        expect(&node, plan, Verdict::JE).await;
    });
}

#[test]
fn a_flood_is_cut_off() {
    let floods = "import sys\nwhile True: sys.stdout.write('1' * 1000)\n";
    let patient = "import sys\nwhile sys.stdin.read(1000): pass\nsys.exit(43)\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let report = expect(&node, between(floods, patient), Verdict::OLE).await;
        assert!(transcript(&report).len() < 32 << 10, "bounded");
        // Who does not listen to the flood decides before it is cut off, where more may be written than the pipes hold: what
        // comes when nobody reads any more does not count.
        let mut deaf = between(floods, "import sys; sys.exit(43)");
        deaf.limits.output = 16 << 20;
        expect(&node, deaf, Verdict::WA).await;
    });
}

#[test]
fn talks_wait_for_each_other_in_no_number_of_slots() {
    real(async {
        for runners in [1, 2, 3] {
            let (node, _data) = real_node(|config| config.runners = Some(runners)).await;
            let asked = (0..6).map(|n| {
                // Each has a source of its own, so that none is a copy of another.
                let plan = between(&format!("{ANSWERS}# {n}\n"), ASKS);
                node.registrar().send(JudgeAnonymous { plan })
            });
            for report in join_all(asked).await {
                let report = report.expect("the registrar answers").expect("a report");
                assert_eq!(report.verdict, Verdict::AC, "{runners} slots: {report:#?}");
            }
        }
    });
}

#[test]
fn a_talk_is_aborted_with_its_build() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let sleeps = "import time\ntime.sleep(60)\n";
        let mut plan = between(sleeps, sleeps);
        plan.limits.wall = Duration::from_secs(120);
        let request = node.registrar().send(JudgeAnonymous { plan });
        let waited = tokio::time::timeout(Duration::from_secs(3), request).await;
        assert!(waited.is_err(), "it was still running");
        let dropped = Instant::now();
        while node.stats().await.boxes.map_or(0, |boxes| boxes.in_use) > 0 {
            assert!(dropped.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn what_an_interactor_of_its_own_leaves_is_judged_by_the_checker() {
    let counts = "\
import sys
tout = open(sys.argv[2], 'w')
n = int(open(sys.argv[1]).read())
print(n, flush=True)
tout.write(sys.stdin.readline())
tout.close()
sys.exit(0)
";
    let rejects = "import sys; print('wrong answer no', file=sys.stderr); sys.exit(1)";
    let with = |interactor: &str, answer: &str| Plan {
        procedure: Procedure {
            meeting: Meeting::Interactive(Interactor {
                program: Some(Box::new(of_the_jury(Dialect::Testlib, interactor))),
                communication: None,
            }),
            ..Procedure::default()
        },
        rule: GeneratorKind::All,
        ..plan("python", "main.py", ANSWERS, &[("21", answer)])
    };
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        expect(&node, with(counts, "42"), Verdict::AC).await;
        expect(&node, with(counts, "43"), Verdict::WA).await;
        let report = expect(&node, with(rejects, "42"), Verdict::WA).await;
        assert_eq!(report.tests[0].message.as_deref(), Some("no"));
        expect(&node, with("import sys; sys.exit(3)", "42"), Verdict::JE).await;
        expect(&node, with("def (", "42"), Verdict::JE).await;
        // The package's own checker, in the same convention.
        let checked = Plan {
            checker: Checker::Custom(of_the_jury(
                Dialect::Testlib,
                "import sys; sys.exit(0 if open(sys.argv[2]).read().strip() == '42' else 1)",
            )),
            ..with(counts, "")
        };
        expect(&node, checked, Verdict::AC).await;
    });
}
