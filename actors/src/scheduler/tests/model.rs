//! A model of the queue made of small sets, and the comparison of the two after every event.
//!
//! The model stores who holds what, which jobs wait and run, and nothing else: its queues are the
//! definitions of the specification. Where the specification leaves a choice (which pick, which of
//! the queues' heads) the model accepts what the queue chose if it was one of the choices.
//!
//! What [`Pair::compare`] and [`Model::step`] state, by the specification's numbers: I1, I2, I12 by the
//! actions that a step expects; I3, I4, I5, I13 by the queues' contents; I6 by the stages; I7, I8 by the
//! timers and the next deadline; I9 and "blocks iff all are empty" of I10 by [`Model::settle`]; I11 by
//! `Undelivered` and `CancelPick`; I14 to I20 by the steps of those names; I21 by never panicking.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::TestQueue;
use crate::ids::{ArtifactId, Attempt, WorkerId};
use crate::scheduler::{
    Action, Handle, Outcome, PickToken, Picked, Queue, QueueLimits, Refused, Resolution, Stage,
};

/// Jobs are the first of the artifacts.
pub(super) const JOBS: usize = 3;
pub(super) const ARTIFACTS: usize = 5;
const WORKERS_MAX: usize = 4;

/// What each job depends on: an extra artifact twice; another job and an extra; itself and both extras.
const DEPS: [&[usize]; JOBS] = [&[3, 3], &[0, 4], &[2, 3, 4]];

/// Something that happens to the queue. Jobs, artifacts and workers by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Schedule(usize),
    Complete(usize, usize, Which, Kind),
    Added(usize, usize),
    Removed(usize, usize),
    Register(usize),
    Dead(usize),
    Pick(usize),
    /// With the draw as an input, if that queue is not empty.
    PickFrom(usize, usize),
    /// The nth waiting pick.
    CancelPick(usize),
    /// By so many ticks.
    Advance(u32),
    Undelivered(usize),
    Requeue(usize),
    CancelJob(usize),
    Stop,
}

/// Which attempt a report names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Current,
    Stale,
}

/// How the attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Committed,
    Answered,
    Failed,
}

/// What a comparison found to be wrong.
pub(super) type Checked = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}

/// A pending job.
#[derive(Debug, Clone, Copy)]
struct Job {
    handle: Handle,
    wanted_by: u32,
    tries: u32,
    stage: Stage,
    deadline: u32,
    returned: bool,
    arrival: u32,
    running: Option<(usize, Attempt)>,
}

impl Job {
    /// Older jobs have lesser ages.
    fn rank(&self) -> (bool, u32) {
        (!self.returned, self.arrival)
    }
}

/// The model.
#[derive(Debug, Clone)]
pub(super) struct Model {
    cache_ticks: u32,
    deps_ticks: u32,
    now: u32,
    stopped: bool,
    registered: [bool; WORKERS_MAX],
    /// By artifact and worker; of unregistered workers it is hearsay.
    holds: [[bool; WORKERS_MAX]; ARTIFACTS],
    jobs: [Option<Job>; JOBS],
    picks: Vec<(PickToken, usize)>,
    arrivals: u32,
}

/// The queue and the model, fed alike.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) queue: TestQueue,
    pub(super) model: Model,
    start: Instant,
    workers: usize,
    tokens: u64,
    results: u32,
}

impl Pair {
    pub(super) fn new(
        start: Instant,
        workers: usize,
        few_max: usize,
        cache_ticks: u32,
        deps_ticks: u32,
    ) -> Self {
        let limits = QueueLimits {
            cache_timeout: tick() * cache_ticks,
            deps_timeout: tick() * deps_ticks,
            waiting_max: usize::MAX,
        };
        Self {
            queue: Queue::new(limits, Xoshiro256PlusPlus::seed_from_u64(3)).with_few_max(few_max),
            model: Model {
                cache_ticks,
                deps_ticks,
                now: 0,
                stopped: false,
                registered: [false; WORKERS_MAX],
                holds: [[false; WORKERS_MAX]; ARTIFACTS],
                jobs: [None; JOBS],
                picks: Vec::new(),
                arrivals: 0,
            },
            start,
            workers,
            tokens: 0,
            results: 0,
        }
    }

