//! All: every test is run, the first failing one in order gives the verdict. The judge's own failure comes before it.

use super::{Final, TestResult};
use crate::verdict::Verdict;

pub(super) fn fold(results: Vec<TestResult>) -> Final {
    let mut verdicts = results
        .iter()
        .map(|result| result.verdict)
        .filter(|verdict| !verdict.is_accepted());
    let first = verdicts.next();
    let broken = first
        .into_iter()
        .chain(verdicts)
        .any(|verdict| verdict == Verdict::JE);
    let verdict = if broken {
        Verdict::JE
    } else {
        first.unwrap_or(Verdict::AC)
    };
    Final {
        verdict,
        score: None,
        results,
        groups: Vec::new(),
        fault: None,
    }
}
