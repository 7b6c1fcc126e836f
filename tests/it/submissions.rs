//! Submissions on a paused clock: stored first, judged whatever happens, compiled once.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tribunal_actors::{
    EventKind, GetSubmission, Node, NodeConfig, SubmissionId, SubmissionStatus, SubmissionView,
    Submit, SubmitError, Subscribe, Topic, Update, WaitForVerdict,
};
use tribunal_problems::{EntryPoint, LanguageId, Package, SourceFile, TestCase, Verdict};

use crate::harness::{fake_node_in, paused};

const OK: &str = "sleep 100\nprint ok";

/// A package whose tests are scripts for fake slots; each is to print `ok`.
fn package(dir: &Path, scripts: &[&str]) -> Package {
    let tests = scripts.iter().enumerate().map(|(at, script)| {
        let (input, answer) = (dir.join(format!("{at}.in")), dir.join(format!("{at}.ans")));
        std::fs::write(&input, script).unwrap();
        std::fs::write(&answer, "ok").unwrap();
        TestCase::new(&format!("secret/{at}"), input, answer)
    });
    Package {
        source_bytes_max: 1000,
        ..Package::of_tests("echo", dir, tests.collect())
    }
}

fn submit(source: &str) -> Submit {
    Submit {
        problem: "echo".to_owned(),
        language: LanguageId::new("c"),
        files: vec![SourceFile::new("main.c", source.as_bytes())],
        entry: EntryPoint::Program,
        idempotency_key: None,
        account: None,
        is_jury: false,
    }
}

/// The data directory of a judge, its package beside it.
struct Ground {
    data: TempDir,
    package: Package,
}

impl Ground {
    fn new(scripts: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let package = package(data.path(), scripts);
        Self { data, package }
    }

    async fn node(&self, change: impl FnOnce(&mut NodeConfig)) -> (Node, crate::fakes::Ledger) {
        fake_node_in(&self.data.path().join("data"), |config| {
            config.problems = vec![self.package.clone()];
            change(config);
        })
        .await
    }
}

async fn verdict(node: &Node, id: SubmissionId) -> SubmissionView {
    let view = node.registrar().send(WaitForVerdict { id }).await.unwrap();
    view.unwrap().expect("it is stored")
}

