//! A headless Chromium that is driven over WebDriver.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::server::Server;

const BROWSER: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";
const PATIENCE: Duration = Duration::from_secs(60);

/// How the pages are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// What the screenshots' directory is called.
    pub(super) name: &'static str,
    /// Of the screen, in CSS pixels.
    pub(super) size: (u32, u32),
    pub(super) is_dark: bool,
    pub(super) has_scripts: bool,
}

pub(super) const DESK: Look = Look {
    name: "desk",
    size: (1280, 900),
    is_dark: false,
    has_scripts: true,
};

/// The narrowest that there is, and dark.
pub(super) const PHONE: Look = Look {
    name: "phone",
    size: (320, 640),
    is_dark: true,
    has_scripts: true,
};

pub(super) const WITHOUT_SCRIPTS: Look = Look {
    name: "without-scripts",
    has_scripts: false,
    ..DESK
};

/// A browser at the pages of one judge.
pub(super) struct Browser {
    driver: Driver,
    client: Client,
    look: Look,
    /// `http://ADDRESS` of the judge.
    base: String,
    shots: PathBuf,
    taken: u32,
}

/// The process that drives; ended, it takes its browser along.
struct Driver {
    child: Child,
    port: u16,
}

fn in_target(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target")
        .join(name)
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new(DRIVER)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{DRIVER}: {error}; run tools/install.sh browser"));
        let stdout = child.stdout.take().expect("standard output is piped");
        let port = BufReader::new(stdout).lines().find_map(|line| {
            let line = line.expect("the driver speaks UTF-8");
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let port = port.expect("the driver says where it listens");
        Self { child, port }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).expect("a pid is small");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the driver is there");
        self.child.wait().expect("the driver is ours");
    }
}

fn capabilities(look: Look) -> serde_json::Map<String, Value> {
    let scheme = if look.is_dark { 0 } else { 1 };
    let (width, height) = look.size;
    // The sandbox of Chromium does not start as root; what it sees here is our own pages.
    let mut options = json!({
        "binary": BROWSER,
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            format!("--window-size={width},{height}"),
            format!("--blink-settings=preferredColorScheme={scheme}"),
        ],
        // 2 is to block.
        "prefs": { "profile.managed_default_content_settings.javascript": if look.has_scripts { 1 } else { 2 } },
    });
    // No window is as narrow as a phone.
    if width < 600 {
        let metrics = json!({ "width": width, "height": height, "pixelRatio": 2.0, "touch": true });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    let all = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    all.as_object().expect("an object").clone()
}

