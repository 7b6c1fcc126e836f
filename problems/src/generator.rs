//! Which ready test of a submission to offer next, and when its verdict is final.
//!
//! A [`Generator`] is asked for tests with `next`, told of results with `compiled` and `record`, and looked at with
//! `finished` and `cancelled` after each; with `next_grading` it is asked what a package's grader is to be asked, and `graded`
//! tells it the answer. Results may come in any order: the verdict is that of the rule, never that of
//! the race. Nothing here knows who runs the tests.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::grader::Grade;
use crate::points::Points;
use crate::scoring::{Outcome, Scoring, ScoringError, Value};
use crate::verdict::Verdict;

mod all;
mod grading;
mod groups;
mod icpc;
mod ioi;
mod tree;

use groups::Groups;
pub use groups::{Group, GroupError, GroupScoring};

/// The number of a test in judging order, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TestNumber(pub u32);

/// A rule, as a plan names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GeneratorKind {
    /// The first failing test ends it; all or nothing.
    Icpc,
    /// Every test is run whatever the others say; the first failing one gives the verdict.
    All,
    /// Groups of tests with points.
    Ioi(Vec<Group>),
    /// A tree of groups.
    Tree(Scoring),
}

impl GeneratorKind {
    /// Says whether points are what counts.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        match self {
            Self::Icpc | Self::All => false,
            Self::Ioi(_) => true,
            Self::Tree(scoring) => scoring.scored,
        }
    }

    /// Says whether a grader is asked about any group.
    #[must_use]
    pub fn is_graded(&self) -> bool {
        matches!(self, Self::Tree(scoring) if scoring.is_graded())
    }
}

/// A rule that does not fit the tests.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// Groups that do not fit the tests or each other.
    #[error(transparent)]
    Groups(#[from] GroupError),
    /// A tree that does not.
    #[error(transparent)]
    Tree(#[from] ScoringError),
}

/// What came of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// Its verdict; `SK` where it can no longer matter, even if it was run.
    pub verdict: Verdict,
    /// What its checker gave.
    pub points: Option<Points>,
    /// Why it is `JE`, where the generator itself says so.
    pub message: Option<String>,
}

/// What came of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupResult {
    /// Its name.
    pub name: String,
    /// Its points.
    pub score: Points,
    /// Whether every one of its tests was accepted.
    pub passed: bool,
    /// Whether it is in a group that a grader is asked about, so that its points are not part of the score as they are.
    #[serde(default)]
    pub within_graded: bool,
}

/// What came of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Final {
    /// Its verdict.
    pub verdict: Verdict,
    /// Its points, where the rule gives any.
    pub score: Option<Points>,
    /// Every test's result, in order.
    pub results: Vec<TestResult>,
    /// Every group's result, in order; empty where the rule has none.
    pub groups: Vec<GroupResult>,
    /// Why it is `JE`, where no single test is the reason: a broken grader, or more points than a group is worth.
    #[serde(default)]
    pub fault: Option<String>,
}

/// A result that cannot be meant so: a defect of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GeneratorError {
    /// Compiling ended twice.
    #[error("compiling has ended before")]
    CompiledTwice,
    /// A test that the submission does not have.
    #[error("there is no test {0}")]
    NoTest(TestNumber),
    /// A result of a test that was never given out.
    #[error("test {0} was not given out")]
    NotGiven(TestNumber),
    /// A second result of a test.
    #[error("test {0} has a result already")]
    RecordedTwice(TestNumber),
    /// A grade of a group that no grader was to be asked about.
    #[error("no grader was to be asked about group {0}")]
    NotGraded(usize),
}

/// The state of one submission under a rule.
#[derive(Debug, Clone)]
pub struct Generator {
    rule: Rule,
    course: Course,
    end: Option<Final>,
}

#[derive(Debug, Clone)]
enum Rule {
    Icpc,
    All,
    Ioi(Groups),
    Tree(Scoring),
}

