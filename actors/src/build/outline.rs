//! A build's DAG before anything is stored or run, for whoever wants to see it.

use tribunal_problems::{Checker, Package, Part, Scoring, ScoringGroup};

use super::NodeName;
use super::graph::{Graph, GraphError};
use super::planning::{ProgramSource, edges};

/// A job of an outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlinedJob {
    /// Its node.
    pub node: NodeName,
    /// The nodes that it waits for.
    pub needs: Vec<NodeName>,
}

/// The jobs of a submission with so many tests, for a problem that brings these programs of the jury's and asks its grader
/// these questions; each behind those that it needs.
///
/// # Errors
/// They are no DAG.
pub fn outline(
    tests: u32,
    of_the_jury: &[NodeName],
    gradings: Vec<OutlinedJob>,
) -> Result<Vec<OutlinedJob>, GraphError> {
    let programs = [NodeName::Solution].into_iter();
    let nodes: Vec<NodeName> = programs
        .chain(of_the_jury.iter().copied())
        .chain((0..tests).map(NodeName::Test))
        .collect();
    let mut edges = edges(nodes.into_iter());
    edges.extend(gradings.into_iter().map(|job| (job.node, job.needs)));
    let graph = Graph::new(edges)?;
    let jobs = graph.order().iter().map(|&node| OutlinedJob {
        node,
        needs: graph.deps(node).collect(),
    });
    Ok(jobs.collect())
}

/// The questions to the grader that there may be: each waits for all that is in its group.
#[must_use]
pub fn gradings(scoring: &Scoring) -> Vec<OutlinedJob> {
    let graded = (0..).zip(&scoring.groups);
    let graded = graded.filter(|(_, group)| group.is_graded());
    graded
        .map(|(number, group)| OutlinedJob {
            node: NodeName::Grade(number),
            needs: [NodeName::Grader]
                .into_iter()
                .chain(results(scoring, group))
                .collect(),
        })
        .collect()
}

/// What gives the results in a group: a test, a question to the grader, or of another group what gives those in it.
fn results(scoring: &Scoring, group: &ScoringGroup) -> Vec<NodeName> {
    let result = |part: &Part| match part {
        Part::Test(worth) => vec![NodeName::Test(worth.test.0 - 1)],
        Part::Group(inner) if scoring.groups[*inner].is_graded() => {
            let number = u32::try_from(*inner).expect("a problem has less than 2^32 groups");
            vec![NodeName::Grade(number)]
        }
        Part::Group(inner) => results(scoring, &scoring.groups[*inner]),
    };
    group.parts.iter().flat_map(result).collect()
}

/// The programs of the jury's that take part in judging a package's problem, by the nodes that compile them.
pub fn jury_programs(package: &Package) -> impl Iterator<Item = (NodeName, ProgramSource<'_>)> {
    let checker = match &package.checker {
        Checker::Custom(custom) => Some((NodeName::Checker, custom.into())),
        _ => None,
    };
    let looks = package.tests.iter().any(|test| test.static_validation);
    let static_validator = package.static_validator.as_ref().filter(|_| looks);
    let interactor = package.interactor.as_ref();
    let grader = package.grader.as_ref();
    let further = (0..).zip(&package.further_checkers);
    let further = further.map(|(at, custom)| (NodeName::FurtherChecker(at), custom.into()));
    checker
        .into_iter()
        .chain(further)
        .chain(interactor.map(|custom| (NodeName::Interactor, custom.into())))
        .chain(static_validator.map(|custom| (NodeName::StaticValidator, custom.into())))
        .chain(grader.map(|grader| (NodeName::Grader, grader.into())))
}
