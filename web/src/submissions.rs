//! `POST /api/submissions` and `GET /api/submissions/{id}`: hand in a program, and see what came of it.

pub(crate) mod answers;
pub(crate) mod batch;
pub(crate) mod list;

use std::time::Duration;

use actix_web::http::header::{ContentType, HeaderValue};
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use tribunal_actors::{
    AccountId, Scope, SubmissionId, SubmissionStatus, SubmissionView, Submit, TestReport,
    WaitForVerdict,
};
use tribunal_problems::{EntryPoint, Language, Languages, Verdict};

use crate::auth::Viewer;
use crate::body::JsonBody;
use crate::front::{Front, reached};
use crate::languages::usable_language;
use crate::limits::{IDEMPOTENCY_KEY_BYTES_MAX, WAIT_SECONDS_MAX};
use crate::openapi::{BodyRefused, Invalid, NotFound, Refused};
use crate::problem_details::Problem;
use crate::source::{SourceText, Sources};

use answers::Answer;

/// What is handed in.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct NewSubmission {
    /// The problem's short name.
    problem: String,
    /// The language id; without it, the language of the first file's ending.
    #[serde(default)]
    language: Option<String>,
    /// The source; `files` may take its place.
    #[serde(default)]
    source: Option<String>,
    /// Source files, the main one first.
    #[serde(default)]
    files: Vec<SourceText>,
    /// What the header `Idempotency-Key` says, for each of a batch.
    #[serde(default)]
    idempotency_key: Option<String>,
}

impl NewSubmission {
    /// Checks what can be checked here; the registrar does the rest.
    fn into_order(
        self,
        front: &Front,
        viewer: &Viewer,
        header_key: Option<&HeaderValue>,
    ) -> Result<Submit, Problem> {
        let account = viewer.account_id();
        let language = self.language(front)?;
        let files = Sources {
            main: self.source.as_deref(),
            main_field: "source",
            files: &self.files,
        }
        .checked(language)?;
        let key = match (header_key, &self.idempotency_key) {
            (Some(_), Some(_)) => {
                let detail = "the key is said twice, here and in the header `Idempotency-Key`";
                return Err(Problem::invalid("idempotency_key", detail));
            }
            (Some(value), None) => Some(("Idempotency-Key", value.to_str().unwrap_or_default())),
            (None, Some(key)) => Some(("idempotency_key", key.as_str())),
            (None, None) => None,
        };
        Ok(Submit {
            language: language.id.clone(),
            files,
            entry: EntryPoint::Program,
            idempotency_key: key
                .map(|(field, key)| idempotency_key(field, key, account))
                .transpose()?,
            account,
            is_jury: viewer.may(Scope::Jury),
            problem: self.problem,
        })
    }

    fn language<'a>(&self, front: &'a Front) -> Result<&'a Language, Problem> {
        let languages: &Languages = &front.languages;
        if let Some(name) = &self.language {
            return usable_language(languages, &front.toolchains, name);
        }
        let by_ending = self
            .files
            .first()
            .and_then(|file| languages.by_file_name(&file.name));
        match by_ending {
            Some(language) => usable_language(languages, &front.toolchains, language.id.as_str()),
            None => Err(Problem::invalid(
                "language",
                "the language is neither named nor told by the first file's ending",
            )),
        }
    }
}

/// Where the submission will be found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Accepted {
    id: SubmissionId,
}

/// Accepts a submission; the answer comes once it is durable.
#[utoipa::path(
    post,
    path = "/api/submissions",
    tag = "judging",
    operation_id = "submit",
    params(("Idempotency-Key" = Option<String>, Header, description = "A request with the same key is the same submission; 1 to 200 visible ASCII characters.")),
    request_body(content = NewSubmission, example = json!({"problem": "sum", "language": "python", "source": "print(sum(map(int, input().split())))"})),
    responses(
        (status = 202, description = "It is stored, and will be judged.", body = Accepted, example = json!({"id": 1})),
        Refused,
        BodyRefused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn submit(
    front: Data<Front>,
    viewer: Viewer,
    request: HttpRequest,
    JsonBody(new, _room): JsonBody<NewSubmission>,
) -> Result<HttpResponse, Problem> {
    let key = request.headers().get("idempotency-key");
    let submit = new.into_order(&front, &viewer, key)?;
    let id = reached(front.registrar.send(submit).await)??;
    Ok(HttpResponse::Accepted()
        .insert_header(("location", format!("/api/submissions/{id}")))
        .json(Accepted { id }))
}

/// A retried request with the same key is the same submission. Keys of accounts are their own: the sign between the two is in
/// no key.
fn idempotency_key(field: &str, key: &str, account: Option<AccountId>) -> Result<String, Problem> {
    let is_visible = key.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    if !is_visible || !(1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) {
        let detail = format!("not 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII characters");
        return Err(Problem::invalid(field, detail));
    }
    let of_account = account.map(|id| format!("{id} {key}"));
    Ok(of_account.unwrap_or_else(|| key.to_owned()))
}

/// How long an answer may be held back.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Patience {
    /// Seconds to wait for the verdict.
    #[serde(default)]
    wait: Option<f64>,
}

