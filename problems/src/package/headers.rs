//! Files that jury programs expect to be there although no package brings them: the headers `testlib.h` and Kattis'
//! `validate.h`, and VIVA.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::PackageError;
use crate::source::SourceFile;

const BYTES_MAX: u64 = 4 << 20;

/// Where copies of well-known headers are, and of VIVA.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    directories: Vec<PathBuf>,
    found: BTreeMap<&'static str, Arc<[u8]>>,
}

impl Headers {
    /// The headers that are looked for.
    pub const KNOWN: [&'static str; 3] = ["testlib.h", "validate.h", "validation.h"];

    /// Kattis' VIVA, which runs `.viva` files.
    pub(super) const VIVA: &'static str = "viva.jar";

    /// Looks into these directories, the first of which wins. One that is not there has no header in it.
    #[must_use]
    pub fn in_directories(directories: &[PathBuf]) -> Self {
        let mut found = BTreeMap::new();
        for name in Self::KNOWN.into_iter().chain([Self::VIVA]) {
            let read = |directory: &PathBuf| read(&directory.join(name));
            if let Some(content) = directories.iter().find_map(read) {
                found.insert(name, content);
            }
        }
        Self {
            directories: directories.to_vec(),
            found,
        }
    }

    /// Adds the headers that the files include and do not bring.
    ///
    /// # Errors
    /// One that is nowhere, with where to put it.
    pub(super) fn add_to(
        &self,
        files: &mut Vec<SourceFile>,
        place: &dyn Fn(&str) -> String,
    ) -> Result<(), PackageError> {
        for header in Self::KNOWN {
            let is_there = |file: &SourceFile| file.name.rsplit('/').next() == Some(header);
            if files.iter().any(is_there) {
                continue;
            }
            let Some((name, line)) = files
                .iter()
                .find_map(|file| Some((&file.name, includes(file, header)?)))
            else {
                continue;
            };
            match self.found.get(header) {
                Some(content) => files.push(SourceFile::new(header, content.clone())),
                None => return Err(self.missing(header, place(name), line)),
            }
        }
        Ok(())
    }

    /// VIVA.
    ///
    /// # Errors
    /// It is nowhere: where to put it.
    pub(super) fn viva(&self) -> Result<SourceFile, String> {
        let name = Self::VIVA;
        match self.found.get(name) {
            Some(content) => Ok(SourceFile::new(name, content.clone())),
            None => Err(format!(
                "{name}, which runs it, is not known here; {}",
                self.place_for(name)
            )),
        }
    }

    fn missing(&self, header: &str, file: String, line: u64) -> PackageError {
        let put = self.place_for(header);
        let problem = format!(
            "{header} is missing: the package does not bring it, and no copy is known here; {put}"
        );
        PackageError::content(file, problem).at_line(line)
    }

    /// Where a file is to be put so that it is found.
    fn place_for(&self, name: &str) -> String {
        let places: Vec<String> = self
            .directories
            .iter()
            .map(|directory| directory.join(name).display().to_string())
            .collect();
        match places.as_slice() {
            [] => "name a directory that has it: --headers DIR, or headers in the configuration"
                .to_owned(),
            places => format!("put a copy at {}", places.join(" or ")),
        }
    }
}

fn read(path: &Path) -> Option<Arc<[u8]>> {
    let is_fitting =
        std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= BYTES_MAX);
    is_fitting
        .then(|| std::fs::read(path).ok())?
        .map(Into::into)
}

/// The line on which a file includes a header.
fn includes(file: &SourceFile, header: &str) -> Option<u64> {
    let text = String::from_utf8_lossy(&file.content);
    let found = text.lines().position(|line| {
        let line = line.trim_start();
        let is_include = line.starts_with('#') && line[1..].trim_start().starts_with("include");
        is_include
            && (line.contains(&format!("\"{header}\"")) || line.contains(&format!("<{header}>")))
    });
    found.map(|at| at as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_added_or_the_error_says_where_to_put_it() {
        let directory = tempfile::tempdir().unwrap();
        let headers = |names: &[&Path]| {
            let names: Vec<PathBuf> = names.iter().map(|name| name.to_path_buf()).collect();
            Headers::in_directories(&names)
        };
        let source = || {
            vec![SourceFile::new(
                "check.cpp",
                &b"#include <cmath>\n#include \"testlib.h\"\n"[..],
            )]
        };
        let place = |name: &str| format!("output_validator/{name}");
        let error = |headers: Headers| {
            headers
                .add_to(&mut source(), &place)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error(headers(&[])),
            "output_validator/check.cpp:2: testlib.h is missing: the package does not bring it, and no copy is known \
             here; name a directory that has it: --headers DIR, or headers in the configuration"
        );
        assert_eq!(
            error(headers(&[Path::new("/nowhere")])),
            "output_validator/check.cpp:2: testlib.h is missing: the package does not bring it, and no copy is known \
             here; put a copy at /nowhere/testlib.h"
        );
        std::fs::write(directory.path().join("testlib.h"), "// it").unwrap();
        let mut files = source();
        headers(&[directory.path()])
            .add_to(&mut files, &place)
            .unwrap();
        assert_eq!((files.len(), files[1].name.as_str()), (2, "testlib.h"));
        let mut own = source();
        own.push(SourceFile::new("testlib.h", &b"// own"[..]));
        headers(&[]).add_to(&mut own, &place).unwrap();
        assert_eq!(own.len(), 2);
    }
}
