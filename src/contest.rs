//! A contest from its file: its problems found among those that are served, or opened beside the file.

use std::path::{Path, PathBuf};

use tribunal_actors::ContestConfig;
use tribunal_problems::{Contest, ContestError, ContestProblem, Languages, Package};

use crate::packages::{Packages, PackagesError};

/// Why a contest cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContestFileError {
    /// The file is wrong.
    #[error(transparent)]
    File(#[from] ContestError),
    /// A package that it names is broken.
    #[error(transparent)]
    Package(#[from] PackagesError),
    /// It names a language that is not known.
    #[error("{}: languages: there is no language {language:?}", file.display())]
    UnknownLanguage {
        /// The file.
        file: PathBuf,
        /// The language.
        language: String,
    },
}

/// Reads the contest, and adds to `served` those of its problems that are not there.
pub(crate) fn open(
    file: &Path,
    packages: &Packages,
    languages: &Languages,
    served: &mut Vec<Package>,
) -> Result<ContestConfig, ContestFileError> {
    let contest = Contest::read(file)?;
    for language in contest.languages.iter().flatten() {
        if languages.get(language.as_str()).is_none() {
            return Err(ContestFileError::UnknownLanguage {
                file: file.to_owned(),
                language: language.to_string(),
            });
        }
    }
    let mut problems: Vec<String> = Vec::with_capacity(contest.problems.len());
    for (index, problem) in contest.problems.iter().enumerate() {
        let wrong = |what: String| {
            let field = format!("problems[{index}].package");
            ContestError::at(&file.display().to_string(), problem.line, &field, what)
        };
        let id =
            find(file, problem, packages, served)?.ok_or_else(|| wrong(nowhere(file, problem)))?;
        if problems.contains(&id) {
            return Err(wrong(format!("the problem {id:?} is there twice")).into());
        }
        problems.push(id);
    }
    Ok(ContestConfig { contest, problems })
}

/// The short name of the problem, which is served from now on; `None`: there is none.
fn find(
    file: &Path,
    problem: &ContestProblem,
    packages: &Packages,
    served: &mut Vec<Package>,
) -> Result<Option<String>, PackagesError> {
    let Ok(path) = problem.path_beside(file).canonicalize() else {
        let named = served.iter().find(|one| one.short_name == problem.package);
        return Ok(named.map(|package| package.short_name.clone()));
    };
    let is_it = |package: &&Package| package.path.canonicalize().is_ok_and(|own| own == path);
    if let Some(package) = served.iter().find(is_it) {
        return Ok(Some(package.short_name.clone()));
    }
    let package = packages.open(&path)?;
    let id = package.short_name.clone();
    served.push(package);
    Ok(Some(id))
}

fn nowhere(file: &Path, problem: &ContestProblem) -> String {
    let path = problem.path_beside(file);
    format!(
        "there is nothing at {}, and no problem {:?} is served",
        path.display(),
        problem.package
    )
}

#[cfg(test)]
mod tests {
    use tribunal_problems::Headers;

    use super::*;

    fn opened(problems: &str, served: &[&str]) -> Result<(Vec<String>, usize), String> {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("contest.yaml");
        let text = format!(
            "name: n\nshort_name: n\nduration: 1:00:00\nkind: icpc\nlanguages: [c]\nproblems: {problems}\n"
        );
        std::fs::write(
            &file,
            text.replace("EXAMPLES", &examples.display().to_string()),
        )
        .unwrap();
        let languages = Languages::built_in();
        let packages = Packages::new(&languages, Headers::default());
        let open_one = |name: &&str| packages.open(&examples.join(name)).unwrap();
        let mut served: Vec<_> = served.iter().map(open_one).collect();
        let opened = open(&file, &packages, &languages, &mut served);
        let place = dir.path().display().to_string();
        opened
            .map(|config| (config.problems, served.len()))
            .map_err(|error| error.to_string().replace(&place, "DIR"))
    }

    #[test]
    fn a_problem_is_named_by_its_short_name_or_by_a_path_and_is_served_once() {
        let by_name = opened("[{label: A, package: sum}]", &["sum"]).unwrap();
        assert_eq!(by_name, (vec!["sum".to_owned()], 1));
        let by_path = "[{label: A, package: EXAMPLES/sum}, {label: B, package: EXAMPLES/words}]";
        let by_path = opened(by_path, &["sum"]).unwrap();
        assert_eq!(by_path, (vec!["sum".to_owned(), "words".to_owned()], 2));
    }

    #[test]
    fn what_is_not_there_or_twice_there_is_told_with_its_line() {
        let nowhere = opened("[{label: A, package: sum}]", &[]).unwrap_err();
        assert_eq!(
            nowhere,
            "DIR/contest.yaml:6: problems[0].package: there is nothing at DIR/sum, and no problem \"sum\" is served"
        );
        let twice = "[{label: A, package: sum}, {label: B, package: EXAMPLES/sum}]";
        let twice = opened(twice, &["sum"]).unwrap_err();
        assert_eq!(
            twice,
            "DIR/contest.yaml:6: problems[1].package: the problem \"sum\" is there twice"
        );
    }
}