    /// Feeds an event to both and compares what comes of it.
    pub(super) fn apply(&mut self, event: Event) -> Checked {
        let answer = self.feed(event);
        let mut actions = Vec::new();
        while let Some(action) = self.queue.poll_action() {
            actions.push(action);
        }
        let mut actions = actions.into_iter();
        self.model
            .step(event, answer, &mut actions, self.tokens, self.results)?;
        if let Some(action) = actions.next() {
            return Err(format!("the queue asks for {action:?}"));
        }
        self.compare()
    }

    fn time(&self, ticks: u32) -> Instant {
        self.start + tick() * ticks
    }

    /// The queue's side; says what the call answered.
    fn feed(&mut self, event: Event) -> Answer {
        let now = self.time(self.model.now);
        let queue = &mut self.queue;
        let attempt_of = |job: usize| {
            let running = self.model.jobs[job].and_then(|job| job.running);
            running.map_or(Attempt(0), |(_, attempt)| attempt)
        };
        match event {
            Event::Schedule(job) => {
                let deps: Vec<ArtifactId> = DEPS[job].iter().map(|&dep| name(dep)).collect();
                match queue.schedule(name(job), &deps, (), now) {
                    Ok(scheduled) => Answer::Scheduled(scheduled.handle, scheduled.joined),
                    Err(refused) => Answer::Refused(refused),
                }
            }
            Event::Complete(worker, job, which, kind) => {
                let attempt = match which {
                    Which::Current => attempt_of(job),
                    Which::Stale => Attempt(0),
                };
                self.results += 1;
                let outcome = kind.outcome(self.results);
                Answer::Bool(queue.complete(number(worker), name(job), attempt, outcome))
            }
            Event::Added(worker, artifact) => {
                queue.added(number(worker), name(artifact));
                Answer::Nothing
            }
            Event::Removed(worker, artifact) => {
                queue.removed(number(worker), name(artifact));
                Answer::Nothing
            }
            Event::Register(worker) => {
                queue.register(number(worker));
                Answer::Nothing
            }
            Event::Dead(worker) => {
                queue.dead(number(worker));
                Answer::Nothing
            }
            Event::Pick(worker) => {
                self.tokens += 1;
                queue.pick(number(worker), PickToken(self.tokens), now);
                Answer::Nothing
            }
            Event::PickFrom(worker, drawn) => {
                if self.model.heads(worker)[drawn].is_some() {
                    self.tokens += 1;
                    queue.pick_from(number(worker), PickToken(self.tokens), drawn);
                }
                Answer::Nothing
            }
            Event::CancelPick(nth) => {
                let token = self.model.picks.get(nth).map(|&(token, _)| token);
                Answer::Bool(queue.cancel_pick(token.unwrap_or(PickToken(0))))
            }
            Event::Advance(ticks) => {
                queue.handle_timeout(now + tick() * ticks);
                Answer::Nothing
            }
            Event::Undelivered(job) => Answer::Bool(queue.undelivered(name(job), attempt_of(job))),
            Event::Requeue(job) => Answer::Bool(queue.requeue(name(job), attempt_of(job))),
            Event::CancelJob(job) => {
                let handle = self.model.jobs[job].map(|job| job.handle);
                Answer::Bool(handle.is_some_and(|handle| queue.cancel_job(handle)))
            }
            Event::Stop => {
                queue.stop();
                Answer::Nothing
            }
        }
    }

