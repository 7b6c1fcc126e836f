//! How the programs of a build are compiled, and what names each of these jobs.

use std::sync::Arc;

use tribunal_problems::{CompileLimits, CustomChecker, Grader, LanguageId, SourceFile};

use super::{Naming, PlanError};
use crate::ids::JobId;
use crate::job::{CompileWork, JobSpec, NamedBlob, Work};
use crate::stores::Durability;
use crate::toolchains::{ProbedToolchain, Toolchains};

/// A machine program is kept also where what was handed in is not, so that who runs the same again need not wait for the
/// compiler. Where compiling leaves but the source, it is not worth a row and a flush.
pub(super) fn of_program(naming: &Naming, probed: &ProbedToolchain, files: &[NamedBlob]) -> Naming {
    let sources = sources_of(files);
    let produced = probed.toolchain.artifact_files(&sources);
    let makes_files = produced
        .iter()
        .any(|name| files.iter().all(|file| file.name != *name));
    Naming {
        durability: if makes_files {
            Durability::Durable
        } else {
            naming.durability
        },
        ..*naming
    }
}

/// The names of files, for those who ask nothing else about them.
fn sources_of(files: &[NamedBlob]) -> Vec<SourceFile> {
    let names = files.iter().map(|file| file.name.clone());
    names
        .map(|name| SourceFile::new(name, Vec::new()))
        .collect()
}

/// A program of the jury's before it is compiled.
#[derive(Debug, Clone, Copy)]
pub struct ProgramSource<'a> {
    /// Its language.
    pub language: &'a LanguageId,
    /// Its files.
    pub files: &'a [SourceFile],
    /// What compiling it may use.
    pub compile_limits: &'a CompileLimits,
}

impl<'a> From<&'a CustomChecker> for ProgramSource<'a> {
    fn from(custom: &'a CustomChecker) -> Self {
        Self {
            language: &custom.language,
            files: &custom.files,
            compile_limits: &custom.compile_limits,
        }
    }
}

impl<'a> From<&'a Grader> for ProgramSource<'a> {
    fn from(grader: &'a Grader) -> Self {
        Self {
            language: &grader.language,
            files: &grader.files,
            compile_limits: &grader.compile_limits,
        }
    }
}

/// Plans the compile of a program of the jury's. It is the problem's, so it is kept also where the submission is not.
pub(crate) fn plan_program(
    naming: &Naming,
    source: ProgramSource<'_>,
    files: &[NamedBlob],
    toolchains: &Toolchains,
) -> Result<(JobSpec, Arc<ProbedToolchain>), PlanError> {
    let toolchain = usable(toolchains, source.language)?;
    let kept = Naming {
        durability: Durability::Durable,
        ..*naming
    };
    let limits = narrowed(source.compile_limits, &toolchain);
    let job = compile(&kept, toolchain.clone(), files, limits);
    Ok((job, toolchain))
}

pub(super) fn usable(
    toolchains: &Toolchains,
    id: &LanguageId,
) -> Result<Arc<ProbedToolchain>, PlanError> {
    match toolchains.get(id) {
        Some(Ok(toolchain)) => Ok(toolchain.clone()),
        Some(Err(error)) => Err(PlanError::Unusable(id.clone(), error.clone())),
        None => Err(PlanError::NoLanguage(id.clone())),
    }
}

/// What both the plan and the language allow, except that a language may need more processes.
pub(super) fn narrowed(limits: &CompileLimits, toolchain: &ProbedToolchain) -> CompileLimits {
    let own = &toolchain.toolchain.language().compile_limits;
    CompileLimits {
        processes: limits.processes.max(own.processes),
        ..limits.clone()
    }
}

pub(super) fn compile(
    naming: &Naming,
    toolchain: Arc<ProbedToolchain>,
    files: &[NamedBlob],
    limits: CompileLimits,
) -> JobSpec {
    let id = compile_id(naming, &toolchain, files, &limits);
    JobSpec {
        id,
        build: naming.build,
        deps: Vec::new(),
        artifacts: Vec::new(),
        isolation: naming.isolation,
        work: Work::Compile(Arc::new(CompileWork {
            toolchain,
            files: files.to_vec(),
            limits,
            durability: naming.durability,
        })),
    }
}

/// Scratch outputs live with their build, so they are not shared and carry its number.
fn compile_id(
    naming: &Naming,
    probed: &ProbedToolchain,
    files: &[NamedBlob],
    limits: &CompileLimits,
) -> JobId {
    let toolchain = &probed.toolchain;
    let names = sources_of(files);
    let mut parts: Vec<Vec<u8>> = vec![b"compile".to_vec()];
    let mut add = |part: &str| parts.push(part.as_bytes().to_vec());
    add(toolchain.language().id.as_str());
    add(&probed.version);
    let words = toolchain.compile_command(&names).unwrap_or_default();
    add(&format!("{words:?} {:?}", toolchain.artifact_files(&names)));
    add(&format!("{:?} {limits:?}", toolchain.env(None)));
    if let Durability::Scratch(build) = naming.durability {
        add(&format!("{build} {}", naming.salt));
    }
    let support = toolchain.compile_support();
    for file in &support {
        parts.push(file.content.to_vec());
    }
    for file in files {
        parts.push(file.name.clone().into_bytes());
        parts.push(file.blob.as_bytes().to_vec());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    JobId::of(&parts)
}
