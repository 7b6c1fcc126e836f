//! How the results of tests become one verdict and one score: a tree of groups over exact fractions
//! (package-formats 5.6).
//!
//! Every format's rules are such a tree: all or nothing, the old graders, 2025-09, CMS, DMOJ, Polygon, Hydro. The
//! generator asks it which tests can still change anything: see [`crate::Generator`].

use serde::{Deserialize, Serialize};

use crate::generator::{GeneratorKind, TestNumber};
use crate::ratio::Ratio;

mod bounds;
mod check;
mod course;
mod fold;
mod grading;

pub use check::ScoringError;
pub(crate) use course::{Known, Outcome};
pub use grading::Grading;

/// How tests' results become one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scoring {
    /// The groups; the first is the whole, and each other is part of one that stands before it.
    pub groups: Vec<ScoringGroup>,
    /// Which failure gives the verdict.
    pub policy: VerdictPolicy,
    /// Whether points count, or only whether all is accepted.
    pub scored: bool,
}

/// A group of tests and groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoringGroup {
    /// Its name, unique in the problem.
    pub name: String,
    /// What it consists of, in judging order.
    pub parts: Vec<Part>,
    /// How its parts' scores become its own.
    pub aggregate: Aggregate,
    /// The most that it can be worth; `None`: there is no bound.
    pub max: Option<Ratio>,
    /// When it is accepted.
    pub acceptance: Acceptance,
    /// The groups that have to be accepted, or its tests are not run; by their place in the list.
    pub requires: Vec<usize>,
    /// Whether the first rejected part ends it.
    pub breaks: bool,
    /// What it counts for in the group that it is part of.
    pub counting: Counting,
    /// Which failure gives its verdict where a grader is told of it; `None`: as for the whole.
    #[serde(default)]
    pub policy: Option<VerdictPolicy>,
}

/// A part of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// A group, by its place in the list.
    Group(usize),
    /// A test.
    Test(Worth),
}

/// What a test is worth in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worth {
    /// The test.
    pub test: TestNumber,
    /// Its score if it is accepted and the checker gives none; `None`: the checker has to give one.
    pub accepted: Option<Ratio>,
    /// The most that it can be worth; `None`: there is no bound.
    pub most: Option<Ratio>,
    /// Its score if it is not accepted.
    pub rejected: Ratio,
    /// Whether the checker may give a score.
    pub may_score: bool,
    /// Whether it is accepted with however few points (Kattis' old format), and not only with all there are.
    #[serde(default)]
    pub any_points: bool,
}

/// How the scores of a group's parts become its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// All points if it is accepted, else none.
    PassFail,
    /// The sum.
    Sum,
    /// The mean of those that were run.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The group's points times the product of the parts' shares.
    Mul,
    /// All points if no part is over this, else none (CMS' `GroupThreshold`).
    Threshold(Ratio),
    /// What the package's grader says that is called with these arguments; it also says whether the group is accepted.
    Grader(Vec<String>),
}

/// When a group is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acceptance {
    /// If all its parts are.
    #[default]
    All,
    /// If any of its parts is.
    Any,
    /// Always.
    Always,
}

/// What a group counts for in the group that it is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Its score and its acceptance.
    #[default]
    Whole,
    /// Its acceptance alone; its tests are always run.
    Acceptance,
    /// Nothing; its tests are always run.
    Nothing,
}

/// Which of several failures gives the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictPolicy {
    /// That of the first failing test.
    #[default]
    First,
    /// The worst: JE, RTE, MLE, TLE, OLE, WA, PE.
    Worst,
    /// The most frequent; of several the first to occur.
    Majority,
}

/// What a checker gives an output besides accepting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// So many points.
    Points(Ratio),
    /// This share of what the test is worth.
    Share(Ratio),
}

impl Scoring {
    /// All or nothing over so many tests: the first failing one gives the verdict.
    #[must_use]
    pub fn all_or_nothing(tests: u32) -> Self {
        let worth = |number| Part::Test(Worth::nothing(TestNumber(number)));
        let parts = (1..=tests).map(worth).collect();
        let whole = ScoringGroup {
            aggregate: Aggregate::PassFail,
            max: Some(Ratio::one()),
            breaks: true,
            ..ScoringGroup::new("", parts)
        };
        Self {
            groups: vec![whole],
            policy: VerdictPolicy::First,
            scored: false,
        }
    }

    /// Says whether it is no more than that every test has to be accepted, and the first failure ends it.
    #[must_use]
    pub fn is_all_or_nothing(&self) -> bool {
        let plain = |group: &ScoringGroup| {
            group.breaks
                && group.acceptance == Acceptance::All
                && group.counting != Counting::Nothing
        };
        !self.scored && self.policy != VerdictPolicy::Majority && self.groups.iter().all(plain)
    }

    /// The generator's rule for it.
    #[must_use]
    pub fn rule(&self) -> GeneratorKind {
        if self.is_all_or_nothing() {
            GeneratorKind::Icpc
        } else {
            GeneratorKind::Tree(self.clone())
        }
    }

    /// Says whether a grader is asked about any group.
    #[must_use]
    pub fn is_graded(&self) -> bool {
        self.groups.iter().any(ScoringGroup::is_graded)
    }

    /// Says whether points count.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        self.scored
    }

    /// The most that a submission can get; `None`: there is no bound.
    #[must_use]
    pub fn max(&self) -> Option<&Ratio> {
        self.groups[0].max.as_ref()
    }
}

impl ScoringGroup {
    /// A group that sums up its parts, without a bound.
    #[must_use]
    pub fn new(name: impl Into<String>, parts: Vec<Part>) -> Self {
        Self {
            name: name.into(),
            parts,
            aggregate: Aggregate::Sum,
            max: None,
            acceptance: Acceptance::All,
            requires: Vec::new(),
            breaks: false,
            counting: Counting::Whole,
            policy: None,
        }
    }

    /// Says whether a grader is asked about it.
    #[must_use]
    pub fn is_graded(&self) -> bool {
        matches!(self.aggregate, Aggregate::Grader(_))
    }
}

impl Worth {
    /// A test that has no points, only a verdict.
    #[must_use]
    pub fn nothing(test: TestNumber) -> Self {
        Self {
            may_score: false,
            ..Self::up_to(test, Ratio::zero())
        }
    }

    /// A test that is worth so much, and less where its checker says so.
    #[must_use]
    pub fn up_to(test: TestNumber, most: Ratio) -> Self {
        Self {
            test,
            accepted: Some(most.clone()),
            most: Some(most),
            rejected: Ratio::zero(),
            may_score: true,
            any_points: false,
        }
    }

    /// A test whose checker gives any number of points.
    #[must_use]
    pub fn unbounded(test: TestNumber) -> Self {
        Self {
            accepted: None,
            most: None,
            ..Self::up_to(test, Ratio::zero())
        }
    }
}

#[cfg(test)]
mod tests;
