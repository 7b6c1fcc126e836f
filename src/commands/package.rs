//! `tribunal package`: what is wrong with packages, and what is in them; nothing of them is run.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde::Serialize;
use tribunal_problems::{Aggregate, Checker, Format, Package, ProblemKind, SelfTest};

use super::Failure;
use super::local::{headers, languages};
use crate::cli::{PackageArgs, PackageCommand};
use crate::out;
use crate::packages::Packages;
use crate::table::{Tint, harmless, tinted};

/// Status 0: nothing is wrong; 1: something is.
pub(super) fn run(args: &PackageArgs) -> Result<ExitCode, Failure> {
    let (dirs, node, json) = match &args.command {
        PackageCommand::Lint(args) | PackageCommand::Show(args) => {
            (&args.dirs, &args.node, args.json)
        }
    };
    let packages = Packages::new(&languages(node)?, headers(node));
    let mut views = Vec::new();
    for (path, package) in packages.try_all(dirs)? {
        let path = path.display().to_string();
        views.push(match package {
            Ok(package) => View::of(path, &package),
            Err(error) => View::broken(path, tribunal_actors::chain(&error)),
        });
    }
    let is_broken = views.iter().any(|view| view.error.is_some());
    if json {
        out::print_json(&Views { packages: views });
    } else {
        let shows_all = matches!(args.command, PackageCommand::Show(_));
        let text = views
            .iter()
            .map(|view| view.for_people(shows_all, out::is_coloured()));
        out::print(&text.collect::<String>());
    }
    Ok(ExitCode::from(u8::from(is_broken)))
}

#[derive(Serialize)]
struct Views {
    packages: Vec<View>,
}

/// A package as it is shown.
#[derive(Serialize, Default)]
struct View {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What is right and yet cannot be used here, or should be mended.
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<Shown>,
}

#[derive(Serialize)]
struct Shown {
    short_name: String,
    name: String,
    format: Format,
    kind: ProblemKind,
    /// Absent where it follows from the jury's submissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_limit_ms: Option<u128>,
    memory_bytes: u64,
    output_bytes: u64,
    source_bytes: u64,
    checker: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    grader: Option<String>,
    input_validators: usize,
    samples: usize,
    tests: usize,
    self_tests: usize,
    submissions: usize,
    statements: Vec<String>,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    aggregate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_score: Option<String>,
    requires: Vec<String>,
}

impl View {
    fn broken(path: String, error: String) -> Self {
        Self {
            path,
            error: Some(error),
            ..Self::default()
        }
    }

    fn of(path: String, package: &Package) -> Self {
        let unjudged = package.unjudged.iter();
        let unjudged = unjudged.map(|one| format!("{}: {}", one.path, one.reason));
        let warnings = package.warnings.iter().cloned().chain(unjudged).collect();
        Self {
            path,
            error: None,
            warnings,
            package: Some(Shown::of(package)),
        }
    }

    fn for_people(&self, shows_all: bool, coloured: bool) -> String {
        let heading = tinted(&harmless(&self.path), Tint::Bold, coloured);
        if let Some(error) = &self.error {
            return format!(
                "{heading}\n  {}\n",
                tinted(&harmless(error), Tint::Red, coloured)
            );
        }
        let mut text = heading;
        match &self.package {
            Some(shown) if shows_all => {
                text.push_str(&format!("\n{}", harmless(&shown.for_people())));
            }
            _ => text.push_str("  ok\n"),
        }
        for warning in &self.warnings {
            let line = tinted(&harmless(warning), Tint::Yellow, coloured);
            text.push_str(&format!("  {line}\n"));
        }
        text
    }
}

