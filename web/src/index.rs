//! `GET /`: what is served here, and a line that tries it.

use std::fmt::Write;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use tribunal_problems::Package;

use crate::auth::Viewer;
use crate::front::Front;
use crate::html::{Escaped, STYLE};
use crate::openapi::Refused;
use crate::problem_details::Problem;
use crate::problems::ProblemView;

/// Shows the problems, the languages and how to submit.
#[utoipa::path(
    get,
    path = "/",
    tag = "pages",
    operation_id = "home",
    responses(
        (status = 200, description = "The problems, the languages and how to submit.", body = String, content_type = "text/html"),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn show(
    front: Data<Front>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let known = front.problems_for(&viewer).await?;
    let host = request.connection_info().host().to_owned();
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ))
        .body(page(&front, &known, &host)))
}

fn page(front: &Front, known: &[&Package], host: &str) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Tribunal</title><style>{STYLE}</style></head><body>\n<h1>Tribunal</h1>\n"
    );
    problems(known, &mut html);
    submitting(front, host, &mut html);
    languages(front, &mut html);
    html.push_str(
        "<h2>More</h2>\n<p><a href=\"/api/problems\">Problems</a>, \
         <a href=\"/api/languages\">languages</a> and <a href=\"/metrics\">figures</a> for programs; \
         <a href=\"/healthz\">health</a>; <a href=\"/api/docs\">the interface</a>.</p>\n</body></html>\n",
    );
    html
}

// In what follows, writing to a string cannot fail.

fn problems(known: &[&Package], html: &mut String) {
    html.push_str("<h2>Problems</h2>\n");
    if known.is_empty() {
        html.push_str(
            "<p>None. Start <code>tribunal serve --problems DIR</code> to serve some.</p>\n",
        );
        return;
    }
    html.push_str(
        "<table><thead><tr><th>Id<th>Name<th class=\"n\">Time<th class=\"n\">Memory\
         <th class=\"n\">Tests</tr></thead><tbody>\n",
    );
    for package in known {
        let view = ProblemView::of(package);
        let _ = writeln!(
            html,
            "<tr><td><code>{}</code><td>{}<td class=\"n\">{} s<td class=\"n\">{} MiB<td class=\"n\">{}</tr>",
            Escaped(view.id),
            Escaped(view.name),
            package.limits.time.as_secs_f64(),
            view.memory_limit_bytes >> 20,
            view.tests,
        );
    }
    html.push_str("</tbody></table>\n");
}

fn submitting(front: &Front, host: &str, html: &mut String) {
    let of_contest = |id: &str| {
        let contest = front.contest.as_ref();
        contest.is_some_and(|contest| contest.problems.contains(id))
    };
    let mut ids = front.problems.keys().map(String::as_str);
    let problem = ids.find(|id| !of_contest(id)).unwrap_or("PROBLEM");
    let lines = format!(
        "curl -s http://{host}/api/submissions -H 'content-type: application/json' \\\n  \
         -d '{{\"problem\":\"{problem}\",\"language\":\"python\",\"source\":\"print(42)\"}}'\n\
         curl -s 'http://{host}/api/submissions/1?wait=10'"
    );
    let run = format!(
        "curl -s http://{host}/run -H 'content-type: application/json' \\\n  \
         -d '{{\"language\":\"python\",\"code\":\"print(int(input()) * 2)\",\
         \"tests\":{{\"visible\":[{{\"id\":\"a\",\"input\":\"21\",\"expected_output\":\"42\"}}]}}}}'"
    );
    let _ = writeln!(
        html,
        "<h2>Submit</h2>\n<p>Hand in a program and ask what came of it:</p>\n<pre><code>{}</code></pre>\n\
         <p>Or run a program on tests of your own:</p>\n<pre><code>{}</code></pre>",
        Escaped(&lines),
        Escaped(&run),
    );
}

fn languages(front: &Front, html: &mut String) {
    html.push_str("<h2>Languages</h2>\n<ul>\n");
    for language in front.languages.all() {
        let Some(usable) = front.toolchains.get(&language.id) else {
            continue;
        };
        let how = match usable {
            Ok(probed) => probed.version.clone(),
            Err(unusable) => format!("not available: {unusable}"),
        };
        let _ = writeln!(
            html,
            "<li><code>{}</code> {}, {}",
            Escaped(language.id.as_str()),
            Escaped(&language.name),
            Escaped(&how),
        );
    }
    html.push_str("</ul>\n");
}
