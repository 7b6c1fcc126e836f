//! What is wrong with one outcome, and what all of them come to.

use super::course::{Known, Outcome, Walk};
use super::{Part, Scoring, Value, VerdictPolicy, Worth};
use crate::generator::TestNumber;
use crate::ratio::Ratio;
use crate::verdict::Verdict;

/// What all outcomes come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) verdict: Verdict,
    pub(crate) score: Ratio,
    /// For each group but the whole: its name, its score and whether it is accepted.
    pub(crate) groups: Vec<(String, Ratio, bool)>,
    /// For each test whether it counts.
    pub(crate) counted: Vec<bool>,
    /// For each test its greatest score in any group.
    pub(crate) scores: Vec<Option<Ratio>>,
    /// What is the judge's fault, if anything.
    pub(crate) fault: Option<String>,
}

/// From the worst on (package-formats 5.1, verdicts-and-checkers 4.6).
const WORST: [Verdict; 11] = [
    Verdict::JE,
    Verdict::SV,
    Verdict::RTE,
    Verdict::MLE,
    Verdict::TLE,
    Verdict::WTL,
    Verdict::ILE,
    Verdict::OLE,
    Verdict::WA,
    Verdict::NO,
    Verdict::PE,
];

impl Scoring {
    /// Says what is wrong with a checker's points for a test; that is the judge's fault.
    pub(crate) fn fault_of(&self, at: usize, outcome: &Outcome) -> Option<String> {
        let parts = self
            .groups
            .iter()
            .flat_map(|group| group.parts.iter().map(move |part| (part, group.counting)));
        parts
            .filter(|(_, counting)| *counting == super::Counting::Whole)
            .filter_map(|(part, _)| match part {
                Part::Test(worth) if worth.test.index() == at => worth.fault(outcome, self.scored),
                _ => None,
            })
            .next()
    }

    /// What the outcomes come to. Those that are not known are of tests that change nothing.
    pub(crate) fn total(&self, known: Known<'_, '_>) -> Total {
        let walk = Walk::whole(self, known);
        let groups: Vec<(String, Ratio, bool)> = (1..self.groups.len())
            .map(|number| {
                if self.groups[number].is_graded() && !walk.is_there(number) {
                    return (self.groups[number].name.clone(), Ratio::zero(), false);
                }
                let score = walk.group_bounds(number).least;
                let accepted = walk.group_accepted(number) == Some(true);
                (self.groups[number].name.clone(), score, accepted)
            })
            .collect();
        let score = walk.group_bounds(0).least;
        let over = std::iter::once((&self.groups[0].name, &score))
            .chain(groups.iter().map(|(name, score, _)| (name, score)))
            .zip(&self.groups)
            .find(|((_, score), group)| group.max.as_ref().is_some_and(|max| *score > max));
        let over = over.map(|((name, score), _)| {
            format!("group {name:?} has {score} points, which is more than it is worth")
        });
        let fault = self.broken_grader(&walk).or(over);
        let verdict = if fault.is_some() {
            Verdict::JE
        } else {
            self.verdict(&walk, &score)
        };
        // What a grader did not accept as a whole has no score, whatever it says (legacy, "Graders").
        let is_without_score = verdict == Verdict::JE
            || (self.groups[0].is_graded() && walk.group_accepted(0) != Some(true));
        Total {
            verdict,
            score: if is_without_score {
                Ratio::zero()
            } else {
                score
            },
            counted: walk.counted.iter().map(Option::is_some).collect(),
            scores: self.test_scores(&walk, known.tests),
            groups,
            fault,
        }
    }

    /// Why the grader of a group is broken whose result is wanted.
    fn broken_grader(&self, walk: &Walk<'_>) -> Option<String> {
        let there = (0..self.groups.len()).filter(|number| walk.is_there(*number));
        let mut grades = there.filter_map(|number| walk.grade(number));
        grades.find_map(|grade| grade.as_ref().err().cloned())
    }

