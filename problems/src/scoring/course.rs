//! What is known of a submission's tests, and which of them can still change the result.
//!
//! The result is that of running the tests one by one in their order and leaving out each that can change nothing any
//! more. So what is known of later tests never makes an earlier one needless, and of tests that run at once the result
//! of one that turns out to be needless is not looked at.

use std::cell::RefCell;

use super::{Acceptance, Aggregate, Counting, Part, Scoring, Worth};
use crate::grader::Grade;
use crate::ratio::Ratio;
use crate::verdict::Verdict;

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its verdict.
    pub(crate) verdict: Verdict,
    /// What its checker gave.
    pub(crate) value: Option<super::Value>,
}

impl Outcome {
    /// An outcome without points.
    pub(crate) fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            value: None,
        }
    }
}

/// What is known so far.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a, 'b> {
    /// How many tests there are.
    pub(crate) tests: usize,
    /// The outcomes, by the tests' places.
    pub(crate) outcome: &'b dyn Fn(usize) -> Option<&'a Outcome>,
    /// What graders have said, by the groups' places; the error says why one is broken. May be shorter than the groups.
    pub(crate) grades: &'a [Option<Result<Grade, String>>],
}

/// Says of each test in turn whether it is to be run, given those before it.
pub(super) struct Walk<'a> {
    pub(super) scoring: &'a Scoring,
    /// Where each test stands: groups and places in them.
    places: Vec<Vec<(usize, usize)>>,
    /// For each group the group that it is part of, and its place in it.
    owners: Vec<Option<(usize, usize)>>,
    /// The outcomes of the tests that count so far.
    pub(super) counted: Vec<Option<&'a Outcome>>,
    /// What was found out of each group's acceptance since the last of them was counted: groups that require each other
    /// in a row would else be looked at again and again, twice as often with each of them.
    found: RefCell<Vec<Option<Option<bool>>>>,
    grades: &'a [Option<Result<Grade, String>>],
    /// Whether a grader is asked about any group: nobody knows what it makes of a result.
    is_graded: bool,
}

impl Scoring {
    /// The tests that are to be run, as far as is known: those whose outcome could still change the result, whatever
    /// the others come to. A test whose outcome is known and counts is among them.
    pub(crate) fn needed(&self, known: Known<'_, '_>) -> Vec<bool> {
        let mut walk = Walk::new(self, known.tests, known.grades);
        (0..known.tests).map(|at| walk.go_on(at, known)).collect()
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        scoring: &'a Scoring,
        tests: usize,
        grades: &'a [Option<Result<Grade, String>>],
    ) -> Self {
        let mut places = vec![Vec::new(); tests];
        let mut owners = vec![None; scoring.groups.len()];
        for (number, group) in scoring.groups.iter().enumerate() {
            for (place, part) in group.parts.iter().enumerate() {
                match part {
                    Part::Group(inner) => owners[*inner] = Some((number, place)),
                    Part::Test(worth) => places[worth.test.index()].push((number, place)),
                }
            }
        }
        Self {
            scoring,
            places,
            owners,
            counted: vec![None; tests],
            found: RefCell::new(vec![None; scoring.groups.len()]),
            grades,
            is_graded: scoring.is_graded(),
        }
    }

    /// All tests that matter.
    pub(super) fn whole<'k: 'a>(scoring: &'a Scoring, known: Known<'k, '_>) -> Self {
        let mut walk = Self::new(scoring, known.tests, known.grades);
        for at in 0..known.tests {
            walk.go_on(at, known);
        }
        walk
    }

    /// Goes on to the next test; says whether it matters.
    fn go_on<'k: 'a>(&mut self, at: usize, known: Known<'k, '_>) -> bool {
        let matters = self.matters(at);
        if matters {
            self.count(at, (known.outcome)(at));
        }
        matters
    }

