//! How a judge is made, and what it is where nothing is said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tribunal_problems::{Headers, LanguageId, Languages, Package};
use tribunal_sandbox::Isolation;

use crate::contest::ContestConfig;
use crate::event_log::EventLimits;
use crate::storage_cache::CacheBounds;
use crate::stores::StoreBounds;

/// How a judge is made.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// Where everything that outlives the process lies.
    pub data_dir: PathBuf,
    /// The problems that submissions can be handed in for.
    pub problems: Vec<Package>,
    /// The languages; those whose toolchain is missing are refused.
    pub languages: Languages,
    /// Those of them that are used; the others are refused without a look. `None`: all.
    pub only_languages: Option<BTreeSet<LanguageId>>,
    /// Headers that packages may ask for and do not bring.
    pub headers: Headers,
    /// Invokers in this process.
    pub invokers: usize,
    /// Slots of each invoker; `None`: the usable cores, shared out.
    pub runners: Option<usize>,
    /// Job executors of each invoker; `None`: two for each slot.
    pub executors: Option<usize>,
    /// Boxes kept ready beside those in use; `None`: one for each slot and one more.
    pub ready_boxes: Option<usize>,
    /// Start also where the host cannot enforce everything; every result then says what.
    pub allow_degraded: bool,
    /// How far apart the runs of one box are.
    pub isolation: Isolation,
    /// How long a job waits for an invoker that has its result; `None`: 0 with one invoker, else 5 ms.
    pub cache_timeout: Option<Duration>,
    /// How long a job waits after that for an invoker that has a dependency; `None`: 0 with one invoker, else 20 ms.
    pub deps_timeout: Option<Duration>,
    /// The time between two heartbeats of an invoker; one that is silent three times as long is dead.
    pub heartbeat: Duration,
    /// A job that its invoker's statuses do not name for so long, and that has no result, is done again.
    pub lost_job_timeout: Duration,
    /// How many submissions may wait or be judged; past it they are refused.
    pub queue_max: usize,
    /// How many stored submissions are judged at once; 0: they are only stored, for a later start.
    pub builds_max: usize,
    /// How much the store keeps for later.
    pub store: StoreBounds,
    /// How much of the store each invoker keeps in memory.
    pub cache: CacheBounds,
    /// How many events are remembered, and for how many subscribers.
    pub events: EventLimits,
    /// The contest that is served.
    pub contest: Option<ContestConfig>,
    /// The executable that becomes a box's agent; its `main` begins with `run_agent_if_asked`.
    pub agent: PathBuf,
}

impl NodeConfig {
    /// The defaults: one invoker with a slot for each usable core, nothing degraded, no problems.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            problems: Vec::new(),
            languages: Languages::built_in(),
            only_languages: None,
            headers: Headers::default(),
            invokers: 1,
            runners: None,
            executors: None,
            ready_boxes: None,
            allow_degraded: false,
            isolation: Isolation::default(),
            cache_timeout: None,
            deps_timeout: None,
            heartbeat: Duration::from_secs(1),
            lost_job_timeout: Duration::from_secs(5),
            queue_max: 10_000,
            builds_max: 64,
            store: StoreBounds::default(),
            cache: CacheBounds {
                bytes: 512 << 20,
                entries: 1024,
            },
            events: EventLimits::default(),
            contest: None,
            agent: PathBuf::from("/proc/self/exe"),
        }
    }

    /// The scheduler's two timeouts, of the cache and of the dependencies.
    #[must_use]
    pub fn timeouts(&self) -> (Duration, Duration) {
        let (cache, deps) = if self.invokers > 1 { (5, 20) } else { (0, 0) };
        (
            self.cache_timeout.unwrap_or(Duration::from_millis(cache)),
            self.deps_timeout.unwrap_or(Duration::from_millis(deps)),
        )
    }
}
