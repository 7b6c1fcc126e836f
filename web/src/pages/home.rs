//! `/`: the contest and its problems, the others, and a line that tries the judge from a terminal.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use tribunal_actors::{ContestState, ContestView, Scope};
use tribunal_problems::Package;

use super::contest::{counts, orders, state};
use super::{Shell, rendered, shown};
use crate::auth::Viewer;
use crate::contest::time;
use crate::front::Front;
use crate::openapi::Refused;
use crate::problem_details::Problem;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    shell: Shell,
    title: String,
    contest: Option<ContestLine>,
    problems: Vec<ProblemLine>,
    curl: String,
    languages: Vec<(String, String)>,
}

struct ContestLine {
    state: &'static str,
    start: Option<String>,
    end: Option<String>,
    counts: String,
    leads: bool,
    orders: &'static [&'static str],
}

struct ProblemLine {
    label: Option<String>,
    id: String,
    name: String,
    seconds: f64,
    mib: u64,
    tests: usize,
}

/// Shows what there is to be done here.
#[utoipa::path(
    get,
    path = "/",
    tag = "pages",
    operation_id = "home",
    responses(
        (status = 200, description = "The contest, the problems, and how to submit.", body = String, content_type = "text/html"),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn home(
    front: Data<Front>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let contest = match &front.contest {
        Some(_) => Some(front.contest_view(&viewer).await?),
        None => None,
    };
    let packages = front.problems_for(&viewer).await?;
    let host = {
        let connection = request.connection_info();
        format!("{}://{}", connection.scheme(), connection.host())
    };
    let usable = front.languages.all();
    let usable = usable.filter_map(|language| {
        let found = front.toolchains.get(&language.id)?.as_ref().ok()?;
        Some((
            language.id.to_string(),
            format!("{}, {}", language.name, found.version),
        ))
    });
    let page = Home {
        shell: Shell::of(&front, &viewer),
        title: contest.as_ref().map_or_else(
            || "Problems".to_owned(),
            |contest| shown::visible(&contest.name),
        ),
        problems: problem_lines(contest.as_ref(), &packages),
        curl: curl(example(contest.as_ref(), &packages), &host),
        languages: usable.collect(),
        contest: contest.map(|contest| ContestLine::of(&contest, &viewer)),
    };
    rendered(StatusCode::OK, &page)
}

impl ContestLine {
    fn of(contest: &ContestView, viewer: &Viewer) -> Self {
        let end = contest.start_ms.map(|start| {
            let length = i64::try_from(contest.duration_ms).unwrap_or(i64::MAX);
            time(start.saturating_add(length))
        });
        Self {
            state: state(contest),
            start: contest.start_ms.map(time),
            // A clock that was stopped ends later than it says.
            end: end.filter(|_| contest.state != ContestState::Paused),
            counts: counts(contest.kind),
            leads: viewer.may(Scope::Jury),
            orders: orders(contest),
        }
    }
}

/// Those of the contest in its order, then the others.
fn problem_lines(contest: Option<&ContestView>, packages: &[Arc<Package>]) -> Vec<ProblemLine> {
    let columns = contest.map_or(&[][..], |contest| &contest.problems);
    let column_of = |package: &Package| {
        let named = |column: &tribunal_actors::ProblemColumn| column.id == package.short_name;
        columns.iter().position(named)
    };
    let mut sorted = packages.to_vec();
    sorted.sort_by_key(|package| column_of(package).unwrap_or(usize::MAX));
    let line = |package: &Arc<Package>| ProblemLine {
        label: column_of(package).map(|at| shown::visible(&columns[at].label)),
        id: package.short_name.clone(),
        name: shown::visible(&package.name),
        seconds: package.limits.time.as_secs_f64(),
        mib: package.limits.memory >> 20,
        tests: package.tests.len(),
    };
    sorted.iter().map(line).collect()
}

/// A problem that a program without an account may try: none of the contest.
fn example<'a>(contest: Option<&ContestView>, packages: &'a [Arc<Package>]) -> &'a str {
    let columns = contest.map_or(&[][..], |contest| &contest.problems);
    let is_open = |package: &&Arc<Package>| columns.iter().all(|one| one.id != package.short_name);
    let open = packages.iter().find(is_open);
    open.map_or("PROBLEM", |package| &*package.short_name)
}

fn curl(problem: &str, host: &str) -> String {
    format!(
        "curl -s {host}/api/submissions -H 'content-type: application/json' \\\n  \
         -d '{{\"problem\":\"{problem}\",\"language\":\"python\",\"source\":\"print(42)\"}}'\n\
         curl -s {host}/run -H 'content-type: application/json' \\\n  \
         -d '{{\"language\":\"python\",\"code\":\"print(int(input()) * 2)\",\
         \"tests\":{{\"visible\":[{{\"id\":\"a\",\"input\":\"21\",\"expected_output\":\"42\"}}]}}}}'"
    )
}
