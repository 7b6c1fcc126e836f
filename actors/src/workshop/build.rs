//! Makes the tests that a package only describes: generators print inputs, the main solution prints answers.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use tribunal_problems::{
    BlobId, Content, Dialect, InputSource, JuryProgram, Package, Plan, PlannedTest, Procedure,
    Recipe, SelfTest, Verdict,
};

use super::{Judging, WorkshopError, last_words, not_compiled, plan_of};
use crate::report::BuildReport;

/// Bytes of the largest test that is made.
const TEST_BYTES_MAX: u64 = 256 << 20;

/// The package with every test made, in files below `into`.
///
/// # Errors
/// A program of the package does not print them, or the judge fails.
pub async fn build(
    judge: &Judging,
    mut package: Package,
    into: &Path,
) -> Result<Package, WorkshopError> {
    let Some(recipe) = package.recipe.take() else {
        return Ok(package);
    };
    std::fs::create_dir_all(into)?;
    let inputs = inputs(judge, &recipe, &package, into).await?;
    let answers = answers(judge, &recipe, &package, &inputs, into).await?;
    let moved: BTreeMap<PathBuf, PathBuf> = package
        .tests
        .iter()
        .zip(&inputs)
        .map(|(test, input)| (test.input.clone(), input.clone()))
        .collect();
    for (at, case) in package.self_tests.iter_mut().enumerate() {
        let SelfTest::Input { input, .. } = case else {
            continue;
        };
        *input = match moved.get(input) {
            Some(made) => made.clone(),
            None => native_lines(input, into.join(format!("case-{at}.in"))).await?,
        };
    }
    for ((test, input), answer) in package.tests.iter_mut().zip(inputs).zip(answers) {
        test.input = input;
        test.answer = answer;
    }
    // The jury's own answer must be one that the checker accepts.
    for test in &package.tests {
        package.self_tests.push(SelfTest::Output {
            name: format!("{} answer", test.name),
            input: test.input.clone(),
            answer: test.answer.clone(),
            output: test.answer.clone(),
            args: test.checker_args.clone(),
            expected: vec![Verdict::AC],
        });
    }
    Ok(package)
}

async fn inputs(
    judge: &Judging,
    recipe: &Recipe,
    package: &Package,
    into: &Path,
) -> Result<Vec<PathBuf>, WorkshopError> {
    let mut inputs = vec![PathBuf::new(); recipe.tests.len()];
    for (at, test) in recipe.tests.iter().enumerate() {
        if let InputSource::File(path) = &test.input {
            let copy = into.join(format!("{}.in", package.tests[at].name));
            inputs[at] = native_lines(path, copy).await?;
        }
    }
    for (number, generator) in recipe.generators.iter().enumerate() {
        let (mut which, mut tests) = (Vec::new(), Vec::new());
        for (at, test) in recipe.tests.iter().enumerate() {
            let InputSource::Generated { generator, args } = &test.input else {
                continue;
            };
            if *generator == number {
                which.push(at);
                tests.push(PlannedTest {
                    args: args.clone(),
                    keep_output: true,
                    ..PlannedTest::new(&package.tests[at].name, Content::Bytes(Vec::new().into()))
                });
            }
        }
        let plan = plan_of(generator, tests);
        let made = run(judge, plan, &format!("generator {}", generator.name)).await?;
        for (at, output) in which.into_iter().zip(made) {
            let path = into.join(format!("{}.in", package.tests[at].name));
            save(judge, output, path.clone()).await?;
            inputs[at] = path;
        }
    }
    Ok(inputs)
}

async fn answers(
    judge: &Judging,
    recipe: &Recipe,
    package: &Package,
    inputs: &[PathBuf],
    into: &Path,
) -> Result<Vec<PathBuf>, WorkshopError> {
    let mut answers: Vec<PathBuf> = Vec::with_capacity(inputs.len());
    let (mut which, mut tests) = (Vec::new(), Vec::new());
    for (at, test) in recipe.tests.iter().enumerate() {
        let name = &package.tests[at].name;
        let made = into.join(format!("{name}.ans"));
        answers.push(match &test.answer {
            Some(path) => native_lines(path, made).await?,
            None => made,
        });
        if test.answer.is_none() {
            which.push(at);
            tests.push(PlannedTest {
                keep_output: true,
                ..PlannedTest::new(name, Content::File(inputs[at].clone()))
            });
        }
    }
    if tests.is_empty() {
        return Ok(answers);
    }
    let Some((language, files)) = &recipe.main else {
        let why = "there is no main solution that could make the answers";
        return Err(WorkshopError::Package(why.to_owned()));
    };
    let time = package
        .timing
        .too_slow_from(package.limits.time)
        .saturating_mul(2);
    let main = JuryProgram {
        name: "main solution".to_owned(),
        language: language.clone(),
        files: files.clone(),
        dialect: Dialect::Testlib,
        compile_limits: package.compile_limits.clone(),
        limits: package.limits.clone().with_time(time),
    };
    // In talk with the interactor, what that leaves is the answer.
    let plan = Plan {
        procedure: Procedure::of(package),
        ..plan_of(&main, tests)
    };
    let printed = run(judge, plan, &format!("solution {}", main.name)).await?;
    for (at, output) in which.into_iter().zip(printed) {
        save(judge, output, answers[at].clone()).await?;
    }
    Ok(answers)
}

/// What a program makes in each test, in the store; each has to end well.
async fn run(judge: &Judging, plan: Plan, what: &str) -> Result<Vec<BlobId>, WorkshopError> {
    let report: BuildReport = judge.judge(plan).await?;
    if let Some(reason) = not_compiled(&report) {
        let why = format!("{what}: {reason}");
        return Err(WorkshopError::Package(why));
    }
    let mut made = Vec::with_capacity(report.tests.len());
    for test in &report.tests {
        let Some(output) = test.output.filter(|_| test.verdict == Verdict::AC) else {
            let said = last_words(test);
            let (name, verdict) = (&test.name, test.verdict);
            let why = format!("{what} on test {name}: {verdict}: {said}");
            return Err(WorkshopError::Package(why));
        };
        made.push(output);
    }
    Ok(made)
}

/// Writes an output down as a file of the package.
async fn save(judge: &Judging, output: BlobId, path: PathBuf) -> Result<(), WorkshopError> {
    let file = judge.open_blob(output).await?;
    beside(move || {
        let mut to = std::fs::File::create(path)?;
        std::io::copy(&mut file.take(TEST_BYTES_MAX), &mut to).map(drop)
    })
    .await
}

/// A file with the line ends of this system: itself, or a copy where it has others.
async fn native_lines(path: &Path, copy: PathBuf) -> Result<PathBuf, WorkshopError> {
    let path = path.to_owned();
    beside(move || {
        let bytes = std::fs::read(&path)?;
        if !bytes.windows(2).any(|pair| pair == b"\r\n") {
            return Ok(path);
        }
        let mut native = Vec::with_capacity(bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
                native.push(*byte);
            }
        }
        std::fs::write(&copy, native)?;
        Ok(copy)
    })
    .await
}

/// Does what takes its time with files beside the actors, which a running judge needs meanwhile.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, WorkshopError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| WorkshopError::Stopping)??)
}
