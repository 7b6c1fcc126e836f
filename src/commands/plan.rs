//! `tribunal plan`: the DAG of jobs that a submission becomes.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use tribunal_actors::{NodeName, OutlinedJob, SubmissionId, gradings, jury_programs, outline};
use tribunal_problems::{Headers, Languages};

use super::{Failure, history};
use crate::cli::PlanArgs;
use crate::out;
use crate::packages::Packages;
use crate::table::harmless;

/// The jobs, each behind those that it needs, and what is said of each.
struct Shown {
    title: String,
    jobs: Vec<OutlinedJob>,
    tests: Vec<String>,
    groups: Vec<String>,
    /// What came of the solution's compile and of each test, where there is a judgement.
    outcomes: Option<(String, Vec<String>)>,
}

/// Prints the plan of a package, or of a submission with what came of it.
pub(super) fn run(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let shown = match args.what.parse() {
        Ok(number) => of_submission(SubmissionId(number), &args.data.dir)?,
        Err(_) => of_package(Path::new(&args.what))?,
    };
    out::print(&if args.dot { shown.dot() } else { shown.text() });
    Ok(ExitCode::SUCCESS)
}

fn of_package(path: &Path) -> Result<Shown, Failure> {
    let package = Packages::new(&Languages::built_in(), Headers::default()).open(path)?;
    let tests: Vec<String> = package.tests.iter().map(|test| test.name.clone()).collect();
    let of_the_jury: Vec<NodeName> = jury_programs(&package).map(|(node, _)| node).collect();
    Ok(Shown {
        title: format!("a submission for {}", package.short_name),
        jobs: outline(
            u32::try_from(tests.len())?,
            &of_the_jury,
            gradings(&package.scoring),
        )?,
        tests,
        groups: {
            let groups = package.scoring.groups.iter();
            groups.map(|group| group.name.clone()).collect()
        },
        outcomes: None,
    })
}

fn of_submission(id: SubmissionId, data: &Path) -> Result<Shown, Failure> {
    let history = history(data)?;
    let submission = history.submission(id)?;
    let report = history.report(id)?.ok_or_else(|| {
        format!(
            "submission {id} has no verdict yet: ask for the plan of its package, {}",
            submission.problem
        )
    })?;
    let mut of_the_jury = Vec::new();
    let is_released = |node: &NodeName| match node.release(&submission.problem) {
        Some(release) => history.is_released(&release),
        None => Ok(false),
    };
    for node in NodeName::OF_THE_JURY {
        if is_released(&node)? {
            of_the_jury.push(node);
        }
    }
    // However many of them there are.
    for node in (0..).map(NodeName::FurtherChecker) {
        if !is_released(&node)? {
            break;
        }
        of_the_jury.push(node);
    }
    let tests: Vec<String> = report.tests.iter().map(|test| test.name.clone()).collect();
    let compile = &report.compile;
    let reused = if compile.reused { ", reused" } else { "" };
    let compiled = format!("{} {} ms{reused}", compile.verdict, compile.cpu_ms);
    let tested = report.tests.iter();
    let tested = tested
        .map(|test| format!("{} {} ms", test.verdict, test.cpu_ms))
        .collect();
    Ok(Shown {
        title: format!(
            "submission {id} for {}: {}",
            submission.problem, report.verdict
        ),
        // What its grader was asked is not written down.
        jobs: outline(u32::try_from(tests.len())?, &of_the_jury, Vec::new())?,
        tests,
        groups: Vec::new(),
        outcomes: Some((compiled, tested)),
    })
}

impl Shown {
    fn label(&self, node: NodeName) -> String {
        match node {
            NodeName::Test(at) => format!("test {}", harmless(&self.tests[at as usize])),
            NodeName::Grade(at) => match self.groups[at as usize].as_str() {
                "" => "grade the whole".to_owned(),
                name => format!("grade group {}", harmless(name)),
            },
            program => program.to_string(),
        }
    }

