//! `tribunal serve`: the judge with its web front, from start to an orderly stop.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tribunal_actors::{Node, NodeConfig, PackageShelf, chain, is_unready, now_ms, ready};
use tribunal_problems::{LanguageId, Languages};
use tribunal_web::{Front, Serving};

use super::Failure;
use super::local::{LocalJudge, block_on, headers, languages};
use crate::cli::{NodeArgs, ServeArgs};
use crate::config::Config;
use crate::contest;
use crate::logging;
use crate::out;
use crate::packages::Packages;

/// What a shell says of a program that SIGINT ended.
const INTERRUPTED_STATUS: i32 = 130;

/// Serves until SIGINT or SIGTERM. A second signal ends the process at once.
pub(super) fn run(args: ServeArgs) -> Result<ExitCode, Failure> {
    let config = merged(args)?;
    logging::write_as(config.log);
    let serving = config.serving()?;
    let listener = TcpListener::bind(config.listen)
        .map_err(|error| format!("listen on {}: {error}", config.listen))?;
    let packages = packages(&config)?;
    let mut node_config = node_config(&config, &packages)?;
    block_on(async {
        make_ready(&config, &mut node_config).await?;
        serve(config, node_config, &packages, listener, serving).await
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
    config.contest = args.contest.or(config.contest);
    if !args.problems.is_empty() {
        config.problems = args.problems;
    }
    config.invokers = args.invokers.map_or(config.invokers, usize::from);
    config.runners = args.runners.map_or(config.runners, usize::from);
    config.allow_degraded |= args.allow_degraded;
    Ok(config)
}

fn node_args(config: &Config) -> NodeArgs {
    NodeArgs {
        languages: config.languages.clone(),
        headers: config.headers.clone(),
        allow_degraded: config.allow_degraded,
    }
}

/// Reads the packages of a configuration; what it unpacks stays as long as it lives.
pub(super) fn packages(config: &Config) -> Result<Packages, Failure> {
    let args = node_args(config);
    let unpacked = config.data.join("unpacked");
    let languages = languages(&args)?;
    Ok(Packages::unpacking_in(unpacked, &languages, headers(&args)))
}

/// The judge that a configuration describes.
pub(super) fn node_config(config: &Config, packages: &Packages) -> Result<NodeConfig, Failure> {
    let languages = languages(&node_args(config))?;
    let mut problems = packages.open_all(&config.problems)?;
    for (name, path) in PackageShelf::of(&config.data).installed()? {
        log::info!("{name}: as the jury has installed it, {}", path.display());
        problems.retain(|package| package.short_name != name);
        problems.push(packages.open(&path)?);
    }
    let contest = match &config.contest {
        Some(file) => Some(contest::open(file, packages, &languages, &mut problems)?),
        None => None,
    };
    Ok(NodeConfig {
        problems,
        contest,
        only_languages: only(config, &languages)?,
        languages,
        headers: headers(&node_args(config)),
        ..config.node()
    })
}

/// The languages that the configuration names, each of which is known.
fn only(config: &Config, languages: &Languages) -> Result<Option<BTreeSet<LanguageId>>, Failure> {
    let Some(names) = &config.only_languages else {
        return Ok(None);
    };
    let known = |name: &String| match languages.get(name) {
        Some(language) => Ok(language.id.clone()),
        None => Err(format!("only_languages: there is no language {name:?}").into()),
    };
    names.iter().map(known).collect::<Result<_, _>>().map(Some)
}

/// Makes the tests and finds the time limits of packages that do not bring them, in a judge of its own.
pub(super) async fn make_ready(config: &Config, node: &mut NodeConfig) -> Result<(), Failure> {
    let (mut served, mut unready) = (Vec::with_capacity(node.problems.len()), Vec::new());
    for package in std::mem::take(&mut node.problems) {
        if is_unready(&package) {
            unready.push(package);
        } else {
            served.push(package);
        }
    }
    if !unready.is_empty() {
        let work = async |judge: &LocalJudge| {
            let mut made = Vec::with_capacity(unready.len());
            for package in unready {
                let name = &package.short_name;
                log::info!("{name}: its tests are made and its time limit is measured");
                let into = config.data.join("made").join(name);
                made.push(ready(&judge.judging(), package, &into).await?);
            }
            Ok(made)
        };
        let (args, languages) = (node_args(config), node.languages.clone());
        let only = node.only_languages.clone();
        served.extend(LocalJudge::during(&args, languages, only, work).await?);
    }
    node.problems = served;
    Ok(())
}

async fn serve(
    config: Config,
    node: NodeConfig,
    packages: &Packages,
    listener: TcpListener,
    serving: Serving,
) -> Result<(), Failure> {
    let node = Node::start(node).await?;
    // The data directory is this judge's alone from here on.
    if let Err(error) = packages.sweep() {
        log::warn!("what a killed judge has unpacked stays: {error}");
    }
    if let Err(error) = PackageShelf::of(&config.data).tidy() {
        log::warn!("packages that are not served stay: {}", chain(&error));
    }
    tell_what_is_missing(&node);
    let addr = listener.local_addr()?;
    let scheme = match serving.tls {
        Some(_) => "https",
        None => "http",
    };
    let front = Front::of(&node, config.access());
    let server = tribunal_web::serve(front, listener, serving)?;
    let handle = server.handle();
    let serving = actix::spawn(server);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let link = node.accounts().first_admin_link(now_ms()).await?;
    let link = link.map_or_else(String::new, |link| {
        let link = link.tell();
        format!("the first admin signs in once at {scheme}://{addr}/password/{link}\n")
    });
    // In one piece, for whoever reads the first line and then closes the pipe.
    out::print(&format!("listening on {scheme}://{addr}\n{link}"));
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
            log::warn!("{id} cannot be judged here: {}", chain(unusable));
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
