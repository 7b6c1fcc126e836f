//! `/packages…`: the jury sends a package, watches it being verified, and has it served.

use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use futures_util::StreamExt;
use serde::Deserialize;
use tribunal_actors::{
    InstallPackage, IntakeStage, IntakeView, ListIntakes, PackageResult, SubmissionResult,
};

use super::{Shell, rendered, shown};
use crate::auth::{CheckedForm, Guarded, Viewer, check_form};
use crate::blobs::{Uploads, admit};
use crate::contest::time;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, Conflict, NotFound, Refused};
use crate::packages::{known, number, take};
use crate::parts::{malformed, small};
use crate::problem_details::Problem;

#[derive(Template)]
#[template(path = "packages.html")]
struct List {
    shell: Shell,
    wrong: Option<String>,
    packages: Vec<Summary>,
}

struct Summary {
    id: u64,
    file_name: String,
    time: String,
    problem: String,
    stage: &'static str,
    at_work: bool,
    submissions: usize,
    judged: usize,
}

#[derive(Template)]
#[template(path = "package.html")]
struct One {
    shell: Shell,
    summary: Summary,
    error: Option<String>,
    verified: bool,
    found: Option<Found>,
}

/// What came of it.
struct Found {
    mismatches: usize,
    time_limit_ms: u128,
    inferred: bool,
    /// Of the times: the slowest that has to be fast enough, and the fastest that has to be too slow.
    slowest: Option<(String, u128)>,
    fastest: Option<(String, u128)>,
    warnings: Vec<String>,
    submissions: Vec<Line>,
    unjudged: Vec<(String, String)>,
    self_tests: (usize, usize),
    failures: Vec<(String, String)>,
}

struct Line {
    path: String,
    expected: String,
    verdict: String,
    class: &'static str,
    slowest_ms: String,
    faults: String,
}

impl Summary {
    fn of(view: &IntakeView) -> Self {
        Self {
            id: view.id,
            file_name: shown::visible(&view.file_name),
            time: time(view.created_at_ms),
            problem: shown::visible(view.problem.as_deref().unwrap_or("–")),
            stage: match view.stage {
                IntakeStage::Reading => "being read",
                IntakeStage::Verifying => "being verified",
                IntakeStage::Verified => "verified, not served yet",
                IntakeStage::Refused => "refused",
                IntakeStage::Installed => "served",
            },
            at_work: matches!(view.stage, IntakeStage::Reading | IntakeStage::Verifying),
            submissions: view.submissions,
            judged: view.judged,
        }
    }
}

impl Found {
    fn of(result: &PackageResult) -> Self {
        let timed = |found: &Option<tribunal_actors::TimedPath>| {
            let found = found.as_ref();
            found.map(|timed| (shown::visible(&timed.path), timed.cpu_ms))
        };
        let pair = |name: &str, reason: &str| (shown::visible(name), shown::visible(reason));
        let self_tests = &result.self_tests;
        Self {
            mismatches: result.mismatches(),
            time_limit_ms: result.time_limit_ms.unwrap_or_default(),
            inferred: result.time_limit_inferred,
            slowest: timed(&result.timing.slowest_accepted),
            fastest: timed(&result.timing.fastest_too_slow),
            warnings: result
                .timing
                .warnings
                .iter()
                .map(|one| shown::visible(one))
                .collect(),
            submissions: result.submissions.iter().map(Line::of).collect(),
            unjudged: result
                .unjudged
                .iter()
                .map(|one| pair(&one.path, &one.reason))
                .collect(),
            self_tests: (self_tests.run, self_tests.failed),
            failures: self_tests
                .failures
                .iter()
                .map(|one| pair(&one.name, &one.reason))
                .collect(),
        }
    }
}

impl Line {
    fn of(result: &SubmissionResult) -> Self {
        let expected: Vec<&str> = result
            .expected
            .iter()
            .map(|verdict| verdict.word())
            .collect();
        let score = result
            .score
            .map_or_else(String::new, |score| format!(" {score}"));
        Self {
            path: shown::visible(&result.path),
            expected: expected.join(" or "),
            verdict: format!("{}{score}", result.verdict),
            class: if result.ok { "good" } else { "bad" },
            slowest_ms: result
                .slowest_ms
                .map_or_else(|| "–".to_owned(), |ms| ms.to_string()),
            faults: shown::visible(&result.faults.join("; ")),
        }
    }
}

