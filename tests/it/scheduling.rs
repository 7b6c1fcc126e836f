//! The scheduler's actor under invokers that only pretend, and a judge with two invokers: turns, silence, lost jobs.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::time::sleep;
use tribunal_actors::InvokerStatus;
use tribunal_actors::{
    Assignment, Attempt, BuildId, CompileWork, CountJobs, Durability, Heartbeat, JobFault, JobId,
    JobOutput, JobResult, JobSpec, JudgeAnonymous, KillInvoker, OnJobComplete, Patience, PickJob,
    QueueLimits, RegisterWorker, ScheduleJob, Scheduler, SchedulerConfig, SchedulerStats, StopJob,
    TestReport, Toolchains, Work, WorkerId,
};
use tribunal_problems::{CompileLimits, LanguageId, Languages, Verdict};

use crate::harness::{fake_node, paused, plan};

fn scheduler() -> Addr<Scheduler> {
    Scheduler::start(SchedulerConfig {
        limits: QueueLimits {
            cache_timeout: Duration::ZERO,
            deps_timeout: Duration::ZERO,
            waiting_max: 1_000_000,
        },
        patience: Patience {
            heartbeat: Duration::from_secs(1),
            lost_job_timeout: Duration::from_secs(5),
        },
        seed: 1,
    })
}

fn job(build: u64, number: u32) -> JobSpec {
    let toolchains = Toolchains::assumed(&Languages::built_in(), "1.0");
    let toolchain = toolchains.get(&LanguageId::new("c")).unwrap().clone();
    JobSpec {
        id: JobId::of(&[&build.to_le_bytes(), &number.to_le_bytes()]),
        build: BuildId(build),
        deps: Vec::new(),
        artifacts: Vec::new(),
        work: Work::Compile(Arc::new(CompileWork {
            toolchain: toolchain.unwrap(),
            files: Vec::new(),
            limits: CompileLimits::default(),
            durability: Durability::Durable,
        })),
    }
}

/// An invoker that only pretends.
struct Orders;

impl Actor for Orders {
    type Context = Context<Self>;
}

impl Handler<StopJob> for Orders {
    type Result = ();

    fn handle(&mut self, _: StopJob, _: &mut Context<Self>) {}
}

struct FakeInvoker {
    scheduler: Addr<Scheduler>,
    worker: WorkerId,
    epoch: u64,
    active: Vec<(JobId, Attempt)>,
    orders: Addr<Orders>,
}

impl FakeInvoker {
    async fn new(scheduler: &Addr<Scheduler>, worker: u32, slots: usize) -> Self {
        let mut new = Self {
            scheduler: scheduler.clone(),
            worker: WorkerId(worker),
            epoch: 0,
            active: Vec::new(),
            orders: Orders.start(),
        };
        let register = RegisterWorker {
            status: new.status(),
            slots,
            orders: new.orders.downgrade().recipient(),
        };
        scheduler.send(register).await.unwrap();
        new
    }

    fn status(&mut self) -> InvokerStatus {
        self.epoch += 1;
        InvokerStatus {
            worker: self.worker,
            epoch: self.epoch,
            max_new_jobs: 8,
            active: self.active.clone(),
        }
    }

    /// A job that is there now.
    async fn pick(&mut self) -> Option<Assignment> {
        let status = self.status();
        let picked = self.scheduler.send(PickJob { status });
        let picked = tokio::time::timeout(Duration::from_millis(1), picked).await;
        let picked = picked.ok()?.unwrap()?;
        self.active.push(picked.key());
        Some(picked)
    }

    async fn complete(&mut self, assignment: &Assignment, verdict: Verdict) -> bool {
        let status = self.status();
        let report = TestReport {
            verdict,
            ..TestReport::skipped("t")
        };
        let result = JobResult {
            job: assignment.spec.id,
            attempt: assignment.attempt,
            output: Ok(JobOutput::Tested(report)),
        };
        let complete = OnJobComplete { status, result };
        let finished = self.scheduler.send(complete).await.unwrap();
        self.active.retain(|key| *key != assignment.key());
        finished
    }

    async fn beat(&mut self) {
        let status = self.status();
        self.scheduler.send(Heartbeat { status }).await.unwrap();
    }
}

fn ask(scheduler: &Addr<Scheduler>, spec: JobSpec) -> tokio::task::JoinHandle<JobResult> {
    let asked = scheduler.send(ScheduleJob(spec));
    actix::spawn(async move { asked.await.unwrap().unwrap() })
}

async fn stats(scheduler: &Addr<Scheduler>) -> SchedulerStats {
    scheduler.send(CountJobs).await.unwrap()
}

#[test]
fn m_1_small_build_is_done_within_22_turns_beside_a_big_one() {
    paused(async {
        let scheduler = scheduler();
        let mut invoker = FakeInvoker::new(&scheduler, 1, 1).await;
        let big: Vec<_> = (0..500).map(|n| ask(&scheduler, job(1, n))).collect();
        sleep(Duration::from_millis(1)).await;
        let small: Vec<_> = (0..10).map(|n| ask(&scheduler, job(2, n))).collect();
        sleep(Duration::from_millis(1)).await;
        for _ in 0..22 {
            let picked = invoker.pick().await.expect("there is work");
            assert!(invoker.complete(&picked, Verdict::AC).await);
        }
        sleep(Duration::from_millis(1)).await;
        assert!(small.iter().all(tokio::task::JoinHandle::is_finished));
        for _ in 22..510 {
            let picked = invoker.pick().await.expect("there is work");
            assert!(invoker.complete(&picked, Verdict::AC).await);
        }
        sleep(Duration::from_millis(1)).await;
        assert!(big.iter().all(tokio::task::JoinHandle::is_finished));
        let left = stats(&scheduler).await;
        assert_eq!((left.waiting, left.running), (0, 0));
    });
}

