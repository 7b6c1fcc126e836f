//! How custom checkers of each judging system are called (verdicts-and-checkers 4.3 to 4.5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{CheckerAnswer, CheckerPaths, CheckerRun, interpret};

/// How a custom checker is called and how it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// `INPUT ANSWER FEEDBACK_DIR/ ARGS... < OUTPUT`; exit 42 accepts, 43 rejects, all else is broken (4.3).
    Kattis,
    /// `LANGUAGE ENTRY_POINT FEEDBACK_DIR/ ARGS...`, the submission's files in the working directory; as Kattis otherwise.
    KattisStatic,
    /// `INPUT OUTPUT ANSWER ARGS...`; exit status and first words on standard error (4.4).
    Testlib,
    /// `INPUT OUTPUT ANSWER`; 0 accepts, 1 rejects.
    Dmoj,
    /// `INPUT OUTPUT ANSWER`; 0, 1, 2 for a wrong format, 7 with `points N` on standard error.
    DmojTestlib,
    /// `INPUT OUTPUT ANSWER`; 0, 1, 7 with `partial X/Y` on standard error.
    DmojCoci,
    /// `INPUT ANSWER OUTPUT`; a share on standard output, a message on standard error.
    Cms,
    /// `INPUT ANSWER OUTPUT`; 0 accepts.
    Hustoj,
    /// `INPUT OUTPUT ANSWER FULL_SCORE SCORE_FILE MESSAGE_FILE`.
    Lemon,
    /// `INPUT OUTPUT`; 0 accepts, 1 rejects.
    Qduoj,
    /// Files of fixed names; 0 to 100 on standard output.
    Syzoj,
    /// `INPUT OUTPUT ANSWER`; 0 accepts, 4 is a wrong format, 5 rejects; points on standard output where scored.
    Ejudge,
    /// The output on standard input, the rest in files of fixed names; a share on standard output.
    Omegaup,
}

/// Whether a checker may give points, and by which rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scores {
    /// The problem is not scored.
    #[default]
    Refused,
    /// Points are hundredths of what the test is worth.
    Percent,
    /// Points up to 1 are a share of what the test is worth, larger ones are hundredths of it, and the message may have `score(N)` and
    /// `status(N)`: the rules of Hydro's testlib.
    Hydro,
    /// `score.txt` of an accepted output counts, that of a rejected one is ignored.
    Legacy,
    /// `score.txt` or `score_multiplier.txt` of an accepted output; none of a rejected one.
    V2025,
}

/// A file that a checker wants under a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckerFile {
    /// The test's input.
    Input,
    /// The jury's answer.
    Answer,
    /// The contestant's output.
    Output,
    /// The contestant's source.
    Source,
}

/// The files by which a Lemon checker answers, in the feedback directory.
pub(super) const LEMON_SCORE: &str = "score.txt";
pub(super) const LEMON_MESSAGE: &str = "judgemessage.txt";
pub(super) const LEMON_FULL: u32 = 100;

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 13] = [
        Self::Kattis,
        Self::KattisStatic,
        Self::Testlib,
        Self::Dmoj,
        Self::DmojTestlib,
        Self::DmojCoci,
        Self::Cms,
        Self::Hustoj,
        Self::Lemon,
        Self::Qduoj,
        Self::Syzoj,
        Self::Ejudge,
        Self::Omegaup,
    ];

    /// Its word in configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Kattis => "kattis",
            Self::KattisStatic => "kattis-static",
            Self::Testlib => "testlib",
            Self::Dmoj => "dmoj",
            Self::DmojTestlib => "dmoj-testlib",
            Self::DmojCoci => "dmoj-coci",
            Self::Cms => "cms",
            Self::Hustoj => "hustoj",
            Self::Lemon => "lemon",
            Self::Qduoj => "qduoj",
            Self::Syzoj => "syzoj",
            Self::Ejudge => "ejudge",
            Self::Omegaup => "omegaup",
        }
    }

    /// The arguments of a check, without the program and without the checker's own.
    #[must_use]
    pub fn arguments(self, paths: &CheckerPaths<'_>) -> Vec<String> {
        let CheckerPaths {
            input,
            answer,
            output,
            feedback_dir,
        } = *paths;
        let feedback = feedback_dir.trim_end_matches('/');
        let words: &[&str] = match self {
            Self::Kattis => &[input, answer, &format!("{feedback}/")],
            Self::KattisStatic => &[&format!("{feedback}/")],
            Self::Lemon => &[
                input,
                output,
                answer,
                &LEMON_FULL.to_string(),
                &format!("{feedback}/{LEMON_SCORE}"),
                &format!("{feedback}/{LEMON_MESSAGE}"),
            ],
            Self::Testlib | Self::Dmoj | Self::DmojTestlib | Self::DmojCoci | Self::Ejudge => {
                &[input, output, answer]
            }
            Self::Cms | Self::Hustoj => &[input, answer, output],
            Self::Qduoj => &[input, output],
            Self::Syzoj | Self::Omegaup => &[],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// The arguments of a talk, without the program and without its own; `None`: the dialect has no interactors. `output` is where
    /// it may leave what the checker then judges.
    #[must_use]
    pub fn interactor_arguments(self, paths: &CheckerPaths<'_>) -> Option<Vec<String>> {
        match self {
            Self::Kattis | Self::Testlib => Some(self.arguments(paths)),
            Self::Dmoj | Self::DmojCoci => Some(vec![paths.input.into(), paths.answer.into()]),
            Self::DmojTestlib => Some(vec![
                paths.input.into(),
                "/dev/null".into(),
                paths.answer.into(),
            ]),
            _ => None,
        }
    }

    /// Says whether programs of this dialect may talk with a submission.
    #[must_use]
    pub fn interacts(self) -> bool {
        let paths = CheckerPaths {
            input: "",
            answer: "",
            output: "",
            feedback_dir: "",
        };
        self.interactor_arguments(&paths).is_some()
    }

    /// The exit status by which a program of this dialect accepts.
    #[must_use]
    pub fn accepting_status(self) -> i32 {
        if self == Self::Kattis { 42 } else { 0 }
    }

    /// Says whether the contestant's output is the checker's standard input.
    #[must_use]
    pub fn reads_output_from_stdin(self) -> bool {
        matches!(self, Self::Kattis | Self::Omegaup)
    }

    /// The files that the checker wants in its working directory, by name.
    #[must_use]
    pub fn fixed_files(self) -> &'static [(&'static str, CheckerFile)] {
        match self {
            Self::Syzoj => &[
                ("input", CheckerFile::Input),
                ("user_out", CheckerFile::Output),
                ("answer", CheckerFile::Answer),
                ("code", CheckerFile::Source),
            ],
            Self::Omegaup => &[
                ("data.in", CheckerFile::Input),
                ("data.out", CheckerFile::Answer),
            ],
            // Managers may read it there instead of from standard input.
            Self::Cms => &[("input.txt", CheckerFile::Input)],
            _ => &[],
        }
    }

    /// What a checker's run says to the jury; empty if it says nothing.
    pub(super) fn remark(self, run: &CheckerRun) -> String {
        interpret::remark(self, run)
    }

    /// What a checker's run means.
    #[must_use]
    pub fn interpret(self, run: &CheckerRun, scores: Scores) -> CheckerAnswer {
        interpret::interpret(self, run, scores)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that is no dialect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown checker dialect {0:?}")]
pub struct UnknownDialect(pub String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(word: &str) -> Result<Self, UnknownDialect> {
        let found = Self::ALL.into_iter().find(|one| one.word() == word);
        found.ok_or_else(|| UnknownDialect(word.to_owned()))
    }
}
