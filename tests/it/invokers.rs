//! An invoker under a master that only pretends: what it says, what it holds, what waits for what.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::prelude::*;
use tokio::time::{Instant, sleep};
use tribunal_actors::InvokerStatus;
use tribunal_actors::{
    Artifact, ArtifactId, ArtifactsAdded, ArtifactsRemoved, Assignment, Attempt, BuildId,
    CacheBounds, CancelPick, CompileReport, CompileWork, Database, Durability, Heartbeat, Invoker,
    InvokerConfig, InvokerParts, JobExecutor, JobId, JobSpec, LoadError, Master, NamedBlob,
    OnJobComplete, PickJob, Pin, Pinned, Prefetch, RegisterWorker, Runners, Shelf, StorageCache,
    StoreBlob, StoreBounds, Stores, Toolchains, Tools, Work, WorkerId,
};
use tribunal_problems::{BlobId, CompileLimits, LanguageId, Languages, Verdict};
use tribunal_sandbox::Isolation;

use crate::fakes::{FakePlaces, FakeSlot, Ledger};
use crate::harness::paused;

/// Gives out the assignments in order and writes down what the invoker says.
#[derive(Default)]
struct FakeMaster {
    jobs: VecDeque<Assignment>,
    heard: Heard,
    /// So many results are not acknowledged.
    deaf: usize,
    /// No heartbeat is of somebody known.
    forgetful: bool,
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<HeardNotes>>);

#[derive(Default)]
struct HeardNotes {
    statuses: Vec<(&'static str, InvokerStatus)>,
    results: Vec<(JobId, Duration)>,
    registered: Vec<Vec<ArtifactId>>,
    added: Vec<ArtifactId>,
    removed: Vec<ArtifactId>,
    began: Option<Instant>,
}

impl Heard {
    fn note(&self, what: &'static str, status: &InvokerStatus) {
        self.0.lock().unwrap().statuses.push((what, status.clone()));
    }
}

impl Actor for FakeMaster {
    type Context = Context<Self>;
}

impl Handler<RegisterWorker> for FakeMaster {
    type Result = ();

    fn handle(&mut self, msg: RegisterWorker, _: &mut Context<Self>) {
        self.heard.note("register", &msg.status);
        let mut notes = self.heard.0.lock().unwrap();
        notes.registered.push(msg.artifacts);
        notes.began.get_or_insert_with(Instant::now);
    }
}

impl Handler<PickJob> for FakeMaster {
    type Result = ResponseFuture<Option<Assignment>>;

    fn handle(&mut self, msg: PickJob, _: &mut Context<Self>) -> Self::Result {
        self.heard.note("pick", &msg.status);
        let job = self.jobs.pop_front();
        Box::pin(async {
            match job {
                Some(job) => Some(job),
                None => std::future::pending().await,
            }
        })
    }
}

impl Handler<CancelPick> for FakeMaster {
    type Result = ();

    fn handle(&mut self, msg: CancelPick, _: &mut Context<Self>) {
        self.heard.note("cancel", &msg.status);
    }
}

impl Handler<OnJobComplete> for FakeMaster {
    type Result = ResponseFuture<bool>;

    fn handle(&mut self, msg: OnJobComplete, _: &mut Context<Self>) -> Self::Result {
        self.heard.note("complete", &msg.status);
        if self.deaf > 0 {
            self.deaf -= 1;
            return Box::pin(std::future::pending());
        }
        let mut notes = self.heard.0.lock().unwrap();
        let after = notes.began.unwrap().elapsed();
        notes.results.push((msg.result.job, after));
        Box::pin(std::future::ready(true))
    }
}

impl Handler<Heartbeat> for FakeMaster {
    type Result = bool;

    fn handle(&mut self, msg: Heartbeat, _: &mut Context<Self>) -> bool {
        self.heard.note("heartbeat", &msg.status);
        !self.forgetful
    }
}

impl Handler<ArtifactsAdded> for FakeMaster {
    type Result = ();

    fn handle(&mut self, msg: ArtifactsAdded, _: &mut Context<Self>) {
        self.heard.note("added", &msg.status);
        self.heard.0.lock().unwrap().added.extend(msg.artifacts);
    }
}

impl Handler<ArtifactsRemoved> for FakeMaster {
    type Result = ();

