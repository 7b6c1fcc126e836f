//! Jobs and picks meet. Between calls, whoever waits finds all three of his queues empty.

use rand::RngExt;

use super::Queue;
use crate::scheduler::exchange::{Action, Picked};
use crate::scheduler::pending::{ArtifactKey, JobKey, Stage, Ticket, WorkerKey};
use crate::scheduler::picks::Pick;
use crate::scheduler::places::Local;

impl<J: Clone, R> Queue<J, R> {
    /// The oldest jobs of the worker's three queues.
    pub(super) fn heads(&self, worker: WorkerKey) -> [Option<Ticket>; 3] {
        [
            self.places.first(Local::Results, worker),
            self.places.first(Local::Deps, worker),
            self.global.first().copied(),
        ]
    }

    /// The oldest job of one of the worker's queues, drawn uniformly from those that are not empty.
    pub(super) fn draw(&mut self, worker: WorkerKey) -> Option<JobKey> {
        let heads = self.heads(worker);
        let full = heads.iter().flatten();
        let drawn = match full.clone().count() {
            0 => return None,
            1 => 0,
            n => self.rng.random_range(0..n),
        };
        full.clone().nth(drawn).map(|ticket| ticket.job)
    }

    /// A job has come into queues: the pick that waits longest among those that read them gets it.
    pub(super) fn offer(&mut self, key: JobKey) {
        if self.picks.is_empty() {
            return;
        }
        let job = self.jobs.get(key);
        let number = if job.stage == Stage::Global {
            self.picks.first()
        } else {
            let deps: &[ArtifactKey] = if job.stage == Stage::Deps {
                &job.deps
            } else {
                &[]
            };
            let wanted = deps.iter().copied().chain([job.artifact]);
            wanted
                .filter_map(|artifact| self.longest_waiting_holder(artifact))
                .min()
        };
        if let Some(number) = number {
            let pick = self.remove_pick(number);
            self.hand_over(key, pick);
        }
    }

    /// The number of the pick that waits longest among those of the artifact's holders.
    fn longest_waiting_holder(&self, artifact: ArtifactKey) -> Option<u64> {
        match self.places.few_holders(artifact) {
            Some(few) => few
                .iter()
                .filter_map(|&worker| self.places.worker(worker).picks.first().copied())
                .min(),
            None => self
                .picks
                .iter()
                .find(|&(_, worker)| self.places.holds(worker, artifact))
                .map(|(number, _)| number),
        }
    }

    /// A worker's queues have grown: its waiting picks draw from them.
    pub(super) fn serve(&mut self, worker: WorkerKey) {
        while let Some(&number) = self.places.worker(worker).picks.first()
            && let Some(job) = self.draw(worker)
        {
            let pick = self.remove_pick(number);
            self.hand_over(job, pick);
        }
    }

    pub(super) fn answer(&mut self, number: u64, answer: Picked<J>) {
        let pick = self.remove_pick(number);
        self.actions.push_back(Action::Answer {
            pick: pick.token,
            answer,
        });
    }

    pub(super) fn remove_pick(&mut self, number: u64) -> Pick {
        let pick = self.picks.remove(number);
        self.places.worker_mut(pick.worker).picks.remove(&number);
        pick
    }
}
