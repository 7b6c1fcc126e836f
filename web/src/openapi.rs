//! `GET /api/openapi.json`: the front as an OpenAPI 3.1 document, made from the handlers and their types.
//!
//! A handler tells of itself by `#[utoipa::path]`; [`Document`] lists them all, and a test compares the list with the routes.

mod answers;
mod docs;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use serde_json::Value;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::problem_details::Problem;
use crate::{
    accounts, auth, blobs, contest, events, health, languages, metrics, packages, pages, problems,
    rejudgings, run, submissions,
};

pub(crate) use answers::{BodyRefused, Busy, Conflict, Invalid, NotFound, Refused, SentEvent};
pub(crate) use docs::show as docs;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tribunal",
        description = "A contest judge. Where it is open (by default to the loopback interface) programs can be run and handed in without an account; else by a token. Every refusal is `application/problem+json`.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        pages::home::home,
        pages::problem::problem,
        pages::problem::statement,
        pages::problem::image,
        pages::problem::submit,
        pages::submissions::submissions,
        pages::submissions::submission,
        pages::contest::scoreboard,
        pages::contest::control,
        pages::clarifications::list,
        pages::clarifications::say,
        pages::account::show,
        pages::account::order,
        pages::accounts::list,
        pages::accounts::order,
        pages::operator::show,
        pages::packages::list,
        pages::packages::send,
        pages::packages::show,
        pages::packages::order,
        pages::rejudgings::list,
        pages::rejudgings::begin,
        pages::rejudgings::show,
        pages::rejudgings::order,
        pages::assets::style,
        pages::assets::script,
        pages::assets::icon,
        auth::sign_in::show_sign_in,
        auth::sign_in::sign_in,
        auth::sign_in::sign_out,
        auth::sign_in::choose_password,
        auth::sign_in::set_password,
        run::run,
        submissions::submit,
        submissions::list::list,
        submissions::batch::submit_batch,
        submissions::show,
        blobs::put,
        blobs::get,
        packages::send,
        packages::list,
        packages::show,
        packages::install,
        rejudgings::list,
        rejudgings::begin,
        rejudgings::show,
        rejudgings::apply,
        rejudgings::stop,
        events::watch,
        problems::list,
        languages::list,
        health::show,
        metrics::show,
        show,
        docs::show,
        contest::show,
        contest::scoreboard,
        events::watch_contest,
        contest::clarifications::list,
        contest::clarifications::say,
        contest::control,
        accounts::me,
        accounts::list,
        accounts::create,
        accounts::change,
        accounts::link,
        accounts::tokens,
        accounts::create_token,
        accounts::delete_token
    ),
    tags(
        (name = "judging", description = "Hand in programs and see what comes of them."),
        (name = "contest", description = "The contest, where one is served."),
        (name = "accounts", description = "Who there is, and by what programs come in."),
        (name = "watching", description = "For who runs the judge."),
        (name = "pages", description = "For people.")
    ),
    components(schemas(Problem)),
    modifiers(&SecuritySchemes)
)]
struct Document;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token made by `POST /api/tokens`."))
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let cookie = ApiKeyValue::with_description(
            "tribunal-session",
            "The session of a browser (`__Host-tribunal-session` behind TLS). What changes something also needs the \
             header `X-CSRF-Token` with the token that `GET /api/me` tells.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The document, made once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::to_value(Document::openapi()).expect("an OpenAPI document is plain JSON")
});

/// Tells what can be asked here, as an OpenAPI 3.1 document.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "watching",
    operation_id = "openapi",
    responses(
        (status = 200, description = "This document.", body = Object),
        Refused,
    ),
    security(()),
)]
pub(crate) async fn show() -> HttpResponse {
    HttpResponse::Ok().json(&*DOCUMENT)
}
