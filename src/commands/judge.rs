//! `tribunal judge`: one submission against a package.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::ProgressBar;
use tokio::sync::mpsc::Receiver;
use tribunal_actors::{
    BuildReport, EventKind, Subscribe, Topic, Update, is_unready, plan_of_package, ready,
};
use tribunal_problems::{
    EntryPoint, Language, Languages, Plan, SourceFile, Verdict, check_sources,
};

use super::local::{LocalJudge, block_on, headers, languages};
use super::{Failure, read};
use crate::cli::JudgeArgs;
use crate::out;
use crate::packages::Packages;
use crate::progress::Progress;
use crate::report::{JudgeJson, for_people};

/// Judges. Status 0: accepted; 1: any other verdict; 2: could not judge.
pub(super) fn run(args: &JudgeArgs) -> Result<ExitCode, Failure> {
    let languages = languages(&args.node)?;
    let packages = Packages::new(&languages, headers(&args.node));
    let package = packages.open(&args.problem)?;
    let files = sources(&args.sources)?;
    check_sources(&files, package.source_bytes_max)?;
    let language = match (&args.language, package.kind.language()) {
        (None, Some(only)) => only,
        _ => language(args, &languages)?.id.clone(),
    };
    if !package.allows(&language) {
        return Err(format!("the problem may not be solved in {language}").into());
    }
    let progress = Progress::new(args.json || args.no_progress);
    let mut needed = if is_unready(&package) {
        package.programs_languages()
    } else {
        package.judging_languages()
    };
    needed.insert(language.clone());
    let work = async |judge: &LocalJudge| {
        let package = ready(&judge.judging(), package, &judge.scratch()).await?;
        let plan = plan_of_package(&package, &language, &files, &EntryPoint::Program);
        judge_watched(judge, plan, &progress).await
    };
    let report = block_on(LocalJudge::during(
        &args.node,
        languages,
        Some(needed),
        work,
    ))?;
    if args.json {
        out::print_json(&JudgeJson::of(language.as_str(), &report));
    } else {
        out::print(&for_people(language.as_str(), &report, out::is_coloured()));
    }
    Ok(ExitCode::from(match report.verdict {
        Verdict::AC => 0,
        Verdict::JE => super::COULD_NOT_JUDGE,
        _ => 1,
    }))
}

/// The files by the names that they have in their own directories.
fn sources(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    paths
        .iter()
        .map(|path| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .ok_or_else(|| format!("{} names no file", path.display()))?;
            Ok(SourceFile::new(name, read(path)?))
        })
        .collect()
}

fn language<'a>(args: &JudgeArgs, languages: &'a Languages) -> Result<&'a Language, Failure> {
    if let Some(name) = &args.language {
        return languages.get(name).ok_or_else(|| {
            format!("there is no language {name:?}; see `tribunal languages`").into()
        });
    }
    let first = args.sources.first().map(PathBuf::as_path);
    let name = first.unwrap_or(Path::new("")).to_string_lossy();
    languages.by_file_name(&name).ok_or_else(|| {
        format!("{name} does not tell its language by its ending: use --language").into()
    })
}

async fn judge_watched(
    judge: &LocalJudge,
    plan: Plan,
    progress: &Progress,
) -> Result<BuildReport, Failure> {
    let all = Subscribe {
        after: None,
        topic: Topic::Everything,
    };
    let updates = judge.node.event_log().send(all).await??;
    let compiling = progress.phase("compile", 1);
    compiling.set_message(plan.language.to_string());
    let testing = progress.phase("test", plan.tests.len());
    let watching = actix::spawn(follow(updates, compiling, testing));
    let report = judge.judge(plan).await;
    watching.abort();
    progress.clear();
    report
}

/// Moves the bars with what happens in this judge, which has one build.
async fn follow(mut updates: Receiver<Update>, compiling: ProgressBar, testing: ProgressBar) {
    while let Some(Update::Event(event)) = updates.recv().await {
        match &event.kind {
            EventKind::Compiled { verdict, .. } => {
                compiling.set_message(verdict.to_string());
                compiling.inc(1);
            }
            EventKind::TestDone { name, verdict, .. } => {
                testing.inc(1);
                testing.set_message(format!("{name} {verdict}"));
            }
            _ => {}
        }
    }
}
