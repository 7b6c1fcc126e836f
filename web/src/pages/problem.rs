//! `/problems/{id}`: the statement, the samples, and a form to submit.

mod bounds;
mod form;
mod statement;

use std::path::Path as FilePath;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use tribunal_actors::{Scope, Submit};
use tribunal_problems::{EntryPoint, Package, Statement};

use super::{POLICY, Shell, rendered, shown};
use crate::auth::Viewer;
use crate::front::{Front, reached};
use crate::languages::usable_language;
use crate::openapi::{BodyRefused, Conflict, NotFound, Refused};
use crate::problem_details::Problem;
use crate::source::Sources;

use form::{SubmitFile, SubmitForm};
use statement::{Rendered, image_type, of_html, of_markdown};

/// Bytes of a sample that are shown.
const SAMPLE_BYTES_MAX: usize = 16 << 10;
/// Bytes of a statement that is read.
const STATEMENT_BYTES_MAX: u64 = 16 << 20;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    shell: Shell,
    id: String,
    name: String,
    /// What a run may use, and what it reads and writes.
    bounds: String,
    statement: Shown,
    samples: Vec<(String, String, String)>,
    may_submit: bool,
    languages: Vec<LanguageChoice>,
    source: String,
    wrong: Option<String>,
}

enum Shown {
    Html(String),
    Pdf,
    Tex,
    None,
}

struct LanguageChoice {
    id: String,
    name: String,
    endings: String,
    chosen: bool,
}

