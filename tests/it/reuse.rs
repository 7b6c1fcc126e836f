//! What was compiled once is not compiled again: by other submissions, other invokers, after a restart.

use std::time::Duration;

use tribunal_actors::{EventKind, Subscribe, Topic, Update};
use tribunal_problems::Checker;

use crate::contest::{accepted, checker, compiles, node, submit};
use crate::harness::paused;

#[test]
fn b_6_equal_compile_is_done_once_for_all_invokers_and_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    paused(async {
        let (node, ledger) = node(&dir, Checker::default(), |config| config.invokers = 3).await;
        let mut ids = Vec::new();
        for _ in 0..12 {
            ids.push(submit(&node, "int main() {}").await);
        }
        for id in ids {
            accepted(&node, id).await;
        }
        assert_eq!(compiles(&ledger), 1);
        let view = accepted(&node, submit(&node, "int main() {}").await).await;
        assert!(view.compile.unwrap().reused);
        assert!(node.drain(Duration::from_secs(5)).await);
    });
    paused(async {
        let (node, ledger) = node(&dir, Checker::default(), |config| config.invokers = 2).await;
        let all = Subscribe {
            after: None,
            topic: Topic::Everything,
        };
        let mut updates = node.event_log().send(all).await.unwrap().unwrap();
        let view = accepted(&node, submit(&node, "int main() {}").await).await;
        assert!(view.compile.unwrap().reused);
        assert_eq!(compiles(&ledger), 0);
        let reused = std::iter::from_fn(|| updates.try_recv().ok()).any(|update| {
            matches!(update, Update::Event(event)
                if matches!(event.kind, EventKind::Compiled { reused: true, .. }))
        });
        assert!(reused, "the event says so");
        let view = accepted(&node, submit(&node, "int main() { return 0; }").await).await;
        assert!(!view.compile.unwrap().reused);
        assert_eq!(compiles(&ledger), 1);
    });
}

#[test]
fn jury_s_programs_are_compiled_and_published_when_a_package_is_installed() {
    let dir = tempfile::tempdir().unwrap();
    paused(async {
        let (node, ledger) = node(&dir, checker("one"), |_| ()).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(compiles(&ledger), 1, "nobody has submitted");
        accepted(&node, submit(&node, "int main() {}").await).await;
        assert_eq!(compiles(&ledger), 2, "only the solution");
        assert!(node.drain(Duration::from_secs(5)).await);
    });
    // What is published survives a store that keeps nothing.
    paused(async {
        let (node, ledger) = node(&dir, checker("one"), |config| {
            config.store.artifact_bytes = 0;
        })
        .await;
        accepted(&node, submit(&node, "int main() { return 1; }").await).await;
        accepted(&node, submit(&node, "int main() { return 2; }").await).await;
        assert_eq!(compiles(&ledger), 2, "only the solutions");
        accepted(&node, submit(&node, "int main() { return 1; }").await).await;
        assert_eq!(compiles(&ledger), 3, "that one made room for the other");
        assert!(node.drain(Duration::from_secs(5)).await);
    });
}

#[test]
fn b_7_changed_checker_is_compiled_and_asked_and_the_solution_is_not_compiled() {
    let dir = tempfile::tempdir().unwrap();
    for (version, compiled) in [("one", 2), ("two", 1)] {
        paused(async {
            let (node, ledger) = node(&dir, checker(version), |_| ()).await;
            let view = accepted(&node, submit(&node, "int main() {}").await).await;
            assert_eq!(view.compile.unwrap().reused, version == "two");
            assert_eq!(compiles(&ledger), compiled);
            assert_eq!(ledger.seen().runs["exit 42\n"], 2, "each test is checked");
            assert!(node.drain(Duration::from_secs(5)).await);
        });
    }
}
