//! Statements as they are shown: formulas, images from beside them, and nothing else of the package.

use crate::server::Server;

#[test]
fn a_statement_has_formulas_and_the_images_that_it_names() {
    let server = Server::start();
    let page = server.get("/problems/shortestpath").text;
    assert!(page.contains("<math>"), "{page}");
    assert!(page.contains("<mo>≤</mo>"), "{page}");
    let image = "/problems/shortestpath/statement/roads.svg";
    assert!(page.contains(&format!("<img src=\"{image}\"")), "{page}");
    let shown = server.get(image);
    assert_eq!((shown.status, &*shown.content_type), (200, "image/svg+xml"));
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox"), "{policy}");
    for other in [
        "other.svg",
        "problem.en.md",
        "../problem.yaml",
        "..%2Fproblem.yaml",
        "%2e%2e/data/secret/01-line.in",
        "./roads.svg",
    ] {
        let path = format!("/problems/shortestpath/statement/{other}");
        assert_eq!(server.get(&path).status, 404, "{other}");
    }
    assert_eq!(server.get("/problems/sum/statement/roads.svg").status, 404);
}
