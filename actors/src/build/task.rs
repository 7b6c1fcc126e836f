//! One node of a build: when it may ask for its job, and what it tells its dependants.
//!
//! Every dependency reports once. Any error ends the node at once and goes to all dependants; nothing above runs. A node
//! that has all its dependencies, and has been offered by the build, asks the scheduler; what it then passes on are the
//! artifacts it received and its own, each once. Nothing here knows an actor.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::build::NodeName;
use crate::ids::ArtifactId;
use crate::job::{Artifact, JobFault, JobOutput};
use crate::report::CompileReport;

/// What a node tells its dependants.
pub type NodeOutcome = Result<Finished, BTreeMap<NodeName, NodeError>>;

/// A node whose job is done.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Everything received and the node's own artifact, each once.
    pub artifacts: BTreeMap<ArtifactId, Arc<Artifact>>,
    /// What the node's job gave.
    pub output: JobOutput,
}

/// Why nothing above a node can run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NodeError {
    /// The program did not compile.
    #[error("it did not compile: {}", .0.verdict)]
    NotCompiled(CompileReport),
    /// The judge failed, as often as it tried.
    #[error("the judge failed")]
    Fault(#[source] JobFault),
    /// The result can no longer matter.
    #[error("it was cancelled")]
    Cancelled,
    /// The judge stops; the job has to be done again after the next start.
    #[error("the judge stopped")]
    Interrupted,
}

/// The state of a node.
#[derive(Debug)]
pub(crate) struct Task {
    node: NodeName,
    waiting_for: usize,
    artifacts: BTreeMap<ArtifactId, Arc<Artifact>>,
    offered: bool,
    phase: Phase,
}

#[derive(Debug, Clone)]
enum Phase {
    Waiting,
    Asking,
    Done(Arc<NodeOutcome>),
}

/// What the node's actor has to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait for the next event.
    Wait,
    /// Ask the scheduler for the job.
    Ask,
    /// Tell everybody the outcome; a job that was asked for is cancelled.
    Tell {
        /// Whether the scheduler still has the job.
        cancel: bool,
    },
}

impl Task {
    /// A node that waits for so many others; `offered`: it needs no leave of the build.
    pub(crate) fn new(node: NodeName, waiting_for: usize, offered: bool) -> Self {
        Self {
            node,
            waiting_for,
            artifacts: BTreeMap::new(),
            offered,
            phase: Phase::Waiting,
        }
    }

