//! What a grader is to be asked, and what a group comes to without asking one.
//!
//! A group is graded once all that is in it is known, as far as it is run at all: a part behind the one that ended the
//! group has no line. What the judge failed at is never put before a grader.

use super::bounds::{Bounds, aggregate};
use super::course::{Known, Walk};
use super::{Acceptance, Aggregate, Part, Scoring};
use crate::grader::Grade;
use crate::ratio::Ratio;
use crate::verdict::Verdict;

/// A question to the package's grader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grading {
    /// The group, by its place in the list.
    pub group: usize,
    /// Its name.
    pub name: String,
    /// The grader's arguments.
    pub args: Vec<String>,
    /// The results in the group, one on each line.
    pub input: String,
}

/// What the parts of a group come to, or why the judge failed at one of them.
type Parts = Result<Vec<Grade>, String>;

impl Scoring {
    /// Everything that a grader is to be asked as far as is known, and has not answered.
    pub(crate) fn gradings(&self, known: Known<'_, '_>) -> Vec<Grading> {
        let grading = |(group, parts): (usize, Parts)| {
            let parts = parts.ok().filter(|parts| !parts.is_empty())?;
            let Aggregate::Grader(args) = &self.groups[group].aggregate else {
                return None;
            };
            Some(Grading {
                group,
                name: self.groups[group].name.clone(),
                args: args.clone(),
                input: Grade::lines(&parts),
            })
        };
        let complete = self.complete(known).into_iter();
        complete.filter_map(grading).collect()
    }

    /// The groups that a grader need not be asked about, with what they come to: those with nothing in them, and those with
    /// something that the judge failed at.
    pub(crate) fn ungraded(&self, known: Known<'_, '_>) -> Vec<(usize, Result<Grade, String>)> {
        let without = |(group, parts): (usize, Parts)| match parts {
            Err(reason) => Some((group, Err(reason))),
            Ok(parts) if parts.is_empty() => {
                Some((group, Ok(Grade::new(Verdict::AC, Ratio::zero()))))
            }
            Ok(_) => None,
        };
        let complete = self.complete(known).into_iter();
        complete.filter_map(without).collect()
    }

    /// Says for each group whether it is in one that a grader is asked about.
    pub(crate) fn within_graded(&self) -> Vec<bool> {
        let mut within = vec![false; self.groups.len()];
        // Each group stands before those in it.
        for (number, group) in self.groups.iter().enumerate() {
            for part in &group.parts {
                if let Part::Group(inner) = part {
                    within[*inner] = group.is_graded() || within[number];
                }
            }
        }
        within
    }

    /// The groups for a grader that are not graded and in which all is known, with what is in them.
    fn complete(&self, known: Known<'_, '_>) -> Vec<(usize, Parts)> {
        if !self.is_graded() {
            return Vec::new();
        }
        let walk = Walk::whole(self, known);
        let graded = self.groups.iter().enumerate();
        graded
            .filter(|(_, group)| group.is_graded())
            .filter(|(number, _)| walk.grade(*number).is_none() && walk.is_there(*number))
            .filter_map(|(number, _)| Some((number, walk.parts_of(number)?)))
            .collect()
    }
}

impl Walk<'_> {
    /// Says that nothing known keeps a group from being part of the result.
    pub(super) fn is_there(&self, number: usize) -> bool {
        let mut owner = self.owner(number).into_iter();
        owner.all(|(owner, place)| self.is_reached(owner, place))
    }

    /// What the parts of a group come to up to the one that ends it; `None`: not all of it is known.
    fn parts_of(&self, number: usize) -> Option<Parts> {
        let group = &self.scoring.groups[number];
        let mut parts = Vec::with_capacity(group.parts.len());
        for part in &group.parts {
            match self.part(part)? {
                Ok(grade) => parts.push(grade),
                Err(reason) => return Some(Err(reason)),
            }
            if group.breaks && self.accepted(part) == Some(false) {
                break;
            }
        }
        Some(Ok(parts))
    }

    fn part(&self, part: &Part) -> Option<Result<Grade, String>> {
        match part {
            Part::Test(worth) => {
                let outcome = self.counted[worth.test.index()]?;
                Some(match outcome.verdict {
                    Verdict::JE => Err(format!("test {} could not be judged", worth.test)),
                    verdict => Ok(Grade::new(verdict, worth.score(outcome))),
                })
            }
            Part::Group(inner) if self.scoring.groups[*inner].is_graded() => {
                self.grade(*inner).cloned()
            }
            Part::Group(inner) => {
                let parts = self.parts_of(*inner)?;
                Some(parts.map(|parts| self.by_default(*inner, &parts)))
            }
        }
    }

    /// What a group comes to that no grader is asked about, where it is part of one for a grader.
    fn by_default(&self, number: usize, parts: &[Grade]) -> Grade {
        let group = &self.scoring.groups[number];
        let is_accepted = |part: &Grade| part.verdict == Verdict::AC;
        let accepted = parts.is_empty()
            || match group.acceptance {
                Acceptance::All => parts.iter().all(is_accepted),
                Acceptance::Any => parts.iter().any(is_accepted),
                Acceptance::Always => true,
            };
        let verdict = if accepted {
            Verdict::AC
        } else {
            let failures = parts.iter().filter(|part| !is_accepted(part));
            let failures: Vec<Verdict> = failures.map(|part| part.verdict).collect();
            let policy = group.policy.unwrap_or(self.scoring.policy);
            policy.choose(&failures)
        };
        let scores = parts.iter().map(|part| Bounds::exactly(part.score.clone()));
        let scores: Vec<Bounds> = scores.collect();
        let score = aggregate(&scores, &group.aggregate, group.max.as_ref());
        Grade::new(verdict, score.least)
    }
}
