//! Problem packages as the command line names them: a directory or a zip file, or a directory of them.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tribunal_problems::{Headers, Languages, Package, PackageError, is_archive, unpack};

/// Why the packages cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackagesError {
    /// The directory cannot be listed.
    #[error("list {}", path.display())]
    List {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// There is no package in it.
    #[error("{} is no problem package and has none in it", path.display())]
    None {
        /// The directory.
        path: PathBuf,
    },
    /// A package is broken.
    #[error("package {}", path.display())]
    Broken {
        /// The package.
        path: PathBuf,
        /// What is wrong with it.
        source: PackageError,
    },
}

/// How the directories begin in which archives are unpacked.
const UNPACKED: &str = "tribunal-packages-";

/// Reads packages; keeps what it unpacks as long as it lives.
pub(crate) struct Packages {
    languages: Languages,
    headers: Headers,
    /// Where `unpacked` is made.
    scratch: PathBuf,
    /// Made when the first archive is met. Only a process that is killed leaves it behind.
    unpacked: OnceCell<TempDir>,
}

/// Where a package is, and what it is or what is wrong with it.
pub(crate) type Tried = (PathBuf, Result<Package, PackageError>);

impl Packages {
    /// A reader with these languages and headers.
    pub(crate) fn new(languages: &Languages, headers: Headers) -> Self {
        Self::unpacking_in(std::env::temp_dir(), languages, headers)
    }

    /// The same, which unpacks archives in this directory.
    pub(crate) fn unpacking_in(scratch: PathBuf, languages: &Languages, headers: Headers) -> Self {
        Self {
            languages: languages.clone(),
            headers,
            scratch,
            unpacked: OnceCell::new(),
        }
    }

    /// A new directory for what an archive holds.
    fn room(&self) -> std::io::Result<TempDir> {
        let unpacked = match self.unpacked.get() {
            Some(unpacked) => unpacked,
            None => {
                std::fs::create_dir_all(&self.scratch)?;
                let made = tempfile::Builder::new()
                    .prefix(UNPACKED)
                    .tempdir_in(&self.scratch)?;
                self.unpacked.get_or_init(|| made)
            }
        };
        tempfile::tempdir_in(unpacked.path())
    }

    /// Removes what others have unpacked in the same directory and, being killed, left behind. Whoever calls this must
    /// know that no other is alive.
    pub(crate) fn sweep(&self) -> std::io::Result<()> {
        let entries = match std::fs::read_dir(&self.scratch) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        let own = self.unpacked.get().map(TempDir::path);
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(UNPACKED) && Some(path.as_path()) != own {
                std::fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }

    /// The packages in these directories, in the order of their paths.
    pub(crate) fn open_all(&self, dirs: &[PathBuf]) -> Result<Vec<Package>, PackagesError> {
        let opened = self.try_all(dirs)?.into_iter();
        let package = |(path, package): Tried| {
            package.map_err(|source| PackagesError::Broken { path, source })
        };
        opened.map(package).collect()
    }

    /// The same with the error of each package that is broken.
    pub(crate) fn try_all(&self, dirs: &[PathBuf]) -> Result<Vec<Tried>, PackagesError> {
        let mut packages = Vec::new();
        for dir in dirs {
            for path in self.paths_in(dir)? {
                let package = self.read(&path);
                packages.push((path, package));
            }
        }
        Ok(packages)
    }

    /// One package.
    pub(crate) fn open(&self, path: &Path) -> Result<Package, PackagesError> {
        self.read(path).map_err(|source| PackagesError::Broken {
            path: path.to_owned(),
            source,
        })
    }

    fn read(&self, path: &Path) -> Result<Package, PackageError> {
        if !path.is_file() {
            return Package::open_with(path, &self.languages, &self.headers);
        }
        let within = self.room().map_err(|source| {
            let path = self.scratch.clone();
            PackageError::Read { path, source }
        })?;
        // It goes with the directory around it.
        let root = unpack(path, &within.keep())?;
        Package::open_with(&root, &self.languages, &self.headers)
    }

    /// The path itself if it is a package, else the packages right below it.
    fn paths_in(&self, dir: &Path) -> Result<Vec<PathBuf>, PackagesError> {
        if dir.is_file() || has_marker(dir) {
            return Ok(vec![dir.to_owned()]);
        }
        let list = |source| PackagesError::List {
            path: dir.to_owned(),
            source,
        };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(list)? {
            let path = entry.map_err(list)?.path();
            if has_marker(&path) || (path.is_file() && is_archive(&path)) {
                found.push(path);
            }
        }
        // A plain directory has no marker; one that is broken says so itself.
        let is_none = |error: &PackageError| matches!(error, PackageError::NoPackage { .. });
        if found.is_empty() && !self.read(dir).is_err_and(|error| is_none(&error)) {
            return Ok(vec![dir.to_owned()]);
        }
        found.sort();
        if found.is_empty() {
            return Err(PackagesError::None {
                path: dir.to_owned(),
            });
        }
        Ok(found)
    }
}

fn has_marker(dir: &Path) -> bool {
    ["problem.yaml", "problem.xml"]
        .iter()
        .any(|file| dir.join(file).is_file())
}
