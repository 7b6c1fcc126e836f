//! The refusals that routes share, as the document tells them.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::problem_details::Problem;

/// What any request may be answered.
pub(crate) struct Refused;

/// What a request may be answered for its body.
pub(crate) struct BodyRefused;

/// What a request for one thing may be answered.
pub(crate) struct NotFound;

/// What a request with a query or a header of its own may be answered.
pub(crate) struct Invalid;

/// What a request that comes at the wrong time may be answered.
pub(crate) struct Conflict;

/// What a judge that has too much to do answers.
pub(crate) struct Busy;

/// One server-sent event, as a reader of the stream has it.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "`events.rs` writes the text; this tells its shape"
)]
pub(crate) struct SentEvent {
    /// What to send as `Last-Event-ID` after it; not of the first, which tells how things stand.
    id: Option<String>,
    /// What happened: `queued`, `compiling`, `compiled`, `test_done`, `judged`, `state`, `contest`, `resync` and what is
    /// news in a contest.
    event: Option<String>,
    /// One line of JSON.
    data: String,
}

macro_rules! refusals {
    ($($group:ident: $([$status:literal, $title:literal, $when:literal])+;)+) => {
        $(impl IntoResponses for $group {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(refusal($status, $title, $when)),+])
            }
        })+
    };
}

refusals! {
    Refused:
        [401, "Unauthorized", "It is not known who asks, and this needs an account or a token."]
        [403, "Forbidden", "Whoever asks may not do this; or a session came without its CSRF token."]
        [429, "Too Many Requests", "Too many requests; `Retry-After` says when to come back."]
        [431, "Request Header Fields Too Large", "The header fields are longer than this judge takes."]
        [503, "Service Unavailable", "The judge is busy or stopping; `Retry-After` says when to come back."];
    BodyRefused:
        [400, "Bad Request", "The body is not what it claims to be."]
        [408, "Request Timeout", "The body came too slowly."]
        [413, "Payload Too Large", "The body, or a source in it, is larger than this judge takes."]
        [415, "Unsupported Media Type", "The body is of another type."]
        [422, "Unprocessable Entity", "The request reads well, but the field that is named asks for what cannot be."];
    NotFound:
        [404, "Not Found", "There is no such thing, or it is not for whoever asks."];
    Invalid:
        [422, "Unprocessable Entity", "The field that is named asks for what cannot be."];
    Conflict:
        [409, "Conflict", "It does not go with how things stand."];
    Busy:
        [403, "Forbidden", "The form came without its CSRF token, or from another site."]
        [503, "Service Unavailable", "The judge is busy or stopping; `Retry-After` says when to come back."];
}

fn refusal(status: u16, title: &str, when: &str) -> (String, RefOr<Response>) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .example(Some(serde_json::json!({
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": when,
        })))
        .build();
    let response = ResponseBuilder::new()
        .description(when)
        .content("application/problem+json", content)
        .build();
    (status.to_string(), response.into())
}
