//! How tests' results become a score, in each version of the format.

use super::data::{Data, DataEntry, DataGroup};
use crate::generator::TestNumber;
use crate::package::error::PackageError;
use crate::ratio::Ratio;
use crate::scoring::{
    Acceptance, Aggregate, Counting, Part, Scoring, ScoringGroup, VerdictPolicy, Worth,
};

mod v2025;

pub(super) use v2025::v2025;

/// The old formats' graders as a tree (package-formats 5.1). Each directory is a group.
pub(super) fn legacy(
    data: &Data,
    scored: bool,
    may_score: bool,
    has_grader: bool,
) -> Result<Scoring, PackageError> {
    let mut policy = VerdictPolicy::Worst;
    let mut ignores_sample = false;
    let mut groups = Vec::with_capacity(data.groups.len());
    for (at, group) in data.groups.iter().enumerate() {
        let settings = &group.settings;
        let wrong = |key: &str, problem: &str| {
            Err(PackageError::content(&settings.file, problem).at_key(&settings.text, key))
        };
        check_scoring_keys(group, scored)?;
        let is_graded = settings.custom_grading == Some(true);
        if is_graded && !scored {
            return wrong("grading", "grading: custom is for scoring problems only");
        }
        if is_graded && !has_grader {
            let problem = "grading is custom, but there is no grader in graders/";
            return wrong("grading", problem);
        }
        let flags = if is_graded {
            Flags::for_grader(group)
        } else {
            Flags::of_default(group, at == 0)?
        };
        if at == 0 && flags.first_error {
            policy = VerdictPolicy::First;
        }
        ignores_sample |= at == 0 && flags.ignore_sample;
        let parts = group.entries.iter().map(|entry| match entry {
            DataEntry::Group(inner) => Part::Group(*inner),
            DataEntry::Test(test) => Part::Test(legacy_worth(group, *test, may_score)),
        });
        groups.push(ScoringGroup {
            name: group.name.clone(),
            parts: parts.collect(),
            aggregate: flags.aggregate,
            max: settings
                .range
                .clone()
                .and_then(|(_, most)| most)
                .filter(|_| scored),
            acceptance: flags.acceptance,
            requires: Vec::new(),
            breaks: settings.on_reject.unwrap_or(true),
            counting: Counting::Whole,
            policy: Some(if flags.first_error {
                VerdictPolicy::First
            } else {
                VerdictPolicy::Worst
            }),
        });
    }
    for group in groups
        .iter_mut()
        .filter(|group| ignores_sample && group.name == "sample")
    {
        group.counting = Counting::Nothing;
    }
    // What is not scored and ends with the first failure has that failure's verdict, whatever the grader is called.
    let ends_early = groups.iter().all(|group| group.breaks);
    Ok(Scoring {
        groups,
        policy: if ends_early {
            VerdictPolicy::First
        } else {
            policy
        },
        scored,
    })
}

/// Scores of tests are for scoring problems.
fn check_scoring_keys(group: &DataGroup, scored: bool) -> Result<(), PackageError> {
    let own = &group.own;
    for (key, is_there) in [
        ("accept_score", own.accept_score.is_some()),
        ("reject_score", own.reject_score.is_some()),
    ] {
        if is_there && !scored {
            let problem = format!("{key} is for scoring problems only");
            return Err(PackageError::content(&own.file, problem).at_key(&own.text, key));
        }
    }
    Ok(())
}

/// What `grader_flags` mean.
struct Flags {
    first_error: bool,
    ignore_sample: bool,
    acceptance: Acceptance,
    aggregate: Aggregate,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            first_error: false,
            ignore_sample: false,
            acceptance: Acceptance::All,
            aggregate: Aggregate::Sum,
        }
    }
}

impl Flags {
    /// Those of a group that the default grader is asked about, which knows no others than its own.
    fn of_default(group: &DataGroup, is_whole: bool) -> Result<Self, PackageError> {
        let settings = &group.settings;
        let wrong = |problem: String| {
            let error = PackageError::content(&settings.file, problem);
            Err(error.at_key(&settings.text, "grader_flags"))
        };
        let mut flags = Self::default();
        for flag in words(settings.grader_flags.as_deref()) {
            if !flags.take(flag) {
                return wrong(format!("the default grader has no flag {flag:?}"));
            }
            if flag == "ignore_sample" && !is_whole && group.own.grader_flags.is_some() {
                return wrong("ignore_sample is for the whole only".to_owned());
            }
        }
        Ok(flags)
    }

    /// Those of a group that the package's own grader is asked about: its arguments.
    fn for_grader(group: &DataGroup) -> Self {
        let args = words(group.settings.grader_flags.as_deref());
        Self {
            aggregate: Aggregate::Grader(args.map(str::to_owned).collect()),
            ..Self::default()
        }
    }

    /// Of several that contradict each other the last one counts.
    fn take(&mut self, flag: &str) -> bool {
        match flag {
            "worst_error" => self.first_error = false,
            "first_error" => self.first_error = true,
            "ignore_sample" => self.ignore_sample = true,
            "always_accept" => self.acceptance = Acceptance::Always,
            "accept_if_any_accepted" => self.acceptance = Acceptance::Any,
            "sum" => self.aggregate = Aggregate::Sum,
            "avg" => self.aggregate = Aggregate::Avg,
            "min" => self.aggregate = Aggregate::Min,
            "max" => self.aggregate = Aggregate::Max,
            _ => return false,
        }
        true
    }
}

fn words(flags: Option<&str>) -> impl Iterator<Item = &str> {
    flags.unwrap_or_default().split_whitespace()
}

fn legacy_worth(group: &DataGroup, test: usize, may_score: bool) -> Worth {
    let settings = &group.settings;
    let number = TestNumber::at(test);
    let accepted = settings.accept_score.clone().unwrap_or_else(Ratio::one);
    Worth {
        test: number,
        most: match &settings.range {
            Some((_, most)) => most.clone(),
            None if may_score => None,
            None => Some(accepted.clone()),
        },
        accepted: Some(accepted),
        rejected: settings.reject_score.clone().unwrap_or_else(Ratio::zero),
        may_score,
        any_points: true,
    }
}

/// The old grader as DOMjudge has it: `accept_score` is a group's as a whole, nothing is inherited, and a directory without
/// a file of its own, such as that of the samples, does not count.
pub(super) fn domjudge(data: &Data, may_score: bool) -> Result<Scoring, PackageError> {
    let mut scoring = legacy(data, true, may_score, false)?;
    scoring.policy = VerdictPolicy::First;
    for (group, scored) in data.groups.iter().zip(&mut scoring.groups) {
        let own = &group.own;
        let is_leaf = group
            .entries
            .iter()
            .all(|entry| matches!(entry, DataEntry::Test(_)));
        scored.policy = None;
        scored.breaks = own.on_reject.unwrap_or(true);
        scored.max = None;
        if own.file.is_empty() {
            scored.counting = Counting::Acceptance;
        }
        if is_leaf && !(may_score && own.accept_score.is_none()) {
            scored.aggregate = Aggregate::PassFail;
            scored.max = Some(own.accept_score.clone().unwrap_or_else(Ratio::zero));
        }
        if own.file.is_empty() || scored.aggregate == Aggregate::PassFail {
            for part in &mut scored.parts {
                if let Part::Test(worth) = part {
                    *worth = Worth::nothing(worth.test);
                    if own.file.is_empty() {
                        // Points of what does not count are ignored, and no reason not to accept it.
                        worth.most = None;
                    }
                }
            }
        }
    }
    Ok(scoring)
}
