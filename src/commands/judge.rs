//! `tribunal judge`: one submission against a package.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc::Receiver;
use tribunal_actors::{BuildReport, EventKind, Subscribe, Update, plan_of_package};
use tribunal_problems::{
    EntryPoint, Language, LanguageId, Languages, Package, Plan, SourceFile, Verdict, check_sources,
};

use super::local::{LocalJudge, block_on, headers, languages};
use super::{Failure, read};
use crate::cli::JudgeArgs;
use crate::out;
use crate::packages::Packages;
use crate::report::{JudgeJson, for_people};
use crate::workshop::ready;

/// Judges. Status 0: accepted; 1: any other verdict; 2: could not judge.
pub(super) fn run(args: &JudgeArgs) -> Result<ExitCode, Failure> {
    let languages = languages(&args.node)?;
    let packages = Packages::new(&languages, headers(&args.node))?;
    let package = packages.open(&args.problem)?;
    if let Some(what) = package.kind.unsupported() {
        return Err(format!("{}: not supported yet: {what}", args.problem.display()).into());
    }
    let files = sources(&args.sources)?;
    check_sources(&files, package.source_bytes_max)?;
    let language = language(args, &languages)?.id.clone();
    if !package.allows(&language) {
        return Err(format!("the problem may not be solved in {language}").into());
    }
    let shows_progress = !args.json && std::io::stderr().is_terminal();
    let report = block_on(async {
        let judge = LocalJudge::start(&args.node, languages).await?;
        let report = async {
            let package = ready(&judge, package, &judge.scratch()).await?;
            let plan = plan_of_package(&package, &language, &files, &EntryPoint::Program);
            judge_watched(&judge, &package, plan, &language, shows_progress).await
        };
        let report = report.await;
        judge.stop().await;
        report
    })?;
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
    package: &Package,
    plan: Plan,
    language: &LanguageId,
    shows_progress: bool,
) -> Result<BuildReport, Failure> {
    if !shows_progress {
        return judge.judge(plan).await;
    }
    let updates = judge
        .node
        .event_log()
        .send(Subscribe {
            after: None,
            submission: None,
        })
        .await??;
    let bar = bar(package.tests.len(), &format!("compiling {language}"));
    let watching = actix::spawn(follow(updates, bar.clone()));
    let report = judge.judge(plan).await;
    watching.abort();
    bar.finish_and_clear();
    report
}

fn bar(tests: usize, message: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("  {msg:<24} [{bar:32}] {pos}/{len} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    let bar = ProgressBar::new(tests as u64).with_style(style);
    bar.set_message(message.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Moves the bar with what happens in this judge, which has one build.
async fn follow(mut updates: Receiver<Update>, bar: ProgressBar) {
    while let Some(Update::Event(event)) = updates.recv().await {
        match event.kind {
            EventKind::Compiled { .. } => bar.set_message("running"),
            EventKind::TestDone { name, verdict, .. } => {
                bar.inc(1);
                bar.set_message(format!("{name} {verdict}"));
            }
            _ => {}
        }
    }
}
