//! `tribunal rejudge`: stored submissions judged again, after a mended checker, test or limit.

use std::process::ExitCode;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use tribunal_actors::{
    DatabaseError, Done, Node, NodeConfig, Rejudge, Rejudged, StartError, SubmissionId, chain,
};
use tribunal_problems::Verdict;

use super::local::{GRACE, Signals, block_on};
use super::{Failure, serve};
use crate::cli::RejudgeArgs;
use crate::config::Config;
use crate::out;
use crate::progress::Progress;
use crate::report::tint_of;
use crate::table::{Side, Table, Tint, harmless, tinted};

/// `rejudge --json`.
#[derive(Debug, Serialize)]
struct Rejudging {
    submissions: Vec<Line>,
    failed: Vec<Failed>,
    changed: usize,
    applied: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    id: SubmissionId,
    problem: String,
    language: String,
    before: Verdict,
    after: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_after: Option<f64>,
    changes: bool,
    applied: bool,
    /// Tests that were run again, those of which only the output was checked again, and those that were known.
    runs: usize,
    checks: usize,
    known: usize,
}

#[derive(Debug, Serialize)]
struct Failed {
    id: SubmissionId,
    reason: String,
}

/// Rejudges. Status 0: all were judged again; 2: some could not be, and keep their judgement.
pub(super) fn run(args: &RejudgeArgs) -> Result<ExitCode, Failure> {
    let config = config(args)?;
    let packages = serve::packages(&config)?;
    let mut node = serve::node_config(&config, &packages)?;
    let rejudging = block_on(async {
        serve::make_ready(&config, &mut node).await?;
        let ids = submissions(args, &node)?;
        rejudge(args, node, ids).await
    })?;
    if args.json {
        out::print_json(&rejudging);
    } else {
        out::print(&for_people(&rejudging, out::is_coloured()));
    }
    Ok(ExitCode::from(if rejudging.failed.is_empty() {
        0
    } else {
        super::COULD_NOT_JUDGE
    }))
}

/// The configuration file, and the flags over it.
fn config(args: &RejudgeArgs) -> Result<Config, Failure> {
    let mut config = match &args.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    if let Some(data) = &args.data {
        config.data = data.clone();
    }
    if !args.problems.is_empty() {
        config.problems = args.problems.clone();
    }
    if config.problems.is_empty() && config.contest.is_none() {
        return Err("no problems are named: use --problems or --config".into());
    }
    config.allow_degraded |= args.allow_degraded;
    Ok(config)
}

/// Those that were named and have a verdict, oldest first.
fn submissions(args: &RejudgeArgs, config: &NodeConfig) -> Result<Vec<SubmissionId>, Failure> {
    let history = super::history(&config.data_dir)?;
    if let Some(id) = args.which.submission {
        history.submission(SubmissionId(id))?;
        return Ok(vec![SubmissionId(id)]);
    }
    let ids = history.judged(args.which.problem.as_deref())?;
    match (&args.which.problem, ids.is_empty()) {
        (Some(problem), true) => {
            Err(format!("no submission for problem {problem:?} has a verdict").into())
        }
        _ => Ok(ids),
    }
}

async fn rejudge(
    args: &RejudgeArgs,
    config: NodeConfig,
    ids: Vec<SubmissionId>,
) -> Result<Rejudging, Failure> {
    let signals = Signals::listen()?;
    let started = Node::start(NodeConfig {
        // What waits for its first verdict is the server's.
        builds_max: 0,
        ..config
    });
    let node = started.await.map_err(explain)?;
    let progress = Progress::new(args.json || args.no_progress);
    let rejudging = signals.unless_interrupted(rejudge_all(args, &node, &ids, &progress));
    let rejudging = rejudging.await;
    progress.clear();
    node.drain(GRACE).await;
    rejudging
}

/// A judge that runs has the data directory for itself.
fn explain(error: StartError) -> Failure {
    match error {
        StartError::Database(DatabaseError::InUse { .. }) => format!(
            "{}: a judge runs there; stop it, rejudge, and start it again",
            chain(&error)
        )
        .into(),
        error => error.into(),
    }
}

