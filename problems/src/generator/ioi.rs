//! IOI: groups of tests with points, some of which require that others passed.

use super::groups::{GroupScoring, Groups};
use super::{Course, Final, Group, GroupResult, TestResult};
use crate::points::Points;
use crate::verdict::Verdict;

impl Groups {
    /// A test matters as long as no group that it requires has failed, and, where one failure decides its own group,
    /// as long as no earlier test of it failed.
    pub(super) fn matters(&self, course: &Course, at: usize) -> bool {
        let number = self.group_of(at);
        let failed = |tests: std::ops::Range<usize>, scoring: &GroupScoring| {
            tests
                .filter_map(|test| course.done(test))
                .any(|result| scoring.is_decided_by(result))
        };
        let own = &self.groups[number];
        !failed(own.first.index()..at, &own.scoring)
            && self.required[number].iter().all(|other| {
                let group = &self.groups[*other];
                !failed(group.tests(), &group.scoring)
            })
    }

    /// Says whether the failure of an earlier test makes this one needless.
    pub(super) fn requires(&self, at: usize, earlier: usize) -> bool {
        let (own, other) = (self.group_of(at), self.group_of(earlier));
        let same = own == other
            && earlier < at
            && !matches!(self.groups[own].scoring, GroupScoring::EachTest { .. });
        same || self.required[own].contains(&other)
    }

    /// A test's result with its points checked: where points count, `PT` has some, and no more than an accepted test.
    pub(super) fn judged(&self, at: usize, verdict: Verdict, points: Option<Points>) -> TestResult {
        let most = match self.groups[self.group_of(at)].scoring {
            GroupScoring::Complete { .. } => None,
            GroupScoring::EachTest { test_score: most }
            | GroupScoring::Min { group_score: most } => most,
        };
        match (verdict, most, points) {
            (Verdict::PT, Some(_), None) => {
                TestResult::broken("partially accepted without points".to_owned())
            }
            (Verdict::PT, Some(most), Some(points)) if points > most || points < Points::ZERO => {
                TestResult::broken(format!("{points} points are not between 0 and {most}"))
            }
            _ => TestResult {
                verdict,
                points,
                message: None,
            },
        }
    }

    pub(super) fn fold(&self, results: Vec<TestResult>) -> Final {
        let groups: Vec<GroupResult> = self
            .groups
            .iter()
            .map(|group| group.fold(&results))
            .collect();
        let is = |wanted: Verdict| results.iter().any(|result| result.verdict == wanted);
        let (verdict, score) = match () {
            () if is(Verdict::JE) => (Verdict::JE, Points::ZERO),
            () if groups.iter().all(|group| group.passed) => (Verdict::AC, total(&groups)),
            () => (Verdict::PT, total(&groups)),
        };
        Final {
            verdict,
            score: Some(score),
            results,
            groups,
            fault: None,
        }
    }

    pub(super) fn none_passed(&self) -> Vec<GroupResult> {
        let none = |group: &Group| GroupResult {
            name: group.name.clone(),
            score: Points::ZERO,
            passed: false,
            within_graded: false,
        };
        self.groups.iter().map(none).collect()
    }

    fn group_of(&self, at: usize) -> usize {
        self.groups.partition_point(|group| group.last.index() < at)
    }
}

impl GroupScoring {
    /// Says whether this result leaves nothing to win for the group.
    fn is_decided_by(&self, result: &TestResult) -> bool {
        match self {
            Self::Complete { .. } => !result.verdict.is_accepted(),
            Self::EachTest { .. } => false,
            Self::Min { .. } => match result.verdict {
                Verdict::AC => false,
                Verdict::PT => result.points.is_none_or(|points| points == Points::ZERO),
                _ => true,
            },
        }
    }
}

impl Group {
    fn tests(&self) -> std::ops::Range<usize> {
        self.first.index()..self.last.index() + 1
    }

    fn fold(&self, results: &[TestResult]) -> GroupResult {
        let tests = &results[self.tests()];
        let passed = tests.iter().all(|result| result.verdict.is_accepted());
        let points = |all: Option<Points>| {
            let all = all.unwrap_or_default();
            tests.iter().map(move |result| match result.verdict {
                Verdict::AC => all,
                Verdict::PT => result.points.unwrap_or_default(),
                _ => Points::ZERO,
            })
        };
        let score = match self.scoring {
            GroupScoring::Complete { group_score } if passed => group_score.unwrap_or_default(),
            GroupScoring::Complete { .. } => Points::ZERO,
            GroupScoring::EachTest { test_score } => points(test_score).sum(),
            GroupScoring::Min { group_score } => points(group_score).min().unwrap_or_default(),
        };
        GroupResult {
            name: self.name.clone(),
            score,
            passed,
            within_graded: false,
        }
    }
}

fn total(groups: &[GroupResult]) -> Points {
    groups.iter().map(|group| group.score).sum()
}
