//! `/submissions` and `/submissions/{id}`: what was handed in, and what came of it.

use std::collections::BTreeMap;
use std::io::Read;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use tribunal_actors::{
    AccountId, ListFilter, ListSubmissions, Owner, Scope, SubmissionId, SubmissionLine,
    SubmissionStatus, SubmissionView, TestReport,
};
use tribunal_problems::{Package, Verdict};

use super::{Shell, rendered, shown};
use crate::auth::Viewer;
use crate::contest::time;
use crate::front::{Front, reached};
use crate::openapi::{Invalid, NotFound, Refused};
use crate::problem_details::Problem;
use crate::submissions::list::judged;
use crate::submissions::parse_id;

/// Lines of a page.
const LINES: u32 = 50;

#[derive(Template)]
#[template(path = "submissions.html")]
struct List {
    shell: Shell,
    caption: &'static str,
    shows_owner: bool,
    lines: Vec<Line>,
    older: Option<SubmissionId>,
    part: Part,
    problems: Vec<String>,
    languages: Vec<String>,
    verdicts: Vec<String>,
}

struct Line {
    id: SubmissionId,
    time: String,
    who: String,
    problem: String,
    language: String,
    verdict: String,
    class: &'static str,
}

/// Which part of the list. A form sends an empty text for what is not chosen.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    before: Option<String>,
    /// Only those for this problem.
    #[serde(default)]
    problem: String,
    /// Only those in this language.
    #[serde(default)]
    language: String,
    /// Only those with this verdict; `waiting`: those that have none yet.
    #[serde(default)]
    verdict: String,
}

impl Part {
    fn filter(&self, viewer: &Viewer) -> Result<ListFilter, Problem> {
        let before = self.before.as_deref().map(|text| {
            let number = text.parse().map(SubmissionId);
            number.map_err(|_| Problem::invalid("before", "a submission is named by its number"))
        });
        let chosen = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let verdict = chosen(&self.verdict);
        Ok(ListFilter {
            before: before.transpose()?,
            problem: chosen(&self.problem),
            language: chosen(&self.language),
            verdict: verdict.as_deref().map(judged).transpose()?,
            owner: if viewer.may(Scope::Jury) {
                Owner::Anybody
            } else {
                viewer.account_id().map_or(Owner::Nobody, Owner::Account)
            },
            ..ListFilter::default()
        })
    }
}

