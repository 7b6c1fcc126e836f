//! Boxes kept ready: made, cleaned and destroyed by two background threads, so that nobody who wants one waits while one is ready.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::agent;
use crate::cell::{Cell, Recipe, Seed};
use crate::cgroup::Hierarchy;
use crate::error::system;
use crate::living::Living;
use crate::protocol::{Answer, Dirt, Order};
use crate::visit::ReadyBox;
use crate::{Error, Host, Lack};

/// After a box could not be made, this long passes before the next is tried, twice as long after each further failure, unless
/// somebody asks for one.
const RETRY_AFTER: Duration = Duration::from_millis(200);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// Bytes of a box's file system where nothing else bounds them.
const UNCOUNTED_DISK_MAX: u64 = 256 << 20;

/// What the boxes of a sandbox are like.
#[derive(Debug, Clone)]
pub struct Config {
    /// The executable that becomes a box's agent; its `main` must begin with `run_agent_if_asked`.
    pub agent: PathBuf,
    /// Boxes kept ready beside those in use; at least one.
    pub ready: usize,
    /// Bytes that programs can write to a box's file system, which counts as their memory. Where the host cannot limit memory, not
    /// more than 256 MiB.
    pub disk_bytes: u64,
    /// Files that programs can make in it.
    pub disk_inodes: u64,
    /// How far apart the runs of one visit are at least.
    pub isolation: Isolation,
    /// Start also where the host cannot enforce everything; every outcome then says what.
    pub allow_degraded: bool,
    /// Begins the names of the control groups; groups of this name whose judge is dead are removed at start.
    pub name: String,
    /// Host trees that boxes show read-only at the same path, beside the system's.
    pub read_only: Vec<PathBuf>,
    /// Host directories, such as a store of blobs, whose files are given to programs as descriptors. Boxes do not show them. Where
    /// the kernel has Landlock, files from elsewhere are copied into memory for each run, unless they are sealed already.
    pub lent: Vec<PathBuf>,
}

impl Default for Config {
    /// Two boxes ready, 1.5 GiB and 16384 files each, pooled, nothing degraded, this executable as agent.
    fn default() -> Self {
        Self {
            agent: PathBuf::from("/proc/self/exe"),
            ready: 2,
            disk_bytes: 1536 << 20,
            disk_inodes: 16 << 10,
            isolation: Isolation::Pooled,
            allow_degraded: false,
            name: "tribunal".to_owned(),
            read_only: Vec::new(),
            lent: Vec::new(),
        }
    }
}

/// How far apart the runs of one box are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Isolation {
    /// They share namespaces, one after another; a box is used again only when proven clean.
    #[default]
    Pooled,
    /// Each has new process id and IPC namespaces of its own as well.
    Fresh,
}

/// What the pool has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolStats {
    /// Boxes waiting to be used.
    pub ready: usize,
    /// Boxes in use.
    pub in_use: usize,
    /// Boxes made since the start.
    pub made: u64,
    /// Boxes proven clean and used again.
    pub recycled: u64,
    /// Boxes destroyed after use, by reason.
    pub discarded: BTreeMap<Dirt, u64>,
    /// Time taken by the making of all boxes together, each from when it was needed; some of the work is done before.
    pub making_time: Duration,
    /// Time taken by the making of the last box.
    pub last_making_time: Duration,
}

/// A place where boxes are made and programs run in them. Clones are the same sandbox; with the last of them, and of its boxes, everything goes.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pool: Arc<Pool>,
}