#[test]
fn m_2_job_of_a_dead_invoker_comes_first_under_a_new_attempt_and_its_late_result_changes_nothing() {
    paused(async {
        let scheduler = scheduler();
        let mut one = FakeInvoker::new(&scheduler, 1, 2).await;
        let first = ask(&scheduler, job(1, 1));
        let second = ask(&scheduler, job(2, 1));
        sleep(Duration::from_millis(1)).await;
        let taken = one.pick().await.unwrap();
        sleep(Duration::from_millis(2990)).await;
        let mut two = FakeInvoker::new(&scheduler, 2, 2).await;
        sleep(Duration::from_millis(100)).await;
        let again = two.pick().await.unwrap();
        assert_eq!(again.spec.id, taken.spec.id, "it comes first");
        assert_ne!(again.attempt, taken.attempt);
        assert!(two.complete(&again, Verdict::AC).await);
        assert!(!one.complete(&taken, Verdict::WA).await, "it is late");
        let JobOutput::Tested(report) = first.await.unwrap().output.unwrap() else {
            panic!("a test's report");
        };
        assert_eq!(report.verdict, Verdict::AC, "the first result wins");
        let other = two.pick().await.unwrap();
        assert!(two.complete(&other, Verdict::AC).await);
        second.await.unwrap();
    });
}

#[test]
fn m_4_job_that_the_invoker_forgets_is_done_again_after_the_timeout() {
    paused(async {
        let scheduler = scheduler();
        let mut invoker = FakeInvoker::new(&scheduler, 1, 1).await;
        let asked = ask(&scheduler, job(1, 1));
        let other = ask(&scheduler, job(1, 2));
        sleep(Duration::from_millis(1)).await;
        let lost = invoker.pick().await.unwrap();
        let kept = invoker.pick().await.unwrap();
        invoker.active.retain(|key| *key != lost.key());
        for _ in 0..4 {
            invoker.beat().await;
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(
            stats(&scheduler).await.waiting,
            0,
            "it may still be on its way"
        );
        for _ in 0..2 {
            invoker.beat().await;
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(stats(&scheduler).await.waiting, 1);
        let again = invoker.pick().await.unwrap();
        assert_eq!(again.spec.id, lost.spec.id);
        assert!(invoker.complete(&again, Verdict::AC).await);
        assert!(
            invoker.complete(&kept, Verdict::AC).await,
            "only the lost one was taken away"
        );
        asked.await.unwrap();
        other.await.unwrap();
    });
}

#[test]
fn m_5_swapped_statuses_leave_the_newer_ones_capacity() {
    paused(async {
        let scheduler = scheduler();
        let mut invoker = FakeInvoker::new(&scheduler, 1, 4).await;
        let asked = ask(&scheduler, job(1, 1));
        let older = invoker.status();
        let newer = InvokerStatus {
            max_new_jobs: 0,
            ..invoker.status()
        };
        for status in [newer, older.clone()] {
            scheduler.send(Heartbeat { status }).await.unwrap();
        }
        let late = scheduler.send(PickJob { status: older }).await.unwrap();
        assert!(late.is_none(), "the newer status has no room");
        let picked = invoker.pick().await.expect("the newest has");
        assert!(invoker.complete(&picked, Verdict::AC).await);
        asked.await.unwrap();
    });
}

#[test]
fn failure_of_an_attempt_is_told_to_whoever_asked() {
    paused(async {
        let scheduler = scheduler();
        let mut invoker = FakeInvoker::new(&scheduler, 1, 1).await;
        let asked = ask(&scheduler, job(1, 1));
        sleep(Duration::from_millis(1)).await;
        let picked = invoker.pick().await.unwrap();
        let fault = JobFault {
            reason: "the disk is full".to_owned(),
            retry: true,
        };
        let status = invoker.status();
        let result = JobResult {
            job: picked.spec.id,
            attempt: picked.attempt,
            output: Err(fault.clone()),
        };
        scheduler
            .send(OnJobComplete { status, result })
            .await
            .unwrap();
        assert_eq!(asked.await.unwrap().output.unwrap_err(), fault);
    });
}

#[test]
fn m_3_jobs_of_a_silent_invoker_finish_on_the_other_each_once() {
    paused(async {
        let (node, ledger, _data) = fake_node(|config| {
            config.invokers = 2;
            config.runners = Some(2);
        })
        .await;
        let scripts: Vec<String> = (0..12)
            .map(|n| format!("sleep {}\nprint ok", 400 + n))
            .collect();
        let tests: Vec<(&str, &str)> = scripts.iter().map(|script| (&**script, "ok")).collect();
        let plan = plan("c", "main.c", "int main() {}", &tests);
        let request = actix::spawn(node.registrar().send(JudgeAnonymous { plan }));
        sleep(Duration::from_millis(300)).await;
        node.invokers()[0].send(KillInvoker).await.unwrap();
        let report = request.await.unwrap().unwrap().unwrap();
        assert_eq!(report.verdict, Verdict::AC, "{report:#?}");
        assert_eq!(report.tests.len(), 12);
        let seen = ledger.seen();
        assert!(seen.cancelled > 0, "the dead one had jobs");
        let runs: usize = scripts.iter().map(|script| seen.runs[script]).sum();
        assert_eq!(runs, 12 + seen.cancelled, "each result is counted once");
    });
}
