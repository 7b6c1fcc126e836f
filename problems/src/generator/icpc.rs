//! ICPC: the first failing test in order gives the verdict; what is behind a failure is not run.

use super::{Course, Final, TestResult};
use crate::points::Points;
use crate::verdict::Verdict;

/// A test matters as long as no test before it is known to fail.
pub(super) fn matters(course: &Course, at: usize) -> bool {
    (0..at).all(|earlier| {
        course
            .done(earlier)
            .is_none_or(|result| result.verdict.is_accepted())
    })
}

pub(super) fn fold(results: Vec<TestResult>) -> Final {
    let failure = results
        .iter()
        .map(|result| result.verdict)
        .find(|verdict| !verdict.is_accepted());
    let verdict = failure.unwrap_or(Verdict::AC);
    let score = Points::from(u32::from(verdict.is_accepted()));
    Final {
        verdict,
        score: Some(score),
        results,
        groups: Vec::new(),
        fault: None,
    }
}
