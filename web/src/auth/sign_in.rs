//! `/login`, `/logout` and `/password/{link}`: a browser gets and loses its session.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, ResponseError};
use serde::Deserialize;
use tribunal_actors::{Account, AccountError, Secret, now_ms};

use super::{CheckedForm, Guarded, Viewer};
use crate::front::Front;
use crate::html::{Escaped, page};
use crate::openapi::{BodyRefused, Busy, NotFound, Refused};
use crate::problem_details::Problem;

/// What is signed in with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct SignIn {
    name: String,
    password: String,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for SignIn {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// A form with nothing but the token in it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct Nothing {
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for Nothing {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// A password that is chosen.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct Chosen {
    password: String,
    again: String,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for Chosen {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// Shows where to sign in, or who has.
#[utoipa::path(
    get,
    path = "/login",
    tag = "pages",
    operation_id = "show_sign_in",
    responses(
        (status = 200, description = "Where to sign in.", body = String, content_type = "text/html"),
        Refused,
    ),
    security(()),
)]
pub(crate) async fn show_sign_in(viewer: Viewer) -> HttpResponse {
    match viewer.account() {
        None => sign_in_page(&viewer, StatusCode::OK, ""),
        Some(account) => page(
            StatusCode::OK,
            "Signed in",
            &format!(
                "<p>You are signed in as <strong>{}</strong> ({}).</p>\n\
                 <form method=\"post\" action=\"/logout\">\
                 <input type=\"hidden\" name=\"_csrf\" value=\"{}\">\
                 <button>Sign out</button></form>\n",
                Escaped(&account.display_name),
                account.role.word(),
                viewer.csrf_token()
            ),
        ),
    }
}

fn sign_in_page(viewer: &Viewer, status: StatusCode, wrong: &str) -> HttpResponse {
    let body = format!(
        "{}<form method=\"post\" action=\"/login\">\
         <input type=\"hidden\" name=\"_csrf\" value=\"{}\">\n\
         <p><label>Name<br><input name=\"name\" autocomplete=\"username\" required autofocus></label></p>\n\
         <p><label>Password<br><input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label></p>\n\
         <p><button>Sign in</button></p></form>\n",
        alert(wrong),
        viewer.csrf_token()
    );
    page(status, "Sign in", &body)
}

fn alert(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("<p role=\"alert\"><strong>{}</strong></p>\n", Escaped(text)),
    }
}

/// Begins a session, always a new one: one that somebody else has put into the browser is worth nothing.
#[utoipa::path(
    post,
    path = "/login",
    tag = "pages",
    operation_id = "sign_in",
    request_body(content = SignIn, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done; the answer says where to go on."),
        BodyRefused,
        Busy,
        (status = 401, description = "Wrong name or password.", content((String = "text/html"), (Problem = "application/problem+json"))),
        (status = 429, description = "Too many wrong passwords.", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
    security(()),
)]
pub(crate) async fn sign_in(
    front: Data<Front>,
    CheckedForm(viewer, form): CheckedForm<SignIn>,
) -> Result<HttpResponse, Problem> {
    let address = viewer.client().address;
    let begun = front.access.attempts().begin(address, &form.name, now_ms());
    if let Err(seconds) = begun {
        let problem = Problem::too_many("too many wrong passwords", seconds);
        let mut response = sign_in_page(
            &viewer,
            StatusCode::TOO_MANY_REQUESTS,
            &format!("Too many wrong passwords. Try again in {seconds} s."),
        );
        let headers = problem.error_response();
        if let Some(after) = headers.headers().get(header::RETRY_AFTER) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, after.clone());
        }
        return Ok(response);
    }
    let found = front.accounts.by_password(&form.name, &form.password).await;
    let Some(account) = found? else {
        log::info!("a wrong password for {:?} from {address}", form.name);
        return Ok(sign_in_page(
            &viewer,
            StatusCode::UNAUTHORIZED,
            "Name or password are wrong.",
        ));
    };
    front.access.attempts().succeeded(address, &form.name);
    if let Some(before) = viewer.session() {
        front.accounts.end_session(before).await?;
    }
    begin(&front, &account).await
}

