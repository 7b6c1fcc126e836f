//! The document of the interface, and what it says of the routes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::roles::registered;
use crate::server::Server;

/// The operations of the document, each with its `METHOD /path`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").iter();
        methods.map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), operation)
        })
    });
    operations.collect()
}

#[test]
fn the_document_has_every_route_and_no_other_with_examples_and_refusals() {
    let server = Server::start();
    let document = server.get("/api/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let operations = operations(&document);
    let names = operations.iter().map(|(name, _)| name.clone());
    assert_eq!(names.collect::<BTreeSet<_>>(), registered());
    let ids: BTreeSet<&str> = operations
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids.len(), operations.len(), "each has an id of its own");
    for (name, operation) in &operations {
        assert!(operation["summary"].is_string(), "{name} says what it does");
        let json = &operation["requestBody"]["content"]["application/json"];
        assert!(
            json.is_null() || !json["example"].is_null(),
            "{name} has an example"
        );
        let refusals = operation["responses"].as_object().expect("answers").iter();
        let refusals = refusals.filter(|(status, _)| !status.starts_with(['2', '3']));
        for (status, refusal) in refusals {
            let content = &refusal["content"];
            let is_told = !content["application/problem+json"]["schema"]["$ref"].is_null()
                || !content["text/html"].is_null();
            assert!(is_told, "{name} {status}: {refusal}");
        }
    }
}

#[test]
fn the_page_of_the_interface_has_every_route_and_no_script() {
    let server = Server::start();
    let page = server.get("/api/docs");
    let policy = page.headers["content-security-policy"].to_str();
    assert!(policy.expect("ASCII").starts_with("default-src 'none'"));
    for route in registered() {
        assert!(page.text.contains(&route), "{route} is not in the page");
    }
    assert!(!page.text.contains("<script"), "it needs none");
}
