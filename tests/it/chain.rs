//! The actor chain on a paused clock: fake boxes, fake slots, everything between them real.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_actors::{JudgeAnonymous, JudgeError};
use tribunal_problems::{Plan, Verdict};

use crate::fakes::COMPILING;
use crate::harness::{fake_node, judge, paused, plan};

/// A plan whose tests are scripts for fake slots; each is to print `ok`.
fn scripts(scripts: &[&str]) -> Plan {
    let tests: Vec<(&str, &str)> = scripts.iter().map(|script| (*script, "ok")).collect();
    plan("c", "main.c", "int main() {}", &tests)
}

const OK: &str = "sleep 100\nprint ok";

fn milliseconds(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn i_1_compile_and_test_jobs_give_a_verdict() {
    paused(async {
        let (node, ledger, _data) = fake_node(|_| ()).await;
        let began = Instant::now();
        let report = judge(&node, scripts(&[OK, OK])).await;
        assert_eq!(report.verdict, Verdict::AC, "{report:#?}");
        assert_eq!(report.compile.verdict, Verdict::AC);
        assert_eq!(ledger.seen().runs[""], 1);
        assert_eq!(ledger.seen().runs[OK], 2);
        assert_eq!(
            began.elapsed(),
            COMPILING + milliseconds(100),
            "tests run at once"
        );
        assert_eq!(ledger.seen().boxes, 0, "every box was given back");
    });
}

#[test]
fn i_3_no_more_runs_than_slots_and_no_more_boxes_than_executors() {
    paused(async {
        let one_slot = |config: &mut tribunal_actors::NodeConfig| {
            config.runners = Some(1);
            config.executors = Some(4);
        };
        let (node, ledger, _data) = fake_node(one_slot).await;
        let began = Instant::now();
        let ask = |_| {
            node.registrar().send(JudgeAnonymous {
                plan: scripts(&[OK, OK]),
            })
        };
        let reports = futures_util::future::join_all((0..8).map(ask)).await;
        for report in reports {
            assert_eq!(report.unwrap().unwrap().verdict, Verdict::AC);
        }
        let seen = ledger.seen();
        assert_eq!(seen.running_max, 1);
        assert!(
            (2..=4).contains(&seen.boxes_max),
            "{} boxes",
            seen.boxes_max
        );
        assert_eq!(
            began.elapsed(),
            COMPILING + 16 * milliseconds(100),
            "equal sources are compiled once, and the slot never idles"
        );
    });
}

#[test]
fn i_14_sums_grow_by_the_jobs_times() {
    paused(async {
        let (node, _ledger, _data) = fake_node(|config| config.runners = Some(1)).await;
        judge(&node, scripts(&[OK, OK])).await;
        let times = node.stats().await.times[0];
        assert_eq!(times.jobs, 3);
        assert_eq!(times.phases.run, COMPILING + 2 * milliseconds(100));
        assert_eq!(
            times.phases.wait_for_slot,
            milliseconds(100),
            "the second waits for the first"
        );
        assert_eq!(times.occupation(), COMPILING + 3 * milliseconds(100));
    });
}

#[test]
fn m_8_what_can_no_longer_matter_is_cancelled() {
    use Verdict::{AC, SK, TLE};
    paused(async {
        let (node, ledger, _data) = fake_node(|config| config.runners = Some(3)).await;
        let late = "sleep 60000\nprint ok";
        // It takes a while, so that those behind it have begun.
        let too_long = "sleep 50\ncpu 9999";
        let tests = [OK, OK, OK, too_long, late, late];
        let began = Instant::now();
        let report = judge(&node, scripts(&tests)).await;
        assert_eq!(report.verdict, TLE);
        let verdicts: Vec<Verdict> = report.tests.iter().map(|test| test.verdict).collect();
        assert_eq!(verdicts, [AC, AC, AC, TLE, SK, SK]);
        assert!(
            began.elapsed() < milliseconds(1000),
            "{:?}",
            began.elapsed()
        );
        tokio::time::sleep(milliseconds(900)).await;
        assert_eq!(ledger.seen().running, 0);
        assert!(ledger.seen().cancelled > 0);
    });
}

#[test]
fn wrong_output_and_crash_are_told_apart() {
    paused(async {
        let (node, _ledger, _data) = fake_node(|_| ()).await;
        for (script, verdict) in [
            ("print no", Verdict::WA),
            ("exit 1", Verdict::RTE),
            ("sleep 1", Verdict::NO),
        ] {
            let report = judge(&node, scripts(&[script])).await;
            assert_eq!(report.verdict, verdict, "{script}");
        }
    });
}

#[test]
fn p_15_dropped_request_cancels_its_build_within_a_second() {
    paused(async {
        let (node, ledger, _data) = fake_node(|_| ()).await;
        let plan = scripts(&["sleep 60000\nprint ok"]);
        let request = node.registrar().send(JudgeAnonymous { plan });
        let waited = tokio::time::timeout(milliseconds(500), request).await;
        assert!(waited.is_err(), "it was still running");
        tokio::time::sleep(milliseconds(900)).await;
        let stats = node.stats().await;
        assert_eq!(ledger.seen().cancelled, 1);
        assert_eq!(ledger.seen().boxes, 0);
        assert_eq!(stats.registrar.anonymous, 0);
        assert_eq!((stats.scheduler.waiting, stats.scheduler.running), (0, 0));
    });
}

#[test]
fn full_queue_refuses() {
    paused(async {
        let (node, _ledger, _data) = fake_node(|config| config.queue_max = 1).await;
        let first = node.registrar().send(JudgeAnonymous {
            plan: scripts(&[OK]),
        });
        let second = node.registrar().send(JudgeAnonymous {
            plan: scripts(&[OK]),
        });
        let (first, second) = futures_util::future::join(first, second).await;
        assert_eq!(first.unwrap().unwrap().verdict, Verdict::AC);
        assert_eq!(second.unwrap(), Err(JudgeError::QueueFull { waiting: 1 }));
    });
}

#[test]
fn i_13_stop_during_a_run_delivers_the_result() {
    paused(async {
        let (node, ledger, _data) = fake_node(|_| ()).await;
        let request = node.registrar().send(JudgeAnonymous {
            plan: scripts(&[OK]),
        });
        let request = actix::spawn(request);
        tokio::time::sleep(milliseconds(60)).await;
        assert!(node.drain(Duration::from_secs(5)).await);
        let report = request.await.unwrap().unwrap().unwrap();
        assert_eq!(report.verdict, Verdict::AC);
        assert_eq!(ledger.seen().boxes, 0);
    });
}

#[test]
fn i_13_stop_after_the_grace_gives_no_verdict() {
    paused(async {
        let (node, ledger, _data) = fake_node(|_| ()).await;
        let plan = scripts(&["sleep 60000\nprint ok"]);
        let request = actix::spawn(node.registrar().send(JudgeAnonymous { plan }));
        tokio::time::sleep(milliseconds(60)).await;
        assert!(!node.drain(Duration::from_secs(5)).await);
        let report = request.await.unwrap().unwrap();
        assert!(matches!(report, Err(JudgeError::Build(_))), "{report:?}");
        let seen = ledger.seen();
        assert_eq!((seen.cancelled, seen.boxes), (1, 0));
    });
}

#[test]
fn b_9_four_jobs_run_two_and_two_and_the_fifth_waits() {
    paused(async {
        let (node, ledger, _data) = fake_node(|config| {
            config.invokers = 2;
            config.runners = Some(2);
        })
        .await;
        let judged = (1..=5).map(|number| {
            let source = format!("int main() {{ return {number}; }}");
            let plan = plan("c", "main.c", &source, &[("print ok", "ok")]);
            actix::spawn(node.registrar().send(JudgeAnonymous { plan }))
        });
        let judged: Vec<_> = judged.collect();
        tokio::time::sleep(COMPILING / 2).await;
        // Each slot of both invokers has one.
        assert_eq!(ledger.seen().running, 4);
        let jobs = node.stats().await.scheduler;
        assert_eq!(jobs.running + jobs.waiting, 5, "{jobs:?}");
        for one in judged {
            let report = one.await.unwrap().unwrap().unwrap();
            assert_eq!(report.verdict, Verdict::AC);
        }
        assert_eq!(ledger.seen().running_max, 4);
        let times = node.stats().await.times;
        assert!(times.iter().all(|sums| sums.jobs >= 4), "{times:?}");
    });
}
