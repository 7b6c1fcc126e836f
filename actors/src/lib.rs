//! Who does the work, and when: typed messages, timers.

mod tell;
mod alarm;

mod ids;
mod job;
mod report;
pub mod scheduler;

pub use ids::{ArtifactId, Attempt, BuildId, JobId, SubmissionId, WorkerId};
pub use job::{
    Artifact, ArtifactFile, CompileWork, JobFault, JobOutput, JobResult, JobSpec, NamedBlob,
    TestWork, Work,
};
pub use report::{BuildReport, CompileReport, SubmissionStatus, SubmissionView, TestReport};
