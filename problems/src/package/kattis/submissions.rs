//! The jury's submissions: their languages, and what is expected of them by directory, by `submissions.yaml` or by a mark.

use super::constants::Constants;
use super::programs::{language_of, sources};
use crate::language::{LanguageId, Languages};
use crate::package::error::PackageError;
use crate::package::expectation::{Expectation, Rule};
use crate::package::tree::{Entry, Tree};
use crate::package::{JurySubmission, UnjudgedSubmission};
use crate::source::SourceFile;
use crate::verdict::Verdict::{self, AC, RTE, TLE, WA};

mod marks;
mod yaml;

use marks::Marks;
use yaml::{Entries, JuryEntry};

const FOUR: [Verdict; 4] = [AC, WA, TLE, RTE];

/// What the reading needs to know of the package.
pub(super) struct Context<'a> {
    pub(super) tree: &'a Tree,
    pub(super) languages: &'a Languages,
    pub(super) constants: &'a Constants,
    pub(super) legacy: bool,
    /// Whether it is a draft of 2025-09, which knows the old directories.
    pub(super) is_draft: bool,
    /// Whether directories speak of the whole alone and not of each test, as DOMjudge has it.
    pub(super) whole_only: bool,
    pub(super) scored: bool,
    /// The language that every submission has, where it is no program but its outputs.
    pub(super) only_language: Option<LanguageId>,
    /// The names of tests and groups.
    pub(super) names: Vec<String>,
}

/// The submissions; those that cannot be judged here apart, with the reason.
pub(super) fn submissions(
    context: &Context<'_>,
) -> Result<(Vec<JurySubmission>, Vec<UnjudgedSubmission>), PackageError> {
    let entries = Entries::read(context)?;
    let (mut judged, mut unjudged) = (Vec::new(), Vec::new());
    for directory in context.tree.entries("submissions")? {
        if !directory.is_dir {
            continue;
        }
        for entry in context.tree.entries(&directory.path)? {
            match submission(context, &entries, &directory.name, &entry)? {
                Ok(one) => judged.push(one),
                Err(one) => unjudged.push(one),
            }
        }
    }
    entries.check_all_used(context)?;
    Ok((judged, unjudged))
}

fn submission(
    context: &Context<'_>,
    entries: &Entries,
    directory: &str,
    entry: &Entry,
) -> Result<Result<JurySubmission, UnjudgedSubmission>, PackageError> {
    let path = format!("{directory}/{}", entry.name);
    let leave = |reason: String| {
        let path = path.clone();
        Ok(Err(UnjudgedSubmission { path, reason }))
    };
    let mut files = sources(context.tree, entry, context.constants)?;
    let matching: Vec<&JuryEntry> = entries.matching(&path).collect();
    let named = matching
        .iter()
        .rev()
        .find_map(|one| one.language.as_deref());
    let language = match named {
        _ if context.only_language.is_some() => context.only_language.clone(),
        Some(code) => context
            .languages
            .get(code)
            .map(|language| language.id.clone()),
        None => language_of(&files, context.languages),
    };
    let Some(language) = language else {
        return leave(match named {
            Some(code) => format!("language {code} is not known"),
            None => "its language is not known".to_owned(),
        });
    };
    if language.as_str() == "pascal" {
        program_first(&mut files);
    }
    if let Some(start) = matching
        .iter()
        .rev()
        .find_map(|one| one.entry_point.as_deref())
    {
        // A class or module is named without its ending.
        let stem = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let found = files.iter().position(|file| file.name == start);
        let found = found.or_else(|| files.iter().position(|file| stem(&file.name) == start));
        if let Some(at) = found {
            let first = files.remove(at);
            files.insert(0, first);
        }
    }
    let marks = Marks::read(&path, &files)?;
    if let Some(reason) = marks.undecided {
        return leave(reason);
    }
    let Some(Expectation { whole, rules }) =
        expectation(context, entries, directory, &path, &marks)
    else {
        return leave("nothing says which verdict it should get".to_owned());
    };
    Ok(Ok(JurySubmission {
        path,
        files,
        language,
        expected: whole,
        rules,
    }))
}

