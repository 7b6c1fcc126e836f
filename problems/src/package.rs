//! Problem packages: a directory with a problem's limits, tests, checker and jury submissions, read and checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::checker::{Checker, CustomChecker};
use crate::grader::Grader;
use crate::language::{LanguageId, Languages};
use crate::limits::{CompileLimits, RunLimits};
use crate::procedure::{Communication, FileNames};
use crate::scoring::Scoring;

mod archive;
mod error;
mod expectation;
mod glob;
mod headers;
mod kattis;
mod model;
mod plain;
mod polygon;
mod recipe;
mod tree;

pub use archive::{is_archive, unpack};
pub use error::{PackageError, Place};
pub use expectation::{Judged, JudgedTest, Rule, TimingUse};
pub use glob::Glob;
pub use headers::Headers;
pub use model::{
    Format, Include, InputValidator, JuryProgram, JurySubmission, PlacedFile, ProblemKind,
    SelfTest, Statement, TestCase, Timing, UnjudgedSubmission,
};
pub use recipe::{InputSource, Recipe, RecipeTest};
use tree::Tree;
pub(crate) use tree::yaml;

/// A problem package, read and checked. Tests stay on disk; nothing of it has been run.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// The directory's name, by which requests name the problem.
    pub short_name: String,
    /// Its name for people, in English if there is one.
    pub name: String,
    /// The format that it is written in.
    pub format: Format,
    /// The directory.
    pub path: PathBuf,
    /// How submissions are run.
    pub kind: ProblemKind,
    /// What one run of a submission may use. Where the package names no time limit, a long one stands here until
    /// [`Package::with_time_limit`] is called.
    pub limits: RunLimits,
    /// Where the time limit comes from.
    pub timing: Timing,
    /// What compiling a submission may use.
    pub compile_limits: CompileLimits,
    /// Bytes of source that a submission may have.
    pub source_bytes_max: u64,
    /// The languages that submissions may be written in; `None`: all.
    pub languages: Option<Vec<LanguageId>>,
    /// Whether submissions may write files in their working directory.
    pub file_writing: bool,
    /// Files that submissions read and write in the place of the standard streams.
    pub file_names: FileNames,
    /// The tests in judging order, samples first.
    pub tests: Vec<TestCase>,
    /// How the tests' results become a verdict and a score.
    pub scoring: Scoring,
    /// Who compares outputs with answers.
    pub checker: Checker,
    /// Who has to accept as well what that has accepted.
    pub further_checkers: Vec<CustomChecker>,
    /// Who a submission talks with, where that is another program than the checker.
    pub interactor: Option<CustomChecker>,
    /// Whether that manages several processes of the submission.
    pub communication: Option<Communication>,
    /// Who looks at a submission's files.
    pub static_validator: Option<CustomChecker>,
    /// Who says what groups come to, where the scoring asks for that.
    pub grader: Option<Grader>,
    /// Who looks at the tests' inputs; all have to accept.
    pub input_validators: Vec<InputValidator>,
    /// What is compiled with submissions.
    pub includes: Vec<Include>,
    /// Tests of the package's own programs.
    pub self_tests: Vec<SelfTest>,
    /// The jury's own submissions, in the order of their paths.
    pub submissions: Vec<JurySubmission>,
    /// The jury's programs that cannot be run here.
    pub unjudged: Vec<UnjudgedSubmission>,
    /// What should be mended in the package, though its meaning is clear.
    pub warnings: Vec<String>,
    /// The statements, in the order of their languages.
    pub statements: Vec<Statement>,
    /// How tests are made that the package only describes.
    pub recipe: Option<Recipe>,
}

impl Package {
    /// The languages of the programs that judge: nothing else is needed but the language of what is submitted.
    #[must_use]
    pub fn judging_languages(&self) -> BTreeSet<LanguageId> {
        let mut languages = BTreeSet::new();
        if let Checker::Custom(custom) = &self.checker {
            languages.insert(custom.language.clone());
        }
        languages.extend(self.further_checkers.iter().map(|of| of.language.clone()));
        languages.extend(self.interactor.iter().map(|of| of.language.clone()));
        languages.extend(self.static_validator.iter().map(|of| of.language.clone()));
        languages.extend(self.grader.iter().map(|of| of.language.clone()));
        let validators = self.input_validators.iter();
        let validators = validators.filter_map(InputValidator::program);
        languages.extend(validators.map(|of| of.language.clone()));
        if let Some(recipe) = &self.recipe {
            languages.extend(recipe.generators.iter().map(|of| of.language.clone()));
            languages.extend(recipe.main.iter().map(|(language, _)| language.clone()));
        }
        languages
    }

