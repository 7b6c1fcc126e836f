//! What tests share: a paused clock, a judge with fake hands or with a real sandbox, plans to judge.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use actix::Actor;
use tempfile::TempDir;
use tribunal_actors::{BuildReport, Hands, JudgeAnonymous, Node, NodeConfig, Toolchains};

use crate::fakes::{FakePlaces, FakeSlot, Ledger};
use tribunal_problems::{Content, GeneratorKind, LanguageId, Plan, PlannedTest, SourceFile};

/// Runs `test` in an actix system on real time, one thread for all actors.
pub(crate) fn real<F: Future>(test: F) -> F::Output {
    actix::System::new().block_on(test)
}

/// Runs `test` in an actix system whose clock starts paused and jumps whenever all actors wait.
pub(crate) fn paused<F: Future>(test: F) -> F::Output {
    actix::System::with_tokio_rt(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let builder = builder.enable_all().start_paused(true);
        builder.build().expect("a runtime can be built")
    })
    .block_on(test)
}

/// A judge with fake boxes and slots, what these see, and its data directory.
pub(crate) async fn fake_node(change: impl FnOnce(&mut NodeConfig)) -> (Node, Ledger, TempDir) {
    let data = tempfile::tempdir().expect("a temporary directory can be made");
    let (node, ledger) = fake_node_in(data.path(), change).await;
    (node, ledger, data)
}

/// The same in a directory that outlives it.
pub(crate) async fn fake_node_in(
    data: &Path,
    change: impl FnOnce(&mut NodeConfig),
) -> (Node, Ledger) {
    let mut config = NodeConfig::new(data);
    change(&mut config);
    let ledger = Ledger::default();
    let slot = || FakeSlot(ledger.clone()).start().recipient();
    let slots = config.runners.unwrap_or(2);
    let hands = Hands {
        places: FakePlaces(ledger.clone()).start().recipient(),
        slots: (0..config.invokers)
            .map(|_| (0..slots).map(|_| slot()).collect())
            .collect(),
        toolchains: Toolchains::assumed(&config.languages, "1.0"),
        sandbox: None,
    };
    let node = Node::start_with(config, hands).await;
    (node.expect("the judge starts"), ledger)
}

/// A judge with a real sandbox, and its data directory.
pub(crate) async fn real_node(change: impl FnOnce(&mut NodeConfig)) -> (Node, TempDir) {
    let data = tempfile::tempdir().expect("a temporary directory can be made");
    let mut config = NodeConfig::new(data.path());
    config.agent = Path::new(env!("CARGO_BIN_EXE_tribunal")).to_owned();
    change(&mut config);
    (Node::start(config).await.expect("the judge starts"), data)
}

/// A plan with these tests, each an input and its answer.
pub(crate) fn plan(language: &str, file: &str, source: &str, tests: &[(&str, &str)]) -> Plan {
    let planned = |(at, (input, answer)): (usize, &(&str, &str))| PlannedTest {
        answer: Some(bytes(answer)),
        hidden: true,
        ..PlannedTest::new(&format!("t{}", at + 1), bytes(input))
    };
    let files = vec![SourceFile::new(file, source.as_bytes())];
    let tests = tests.iter().enumerate().map(planned).collect();
    Plan {
        rule: GeneratorKind::Icpc,
        output_head_max: 4096,
        ..Plan::new(LanguageId::new(language), files, tests)
    }
}

/// A content given here.
pub(crate) fn bytes(text: &str) -> Content {
    Content::Bytes(Arc::from(text.as_bytes()))
}

/// Judges a plan; it must come to a report.
pub(crate) async fn judge(node: &Node, plan: Plan) -> BuildReport {
    let report = node.registrar().send(JudgeAnonymous { plan }).await;
    report
        .expect("the registrar answers")
        .expect("there is a report")
}