    /// The queue shows what the definitions say.
    fn compare(&self) -> Checked {
        let (queue, model) = (&self.queue, &self.model);
        let global = queue.global_queue();
        for worker in 0..self.workers {
            let first = queue.first_local_queue(number(worker));
            let second = queue.second_local_queue(number(worker));
            let defined = model.queues(worker);
            for (shown, defined) in [&first, &second, &global].into_iter().zip(&defined) {
                ensure!(
                    shown
                        .iter()
                        .copied()
                        .eq(defined.iter().map(|&job| name(job))),
                    "a queue of worker {worker}: {shown:?}, by definition {defined:?}"
                );
            }
            let heads = queue.heads_of(number(worker));
            let due = if model.registered[worker] {
                defined.map(|queue| queue.first().map(|&job| name(job)))
            } else {
                [None; 3]
            };
            ensure!(
                heads == due,
                "heads of worker {worker}: {heads:?}, by definition {due:?}"
            );
        }
        for job in 0..JOBS {
            let stage = model.jobs[job].filter(|job| job.running.is_none());
            let stage = stage.map(|job| job.stage);
            ensure!(
                queue.stage(name(job)) == stage,
                "job {job} is in stage {:?}, by definition {stage:?}",
                queue.stage(name(job))
            );
        }
        let timers: Vec<u32> = model.timers().map(|(deadline, ..)| deadline).collect();
        ensure!(queue.timers() == timers.len(), "{} timers", queue.timers());
        let due = timers.iter().min().map(|&ticks| self.time(ticks));
        ensure!(queue.poll_timeout() == due, "the next deadline differs");
        self.compare_counts()
    }

    fn compare_counts(&self) -> Checked {
        let (queue, model) = (&self.queue, &self.model);
        let pending: Vec<&Job> = model.jobs.iter().flatten().collect();
        let running = pending.iter().filter(|job| job.running.is_some()).count();
        let counts = (queue.waiting(), queue.running_jobs(), queue.waiting_picks());
        let defined = (pending.len() - running, running, model.picks.len());
        ensure!(
            counts == defined,
            "counts {counts:?}, by definition {defined:?}"
        );
        for job in pending {
            ensure!(queue.is_pending(job.handle), "a pending handle is unknown");
        }
        let mut records = 0;
        for artifact in 0..ARTIFACTS {
            let located = queue.locate(name(artifact));
            let held = (0..self.workers).any(|worker| model.held_by(worker, artifact));
            let sound =
                located.is_some_and(|WorkerId(worker)| model.held_by(worker as usize, artifact));
            ensure!(
                located.is_some() == held && sound == held,
                "artifact {artifact} is at {located:?}"
            );
            let made = artifact < JOBS && model.jobs[artifact].is_some();
            let read =
                (0..JOBS).any(|job| model.jobs[job].is_some() && DEPS[job].contains(&artifact));
            records += usize::from(held || made || read);
        }
        ensure!(
            queue.artifacts() == records,
            "{} records, {records} needed",
            queue.artifacts()
        );
        Ok(())
    }
}

/// What a call answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Nothing,
    Bool(bool),
    Scheduled(Handle, bool),
    Refused(Refused),
}

type Actions = std::vec::IntoIter<Action<(), u32>>;

/// The definitions.
impl Model {
    fn held_by(&self, worker: usize, artifact: usize) -> bool {
        self.registered[worker] && self.holds[artifact][worker]
    }

    fn waiting(&self) -> impl Iterator<Item = (usize, Job)> {
        let jobs = self.jobs.iter().copied().enumerate();
        jobs.filter_map(|(number, job)| Some((number, job?)))
            .filter(|(_, job)| job.running.is_none())
    }

    /// Whether a waiting job is in the worker's first local, second local and the global queue.
    fn places(&self, worker: usize, number: usize, job: Job) -> [bool; 3] {
        let mut deps = DEPS[number].iter();
        [
            self.held_by(worker, number),
            job.stage != Stage::Cache && deps.any(|&dep| self.held_by(worker, dep)),
            job.stage == Stage::Global,
        ]
    }

