//! Problems with a manager and several processes of the submission, as CMS and Hydro have them, with the real sandbox.

use std::time::Duration;

use tribunal_actors::{BuildReport, Node};
use tribunal_problems::{
    Communication, CompileLimits, CustomChecker, Dialect, GeneratorKind, Interactor, LanguageId,
    Meeting, Plan, Procedure, RunLimits, Scores, SourceFile, UserIo, Verdict,
};

use crate::harness::{judge, plan, real, real_node};

/// Hands a number from process to process, each of which is to add one.
const HANDS_ON: &str = "\
import sys
pipes = [(open(sys.argv[at]), open(sys.argv[at + 1], 'w')) for at in range(1, len(sys.argv), 2)]
number = int(input())
right = 0
for heard, told in pipes:
    print(number, file=told, flush=True)
    said = heard.readline().strip()
    right += said == str(number + 1)
    number += 1
print(right / len(pipes))
print('translate:partial' if 0 < right < len(pipes) else 'found ' + str(right), file=sys.stderr)
";

const ADDS: &str = "print(int(input()) + 1)\n";

fn managed(processes: u32, user_io: UserIo, program: &str, manager: &str) -> Plan {
    let manager = CustomChecker {
        language: LanguageId::new("python"),
        files: vec![SourceFile::new("manager.py", manager.as_bytes())],
        dialect: Dialect::Cms,
        args: Vec::new(),
        scores: Scores::Percent,
        compile_limits: CompileLimits::default(),
        limits: RunLimits::default(),
    };
    let communication = Communication { processes, user_io };
    Plan {
        // A busy host may be long over the second.
        limits: RunLimits {
            time: Duration::from_secs(1),
            wall: Duration::from_secs(100),
            ..RunLimits::default()
        },
        procedure: Procedure {
            meeting: Meeting::Interactive(Interactor {
                program: Some(Box::new(manager)),
                communication: Some(communication),
            }),
            ..Procedure::default()
        },
        rule: GeneratorKind::All,
        ..plan("python", "main.py", program, &[("20\n", "")])
    }
}

async fn expect(node: &Node, plan: Plan, verdict: Verdict) -> BuildReport {
    let sources = format!("{:?} {:?}", plan.files, plan.procedure);
    let report = judge(node, plan).await;
    assert_eq!(report.verdict, verdict, "{sources}: {report:#?}");
    report
}

fn transcript(report: &BuildReport) -> &str {
    let transcript = report.tests[0].transcript.as_deref();
    transcript.expect("it was written down")
}

#[test]
fn a_manager_talks_with_each_process_in_every_convention() {
    // Each is told its index where its convention says so, and nothing else.
    let hydro =
        "import sys\nassert sys.argv[1:] in (['0'], ['1'], ['2'])\nprint(int(input()) + 1)\n";
    let by_name = "\
import sys
heard, told = open(sys.argv[1]), open(sys.argv[2], 'w')
assert sys.argv[3:] in ([], ['0'], ['1'])
print(int(heard.readline()) + 1, file=told)
";
    let alone = "import sys\nassert not sys.argv[1:]\nprint(int(input()) + 1)\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let report = expect(
            &node,
            managed(3, UserIo::Hydro, hydro, HANDS_ON),
            Verdict::AC,
        )
        .await;
        let wanted = "0< 20\n0> 21\n1< 21\n1> 22\n2< 22\n2> 23\n";
        assert_eq!(transcript(&report), wanted);
        expect(
            &node,
            managed(1, UserIo::Hydro, hydro, HANDS_ON),
            Verdict::AC,
        )
        .await;
        let report = expect(
            &node,
            managed(1, UserIo::StdIo, alone, HANDS_ON),
            Verdict::AC,
        )
        .await;
        assert_eq!(transcript(&report), "< 20\n> 21\n");
        for processes in [1, 2] {
            let plan = managed(processes, UserIo::FifoIo, by_name, HANDS_ON);
            expect(&node, plan, Verdict::AC).await;
        }
    });
}

#[test]
fn an_output_that_a_process_closes_has_ended_for_its_manager() {
    let lists =
        "import os, sys\nfor n in range(5): print(n, flush=True)\nos.close(1)\nsys.stdin.read()\n";
    let sums = "\
import sys
heard = open(sys.argv[1])
print(1.0 if sum(map(int, heard)) == 10 else 0.0)
";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let plan = managed(1, UserIo::StdIo, lists, sums);
        expect(&node, plan, Verdict::AC).await;
    });
}

#[test]
fn a_manager_may_give_a_part_and_says_why() {
    let first_only = "import sys\nprint(int(input()) + (sys.argv[1] == '0'))\n";
    let none = "print(7)\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let plan = managed(2, UserIo::StdIo, first_only, HANDS_ON);
        let report = expect(&node, plan, Verdict::PT).await;
        let message = report.tests[0].message.as_deref();
        assert_eq!(message, Some("Output is partially correct"));
        let report = expect(
            &node,
            managed(2, UserIo::StdIo, none, HANDS_ON),
            Verdict::WA,
        )
        .await;
        assert_eq!(report.tests[0].message.as_deref(), Some("found 0"));
    });
}

