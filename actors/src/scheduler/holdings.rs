//! What each invoker says it can take and is processing, and what follows from its silence.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use crate::ids::{Attempt, JobId, WorkerId};

/// What an invoker says with every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvokerStatus {
    /// Orders the statuses of an invoker, also over its restarts: it takes it when it makes the
    /// status, from a clock or a counter that only grows.
    pub epoch: u64,
    /// How many new jobs it can take.
    pub max_new_jobs: u32,
    /// All that it holds: waiting, running, and finished but not acknowledged.
    pub active: Vec<(JobId, Attempt)>,
}

/// How long an invoker may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The time between two statuses of an idle invoker; one that is silent for three is dead.
    pub heartbeat: Duration,
    /// A job that is absent from the statuses for so long, with no result, is lost.
    pub lost_job_timeout: Duration,
}

/// Heartbeats that an invoker may miss.
const SILENT_HEARTBEATS: u32 = 3;

/// What came of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It is the first of this invoker (or the first since its death): register it.
    First,
    /// It is newer than all before.
    Newer,
    /// It is not, and changed nothing.
    Stale,
}

/// What the caller must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The invoker is silent: declare it dead. All its jobs go back.
    Dead {
        /// The invoker.
        worker: WorkerId,
    },
    /// The invoker no longer has the job: requeue this one alone.
    Lost {
        /// The invoker.
        worker: WorkerId,
        /// The job.
        job: JobId,
        /// Its attempt.
        attempt: Attempt,
    },
}

/// The invoker's side of every job that was sent: *sending* until a status lists it, then *held*,
/// *no reply* while newer statuses do not, and gone with its result, its loss or its invoker.
///
/// Use it as the queue: [`handle_timeout`](Self::handle_timeout) first, then the input, then
/// [`poll_finding`](Self::poll_finding) until it is empty, then [`poll_timeout`](Self::poll_timeout).
#[derive(Debug, Clone)]
pub struct Holdings {
    patience: Patience,
    workers: BTreeMap<WorkerId, Invoker>,
    deadlines: BTreeSet<Deadline>,
    findings: VecDeque<Finding>,
}

/// When an invoker is dead, or one of its jobs lost.
type Deadline = (Instant, WorkerId, Option<(JobId, Attempt)>);

#[derive(Debug, Clone)]
struct Invoker {
    epoch: u64,
    max_new_jobs: u32,
    /// When it is dead.
    silent_at: Instant,
    jobs: BTreeMap<(JobId, Attempt), Seen>,
}

/// What the last status said of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The job was sent after it; it takes one of the places that the status offered.
    Sending,
    Held,
    /// The job was absent; it is lost at this time.
    NoReply(Instant),
}

impl Holdings {
    /// No invokers.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            workers: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            findings: VecDeque::new(),
        }
    }

    /// An invoker speaks. Apply a result first if the same message carries one.
    pub fn status(&mut self, worker: WorkerId, status: &InvokerStatus, now: Instant) -> Heard {
        self.handle_timeout(now);
        let silent_at = now + self.patience.heartbeat * SILENT_HEARTBEATS;
        let heard = match self.workers.get(&worker) {
            None => Heard::First,
            Some(invoker) if invoker.epoch < status.epoch => Heard::Newer,
            Some(_) => return Heard::Stale,
        };
        let invoker = self.workers.entry(worker).or_insert(Invoker {
            epoch: status.epoch,
            max_new_jobs: 0,
            silent_at,
            jobs: BTreeMap::new(),
        });
        self.deadlines.remove(&(invoker.silent_at, worker, None));
        self.deadlines.insert((silent_at, worker, None));
        invoker.silent_at = silent_at;
        invoker.epoch = status.epoch;
        invoker.max_new_jobs = status.max_new_jobs;
        let active: BTreeSet<&(JobId, Attempt)> = status.active.iter().collect();
        for (job, seen) in &mut invoker.jobs {
            match (*seen, active.contains(job)) {
                (Seen::NoReply(lost_at), true) => {
                    self.deadlines.remove(&(lost_at, worker, Some(*job)));
                    *seen = Seen::Held;
                }
                (_, true) => *seen = Seen::Held,
                (Seen::NoReply(_), false) => {}
                (Seen::Sending | Seen::Held, false) => {
                    let lost_at = now + self.patience.lost_job_timeout;
                    self.deadlines.insert((lost_at, worker, Some(*job)));
                    *seen = Seen::NoReply(lost_at);
                }
            }
        }
        heard
    }

    /// How many jobs may be sent to the invoker: what its last status offered, less what was sent
    /// and is not in that status. A job without reply counts, as it may still arrive there.
    #[must_use]
    pub fn free(&self, worker: WorkerId) -> u32 {
        self.workers.get(&worker).map_or(0, |invoker| {
            let unseen = invoker.jobs.values().filter(|&&seen| seen != Seen::Held);
            let unseen = u32::try_from(unseen.count()).unwrap_or(u32::MAX);
            invoker.max_new_jobs.saturating_sub(unseen)
        })
    }

    /// A job is sent to an invoker; false if that is not known.
    pub fn sent(&mut self, worker: WorkerId, job: JobId, attempt: Attempt) -> bool {
        let invoker = self.workers.get_mut(&worker);
        invoker.is_some_and(|invoker| {
            invoker.jobs.insert((job, attempt), Seen::Sending);
            true
        })
    }

    /// A job's result has arrived, or the job was withdrawn; false if it was not with this invoker.
    pub fn finished(&mut self, worker: WorkerId, job: JobId, attempt: Attempt) -> bool {
        let invoker = self.workers.get_mut(&worker);
        let seen = invoker.and_then(|invoker| invoker.jobs.remove(&(job, attempt)));
        if let Some(Seen::NoReply(lost_at)) = seen {
            self.deadlines
                .remove(&(lost_at, worker, Some((job, attempt))));
        }
        seen.is_some()
    }

    /// An invoker is gone, whoever found it out; false if it is not known.
    pub fn dead(&mut self, worker: WorkerId) -> bool {
        let Some(invoker) = self.workers.remove(&worker) else {
            return false;
        };
        self.deadlines.remove(&(invoker.silent_at, worker, None));
        for (job, seen) in invoker.jobs {
            if let Seen::NoReply(lost_at) = seen {
                self.deadlines.remove(&(lost_at, worker, Some(job)));
            }
        }
        true
    }

    /// Finds out who is dead and what is lost by now. Cheap if nobody and nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(deadline, worker, job)) = self.deadlines.first()
            && deadline <= now
        {
            self.deadlines.pop_first();
            match job {
                None => {
                    self.dead(worker);
                    self.findings.push_back(Finding::Dead { worker });
                }
                Some((job, attempt)) => {
                    self.finished(worker, job, attempt);
                    self.findings.push_back(Finding::Lost {
                        worker,
                        job,
                        attempt,
                    });
                }
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) will next have something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(deadline, ..)| deadline)
    }

    /// The next thing that the caller must do.
    pub fn poll_finding(&mut self) -> Option<Finding> {
        self.findings.pop_front()
    }

    /// What is with an invoker, for a status page.
    pub fn jobs(&self, worker: WorkerId) -> impl Iterator<Item = (JobId, Attempt)> {
        let invoker = self.workers.get(&worker);
        invoker
            .into_iter()
            .flat_map(|invoker| invoker.jobs.keys().copied())
    }
}