    /// The first local, the second local and the global queue, the oldest first.
    fn queues(&self, worker: usize) -> [Vec<usize>; 3] {
        let mut waiting: Vec<(usize, Job)> = self.waiting().collect();
        waiting.sort_unstable_by_key(|(_, job)| job.rank());
        let mut queues = [const { Vec::new() }; 3];
        for (number, job) in waiting {
            for (queue, inside) in queues.iter_mut().zip(self.places(worker, number, job)) {
                queue.extend(inside.then_some(number));
            }
        }
        queues
    }

    pub(super) fn is_running(&self, number: usize) -> bool {
        self.jobs[number].is_some_and(|job| job.running.is_some())
    }

    pub(super) fn heads(&self, worker: usize) -> [Option<usize>; 3] {
        let mut heads: [Option<((bool, u32), usize)>; 3] = [None; 3];
        for (number, job) in self.waiting() {
            for (head, inside) in heads.iter_mut().zip(self.places(worker, number, job)) {
                let this = (job.rank(), number);
                if inside && head.is_none_or(|oldest| this < oldest) {
                    *head = Some(this);
                }
            }
        }
        heads.map(|head| head.map(|(_, number)| number))
    }

    /// Deadline, rank and number of every job that waits for its stage to end.
    fn timers(&self) -> impl Iterator<Item = (u32, (bool, u32), usize)> {
        let timed = self.waiting().filter(|(_, job)| job.stage != Stage::Global);
        timed.map(|(number, job)| (job.deadline, job.rank(), number))
    }
}

/// The steps.
impl Model {
    fn step(
        &mut self,
        event: Event,
        answer: Answer,
        actions: &mut Actions,
        token: u64,
        result: u32,
    ) -> Checked {
        let due = match event {
            Event::Schedule(job) => return self.schedule(job, answer, actions),
            Event::Complete(worker, job, which, kind) => {
                self.complete(worker, job, which, kind.outcome(result), actions)?
            }
            Event::Added(worker, artifact) => {
                self.holds[artifact][worker] = true;
                self.settle(actions)?;
                Answer::Nothing
            }
            Event::Removed(worker, artifact) => {
                self.holds[artifact][worker] = false;
                Answer::Nothing
            }
            Event::Register(worker) => {
                self.registered[worker] = true;
                Answer::Nothing
            }
            Event::Dead(worker) => {
                self.dead(worker, actions)?;
                Answer::Nothing
            }
            Event::Pick(worker) => {
                self.pick(worker, PickToken(token), actions)?;
                Answer::Nothing
            }
            Event::PickFrom(worker, drawn) => {
                if let Some(head) = self.heads(worker)[drawn] {
                    self.picks.push((PickToken(token), worker));
                    let action = actions.next();
                    ensure!(
                        self.grant(&action) == Some(head),
                        "{action:?}, but {head} was drawn"
                    );
                }
                Answer::Nothing
            }
            Event::CancelPick(nth) if nth < self.picks.len() => {
                let (pick, _) = self.picks.remove(nth);
                let answer = Picked::Cancelled;
                expect(Action::Answer { pick, answer }, actions)?;
                Answer::Bool(true)
            }
            Event::CancelPick(_) => Answer::Bool(false),
            Event::Advance(ticks) => {
                self.now += ticks;
                self.fire(actions)?;
                Answer::Nothing
            }
            Event::Undelivered(job) => Answer::Bool(self.wait_again(job, false, actions)?),
            Event::Requeue(job) => Answer::Bool(self.wait_again(job, true, actions)?),
            Event::CancelJob(job) => Answer::Bool(self.cancel(job, actions)?),
            Event::Stop => {
                self.stop(actions)?;
                Answer::Nothing
            }
        };
        ensure!(answer == due, "answered {answer:?}, due was {due:?}");
        Ok(())
    }

