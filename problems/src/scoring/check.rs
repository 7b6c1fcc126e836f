//! Which trees are refused.

use thiserror::Error;

use super::{Aggregate, Part, Scoring};
use crate::generator::TestNumber;

/// A tree that does not fit the tests, or is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScoringError {
    /// There is no group.
    #[error("there is no group")]
    Empty,
    /// A part that stands before its group, or in two.
    #[error("group {0:?} is not part of exactly one group before it")]
    NoTree(String),
    /// Two groups of one name.
    #[error("two groups are named {0:?}")]
    NamedTwice(String),
    /// A test that the problem does not have.
    #[error("group {group:?} has test {test}, but there are only {tests}")]
    NoTest {
        /// The group.
        group: String,
        /// The test.
        test: TestNumber,
        /// How many there are.
        tests: u32,
    },
    /// A test that is in no group.
    #[error("test {0} is in no group")]
    Alone(TestNumber),
    /// A group that gives its points as a whole and has none.
    #[error("group {0:?} gives all or nothing, but has no bound")]
    NoMax(String),
    /// A required group that is not an earlier one.
    #[error("group {group:?} requires {required:?}, which is no earlier group")]
    RequiresNoEarlier {
        /// The group.
        group: String,
        /// What it requires.
        required: String,
    },
    /// A group that requires another, where there is a grader: what it is told must not depend on what is run.
    #[error("group {0:?} requires another one, but results go to a grader")]
    RequiresGraded(String),
    /// A required group that a rejection before it, in a group that the other is not in, can leave out.
    #[error(
        "group {group:?} requires {required:?}, which a rejected part of {owner:?} can leave out"
    )]
    RequiresUnsure {
        /// The group.
        group: String,
        /// What it requires.
        required: String,
        /// What the required group is in.
        owner: String,
    },
}

impl Scoring {
    /// Says whether the tree is one and fits so many tests.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, tests: u32) -> Result<(), ScoringError> {
        if self.groups.is_empty() {
            return Err(ScoringError::Empty);
        }
        let mut owners = vec![0_u32; self.groups.len()];
        owners[0] = 1;
        let mut has = vec![false; tests as usize];
        let is_graded = self.is_graded();
        for (at, group) in self.groups.iter().enumerate() {
            let name = || group.name.clone();
            if self.groups[..at].iter().any(|one| one.name == group.name) {
                return Err(ScoringError::NamedTwice(name()));
            }
            let whole = matches!(
                group.aggregate,
                Aggregate::PassFail | Aggregate::Mul | Aggregate::Threshold(_)
            );
            if whole && group.max.is_none() {
                return Err(ScoringError::NoMax(name()));
            }
            if is_graded && !group.requires.is_empty() {
                return Err(ScoringError::RequiresGraded(name()));
            }
            self.check_requires(at)?;
            for part in &group.parts {
                match part {
                    Part::Group(inner) if *inner > at && *inner < owners.len() => {
                        owners[*inner] += 1;
                    }
                    Part::Group(_) => return Err(ScoringError::NoTree(name())),
                    Part::Test(worth) => match has.get_mut(worth.test.index()) {
                        Some(has) => *has = true,
                        None => {
                            return Err(ScoringError::NoTest {
                                group: name(),
                                test: worth.test,
                                tests,
                            });
                        }
                    },
                }
            }
        }
        if let Some(at) = owners.iter().position(|count| *count != 1) {
            return Err(ScoringError::NoTree(self.groups[at].name.clone()));
        }
        match has.iter().position(|has| !has) {
            Some(at) => Err(ScoringError::Alone(TestNumber::at(at))),
            None => Ok(()),
        }
    }

    /// A group may require one whose tests all come before its own, so that nothing goes round.
    fn check_requires(&self, at: usize) -> Result<(), ScoringError> {
        let group = &self.groups[at];
        let first = self.tests_of(at).min();
        for required in &group.requires {
            let last = self
                .groups
                .get(*required)
                .map(|_| self.tests_of(*required).max());
            let is_earlier = last.is_some_and(|last| last.is_none() || last < first);
            if !is_earlier {
                let name = self.groups.get(*required).map(|group| group.name.clone());
                return Err(ScoringError::RequiresNoEarlier {
                    group: group.name.clone(),
                    required: name.unwrap_or_default(),
                });
            }
            let holds = |owner: &usize, inner: usize| {
                let mut within = self.groups_within(*owner);
                *owner != inner && within.any(|one| one == inner)
            };
            let mut owners = (0..*required).filter(|owner| self.groups[*owner].breaks);
            if let Some(owner) = owners.find(|owner| holds(owner, *required) && !holds(owner, at)) {
                return Err(ScoringError::RequiresUnsure {
                    group: group.name.clone(),
                    required: self.groups[*required].name.clone(),
                    owner: self.groups[owner].name.clone(),
                });
            }
        }
        Ok(())
    }

    /// A group and those in it; nothing for a part that leads backwards.
    fn groups_within(&self, at: usize) -> Box<dyn Iterator<Item = usize> + '_> {
        let inner = self.groups[at]
            .parts
            .iter()
            .filter_map(move |part| match part {
                Part::Group(inner) if *inner > at && *inner < self.groups.len() => Some(*inner),
                _ => None,
            });
        let within = inner.flat_map(|inner| self.groups_within(inner));
        Box::new(std::iter::once(at).chain(within))
    }

    /// The tests of a group and of those in it; nothing for a part that leads backwards.
    pub(super) fn tests_of(&self, at: usize) -> Box<dyn Iterator<Item = TestNumber> + '_> {
        let parts = self.groups[at].parts.iter();
        Box::new(parts.flat_map(move |part| match part {
            Part::Test(worth) => {
                Box::new(std::iter::once(worth.test)) as Box<dyn Iterator<Item = TestNumber> + '_>
            }
            Part::Group(inner) if *inner > at && *inner < self.groups.len() => {
                self.tests_of(*inner)
            }
            Part::Group(_) => Box::new(std::iter::empty()),
        }))
    }
}
