//! A small contest for a judge with fake hands: one problem, whose tests are scripts of the fakes.

use std::path::Path;

use tempfile::TempDir;
use tribunal_actors::{Node, NodeConfig, SubmissionId, SubmissionView, Submit, WaitForVerdict};
use tribunal_problems::{
    Checker, CompileLimits, CustomChecker, Dialect, EntryPoint, LanguageId, Package, RunLimits,
    Scores, SourceFile, TestCase, Verdict,
};

use crate::fakes::Ledger;
use crate::harness::fake_node_in;

/// What a fake program prints is what a fake checker then acts: it accepts.
pub(crate) const SCRIPT: &str = "sleep 100\nprint exit 42";

pub(crate) fn checker(source: &str) -> Checker {
    Checker::Custom(CustomChecker {
        language: LanguageId::new("c"),
        files: vec![SourceFile::new("check.c", source.as_bytes())],
        dialect: Dialect::Kattis,
        args: Vec::new(),
        scores: Scores::Refused,
        compile_limits: CompileLimits::default(),
        limits: RunLimits::default(),
    })
}

/// A package with two tests.
pub(crate) fn package(dir: &Path, checker: Checker) -> Package {
    let tests = (1..=2).map(|number| {
        let (input, answer) = (
            dir.join(format!("{number}.in")),
            dir.join(format!("{number}.ans")),
        );
        std::fs::write(&input, SCRIPT).unwrap();
        std::fs::write(&answer, "exit 42\n").unwrap();
        TestCase::new(&format!("secret/{number}"), input, answer)
    });
    Package {
        checker,
        ..Package::of_tests("p", dir, tests.collect())
    }
}

pub(crate) async fn node(
    dir: &TempDir,
    checker: Checker,
    change: impl FnOnce(&mut NodeConfig),
) -> (Node, Ledger) {
    let package = package(dir.path(), checker);
    fake_node_in(&dir.path().join("data"), |config| {
        config.problems = vec![package];
        change(config);
    })
    .await
}

pub(crate) async fn submit(node: &Node, source: &str) -> SubmissionId {
    let submit = Submit {
        problem: "p".to_owned(),
        language: LanguageId::new("c"),
        files: vec![SourceFile::new("main.c", source.as_bytes())],
        entry: EntryPoint::Program,
        idempotency_key: None,
        account: None,
        is_jury: false,
    };
    node.registrar().send(submit).await.unwrap().unwrap()
}

pub(crate) async fn judged(node: &Node, id: SubmissionId) -> SubmissionView {
    let view = node.registrar().send(WaitForVerdict { id }).await.unwrap();
    view.unwrap().expect("it is stored")
}

pub(crate) async fn accepted(node: &Node, id: SubmissionId) -> SubmissionView {
    let view = judged(node, id).await;
    assert_eq!(view.verdict, Some(Verdict::AC), "{view:#?}");
    view
}

/// How often a compiler was run.
pub(crate) fn compiles(ledger: &Ledger) -> usize {
    ledger.seen().runs.get("").copied().unwrap_or(0)
}