    /// What the grader has said of a group, if it was asked.
    pub(super) fn grade(&self, number: usize) -> Option<&'a Result<Grade, String>> {
        self.grades.get(number).and_then(Option::as_ref)
    }

    /// The group that a group is in, and its place in it.
    pub(super) fn owner(&self, number: usize) -> Option<(usize, usize)> {
        self.owners[number]
    }

    /// From now on a test's outcome counts.
    pub(super) fn count(&mut self, at: usize, outcome: Option<&'a Outcome>) {
        self.counted[at] = outcome;
        self.found.get_mut().fill(None);
    }

    /// Says whether a test can change the result.
    pub(super) fn matters(&self, at: usize) -> bool {
        let always = |group: &super::ScoringGroup| group.counting != Counting::Whole;
        self.places[at].iter().any(|(group, place)| {
            self.is_reached(*group, *place)
                && (self.is_graded
                    || self.scoring.policy != super::VerdictPolicy::First
                    || self
                        .path(*group, *place)
                        .any(|(group, _)| always(&self.scoring.groups[group]))
                    || self.may_change_score(*group, *place)
                    || self.may_change_acceptance(*group, *place, None)
                    || self.may_be_required(*group, *place))
        })
    }

    /// A part, the group that it is in, the group that this is in, and so on.
    fn path(&self, group: usize, place: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        std::iter::successors(Some((group, place)), |(group, _)| self.owners[*group])
    }

    /// Says that nothing known keeps a part from being run: no rejected part before it where that ends the group, and no
    /// failed requirement.
    pub(super) fn is_reached(&self, group: usize, place: usize) -> bool {
        self.path(group, place).all(|(number, place)| {
            let group = &self.scoring.groups[number];
            let rejected = |part: &Part| self.accepted(part) == Some(false);
            let ends = group.breaks && group.parts[..place].iter().any(rejected);
            !ends && !self.is_barred(number)
        })
    }

    /// Says whether a group requires one that is known to have failed, or not to be run.
    pub(super) fn is_barred(&self, number: usize) -> bool {
        let mut required = self.scoring.groups[number].requires.iter();
        required.any(|other| {
            self.group_accepted(*other) == Some(false) || self.is_within_barred(*other)
        })
    }

    /// Says whether a group that this one is in is barred.
    fn is_within_barred(&self, number: usize) -> bool {
        self.owners[number]
            .is_some_and(|(owner, _)| self.is_barred(owner) || self.is_within_barred(owner))
    }

    fn may_change_score(&self, group: usize, place: usize) -> bool {
        self.scoring.scored
            && self.path(group, place).all(|(number, place)| {
                let group = &self.scoring.groups[number];
                let counts = self.owners[number].is_none() || group.counting == Counting::Whole;
                counts && self.is_open(number, place)
            })
    }

    /// Says whether a part's score can change its group's.
    fn is_open(&self, number: usize, place: usize) -> bool {
        let group = &self.scoring.groups[number];
        let others = || {
            let parts = group.parts.iter().enumerate();
            let others = parts.filter(move |(at, part)| *at != place && self.counts(part));
            others.map(|(_, part)| self.bounds(part))
        };
        if group.aggregate == Aggregate::PassFail {
            // Whether a part has points of its own does not matter here.
            return self.may_change_acceptance(number, place, Some(number));
        }
        let own = self.bounds(&group.parts[place]);
        if own.is_decided() {
            return false;
        }
        // Where the first rejection ends the group, nobody knows which of the others there will be.
        if group.breaks {
            return true;
        }
        match &group.aggregate {
            Aggregate::PassFail | Aggregate::Sum | Aggregate::Avg | Aggregate::Grader(_) => true,
            Aggregate::Min => others().all(|other| other.most.is_none_or(|most| own.least < most)),
            Aggregate::Max => {
                others().all(|other| own.most.as_ref().is_none_or(|most| *most > other.least))
            }
            Aggregate::Mul => others().all(|other| other.most.is_none_or(|most| !most.is_zero())),
            Aggregate::Threshold(threshold) => others().all(|other| other.least <= *threshold),
        }
    }

    /// Says whether a part can decide whether the whole, or a group that it is in, is accepted.
    fn may_change_acceptance(&self, group: usize, place: usize, up_to: Option<usize>) -> bool {
        for (number, place) in self.path(group, place) {
            let group = &self.scoring.groups[number];
            if group.counting == Counting::Nothing && up_to != Some(number) {
                return false;
            }
            let mut others = group
                .parts
                .iter()
                .enumerate()
                .filter(|(at, part)| *at != place && self.counts_for_acceptance(part));
            let is_open = match group.acceptance {
                Acceptance::All => others.all(|(_, part)| self.accepted(part) != Some(false)),
                Acceptance::Any => others.all(|(_, part)| self.accepted(part) != Some(true)),
                Acceptance::Always => false,
            };
            if !is_open {
                return false;
            }
            if up_to == Some(number) {
                break;
            }
        }
        true
    }

    /// Says whether a part can decide whether a group that matters may be run.
    fn may_be_required(&self, group: usize, place: usize) -> bool {
        self.path(group, place).any(|(number, _)| {
            let requiring = self.scoring.groups.iter().enumerate();
            let mut requiring = requiring.filter(|(_, one)| one.requires.contains(&number));
            requiring.any(|(other, _)| self.could_matter(other))
                && self.may_change_acceptance(group, place, Some(number))
        })
    }

    /// Says whether any part of a group can change the result.
    fn could_matter(&self, number: usize) -> bool {
        let parts = self.scoring.groups[number].parts.iter().enumerate();
        parts.into_iter().any(|(place, part)| {
            self.is_reached(number, place)
                && match part {
                    Part::Group(inner) => self.could_matter(*inner),
                    Part::Test(worth) => {
                        self.counted[worth.test.index()].is_none()
                            && (self.may_change_score(number, place)
                                || self.may_change_acceptance(number, place, None)
                                || self.may_be_required(number, place))
                    }
                }
        })
    }

    pub(super) fn counts(&self, part: &Part) -> bool {
        match part {
            Part::Group(inner) => self.scoring.groups[*inner].counting == Counting::Whole,
            Part::Test(_) => true,
        }
    }

    pub(super) fn counts_for_acceptance(&self, part: &Part) -> bool {
        match part {
            Part::Group(inner) => self.scoring.groups[*inner].counting != Counting::Nothing,
            Part::Test(_) => true,
        }
    }

    /// Whether a part is accepted, as far as is known.
    pub(super) fn accepted(&self, part: &Part) -> Option<bool> {
        match part {
            Part::Group(inner) => self.group_accepted(*inner),
            Part::Test(worth) => {
                self.counted[worth.test.index()].map(|outcome| worth.is_accepted(outcome))
            }
        }
    }

    /// Whether a group is accepted, as far as is known.
    pub(super) fn group_accepted(&self, number: usize) -> Option<bool> {
        let found = self.found.borrow()[number];
        found.unwrap_or_else(|| {
            let accepted = self.find_accepted(number);
            self.found.borrow_mut()[number] = Some(accepted);
            accepted
        })
    }

    fn find_accepted(&self, number: usize) -> Option<bool> {
        if self.is_barred(number) {
            return Some(false);
        }
        let group = &self.scoring.groups[number];
        if group.is_graded() {
            return self.grade(number).map(Grade::accepts);
        }
        let parts = group
            .parts
            .iter()
            .filter(|part| self.counts_for_acceptance(part));
        let mut parts = parts.map(|part| self.accepted(part));
        let decides = match group.acceptance {
            Acceptance::All => false,
            Acceptance::Any => true,
            Acceptance::Always => return Some(true),
        };
        if parts.clone().any(|accepted| accepted == Some(decides)) {
            return Some(decides);
        }
        parts.all(|accepted| accepted.is_some()).then_some(!decides)
    }
}

impl Worth {
    /// Accepted, and with all the points that there are.
    pub(super) fn is_accepted(&self, outcome: &Outcome) -> bool {
        match outcome.verdict {
            Verdict::AC => true,
            Verdict::PT if self.any_points => true,
            Verdict::PT => match (&outcome.value, &self.most) {
                (Some(super::Value::Points(points)), Some(most)) => points == most,
                (Some(super::Value::Share(share)), _) => *share == Ratio::one(),
                (_, None) => true,
                (None, _) => false,
            },
            _ => false,
        }
    }
}
