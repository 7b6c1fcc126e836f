//! The programs that a plain directory's `config.yaml` names: checkers of every dialect, interactors, managers, validators, and what is
//! compiled with submissions.

use std::time::Duration;

use serde_json::Value;
use serde_saphyr::Spanned;

use super::config::Config;
use crate::checker::{Checker, CustomChecker, Dialect, LineRule, NativeChecker, Scores};
use crate::language::{LanguageId, Languages};
use crate::limits::{CompileLimits, RunLimits};
use crate::package::error::PackageError;
use crate::package::headers::Headers;
use crate::package::model::{Include, JuryProgram};
use crate::package::tree::Tree;
use crate::procedure::{Communication, FileNames};
use crate::source::SourceFile;

/// What a program of the jury's may use at least, and how many times what the submission may.
const JURY_TIME: Duration = Duration::from_secs(10);
const JURY_MEMORY: u64 = 1 << 30;
const JURY_FACTOR: u32 = 2;

/// Who judges, and how.
#[derive(Debug)]
pub(super) struct Judges {
    pub(super) checker: Checker,
    /// Whether the checker talks with the submission.
    pub(super) interactive: bool,
    pub(super) manager: Option<(CustomChecker, Communication)>,
    pub(super) submit_answer: bool,
    pub(super) passes_max: Option<u32>,
}

/// What reading a program needs to know.
pub(super) struct Context<'a> {
    pub(super) tree: &'a Tree,
    /// Where the file and all that it names are.
    pub(super) directory: &'a str,
    pub(super) config: &'a Config,
    pub(super) languages: &'a Languages,
    pub(super) headers: &'a Headers,
    /// The most that a submission may use in any test.
    pub(super) limits: &'a RunLimits,
}