/// What is known so far.
#[derive(Debug, Clone)]
struct Course {
    compiled: bool,
    tests: Vec<Stage>,
    /// The first test that is known not to be accepted.
    first_failed: Option<usize>,
    /// What graders say, or why one is broken, by the groups of a tree.
    grades: Vec<Option<Result<Grade, String>>>,
    /// The groups that a grader has been asked about.
    asked: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
enum Stage {
    Waiting,
    Given,
    /// It was stopped. Where a tree finds in the end that it matters after all, it is given out again.
    Stopped,
    GivenAgain,
    Done(TestResult, Option<Outcome>),
}

impl Generator {
    /// A submission with so many tests, not compiled yet.
    ///
    /// # Errors
    /// Groups that do not fit the tests or each other.
    pub fn new(kind: &GeneratorKind, tests: u32) -> Result<Self, RuleError> {
        let rule = match kind {
            GeneratorKind::Icpc => Rule::Icpc,
            GeneratorKind::All => Rule::All,
            GeneratorKind::Ioi(groups) => Rule::Ioi(Groups::new(groups, tests)?),
            GeneratorKind::Tree(scoring) => {
                scoring.check(tests)?;
                Rule::Tree(scoring.clone())
            }
        };
        let groups = match &rule {
            Rule::Tree(scoring) => scoring.groups.len(),
            Rule::Icpc | Rule::All | Rule::Ioi(_) => 0,
        };
        let course = Course {
            compiled: false,
            tests: vec![Stage::Waiting; tests as usize],
            first_failed: None,
            grades: vec![None; groups],
            asked: BTreeSet::new(),
        };
        Ok(Self {
            rule,
            course,
            end: None,
        })
    }

    /// Compiling ended: `AC` if there is something to run, else `CE`, `CTL` or `JE`, and the verdict is final.
    /// Any other verdict cannot come of compiling and is `JE`.
    ///
    /// # Errors
    /// If it ended before.
    pub fn compiled(&mut self, verdict: Verdict) -> Result<(), GeneratorError> {
        if self.course.compiled || self.end.is_some() {
            return Err(GeneratorError::CompiledTwice);
        }
        match verdict {
            Verdict::AC => {
                self.course.compiled = true;
                self.settle();
            }
            Verdict::CE | Verdict::CTL | Verdict::JE => self.end = Some(self.not_run(verdict)),
            _ => self.end = Some(self.not_run(Verdict::JE)),
        }
        Ok(())
    }