async fn begin(front: &Front, account: &Account) -> Result<HttpResponse, Problem> {
    let session = front.accounts.begin_session(account.id, now_ms()).await;
    let session = session?;
    log::info!("{} signs in", account.name);
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/"))
        .cookie(front.access.cookie(&session))
        .finish())
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/logout",
    tag = "pages",
    operation_id = "sign_out",
    request_body(content = Nothing, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done; the answer says where to go on."),
        Refused,
        BodyRefused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn sign_out(
    front: Data<Front>,
    CheckedForm(viewer, _): CheckedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    if let Some(session) = viewer.session() {
        front.accounts.end_session(session).await?;
    }
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/"))
        .cookie(front.access.no_cookie())
        .finish())
}

/// Shows where to choose the password that a link is for.
#[utoipa::path(
    get,
    path = "/password/{link}",
    tag = "pages",
    operation_id = "show_password_link",
    params(("link" = String, Path, description = "The secret of the link.")),
    responses(
        (status = 200, description = "Where to choose a password.", body = String, content_type = "text/html"),
        Refused,
        NotFound,
    ),
    security(()),
)]
pub(crate) async fn choose_password(
    front: Data<Front>,
    viewer: Viewer,
    link: Path<String>,
) -> Result<HttpResponse, Problem> {
    let secret = Secret::said(&link);
    let found = front.accounts.by_link(&secret, now_ms()).await;
    let account = found?.ok_or_else(no_such_link)?;
    Ok(choice(&viewer, &account, StatusCode::OK, ""))
}

fn choice(viewer: &Viewer, account: &Account, status: StatusCode, wrong: &str) -> HttpResponse {
    // The form goes to the page's own address, so that the link's secret is nowhere in the page.
    let body = format!(
        "{}<p>This link gives the account <strong>{}</strong> a password. It works once.</p>\n\
         <form method=\"post\"><input type=\"hidden\" name=\"_csrf\" value=\"{}\">\n\
         <p><label>Password, at least 8 characters<br><input name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"8\" required autofocus></label></p>\n\
         <p><label>Once more<br><input name=\"again\" type=\"password\" autocomplete=\"new-password\" minlength=\"8\" required></label></p>\n\
         <p><button>Set the password and sign in</button></p></form>\n",
        alert(wrong),
        Escaped(&account.name),
        viewer.csrf_token()
    );
    page(status, "Choose a password", &body)
}

fn no_such_link() -> Problem {
    Problem::not_found("this link does not work, or not any more: each works once, for a day")
}

/// Sets the password, uses the link up and begins a session.
#[utoipa::path(
    post,
    path = "/password/{link}",
    tag = "pages",
    operation_id = "use_password_link",
    params(("link" = String, Path, description = "The secret of the link.")),
    request_body(content = Chosen, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done; the answer says where to go on."),
        Refused,
        BodyRefused,
        NotFound,
        (status = 422, description = "The two passwords differ, or they are too weak.", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
    security(()),
)]
pub(crate) async fn set_password(
    front: Data<Front>,
    link: Path<String>,
    CheckedForm(viewer, form): CheckedForm<Chosen>,
) -> Result<HttpResponse, Problem> {
    let secret = Secret::said(&link);
    let found = front.accounts.by_link(&secret, now_ms()).await;
    let account = found?.ok_or_else(no_such_link)?;
    let wrong = |text: &str| choice(&viewer, &account, StatusCode::UNPROCESSABLE_ENTITY, text);
    if form.password != form.again {
        return Ok(wrong("The two passwords differ."));
    }
    match front
        .accounts
        .use_link(&secret, &form.password, now_ms())
        .await
    {
        Ok(Some(account)) => begin(&front, &account).await,
        Ok(None) => Err(no_such_link()),
        Err(AccountError::Password(error)) => Ok(wrong(&error.to_string())),
        Err(error) => Err(error.into()),
    }
}
