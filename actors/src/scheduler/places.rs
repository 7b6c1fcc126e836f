//! Who holds which artifact, and what follows from it: the two local queues of every worker.
//!
//! A worker's local queues are not stored. Stored is, for each artifact, the waiting job that would
//! make it and the waiting jobs that read it; the *head* of an artifact is the oldest of either. The
//! head of a local queue is then the least head among the artifacts that the worker holds, and that
//! is found in one of two ways:
//!
//! - an artifact with few holders is entered by its head in the ordered set `near` of each of them;
//! - an artifact with more than [`FEW_MAX`] holders is entered once, in the
//!   ordered set `crowded` that all workers share. A worker looks through it from the oldest on,
//!   until it meets an artifact that it holds; if it has met as many as it holds at all, it asks
//!   those instead.
//!
//! With A artifacts, n jobs, W workers and d dependencies a job:
//!
//! - a job that enters or leaves the queues costs O(d (log n + FEW_MAX log A)), however many jobs
//!   share its dependencies and however many workers hold them (the log n is amortised, see
//!   [`Line`], which also says when a job that enters late costs more);
//! - an artifact that arrives at a worker or leaves it costs O(log A), however many jobs read it,
//!   and O(W log A) when it becomes or ceases to be a crowd's, which is amortised O(log A);
//! - a head costs O(log A) and the look through `crowded`: as each artifact there is held by more
//!   than FEW_MAX / 2 of W workers, about 2 W / FEW_MAX steps where holding has nothing to do with
//!   age, one where everybody holds it, and never more than twice the number of the crowd's
//!   artifacts that the worker holds;
//! - the death of a worker costs O(log A) for each artifact that it held.
//!
//! The space is O(d) for each job and O(1) for each pair (artifact, holder).

use std::collections::BTreeSet;

use super::hash::{Members, Table};
use super::holders::Holders;
use super::index::Index;
use super::line::Line;
use super::pending::{ArtifactKey, JobKey, Rank, Ticket, WorkerKey};
use super::slab::Slab;
use crate::ids::{ArtifactId, WorkerId};

/// The most holders of an artifact that are entered one by one.
const FEW_MAX: usize = 32;

/// Which of a worker's two local queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    /// The first: jobs whose result it holds.
    Results,
    /// The second: jobs of which it holds a dependency.
    Deps,
}

/// The artifacts that somebody holds, makes or reads, and the registered workers.
#[derive(Debug, Clone)]
pub(super) struct Places {
    few_max: usize,
    artifacts: Slab<Artifact>,
    by_id: Index,
    workers: Slab<Worker>,
    by_worker: Table<WorkerId, WorkerKey>,
    /// The heads of the artifacts that a crowd holds, for each local queue.
    crowded: [Heads; 2],
}

type Heads = BTreeSet<(Rank, ArtifactKey)>;

/// A registered worker.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) id: WorkerId,
    /// What runs there.
    pub(super) running: BTreeSet<Ticket>,
    /// The numbers of its waiting picks.
    pub(super) picks: BTreeSet<u64>,
    held: Members<ArtifactKey>,
    /// Those of `held` that a crowd holds.
    held_in_crowd: Members<ArtifactKey>,
    /// The heads of those of `held` that few hold, for each local queue.
    near: [Heads; 2],
}

#[derive(Debug, Clone)]
struct Artifact {
    id: ArtifactId,
    /// The pending job that makes it.
    job: Option<JobKey>,
    /// That job's rank while it waits.
    waiting: Option<Rank>,
    /// How many pending jobs read it, in any stage.
    readers: u32,
    /// The readers that wait past the first stage.
    dependants: Dependants,
    holders: Holders,
}

/// An ordered set of tickets that costs no allocation up to one.
#[derive(Debug, Clone)]
enum Dependants {
    None,
    One(Ticket),
    Many(Box<Line>),
}

impl Default for Places {
    fn default() -> Self {
        Self::with_few_max(FEW_MAX)
    }
}

/// What artifacts there are.
impl Places {
    /// Nothing; and how many holders are few.
    pub(super) fn with_few_max(few_max: usize) -> Self {
        Self {
            few_max,
            artifacts: Slab::default(),
            by_id: Index::default(),
            workers: Slab::default(),
            by_worker: Table::default(),
            crowded: Default::default(),
        }
    }

