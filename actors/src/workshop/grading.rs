//! What a package's grader says of results that are known already: as for a validator, a run of it is a plan.

use std::sync::Arc;

use tribunal_problems::{
    Content, Grade, Grader, GraderRun, Grading, Plan, PlannedTest, RunEnd, Verdict,
};

use super::{Judging, OUTPUT_HEAD_MAX, WorkshopError, not_compiled};
use crate::report::TestReport;

impl Judging {
    /// Asks a grader; the inner error says why it is broken.
    pub(super) async fn grade(
        &self,
        grader: &Grader,
        grading: &Grading,
    ) -> Result<Result<Grade, String>, WorkshopError> {
        let input = Content::Bytes(Arc::from(grading.input.as_bytes()));
        let test = PlannedTest {
            args: grading.args.clone(),
            hidden: true,
            ..PlannedTest::new(&grading.name, input)
        };
        let plan = Plan {
            limits: grader.limits.clone(),
            compile_limits: grader.compile_limits.clone(),
            output_head_max: OUTPUT_HEAD_MAX,
            ..Plan::new(grader.language.clone(), grader.files.clone(), vec![test])
        };
        let report = self.judge(plan).await?;
        if let Some(reason) = not_compiled(&report) {
            return Ok(Err(format!("the grader: {reason}")));
        }
        let answer = match report.tests.first() {
            Some(test) => run(test).and_then(|run| run.grade()),
            None => Err("the grader was not run".to_owned()),
        };
        let name = &grading.name;
        Ok(answer.map_err(|reason| format!("grade group {name:?}: {reason}")))
    }
}

/// The run that a report tells of; the error is the judge's own.
fn run(test: &TestReport) -> Result<GraderRun, String> {
    let end = match (test.exit_code, test.signal, test.verdict) {
        // A limit may have been passed by one that then exited well.
        (_, _, Verdict::TLE) => RunEnd::CpuLimit,
        (_, _, Verdict::WTL) => RunEnd::WallLimit,
        (_, _, Verdict::ILE) => RunEnd::IdleLimit,
        (_, _, Verdict::MLE) => RunEnd::MemoryLimit,
        (_, _, Verdict::OLE) => RunEnd::OutputLimit,
        (_, _, Verdict::SV) => RunEnd::SecurityViolation,
        (Some(status), _, _) => RunEnd::Exited(status),
        (None, Some(signal), _) => RunEnd::Signaled(signal),
        (None, None, verdict) => {
            let reason = test.message.as_deref().unwrap_or("no reason is known");
            return Err(format!("the grader was not run ({verdict}): {reason}"));
        }
    };
    Ok(GraderRun {
        end,
        stdout: test.stdout.clone().into_bytes(),
        stderr: test.stderr.clone().into_bytes(),
    })
}
