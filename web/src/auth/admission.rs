//! What every request passes before anything is done about it: who asks, how often, whether a change is asked for by a page of
//! ours; and what a route needs.

use std::future::Future;
use std::pin::Pin;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use tribunal_actors::Scope;

use super::throttle::Whose;
use super::viewer::proof;
use super::{Viewer, csrf};
use crate::front::Front;
use crate::problem_details::Problem;

type Answered<B> = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

/// Finds out who asks.
pub(crate) async fn admitted<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let front = request
        .app_data::<Data<Front>>()
        .cloned()
        .ok_or_else(|| Problem::unavailable("the judge is starting", 1))?;
    let client = front.access.openness.client(request.request());
    if !client.open {
        front.access.count(Whose::address(client.address))?;
    }
    let viewer = Viewer::new(client, proof(&front, request.request()).await?);
    csrf::check(request.request(), viewer.session())?;
    if let Some(id) = viewer.account_id() {
        front.access.count(Whose::Account(id))?;
    }
    request.extensions_mut().insert(viewer);
    next.call(request).await
}

/// Lets through who may do this, before a byte of the body is read.
pub(crate) fn needs<B: MessageBody + 'static>(
    what: Scope,
) -> impl Fn(ServiceRequest, Next<B>) -> Answered<B> + Clone {
    move |request, next| {
        let viewer = Viewer::of(request.request());
        Box::pin(async move {
            viewer?.require(what)?;
            next.call(request).await
        })
    }
}

/// The same for a page, which nobody in particular is led from to where to sign in.
pub(crate) fn signed_in<B: MessageBody + 'static>(
    what: Scope,
) -> impl Fn(ServiceRequest, Next<B>) -> Answered<EitherBody<B>> + Clone {
    move |request, next| {
        let viewer = Viewer::of(request.request());
        Box::pin(async move {
            let viewer = viewer?;
            if viewer.account().is_none() && !viewer.may(what) {
                let mut to_sign_in = HttpResponse::SeeOther();
                to_sign_in.insert_header((header::LOCATION, "/login"));
                return Ok(request.into_response(to_sign_in.finish().map_into_right_body()));
            }
            viewer.require(what)?;
            Ok(next.call(request).await?.map_into_left_body())
        })
    }
}
