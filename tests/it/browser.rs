//! A real browser walks through the pages, at a desk, on a phone and without scripts.

mod driver;

use std::path::Path;

use serde_json::json;

use crate::packages::{double, zipped};
use crate::server::{Server, examples};
use driver::{Browser, DESK, Look, PHONE, WITHOUT_SCRIPTS};

const FACTORIAL: &str = include_str!("../../examples/factorial/submissions/accepted/factorial.py");

/// A contest that has begun, with two problems.
fn serve(dir: &Path) -> Server {
    serve_freezing(dir, "1:00:00")
}

/// The same, frozen for this long before its end at five hours.
fn serve_freezing(dir: &Path, freeze: &str) -> Server {
    let examples = examples().display();
    let contest = format!(
        "name: Finals\nshort_name: finals\nkind: icpc\nstart: now\nduration: 5:00:00\nfreeze: {freeze}\n\
         problems:\n\
         - {{label: A, package: '{examples}/factorial', colour: red}}\n\
         - {{label: B, package: '{examples}/shortestpath', colour: blue}}\n\
         teams:\n- {{name: ants, display_name: The <b>Ants</b>, password: ants-password}}\n\
         - {{name: bees, display_name: The Bees, password: bees-password}}\n\
         accounts: [{{name: jury, role: jury, password: jury-password}}]\n"
    );
    Server::of_contest(dir, &contest)
}

fn block_on(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work);
}

/// What a contestant might try: to be obeyed by the browser or the terminal of whoever reads it.
const MARKUP: &str = "<script>document.title = 'obeyed'</script><img src=x onerror=\"document.title = 'obeyed'\">\u{1b}[2J";

async fn sign_in(browser: &Browser, name: &str) {
    browser.press("Sign in").await;
    browser.fill("name", name).await;
    browser.fill("password", &format!("{name}-password")).await;
    browser
        .find("main form button")
        .await
        .click()
        .await
        .unwrap();
    browser.find("form[action='/logout']").await;
}

/// Hands a source in, and reads the verdict where it appears.
async fn submit(browser: &mut Browser, problem: &str, source: &str, look: Look) -> String {
    browser.visit(&format!("/problems/{problem}")).await;
    browser.looked_at(problem).await;
    let language = browser.find("select[name=language]").await;
    language.select_by_value("python").await.unwrap();
    browser.fill("source", source).await;
    browser.press("Submit").await;
    browser.find("main h1 + p [role=status]").await;
    assert!(browser.path().await.starts_with("/submissions/"));
    if look.has_scripts {
        // Lost, if the page is loaded again.
        browser.run("window.isTheSamePage = true").await;
    }
    let is_final = |text: &str| text != "waiting" && text.len() <= 3;
    let verdict = browser.says("[role=status]", is_final).await;
    if look.has_scripts {
        assert_eq!(browser.run("return window.isTheSamePage").await, true);
    }
    browser.looked_at(&format!("{problem}-{verdict}")).await;
    verdict
}