    /// The record of an artifact; makes one if there is none, to be given up by [`Self::release`].
    pub(super) fn intern(&mut self, id: ArtifactId) -> ArtifactKey {
        if let Some(key) = self.find(id) {
            return key;
        }
        let key = self.artifacts.insert(Artifact {
            id,
            job: None,
            waiting: None,
            readers: 0,
            dependants: Dependants::None,
            holders: Holders::default(),
        });
        self.by_id.insert(id, key);
        key
    }

    /// The record of an artifact, if somebody holds, makes or reads it.
    pub(super) fn find(&self, id: ArtifactId) -> Option<ArtifactKey> {
        let artifacts = &self.artifacts;
        self.by_id.find(id, |key| artifacts.get(key).id == id)
    }

    /// Forgets the record if nobody holds, makes or reads the artifact.
    pub(super) fn release(&mut self, key: ArtifactKey) {
        let artifact = self.artifacts.get(key);
        if artifact.job.is_none() && artifact.readers == 0 && artifact.holders.is_empty() {
            self.by_id.remove(artifact.id, |other| other == key);
            self.artifacts.remove(key);
        }
    }

    /// The artifact's id.
    pub(super) fn id(&self, key: ArtifactKey) -> ArtifactId {
        self.artifacts.get(key).id
    }

    /// How many records there are.
    pub(super) fn artifacts(&self) -> usize {
        self.artifacts.len()
    }

    /// The pending job that makes the artifact.
    pub(super) fn job(&self, key: ArtifactKey) -> Option<JobKey> {
        self.artifacts.get(key).job
    }

    /// Says which pending job makes the artifact.
    pub(super) fn set_job(&mut self, key: ArtifactKey, job: Option<JobKey>) {
        self.artifacts.get_mut(key).job = job;
    }

    /// Counts one more pending job that reads the artifact.
    pub(super) fn add_reader(&mut self, key: ArtifactKey) {
        self.artifacts.get_mut(key).readers += 1;
    }

    /// Counts one less.
    pub(super) fn remove_reader(&mut self, key: ArtifactKey) {
        self.artifacts.get_mut(key).readers -= 1;
        self.release(key);
    }
}

/// Which jobs wait.
impl Places {
    /// The job that makes the artifact now waits with this rank, or waits no more.
    pub(super) fn set_waiting(&mut self, key: ArtifactKey, rank: Option<Rank>) {
        let artifact = self.artifacts.get_mut(key);
        let old = std::mem::replace(&mut artifact.waiting, rank);
        self.move_head(Local::Results, key, old, rank);
    }

    /// A job that reads the artifact now waits past the first stage.
    pub(super) fn add_dependant(&mut self, key: ArtifactKey, ticket: Ticket) {
        self.change_dependants(key, |dependants| dependants.insert(ticket));
    }

    /// It waits no more.
    pub(super) fn remove_dependant(&mut self, key: ArtifactKey, ticket: Ticket) {
        self.change_dependants(key, |dependants| dependants.remove(ticket));
    }

    fn change_dependants(&mut self, key: ArtifactKey, change: impl FnOnce(&mut Dependants)) {
        let dependants = &mut self.artifacts.get_mut(key).dependants;
        let old = dependants.first();
        change(dependants);
        let new = dependants.first();
        self.move_head(Local::Deps, key, old.map(|t| t.rank), new.map(|t| t.rank));
    }

    fn move_head(&mut self, queue: Local, key: ArtifactKey, old: Option<Rank>, new: Option<Rank>) {
        if old == new {
            return;
        }
        let replace = |heads: &mut Heads| {
            if let Some(rank) = old {
                heads.remove(&(rank, key));
            }
            if let Some(rank) = new {
                heads.insert((rank, key));
            }
        };
        match self.artifacts.get(key).holders.few() {
            None => replace(&mut self.crowded[queue as usize]),
            Some(few) => {
                for &worker in few {
                    replace(&mut self.workers.get_mut(worker).near[queue as usize]);
                }
            }
        }
    }
}

