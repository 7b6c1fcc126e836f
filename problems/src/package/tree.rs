//! Reading a package's directory without ever leaving it: sorted listings, bounded files, no symbolic link to outside.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::error::{PackageError, Place};

/// Bytes of the largest text file (YAML, source) that is read.
pub(super) const TEXT_BYTES_MAX: u64 = 4 << 20;

const ENTRIES_MAX: usize = 100_000;
const NAME_BYTES_MAX: usize = 255;

/// A package's directory.
#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
}

/// An entry of a directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// Its path below the package.
    pub(super) path: String,
    /// Whether it is a directory.
    pub(super) is_dir: bool,
}

impl Tree {
    pub(super) fn new(path: &Path) -> Result<Self, PackageError> {
        let root = path.canonicalize().map_err(|source| PackageError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self { root })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The path of an entry on this host.
    pub(super) fn host_path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.host_path(path).exists()
    }

    /// Makes sure that a regular file is there, or a link to one inside of the package; a test's data is nothing else.
    pub(super) fn check_file(&self, path: &str) -> Result<(), PackageError> {
        if self.inside(path)?.is_file() {
            return Ok(());
        }
        Err(PackageError::content(path, "it is no regular file"))
    }

    /// The entries of a directory in the order of their names, bytewise; none if there is no such directory. Names
    /// that the formats do not allow (a leading dot or dash, blanks) are as good as absent.
    pub(super) fn entries(&self, path: &str) -> Result<Vec<Entry>, PackageError> {
        let host_path = self.host_path(path);
        if !host_path.is_dir() {
            return Ok(Vec::new());
        }
        let failed = |source| PackageError::Read {
            path: host_path.clone(),
            source,
        };
        let mut entries = Vec::new();
        for found in fs::read_dir(&host_path).map_err(failed)? {
            let name = found.map_err(failed)?.file_name();
            let Some(name) = name.to_str().filter(|name| is_allowed(name)) else {
                continue;
            };
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}/{name}")
            };
            let real = self.inside(&path)?;
            let is_dir = real.is_dir();
            if is_dir && self.host_path(&path).is_symlink() && host_path.starts_with(&real) {
                return Err(PackageError::content(
                    path,
                    "the symbolic link leads to a directory that it is in",
                ));
            }
            entries.push(Entry {
                name: name.to_owned(),
                path,
                is_dir,
            });
            if entries.len() > ENTRIES_MAX {
                return Err(PackageError::content(
                    path_of(&entries),
                    format!("more than {ENTRIES_MAX} entries in one directory"),
                ));
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// Every file below a directory, in the order of the paths.
    pub(super) fn files_below(&self, path: &str) -> Result<Vec<Entry>, PackageError> {
        let mut files = Vec::new();
        for entry in self.entries(path)? {
            if entry.is_dir {
                files.extend(self.files_below(&entry.path)?);
            } else {
                files.push(entry);
            }
        }
        Ok(files)
    }

    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, PackageError> {
        let host_path = self.inside(path)?;
        let failed = |source| PackageError::Read {
            path: host_path.clone(),
            source,
        };
        let mut bytes = Vec::new();
        let file = fs::File::open(&host_path).map_err(failed)?;
        file.take(TEXT_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > TEXT_BYTES_MAX {
            return Err(PackageError::content(
                path,
                format!("it is larger than {TEXT_BYTES_MAX} bytes"),
            ));
        }
        Ok(bytes)
    }

    /// A text file; `None` if there is none.
    pub(super) fn text(&self, path: &str) -> Result<Option<String>, PackageError> {
        if !self.has(path) {
            return Ok(None);
        }
        let text = String::from_utf8(self.read(path)?);
        text.map(Some)
            .map_err(|_| PackageError::content(path, "it is not UTF-8"))
    }

    /// The real path of an entry, which must not leave the package.
    fn inside(&self, path: &str) -> Result<PathBuf, PackageError> {
        let host_path = self.host_path(path);
        match host_path.canonicalize() {
            Ok(real) if real.starts_with(&self.root) => Ok(real),
            Ok(_) => Err(PackageError::content(
                path,
                "the symbolic link leaves the package",
            )),
            Err(source) => Err(PackageError::Read {
                path: host_path,
                source,
            }),
        }
    }
}

/// Reads a YAML text of this file; an empty one is an empty mapping.
pub(crate) fn yaml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, PackageError> {
    let is_blank = text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let text = if is_blank { "{}" } else { text };
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map(|location| location.line());
        let full = error.without_snippet().to_string();
        // The place is told apart from the message.
        let mut problem = full
            .rsplit_once(" at line ")
            .map_or(full.as_str(), |(message, _)| message)
            .to_owned();
        let shown = line.and_then(|line| {
            text.lines()
                .nth(usize::try_from(line).ok()?.checked_sub(1)?)
        });
        if let Some(shown) = shown
            .map(str::trim)
            .filter(|shown| !shown.is_empty() && *shown != "{}")
        {
            problem = format!("{problem} in `{shown}`");
        }
        PackageError::Content {
            place: Place {
                file: file.to_owned(),
                line,
            },
            problem,
        }
    })
}

/// `^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}$` (package-formats 5.1); a plus is allowed as well, for names such as `a.c++`.
fn is_allowed(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.len() <= NAME_BYTES_MAX
        && name.bytes().next().is_some_and(plain)
        && name
            .bytes()
            .all(|byte| plain(byte) || b".-+".contains(&byte))
}

fn path_of(entries: &[Entry]) -> String {
    entries
        .first()
        .and_then(|entry| entry.path.rsplit_once('/'))
        .map_or_else(|| ".".to_owned(), |(path, _)| path.to_owned())
}
