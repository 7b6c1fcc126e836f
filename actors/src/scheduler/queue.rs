//! The rules of scheduling: which worker may have which job, and when.

mod life;
mod meeting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use rand::rngs::Xoshiro256PlusPlus;

use super::exchange::{
    Action, Handle, Outcome, PickToken, Picked, QueueLimits, Refused, Resolution, Scheduled,
};
use super::pending::{Pending, Stage, State, Ticket};
use super::picks::{Pick, Picks};
use super::places::{Local, Places};
use crate::ids::{ArtifactId, Attempt, JobId, WorkerId};

/// Longer timeouts are cut to this, so that no deadline overflows.
const TIMEOUT_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// The jobs that wait and run, the workers, and what these hold.
///
/// A job waits in three kinds of queue. With `holders(a)` the registered workers that hold artifact
/// `a`:
///
/// - the *first local queue* of a worker has the waiting jobs whose result it holds;
/// - its *second local queue* has the waiting jobs, past their first stage, of which it holds at
///   least one dependency;
/// - the *global queue* has the waiting jobs in their last stage.
///
/// A job starts in stage [`Stage::Cache`] if somebody holds its result, else in [`Stage::Deps`]; each
/// lasts for its timeout, and after them comes [`Stage::Global`]. A pick gets the oldest job of one of
/// the three queues, drawn uniformly from those that are not empty; if all are, it waits.
///
/// # Calling order
///
/// On each input: [`handle_timeout`](Self::handle_timeout) with the present time, then the input's
/// method, then [`poll_action`](Self::poll_action) until it is empty, then
/// [`poll_timeout`](Self::poll_timeout) for the time of the next call. Nothing here reads a clock,
/// waits or does IO; the only chance is in the generator passed to [`new`](Self::new).
///
/// # What is promised
///
/// Every handle is resolved once, and every pick answered once, by an [`Action`]. No call panics,
/// whatever the order: unknown workers, jobs, handles and tokens are answered with a `false` or a
/// refusal.
#[derive(Debug, Clone)]
pub struct Queue<J, R> {
    limits: QueueLimits,
    rng: Xoshiro256PlusPlus,
    stopped: bool,
    jobs: Pending<J>,
    places: Places,
    /// What workers are said to hold that have not registered; it counts once they do.
    hearsay: BTreeMap<WorkerId, BTreeSet<ArtifactId>>,
    global: BTreeSet<Ticket>,
    timers: BTreeSet<(Instant, Ticket)>,
    waiting: usize,
    picks: Picks,
    actions: VecDeque<Action<J, R>>,
    arrivals: u64,
    attempts: u32,
}

/// Jobs come and go.
impl<J: Clone, R> Queue<J, R> {
    /// An empty queue without workers.
    #[must_use]
    pub fn new(limits: QueueLimits, rng: Xoshiro256PlusPlus) -> Self {
        Self {
            limits: QueueLimits {
                cache_timeout: limits.cache_timeout.min(TIMEOUT_MAX),
                deps_timeout: limits.deps_timeout.min(TIMEOUT_MAX),
                ..limits
            },
            rng,
            stopped: false,
            jobs: Pending::default(),
            places: Places::default(),
            hearsay: BTreeMap::new(),
            global: BTreeSet::new(),
            timers: BTreeSet::new(),
            waiting: 0,
            picks: Picks::default(),
            actions: VecDeque::new(),
            arrivals: 0,
            attempts: 0,
        }
    }

    /// Makes a job pending, or joins those who wait for it already. Each call that is not refused
    /// counts as one who wants the job, until the handle resolves or [`cancel_job`](Self::cancel_job).
    ///
    /// The dependencies say where the job would rather run; it does not wait for them to be made.
    ///
    /// # Errors
    ///
    /// Refused if too many jobs wait, or after [`stop`](Self::stop).
    pub fn schedule(
        &mut self,
        id: JobId,
        deps: &[ArtifactId],
        payload: J,
        now: Instant,
    ) -> Result<Scheduled, Refused> {
        self.handle_timeout(now);
        if self.stopped {
            return Err(Refused::Stopped);
        }
        if let Some(joined) = self.join(id) {
            return Ok(joined);
        }
        if self.waiting >= self.limits.waiting_max {
            return Err(Refused::QueueFull {
                waiting: self.waiting,
            });
        }
        let handle = self.admit(id, deps, payload, now);
        self.offer(handle.job);
        self.handle_timeout(now);
        Ok(Scheduled {
            handle,
            joined: false,
        })
    }