    fn handle(&mut self, msg: ArtifactsRemoved, _: &mut Context<Self>) {
        self.heard.note("removed", &msg.status);
        self.heard.0.lock().unwrap().removed.extend(msg.artifacts);
    }
}

/// A cache whose load of one blob takes five seconds longer.
struct SlowCache {
    cache: Addr<StorageCache>,
    slow: BlobId,
}

impl Actor for SlowCache {
    type Context = Context<Self>;
}

impl Handler<Pin> for SlowCache {
    type Result = ResponseFuture<Result<Pinned, LoadError>>;

    fn handle(&mut self, msg: Pin, _: &mut Context<Self>) -> Self::Result {
        let (cache, slow) = (self.cache.clone(), msg.blobs.contains(&self.slow));
        Box::pin(async move {
            if slow {
                sleep(Duration::from_secs(5)).await;
            }
            cache.send(msg).await.unwrap()
        })
    }
}

impl Handler<Prefetch> for SlowCache {
    type Result = ();

    fn handle(&mut self, _: Prefetch, _: &mut Context<Self>) {}
}

/// What an invoker under test is given.
#[derive(Clone, Copy)]
struct Setting {
    /// The file that takes five seconds longer, if any.
    slow: Option<&'static str>,
    /// So many results are not acknowledged.
    deaf: usize,
    /// No heartbeat is of somebody known.
    forgetful: bool,
    /// Files that the cache keeps.
    cached: usize,
}

const PLAIN: Setting = Setting {
    slow: None,
    deaf: 0,
    forgetful: false,
    cached: 1024,
};

/// An invoker with one slot and two executors, and compile jobs whose files are these.
async fn invoker(sources: &[&str], setting: Setting) -> (Heard, Addr<Invoker>) {
    let data = tempfile::tempdir().unwrap();
    let database = Database::open(&data.path().join("tribunal.db")).unwrap();
    let stores = Stores::new(Arc::new(
        Shelf::open(data.path(), database, StoreBounds::default()).unwrap(),
    ))
    .start();
    let mut jobs = VecDeque::new();
    for (number, source) in (1..).zip(sources) {
        let store = StoreBlob {
            content: source.as_bytes().into(),
            expected: None,
            durability: Durability::Durable,
        };
        let blob = stores.send(store).await.unwrap().unwrap();
        jobs.push_back(compile(number, blob.id));
    }
    let bounds = CacheBounds {
        bytes: 1 << 20,
        entries: setting.cached,
    };
    let cache = StorageCache::new(bounds, stores.clone().recipient()).start();
    let (pins, prefetches) = match setting.slow {
        None => (cache.clone().recipient(), cache.clone().recipient()),
        Some(slow) => {
            let slow = SlowCache {
                cache: cache.clone(),
                slow: BlobId::of(slow.as_bytes()),
            };
            let slow = slow.start();
            (slow.clone().recipient(), slow.recipient())
        }
    };
    let ledger = Ledger::default();
    let runners = Runners::new(vec![FakeSlot(ledger.clone()).start().recipient()]).start();
    let tools = Tools {
        places: FakePlaces(ledger).start().recipient(),
        runs: runners.clone().recipient(),
        together: runners.clone().recipient(),
        cache: pins,
        stores,
    };
    let heard = Heard::default();
    let master = FakeMaster {
        jobs,
        heard: heard.clone(),
        deaf: setting.deaf,
        forgetful: setting.forgetful,
    }
    .start();
    let parts = InvokerParts {
        master: Master {
            register: master.clone().recipient(),
            pick: master.clone().recipient(),
            cancel_pick: master.clone().recipient(),
            complete: master.clone().recipient(),
            heartbeat: master.clone().recipient(),
            added: master.clone().recipient(),
            removed: master.recipient(),
        },
        executors: (0..2)
            .map(|_| JobExecutor::start(tools.clone()).recipient())
            .collect(),
        runners: runners.recipient(),
        cache: prefetches,
        missing: cache.recipient(),
    };
    let config = InvokerConfig {
        worker: WorkerId(1),
        slots: 1,
        queue: 2,
        heartbeat: Duration::from_secs(1),
    };
    // The data outlives the test's judge.
    let _kept = data.keep();
    (heard, Invoker::start(config, parts, 0))
}

/// What every job reads: an artifact without files.
fn read() -> Artifact {
    Artifact {
        id: JobId::from([9; 32]),
        files: Vec::new(),
        compile: CompileReport {
            verdict: Verdict::AC,
            cpu_ms: 0,
            wall_ms: 0,
            memory_bytes: 0,
            log: String::new(),
            reused: false,
        },
    }
}

fn compile(number: u8, blob: BlobId) -> Assignment {
    let toolchains = Toolchains::assumed(&Languages::built_in(), "1.0");
    let toolchain = toolchains.get(&LanguageId::new("c")).unwrap().clone();
    Assignment {
        spec: Arc::new(JobSpec {
            id: JobId::from([number; 32]),
            build: BuildId(1),
            deps: Vec::new(),
            artifacts: vec![Arc::new(read())],
            isolation: Isolation::default(),
            work: Work::Compile(Arc::new(CompileWork {
                toolchain: toolchain.unwrap(),
                files: vec![NamedBlob {
                    name: "main.c".to_owned(),
                    blob,
                }],
                limits: CompileLimits::default(),
                durability: Durability::Durable,
            })),
        }),
        attempt: Attempt(1),
    }
}

#[test]
fn i_2_every_message_has_capacity_and_active_ids() {
    paused(async {
        let (heard, invoker) = invoker(&["a", "b", "c", "d", "e", "f"], PLAIN).await;
        sleep(Duration::from_millis(2500)).await;
        invoker.send(tribunal_actors::DrainInvoker).await.unwrap();
        let notes = heard.0.lock().unwrap();
        let kinds: Vec<&str> = notes.statuses.iter().map(|(kind, _)| *kind).collect();
        for kind in [
            "register",
            "pick",
            "added",
            "complete",
            "heartbeat",
            "cancel",
        ] {
            assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
        }
        let mut last = 0;
        for (kind, status) in &notes.statuses {
            assert!(status.epoch > last, "{kind}: each status is newer");
            last = status.epoch;
            let held = status.active.len() + status.max_new_jobs;
            assert_eq!(held, 4, "{kind}: {status:?}");
        }
        assert!(
            notes
                .statuses
                .iter()
                .any(|(_, status)| status.max_new_jobs == 0)
        );
        assert_eq!(notes.results.len(), 6);
    });
}

#[test]
fn i_4_slow_download_blocks_only_its_own_executor() {
    paused(async {
        let setting = Setting {
            slow: Some("slow"),
            ..PLAIN
        };
        let (heard, _invoker) = invoker(&["slow", "b", "c", "d"], setting).await;
        sleep(Duration::from_secs(6)).await;
        let notes = heard.0.lock().unwrap();
        let order: Vec<u8> = notes
            .results
            .iter()
            .map(|(id, _)| id.as_bytes()[0])
            .collect();
        assert_eq!(order, [2, 3, 4, 1]);
        assert!(
            notes.results[2].1 < Duration::from_secs(1),
            "{:?}",
            notes.results
        );
        assert!(notes.results[3].1 >= Duration::from_secs(5));
    });
}

#[test]
fn p_18_result_is_sent_again_until_it_is_acknowledged() {
    paused(async {
        let (heard, invoker) = invoker(&["a"], Setting { deaf: 2, ..PLAIN }).await;
        sleep(Duration::from_millis(500)).await;
        assert_eq!(heard.0.lock().unwrap().results.len(), 0);
        let drained = invoker.send(tribunal_actors::DrainInvoker);
        tokio::time::timeout(Duration::from_secs(5), drained)
            .await
            .unwrap()
            .unwrap();
        let notes = heard.0.lock().unwrap();
        assert_eq!(notes.results.len(), 1, "two were lost on the way");
    });
}

/// The numbers of the jobs that make these artifacts.
fn numbers(ids: &[ArtifactId]) -> Vec<u8> {
    let mut numbers: Vec<u8> = ids.iter().map(|id| id.as_bytes()[0]).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn p_17_what_the_cache_holds_is_announced_once_and_again_when_the_invoker_has_to_register() {
    paused(async {
        let setting = Setting {
            forgetful: true,
            ..PLAIN
        };
        let (heard, _invoker) = invoker(&["a", "b"], setting).await;
        sleep(Duration::from_millis(1500)).await;
        let notes = heard.0.lock().unwrap();
        assert_eq!(numbers(&notes.added), [9], "both read it");
        let last = notes.registered.last().unwrap();
        assert_eq!(numbers(last), [1, 2, 9], "made and read");
        assert_eq!(notes.registered[0], []);
        assert_eq!(notes.removed, []);
    });
}

#[test]
fn what_the_cache_has_evicted_is_told_with_the_next_heartbeat() {
    paused(async {
        let (heard, _invoker) = invoker(&["a", "b"], Setting { cached: 0, ..PLAIN }).await;
        sleep(Duration::from_millis(900)).await;
        assert_eq!(heard.0.lock().unwrap().removed, []);
        sleep(Duration::from_millis(600)).await;
        assert_eq!(numbers(&heard.0.lock().unwrap().removed), [1, 2]);
    });
}
