//! What a source says of itself: DOMjudge's marks.

use crate::package::error::PackageError;
use crate::ratio::Ratio;
use crate::source::SourceFile;
use crate::verdict::Verdict::{self, AC, RTE, TLE, WA};

const RESULTS: &str = "@EXPECTED_RESULTS@:";
const SCORE: &str = "@EXPECTED_SCORE@:";
/// Stands in the place of a verdict where only a person can tell.
const BY_HAND: &str = "CHECK-MANUALLY";

/// What a source says of itself in DOMjudge's words, `@EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT` or `@EXPECTED_SCORE@: 30`. Verdicts
/// may stand behind the second as well.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) whole: Option<Vec<Verdict>>,
    pub(super) score: Option<Ratio>,
    /// Why nobody can say which verdict is right, as DOMjudge sees it.
    pub(super) undecided: Option<String>,
}

impl Marks {
    pub(super) fn read(path: &str, files: &[SourceFile]) -> Result<Self, PackageError> {
        let mut results: Vec<String> = lines_behind(RESULTS, files).collect();
        let mut scores: Vec<Ratio> = Vec::new();
        for line in lines_behind(SCORE, files) {
            match line.parse() {
                Ok(score) => scores.push(score),
                Err(_) => results.push(line),
            }
        }
        let mut marks = Self::default();
        if results.len() > 1 || scores.len() > 1 {
            marks.undecided =
                Some("it has more than one @EXPECTED_RESULTS@ or @EXPECTED_SCORE@".to_owned());
            return Ok(marks);
        }
        marks.score = scores.pop();
        if let Some(line) = results.pop() {
            let words = line.split(',').map(|word| word.trim().to_ascii_uppercase());
            let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
            if words.iter().any(|word| word == BY_HAND) {
                marks.undecided = Some("it is to be checked by hand".to_owned());
            } else {
                marks.whole = Some(verdicts(path, &words)?);
            }
        }
        Ok(marks)
    }
}

/// What stands behind each of these marks, without the end of a comment.
fn lines_behind<'a>(mark: &'a str, files: &'a [SourceFile]) -> impl Iterator<Item = String> + 'a {
    files.iter().flat_map(move |file| {
        let text = String::from_utf8_lossy(&file.content).into_owned();
        let behind = text.split(mark).skip(1).map(|rest| {
            let line = rest.lines().next().unwrap_or_default();
            let line = line.trim_end().trim_end_matches("*/");
            line.trim_end_matches("-->").trim().to_owned()
        });
        let behind: Vec<String> = behind.filter(|line| !line.is_empty()).collect();
        behind
    })
}

fn verdicts(path: &str, words: &[String]) -> Result<Vec<Verdict>, PackageError> {
    let verdict = |word: &String| {
        verdict_of_mark(word).ok_or_else(|| {
            let problem = format!("unknown expected result {word:?}");
            PackageError::content(format!("submissions/{path}"), problem)
        })
    };
    words.iter().map(verdict).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_as_domjudge_reads_them() {
        type Read = (Option<Vec<Verdict>>, Option<&'static str>, bool);
        let table: [(&[&str], Read); 9] = [
            (&["int x;"], (None, None, false)),
            (
                &["// @EXPECTED_RESULTS@: CORRECT, wrong_answer\n"],
                (Some(vec![AC, WA]), None, false),
            ),
            (
                &["/* @EXPECTED_RESULTS@: TIMELIMIT */"],
                (Some(vec![TLE]), None, false),
            ),
            (&["# @EXPECTED_SCORE@: 30"], (None, Some("30"), false)),
            (
                &["# @EXPECTED_SCORE@: CORRECT"],
                (Some(vec![AC]), None, false),
            ),
            (
                &["# @EXPECTED_SCORE@: 2.5\n# @EXPECTED_RESULTS@: RUN-ERROR"],
                (Some(vec![RTE]), Some("2.5"), false),
            ),
            (
                &["# @EXPECTED_RESULTS@: NO-OUTPUT\n# @EXPECTED_SCORE@: NO-OUTPUT"],
                (None, None, true),
            ),
            (
                &["@EXPECTED_RESULTS@: CORRECT", "@EXPECTED_RESULTS@: tags."],
                (None, None, true),
            ),
            (&["@EXPECTED_RESULTS@: CHECK-MANUALLY"], (None, None, true)),
        ];
        for (sources, wanted) in table {
            let files = sources
                .iter()
                .map(|source| SourceFile::new("a.c", source.as_bytes()));
            let files: Vec<SourceFile> = files.collect();
            let marks = Marks::read("mixed/a.c", &files).unwrap();
            let (whole, score, is_undecided) = wanted;
            assert_eq!(marks.whole, whole, "{sources:?}");
            let found = marks.score.map(|score| score.to_string());
            assert_eq!(found.as_deref(), score, "{sources:?}");
            assert_eq!(marks.undecided.is_some(), is_undecided, "{sources:?}");
        }
        let unknown = [SourceFile::new("a.c", &b"@EXPECTED_RESULTS@: LUCK"[..])];
        assert!(Marks::read("mixed/a.c", &unknown).is_err());
    }
}
