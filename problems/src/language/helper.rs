//! Programs of ours that a language's compile command runs in the box, for what no compiler does by itself.

use serde::{Deserialize, Serialize};

use crate::source::SourceFile;

/// A program that lies beside the sources while they are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Helper {
    /// Compiles Java sources, whatever their files are called, and finds the main class.
    Java,
}

impl Helper {
    /// Its name in the box; no submitted file can have it, since it starts with a dot.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Java => ".tribunal-compile.java",
        }
    }

    /// The file to put beside the sources.
    #[must_use]
    pub fn file(self) -> SourceFile {
        let text = match self {
            Self::Java => include_str!("../drivers/Compile.java"),
        };
        SourceFile::new(self.file_name(), text.as_bytes())
    }
}
