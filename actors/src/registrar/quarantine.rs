//! A problem whose checker is broken keeps out of the others' way: its submissions are judged one at a time until the
//! checker works again. Pure.
//!
//! They are judged all the same, since one submission's trouble with a checker need not be the next one's.

use std::collections::{BTreeMap, VecDeque};

use tribunal_problems::Verdict;

use crate::ids::SubmissionId;
use crate::report::BuildReport;

/// So many submissions in a row, without one that was checked in between, and the problem is in quarantine.
const STRIKES: u32 = 3;

/// What a judgement says of the jury's programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JuryPrograms {
    /// One is broken.
    Broken,
    /// They have judged.
    Worked,
    /// They were not asked.
    Unknown,
}

impl JuryPrograms {
    pub(super) fn in_report(report: &BuildReport) -> Self {
        let tests = &report.tests;
        let grader = report.fault.as_ref();
        let is_grader_broken = grader.is_some_and(|fault| fault.of_the_jury);
        if is_grader_broken || tests.iter().any(|test| test.jury_fault) {
            return Self::Broken;
        }
        let judged = |verdict| !matches!(verdict, Verdict::SK | Verdict::JE);
        if tests.iter().any(|test| judged(test.verdict)) {
            Self::Worked
        } else {
            Self::Unknown
        }
    }
}

/// All problems with submissions in work or with strikes.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    problems: BTreeMap<String, Suspect>,
}

#[derive(Debug, Default)]
struct Suspect {
    strikes: u32,
    running: usize,
    parked: VecDeque<SubmissionId>,
}

impl Suspect {
    fn is_in_quarantine(&self) -> bool {
        self.strikes >= STRIKES
    }
}

impl Quarantine {
    /// Says whether a submission may be judged now; else it is kept here until it may.
    pub(super) fn begin(&mut self, problem: &str, id: SubmissionId) -> bool {
        let suspect = self.problems.entry(problem.to_owned()).or_default();
        if suspect.is_in_quarantine() && suspect.running > 0 {
            suspect.parked.push_back(id);
            return false;
        }
        suspect.running += 1;
        true
    }

    /// A judgement has ended; those that may be begun now.
    pub(super) fn ended(&mut self, problem: &str, programs: JuryPrograms) -> Vec<SubmissionId> {
        let Some(suspect) = self.problems.get_mut(problem) else {
            return Vec::new();
        };
        suspect.running -= 1;
        let before = suspect.is_in_quarantine();
        match programs {
            JuryPrograms::Broken => suspect.strikes = suspect.strikes.saturating_add(1),
            JuryPrograms::Worked => suspect.strikes = 0,
            JuryPrograms::Unknown => {}
        }
        match (before, suspect.is_in_quarantine()) {
            (false, true) => log::error!(
                "problem {problem} is in quarantine, since its checker was broken {STRIKES} times in a row: its submissions \
                 are judged one at a time until it works"
            ),
            (true, false) => {
                log::warn!("problem {problem} is out of quarantine: its checker works");
            }
            _ => {}
        }
        if !suspect.is_in_quarantine() {
            let free = suspect.parked.drain(..).collect();
            if suspect.running == 0 && suspect.strikes == 0 {
                self.problems.remove(problem);
            }
            return free;
        }
        let next = match suspect.running {
            0 => suspect.parked.pop_front(),
            _ => None,
        };
        next.into_iter().collect()
    }

    /// How many submissions are kept here.
    pub(super) fn parked(&self) -> usize {
        let suspects = self.problems.values();
        suspects.map(|suspect| suspect.parked.len()).sum()
    }

    /// Whether this one is.
    pub(super) fn has(&self, id: SubmissionId) -> bool {
        let mut suspects = self.problems.values();
        suspects.any(|suspect| suspect.parked.contains(&id))
    }

    /// The problems in quarantine.
    pub(super) fn problems(&self) -> Vec<String> {
        let suspects = self.problems.iter();
        let bad = suspects.filter(|(_, suspect)| suspect.is_in_quarantine());
        bad.map(|(problem, _)| problem.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> SubmissionId {
        SubmissionId(number)
    }

    fn struck(strikes: u32) -> Quarantine {
        let mut quarantine = Quarantine::default();
        for number in 0..strikes {
            assert!(quarantine.begin("a", id(i64::from(number))));
            assert_eq!(quarantine.ended("a", JuryPrograms::Broken), []);
        }
        quarantine
    }

    #[test]
    fn three_in_a_row_and_they_go_one_at_a_time() {
        let mut quarantine = struck(3);
        assert_eq!(quarantine.problems(), ["a"]);
        assert!(quarantine.begin("a", id(10)));
        assert!(!quarantine.begin("a", id(11)));
        assert!(!quarantine.begin("a", id(12)));
        assert!(quarantine.begin("b", id(13)), "others go on");
        assert_eq!(quarantine.parked(), 2);
        assert!(quarantine.has(id(12)) && !quarantine.has(id(10)));
        assert_eq!(quarantine.ended("a", JuryPrograms::Broken), [id(11)]);
        assert!(quarantine.begin("a", id(11)));
        assert_eq!(quarantine.ended("b", JuryPrograms::Worked), []);
        // It was one submission's trouble only.
        assert_eq!(quarantine.ended("a", JuryPrograms::Worked), [id(12)]);
        assert_eq!(quarantine.problems(), [""; 0]);
        assert!(quarantine.begin("a", id(12)) && quarantine.begin("a", id(14)));
    }

    #[test]
    fn a_check_that_works_in_between_forgives() {
        let mut quarantine = struck(2);
        assert!(quarantine.begin("a", id(10)));
        quarantine.ended("a", JuryPrograms::Worked);
        assert!(quarantine.begin("a", id(11)));
        quarantine.ended("a", JuryPrograms::Broken);
        assert_eq!(quarantine.problems(), [""; 0]);
    }

    #[test]
    fn what_was_not_checked_says_nothing() {
        let mut quarantine = struck(3);
        assert!(quarantine.begin("a", id(10)));
        assert!(!quarantine.begin("a", id(11)));
        assert_eq!(quarantine.ended("a", JuryPrograms::Unknown), [id(11)]);
        assert_eq!(quarantine.problems(), ["a"]);
    }

    #[test]
    fn those_that_ran_when_it_began_end_first() {
        let mut quarantine = struck(2);
        for number in 10..13 {
            assert!(quarantine.begin("a", id(number)));
        }
        assert_eq!(quarantine.ended("a", JuryPrograms::Broken), []);
        assert!(!quarantine.begin("a", id(13)));
        assert_eq!(quarantine.ended("a", JuryPrograms::Broken), []);
        assert_eq!(quarantine.parked(), 1, "nothing is lost");
        assert_eq!(quarantine.ended("a", JuryPrograms::Broken), [id(13)]);
    }
}
