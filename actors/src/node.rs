//! A whole judge in one process: started, asked, drained.
//!
//! Everything is an actor on the caller's arbiter. The front of a program holds the addresses that a [`Node`] gives
//! out, and ends with [`Node::drain`].

mod config;
mod gauges;
mod hands;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix::prelude::*;
use tribunal_problems::{Languages, Package};
use tribunal_sandbox::{Error, Host, Sandbox};

use crate::accounts::Accounts;
use crate::build::BuildTools;
use crate::contest::{ContestConfig, ContestDesk, ContestStartError};
use crate::database::{Database, DatabaseError};
use crate::event_log::{Append, EventLog};
use crate::figures::Figures;
use crate::ids::WorkerId;
use crate::intake::{Intake, IntakeParts, PackageShelf};
use crate::invoker::{DrainInvoker, Invoker, InvokerConfig, InvokerParts, Master, StopAllJobs};
use crate::job_executor::{JobExecutor, Tools};
use crate::job_task::Scheduling;
use crate::problems::{ByName, Problems};
use crate::registrar::records::{Records, RecordsError};
use crate::registrar::{
    AbandonBuilds, Changes, ContestLink, DrainRegistrar, Registrar, RegistrarConfig,
};
use crate::rejudger::Rejudger;
use crate::runners::Runners;
use crate::scheduler::{Patience, QueueLimits, Scheduler, SchedulerConfig, StopScheduling};
use crate::storage_cache::StorageCache;
use crate::stores::{Shelf, StoreError, Stores};
use crate::toolchains::Toolchains;
use crate::workshop::Judging;

pub use config::NodeConfig;
pub use gauges::{Gauges, NodeStats};
pub use hands::Hands;

/// How long stopped jobs may take to end: the sandbox ends a run within 0.9 s.
const STOPPING: Duration = Duration::from_secs(2);

/// A judge at work.
pub struct Node {
    gauges: Gauges,
    figures: Addr<Figures>,
    intake: Addr<Intake>,
    rejudger: Addr<Rejudger>,
    changes: Changes,
    event_log: Addr<EventLog>,
    stores: Addr<Stores>,
    languages: Arc<Languages>,
    toolchains: Arc<Toolchains>,
    problems: Problems,
    accounts: Accounts,
    contest: Option<ContestLink>,
}