fn walk(look: Look) {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(dir.path());
        let mut browser = Browser::open(&server, look).await;
        browser.looked_at("home").await;
        browser.press("Sign in").await;
        browser.looked_at("sign-in").await;
        browser.visit("/").await;
        sign_in(&browser, "ants").await;
        browser.looked_at("home-of-a-team").await;
        assert_eq!(
            submit(&mut browser, "factorial", "print(0)", look).await,
            "WA"
        );
        assert_eq!(
            submit(&mut browser, "factorial", FACTORIAL, look).await,
            "AC"
        );
        browser.visit("/problems/shortestpath").await;
        let shown = "const image = document.querySelector('article img'); \
                     return image.complete && image.naturalWidth > 0 && document.querySelectorAll('article math').length > 5";
        assert_eq!(browser.run(shown).await, true);
        browser.looked_at("a-statement").await;
        browser.press("Submissions").await;
        browser.looked_at("submissions").await;
        browser.press("Scoreboard").await;
        let row = browser
            .says("tbody tr:first-child", |row| row.contains("+1"))
            .await;
        assert!(row.contains("The <b>Ants</b>"), "{row}");
        browser.looked_at("scoreboard").await;
        browser.press("Clarifications").await;
        browser.fill("text", "Is 0! asked for?\nOr not?").await;
        browser.press("Ask the jury").await;
        browser
            .says("article", |said| said.contains("Or not?"))
            .await;
        browser.looked_at("clarifications").await;
        browser.press("The <b>Ants</b>").await;
        browser.fill("label", "my <i>script</i>").await;
        browser.find("[name=submit]").await.click().await.unwrap();
        browser.press("Make a token").await;
        browser
            .says("[role=status]", |said| said.contains("shown this once"))
            .await;
        browser.looked_at("account").await;
        browser.press("Withdraw").await;
        browser
            .says("main", |said| !said.contains("Your tokens"))
            .await;
        browser.visit("/nowhere").await;
        browser
            .says("main", |said| said.contains("there is nothing at /nowhere"))
            .await;
        browser.looked_at("nothing-there").await;
        browser.visit("/").await;
        browser.press("Sign out").await;
        sign_in(&browser, "jury").await;
        browser.looked_at("home-of-the-jury").await;
        browser.press("Rejudge").await;
        browser.looked_at("rejudge").await;
        browser.press("Show what would change").await;
        let is_known = |text: &str| text == "nothing is applied yet";
        browser.says("[role=status]", is_known).await;
        let shown = browser
            .says("main", |text| text.contains("2 stay the same"))
            .await;
        assert!(shown.contains("2 of 2 done, 0 changed"), "{shown}");
        browser.looked_at("rejudging").await;
        browser.press("Apply").await;
        browser
            .says("[role=status]", |text| text == "applied")
            .await;
        browser.press("Operator").await;
        browser
            .says("figcaption", |said| said.contains("Verdicts a minute"))
            .await;
        browser.looked_at("operator").await;
        browser.press("Clarifications").await;
        browser.fill_in("article form", "text", "Yes.").await;
        browser.press("Answer").await;
        let answered = "The jury answers The <b>Ants</b>";
        browser
            .says("article", |said| said.contains(answered))
            .await;
        browser.looked_at("clarifications-of-the-jury").await;
        browser.close(&["/nowhere"]).await;
    });
}

#[test]
fn somebody_at_a_desk_finds_the_way() {
    walk(DESK);
}

#[test]
fn somebody_with_a_phone_finds_the_way() {
    walk(PHONE);
}

#[test]
fn somebody_without_scripts_finds_the_way() {
    walk(WITHOUT_SCRIPTS);
}

#[test]
fn somebody_without_scripts_hands_in_a_file_whose_name_tells_the_language() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("factorial.py");
        std::fs::write(&file, FACTORIAL).unwrap();
        let server = serve(dir.path());
        let look = Look {
            name: "file",
            ..WITHOUT_SCRIPTS
        };
        let mut browser = Browser::open(&server, look).await;
        sign_in(&browser, "ants").await;
        browser.visit("/problems/factorial").await;
        browser.press("Submit").await;
        let wrong = |said: &str| said.contains("choose a language");
        browser.says("[role=alert]", wrong).await;
        let chosen = browser.find("[name=file]").await;
        chosen.send_keys(file.to_str().unwrap()).await.unwrap();
        browser.looked_at("a-file").await;
        browser.press("Submit").await;
        browser.says("[role=status]", |text| text == "AC").await;
        browser.close(&["/problems/factorial"]).await;
    });
}

#[test]
fn a_phone_shows_since_when_the_board_is_frozen_and_all_of_its_caption() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let server = serve_freezing(dir.path(), "5:00:00");
        let ants = server.sign_in("ants", "ants-password");
        let new = json!({"problem": "factorial", "language": "python", "source": "print(0)"});
        assert_eq!(ants.post("/api/submissions", &new).status, 202);
        let look = Look {
            name: "frozen",
            ..PHONE
        };
        let mut browser = Browser::open(&server, look).await;
        browser.visit("/scoreboard").await;
        let shown = browser.find(".frozen").await.text().await.unwrap();
        assert!(shown.starts_with("Frozen since 0:00:00"), "{shown}");
        browser.says("tbody", |rows| rows.contains("?1")).await;
        let sides = "const { left, right } = document.querySelector('caption').getBoundingClientRect(); \
                     return left >= 0 && right <= innerWidth";
        let scroll = "document.querySelector('.table').scrollLeft = 1000; ";
        assert_eq!(browser.run(sides).await, true);
        assert_eq!(browser.run(&format!("{scroll}{sides}")).await, true);
        browser.looked_at("scoreboard").await;
        browser.close(&[]).await;
    });
}

