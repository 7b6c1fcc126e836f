//! Pages for people: server-rendered, whole without a script, live with one.

pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod assets;
pub(crate) mod clarifications;
pub(crate) mod contest;
pub(crate) mod home;
pub(crate) mod operator;
pub(crate) mod packages;
pub(crate) mod problem;
pub(crate) mod rejudgings;
mod shown;
pub(crate) mod submissions;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;
use tribunal_actors::Scope;

use crate::auth::Viewer;
use crate::front::Front;
use crate::problem_details::Problem;

/// What a page may load and do: nothing but what this judge serves, and no script within the page.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                                 base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What is round every page.
#[derive(Debug)]
struct Shell {
    who: Option<String>,
    csrf: String,
    reads: bool,
    has_contest: bool,
    is_jury: bool,
    is_admin: bool,
}

impl Shell {
    fn of(front: &Front, viewer: &Viewer) -> Self {
        Self {
            who: viewer
                .account()
                .map(|account| shown::visible(&account.display_name)),
            csrf: viewer.csrf_token(),
            reads: viewer.may(Scope::Read),
            has_contest: front.contest.is_some() && viewer.may(Scope::Read),
            is_jury: viewer.may(Scope::Jury),
            is_admin: viewer.may(Scope::Admin),
        }
    }
}

/// The page as it is sent.
fn rendered(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Problem> {
    let html = page.render().map_err(|error| {
        log::error!("a page cannot be rendered: {error}");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "this page cannot be shown",
        )
    })?;
    Ok(HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html))
}
