//! A test that was run before: what is known of it is taken, and only what may come out otherwise is done.

use std::io::Read;
use std::sync::Arc;

use tribunal_problems::{
    BlobId, Checker, CheckerAnswer, CustomChecker, RunFacts, answers, verdict, verdict_of_run,
};

use super::check::check_again;
use super::spec::measured;
use super::test::{TestFiles, tell};
use super::visit::pin;
use super::{Bench, Halt};
use crate::ids::JobId;
use crate::job::{JobSpec, TestWork};
use crate::kept_run::{Done, KeptOutput, KeptRun, OUTPUT_KEPT_MAX};
use crate::report::TestReport;
use crate::stores::{BlobContent, Check, Durability, OpenBlob, StoreBlob};
use crate::toolchains::ProbedToolchain;

/// The report of a test whose run need not be made; `None`: it has to be.
pub(super) async fn without_run(
    bench: &mut Bench,
    job: &JobSpec,
    work: &TestWork,
) -> Result<Option<TestReport>, Halt> {
    if !work.procedure.is_one_run() {
        return Ok(None);
    }
    let Some(earlier) = &work.earlier else {
        return Ok(None);
    };
    let Some(kept) = &earlier.kept else {
        return Ok(None);
    };
    let limits = measured(&work.toolchain.toolchain, &work.limits);
    if !answers(&kept.facts, &kept.limits, &limits) {
        return Ok(None);
    }
    if let Some(verdict) = verdict_of_run(&kept.facts, &limits) {
        let report = taken(work, earlier, kept, None, Done::Nothing);
        return Ok(Some(TestReport { verdict, ..report }));
    }
    let Some(output) = kept.output else {
        return Ok(None);
    };
    let check = check_id(work, output.blob);
    if check.is_some() && check == kept.check {
        return Ok(Some(TestReport {
            verdict: earlier.verdict,
            message: earlier.message.clone(),
            points: earlier.points,
            value: earlier.value.clone(),
            ..taken(work, earlier, kept, check, Done::Nothing)
        }));
    }
    let Some(bytes) = load(bench, earlier, output).await else {
        return Ok(None);
    };
    let pinned = pin(bench, [work.input].into_iter().chain(work.answer).collect()).await?;
    let files = TestFiles {
        input: pinned.files()[0].clone(),
        answer: pinned.files().get(1).cloned(),
    };
    let said = check_again(bench, job, work, &files, bytes).await?;
    if let CheckerAnswer::Broken { reason } = &said.answer {
        return Err(Halt::of_the_jury(reason.clone()));
    }
    let mut report = taken(work, earlier, kept, check, Done::Check);
    report.verdict = verdict(&kept.facts, &limits, Some(&said.answer));
    tell(&mut report, &said);
    Ok(Some(report))
}

/// The earlier run without what was said of it.
fn taken(
    work: &TestWork,
    earlier: &TestReport,
    kept: &KeptRun,
    check: Option<JobId>,
    done: Done,
) -> TestReport {
    TestReport {
        name: work.name.clone(),
        message: None,
        points: None,
        value: None,
        kept: Some(Box::new(KeptRun {
            check,
            done,
            ..kept.clone()
        })),
        ..earlier.clone()
    }
}

/// The output, from the report if all of it is there, else from the store.
async fn load(bench: &Bench, earlier: &TestReport, output: KeptOutput) -> Option<Arc<[u8]>> {
    if !output.stored {
        let whole = BlobId::of(earlier.stdout.as_bytes()) == output.blob;
        return whole.then(|| earlier.stdout.as_bytes().into());
    }
    let open = OpenBlob {
        id: output.blob,
        check: Check::Content,
    };
    let read = match bench.tools.stores.send(open).await.ok()? {
        Err(error) => Err(error.to_string()),
        Ok(file) => {
            let reading = tokio::task::spawn_blocking(move || {
                let mut bytes = Vec::new();
                file.take(OUTPUT_KEPT_MAX).read_to_end(&mut bytes)?;
                Ok::<_, std::io::Error>(bytes)
            });
            reading.await.ok()?.map_err(|error| error.to_string())
        }
    };
    match read {
        Ok(bytes) => Some(bytes.into()),
        Err(reason) => {
            let name = &earlier.name;
            log::info!("the output of test {name:?} is not there, so it is run again: {reason}");
            None
        }
    }
}

/// What is kept of a run that was made just now. That an output cannot be stored costs a later rejudging a run.
pub(super) async fn keep(
    bench: &Bench,
    work: &TestWork,
    report: &mut TestReport,
    facts: RunFacts,
    output: Option<&Arc<[u8]>>,
) {
    let may_be_kept = work.durability == Durability::Durable && work.procedure.is_one_run();
    if !may_be_kept || !report.degraded.is_empty() {
        return;
    }
    let output = match output {
        Some(bytes) => keep_output(bench, report, bytes).await,
        None => None,
    };
    report.kept = Some(Box::new(KeptRun {
        run: work.run,
        facts,
        limits: measured(&work.toolchain.toolchain, &work.limits),
        check: output.and_then(|output| check_id(work, output.blob)),
        output,
        done: Done::Run,
    }));
}

/// `None`: it is too long, or the store does not take it.
async fn keep_output(bench: &Bench, report: &TestReport, bytes: &Arc<[u8]>) -> Option<KeptOutput> {
    let length = bytes.len() as u64;
    if report.stdout.as_bytes() == &bytes[..] {
        return Some(KeptOutput {
            blob: BlobId::of(bytes),
            bytes: length,
            stored: false,
        });
    }
    if length > OUTPUT_KEPT_MAX {
        return None;
    }
    let store = StoreBlob {
        content: BlobContent::Bytes(bytes.clone()),
        expected: None,
        durability: Durability::Expendable,
    };
    match bench.tools.stores.send(store).await.ok()? {
        Ok(stored) => Some(KeptOutput {
            blob: stored.id,
            bytes: length,
            stored: true,
        }),
        Err(error) => {
            log::warn!("the output of test {:?} is not kept: {error}", report.name);
            None
        }
    }
}

/// All of a checker but its program that its answer depends on.
fn how_checked(custom: &CustomChecker, probed: &ProbedToolchain) -> String {
    let CustomChecker {
        dialect,
        args,
        scores,
        limits,
        ..
    } = custom;
    let version = &probed.version;
    format!("{dialect:?} {args:?} {scores:?} {limits:?} {version}")
}

/// Names a check by a program of the jury; the judge's own are fast and always repeated.
fn check_id(work: &TestWork, output: BlobId) -> Option<JobId> {
    let Checker::Custom(custom) = work.checker.as_ref() else {
        return None;
    };
    let (program, probed) = work.checker_program.as_ref()?;
    let how = how_checked(custom, probed);
    let name = |id: Option<BlobId>| id.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let (answer, source) = (name(work.answer), name(work.source));
    let mut parts: Vec<&[u8]> = vec![
        b"check",
        program.as_bytes(),
        how.as_bytes(),
        work.input.as_bytes(),
        &answer,
        output.as_bytes(),
    ];
    if work.source.is_some() {
        parts.push(&source);
    }
    let further = work.further_checkers.iter();
    let further: Vec<String> = further
        .map(|other| {
            let how = how_checked(&other.custom, &other.toolchain);
            format!("{} {how}", other.program)
        })
        .collect();
    parts.extend(further.iter().map(String::as_bytes));
    Some(JobId::of(&parts))
}
