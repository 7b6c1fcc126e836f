//! Input validators: programs, scripts in checktestdata, and patterns of VIVA.

use std::sync::Arc;

use super::programs::{Context, sources};
use crate::checker::Dialect;
use crate::checktestdata::Script;
use crate::language::LanguageId;
use crate::limits::RunLimits;
use crate::package::UnjudgedSubmission;
use crate::package::error::PackageError;
use crate::package::headers::Headers;
use crate::package::model::{InputValidator, JuryProgram};
use crate::package::tree::Entry;
use crate::source::SourceFile;

/// Processes and threads that Java needs beside the first.
const JAVA_PROCESSES: u32 = 32;

/// Bytes of the largest input that VIVA can be asked about: it does not read what a pipe gives, so it gets a copy.
const VIVA_INPUT_BYTES_MAX: u64 = 256 << 20;

impl Context<'_> {
    /// The input validators, and those that cannot be run here.
    pub(super) fn input_validators(
        &self,
    ) -> Result<(Vec<InputValidator>, Vec<UnjudgedSubmission>), PackageError> {
        let (mut validators, mut unknown) = (Vec::new(), Vec::new());
        let directories = ["input_validators", "input_format_validators"];
        for directory in directories.into_iter().filter(|name| self.tree.has(name)) {
            for entry in self.tree.entries(directory)? {
                if !entry.is_dir && is_beside(&entry.name) {
                    continue;
                }
                match self.input_validator(&entry) {
                    Ok(validator) => validators.push(validator),
                    Err(PackageError::Unsupported { what, .. }) => {
                        unknown.push(UnjudgedSubmission {
                            path: entry.path,
                            reason: what,
                        });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok((validators, unknown))
    }

    fn input_validator(&self, entry: &Entry) -> Result<InputValidator, PackageError> {
        match entry.name.rsplit_once('.') {
            Some((_, "ctd")) if !entry.is_dir => self.checktestdata(entry),
            Some((_, "viva")) if !entry.is_dir => self.viva(entry).map(InputValidator::Program),
            _ => {
                let (language, files) = self.program(entry)?;
                let program = self.run_in_a_box(entry, language, files);
                Ok(InputValidator::Program(program))
            }
        }
    }

    /// A script; it is read here, so that its faults are those of the package.
    fn checktestdata(&self, entry: &Entry) -> Result<InputValidator, PackageError> {
        let text = self
            .metadata
            .constants
            .applied(self.tree.read(&entry.path)?);
        let script = Script::parse(&text).map_err(|error| {
            PackageError::content(&entry.path, error.problem).at_line(error.line)
        })?;
        Ok(InputValidator::Checktestdata {
            name: name_of(entry),
            script: Arc::new(script),
        })
    }

    /// A pattern, with VIVA and a script that asks it.
    fn viva(&self, entry: &Entry) -> Result<JuryProgram, PackageError> {
        let viva = self
            .headers
            .viva()
            .map_err(|problem| PackageError::unsupported(&entry.path, problem))?;
        let mut files = sources(self.tree, entry, &self.metadata.constants)?;
        let run = viva_script(&entry.name, self.limits.memory);
        files.extend([viva, SourceFile::new("run", run.into_bytes())]);
        let mut program = self.run_in_a_box(entry, LanguageId::new("script"), files);
        program.limits = RunLimits {
            processes: program.limits.processes + JAVA_PROCESSES,
            file_size: program.limits.file_size.max(VIVA_INPUT_BYTES_MAX),
            ..program.limits
        };
        Ok(program)
    }

    fn run_in_a_box(
        &self,
        entry: &Entry,
        language: LanguageId,
        files: Vec<SourceFile>,
    ) -> JuryProgram {
        JuryProgram {
            name: name_of(entry),
            language,
            files,
            dialect: Dialect::Kattis,
            compile_limits: self.compile_limits.clone(),
            limits: self.limits.clone(),
        }
    }
}

/// Asks VIVA about standard input, which says yes with 0, no with 1 and 255 where the pattern itself is wrong. What it
/// prints is for people, but for the lines that say which file it reads. Names in packages need no quotes.
fn viva_script(pattern: &str, memory_bytes: u64) -> String {
    let heap_mib = (memory_bytes >> 21).max(16);
    let viva = Headers::VIVA;
    format!(
        "#!/bin/sh\n\
         cat > input || exit 1\n\
         java -XX:+UseSerialGC -XX:ActiveProcessorCount=1 -XX:-UsePerfData -Xmx{heap_mib}m \\\n    \
             -jar {viva} {pattern} input > said 2>&1\n\
         status=$?\n\
         grep -v '^<<<' said >&2\n\
         case $status in 0) exit 42;; 1) exit 43;; *) exit $status;; esac\n"
    )
}

/// A file is named without its ending.
fn name_of(entry: &Entry) -> String {
    match entry.name.rsplit_once('.') {
        Some((name, _)) if !entry.is_dir => name.to_owned(),
        _ => entry.name.clone(),
    }
}

/// Says whether a file stands beside the validators and is none: a text for people, a header.
pub(super) fn is_beside(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["readme", "license", "makefile"]
        .iter()
        .any(|start| lower.starts_with(start))
        || [".md", ".txt", ".yaml"]
            .iter()
            .any(|ending| lower.ends_with(ending))
        || Headers::KNOWN.contains(&name)
}
