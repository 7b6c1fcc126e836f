//! What the judge did in the last hour, for whoever runs it.
//!
//! A sample is taken every [`EVERY`]; counts in it only grow, so that the difference of two samples tells what happened
//! between them.

use std::collections::VecDeque;
use std::time::Duration;

use actix::prelude::*;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::clock::now_ms;
use crate::node::{Gauges, NodeStats};
use crate::registrar::Waits;

/// The time between two samples.
const EVERY: Duration = Duration::from_secs(10);
/// Samples of an hour, and the one that it begins with.
const KEPT: usize = 361;

/// Figures at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Verdicts since the start, anonymous runs included.
    pub verdicts: u64,
    /// How long stored submissions took from acceptance to the verdict, since the start.
    pub judging: Waits,
    /// Submissions that wait for their turn.
    pub submissions_waiting: usize,
    /// Jobs that wait for an invoker, an executor or a slot.
    pub jobs_waiting: usize,
    /// Slots in which something runs.
    pub slots_busy: usize,
    /// Files found in the storage caches since the start.
    pub cache_hits: u64,
    /// Files loaded into them since the start.
    pub cache_loads: u64,
}

impl Sample {
    fn of(stats: &NodeStats, at_ms: i64) -> Self {
        let (registrar, scheduler) = (&stats.registrar, &stats.scheduler);
        let executors = stats.times.iter().map(|times| times.waiting);
        let slots = stats.slots.iter().map(|slots| slots.waiting);
        Self {
            at_ms,
            verdicts: registrar.verdicts.values().sum(),
            judging: registrar.judging.all,
            submissions_waiting: registrar.waiting,
            jobs_waiting: scheduler.waiting + executors.chain(slots).sum::<usize>(),
            slots_busy: stats.slots.iter().map(|slots| slots.busy).sum(),
            cache_hits: stats.caches.iter().map(|cache| cache.hits).sum(),
            cache_loads: stats.caches.iter().map(|cache| cache.loads).sum(),
        }
    }
}

/// Asks for the samples of the last hour, the oldest first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<Sample>")]
pub struct GetFigures;

/// Takes the samples and remembers them.
pub struct Figures {
    gauges: Gauges,
    samples: VecDeque<Sample>,
    due: Instant,
    alarm: Alarm,
}

impl Figures {
    /// Takes the first sample now.
    #[must_use]
    pub(crate) fn start(gauges: Gauges) -> Addr<Self> {
        Actor::start(Self {
            gauges,
            samples: VecDeque::new(),
            due: Instant::now(),
            alarm: Alarm::default(),
        })
    }

    fn step(&mut self, ctx: &mut Context<Self>) {
        // Who takes samples for nobody would keep the whole judge in memory.
        if !ctx.connected() {
            ctx.stop();
            return;
        }
        if Instant::now() >= self.due {
            self.due = Instant::now() + EVERY;
            let gauges = self.gauges.clone();
            let read = async move { gauges.read().await };
            ctx.spawn(read.into_actor(self).map(|stats, act, _| {
                keep(&mut act.samples, Sample::of(&stats, now_ms()));
            }));
        }
        self.alarm.set(ctx, Some(self.due), Self::step);
    }
}

fn keep(samples: &mut VecDeque<Sample>, sample: Sample) {
    if samples.len() == KEPT {
        samples.pop_front();
    }
    samples.push_back(sample);
}

impl Actor for Figures {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.step(ctx);
    }
}

impl Handler<GetFigures> for Figures {
    type Result = Vec<Sample>;

    fn handle(&mut self, _: GetFigures, _: &mut Context<Self>) -> Vec<Sample> {
        self.samples.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let mut samples = VecDeque::new();
        for at_ms in 0..1_000 {
            let sample = Sample {
                at_ms,
                ..Sample::default()
            };
            keep(&mut samples, sample);
        }
        let kept: Vec<i64> = samples.iter().map(|sample| sample.at_ms).collect();
        assert_eq!(kept, (639..1_000).collect::<Vec<_>>());
        let hour = EVERY * u32::try_from(KEPT - 1).unwrap();
        assert_eq!(hour, Duration::from_secs(3_600));
    }
}
