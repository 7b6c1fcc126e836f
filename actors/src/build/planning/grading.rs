//! Questions to the grader as jobs, which are planned when the results are known.

use std::sync::Arc;

use tribunal_problems::{Grader, Grading, RunLimits};
use tribunal_sandbox::Isolation;

use super::Naming;
use crate::ids::{BuildId, JobId};
use crate::job::{GradeWork, JobSpec, Work};
use crate::toolchains::ProbedToolchain;

/// The grader of a build.
#[derive(Debug)]
pub(crate) struct PlannedGrader {
    build: BuildId,
    salt: u64,
    isolation: Isolation,
    program: JobId,
    toolchain: Arc<ProbedToolchain>,
    limits: RunLimits,
}

impl PlannedGrader {
    /// One that is compiled by this job.
    pub(super) fn new(
        naming: &Naming,
        grader: &Grader,
        compile: &JobSpec,
        toolchain: Arc<ProbedToolchain>,
    ) -> Self {
        Self {
            build: naming.build,
            salt: naming.salt,
            isolation: naming.isolation,
            program: compile.id,
            toolchain,
            limits: grader.limits.clone(),
        }
    }

    /// The job that asks it. It is cheap, so that it is never taken from another build.
    pub(crate) fn job(&self, grading: Grading) -> JobSpec {
        let id = JobId::of(&[
            b"grade",
            &self.salt.to_le_bytes(),
            &self.build.0.to_le_bytes(),
            &(grading.group as u64).to_le_bytes(),
            self.program.as_bytes(),
        ]);
        JobSpec {
            id,
            build: self.build,
            deps: vec![self.program],
            artifacts: Vec::new(),
            isolation: self.isolation,
            work: Work::Grade(Arc::new(GradeWork {
                program: self.program,
                toolchain: self.toolchain.clone(),
                args: grading.args,
                input: grading.input,
                limits: self.limits.clone(),
            })),
        }
    }
}
