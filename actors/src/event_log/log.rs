//! The log itself: the last events, and the channels of those who watch. Nothing here waits.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Event, EventKind, Topic, Update};
use crate::ids::{BuildId, SubmissionId};

/// How much the log remembers, and for how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events remembered for those who come back.
    pub events_max: usize,
    /// Subscribers at one time.
    pub subscribers_max: usize,
    /// Events that a subscriber may be behind.
    pub lag_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events_max: 65_536,
            subscribers_max: 10_000,
            lag_max: 256,
        }
    }
}

const SWEEP_MIN: usize = 64;

/// Numbered events and their subscribers.
#[derive(Debug)]
pub(super) struct Log {
    events: VecDeque<Arc<Event>>,
    next: u64,
    subscribers: Vec<Subscriber>,
    /// As soon as there are so many, those who have gone away are looked for.
    sweep_at: usize,
    limits: Limits,
}

#[derive(Debug)]
struct Subscriber {
    topic: Topic,
    updates: mpsc::Sender<Update>,
}

/// More may not watch at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{max} others are watching already")]
pub struct TooManySubscribers {
    /// How many may.
    pub max: usize,
}

impl Log {
    /// An empty log whose first event will be number `first`.
    #[must_use]
    pub(super) fn new(first: u64, limits: Limits) -> Self {
        Self {
            events: VecDeque::new(),
            next: first,
            subscribers: Vec::new(),
            sweep_at: SWEEP_MIN,
            limits,
        }
    }

    /// Numbers an event and gives it to all whom it concerns.
    pub(super) fn append(
        &mut self,
        build: Option<BuildId>,
        submission: Option<SubmissionId>,
        kind: EventKind,
    ) {
        let event = Arc::new(Event {
            number: self.next,
            build,
            submission,
            kind,
        });
        self.next += 1;
        self.subscribers
            .retain(|subscriber| !subscriber.wants(&event) || subscriber.give(&event));
        if self.events.len() == self.limits.events_max {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Begins to watch: first what came after the event `after`, then what comes.
    ///
    /// # Errors
    /// Too many are watching.
    pub(super) fn subscribe(
        &mut self,
        after: Option<u64>,
        topic: Topic,
    ) -> Result<mpsc::Receiver<Update>, TooManySubscribers> {
        self.make_room()?;
        let from = after.map_or(self.next, |after| after.saturating_add(1));
        let oldest = self.events.front().map_or(self.next, |event| event.number);
        if from < oldest || from > self.next {
            return Ok(lagged(oldest));
        }
        let skip = usize::try_from(from - oldest).expect("the log is in memory");
        let missed: Vec<_> = self
            .events
            .iter()
            .skip(skip)
            .filter(|event| concerns(topic, event))
            .collect();
        // One more than may wait: room to say that too much waits.
        let (updates, receiver) = mpsc::channel(missed.len() + self.limits.lag_max + 1);
        for event in missed {
            let sent = updates.try_send(Update::Event(Arc::clone(event)));
            sent.expect("the channel has room for what was missed");
        }
        self.subscribers.push(Subscriber { topic, updates });
        Ok(receiver)
    }

    fn make_room(&mut self) -> Result<(), TooManySubscribers> {
        let max = self.limits.subscribers_max;
        if self.subscribers.len() >= self.sweep_at.min(max) {
            self.subscribers
                .retain(|subscriber| !subscriber.updates.is_closed());
            self.sweep_at = SWEEP_MIN.max(self.subscribers.len() * 2);
        }
        if self.subscribers.len() >= max {
            return Err(TooManySubscribers { max });
        }
        Ok(())
    }
}

impl Subscriber {
    fn wants(&self, event: &Event) -> bool {
        concerns(self.topic, event)
    }

    /// Gives it the event, and answers whether it goes on watching.
    fn give(&self, event: &Arc<Event>) -> bool {
        if self.updates.capacity() > 1 {
            return self
                .updates
                .try_send(Update::Event(Arc::clone(event)))
                .is_ok();
        }
        let next = event.number;
        // One who has gone away does not care.
        let _gone = self.updates.try_send(Update::Lagged { next });
        false
    }
}

fn concerns(topic: Topic, event: &Event) -> bool {
    match (topic, &event.kind) {
        (Topic::Everything, _) => true,
        (Topic::Submission(submission), _) => event.submission == Some(submission),
        (Topic::Contest(viewer), EventKind::Contest { audience, .. }) => audience.includes(viewer),
        (Topic::Contest(_), _) => false,
    }
}

/// Nothing but the news that it has to read the state afresh.
fn lagged(next: u64) -> mpsc::Receiver<Update> {
    let (updates, receiver) = mpsc::channel(1);
    let sent = updates.try_send(Update::Lagged { next });
    sent.expect("a new channel has room");
    receiver
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
