//! A submitted file: a name that is safe to create in a box, and a content of bounded size.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest name, in bytes, folders included.
pub const NAME_LENGTH_MAX: usize = 255;

/// The most files that one submission may have.
pub const FILES_MAX: usize = 100;

/// The bytes of source that one submission may have where nothing else is configured: 256 KiB.
pub const SOURCE_BYTES_MAX: u64 = 256 << 10;

/// A submitted file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its path below the box's working directory, by the rule of [`SourceFile::check_name`].
    pub name: String,
    /// Its bytes.
    pub content: Arc<[u8]>,
}

impl SourceFile {
    /// A file whose name has been checked or is our own.
    #[must_use]
    pub fn new(name: impl Into<String>, content: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name: name.into(),
            content: content.into(),
        }
    }

    /// Checks a name: components of letters, digits, `_ . + -`, parted by `/`, none of which
    /// starts with a dot or a dash, so that no name leaves its directory or looks like an option.
    ///
    /// # Errors
    /// Says what is wrong with the name.
    pub fn check_name(name: &str) -> Result<(), SourceError> {
        let bad = |problem| {
            Err(SourceError::Name {
                name: name.chars().take(80).collect(),
                problem,
            })
        };
        if name.is_empty() {
            return bad("it is empty");
        }
        if name.len() > NAME_LENGTH_MAX {
            return bad("it is longer than 255 bytes");
        }
        for part in name.split('/') {
            if part.is_empty() || part == "." || part == ".." {
                return bad("it must be a plain relative path");
            }
            if part.starts_with(['.', '-', '+']) {
                return bad("no part of it may start with a dot, a dash or a plus");
            }
            if !part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte))
            {
                return bad("only ASCII letters, digits and _ . + - are allowed in it");
            }
        }
        Ok(())
    }
}

/// Checks a submission's files: some, not too many, not too large together, each well named and named once,
/// each UTF-8 without NUL and not empty.
///
/// # Errors
/// The first fault, naming its file.
pub fn check_sources(files: &[SourceFile], bytes_max: u64) -> Result<(), SourceError> {
    if files.is_empty() {
        return Err(SourceError::None);
    }
    if files.len() > FILES_MAX {
        return Err(SourceError::TooMany {
            count: files.len(),
            max: FILES_MAX,
        });
    }
    let bytes = files.iter().map(|file| file.content.len() as u64).sum();
    if bytes > bytes_max {
        return Err(SourceError::TooLarge {
            bytes,
            max: bytes_max,
        });
    }
    for (at, file) in files.iter().enumerate() {
        SourceFile::check_name(&file.name)?;
        if files[..at].iter().any(|earlier| earlier.name == file.name) {
            return Err(SourceError::Twice {
                name: file.name.clone(),
            });
        }
        if files[..at].iter().any(|earlier| {
            lies_below(&file.name, &earlier.name) || lies_below(&earlier.name, &file.name)
        }) {
            return Err(SourceError::InFile {
                name: file.name.clone(),
            });
        }
        check_text(file)?;
    }
    if files
        .iter()
        .all(|file| file.content.iter().all(u8::is_ascii_whitespace))
    {
        return Err(SourceError::Empty);
    }
    Ok(())
}

