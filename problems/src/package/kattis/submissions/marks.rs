//! What a source says of itself: DOMjudge's marks.

use crate::package::error::PackageError;
use crate::ratio::Ratio;
use crate::source::SourceFile;
use crate::verdict::Verdict::{self, AC, RTE, TLE, WA};

/// What a source says of itself in DOMjudge's words, `@EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT`.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) whole: Option<Vec<Verdict>>,
    pub(super) score: Option<Ratio>,
}

impl Marks {
    pub(super) fn read(path: &str, files: &[SourceFile]) -> Result<Self, PackageError> {
        let place = || format!("submissions/{path}");
        let mark = |mark: &str| {
            let found = files.iter().find_map(|file| {
                let text = String::from_utf8_lossy(&file.content).into_owned();
                let (_, rest) = text.split_once(mark)?;
                let line = rest.lines().next().unwrap_or_default();
                Some(
                    line.trim_end_matches("*/")
                        .trim_end_matches("-->")
                        .trim()
                        .to_owned(),
                )
            });
            found.filter(|text| !text.is_empty())
        };
        let mut marks = Self::default();
        if let Some(words) = mark("@EXPECTED_RESULTS@:") {
            let words = words
                .split(',')
                .map(|word| word.trim().to_ascii_uppercase());
            let verdicts: Result<Vec<Verdict>, String> = words
                .filter(|word| !word.is_empty())
                .map(|word| verdict_of_mark(&word).ok_or(word))
                .collect();
            let unknown =
                |word| PackageError::content(place(), format!("unknown expected result {word:?}"));
            marks.whole = Some(verdicts.map_err(unknown)?);
        }
        if let Some(score) = mark("@EXPECTED_SCORE@:") {
            let number = score.parse();
            let wrong = |_| {
                PackageError::content(
                    place(),
                    format!("the expected score {score:?} is no number"),
                )
            };
            marks.score = Some(number.map_err(wrong)?);
        }
        Ok(marks)
    }
}

fn verdict_of_mark(word: &str) -> Option<Verdict> {
    Some(match word {
        "CORRECT" | "ACCEPTED" => AC,
        "WRONG-ANSWER" | "WRONG_ANSWER" | "NO-OUTPUT" | "NO_OUTPUT" | "OUTPUT-LIMIT"
        | "OUTPUT_LIMIT" => WA,
        "TIMELIMIT" | "TIME_LIMIT_EXCEEDED" => TLE,
        "RUN-ERROR" | "RUN_TIME_ERROR" | "MEMORY-LIMIT" | "MEMORY_LIMIT" => RTE,
        "COMPILER-ERROR" | "COMPILER_ERROR" => Verdict::CE,
        _ => return None,
    })
}
