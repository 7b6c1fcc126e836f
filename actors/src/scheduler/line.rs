//! Jobs in order of rank, quick at both ends.

use std::collections::VecDeque;

use super::pending::{JobKey, Rank, Ticket};

/// An ordered set of tickets in one block of memory.
///
/// Jobs come mostly at the end and go mostly at the front, which costs O(1). One that goes from
/// within leaves a gap: O(log k) at distance k from the front. Gaps are closed when they are more
/// than half, so that they cost O(1) a removal. One that comes within moves those between it and the
/// nearer end; that is a job whose first stage ended (few have come since it was scheduled) or one
/// that returns (it goes to the front).
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    /// In order of rank; the first and the last are no gaps.
    tickets: VecDeque<Ticket>,
    gaps: usize,
}

/// Instead of a job's key.
const GAP: JobKey = JobKey::MAX;

impl Line {
    /// The oldest.
    pub(super) fn first(&self) -> Option<Ticket> {
        self.tickets.front().copied()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }

    /// All, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Ticket> {
        let tickets = self.tickets.iter().copied();
        tickets.filter(|ticket| ticket.job != GAP)
    }

    /// Adds a ticket that is not there.
    pub(super) fn insert(&mut self, ticket: Ticket) {
        let at = match self.tickets.back() {
            Some(last) if last.rank > ticket.rank => self.position(ticket.rank),
            _ => self.tickets.len(),
        };
        match self.tickets.get_mut(at) {
            Some(gap) if gap.job == GAP => {
                *gap = ticket;
                self.gaps -= 1;
            }
            _ => self.tickets.insert(at, ticket),
        }
    }

    /// Takes a ticket out, if it is there.
    pub(super) fn remove(&mut self, ticket: Ticket) {
        let at = self.position(ticket.rank);
        match self.tickets.get_mut(at) {
            Some(found) if *found == ticket => found.job = GAP,
            _ => return,
        }
        self.gaps += 1;
        while self.tickets.front().is_some_and(|first| first.job == GAP) {
            self.tickets.pop_front();
            self.gaps -= 1;
        }
        while self.tickets.back().is_some_and(|last| last.job == GAP) {
            self.tickets.pop_back();
            self.gaps -= 1;
        }
        if 2 * self.gaps > self.tickets.len() {
            self.tickets.retain(|ticket| ticket.job != GAP);
            self.gaps = 0;
        }
    }

    /// Where the first ticket is whose rank is not below this one; looks in steps that double from
    /// the front, then halves the last step.
    fn position(&self, rank: Rank) -> usize {
        let below = |at: usize| self.tickets.get(at).is_some_and(|found| found.rank < rank);
        let (mut from, mut step) = (0, 1);
        while below(from + step - 1) {
            from += step;
            step *= 2;
        }
        let mut to = (from + step - 1).min(self.tickets.len());
        while from < to {
            let middle = from.midpoint(to);
            if below(middle) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }
}
