//! The programs that `problem.xml` names: their languages, the checker, what is expected of solutions.

use super::xml::{Element, FILE};
use crate::checker::{Checker, CustomChecker, Dialect, Scores};
use crate::language::{LanguageId, Languages};
use crate::limits::{CompileLimits, RunLimits};
use crate::package::error::PackageError;
use crate::package::expectation::{Expectation, Rule};
use crate::package::headers::Headers;
use crate::package::model::{JuryProgram, JurySubmission, UnjudgedSubmission};
use crate::package::tree::Tree;
use crate::source::SourceFile;
use crate::verdict::Verdict::{self, AC, MLE, PE, RTE, TLE, WA};

/// What reading a program needs to know.
pub(super) struct Context<'a> {
    pub(super) tree: &'a Tree,
    pub(super) languages: &'a Languages,
    pub(super) headers: &'a Headers,
    pub(super) limits: RunLimits,
    /// The package's own headers, which every program may include.
    pub(super) resources: Vec<SourceFile>,
}

impl Context<'_> {
    /// The header files among the resources.
    pub(super) fn resources_of(
        tree: &Tree,
        problem: Element<'_>,
    ) -> Result<Vec<SourceFile>, PackageError> {
        let mut files = Vec::new();
        for resources in problem.nested("files", "resources") {
            for file in resources.children("file") {
                let path = file.required("path")?;
                let is_header = [".h", ".hpp", ".inc"]
                    .iter()
                    .any(|ending| path.ends_with(ending));
                if !is_header {
                    continue;
                }
                if !tree.has(path) {
                    return file.wrong(format!("there is no file {path:?}"));
                }
                let name = path.rsplit('/').next().unwrap_or(path);
                files.push(SourceFile::new(name, tree.read(path)?));
            }
        }
        Ok(files)
    }

    /// The language and the files of a program's `<source>`.
    fn source(&self, program: Element<'_>) -> Result<(LanguageId, Vec<SourceFile>), PackageError> {
        let Some(source) = program.child("source") else {
            return program.wrong(format!("<{}> has no <source>", program.name()));
        };
        let path = source.required("path")?;
        if !self.tree.has(path) {
            return source.wrong(format!("there is no file {path:?}"));
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some(language) = self.language(source.attribute("type").unwrap_or_default(), name)
        else {
            let kind = source.attribute("type").unwrap_or("no type");
            return source.unsupported(format!("a program of type {kind:?}"));
        };
        Ok((language, vec![SourceFile::new(name, self.tree.read(path)?)]))
    }

    /// By the type's word before the dot and its last number: `cpp.gcc14-64-msys2-g++23`.
    fn language(&self, kind: &str, name: &str) -> Option<LanguageId> {
        let (base, rest) = kind.split_once('.').unwrap_or((kind, ""));
        let letters = base.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let known = |id: &str| self.languages.get(id).map(|language| language.id.clone());
        let found = match letters {
            "cpp" => {
                let standard = ["26", "23", "20", "17", "14", "11"];
                let standard = standard.iter().find(|number| rest.ends_with(*number));
                standard
                    .and_then(|number| known(&format!("cpp-{number}")))
                    .or_else(|| known("cpp"))
            }
            "python" if rest.starts_with('2') || base.ends_with('2') => return known("python2"),
            "python" if rest.contains("pypy") => known("pypy"),
            "pypy" => known("pypy"),
            "pas" => known("pascal"),
            "csharp" | "cs" => known("csharp"),
            other => known(other),
        };
        found.or_else(|| {
            self.languages
                .by_file_name(name)
                .map(|language| language.id.clone())
        })
    }

    /// A program of the jury, with the package's headers and those of this host.
    pub(super) fn program(
        &self,
        element: Element<'_>,
        name: &str,
    ) -> Result<JuryProgram, PackageError> {
        let (language, mut files) = self.source(element)?;
        let path = element
            .child("source")
            .and_then(|source| source.attribute("path"));
        files.extend(self.resources.iter().cloned());
        let place = |_: &str| path.unwrap_or(FILE).to_owned();
        self.headers.add_to(&mut files, &place)?;
        Ok(JuryProgram {
            name: name.to_owned(),
            language,
            files,
            dialect: Dialect::Testlib,
            compile_limits: CompileLimits::default(),
            limits: self.limits.clone(),
        })
    }

    /// The checker: a standard one is looked up by its name and needs no box.
    pub(super) fn checker(
        &self,
        element: Element<'_>,
        scores: Scores,
    ) -> Result<Checker, PackageError> {
        let standard = element
            .attribute("name")
            .and_then(|name| name.strip_prefix("std::"));
        let standard = standard.map(|name| name.trim_end_matches(".cpp").parse());
        if let Some(Ok(native)) = standard {
            return Ok(Checker::Native(native));
        }
        match element.attribute("type") {
            None | Some("testlib") => {}
            Some(other) => return element.unsupported(format!("a checker of type {other:?}")),
        }
        Ok(Checker::Custom(self.custom(element, "checker", scores)?))
    }

    /// A program that judges, by testlib's convention.
    pub(super) fn custom(
        &self,
        element: Element<'_>,
        name: &str,
        scores: Scores,
    ) -> Result<CustomChecker, PackageError> {
        let program = self.program(element, name)?;
        Ok(CustomChecker {
            language: program.language,
            files: program.files,
            dialect: Dialect::Testlib,
            args: Vec::new(),
            scores,
            compile_limits: program.compile_limits,
            limits: program.limits,
        })
    }

    /// The solutions, those that cannot be judged here, and the main one's language and files.
    pub(super) fn solutions(&self, problem: Element<'_>) -> Result<Solutions, PackageError> {
        let mut found = Solutions::default();
        for assets in problem.children("assets") {
            for solution in assets.nested("solutions", "solution") {
                let tag = solution.required("tag")?;
                let Some(expectation) = expectation_of(tag) else {
                    return solution.wrong(format!("unknown tag {tag:?} of a solution"));
                };
                let path = solution
                    .child("source")
                    .and_then(|source| source.attribute("path"))
                    .unwrap_or_default()
                    .to_owned();
                match self.source(solution) {
                    Ok((language, files)) => {
                        if tag == "main"
                            && found
                                .main
                                .replace((language.clone(), files.clone()))
                                .is_some()
                        {
                            return solution.wrong("there are two main solutions");
                        }
                        found.judged.push(JurySubmission {
                            path,
                            files,
                            language,
                            expected: expectation.whole,
                            rules: expectation.rules,
                        });
                    }
                    Err(PackageError::Unsupported { what, .. }) => {
                        found
                            .unjudged
                            .push(UnjudgedSubmission { path, reason: what });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }
}

/// The jury's solutions.
#[derive(Default)]
pub(super) struct Solutions {
    pub(super) judged: Vec<JurySubmission>,
    pub(super) unjudged: Vec<UnjudgedSubmission>,
    pub(super) main: Option<(LanguageId, Vec<SourceFile>)>,
}

/// What a solution's tag means (package-formats 5.4).
fn expectation_of(tag: &str) -> Option<Expectation> {
    let of = |whole: &[Verdict], may: Option<&[Verdict]>, must: Option<&[Verdict]>| {
        Some(Expectation::of(tag, whole, may, must))
    };
    match tag {
        "main" | "accepted" => of(&[AC], Some(&[AC]), None),
        "rejected" | "failed" => of(&[WA, TLE, RTE], None, Some(&[WA, TLE, RTE])),
        "time-limit-exceeded" => of(&[WA, TLE, RTE], None, Some(&[TLE])),
        "time-limit-exceeded-or-accepted" => of(&[AC, TLE], Some(&[AC, TLE]), None),
        "time-limit-exceeded-or-memory-limit-exceeded" => {
            of(&[TLE, RTE], Some(&[AC, TLE, RTE]), Some(&[TLE, RTE]))
        }
        "wrong-answer" => of(&[WA], Some(&[AC, WA]), Some(&[WA])),
        "presentation-error" => Some(Expectation {
            whole: vec![PE, WA],
            rules: vec![Rule {
                from: tag.to_owned(),
                required: Some(vec![WA]),
                ..Rule::default()
            }],
        }),
        "memory-limit-exceeded" => of(&[MLE], None, Some(&[RTE])),
        _ => None,
    }
}

/// A program's name in commands: its file without directory and ending.
pub(super) fn base_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(base, _)| base)
}