impl Shown {
    fn of(package: &Package) -> Self {
        let groups = &package.scoring.groups;
        let group = |group: &tribunal_problems::ScoringGroup| Group {
            name: group.name.clone(),
            aggregate: match &group.aggregate {
                Aggregate::Grader(args) => ["grader".to_owned()]
                    .into_iter()
                    .chain(args.iter().cloned())
                    .collect::<Vec<_>>()
                    .join(" "),
                other => format!("{other:?}"),
            },
            max_score: group.max.as_ref().map(ToString::to_string),
            requires: group
                .requires
                .iter()
                .map(|at| groups[*at].name.clone())
                .collect(),
        };
        let samples = package.tests.iter().filter(|test| test.sample).count();
        let is_own = |test: &&SelfTest| {
            matches!(
                test,
                SelfTest::Output { .. } | SelfTest::Input { valid: false, .. }
            )
        };
        Self {
            short_name: package.short_name.clone(),
            name: package.name.clone(),
            format: package.format,
            kind: package.kind,
            time_limit_ms: package.timing.given.map(|limit| limit.as_millis()),
            memory_bytes: package.limits.memory,
            output_bytes: package.limits.output,
            source_bytes: package.source_bytes_max,
            checker: checker_of(package),
            grader: package
                .grader
                .as_ref()
                .map(|grader| format!("a program in {}", grader.language)),
            input_validators: package.input_validators.len(),
            samples,
            tests: package.tests.len(),
            self_tests: package.self_tests.iter().filter(is_own).count(),
            submissions: package.submissions.len(),
            statements: statements_of(package),
            groups: if package.kind.scored {
                // The whole is worth a line only if its result is not but what its groups come to.
                let first = usize::from(!groups[0].is_graded());
                groups.iter().skip(first).map(group).collect()
            } else {
                Vec::new()
            },
        }
    }

    fn for_people(&self) -> String {
        let limit = self.time_limit_ms.map_or_else(
            || "from the jury's submissions".to_owned(),
            |limit| format!("{limit} ms"),
        );
        let kinds = [
            (self.kind.scored, "scoring"),
            (self.kind.interactive, "interactive"),
            (self.kind.passes_max.is_some(), "multi-pass"),
            (self.kind.submit_answer, "submit-answer"),
        ];
        let kinds: Vec<&str> = kinds
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| *word)
            .collect();
        let kinds = if kinds.is_empty() {
            "pass-fail".to_owned()
        } else {
            kinds.join(" ")
        };
        let format = serde_json::to_value(self.format).ok();
        let format = format
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default();
        let grader = self.grader.as_ref();
        let grader = grader.map_or_else(String::new, |grader| format!("; grader: {grader}"));
        let mut text = format!(
            "  {} ({format}, {kinds})\n  time limit {limit}, memory {} MiB, output {} MiB, source {} KiB\n  \
             {} tests, {} of them samples; checker: {}{grader}; {} input validators\n  {} submissions, statements: {}\n",
            self.name,
            self.memory_bytes >> 20,
            self.output_bytes >> 20,
            self.source_bytes >> 10,
            self.tests,
            self.samples,
            self.checker,
            self.input_validators,
            self.submissions,
            self.statements.join(" "),
        );
        for group in &self.groups {
            let max = group.max_score.as_deref().unwrap_or("unbounded");
            let requires = if group.requires.is_empty() {
                String::new()
            } else {
                format!(", requires {}", group.requires.join(", "))
            };
            let name = match group.name.as_str() {
                "" => "the whole".to_owned(),
                name => format!("group {name}"),
            };
            text.push_str(&format!(
                "  {name}: {}, {max} points{requires}\n",
                group.aggregate
            ));
        }
        text
    }
}

/// Their languages, each once.
fn statements_of(package: &Package) -> Vec<String> {
    let languages = package.statements.iter().map(|one| one.language.clone());
    languages.collect::<BTreeSet<_>>().into_iter().collect()
}

fn checker_of(package: &Package) -> String {
    if let (Some(manager), Some(with)) = (&package.interactor, &package.communication) {
        return format!(
            "a manager in {} for {} processes",
            manager.language, with.processes
        );
    }
    match &package.checker {
        Checker::Default(_) => "the default one".to_owned(),
        Checker::Lines(_) => "lines".to_owned(),
        Checker::Values => "values".to_owned(),
        Checker::Native(_) => "one of testlib's own".to_owned(),
        Checker::Custom(custom) => format!("a program in {} ({})", custom.language, custom.dialect),
    }
}
