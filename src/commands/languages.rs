//! `tribunal languages`: what can be judged here; and a program in each language that is compiled and run.

use std::process::ExitCode;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use tribunal_actors::BuildReport;
use tribunal_problems::{
    Checker, Content, EntryPoint, GeneratorKind, Language, Plan, PlannedTest, RunLimits,
    SourceFile, Verdict,
};
use tribunal_web::LanguageView;

use super::Failure;
use super::local::{LocalJudge, block_on, languages};
use crate::cli::LanguagesArgs;
use crate::out;
use crate::report::tint_of;
use crate::table::{Side, Table, Tint, harmless};

/// A program for each file name ending: it reads a number and prints it doubled.
const DOUBLE: [(&str, &str); 4] = [
    ("c", include_str!("selftest/double.c")),
    ("cpp", include_str!("selftest/double.cpp")),
    ("py", include_str!("selftest/double.py")),
    ("js", include_str!("selftest/double.js")),
];

/// Lists or tries. Status 1: a toolchain that was found fails.
pub(super) fn run(args: &LanguagesArgs) -> Result<ExitCode, Failure> {
    let languages = languages(&args.node)?;
    block_on(async {
        let judge = LocalJudge::start(&args.node, languages).await?;
        let fails = match args.command {
            None => {
                list(&judge, args.json);
                false
            }
            Some(_) => try_all(&judge, args.json).await?,
        };
        judge.stop().await;
        Ok(ExitCode::from(u8::from(fails)))
    })
}

fn list(judge: &LocalJudge, json: bool) {
    let languages = judge.languages();
    let views = LanguageView::all(&languages, judge.node.toolchains());
    if json {
        return out::print_json(&views);
    }
    let mut table = Table::new(&[
        ("id", Side::Left),
        ("name", Side::Left),
        ("version", Side::Left),
        ("files", Side::Left),
        ("", Side::Left),
    ]);
    for view in &views {
        let tint = if view.available {
            Tint::Plain
        } else {
            Tint::Dim
        };
        let version = view.version.unwrap_or("–");
        let endings: Vec<String> = view
            .extensions
            .iter()
            .map(|end| format!(".{end}"))
            .collect();
        table.row(vec![
            (view.id.to_owned(), tint),
            (view.name.to_owned(), tint),
            (version.to_owned(), tint),
            (endings.join(" "), Tint::Dim),
            (view.reason.clone().unwrap_or_default(), Tint::Yellow),
        ]);
    }
    out::print(&table.render(out::is_coloured()));
}

/// Says whether a toolchain that is here fails.
async fn try_all(judge: &LocalJudge, json: bool) -> Result<bool, Failure> {
    let languages = judge.languages();
    let usable: Vec<&Language> = languages
        .all()
        .filter(|language| matches!(judge.node.toolchains().get(&language.id), Some(Ok(_))))
        .collect();
    let trials = usable.iter().map(|language| async {
        match double(language) {
            Some(plan) => judge.judge(plan).await.map(Some),
            None => Ok(None),
        }
    });
    let at_once = std::thread::available_parallelism().map_or(1, Into::into);
    let reports: Vec<Option<BuildReport>> =
        stream::iter(trials).buffered(at_once).try_collect().await?;
    let results: Vec<_> = usable.into_iter().zip(reports).collect();
    if json {
        let lines: Vec<_> = results
            .iter()
            .map(|(id, report)| trial_json(id, report))
            .collect();
        out::print_json(&lines);
    } else {
        out::print(&trial_table(&results).render(out::is_coloured()));
    }
    let fails = results
        .iter()
        .filter_map(|(_, report)| report.as_ref())
        .any(|report| report.verdict != Verdict::AC);
    Ok(fails)
}

fn trial_json(language: &Language, report: &Option<BuildReport>) -> serde_json::Value {
    serde_json::json!({
        "id": language.id,
        "verdict": report.as_ref().map(|report| report.verdict),
        "log": report.as_ref().map(|report| &report.compile.log),
    })
}

fn trial_table(results: &[(&Language, Option<BuildReport>)]) -> Table {
    let mut table = Table::new(&[
        ("id", Side::Left),
        ("verdict", Side::Left),
        ("compile", Side::Right),
        ("run", Side::Right),
        ("", Side::Left),
    ]);
    for (language, report) in results {
        let id = (language.id.to_string(), Tint::Plain);
        table.row(match report {
            None => vec![
                id,
                ("–".to_owned(), Tint::Dim),
                (String::new(), Tint::Plain),
                (String::new(), Tint::Plain),
                ("only its version was asked for".to_owned(), Tint::Dim),
            ],
            Some(report) => {
                let run: u64 = report.tests.iter().map(|test| test.cpu_ms).sum();
                let log = report.compile.log.lines().next().unwrap_or_default();
                vec![
                    id,
                    (report.verdict.to_string(), tint_of(report.verdict)),
                    (format!("{} ms", report.compile.cpu_ms), Tint::Plain),
                    (format!("{run} ms"), Tint::Plain),
                    (harmless(log), Tint::Dim),
                ]
            }
        });
    }
    table
}

/// The plan of the small program, where there is one for the language.
fn double(language: &Language) -> Option<Plan> {
    let (_, source) = DOUBLE
        .iter()
        .find(|(ending, _)| language.extensions.first().is_some_and(|own| own == ending))?;
    Some(Plan {
        language: language.id.clone(),
        files: vec![SourceFile::new(
            language.source_name.as_str(),
            source.as_bytes(),
        )],
        entry: EntryPoint::Program,
        tests: vec![PlannedTest {
            answer: Some(Content::Bytes(Arc::from(&b"42\n"[..]))),
            ..PlannedTest::new("double", Content::Bytes(Arc::from(&b"21\n"[..])))
        }],
        checker: Checker::default(),
        static_validator: None,
        limits: RunLimits::default(),
        compile_limits: language.compile_limits.clone(),
        rule: GeneratorKind::Icpc,
        output_head_max: 4 << 10,
    })
}
