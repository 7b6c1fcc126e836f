//! What judging one submission asks for, wherever the submission came from.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::blob_id::BlobId;
use crate::checker::Checker;
use crate::entry_point::EntryPoint;
use crate::generator::GeneratorKind;
use crate::language::LanguageId;
use crate::limits::{CompileLimits, RunLimits};
use crate::source::SourceFile;

/// What judging one submission asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The language that the files are written in.
    pub language: LanguageId,
    /// The submitted files; the first is the main one unless a name says otherwise.
    pub files: Vec<SourceFile>,
    /// Whether the source is a program or perhaps a function to be called.
    pub entry: EntryPoint,
    /// The tests in judging order.
    pub tests: Vec<PlannedTest>,
    /// Who compares an output with its answer.
    pub checker: Checker,
    /// What one run may use.
    pub limits: RunLimits,
    /// What compiling may use.
    pub compile_limits: CompileLimits,
    /// Which tests are run, and what they come to.
    pub rule: GeneratorKind,
    /// Bytes of each output that are kept for its reader.
    pub output_head_max: usize,
}

/// One test of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTest {
    /// Its name or id, unique in the plan.
    pub name: String,
    /// What the program reads.
    pub input: Content,
    /// What the checker compares with; `None`: the run alone decides. Never enters the program's box.
    pub answer: Option<Content>,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Whether the contestant may see no more of it than its verdict and time.
    pub hidden: bool,
}

/// Some bytes and where they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Content {
    /// Here.
    Bytes(Arc<[u8]>),
    /// In a file of this host.
    File(PathBuf),
    /// In the content-addressed store.
    Blob(BlobId),
}