impl Context<'_> {
    /// The checker and whoever else has a say.
    pub(super) fn judges(&self) -> Result<Judges, PackageError> {
        let (config, keys) = (self.config, &self.config.keys);
        let kind = keys.kind.as_deref().unwrap_or("default");
        for (key, is_given, of) in [
            ("interactor", keys.interactor.is_some(), "interactive"),
            ("manager", keys.manager.is_some(), "communication"),
            (
                "num_processes",
                keys.num_processes.is_some(),
                "communication",
            ),
            ("user_io", keys.user_io.is_some(), "communication"),
        ] {
            if is_given && kind != of {
                let problem = format!("{key} is for problems of the type {of}, and this is {kind}");
                return Err(config.wrong(key, problem));
            }
        }
        if keys.checker_type.is_some() && kind == "communication" {
            let problem = "the manager has the last word, so nothing is left for a checker";
            return Err(config.wrong("checker_type", problem));
        }
        if keys.sub_type.is_some() && kind != "submit_answer" {
            let problem =
                format!("subType is for problems of the type submit_answer, and this is {kind}");
            return Err(config.wrong("subType", problem));
        }
        let mut judges = Judges {
            checker: Checker::Lines(LineRule::WithoutTrailing),
            interactive: false,
            manager: None,
            submit_answer: false,
            passes_max: None,
        };
        match kind {
            "default" => judges.checker = self.checker()?,
            "submit_answer" => {
                if keys.sub_type.as_deref().is_some_and(|kind| kind != "multi") {
                    let what = "one submitted file for all tests; subType: multi has one for each";
                    return Err(config.unsupported("subType", what));
                }
                judges.checker = self.checker()?;
                judges.submit_answer = true;
            }
            "interactive" => {
                judges.checker = self.interactor()?;
                judges.interactive = true;
            }
            "communication" => {
                judges.manager = Some(self.manager()?);
                judges.interactive = true;
            }
            "objective" | "remote_judge" => {
                return Err(config.unsupported("type", &format!("problems of the type {kind}")));
            }
            other => return Err(config.wrong("type", format!("unknown type {other:?}"))),
        }
        judges.passes_max = self.passes(&judges)?;
        Ok(judges)
    }

    /// More than one pass is asked for by the checker's feedback directory, which only Kattis' have.
    fn passes(&self, judges: &Judges) -> Result<Option<u32>, PackageError> {
        let Some(passes) = self.config.keys.multi_pass.filter(|passes| *passes != 1) else {
            return Ok(None);
        };
        let asks = match &judges.checker {
            Checker::Custom(custom) => custom.dialect == Dialect::Kattis,
            _ => false,
        };
        if !(2..=20).contains(&passes) {
            let problem = format!("{passes} passes: 2 to 20 are possible");
            return Err(self.config.wrong("multi_pass", problem));
        }
        if !asks || judges.submit_answer {
            let what = "several passes without a checker of the type kattis";
            return Err(self.config.unsupported("multi_pass", what));
        }
        Ok(Some(passes))
    }

    fn checker(&self) -> Result<Checker, PackageError> {
        let (config, keys) = (self.config, &self.config.keys);
        let kind = keys.checker_type.as_deref().unwrap_or("default");
        let rule = match kind {
            "default" => Some(LineRule::WithoutTrailing),
            "strict" => Some(LineRule::Exact),
            _ => None,
        };
        match (rule, &keys.checker) {
            (Some(rule), None) => Ok(Checker::Lines(rule)),
            (Some(_), Some(_)) => {
                let problem = format!(
                    "a checker is given, but checker_type is {kind}, which compares without one"
                );
                Err(config.wrong("checker", problem))
            }
            (None, None) => {
                let problem = format!("checker_type is {kind}, but there is no checker");
                Err(config.wrong("checker_type", problem))
            }
            (None, Some(checker)) => {
                let standard = checker.as_str().filter(|name| !name.contains('.'));
                if let (Some(name), "testlib") = (standard, kind) {
                    let native: Result<NativeChecker, _> = name.parse();
                    let unknown = |error| config.wrong("checker", format!("{error}"));
                    return native.map(Checker::Native).map_err(unknown);
                }
                let dialect = self.dialect(kind)?;
                Ok(Checker::Custom(self.judge("checker", checker, dialect)?))
            }
        }
    }

    fn dialect(&self, kind: &str) -> Result<Dialect, PackageError> {
        let known = kind
            .parse()
            .ok()
            .filter(|dialect| *dialect != Dialect::KattisStatic);
        known.ok_or_else(|| {
            let words = Dialect::ALL.into_iter().map(Dialect::word);
            let words: Vec<&str> = words.filter(|word| *word != "kattis-static").collect();
            let problem = format!(
                "unknown checker type {kind:?}: default, strict, {} are known",
                words.join(", ")
            );
            self.config.wrong("checker_type", problem)
        })
    }

    /// An interactor has the last word, so it stands in the checker's place.
    fn interactor(&self) -> Result<Checker, PackageError> {
        let (config, keys) = (self.config, &self.config.keys);
        let Some(interactor) = &keys.interactor else {
            return Err(config.wrong("type", "an interactive problem needs an interactor"));
        };
        if keys.checker.is_some() {
            let problem = "the interactor has the last word, so nothing is left for a checker";
            return Err(config.wrong("checker", problem));
        }
        let kind = keys
            .checker_type
            .as_deref()
            .filter(|kind| *kind != "default");
        let dialect = self.dialect(kind.unwrap_or("testlib"))?;
        if !dialect.interacts() {
            let problem = format!("programs of the type {dialect} do not interact");
            return Err(config.wrong("checker_type", problem));
        }
        let custom = self.judge("interactor", interactor, dialect)?;
        Ok(Checker::Custom(custom))
    }

    fn manager(&self) -> Result<(CustomChecker, Communication), PackageError> {
        let (config, keys) = (self.config, &self.config.keys);
        let Some(manager) = &keys.manager else {
            return Err(config.wrong("type", "a communication problem needs a manager"));
        };
        if keys.checker.is_some() {
            let problem = "the manager has the last word, so nothing is left for a checker";
            return Err(config.wrong("checker", problem));
        }
        let processes = keys.num_processes.unwrap_or(1);
        if !(1..=Communication::PROCESSES_MAX).contains(&processes) {
            let most = Communication::PROCESSES_MAX;
            let problem = format!("{processes} processes: 1 to {most} are possible");
            return Err(config.wrong("num_processes", problem));
        }
        let user_io = keys.user_io.unwrap_or(crate::procedure::UserIo::Hydro);
        let communication = Communication { processes, user_io };
        let manager = self.judge("manager", manager, Dialect::Cms)?;
        Ok((manager, communication))
    }

    fn judge(
        &self,
        key: &str,
        value: &Value,
        dialect: Dialect,
    ) -> Result<CustomChecker, PackageError> {
        let program = self.program(key, value, dialect)?;
        Ok(CustomChecker {
            language: program.language,
            files: program.files,
            dialect,
            args: Vec::new(),
            scores: match dialect {
                Dialect::Testlib => Scores::Hydro,
                Dialect::Kattis | Dialect::Ejudge => Scores::Legacy,
                _ => Scores::Percent,
            },
            compile_limits: program.compile_limits,
            limits: program.limits,
        })
    }

    /// The files that programs read and write, by the name that they have in common.
    pub(super) fn file_names(&self) -> Result<FileNames, PackageError> {
        let (config, keys) = (self.config, &self.config.keys);
        let Some(name) = &keys.filename else {
            return Ok(FileNames::default());
        };
        let kind = keys.kind.as_deref().unwrap_or("default");
        if kind != "default" {
            let what = format!("files of given names in problems of the type {kind}");
            return Err(config.unsupported("filename", &what));
        }
        let (input, output) = (format!("{name}.in"), format!("{name}.out"));
        if !FileNames::allows(&input) || !FileNames::allows(&output) {
            let problem = format!("{name:?} cannot be the beginning of a file's name");
            return Err(config.wrong("filename", problem));
        }
        Ok(FileNames {
            input: Some(input),
            output: Some(output),
        })
    }

    /// The input validator, if one is named.
    pub(super) fn validator(&self) -> Result<Option<JuryProgram>, PackageError> {
        let value = self.config.keys.validator.as_ref();
        let program = |value| self.program("validator", value, Dialect::Testlib);
        value.map(program).transpose()
    }

    /// A program by its file's name, or by `{file, lang}`; the language is that of the name unless it is given.
    fn program(
        &self,
        key: &str,
        value: &Value,
        dialect: Dialect,
    ) -> Result<JuryProgram, PackageError> {
        let config = self.config;
        let name = value.as_str().or_else(|| value.get("file")?.as_str());
        let Some(name) = name else {
            let problem = format!("{key} names a file, or has the keys file and lang");
            return Err(config.wrong(key, problem));
        };
        let mut files = vec![self.file(key, name)?];
        let code = value.get("lang").and_then(Value::as_str);
        let language = match code.filter(|code| *code != "auto") {
            Some(code) => self.language(code),
            None => self.by_name(name),
        };
        let Some(language) = language else {
            let code = code.unwrap_or(name);
            return Err(config.wrong(key, format!("the language of {code:?} is not known")));
        };
        for name in &config.keys.judge_extra_files {
            files.push(self.listed("judge_extra_files", name)?);
        }
        let place = |name: &str| self.path(name);
        self.headers.add_to(&mut files, &place)?;
        let limits = RunLimits {
            memory: JURY_MEMORY.max(self.limits.memory.saturating_mul(JURY_FACTOR.into())),
            ..RunLimits::default()
        };
        Ok(JuryProgram {
            name: name.to_owned(),
            language,
            files,
            dialect,
            compile_limits: CompileLimits::default(),
            limits: limits.with_time(JURY_TIME.max(self.limits.time.saturating_mul(JURY_FACTOR))),
        })
    }

    /// What is compiled with submissions: the files of each language with those of none, such as headers.
    pub(super) fn includes(&self) -> Result<Vec<Include>, PackageError> {
        let mut of_languages: Vec<(LanguageId, SourceFile)> = Vec::new();
        let mut neutral = Vec::new();
        for name in &self.config.keys.user_extra_files {
            let file = self.listed("user_extra_files", name)?;
            match self.by_name(&name.value) {
                Some(language) => of_languages.push((language, file)),
                None => neutral.push(file),
            }
        }
        let mut includes: Vec<Include> = Vec::new();
        for (language, file) in of_languages {
            let same = |include: &&mut Include| include.language.as_ref() == Some(&language);
            match includes.iter_mut().find(same) {
                Some(include) => include.files.push(file),
                None => includes.push(Include {
                    language: Some(language),
                    files: [vec![file], neutral.clone()].concat(),
                }),
            }
        }
        if !neutral.is_empty() {
            includes.push(Include {
                language: None,
                files: neutral,
            });
        }
        Ok(includes)
    }

    /// The languages that submissions may have; Hydro's names begin with a file's ending: `cc.cc17o2`.
    pub(super) fn allowed(&self) -> Result<Option<Vec<LanguageId>>, PackageError> {
        let Some(codes) = &self.config.keys.langs else {
            return Ok(None);
        };
        let mut allowed = Vec::new();
        for code in codes {
            let Some(language) = self.language(&code.value) else {
                let problem = format!("langs: the language {:?} is not known", code.value);
                return Err(self.config.wrong_at(code, problem));
            };
            if !allowed.contains(&language) {
                allowed.push(language);
            }
        }
        Ok(Some(allowed))
    }

    fn language(&self, code: &str) -> Option<LanguageId> {
        let known = self.languages.get(code);
        let by_ending = || {
            let ending = code.split('.').next().unwrap_or_default();
            self.languages.by_file_name(&format!("x.{ending}"))
        };
        known.or_else(by_ending).map(|language| language.id.clone())
    }

    fn by_name(&self, name: &str) -> Option<LanguageId> {
        let language = self.languages.by_file_name(name);
        language.map(|language| language.id.clone())
    }

    fn path(&self, name: &str) -> String {
        match self.directory {
            "" => name.to_owned(),
            directory => format!("{directory}/{name}"),
        }
    }

    /// A file of a list of names.
    fn listed(&self, key: &str, name: &Spanned<String>) -> Result<SourceFile, PackageError> {
        let file = self.file(key, &name.value);
        file.map_err(|error| error.at_line(name.referenced.line()))
    }

    fn file(&self, key: &str, name: &str) -> Result<SourceFile, PackageError> {
        let path = self.path(name);
        let is_plain = name.split('/').all(|part| !part.is_empty() && part != "..");
        if !is_plain || !self.tree.has(&path) {
            let problem = format!("{key}: there is no file {path}");
            return Err(self.config.wrong(key, problem));
        }
        self.tree.check_file(&path)?;
        Ok(SourceFile::new(name, self.tree.read(&path)?))
    }
}
