//! Groups and their scores by the rules of 2025-09.

use super::super::data::{Data, DataEntry, DataGroup};
use super::super::group_file::{Aggregation, MaxScore, StaticScore};
use crate::generator::TestNumber;
use crate::package::error::PackageError;
use crate::ratio::Ratio;
use crate::scoring::{Aggregate, Counting, Part, Scoring, ScoringGroup, VerdictPolicy, Worth};

const SECRET_MAX: u32 = 100;

/// The rules of 2025-09: samples, and `secret` with tests or with groups (package-formats 5.2).
pub(in crate::package::kattis) fn v2025(
    data: &Data,
    scored: bool,
) -> Result<Scoring, PackageError> {
    check_placement(data)?;
    if !scored {
        for group in &data.groups {
            let own = &group.own;
            for (key, is_there) in [
                ("max_score", own.max_score.is_some()),
                ("score_aggregation", own.aggregation.is_some()),
                ("require_pass", own.require_pass.is_some()),
            ] {
                if is_there {
                    let problem = format!("{key} is for scoring problems only");
                    return Err(PackageError::content(&own.file, problem).at_key(&own.text, key));
                }
            }
        }
        let tests = u32::try_from(data.tests.len()).unwrap_or(u32::MAX);
        return Ok(Scoring::all_or_nothing(tests));
    }
    let mut builder = Builder {
        data,
        groups: Vec::new(),
    };
    builder.groups.push(ScoringGroup::new("", Vec::new()));
    for (at, group) in data.groups.iter().enumerate() {
        match group.name.as_str() {
            "sample" => builder.sample(at),
            "secret" => builder.secret(at)?,
            _ => {}
        }
    }
    Ok(Scoring {
        groups: builder.groups,
        policy: VerdictPolicy::First,
        scored: true,
    })
}

/// Groups are right below `secret`, and then there is nothing else there.
fn check_placement(data: &Data) -> Result<(), PackageError> {
    let is_group = |group: &DataGroup| !group.own.file.is_empty();
    let direct = |group: &&DataGroup| {
        group
            .name
            .strip_prefix("secret/")
            .is_some_and(|name| !name.contains('/'))
    };
    let with_groups = data.groups.iter().filter(direct).any(is_group);
    for group in &data.groups {
        let depth = group.name.split('/').count();
        let path = format!("data/{}", group.name);
        if depth > 2 && is_group(group) {
            return Err(PackageError::content(
                &group.own.file,
                "groups have no groups in them",
            ));
        }
        if !with_groups {
            continue;
        }
        if group.name == "secret"
            && group
                .entries
                .iter()
                .any(|entry| matches!(entry, DataEntry::Test(_)))
        {
            return Err(PackageError::content(
                path,
                "there are both tests and groups in it",
            ));
        }
        if direct(&group) && !is_group(group) {
            let problem =
                "it is no group, since it has no test_group.yaml, but others beside it are";
            return Err(PackageError::content(path, problem));
        }
        if direct(&group) && tests_of(data, group).is_empty() {
            return Err(PackageError::content(path, "the group has no test"));
        }
    }
    Ok(())
}

/// The tests of a group and of the directories in it.
fn tests_of(data: &Data, group: &DataGroup) -> Vec<usize> {
    let entries = group.entries.iter();
    let tests = entries.flat_map(|entry| match entry {
        DataEntry::Test(test) => vec![*test],
        DataEntry::Group(inner) => tests_of(data, &data.groups[*inner]),
    });
    tests.collect()
}

struct Builder<'a> {
    data: &'a Data,
    groups: Vec<ScoringGroup>,
}

