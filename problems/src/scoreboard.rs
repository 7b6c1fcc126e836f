//! Who is ahead: a scoreboard that every judged submission changes a little, and that never has to be made anew.
//!
//! There are two boards over the same entries. The jury's has every verdict. The public one knows of a submission made
//! in the freeze only that it is there, until the board is thawed; so nothing that is read from it can depend on such a
//! verdict. A team is shown the public board with its own row from the jury's, since its own verdicts are told to it
//! anyway.
//!
//! An entry is named by its submission and may come any number of times, in any order: judged, judged again, not judged
//! at all. What counts is the last that was said of each. Nothing here reads a clock.

mod board;
mod cell;

use std::collections::{BTreeMap, HashMap};

use crate::contest::ContestKind;
use crate::points::Points;
use crate::verdict::Verdict;

use board::Board;
pub use board::Row;
pub use cell::{Cell, Score};

/// A team, by the number of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TeamId(pub i64);

/// What a scoreboard goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreboardRules {
    /// What counts.
    pub kind: ContestKind,
    /// How many columns there are.
    pub problems: usize,
    /// When the public board stops, in milliseconds of contest time; `None`: never.
    pub freeze_at_ms: Option<u64>,
}

/// A submission that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub submission: i64,
    /// Whose it is.
    pub team: TeamId,
    /// The problem's column.
    pub problem: usize,
    /// When it was made, in milliseconds of contest time.
    pub at_ms: u64,
    /// What it was judged; `None`: not yet.
    pub result: Option<EntryResult>,
}

/// What a submission was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryResult {
    /// The verdict.
    pub verdict: Verdict,
    /// The points, where the problem gives any.
    pub score: Option<Points>,
    /// The points of each subtask, where it has any.
    pub subtasks: Vec<Points>,
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody.
    Public,
    /// A team, which knows its own verdicts.
    Team(TeamId),
    /// Those who know everything.
    Jury,
}

/// Which boards look different now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changed {
    /// The jury's.
    pub jury: bool,
    /// The public one.
    pub public: bool,
}

/// The two boards and what they are made of.
#[derive(Debug, Clone)]
pub struct Scoreboard {
    rules: ScoreboardRules,
    /// The submissions of each cell, by time and number.
    cells: BTreeMap<(TeamId, usize), BTreeMap<(u64, i64), Entry>>,
    /// Where each submission is.
    places: HashMap<i64, (TeamId, usize, u64)>,
    jury: Board,
    public: Board,
    thawed: bool,
}

impl Scoreboard {
    /// A board of these teams, none of which has done anything.
    #[must_use]
    pub fn new(rules: ScoreboardRules, teams: impl IntoIterator<Item = TeamId>) -> Self {
        let board = Board::new(rules.kind, rules.problems, teams);
        Self {
            rules,
            cells: BTreeMap::new(),
            places: HashMap::new(),
            jury: board.clone(),
            public: board,
            thawed: false,
        }
    }

    /// Takes what is now known of a submission. One of nobody on the board, or for no column of it, changes nothing.
    pub fn record(&mut self, entry: Entry) -> Changed {
        if !self.jury.has(entry.team) || entry.problem >= self.rules.problems {
            return Changed::default();
        }
        let place = (entry.team, entry.problem, entry.at_ms);
        let before = self.places.insert(entry.submission, place);
        let mut changed = Changed::default();
        if let Some((team, problem, at_ms)) = before.filter(|before| *before != place) {
            let cell = self.cells.entry((team, problem)).or_default();
            cell.remove(&(at_ms, entry.submission));
            changed = self.refresh(team, problem);
        }
        let key = (entry.at_ms, entry.submission);
        let (team, problem) = (entry.team, entry.problem);
        let cell = self.cells.entry((team, problem)).or_default();
        cell.insert(key, entry);
        let now = self.refresh(team, problem);
        Changed {
            jury: changed.jury || now.jury,
            public: changed.public || now.public,
        }
    }

    /// Moves the freeze, as when the contest is extended.
    pub fn freeze_at(&mut self, freeze_at_ms: Option<u64>) {
        if self.rules.freeze_at_ms != freeze_at_ms {
            self.rules.freeze_at_ms = freeze_at_ms;
            self.refresh_all();
        }
    }

    /// Shows everybody everything.
    pub fn thaw(&mut self) {
        self.thawed = true;
        self.refresh_all();
    }

    /// The rows as this viewer sees them, the first first. Teams that are equal have the same rank.
    #[must_use]
    pub fn rows(&self, viewer: Viewer) -> Vec<Row> {
        match viewer {
            Viewer::Jury => self.jury.rows(),
            Viewer::Public => self.public.rows(),
            Viewer::Team(own) => {
                let mut rows = self.public.rows();
                if let Some(row) = rows.iter_mut().find(|row| row.team == own) {
                    // That it was first would tell of the others.
                    let firsts: Vec<bool> = row.cells.iter().map(|cell| cell.first).collect();
                    self.jury.fill(row);
                    for (cell, first) in row.cells.iter_mut().zip(firsts) {
                        cell.first = first;
                    }
                }
                rows
            }
        }
    }

    /// Counts one cell again, on both boards.
    fn refresh(&mut self, team: TeamId, problem: usize) -> Changed {
        let entries = self.cells.get(&(team, problem));
        let entries = || entries.into_iter().flat_map(BTreeMap::values);
        let freeze_at_ms = self.rules.freeze_at_ms.filter(|_| !self.thawed);
        let is_hidden = |entry: &Entry| freeze_at_ms.is_some_and(|at| entry.at_ms >= at);
        let kind = self.rules.kind;
        let known = cell::count(kind, entries().map(|entry| (entry, entry.result.as_ref())));
        let shown = cell::count(
            kind,
            entries().map(|entry| {
                let result = entry.result.as_ref().filter(|_| !is_hidden(entry));
                (entry, result)
            }),
        );
        Changed {
            jury: self.jury.put(team, problem, known),
            public: self.public.put(team, problem, shown),
        }
    }

    fn refresh_all(&mut self) {
        let all: Vec<_> = self.cells.keys().copied().collect();
        for (team, problem) in all {
            self.refresh(team, problem);
        }
    }
}

#[cfg(test)]
mod tests;
