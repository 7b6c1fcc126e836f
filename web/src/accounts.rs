//! `/api/me`, `/api/accounts` and `/api/tokens`: who there is, and by what programs come in.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use tribunal_actors::{
    Account, AccountError, AccountId, ApiToken, NewAccount, NewPassword, NewToken, Role, Scope,
    Secret, TokenId, chain, now_ms,
};

use crate::auth::Viewer;
use crate::body::JsonBody;
use crate::front::Front;
use crate::openapi::{BodyRefused, Conflict, NotFound, Refused};
use crate::problem_details::Problem;

/// Who asks, as the judge sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Me<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a Account>,
    may: Vec<Scope>,
    /// For the header `X-CSRF-Token`; only a session needs one.
    #[serde(skip_serializing_if = "String::is_empty")]
    csrf_token: String,
}

/// Tells who asks and what they may do.
#[utoipa::path(
    get,
    path = "/api/me",
    tag = "accounts",
    operation_id = "me",
    responses(
        (status = 200, description = "Who asks.", body = Me, example = json!({"may": ["run", "submit", "read"]})),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn me(viewer: Viewer) -> HttpResponse {
    let may = Scope::ALL.into_iter().filter(|scope| viewer.may(*scope));
    HttpResponse::Ok().json(Me {
        account: viewer.account(),
        may: may.collect(),
        csrf_token: viewer.csrf_token(),
    })
}

/// An account to be made.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountRequest {
    name: String,
    #[serde(default)]
    display_name: Option<String>,
    role: Role,
    /// Without one, the answer has a link with which the account chooses it.
    #[serde(default)]
    password: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Made {
    id: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_link: Option<String>,
}

/// Lists all accounts.
#[utoipa::path(
    get,
    path = "/api/accounts",
    tag = "accounts",
    operation_id = "accounts",
    responses(
        (status = 200, description = "All accounts.", body = Vec<Account>),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(front.accounts.all().await?))
}

/// Makes an account.
#[utoipa::path(
    post,
    path = "/api/accounts",
    tag = "accounts",
    operation_id = "create_account",
    request_body(content = AccountRequest, example = json!({"name": "team-1", "display_name": "The First", "role": "team"})),
    responses(
        (status = 201, description = "It is made.", body = Made, example = json!({"id": 7, "password_link": "/password/0123456789abcdef"})),
        Conflict,
        Refused,
        BodyRefused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn create(
    front: Data<Front>,
    JsonBody(new, _room): JsonBody<AccountRequest>,
) -> Result<HttpResponse, Problem> {
    let account = NewAccount {
        display_name: new.display_name.unwrap_or_else(|| new.name.clone()),
        name: new.name,
        role: new.role,
        password: match &new.password {
            Some(plain) => NewPassword::Plain(plain.clone()),
            None => NewPassword::AsBefore,
        },
    };
    let id = front.accounts.create(account, now_ms()).await?;
    let password_link = match new.password {
        Some(_) => None,
        None => Some(link_of(&front, id).await?),
    };
    Ok(HttpResponse::Created().json(Made { id, password_link }))
}

pub(crate) async fn link_of(front: &Front, id: AccountId) -> Result<String, Problem> {
    let link = front.accounts.password_link(id, now_ms()).await?;
    Ok(format!("/password/{}", link.tell()))
}

/// What of an account is to be another way.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default)]
    password: Option<String>,
}