/// Shows all submissions to the jury, and to everybody else their own.
#[utoipa::path(
    get,
    path = "/submissions",
    tag = "pages",
    operation_id = "submissions_page",
    params(Part),
    responses(
        (status = 200, description = "All submissions for the jury, their own for everybody else.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
        Invalid,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn submissions(
    front: Data<Front>,
    viewer: Viewer,
    part: Query<Part>,
) -> Result<HttpResponse, Problem> {
    let is_jury = viewer.may(Scope::Jury);
    let list = ListSubmissions {
        filter: part.filter(&viewer)?,
        lines_max: LINES,
    };
    let found = reached(front.registrar.send(list).await)??;
    let names: BTreeMap<AccountId, String> = if is_jury {
        let all = front.accounts.all().await?;
        all.into_iter()
            .map(|account| (account.id, account.display_name))
            .collect()
    } else {
        BTreeMap::new()
    };
    let known = front.problems_for(&viewer).await?;
    let usable = front.languages.all();
    let usable =
        usable.filter(|language| matches!(front.toolchains.get(&language.id), Some(Ok(_))));
    let is_full = found.len() == LINES as usize;
    let page = List {
        shell: Shell::of(&front, &viewer),
        caption: if is_jury {
            "All, the newest first"
        } else {
            "Yours, the newest first"
        },
        shows_owner: is_jury,
        older: found.last().map(|line| line.id).filter(|_| is_full),
        lines: found.iter().map(|line| Line::of(line, &names)).collect(),
        part: part.into_inner(),
        problems: known.iter().map(|one| one.short_name.clone()).collect(),
        languages: usable.map(|language| language.id.to_string()).collect(),
        verdicts: std::iter::once("waiting".to_owned())
            .chain(Verdict::ALL.iter().map(Verdict::to_string))
            .collect(),
    };
    rendered(StatusCode::OK, &page)
}

impl Line {
    fn of(line: &SubmissionLine, names: &BTreeMap<AccountId, String>) -> Self {
        let who = line.account.and_then(|id| names.get(&id));
        Self {
            id: line.id,
            time: time(line.created_at_ms),
            who: who.map_or_else(String::new, |name| shown::visible(name)),
            problem: line.problem.clone(),
            language: line.language.clone(),
            verdict: line
                .verdict
                .map_or_else(|| "waiting".to_owned(), |verdict| verdict.to_string()),
            class: shown::class(line.verdict),
        }
    }
}

#[derive(Template)]
#[template(path = "submission.html")]
struct One {
    shell: Shell,
    id: SubmissionId,
    problem: String,
    language: String,
    done: bool,
    verdict: String,
    class: &'static str,
    score: Option<f64>,
    log: Option<String>,
    /// Why it could not be judged, for the jury.
    fault: Option<String>,
    tests: Vec<Test>,
    /// Whether points count, so that there is a column for them.
    scored: bool,
    files: Vec<(String, String)>,
}

struct Test {
    name: String,
    verdict: Verdict,
    class: &'static str,
    was_run: bool,
    points: Option<f64>,
    cpu_ms: u64,
    mib: u64,
    /// Why there is no output, where it was to be in a file; of no more than the run, so everybody may know it of every test.
    output_fault: Option<String>,
    difference: Option<String>,
    message: Option<String>,
}

/// Shows a submission, with its source, to those who may see it.
#[utoipa::path(
    get,
    path = "/submissions/{id}",
    tag = "pages",
    operation_id = "submission_page",
    params(("id" = i64, Path, description = "The number of the submission.")),
    responses(
        (status = 200, description = "The submission, and what came of it.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn submission(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let view = front.submission(&viewer, id).await?;
    let files = reached(
        front
            .registrar
            .send(tribunal_actors::GetSources { id })
            .await,
    )??;
    let files = files.into_iter().map(|file| {
        let text = String::from_utf8_lossy(&file.content).into_owned();
        (shown::visible(&file.name), shown::visible(&text))
    });
    let package = front.problems.get(&view.problem);
    let is_jury = viewer.may(Scope::Jury);
    let (package, reports) = (package, view.tests.clone());
    let tests = web::block(move || {
        let tests = reports.iter();
        let tests = tests.map(|test| Test::of(test, package.as_deref(), is_jury));
        tests.collect()
    });
    let tests: Vec<Test> = tests
        .await
        .map_err(|_| Problem::unavailable("the judge is stopping", 5))?;
    let page = One {
        shell: Shell::of(&front, &viewer),
        id,
        problem: view.problem.clone(),
        language: view.language.clone(),
        done: view.status == SubmissionStatus::Done,
        verdict: status(&view),
        class: shown::class(view.verdict),
        score: view.score,
        log: log(&view),
        fault: view
            .fault
            .as_ref()
            .filter(|_| is_jury)
            .map(|fault| shown::visible(&fault.reason)),
        scored: tests.iter().any(|test| test.points.is_some()),
        tests,
        files: files.collect(),
    };
    rendered(StatusCode::OK, &page)
}

fn status(view: &SubmissionView) -> String {
    match (view.verdict, view.status) {
        (Some(verdict), _) => verdict.to_string(),
        (None, SubmissionStatus::Queued) => "waiting".to_owned(),
        (None, SubmissionStatus::Compiling) => "compiling".to_owned(),
        (None, SubmissionStatus::Running | SubmissionStatus::Done) => "running".to_owned(),
    }
}

fn log(view: &SubmissionView) -> Option<String> {
    let log = &view.compile.as_ref()?.log;
    (!log.trim().is_empty()).then(|| shown::visible(log))
}

impl Test {
    /// What was printed and what the checker says is told of samples alone, and to the jury of every test.
    fn of(test: &TestReport, package: Option<&Package>, is_jury: bool) -> Self {
        let case =
            package.and_then(|package| package.tests.iter().find(|case| case.name == test.name));
        let is_open = is_jury || case.is_some_and(|case| case.sample);
        let is_wrong = matches!(test.verdict, Verdict::WA | Verdict::PE | Verdict::NO);
        let difference = case.filter(|_| is_open && is_wrong).and_then(|case| {
            let answer = answer(&case.answer)?;
            shown::first_difference(&answer, &test.stdout)
        });
        let message = test.message.as_ref().filter(|_| is_open);
        Self {
            name: shown::visible(&test.name),
            verdict: test.verdict,
            class: shown::class(Some(test.verdict)),
            was_run: test.verdict != Verdict::SK,
            points: test.points,
            cpu_ms: test.cpu_ms,
            mib: test.memory_bytes >> 20,
            output_fault: test.output_fault.as_deref().map(shown::visible),
            difference,
            message: message.map(|message| shown::visible(message)),
        }
    }
}

/// Bytes of an answer that is compared for people; a longer one is not.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// A test's answer, where it can be read and is short enough for people.
fn answer(path: &std::path::Path) -> Option<String> {
    let read = std::fs::File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = read
        .inspect_err(|error| log::warn!("{}: {error}", path.display()))
        .ok()?;
    let is_short = bytes.len() as u64 <= ANSWER_BYTES_MAX;
    is_short.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_shown_to_everybody_and_what_the_checker_says_to_the_jury() {
        let test = TestReport {
            verdict: Verdict::WA,
            output_fault: Some("it wrote no file sum.out".to_owned()),
            message: Some("expected 42".to_owned()),
            ..TestReport::skipped("secret/1")
        };
        for (is_jury, message) in [(false, None), (true, Some("expected 42"))] {
            let shown = Test::of(&test, None, is_jury);
            assert_eq!(
                shown.output_fault.as_deref(),
                Some("it wrote no file sum.out")
            );
            assert_eq!(shown.message.as_deref(), message);
        }
    }
}
