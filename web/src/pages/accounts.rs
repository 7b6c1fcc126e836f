//! `/accounts`: the admin makes accounts, closes them, and lets them choose a new password.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use tribunal_actors::{AccountId, NewAccount, NewPassword, Role, now_ms};

use super::{Shell, rendered, shown};
use crate::accounts::{disable, link_of};
use crate::auth::{CheckedForm, Guarded, Viewer};
use crate::front::Front;
use crate::openapi::{BodyRefused, NotFound, Refused};
use crate::problem_details::Problem;

#[derive(Template)]
#[template(path = "accounts.html")]
struct Page {
    shell: Shell,
    wrong: Option<String>,
    /// Whose link was made, and the link.
    link: Option<(String, String)>,
    roles: Vec<&'static str>,
    accounts: Vec<Line>,
}

struct Line {
    id: AccountId,
    name: String,
    display_name: String,
    role: &'static str,
    disabled: bool,
    is_own: bool,
}

const ROLES: [Role; 5] = [
    Role::Team,
    Role::Jury,
    Role::Spectator,
    Role::Api,
    Role::Admin,
];

/// Lists all accounts, with a form for more.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "pages",
    operation_id = "accounts_page",
    responses(
        (status = 200, description = "All accounts.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    listed(&front, &viewer, None, None).await
}

async fn listed(
    front: &Front,
    viewer: &Viewer,
    link: Option<(String, String)>,
    wrong: Option<Problem>,
) -> Result<HttpResponse, Problem> {
    let accounts = front.accounts.all().await?;
    let line = |account: &tribunal_actors::Account| Line {
        id: account.id,
        name: shown::visible(&account.name),
        display_name: shown::visible(&account.display_name),
        role: account.role.word(),
        disabled: account.disabled,
        is_own: viewer.account_id() == Some(account.id),
    };
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let page = Page {
        shell: Shell::of(front, viewer),
        wrong: wrong.map(|wrong| wrong.to_string()),
        link,
        roles: ROLES.iter().map(|role| role.word()).collect(),
        accounts: accounts.iter().map(line).collect(),
    };
    rendered(status, &page)
}

/// What is to be done with accounts, by a button.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct AccountForm {
    /// `create`, `link`, `disable` or `enable`.
    order: String,
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    role: String,
    #[serde(rename = "_csrf", default)]
    csrf: String,
}

impl Guarded for AccountForm {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

/// Makes, opens or closes an account, or a link to choose a password with; it is shown this once.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "pages",
    operation_id = "account_by_form",
    request_body(content = AccountForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The link.", body = String, content_type = "text/html"),
        (status = 303, description = "It is done."),
        Refused,
        BodyRefused,
        NotFound,
        (status = 409, description = "The name is taken.", content((String = "text/html"), (Problem = "application/problem+json"))),
        (status = 422, description = "The form again, with what is wrong.", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
    security(("session" = [])),
)]
pub(crate) async fn order(
    front: Data<Front>,
    CheckedForm(viewer, form): CheckedForm<AccountForm>,
) -> Result<HttpResponse, Problem> {
    match done(&front, &viewer, form).await {
        Ok(None) => Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/accounts"))
            .finish()),
        Ok(link) => listed(&front, &viewer, link, None).await,
        Err(wrong) if wrong.is_of_form() => listed(&front, &viewer, None, Some(wrong)).await,
        Err(wrong) => Err(wrong),
    }
}

async fn done(
    front: &Front,
    viewer: &Viewer,
    form: AccountForm,
) -> Result<Option<(String, String)>, Problem> {
    if form.order == "create" {
        let role = ROLES.into_iter().find(|role| role.word() == form.role);
        let account = NewAccount {
            display_name: if form.display_name.is_empty() {
                form.name.clone()
            } else {
                form.display_name
            },
            name: form.name,
            role: role.ok_or_else(|| Problem::invalid("role", "there is no such role"))?,
            password: NewPassword::AsBefore,
        };
        let name = account.name.clone();
        let id = front.accounts.create(account, now_ms()).await?;
        return Ok(Some((shown::visible(&name), link_of(front, id).await?)));
    }
    let id = form.id.ok_or_else(|| Problem::invalid("id", "which?"))?;
    let account = front.accounts.get(AccountId(id)).await?;
    let account = account.ok_or_else(|| Problem::invalid("id", "there is no such account"))?;
    match form.order.as_str() {
        "link" => {
            let link = link_of(front, account.id).await?;
            Ok(Some((shown::visible(&account.name), link)))
        }
        "disable" | "enable" => {
            disable(front, viewer, account.id, form.order == "disable").await?;
            Ok(None)
        }
        _ => Err(Problem::invalid("order", "there is no such order")),
    }
}
