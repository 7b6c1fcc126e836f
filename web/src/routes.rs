//! Which path is answered by whom, and what everything else is answered.

mod of_people;

use std::io;
use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::{PathError, QueryPayloadError};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::web::{Data, PathConfig, QueryConfig, ServiceConfig};
use actix_web::{
    App, Error, HttpRequest, HttpResponse, HttpServer, Resource, ResponseError, guard, web,
};
use tribunal_actors::Scope;

use crate::auth::needs;
use crate::body::Room;
use crate::front::Front;
use crate::limits::{BODIES_BYTES_MAX, Bounds};
use crate::metrics::Host;
use crate::problem_details::Problem;
use crate::tls::Tls;
use crate::{
    accounts, auth, blobs, contest, error_pages, events, health, languages, metrics, openapi,
    packages, pages, problems, rejudgings, run, submissions,
};

/// How the front is served.
#[derive(Debug, Clone, Default)]
pub struct Serving {
    /// Threads.
    pub workers: usize,
    /// What a request may be.
    pub bounds: Bounds,
    /// By which it speaks TLS; `None`: plain HTTP.
    pub tls: Option<Tls>,
}

/// Serves the front on this listener until the server is stopped; signals are left to the caller.
///
/// A client that goes away takes what it waits for with it.
///
/// # Errors
/// The listener cannot be used.
pub fn serve(front: Front, listener: TcpListener, serving: Serving) -> io::Result<Server> {
    let Serving {
        workers,
        bounds,
        tls,
    } = serving;
    let workers = workers.max(1);
    let front = Data::new(front);
    let room = Data::new(Room::new(
        BODIES_BYTES_MAX.max(bounds.body_bytes_max),
        bounds,
    ));
    let host = Data::new(Host::default());
    let uploads = Data::new(blobs::Uploads::new(bounds));
    let streams = Data::new(events::Streams::default());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(front.clone())
            .app_data(room.clone())
            .app_data(host.clone())
            .app_data(streams.clone())
            .app_data(uploads.clone())
            .wrap(from_fn(auth::admitted))
            .wrap(from_fn(error_pages::for_browsers))
            .wrap(from_fn(move |request, next| {
                small_head(bounds, request, next)
            }))
            .wrap(DefaultHeaders::new().add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .configure(routes)
    });
    let server = server
        .workers(workers)
        .max_connections(bounds.connections_max.div_ceil(workers))
        .client_request_timeout(bounds.header_time_max)
        .disable_signals()
        .h1_allow_half_closed(false)
        .shutdown_timeout(SHUTDOWN_SECONDS);
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls.0)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// Refuses a request whose header fields are longer than allowed.
async fn small_head<B: MessageBody>(
    bounds: Bounds,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let fields = request.headers().iter();
    let bytes: usize = fields
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > bounds.header_bytes_max {
        let detail = format!(
            "the header fields have {bytes} bytes, more than {}",
            bounds.header_bytes_max
        );
        return Err(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail).into());
    }
    next.call(request).await
}

/// Seconds that open connections get when the server is stopped.
const SHUTDOWN_SECONDS: u64 = 3;

