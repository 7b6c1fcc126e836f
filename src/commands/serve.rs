//! `tribunal serve`: the judge with its web front, from start to an orderly stop.

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tribunal_actors::{Node, NodeConfig};
use tribunal_problems::Languages;
use tribunal_web::Front;

use super::Failure;
use super::local::{LocalJudge, block_on, headers, languages};
use crate::cli::{NodeArgs, ServeArgs};
use crate::config::Config;
use crate::out;
use crate::packages::Packages;
use crate::workshop::{is_unready, ready};

/// What a shell says of a program that SIGINT ended.
const INTERRUPTED_STATUS: i32 = 130;

/// Serves until SIGINT or SIGTERM. A second signal ends the process at once.
pub(super) fn run(args: ServeArgs) -> Result<ExitCode, Failure> {
    let config = merged(args)?;
    let listener = TcpListener::bind(config.listen)
        .map_err(|error| format!("listen on {}: {error}", config.listen))?;
    let args = NodeArgs {
        languages: config.languages.clone(),
        headers: config.headers.clone(),
        allow_degraded: config.allow_degraded,
    };
    let languages = languages(&args)?;
    // What is unpacked stays as long as the judge.
    let packages = Packages::new(&languages, headers(&args))?;
    let mut node_config = node_config(&config, languages, &packages)?;
    block_on(async {
        make_ready(&config, &args, &mut node_config).await?;
        serve(config, node_config, listener).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration file, and the flags over it.
fn merged(args: ServeArgs) -> Result<Config, Failure> {
    let mut config = match &args.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    config.listen = args.listen.unwrap_or(config.listen);
    config.data = args.data.unwrap_or(config.data);
    if !args.problems.is_empty() {
        config.problems = args.problems;
    }
    config.invokers = args.invokers.map_or(config.invokers, usize::from);
    config.runners = args.runners.map_or(config.runners, usize::from);
    config.allow_degraded |= args.allow_degraded;
    Ok(config)
}

/// Makes the tests and finds the time limits of packages that do not bring them, in a judge of its own.
async fn make_ready(
    config: &Config,
    args: &NodeArgs,
    node: &mut NodeConfig,
) -> Result<(), Failure> {
    let mut served = Vec::with_capacity(node.problems.len());
    let mut judge = None;
    for package in std::mem::take(&mut node.problems) {
        if let Some(what) = package.kind.unsupported() {
            log::warn!(
                "{} is not served: not supported yet: {what}",
                package.path.display()
            );
            continue;
        }
        if !is_unready(&package) {
            served.push(package);
            continue;
        }
        let judge = match &judge {
            Some(judge) => judge,
            None => judge.insert(LocalJudge::start(args, node.languages.clone()).await?),
        };
        log::info!(
            "{}: its tests are made and its time limit is measured",
            package.short_name
        );
        let into = config.data.join("made").join(&package.short_name);
        served.push(ready(judge, package, &into).await?);
    }
    if let Some(judge) = judge {
        judge.stop().await;
    }
    node.problems = served;
    Ok(())
}

fn node_config(
    config: &Config,
    languages: Languages,
    packages: &Packages,
) -> Result<NodeConfig, Failure> {
    let several = |count: usize| (count > 0).then_some(count);
    Ok(NodeConfig {
        problems: packages.open_all(&config.problems)?,
        languages,
        invokers: config.invokers.max(1),
        runners: several(config.runners),
        executors: several(config.executors),
        allow_degraded: config.allow_degraded,
        queue_max: config.queue_max,
        ..NodeConfig::new(&config.data)
    })
}

async fn serve(config: Config, node: NodeConfig, listener: TcpListener) -> Result<(), Failure> {
    let node = Node::start(node).await?;
    tell_what_is_missing(&node);
    let addr = listener.local_addr()?;
    let server = tribunal_web::serve(Front::of(&node), listener, config.web_workers.max(1))?;
    let handle = server.handle();
    let serving = actix::spawn(server);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    out::print(&format!("listening on http://{addr}\n"));
    either(&mut interrupt, &mut terminate).await;
    log::info!("stopping; a second signal stops at once");
    actix::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        std::process::exit(INTERRUPTED_STATUS);
    });
    // What was accepted is finished first, so that those who wait for a verdict still get it; what comes now gets 503.
    let finished = node.drain(Duration::from_secs(config.grace_seconds)).await;
    if !finished {
        log::warn!("not everything was finished in time; it is judged after the next start");
    }
    handle.stop(true).await;
    serving.await??;
    Ok(())
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// A missing compiler is said at start, not at judging time.
fn tell_what_is_missing(node: &Node) {
    for (id, usable) in node.toolchains().all() {
        if let Err(unusable) = usable {
            log::warn!(
                "{id} cannot be judged here: {}",
                tribunal_actors::chain(unusable)
            );
        }
    }
    for lack in node
        .host()
        .into_iter()
        .flat_map(|host| host.lacks().to_vec())
    {
        log::warn!("not enforced on this host: {lack:?}; see `tribunal doctor`");
    }
}