    /// Makes a job pending that this pick, new or waiting, gets at once, whatever stands in the queues before it; or
    /// joins those who wait for the job already, and then leaves the pick alone. A worker that is not registered gets
    /// nothing; the job waits.
    ///
    /// # Errors
    ///
    /// Refused after [`stop`](Self::stop).
    pub fn schedule_to(
        &mut self,
        (worker, token): (WorkerId, PickToken),
        id: JobId,
        deps: &[ArtifactId],
        payload: J,
        now: Instant,
    ) -> Result<Scheduled, Refused> {
        self.handle_timeout(now);
        let Some(worker) = self.places.find_worker(worker) else {
            return self.schedule(id, deps, payload, now);
        };
        if self.stopped {
            return Err(Refused::Stopped);
        }
        if let Some(joined) = self.join(id) {
            return Ok(joined);
        }
        let handle = self.admit(id, deps, payload, now);
        let pick = match self.picks.find(token) {
            Some(number) => self.remove_pick(number),
            None => Pick { token, worker },
        };
        self.hand_over(handle.job, pick);
        Ok(Scheduled {
            handle,
            joined: false,
        })
    }

    /// One of those who want the job no longer does. When the last one goes, a waiting job is
    /// removed and a running one stopped, and the handle resolves as withdrawn: true.
    pub fn cancel_job(&mut self, handle: Handle) -> bool {
        if !self.is_pending(handle) {
            return false;
        }
        let key = handle.job;
        let job = self.jobs.get_mut(key);
        job.wanted_by -= 1;
        if job.wanted_by > 0 {
            return false;
        }
        self.stop_running(key);
        self.finish(key, Resolution::Withdrawn);
        true
    }

    /// A worker reports how an attempt ended; true if that finished a pending job.
    ///
    /// An artifact is remembered as held by the worker whether or not somebody waits for the job.
    /// A job that ran is finished by the first result, from whichever attempt and worker; a failure
    /// counts only if its attempt is the current one.
    pub fn complete(
        &mut self,
        worker: WorkerId,
        id: JobId,
        attempt: Attempt,
        outcome: Outcome<R>,
    ) -> bool {
        let committed = matches!(outcome, Outcome::Committed(_));
        let pending = self.places.find(id).and_then(|at| self.places.job(at));
        let counts = pending.filter(|&key| {
            let current = self.running(key).is_some_and(|(_, at)| at == attempt);
            current || !matches!(outcome, Outcome::Failed(_))
        });
        if let Some(key) = counts {
            if self.running(key).is_some_and(|(_, at)| at != attempt) {
                self.stop_running(key);
            }
            self.finish(key, Resolution::Finished(outcome));
        }
        if committed {
            self.added(worker, id);
        }
        counts.is_some()
    }

    /// An attempt was lost: its worker no longer has the job and there is no result. The job waits
    /// again, at once global and before all that never came back. False if the attempt is not the
    /// current one.
    pub fn requeue(&mut self, id: JobId, attempt: Attempt) -> bool {
        let Some((key, worker)) = self.find_attempt(id, attempt) else {
            return false;
        };
        let ticket = self.ticket(key);
        self.places.worker_mut(worker).running.remove(&ticket);
        self.take_back(key);
        true
    }

    /// The answer with this attempt did not reach its picker. The job waits again as if it had not
    /// been picked. False if the attempt is not the current one.
    pub fn undelivered(&mut self, id: JobId, attempt: Attempt) -> bool {
        let Some((key, worker)) = self.find_attempt(id, attempt) else {
            return false;
        };
        let ticket = self.ticket(key);
        self.places.worker_mut(worker).running.remove(&ticket);
        self.jobs.get_mut(key).tries -= 1;
        self.wait_again(key);
        true
    }

