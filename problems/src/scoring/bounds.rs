//! Between which scores a part will be, given what is known.

use super::course::{Outcome, Walk};
use super::{Aggregate, Part, Value, Worth};
use crate::ratio::Ratio;
use crate::verdict::Verdict;

/// The least and the greatest score that there can be; `None`: there is no greatest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) least: Ratio,
    pub(crate) most: Option<Ratio>,
}

impl Bounds {
    pub(super) fn exactly(score: Ratio) -> Self {
        Self {
            least: score.clone(),
            most: Some(score),
        }
    }

    pub(super) fn is_decided(&self) -> bool {
        self.most.as_ref() == Some(&self.least)
    }

    fn with_zero(self) -> Self {
        let zero = Ratio::zero;
        Self {
            least: self.least.min(zero()),
            most: self.most.map(|most| most.max(zero())),
        }
    }
}

impl Walk<'_> {
    pub(super) fn bounds(&self, part: &Part) -> Bounds {
        match part {
            Part::Group(inner) => self.group_bounds(*inner),
            Part::Test(worth) => match self.counted[worth.test.index()] {
                Some(outcome) => Bounds::exactly(worth.score(outcome)),
                None => worth.bounds(),
            },
        }
    }

    pub(super) fn group_bounds(&self, number: usize) -> Bounds {
        if self.is_barred(number) {
            return Bounds::exactly(Ratio::zero());
        }
        let group = &self.scoring.groups[number];
        let accepted = self.group_accepted(number);
        let all = || group.max.clone().unwrap_or_else(Ratio::zero);
        if group.is_graded() {
            return match self.grade(number) {
                Some(grade) => Bounds::exactly(
                    grade
                        .as_ref()
                        .map_or_else(|_| Ratio::zero(), |grade| grade.score.clone()),
                ),
                // No test is left out where there is a grader, so this decides nothing.
                None => Bounds {
                    least: Ratio::zero(),
                    most: group.max.clone(),
                },
            };
        }
        let bounds = if group.aggregate == Aggregate::PassFail {
            match accepted {
                Some(true) => Bounds::exactly(all()),
                Some(false) => Bounds::exactly(Ratio::zero()),
                None => Bounds {
                    least: Ratio::zero(),
                    most: Some(all()),
                },
            }
        } else {
            self.aggregated(number)
        };
        let may_be_barred = group
            .requires
            .iter()
            .any(|other| self.group_accepted(*other).is_none());
        if may_be_barred {
            bounds.with_zero()
        } else {
            bounds
        }
    }

    fn aggregated(&self, number: usize) -> Bounds {
        let group = &self.scoring.groups[number];
        let parts: Vec<Bounds> = group
            .parts
            .iter()
            .filter(|part| self.counts(part))
            .map(|part| self.bounds(part))
            .collect();
        let parts = if group.breaks {
            match self.cut(number) {
                // What is behind the first rejection is not there; before it all is known.
                Some(cut) => parts.into_iter().take(cut).collect(),
                None => return loose(parts, &group.aggregate),
            }
        } else {
            parts
        };
        aggregate(&parts, &group.aggregate, group.max.as_ref())
    }

    /// How many parts of a group that ends with the first rejection there are; `None`: that is not known.
    fn cut(&self, number: usize) -> Option<usize> {
        let mut count = 0;
        for part in &self.scoring.groups[number].parts {
            count += usize::from(self.counts(part));
            match self.accepted(part) {
                Some(true) => {}
                Some(false) => return Some(count),
                None => return None,
            }
        }
        Some(count)
    }
}

/// Bounds that hold whichever parts there will be.
fn loose(parts: Vec<Bounds>, how: &Aggregate) -> Bounds {
    let parts: Vec<Bounds> = parts.into_iter().map(Bounds::with_zero).collect();
    let sum = *how == Aggregate::Sum;
    let least = parts.iter().map(|part| part.least.clone());
    let most = parts.iter().map(|part| part.most.clone());
    if sum {
        return Bounds {
            least: least.sum(),
            most: most
                .collect::<Option<Vec<_>>>()
                .map(|all| all.into_iter().sum()),
        };
    }
    let zero = Ratio::zero;
    Bounds {
        least: least.min().unwrap_or_else(zero),
        most: most
            .collect::<Option<Vec<_>>>()
            .map(|all| all.into_iter().max().unwrap_or_else(zero)),
    }
}

pub(super) fn aggregate(parts: &[Bounds], how: &Aggregate, max: Option<&Ratio>) -> Bounds {
    let least = || parts.iter().map(|part| part.least.clone());
    let most = || -> Option<Vec<Ratio>> { parts.iter().map(|part| part.most.clone()).collect() };
    let zero = Ratio::zero;
    let all = || max.cloned().unwrap_or_else(zero);
    match how {
        Aggregate::Sum => Bounds {
            least: least().sum(),
            most: most().map(|all| all.into_iter().sum()),
        },
        Aggregate::Avg => Bounds {
            least: least().sum::<Ratio>().divided(parts.len()),
            most: most().map(|all| all.into_iter().sum::<Ratio>().divided(parts.len())),
        },
        Aggregate::Min => Bounds {
            least: least().min().unwrap_or_else(zero),
            most: match parts.iter().filter_map(|part| part.most.clone()).min() {
                Some(most) => Some(most),
                None if parts.is_empty() => Some(zero()),
                None => None,
            },
        },
        Aggregate::Max => Bounds {
            least: least().max().unwrap_or_else(zero),
            most: most().map(|all| all.into_iter().max().unwrap_or_else(zero)),
        },
        Aggregate::Mul => Bounds {
            least: all() * least().product(),
            most: most().map(|shares| all() * shares.into_iter().product()),
        },
        Aggregate::Threshold(threshold) => {
            let may_pass = least().all(|least| least <= *threshold);
            let will_pass = most().is_some_and(|most| most.iter().all(|most| most <= threshold));
            Bounds {
                least: if will_pass { all() } else { zero() },
                most: Some(if may_pass { all() } else { zero() }),
            }
        }
        Aggregate::PassFail | Aggregate::Grader(_) => Bounds::exactly(zero()),
    }
}

impl Worth {
    /// The score of a test with this outcome.
    pub(super) fn score(&self, outcome: &Outcome) -> Ratio {
        let most = || self.most.clone().or_else(|| self.accepted.clone());
        match (outcome.verdict, &outcome.value) {
            (Verdict::AC | Verdict::PT, Some(Value::Points(points))) => points.clone(),
            (Verdict::AC | Verdict::PT, Some(Value::Share(share))) => {
                share.clone() * most().unwrap_or_else(Ratio::zero)
            }
            (Verdict::AC, None) => self.accepted.clone().unwrap_or_else(Ratio::zero),
            _ => self.rejected.clone(),
        }
    }

    fn bounds(&self) -> Bounds {
        let Some(accepted) = &self.accepted else {
            return Bounds {
                least: Ratio::zero().min(self.rejected.clone()),
                most: None,
            };
        };
        let mut least = accepted.min(&self.rejected).clone();
        if self.may_score {
            // Without an upper bound the old format has no lower one either; no score is below zero in practice.
            least = least.min(Ratio::zero());
        }
        let most = if self.may_score {
            self.most.clone()
        } else {
            Some(accepted.clone())
        };
        Bounds {
            least,
            most: most.map(|most| most.max(self.rejected.clone())),
        }
    }
}
