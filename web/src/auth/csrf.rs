//! A page of somebody else's cannot make a browser change anything here.
//!
//! A browser sends its cookies also with what another site's page asks for. So a change that comes with a session is only
//! made if it also brings what follows from the session, which no other site can read: in the header `X-CSRF-Token`, or in
//! a form's field `_csrf`. And whatever a browser says it asks for another site is refused at once, session or not.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Form;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use tribunal_actors::Secret;

use super::Viewer;
use crate::problem_details::Problem;

/// The header in which a script brings the token.
const HEADER: &str = "x-csrf-token";

/// A form that brings the token of its session.
pub(crate) trait Guarded: DeserializeOwned + 'static {
    /// The field `_csrf`.
    fn csrf(&self) -> &str;
}

/// A form that a page of ours has sent, and who has sent it.
#[derive(Debug)]
pub(crate) struct CheckedForm<T>(pub(crate) Viewer, pub(crate) T);

impl Viewer {
    /// What a form of this session has to bring; empty without a session, where there is nothing to misuse.
    pub(crate) fn csrf_token(&self) -> String {
        self.session().map(token).unwrap_or_default()
    }
}

fn token(session: &Secret) -> String {
    session.derived("csrf")
}

/// Refuses a change that another site asks for.
pub(super) fn check(request: &HttpRequest, session: Option<&Secret>) -> Result<(), Problem> {
    if request.method().is_safe() {
        return Ok(());
    }
    if is_of_another_site(request) {
        return Err(forbidden("another site's page may not ask for this"));
    }
    match session {
        // A form is checked by its own field: nothing else here reads one.
        Some(session) if !is_form(request) => {
            let said = request.headers().get(HEADER);
            let right =
                said.is_some_and(|said| is_same(said.as_bytes(), token(session).as_bytes()));
            right
                .then_some(())
                .ok_or_else(|| forbidden("a change by a session needs the header `X-CSRF-Token`"))
        }
        _ => Ok(()),
    }
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, detail)
}

fn is_form(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["application/x-www-form-urlencoded", "multipart/form-data"]
        .iter()
        .any(|form| essence.eq_ignore_ascii_case(form))
}

/// What the browser itself says; programs say nothing.
fn is_of_another_site(request: &HttpRequest) -> bool {
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map_or(origin, |(_, host)| host);
            !host.eq_ignore_ascii_case(request.connection_info().host())
        }
        (None, None) => false,
    }
}

/// Refuses a form that is not of the session that sends it.
pub(crate) fn check_form(viewer: &Viewer, said: &str) -> Result<(), Problem> {
    match viewer.session() {
        Some(session) if !is_same(said.as_bytes(), token(session).as_bytes()) => Err(forbidden(
            "this form is not of this session: go back, reload the page and try again",
        )),
        _ => Ok(()),
    }
}

/// Takes the same time wherever they differ.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

impl<T: Guarded> FromRequest for CheckedForm<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let viewer = Viewer::from_request(request, payload);
        let form = Form::<T>::from_request(request, payload);
        Box::pin(async move {
            let viewer = viewer.await?;
            let form = form.await.map_err(|error| {
                let status = error.as_response_error().status_code();
                Problem::new(status, format!("the form is not understood: {error}"))
            })?;
            let form = form.into_inner();
            check_form(&viewer, form.csrf())?;
            Ok(Self(viewer, form))
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn status(headers: &[(&str, &str)], session: Option<&Secret>) -> u16 {
        let mut request = TestRequest::post().append_header(("host", "judge:8080"));
        for header in headers {
            request = request.append_header(*header);
        }
        let checked = check(&request.to_http_request(), session);
        checked.map_or_else(|problem| problem.status().as_u16(), |()| 200)
    }

    #[test]
    fn a_change_by_a_session_needs_what_follows_from_it() {
        let session = Secret::random();
        let token = token(&session);
        assert_eq!(status(&[], Some(&session)), 403);
        assert_eq!(status(&[(HEADER, "")], Some(&session)), 403);
        assert_eq!(status(&[(HEADER, session.tell())], Some(&session)), 403);
        assert_eq!(status(&[(HEADER, &token)], Some(&session)), 200);
        assert_eq!(status(&[(HEADER, &token)], Some(&Secret::random())), 403);
        assert_eq!(status(&[], None), 200);
    }

    #[test]
    fn another_sites_page_is_refused_with_or_without_a_session() {
        for (headers, expected) in [
            (&[("sec-fetch-site", "cross-site")][..], 403),
            (&[("sec-fetch-site", "same-site")], 403),
            (&[("sec-fetch-site", "same-origin")], 200),
            (&[("sec-fetch-site", "none")], 200),
            (&[("origin", "http://judge:8080")], 200),
            (&[("origin", "https://evil.example")], 403),
            (&[("origin", "null")], 403),
        ] {
            assert_eq!(status(headers, None), expected, "{headers:?}");
        }
    }
}
