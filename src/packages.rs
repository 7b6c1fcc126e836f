//! Problem packages as the command line names them: one, or a directory of them.

use std::path::{Path, PathBuf};

use tribunal_problems::{Headers, Languages, Package, PackageError};

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

/// The packages in these directories, in the order of their paths.
pub(crate) fn open_all(
    dirs: &[PathBuf],
    languages: &Languages,
    headers: &Headers,
) -> Result<Vec<Package>, PackagesError> {
    let opened = try_all(dirs, languages, headers)?.into_iter();
    let package =
        |(path, package): Tried| package.map_err(|source| PackagesError::Broken { path, source });
    opened.map(package).collect()
}

/// Where a package is, and what it is or what is wrong with it.
pub(crate) type Tried = (PathBuf, Result<Package, PackageError>);

/// The same with the error of each package that is broken.
pub(crate) fn try_all(
    dirs: &[PathBuf],
    languages: &Languages,
    headers: &Headers,
) -> Result<Vec<Tried>, PackagesError> {
    let mut packages = Vec::new();
    for dir in dirs {
        for path in package_dirs(dir)? {
            let package = Package::open_with(&path, languages, headers);
            packages.push((path, package));
        }
    }
    Ok(packages)
}

/// One package.
pub(crate) fn open(
    path: &Path,
    languages: &Languages,
    headers: &Headers,
) -> Result<Package, PackagesError> {
    Package::open_with(path, languages, headers).map_err(|source| PackagesError::Broken {
        path: path.to_owned(),
        source,
    })
}

/// The directory itself if it is a package, else the packages right below it.
fn package_dirs(dir: &Path) -> Result<Vec<PathBuf>, PackagesError> {
    if is_package(dir) {
        return Ok(vec![dir.to_owned()]);
    }
    let list = |source| PackagesError::List {
        path: dir.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(list)? {
        let path = entry.map_err(list)?.path();
        if is_package(&path) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(PackagesError::None {
            path: dir.to_owned(),
        });
    }
    Ok(found)
}

fn is_package(dir: &Path) -> bool {
    dir.join("problem.yaml").is_file()
}