#[test]
fn an_admin_makes_an_account_whose_owner_chooses_a_password() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(dir.path());
        let look = Look {
            name: "admin",
            ..DESK
        };
        let mut browser = Browser::open(&server, look).await;
        browser.visit(server.admin_link()).await;
        browser.looked_at("choose-a-password").await;
        for name in ["password", "again"] {
            browser.fill(name, "a-long-password").await;
        }
        browser.press("Set the password and sign in").await;
        browser.press("Accounts").await;
        browser.fill("name", "crabs").await;
        browser.press("Make the account").await;
        browser
            .says("[role=status]", |said| said.contains("crabs"))
            .await;
        browser.looked_at("accounts").await;
        browser.find("[role=status] a").await.click().await.unwrap();
        browser.fill("password", "crabs-password").await;
        browser.fill("again", "crabs-password").await;
        browser.press("Set the password and sign in").await;
        browser.says("header", |said| said.contains("crabs")).await;
        browser.visit("/accounts").await;
        browser
            .says("main", |said| said.contains("may not do this"))
            .await;
        browser.close(&["/accounts"]).await;
    });
}

#[test]
fn the_jury_sends_a_package_sees_it_verified_and_serves_it() {
    for look in [
        Look {
            name: "packages",
            ..DESK
        },
        Look {
            name: "packages-without-scripts",
            ..WITHOUT_SCRIPTS
        },
    ] {
        block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let archive = zipped(&double(dir.path(), "43\n"));
            let server = serve(dir.path());
            let mut browser = Browser::open(&server, look).await;
            sign_in(&browser, "jury").await;
            browser.press("Packages").await;
            let file = browser.find("[name=package]").await;
            file.send_keys(archive.to_str().unwrap()).await.unwrap();
            browser.looked_at("packages").await;
            browser.press("Send and verify").await;
            let is_known = |text: &str| text == "verified, not served yet";
            browser.says("[role=status]", is_known).await;
            let shown = browser.find("main").await.text().await.unwrap();
            assert!(shown.contains("1 came otherwise than expected"), "{shown}");
            assert!(shown.contains("accepted/right.py"), "{shown}");
            browser.looked_at("package").await;
            browser.press("Serve it all the same").await;
            browser.says("[role=status]", |text| text == "served").await;
            browser.visit("/problems/double").await;
            browser.says("h1", |title| title.contains("Double")).await;
            let statement = browser.find("iframe").await.attr("src").await.unwrap();
            assert_eq!(statement.as_deref(), Some("/problems/double/statement"));
            browser.looked_at("a-statement-as-pdf").await;
            browser.close(&[]).await;
        });
    }
}

#[test]
fn what_a_contestant_prints_is_shown_and_not_obeyed() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(dir.path());
        let look = Look {
            name: "markup",
            ..DESK
        };
        let mut browser = Browser::open(&server, look).await;
        sign_in(&browser, "ants").await;
        let prints = format!("print({MARKUP:?})\n").replace("\\u{1b}", "\\x1b");
        assert_eq!(submit(&mut browser, "factorial", &prints, DESK).await, "WA");
        let shown = browser.find("main").await.text().await.unwrap();
        let printed = "<script>document.title = 'obeyed'</script><img src=x";
        // Once in the source, once in what differs from the sample's answer.
        assert_eq!(shown.matches(printed).count(), 2, "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
        let refused = "</pre><script>document.title = 'obeyed'</script>(";
        assert_eq!(submit(&mut browser, "factorial", refused, DESK).await, "CE");
        let shown = browser.find("main").await.text().await.unwrap();
        assert!(shown.matches(refused).count() >= 2, "{shown}");
        browser.press("Scoreboard").await;
        browser
            .says("tbody", |rows| rows.contains("The <b>Ants</b>"))
            .await;
        let elements = "return document.querySelectorAll('main script, main img, main b').length";
        assert_eq!(browser.run(elements).await, 0);
        assert_eq!(
            browser.run("return document.title").await,
            "Scoreboard · Tribunal"
        );
        browser.close(&[]).await;
    });
}

#[test]
fn somebody_without_a_mouse_signs_in_and_submits() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(dir.path());
        let browser = Browser::open(&server, DESK).await;
        browser.tab_to("Skip to the content").await;
        browser.tab_to("Sign in").await;
        browser.keys("\u{e007}").await;
        browser.find("[name=password]").await;
        browser.tab_to("name").await;
        browser.keys("ants").await;
        browser.tab_to("password").await;
        browser.keys("ants-password\u{e007}").await;
        browser.find("form[action='/logout']").await;
        browser.tab_to("A. Factorial").await;
        browser.keys("\u{e007}").await;
        browser.find("[name=source]").await;
        browser.tab_to("language").await;
        browser.keys("Py").await;
        browser.tab_to("source").await;
        browser.keys("print(0)").await;
        browser.tab_to("Submit").await;
        browser.keys("\u{e007}").await;
        browser.says("[role=status]", |text| text == "WA").await;
        browser.close(&[]).await;
    });
}