    /// Takes no more jobs: picks that wait are answered, waiting jobs resolve as stopped. What runs
    /// may still complete.
    pub fn stop(&mut self) {
        self.stopped = true;
        let mut waiting: Vec<Ticket> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.state == State::Waiting)
            .map(|(key, job)| Ticket {
                rank: job.rank,
                job: key,
            })
            .collect();
        waiting.sort_unstable();
        for ticket in waiting {
            self.finish(ticket.job, Resolution::Stopped);
        }
        while let Some(number) = self.picks.first() {
            self.answer(number, Picked::Stopped);
        }
    }
}

/// Workers come and go.
impl<J: Clone, R> Queue<J, R> {
    /// Makes a worker known. Again changes nothing.
    pub fn register(&mut self, worker: WorkerId) {
        if self.places.find_worker(worker).is_some() {
            return;
        }
        self.places.add_worker(worker);
        for artifact in self.hearsay.remove(&worker).unwrap_or_default() {
            self.added(worker, artifact);
        }
    }

    /// A worker is dead: what ran there waits again, at once global and before all that never came
    /// back; what it held is forgotten; its picks are answered.
    pub fn dead(&mut self, worker: WorkerId) {
        self.hearsay.remove(&worker);
        let Some(key) = self.places.find_worker(worker) else {
            return;
        };
        while let Some(&number) = self.places.worker(key).picks.first() {
            self.answer(number, Picked::Unregistered);
        }
        let gone = self.places.remove_worker(key);
        for ticket in gone.running {
            self.take_back(ticket.job);
        }
    }

    /// A worker's cache now has an artifact.
    pub fn added(&mut self, worker: WorkerId, artifact: ArtifactId) {
        let Some(key) = self.places.find_worker(worker) else {
            self.hearsay.entry(worker).or_default().insert(artifact);
            return;
        };
        let at = self.places.intern(artifact);
        if self.places.hold(key, at) {
            self.serve(key);
        }
    }

    /// A worker's cache has lost an artifact.
    pub fn removed(&mut self, worker: WorkerId, artifact: ArtifactId) {
        if let Some(hearsay) = self.hearsay.get_mut(&worker) {
            hearsay.remove(&artifact);
        }
        let place = self
            .places
            .find_worker(worker)
            .zip(self.places.find(artifact));
        if let Some((key, at)) = place {
            self.places.drop_held(key, at);
        }
    }

    /// A registered worker that holds the artifact.
    #[must_use]
    pub fn locate(&self, artifact: ArtifactId) -> Option<WorkerId> {
        self.places.any_holder(self.places.find(artifact)?)
    }

    /// A worker asks for a job; [`Action::Answer`] will name the token, now or later.
    /// A token that waits already is left waiting.
    pub fn pick(&mut self, worker: WorkerId, token: PickToken, now: Instant) {
        self.handle_timeout(now);
        let key = self.places.find_worker(worker);
        let (Some(worker), false) = (key, self.stopped) else {
            let answer = if self.stopped {
                Picked::Stopped
            } else {
                Picked::Unregistered
            };
            self.actions.push_back(Action::Answer {
                pick: token,
                answer,
            });
            return;
        };
        if self.picks.find(token).is_some() {
            return;
        }
        match self.draw(worker) {
            Some(job) => self.hand_over(job, Pick { token, worker }),
            None => {
                let number = self.picks.insert(Pick { token, worker });
                self.places.worker_mut(worker).picks.insert(number);
            }
        }
    }

    /// A waiting pick is answered with nothing; false if it does not wait (any more).
    pub fn cancel_pick(&mut self, token: PickToken) -> bool {
        let number = self.picks.find(token);
        if let Some(number) = number {
            self.answer(number, Picked::Cancelled);
        }
        number.is_some()
    }
}