    /// The outcome, once there is one.
    pub(crate) fn outcome(&self) -> Option<&Arc<NodeOutcome>> {
        match &self.phase {
            Phase::Done(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// The artifacts received so far.
    pub(crate) fn artifacts(&self) -> Vec<Arc<Artifact>> {
        self.artifacts.values().cloned().collect()
    }

    /// To be called once at the start: a node without dependencies may be ready.
    pub(crate) fn started(&mut self) -> Next {
        self.ask_if_ready()
    }

    /// A dependency has reported.
    pub(crate) fn dependency(&mut self, outcome: &NodeOutcome) -> Next {
        if !matches!(self.phase, Phase::Waiting) {
            return Next::Wait;
        }
        match outcome {
            Err(errors) => self.end(Err(errors.clone())),
            Ok(finished) => {
                self.waiting_for -= 1;
                for (id, artifact) in &finished.artifacts {
                    self.artifacts
                        .entry(*id)
                        .or_insert_with(|| artifact.clone());
                }
                self.ask_if_ready()
            }
        }
    }

    /// The build wants the job done.
    pub(crate) fn offer(&mut self) -> Next {
        self.offered = true;
        self.ask_if_ready()
    }

    /// The job gave this.
    pub(crate) fn gave(&mut self, output: Result<JobOutput, JobFault>) -> Next {
        if !matches!(self.phase, Phase::Asking) {
            return Next::Wait;
        }
        match output {
            Ok(JobOutput::Compiled(report, None)) => self.fail(NodeError::NotCompiled(report)),
            Ok(output) => {
                let mut artifacts = std::mem::take(&mut self.artifacts);
                if let JobOutput::Compiled(_, Some(artifact)) = &output {
                    artifacts.insert(artifact.id, Arc::new(artifact.clone()));
                }
                self.end(Ok(Finished { artifacts, output }))
            }
            Err(fault) => self.fail(NodeError::Fault(fault)),
        }
    }

    /// Nobody wants the job any more.
    pub(crate) fn cancel(&mut self) -> Next {
        if self.outcome().is_some() {
            return Next::Wait;
        }
        self.fail(NodeError::Cancelled)
    }

    /// The judge stops before the job is done.
    pub(crate) fn interrupt(&mut self) -> Next {
        if self.outcome().is_some() {
            return Next::Wait;
        }
        self.fail(NodeError::Interrupted)
    }

    fn ask_if_ready(&mut self) -> Next {
        if matches!(self.phase, Phase::Waiting) && self.offered && self.waiting_for == 0 {
            self.phase = Phase::Asking;
            return Next::Ask;
        }
        Next::Wait
    }

    fn fail(&mut self, error: NodeError) -> Next {
        self.end(Err(BTreeMap::from([(self.node, error)])))
    }

    fn end(&mut self, outcome: NodeOutcome) -> Next {
        let asked = matches!(self.phase, Phase::Asking);
        let cancelled = matches!(&outcome, Err(errors) if matches!(errors.get(&self.node), Some(NodeError::Cancelled)));
        self.phase = Phase::Done(Arc::new(outcome));
        Next::Tell {
            cancel: asked && cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::compiled;
    use crate::ids::JobId;
    use crate::report::TestReport;
    use tribunal_problems::Verdict;

    fn artifact(id: u8) -> Artifact {
        Artifact {
            id: JobId::from([id; 32]),
            files: Vec::new(),
            compile: compiled(Verdict::AC),
        }
    }

    fn finished(ids: &[u8]) -> NodeOutcome {
        Ok(Finished {
            artifacts: ids
                .iter()
                .map(|&id| (JobId::from([id; 32]), Arc::new(artifact(id))))
                .collect(),
            output: JobOutput::Tested(TestReport::skipped("t")),
        })
    }

    fn failed(node: NodeName) -> NodeOutcome {
        Err(BTreeMap::from([(node, NodeError::Cancelled)]))
    }

    fn fault() -> Result<JobOutput, JobFault> {
        Err(JobFault {
            reason: "the disk is full".to_owned(),
            retry: false,
            of_the_jury: false,
        })
    }

    #[test]
    fn asks_when_all_dependencies_reported_and_it_was_offered() {
        let mut task = Task::new(NodeName::Test(0), 2, false);
        assert_eq!(task.started(), Next::Wait);
        assert_eq!(task.dependency(&finished(&[1])), Next::Wait);
        assert_eq!(task.offer(), Next::Wait);
        assert_eq!(task.dependency(&finished(&[1, 2])), Next::Ask);
        assert_eq!(task.artifacts().len(), 2);
    }

    #[test]
    fn error_of_a_dependency_is_passed_on_at_once_and_nothing_is_asked() {
        let mut task = Task::new(NodeName::Test(0), 2, true);
        assert_eq!(
            task.dependency(&failed(NodeName::Solution)),
            Next::Tell { cancel: false }
        );
        assert_eq!(task.dependency(&finished(&[1])), Next::Wait);
        let errors = task.outcome().unwrap().as_ref().as_ref().unwrap_err();
        assert!(errors.contains_key(&NodeName::Solution));
        assert!(!errors.contains_key(&NodeName::Test(0)));
    }

    #[test]
    fn own_artifact_joins_those_received() {
        let mut task = Task::new(NodeName::Solution, 1, true);
        assert_eq!(task.dependency(&finished(&[1])), Next::Ask);
        let output = JobOutput::Compiled(compiled(Verdict::AC), Some(artifact(2)));
        assert_eq!(task.gave(Ok(output)), Next::Tell { cancel: false });
        let outcome = task.outcome().unwrap().as_ref().as_ref().unwrap();
        assert_eq!(outcome.artifacts.len(), 2);
    }

    #[test]
    fn failure_of_the_judge_ends_the_node() {
        let mut task = Task::new(NodeName::Solution, 0, true);
        task.started();
        assert_eq!(task.gave(fault()), Next::Tell { cancel: false });
    }

    #[test]
    fn cancelled_while_asking_withdraws_the_job() {
        let mut task = Task::new(NodeName::Test(3), 0, true);
        task.started();
        assert_eq!(task.cancel(), Next::Tell { cancel: true });
        assert_eq!(task.gave(fault()), Next::Wait);
        assert_eq!(task.cancel(), Next::Wait);
    }

    #[test]
    fn program_that_does_not_compile_is_an_error_for_those_above() {
        let mut task = Task::new(NodeName::Solution, 0, true);
        task.started();
        task.gave(Ok(JobOutput::Compiled(compiled(Verdict::CE), None)));
        let errors = task.outcome().unwrap().as_ref().as_ref().unwrap_err();
        assert!(matches!(
            errors[&NodeName::Solution],
            NodeError::NotCompiled(_)
        ));
    }
}
