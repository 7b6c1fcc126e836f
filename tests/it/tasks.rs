//! Job tasks over a scheduler that only pretends: order, overlap, errors, artifacts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::prelude::*;
use tokio::time::Instant;
use tribunal_actors::scheduler::ScheduleError;
use tribunal_actors::{
    Artifact, AwaitOutcome, BuildId, CancelJob, CompileReport, CompileWork, Durability, JobFault,
    JobId, JobOutput, JobResult, JobSpec, JobTask, NodeError, NodeName, NodeOutcome, ScheduleJob,
    Scheduling, Toolchains, Work,
};
use tribunal_problems::{CompileLimits, LanguageId, Languages, Verdict};
use tribunal_sandbox::Isolation;

use crate::harness::paused;

/// Every job takes 100 ms and makes an artifact, except that the broken ones fail.
#[derive(Default)]
struct FakeScheduler {
    asked: Asked,
    broken: Vec<JobId>,
}

type Asked = Arc<Mutex<Vec<(JobId, Instant, usize)>>>;

impl Actor for FakeScheduler {
    type Context = Context<Self>;
}

impl Handler<ScheduleJob> for FakeScheduler {
    type Result = ResponseFuture<Result<JobResult, ScheduleError>>;

    fn handle(&mut self, ScheduleJob(spec): ScheduleJob, _: &mut Context<Self>) -> Self::Result {
        let mut asked = self.asked.lock().unwrap();
        asked.push((spec.id, Instant::now(), spec.artifacts.len()));
        let output = if self.broken.contains(&spec.id) {
            Err(JobFault {
                reason: "the disk is full".to_owned(),
                retry: false,
                of_the_jury: false,
            })
        } else {
            let artifact = Artifact {
                id: spec.id,
                files: Vec::new(),
                compile: compiled(),
            };
            Ok(JobOutput::Compiled(compiled(), Some(artifact)))
        };
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(JobResult {
                job: spec.id,
                attempt: tribunal_actors::Attempt(1),
                output,
            })
        })
    }
}

impl Handler<CancelJob> for FakeScheduler {
    type Result = ();

    fn handle(&mut self, _: CancelJob, _: &mut Context<Self>) {}
}

fn compiled() -> CompileReport {
    CompileReport {
        verdict: Verdict::AC,
        cpu_ms: 0,
        wall_ms: 0,
        memory_bytes: 0,
        log: String::new(),
        reused: false,
    }
}

fn job(id: u8) -> JobSpec {
    let toolchains = Toolchains::assumed(&Languages::built_in(), "1.0");
    let toolchain = toolchains.get(&LanguageId::new("c")).unwrap().clone();
    JobSpec {
        id: JobId::from([id; 32]),
        build: BuildId(1),
        deps: Vec::new(),
        artifacts: Vec::new(),
        isolation: Isolation::default(),
        work: Work::Compile(Arc::new(CompileWork {
            toolchain: toolchain.unwrap(),
            files: Vec::new(),
            limits: CompileLimits::default(),
            durability: Durability::Durable,
        })),
    }
}

/// A diamond: 1 needs 2 and 3, which need 4.
async fn diamond(scheduler: FakeScheduler) -> BTreeMap<u8, Arc<NodeOutcome>> {
    let scheduler = scheduler.start();
    let scheduling = Scheduling {
        schedule: scheduler.clone().recipient(),
        cancel: scheduler.recipient(),
    };
    let mut tasks: BTreeMap<u8, Addr<JobTask>> = BTreeMap::new();
    for (id, needs) in [(4, vec![]), (2, vec![4]), (3, vec![4]), (1, vec![2, 3])] {
        let deps = needs.iter().map(|need| tasks[need].clone()).collect();
        let task = JobTask::start(
            NodeName::Test(id.into()),
            job(id),
            deps,
            true,
            scheduling.clone(),
        );
        tasks.insert(id, task);
    }
    let mut outcomes = BTreeMap::new();
    for (id, task) in tasks {
        outcomes.insert(id, task.send(AwaitOutcome).await.unwrap().unwrap());
    }
    outcomes
}

fn ids(asked: &Asked) -> Vec<u8> {
    let asked = asked.lock().unwrap();
    asked.iter().map(|(id, ..)| id.as_bytes()[0]).collect()
}

fn errors(outcome: &NodeOutcome) -> &BTreeMap<NodeName, NodeError> {
    outcome.as_ref().expect_err("the node has failed")
}

#[test]
fn b_1_dependencies_run_first_and_independent_nodes_overlap() {
    paused(async {
        let scheduler = FakeScheduler::default();
        let asked = scheduler.asked.clone();
        let began = Instant::now();
        diamond(scheduler).await;
        assert_eq!(
            began.elapsed(),
            Duration::from_millis(300),
            "2 and 3 run at once"
        );
        let order = ids(&asked);
        assert_eq!((order[0], order[3]), (4, 1), "{order:?}");
    });
}

#[test]
fn b_2_error_of_a_leaf_goes_up_and_nothing_above_it_runs() {
    paused(async {
        let scheduler = FakeScheduler {
            broken: vec![JobId::from([2; 32])],
            ..FakeScheduler::default()
        };
        let asked = scheduler.asked.clone();
        let outcomes = diamond(scheduler).await;
        assert_eq!(ids(&asked), [4, 2, 3]);
        let errors = errors(&outcomes[&1]);
        assert_eq!(errors.keys().collect::<Vec<_>>(), [&NodeName::Test(2)]);
        assert!(outcomes[&3].is_ok());
    });
}

#[test]
fn b_3_error_of_a_shared_leaf_reaches_all_its_dependants() {
    paused(async {
        let scheduler = FakeScheduler {
            broken: vec![JobId::from([4; 32])],
            ..FakeScheduler::default()
        };
        let asked = scheduler.asked.clone();
        let outcomes = diamond(scheduler).await;
        assert_eq!(ids(&asked), [4]);
        for node in [1, 2, 3, 4] {
            let errors = errors(&outcomes[&node]);
            let error = tribunal_actors::chain(&errors[&NodeName::Test(4)]);
            assert_eq!(error, "the judge failed: the disk is full");
            assert_eq!(errors.len(), 1);
        }
    });
}

#[test]
fn b_4_artifacts_gather_at_the_root_each_once() {
    paused(async {
        let scheduler = FakeScheduler::default();
        let asked = scheduler.asked.clone();
        let outcomes = diamond(scheduler).await;
        let root = outcomes[&1].as_ref().as_ref().expect("it has succeeded");
        let ids: Vec<u8> = root.artifacts.keys().map(|id| id.as_bytes()[0]).collect();
        assert_eq!(ids, [1, 2, 3, 4]);
        let given: BTreeMap<u8, usize> = asked
            .lock()
            .unwrap()
            .iter()
            .map(|(id, _, artifacts)| (id.as_bytes()[0], *artifacts))
            .collect();
        assert_eq!(given, BTreeMap::from([(1, 3), (2, 1), (3, 1), (4, 0)]));
    });
}