impl Sandbox {
    /// Finds out what the host can enforce, clears what dead judges of this name left, and makes the first box.
    ///
    /// `Err` if the host cannot enforce everything, unless degraded running is allowed, or if no box can be made.
    pub fn start(config: Config) -> Result<Self, Error> {
        if agent::is_agent() {
            return Err(Error::Spec(
                "the program's main does not begin with run_agent_if_asked",
            ));
        }
        let living = Living::begin();
        let hierarchy = Hierarchy::prepare(&config.name);
        let host = Host::of(&hierarchy);
        if !host.lacks().is_empty() && !config.allow_degraded {
            return Err(Error::Unenforceable {
                lacks: host.lacks().to_vec(),
                remedy: host.remedy(),
            });
        }
        let recipe = Recipe {
            agent: config.agent,
            disk_bytes: match host.lacks().contains(&Lack::MemoryLimit) {
                true => config.disk_bytes.min(UNCOUNTED_DISK_MAX),
                false => config.disk_bytes,
            },
            disk_inodes: config.disk_inodes,
            read_only: config.read_only,
            lent: config
                .lent
                .iter()
                .filter_map(|path| path.canonicalize().ok())
                .collect(),
            landlock: host.landlock_abi() > 0,
            as_root: nix::unistd::geteuid().is_root(),
        };
        let (returned, returns) = channel();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            recipe,
            hierarchy,
            target: config.ready.max(1),
        });
        let maker = spawn("box-maker", &shared, |shared| shared.make_boxes())?;
        let cleaner = spawn("box-cleaner", &shared, move |shared| {
            shared.clean_boxes(&returns);
        })?;
        let threads = Some((maker, cleaner));
        let pool = Arc::new(Pool {
            shared,
            host,
            isolation: config.isolation,
            returned: Mutex::new(Some(returned)),
            threads,
            _living: living,
        });
        let first = pool.acquire()?;
        pool.give_back(first);
        Ok(Self { pool })
    }

    /// What the host can enforce.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.pool.host
    }

    /// Begins a visit; waits only if no box is ready. `Err` if none can be made.
    pub fn acquire(&self) -> Result<ReadyBox, Error> {
        self.acquire_for(Isolation::Pooled)
    }

    /// The same, whose runs are at least so far apart, whatever the sandbox is set to.
    pub fn acquire_for(&self, isolation: Isolation) -> Result<ReadyBox, Error> {
        let isolation = isolation.max(self.pool.isolation);
        let mut cell = self.pool.acquire()?;
        cell.fresh = isolation == Isolation::Fresh;
        Ok(ReadyBox::new(Arc::clone(&self.pool), cell))
    }

    /// What the pool has done so far.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        let state = self.pool.shared.lock();
        PoolStats {
            ready: state.ready.len(),
            in_use: state.in_use,
            ..state.stats.clone()
        }
    }
}

fn spawn(
    name: &str,
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared) + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    let shared = Arc::clone(shared);
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || work(&shared))
        .map_err(system("start a thread"))
}

/// The side of the pool that visits hold.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    host: Host,
    isolation: Isolation,
    /// Where used boxes go; gone when the pool closes.
    returned: Mutex<Option<Sender<Cell>>>,
    threads: Option<(JoinHandle<()>, JoinHandle<()>)>,
    /// The last to go: fields are dropped in their order.
    _living: Living,
}

impl Pool {
    /// How its boxes are made.
    pub(crate) fn recipe(&self) -> &Recipe {
        &self.shared.recipe
    }

    /// What every outcome must say is not enforced.
    pub(crate) fn degraded(&self) -> Vec<Lack> {
        self.host.lacks().to_vec()
    }

    pub(crate) fn acquire(&self) -> Result<Cell, Error> {
        let shared = &self.shared;
        let mut state = shared.lock();
        state.waiting += 1;
        let failures = state.failures;
        shared.changed.notify_all();
        let result = loop {
            if let Some(cell) = state.ready.pop() {
                state.in_use += 1;
                state.most_in_use = state.most_in_use.max(state.in_use);
                break Ok(cell);
            }
            if state.failures != failures {
                break Err(Error::NoBox(state.last_failure.clone()));
            }
            state = shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        };
        state.waiting -= 1;
        drop(state);
        shared.changed.notify_all();
        result
    }

    /// Takes a box back; it is cleaned or destroyed in the background.
    pub(crate) fn give_back(&self, cell: Cell) {
        let returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(returned) = &*returned {
            // The cleaner ends only when this sender does.
            let _ = returned.send(cell);
        }
    }