    fn schedule(&mut self, number: usize, answer: Answer, actions: &mut Actions) -> Checked {
        self.fire(actions)?;
        if self.stopped {
            ensure!(
                answer == Answer::Refused(Refused::Stopped),
                "answered {answer:?}"
            );
            return Ok(());
        }
        let Answer::Scheduled(handle, joined) = answer else {
            return Err(format!("answered {answer:?}"));
        };
        if let Some(job) = &mut self.jobs[number] {
            job.wanted_by += 1;
            ensure!(joined && handle == job.handle, "two handles for one job");
            return Ok(());
        }
        ensure!(!joined, "joined a job that is not pending");
        let held = (0..WORKERS_MAX).any(|worker| self.held_by(worker, number));
        let (stage, ticks) = if held {
            (Stage::Cache, self.cache_ticks)
        } else {
            (Stage::Deps, self.deps_ticks)
        };
        self.arrivals += 1;
        self.jobs[number] = Some(Job {
            handle,
            wanted_by: 1,
            tries: 0,
            stage,
            deadline: self.now + ticks,
            returned: false,
            arrival: self.arrivals,
            running: None,
        });
        self.settle(actions)?;
        self.fire(actions)
    }

    fn complete(
        &mut self,
        worker: usize,
        number: usize,
        which: Which,
        outcome: Outcome<u32>,
        actions: &mut Actions,
    ) -> Result<Answer, String> {
        let failed = matches!(outcome, Outcome::Failed(_));
        let mut finished = false;
        if let Some(job) = self.jobs[number] {
            let current = which == Which::Current && job.running.is_some();
            if current || !failed {
                if let (Some((at, attempt)), false) = (job.running, current) {
                    let (worker, job) = (super::model::number(at), name(number));
                    expect(
                        Action::StopJob {
                            worker,
                            job,
                            attempt,
                        },
                        actions,
                    )?;
                }
                self.resolve(number, Resolution::Finished(outcome), actions)?;
                finished = true;
            }
        }
        if matches!(outcome, Outcome::Committed(_)) {
            self.holds[number][worker] = true;
            self.settle(actions)?;
        }
        Ok(Answer::Bool(finished))
    }

    fn dead(&mut self, worker: usize, actions: &mut Actions) -> Checked {
        for (pick, _) in self.picks.extract_if(.., |pick| pick.1 == worker) {
            let answer = Picked::Unregistered;
            expect(Action::Answer { pick, answer }, actions)?;
        }
        self.registered[worker] = false;
        for artifact in &mut self.holds {
            artifact[worker] = false;
        }
        let mut lost: Vec<((bool, u32), usize)> = Vec::new();
        for (number, job) in self.jobs.iter().enumerate() {
            if let Some(job) = job
                && job.running.is_some_and(|(at, _)| at == worker)
            {
                lost.push((job.rank(), number));
            }
        }
        lost.sort_unstable();
        for (_, number) in lost {
            self.wait_again(number, true, actions)?;
        }
        Ok(())
    }

    fn pick(&mut self, worker: usize, token: PickToken, actions: &mut Actions) -> Checked {
        self.fire(actions)?;
        let refusal = if self.stopped {
            Some(Picked::Stopped)
        } else {
            (!self.registered[worker]).then_some(Picked::Unregistered)
        };
        if let Some(answer) = refusal {
            return expect(
                Action::Answer {
                    pick: token,
                    answer,
                },
                actions,
            );
        }
        self.picks.push((token, worker));
        self.settle(actions)
    }

    /// A running job waits again: first in the global queue if it was lost, else as if never picked.
    fn wait_again(
        &mut self,
        number: usize,
        lost: bool,
        actions: &mut Actions,
    ) -> Result<bool, String> {
        let Some(job) = self.jobs[number]
            .as_mut()
            .filter(|job| job.running.is_some())
        else {
            return Ok(false);
        };
        job.running = None;
        if lost {
            job.stage = Stage::Global;
            job.returned = true;
        } else {
            job.tries -= 1;
        }
        if self.stopped {
            self.resolve(number, Resolution::Stopped, actions)?;
        }
        self.settle(actions)?;
        Ok(true)
    }