/// Time passes, and the caller is told what to do.
impl<J: Clone, R> Queue<J, R> {
    /// Moves the jobs on whose deadlines are now or earlier. Cheap if there are none.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(deadline, ticket)) = self.timers.first()
            && deadline <= now
        {
            self.timers.pop_first();
            self.move_on(ticket);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) will next have something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|&(deadline, _)| deadline)
    }

    /// The next thing that the caller must do.
    pub fn poll_action(&mut self) -> Option<Action<J, R>> {
        self.actions.pop_front()
    }
}

/// What a test or a status page sees.
impl<J: Clone, R> Queue<J, R> {
    /// The first local queue of a worker, the oldest job first.
    #[must_use]
    pub fn first_local_queue(&self, worker: WorkerId) -> Vec<JobId> {
        self.local_queue(Local::Results, worker)
    }

    /// The second local queue of a worker, the oldest job first.
    #[must_use]
    pub fn second_local_queue(&self, worker: WorkerId) -> Vec<JobId> {
        self.local_queue(Local::Deps, worker)
    }

    /// The global queue, the oldest job first.
    #[must_use]
    pub fn global_queue(&self) -> Vec<JobId> {
        self.global.iter().map(|&ticket| self.id(ticket)).collect()
    }

    /// How many jobs wait for a deadline.
    #[must_use]
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    /// How many jobs wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many jobs run.
    #[must_use]
    pub fn running_jobs(&self) -> usize {
        self.jobs.len() - self.waiting
    }

    /// How many picks wait.
    #[must_use]
    pub fn waiting_picks(&self) -> usize {
        self.picks.len()
    }

    /// How many artifacts are held, made or read by somebody.
    #[must_use]
    pub fn artifacts(&self) -> usize {
        self.places.artifacts()
    }

    /// Whether the handle has not been resolved.
    #[must_use]
    pub fn is_pending(&self, handle: Handle) -> bool {
        let job = self.jobs.find(handle.job);
        job.is_some_and(|job| job.handle == handle)
    }

    /// The handle of a pending job.
    #[must_use]
    pub fn handle(&self, id: JobId) -> Option<Handle> {
        let key = self.places.job(self.places.find(id)?)?;
        Some(self.jobs.get(key).handle)
    }

    /// The stage of a waiting job.
    #[must_use]
    pub fn stage(&self, id: JobId) -> Option<Stage> {
        let key = self.places.job(self.places.find(id)?)?;
        let job = self.jobs.get(key);
        (job.state == State::Waiting).then_some(job.stage)
    }

    fn local_queue(&self, queue: Local, worker: WorkerId) -> Vec<JobId> {
        let Some(key) = self.places.find_worker(worker) else {
            return Vec::new();
        };
        let tickets = self.places.queue(queue, key);
        tickets.into_iter().map(|ticket| self.id(ticket)).collect()
    }

    fn id(&self, ticket: Ticket) -> JobId {
        self.places.id(self.jobs.get(ticket.job).artifact)
    }
}

/// What tests see and do: the draw as an input, and how many holders of an artifact are few.
#[cfg(test)]
impl<J: Clone, R> Queue<J, R> {
    pub(super) fn with_few_max(mut self, few_max: usize) -> Self {
        self.places = Places::with_few_max(few_max);
        self
    }

    /// The oldest jobs of the worker's first, second and the global queue.
    pub(super) fn heads_of(&self, worker: WorkerId) -> [Option<JobId>; 3] {
        let heads = self.places.find_worker(worker).map(|key| self.heads(key));
        let heads = heads.unwrap_or_default();
        heads.map(|head| head.map(|ticket| self.id(ticket)))
    }

    /// A pick for which this one of the three queues was drawn, which must not be empty.
    pub(super) fn pick_from(&mut self, worker: WorkerId, token: PickToken, drawn: usize) {
        let worker = self.places.find_worker(worker).unwrap();
        let head = self.heads(worker)[drawn].unwrap();
        self.hand_over(head.job, Pick { token, worker });
    }
}