    /// What kept the whole from being accepted, in the order of the tests. Of what is in a group for a grader only its
    /// word counts.
    fn failures(&self, walk: &Walk<'_>) -> Vec<Verdict> {
        let mut is_inside = vec![false; walk.counted.len()];
        let mut failures = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let tests = || self.tests_of(number).map(TestNumber::index);
            if !group.is_graded() || tests().any(|at| is_inside[at]) {
                continue;
            }
            tests().for_each(|at| is_inside[at] = true);
            if let (Some(Ok(grade)), true) = (walk.grade(number), walk.is_there(number)) {
                failures.extend(tests().min().map(|at| (at, grade.verdict)));
            }
        }
        let tests = walk.counted.iter().enumerate();
        let outside = tests.filter(|(at, _)| !is_inside[*at]);
        failures.extend(outside.filter_map(|(at, outcome)| Some((at, (*outcome)?.verdict))));
        failures.retain(|(_, verdict)| !matches!(verdict, Verdict::AC | Verdict::PT));
        failures.sort_by_key(|(at, _)| *at);
        failures.into_iter().map(|(_, verdict)| verdict).collect()
    }

    fn verdict(&self, walk: &Walk<'_>, score: &Ratio) -> Verdict {
        let mut counted = walk.counted.iter().flatten();
        if counted.any(|outcome| outcome.verdict == Verdict::JE) {
            return Verdict::JE;
        }
        let failures = self.failures(walk);
        if let (true, Some(Ok(grade))) = (self.groups[0].is_graded(), walk.grade(0))
            && grade.verdict != Verdict::AC
        {
            return grade.verdict;
        }
        let is_whole = !self.scored || self.max().is_none_or(|max| score >= max);
        let is_accepted = walk.group_accepted(0) == Some(true);
        match () {
            () if is_accepted && is_whole => Verdict::AC,
            () if self.scored && (is_accepted || !score.is_zero()) => Verdict::PT,
            () => self.policy.choose(&failures),
        }
    }

    fn test_scores(&self, walk: &Walk<'_>, tests: usize) -> Vec<Option<Ratio>> {
        let mut scores = vec![None; tests];
        let parts = self.groups.iter().flat_map(|group| &group.parts);
        for part in parts {
            if let Part::Test(worth) = part
                && let Some(outcome) = walk.counted[worth.test.index()]
            {
                let score = Some(worth.score(outcome));
                let best = &mut scores[worth.test.index()];
                *best = score.max(best.take());
            }
        }
        scores
    }
}

impl VerdictPolicy {
    /// One of the failures; `PT` if there is none and yet not all is accepted.
    pub(super) fn choose(self, failures: &[Verdict]) -> Verdict {
        let count = |verdict: &Verdict| failures.iter().filter(|one| *one == verdict).count();
        let chosen = match self {
            Self::First => failures.first().copied(),
            Self::Worst => WORST.into_iter().find(|verdict| failures.contains(verdict)),
            // The last of equal maxima is taken, so the search goes backwards.
            Self::Majority => failures.iter().rev().max_by_key(|one| count(one)).copied(),
        };
        chosen.or(failures.first().copied()).unwrap_or(Verdict::PT)
    }
}

impl Worth {
    fn fault(&self, outcome: &Outcome, scored: bool) -> Option<String> {
        let (zero, one) = (Ratio::zero(), Ratio::one());
        match (&outcome.value, outcome.verdict) {
            (None, Verdict::PT) => Some("partially accepted without points".to_owned()),
            (None, Verdict::AC) if self.accepted.is_none() => {
                Some("accepted without a score, although the test has no bound".to_owned())
            }
            (Some(_), _) if !scored || !self.may_score => {
                Some("the checker gave a score, but the test has none".to_owned())
            }
            (Some(Value::Points(points)), _) => match &self.most {
                Some(most) if points > most || *points < zero => {
                    Some(format!("{points} points are not between 0 and {most}"))
                }
                _ => None,
            },
            (Some(Value::Share(_)), _) if self.most.is_none() => {
                Some("the checker gave a share of a score that has no bound".to_owned())
            }
            (Some(Value::Share(share)), _) if *share > one || *share < zero => {
                Some(format!("the share {share} is not between 0 and 1"))
            }
            _ => None,
        }
    }
}

/// Verdict and score of all outcomes, whether they matter or not; `None`: one is at fault.
#[cfg(test)]
pub(super) fn run_all(
    scoring: &Scoring,
    outcomes: &[(Verdict, Option<Value>)],
) -> Option<(Verdict, Ratio)> {
    let outcomes: Vec<Outcome> = outcomes
        .iter()
        .map(|(verdict, value)| Outcome {
            verdict: *verdict,
            value: value.clone(),
        })
        .collect();
    let mut faults = outcomes.iter().enumerate();
    if faults.any(|(at, outcome)| scoring.fault_of(at, outcome).is_some()) {
        return None;
    }
    let mut walk = Walk::new(scoring, outcomes.len(), &[]);
    walk.counted = outcomes.iter().map(Some).collect();
    let score = walk.group_bounds(0).least;
    let verdict = scoring.verdict(&walk, &score);
    Some((verdict, score))
}
