//! The scheduler's state: what builds ask for, the queue, and what invokers say.
//!
//! A job waits for its build's turn first and then for an invoker. Nothing here reads a clock; answers
//! leave through the channels that came with the questions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use actix::WeakRecipient;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::sync::oneshot;

use super::asks::{Ask, Asks};
use super::elsewhere::{ATTEMPTS_MAX, Elsewhere};
use super::{
    Action, Finding, Handle, Heard, Holdings, OnJobComplete, Outcome, PickJob, PickToken, Picked,
    Queue, Refused, RegisterWorker, Resolution, ScheduleError, SchedulerConfig, SchedulerStats,
};
use crate::ids::{ArtifactId, Attempt, BuildId, JobId, WorkerId};
use crate::invoker::StopJob;
use crate::job::{self, InvokerStatus, JobFault, JobOutput, JobResult, JobSpec};
use crate::registrar::Waits;
use crate::tell::Tell;

/// How often a job is handed out without any result coming back before that is the judge's failure. Such a job may be
/// what ends its invokers.
const TRIES_MAX: u32 = 5;

/// The scheduler's state.
///
/// A job that is asked for waits for its build's turn among [`Asks`], then in the [`Queue`]; what invokers say of it
/// meanwhile is kept in [`Holdings`]. One that an invoker has failed waits in [`Elsewhere`] for another one.
pub(super) struct Desk {
    asks: Asks,
    queue: JobQueue,
    elsewhere: Elsewhere,
    holdings: Holdings,
    picks: BTreeMap<PickToken, Pick>,
    workers: BTreeMap<WorkerId, Worker>,
    last_pick: u64,
    waits: Waits,
    stopped: bool,
}

type JobQueue = Queue<Arc<JobSpec>, JobResult>;

struct Pick {
    worker: WorkerId,
    answer: oneshot::Sender<Option<job::Assignment>>,
}

struct Worker {
    slots: usize,
    orders: WeakRecipient<StopJob>,
    alive: bool,
    /// Whether it has said what it holds since it came, or came back.
    registered: bool,
}

impl Desk {
    /// No jobs and no invokers.
    pub(super) fn new(config: SchedulerConfig) -> Self {
        let rng = Xoshiro256PlusPlus::seed_from_u64(config.seed);
        Self {
            asks: Asks::default(),
            queue: Queue::new(config.limits, rng),
            elsewhere: Elsewhere::default(),
            holdings: Holdings::new(config.patience),
            picks: BTreeMap::new(),
            workers: BTreeMap::new(),
            last_pick: 0,
            waits: Waits::default(),
            stopped: false,
        }
    }

    /// Finds out who is silent, what is lost and which jobs may leave their preferred invokers.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.holdings.handle_timeout(now);
        self.queue.handle_timeout(now);
        while let Some(finding) = self.holdings.poll_finding() {
            match finding {
                Finding::Dead { worker } => self.dead(worker),
                Finding::Lost {
                    worker,
                    job,
                    attempt,
                } => {
                    log::warn!("invoker {worker} has lost job {job:?}; it is done again");
                    self.queue.requeue(job, attempt);
                }
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) will next have something to do.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let retries = (self.elsewhere.len() > 0).then(|| self.alive());
        let dues = [
            self.queue.poll_timeout(),
            self.holdings.poll_timeout(),
            retries.and_then(|alive| self.elsewhere.poll_timeout(&alive)),
        ];
        dues.into_iter().flatten().min()
    }

    /// A build asks for a job.
    pub(super) fn ask(&mut self, ask: Ask) {
        self.asks.push(ask);
    }

    /// A build no longer wants a job.
    pub(super) fn withdraw(&mut self, job: JobId, build: BuildId) {
        for handle in self.asks.withdraw(job, build) {
            self.queue.cancel_job(handle);
        }
        let asks = &self.asks;
        self.elsewhere.keep(|number| asks.is_open(number));
    }

    /// A live invoker that holds the artifact.
    pub(super) fn locate(&self, artifact: ArtifactId) -> Option<WorkerId> {
        self.queue.locate(artifact)
    }

    /// An invoker's cache has these artifacts.
    pub(super) fn added(&mut self, status: &InvokerStatus, artifacts: &[ArtifactId], now: Instant) {
        if self.heard(status, now) != Heard::Stale {
            for &artifact in artifacts {
                self.queue.added(status.worker, artifact);
            }
        }
    }

    /// An invoker's cache has lost these artifacts.
    pub(super) fn removed(
        &mut self,
        status: &InvokerStatus,
        artifacts: &[ArtifactId],
        now: Instant,
    ) {
        if self.heard(status, now) != Heard::Stale {
            for &artifact in artifacts {
                self.queue.removed(status.worker, artifact);
            }
        }
    }

    /// Says whether no more jobs are taken.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// How much waits and runs.
    pub(super) fn count(&self) -> SchedulerStats {
        SchedulerStats {
            waiting: self.queue.waiting() + self.asks.ready() + self.elsewhere.len(),
            running: self.queue.running_jobs(),
            workers: self.workers.values().filter(|worker| worker.alive).count(),
            waits: self.waits,
        }
    }

