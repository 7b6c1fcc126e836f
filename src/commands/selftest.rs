//! `tribunal languages selftest`: in each language a program that doubles a number, crashes or takes all memory, as its input
//! says, and a source that is no program.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tribunal_actors::BuildReport;
use tribunal_problems::{
    Checker, Content, EntryPoint, GeneratorKind, Language, Plan, PlannedTest, Procedure, RunLimits,
    SourceFile, Verdict,
};

use super::Failure;
use super::local::LocalJudge;
use crate::out;
use crate::report::tint_of;
use crate::table::{Side, Table, Tint, harmless};

/// A program for each file name ending.
const PROGRAMS: [(&str, &str); 9] = [
    ("c", include_str!("selftest/trial.c")),
    ("cpp", include_str!("selftest/trial.cpp")),
    ("py", include_str!("selftest/trial.py")),
    ("js", include_str!("selftest/trial.js")),
    ("java", include_str!("selftest/trial.java")),
    ("kt", include_str!("selftest/trial.kt")),
    ("rs", include_str!("selftest/trial.rs")),
    ("go", include_str!("selftest/trial.go")),
    ("pas", include_str!("selftest/trial.pas")),
];

/// No language takes this for a program.
const NO_PROGRAM: &str = "this is no program (\n";

/// What the program is told, and what must come of it.
const TESTS: [(&str, &str, &str, Verdict); 3] = [
    ("hello", "21\n", "42\n", Verdict::AC),
    ("crash", "-1\n", "", Verdict::RTE),
    ("memory", "0\n", "", Verdict::MLE),
];

/// What came of a language's trials; `None` where there is no program for it.
struct Trial<'a> {
    language: &'a Language,
    reports: Option<[BuildReport; 2]>,
}

/// Tries every toolchain that is here; says whether one of them fails.
pub(super) async fn try_all(judge: &LocalJudge, json: bool) -> Result<bool, Failure> {
    let languages = judge.languages();
    let usable = languages
        .all()
        .filter(|language| matches!(judge.node.toolchains().get(&language.id), Some(Ok(_))));
    let at_once = std::thread::available_parallelism().map_or(1, Into::into);
    let trials = usable.map(|language| try_one(judge, language));
    let trials: Vec<Trial<'_>> = stream::iter(trials).buffered(at_once).try_collect().await?;
    if json {
        let lines: Vec<Value> = trials.iter().map(Trial::json).collect();
        out::print_json(&lines);
    } else {
        out::print(&table(&trials).render(out::is_coloured()));
    }
    Ok(trials.iter().any(|trial| !trial.is_good()))
}

async fn try_one<'a>(judge: &LocalJudge, language: &'a Language) -> Result<Trial<'a>, Failure> {
    let program = PROGRAMS.iter().find(|(ending, _)| {
        let first = language.extensions.first();
        first.is_some_and(|own| own == ending)
    });
    let Some((_, program)) = program else {
        let reports = None;
        return Ok(Trial { language, reports });
    };
    let whole = judge.judge(plan(language, program)).await?;
    let broken = judge.judge(plan(language, NO_PROGRAM)).await?;
    let reports = Some([whole, broken]);
    Ok(Trial { language, reports })
}

fn plan(language: &Language, source: &str) -> Plan {
    let bytes = |text: &str| Content::Bytes(Arc::from(text.as_bytes()));
    let tests = TESTS.iter().map(|(name, input, answer, _)| PlannedTest {
        answer: Some(bytes(answer)),
        ..PlannedTest::new(name, bytes(input))
    });
    Plan {
        language: language.id.clone(),
        files: vec![SourceFile::new(
            language.source_name.as_str(),
            source.as_bytes(),
        )],
        entry: EntryPoint::Program,
        tests: tests.collect(),
        procedure: Procedure::default(),
        checker: Checker::default(),
        further_checkers: Vec::new(),
        static_validator: None,
        grader: None,
        file_writing: true,
        limits: RunLimits::default(),
        compile_limits: language.compile_limits.clone(),
        rule: GeneratorKind::All,
        output_head_max: 4 << 10,
        fresh_namespaces: false,
    }
}

impl Trial<'_> {
    /// The verdicts of the trials, in the order of `TESTS`, then that of what is no program.
    fn verdicts(&self) -> Vec<Verdict> {
        self.reports.iter().flat_map(verdicts).collect()
    }

    fn is_good(&self) -> bool {
        let wanted = TESTS.iter().map(|(.., verdict)| *verdict);
        let wanted: Vec<Verdict> = wanted.chain([Verdict::CE]).collect();
        self.reports.is_none() || self.verdicts() == wanted
    }

    fn json(&self) -> Value {
        let whole = self.reports.as_ref().map(|[whole, _]| whole);
        json!({
            "id": self.language.id,
            "ok": self.is_good(),
            "verdict": whole.map(|whole| whole.tests[0].verdict),
            "verdicts": self.verdicts(),
            "log": whole.map(|whole| &whole.compile.log),
        })
    }

    fn row(&self) -> Vec<(String, Tint)> {
        let id = (self.language.id.to_string(), Tint::Plain);
        let Some([whole, _]) = &self.reports else {
            let nothing = || (String::new(), Tint::Plain);
            let said = ("only its version was asked for".to_owned(), Tint::Dim);
            return [id]
                .into_iter()
                .chain((0..6).map(|_| nothing()))
                .chain([said])
                .collect();
        };
        let wanted = TESTS.map(|(.., verdict)| verdict).into_iter();
        let wanted = wanted.chain([Verdict::CE]);
        let found = self.verdicts().into_iter().zip(wanted);
        let found = found.map(|(verdict, wanted)| {
            let tint = if verdict == wanted {
                Tint::Green
            } else {
                tint_of(verdict)
            };
            (verdict.to_string(), tint)
        });
        let log = whole.compile.log.lines().next().unwrap_or_default();
        let times = [whole.compile.cpu_ms, whole.tests[0].cpu_ms];
        let times = times.map(|ms| (format!("{ms} ms"), Tint::Plain));
        [id].into_iter()
            .chain(found)
            .chain(times)
            .chain([(harmless(log), Tint::Dim)])
            .collect()
    }
}

fn verdicts([whole, broken]: &[BuildReport; 2]) -> Vec<Verdict> {
    let tests = whole.tests.iter().map(|test| test.verdict);
    tests.chain([broken.verdict]).collect()
}

fn table(trials: &[Trial<'_>]) -> Table {
    let mut table = Table::new(&[
        ("id", Side::Left),
        ("hello", Side::Left),
        ("crash", Side::Left),
        ("memory", Side::Left),
        ("no program", Side::Left),
        ("compile", Side::Right),
        ("run", Side::Right),
        ("", Side::Left),
    ]);
    for trial in trials {
        table.row(trial.row());
    }
    table
}
