//! The scheduler's actor under invokers that only pretend, and a judge with two invokers: turns, silence, lost jobs.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix::prelude::*;
use tokio::time::{Instant, sleep};
use tribunal_actors::InvokerStatus;
use tribunal_actors::{
    ArtifactId, ArtifactsAdded, ArtifactsRemoved, Assignment, Attempt, BuildId, CancelJob,
    CancelPick, CompileWork, CountJobs, Durability, Heartbeat, JobFault, JobId, JobOutput,
    JobResult, JobSpec, JudgeAnonymous, KillInvoker, LocateArtifact, OnJobComplete, Patience,
    PickJob, QueueLimits, Refused, RegisterWorker, ScheduleError, ScheduleJob, Scheduler,
    SchedulerConfig, SchedulerStats, StopJob, StopScheduling, TestReport, Toolchains, Work,
    WorkerId,
};
use tribunal_problems::{CompileLimits, LanguageId, Languages, Verdict};
use tribunal_sandbox::Isolation;

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
    static TOOLCHAINS: LazyLock<Toolchains> =
        LazyLock::new(|| Toolchains::assumed(&Languages::built_in(), "1.0"));
    let toolchain = TOOLCHAINS.get(&LanguageId::new("c")).unwrap().clone();
    JobSpec {
        id: JobId::of(&[&build.to_le_bytes(), &number.to_le_bytes()]),
        build: BuildId(build),
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
            artifacts: Vec::new(),
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
        let Ok(picked) = picked else {
            let status = self.status();
            self.scheduler.send(CancelPick { status }).await.unwrap();
            return None;
        };
        let picked = picked.unwrap()?;
        self.active.push(picked.key());
        Some(picked)
    }

    /// A pick that waits as long as it takes.
    fn wait(&mut self) -> tokio::task::JoinHandle<Result<Option<Assignment>, MailboxError>> {
        let status = self.status();
        actix::spawn(self.scheduler.send(PickJob { status }))
    }

    async fn complete(&mut self, assignment: &Assignment, verdict: Verdict) -> bool {
        let report = TestReport {
            verdict,
            ..TestReport::skipped("t")
        };
        self.report(assignment, Ok(JobOutput::Tested(report))).await
    }

    async fn fail(&mut self, assignment: &Assignment, reason: &str, retry: bool) {
        let fault = JobFault {
            reason: reason.to_owned(),
            retry,
            of_the_jury: false,
        };
        assert!(self.report(assignment, Err(fault)).await);
    }

    async fn report(
        &mut self,
        assignment: &Assignment,
        output: Result<JobOutput, JobFault>,
    ) -> bool {
        let status = self.status();
        let result = JobResult {
            job: assignment.spec.id,
            attempt: assignment.attempt,
            output,
        };
        let complete = OnJobComplete { status, result };
        let finished = self.scheduler.send(complete).await.unwrap();
        self.active.retain(|key| *key != assignment.key());
        finished
    }

    /// Answers whether it is registered.
    async fn beat(&mut self) -> bool {
        let status = self.status();
        self.scheduler.send(Heartbeat { status }).await.unwrap()
    }

    async fn register(&mut self, artifacts: &[ArtifactId]) {
        let register = RegisterWorker {
            status: self.status(),
            slots: 1,
            orders: self.orders.downgrade().recipient(),
            artifacts: artifacts.to_vec(),
        };
        self.scheduler.send(register).await.unwrap();
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
fn failed_job_is_tried_on_another_invoker_and_told_after_the_third_failure() {
    paused(async {
        let scheduler = scheduler();
        let mut one = FakeInvoker::new(&scheduler, 1, 1).await;
        let mut two = FakeInvoker::new(&scheduler, 2, 1).await;
        let asked = ask(&scheduler, job(1, 1));
        sleep(Duration::from_millis(1)).await;
        let first = one.pick().await.unwrap();
        one.fail(&first, "one's disk is full", true).await;
        assert!(one.pick().await.is_none(), "it has failed there");
        let second = two.pick().await.expect("it comes before everything else");
        assert_ne!(second.attempt, first.attempt);
        two.fail(&second, "two's disk is full", true).await;
        assert!(one.pick().await.is_none(), "both have failed it: it rests");
        sleep(Duration::from_secs(1)).await;
        let third = one.pick().await.expect("it has rested");
        one.fail(&third, "for the third time", true).await;
        assert!(two.pick().await.is_none());
        let fault = asked.await.unwrap().output.unwrap_err();
        assert_eq!(fault.reason, "for the third time");
        let left = stats(&scheduler).await;
        assert_eq!((left.waiting, left.running), (0, 0));
    });
}

#[test]
fn failed_job_goes_to_a_waiting_invoker_at_once_and_back_to_its_own_when_the_other_stays_busy() {
    paused(async {
        let scheduler = scheduler();
        let mut one = FakeInvoker::new(&scheduler, 1, 1).await;
        let mut two = FakeInvoker::new(&scheduler, 2, 1).await;
        let asked = ask(&scheduler, job(1, 1));
        sleep(Duration::from_millis(1)).await;
        let first = one.pick().await.unwrap();
        let waiting = (one.wait(), two.wait());
        one.fail(&first, "one's disk is full", true).await;
        let second = tokio::time::timeout(Duration::from_millis(1), waiting.1).await;
        let second = second.expect("it is idle").unwrap().unwrap().unwrap();
        two.active.push(second.key());
        two.fail(&second, "two's disk is full", true).await;
        let third = tokio::time::timeout(Duration::from_millis(1002), waiting.0).await;
        let third = third.expect("it has rested").unwrap().unwrap().unwrap();
        one.active.push(third.key());
        assert!(one.complete(&third, Verdict::AC).await);
        asked.await.unwrap();

        let asked = ask(&scheduler, job(1, 2));
        sleep(Duration::from_millis(1)).await;
        let first = one.pick().await.unwrap();
        one.fail(&first, "one's disk is full", true).await;
        for _ in 0..2 {
            assert!(one.pick().await.is_none(), "the other may have room soon");
            two.beat().await;
            sleep(Duration::from_secs(1)).await;
        }
        let again = one.pick().await.expect("it has not");
        assert!(one.complete(&again, Verdict::AC).await);
        asked.await.unwrap();
    });
}

#[test]
fn job_that_the_only_invoker_has_failed_rests_before_the_second_and_the_third_attempt() {
    paused(async {
        let scheduler = scheduler();
        let mut only = FakeInvoker::new(&scheduler, 1, 1).await;
        let asked = ask(&scheduler, job(1, 1));
        sleep(Duration::from_millis(1)).await;
        let mut picked = only.pick().await.unwrap();
        for rest in [100, 1000] {
            only.fail(&picked, "its disk is full", true).await;
            let (failed, next) = (Instant::now(), only.wait());
            let left = stats(&scheduler).await;
            assert_eq!((left.waiting, left.running), (1, 0));
            picked = next.await.unwrap().unwrap().unwrap();
            only.active.push(picked.key());
            let rested = failed.elapsed().as_millis();
            assert!((rest..=rest + 2).contains(&rested), "{rested} ms");
        }
        assert!(only.complete(&picked, Verdict::AC).await);
        asked.await.unwrap();
    });
}

#[test]
fn job_that_rests_is_refused_when_the_scheduler_stops() {
    paused(async {
        let scheduler = scheduler();
        let mut only = FakeInvoker::new(&scheduler, 1, 1).await;
        let asked = actix::spawn(scheduler.send(ScheduleJob(job(1, 1))));
        sleep(Duration::from_millis(1)).await;
        let picked = only.pick().await.unwrap();
        only.fail(&picked, "its disk is full", true).await;
        scheduler.send(StopScheduling).await.unwrap();
        let stopped = tokio::time::timeout(Duration::from_millis(1), asked).await;
        let stopped = stopped.expect("it is told at once").unwrap().unwrap();
        let refused = ScheduleError::Refused(Refused::Stopped);
        assert_eq!(stopped.unwrap_err(), refused);
        let left = stats(&scheduler).await;
        assert_eq!((left.waiting, left.running), (0, 0));
    });
}

#[test]
fn failure_that_no_attempt_can_mend_is_told_at_once() {
    paused(async {
        let scheduler = scheduler();
        let mut invoker = FakeInvoker::new(&scheduler, 1, 1).await;
        let asked = ask(&scheduler, job(1, 1));
        sleep(Duration::from_millis(1)).await;
        let picked = invoker.pick().await.unwrap();
        invoker.fail(&picked, "the checker is missing", false).await;
        let fault = asked.await.unwrap().output.unwrap_err();
        assert_eq!(fault.reason, "the checker is missing");
    });
}

#[test]
fn job_that_ends_its_invokers_ends_as_the_judges_failure() {
    paused(async {
        let scheduler = scheduler();
        let asked = ask(&scheduler, job(1, 1));
        sleep(Duration::from_millis(1)).await;
        for life in 1..=5 {
            let mut invoker = FakeInvoker::new(&scheduler, life, 1).await;
            let taken = invoker.pick().await.expect("it is handed out again");
            assert_eq!(taken.spec.id, job(1, 1).id);
            sleep(Duration::from_secs(4)).await;
            assert!(!asked.is_finished());
        }
        let mut survivor = FakeInvoker::new(&scheduler, 6, 1).await;
        let other = ask(&scheduler, job(2, 1));
        sleep(Duration::from_millis(1)).await;
        let picked = survivor.pick().await.expect("there is other work");
        assert_eq!(picked.spec.id, job(2, 1).id);
        let fault = asked.await.unwrap().output.unwrap_err();
        assert!(
            fault.reason.contains("5 times its invoker was lost"),
            "{fault}"
        );
        assert!(survivor.complete(&picked, Verdict::AC).await);
        other.await.unwrap();
    });
}

#[test]
fn withdrawn_job_is_not_tried_again() {
    paused(async {
        let scheduler = scheduler();
        let mut one = FakeInvoker::new(&scheduler, 1, 1).await;
        let mut two = FakeInvoker::new(&scheduler, 2, 1).await;
        let asked = scheduler.send(ScheduleJob(job(1, 1)));
        let asked = actix::spawn(asked);
        sleep(Duration::from_millis(1)).await;
        let first = one.pick().await.unwrap();
        one.fail(&first, "one's disk is full", true).await;
        let (job, build) = (first.spec.id, first.spec.build);
        scheduler.send(CancelJob { job, build }).await.unwrap();
        let left = stats(&scheduler).await;
        assert_eq!((left.waiting, left.running), (0, 0));
        assert!(two.pick().await.is_none());
        let end = asked.await.unwrap().unwrap();
        assert_eq!(end.unwrap_err(), ScheduleError::Withdrawn);
    });
}

#[test]
fn invoker_that_comes_back_is_asked_to_register_and_says_again_what_it_holds() {
    paused(async {
        let scheduler = scheduler();
        let (artifact, other) = (JobId::of(&[b"one"]), JobId::of(&[b"other"]));
        let locate = async |id| scheduler.send(LocateArtifact(id)).await.unwrap();
        let mut invoker = FakeInvoker::new(&scheduler, 1, 1).await;
        assert!(invoker.beat().await, "it is known");
        invoker.register(&[artifact]).await;
        assert_eq!(locate(artifact).await, Some(WorkerId(1)));
        sleep(Duration::from_secs(4)).await;
        assert_eq!(locate(artifact).await, None, "it is dead");
        assert!(!invoker.beat().await, "it has come back");
        assert_eq!(locate(artifact).await, None);
        invoker.register(&[artifact]).await;
        assert!(invoker.beat().await);
        assert_eq!(locate(artifact).await, Some(WorkerId(1)));

        let (old, status) = (invoker.status(), invoker.status());
        let artifacts = vec![artifact];
        let removed = ArtifactsRemoved { status, artifacts };
        scheduler.send(removed).await.unwrap();
        assert_eq!(locate(artifact).await, None, "it was evicted");
        let artifacts = vec![artifact, other];
        let added = ArtifactsAdded {
            status: old,
            artifacts,
        };
        scheduler.send(added.clone()).await.unwrap();
        assert_eq!(locate(other).await, None, "an older epoch changes nothing");
        let status = invoker.status();
        let added = ArtifactsAdded { status, ..added };
        scheduler.send(added).await.unwrap();
        assert_eq!(locate(other).await, Some(WorkerId(1)));
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
