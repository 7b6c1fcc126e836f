//! How far a build is: which test to offer next, which to cancel, what to tell, and when the verdict is final.
//!
//! Nothing here knows an actor. After [`Progress::ended`] the caller polls events, cancellations, offers and the end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tribunal_problems::{
    Final, Generator, Grading, GroupResult, Plan, Points, TestNumber, Verdict,
};

use super::task::{NodeError, NodeOutcome};
use super::{BuildFault, BuildProgress, NodeName};
use crate::chain::chain;
use crate::event_log::EventKind;
use crate::job::JobOutput;
use crate::report::{
    BuildReport, CompileReport, GroupReport, SubmissionStatus, TestReport, WholeFault,
};

/// The state of one build.
#[derive(Debug)]
pub(crate) struct Progress {
    scored: bool,
    names: Vec<String>,
    generator: Generator,
    window: usize,
    offered: BTreeSet<u32>,
    cancelled: BTreeSet<u32>,
    compile: Option<CompileReport>,
    reports: BTreeMap<u32, TestReport>,
    broken_checker: Option<String>,
    /// The names of the groups that the grader is asked about.
    graded: BTreeMap<u32, String>,
    /// Whether the grader is broken, and not the judge that asked it.
    jury_fault: bool,
    interrupted: bool,
    events: VecDeque<EventKind>,
    told: bool,
}

impl Progress {
    /// Nothing has ended yet. At most `window` tests are on offer at once.
    pub(crate) fn new(plan: &Plan, generator: Generator, window: usize) -> Self {
        Self {
            scored: plan.rule.is_scored(),
            names: plan.tests.iter().map(|test| test.name.clone()).collect(),
            generator,
            window: window.max(1),
            offered: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            compile: None,
            reports: BTreeMap::new(),
            broken_checker: None,
            graded: BTreeMap::new(),
            jury_fault: false,
            interrupted: false,
            events: VecDeque::new(),
            told: false,
        }
    }

    /// A node has ended.
    pub(crate) fn ended(&mut self, node: NodeName, outcome: &NodeOutcome) {
        if let Err(errors) = outcome
            && errors
                .values()
                .any(|error| matches!(error, NodeError::Interrupted))
        {
            self.interrupted = true;
            return;
        }
        match node {
            NodeName::Solution => self.compiled(outcome),
            NodeName::Checker
            | NodeName::FurtherChecker(_)
            | NodeName::Interactor
            | NodeName::StaticValidator
            | NodeName::Grader => {
                self.of_the_jury(node, outcome);
            }
            NodeName::Grade(group) => self.graded(group, outcome),
            NodeName::Test(test) => self.tested(test, outcome),
        }
    }

    /// The next thing to tell those who watch.
    pub(crate) fn poll_event(&mut self) -> Option<EventKind> {
        self.events.pop_front()
    }

    /// The next test to cancel: it is on offer and can no longer matter.
    pub(crate) fn poll_cancel(&mut self) -> Option<u32> {
        let needless = self.generator.cancelled();
        let mut needless = needless.into_iter().map(|test| test.0 - 1);
        let test = needless.find(|test| !self.cancelled.contains(test))?;
        self.cancelled.insert(test);
        Some(test)
    }

    /// The next test to offer.
    pub(crate) fn poll_offer(&mut self) -> Option<u32> {
        if self.offered.len() >= self.window || self.broken_checker.is_some() {
            return None;
        }
        let test = self.generator.next()?.0 - 1;
        self.offered.insert(test);
        Some(test)
    }

    /// The next question to the grader.
    pub(crate) fn poll_grading(&mut self) -> Option<Grading> {
        if self.broken_checker.is_some() {
            return None;
        }
        let grading = self.generator.next_grading()?;
        let group = u32::try_from(grading.group).expect("a problem has less than 2^32 groups");
        self.graded.insert(group, grading.name.clone());
        Some(grading)
    }

    /// The end, once there is one; told once.
    pub(crate) fn end(&mut self) -> Option<Result<BuildReport, BuildFault>> {
        if self.told {
            return None;
        }
        let end = if self.interrupted {
            Err(BuildFault::Interrupted)
        } else {
            Ok(self.report()?)
        };
        self.told = true;
        Some(end)
    }

    /// What can be seen so far.
    pub(crate) fn view(&self) -> BuildProgress {
        let status = match (&self.compile, self.told) {
            (_, true) => SubmissionStatus::Done,
            (None, _) => SubmissionStatus::Compiling,
            (Some(_), _) => SubmissionStatus::Running,
        };
        BuildProgress {
            status,
            compile: self.compile.clone(),
            tests: self.reports.values().cloned().collect(),
        }
    }

    fn compiled(&mut self, outcome: &NodeOutcome) {
        let report = match outcome {
            Ok(finished) => match &finished.output {
                JobOutput::Compiled(report, _) => report.clone(),
                JobOutput::Tested(_) | JobOutput::Graded(_) => {
                    no_compile("a compile job gave another job's report")
                }
            },
            Err(errors) => match errors.get(&NodeName::Solution) {
                Some(NodeError::NotCompiled(report)) => report.clone(),
                Some(error) => no_compile(&chain(error)),
                None => no_compile("nothing was compiled"),
            },
        };
        self.events.push_back(EventKind::Compiled {
            verdict: report.verdict,
            reused: report.reused,
        });
        if let Err(error) = self.generator.compiled(report.verdict) {
            log::error!("the solution was compiled: {error}");
        }
        self.compile = Some(report);
    }