/// Shows what was sent, and the form for more.
#[utoipa::path(
    get,
    path = "/packages",
    tag = "pages",
    operation_id = "packages_page",
    responses(
        (status = 200, description = "What was sent since the judge was started.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    listed(&front, &viewer, None).await
}

async fn listed(
    front: &Front,
    viewer: &Viewer,
    wrong: Option<Problem>,
) -> Result<HttpResponse, Problem> {
    let all = reached(front.intake.send(ListIntakes).await)?;
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = List {
        shell: Shell::of(front, viewer),
        wrong: wrong.map(|wrong| wrong.to_string()),
        packages: all.iter().map(Summary::of).collect(),
    };
    rendered(status, &page)
}

/// What the form of a package sends, in this order.
#[derive(utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form, whose parts are read one by one"
)]
pub(crate) struct PackageForm {
    #[schema(rename = "_csrf")]
    csrf: String,
    /// The archive; its file name is the package's.
    #[schema(value_type = String, format = Binary)]
    package: Vec<u8>,
}

/// Takes a package in by a form.
#[utoipa::path(
    post,
    path = "/packages",
    tag = "pages",
    operation_id = "package_by_form",
    request_body(content = PackageForm, content_type = "multipart/form-data"),
    responses(
        (status = 303, description = "It is looked at; the answer says where."),
        Refused,
        BodyRefused,
        (status = 409, description = "Another one is looked at.", content((String = "text/html"), (Problem = "application/problem+json"))),
        (status = 422, description = "The form again, with what is wrong.", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
    security(("session" = [])),
)]
pub(crate) async fn send(
    front: Data<Front>,
    uploads: Data<Uploads>,
    viewer: Viewer,
    request: HttpRequest,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    admit(&request, uploads.bounds.blob_bytes_max)?;
    match taken(&front, &uploads, &viewer, form).await {
        Ok(id) => Ok(to(id)),
        Err(wrong) if wrong.is_of_form() => listed(&front, &viewer, Some(wrong)).await,
        Err(wrong) => Err(wrong),
    }
}

async fn taken(
    front: &Front,
    uploads: &Uploads,
    viewer: &Viewer,
    mut form: Multipart,
) -> Result<u64, Problem> {
    let mut token = String::new();
    let mut taken = None;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|error| malformed(&error))?;
        match field.name() {
            Some("_csrf") => {
                let bytes = small(&mut field, TOKEN_MAX).await?;
                token = String::from_utf8_lossy(&bytes).into_owned();
            }
            Some("package") if taken.is_none() => {
                check_form(viewer, &token)?;
                let disposition = field.content_disposition();
                let name = disposition.and_then(|one| one.get_filename());
                let name = name.unwrap_or_default().to_owned();
                taken = Some(take(front, uploads, &name, &mut field).await?);
            }
            _ => {
                return Err(Problem::invalid(
                    "package",
                    "the form has other parts than it should",
                ));
            }
        }
    }
    taken.ok_or_else(|| Problem::invalid("package", "choose a package"))
}

/// Bytes of the part that is no file.
const TOKEN_MAX: u64 = 4096;

fn to(id: u64) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/packages/{id}")))
        .finish()
}

/// Shows how far a package is, and what came of it.
#[utoipa::path(
    get,
    path = "/packages/{id}",
    tag = "pages",
    operation_id = "package_page",
    params(("id" = u64, Path, description = "The number of the package.")),
    responses(
        (status = 200, description = "The package as it is now.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn show(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let view = known(&front, &id).await?;
    let page = One {
        shell: Shell::of(&front, &viewer),
        summary: Summary::of(&view),
        error: view.error.as_deref().map(shown::visible),
        verified: view.stage == IntakeStage::Verified,
        found: view.result.as_ref().map(Found::of),
    };
    rendered(StatusCode::OK, &page)
}

/// What to do with a package, by a button.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct PackageOrder {
    /// `install`.
    order: String,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for PackageOrder {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// Serves a package that is verified.
#[utoipa::path(
    post,
    path = "/packages/{id}",
    tag = "pages",
    operation_id = "install_by_form",
    params(("id" = u64, Path, description = "The number of the package.")),
    request_body(content = PackageOrder, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "It is served."),
        Refused,
        BodyRefused,
        Conflict,
        NotFound,
    ),
    security(("session" = [])),
)]
pub(crate) async fn order(
    front: Data<Front>,
    id: Path<String>,
    CheckedForm(_, form): CheckedForm<PackageOrder>,
) -> Result<HttpResponse, Problem> {
    if form.order != "install" {
        return Err(Problem::invalid("order", "there is no such order"));
    }
    let id = number(&id)?;
    reached(front.intake.send(InstallPackage(id)).await)??;
    Ok(to(id))
}
