//! How tests are made that a package only describes. Making them is not done here: nothing here starts a program.

use std::path::PathBuf;

use super::model::JuryProgram;
use crate::language::LanguageId;
use crate::source::SourceFile;

/// What is to be made before submissions are judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The programs that make inputs.
    pub generators: Vec<JuryProgram>,
    /// The solution that makes answers: its language and files.
    pub main: Option<(LanguageId, Vec<SourceFile>)>,
    /// One for each test of the package, in its order.
    pub tests: Vec<RecipeTest>,
}

/// Where a test's files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeTest {
    /// Where its input comes from.
    pub input: InputSource,
    /// Its answer, if it is there; else the main solution makes it.
    pub answer: Option<PathBuf>,
}

/// Where an input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSource {
    /// It is there. Line ends are made those of this system.
    File(PathBuf),
    /// A generator prints it.
    Generated {
        /// The generator, by its place in the list.
        generator: usize,
        /// Its arguments.
        args: Vec<String>,
    },
}

impl Recipe {
    /// Says whether anything is to be made at all.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        let is_made = |test: &RecipeTest| {
            test.answer.is_none() || matches!(test.input, InputSource::Generated { .. })
        };
        self.tests.iter().any(is_made)
    }
}
