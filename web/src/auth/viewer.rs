//! Who asks, and what they may do.

use std::collections::BTreeSet;
use std::future::{Ready, ready};

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use tribunal_actors::{Account, AccountId, Role, Scope, Secret, now_ms};

use super::Access;
use super::address::Client;
use crate::front::Front;
use crate::problem_details::Problem;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    client: Client,
    proof: Proof,
}

#[derive(Debug, Clone)]
pub(super) enum Proof {
    None,
    Session(Account, Secret),
    Token(Account, BTreeSet<Scope>),
}

impl Viewer {
    pub(super) fn new(client: Client, proof: Proof) -> Self {
        Self { client, proof }
    }

    /// Who asks, as was found out at the request's admission.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let known = request.extensions().get::<Self>().cloned();
        known.ok_or_else(|| Problem::unavailable("nobody has asked who asks", 5))
    }

    /// The account that asks, if one does.
    pub(crate) fn account(&self) -> Option<&Account> {
        match &self.proof {
            Proof::None => None,
            Proof::Session(account, _) | Proof::Token(account, _) => Some(account),
        }
    }

    /// The number of the account that asks.
    pub(crate) fn account_id(&self) -> Option<AccountId> {
        self.account().map(|account| account.id)
    }

    /// From where.
    pub(crate) fn client(&self) -> Client {
        self.client
    }

    /// The browser's session.
    pub(crate) fn session(&self) -> Option<&Secret> {
        match &self.proof {
            Proof::Session(_, secret) => Some(secret),
            Proof::None | Proof::Token(..) => None,
        }
    }

    /// Whether they may.
    pub(crate) fn may(&self, what: Scope) -> bool {
        match &self.proof {
            Proof::None => self.client.open && OF_ANYBODY.contains(&what),
            Proof::Session(account, _) => of_role(account.role).contains(&what),
            Proof::Token(account, scopes) => {
                scopes.contains(&what) && of_role(account.role).contains(&what)
            }
        }
    }

    /// Refuses what they may not: 401 where an account might, 403 where this one may not.
    pub(crate) fn require(&self, what: Scope) -> Result<(), Problem> {
        if self.may(what) {
            return Ok(());
        }
        Err(match self.account() {
            None => Problem::unauthorized(
                "this needs an account: sign in at /login, or send a token as `Authorization: Bearer TOKEN`",
            ),
            Some(account) => Problem::new(
                StatusCode::FORBIDDEN,
                format!(
                    "the account {} may not do this; it needs `{}`",
                    account.name,
                    what.word()
                ),
            ),
        })
    }

    /// Whether they may see a submission of this account: their own, all as the jury, and nobody's where the judge is open.
    pub(crate) fn sees(&self, owner: Option<AccountId>) -> bool {
        if self.may(Scope::Jury) {
            return true;
        }
        self.may(Scope::Read)
            && match owner {
                Some(owner) => self.account_id() == Some(owner),
                None => self.client.open,
            }
    }
}

/// What nobody in particular may do where the judge is open.
const OF_ANYBODY: &[Scope] = &[Scope::Run, Scope::Submit, Scope::Read];

fn of_role(role: Role) -> &'static [Scope] {
    use Scope::{Admin, Jury, Read, Run, Submit};
    match role {
        Role::Admin => &[Run, Submit, Read, Jury, Admin],
        Role::Jury => &[Run, Submit, Read, Jury],
        Role::Api => &[Run, Submit, Read],
        Role::Team => &[Submit, Read],
        Role::Spectator => &[Read],
    }
}

impl FromRequest for Viewer {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// What proves who asks.
pub(super) async fn proof(front: &Front, request: &HttpRequest) -> Result<Proof, Problem> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let secret = value.to_str().ok().and_then(|text| {
            let (scheme, secret) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
        });
        let secret = secret.map(Secret::said);
        let secret = secret
            .ok_or_else(|| Problem::unauthorized("the header is `Authorization: Bearer TOKEN`"))?;
        let found = front.accounts.by_token(&secret, now_ms()).await;
        let found = found?;
        let (account, scopes) = found
            .ok_or_else(|| Problem::unauthorized("this token is not known, or it has ended"))?;
        return Ok(Proof::Token(account, scopes));
    }
    let Some(cookie) = request.cookie(front.access.cookie_name()) else {
        return Ok(Proof::None);
    };
    let secret = Secret::said(cookie.value());
    let found = front.accounts.by_session(&secret, now_ms()).await;
    // A session that has ended is that of nobody: its browser is to see what nobody sees, and where to sign in.
    Ok(found?.map_or(Proof::None, |account| Proof::Session(account, secret)))
}

impl Access {
    /// The name begins so that a browser takes the cookie from this host and by TLS alone, where there is TLS.
    pub(super) fn cookie_name(&self) -> &'static str {
        if self.secure {
            "__Host-tribunal-session"
        } else {
            "tribunal-session"
        }
    }

    /// The cookie that a browser keeps until it is closed.
    pub(super) fn cookie(&self, secret: &Secret) -> Cookie<'static> {
        Cookie::build(self.cookie_name(), secret.tell().to_owned())
            .path("/")
            .http_only(true)
            .same_site(actix_web::cookie::SameSite::Lax)
            .secure(self.secure)
            .finish()
    }

    /// The cookie that makes a browser forget.
    pub(super) fn no_cookie(&self) -> Cookie<'static> {
        let mut cookie = self.cookie(&Secret::said(""));
        cookie.make_removal();
        cookie
    }
}