impl Browser {
    /// Opens the judge's first page.
    pub(super) async fn open(server: &Server, look: Look) -> Self {
        let driver = Driver::start();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(look))
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("a browser starts");
        let shots = in_target("screenshots").join(look.name);
        std::fs::create_dir_all(&shots).expect("target/ takes screenshots");
        let browser = Self {
            driver,
            client,
            look,
            base: format!("http://{}", server.addr()),
            shots,
            taken: 0,
        };
        browser.visit("/").await;
        browser
    }

    pub(super) async fn visit(&self, path: &str) {
        let address = format!("{}{path}", self.base);
        self.client.goto(&address).await.expect("a page");
    }

    /// The path of the page that is shown.
    pub(super) async fn path(&self) -> String {
        let address = self.client.current_url().await.expect("a page is shown");
        address.path().to_owned()
    }

    /// What this CSS selector finds, once it is there.
    pub(super) async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE);
        let found = wait.for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error} on {}", self.path().await),
        }
    }

    /// Follows a link or presses a button by what is written on it.
    pub(super) async fn press(&self, text: &str) {
        let xpath = format!("//*[self::a or self::button][normalize-space()='{text}']");
        let wait = self.client.wait().at_most(PATIENCE);
        let found = wait.for_element(Locator::XPath(&xpath)).await;
        let found = found.unwrap_or_else(|error| panic!("{text}: {error}"));
        found.click().await.expect("it can be pressed");
    }

    /// Types into the field with this name.
    pub(super) async fn fill(&self, name: &str, text: &str) {
        self.fill_in("main", name, text).await;
    }

    /// The same for a field of one part of the page.
    pub(super) async fn fill_in(&self, part: &str, name: &str, text: &str) {
        let field = self.find(&format!("{part} [name='{name}']")).await;
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it takes text");
    }

    /// What the element says once it says something that is meant.
    pub(super) async fn says(&self, css: &str, meant: impl Fn(&str) -> bool) -> String {
        let began = std::time::Instant::now();
        loop {
            // A page that is shown anew takes its elements along: there is an error then.
            let text = self.find(css).await.text().await;
            match text {
                Ok(text) if meant(&text) => return text,
                text => assert!(began.elapsed() < PATIENCE, "{css} says {text:?}"),
            }
        }
    }

    /// Types where the focus is.
    pub(super) async fn keys(&self, keys: &str) {
        let strokes = keys
            .chars()
            .flat_map(|value| [KeyAction::Down { value }, KeyAction::Up { value }].into_iter());
        let typed = strokes.fold(KeyActions::new("keyboard".to_owned()), KeyActions::then);
        let typed = self.client.perform_actions(typed).await;
        typed.expect("there is a keyboard");
    }

    /// Moves the focus on until it is at what has this name or text, and can be seen there.
    pub(super) async fn tab_to(&self, name: &str) {
        const TAB: &str = "\u{e004}";
        let focused = "const at = document.activeElement;
            const { outlineStyle, outlineWidth } = getComputedStyle(at);
            return [at.name || at.textContent.trim(), outlineStyle + ' ' + outlineWidth]";
        for _ in 0..60 {
            self.keys(TAB).await;
            let at = self.run(focused).await;
            if at[0] == name {
                assert_ne!(at[1], "none 0px", "nobody sees that {name} has the focus");
                return;
            }
        }
        panic!("no key leads to {name}");
    }

    /// What the script comes to.
    pub(super) async fn run(&self, script: &str) -> Value {
        let come = self.client.execute(script, Vec::new()).await;
        come.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Takes a picture, and holds the page against what keeps people from reading it.
    pub(super) async fn looked_at(&mut self, name: &str) {
        self.taken += 1;
        let file = format!("{:02}-{name}.png", self.taken);
        let picture = self.client.screenshot().await.expect("a picture");
        std::fs::write(self.shots.join(file), picture).expect("target/ takes screenshots");
        if !self.look.has_scripts {
            return;
        }
        let is_dark = self
            .run("return matchMedia('(prefers-color-scheme: dark)').matches")
            .await;
        assert_eq!(is_dark, self.look.is_dark);
        let widths = self
            .run("return [document.documentElement.scrollWidth, innerWidth]")
            .await;
        assert!(
            widths[0].as_u64() <= widths[1].as_u64(),
            "{name} is wider than the screen: {widths}"
        );
        let found = self.violations().await;
        assert_eq!(found, json!([]), "{name}: {found:#}");
    }

    /// What axe finds serious.
    async fn violations(&self) -> Value {
        let axe = in_target("axe/axe.min.js");
        let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| {
            panic!("{}: {error}; run tools/install.sh browser", axe.display())
        });
        self.run(&axe).await;
        let script = "const done = arguments[arguments.length - 1];
            const short = one => [one.id, one.help, one.nodes.map(node => node.html + ': ' + node.failureSummary)];
            axe.run(document, { resultTypes: ['violations'] }).then(
                found => done(found.violations
                    .filter(one => ['serious', 'critical'].includes(one.impact))
                    .map(short)),
                error => done(String(error)));";
        let found = self.client.execute_async(script, Vec::new()).await;
        found.expect("axe answers")
    }

    /// Ends it; the browser must not have complained of anything but the failing requests that are expected.
    pub(super) async fn close(self, expected: &[&str]) {
        let session = self.client.session_id().await.expect("a session");
        let log = format!(
            "http://127.0.0.1:{}/session/{}/se/log",
            self.driver.port,
            session.expect("a session")
        );
        let mut answer = ureq::post(&log)
            .send(r#"{"type":"browser"}"#)
            .expect("the driver keeps what the browser complains of");
        let answer = answer.body_mut().read_to_string().expect("UTF-8");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let lines = answer["value"].as_array().expect("a list");
        let complaints: Vec<&Value> = lines
            .iter()
            .filter(|line| {
                let message = line["message"].as_str().unwrap_or_default();
                line["level"] == "SEVERE" && !expected.iter().any(|part| message.contains(part))
            })
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        self.client.close().await.expect("the browser ends");
    }
}
