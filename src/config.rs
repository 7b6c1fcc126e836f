//! The configuration of `tribunal serve`: a TOML file, and flags that win over it.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tribunal_actors::NodeConfig;
use tribunal_web::limits::Bounds;
use tribunal_web::{AccessRules, Open, Serving, Tls, TlsError};

use crate::cli::IsolationArg;
use crate::logging::LogForm;

/// What a configuration file may say. Every key has a default; an unknown key is an error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the front listens.
    pub(crate) listen: SocketAddr,
    /// The data directory: database, blobs, boxes.
    pub(crate) data: PathBuf,
    /// Directories of problem packages, or of directories of them.
    pub(crate) problems: Vec<PathBuf>,
    /// The contest to serve, a `contest.yaml`.
    pub(crate) contest: Option<PathBuf>,
    /// A file of further languages, in the form of the built-in one.
    pub(crate) languages: Option<PathBuf>,
    /// The languages that are used, by their ids; without it, all whose toolchains are here. The fewer, the sooner the
    /// judge has started.
    pub(crate) only_languages: Option<Vec<String>>,
    /// Directories with headers that packages' programs may expect: `testlib.h`, `validate.h`, `viva.jar`.
    pub(crate) headers: Vec<PathBuf>,
    /// Invokers in this process.
    #[serde(deserialize_with = "within::<1, 64, _>")]
    pub(crate) invokers: usize,
    /// Runners of each invoker; 0: one for each usable core, shared over the invokers.
    #[serde(deserialize_with = "within::<0, 1024, _>")]
    pub(crate) runners: usize,
    /// Boxes of each invoker; 0: twice the runners.
    #[serde(deserialize_with = "within::<0, 4096, _>")]
    pub(crate) executors: usize,
    /// Boxes kept ready beside those in use; 0: one for each runner and one more.
    #[serde(deserialize_with = "within::<0, 200, _>")]
    pub(crate) ready_boxes: usize,
    /// How far apart the runs of a box are: `pooled`, or `fresh`.
    pub(crate) isolation: IsolationArg,
    /// How long a job is offered only to the invokers that have its result (`CacheTimeout`), in milliseconds; where
    /// nothing is said, 0 with one invoker, else 5.
    #[serde(deserialize_with = "timeout_ms")]
    pub(crate) cache_timeout_ms: Option<u64>,
    /// How long after that only to those that have its result or a dependency (`DepsTimeout`), in milliseconds; where
    /// nothing is said, 0 with one invoker, else 20.
    #[serde(deserialize_with = "timeout_ms")]
    pub(crate) deps_timeout_ms: Option<u64>,
    /// Submissions that may wait; beyond it the front answers 503.
    pub(crate) queue_max: usize,
    /// Submissions judged at once; 0: they are only stored, for a later start.
    pub(crate) builds_max: usize,
    /// Seconds that a stop gives to what is running.
    pub(crate) grace_seconds: u64,
    /// Threads of the front.
    pub(crate) web_workers: usize,
    /// The PEM file of the certificate, and of the key, with which the front speaks TLS; without them it is plain HTTP.
    pub(crate) tls_certificate: Option<PathBuf>,
    /// See `tls_certificate`.
    pub(crate) tls_key: Option<PathBuf>,
    /// Connections at once; those beyond wait.
    #[serde(deserialize_with = "within::<1, 100_000, _>")]
    pub(crate) connections_max: usize,
    /// Seconds within which the head of a request has to come.
    #[serde(deserialize_with = "within::<1, 3600, _>")]
    pub(crate) header_seconds_max: usize,
    /// Bytes of a request's header fields.
    #[serde(deserialize_with = "within::<1024, 65_536, _>")]
    pub(crate) header_bytes_max: usize,
    /// Seconds within which a body has to come.
    #[serde(deserialize_with = "within::<1, 3600, _>")]
    pub(crate) body_seconds_max: usize,
    /// Bytes of a body.
    #[serde(deserialize_with = "within::<1024, 268_435_456, _>")]
    pub(crate) body_bytes_max: usize,
    /// Bytes of a content that is sent to `/api/blobs`.
    pub(crate) blob_bytes_max: u64,
    /// From where `POST /run`, submissions and figures need no account: `loopback`, `nobody`, `everybody`.
    pub(crate) open: OpenArg,
    /// Proxies whose `X-Forwarded-For` names the client, beside those on this host.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// Requests a second of one account, or of one address where the judge is not open; 0: any number.
    pub(crate) requests_per_second: u32,
    /// The form of the log: `readable`, or `json`.
    pub(crate) log: LogForm,
    /// Whether to judge on a host that cannot enforce every limit; results then say what is not enforced.
    pub(crate) allow_degraded: bool,
}

