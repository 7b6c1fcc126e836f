//! `POST /api/submissions/batch`: many submissions in one request, each with an answer of its own.

use actix_web::HttpResponse;
use actix_web::web::Data;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tribunal_actors::SubmissionId;

use super::NewSubmission;
use crate::auth::Viewer;
use crate::body::JsonBody;
use crate::front::{Front, reached};
use crate::limits::BATCH_MAX;
use crate::openapi::{BodyRefused, Refused};
use crate::problem_details::Problem;

/// Many submissions.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct Batch {
    /// 1 to 100. One with an `idempotency_key` is one submission, however often the batch is sent.
    #[schema(min_items = 1, max_items = 100)]
    submissions: Vec<NewSubmission>,
}

/// What came of each.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BatchAnswer {
    /// In the order of the request.
    results: Vec<ItemAnswer>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ItemAnswer {
    /// It is stored, and will be judged.
    Id(SubmissionId),
    /// It is not stored.
    Refused(Problem),
}

/// Accepts each submission or refuses it, as if it came alone; the answer comes once all that are accepted are durable.
#[utoipa::path(
    post,
    path = "/api/submissions/batch",
    tag = "judging",
    operation_id = "submit_batch",
    request_body(content = Batch, example = json!({"submissions": [{"problem": "sum", "language": "python", "source": "print(sum(map(int, input().split())))", "idempotency_key": "batch-1-first"}]})),
    responses(
        (status = 200, description = "What came of each, in the order of the request.", body = BatchAnswer, example = json!({"results": [{"id": 1}, {"refused": {"type": "about:blank", "title": "Unprocessable Entity", "status": 422, "detail": "there is no such problem", "field": "submissions[1].problem"}}]})),
        Refused,
        BodyRefused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn submit_batch(
    front: Data<Front>,
    viewer: Viewer,
    JsonBody(batch, _room): JsonBody<Batch>,
) -> Result<HttpResponse, Problem> {
    let count = batch.submissions.len();
    if !(1..=BATCH_MAX).contains(&count) {
        let detail = format!("a batch has 1 to {BATCH_MAX} submissions, not {count}");
        return Err(Problem::invalid("submissions", detail));
    }
    let (front, viewer) = (&front, &viewer);
    let items = batch.submissions.into_iter().enumerate();
    let answers = items.map(|(at, new)| async move {
        let id = one(front, viewer, new).await;
        id.map_or_else(
            |problem| ItemAnswer::Refused(problem.below(&format!("submissions[{at}]"))),
            ItemAnswer::Id,
        )
    });
    let results = join_all(answers).await;
    Ok(HttpResponse::Ok().json(BatchAnswer { results }))
}

async fn one(front: &Front, viewer: &Viewer, new: NewSubmission) -> Result<SubmissionId, Problem> {
    let submit = new.into_order(front, viewer, None)?;
    Ok(reached(front.registrar.send(submit).await)??)
}