    /// Gives out the next test; `None` if there is none now: nothing compiled, all given, or the verdict is final.
    #[expect(
        clippy::should_implement_trait,
        reason = "`None` is not the end: more may come after a result"
    )]
    pub fn next(&mut self) -> Option<TestNumber> {
        if !self.course.compiled || self.end.is_some() {
            return None;
        }
        let matters = self.mattering();
        let is = |at: &usize, stopped: bool| match self.course.tests[*at] {
            Stage::Waiting => !stopped,
            Stage::Stopped => stopped,
            Stage::Given | Stage::GivenAgain | Stage::Done(..) => false,
        };
        let find = |stopped| {
            let mut tests = 0..self.course.tests.len();
            tests.find(|at| is(at, stopped) && matters.test(*at))
        };
        let may_repeat = self.course.running().next().is_none();
        let (at, stage) = match find(false) {
            Some(at) => (at, Stage::Given),
            None => (find(true).filter(|_| may_repeat)?, Stage::GivenAgain),
        };
        self.course.tests[at] = stage;
        Some(TestNumber::at(at))
    }

    /// Takes back a test that was given out and will have no result from there, so that it is offered again.
    ///
    /// # Errors
    /// If it is not out.
    pub fn give_back(&mut self, test: TestNumber) -> Result<(), GeneratorError> {
        let at = self.given(test)?;
        self.course.tests[at] = match self.course.tests[at] {
            Stage::GivenAgain => Stage::Stopped,
            _ => Stage::Waiting,
        };
        Ok(())
    }

    /// A test that was given out ended. `SK` means that it was stopped: no fault if it no longer matters, else `JE`. What
    /// does not matter now may matter again in a tree, where a later test is left out because of an earlier one; it is then
    /// given out once more.
    ///
    /// # Errors
    /// An unknown test, one that was not given out, one with a result.
    pub fn record(
        &mut self,
        test: TestNumber,
        verdict: Verdict,
        points: Option<Points>,
    ) -> Result<(), GeneratorError> {
        self.record_valued(
            test,
            verdict,
            points.map(|points| Value::Points(points.into())),
        )
    }

    /// The same for what a checker gave in any form. Only a tree knows shares; to the other rules they are no points.
    ///
    /// # Errors
    /// As [`Generator::record`].
    pub fn record_valued(
        &mut self,
        test: TestNumber,
        verdict: Verdict,
        value: Option<Value>,
    ) -> Result<(), GeneratorError> {
        let at = self.given(test)?;
        let is_tree = matches!(self.rule, Rule::Tree(_));
        if verdict == Verdict::SK && is_tree && matches!(self.course.tests[at], Stage::Given) {
            self.course.tests[at] = Stage::Stopped;
            self.settle();
            return Ok(());
        }
        let points = match &value {
            Some(Value::Points(points)) => Some(points.points()),
            Some(Value::Share(_)) | None => None,
        };
        let (result, outcome) = match &self.rule {
            _ if !verdict.is_of_a_test() => {
                let message = format!("unknown verdict {verdict} of a test");
                (TestResult::broken(message), Some(Outcome::of(Verdict::JE)))
            }
            Rule::Tree(_) if verdict == Verdict::SK => (TestResult::skipped(), None),
            Rule::Tree(scoring) => {
                let (result, outcome) = tree::judged(scoring, at, verdict, value);
                (result, Some(outcome))
            }
            Rule::Ioi(groups) => (groups.judged(at, verdict, points), None),
            Rule::Icpc | Rule::All => {
                let result = TestResult {
                    verdict,
                    points,
                    message: None,
                };
                (result, None)
            }
        };
        if !result.verdict.is_accepted() && self.course.first_failed.is_none_or(|first| at < first)
        {
            self.course.first_failed = Some(at);
        }
        self.course.tests[at] = Stage::Done(result, outcome);
        self.settle();
        Ok(())
    }

    /// The verdict, once it is final; it never changes after.
    #[must_use]
    pub fn finished(&self) -> Option<&Final> {
        self.end.as_ref()
    }

    /// The tests that are given out and can no longer matter.
    #[must_use]
    pub fn cancelled(&self) -> Vec<TestNumber> {
        let matters = self.mattering();
        let needless = |at: &usize| self.end.is_some() || !matters.test(*at);
        self.course
            .running()
            .filter(needless)
            .map(TestNumber::at)
            .collect()
    }

    /// The running tests given before this one whose failure makes it needless.
    #[must_use]
    pub fn required(&self, test: TestNumber) -> Vec<TestNumber> {
        let at = test.index();
        let decides = |earlier: &usize| match &self.rule {
            Rule::Icpc => *earlier < at,
            Rule::All => false,
            Rule::Ioi(groups) => groups.requires(at, *earlier),
            Rule::Tree(scoring) => *earlier < at && self.course.requires(scoring, at, *earlier),
        };
        self.course
            .running()
            .filter(decides)
            .map(TestNumber::at)
            .collect()
    }

    fn given(&self, test: TestNumber) -> Result<usize, GeneratorError> {
        let at = test.index();
        match self.course.tests.get(at) {
            None => Err(GeneratorError::NoTest(test)),
            Some(Stage::Waiting) => Err(GeneratorError::NotGiven(test)),
            Some(Stage::Stopped | Stage::Done(..)) => Err(GeneratorError::RecordedTwice(test)),
            Some(Stage::Given | Stage::GivenAgain) => Ok(at),
        }
    }

    /// Says of each test whether its result can change anything, as far as is known.
    fn mattering(&self) -> Mattering<'_> {
        Mattering {
            generator: self,
            needed: match &self.rule {
                Rule::Tree(scoring) => tree::needed(scoring, &self.course),
                _ => Vec::new(),
            },
        }
    }

    fn final_if_settled(&self) -> Option<Final> {
        let matters = self.mattering();
        let open = |at: &usize| self.course.done(*at).is_none() && matters.test(*at);
        if (0..self.course.tests.len()).any(|at| open(&at)) || !self.open_gradings().is_empty() {
            return None;
        }
        let results: Vec<TestResult> = (0..self.course.tests.len())
            .map(|at| self.shown(at, matters.test(at)))
            .collect();
        Some(match &self.rule {
            Rule::Icpc => icpc::fold(results),
            Rule::All => all::fold(results),
            Rule::Ioi(groups) => groups.fold(results),
            Rule::Tree(scoring) => tree::fold(scoring, &self.course, results),
        })
    }

    /// A test's result as it is shown at the end: what does not matter was skipped, and what was stopped although it
    /// matters is the judge's fault.
    fn shown(&self, at: usize, matters: bool) -> TestResult {
        match self.course.done(at).filter(|_| matters) {
            None => TestResult::skipped(),
            Some(result) if result.verdict == Verdict::SK => {
                TestResult::broken("the test was stopped, but no earlier one failed".to_owned())
            }
            Some(result) => result.clone(),
        }
    }

    fn not_run(&self, verdict: Verdict) -> Final {
        let results = vec![TestResult::skipped(); self.course.tests.len()];
        let (score, groups) = match &self.rule {
            Rule::Icpc => (Some(Points::ZERO), Vec::new()),
            Rule::All => (None, Vec::new()),
            Rule::Ioi(groups) => (Some(Points::ZERO), groups.none_passed()),
            Rule::Tree(scoring) => (
                scoring.scored.then_some(Points::ZERO),
                tree::none_passed(scoring),
            ),
        };
        Final {
            verdict,
            score,
            results,
            groups,
            fault: None,
        }
    }
}

