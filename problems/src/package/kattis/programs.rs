//! The package's own programs: checkers, validators, and what is compiled with submissions.

use std::collections::BTreeMap;

use super::constants::Constants;
use super::metadata::Metadata;
use super::validators::is_beside;
use crate::checker::{Checker, CustomChecker, DefaultFlags, Dialect, Scores};
use crate::grader::Grader;
use crate::language::{LanguageId, Languages};
use crate::limits::{CompileLimits, RunLimits};
use crate::package::Format;
use crate::package::error::PackageError;
use crate::package::headers::Headers;
use crate::package::model::Include;
use crate::package::tree::{Entry, Tree};
use crate::source::SourceFile;

/// What reading a program needs to know of the package.
pub(super) struct Context<'a> {
    pub(super) tree: &'a Tree,
    pub(super) metadata: &'a Metadata,
    pub(super) languages: &'a Languages,
    pub(super) headers: &'a Headers,
    /// What compiling a program of the jury may use.
    pub(super) compile_limits: CompileLimits,
    /// What one of its runs may use.
    pub(super) limits: RunLimits,
}

impl Context<'_> {
    /// The checker: the package's output validator, else the default one; and those that have to accept as well.
    pub(super) fn checker(&self) -> Result<(Checker, Vec<CustomChecker>), PackageError> {
        let metadata = self.metadata;
        let directory = ["output_validator", "output_validators"]
            .into_iter()
            .find(|name| self.tree.has(name));
        let is_custom = metadata.custom_validator.unwrap_or(directory.is_some());
        match (is_custom, directory) {
            (true, Some(directory)) => {
                let programs = self.programs_of(directory)?;
                if programs.len() > 1
                    && (metadata.kind.interactive || metadata.kind.passes_max.is_some())
                {
                    let what = "several output validators of an interactive or multi-pass problem";
                    return Err(PackageError::unsupported(directory, what));
                }
                let custom = |entry: &Entry| {
                    let (language, files) = self.program(entry)?;
                    Ok(self.custom(language, files, Dialect::Kattis, &metadata.validator_args))
                };
                let all = programs.iter().map(custom);
                let mut all = all.collect::<Result<Vec<_>, PackageError>>()?;
                let first = all.remove(0);
                Ok((Checker::Custom(first), all))
            }
            (true, None) => {
                let problem = "validation is custom, but there is no output_validators directory";
                Err(PackageError::content(super::metadata::FILE, problem)
                    .at_key(&metadata.text, "validation"))
            }
            (false, _) if metadata.kind.interactive || metadata.kind.passes_max.is_some() => {
                let problem =
                    "an interactive or multi-pass problem needs an output validator of its own";
                let key = if metadata.format == Format::V2025 {
                    "type"
                } else {
                    "validation"
                };
                Err(PackageError::content(super::metadata::FILE, problem)
                    .at_key(&metadata.text, key))
            }
            (false, _) => DefaultFlags::parse(&metadata.validator_args)
                .map(|flags| (Checker::Default(flags), Vec::new()))
                .map_err(|flag| {
                    PackageError::content(super::metadata::FILE, flag.to_string())
                        .at_key(&metadata.text, "validator_flags")
                }),
        }
    }

    fn scores(&self) -> Scores {
        match (self.metadata.kind.scored, self.metadata.format) {
            (false, _) => Scores::Refused,
            (true, Format::V2025) => Scores::V2025,
            (true, _) => Scores::Legacy,
        }
    }

    fn custom(
        &self,
        language: LanguageId,
        files: Vec<SourceFile>,
        dialect: Dialect,
        args: &[String],
    ) -> CustomChecker {
        CustomChecker {
            language,
            files,
            dialect,
            args: args.to_vec(),
            scores: self.scores(),
            compile_limits: self.compile_limits.clone(),
            limits: self.limits.clone(),
        }
    }

    /// The programs of a validator directory, at least one. In 2025-09 the directory's files are the program, or it has one
    /// directory; before, each entry is one.
    fn programs_of(&self, directory: &str) -> Result<Vec<Entry>, PackageError> {
        let entries = self.tree.entries(directory)?;
        let is_header = |entry: &Entry| Headers::KNOWN.contains(&entry.name.as_str());
        match entries.as_slice() {
            [] => Err(PackageError::content(
                directory,
                "there is no program in it",
            )),
            [only] => Ok(vec![only.clone()]),
            _ if self.metadata.format == Format::V2025
                || entries.iter().any(is_header)
                || entries
                    .iter()
                    .any(|entry| ["build", "run"].contains(&entry.name.as_str())) =>
            {
                Ok(vec![Entry {
                    name: directory.to_owned(),
                    path: directory.to_owned(),
                    is_dir: true,
                }])
            }
            several => {
                let mut programs = several.to_vec();
                programs.retain(|entry| entry.is_dir || !is_beside(&entry.name));
                if programs.is_empty() {
                    programs = several.to_vec();
                }
                Ok(programs)
            }
        }
    }

    /// A program's language and files, with the headers that it needs and does not bring.
    pub(super) fn program(
        &self,
        program: &Entry,
    ) -> Result<(LanguageId, Vec<SourceFile>), PackageError> {
        let mut files = sources(self.tree, program, &self.metadata.constants)?;
        let is_script = |file: &&SourceFile| ["build", "run"].contains(&file.name.as_str());
        let language = if files.iter().any(|file| is_script(&file)) {
            LanguageId::new("script")
        } else {
            language_of(&files, self.languages).ok_or_else(|| {
                PackageError::unsupported(
                    &program.path,
                    "a program in a language that is not known",
                )
            })?
        };
        let place = |name: &str| match program.is_dir {
            true => format!("{}/{name}", program.path),
            false => program.path.clone(),
        };
        self.headers.add_to(&mut files, &place)?;
        Ok((language, files))
    }

    /// The static validator, if there is one.
    pub(super) fn static_validator(&self) -> Result<Option<CustomChecker>, PackageError> {
        let directory = "static_validator";
        if self.tree.entries(directory)?.is_empty() {
            return Ok(None);
        }
        if self.metadata.kind.submit_answer {
            let problem = "where outputs are submitted, there is no static validation";
            return Err(PackageError::content(directory, problem));
        }
        let programs = self.programs_of(directory)?;
        if programs.len() > 1 {
            return Err(PackageError::content(
                directory,
                "there are several programs",
            ));
        }
        let (language, files) = self.program(&programs[0])?;
        Ok(Some(self.custom(
            language,
            files,
            Dialect::KattisStatic,
            &[],
        )))
    }

    /// The grader, if there is one. Only the old format has them, and only where points count.
    pub(super) fn grader(&self) -> Result<Option<Grader>, PackageError> {
        let directory = "graders";
        let mut entries = self.tree.entries(directory)?;
        entries.retain(|entry| entry.is_dir || !is_beside(&entry.name));
        let Some(only) = entries.first() else {
            return Ok(None);
        };
        let wrong = |problem: &str| Err(PackageError::content(&only.path, problem));
        if self.metadata.format != Format::Legacy {
            return wrong("only the format legacy has graders");
        }
        if !self.metadata.kind.scored {
            return wrong("a grader is for scoring problems only");
        }
        if let [first, second, ..] = entries.as_slice() {
            let problem = format!(
                "there may be one grader, but there are {:?} and {:?}",
                first.name, second.name
            );
            return Err(PackageError::content(directory, problem));
        }
        let (language, files) = self.program(only)?;
        Ok(Some(Grader {
            language,
            files,
            compile_limits: self.compile_limits.clone(),
            limits: self.limits.clone(),
        }))
    }

    /// What is compiled with submissions, by language; `default` is for all others.
    pub(super) fn includes(&self) -> Result<Vec<Include>, PackageError> {
        let mut includes = BTreeMap::new();
        for entry in self.tree.entries("include")? {
            if !entry.is_dir {
                let problem = "include has a directory for each language, and no files";
                return Err(PackageError::content(&entry.path, problem));
            }
            let language = match entry.name.as_str() {
                "default" => None,
                code => Some(super::language_id(code, self.languages)),
            };
            let files = sources(self.tree, &entry, &self.metadata.constants)?;
            includes.insert(language, files);
        }
        let include = |(language, files)| Include { language, files };
        Ok(includes.into_iter().map(include).collect())
    }
}

