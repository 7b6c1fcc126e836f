//! `GET /api/problems`: what can be submitted to.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use tribunal_problems::Package;

use crate::auth::Viewer;
use crate::front::Front;
use crate::openapi::Refused;
use crate::problem_details::Problem;

/// A problem as its readers see it: nothing of its secret tests but their number.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ProblemView<'a> {
    /// The short name, by which submissions name it.
    pub(crate) id: &'a str,
    /// The name for people.
    pub(crate) name: &'a str,
    /// Milliseconds of CPU time for one test.
    pub(crate) time_limit_ms: u128,
    /// Bytes of memory for one test.
    pub(crate) memory_limit_bytes: u64,
    /// How many tests there are.
    pub(crate) tests: usize,
    /// How many of them are samples.
    pub(crate) samples: usize,
    /// The languages that are taken; left out where all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) languages: Option<Vec<&'a str>>,
}

impl<'a> ProblemView<'a> {
    /// What is told of a package.
    pub(crate) fn of(package: &'a Package) -> Self {
        let languages = package.languages.as_ref();
        Self {
            id: &package.short_name,
            name: &package.name,
            time_limit_ms: package.limits.time.as_millis(),
            memory_limit_bytes: package.limits.memory,
            tests: package.tests.len(),
            samples: package.tests.iter().filter(|test| test.sample).count(),
            languages: languages.map(|ids| ids.iter().map(|id| id.as_str()).collect()),
        }
    }
}

/// Lists the problems in the order of their short names.
#[utoipa::path(
    get,
    path = "/api/problems",
    tag = "judging",
    operation_id = "problems",
    responses(
        (status = 200, description = "The problems, in the order of their short names.", body = Vec<ProblemView>, example = json!([{"id": "sum", "name": "Sum", "time_limit_ms": 1000, "memory_limit_bytes": 268435456, "tests": 3, "samples": 1}])),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    let packages = front.problems_for(&viewer).await?;
    let views: Vec<_> = packages
        .iter()
        .map(|package| ProblemView::of(package))
        .collect();
    Ok(HttpResponse::Ok().json(views))
}
