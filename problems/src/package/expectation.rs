//! What the jury expects of its submissions, and whether it came so.

use std::time::Duration;

use super::glob::Glob;
use super::model::JurySubmission;
use crate::ratio::Ratio;
use crate::verdict::Verdict::{self, AC, RTE, TLE, WA};

/// What some tests of a submission have to come to (package-formats 5.2, `submissions.yaml`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// What says so, for people: a directory, or a pattern of `submissions.yaml`.
    pub from: String,
    /// Which tests or groups; `None`: all.
    pub tests: Option<Glob>,
    /// What each may get (simplified); `None`: anything.
    pub permitted: Option<Vec<Verdict>>,
    /// What one of them has to get (simplified); `None`: anything.
    pub required: Option<Vec<Verdict>>,
    /// The least and the greatest score, of the submission or of the group.
    pub score: Option<(Ratio, Ratio)>,
    /// What the checker has to say of one of them.
    pub message: Option<String>,
    /// Whether it has a say in the time limit; `None`: as the verdicts say.
    pub timing: Option<TimingUse>,
}

/// Whether a submission has a say in the time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimingUse {
    /// It has none.
    None,
    /// The limit has to be long enough for it.
    Lower,
    /// The limit has to be too short for it.
    Upper,
}

/// What came of a submission on one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedTest {
    /// The test.
    pub name: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// What the checker said.
    pub message: String,
    /// How long the submission took.
    pub time: Duration,
}

/// What came of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Its verdict as a whole.
    pub verdict: Verdict,
    /// Its score, where there is one.
    pub score: Option<Ratio>,
    /// The groups' scores by their names.
    pub groups: Vec<(String, Ratio)>,
    /// Each test that was run.
    pub tests: Vec<JudgedTest>,
}

impl Rule {
    fn applies_to(&self, test: &str) -> bool {
        self.tests.as_ref().is_none_or(|tests| tests.matches(test))
    }

    /// Says that a too slow submission breaks it.
    #[must_use]
    pub fn bounds_from_below(&self) -> bool {
        match self.timing {
            Some(given) => given == TimingUse::Lower,
            None => self
                .permitted
                .as_ref()
                .is_some_and(|may| !may.contains(&TLE)),
        }
    }

    /// Says that only a too slow submission keeps it.
    #[must_use]
    pub fn bounds_from_above(&self) -> bool {
        match self.timing {
            Some(given) => given == TimingUse::Upper,
            None => self.required.as_deref() == Some(&[TLE]),
        }
    }

    /// How long the slowest of the tests took to which it applies.
    #[must_use]
    pub fn slowest(&self, tests: &[JudgedTest]) -> Option<Duration> {
        let tests = tests.iter().filter(|test| self.applies_to(&test.name));
        tests.map(|test| test.time).max()
    }

    fn faults(&self, judged: &Judged, faults: &mut Vec<String>) {
        let tests = || {
            judged
                .tests
                .iter()
                .filter(|test| self.applies_to(&test.name))
        };
        let simple = |test: &JudgedTest| test.verdict.simplified();
        let of = |tests: &Glob| format!(" of {}", tests.as_str());
        let place = self.tests.as_ref().map(of).unwrap_or_default();
        if let Some(permitted) = &self.permitted {
            let wrong =
                |test: &&JudgedTest| simple(test).is_none_or(|one| !permitted.contains(&one));
            if let Some(test) = tests().find(wrong) {
                let may = words(permitted);
                faults.push(format!(
                    "{}: {} is {}, permitted is {may}",
                    self.from, test.name, test.verdict
                ));
            }
        }
        if let Some(required) = &self.required {
            let fits = |test: &JudgedTest| simple(test).is_some_and(|one| required.contains(&one));
            if !tests().any(fits) {
                faults.push(format!(
                    "{}: no test{place} is {}",
                    self.from,
                    words(required)
                ));
            }
        }
        if let Some(message) = &self.message
            && !tests().any(|test| test.message.contains(message.as_str()))
        {
            faults.push(format!(
                "{}: no message{place} has {message:?} in it",
                self.from
            ));
        }
        if let Some((least, most)) = &self.score {
            let group = |tests: &Glob| {
                let mut groups = judged.groups.iter();
                let found = groups.find(|(name, _)| name == tests.as_str());
                found.map(|(_, score)| score)
            };
            let score = match &self.tests {
                Some(tests) => group(tests),
                None => judged.score.as_ref(),
            };
            // Scores are told with six places.
            let slack = Ratio::new(1, 1_000_000).unwrap_or_else(Ratio::zero);
            match score {
                Some(score)
                    if *least <= score.clone() + slack.clone()
                        && score.clone() <= most.clone() + slack.clone() => {}
                Some(score) if least == most => {
                    faults.push(format!(
                        "{}: the score{place} is {score}, not {least}",
                        self.from
                    ));
                }
                Some(score) => faults.push(format!(
                    "{}: the score{place} is {score}, not from {least} to {most}",
                    self.from
                )),
                None => faults.push(format!("{}: there is no score{place}", self.from)),
            }
        }
    }
}

