//! A build's DAG before anything is stored or run, for whoever wants to see it.

use tribunal_problems::{Checker, CustomChecker, Package};

use super::NodeName;
use super::graph::{Graph, GraphError};
use super::planning::edges;

/// A job of an outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlinedJob {
    /// Its node.
    pub node: NodeName,
    /// The nodes that it waits for.
    pub needs: Vec<NodeName>,
}

/// The jobs of a submission with so many tests, for a problem that brings these programs of the jury's; each behind those
/// that it needs.
///
/// # Errors
/// They are no DAG.
pub fn outline(tests: u32, of_the_jury: &[NodeName]) -> Result<Vec<OutlinedJob>, GraphError> {
    let programs = [NodeName::Solution].into_iter();
    let nodes: Vec<NodeName> = programs
        .chain(of_the_jury.iter().copied())
        .chain((0..tests).map(NodeName::Test))
        .collect();
    let graph = Graph::new(edges(nodes.into_iter()))?;
    let jobs = graph.order().iter().map(|&node| OutlinedJob {
        node,
        needs: graph.deps(node).collect(),
    });
    Ok(jobs.collect())
}

/// The programs of the jury's that take part in judging a package's problem, by the nodes that compile them.
pub fn jury_programs(package: &Package) -> impl Iterator<Item = (NodeName, &CustomChecker)> {
    let checker = match &package.checker {
        Checker::Custom(custom) => Some((NodeName::Checker, custom)),
        _ => None,
    };
    let looks = package.tests.iter().any(|test| test.static_validation);
    let static_validator = package.static_validator.as_ref().filter(|_| looks);
    let interactor = package.interactor.as_ref();
    let further = (0..).zip(&package.further_checkers);
    let further = further.map(|(at, custom)| (NodeName::FurtherChecker(at), custom));
    checker
        .into_iter()
        .chain(further)
        .chain(interactor.map(|custom| (NodeName::Interactor, custom)))
        .chain(static_validator.map(|custom| (NodeName::StaticValidator, custom)))
}
