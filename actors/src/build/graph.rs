//! The DAG of a build: who waits for whom. Dangling and cyclic dependencies are refused by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

/// Nodes and their dependencies, checked: every dependency is a node, and none waits for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Graph<K> {
    deps: BTreeMap<K, BTreeSet<K>>,
    order: Vec<K>,
}

/// A set of nodes that is no DAG.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two nodes of one name.
    #[error("{0} is planned twice")]
    Twice(String),
    /// A dependency that nobody makes.
    #[error("{node} needs {missing}, which is not planned")]
    Dangling {
        /// Who needs it.
        node: String,
        /// What is not there.
        missing: String,
    },
    /// Nodes that wait for each other; the first is named again at the end.
    #[error("a cycle: {}", Chain(.0))]
    Cycle(Vec<String>),
}

impl<K: Ord + Copy + Display> Graph<K> {
    /// Checks the nodes; each comes with what it needs.
    pub(crate) fn new(nodes: impl IntoIterator<Item = (K, Vec<K>)>) -> Result<Self, GraphError> {
        let mut deps = BTreeMap::new();
        for (node, needs) in nodes {
            if deps
                .insert(node, needs.into_iter().collect::<BTreeSet<K>>())
                .is_some()
            {
                return Err(GraphError::Twice(node.to_string()));
            }
        }
        for (node, needs) in &deps {
            if let Some(missing) = needs.iter().find(|need| !deps.contains_key(need)) {
                return Err(GraphError::Dangling {
                    node: node.to_string(),
                    missing: missing.to_string(),
                });
            }
        }
        let order = order(&deps)?;
        Ok(Self { deps, order })
    }

    /// Every node, dependencies before dependants.
    pub(crate) fn order(&self) -> &[K] {
        &self.order
    }

    /// What `node` needs, each once.
    pub(crate) fn deps(&self, node: K) -> impl Iterator<Item = K> {
        self.deps.get(&node).into_iter().flatten().copied()
    }
}

/// Takes away nodes whose dependencies are all taken; what stays contains a cycle.
fn order<K: Ord + Copy + Display>(deps: &BTreeMap<K, BTreeSet<K>>) -> Result<Vec<K>, GraphError> {
    let mut missing: BTreeMap<K, usize> = deps.iter().map(|(&k, needs)| (k, needs.len())).collect();
    let mut dependants: BTreeMap<K, Vec<K>> = BTreeMap::new();
    for (&node, needs) in deps {
        for &need in needs {
            dependants.entry(need).or_default().push(node);
        }
    }
    let mut order: Vec<K> = Vec::with_capacity(deps.len());
    order.extend(missing.iter().filter(|(_, n)| **n == 0).map(|(k, _)| *k));
    let mut at = 0;
    while let Some(&node) = order.get(at) {
        at += 1;
        for dependant in dependants.get(&node).into_iter().flatten() {
            let left = missing.get_mut(dependant).expect("every node is counted");
            *left -= 1;
            if *left == 0 {
                order.push(*dependant);
            }
        }
    }
    if order.len() == deps.len() {
        return Ok(order);
    }
    missing.retain(|_, left| *left > 0);
    Err(GraphError::Cycle(cycle(deps, &missing)))
}

/// Walks from need to need among nodes that all wait, until one is met again.
fn cycle<K: Ord + Copy + Display>(
    deps: &BTreeMap<K, BTreeSet<K>>,
    waiting: &BTreeMap<K, usize>,
) -> Vec<String> {
    let mut path: Vec<K> = Vec::new();
    let mut node = *waiting.keys().next().expect("somebody waits");
    while !path.contains(&node) {
        path.push(node);
        node = *deps[&node]
            .iter()
            .find(|need| waiting.contains_key(need))
            .expect("who waits, waits for somebody that waits");
    }
    let start = path.iter().position(|&k| k == node).unwrap_or(0);
    path[start..]
        .iter()
        .chain([&node])
        .map(ToString::to_string)
        .collect()
}

struct Chain<'a>(&'a [String]);

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" needs "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: &[(u8, &[u8])]) -> Result<Graph<u8>, GraphError> {
        Graph::new(nodes.iter().map(|&(node, needs)| (node, needs.to_vec())))
    }

    #[test]
    fn dependencies_come_before_dependants() {
        let graph = graph(&[(1, &[2, 3]), (2, &[4]), (3, &[4, 4]), (4, &[])]).unwrap();
        assert_eq!(graph.order(), [4, 2, 3, 1]);
        assert_eq!(graph.deps(3).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn p_16_cycle_is_refused_and_named() {
        let error = graph(&[(1, &[2]), (2, &[3, 5]), (3, &[2]), (5, &[])]).unwrap_err();
        assert_eq!(error.to_string(), "a cycle: 2 needs 3 needs 2");
    }

    #[test]
    fn node_that_needs_itself_is_a_cycle() {
        let error = graph(&[(1, &[1])]).unwrap_err();
        assert_eq!(error.to_string(), "a cycle: 1 needs 1");
    }

    #[test]
    fn p_16_dangling_dependency_is_refused_and_named() {
        let error = graph(&[(1, &[7])]).unwrap_err();
        assert_eq!(error.to_string(), "1 needs 7, which is not planned");
    }

    #[test]
    fn node_planned_twice_is_refused() {
        let error = graph(&[(1, &[]), (1, &[])]).unwrap_err();
        assert_eq!(error.to_string(), "1 is planned twice");
    }
}
