//! The configuration of `tribunal serve`: a TOML file, and flags that win over it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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
    /// A file of further languages, in the form of the built-in one.
    pub(crate) languages: Option<PathBuf>,
    /// Directories with headers that packages' programs may expect: `testlib.h`, `validate.h`.
    pub(crate) headers: Vec<PathBuf>,
    /// Invokers in this process.
    pub(crate) invokers: usize,
    /// Runners of each invoker; 0: one for each usable core, shared over the invokers.
    pub(crate) runners: usize,
    /// Boxes of each invoker; 0: twice the runners.
    pub(crate) executors: usize,
    /// Submissions that may wait; beyond it the front answers 503.
    pub(crate) queue_max: usize,
    /// Seconds that a stop gives to what is running.
    pub(crate) grace_seconds: u64,
    /// Threads of the front.
    pub(crate) web_workers: usize,
    /// Whether to judge on a host that cannot enforce every limit; results then say what is not enforced.
    pub(crate) allow_degraded: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("tribunal-data"),
            problems: Vec::new(),
            languages: None,
            headers: Vec::new(),
            invokers: 1,
            runners: 0,
            executors: 0,
            queue_max: 10_000,
            grace_seconds: 30,
            web_workers: 2,
            allow_degraded: false,
        }
    }
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
            .chain(&mut config.languages)
            .chain(&mut config.headers)
        {
            *inner = base.join(&*inner);
        }
        Ok(config)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text
                .bytes()
                .take(start)
                .filter(|&byte| byte == b'\n')
                .count()
                + 1;
            ConfigError::Parse {
                place: format!("{}:{line}", path.display()),
                message: error.message().to_owned(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
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
}