impl Default for Config {
    fn default() -> Self {
        let bounds = Bounds::default();
        let seconds = |time: Duration| usize::try_from(time.as_secs()).unwrap_or(usize::MAX);
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("tribunal-data"),
            problems: Vec::new(),
            contest: None,
            languages: None,
            only_languages: None,
            headers: Vec::new(),
            invokers: 1,
            runners: 0,
            executors: 0,
            ready_boxes: 0,
            isolation: IsolationArg::Pooled,
            cache_timeout_ms: None,
            deps_timeout_ms: None,
            queue_max: 10_000,
            builds_max: 64,
            grace_seconds: 30,
            web_workers: 2,
            tls_certificate: None,
            tls_key: None,
            connections_max: bounds.connections_max,
            header_seconds_max: seconds(bounds.header_time_max),
            header_bytes_max: bounds.header_bytes_max,
            body_seconds_max: seconds(bounds.body_time_max),
            body_bytes_max: bounds.body_bytes_max,
            blob_bytes_max: bounds.blob_bytes_max,
            open: OpenArg::Loopback,
            trusted_proxies: Vec::new(),
            requests_per_second: AccessRules::default().requests_per_second,
            log: LogForm::Readable,
            allow_degraded: false,
        }
    }
}

/// From where what needs no account needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OpenArg {
    Nobody,
    Loopback,
    Everybody,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file says what it may not; `place` is `FILE:LINE`.
    #[error("{place}: {message}")]
    Parse {
        /// The file and the line.
        place: String,
        /// What is wrong there.
        message: String,
    },
}

/// Why the front cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsConfigError {
    /// Only one of two keys is there.
    #[error("{0} is set and {1} is not")]
    Alone(&'static str, &'static str),
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] TlsError),
}

impl Config {
    /// Reads a file; relative paths in it start at its own directory.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut config = Self::parse(&text, path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        for inner in std::iter::once(&mut config.data)
            .chain(&mut config.problems)
            .chain(&mut config.contest)
            .chain(&mut config.languages)
            .chain(&mut config.headers)
            .chain(&mut config.tls_certificate)
            .chain(&mut config.tls_key)
        {
            *inner = base.join(&*inner);
        }
        Ok(config)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(start).filter(|&byte| byte == b'\n');
            let line = line.count();
            let key = text.lines().nth(line).and_then(|line| line.split_once('='));
            let key = key.map_or("", |(key, _)| key.trim());
            let message = error.message();
            ConfigError::Parse {
                place: format!("{}:{}", path.display(), line + 1),
                message: if key.is_empty() || message.contains(key) {
                    message.to_owned()
                } else {
                    format!("{key}: {message}")
                },
            }
        })
    }

    /// Who may come in.
    pub(crate) fn access(&self) -> AccessRules {
        AccessRules {
            open: match self.open {
                OpenArg::Nobody => Open::Nobody,
                OpenArg::Loopback => Open::Loopback,
                OpenArg::Everybody => Open::Everybody,
            },
            trusted_proxies: self.trusted_proxies.clone(),
            requests_per_second: self.requests_per_second,
            secure: self.tls_certificate.is_some(),
        }
    }

    /// How the front is served.
    pub(crate) fn serving(&self) -> Result<Serving, TlsConfigError> {
        let tls = match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::read(certificate, key)?),
            (None, None) => None,
            (Some(_), None) => return Err(TlsConfigError::Alone("tls_certificate", "tls_key")),
            (None, Some(_)) => return Err(TlsConfigError::Alone("tls_key", "tls_certificate")),
        };
        let seconds = |seconds: usize| Duration::from_secs(seconds as u64);
        Ok(Serving {
            workers: self.web_workers,
            bounds: Bounds {
                connections_max: self.connections_max,
                header_time_max: seconds(self.header_seconds_max),
                header_bytes_max: self.header_bytes_max,
                body_time_max: seconds(self.body_seconds_max),
                body_bytes_max: self.body_bytes_max,
                blob_bytes_max: self.blob_bytes_max,
            },
            tls,
        })
    }

    /// What the judge's parts are told of this; the rest of it is as by default.
    pub(crate) fn node(&self) -> NodeConfig {
        let several = |count: usize| (count > 0).then_some(count);
        NodeConfig {
            invokers: self.invokers,
            runners: several(self.runners),
            executors: several(self.executors),
            ready_boxes: several(self.ready_boxes),
            isolation: self.isolation.into(),
            cache_timeout: self.cache_timeout_ms.map(Duration::from_millis),
            deps_timeout: self.deps_timeout_ms.map(Duration::from_millis),
            allow_degraded: self.allow_degraded,
            queue_max: self.queue_max,
            builds_max: self.builds_max,
            ..NodeConfig::new(&self.data)
        }
    }
}