/// The files of a program: itself, or everything in its directory; with the constants put in.
pub(super) fn sources(
    tree: &Tree,
    program: &Entry,
    constants: &Constants,
) -> Result<Vec<SourceFile>, PackageError> {
    let read = |path: &str| Ok(constants.applied(tree.read(path)?));
    if !program.is_dir {
        return Ok(vec![SourceFile::new(&program.name, read(&program.path)?)]);
    }
    let below = tree.files_below(&program.path)?;
    let name = |path: &str| path[program.path.len() + 1..].to_owned();
    below
        .iter()
        .map(|file| Ok(SourceFile::new(name(&file.path), read(&file.path)?)))
        .collect()
}

/// The language of the first file whose ending is one's. Python 2 has Python's ending and says so on its first line.
pub(super) fn language_of(files: &[SourceFile], languages: &Languages) -> Option<LanguageId> {
    if files.iter().any(is_python_2) {
        return languages.get("python2").map(|language| language.id.clone());
    }
    files
        .iter()
        .find_map(|file| languages.by_file_name(&file.name))
        .map(|language| language.id.clone())
}

fn is_python_2(file: &SourceFile) -> bool {
    let first = file
        .content
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let is_script = file.name.ends_with(".py") && first.starts_with(b"#!");
    file.name.ends_with(".py2") || (is_script && String::from_utf8_lossy(first).contains("python2"))
}
