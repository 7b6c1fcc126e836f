//! The stylesheet, the script and the icon, which the binary brings.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::openapi::Refused;

/// Serves the stylesheet.
#[utoipa::path(
    get,
    path = "/assets/style.css",
    tag = "pages",
    operation_id = "style",
    responses(
        (status = 200, description = "The stylesheet of the pages.", body = String, content_type = "text/css"),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn style() -> HttpResponse {
    asset(
        "text/css; charset=utf-8",
        include_str!("../../assets/style.css"),
    )
}

/// Serves the script.
#[utoipa::path(
    get,
    path = "/assets/tribunal.js",
    tag = "pages",
    operation_id = "script",
    responses(
        (status = 200, description = "The script of the pages.", body = String, content_type = "text/javascript"),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn script() -> HttpResponse {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/tribunal.js"),
    )
}

/// Serves the icon.
#[utoipa::path(
    get,
    path = "/assets/icon.svg",
    tag = "pages",
    operation_id = "icon",
    responses(
        (status = 200, description = "The icon of the pages.", body = String, content_type = "image/svg+xml"),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn icon() -> HttpResponse {
    asset("image/svg+xml", include_str!("../../assets/icon.svg"))
}

fn asset(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "max-age=300"))
        .body(text)
}