/// Why a judge cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The sandbox cannot be had on this host.
    #[error("start the sandbox")]
    Sandbox(#[from] Error),
    /// The database cannot be opened.
    #[error("open the database")]
    Database(#[from] DatabaseError),
    /// The submissions cannot be read.
    #[error("read the submissions")]
    Records(#[from] RecordsError),
    /// The stores cannot be opened.
    #[error("open the stores")]
    Stores(#[from] StoreError),
    /// The data directory cannot be made.
    #[error("make the data directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A slot's thread cannot be started.
    #[error("start a slot")]
    Slot(#[source] std::io::Error),
    /// Two problems have the same short name.
    #[error("two problems are named {0:?}")]
    ProblemTwice(String),
    /// The contest cannot be served.
    #[error("begin the contest")]
    Contest(#[from] ContestStartError),
    /// The blocking pool has stopped.
    #[error("start on the blocking pool")]
    Pool(#[from] tokio::task::JoinError),
}

impl Node {
    /// Starts a judge with a sandbox of its own: everything is ready when this returns.
    pub async fn start(config: NodeConfig) -> Result<Self, StartError> {
        let hands = Hands::of_sandbox(&config).await?;
        Self::start_with(config, hands).await
    }

    /// Starts a judge whose boxes and slots are given, as tests on a paused clock do.
    pub async fn start_with(config: NodeConfig, hands: Hands) -> Result<Self, StartError> {
        let problems = by_name(&config.problems)?;
        let data = config.data_dir.clone();
        let bounds = config.store;
        let (database, shelf) = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&data).map_err(|source| StartError::Directory {
                path: data.clone(),
                source,
            })?;
            let database = Database::open(&data.join("tribunal.db"))?;
            let shelf = Shelf::open(&data, database.clone(), bounds)?;
            // Before any build runs: whatever a dead process has stored and nobody names goes.
            match shelf.tidy()? {
                0 => (),
                removed => log::info!("{removed} blobs that nobody names are removed"),
            }
            Ok::<_, StartError>((database, shelf))
        })
        .await??;
        let stores = Stores::new(Arc::new(shelf)).start();
        let records = Records::new(database.clone());
        let first_event = first_event(milliseconds_now(), records.latest_ms().await?);
        let event_log = EventLog::new(first_event, config.events).start();
        let scheduler = Scheduler::start(scheduling(&config));
        let toolchains = Arc::new(hands.toolchains);
        let window = 2 * hands.slots.iter().map(Vec::len).sum::<usize>();
        let tools = BuildTools {
            scheduling: Scheduling {
                schedule: scheduler.clone().recipient(),
                cancel: scheduler.clone().recipient(),
            },
            stores: stores.clone(),
            events: event_log.clone().recipient(),
            toolchains: toolchains.clone(),
            window,
            salt: rand::random(),
        };
        let (mut invokers, mut caches, mut queues) = (Vec::new(), Vec::new(), Vec::new());
        for (number, slots) in (1..).zip(hands.slots) {
            let loads = stores.clone().recipient();
            let cache = StorageCache::new(config.cache, loads).start();
            caches.push(cache.clone());
            let runners = Runners::new(slots.clone()).start();
            queues.push(runners.clone());
            let tools = Tools {
                places: hands.places.clone(),
                runs: runners.clone().recipient(),
                together: runners.clone().recipient(),
                cache: cache.clone().recipient(),
                stores: stores.clone(),
            };
            let executors = config.executors.unwrap_or(2 * slots.len()).max(1);
            let executor = |_| JobExecutor::start(tools.clone()).recipient();
            let parts = InvokerParts {
                master: Master::of(&scheduler),
                executors: (0..executors).map(executor).collect(),
                runners: runners.recipient(),
                cache: cache.clone().recipient(),
                missing: cache.recipient(),
            };
            let invoker = InvokerConfig {
                worker: WorkerId(number),
                slots: slots.len(),
                queue: slots.len(),
                heartbeat: config.heartbeat,
            };
            invokers.push(Invoker::start(invoker, parts, milliseconds_now()));
        }
        let accounts = Accounts::new(database.clone());
        let contest = match config.contest {
            Some(contest) => {
                let events = event_log.clone().recipient();
                Some(link(contest, &problems.all(), database, &accounts, events).await?)
            }
            None => None,
        };
        let changes = records.changes().clone();
        let registrar = Registrar::start(RegistrarConfig {
            records,
            problems: problems.clone(),
            tools,
            queue_max: config.queue_max,
            builds_max: config.builds_max,
            contest: contest.clone(),
        });
        let rejudger = Rejudger::start(
            registrar.clone().recipient(),
            registrar.clone().recipient(),
            registrar.clone().recipient(),
        );
        let gauges = Gauges {
            registrar,
            scheduler,
            invokers,
            caches,
            runners: queues,
            sandbox: hands.sandbox,
        };
        let languages = Arc::new(config.languages);
        let intake = Intake::start(IntakeParts {
            judging: Judging {
                registrar: gauges.registrar.clone(),
                stores: stores.clone(),
            },
            installs: gauges.registrar.clone().recipient(),
            shelf: PackageShelf::of(&config.data_dir),
            languages: Arc::clone(&languages),
            headers: config.headers,
        });
        Ok(Self {
            intake,
            figures: Figures::start(gauges.clone()),
            gauges,
            rejudger,
            changes,
            event_log,
            stores,
            languages,
            toolchains,
            problems,
            accounts,
            contest,
        })
    }

    /// The contest that is served, if one is.
    #[must_use]
    pub fn contest(&self) -> Option<&ContestLink> {
        self.contest.as_ref()
    }

    /// Who may do what.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Takes submissions and answers for them.
    #[must_use]
    pub fn registrar(&self) -> &Addr<Registrar> {
        &self.gauges.registrar
    }

    /// Judges again for the jury.
    #[must_use]
    pub fn rejudger(&self) -> &Addr<Rejudger> {
        &self.rejudger
    }

    /// Takes packages in that the jury sends.
    #[must_use]
    pub fn intake(&self) -> &Addr<Intake> {
        &self.intake
    }

    /// How often a judgement took the place of another.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Hands jobs to invokers.
    #[must_use]
    pub fn scheduler(&self) -> &Addr<Scheduler> {
        &self.gauges.scheduler
    }

    /// The invokers of this process.
    #[must_use]
    pub fn invokers(&self) -> &[Addr<Invoker>] {
        &self.gauges.invokers
    }

    /// Tells what happens.
    #[must_use]
    pub fn event_log(&self) -> &Addr<EventLog> {
        &self.event_log
    }

    /// Keeps files and artifacts.
    #[must_use]
    pub fn stores(&self) -> &Addr<Stores> {
        &self.stores
    }

    /// What this host can enforce; `None` in tests without a sandbox.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        self.gauges.sandbox.as_ref().map(Sandbox::host)
    }

    /// Every known language.
    #[must_use]
    pub fn languages(&self) -> &Arc<Languages> {
        &self.languages
    }

    /// Which languages can be judged here.
    #[must_use]
    pub fn toolchains(&self) -> &Arc<Toolchains> {
        &self.toolchains
    }

    /// The problems, by their short names.
    #[must_use]
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// What can be asked for figures, from any thread.
    #[must_use]
    pub fn gauges(&self) -> Gauges {
        self.gauges.clone()
    }

    /// Remembers the last hour's figures.
    #[must_use]
    pub fn figures(&self) -> &Addr<Figures> {
        &self.figures
    }

    /// What is at work, what waits and what has been done.
    pub async fn stats(&self) -> NodeStats {
        self.gauges.read().await
    }

    /// Stops in order: takes nothing more, finishes what has begun within `grace`, and leaves the rest to the next
    /// start. Says whether all that had begun was finished. What was accepted is on the disk either way.
    pub async fn drain(self, grace: Duration) -> bool {
        let finished = tokio::time::timeout(grace, self.gauges.registrar.send(DrainRegistrar))
            .await
            .is_ok();
        // An actor that has stopped already needs no order.
        if !finished {
            let _ = self.gauges.registrar.send(AbandonBuilds).await;
        }
        let _ = self.gauges.scheduler.send(StopScheduling).await;
        for invoker in &self.gauges.invokers {
            let _ = invoker.send(StopAllJobs).await;
        }
        let drained = self
            .gauges
            .invokers
            .iter()
            .map(|invoker| invoker.send(DrainInvoker));
        let drained = futures_util::future::join_all(drained);
        if tokio::time::timeout(STOPPING, drained).await.is_err() {
            log::warn!("some jobs did not end in time; they are done again after the next start");
        }
        finished
    }
}

fn by_name(problems: &[Package]) -> Result<Problems, StartError> {
    let mut named = ByName::new();
    for problem in problems {
        let name = problem.short_name.clone();
        if named
            .insert(name.clone(), Arc::new(problem.clone()))
            .is_some()
        {
            return Err(StartError::ProblemTwice(name));
        }
    }
    Ok(Problems::of(named))
}

/// Starts the contest's desk.
async fn link(
    ContestConfig { contest, problems }: ContestConfig,
    packages: &ByName,
    database: Database,
    accounts: &Accounts,
    events: Recipient<Append>,
) -> Result<ContestLink, ContestStartError> {
    let named = |id: &String| {
        let package = packages.get(id);
        let package = package.ok_or_else(|| ContestStartError::UnknownProblem(id.clone()))?;
        Ok((id.clone(), package.name.clone()))
    };
    let names = problems.iter().map(named);
    let names = names.collect::<Result<Vec<_>, ContestStartError>>()?;
    let (short_name, fresh_namespaces) = (contest.short_name.clone(), contest.fresh_namespaces);
    Ok(ContestLink {
        desk: ContestDesk::start(contest, names, database, accounts, events).await?,
        short_name,
        problems: problems.into_iter().collect(),
        fresh_namespaces,
    })
}

/// With one invoker there is no better place to wait for.
fn scheduling(config: &NodeConfig) -> SchedulerConfig {
    let (cache_timeout, deps_timeout) = config.timeouts();
    SchedulerConfig {
        limits: QueueLimits {
            cache_timeout,
            deps_timeout,
            waiting_max: usize::MAX,
        },
        patience: Patience {
            heartbeat: config.heartbeat,
            lost_job_timeout: config.lost_job_timeout,
        },
        seed: rand::random(),
    }
}

/// Above the numbers of all events that an earlier process told, also where the clock has been set back since: an event
/// belongs to something that was written down at most a moment later.
fn first_event(now_ms: u64, latest_ms: i64) -> u64 {
    let latest = u64::try_from(latest_ms).unwrap_or(0);
    now_ms.max(latest.saturating_add(MOMENT_MS)) * 1000
}

const MOMENT_MS: u64 = 1_000;

fn milliseconds_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_count_on_where_the_clock_was_set_back() {
        assert_eq!(first_event(5_000_000, 4_000_000), 5_000_000_000);
        assert_eq!(first_event(1_000_000, 4_000_000), 4_001_000_000);
        assert_eq!(first_event(7, 0), 1_000_000);
    }
}
