//! Compilers and interpreters that some tests need, and how to get them.

use std::path::Path;

/// Executable, Debian package.
const PACKAGES: &[(&str, &str)] = &[
    ("/usr/bin/gcc", "gcc"),
    ("/usr/bin/g++", "g++"),
    ("/usr/bin/python3", "python3"),
    ("/usr/bin/pypy3", "pypy3"),
    ("/usr/bin/java", "default-jre-headless"),
    ("/usr/bin/javac", "default-jdk-headless"),
    ("/usr/bin/node", "nodejs"),
    ("/usr/bin/go", "golang-go"),
    ("/usr/bin/perl", "perl"),
    ("/bin/sh", "dash"),
];

/// Says which command installs the first that is not there.
pub(crate) fn missing(tools: &[&str]) -> Option<String> {
    let tool = tools.iter().find(|tool| !Path::new(tool).exists())?;
    let package = PACKAGES
        .iter()
        .find(|(path, _)| path == tool)
        .map_or("?", |(_, package)| *package);
    Some(format!(
        "{tool} is not installed: apt-get install -y --no-install-recommends {package}"
    ))
}

/// Says whether tests with tools are to be left out.
pub(crate) fn left_out() -> bool {
    std::env::var_os("TRIBUNAL_NO_TOOLS").is_some()
}