impl JurySubmission {
    /// Says whether the jury expected this verdict of the submission as a whole.
    #[must_use]
    pub fn expects(&self, verdict: Verdict) -> bool {
        let simple = match verdict {
            Verdict::CE | Verdict::CTL => Some(Verdict::CE),
            other => other.simplified(),
        };
        self.expected.contains(&verdict)
            || simple.is_some_and(|simple| self.expected.contains(&simple))
    }

    /// What came otherwise than the jury expected.
    #[must_use]
    pub fn faults(&self, judged: &Judged) -> Vec<String> {
        let is_compiled = !matches!(judged.verdict, Verdict::CE | Verdict::CTL | Verdict::JE);
        if !is_compiled {
            return if self.expects(judged.verdict) {
                Vec::new()
            } else {
                vec![format!("the verdict is {}", judged.verdict)]
            };
        }
        let mut faults = Vec::new();
        for rule in &self.rules {
            rule.faults(judged, &mut faults);
        }
        // A part of the points is no acceptance for those who expect a failure.
        let failed = judged
            .tests
            .iter()
            .find_map(|test| test.verdict.simplified().filter(|simple| *simple != AC));
        let fits = self.expects(judged.verdict)
            || (judged.verdict == Verdict::PT
                && failed.is_some_and(|failed| self.expected.contains(&failed)));
        if faults.is_empty() && !fits {
            faults.push(format!("the verdict is {}", judged.verdict));
        }
        faults
    }

    /// The rules by which the time limit has to be long enough for it.
    pub fn lower_bounds(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.bounds_from_below())
    }

    /// The rules by which the time limit has to be too short for it.
    pub fn upper_bounds(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.bounds_from_above())
    }
}

/// What the jury's submissions of a directory have to come to.
pub(super) struct Expectation {
    pub(super) whole: Vec<Verdict>,
    pub(super) rules: Vec<Rule>,
}

impl Expectation {
    /// One rule for all tests.
    pub(super) fn of(
        from: &str,
        whole: &[Verdict],
        permitted: Option<&[Verdict]>,
        required: Option<&[Verdict]>,
    ) -> Self {
        Self {
            whole: whole.to_vec(),
            rules: vec![Rule {
                from: from.to_owned(),
                permitted: permitted.map(<[_]>::to_vec),
                required: required.map(<[_]>::to_vec),
                ..Rule::default()
            }],
        }
    }

    /// By the directory's name (package-formats 5.1, 5.2); `None`: the directory says nothing.
    pub(super) fn of_directory(directory: &str, legacy: bool) -> Option<Self> {
        let of = |whole: &[Verdict], may: Option<&[Verdict]>, must: Option<&[Verdict]>| {
            Some(Self::of(directory, whole, may, must))
        };
        match directory {
            "accepted" => of(&[AC], Some(&[AC]), None),
            "partially_accepted" if legacy => of(&[Verdict::PT], None, None),
            "rejected" => of(&[WA, TLE, RTE], None, Some(&[RTE, TLE, WA])),
            "wrong_answer" => of(&[WA], Some(&[AC, WA]), Some(&[WA])),
            "time_limit_exceeded" if legacy => of(&[TLE, WA], Some(&[AC, WA, TLE]), Some(&[TLE])),
            "time_limit_exceeded" => of(&[TLE], Some(&[AC, TLE]), Some(&[TLE])),
            "run_time_error" if legacy => of(&[RTE, WA, TLE], None, Some(&[RTE])),
            "run_time_error" => of(&[RTE], Some(&[AC, RTE]), Some(&[RTE])),
            "brute_force" => of(&[TLE, RTE], Some(&[AC, RTE, TLE]), Some(&[RTE, TLE])),
            "compiler_error" => of(&[Verdict::CE], None, None),
            _ => None,
        }
    }
}

fn words(verdicts: &[Verdict]) -> String {
    let words: Vec<&str> = verdicts.iter().map(|one| one.word()).collect();
    words.join(" or ")
}

#[cfg(test)]
mod tests;