/// Says whether the first name needs a directory of the second name.
fn lies_below(name: &str, directory: &str) -> bool {
    name.strip_prefix(directory)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn check_text(file: &SourceFile) -> Result<(), SourceError> {
    let name = || file.name.clone();
    if let Some(offset) = file.content.iter().position(|&byte| byte == 0) {
        return Err(SourceError::Nul {
            name: name(),
            offset,
        });
    }
    match std::str::from_utf8(&file.content) {
        Ok(_) => Ok(()),
        Err(fault) => Err(SourceError::NotUtf8 {
            name: name(),
            offset: fault.valid_up_to(),
        }),
    }
}

/// What is wrong with submitted files.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// There is no file.
    #[error("there is no source file")]
    None,
    /// Every file is blank.
    #[error("the source is empty")]
    Empty,
    /// More files than allowed.
    #[error("{count} source files are more than the {max} that are allowed")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many may be.
        max: usize,
    },
    /// More bytes than allowed.
    #[error("the source has {bytes} bytes, {max} are allowed")]
    TooLarge {
        /// Bytes in all files.
        bytes: u64,
        /// Bytes allowed.
        max: u64,
    },
    /// A name that is not safe.
    #[error("the file name {name:?} cannot be used: {problem}")]
    Name {
        /// The name, cut to 80 characters.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// One name for two files.
    #[error("two source files are named {name:?}")]
    Twice {
        /// The name.
        name: String,
    },
    /// A file where another needs a directory.
    #[error(
        "{name:?} and another source file cannot be there together: one is in a directory named as the other"
    )]
    InFile {
        /// The name.
        name: String,
    },
    /// A NUL byte.
    #[error("{name} has a NUL byte at offset {offset}")]
    Nul {
        /// The file.
        name: String,
        /// Where it is, in bytes.
        offset: usize,
    },
    /// Not UTF-8.
    #[error("{name} is not UTF-8 from offset {offset} on")]
    NotUtf8 {
        /// The file.
        name: String,
        /// The first bad byte.
        offset: usize,
    },
}

impl SourceError {
    /// The field of a request that is at fault, for problem-details.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name { .. } | Self::Twice { .. } | Self::InFile { .. } | Self::TooMany { .. } => {
                "files"
            }
            _ => "source",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: &[u8]) -> SourceFile {
        SourceFile::new(name, content)
    }

    #[test]
    fn plain_relative_names_pass() {
        for name in [
            "main.c",
            "a/b/c.h",
            "Main.java",
            "x",
            "_a-b+c.1.py",
            "__main__.py",
        ] {
            assert_eq!(SourceFile::check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_leave_the_box_or_look_like_options_do_not() {
        let long = "a".repeat(256);
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            ".hidden",
            "-o",
            "a/-x",
            "+x",
            "a b",
            "a\nb",
            "é.c",
            "a\\b",
            &long,
        ] {
            assert!(SourceFile::check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn no_file_is_where_another_needs_a_directory() {
        let check = |names: [&str; 2]| check_sources(&names.map(|name| file(name, b"x")), 10);
        assert_eq!(check(["a.c", "a.cc"]), Ok(()));
        assert_eq!(check(["lib/a.c", "lib/b.c"]), Ok(()));
        for names in [["a", "a/b"], ["a/b", "a"], ["a", "a/b/c"]] {
            let name = names[1].to_owned();
            assert_eq!(check(names), Err(SourceError::InFile { name }), "{names:?}");
        }
    }

    #[test]
    fn each_fault_of_the_sources_is_named() {
        let check =
            |files: &[SourceFile]| check_sources(files, 10).map_err(|error| error.to_string());
        assert_eq!(check(&[file("a.c", b"int x;")]), Ok(()));
        assert_eq!(check(&[]), Err("there is no source file".into()));
        assert_eq!(
            check(&[file("a.c", b" \n")]),
            Err("the source is empty".into())
        );
        assert_eq!(
            check(&[file("a.c", b"12345678901")]),
            Err("the source has 11 bytes, 10 are allowed".into())
        );
        assert_eq!(
            check(&[file("a.c", b"x"), file("a.c", b"y")]),
            Err("two source files are named \"a.c\"".into())
        );
        assert_eq!(
            check(&[file("a.c", b"a\0b")]),
            Err("a.c has a NUL byte at offset 1".into())
        );
        assert_eq!(
            check(&[file("a.c", b"ab\xff")]),
            Err("a.c is not UTF-8 from offset 2 on".into())
        );
        let many: Vec<_> = (0..101).map(|n| file(&format!("f{n}"), b"")).collect();
        assert_eq!(
            check(&many),
            Err("101 source files are more than the 100 that are allowed".into())
        );
    }
}
