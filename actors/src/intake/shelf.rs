//! Where packages that were sent are kept, and which of them are served.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file that names those that are served.
const INSTALLED: &str = "installed.json";

/// The directory of packages.
#[derive(Debug, Clone)]
pub struct PackageShelf {
    root: PathBuf,
}

/// Why the packages that were installed cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum InstalledError {
    /// The file system refuses.
    #[error("use {}", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The list is not what was written.
    #[error("{} is no list of packages", path.display())]
    List {
        /// The list.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl PackageShelf {
    /// The shelf in this data directory.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self {
            root: data.join("packages"),
        }
    }

    /// Makes a directory for one more, and answers its number.
    pub(super) fn make_room(&self) -> Result<(u64, PathBuf), InstalledError> {
        let make = || {
            fs::create_dir_all(&self.root)?;
            let mut last = 0;
            for entry in fs::read_dir(&self.root)? {
                let name = entry?.file_name();
                last = last.max(name.to_string_lossy().parse().unwrap_or(0));
            }
            let dir = self.root.join((last + 1).to_string());
            fs::create_dir(&dir)?;
            Ok((last + 1, dir))
        };
        make().map_err(|source| self.failed(source))
    }

    /// The packages that are served, by their short names: where each is.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn installed(&self) -> Result<BTreeMap<String, PathBuf>, InstalledError> {
        let path = self.root.join(INSTALLED);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(source) => return Err(InstalledError::Io { path, source }),
        };
        let listed: Result<BTreeMap<String, PathBuf>, _> = serde_json::from_slice(&text);
        let listed = listed.map_err(|source| InstalledError::List { path, source })?;
        let absolute = |(name, path)| (name, self.root.join(path));
        Ok(listed.into_iter().map(absolute).collect())
    }

    /// Writes down that this package is served from now on, in the place of another of its name.
    pub(super) fn install(&self, name: &str, path: &Path) -> Result<(), InstalledError> {
        let mut installed = self.installed()?;
        installed.insert(name.to_owned(), path.to_owned());
        let relative: BTreeMap<&String, &Path> = installed
            .iter()
            .map(|(name, path)| (name, path.strip_prefix(&self.root).unwrap_or(path)))
            .collect();
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.root)?;
            serde_json::to_writer_pretty(&mut file, &relative)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(self.root.join(INSTALLED))?;
            fs::File::open(&self.root)?.sync_all()
        };
        write().map_err(|source| self.failed(source))
    }

    /// Removes the directories of packages that are not served. Nobody may be using them.
    ///
    /// # Errors
    /// The list or the directory cannot be read, or the disk does not allow it.
    pub fn tidy(&self) -> Result<(), InstalledError> {
        let installed = self.installed()?;
        let remove = || {
            let entries = match fs::read_dir(&self.root) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                entries => entries?,
            };
            for entry in entries {
                let path = entry?.path();
                let is_served = installed.values().any(|served| served.starts_with(&path));
                if path.is_dir() && !is_served {
                    fs::remove_dir_all(&path)?;
                }
            }
            Ok(())
        };
        remove().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> InstalledError {
        InstalledError::Io {
            path: self.root.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_stays_and_what_is_not_goes_at_the_next_start() {
        let data = tempfile::tempdir().unwrap();
        let shelf = PackageShelf::of(data.path());
        shelf.tidy().unwrap();
        assert!(shelf.installed().unwrap().is_empty());
        let (first, one) = shelf.make_room().unwrap();
        let (second, two) = shelf.make_room().unwrap();
        assert_eq!((first, second), (1, 2));
        shelf.install("sum", &one.join("unpacked/sum")).unwrap();
        shelf.install("sum", &two.join("unpacked/sum")).unwrap();
        shelf.tidy().unwrap();
        assert!(two.is_dir() && !one.exists());
        let installed = PackageShelf::of(data.path()).installed().unwrap();
        assert_eq!(installed["sum"], two.join("unpacked/sum"));
        assert_eq!(shelf.make_room().unwrap().0, 3);
    }

    #[test]
    fn a_list_that_is_damaged_is_said_to_be() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("packages")).unwrap();
        fs::write(data.path().join("packages/installed.json"), "[").unwrap();
        let error = PackageShelf::of(data.path()).installed().unwrap_err();
        assert!(error.to_string().contains("installed.json"), "{error}");
    }
}
