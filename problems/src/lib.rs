//! What is asked: packages, tests, languages, checkers, scoring, verdicts.
//!
//! Pure data, rules and the reading of package directories. Nothing here starts a process, reads a clock or knows an
//! actor: the drivers in `drivers/` are text that others put into a box.

mod verdict;

mod answers;
mod decide;
mod interaction;
mod limits;
mod points;
mod ratio;

mod blob_id;
mod entry_point;
mod language;
mod source;

mod checker;
mod checktestdata;
mod generator;
mod grader;
mod package;
mod plan;
mod procedure;
mod scoring;

mod contest;
mod scoreboard;

pub use answers::answers;
pub use blob_id::{BlobId, NoBlobId};
pub use checker::{
    Checker, CheckerAnswer, CheckerFile, CheckerPaths, CheckerRun, CustomChecker, DefaultFlags,
    Dialect, FlagError, LineRule, NativeChecker, Outcome as TestlibOutcome,
    Report as TestlibReport, Scores, UnknownChecker, UnknownDialect,
};
pub use checktestdata::{
    CheckOptions, InputPlace, Refusal as ScriptRefusal, Script, SyntaxError as ScriptError,
};
pub use contest::{
    Colour, Contest, ContestAccount, ContestError, ContestKind, ContestProblem, ContestRole,
    ContestStart, Credential, IoiScore, SubmissionLimits,
};
pub use decide::{RunEnd, RunFacts, verdict, verdict_of_answer, verdict_of_run};
pub use entry_point::{DriverKind, EntryPoint};
pub use generator::{
    Final, Generator, GeneratorError, GeneratorKind, Group, GroupError, GroupResult, GroupScoring,
    RuleError, TestNumber, TestResult,
};
pub use grader::{Grade, Grader, GraderRun};
pub use interaction::{Side, verdict_of_talk};
pub use language::{
    CommandTemplate, Helper, Language, LanguageError, LanguageId, Languages, MissingToolchain,
    Probe, Toolchain,
};
pub use limits::{CompileLimits, RunLimits};
pub use package::{
    Format, Glob, Headers, Include, InputSource, InputValidator, Judged, JudgedTest, JuryProgram,
    JurySubmission, Package, PackageError, Place, PlacedFile, ProblemKind, Recipe, RecipeTest,
    Rule, SelfTest, Statement, TestCase, Timing, TimingUse, UnjudgedSubmission, is_archive, unpack,
};
pub use plan::{Content, OUTPUT_HEAD_MAX, Plan, PlannedTest, TestTask};
pub use points::{NoPoints, Points};
pub use procedure::{Communication, FileNames, Interactor, Meeting, NEXT_PASS, Procedure, UserIo};
pub use ratio::{NoRatio, Ratio};
pub use scoreboard::{
    Cell, Changed, Entry, EntryResult, Row, Score, Scoreboard, ScoreboardRules, TeamId, Viewer,
};
pub use scoring::{
    Acceptance, Aggregate, Counting, Grading, Part, Scoring, ScoringError, ScoringGroup, Value,
    VerdictPolicy, Worth,
};
pub use source::{
    FILES_MAX, NAME_LENGTH_MAX, SOURCE_BYTES_MAX, SourceError, SourceFile, check_sources,
};
pub use verdict::{UnknownVerdict, Verdict};