    fn outcome(&self, node: NodeName) -> Option<&str> {
        let (compiled, tested) = self.outcomes.as_ref()?;
        match node {
            NodeName::Solution => Some(compiled),
            NodeName::Checker
            | NodeName::FurtherChecker(_)
            | NodeName::Interactor
            | NodeName::StaticValidator
            | NodeName::Grader
            | NodeName::Grade(_) => None,
            NodeName::Test(at) => tested.get(at as usize).map(String::as_str),
        }
    }

    /// The number of a job in this order, from 1.
    fn number(&self, node: NodeName) -> usize {
        let at = self.jobs.iter().position(|job| job.node == node);
        at.expect("what is needed is planned") + 1
    }

    /// The jobs in an order in which they could be done one after another.
    fn text(&self) -> String {
        let width = self
            .jobs
            .iter()
            .map(|job| self.label(job.node).chars().count());
        let width = width.max().unwrap_or(0);
        let mut text = format!("{}, {} jobs\n", self.title, self.jobs.len());
        for (number, job) in (1..).zip(&self.jobs) {
            let label = self.label(job.node);
            let needs: Vec<String> = job
                .needs
                .iter()
                .map(|&need| self.number(need).to_string())
                .collect();
            let needed = self
                .jobs
                .iter()
                .filter(|other| other.needs.contains(&job.node))
                .count();
            let edges = match (needs.is_empty(), needed) {
                (false, _) => format!("needs {}", needs.join(", ")),
                (true, needed) => format!("needed by {needed}"),
            };
            let outcome = self
                .outcome(job.node)
                .map_or_else(String::new, |outcome| format!("  {outcome}"));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{number:4}  {label:width$}  {edges}{outcome}");
        }
        text
    }

    fn dot(&self) -> String {
        let quoted =
            |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let mut text = format!("digraph {} {{\n  rankdir=LR;\n", quoted(&self.title));
        for (number, job) in (1..).zip(&self.jobs) {
            let outcome = self
                .outcome(job.node)
                .map_or_else(String::new, |outcome| format!(": {outcome}"));
            let label = quoted(&format!("{}{outcome}", self.label(job.node)));
            let _ = writeln!(text, "  {number} [label={label}];");
        }
        for job in &self.jobs {
            for &need in &job.needs {
                let _ = writeln!(
                    text,
                    "  {} -> {};",
                    self.number(need),
                    self.number(job.node)
                );
            }
        }
        text.push_str("}\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        Shown {
            title: "submission 7 for pairs: WA".to_owned(),
            jobs: outline(2, &[NodeName::Checker], Vec::new()).expect("a DAG"),
            groups: Vec::new(),
            tests: vec!["sample/1".to_owned(), "secret/\"1\"".to_owned()],
            outcomes: Some((
                "AC 312 ms, reused".to_owned(),
                vec!["AC 3 ms".to_owned(), "WA 2 ms".to_owned()],
            )),
        }
    }

    #[test]
    fn b_14_a_plan_is_printed_in_an_order_in_which_it_could_be_done() {
        insta::assert_snapshot!(shown().text(), @r#"
        submission 7 for pairs: WA, 4 jobs
           1  compile the solution  needed by 2  AC 312 ms, reused
           2  compile the checker   needed by 2
           3  test sample/1         needs 1, 2  AC 3 ms
           4  test secret/"1"       needs 1, 2  WA 2 ms
        "#);
    }

    #[test]
    fn b_14_a_plan_is_a_graph_for_graphviz() {
        insta::assert_snapshot!(shown().dot(), @r#"
        digraph "submission 7 for pairs: WA" {
          rankdir=LR;
          1 [label="compile the solution: AC 312 ms, reused"];
          2 [label="compile the checker"];
          3 [label="test sample/1: AC 3 ms"];
          4 [label="test secret/\"1\": WA 2 ms"];
          1 -> 3;
          2 -> 3;
          1 -> 4;
          2 -> 4;
        }
        "#);
    }
}