/// Who holds what.
impl Places {
    /// The worker now holds the artifact; false if it did.
    pub(super) fn hold(&mut self, worker: WorkerKey, key: ArtifactKey) -> bool {
        if !self.workers.get_mut(worker).held.insert(key) {
            return false;
        }
        let was_crowd = self.artifacts.get(key).holders.is_crowd();
        self.artifacts
            .get_mut(key)
            .holders
            .insert(worker, self.few_max);
        let is_crowd = self.artifacts.get(key).holders.is_crowd();
        match (was_crowd, is_crowd) {
            (false, false) => self.enter_near(worker, key),
            (false, true) => self.gather(key),
            _ => {
                self.workers.get_mut(worker).held_in_crowd.insert(key);
            }
        }
        true
    }

    /// The worker no longer holds the artifact; false if it never did.
    pub(super) fn drop_held(&mut self, worker: WorkerKey, key: ArtifactKey) -> bool {
        if !self.workers.get_mut(worker).held.remove(&key) {
            return false;
        }
        let was_crowd = self.artifacts.get(key).holders.is_crowd();
        if was_crowd {
            self.workers.get_mut(worker).held_in_crowd.remove(&key);
        } else {
            self.leave_near(worker, key);
        }
        self.artifacts
            .get_mut(key)
            .holders
            .remove(worker, self.few_max);
        if was_crowd && !self.artifacts.get(key).holders.is_crowd() {
            self.disperse(key);
        }
        self.release(key);
        true
    }

    /// Whether somebody holds the artifact.
    pub(super) fn is_held(&self, key: ArtifactKey) -> bool {
        !self.artifacts.get(key).holders.is_empty()
    }

    /// Whether this worker does.
    pub(super) fn holds(&self, worker: WorkerKey, key: ArtifactKey) -> bool {
        self.artifacts.get(key).holders.contains(worker)
    }

    /// Those who do, unless they are a crowd.
    pub(super) fn few_holders(&self, key: ArtifactKey) -> Option<&[WorkerKey]> {
        self.artifacts.get(key).holders.few()
    }

    /// One of those who do.
    pub(super) fn any_holder(&self, key: ArtifactKey) -> Option<WorkerId> {
        let worker = self.artifacts.get(key).holders.any()?;
        Some(self.workers.get(worker).id)
    }

    fn heads_of(&self, key: ArtifactKey) -> [Option<Rank>; 2] {
        let artifact = self.artifacts.get(key);
        [
            artifact.waiting,
            artifact.dependants.first().map(|t| t.rank),
        ]
    }

    fn enter_near(&mut self, worker: WorkerKey, key: ArtifactKey) {
        let heads = self.heads_of(key);
        let near = &mut self.workers.get_mut(worker).near;
        for (set, head) in near.iter_mut().zip(heads) {
            set.extend(head.map(|rank| (rank, key)));
        }
    }

    fn leave_near(&mut self, worker: WorkerKey, key: ArtifactKey) {
        let heads = self.heads_of(key);
        let near = &mut self.workers.get_mut(worker).near;
        for (set, head) in near.iter_mut().zip(heads) {
            if let Some(rank) = head {
                set.remove(&(rank, key));
            }
        }
    }

    /// The artifact's holders have become a crowd.
    fn gather(&mut self, key: ArtifactKey) {
        for worker in self.artifacts.get(key).holders.to_vec() {
            self.leave_near(worker, key);
            self.workers.get_mut(worker).held_in_crowd.insert(key);
        }
        let heads = self.heads_of(key);
        for (set, head) in self.crowded.iter_mut().zip(heads) {
            set.extend(head.map(|rank| (rank, key)));
        }
    }

    /// The artifact's holders have ceased to be a crowd.
    fn disperse(&mut self, key: ArtifactKey) {
        let heads = self.heads_of(key);
        for (set, head) in self.crowded.iter_mut().zip(heads) {
            if let Some(rank) = head {
                set.remove(&(rank, key));
            }
        }
        for worker in self.artifacts.get(key).holders.to_vec() {
            self.workers.get_mut(worker).held_in_crowd.remove(&key);
            self.enter_near(worker, key);
        }
    }
}

/// Which workers there are, and what is first in their queues.
impl Places {
    /// Adds a worker that holds nothing.
    pub(super) fn add_worker(&mut self, id: WorkerId) -> WorkerKey {
        let key = self.workers.insert(Worker {
            id,
            running: BTreeSet::new(),
            picks: BTreeSet::new(),
            held: Members::default(),
            held_in_crowd: Members::default(),
            near: Default::default(),
        });
        self.by_worker.insert(id, key);
        key
    }

