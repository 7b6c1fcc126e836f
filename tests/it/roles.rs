//! Who may ask for what: each role, each route.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Value, json};

use crate::server::{Answer, Server};

const PASSWORD: &str = "correct horse";
/// Those who ask from elsewhere, each from an address of its own, since requests are counted by it.
static REMOTE: AtomicU8 = AtomicU8::new(0);

/// Somebody who asks.
#[derive(Default)]
struct Asker {
    headers: Vec<(String, String)>,
    csrf: String,
}

impl Asker {
    fn remote() -> Self {
        let number = REMOTE.fetch_add(1, Ordering::Relaxed);
        let headers = vec![("x-forwarded-for".to_owned(), format!("192.0.2.{number}"))];
        Self {
            headers,
            ..Self::default()
        }
    }

    fn with_session(server: &Server, cookie: &str) -> Self {
        let mut asker = Self::remote();
        asker.headers.push(("cookie".to_owned(), cookie.to_owned()));
        let me = asker.ask(server, "GET", "/api/me", &Value::Null).json();
        asker.csrf = me["csrf_token"].as_str().expect("a session").to_owned();
        asker
    }

    fn with_token(token: &str) -> Self {
        let mut asker = Self::remote();
        let bearer = format!("Bearer {token}");
        asker.headers.push(("authorization".to_owned(), bearer));
        asker
    }

    /// Asks with JSON, or with a form where the path is one of pages.
    fn ask(&self, server: &Server, method: &str, path: &str, body: &Value) -> Answer {
        let mut headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let is_form = [
            "/login",
            "/logout",
            "/password/",
            "/problems/",
            "/contest/",
            "/rejudgings",
            "/packages/",
            "/clarifications",
            "/account",
        ]
        .iter()
        .any(|page| path.starts_with(page));
        let bytes = if method == "GET" {
            String::new()
        } else if is_form {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            let fields = body.as_object().into_iter().flatten();
            let fields = fields.map(|(name, value)| {
                format!(
                    "{name}={}",
                    value.as_str().expect("a text").replace(' ', "+")
                )
            });
            let csrf = format!("_csrf={}", self.csrf);
            fields.chain([csrf]).collect::<Vec<_>>().join("&")
        } else {
            headers.push(("content-type", "application/json"));
            headers.push(("x-csrf-token", &self.csrf));
            body.to_string()
        };
        server.ask(method, path, &headers, bytes.as_bytes())
    }
}

/// The cookie that an answer sets, as a browser sends it.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers.get("set-cookie").expect("a cookie");
    let cookie = cookie.to_str().expect("ASCII");
    cookie.split(';').next().expect("a value").to_owned()
}

fn sign_in(server: &Server, name: &str) -> Asker {
    let form = json!({"name": name, "password": PASSWORD});
    let answer = Asker::remote().ask(server, "POST", "/login", &form);
    assert_eq!(answer.status, 303, "{answer:?}");
    Asker::with_session(server, &cookie(&answer))
}

fn first_admin(server: &Server) -> Asker {
    let form = json!({"password": PASSWORD, "again": PASSWORD});
    let answer = Asker::remote().ask(server, "POST", server.admin_link(), &form);
    assert_eq!(answer.status, 303, "{answer:?}");
    Asker::with_session(server, &cookie(&answer))
}