impl Builder<'_> {
    /// Points that a checker gives samples are ignored, and no reason not to accept them.
    fn sample(&mut self, at: usize) {
        let tests = tests_of(self.data, &self.data.groups[at]);
        let parts = tests.into_iter().map(|test| {
            Part::Test(Worth {
                most: None,
                ..Worth::nothing(TestNumber::at(test))
            })
        });
        let number = self.groups.len();
        self.groups.push(ScoringGroup {
            counting: Counting::Acceptance,
            ..ScoringGroup::new("sample", parts.collect())
        });
        self.groups[0].parts.push(Part::Group(number));
    }

    fn secret(&mut self, at: usize) -> Result<(), PackageError> {
        let group = &self.data.groups[at];
        let own = &group.own;
        let max = match &own.max_score {
            None => Some(Ratio::from(SECRET_MAX)),
            Some(MaxScore::Unbounded) => None,
            Some(MaxScore::Of(max)) => Some(max.clone()),
        };
        let aggregation = own.aggregation.unwrap_or(Aggregation::Sum);
        let inner: Vec<usize> = group
            .entries
            .iter()
            .filter_map(|entry| match entry {
                DataEntry::Group(inner) if !self.data.groups[*inner].own.file.is_empty() => {
                    Some(*inner)
                }
                _ => None,
            })
            .collect();
        let number = self.groups.len();
        self.groups[0].max = max.clone();
        self.groups[0].parts.push(Part::Group(number));
        let mut secret = self.scoring_group(group, max.clone(), aggregation)?;
        if inner.is_empty() {
            secret.parts = self.parts(group, max.as_ref(), aggregation)?;
            self.groups.push(secret);
            return Ok(());
        }
        self.groups.push(secret);
        for at in inner {
            let group = &self.data.groups[at];
            let own = &group.own;
            let inner_aggregation = own.aggregation.unwrap_or(Aggregation::PassFail);
            let wrong = |key: &str, problem: &str| {
                Err(PackageError::content(&own.file, problem).at_key(&own.text, key))
            };
            let inner_max = match &own.max_score {
                Some(MaxScore::Of(max)) => Some(max.clone()),
                None | Some(MaxScore::Unbounded) => None,
            };
            if inner_max.is_none() && max.is_some() {
                return wrong(
                    "max_score",
                    "the group needs a max_score, since secret has one",
                );
            }
            if aggregation == Aggregation::PassFail && inner_aggregation != Aggregation::PassFail {
                let problem = "secret is pass-fail, so its groups must be too";
                return wrong("score_aggregation", problem);
            }
            let number = self.groups.len();
            let mut scoring = self.scoring_group(group, inner_max.clone(), inner_aggregation)?;
            scoring.parts = self.parts(group, inner_max.as_ref(), inner_aggregation)?;
            self.groups.push(scoring);
            if let Some(secret) = self.groups.iter_mut().find(|one| one.name == "secret") {
                secret.parts.push(Part::Group(number));
            }
        }
        Ok(())
    }

    fn scoring_group(
        &self,
        group: &DataGroup,
        max: Option<Ratio>,
        aggregation: Aggregation,
    ) -> Result<ScoringGroup, PackageError> {
        let own = &group.own;
        let wrong = |key: &str, problem: String| {
            Err(PackageError::content(&own.file, problem).at_key(&own.text, key))
        };
        if aggregation == Aggregation::PassFail && max.is_none() {
            return wrong(
                "max_score",
                "a pass-fail group needs a max_score".to_owned(),
            );
        }
        let mut requires = Vec::new();
        for name in own.require_pass.iter().flatten() {
            let found = self.groups.iter().position(|one| one.name == *name);
            let is_pass_fail = |one: &ScoringGroup| {
                one.counting == Counting::Acceptance || one.aggregate == Aggregate::PassFail
            };
            match found {
                Some(at) if at > 0 && name != "secret" && is_pass_fail(&self.groups[at]) => {
                    requires.push(at);
                }
                Some(at) if at > 0 && name != "secret" => {
                    return wrong(
                        "require_pass",
                        format!("{name:?} is required, but is not pass-fail"),
                    );
                }
                _ => {
                    return wrong(
                        "require_pass",
                        format!("there is no earlier group {name:?}"),
                    );
                }
            }
        }
        Ok(ScoringGroup {
            aggregate: match aggregation {
                Aggregation::PassFail => Aggregate::PassFail,
                Aggregation::Sum => Aggregate::Sum,
                Aggregation::Min => Aggregate::Min,
            },
            max,
            requires,
            ..ScoringGroup::new(&group.name, Vec::new())
        })
    }

    fn parts(
        &self,
        group: &DataGroup,
        max: Option<&Ratio>,
        aggregation: Aggregation,
    ) -> Result<Vec<Part>, PackageError> {
        let own = &group.own;
        let tests = tests_of(self.data, group);
        let is_static = |test: &usize| self.data.tests[*test].static_validation;
        let count = tests.iter().filter(|test| !is_static(test)).count();
        let static_most = match &own.static_score {
            Some(StaticScore::Of(_)) if aggregation == Aggregation::PassFail => {
                let problem = "static_validation_score must be pass-fail in a pass-fail group";
                return Err(PackageError::content(&own.file, problem)
                    .at_key(&own.text, "static_validation_score"));
            }
            Some(StaticScore::PassFail) if aggregation != Aggregation::PassFail => {
                let problem = "static_validation_score is pass-fail, but the group is not";
                return Err(PackageError::content(&own.file, problem)
                    .at_key(&own.text, "static_validation_score"));
            }
            Some(StaticScore::Of(score)) => score.clone(),
            Some(StaticScore::PassFail) | None => Ratio::zero(),
        };
        let rest = max.map(|max| max.clone() - static_most.clone());
        if rest.as_ref().is_some_and(Ratio::is_negative) {
            let problem = "static_validation_score is more than the group's max_score";
            return Err(PackageError::content(&own.file, problem)
                .at_key(&own.text, "static_validation_score"));
        }
        let part = |test: usize| {
            let number = TestNumber::at(test);
            Part::Test(match (aggregation, max, &rest) {
                (Aggregation::PassFail, _, _) => Worth::nothing(number),
                (Aggregation::Min, Some(max), _) => Worth::up_to(number, max.clone()),
                (Aggregation::Sum, _, Some(_)) if is_static(&test) => {
                    Worth::up_to(number, static_most.clone())
                }
                (Aggregation::Sum, _, Some(rest)) => Worth::up_to(number, rest.divided(count)),
                _ => Worth::unbounded(number),
            })
        };
        Ok(tests.into_iter().map(part).collect())
    }
}