    /// Forgets a worker and all that it holds.
    pub(super) fn remove_worker(&mut self, key: WorkerKey) -> Worker {
        let held: Vec<ArtifactKey> = self.workers.get(key).held.iter().copied().collect();
        for artifact in held {
            self.drop_held(key, artifact);
        }
        let worker = self.workers.remove(key);
        self.by_worker.remove(&worker.id);
        worker
    }

    /// The worker with this id, if it is registered.
    pub(super) fn find_worker(&self, id: WorkerId) -> Option<WorkerKey> {
        self.by_worker.get(&id).copied()
    }

    /// A worker's record.
    pub(super) fn worker(&self, key: WorkerKey) -> &Worker {
        self.workers.get(key)
    }

    /// A worker's record, to change.
    pub(super) fn worker_mut(&mut self, key: WorkerKey) -> &mut Worker {
        self.workers.get_mut(key)
    }

    /// The oldest job in a local queue.
    pub(super) fn first(&self, queue: Local, worker: WorkerKey) -> Option<Ticket> {
        let record = self.workers.get(worker);
        let near = record.near[queue as usize].first().copied();
        let far = self.first_in_crowd(queue, worker, near.map(|(rank, _)| rank));
        let (_, artifact) = far.or(near)?;
        self.head(queue, artifact)
    }

    /// The whole of a local queue, in order.
    pub(super) fn queue(&self, queue: Local, worker: WorkerKey) -> BTreeSet<Ticket> {
        let held = self.workers.get(worker).held.iter();
        match queue {
            Local::Results => held.filter_map(|&key| self.head(queue, key)).collect(),
            Local::Deps => held
                .flat_map(|&key| self.artifacts.get(key).dependants.iter())
                .collect(),
        }
    }

    /// The oldest head that is older than `bound`, among the artifacts of a crowd of which the
    /// worker is one.
    fn first_in_crowd(
        &self,
        queue: Local,
        worker: WorkerKey,
        bound: Option<Rank>,
    ) -> Option<(Rank, ArtifactKey)> {
        let held = &self.workers.get(worker).held_in_crowd;
        let older = |rank: Rank| bound.is_none_or(|bound| rank < bound);
        for (looked_at, &(rank, artifact)) in self.crowded[queue as usize].iter().enumerate() {
            if !older(rank) {
                return None;
            }
            if looked_at == held.len() {
                let heads = held
                    .iter()
                    .filter_map(|&key| Some((self.head(queue, key)?.rank, key)));
                return heads.min().filter(|&(rank, _)| older(rank));
            }
            if self.artifacts.get(artifact).holders.contains(worker) {
                return Some((rank, artifact));
            }
        }
        None
    }

    fn head(&self, queue: Local, key: ArtifactKey) -> Option<Ticket> {
        let artifact = self.artifacts.get(key);
        match queue {
            Local::Results => Some(Ticket {
                rank: artifact.waiting?,
                job: artifact.job.expect("a waiting job is pending"),
            }),
            Local::Deps => artifact.dependants.first(),
        }
    }
}

impl Dependants {
    fn first(&self) -> Option<Ticket> {
        match self {
            Self::None => None,
            Self::One(ticket) => Some(*ticket),
            Self::Many(line) => line.first(),
        }
    }

    fn insert(&mut self, ticket: Ticket) {
        match self {
            Self::None => *self = Self::One(ticket),
            Self::One(other) => {
                let mut line = Box::<Line>::default();
                line.insert(*other);
                line.insert(ticket);
                *self = Self::Many(line);
            }
            Self::Many(line) => line.insert(ticket),
        }
    }

    fn remove(&mut self, ticket: Ticket) {
        match self {
            Self::One(only) if *only == ticket => *self = Self::None,
            Self::Many(line) => {
                line.remove(ticket);
                if line.is_empty() {
                    *self = Self::None;
                }
            }
            Self::None | Self::One(_) => {}
        }
    }

    fn iter(&self) -> impl Iterator<Item = Ticket> {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(ticket) => (Some(*ticket), None),
            Self::Many(line) => (None, Some(line.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}
