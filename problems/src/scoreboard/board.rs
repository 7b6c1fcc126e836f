//! One board: its cells, the order of its rows, and who solved what first. A changed cell costs a step in a few trees.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::contest::ContestKind;
use crate::points::Points;

use super::TeamId;
use super::cell::{Cell, Score};

/// A row as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// From 1; teams that are equal have the same.
    pub rank: usize,
    /// Whose it is.
    pub team: TeamId,
    /// What its cells come to.
    pub score: Score,
    /// One for each problem.
    pub cells: Vec<Cell>,
}

/// What decides the order of two rows, the better one less.
type Standing = (Reverse<Points>, Reverse<u32>, u64, u64);

#[derive(Debug, Clone)]
pub(super) struct Board {
    kind: ContestKind,
    teams: BTreeMap<TeamId, (Score, Vec<Cell>)>,
    order: BTreeSet<(Standing, TeamId)>,
    /// Who solved each problem, by time and submission.
    solvers: Vec<BTreeSet<(u64, i64, TeamId)>>,
}

impl Board {
    pub(super) fn new(
        kind: ContestKind,
        problems: usize,
        teams: impl IntoIterator<Item = TeamId>,
    ) -> Self {
        let mut board = Self {
            kind,
            teams: BTreeMap::new(),
            order: BTreeSet::new(),
            solvers: vec![BTreeSet::new(); problems],
        };
        for team in teams {
            let nothing = (Score::default(), vec![Cell::default(); problems]);
            board.order.insert((board.standing(&nothing.0), team));
            board.teams.insert(team, nothing);
        }
        board
    }

    pub(super) fn has(&self, team: TeamId) -> bool {
        self.teams.contains_key(&team)
    }

    /// Changes one cell of a team on the board, and answers whether it is another one now.
    pub(super) fn put(&mut self, team: TeamId, problem: usize, cell: Cell) -> bool {
        let Some((score, cells)) = self.teams.get_mut(&team) else {
            return false;
        };
        if cells[problem] == cell {
            return false;
        }
        let solver = |cell: &Cell| Some((cell.solved_at_ms?, cell.solved_by?, team));
        let before = std::mem::replace(&mut cells[problem], cell);
        if let Some(solver) = solver(&before) {
            self.solvers[problem].remove(&solver);
        }
        self.solvers[problem].extend(solver(&cells[problem]));
        let (old, new) = (*score, total(cells));
        *score = new;
        if old != new {
            self.order.remove(&(self.standing(&old), team));
            self.order.insert((self.standing(&new), team));
        }
        true
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::with_capacity(self.order.len());
        let mut ahead: Option<(&Standing, usize)> = None;
        for (place, (standing, team)) in (1..).zip(&self.order) {
            let rank = match ahead {
                Some((equal, rank)) if equal == standing => rank,
                _ => place,
            };
            ahead = Some((standing, rank));
            let mut row = Row {
                rank,
                team: *team,
                score: Score::default(),
                cells: Vec::new(),
            };
            self.fill(&mut row);
            rows.push(row);
        }
        rows
    }

    /// Gives a row what this board has of its team.
    pub(super) fn fill(&self, row: &mut Row) {
        let Some((score, cells)) = self.teams.get(&row.team) else {
            return;
        };
        row.score = *score;
        row.cells = cells.clone();
        for (cell, solvers) in row.cells.iter_mut().zip(&self.solvers) {
            cell.first = solvers.first().is_some_and(|(.., team)| *team == row.team);
        }
    }

    fn standing(&self, score: &Score) -> Standing {
        match self.kind {
            ContestKind::Icpc { .. } => (
                Reverse(Points::ZERO),
                Reverse(score.solved),
                score.penalty_minutes,
                score.last_solved_ms,
            ),
            ContestKind::Ioi { .. } => (Reverse(score.points), Reverse(0), 0, 0),
        }
    }
}

fn total(cells: &[Cell]) -> Score {
    let solved = || cells.iter().filter_map(|cell| cell.solved_at_ms);
    Score {
        solved: u32::try_from(solved().count()).unwrap_or(u32::MAX),
        penalty_minutes: cells.iter().map(|cell| cell.penalty_minutes).sum(),
        last_solved_ms: solved().max().unwrap_or(0),
        points: cells.iter().map(|cell| cell.points).sum(),
    }
}