/// Shows a problem.
#[utoipa::path(
    get,
    path = "/problems/{id}",
    tag = "pages",
    operation_id = "problem_page",
    params(("id" = String, Path, description = "The problem's short name.")),
    responses(
        (status = 200, description = "The problem, and a form to submit.", body = String, content_type = "text/html"),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn problem(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let package = front.problem_for(&viewer, &id).await?;
    page(&front, &viewer, &package, StatusCode::OK, Given::default())
}

/// What a form had, to be shown again where it was refused.
#[derive(Default)]
struct Given {
    language: String,
    source: String,
    wrong: Option<String>,
}

fn page(
    front: &Front,
    viewer: &Viewer,
    package: &Package,
    status: StatusCode,
    given: Given,
) -> Result<HttpResponse, Problem> {
    let allowed = |id: &tribunal_problems::LanguageId| {
        package
            .languages
            .as_ref()
            .is_none_or(|allowed| allowed.contains(id))
    };
    let languages = front.languages.all().filter(|language| {
        allowed(&language.id) && matches!(front.toolchains.get(&language.id), Some(Ok(_)))
    });
    let languages = languages.map(|language| LanguageChoice {
        id: language.id.to_string(),
        name: language.name.clone(),
        endings: language.extensions.join(" "),
        chosen: language.id.as_str() == given.language,
    });
    let samples = package.tests.iter().filter(|test| test.sample);
    let samples = samples.map(|test| {
        let name = test.name.trim_start_matches("sample/");
        (shown::visible(name), head(&test.input), head(&test.answer))
    });
    let page = ProblemPage {
        shell: Shell::of(front, viewer),
        id: package.short_name.clone(),
        name: shown::visible(&package.name),
        bounds: bounds::sentences(package).join(" "),
        statement: shown_statement(package),
        samples: samples.collect(),
        may_submit: viewer.may(Scope::Submit),
        languages: languages.collect(),
        source: given.source,
        wrong: given.wrong,
    };
    let has_pdf = matches!(page.statement, Shown::Pdf);
    let mut response = rendered(status, &page)?;
    if has_pdf {
        // The same as every other page, and that file within it.
        let policy = header::HeaderValue::try_from(format!("{POLICY}; frame-src 'self'"));
        let policy = policy.map_err(|error| {
            log::error!("the policy of a page: {error}");
            Problem::unavailable("this page cannot be shown", 5)
        })?;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// English, if there is a choice.
fn chosen(package: &Package) -> Option<&Statement> {
    let english = package
        .statements
        .iter()
        .find(|one| one.language.starts_with("en"));
    english.or(package.statements.first())
}

fn ending(path: &FilePath) -> &str {
    path.extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}

fn shown_statement(package: &Package) -> Shown {
    let Some(statement) = chosen(package) else {
        return Shown::None;
    };
    match ending(&statement.path) {
        "pdf" => Shown::Pdf,
        "tex" => Shown::Tex,
        _ => match rendered_statement(package, statement) {
            Some(rendered) => Shown::Html(rendered.html),
            None => Shown::None,
        },
    }
}

/// A statement that is a page, or part of one.
fn rendered_statement(package: &Package, statement: &Statement) -> Option<Rendered> {
    let problem = &package.short_name;
    match ending(&statement.path) {
        "md" => Some(of_markdown(&read(&statement.path)?, problem)),
        "html" | "htm" => Some(of_html(&read(&statement.path)?, problem)),
        _ => None,
    }
}

fn read(path: &FilePath) -> Option<String> {
    let bytes = file(path)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn file(path: &FilePath) -> Option<Vec<u8>> {
    let read = std::fs::metadata(path).and_then(|metadata| {
        if metadata.len() > STATEMENT_BYTES_MAX {
            return Err(std::io::Error::other("it is too large"));
        }
        std::fs::read(path)
    });
    read.inspect_err(|error| log::warn!("{}: {error}", path.display()))
        .ok()
}

fn head(path: &FilePath) -> String {
    let Some(mut bytes) = file(path) else {
        return String::new();
    };
    let is_cut = bytes.len() > SAMPLE_BYTES_MAX;
    bytes.truncate(SAMPLE_BYTES_MAX);
    let text = shown::visible(&String::from_utf8_lossy(&bytes));
    if is_cut { format!("{text}\n…") } else { text }
}

/// Serves a statement that is a file.
#[utoipa::path(
    get,
    path = "/problems/{id}/statement",
    tag = "pages",
    operation_id = "statement",
    params(("id" = String, Path, description = "The problem's short name.")),
    responses(
        (status = 200, description = "The statement, where it is a file.", body = String, content_type = "application/pdf"),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn statement(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let package = front.problem_for(&viewer, &id).await?;
    let nothing = || Problem::not_found("this problem has no statement of this kind");
    let statement = chosen(&package).ok_or_else(nothing)?;
    let (content_type, disposition) = match ending(&statement.path) {
        "pdf" => ("application/pdf", "inline"),
        "tex" => ("application/x-tex", "attachment; filename=\"problem.tex\""),
        _ => return Err(nothing()),
    };
    let bytes = file(&statement.path).ok_or_else(nothing)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        // No sandbox: browsers show no PDF in one. What is neither HTML nor an image runs nothing of ours.
        .insert_header((header::CONTENT_SECURITY_POLICY, "frame-ancestors 'self'"))
        .body(bytes))
}

/// Serves an image that a statement names.
#[utoipa::path(
    get,
    path = "/problems/{id}/statement/{path}",
    tag = "pages",
    operation_id = "statement_image",
    params(("id" = String, Path, description = "The problem's short name."), ("path" = String, Path, description = "The image, as the statement names it.")),
    responses(
        (status = 200, description = "The image.", content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/gif"), (Vec<u8> = "image/webp"), (Vec<u8> = "image/svg+xml"))),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn image(
    front: Data<Front>,
    viewer: Viewer,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, path) = path.into_inner();
    let package = front.problem_for(&viewer, &id).await?;
    let nothing = || Problem::not_found("this statement has no such image");
    let statement = chosen(&package).ok_or_else(nothing)?;
    let rendered = rendered_statement(&package, statement).ok_or_else(nothing)?;
    let (Some(name), Some(content_type)) = (rendered.images.get(&path), image_type(&path)) else {
        return Err(nothing());
    };
    let file = statement.path.with_file_name(name);
    let bytes = self::file(&file).ok_or_else(nothing)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "private, max-age=300"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ))
        .body(bytes))
}

/// Takes a program, and shows what becomes of it; or shows the form again with what is wrong.
#[utoipa::path(
    post,
    path = "/problems/{id}",
    tag = "pages",
    operation_id = "submit_by_form",
    params(("id" = String, Path, description = "The problem's short name.")),
    request_body(content((SubmitForm = "application/x-www-form-urlencoded"), (SubmitFile = "multipart/form-data"))),
    responses(
        (status = 303, description = "It is taken; the answer says where to see what becomes of it."),
        Refused,
        BodyRefused,
        (status = 422, description = "The form again, with what is wrong in it.", content((String = "text/html"), (Problem = "application/problem+json"))),
        NotFound,
        Conflict,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn submit(
    front: Data<Front>,
    id: Path<String>,
    viewer: Viewer,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let form = form::read(&request, payload, &viewer).await?;
    let package = front.problem_for(&viewer, &id).await?;
    match accepted(&front, &viewer, &package, &form).await {
        Ok(location) => Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, location))
            .finish()),
        // What is not the form's fault has a time to come back, and no form mends it.
        Err(problem) if !problem.is_of_content() => Err(problem),
        Err(problem) => {
            let given = Given {
                language: form.language,
                source: form.source,
                wrong: Some(problem.to_string()),
            };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            page(&front, &viewer, &package, status, given)
        }
    }
}

async fn accepted(
    front: &Front,
    viewer: &Viewer,
    package: &Package,
    form: &SubmitForm,
) -> Result<String, Problem> {
    let named = match &form.file_name {
        _ if !form.language.is_empty() => form.language.as_str(),
        Some(name) => {
            let known = front.languages.by_file_name(name);
            let known = known.ok_or_else(|| {
                Problem::invalid(
                    "language",
                    "no language is told by the file's ending: choose one",
                )
            })?;
            known.id.as_str()
        }
        None => return Err(Problem::invalid("language", "choose a language")),
    };
    let language = usable_language(&front.languages, &front.toolchains, named)?;
    // A form has line breaks of two characters, whatever was typed.
    let source = form.source.replace("\r\n", "\n");
    let sources = Sources {
        main: Some(&source),
        main_field: "source",
        files: &[],
    };
    let submit = Submit {
        problem: package.short_name.clone(),
        language: language.id.clone(),
        files: sources.checked(language)?,
        entry: EntryPoint::Program,
        idempotency_key: None,
        account: viewer.account_id(),
        is_jury: viewer.may(Scope::Jury),
    };
    let id = reached(front.registrar.send(submit).await)??;
    Ok(format!("/submissions/{id}"))
}