    fn dead(&mut self, worker: WorkerId) {
        log::warn!("invoker {worker} is silent; its jobs are done elsewhere");
        if let Some(worker) = self.workers.get_mut(&worker) {
            worker.alive = false;
            worker.registered = false;
        }
        self.queue.dead(worker);
        self.count_slots();
    }

    fn alive(&self) -> Vec<WorkerId> {
        let alive = self.workers.iter().filter(|(_, worker)| worker.alive);
        alive.map(|(&id, _)| id).collect()
    }

    fn count_slots(&mut self) {
        let alive = self.workers.values().filter(|worker| worker.alive);
        self.asks.set_slots(alive.map(|worker| worker.slots).sum());
    }

    /// Offers and answers until there is nothing more to do.
    pub(super) fn settle(&mut self, now: Instant) {
        loop {
            while let Some(action) = self.queue.poll_action() {
                self.perform(action, now);
            }
            if self.retry(now) {
                continue;
            }
            let Some((number, spec)) = self.asks.next_offer() else {
                break;
            };
            self.schedule(number, &spec, now);
        }
    }

    fn schedule(&mut self, number: u64, spec: &Arc<JobSpec>, now: Instant) {
        match self.queue.schedule(spec.id, &spec.deps, spec.clone(), now) {
            Ok(scheduled) => self.asks.scheduled(number, scheduled.handle),
            Err(refused) => self.asks.answer(number, Err(refused.into())),
        }
    }

    /// Gives one failed job to a pick that waits, if another invoker's does, or else to the queue once it need not be
    /// kept any longer; false if all have to wait.
    fn retry(&mut self, now: Instant) -> bool {
        if self.elsewhere.len() == 0 {
            return false;
        }
        let waiting = self.picks.iter().map(|(&token, pick)| (token, pick.worker));
        for (token, worker) in waiting.collect::<Vec<_>>() {
            if let Some(number) = self.elsewhere.take_for(worker) {
                self.retry_on(number, worker, token, now);
                return true;
            }
        }
        let Some(number) = self.elsewhere.take_due(now, &self.alive()) else {
            return false;
        };
        if let Some(spec) = self.asks.spec(number) {
            self.schedule(number, &spec, now);
        }
        true
    }

    /// Gives a failed job to this pick; false if it needs none, as nobody wants it any more or it is pending again.
    fn retry_on(&mut self, number: u64, worker: WorkerId, token: PickToken, now: Instant) -> bool {
        let Some(spec) = self.asks.spec(number) else {
            return false;
        };
        let pick = (worker, token);
        let scheduled = self
            .queue
            .schedule_to(pick, spec.id, &spec.deps, spec.clone(), now);
        match scheduled {
            Ok(scheduled) => {
                self.asks.scheduled(number, scheduled.handle);
                !scheduled.joined
            }
            Err(refused) => {
                self.asks.answer(number, Err(refused.into()));
                false
            }
        }
    }

    fn perform(&mut self, action: Action<Arc<JobSpec>, JobResult>, now: Instant) {
        match action {
            Action::Answer { pick, answer } => self.hand_over(pick, answer, now),
            Action::Resolve {
                handle, resolution, ..
            } => self.asks.resolve(handle, &outcome_of(resolution)),
            Action::StopJob { worker, job, .. } => {
                if let Some(worker) = self.workers.get(&worker) {
                    worker.orders.tell(StopJob { job });
                }
            }
        }
    }

    fn hand_over(&mut self, pick: PickToken, picked: Picked<Arc<JobSpec>>, now: Instant) {
        let Some(Pick { worker, answer }) = self.picks.remove(&pick) else {
            return;
        };
        let Picked::Job(job) = picked else {
            // A picker that is gone needs no answer.
            let _ = answer.send(None);
            return;
        };
        if job.tries > TRIES_MAX {
            let lost = lost_too_often(job.job, job.attempt);
            self.queue
                .complete(worker, job.job, job.attempt, Outcome::Failed(lost));
            let token = self.next_token();
            self.picks.insert(token, Pick { worker, answer });
            return self.queue.pick(worker, token, now);
        }
        let waited = self.asks.since(&job.payload);
        let waited = waited.map(|since| now.saturating_duration_since(since));
        let assignment = job::Assignment {
            spec: job.payload,
            attempt: job.attempt,
        };
        if answer.send(Some(assignment)).is_ok() {
            self.holdings.sent(worker, job.job, job.attempt);
            waited.into_iter().for_each(|waited| self.waits.add(waited));
        } else {
            self.queue.undelivered(job.job, job.attempt);
        }
    }

    /// An invoker speaks; one that was dead, or is new, is known from now on.
    pub(super) fn heard(&mut self, status: &InvokerStatus, now: Instant) -> Heard {
        let worker = status.worker;
        let heard = self.holdings.status(status, now);
        if heard == Heard::First {
            if let Some(worker) = self.workers.get_mut(&worker) {
                worker.alive = true;
            }
            self.queue.register(worker);
            self.count_slots();
        }
        heard
    }