#[test]
fn submission_is_stored_then_judged() {
    paused(async {
        let ground = Ground::new(&[OK, OK]);
        let (node, _ledger) = ground.node(|_| ()).await;
        let id = node
            .registrar()
            .send(submit("int main() {}"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(id, SubmissionId(1));
        let early = node.registrar().send(GetSubmission { id }).await.unwrap();
        assert_ne!(early.unwrap().unwrap().status, SubmissionStatus::Done);
        let view = verdict(&node, id).await;
        assert_eq!(view.status, SubmissionStatus::Done);
        assert_eq!(view.verdict, Some(Verdict::AC));
        assert_eq!(view.tests.len(), 2);
        let none = node
            .registrar()
            .send(GetSubmission {
                id: SubmissionId(7),
            })
            .await
            .unwrap();
        assert_eq!(none.unwrap(), None);
    });
}

#[test]
fn live_view_shows_the_tests_judged_so_far() {
    paused(async {
        let ground = Ground::new(&[OK, "sleep 5000\nprint ok"]);
        let (node, _ledger) = ground.node(|_| ()).await;
        let id = node
            .registrar()
            .send(submit("int main() {}"))
            .await
            .unwrap()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(1000)).await;
        let view = node.registrar().send(GetSubmission { id }).await.unwrap();
        let view = view.unwrap().unwrap();
        assert_eq!(view.status, SubmissionStatus::Running);
        assert_eq!(view.tests.len(), 1);
        assert_eq!(view.verdict, None);
        assert_eq!(verdict(&node, id).await.verdict, Some(Verdict::AC));
    });
}

#[test]
fn whoever_waits_for_what_has_not_begun_is_told_when_the_judge_stops() {
    paused(async {
        let ground = Ground::new(&[OK]);
        let (node, _ledger) = ground.node(|config| config.builds_max = 1).await;
        let registrar = node.registrar().clone();
        let mut ids = Vec::new();
        for source in ["int main() {}", "int main() { return 0; }"] {
            ids.push(registrar.send(submit(source)).await.unwrap().unwrap());
        }
        let wait = |id| actix::spawn(registrar.send(WaitForVerdict { id }));
        let (first, second) = (wait(ids[0]), wait(ids[1]));
        tokio::time::sleep(Duration::from_millis(10)).await;
        let draining = actix::spawn(node.drain(Duration::from_secs(5)));
        let told = tokio::time::timeout(Duration::from_millis(1), second).await;
        let view = told.expect("it is told at once").unwrap().unwrap();
        assert_eq!(view.unwrap().unwrap().status, SubmissionStatus::Queued);
        let late = tokio::time::timeout(Duration::from_millis(1), wait(ids[1])).await;
        assert!(late.is_ok(), "nobody is at work on it");
        let view = first.await.unwrap().unwrap().unwrap().unwrap();
        assert_eq!(view.verdict, Some(Verdict::AC), "it had begun");
        assert!(draining.await.unwrap());
    });
}

#[test]
fn b_6_equal_compile_is_reused_and_the_event_says_so() {
    paused(async {
        let ground = Ground::new(&[OK]);
        let (node, ledger) = ground.node(|_| ()).await;
        let subscription = Subscribe {
            after: None,
            topic: Topic::Everything,
        };
        let mut updates = node.event_log().send(subscription).await.unwrap().unwrap();
        for source in ["int main() {}", "int main() {}", "int main() { return 0; }"] {
            let id = node
                .registrar()
                .send(submit(source))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(verdict(&node, id).await.verdict, Some(Verdict::AC));
        }
        assert_eq!(ledger.seen().runs[""], 2, "compiled once for each source");
        let mut reuses = Vec::new();
        while let Ok(Update::Event(event)) = updates.try_recv() {
            if let EventKind::Compiled { reused, .. } = event.kind {
                reuses.push(reused);
            }
        }
        assert_eq!(reuses, [false, true, false]);
    });
}

#[test]
fn m_10_what_has_no_verdict_is_judged_after_a_restart() {
    let ground = Ground::new(&["sleep 5000\nprint ok", OK]);
    paused(async {
        let (node, _ledger) = ground.node(|_| ()).await;
        for number in 0..20 {
            let source = format!("int main() {{ return {number} * 0; }}");
            node.registrar()
                .send(submit(&source))
                .await
                .unwrap()
                .unwrap();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let _judged_none = node.drain(Duration::ZERO).await;
    });
    paused(async {
        let (node, _ledger) = ground.node(|_| ()).await;
        for id in 1..=20 {
            let view = verdict(&node, SubmissionId(id)).await;
            assert_eq!(view.verdict, Some(Verdict::AC), "{id}");
        }
    });
}

#[test]
fn what_cannot_be_judged_is_refused_with_the_reason() {
    paused(async {
        let ground = Ground::new(&[OK]);
        let (node, _ledger) = ground.node(|config| config.queue_max = 2).await;
        let refused = async |submit: Submit| {
            let answer = node.registrar().send(submit).await.unwrap();
            answer.expect_err("it is refused").to_string()
        };
        let unknown = Submit {
            problem: "none".to_owned(),
            ..submit("x")
        };
        assert_eq!(refused(unknown).await, "there is no problem \"none\"");
        let unknown = Submit {
            language: LanguageId::new("cobol"),
            ..submit("x")
        };
        assert_eq!(refused(unknown).await, "there is no language cobol");
        assert_eq!(refused(submit("  ")).await, "the source is empty");
        let large = "x".repeat(1001);
        assert_eq!(
            refused(submit(&large)).await,
            "the source has 1001 bytes, 1000 are allowed"
        );
        for _ in 0..2 {
            node.registrar()
                .send(submit("int x;"))
                .await
                .unwrap()
                .unwrap();
        }
        let full = node.registrar().send(submit("int x;")).await.unwrap();
        assert_eq!(full, Err(SubmitError::QueueFull { waiting: 2 }));
    });
}

#[test]
fn same_idempotency_key_is_one_submission() {
    paused(async {
        let ground = Ground::new(&[OK]);
        let (node, _ledger) = ground.node(|_| ()).await;
        let keyed = |source: &str| Submit {
            idempotency_key: Some("k".to_owned()),
            account: None,
            ..submit(source)
        };
        let first = node
            .registrar()
            .send(keyed("int x;"))
            .await
            .unwrap()
            .unwrap();
        let second = node
            .registrar()
            .send(keyed("int x;"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(first, second);
        let other = node.registrar().send(keyed("int y;")).await.unwrap();
        assert_eq!(
            other,
            Err(SubmitError::KeyReused {
                key: "k".to_owned()
            })
        );
    });
}