/// Changes an account, and ends its sessions.
#[utoipa::path(
    patch,
    path = "/api/accounts/{id}",
    tag = "accounts",
    operation_id = "change_account",
    params(("id" = i64, Path, description = "The number of the account.")),
    request_body(content = Change, example = json!({"disabled": true})),
    responses(
        (status = 200, description = "The account as it now is.", body = Account),
        Refused,
        BodyRefused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn change(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<i64>,
    JsonBody(change, _room): JsonBody<Change>,
) -> Result<HttpResponse, Problem> {
    let id = AccountId(*id);
    if let Some(disabled) = change.disabled {
        disable(&front, &viewer, id, disabled).await?;
    }
    if let Some(password) = change.password {
        front.accounts.set_password(id, &password).await?;
    }
    let account = front.accounts.get(id).await?;
    Ok(HttpResponse::Ok().json(account.ok_or(AccountError::Unknown)?))
}

/// Closes an account, or opens it again.
pub(crate) async fn disable(
    front: &Front,
    viewer: &Viewer,
    id: AccountId,
    disabled: bool,
) -> Result<(), Problem> {
    if disabled && viewer.account_id() == Some(id) {
        let detail = "nobody locks themselves out: another admin has to do it";
        return Err(Problem::invalid("disabled", detail));
    }
    Ok(front.accounts.set_disabled(id, disabled).await?)
}

/// Makes a link with which an account chooses a password.
#[utoipa::path(
    post,
    path = "/api/accounts/{id}/link",
    tag = "accounts",
    operation_id = "link_account",
    params(("id" = i64, Path, description = "The number of the account.")),
    responses(
        (status = 201, description = "The link.", body = Made),
        Refused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn link(front: Data<Front>, id: Path<i64>) -> Result<HttpResponse, Problem> {
    let id = AccountId(*id);
    front.accounts.get(id).await?.ok_or(AccountError::Unknown)?;
    let password_link = Some(link_of(&front, id).await?);
    Ok(HttpResponse::Created().json(Made { id, password_link }))
}

/// A token to be made, for the account that asks.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    pub(crate) label: String,
    pub(crate) scopes: BTreeSet<Scope>,
    /// In how many days it ends; without it, never.
    #[serde(default)]
    pub(crate) days: Option<u32>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Token<'a> {
    id: TokenId,
    /// Told this once.
    token: &'a str,
}

/// Lists the tokens of the account that asks; for an admin, all.
#[utoipa::path(
    get,
    path = "/api/tokens",
    tag = "accounts",
    operation_id = "tokens",
    responses(
        (status = 200, description = "The tokens, without their secrets.", body = Vec<ApiToken>),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn tokens(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    let whose = owner(&viewer)?;
    let whose = (!viewer.may(Scope::Admin)).then_some(whose);
    Ok(HttpResponse::Ok().json(front.accounts.tokens(whose).await?))
}

/// Makes a token; it may do no more than who asks for it.
#[utoipa::path(
    post,
    path = "/api/tokens",
    tag = "accounts",
    operation_id = "create_token",
    request_body(content = TokenRequest, example = json!({"label": "my script", "scopes": ["submit", "read"], "days": 30})),
    responses(
        (status = 201, description = "The token, told this once.", body = Token),
        Refused,
        BodyRefused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn create_token(
    front: Data<Front>,
    viewer: Viewer,
    JsonBody(new, _room): JsonBody<TokenRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, secret) = make_token(&front, &viewer, new).await?;
    Ok(HttpResponse::Created().json(Token {
        id,
        token: secret.tell(),
    }))
}

/// Makes a token for whoever asks.
pub(crate) async fn make_token(
    front: &Front,
    viewer: &Viewer,
    new: TokenRequest,
) -> Result<(TokenId, Secret), Problem> {
    let account = owner(viewer)?;
    // A token that was stolen does not get a second one that outlives it.
    if viewer.session().is_none() {
        viewer.require(Scope::Admin)?;
    }
    if let Some(scope) = new.scopes.iter().find(|scope| !viewer.may(**scope)) {
        let detail = format!("{} is more than whoever asks may do", scope.word());
        return Err(Problem::invalid("scopes", detail));
    }
    if new.scopes.is_empty() {
        return Err(Problem::invalid("scopes", "a token is for something"));
    }
    let now = now_ms();
    let token = NewToken {
        account,
        label: new.label,
        scopes: new.scopes,
        expires_at_ms: new.days.map(|days| now + i64::from(days) * DAY_MS),
    };
    Ok(front.accounts.create_token(token, now).await?)
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Withdraws a token of the account that asks; for an admin, any.
#[utoipa::path(
    delete,
    path = "/api/tokens/{id}",
    tag = "accounts",
    operation_id = "delete_token",
    params(("id" = i64, Path, description = "The number of the token.")),
    responses(
        (status = 204, description = "It is worth nothing now."),
        Refused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn delete_token(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let whose = owner(&viewer)?;
    let whose = (!viewer.may(Scope::Admin)).then_some(whose);
    if front.accounts.delete_token(TokenId(*id), whose).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found("there is no such token"))
    }
}

fn owner(viewer: &Viewer) -> Result<AccountId, Problem> {
    let account = viewer.account_id();
    account.ok_or_else(|| Problem::unauthorized("tokens are those of an account: sign in first"))
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let detail = error.to_string();
        match error {
            AccountError::Database(error) => {
                log::error!("the accounts do not answer: {}", chain(&error));
                Self::unavailable("the accounts do not answer", 5)
            }
            AccountError::Password(_) => Self::invalid("password", detail),
            AccountError::Name => Self::invalid("name", detail),
            AccountError::DisplayName => Self::invalid("display_name", detail),
            AccountError::Exists(_) => Self::new(StatusCode::CONFLICT, detail).at("name"),
            AccountError::Unknown => Self::not_found(detail),
        }
    }
}