    /// An invoker is alive; says whether it has registered since it came.
    pub(super) fn beat(&mut self, status: &InvokerStatus, now: Instant) -> bool {
        self.heard(status, now);
        let worker = self.workers.get(&status.worker);
        worker.is_some_and(|worker| worker.registered)
    }

    /// An invoker wants a job; one that has no room, or speaks of the past, gets none.
    pub(super) fn pick(
        &mut self,
        msg: &PickJob,
        answer: oneshot::Sender<Option<job::Assignment>>,
        now: Instant,
    ) {
        let worker = msg.status.worker;
        if self.heard(&msg.status, now) == Heard::Stale || self.holdings.free(worker) == 0 {
            // A picker that is gone needs no answer.
            let _ = answer.send(None);
            return;
        }
        let token = self.next_token();
        self.picks.insert(token, Pick { worker, answer });
        while let Some(number) = self.elsewhere.take_for(worker) {
            if self.retry_on(number, worker, token, now) {
                return;
            }
        }
        self.queue.pick(worker, token, now);
    }

    fn next_token(&mut self) -> PickToken {
        self.last_pick += 1;
        PickToken(self.last_pick)
    }

    /// An invoker has a result; says whether it finished a pending job.
    pub(super) fn complete(&mut self, msg: OnJobComplete, now: Instant) -> bool {
        let (worker, result) = (msg.status.worker, msg.result);
        let (job, attempt) = (result.job, result.attempt);
        let handle = self.queue.handle(job);
        let failed = matches!(&result.output, Err(fault) if fault.retry).then(|| result.clone());
        let outcome = match &result.output {
            Ok(JobOutput::Compiled(_, Some(_))) => Outcome::Committed(result),
            Ok(_) => Outcome::Answered(result),
            Err(_) => Outcome::Failed(result),
        };
        // The result goes first: the status still names the job, since the result is not acknowledged.
        self.holdings.finished(worker, job, attempt);
        let finished = self.queue.complete(worker, job, attempt, outcome);
        if let (true, Some(handle), Some(failed)) = (finished, handle, failed) {
            self.failed(handle, worker, &failed, now);
        }
        self.heard(&msg.status, now);
        finished
    }

    /// An attempt has failed in a way that another may not: those who want the job need not know, unless it has
    /// failed too often.
    fn failed(&mut self, handle: Handle, worker: WorkerId, result: &JobResult, now: Instant) {
        for (number, failed_on) in self.asks.failed(handle, worker) {
            if failed_on.len() >= ATTEMPTS_MAX {
                self.asks.answer(number, Ok(result.clone()));
            } else if self.stopped {
                self.asks.answer(number, Err(Refused::Stopped.into()));
            } else {
                self.elsewhere.push(number, failed_on, now);
            }
        }
        if let Err(fault) = &result.output {
            log::warn!(
                "job {:?} has failed on invoker {worker}: {fault}",
                result.job
            );
        }
    }

    /// An invoker makes itself known.
    pub(super) fn register(&mut self, msg: RegisterWorker, now: Instant) {
        let RegisterWorker {
            status,
            slots,
            orders,
            artifacts,
        } = msg;
        let worker = status.worker;
        let alive = self.workers.get(&worker).is_some_and(|known| known.alive);
        self.workers.insert(
            worker,
            Worker {
                slots,
                orders,
                alive,
                registered: true,
            },
        );
        self.added(&status, &artifacts, now);
        self.count_slots();
    }

    /// An invoker takes its picks back.
    pub(super) fn cancel_picks(&mut self, status: &InvokerStatus, now: Instant) {
        self.heard(status, now);
        let worker = status.worker;
        let mine = |(&token, pick): (&PickToken, &Pick)| (pick.worker == worker).then_some(token);
        let tokens: Vec<PickToken> = self.picks.iter().filter_map(mine).collect();
        for token in tokens {
            self.queue.cancel_pick(token);
        }
    }

    /// Takes no more jobs and hands none out.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.queue.stop();
        self.elsewhere.keep(|_| false);
        self.asks.refuse_unoffered(Refused::Stopped);
    }
}

fn outcome_of(resolution: Resolution<JobResult>) -> Result<JobResult, ScheduleError> {
    match resolution {
        Resolution::Finished(
            Outcome::Committed(result) | Outcome::Answered(result) | Outcome::Failed(result),
        ) => Ok(result),
        Resolution::Withdrawn => Err(ScheduleError::Withdrawn),
        Resolution::Stopped => Err(ScheduleError::Refused(Refused::Stopped)),
    }
}

fn lost_too_often(job: JobId, attempt: Attempt) -> JobResult {
    JobResult {
        job,
        attempt,
        output: Err(JobFault {
            reason: format!("{TRIES_MAX} times its invoker was lost before there was a result"),
            retry: false,
            of_the_jury: false,
        }),
    }
}
