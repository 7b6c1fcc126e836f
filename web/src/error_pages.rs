//! A refusal for whoever reads pages: the same status and headers, in words and with a way on.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;

use crate::html::{Escaped, page};
use crate::problem_details::Problem;

/// What a refusal tells beside its body.
const KEPT: [HeaderName; 3] = [header::RETRY_AFTER, header::WWW_AUTHENTICATE, header::ALLOW];

/// Answers a browser that asks for a page with a page, also where it is refused. A program, which does not ask for HTML,
/// reads problem details.
pub(crate) async fn for_browsers<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let reads_pages = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    let is_read = request.method() != Method::HEAD;
    let answer = match next.call(request).await {
        Ok(answer) => answer,
        Err(error) if reads_pages && is_read => {
            let Some(problem) = error.as_error::<Problem>() else {
                return Err(error);
            };
            let response = shown(problem, &error.error_response());
            return Err(InternalError::from_response(problem.clone(), response).into());
        }
        Err(error) => return Err(error),
    };
    let problem = answer.response().error().filter(|_| reads_pages && is_read);
    match problem.and_then(|error| error.as_error::<Problem>().cloned()) {
        Some(problem) => {
            let response = shown(&problem, answer.response());
            Ok(answer.into_response(response.map_into_right_body()))
        }
        None => Ok(answer.map_into_left_body()),
    }
}

fn shown<B>(problem: &Problem, refused: &actix_web::HttpResponse<B>) -> actix_web::HttpResponse {
    let status = problem.status();
    let on = match status {
        StatusCode::UNAUTHORIZED => "<p><a href=\"/login\">Sign in</a></p>\n",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            "<p>Wait a little, then reload the page.</p>\n"
        }
        _ => "",
    };
    let body = format!(
        "<p role=\"alert\">{}</p>\n{on}<p><a href=\"/\">To the problems</a></p>\n",
        Escaped(&problem.to_string())
    );
    let title = status.canonical_reason().unwrap_or("Refused");
    let mut response = page(status, title, &body);
    for name in KEPT {
        for value in refused.headers().get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}
