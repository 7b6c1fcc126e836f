//! Which languages can be judged on this host.

use std::path::Path;

use tribunal_problems::{Language, Languages};

use crate::problem_details::Problem;

/// The language of this name, if its toolchain is here.
///
/// # Errors
/// A 4xx on the field `language` that says what there is instead, or what installs the toolchain.
pub(crate) fn usable_language<'a>(
    languages: &'a Languages,
    name: &str,
) -> Result<&'a Language, Problem> {
    let Some(language) = languages.get(name) else {
        let known: Vec<&str> = languages
            .all()
            .filter(|language| language.toolchain(exists).is_ok())
            .map(|language| language.id.as_str())
            .collect();
        let shown: String = name.chars().take(40).collect();
        return Err(Problem::invalid(
            "language",
            format!(
                "there is no language {shown:?}; known here: {}",
                known.join(" ")
            ),
        ));
    };
    match language.toolchain(exists) {
        Ok(_) => Ok(language),
        Err(missing) => Err(Problem::invalid("language", missing.to_string())),
    }
}

/// Whether the host has this file.
pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}
