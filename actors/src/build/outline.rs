//! A build's DAG before anything is stored or run, for whoever wants to see it.

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

/// The jobs of a submission with so many tests and perhaps a checker of the problem's own, each behind those that it
/// needs.
///
/// # Errors
/// They are no DAG.
pub fn outline(tests: u32, has_checker: bool) -> Result<Vec<OutlinedJob>, GraphError> {
    let programs = [NodeName::Solution, NodeName::Checker];
    let nodes: Vec<NodeName> = programs
        .into_iter()
        .filter(|node| has_checker || *node == NodeName::Solution)
        .chain((0..tests).map(NodeName::Test))
        .collect();
    let graph = Graph::new(edges(nodes.into_iter()))?;
    let jobs = graph.order().iter().map(|&node| OutlinedJob {
        node,
        needs: graph.deps(node).collect(),
    });
    Ok(jobs.collect())
}
