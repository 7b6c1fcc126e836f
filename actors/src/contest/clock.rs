//! How far the contest is: when it began, how long it has been stopped, when it is over. Every time is an argument; nothing
//! here reads a clock.
//!
//! *Contest time* is what has passed since the start without the pauses. All that counts goes by it: a pause costs nobody
//! a minute.

use serde::{Deserialize, Serialize};
use tribunal_problems::{Contest, ContestStart};

/// How far the contest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContestState {
    /// Its problems are still secret.
    NotStarted,
    /// The clock runs, and everybody sees the scoreboard as it is.
    Running,
    /// The clock runs, and the public scoreboard has stopped.
    Frozen,
    /// The clock stands still, and nothing is taken.
    Paused,
    /// The time is over; the public scoreboard is as it was when it stopped.
    Ended,
    /// The time is over, and everybody sees everything.
    Thawed,
}

/// What the jury orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockOrder {
    /// Begin now.
    Start,
    /// Stop the clock.
    Pause,
    /// Let it run again.
    Resume,
    /// End so many milliseconds later.
    Extend(u64),
    /// Show everybody everything.
    Thaw,
}

/// Why an order cannot be obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockRefusal {
    /// It has no sense now.
    #[error("the contest {}", said(.0))]
    NotNow(ContestState),
    /// Nothing is hidden.
    #[error("the contest has no freeze: everybody sees everything")]
    NothingFrozen,
    /// An extension of nothing, or of more than a day.
    #[error("a contest is extended by up to a day")]
    Extension,
}

fn said(state: &ContestState) -> &'static str {
    match state {
        ContestState::NotStarted => "has not begun",
        ContestState::Running | ContestState::Frozen => "is running",
        ContestState::Paused => "is paused",
        ContestState::Ended => "is over",
        ContestState::Thawed => "is over, and its scoreboard is thawed",
    }
}

const EXTENSION_MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// What has been ordered and what has come to pass: all that a restart has to know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct ClockRecord {
    /// Counts the changes, so that an older record never takes the place of a newer one.
    pub(super) revision: u64,
    started_at_ms: Option<i64>,
    paused_at_ms: Option<i64>,
    paused_ms: u64,
    extended_ms: u64,
    /// When the freeze began, in contest time, once it can no longer be moved.
    frozen_at_ms: Option<u64>,
    thawed: bool,
}

/// The clock of a contest. Wall times are in milliseconds since 1970, contest times in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    scheduled_ms: Option<i64>,
    duration_ms: u64,
    freeze_ms: Option<u64>,
    record: ClockRecord,
}

impl Clock {
    /// `now_ms` is when the contest is served; it counts only for one that begins at once.
    pub(super) fn new(contest: &Contest, record: ClockRecord, now_ms: i64) -> Self {
        let whole = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            scheduled_ms: match contest.start {
                ContestStart::ByJury => None,
                ContestStart::At(ms) => Some(ms),
                ContestStart::AtOnce => Some(now_ms),
            },
            duration_ms: whole(contest.duration),
            freeze_ms: contest.freeze.map(whole),
            record,
        }
    }

    pub(super) fn record(&self) -> &ClockRecord {
        &self.record
    }

    /// When the contest begins or began; `None`: nobody knows yet.
    pub(super) fn start_ms(&self) -> Option<i64> {
        self.record.started_at_ms.or(self.scheduled_ms)
    }

    pub(super) fn duration_ms(&self) -> u64 {
        self.duration_ms.saturating_add(self.record.extended_ms)
    }

    /// The contest time at which the public scoreboard stops.
    pub(super) fn freeze_at_ms(&self) -> Option<u64> {
        let freeze_ms = self.freeze_ms?;
        let planned = self.duration_ms().saturating_sub(freeze_ms);
        Some(self.record.frozen_at_ms.unwrap_or(planned))
    }

    pub(super) fn is_thawed(&self) -> bool {
        self.record.thawed
    }

    /// The contest time; `None`: it has not begun.
    pub(super) fn time_ms(&self, now_ms: i64) -> Option<u64> {
        let started = self.record.started_at_ms?;
        let until = self.record.paused_at_ms.unwrap_or(now_ms);
        let passed = u64::try_from(until.saturating_sub(started)).unwrap_or(0);
        Some(passed.saturating_sub(self.record.paused_ms))
    }

    pub(super) fn state(&self, now_ms: i64) -> ContestState {
        let Some(time) = self.time_ms(now_ms) else {
            return ContestState::NotStarted;
        };
        if time >= self.duration_ms() {
            if self.record.thawed {
                ContestState::Thawed
            } else {
                ContestState::Ended
            }
        } else if self.record.paused_at_ms.is_some() {
            ContestState::Paused
        } else if self.freeze_at_ms().is_some_and(|at| time >= at) {
            ContestState::Frozen
        } else {
            ContestState::Running
        }
    }

    /// Begins when it is time to; answers whether that changed the record.
    pub(super) fn handle_timeout(&mut self, now_ms: i64) -> bool {
        let due = self.scheduled_ms.filter(|due| *due <= now_ms);
        if self.record.started_at_ms.is_some() || due.is_none() {
            return false;
        }
        self.record.started_at_ms = due;
        self.record.revision += 1;
        true
    }

    /// The next wall time at which something happens by itself.
    pub(super) fn next_ms(&self, now_ms: i64) -> Option<i64> {
        let Some(time) = self.time_ms(now_ms) else {
            return self.scheduled_ms;
        };
        if self.record.paused_at_ms.is_some() {
            return None;
        }
        let ahead = [self.freeze_at_ms(), Some(self.duration_ms())];
        let next = ahead.into_iter().flatten().filter(|at| *at > time).min()?;
        now_ms.checked_add(i64::try_from(next - time).ok()?)
    }

    /// Obeys, or says why not.
    pub(super) fn order(&mut self, order: ClockOrder, now_ms: i64) -> Result<(), ClockRefusal> {
        let state = self.state(now_ms);
        let runs = matches!(state, ContestState::Running | ContestState::Frozen);
        let not_now = Err(ClockRefusal::NotNow(state));
        match order {
            ClockOrder::Start if state == ContestState::NotStarted => {
                self.record.started_at_ms = Some(now_ms);
            }
            ClockOrder::Pause if runs => self.record.paused_at_ms = Some(now_ms),
            ClockOrder::Resume if state == ContestState::Paused => {
                let since = self.record.paused_at_ms.take().unwrap_or(now_ms);
                let stood = u64::try_from(now_ms.saturating_sub(since)).unwrap_or(0);
                self.record.paused_ms += stood;
            }
            ClockOrder::Extend(by) if runs || state == ContestState::Paused => {
                if !(1..=EXTENSION_MAX_MS).contains(&by) {
                    return Err(ClockRefusal::Extension);
                }
                // What is hidden stays hidden.
                let freeze_at = self.freeze_at_ms();
                let time = self.time_ms(now_ms).unwrap_or(0);
                self.record.frozen_at_ms = freeze_at.filter(|at| time >= *at);
                self.record.extended_ms += by;
            }
            ClockOrder::Thaw if state == ContestState::Ended => {
                if self.freeze_ms.is_none() {
                    return Err(ClockRefusal::NothingFrozen);
                }
                self.record.thawed = true;
            }
            ClockOrder::Start
            | ClockOrder::Pause
            | ClockOrder::Resume
            | ClockOrder::Extend(_)
            | ClockOrder::Thaw => return not_now,
        }
        self.record.revision += 1;
        Ok(())
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