    fn cancel(&mut self, number: usize, actions: &mut Actions) -> Result<bool, String> {
        let Some(job) = &mut self.jobs[number] else {
            return Ok(false);
        };
        job.wanted_by -= 1;
        if job.wanted_by > 0 {
            return Ok(false);
        }
        if let Some((at, attempt)) = job.running {
            let (worker, job) = (super::model::number(at), name(number));
            expect(
                Action::StopJob {
                    worker,
                    job,
                    attempt,
                },
                actions,
            )?;
        }
        self.resolve(number, Resolution::Withdrawn, actions)?;
        Ok(true)
    }

    fn stop(&mut self, actions: &mut Actions) -> Checked {
        self.stopped = true;
        let mut waiting: Vec<((bool, u32), usize)> = self
            .waiting()
            .map(|(number, job)| (job.rank(), number))
            .collect();
        waiting.sort_unstable();
        for (_, number) in waiting {
            self.resolve(number, Resolution::Stopped, actions)?;
        }
        for (pick, _) in std::mem::take(&mut self.picks) {
            let answer = Picked::Stopped;
            expect(Action::Answer { pick, answer }, actions)?;
        }
        Ok(())
    }

    /// Moves on the jobs whose deadlines are now or earlier, one after the other.
    fn fire(&mut self, actions: &mut Actions) -> Checked {
        while let Some((deadline, _, number)) = self.timers().min()
            && deadline <= self.now
        {
            let deps_ticks = self.deps_ticks;
            let job = self.jobs[number].as_mut().expect("a timer is a job's");
            if job.stage == Stage::Cache {
                job.stage = Stage::Deps;
                job.deadline += deps_ticks;
            } else {
                job.stage = Stage::Global;
            }
            self.settle(actions)?;
        }
        Ok(())
    }

    /// As long as a waiting pick could have a job, the queue must give it one that it could have.
    fn settle(&mut self, actions: &mut Actions) -> Checked {
        while self
            .picks
            .iter()
            .any(|&(_, worker)| self.heads(worker) != [None; 3])
        {
            let action = actions.next();
            ensure!(
                self.grant(&action).is_some(),
                "a pick could have a job, but {action:?}"
            );
        }
        Ok(())
    }

    /// Takes in that a waiting pick gets a job; `None` if it is not one that it could get.
    fn grant(&mut self, action: &Option<Action<(), u32>>) -> Option<usize> {
        let Some(Action::Answer {
            pick,
            answer: Picked::Job(got),
        }) = action
        else {
            return None;
        };
        let at = self.picks.iter().position(|(token, _)| token == pick)?;
        let (_, worker) = self.picks.remove(at);
        let head = self
            .heads(worker)
            .into_iter()
            .flatten()
            .find(|&job| name(job) == got.job)?;
        let job = self.jobs[head].as_mut()?;
        job.tries += 1;
        job.running = Some((worker, got.attempt));
        (got.tries == job.tries).then_some(head)
    }

    fn resolve(
        &mut self,
        number: usize,
        resolution: Resolution<u32>,
        actions: &mut Actions,
    ) -> Checked {
        let job = self.jobs[number].take().ok_or("no such job is pending")?;
        let handle = job.handle;
        let job = name(number);
        expect(
            Action::Resolve {
                handle,
                job,
                resolution,
            },
            actions,
        )
    }
}

