//! Where the time of jobs goes: the figures behind the metrics.

use std::time::Duration;

/// What one job took, phase by phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobTimes {
    /// Until box and files were ready.
    pub prepare: Duration,
    /// In the queue before the runners.
    pub wait_for_slot: Duration,
    /// In a slot: the program's run and the checker's.
    pub run: Duration,
    /// Checking natively, storing outputs, resetting the box.
    pub finish: Duration,
}

/// The same, summed over an invoker's jobs since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeSums {
    /// Jobs finished.
    pub jobs: u64,
    /// Jobs that wait for an executor now.
    pub waiting: usize,
    /// From acceptance until an executor was free.
    pub wait_for_executor: Duration,
    /// Sums of the jobs' own times.
    pub phases: JobTimes,
}

impl TimeSums {
    /// Adds one job.
    pub(crate) fn add(&mut self, waited: Duration, times: JobTimes) {
        self.jobs += 1;
        self.wait_for_executor += waited;
        self.phases.prepare += times.prepare;
        self.phases.wait_for_slot += times.wait_for_slot;
        self.phases.run += times.run;
        self.phases.finish += times.finish;
    }

    /// How long executors were occupied in all.
    #[must_use]
    pub fn occupation(&self) -> Duration {
        let phases = &self.phases;
        phases.prepare + phases.wait_for_slot + phases.run + phases.finish
    }
}
