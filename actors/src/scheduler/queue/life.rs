//! A job's life: admitted, moved on from stage to stage, handed over, taken back, finished.

use std::time::Instant;

use super::Queue;
use crate::ids::{ArtifactId, Attempt, JobId};
use crate::scheduler::exchange::{Action, Assignment, Handle, Picked, Resolution, Scheduled};
use crate::scheduler::pending::{ArtifactKey, Job, JobKey, Rank, Stage, State, Ticket, WorkerKey};
use crate::scheduler::picks::Pick;

impl<J: Clone, R> Queue<J, R> {
    /// Counts one more who wants the job, if it is pending.
    pub(super) fn join(&mut self, id: JobId) -> Option<Scheduled> {
        let key = self.places.job(self.places.find(id)?)?;
        let job = self.jobs.get_mut(key);
        job.wanted_by += 1;
        Some(Scheduled {
            handle: job.handle,
            joined: true,
        })
    }

    /// Makes the job pending and puts it into the queues of its first stage.
    pub(super) fn admit(
        &mut self,
        id: JobId,
        deps: &[ArtifactId],
        payload: J,
        now: Instant,
    ) -> Handle {
        let artifact = self.places.intern(id);
        let mut dep_keys: Vec<ArtifactKey> = deps.iter().map(|&d| self.places.intern(d)).collect();
        dep_keys.sort_unstable();
        dep_keys.dedup();
        for &dep in &dep_keys {
            self.places.add_reader(dep);
        }
        let (stage, lasts) = if self.places.is_held(artifact) {
            (Stage::Cache, self.limits.cache_timeout)
        } else {
            (Stage::Deps, self.limits.deps_timeout)
        };
        self.arrivals += 1;
        let handle = Handle {
            number: self.arrivals,
            job: self.jobs.next_key(),
        };
        let key = self.jobs.insert(Job {
            artifact,
            deps: dep_keys.into(),
            handle,
            wanted_by: 1,
            tries: 0,
            rank: Rank::fresh(self.arrivals),
            stage,
            deadline: now + lasts,
            state: State::Waiting,
            payload,
        });
        self.places.set_job(artifact, Some(key));
        self.enqueue(key);
        handle
    }

    /// Puts a waiting job into the queues of its stage.
    pub(super) fn enqueue(&mut self, key: JobKey) {
        let job = self.jobs.get(key);
        let ticket = Ticket {
            rank: job.rank,
            job: key,
        };
        self.waiting += 1;
        self.places.set_waiting(job.artifact, Some(job.rank));
        if job.stage != Stage::Cache {
            for &dep in &job.deps {
                self.places.add_dependant(dep, ticket);
            }
        }
        if job.stage == Stage::Global {
            self.global.insert(ticket);
        } else {
            self.timers.insert((job.deadline, ticket));
        }
    }

    /// Takes a waiting job out of every queue.
    pub(super) fn dequeue(&mut self, key: JobKey) {
        let job = self.jobs.get(key);
        let ticket = Ticket {
            rank: job.rank,
            job: key,
        };
        self.waiting -= 1;
        self.places.set_waiting(job.artifact, None);
        if job.stage != Stage::Cache {
            for &dep in &job.deps {
                self.places.remove_dependant(dep, ticket);
            }
        }
        if job.stage == Stage::Global {
            self.global.remove(&ticket);
        } else {
            self.timers.remove(&(job.deadline, ticket));
        }
    }

    /// The job's deadline has come: the next stage begins at it, however late the call is.
    pub(super) fn move_on(&mut self, ticket: Ticket) {
        let job = self.jobs.get_mut(ticket.job);
        match job.stage {
            Stage::Cache => {
                job.stage = Stage::Deps;
                job.deadline += self.limits.deps_timeout;
                self.timers.insert((job.deadline, ticket));
                for &dep in &job.deps {
                    self.places.add_dependant(dep, ticket);
                }
            }
            Stage::Deps => {
                job.stage = Stage::Global;
                self.global.insert(ticket);
            }
            Stage::Global => unreachable!("a global job has no deadline"),
        }
        self.offer(ticket.job);
    }

    /// Takes a waiting job out of the queues and gives it to a pick.
    pub(super) fn hand_over(&mut self, key: JobKey, pick: Pick) {
        self.dequeue(key);
        self.attempts = self.attempts.wrapping_add(1);
        let attempt = Attempt(self.attempts);
        let job = self.jobs.get_mut(key);
        job.tries += 1;
        job.state = State::Running {
            worker: pick.worker,
            attempt,
        };
        let ticket = Ticket {
            rank: job.rank,
            job: key,
        };
        self.places.worker_mut(pick.worker).running.insert(ticket);
        let assignment = Assignment {
            job: self.places.id(job.artifact),
            attempt,
            tries: job.tries,
            payload: job.payload.clone(),
        };
        self.actions.push_back(Action::Answer {
            pick: pick.token,
            answer: Picked::Job(assignment),
        });
    }

    /// A job whose attempt is lost waits again, before all that never came back.
    pub(super) fn take_back(&mut self, key: JobKey) {
        let job = self.jobs.get_mut(key);
        job.stage = Stage::Global;
        job.rank = job.rank.returned();
        self.wait_again(key);
    }

    pub(super) fn wait_again(&mut self, key: JobKey) {
        self.jobs.get_mut(key).state = State::Waiting;
        self.enqueue(key);
        if self.stopped {
            self.finish(key, Resolution::Stopped);
        } else {
            self.offer(key);
        }
    }

    /// Ends a pending job and resolves its handle.
    pub(super) fn finish(&mut self, key: JobKey, resolution: Resolution<R>) {
        match self.running(key) {
            None => self.dequeue(key),
            Some((worker, _)) => {
                let ticket = self.ticket(key);
                self.places.worker_mut(worker).running.remove(&ticket);
            }
        }
        let job = self.jobs.remove(key);
        let id = self.places.id(job.artifact);
        for &dep in &job.deps {
            self.places.remove_reader(dep);
        }
        self.places.set_job(job.artifact, None);
        self.places.release(job.artifact);
        self.actions.push_back(Action::Resolve {
            handle: job.handle,
            job: id,
            resolution,
        });
    }

    /// Asks the worker on which the job runs to end it.
    pub(super) fn stop_running(&mut self, key: JobKey) {
        if let Some((worker, attempt)) = self.running(key) {
            self.actions.push_back(Action::StopJob {
                worker: self.places.worker(worker).id,
                job: self.places.id(self.jobs.get(key).artifact),
                attempt,
            });
        }
    }

    pub(super) fn running(&self, key: JobKey) -> Option<(WorkerKey, Attempt)> {
        match self.jobs.get(key).state {
            State::Waiting => None,
            State::Running { worker, attempt } => Some((worker, attempt)),
        }
    }

    pub(super) fn find_attempt(&self, id: JobId, attempt: Attempt) -> Option<(JobKey, WorkerKey)> {
        let key = self.places.job(self.places.find(id)?)?;
        let (worker, current) = self.running(key)?;
        (current == attempt).then_some((key, worker))
    }

    pub(super) fn ticket(&self, key: JobKey) -> Ticket {
        Ticket {
            rank: self.jobs.get(key).rank,
            job: key,
        }
    }
}
