//! `/account`: who one is, and the tokens by which one's programs come in.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use tribunal_actors::{AccountId, ApiToken, Scope, TokenId, now_ms};

use super::{Shell, rendered, shown};
use crate::accounts::{TokenRequest, make_token};
use crate::auth::{CheckedForm, Guarded, Viewer};
use crate::contest::time;
use crate::front::Front;
use crate::openapi::{BodyRefused, NotFound, Refused};
use crate::problem_details::Problem;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    shell: Shell,
    wrong: Option<String>,
    /// The token that was made, told this once.
    made: Option<String>,
    name: String,
    display_name: String,
    role: &'static str,
    scopes: Vec<&'static str>,
    tokens: Vec<Line>,
}

struct Line {
    id: i64,
    label: String,
    scopes: String,
    made: String,
    ends: Option<String>,
    has_ended: bool,
}

impl Line {
    fn of(token: &ApiToken) -> Self {
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.word()).collect();
        Self {
            id: token.id.0,
            label: shown::visible(&token.label),
            scopes: scopes.join(", "),
            made: time(token.created_at_ms),
            ends: token.expires_at_ms.map(time),
            has_ended: token.expires_at_ms.is_some_and(|ends| ends <= now_ms()),
        }
    }
}

/// Shows who asks, and the tokens of that account.
#[utoipa::path(
    get,
    path = "/account",
    tag = "pages",
    operation_id = "account_page",
    responses(
        (status = 200, description = "The account and its tokens.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn show(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    if viewer.account().is_none() {
        return Ok(to("/login"));
    }
    listed(&front, &viewer, None, None).await
}

fn to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}

async fn listed(
    front: &Front,
    viewer: &Viewer,
    made: Option<String>,
    wrong: Option<Problem>,
) -> Result<HttpResponse, Problem> {
    let account = viewer.account();
    let account = account.ok_or_else(|| Problem::unauthorized("sign in first"))?;
    let tokens = front.accounts.tokens(Some(account.id)).await?;
    let scopes = Scope::ALL.into_iter().filter(|scope| viewer.may(*scope));
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = Page {
        shell: Shell::of(front, viewer),
        wrong: wrong.map(|wrong| wrong.to_string()),
        made,
        name: shown::visible(&account.name),
        display_name: shown::visible(&account.display_name),
        role: account.role.word(),
        scopes: scopes.map(|scope| scope.word()).collect(),
        tokens: tokens.iter().map(Line::of).collect(),
    };
    rendered(status, &page)
}

/// What is to be done with one's tokens, by a button.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct TokenForm {
    /// `create` or `withdraw`.
    order: String,
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    label: String,
    /// Days until it ends; empty: never.
    #[serde(default)]
    days: String,
    /// What it is for: each that is not empty.
    #[serde(default)]
    run: String,
    #[serde(default)]
    submit: String,
    #[serde(default)]
    read: String,
    #[serde(default)]
    jury: String,
    #[serde(default)]
    admin: String,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for TokenForm {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl TokenForm {
    fn scopes(&self) -> BTreeSet<Scope> {
        let ticks = [
            (Scope::Run, &self.run),
            (Scope::Submit, &self.submit),
            (Scope::Read, &self.read),
            (Scope::Jury, &self.jury),
            (Scope::Admin, &self.admin),
        ];
        let ticked = ticks.into_iter().filter(|(_, tick)| !tick.is_empty());
        ticked.map(|(scope, _)| scope).collect()
    }

    fn days(&self) -> Result<Option<u32>, Problem> {
        let days = self.days.trim();
        if days.is_empty() {
            return Ok(None);
        }
        let days = days
            .parse()
            .ok()
            .filter(|days| (1..=DAYS_MAX).contains(days));
        let detail = || format!("a number of days is from 1 to {DAYS_MAX}");
        Ok(Some(
            days.ok_or_else(|| Problem::invalid("days", detail()))?,
        ))
    }
}

/// Ten years.
const DAYS_MAX: u32 = 3_650;

/// Makes a token, which is shown this once, or withdraws one.
#[utoipa::path(
    post,
    path = "/account",
    tag = "pages",
    operation_id = "token_by_form",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token.", body = String, content_type = "text/html"),
        (status = 303, description = "It is done."),
        Refused,
        BodyRefused,
        NotFound,
        (status = 422, description = "The form again, with what is wrong.", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
    security(("session" = [])),
)]
pub(crate) async fn order(
    front: Data<Front>,
    CheckedForm(viewer, form): CheckedForm<TokenForm>,
) -> Result<HttpResponse, Problem> {
    let account = viewer
        .account_id()
        .ok_or_else(|| Problem::unauthorized("tokens are those of an account: sign in first"))?;
    match done(&front, &viewer, account, form).await {
        Ok(None) => Ok(to("/account")),
        Ok(made) => listed(&front, &viewer, made, None).await,
        Err(wrong) if wrong.is_of_form() => listed(&front, &viewer, None, Some(wrong)).await,
        Err(wrong) => Err(wrong),
    }
}

async fn done(
    front: &Front,
    viewer: &Viewer,
    account: AccountId,
    form: TokenForm,
) -> Result<Option<String>, Problem> {
    match form.order.as_str() {
        "create" => {
            let token = TokenRequest {
                scopes: form.scopes(),
                days: form.days()?,
                label: form.label,
            };
            let (_, secret) = make_token(front, viewer, token).await?;
            Ok(Some(secret.tell().to_owned()))
        }
        "withdraw" => {
            let id = form.id.ok_or_else(|| Problem::invalid("id", "which?"))?;
            let is_gone = front.accounts.delete_token(TokenId(id), Some(account));
            if is_gone.await? {
                Ok(None)
            } else {
                Err(Problem::invalid("id", "there is no such token of yours"))
            }
        }
        _ => Err(Problem::invalid("order", "there is no such order")),
    }
}
