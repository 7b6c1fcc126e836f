//! Compiles a program, or checks its syntax, and stores what comes of it as an artifact.
//!
//! The artifact's name is the job's id, a hash of all that determines the output. So an artifact of that name, whoever
//! made it, is taken as it is.

use std::fs::File;

use tribunal_problems::Verdict;
use tribunal_sandbox::{Captured, Ending, Outcome};

use super::spec::{LOG_HEAD, compiling, milliseconds, names};
use super::visit::{Placing, Visit, pin};
use super::{Bench, Halt, Output};
use crate::job::{Artifact, ArtifactFile, CompileWork, JobOutput, JobSpec};
use crate::report::CompileReport;
use crate::storage_cache::Pinned;
use crate::stores::{BlobContent, FindArtifact, StageArtifact, StoreBlob};

pub(super) async fn compile(bench: &mut Bench, job: &JobSpec, work: &CompileWork) -> Output {
    if let Some(found) = find(bench, job).await? {
        let report = CompileReport {
            reused: true,
            ..found.compile.clone()
        };
        return Ok(JobOutput::Compiled(report, Some(found)));
    }
    let toolchain = &work.toolchain.toolchain;
    let sources = names(work.files.iter().map(|file| file.name.as_str()));
    let pinned = pin(bench, work.files.iter().map(|file| file.blob).collect()).await?;
    let produced = toolchain.artifact_files(&sources);
    let Some(command) = toolchain.compile_command(&sources) else {
        let files = submitted(work, &pinned, &produced);
        return keep(bench, job, work, nothing_to_do(), files).await;
    };

    let mut placings: Vec<Placing> = work
        .files
        .iter()
        .zip(pinned.files())
        .map(|(file, cached)| Placing::cached(&file.name, cached, false))
        .collect();
    let support = toolchain.compile_support();
    placings.extend(
        support
            .iter()
            .map(|file| Placing::bytes(&file.name, file.content.clone())),
    );
    let visit = Visit::open(bench, placings).await?;
    let (visit, outcome) = visit
        .run(bench, compiling(toolchain, &command, &work.limits))
        .await?;
    let report = report(&outcome?);
    if report.verdict != Verdict::AC {
        visit.close();
        return Ok(JobOutput::Compiled(report, None));
    }

    let mut files = submitted(work, &pinned, &produced);
    let made: Vec<String> = produced
        .into_iter()
        .filter(|name| files.iter().all(|file| file.name != *name))
        .collect();
    let wanted = made
        .iter()
        .map(|name| (name.clone(), work.limits.file_size));
    let taken = visit.take_and_close(bench, wanted.collect()).await?;
    for (name, file) in made.into_iter().zip(taken) {
        match file {
            Ok(file) => files.push(store(bench, work, name, file).await?),
            Err(fault) => {
                return Ok(JobOutput::Compiled(
                    not_produced(report, &fault.to_string()),
                    None,
                ));
            }
        }
    }
    keep(bench, job, work, report, files).await
}

async fn find(bench: &mut Bench, job: &JobSpec) -> Result<Option<Artifact>, Halt> {
    let (build, id) = (job.build, job.id);
    Ok(bench
        .tools
        .stores
        .send(FindArtifact { build, id })
        .await??)
}

/// The produced files that are sources: their blobs are known, and a syntax check does not change them.
fn submitted(work: &CompileWork, pinned: &Pinned, produced: &[String]) -> Vec<ArtifactFile> {
    work.files
        .iter()
        .zip(pinned.files())
        .filter(|(file, _)| produced.contains(&file.name))
        .map(|(file, cached)| ArtifactFile {
            name: file.name.clone(),
            blob: file.blob,
            size: cached.size,
            executable: false,
        })
        .collect()
}

async fn store(
    bench: &mut Bench,
    work: &CompileWork,
    name: String,
    file: File,
) -> Result<ArtifactFile, Halt> {
    let store = StoreBlob {
        content: BlobContent::Open(file),
        expected: None,
        durability: work.durability,
    };
    let blob = bench.tools.stores.send(store).await??;
    Ok(ArtifactFile {
        name,
        blob: blob.id,
        size: blob.size,
        executable: true,
    })
}

async fn keep(
    bench: &mut Bench,
    job: &JobSpec,
    work: &CompileWork,
    report: CompileReport,
    files: Vec<ArtifactFile>,
) -> Output {
    let artifact = Artifact {
        id: job.id,
        files,
        compile: report.clone(),
    };
    let stage = StageArtifact {
        build: job.build,
        artifact: artifact.clone(),
        durability: work.durability,
    };
    bench.tools.stores.send(stage).await??;
    Ok(JobOutput::Compiled(report, Some(artifact)))
}

fn report(outcome: &Outcome) -> CompileReport {
    let verdict = match outcome.ending {
        Ending::Exited(0) => Verdict::AC,
        Ending::Exited(_) | Ending::Signaled(_) | Ending::SecurityViolation => Verdict::CE,
        _ => Verdict::CTL,
    };
    let mut log = log(outcome);
    if verdict == Verdict::CTL {
        log.push_str(&format!("[the compiler was ended: {:?}]\n", outcome.ending));
    }
    CompileReport {
        verdict,
        cpu_ms: milliseconds(outcome.cpu_time),
        wall_ms: milliseconds(outcome.wall_time),
        memory_bytes: outcome.peak_memory,
        log,
        reused: false,
    }
}

fn nothing_to_do() -> CompileReport {
    CompileReport {
        verdict: Verdict::AC,
        cpu_ms: 0,
        wall_ms: 0,
        memory_bytes: 0,
        log: String::new(),
        reused: false,
    }
}

/// The compiler said yes and left no program, or one that is too large: the source is at fault.
fn not_produced(report: CompileReport, why: &str) -> CompileReport {
    CompileReport {
        verdict: Verdict::CE,
        log: format!("{}[the compiler left no program: {why}]\n", report.log),
        ..report
    }
}

/// Standard output, then standard error; together no more than the head and two tails.
fn log(outcome: &Outcome) -> String {
    let mut log = String::new();
    for stream in [&outcome.stdout, &outcome.stderr] {
        log.push_str(&kept(stream, LOG_HEAD.saturating_sub(log.len())));
    }
    log
}

fn kept(stream: &Captured, max: usize) -> String {
    let head = &stream.head[..stream.head.len().min(max)];
    let gone = stream
        .total
        .saturating_sub((head.len() + stream.tail.len()) as u64);
    let mut text = String::from_utf8_lossy(head).into_owned();
    if gone > 0 {
        text.push_str(&format!("\n[… {gone} bytes …]\n"));
    }
    text.push_str(&String::from_utf8_lossy(&stream.tail));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_keeps_head_and_tail_and_says_what_is_gone() {
        let stream = Captured {
            head: b"abcdef".to_vec(),
            tail: b"xyz".to_vec(),
            total: 100,
        };
        assert_eq!(kept(&stream, 4), "abcd\n[… 93 bytes …]\nxyz");
        assert_eq!(kept(&stream, 10), "abcdef\n[… 91 bytes …]\nxyz");
        assert_eq!(kept(&Captured::default(), 10), "");
    }
}
