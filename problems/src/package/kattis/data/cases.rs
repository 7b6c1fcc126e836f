//! The cases of a package's self-tests: inputs and outputs that are right, or wrong on purpose.

use std::path::PathBuf;

use super::super::group_file::{GroupFile, Role, ValidatorArgs};
use super::{DEPTH_MAX, Reader};
use crate::package::error::PackageError;
use crate::package::model::PlacedFile;

#[derive(Debug)]
pub(in crate::package::kattis) struct InputCase {
    pub(in crate::package::kattis) name: String,
    pub(in crate::package::kattis) input: PathBuf,
    pub(in crate::package::kattis) files: Vec<PlacedFile>,
    pub(in crate::package::kattis) validator_args: Option<ValidatorArgs>,
    pub(in crate::package::kattis) args: Vec<String>,
    pub(in crate::package::kattis) valid: bool,
}

#[derive(Debug)]
pub(in crate::package::kattis) struct OutputCase {
    pub(in crate::package::kattis) name: String,
    pub(in crate::package::kattis) input: PathBuf,
    pub(in crate::package::kattis) answer: PathBuf,
    pub(in crate::package::kattis) output: PathBuf,
    pub(in crate::package::kattis) checker_args: Vec<String>,
    pub(in crate::package::kattis) valid: bool,
}

/// What is wrong with the cases of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CaseKind {
    InvalidInput,
    InvalidOutput,
    ValidOutput,
}

impl Reader<'_> {
    /// The cases of the package's self-tests.
    pub(super) fn cases(
        &mut self,
        path: &str,
        kind: CaseKind,
        from: &GroupFile,
        depth: usize,
    ) -> Result<(), PackageError> {
        if depth > DEPTH_MAX {
            return Err(PackageError::content(path, "the directories are too deep"));
        }
        let tree = self.reading.tree;
        let settings = self.group_file(path, Role::Group)?.inheriting(from);
        for entry in tree.entries(path)? {
            if entry.is_dir && !entry.name.ends_with(".files") {
                self.cases(&entry.path, kind, &settings, depth + 1)?;
            }
            let Some(base) = entry.path.strip_suffix(".in") else {
                continue;
            };
            tree.check_file(&entry.path)?;
            let own = self
                .file(&format!("{base}.yaml"), Role::Test)?
                .inheriting(&settings);
            let name = base.trim_start_matches("data/").to_owned();
            let input = tree.host_path(&entry.path);
            self.data.inputs.push(InputCase {
                name: name.clone(),
                input: input.clone(),
                files: self.files_of(base)?,
                validator_args: own.input_validator_args,
                args: own.args.unwrap_or_default(),
                valid: kind != CaseKind::InvalidInput,
            });
            if kind == CaseKind::InvalidInput {
                continue;
            }
            let file = |ending: &str| {
                let file = format!("{base}{ending}");
                if !tree.has(&file) {
                    let problem =
                        format!("the input has no file of the same name that ends in {ending}");
                    return Err(PackageError::content(&entry.path, problem));
                }
                tree.check_file(&file)?;
                Ok(tree.host_path(&file))
            };
            self.data.outputs.push(OutputCase {
                name,
                input,
                answer: file(".ans")?,
                output: file(".out")?,
                checker_args: own.checker_args.unwrap_or_default(),
                valid: kind == CaseKind::ValidOutput,
            });
        }
        Ok(())
    }
}
