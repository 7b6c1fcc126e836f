//! Installing packages: what the jury brings is compiled before anybody submits, and published, so that it stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::prelude::*;
use tribunal_problems::Package;
use tribunal_sandbox::Isolation;

use super::Registrar;
use crate::build::outline::jury_programs;
use crate::build::planning::{Naming, ProgramSource, plan_program};
use crate::build::prepare::store_sources;
use crate::build::task::NodeError;
use crate::build::{BuildTools, NodeName};
use crate::chain::chain;
use crate::ids::{ArtifactId, BuildId};
use crate::job_task::{AwaitOutcome, JobTask};
use crate::problems::ByName;
use crate::stores::{DropStaging, Durability, PublishArtifact};
use crate::tell::Tell;

/// Lines of a compiler's log that say why a jury's program is not there.
const LOG_LINES: usize = 10;

/// Serves a problem from now on, in the place of another of its short name.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct InstallProblem(pub Arc<Package>);

impl Registrar {
    /// Has the jury's programs of these problems compiled.
    pub(super) fn install_programs(&mut self, problems: Arc<ByName>, ctx: &mut Context<Self>) {
        let first = BuildId(self.last_build + 1);
        self.last_build += count(&problems);
        let tools = self.config.tools.clone();
        ctx.spawn(install(problems, first, tools).into_actor(self));
    }
}

impl Handler<InstallProblem> for Registrar {
    type Result = ();

    fn handle(&mut self, InstallProblem(package): InstallProblem, ctx: &mut Context<Self>) {
        log::info!("problem {} is installed", package.short_name);
        self.config.problems.install(Arc::clone(&package));
        if self.config.builds_max > 0 {
            let name = package.short_name.clone();
            self.install_programs(Arc::new(ByName::from([(name, package)])), ctx);
        }
    }
}

/// Compiles the jury's programs of all packages, one after another, each in a build of its own from `first` on. A build
/// that needs one meanwhile compiles it as well, and both share the job.
pub(super) async fn install(problems: Arc<ByName>, first: BuildId, tools: BuildTools) {
    for (number, (release, node, custom)) in (first.0..).zip(released(&problems)) {
        let build = BuildId(number);
        match publish(&release, (node, custom), build, &tools).await {
            Ok(()) => log::info!("{release} is installed"),
            Err(Uninstalled::Interrupted) => log::debug!("{release} is left to the next start"),
            Err(Uninstalled::Failed(reason)) => log::error!("{release}: {reason}"),
        }
        tools.stores.tell(DropStaging { build });
    }
}

/// How many builds it takes to install them.
pub(super) fn count(problems: &ByName) -> u64 {
    released(problems).count() as u64
}

/// What the jury brings, and the names under which it is released.
fn released(problems: &ByName) -> impl Iterator<Item = (String, NodeName, ProgramSource<'_>)> {
    problems.iter().flat_map(|(name, package)| {
        jury_programs(package)
            .filter_map(|(node, custom)| Some((node.release(name)?, node, custom)))
    })
}

enum Uninstalled {
    Interrupted,
    Failed(String),
}

async fn publish(
    release: &str,
    program: (NodeName, ProgramSource<'_>),
    build: BuildId,
    tools: &BuildTools,
) -> Result<(), Uninstalled> {
    let failed = |reason: String| Uninstalled::Failed(reason);
    let id = compile(program, build, tools).await?;
    let publish = PublishArtifact {
        build,
        id,
        name: release.to_owned(),
        update: true,
    };
    let published = tools.stores.send(publish).await;
    published
        .map_err(|_| Uninstalled::Interrupted)?
        .map_err(|error| failed(chain(&error)))
}

async fn compile(
    (node, custom): (NodeName, ProgramSource<'_>),
    build: BuildId,
    tools: &BuildTools,
) -> Result<ArtifactId, Uninstalled> {
    let naming = Naming {
        build,
        salt: tools.salt,
        durability: Durability::Durable,
        // The jury's own programs; what a contest asks for is for what teams hand in.
        isolation: Isolation::default(),
    };
    let stored = store_sources(custom.files, build, &tools.stores).await;
    let planned = stored.and_then(|files| plan_program(&naming, custom, &files, &tools.toolchains));
    let (job, _) = planned.map_err(|error| Uninstalled::Failed(chain(&error)))?;
    let id = job.id;
    let task = JobTask::start(node, job, Vec::new(), true, tools.scheduling.clone());
    match task.send(AwaitOutcome).await {
        Ok(Some(outcome)) => match outcome.as_ref() {
            Ok(_) => Ok(id),
            Err(errors) => Err(why(errors)),
        },
        Ok(None) | Err(_) => Err(Uninstalled::Interrupted),
    }
}

fn why(errors: &BTreeMap<NodeName, NodeError>) -> Uninstalled {
    match errors.values().next() {
        Some(NodeError::NotCompiled(report)) => {
            let lines: Vec<&str> = report.log.trim_end().lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
            Uninstalled::Failed(format!("it does not compile:\n{}", last.join("\n")))
        }
        Some(error @ NodeError::Fault(_)) => Uninstalled::Failed(chain(error)),
        _ => Uninstalled::Interrupted,
    }
}