fn routes(config: &mut ServiceConfig) {
    config
        .app_data(QueryConfig::default().error_handler(|error, _| bad_query(&error).into()))
        .app_data(PathConfig::default().error_handler(|error, _| bad_path(&error).into()))
        .service(at("/", GET).route(get().to(pages::home::home)))
        .service(
            at("/login", GET_POST)
                .route(get().to(auth::show_sign_in))
                .route(web::post().to(auth::sign_in)),
        )
        .service(at("/logout", POST).route(web::post().to(auth::sign_out)))
        .service(
            at("/password/{link}", GET_POST)
                .route(get().to(auth::choose_password))
                .route(web::post().to(auth::set_password)),
        )
        .service(
            at("/run", POST)
                .route(web::post().to(run::run))
                .wrap(from_fn(needs(Scope::Run))),
        )
        .service(
            at("/api/submissions", GET_POST)
                .route(
                    get()
                        .to(submissions::list::list)
                        .wrap(from_fn(needs(Scope::Read))),
                )
                .route(
                    web::post()
                        .to(submissions::submit)
                        .wrap(from_fn(needs(Scope::Submit))),
                ),
        )
        .service(
            at("/api/submissions/batch", POST)
                .route(web::post().to(submissions::batch::submit_batch))
                .wrap(from_fn(needs(Scope::Submit))),
        )
        .service(
            at("/api/submissions/{id}", GET)
                .route(get().to(submissions::show))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(
            at("/api/submissions/{id}/events", GET)
                .route(get().to(events::watch))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(
            at("/api/blobs/{sha256}", GET_PUT)
                .route(get().to(blobs::get))
                .route(web::put().to(blobs::put))
                .wrap(from_fn(needs(Scope::Run))),
        )
        .service(at("/api/problems", GET).route(get().to(problems::list)))
        .service(at("/api/languages", GET).route(get().to(languages::list)))
        .service(at("/healthz", GET).route(get().to(health::show)))
        .service(
            at("/metrics", GET)
                .route(get().to(metrics::show))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(at("/api/openapi.json", GET).route(get().to(openapi::show)))
        .service(at("/api/docs", GET).route(get().to(openapi::docs)))
        .configure(of_people::of_people)
        .configure(of_people::of_the_jury)
        .configure(of_the_jury)
        .configure(of_contest)
        .configure(of_accounts)
        .default_service(web::to(no_such_route));
}

fn of_the_jury(config: &mut ServiceConfig) {
    config
        .service(
            at("/api/rejudgings", GET_POST)
                .route(get().to(rejudgings::list))
                .route(web::post().to(rejudgings::begin))
                .wrap(from_fn(needs(Scope::Jury))),
        )
        .service(
            at("/api/rejudgings/{id}", GET_DELETE)
                .route(get().to(rejudgings::show))
                .route(web::delete().to(rejudgings::stop))
                .wrap(from_fn(needs(Scope::Jury))),
        )
        .service(
            at("/api/rejudgings/{id}/apply", POST)
                .route(web::post().to(rejudgings::apply))
                .wrap(from_fn(needs(Scope::Jury))),
        )
        .service(
            at("/api/packages", GET_POST)
                .route(get().to(packages::list))
                .route(web::post().to(packages::send))
                .wrap(from_fn(needs(Scope::Jury))),
        )
        .service(
            at("/api/packages/{id}", GET)
                .route(get().to(packages::show))
                .wrap(from_fn(needs(Scope::Jury))),
        )
        .service(
            at("/api/packages/{id}/install", POST)
                .route(web::post().to(packages::install))
                .wrap(from_fn(needs(Scope::Jury))),
        );
}

fn of_contest(config: &mut ServiceConfig) {
    config
        .service(
            at("/api/contest", GET)
                .route(get().to(contest::show))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(
            at("/api/contest/scoreboard", GET)
                .route(get().to(contest::scoreboard))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(
            at("/api/contest/events", GET)
                .route(get().to(events::watch_contest))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(
            at("/api/contest/clarifications", GET_POST)
                .route(get().to(contest::clarifications))
                .route(web::post().to(contest::clarify))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(
            at("/api/contest/control", POST)
                .route(web::post().to(contest::control))
                .wrap(from_fn(needs(Scope::Jury))),
        );
}

fn of_accounts(config: &mut ServiceConfig) {
    config
        .service(at("/api/me", GET).route(get().to(accounts::me)))
        .service(
            at("/api/accounts", GET_POST)
                .route(get().to(accounts::list))
                .route(web::post().to(accounts::create))
                .wrap(from_fn(needs(Scope::Admin))),
        )
        .service(
            at("/api/accounts/{id}", PATCH)
                .route(web::patch().to(accounts::change))
                .wrap(from_fn(needs(Scope::Admin))),
        )
        .service(
            at("/api/accounts/{id}/link", POST)
                .route(web::post().to(accounts::link))
                .wrap(from_fn(needs(Scope::Admin))),
        )
        .service(
            at("/api/tokens", GET_POST)
                .route(get().to(accounts::tokens))
                .route(web::post().to(accounts::create_token))
                .wrap(from_fn(needs(Scope::Read))),
        )
        .service(
            at("/api/tokens/{id}", DELETE)
                .route(web::delete().to(accounts::delete_token))
                .wrap(from_fn(needs(Scope::Read))),
        );
}

const GET: &str = "GET, HEAD";
const POST: &str = "POST";
const GET_PUT: &str = "GET, HEAD, PUT";
const PATCH: &str = "PATCH";
const DELETE: &str = "DELETE";
const GET_DELETE: &str = "GET, HEAD, DELETE";
const GET_POST: &str = "GET, HEAD, POST";

/// A path that answers 405 to every method but those that it allows.
fn at(path: &'static str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| async move {
        let problem = Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{} takes {allowed}", request.path()),
        );
        let mut response = problem.error_response();
        response
            .headers_mut()
            .insert(header::ALLOW, header::HeaderValue::from_static(allowed));
        response
    }))
}

/// A route for whoever wants to read, or only the head of what could be read.
fn get() -> actix_web::Route {
    let reading =
        guard::Any(guard::Get()).or(guard::fn_guard(|ctx| ctx.head().method == Method::HEAD));
    web::route().guard(reading)
}

async fn no_such_route(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path: String = request.path().chars().take(200).collect();
    Err(Problem::not_found(format!("there is nothing at {path}")))
}

fn bad_query(error: &QueryPayloadError) -> Problem {
    let detail = error.to_string();
    let twice = detail.split_once("duplicate field `");
    let field = twice.and_then(|(_, rest)| rest.split('`').next());
    Problem::invalid(field.unwrap_or(NUMBER_FIELD), detail.clone())
}

/// The one field of a query that is read as a number before its handler sees it.
const NUMBER_FIELD: &str = "wait";

fn bad_path(error: &PathError) -> Problem {
    Problem::not_found(format!("the path is not understood: {error}"))
}
