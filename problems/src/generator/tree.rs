//! A tree of groups: which tests it still needs, and what they come to.

use super::{Course, Final, GroupResult, Stage, TestResult};
use crate::scoring::{Grading, Known, Outcome, Scoring, Value};
use crate::verdict::Verdict;

/// Says for each test whether it is needed, as far as is known.
pub(super) fn needed(scoring: &Scoring, course: &Course) -> Vec<bool> {
    scoring.needed(course.known(&|at| course.outcome(at)))
}

/// A test's outcome with its points checked.
pub(super) fn judged(
    scoring: &Scoring,
    at: usize,
    verdict: Verdict,
    value: Option<Value>,
) -> (TestResult, Outcome) {
    let mut outcome = Outcome { verdict, value };
    let fault = scoring.fault_of(at, &outcome);
    let result = match fault {
        Some(message) => {
            outcome = Outcome {
                verdict: Verdict::JE,
                value: None,
            };
            TestResult::broken(message)
        }
        None => TestResult {
            verdict,
            points: None,
            message: None,
        },
    };
    (result, outcome)
}

/// What the results come to; they are shown with their points.
pub(super) fn fold(scoring: &Scoring, course: &Course, mut results: Vec<TestResult>) -> Final {
    let total = scoring.total(course.known(&|at| course.outcome(at)));
    for (result, score) in results.iter_mut().zip(total.scores) {
        if scoring.scored && matches!(result.verdict, Verdict::AC | Verdict::PT) {
            result.points = score.map(|score| score.points());
        }
    }
    let broken = results.iter().any(|result| result.verdict == Verdict::JE);
    let verdict = if broken { Verdict::JE } else { total.verdict };
    let groups = total
        .groups
        .into_iter()
        .zip(scoring.within_graded().into_iter().skip(1))
        .map(|((name, score, passed), within_graded)| GroupResult {
            name,
            score: score.points(),
            passed,
            within_graded,
        });
    Final {
        verdict,
        score: scoring.scored.then(|| total.score.points()),
        results,
        groups: groups.collect(),
        fault: total.fault,
    }
}

/// What graders are to be asked.
pub(super) fn gradings(scoring: &Scoring, course: &Course) -> Vec<Grading> {
    scoring.gradings(course.known(&|at| course.outcome(at)))
}

/// Grades what needs no grader. What it finds may be the last that is missing of the group around it.
pub(super) fn grade(scoring: &Scoring, course: &mut Course) {
    loop {
        let found = scoring.ungraded(course.known(&|at| course.outcome(at)));
        if found.is_empty() {
            return;
        }
        for (group, grade) in found {
            course.grades[group] = Some(grade);
        }
    }
}

/// Every group without points, for what was not run at all.
pub(super) fn none_passed(scoring: &Scoring) -> Vec<GroupResult> {
    let groups = scoring.groups.iter().zip(scoring.within_graded()).skip(1);
    groups
        .map(|(group, within_graded)| GroupResult {
            name: group.name.clone(),
            score: crate::points::Points::ZERO,
            passed: false,
            within_graded,
        })
        .collect()
}

impl Course {
    /// Says whether a test would be needless if an earlier one failed.
    pub(super) fn requires(&self, scoring: &Scoring, at: usize, earlier: usize) -> bool {
        let failed = Outcome::of(Verdict::WA);
        let known = |one: usize| {
            if one == earlier {
                Some(&failed)
            } else {
                self.outcome(one)
            }
        };
        !scoring.needed(self.known(&known))[at]
    }

    fn known<'a, 'b>(&'a self, outcome: &'b dyn Fn(usize) -> Option<&'a Outcome>) -> Known<'a, 'b> {
        Known {
            tests: self.tests.len(),
            outcome,
            grades: &self.grades,
        }
    }

    fn outcome(&self, at: usize) -> Option<&Outcome> {
        match &self.tests[at] {
            Stage::Done(_, outcome) => outcome.as_ref(),
            _ => None,
        }
    }
}