    /// Empties a box in use and proves it clean.
    pub(crate) fn clean(&self, cell: &mut Cell) -> bool {
        let clean = prove(cell).is_ok();
        if clean {
            self.shared.lock().stats.recycled += 1;
        }
        clean
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        self.returned
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((maker, cleaner)) = self.threads.take() {
            // The cleaner first: the maker is the parent thread of every agent, and what it made must be taken down in order.
            let _ = cleaner.join();
            self.shared.lock().ready.clear();
            let _ = maker.join();
        }
        self.shared.lock().ready.clear();
    }
}

/// Why a box is not clean, if it is not.
fn prove(cell: &mut Cell) -> Result<(), Dirt> {
    if let Some(dirt) = cell.dirt {
        return Err(dirt);
    }
    cell.group.unlimit();
    match cell.ask(&Order::Reset, &[]) {
        Ok((Answer::Clean, _)) => {
            cell.group.shed();
            Ok(())
        }
        Ok((Answer::Dirty(dirt), _)) => Err(dirt),
        _ => Err(Dirt::Agent),
    }
    .inspect_err(|dirt| cell.dirt = Some(*dirt))
}

/// What the pool's threads and visits share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    recipe: Recipe,
    hierarchy: Hierarchy,
    target: usize,
}

#[derive(Debug, Default)]
struct State {
    ready: Vec<Cell>,
    waiting: usize,
    in_use: usize,
    most_in_use: usize,
    closing: bool,
    /// Boxes that could not be made, and why the last could not.
    failures: u64,
    last_failure: String,
    stats: PoolStats,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a box whenever fewer are ready than there should be.
    fn make_boxes(&self) {
        let mut retry_after = RETRY_AFTER;
        let mut seed = None;
        let mut state = self.lock();
        while !state.closing {
            if state.ready.len() >= self.target + state.waiting {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            drop(state);
            let began = Instant::now();
            let made = self.make_box(seed.take());
            let time = began.elapsed();
            state = self.lock();
            match made {
                Ok(cell) => {
                    state.ready.push(cell);
                    state.stats.made += 1;
                    state.stats.making_time += time;
                    state.stats.last_making_time = time;
                    retry_after = RETRY_AFTER;
                    drop(state);
                    self.changed.notify_all();
                    // If this fails, the next box will say why.
                    seed = Seed::start(&self.recipe, &self.hierarchy).ok();
                    state = self.lock();
                }
                Err(error) => {
                    log::error!("a box cannot be made: {}", chain(&error));
                    state.failures += 1;
                    state.last_failure = chain(&error);
                    self.changed.notify_all();
                    let (after, _) = self
                        .changed
                        .wait_timeout(state, retry_after)
                        .unwrap_or_else(PoisonError::into_inner);
                    state = after;
                    retry_after = (retry_after * 2).min(RETRY_AFTER_MAX);
                }
            }
        }
    }

    /// Makes a box from the seed that lies ready, or, if there is none or it has died since, from a new one.
    fn make_box(&self, seed: Option<Seed>) -> Result<Cell, Error> {
        if let Some(seed) = seed {
            match seed.grow() {
                Err(Error::AgentGone(_)) => {}
                made => return made,
            }
        }
        Seed::start(&self.recipe, &self.hierarchy)?.grow()
    }

    /// Cleans or destroys what comes back, until the pool closes.
    fn clean_boxes(&self, returns: &Receiver<Cell>) {
        while let Ok(mut cell) = returns.recv() {
            let result = prove(&mut cell);
            let mut state = self.lock();
            state.in_use -= 1;
            match result {
                // More than were ever needed at once are not kept.
                Ok(()) if state.ready.len() < self.target + state.most_in_use => {
                    state.stats.recycled += 1;
                    state.ready.push(cell);
                    drop(state);
                }
                Ok(()) => {
                    drop(state);
                    drop(cell);
                }
                Err(dirt) => {
                    *state.stats.discarded.entry(dirt).or_default() += 1;
                    drop(state);
                    drop(cell);
                }
            }
            self.changed.notify_all();
        }
    }
}

/// An error and all that it comes from, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_is_shared_and_a_box_is_handed_over() {
        fn is_shared<T: Send + Sync + Clone>() {}
        fn is_handed_over<T: Send>() {}
        is_shared::<Sandbox>();
        is_shared::<crate::Cancel>();
        is_handed_over::<ReadyBox>();
    }
}