/// Tells how far a submission is; with `?wait=SECONDS`, once it is judged or the time is over.
#[utoipa::path(
    get,
    path = "/api/submissions/{id}",
    tag = "judging",
    operation_id = "submission",
    params(("id" = i64, Path, description = "The number of the submission."), Patience),
    responses(
        (status = 200, description = "The submission as it is now.", body = PublicView, example = json!({"id": 1, "problem": "sum", "language": "python", "status": "done", "verdict": "AC", "tests": [{"name": "1", "verdict": "AC", "cpu_ms": 14, "wall_ms": 15, "memory_bytes": 7340032, "exit_code": 0}]})),
        Refused,
        NotFound,
        Invalid,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn show(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
    patience: Query<Patience>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let wait = patience.wait.unwrap_or(0.0);
    if !wait.is_finite() || wait < 0.0 {
        return Err(Problem::invalid(
            "wait",
            "not a number of seconds from 0 on",
        ));
    }
    let wait = Duration::from_secs_f64(wait.min(WAIT_SECONDS_MAX));
    let told = front.answers.get(id);
    if let Some(told) = told.filter(|told| viewer.sees(told.owner)) {
        return Ok(answer(told.json));
    }
    let mut changes = front.answers.changes();
    let mut view = front.submission(&viewer, id).await?;
    if view.status != SubmissionStatus::Done && !wait.is_zero() {
        let verdict = front.registrar.send(WaitForVerdict { id });
        // When the time is over the submission is shown as it then is.
        let _ = tokio::time::timeout(wait, verdict).await;
        changes = front.answers.changes();
        view = front.submission(&viewer, id).await?;
    }
    let json = serde_json::to_vec(&PublicView::of(&view)).map_err(|error| {
        log::error!("submission {id} is no JSON: {error}");
        Problem::unavailable("this submission cannot be shown", 5)
    })?;
    let json = Bytes::from(json);
    if view.status == SubmissionStatus::Done {
        let kept = Answer {
            owner: view.account,
            json: json.clone(),
            changes,
        };
        front.answers.put(id, kept);
    }
    Ok(answer(json))
}

fn answer(json: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(json)
}

/// A submission's number in a path.
pub(crate) fn parse_id(text: &str) -> Result<SubmissionId, Problem> {
    text.parse()
        .map(SubmissionId)
        .map_err(|_| Problem::not_found("a submission is named by its number"))
}

/// A submission as its owner may see it.
///
/// What a program prints on a secret test may be the test itself, and what a checker says may be the answer; so there
/// is no output and no message here. There is no field for them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct PublicView {
    id: SubmissionId,
    problem: String,
    language: String,
    status: SubmissionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compile: Option<PublicCompile>,
    tests: Vec<PublicTest>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct PublicCompile {
    verdict: Verdict,
    cpu_ms: u64,
    log: String,
    reused: bool,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct PublicTest {
    name: String,
    verdict: Verdict,
    cpu_ms: u64,
    wall_ms: u64,
    memory_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    /// Why there is no output, where the program was to write it to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degraded: Vec<String>,
}

impl PublicView {
    /// Leaves out what its owner may not see.
    pub(crate) fn of(view: &SubmissionView) -> Self {
        Self {
            id: view.id,
            problem: view.problem.clone(),
            language: view.language.clone(),
            status: view.status,
            verdict: view.verdict,
            score: view.score,
            compile: view.compile.as_ref().map(|compile| PublicCompile {
                verdict: compile.verdict,
                cpu_ms: compile.cpu_ms,
                log: compile.log.clone(),
                reused: compile.reused,
            }),
            tests: view.tests.iter().map(PublicTest::of).collect(),
        }
    }
}

impl PublicTest {
    fn of(test: &TestReport) -> Self {
        Self {
            name: test.name.clone(),
            verdict: test.verdict,
            cpu_ms: test.cpu_ms,
            wall_ms: test.wall_ms,
            memory_bytes: test.memory_bytes,
            exit_code: test.exit_code,
            signal: test.signal,
            output_fault: test.output_fault.clone(),
            points: test.points,
            degraded: test.degraded.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_told_of_a_missing_file_and_not_what_the_checker_says() {
        let test = TestReport {
            verdict: Verdict::WA,
            output_fault: Some("it wrote no file sum.out".to_owned()),
            message: Some("expected 42".to_owned()),
            ..TestReport::skipped("secret/1")
        };
        let json = serde_json::to_value(PublicTest::of(&test)).expect("a view is JSON");
        assert_eq!(json["output_fault"], "it wrote no file sum.out");
        assert_eq!(json.get("message"), None);
    }
}
