//! A judge for one command: in this process, with a data directory that goes when the command ends.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::System;
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tribunal_actors::{BuildReport, JudgeAnonymous, Judging, Node, NodeConfig};
use tribunal_problems::{Headers, LanguageError, LanguageId, Languages, Plan};

use super::{Failure, Interrupted, read};
use crate::cli::NodeArgs;

/// How long what runs may take to stop when the command ends.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// Where a host has its headers.
const HOST_HEADERS: &str = "/usr/local/share/tribunal/headers";

/// Does the work in an actor system, and stops it; nothing of its boxes is left on the host then.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let done = System::new().block_on(work);
    if !tribunal_sandbox::wait_until_gone(TAKING_DOWN) {
        log::warn!("some boxes are still there; the next start removes them");
    }
    done
}

/// How long boxes may take to be taken down.
const TAKING_DOWN: Duration = Duration::from_secs(10);

/// The built-in languages and those of the file that was named.
pub(super) fn languages(args: &NodeArgs) -> Result<Languages, Failure> {
    let mut languages = Languages::built_in();
    if let Some(path) = &args.languages {
        let text = String::from_utf8(read(path)?)?;
        languages.extend(&text).map_err(|source| BadLanguages {
            path: path.clone(),
            source,
        })?;
    }
    Ok(languages)
}

/// Where headers are looked for that no package brings: the directories that were named, and one for the whole host.
pub(super) fn headers(args: &NodeArgs) -> Headers {
    let host = [PathBuf::from(HOST_HEADERS)];
    let directories: Vec<PathBuf> = args.headers.iter().cloned().chain(host).collect();
    Headers::in_directories(&directories)
}

/// A language file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("languages of {}", path.display())]
struct BadLanguages {
    path: PathBuf,
    source: LanguageError,
}

/// A judge for one command.
pub(crate) struct LocalJudge {
    /// The judge.
    pub(crate) node: Node,
    data: TempDir,
}

impl LocalJudge {
    /// Starts a judge with these languages, or with `only` those among them, does the work with it and stops it. SIGINT and SIGTERM end the work; what
    /// runs is stopped, and nothing of it stays.
    pub(super) async fn during<T>(
        args: &NodeArgs,
        languages: Languages,
        only: Option<BTreeSet<LanguageId>>,
        work: impl AsyncFnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let signals = Signals::listen()?;
        let judge = Self::start(args, languages, only).await?;
        let done = signals.unless_interrupted(work(&judge)).await;
        judge.stop().await;
        done
    }

    async fn start(
        args: &NodeArgs,
        languages: Languages,
        only_languages: Option<BTreeSet<LanguageId>>,
    ) -> Result<Self, Failure> {
        let data = tempfile::Builder::new().prefix("tribunal-").tempdir()?;
        let node = Node::start(NodeConfig {
            languages,
            only_languages,
            allow_degraded: args.allow_degraded,
            ..NodeConfig::new(data.path())
        })
        .await?;
        Ok(Self { node, data })
    }

    /// Judges one plan.
    pub(crate) async fn judge(&self, plan: Plan) -> Result<BuildReport, Failure> {
        Ok(self
            .node
            .registrar()
            .send(JudgeAnonymous { plan })
            .await??)
    }

    /// What judges here.
    pub(crate) fn judging(&self) -> Judging {
        Judging {
            registrar: self.node.registrar().clone(),
            stores: self.node.stores().clone(),
        }
    }

    /// A directory that goes with the judge.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.data.path().join("packages")
    }

    /// The languages and toolchains of the judge.
    pub(super) fn languages(&self) -> Arc<Languages> {
        Arc::clone(self.node.languages())
    }

    /// Stops the judge and removes its data.
    async fn stop(self) {
        self.node.drain(GRACE).await;
        if let Err(error) = self.data.close() {
            log::warn!("the scratch directory stays: {error}");
        }
    }
}

/// The signals that end a command. From when they are listened to they no longer end the process by themselves.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Begins to listen.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Does the work unless a signal comes first.
    pub(super) async fn unless_interrupted<T>(
        mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Err(Interrupted.into()),
            _ = self.terminate.recv() => Err(Interrupted.into()),
            done = work => done,
        }
    }
}
