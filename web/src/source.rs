//! The sources that a client sends, checked and named, and the field that is blamed for what is wrong with them.

use serde::{Deserialize, Serialize};
use tribunal_problems::{Language, SOURCE_BYTES_MAX, SourceError, SourceFile, check_sources};

use crate::problem_details::Problem;

/// One source file as JSON has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SourceText {
    /// The file's name.
    pub name: String,
    /// Its text.
    #[serde(alias = "code", alias = "source")]
    pub content: String,
}

/// The sources of one request: the text of one field, and files with names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// The main source, which has no name of its own.
    pub(crate) main: Option<&'a str>,
    /// What the request calls the field of the main source.
    pub(crate) main_field: &'static str,
    /// The field `files`.
    pub(crate) files: &'a [SourceText],
}

impl Sources<'_> {
    /// The files as the judge takes them, the main one first.
    ///
    /// # Errors
    /// A 4xx that names the field: nothing there, blank, too large, badly named.
    pub(crate) fn checked(self, language: &Language) -> Result<Vec<SourceFile>, Problem> {
        if self.main.is_some_and(|text| text.trim().is_empty()) {
            return Err(Problem::invalid(self.main_field, "the source is empty"));
        }
        let main = self
            .main
            .map(|text| SourceFile::new(language.source_name.as_str(), text.as_bytes()));
        let files: Vec<SourceFile> = main
            .into_iter()
            .chain(
                self.files
                    .iter()
                    .map(|file| SourceFile::new(file.name.as_str(), file.content.as_bytes())),
            )
            .collect();
        check_sources(&files, SOURCE_BYTES_MAX).map_err(|error| self.blame(&error))?;
        Ok(files)
    }

    fn blame(self, error: &SourceError) -> Problem {
        let detail = error.to_string();
        match error {
            SourceError::TooLarge { .. } => Problem::too_large(detail).at(self.larger_field()),
            SourceError::None => Problem::invalid(self.main_field, detail),
            SourceError::TooMany { .. } => Problem::invalid("files", detail),
            SourceError::Empty => Problem::invalid(self.larger_field(), detail),
            SourceError::Name { name, .. }
            | SourceError::Twice { name }
            | SourceError::InFile { name } => {
                Problem::invalid(self.file_field(name, "name"), detail)
            }
            SourceError::Nul { name, .. } | SourceError::NotUtf8 { name, .. } => {
                Problem::invalid(self.file_field(name, "content"), detail)
            }
        }
    }

    fn larger_field(self) -> &'static str {
        let of_files: usize = self.files.iter().map(|file| file.content.len()).sum();
        if self.main.is_some_and(|text| text.len() >= of_files) || self.files.is_empty() {
            self.main_field
        } else {
            "files"
        }
    }

    /// The last file of this name: where two have the same, the second is to blame.
    fn file_field(self, name: &str, member: &str) -> String {
        match self
            .files
            .iter()
            .rposition(|file| file.name.starts_with(name))
        {
            Some(index) => format!("files[{index}].{member}"),
            None => self.main_field.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tribunal_problems::Languages;

    use super::*;

    fn file(name: &str) -> SourceText {
        SourceText {
            name: name.to_owned(),
            content: "x".to_owned(),
        }
    }

    fn check(main: Option<&str>, files: &[SourceText], field: Option<&str>) {
        let languages = Languages::built_in();
        let sources = Sources {
            main,
            main_field: "code",
            files,
        };
        let refused = sources
            .checked(languages.get("c").expect("C is built in"))
            .err();
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
        check(Some("a\0b"), &[], Some("code"));
    }

    #[test]
    fn a_file_names_no_directory_above_and_no_option() {
        for name in ["", "../a.c", "/a.c", ".a", "-o", "a b", "a\0"] {
            check(None, &[file(name)], Some("files[0].name"));
        }
        check(
            Some("x"),
            &[file("a.c"), file("a.c")],
            Some("files[1].name"),
        );
        check(Some("x"), &[file("main.c")], Some("files[0].name"));
        check(
            Some("x"),
            &[file("main.c/a.c"), file("b.c")],
            Some("files[0].name"),
        );
    }

    #[test]
    fn a_large_source_is_refused() {
        let most = usize::try_from(SOURCE_BYTES_MAX).expect("a small number");
        let large = "x".repeat(most + 1);
        check(Some(&large), &[], Some("code"));
        check(Some(&large[1..]), &[], None);
        check(Some(&large[1..]), &[file("a.c")], Some("code"));
    }
}
