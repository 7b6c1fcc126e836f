//! What is wrong with a package, with the file and the line.

use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with a package.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The directory is no package.
    #[error("{} is no problem package: it has no problem.yaml", path.display())]
    NoPackage {
        /// The directory.
        path: PathBuf,
    },
}