#[test]
fn the_process_that_fails_first_decides() {
    let of_the_second = |deed: &str| {
        format!(
            "import sys\nnumber = int(input())\nif sys.argv[1] == '1':\n    {deed}\nprint(number + 1)\n"
        )
    };
    let table = [
        ("raise SystemExit(3)", Verdict::RTE),
        ("while True: pass", Verdict::TLE),
        ("input()", Verdict::ILE),
        ("x = bytearray(400 << 20)", Verdict::MLE),
        ("import os; os.kill(os.getpid(), 11)", Verdict::RTE),
    ];
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (deed, verdict) in table {
            let plan = managed(3, UserIo::StdIo, &of_the_second(deed), HANDS_ON);
            expect(&node, plan, verdict).await;
        }
    });
}

#[test]
fn the_time_is_that_of_all_together_in_cms_and_of_each_in_hydro() {
    let works = "\
import time
number = int(input())
while time.process_time() < 0.6: pass
print(number + 1, flush=True)
";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let report = expect(
            &node,
            managed(2, UserIo::Hydro, works, HANDS_ON),
            Verdict::AC,
        )
        .await;
        let counted = report.tests[0].cpu_ms;
        assert!((600..1000).contains(&counted), "{report:#?}");
        expect(
            &node,
            managed(2, UserIo::StdIo, works, HANDS_ON),
            Verdict::TLE,
        )
        .await;
        // The sum decides before what each is ended for by itself.
        let mut sleeps = managed(
            2,
            UserIo::StdIo,
            &format!("{works}import time\ntime.sleep(1000)\n"),
            HANDS_ON,
        );
        sleeps.limits.wall = Duration::from_secs(2);
        expect(&node, sleeps, Verdict::TLE).await;
    });
}

#[test]
fn a_manager_that_fails_is_the_judges_error() {
    let table = [
        "import sys; sys.exit(1)",
        "print('much')",
        "print(1.5)",
        "import time; time.sleep(1000)",
        "import os; os.kill(os.getpid(), 9)",
    ];
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for manager in table {
            let mut plan = managed(2, UserIo::Hydro, ADDS, manager);
            let Meeting::Interactive(Interactor {
                program: Some(own), ..
            }) = &mut plan.procedure.meeting
            else {
                unreachable!("it was made so")
            };
            own.limits.wall = Duration::from_secs(1);
            expect(&node, plan, Verdict::JE).await;
        }
    });
}

/// More processes than slots, and than would fit into one message to a box by its former measure.
#[test]
fn many_processes_share_few_slots() {
    real(async {
        let (node, _data) = real_node(|config| config.runners = Some(1)).await;
        let plan = managed(12, UserIo::Hydro, ADDS, HANDS_ON);
        expect(&node, plan, Verdict::AC).await;
    });
}

/// A process that has ended well is not the one that fails, however long before the manager's answer that was.
#[test]
fn what_a_process_does_after_the_manager_refused_does_not_count() {
    let refuses = "\
import sys
heard, told = open(sys.argv[1]), open(sys.argv[2], 'w')
print(1, file=told, flush=True)
heard.readline()
heard.read()
print('0.0')
print('the hint is wrong', file=sys.stderr)
";
    let second_fails =
        "import sys\nprint(int(input()) + 1)\nif sys.argv[1] == '1': raise SystemExit(3)\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let plan = managed(2, UserIo::StdIo, second_fails, refuses);
        let report = expect(&node, plan, Verdict::WA).await;
        let message = report.tests[0].message.as_deref();
        assert_eq!(message, Some("the hint is wrong"));
    });
}

/// However much a manager is asked, it is not its fault that it answers.
#[test]
fn a_process_that_asks_without_end_is_too_slow_itself() {
    let answers = "\
import sys
heard, told = open(sys.argv[1]), open(sys.argv[2], 'w')
while heard.readline():
    print('x' * 800, file=told, flush=True)
print(0)
";
    let asks = "while True:\n    print('?', flush=True)\n    input()\n";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let mut plan = managed(1, UserIo::StdIo, asks, answers);
        let Meeting::Interactive(Interactor {
            program: Some(own), ..
        }) = &mut plan.procedure.meeting
        else {
            unreachable!("it was made so")
        };
        own.limits.output = 1 << 20;
        own.limits = own.limits.clone().with_time(Duration::from_secs(60));
        expect(&node, plan, Verdict::TLE).await;
    });
}

/// A process that waits does not pay for the others' talk: that takes longer than the wall time of both.
#[test]
fn a_process_that_waits_for_its_turn_has_time() {
    let chats = "\
import sys, time
pipes = [(open(sys.argv[at]), open(sys.argv[at + 1], 'w')) for at in (1, 3)]
for round in range(300):
    print(round, file=pipes[0][1], flush=True)
    assert pipes[0][0].readline()
    time.sleep(0.02)
print('end', file=pipes[0][1], flush=True)
print('7', file=pipes[1][1], flush=True)
print(float(pipes[1][0].readline().strip() == '8'))
";
    let answers = "\
import sys
if sys.argv[1] == '1':
    print(int(input()) + 1)
else:
    while input() != 'end': print('yes', flush=True)
";
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let mut plan = managed(2, UserIo::StdIo, answers, chats);
        plan.limits.wall = Duration::from_secs(2);
        expect(&node, plan, Verdict::AC).await;
    });
}
