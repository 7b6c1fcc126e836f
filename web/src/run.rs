//! `POST /run`: a program and its tests in, the results out, in the shape of the runner document.

mod plan;
mod request;
mod response;

use actix_web::HttpResponse;
use actix_web::web::Data;
use tribunal_actors::{FindUpload, JudgeAnonymous};

use crate::auth::Viewer;
use crate::body::JsonBody;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, Refused};
use crate::problem_details::Problem;

pub use request::{CheckerChoice, RunRequest, RunTest, TestLists};
pub use response::{
    Execution, ExecutionStatus, HiddenResult, RunResponse, Summary, TestResults, TestStatus,
    VisibleResult,
};

/// Judges and answers; a client that goes away takes its build with it.
#[utoipa::path(
    post,
    path = "/run",
    tag = "judging",
    operation_id = "run",
    request_body(content = RunRequest, example = json!({"language": "python", "code": "print(int(input()) * 2)", "tests": {"visible": [{"id": "a", "input": "21", "expected_output": "42"}]}})),
    responses(
        (status = 200, description = "What came of each test.", body = RunResponse, example = json!({"execution": {"status": "success", "stdout": "42", "stderr": "", "exit_code": 0, "execution_time_ms": 14, "memory_usage_mb": 7.2}, "test_results": {"visible": [{"id": "a", "status": "passed", "input": "21", "expected_output": "42", "actual_output": "42", "execution_time_ms": 14, "error": null}], "hidden": []}, "summary": {"visible_passed": 1, "visible_failed": 0, "hidden_passed": 0, "hidden_failed": 0}})),
        Refused,
        BodyRefused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn run(
    front: Data<Front>,
    viewer: Viewer,
    JsonBody(request, _room): JsonBody<RunRequest>,
) -> Result<HttpResponse, Problem> {
    let plan = request.plan(&front.languages, &front.toolchains)?;
    for (field, id) in request.blobs() {
        let owner = viewer.account_id();
        let found = reached(front.stores.send(FindUpload { id, owner }).await)??;
        found.ok_or_else(|| {
            Problem::invalid(field, "there is no such content of yours: send it first")
        })?;
    }
    let report = reached(front.registrar.send(JudgeAnonymous { plan }).await)??;
    let response = RunResponse::of(&request, &report)?;
    Ok(HttpResponse::Ok().json(response))
}
