//! Tests of a package's own programs: validators on inputs, the checker on outputs.

use tribunal_problems::{
    Content, Dialect, InputValidator, JuryProgram, LanguageId, Package, Plan, PlannedTest,
    SelfTest, SourceFile, TestTask, Verdict,
};

mod scripted;

use super::{Judging, WorkshopError, last_words, not_compiled, plan_of};
use crate::report::{BuildReport, TestReport};

/// The exit statuses by which a validator accepts.
const KATTIS_YES: i32 = 42;
const TESTLIB_YES: i32 = 0;

/// What came of a package's self-tests.
#[derive(Debug, Default)]
pub struct SelfTestResult {
    /// How many there were.
    pub run: usize,
    /// Those that came otherwise than they should.
    pub faults: Vec<SelfTestFault>,
}

/// A self-test that failed.
#[derive(Debug)]
pub struct SelfTestFault {
    /// Its name.
    pub name: String,
    /// What happened.
    pub reason: String,
}

/// Runs them all.
///
/// # Errors
/// The judge fails.
pub async fn run_self_tests(
    judge: &Judging,
    package: &Package,
) -> Result<SelfTestResult, WorkshopError> {
    let mut result = SelfTestResult::default();
    inputs(judge, package, &mut result).await?;
    outputs(judge, package, &mut result).await?;
    Ok(result)
}

/// What one validator says of one input.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    accepts: bool,
    words: String,
}

async fn inputs(
    judge: &Judging,
    package: &Package,
    result: &mut SelfTestResult,
) -> Result<(), WorkshopError> {
    let cases: Vec<&SelfTest> = package
        .self_tests
        .iter()
        .filter(|test| matches!(test, SelfTest::Input { .. }))
        .collect();
    if package.input_validators.is_empty() || cases.is_empty() {
        return Ok(());
    }
    let mut said: Vec<Vec<Said>> = vec![Vec::new(); cases.len()];
    for (at, validator) in package.input_validators.iter().enumerate() {
        let answers = match validator {
            InputValidator::Program(program) => in_boxes(judge, program, &cases, at).await?,
            InputValidator::Checktestdata { name, script } => {
                Ok(scripted::said(name, script, &cases, at).await?)
            }
        };
        match answers {
            Ok(answers) => {
                for (answer, said) in answers.into_iter().zip(&mut said) {
                    said.push(answer);
                }
            }
            Err(reason) => {
                let name = format!("input validator {}", validator.name());
                result.run += 1;
                result.faults.push(SelfTestFault { name, reason });
            }
        }
    }
    for (case, said) in cases.iter().zip(&said) {
        let SelfTest::Input { name, valid, .. } = case else {
            continue;
        };
        result.run += 1;
        let refused = said.iter().find(|one| !one.accepts);
        let reason = match (valid, refused) {
            (true, Some(one)) => format!("a validator rejects it: {}", one.words),
            (false, None) if !said.is_empty() => "every validator accepts it".to_owned(),
            _ => continue,
        };
        let name = name.clone();
        result.faults.push(SelfTestFault { name, reason });
    }
    Ok(())
}

/// What a program says of each input, or why it cannot be asked.
async fn in_boxes(
    judge: &Judging,
    program: &JuryProgram,
    cases: &[&SelfTest],
    at: usize,
) -> Result<Result<Vec<Said>, String>, WorkshopError> {
    let tests = cases
        .iter()
        .filter_map(|case| input_test(case, at))
        .collect();
    let report = judge.judge(plan_of(program, tests)).await?;
    if let Some(reason) = not_compiled(&report) {
        return Ok(Err(reason));
    }
    let tests = report.tests.iter();
    Ok(Ok(tests.map(|test| Said::of(program, test)).collect()))
}

impl Said {
    fn of(validator: &JuryProgram, test: &TestReport) -> Self {
        let yes = match validator.dialect {
            Dialect::Testlib => TESTLIB_YES,
            _ => KATTIS_YES,
        };
        let accepts = test.exit_code == Some(yes) && test.verdict != Verdict::JE;
        let words = match test.exit_code {
            Some(status) => format!(
                "{}: exit status {status}: {}",
                validator.name,
                last_words(test)
            ),
            None => format!("{}: {}: {}", validator.name, test.verdict, last_words(test)),
        };
        Self { accepts, words }
    }
}

fn input_test(case: &SelfTest, validator: usize) -> Option<PlannedTest> {
    let SelfTest::Input {
        name,
        input,
        files,
        args,
        ..
    } = case
    else {
        return None;
    };
    let files = files.iter();
    Some(PlannedTest {
        args: args[validator].clone(),
        files: files
            .map(|file| (file.name.clone(), Content::File(file.path.clone())))
            .collect(),
        hidden: true,
        ..PlannedTest::new(name, Content::File(input.clone()))
    })
}

async fn outputs(
    judge: &Judging,
    package: &Package,
    result: &mut SelfTestResult,
) -> Result<(), WorkshopError> {
    let (mut tests, mut wanted) = (Vec::new(), Vec::new());
    for case in &package.self_tests {
        let SelfTest::Output {
            name,
            input,
            answer,
            output,
            args,
            expected,
        } = case
        else {
            continue;
        };
        tests.push(PlannedTest {
            answer: Some(Content::File(answer.clone())),
            checker_args: Some(args.clone()),
            task: TestTask::Check(Content::File(output.clone())),
            hidden: true,
            ..PlannedTest::new(name, Content::File(input.clone()))
        });
        wanted.push(expected);
    }
    if tests.is_empty() || package.kind.interactive || package.kind.passes_max.is_some() {
        return Ok(());
    }
    let report = judge.judge(checking(package, tests)).await?;
    for (test, wanted) in report.tests.iter().zip(wanted) {
        result.run += 1;
        let is_wanted = test
            .verdict
            .simplified()
            .is_some_and(|one| wanted.contains(&one))
            || wanted.contains(&test.verdict);
        if !is_wanted {
            let words: Vec<&str> = wanted.iter().map(|one| one.word()).collect();
            let said = last_words(test);
            result.faults.push(SelfTestFault {
                name: test.name.clone(),
                reason: format!(
                    "the checker says {}, not {}: {said}",
                    test.verdict,
                    words.join(" or ")
                ),
            });
        }
    }
    compiled(&report, result);
    Ok(())
}

fn compiled(report: &BuildReport, result: &mut SelfTestResult) {
    if let Some(reason) = not_compiled(report) {
        let name = "outputs".to_owned();
        result.faults.push(SelfTestFault { name, reason });
    }
}

/// Outputs that the package's checker looks at; no program is run.
fn checking(package: &Package, tests: Vec<PlannedTest>) -> Plan {
    let files = vec![SourceFile::new("output.out", Vec::new())];
    Plan {
        checker: package.checker.clone(),
        further_checkers: package.further_checkers.clone(),
        limits: package.limits.clone(),
        compile_limits: package.compile_limits.clone(),
        output_head_max: super::OUTPUT_HEAD_MAX,
        ..Plan::new(LanguageId::new("answer"), files, tests)
    }
}
