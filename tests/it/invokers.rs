//! An invoker under a master that only pretends: what it says, what it holds, what waits for what.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::prelude::*;
use tokio::time::{Instant, sleep};
use tribunal_actors::InvokerStatus;
use tribunal_actors::{
    Assignment, Attempt, BuildId, CancelPick, CompileWork, Database, Durability, Heartbeat,
    Invoker, InvokerConfig, InvokerParts, JobExecutor, JobId, JobSpec, LoadError, Master,
    NamedBlob, OnJobComplete, PickJob, Pin, Pinned, Prefetch, RegisterWorker, Runners, Shelf,
    StorageCache, StoreBlob, StoreBounds, Stores, Toolchains, Tools, Work, WorkerId,
};
use tribunal_problems::{BlobId, CompileLimits, LanguageId, Languages};

use crate::fakes::{FakePlaces, FakeSlot, Ledger};
use crate::harness::paused;

/// Gives out the assignments in order and writes down what the invoker says.
#[derive(Default)]
struct FakeMaster {
    jobs: VecDeque<Assignment>,
    heard: Heard,
    /// So many results are not acknowledged.
    deaf: usize,
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<HeardNotes>>);

#[derive(Default)]
struct HeardNotes {
    statuses: Vec<(&'static str, InvokerStatus)>,
    results: Vec<(JobId, Duration)>,
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
        self.heard.0.lock().unwrap().began = Some(Instant::now());
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
    type Result = ();

    fn handle(&mut self, msg: Heartbeat, _: &mut Context<Self>) {
        self.heard.note("heartbeat", &msg.status);
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

/// An invoker with one slot and two executors, and compile jobs whose files are these.
async fn invoker(sources: &[&str], slow: &str, deaf: usize) -> (Heard, Addr<Invoker>) {
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
    let bounds = tribunal_actors::NodeConfig::new(data.path()).cache;
    let cache = StorageCache::new(bounds, stores.clone().recipient()).start();
    let slow = BlobId::of(slow.as_bytes());
    let cache = SlowCache { cache, slow }.start();
    let ledger = Ledger::default();
    let runners = Runners::new(vec![FakeSlot(ledger.clone()).start().recipient()]).start();
    let tools = Tools {
        places: FakePlaces(ledger).start().recipient(),
        runs: runners.clone().recipient(),
        cache: cache.clone().recipient(),
        stores,
    };
    let heard = Heard::default();
    let master = FakeMaster {
        jobs,
        heard: heard.clone(),
        deaf,
    }
    .start();
    let parts = InvokerParts {
        master: Master {
            register: master.clone().recipient(),
            pick: master.clone().recipient(),
            cancel_pick: master.clone().recipient(),
            complete: master.clone().recipient(),
            heartbeat: master.recipient(),
        },
        executors: (0..2)
            .map(|_| JobExecutor::start(tools.clone()).recipient())
            .collect(),
        runners: runners.recipient(),
        cache: cache.recipient(),
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

fn compile(number: u8, blob: BlobId) -> Assignment {
    let toolchains = Toolchains::assumed(&Languages::built_in(), "1.0");
    let toolchain = toolchains.get(&LanguageId::new("c")).unwrap().clone();
    Assignment {
        spec: Arc::new(JobSpec {
            id: JobId::from([number; 32]),
            build: BuildId(1),
            deps: Vec::new(),
            artifacts: Vec::new(),
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
        let (heard, invoker) = invoker(&["a", "b", "c", "d", "e", "f"], "none", 0).await;
        sleep(Duration::from_millis(2500)).await;
        invoker.send(tribunal_actors::DrainInvoker).await.unwrap();
        let notes = heard.0.lock().unwrap();
        let kinds: Vec<&str> = notes.statuses.iter().map(|(kind, _)| *kind).collect();
        for kind in ["register", "pick", "complete", "heartbeat", "cancel"] {
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
        let (heard, _invoker) = invoker(&["slow", "b", "c", "d"], "slow", 0).await;
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
fn result_is_sent_again_until_it_is_acknowledged() {
    paused(async {
        let (heard, invoker) = invoker(&["a"], "none", 2).await;
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