/// For the exhaustive search.
impl Model {
    /// The state up to what cannot be seen any more: absolute times, ages and numbers; and, with
    /// `swap`, up to the names of the first two workers.
    pub(super) fn key(&self, swap: bool) -> Vec<u8> {
        let order = if swap { [1, 0, 2, 3] } else { [0, 1, 2, 3] };
        let mut key = vec![u8::from(self.stopped)];
        for worker in order {
            key.push(u8::from(self.registered[worker]));
            key.extend(self.holds.iter().map(|holders| u8::from(holders[worker])));
        }
        let mut ranks: Vec<(bool, u32)> = self.jobs.iter().flatten().map(Job::rank).collect();
        ranks.sort_unstable();
        for job in &self.jobs {
            let Some(job) = job else {
                key.push(0);
                continue;
            };
            let place = ranks.binary_search(&job.rank()).unwrap_or_default();
            key.extend([
                1 + place as u8,
                job.stage as u8,
                u8::from(job.returned),
                job.wanted_by as u8,
            ]);
            if job.stage != Stage::Global {
                key.push(job.deadline.saturating_sub(self.now) as u8);
            }
            key.push(job.running.map_or(9, |(at, _)| order[at] as u8));
        }
        key.extend(self.picks.iter().map(|&(_, worker)| order[worker] as u8));
        key
    }

    /// The events worth trying in this state with two workers; left out are those that another one
    /// stands for (two queues with one head) or that change nothing in any state (a stale failure) and
    /// are left to the random walks.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut events = vec![Event::Advance(1)];
        events.extend((!self.stopped).then_some(Event::Stop));
        for (number, job) in self.jobs.iter().enumerate() {
            let Some(job) = job else {
                events.push(Event::Schedule(number));
                continue;
            };
            events.extend((job.wanted_by < 2).then_some(Event::Schedule(number)));
            events.push(Event::CancelJob(number));
            for worker in 0..2 {
                events.push(Event::Complete(
                    worker,
                    number,
                    Which::Current,
                    Kind::Committed,
                ));
            }
            if let Some((at, _)) = job.running {
                events.extend([Event::Undelivered(number), Event::Requeue(number)]);
                events.push(Event::Complete(at, number, Which::Current, Kind::Failed));
            }
        }
        for worker in 0..2 {
            events.extend(self.worker_events(worker));
        }
        events.extend((0..self.picks.len()).map(Event::CancelPick));
        events
    }

    fn worker_events(&self, worker: usize) -> Vec<Event> {
        let mut events = Vec::new();
        let heads = self.heads(worker);
        if !self.registered[worker] {
            events.extend([Event::Register(worker), Event::Pick(worker)]);
        } else {
            events.push(Event::Dead(worker));
            if heads == [None; 3] && !self.picks.iter().any(|&(_, at)| at == worker) {
                events.push(Event::Pick(worker));
            }
        }
        for (drawn, head) in heads.iter().enumerate() {
            if self.registered[worker] && head.is_some() && !heads[..drawn].contains(head) {
                events.push(Event::PickFrom(worker, drawn));
            }
        }
        // job 1's result is like job 0's, but that nothing depends on it
        for artifact in (0..ARTIFACTS).filter(|&artifact| artifact != 1) {
            let held = self.holds[artifact][worker];
            let toggle = if held { Event::Removed } else { Event::Added };
            events.push(toggle(worker, artifact));
        }
        events
    }
}

impl Kind {
    fn outcome(self, result: u32) -> Outcome<u32> {
        match self {
            Self::Committed => Outcome::Committed(result),
            Self::Answered => Outcome::Answered(result),
            Self::Failed => Outcome::Failed(result),
        }
    }
}

fn expect(due: Action<(), u32>, actions: &mut Actions) -> Checked {
    let action = actions.next();
    ensure!(action.as_ref() == Some(&due), "{action:?}, due was {due:?}");
    Ok(())
}

fn tick() -> Duration {
    Duration::from_millis(1)
}

fn name(artifact: usize) -> ArtifactId {
    let mut bytes = [0; 32];
    bytes[0] = artifact as u8;
    ArtifactId::from(bytes)
}

fn number(worker: usize) -> WorkerId {
    WorkerId(worker as u32)
}