    /// The languages of all the programs that come with it, the jury's submissions among them.
    #[must_use]
    pub fn programs_languages(&self) -> BTreeSet<LanguageId> {
        let submitted = self.submissions.iter().map(|of| of.language.clone());
        submitted.chain(self.judging_languages()).collect()
    }

    /// Reads and checks a package directory; its format is found by what is in it.
    ///
    /// # Errors
    /// The first fault, with its file and, where it has one, its line; what is not supported yet is one too.
    pub fn open(path: &Path) -> Result<Self, PackageError> {
        Self::open_with(path, &Languages::built_in(), &Headers::default())
    }

    /// The same with other languages than the built-in ones, and with headers that programs may ask for.
    ///
    /// # Errors
    /// As [`Package::open`].
    pub fn open_with(
        path: &Path,
        languages: &Languages,
        headers: &Headers,
    ) -> Result<Self, PackageError> {
        let tree = Tree::new(path)?;
        let short_name = short_name(&tree)?;
        if tree.has("problem.yaml") && !plain::is_hydro(&tree) {
            return kattis::read(&tree, short_name, languages, headers);
        }
        if tree.has("problem.xml") {
            return polygon::read(&tree, &short_name, languages, headers);
        }
        let plain = plain::read(&tree, &short_name, languages, headers)?;
        plain.ok_or_else(|| PackageError::NoPackage {
            path: path.to_owned(),
        })
    }

    /// A problem of these tests, all or nothing by the default checker, with every limit at its default.
    #[must_use]
    pub fn of_tests(short_name: &str, path: &Path, tests: Vec<TestCase>) -> Self {
        let count = u32::try_from(tests.len()).unwrap_or(u32::MAX);
        Self {
            short_name: short_name.to_owned(),
            name: short_name.to_owned(),
            format: Format::Plain,
            path: path.to_owned(),
            kind: ProblemKind::default(),
            limits: RunLimits::default(),
            timing: Timing::default(),
            compile_limits: CompileLimits::default(),
            source_bytes_max: 128 << 10,
            languages: None,
            file_writing: true,
            file_names: FileNames::default(),
            tests,
            scoring: Scoring::all_or_nothing(count),
            checker: Checker::default(),
            further_checkers: Vec::new(),
            interactor: None,
            communication: None,
            static_validator: None,
            grader: None,
            input_validators: Vec::new(),
            includes: Vec::new(),
            self_tests: Vec::new(),
            submissions: Vec::new(),
            unjudged: Vec::new(),
            warnings: Vec::new(),
            statements: Vec::new(),
            recipe: None,
        }
    }

    /// Says whether submissions may be written in a language or a variant of it (`cpp` allows `cpp-20`).
    #[must_use]
    pub fn allows(&self, language: &LanguageId) -> bool {
        let base = |id: &LanguageId| id.as_str().split('-').next().unwrap_or_default().to_owned();
        self.languages.as_ref().is_none_or(|allowed| {
            allowed
                .iter()
                .any(|one| one == language || one.as_str() == base(language))
        })
    }

    /// The same package with this time limit.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limits = self.limits.with_time(limit);
        self
    }

    /// The files that are compiled with a submission in this language: its own, else those for all.
    #[must_use]
    pub fn include_for(&self, language: &LanguageId) -> &[crate::source::SourceFile] {
        let base = language.as_str().split('-').next().unwrap_or_default();
        let find = |wanted: Option<&str>| {
            let mut includes = self.includes.iter();
            includes.find(|one| one.language.as_ref().map(LanguageId::as_str) == wanted)
        };
        let found = find(Some(language.as_str())).or_else(|| find(Some(base)));
        found
            .or_else(|| find(None))
            .map_or(&[], |include| &include.files)
    }
}

/// The directory's name: letters, digits, `_` and `-`.
fn short_name(tree: &Tree) -> Result<String, PackageError> {
    let name = tree
        .root()
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || name.starts_with('-') || !name.bytes().all(plain) {
        let problem = format!(
            "the directory's name {name:?} cannot be a problem's: letters, digits, _ and - only"
        );
        return Err(PackageError::content(".", problem));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests;