fn account(server: &Server, admin: &Asker, name: &str, role: &str) {
    let new = json!({"name": name, "role": role, "password": PASSWORD});
    let answer = admin.ask(server, "POST", "/api/accounts", &new);
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// Hands in a program and waits for its verdict; its number.
fn submitted(server: &Server, asker: &Asker) -> i64 {
    let source = json!({"problem": "sum", "language": "python", "source": "print(1)"});
    let answer = asker.ask(server, "POST", "/api/submissions", &source);
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.json()["id"].as_i64().expect("a number");
    let path = format!("/api/submissions/{id}?wait=60");
    let judged = asker.ask(server, "GET", &path, &Value::Null).json();
    assert_eq!(judged["status"], "done", "{judged}");
    id
}

/// A method, a path, a body, and what each asker is answered.
type Row = (&'static str, &'static str, Value, [u16; 8]);

fn table() -> Vec<Row> {
    let lines = include_str!("roles/table.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.map(row).collect()
}

fn row(line: &'static str) -> Row {
    let (method, rest) = line.split_once(' ').expect("a method");
    let (asked, statuses) = rest.split_at(rest.len() - STATUSES);
    let statuses = statuses.split_whitespace();
    let statuses: Vec<u16> = statuses
        .map(|status| status.parse().expect("a status"))
        .collect();
    let (path, body) = asked.trim().split_once(' ').unwrap_or((asked.trim(), ""));
    let body = match body {
        "" => Value::Null,
        body => serde_json::from_str(body).unwrap_or_else(|error| panic!("{line}: {error}")),
    };
    let statuses = statuses.try_into().expect("one for each asker");
    (method, path, body, statuses)
}

/// Eight statuses and the spaces between them.
const STATUSES: usize = 8 * 3 + 7 * 2;

#[test]
fn each_role_is_answered_what_the_table_says_on_each_route() {
    let server = Server::start();
    let admin = first_admin(&server);
    for (name, role) in [
        ("ann", "team"),
        ("bob", "team"),
        ("eve", "spectator"),
        ("joe", "jury"),
    ] {
        account(&server, &admin, name, role);
    }
    let team = sign_in(&server, "ann");
    let (own, anonymous) = (
        submitted(&server, &team),
        submitted(&server, &Asker::default()),
    );
    let token = json!({"label": "reader", "scopes": ["read"]});
    let token = team.ask(&server, "POST", "/api/tokens", &token).json();
    let token = Asker::with_token(token["token"].as_str().expect("a secret"));
    let (other, spectator, jury) = (
        sign_in(&server, "bob"),
        sign_in(&server, "eve"),
        sign_in(&server, "joe"),
    );
    let askers = [
        Asker::default(),
        Asker::remote(),
        spectator,
        team,
        other,
        token,
        jury,
        admin,
    ];
    lists_have_what_is_for_the_asker(&server, &askers, (own, anonymous));
    for (method, path, body, expected) in table() {
        let path = path
            .replace("{own}", &own.to_string())
            .replace("{anonymous}", &anonymous.to_string())
            .replace("{link}", "0123")
            .replace("{problem}", "sum")
            .replace("{sha256}", &"0".repeat(64))
            .replace("{path}", "a.png")
            .replace("{id}", "99999");
        let body = |number: usize| match path.as_str() {
            // Each guesses another name, so that nobody has to wait.
            "/login" => json!({"name": format!("nobody{number}"), "password": "x"}),
            _ => body.clone(),
        };
        let answers = askers.iter().enumerate();
        let answers: Vec<u16> = answers
            .map(|(number, asker)| asker.ask(&server, method, &path, &body(number)).status)
            .collect();
        assert_eq!(answers, expected, "{method} {path}");
    }
}

/// Lists of submissions: the team's own for the team and its token, nobody's for nobody, all for the jury.
fn lists_have_what_is_for_the_asker(
    server: &Server,
    askers: &[Asker; 8],
    (own, anonymous): (i64, i64),
) {
    let ids = |asker: &Asker, query: &str| -> Vec<i64> {
        let path = format!("/api/submissions{query}");
        let answer = asker.ask(server, "GET", &path, &Value::Null).json();
        let list = answer["submissions"].as_array().expect("a list").clone();
        list.iter()
            .map(|line| line["id"].as_i64().expect("a number"))
            .collect()
    };
    let [nobody, _, spectator, team, other, token, jury, admin] = askers;
    assert_eq!(ids(nobody, ""), [anonymous]);
    for asker in [team, token] {
        assert_eq!(ids(asker, ""), [own]);
    }
    for asker in [spectator, other] {
        assert_eq!(ids(asker, ""), [0; 0]);
    }
    for asker in [jury, admin] {
        assert_eq!(ids(asker, ""), [anonymous, own]);
    }
    let me = team.ask(server, "GET", "/api/me", &Value::Null).json();
    let account = me["account"]["id"].as_i64().expect("a number");
    let of_team = format!("?account={account}");
    assert_eq!(ids(jury, &of_team), [own]);
    assert_eq!(ids(team, &of_team), [own]);
    let path = format!("/api/submissions{of_team}");
    let refused = other.ask(server, "GET", &path, &Value::Null);
    assert_eq!(refused.status, 403, "{refused:?}");
}

#[test]
fn the_table_has_every_route_there_is() {
    let named = |path: &str| {
        path.replace("{problem}", "{id}")
            .replace("{own}", "{id}")
            .replace("{anonymous}", "{id}")
    };
    let table = table().into_iter();
    let table: BTreeSet<String> = table
        .map(|(method, path, ..)| format!("{method} {}", named(path)))
        .collect();
    assert_eq!(table, registered());
}

/// Every route of the front, as `METHOD /path`; HEAD goes with GET.
pub(crate) fn registered() -> BTreeSet<String> {
    let read = |name: &str| {
        let routes = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::read_to_string(routes).expect("the routes can be read")
    };
    let text = ["web/src/routes.rs", "web/src/routes/of_people.rs"]
        .map(read)
        .concat();
    let routes = text.split("at(\"").skip(1).flat_map(|rest| {
        let (path, rest) = rest.split_once("\", ").expect("a path and its methods");
        let methods = rest.split(')').next().expect("the methods");
        let methods = methods.split('_').filter(|method| *method != "HEAD");
        let path = path.replace("{path:.*}", "{path}");
        methods.map(move |method| format!("{method} {path}"))
    });
    routes.collect()
}

#[test]
fn a_session_alone_changes_nothing() {
    let server = Server::start();
    let admin = first_admin(&server);
    let mut forged = Asker::remote();
    forged.headers.clone_from(&admin.headers);
    let new = json!({"name": "mallory", "role": "admin", "password": PASSWORD});
    assert_eq!(
        forged.ask(&server, "POST", "/api/accounts", &new).status,
        403
    );
    assert_eq!(
        forged.ask(&server, "POST", "/logout", &json!({})).status,
        403
    );
    // A page of another site that knows how JSON can be sent as a form.
    let cookie = admin
        .headers
        .iter()
        .find(|(name, _)| name == "cookie")
        .expect("a cookie");
    let headers = [
        ("cookie", &*cookie.1),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let as_form = server.ask(
        "POST",
        "/api/accounts",
        &headers,
        new.to_string().as_bytes(),
    );
    assert_eq!(as_form.status, 415, "{as_form:?}");
    let elsewhere = [
        ("origin", "https://evil.example"),
        ("content-type", "application/json"),
    ];
    assert_eq!(server.ask("POST", "/run", &elsewhere, b"{}").status, 403);
    assert_eq!(
        admin
            .ask(&server, "GET", "/api/accounts", &Value::Null)
            .json()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_session_is_new_at_each_sign_in_kept_from_scripts_and_ended_by_signing_out() {
    let server = Server::start();
    let admin = first_admin(&server);
    account(&server, &admin, "ann", "team");
    // A session that somebody else has put into the browser.
    let planted = (
        "cookie",
        "tribunal-session=00000000000000000000000000000000",
    );
    let form = format!("name=ann&password={}", PASSWORD.replace(' ', "+"));
    let headers = [
        planted,
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = server.ask("POST", "/login", &headers, form.as_bytes());
    let flags = answer.headers["set-cookie"].to_str().expect("ASCII");
    assert!(
        flags.contains("HttpOnly") && flags.contains("SameSite=Lax") && flags.contains("Path=/"),
        "{flags}"
    );
    let (first, second) = (cookie(&answer), sign_in(&server, "ann"));
    assert_ne!(first, planted.1);
    assert_ne!(first, second.headers.last().expect("a cookie").1);
    assert_eq!(
        second.ask(&server, "POST", "/logout", &json!({})).status,
        303
    );
    let me = second.ask(&server, "GET", "/api/me", &Value::Null).json();
    assert_eq!(me["account"], Value::Null, "{me}");
}

#[test]
fn guessing_a_password_has_to_wait_and_the_link_of_the_first_admin_works_once() {
    let server = Server::start();
    first_admin(&server);
    let form = json!({"password": PASSWORD, "again": PASSWORD});
    let again = Asker::remote().ask(&server, "POST", server.admin_link(), &form);
    assert_eq!(again.status, 404);
    let guess = json!({"name": "admin", "password": "wrong"});
    let guesser = Asker::remote();
    let guesses = (0..5).map(|_| guesser.ask(&server, "POST", "/login", &guess));
    let guesses: Vec<Answer> = guesses.collect();
    let statuses: Vec<u16> = guesses.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 429]);
    assert!(guesses[4].headers.contains_key("retry-after"));
    // Whoever sits elsewhere is not kept out by it.
    let right = json!({"name": "admin", "password": PASSWORD});
    assert_eq!(
        Asker::default()
            .ask(&server, "POST", "/login", &right)
            .status,
        303
    );
}
