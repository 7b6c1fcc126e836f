//! What a client is told when its request cannot be served: problem details by RFC 9457, never a bare status.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

/// A refusal as the client reads it: `application/problem+json` with `type title status detail` and, where a field
/// of the request is at fault, `field`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI that names the kind of problem; `about:blank` says that the status tells it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words, the same for every problem of the kind.
    title: String,
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    status: StatusCode,
    /// What is wrong with this request, for the one who wrote it.
    detail: String,
    /// The path of the field at fault, as in `tests.visible[2].id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// After how many seconds another try may succeed; sent as `Retry-After`.
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of this status, with the reason for the client.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status
                .canonical_reason()
                .unwrap_or("Unknown status")
                .to_owned(),
            status,
            detail: detail.into(),
            field: None,
            retry_after_seconds: None,
        }
    }

    /// The bytes are not what they claim to be.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The request reads well, but this field asks for what cannot be.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let field = field.into();
        Self {
            field: Some(field).filter(|field| !field.is_empty()),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }

    /// It is not known who asks.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// It has been asked too often; the client may come back.
    pub fn too_many(detail: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The body, or what is in it, is larger than this judge takes.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// The judge cannot serve this now; the client may come back.
    pub fn unavailable(detail: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// Says when another try may succeed.
    #[must_use]
    pub fn after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Whether another content of the same request would be taken.
    pub(crate) fn is_of_content(&self) -> bool {
        matches!(
            self.status,
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE
        )
    }

    /// The same, or what is asked for does not go with how things stand: either is told beside the form.
    pub(crate) fn is_of_form(&self) -> bool {
        self.is_of_content() || self.status == StatusCode::CONFLICT
    }

    /// Names the field at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says that the field at fault is below this one.
    #[must_use]
    pub(crate) fn below(mut self, path: &str) -> Self {
        let field = self.field.map(|field| format!("{path}.{field}"));
        self.field = Some(field.unwrap_or_else(|| path.to_owned()));
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The field at fault.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.detail),
            None => f.write_str(&self.detail),
        }
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut response = response.json(self);
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_four_members_and_the_field() {
        let problem = Problem::invalid("tests", "there is no test");
        let json = serde_json::to_value(&problem).expect("a problem is plain JSON");
        assert_eq!(
            json,
            serde_json::json!({
                "type": "about:blank",
                "title": "Unprocessable Entity",
                "status": 422,
                "detail": "there is no test",
                "field": "tests",
            })
        );
    }

    #[test]
    fn a_busy_judge_says_when_to_come_back() {
        let response = Problem::unavailable("the queue is full", 5).error_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            response
                .headers()
                .get(header::RETRY_AFTER)
                .map(HeaderValue::as_bytes),
            Some(&b"5"[..])
        );
    }
}
