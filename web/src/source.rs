//! The sources that a client sends, and what of them this judge refuses.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::limits::{FILE_NAME_BYTES_MAX, SOURCE_BYTES_MAX, SOURCE_FILES_MAX};
use crate::problem_details::Problem;

/// One source file as JSON has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// The file's name, without directories.
    pub name: String,
    /// Its text.
    #[serde(alias = "code", alias = "source")]
    pub content: String,
}

/// Refuses sources that are empty, too large or badly named; `main` is the text of the field `main_field`.
///
/// # Errors
/// A 4xx that names the field.
pub(crate) fn check_sources(
    main: Option<&str>,
    main_field: &str,
    files: &[SourceText],
) -> Result<(), Problem> {
    match main {
        Some(text) if text.trim().is_empty() => {
            return Err(Problem::invalid(main_field, "the source is empty"));
        }
        None if files.is_empty() => {
            return Err(Problem::invalid(main_field, "there is no source"));
        }
        _ => {}
    }
    if files.len() > SOURCE_FILES_MAX {
        return Err(Problem::invalid(
            "files",
            format!("more than {SOURCE_FILES_MAX} files"),
        ));
    }
    let mut names = BTreeSet::new();
    for (index, file) in files.iter().enumerate() {
        check_name(&file.name, &format!("files[{index}].name"))?;
        if !names.insert(file.name.as_str()) {
            return Err(Problem::invalid(
                format!("files[{index}].name"),
                "another file has the same name",
            ));
        }
    }
    if main.is_none() && files.iter().all(|file| file.content.trim().is_empty()) {
        return Err(Problem::invalid("files[0].content", "the source is empty"));
    }
    let bytes = main.map_or(0, str::len)
        + files.iter().map(|file| file.content.len()).sum::<usize>();
    if bytes > SOURCE_BYTES_MAX {
        let field = if main.is_some_and(|text| text.len() > SOURCE_BYTES_MAX) || files.is_empty() {
            main_field
        } else {
            "files"
        };
        return Err(Problem::too_large(format!(
            "the source has {bytes} bytes, more than {SOURCE_BYTES_MAX}"
        ))
        .at(field));
    }
    Ok(())
}

/// A name becomes a file in the box: no directory, nothing hidden, nothing that a compiler takes for an option.
fn check_name(name: &str, field: &str) -> Result<(), Problem> {
    let letters_fit = name.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'$')
    });
    let starts_well = name
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_');
    if letters_fit && starts_well && name.len() <= FILE_NAME_BYTES_MAX {
        Ok(())
    } else {
        Err(Problem::invalid(
            field,
            "a file's name has letters, digits and `._-+$`, begins with a letter, digit or `_`, and names no \
             directory",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> SourceText {
        SourceText {
            name: name.to_owned(),
            content: "x".to_owned(),
        }
    }

    fn check(main: Option<&str>, files: &[SourceText], field: Option<&str>) {
        let refused = check_sources(main, "code", files).err();
        assert_eq!(
            refused.as_ref().and_then(Problem::field),
            field,
            "{refused:?}"
        );
    }

    #[test]
    fn a_source_is_there_and_not_empty() {
        check(Some("x"), &[], None);
        check(None, &[file("a.c")], None);
        check(None, &[], Some("code"));
        check(Some(" \n"), &[], Some("code"));
    }

    #[test]
    fn a_file_names_no_directory_and_no_option() {
        for name in ["", "../a.c", "/a.c", "a/b.c", ".a", "-o", "a b", "a\0"] {
            check(None, &[file(name)], Some("files[0].name"));
        }
        check(
            Some("x"),
            &[file("a.c"), file("a.c")],
            Some("files[1].name"),
        );
    }

    #[test]
    fn a_large_source_is_refused() {
        let large = "x".repeat(SOURCE_BYTES_MAX + 1);
        check(Some(&large), &[], Some("code"));
        check(Some(&large[1..]), &[], None);
        check(Some(&large[1..]), &[file("a.c")], Some("files"));
    }
}
