//! A judge's own process on a free port, and a client for it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The program under test.
pub(crate) const TRIBUNAL: &str = env!("CARGO_BIN_EXE_tribunal");

/// The examples that the repository brings.
pub(crate) fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))
}

/// A running judge; dropped, its process is ended.
pub(crate) struct Server {
    child: Child,
    addr: SocketAddr,
    admin_link: Option<String>,
    agent: ureq::Agent,
    _data: Option<tempfile::TempDir>,
}

/// What the judge answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

/// The arguments that serve the examples with this data directory.
pub(crate) fn serving<'a>(command: &'a mut Command, data: &Path) -> &'a mut Command {
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .arg("--problems")
        .arg(examples())
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Server {
    /// Starts a judge with the examples and a data directory of its own.
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().expect("a scratch directory");
        let mut server = Self::start_in(data.path(), &[]);
        server._data = Some(data);
        server
    }

    /// Starts a judge with the examples, this data directory and these further flags.
    pub(crate) fn start_in(data: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(TRIBUNAL);
        serving(&mut command, data).args(flags);
        Self::of(command)
    }

    /// Starts a judge for this contest, with a problem beside it, that knows Python alone. Its files and data are in `dir`.
    pub(crate) fn of_contest(dir: &Path, contest: &str) -> Self {
        let sum = examples().join("sum");
        let config = format!("only_languages = [\"python\"]\nproblems = [{sum:?}]\n");
        let (file, toml) = (dir.join("contest.yaml"), dir.join("tribunal.toml"));
        std::fs::write(&file, contest).expect("the contest's file");
        std::fs::write(&toml, config).expect("the configuration");
        let mut command = Command::new(TRIBUNAL);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(toml)
            .arg("--contest")
            .arg(file)
            .arg("--data")
            .arg(dir.join("data"));
        Self::of(command)
    }

    /// Starts a judge by this command, whose process becomes that of the judge.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the judge's process starts");
        let stdout = child.stdout.take().expect("standard output is piped");
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        reader
            .read_line(&mut line)
            .expect("the first line is UTF-8");
        // What there is more to say comes with it.
        let rest = String::from_utf8_lossy(reader.buffer());
        let link = rest.split_once("/password/");
        let admin_link = link.map(|(_, link)| format!("/password/{}", link.trim_end()));
        let addr = line
            .trim_end()
            .strip_prefix("listening on http")
            .and_then(|rest| rest.strip_prefix("s").unwrap_or(rest).strip_prefix("://"))
            .and_then(|addr| addr.parse().ok())
            .unwrap_or_else(|| panic!("the judge says where it listens, not {line:?}"));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        Self {
            child,
            addr,
            admin_link,
            agent,
            _data: None,
        }
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the first admin chooses a password, where there is none yet.
    pub(crate) fn admin_link(&self) -> &str {
        self.admin_link.as_deref().expect("there is no admin yet")
    }

    /// Asks anything.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a request");
        Answer::of(self.agent.run(request).expect("the judge answers"))
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a pid is small"))
    }

    /// Asks for a path.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let response = self.agent.get(self.url(path)).call();
        Answer::of(response.expect("the judge answers"))
    }

    /// Posts JSON.
    pub(crate) fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.post_bytes(path, "application/json", body.to_string().as_bytes())
    }

    /// Posts bytes of any kind.
    pub(crate) fn post_bytes(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let response = self
            .agent
            .post(self.url(path))
            .header("content-type", content_type)
            .send(body);
        Answer::of(response.expect("the judge answers"))
    }

    /// Opens a stream of events, whose lines come as they are sent.
    pub(crate) fn listen(&self, path: &str, cookie: &str) -> impl Iterator<Item = String> + use<> {
        let mut stream = TcpStream::connect(self.addr).expect("the judge is there");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("a time");
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\r\n",
            self.addr
        );
        stream.write_all(head.as_bytes()).expect("the judge reads");
        let mut lines = BufReader::new(stream)
            .lines()
            .map(|line| line.expect("a line"));
        assert_eq!(lines.next().as_deref(), Some("HTTP/1.1 200 OK"));
        lines
    }

    /// Signs in, as a browser does.
    pub(crate) fn sign_in(&self, name: &str, password: &str) -> SignedIn<'_> {
        let form = format!("name={name}&password={password}");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self.ask("POST", "/login", &headers, form.as_bytes());
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.headers["set-cookie"].to_str();
        let cookie = cookie.expect("a cookie is ASCII").split(';').next();
        let mut signed_in = SignedIn {
            server: self,
            cookie: cookie.expect("a cookie has a value").to_owned(),
            csrf: String::new(),
        };
        let me = signed_in.get("/api/me").json();
        let csrf = me["csrf_token"].as_str().expect("a session has its token");
        csrf.clone_into(&mut signed_in.csrf);
        signed_in
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        kill(self.pid(), Signal::SIGTERM).expect("the process is there");
        self.child.wait().expect("the process is ours")
    }

    /// Waits until it has stopped, as it was asked to.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("the process is ours")
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the process is there");
        self.child.wait().expect("the process is ours");
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }
}

/// Somebody who has signed in.
pub(crate) struct SignedIn<'a> {
    server: &'a Server,
    cookie: String,
    csrf: String,
}

impl SignedIn<'_> {
    /// Asks for a path.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let headers = [("cookie", &*self.cookie)];
        self.server.ask("GET", path, &headers, b"")
    }

    /// Opens a stream of events.
    pub(crate) fn listen(&self, path: &str) -> impl Iterator<Item = String> + use<> {
        self.server.listen(path, &self.cookie)
    }

    /// Posts JSON, as a page's script does.
    pub(crate) fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        let headers = [
            ("cookie", &*self.cookie),
            ("x-csrf-token", &*self.csrf),
            ("content-type", "application/json"),
        ];
        let body = body.to_string();
        self.server.ask("POST", path, &headers, body.as_bytes())
    }

    /// Sends a body of any kind, as a page's script does.
    pub(crate) fn send(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let headers = [
            ("cookie", &*self.cookie),
            ("x-csrf-token", &*self.csrf),
            ("content-type", content_type),
        ];
        self.server.ask(method, path, &headers, body)
    }
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let content_type = response
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let text = response.body_mut().read_to_string();
        Self {
            status: response.status().as_u16(),
            content_type,
            headers: response.headers().clone(),
            text: text.expect("the answer is UTF-8"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(self.pid(), Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}
