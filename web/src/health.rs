//! `GET /healthz`: whether the judge's actors answer.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use tribunal_actors::{GetSubmission, SubmissionId};

use crate::front::{Front, reached};
use crate::openapi::Refused;
use crate::problem_details::Problem;

/// Longer than this and something is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Health {
    status: &'static str,
    version: &'static str,
    problems: usize,
    languages: usize,
}

/// Asks the registrar, and through it the database, for a submission that cannot be there.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "watching",
    operation_id = "health",
    responses(
        (status = 200, description = "The actors and the database answer.", body = Health, example = json!({"status": "ok", "version": "0.1.0", "problems": 10, "languages": 9})),
        Refused,
    ),
    security(()),
)]
pub(crate) async fn show(front: Data<Front>) -> Result<HttpResponse, Problem> {
    let nothing = GetSubmission {
        id: SubmissionId(0),
    };
    let asked = tokio::time::timeout(PATIENCE, front.registrar.send(nothing))
        .await
        .map_err(|_| Problem::unavailable("the judge does not answer", 5))?;
    reached(asked)??;
    let usable = front.toolchains.all().filter(|(_, usable)| usable.is_ok());
    Ok(HttpResponse::Ok().json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        problems: front.problems.all().len(),
        languages: usable.count(),
    }))
}
