//! What is kept of a run, so that a rejudging repeats only what may come out otherwise.
//!
//! A run is named by all that determines its output: the program, how it is started, its input. Its figures answer for
//! other limits as far as [`answers`](tribunal_problems::answers) says. Its output is kept as long as there is room;
//! where it is gone the run is made again.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tribunal_problems::{BlobId, RunFacts, RunLimits};

use crate::ids::JobId;
use crate::report::{BuildReport, TestReport};

/// Bytes of the longest output that is kept.
pub(crate) const OUTPUT_KEPT_MAX: u64 = 8 << 20;

/// What is kept of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptRun {
    /// Names it.
    pub run: JobId,
    /// How it ended and what it used.
    pub facts: RunFacts,
    /// The limits under which it was made.
    pub limits: RunLimits,
    /// Its whole standard output, where it ended well and its output is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<KeptOutput>,
    /// Names the check by a program of the jury, where there was one, by all that determines its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<JobId>,
    /// What was done for the judgement that this belongs to.
    pub done: Done,
}

/// A run's whole standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOutput {
    /// Its name.
    pub blob: BlobId,
    /// Bytes.
    pub bytes: u64,
    /// Whether it is in the store; else the report has all of it.
    pub stored: bool,
}

/// How much of a test was done anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Done {
    /// Nothing: all was known.
    Nothing,
    /// A kept output was checked.
    Check,
    /// The program was run.
    Run,
}

/// Tests of an earlier judgement, by the names of their runs.
#[derive(Debug, Clone, Default)]
pub struct Earlier(Arc<BTreeMap<JobId, Arc<TestReport>>>);

impl Earlier {
    /// Whatever was kept of these judgements; of two equal runs the one of the later judgement.
    #[must_use]
    pub fn of<'a>(judgements: impl IntoIterator<Item = &'a BuildReport>) -> Self {
        let mut runs = BTreeMap::new();
        for test in judgements.into_iter().flat_map(|report| &report.tests) {
            if let Some(kept) = &test.kept {
                runs.insert(kept.run, Arc::new(test.clone()));
            }
        }
        Self(Arc::new(runs))
    }

    pub(crate) fn find(&self, run: JobId) -> Option<Arc<TestReport>> {
        self.0.get(&run).cloned()
    }
}
