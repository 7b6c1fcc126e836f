//! Invokers with real boxes: more jobs are prepared than run, and one invoker's end is the other's work.

use std::time::Duration;

use tribunal_actors::{Database, JudgeAnonymous, KillInvoker, Records, Submit, WaitForVerdict};
use tribunal_problems::{
    EntryPoint, GeneratorKind, LanguageId, Package, Plan, SourceFile, Verdict,
};

use crate::harness::{judge, plan, real, real_node};
use crate::server::examples;

/// Prints when it began and when it ended, by a clock that all boxes share.
const CLOCKED: &str = "import time\nbegan = time.monotonic_ns()\ntime.sleep(0.1)\nprint(began, time.monotonic_ns())\n";

/// So many tests, each of which is run whatever the others say.
fn clocked(tests: usize) -> Plan {
    Plan {
        rule: GeneratorKind::All,
        ..plan("python", "main.py", CLOCKED, &vec![("", "no"); tests])
    }
}

/// The most of these intervals that have a moment in common.
fn overlap_max(intervals: &[(u64, u64)]) -> usize {
    let at = |moment: u64| {
        let covering = intervals
            .iter()
            .filter(|&&(began, ended)| began <= moment && moment < ended);
        covering.count()
    };
    intervals
        .iter()
        .map(|&(began, _)| at(began))
        .max()
        .unwrap_or(0)
}

#[test]
fn i_3_four_executors_prepare_and_one_runner_runs_one_process_at_a_time() {
    real(async {
        let (node, _data) = real_node(|config| {
            config.runners = Some(1);
            config.executors = Some(4);
        })
        .await;
        let request = actix::spawn(node.registrar().send(JudgeAnonymous { plan: clocked(8) }));
        let (mut boxes_max, mut running_max) = (0, 0);
        while !request.is_finished() {
            let stats = node.stats().await;
            boxes_max = boxes_max.max(stats.boxes.expect("there are boxes").in_use);
            running_max = running_max.max(stats.scheduler.running);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let report = request.await.unwrap().unwrap().unwrap();
        let intervals: Vec<(u64, u64)> = report
            .tests
            .iter()
            .map(|test| {
                assert_eq!(test.verdict, Verdict::WA, "{test:#?}");
                let (began, ended) = test.stdout.trim().split_once(' ').unwrap();
                (began.parse().unwrap(), ended.parse().unwrap())
            })
            .collect();
        assert_eq!(intervals.len(), 8);
        assert_eq!(overlap_max(&intervals), 1, "{intervals:?}");
        assert!((2..=4).contains(&boxes_max), "{boxes_max} boxes at once");
        assert!(running_max > 1, "others are held meanwhile");
    });
}

#[test]
fn i_3_as_many_processes_run_as_there_are_runners() {
    real(async {
        let (node, _data) = real_node(|config| {
            config.runners = Some(3);
            config.executors = Some(8);
        })
        .await;
        let report = judge(&node, clocked(12)).await;
        let interval = |test: &tribunal_actors::TestReport| {
            let (began, ended) = test.stdout.trim().split_once(' ').unwrap();
            (began.parse().unwrap(), ended.parse().unwrap())
        };
        let intervals: Vec<(u64, u64)> = report.tests.iter().map(interval).collect();
        assert_eq!(overlap_max(&intervals), 3, "{intervals:?}");
    });
}

/// A right program for `sum` that takes a while for each test; another number is another program.
fn slow_sum(number: usize) -> Submit {
    let source = format!(
        "# {number}\nimport time\ntime.sleep(0.2)\nprint(sum(map(int, input().split())))\n"
    );
    Submit {
        problem: "sum".to_owned(),
        language: LanguageId::new("python"),
        files: vec![SourceFile::new("main.py", source.as_bytes())],
        entry: EntryPoint::Program,
        idempotency_key: None,
        account: None,
        is_jury: false,
    }
}

#[test]
fn m_3_when_one_of_two_real_invokers_ends_all_its_jobs_are_run_by_the_other() {
    let package = Package::open(&examples().join("sum")).expect("the example can be read");
    let tests = package.tests.len();
    let (data, ids) = real(async {
        let (node, data) = real_node(|config| {
            config.problems = vec![package];
            config.invokers = 2;
            config.runners = Some(1);
            config.heartbeat = Duration::from_millis(200);
        })
        .await;
        let registrar = node.registrar();
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(registrar.send(slow_sum(number)).await.unwrap().unwrap());
        }
        let jobs = async || {
            node.stats()
                .await
                .times
                .iter()
                .map(|sums| sums.jobs)
                .collect::<Vec<_>>()
        };
        // Both are at it.
        while jobs().await.iter().any(|&jobs| jobs < 4) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(node.stats().await.scheduler.workers, 2);
        let killed = jobs().await[0];
        node.invokers()[0].send(KillInvoker).await.unwrap();
        for &id in &ids {
            let view = registrar.send(WaitForVerdict { id }).await.unwrap();
            let view = view.unwrap().expect("it is stored");
            assert_eq!(view.verdict, Some(Verdict::AC), "{view:#?}");
            assert_eq!(view.tests.len(), tests);
        }
        let stats = node.stats().await;
        assert_eq!(stats.scheduler.workers, 1);
        assert_eq!((stats.scheduler.waiting, stats.scheduler.running), (0, 0));
        assert_eq!(stats.registrar.verdicts.values().sum::<u64>(), 3);
        // Each program and each test once, by whom it may be; one result may have been on its way at the kill.
        let by_the_other = stats.times.last().expect("it lives").jobs;
        let all = 3 * (tests as u64 + 1);
        assert!(
            (killed + by_the_other).abs_diff(all) <= 1,
            "{killed} and {by_the_other} of {all}"
        );
        assert!(node.drain(Duration::from_secs(5)).await);
        (data, ids)
    });
    real(async {
        let database = Database::open(&data.path().join("tribunal.db")).expect("it opens");
        let records = Records::new(database);
        for &id in &ids {
            let judgements = records.load_judgements(id).await.unwrap();
            assert_eq!(judgements.len(), 1, "{judgements:#?}");
        }
    });
}
