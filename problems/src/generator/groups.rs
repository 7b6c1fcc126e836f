//! Groups of tests with points: what is asked for, and which askings are refused.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::TestNumber;
use crate::points::Points;

/// A group of tests in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, unique in the problem.
    pub name: String,
    /// Its first test.
    pub first: TestNumber,
    /// Its last test.
    pub last: TestNumber,
    /// How its tests become points.
    pub scoring: GroupScoring,
    /// The names of the earlier, `Complete` groups that must have passed before its tests count.
    pub requires: Vec<String>,
}

/// How the tests of a group become points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupScoring {
    /// All points if every test is accepted, else none.
    Complete {
        /// The group's points.
        group_score: Option<Points>,
    },
    /// Points for each accepted test, or what the checker gives.
    EachTest {
        /// One test's points.
        test_score: Option<Points>,
    },
    /// The least points of any of its tests; an accepted one has all of them.
    Min {
        /// The group's points.
        group_score: Option<Points>,
    },
}

/// Groups that do not fit the tests or each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GroupError {
    /// `EachTest` without points.
    #[error("group {0:?} gives points for each test, but has no test_score")]
    NoTestScore(String),
    /// `Complete` or `Min` without points.
    #[error("group {0:?} has no group_score")]
    NoGroupScore(String),
    /// Two groups of one name.
    #[error("two groups are named {0:?}")]
    NamedTwice(String),
    /// The first test is behind the last.
    #[error("group {name:?} begins with test {first} and ends with test {last}")]
    Backwards {
        /// The group.
        name: String,
        /// Its first test.
        first: TestNumber,
        /// Its last test.
        last: TestNumber,
    },
    /// A gap, an overlap or a wrong order.
    #[error("group {name:?} begins with test {first}, but test {wanted} has to come next")]
    NotInARow {
        /// The group.
        name: String,
        /// Its first test.
        first: TestNumber,
        /// The first test that is in no group yet.
        wanted: TestNumber,
    },
    /// Tests behind the last group, or groups beyond the last test.
    #[error("the groups end with test {last}, the tests with {tests}")]
    WrongEnd {
        /// The last test of the last group, 0 without groups.
        last: u32,
        /// The number of tests.
        tests: u32,
    },
    /// A required group that is not an earlier one; so no cycle is possible either.
    #[error("group {name:?} requires {required:?}, which is no earlier group")]
    RequiresNoEarlier {
        /// The group.
        name: String,
        /// What it requires.
        required: String,
    },
    /// A required group that cannot pass or fail as a whole.
    #[error("group {name:?} requires {required:?}, which is not all or nothing")]
    RequiresNotComplete {
        /// The group.
        name: String,
        /// What it requires.
        required: String,
    },
}

/// Groups that fit, with what they require by number.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    /// For each group the numbers of all groups that it requires, through others too.
    pub(super) required: Vec<BTreeSet<usize>>,
}

impl Groups {
    pub(super) fn new(groups: &[Group], tests: u32) -> Result<Self, GroupError> {
        let mut required: Vec<BTreeSet<usize>> = Vec::new();
        let mut next = 1;
        for (number, group) in groups.iter().enumerate() {
            let earlier = &groups[..number];
            group.check(next, earlier)?;
            let mut all = BTreeSet::new();
            for name in &group.requires {
                let at = group.required_at(name, earlier)?;
                all.insert(at);
                all.extend(&required[at]);
            }
            required.push(all);
            next = group.last.0.saturating_add(1);
        }
        if next - 1 != tests {
            return Err(GroupError::WrongEnd {
                last: next - 1,
                tests,
            });
        }
        Ok(Self {
            groups: groups.to_vec(),
            required,
        })
    }
}

impl Group {
    fn check(&self, next: u32, earlier: &[Self]) -> Result<(), GroupError> {
        let name = || self.name.clone();
        match self.scoring {
            GroupScoring::EachTest { test_score: None } => {
                return Err(GroupError::NoTestScore(name()));
            }
            GroupScoring::Complete { group_score: None }
            | GroupScoring::Min { group_score: None } => {
                return Err(GroupError::NoGroupScore(name()));
            }
            _ => {}
        }
        if earlier.iter().any(|other| other.name == self.name) {
            return Err(GroupError::NamedTwice(name()));
        }
        if self.first > self.last {
            return Err(GroupError::Backwards {
                name: name(),
                first: self.first,
                last: self.last,
            });
        }
        if self.first.0 != next {
            return Err(GroupError::NotInARow {
                name: name(),
                first: self.first,
                wanted: TestNumber(next),
            });
        }
        Ok(())
    }

    fn required_at(&self, required: &str, earlier: &[Self]) -> Result<usize, GroupError> {
        let (name, found) = (
            self.name.clone(),
            earlier.iter().position(|group| group.name == required),
        );
        match found {
            None => Err(GroupError::RequiresNoEarlier {
                name,
                required: required.to_owned(),
            }),
            Some(at) if !matches!(earlier[at].scoring, GroupScoring::Complete { .. }) => {
                Err(GroupError::RequiresNotComplete {
                    name,
                    required: required.to_owned(),
                })
            }
            Some(at) => Ok(at),
        }
    }
}