async fn rejudge_all(
    args: &RejudgeArgs,
    node: &Node,
    ids: &[SubmissionId],
    progress: &Progress,
) -> Result<Rejudging, Failure> {
    let at_once = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    let bar = progress.phase("rejudge", ids.len());
    let mut answers = stream::iter(ids)
        .map(|&id| {
            let (apply, fresh) = (!args.dry_run, args.fresh);
            let again = node.registrar().send(Rejudge { id, apply, fresh });
            let bar = &bar;
            async move {
                let again = again.await;
                bar.inc(1);
                (id, again)
            }
        })
        .buffered(at_once);
    let mut rejudging = Rejudging {
        submissions: Vec::new(),
        failed: Vec::new(),
        changed: 0,
        applied: !args.dry_run,
    };
    while let Some((id, again)) = answers.next().await {
        match again? {
            Ok(again) => {
                rejudging.changed += usize::from(again.changes());
                rejudging.submissions.push(Line::of(&again));
            }
            Err(error) => rejudging.failed.push(Failed {
                id,
                reason: chain(&error),
            }),
        }
    }
    Ok(rejudging)
}

impl Line {
    fn of(again: &Rejudged) -> Self {
        let count = |done| {
            let tests = again.after.tests.iter();
            let kept = tests.filter_map(|test| test.kept.as_ref());
            kept.filter(|kept| kept.done == done).count()
        };
        Self {
            id: again.id,
            problem: again.problem.clone(),
            language: again.language.clone(),
            before: again.before.verdict,
            after: again.after.verdict,
            score_before: again.before.score,
            score_after: again.after.score,
            changes: again.changes(),
            applied: again.applied,
            runs: count(Done::Run),
            checks: count(Done::Check),
            known: count(Done::Nothing),
        }
    }
}

fn for_people(rejudging: &Rejudging, coloured: bool) -> String {
    let mut table = Table::new(&[
        ("submission", Side::Right),
        ("problem", Side::Left),
        ("language", Side::Left),
        ("was", Side::Left),
        ("is", Side::Left),
        ("score", Side::Left),
        ("run", Side::Right),
        ("checked", Side::Right),
        ("known", Side::Right),
    ]);
    let changed = rejudging.submissions.iter().filter(|line| line.changes);
    for line in changed {
        let count = |number: usize| (number.to_string(), Tint::Plain);
        let score = match (line.score_before, line.score_after) {
            (None, None) => String::new(),
            (before, after) => format!("{} -> {}", shown(before), shown(after)),
        };
        table.row(vec![
            (line.id.to_string(), Tint::Plain),
            (harmless(&line.problem), Tint::Plain),
            (line.language.clone(), Tint::Plain),
            (line.before.to_string(), tint_of(line.before)),
            (format!("-> {}", line.after), tint_of(line.after)),
            (score, Tint::Plain),
            count(line.runs),
            count(line.checks),
            count(line.known),
        ]);
    }
    let mut text = String::new();
    if rejudging.changed > 0 {
        text.push_str(&table.render(coloured));
        text.push('\n');
    }
    for failed in &rejudging.failed {
        let line = format!(
            "submission {} keeps its verdict: {}",
            failed.id, failed.reason
        );
        text.push_str(&format!(
            "{}\n",
            tinted(&harmless(&line), Tint::Yellow, coloured)
        ));
    }
    let verb = if rejudging.applied {
        "changed; the old judgements are kept as history"
    } else {
        "would change; nothing is applied"
    };
    let sum = |count: fn(&Line) -> usize| rejudging.submissions.iter().map(count).sum::<usize>();
    text.push_str(&format!(
        "{} of {} verdicts {verb} (tests: {} run, {} checked, {} known)\n",
        rejudging.changed,
        rejudging.submissions.len(),
        sum(|line| line.runs),
        sum(|line| line.checks),
        sum(|line| line.known),
    ));
    text
}

fn shown(score: Option<f64>) -> String {
    score.map_or_else(|| "none".to_owned(), |score| score.to_string())
}