/// Longer timeouts of the queues are taken for a slip.
const TIMEOUT_MS_MAX: u64 = 60_000;

fn within<'de, const MIN: u64, const MAX: u64, D: Deserializer<'de>>(
    value: D,
) -> Result<usize, D::Error> {
    let number = i64::deserialize(value)?;
    let in_range = u64::try_from(number).is_ok_and(|number| (MIN..=MAX).contains(&number));
    let number = in_range.then(|| usize::try_from(number).ok()).flatten();
    number.ok_or_else(|| D::Error::custom(format!("it must be from {MIN} to {MAX}")))
}

fn timeout_ms<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    let number = within::<0, TIMEOUT_MS_MAX, D>(value)?;
    Ok(u64::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use tribunal_sandbox::Isolation;

    use super::*;

    #[test]
    fn an_empty_file_is_the_default() {
        let config = Config::parse("", Path::new("t.toml")).expect("nothing is wrong");
        assert_eq!(config, Config::default());
    }

    #[test]
    fn an_unknown_key_names_file_and_line() {
        let error = Config::parse("runners = 2\n\nruners = 3\n", Path::new("t.toml"))
            .expect_err("the key is unknown");
        let text = error.to_string();
        assert!(
            text.starts_with("t.toml:3: unknown field `runers`"),
            "{text}"
        );
    }

    #[test]
    fn a_wrong_type_names_file_and_line() {
        let error = Config::parse("\ninvokers = \"two\"\n", Path::new("t.toml"))
            .expect_err("a number is expected");
        assert!(error.to_string().starts_with("t.toml:2: "), "{error}");
    }
    #[test]
    fn a_number_out_of_range_names_file_line_and_key() {
        for (line, wanted) in [
            (
                "cache_timeout_ms = -1",
                "cache_timeout_ms: it must be from 0 to 60000",
            ),
            (
                "deps_timeout_ms = 60001",
                "deps_timeout_ms: it must be from 0 to 60000",
            ),
            ("invokers = 0", "invokers: it must be from 1 to 64"),
            ("runners = 1025", "runners: it must be from 0 to 1024"),
        ] {
            let error = Config::parse(&format!("\n{line} # so many\n"), Path::new("t.toml"))
                .expect_err("it is out of range");
            assert_eq!(error.to_string(), format!("t.toml:2: {wanted}"));
        }
        for line in ["cache_timeout_ms = \"5ms\"", "deps_timeout_ms = 0.5"] {
            let error = Config::parse(line, Path::new("t.toml")).expect_err("it is no number");
            let key = line.split(' ').next().expect("there is a key");
            let text = error.to_string();
            assert!(
                text.starts_with(&format!("t.toml:1: {key}: invalid type")),
                "{text}"
            );
        }
    }

    #[test]
    fn boxes_are_as_many_and_as_far_apart_as_is_said() {
        let node = |text: &str| {
            let config = Config::parse(text, Path::new("t.toml")).expect("nothing is wrong");
            let node = config.node();
            (node.ready_boxes, node.isolation)
        };
        assert_eq!(node(""), (None, Isolation::Pooled));
        assert_eq!(
            node("ready_boxes = 5\nisolation = \"fresh\""),
            (Some(5), Isolation::Fresh)
        );
    }

    #[test]
    fn queues_have_no_timeouts_with_one_invoker_and_short_ones_with_more() {
        let timeouts = |text: &str| {
            let config = Config::parse(text, Path::new("t.toml")).expect("nothing is wrong");
            let (cache, deps) = config.node().timeouts();
            (cache.as_millis(), deps.as_millis())
        };
        assert_eq!(timeouts(""), (0, 0));
        assert_eq!(timeouts("invokers = 2"), (5, 20));
        assert_eq!(timeouts("invokers = 2\ncache_timeout_ms = 0"), (0, 20));
        assert_eq!(
            timeouts("cache_timeout_ms = 7\ndeps_timeout_ms = 60000"),
            (7, 60_000)
        );
    }
}