    fn of_the_jury(&mut self, node: NodeName, outcome: &NodeOutcome) {
        let Err(errors) = outcome else {
            return;
        };
        let what = match node {
            NodeName::Checker | NodeName::FurtherChecker(_) => "the checker",
            NodeName::Interactor => "the interactor",
            NodeName::Grader => "the grader",
            _ => "the static validator",
        };
        let reason = match errors.get(&node) {
            Some(NodeError::NotCompiled(report)) => {
                format!("{what} does not compile: {}", report.log.trim_end())
            }
            Some(error) => format!("compile {what}: {}", chain(error)),
            None => format!("{what} was not compiled"),
        };
        self.broken_checker = Some(reason);
    }

    fn tested(&mut self, test: u32, outcome: &NodeOutcome) {
        if !self.offered.remove(&test) {
            return;
        }
        let name = &self.names[test as usize];
        let report = match outcome {
            Ok(finished) => match &finished.output {
                JobOutput::Tested(report) => report.clone(),
                JobOutput::Compiled(..) | JobOutput::Graded(_) => {
                    TestReport::judge_error(name, "a test job gave another job's report")
                }
            },
            Err(errors) => match errors.get(&NodeName::Test(test)) {
                Some(NodeError::Cancelled) => TestReport::skipped(name),
                Some(error @ NodeError::Fault(fault)) if fault.of_the_jury => {
                    TestReport::jury_error(name, &chain(error))
                }
                Some(error) => TestReport::judge_error(name, &chain(error)),
                // The error of a program, which is told by the program's own node.
                None => TestReport::skipped(name),
            },
        };
        let number = TestNumber::at(test as usize);
        let recorded = self
            .generator
            .record_valued(number, report.verdict, report.value.clone());
        if let Err(error) = recorded {
            log::error!("test {name:?} has ended: {error}");
        }
        if report.verdict != Verdict::SK {
            self.events.push_back(EventKind::TestDone {
                index: test as usize,
                name: name.clone(),
                verdict: report.verdict,
                cpu_ms: report.cpu_ms,
            });
            self.reports.insert(test, report);
        }
    }

    fn graded(&mut self, group: u32, outcome: &NodeOutcome) {
        let node = NodeName::Grade(group);
        let grade = match outcome {
            Ok(finished) => match &finished.output {
                JobOutput::Graded(grade) => Ok(grade.clone()),
                JobOutput::Compiled(..) | JobOutput::Tested(_) => {
                    Err("a question to the grader gave another job's report".to_owned())
                }
            },
            Err(errors) => match errors.get(&node) {
                Some(error) => {
                    if let NodeError::Fault(fault) = error {
                        self.jury_fault |= fault.of_the_jury;
                    }
                    Err(chain(error))
                }
                // The error of the grader's compile, which is told by its own node.
                None => return,
            },
        };
        let name = self.graded.get(&group).map_or("", String::as_str);
        let grade = grade.map_err(|reason| format!("grade group {name:?}: {reason}"));
        if let Err(error) = self.generator.graded(group as usize, grade) {
            log::error!("{node} has ended: {error}");
        }
    }

    /// The judgement, once the rule says that it is final. A checker that cannot be compiled is the judge's error,
    /// unless the solution does not compile either.
    fn report(&self) -> Option<BuildReport> {
        let compile = self.compile.clone()?;
        if let Some(end) = self.generator.finished() {
            return Some(self.fold(compile, end));
        }
        let reason = self.broken_checker.as_ref()?;
        let mut tests: Vec<TestReport> = self
            .names
            .iter()
            .map(|name| TestReport::skipped(name))
            .collect();
        if let Some(first) = tests.first_mut() {
            *first = TestReport::jury_error(&first.name.clone(), reason);
        }
        Some(BuildReport {
            verdict: Verdict::JE,
            score: None,
            compile,
            tests,
            groups: Vec::new(),
            fault: None,
        })
    }

    fn fold(&self, compile: CompileReport, end: &Final) -> BuildReport {
        let tests = self.names.iter().zip(&end.results).zip(0..);
        let tests = tests.map(|((name, result), test)| {
            let known = self.reports.get(&test);
            match (result.verdict, known) {
                (Verdict::SK, _) => TestReport::skipped(name),
                (verdict, Some(report)) if report.verdict == verdict => TestReport {
                    points: result.points.map(Points::as_f64).or(report.points),
                    ..report.clone()
                },
                (verdict, _) => TestReport {
                    verdict,
                    ..TestReport::judge_error(
                        name,
                        result.message.as_deref().unwrap_or("no result"),
                    )
                },
            }
        });
        BuildReport {
            verdict: end.verdict,
            score: end.score.filter(|_| self.scored).map(Points::as_f64),
            compile,
            tests: tests.collect(),
            groups: end.groups.iter().map(GroupReport::of).collect(),
            fault: end.fault.clone().map(|reason| WholeFault {
                reason,
                of_the_jury: self.jury_fault,
            }),
        }
    }
}

impl GroupReport {
    fn of(group: &GroupResult) -> Self {
        Self {
            name: group.name.clone(),
            score: group.score.as_f64(),
            passed: group.passed,
            within_graded: group.within_graded,
        }
    }
}

fn no_compile(reason: &str) -> CompileReport {
    CompileReport {
        verdict: Verdict::JE,
        cpu_ms: 0,
        wall_ms: 0,
        memory_bytes: 0,
        log: reason.to_owned(),
        reused: false,
    }
}

#[cfg(test)]
mod grading_tests;
#[cfg(test)]
mod tests;
