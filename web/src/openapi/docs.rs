//! `GET /api/docs`: the OpenAPI document as a page for people, without any script.

use std::fmt::Write;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::Value;

use super::{DOCUMENT, Refused};
use crate::html::{Escaped, page};

/// Shows what can be asked here, as a page.
#[utoipa::path(
    get,
    path = "/api/docs",
    tag = "pages",
    operation_id = "docs",
    responses(
        (status = 200, description = "This document, for people.", body = String, content_type = "text/html"),
        Refused,
    ),
    security(()),
)]
pub(crate) async fn show() -> HttpResponse {
    page(
        StatusCode::OK,
        "The interface for programs",
        &body(&DOCUMENT),
    )
}

// In what follows, writing to a string cannot fail.

fn body(document: &Value) -> String {
    let mut html = format!(
        "<p>{}</p>\n<p>For programs: <a href=\"/api/openapi.json\">openapi.json</a>, OpenAPI {}.</p>\n",
        Escaped(text(&document["info"]["description"])),
        Escaped(text(&document["openapi"])),
    );
    contents(document, &mut html);
    for (path, method, operation) in operations(document) {
        show_operation(path, method, operation, &mut html);
    }
    html.push_str("<h2 id=\"schemas\">Types</h2>\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let _ = writeln!(
            html,
            "<details id=\"schema-{0}\"><summary><code>{0}</code> {1}</summary><pre><code>{2}</code></pre></details>",
            Escaped(name),
            Escaped(text(&schema["description"])),
            Escaped(&format!("{schema:#}")),
        );
    }
    html
}

fn contents(document: &Value, html: &mut String) {
    html.push_str("<table><thead><tr><th>Route<th>Does</tr></thead><tbody>\n");
    for (path, method, operation) in operations(document) {
        let _ = writeln!(
            html,
            "<tr><td><a href=\"#{}\"><code>{} {}</code></a><td>{}</tr>",
            Escaped(text(&operation["operationId"])),
            method.to_uppercase(),
            Escaped(path),
            Escaped(text(&operation["summary"])),
        );
    }
    html.push_str("</tbody></table>\n");
}

fn show_operation(path: &str, method: &str, operation: &Value, html: &mut String) {
    let _ = writeln!(
        html,
        "<h2 id=\"{}\"><code>{} {}</code></h2>\n<p>{} {}</p>",
        Escaped(text(&operation["operationId"])),
        method.to_uppercase(),
        Escaped(path),
        Escaped(text(&operation["summary"])),
        Escaped(text(&operation["description"])),
    );
    let parameters = operation["parameters"].as_array();
    for parameter in parameters.into_iter().flatten() {
        let _ = writeln!(
            html,
            "<p><code>{}</code> ({}): {}</p>",
            Escaped(text(&parameter["name"])),
            Escaped(text(&parameter["in"])),
            Escaped(text(&parameter["description"])),
        );
    }
    for (media_type, content) in members(&operation["requestBody"]["content"]) {
        let _ = write!(html, "<p>Body: <code>{}</code>", Escaped(media_type));
        show_content(content, html);
    }
    html.push_str("<table><thead><tr><th>Status<th>When</tr></thead><tbody>\n");
    for (status, answer) in members(&operation["responses"]) {
        let _ = write!(
            html,
            "<tr><td>{}<td>{}",
            Escaped(status),
            Escaped(text(&answer["description"])),
        );
        if status.starts_with('2') {
            for (media_type, content) in members(&answer["content"]) {
                let _ = write!(html, "<p><code>{}</code>", Escaped(media_type));
                show_content(content, html);
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table>\n");
}

/// The type of what is sent, and an example.
fn show_content(content: &Value, html: &mut String) {
    let schema = &content["schema"];
    let reference = [&schema["$ref"], &schema["items"]["$ref"]];
    let name = reference
        .into_iter()
        .find_map(|to| to.as_str()?.rsplit('/').next());
    if let Some(name) = name {
        let _ = write!(
            html,
            " <a href=\"#schema-{0}\"><code>{0}</code></a>",
            Escaped(name)
        );
    }
    html.push_str("</p>\n");
    if !content["example"].is_null() {
        let _ = writeln!(
            html,
            "<pre><code>{}</code></pre>",
            Escaped(&format!("{:#}", content["example"]))
        );
    }
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    members(&document["paths"]).flat_map(|(path, methods)| {
        members(methods).map(move |(method, operation)| (path, method, operation))
    })
}

fn members(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = object.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
