//! `POST /run`: a program and its tests in, the results out, in the shape of the runner document.

mod plan;
mod request;
mod response;

use actix_web::HttpResponse;
use actix_web::web::Data;
use tribunal_actors::JudgeAnonymous;

use crate::body::JsonBody;
use crate::front::{Front, reached};
use crate::problem_details::Problem;

pub use request::{CheckerChoice, RunRequest, RunTest, TestLists};
pub use response::{
    Execution, ExecutionStatus, HiddenResult, RunResponse, Summary, TestResults, TestStatus,
    VisibleResult,
};

/// Judges and answers; a client that goes away takes its build with it.
pub(crate) async fn run(
    front: Data<Front>,
    JsonBody(request, _room): JsonBody<RunRequest>,
) -> Result<HttpResponse, Problem> {
    let plan = request.plan(&front.languages, &front.toolchains)?;
    let report = reached(front.registrar.send(JudgeAnonymous { plan }).await)??;
    let response = RunResponse::of(&request, &report)?;
    Ok(HttpResponse::Ok().json(response))
}