/// A Pascal program may come with units, which are compiled with it and not by themselves.
fn program_first(files: &mut [SourceFile]) {
    let is_program = |file: &SourceFile| {
        let text = String::from_utf8_lossy(&file.content).to_ascii_lowercase();
        text.lines()
            .any(|line| line.trim_start().starts_with("program "))
    };
    if let Some(at) = files.iter().position(is_program) {
        files[..=at].rotate_right(1);
    }
}

/// The directory's rules and those of `submissions.yaml`; else what a mark in the source says.
fn expectation(
    context: &Context<'_>,
    entries: &Entries,
    directory: &str,
    path: &str,
    marks: &Marks,
) -> Option<Expectation> {
    let given: Vec<&JuryEntry> = entries.matching(path).collect();
    let has_partial = context.legacy || (context.is_draft && directory == "partially_accepted");
    let mut default = Expectation::of_directory(directory, has_partial);
    if context.whole_only {
        // DOMjudge looks at the verdict as a whole, which its own words for directories name alone.
        default = Expectation::of_directory(directory, false);
        for rule in default.iter_mut().flat_map(|default| &mut default.rules) {
            rule.permitted = rule.permitted.take().filter(|may| *may == [AC]);
            rule.required = rule.required.take().filter(|must| *must == [TLE]);
        }
    }
    let is_known = default.is_some();
    let mut found = match default {
        Some(default) => default,
        None if !given.is_empty() => Expectation {
            whole: FOUR.to_vec(),
            rules: Vec::new(),
        },
        None => match &marks.whole {
            Some(whole) => Expectation {
                whole: whole.clone(),
                rules: Vec::new(),
            },
            None => return None,
        },
    };
    if context.scored
        && let Some(score) = &marks.score
    {
        found.rules.push(Rule {
            from: "@EXPECTED_SCORE@".to_owned(),
            score: Some((score.clone(), score.clone())),
            ..Rule::default()
        });
    }
    for entry in given {
        let is_default = entry.glob.as_str() == directory;
        if is_default && is_known {
            // A bare directory replaces its default, key by key.
            for rule in &mut found.rules {
                rule.permitted = entry.own.permitted.clone().or(rule.permitted.take());
                rule.required = entry.own.required.clone().or(rule.required.take());
            }
            found.rules.push(Rule {
                permitted: None,
                required: None,
                ..entry.own.clone()
            });
        } else {
            found.rules.push(entry.own.clone());
        }
        found.rules.extend(entry.nested.iter().cloned());
        found.whole = whole_of(&found.rules, &found.whole, is_default);
    }
    if context.scored {
        // Where points count, part of them is what most rules come to.
        let partial = found.rules.iter().any(|rule| rule.score.is_some());
        if partial && !found.whole.contains(&AC) {
            found.whole.push(Verdict::PT);
        }
    }
    Some(found)
}

/// Which verdicts the whole may get under these rules.
fn whole_of(rules: &[Rule], default: &[Verdict], replaced: bool) -> Vec<Verdict> {
    if !replaced {
        return default.to_vec();
    }
    let first = &rules[0];
    let permitted = first.permitted.clone().unwrap_or(FOUR.to_vec());
    let fails = first
        .required
        .as_ref()
        .is_some_and(|required| !required.contains(&AC));
    permitted
        .into_iter()
        .filter(|one| *one != AC || !fails)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_stands_before_its_units() {
        let file = |name: &str, text: &str| SourceFile::new(name, text.as_bytes());
        let mut files = vec![
            file("a.pas", "unit a;\n"),
            file("b.pas", "unit b;\n"),
            file("main.pas", "{ uses units }\nProgram main;\n"),
            file("z.pas", "unit z;\n"),
        ];
        program_first(&mut files);
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["main.pas", "a.pas", "b.pas", "z.pas"]);
        let mut alone = vec![file("a.pas", "begin end.")];
        program_first(&mut alone);
        assert_eq!(alone.len(), 1);
    }
}