/// Which tests can change anything.
struct Mattering<'a> {
    generator: &'a Generator,
    /// For a tree, which says it of all at once.
    needed: Vec<bool>,
}

impl Mattering<'_> {
    fn test(&self, at: usize) -> bool {
        match &self.generator.rule {
            Rule::Icpc => icpc::matters(&self.generator.course, at),
            Rule::All => true,
            Rule::Ioi(groups) => groups.matters(&self.generator.course, at),
            Rule::Tree(_) => self.needed[at],
        }
    }
}

impl Course {
    fn done(&self, at: usize) -> Option<&TestResult> {
        match &self.tests[at] {
            Stage::Done(result, _) => Some(result),
            _ => None,
        }
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        let given = |(at, stage): (usize, &Stage)| {
            matches!(stage, Stage::Given | Stage::GivenAgain).then_some(at)
        };
        self.tests.iter().enumerate().filter_map(given)
    }
}

impl TestResult {
    fn skipped() -> Self {
        Self {
            verdict: Verdict::SK,
            points: None,
            message: None,
        }
    }

    fn broken(message: String) -> Self {
        Self {
            verdict: Verdict::JE,
            points: None,
            message: Some(message),
        }
    }
}

impl TestNumber {
    /// The test at this place in a list.
    ///
    /// # Panics
    /// Beyond 2^32 tests.
    #[must_use]
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index + 1).expect("a submission has less than 2^32 tests"))
    }

    /// Its place in a list of tests, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        (self.0 as usize).wrapping_sub(1)
    }
}

impl fmt::Display for TestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
