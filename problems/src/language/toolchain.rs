//! A language whose programs were found on this host: the commands to run in the box.

use std::collections::BTreeMap;
use std::path::Path;

use thiserror::Error;

use super::{CommandTemplate, Language};
use crate::entry_point::EntryPoint;
use crate::limits::RunLimits;
use crate::source::SourceFile;

const STACK_KIB_MAX: u64 = 64 << 10;
const STACK_KIB_MIN: u64 = 984;

/// A language together with where this host has its programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    language: Language,
    compiler: Option<String>,
    runner: String,
    probe: String,
}

/// A language that cannot be judged here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name} needs one of {}; install it with: apt-get install {}", programs.join(", "), install.join(" "))]
pub struct MissingToolchain {
    /// The language's name.
    pub name: String,
    /// Where the program was looked for.
    pub programs: Vec<String>,
    /// The packages that bring it.
    pub install: Vec<String>,
}

impl Toolchain {
    pub(super) fn find(
        language: &Language,
        exists: &impl Fn(&Path) -> bool,
    ) -> Result<Self, MissingToolchain> {
        let program = |command: &CommandTemplate| {
            if command.is_in_the_box() {
                return Ok(command.programs[0].clone());
            }
            let found = command
                .find(exists)
                .map(|path| path.to_string_lossy().into_owned());
            found.ok_or_else(|| MissingToolchain {
                name: language.name.clone(),
                programs: command.programs.clone(),
                install: language.install.clone(),
            })
        };
        Ok(Self {
            compiler: language.compile.as_ref().map(program).transpose()?,
            runner: program(&language.run)?,
            probe: program(&language.probe.command)?,
            language: language.clone(),
        })
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// The command that prints the version, program first.
    #[must_use]
    pub fn probe_command(&self) -> Vec<String> {
        std::iter::once(self.probe.clone())
            .chain(self.language.probe.command.args.iter().cloned())
            .collect()
    }

    /// The command that compiles these files in the box, program first; `None`: nothing to compile.
    #[must_use]
    pub fn compile_command(&self, files: &[SourceFile]) -> Option<Vec<String>> {
        let template = self.language.compile.as_ref()?;
        let mut command = vec![self.compiler.clone()?];
        command.extend(
            template
                .args
                .iter()
                .flat_map(|arg| self.expand(arg, files, None)),
        );
        Some(command)
    }

    /// The files besides the sources that the compile command needs in the box.
    #[must_use]
    pub fn compile_support(&self) -> Vec<SourceFile> {
        let names = |word: &str| {
            let compile = self.language.compile.iter();
            compile
                .flat_map(|command| &command.args)
                .any(|arg| arg.contains(word))
        };
        let driver = self.language.driver.filter(|_| names("{driver}"));
        let helper = self.language.helper.filter(|_| names("{helper}"));
        let driver = driver.map(|driver| driver.file());
        driver
            .into_iter()
            .chain(helper.map(|helper| helper.file()))
            .collect()
    }

    /// The files that compiling leaves and that running needs; names below the working directory.
    #[must_use]
    pub fn artifact_files(&self, files: &[SourceFile]) -> Vec<String> {
        self.language
            .produces
            .iter()
            .flat_map(|name| self.expand(name, files, None))
            .collect()
    }

    /// The command that runs what was compiled, program first. With a driver, it and the function's name go between
    /// the interpreter and the source.
    #[must_use]
    pub fn run_command(
        &self,
        files: &[SourceFile],
        entry: &EntryPoint,
        limits: &RunLimits,
        args: &[String],
    ) -> Vec<String> {
        let program = if self.language.run.is_in_the_box() {
            format!("./{}", self.runner)
        } else {
            self.runner.clone()
        };
        let mut command = vec![program];
        for arg in &self.language.run.args {
            match (self.language.driver, entry) {
                (Some(driver), EntryPoint::MaybeFunction { name }) if arg == "{source}" => {
                    command.extend([
                        driver.file_name().to_owned(),
                        "--enter".to_owned(),
                        name.clone().unwrap_or_default(),
                    ]);
                    command.push(self.source_of(files).to_owned());
                }
                _ => command.extend(self.expand(arg, files, Some(limits))),
            }
        }
        command.extend_from_slice(args);
        command
    }

    /// The files besides the artifact that the run command needs in the box.
    #[must_use]
    pub fn run_support(&self, entry: &EntryPoint) -> Vec<SourceFile> {
        match (entry, self.language.driver) {
            (EntryPoint::MaybeFunction { .. }, Some(driver)) => vec![driver.file()],
            _ => Vec::new(),
        }
    }

    /// What the box of a run must hold, bytes: the contestant's limit, and beside it what the virtual machine needs for itself.
    #[must_use]
    pub fn box_memory(&self, limits: &RunLimits) -> u64 {
        limits.memory.saturating_add(self.language.memory_overhead)
    }

    /// Whether the run-time says, by this standard error, that it ended the program for want of memory.
    #[must_use]
    pub fn says_out_of_memory(&self, stderr: &[u8]) -> bool {
        self.language.out_of_memory.iter().any(|said| {
            let mut texts = stderr.windows(said.len().max(1));
            texts.any(|text| text == said.as_bytes())
        })
    }

    /// The whole environment of a run; of a compilation without limits.
    #[must_use]
    pub fn env(&self, limits: Option<&RunLimits>) -> BTreeMap<String, String> {
        let value = |text: &String| self.expand(text, &[], limits).concat();
        let of_runs = limits.map(|_| &self.language.run_env);
        let all = self
            .language
            .env
            .iter()
            .chain(of_runs.into_iter().flatten());
        all.map(|(name, text)| (name.clone(), value(text)))
            .collect()
    }

    /// The file that is started with: the first of the entry names that the submission has, else its first source.
    fn source_of<'a>(&'a self, files: &'a [SourceFile]) -> &'a str {
        let has = |name: &&String| files.iter().any(|file| file.name == **name);
        if let Some(name) = self.language.entry_names.iter().find(has) {
            return name;
        }
        let own = files.iter().find(|file| self.language.owns(&file.name));
        own.or(files.first())
            .map_or(&self.language.source_name, |file| &file.name)
    }

    fn expand(&self, text: &str, files: &[SourceFile], limits: Option<&RunLimits>) -> Vec<String> {
        let names = |wanted: &dyn Fn(&SourceFile) -> bool| -> Vec<String> {
            files
                .iter()
                .filter(|file| wanted(file))
                .map(|file| file.name.clone())
                .collect()
        };
        match text {
            "{sources}" => return names(&|file| self.language.owns(&file.name)),
            "{files}" => return names(&|_| true),
            _ => {}
        }
        let memory_mib = limits.map_or(0, RunLimits::memory_mib);
        let stack_kib = (memory_mib * 256).clamp(STACK_KIB_MIN, STACK_KIB_MAX);
        let text = text
            .replace("{source}", self.source_of(files))
            .replace("{binary}", &self.language.binary)
            .replace("{standard}", &self.language.standard)
            .replace(
                "{driver}",
                self.language
                    .driver
                    .map_or("", super::DriverKind::file_name),
            )
            .replace(
                "{helper}",
                self.language.helper.map_or("", super::Helper::file_name),
            )
            .replace("{memory_mb}", &memory_mib.to_string())
            .replace("{stack_kb}", &stack_kib.to_string());
        vec![text]
    }
}
