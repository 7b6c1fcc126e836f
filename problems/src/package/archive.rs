//! Packages as zip files: unpacked into a directory, and nothing of them trusted.
//!
//! A name may not leave the directory, nothing may be a link to outside, and what comes out is counted as it comes, since
//! the sizes that an archive states may be lies.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::PackageError;

/// Entries of an archive.
const ENTRIES_MAX: usize = 100_000;
/// Bytes of one file.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// Bytes of all files.
const BYTES_MAX: u64 = 4 << 30;
/// Bytes that come out of one byte of the archive; what is smaller than `SMALL` may be denser.
const RATIO_MAX: u64 = 1000;
const SMALL: u64 = 16 << 20;
const LINK_BYTES_MAX: u64 = 4096;
const NAME_BYTES_MAX: usize = 4096;

/// What may come out of an archive.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    entries: usize,
    file_bytes: u64,
    bytes: u64,
}

/// Unpacks a package into a new directory below `into`, which is named like the archive; answers where the package is.
/// An archive of one directory is that directory.
///
/// # Errors
/// The first entry that is refused, by its name; an archive that cannot be read; a disk that is full.
pub fn unpack(archive: &Path, into: &Path) -> Result<PathBuf, PackageError> {
    let bounds = Bounds {
        entries: ENTRIES_MAX,
        file_bytes: FILE_BYTES_MAX,
        bytes: BYTES_MAX,
    };
    let failed = |source| PackageError::Read {
        path: archive.to_owned(),
        source,
    };
    let file = File::open(archive).map_err(failed)?;
    let name = archive.file_stem().unwrap_or(archive.as_os_str());
    let root = into.join(name);
    fs::create_dir_all(&root).map_err(failed)?;
    Unpacking {
        root: &root,
        bounds,
        written: 0,
        names: BTreeSet::new(),
    }
    .all(file)?;
    Ok(inner_of(&root, name.to_str().unwrap_or_default()).unwrap_or(root))
}

/// Says whether a file is an archive, by its first bytes.
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    let mut head = [0_u8; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && (head == *b"PK\x03\x04" || head == *b"PK\x05\x06")
}

/// The one directory that everything is in; it keeps the archive's name where its own is none of a problem's.
fn inner_of(root: &Path, name: &str) -> Option<PathBuf> {
    let mut entries = fs::read_dir(root).ok()?;
    let only = entries.next()?.ok()?;
    let is_only = entries.next().is_none() && only.file_type().ok()?.is_dir();
    let known = ["data", "tests", "testdata", "submissions"];
    let inner = only.file_name();
    if !is_only || known.iter().any(|known| inner == *known) {
        return None;
    }
    if inner == name {
        return Some(only.path());
    }
    // Moved aside first, as the directory that it is to take the place of is its own parent.
    let aside = root.with_extension("unpacked");
    fs::rename(only.path(), &aside).ok()?;
    fs::remove_dir(root).ok()?;
    fs::rename(aside, root).ok()?;
    Some(root.to_owned())
}

struct Unpacking<'a> {
    root: &'a Path,
    bounds: Bounds,
    written: u64,
    names: BTreeSet<String>,
}

impl Unpacking<'_> {
    fn all(mut self, file: impl Read + Seek) -> Result<(), PackageError> {
        let mut archive =
            zip::ZipArchive::new(file).map_err(|error| broken("the archive", error))?;
        if archive.len() > self.bounds.entries {
            let first = archive
                .name_for_index(self.bounds.entries)
                .unwrap_or_default()
                .to_owned();
            let problem = format!("the archive has more than {} entries", self.bounds.entries);
            return Err(PackageError::content(shown(&first), problem));
        }
        for at in 0..archive.len() {
            let stated = archive.name_for_index(at).unwrap_or_default().to_owned();
            let entry = archive
                .by_index(at)
                .map_err(|error| broken(&shown(&stated), error))?;
            self.entry(entry)?;
        }
        Ok(())
    }

    fn entry(&mut self, mut entry: zip::read::ZipFile<'_, impl Read>) -> Result<(), PackageError> {
        let stated = entry.name_raw().to_vec();
        let Ok(name) = String::from_utf8(stated) else {
            return refused(&shown(entry.name()), "its name is not UTF-8");
        };
        let name = name.as_str();
        let Some(parts) = plain(name) else {
            return refused(&shown(name), "its name leads out of the package");
        };
        if parts.is_empty() {
            return Ok(());
        }
        let path = parts
            .iter()
            .fold(self.root.to_owned(), |path, part| path.join(part));
        let failed = |source| PackageError::Read {
            path: path.clone(),
            source,
        };
        if entry.encrypted() {
            return refused(&shown(name), "it is encrypted");
        }
        if entry.is_dir() {
            return fs::create_dir_all(&path).map_err(failed);
        }
        if !self.names.insert(parts.join("/")) {
            return refused(&shown(name), "there are two entries of this name");
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        if entry.is_symlink() {
            let mut target = String::new();
            let read = (&mut entry)
                .take(LINK_BYTES_MAX)
                .read_to_string(&mut target);
            read.map_err(|error| broken(&shown(name), error))?;
            if !stays_inside(&parts, &target) {
                return refused(&shown(name), "the symbolic link leaves the package");
            }
            return std::os::unix::fs::symlink(&target, &path).map_err(failed);
        }
        let is_special = entry.unix_mode().is_some_and(|mode| {
            let kind = mode & 0o170_000;
            kind != 0 && kind != 0o100_000
        });
        if is_special {
            return refused(
                &shown(name),
                "it is neither a file nor a directory nor a link",
            );
        }
        self.file(&mut entry, name, &path)
    }

    fn file(
        &mut self,
        entry: &mut zip::read::ZipFile<'_, impl Read>,
        name: &str,
        path: &Path,
    ) -> Result<(), PackageError> {
        let packed = entry.compressed_size().max(1);
        let executable = entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
        let failed = |source| PackageError::Read {
            path: path.to_owned(),
            source,
        };
        // A link of the archive may stand where the file is to be; nothing is written through it.
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(failed)?;
        let mut buffer = vec![0_u8; 64 << 10];
        let mut size = 0_u64;
        loop {
            let read = match entry.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(&shown(name), error)),
            };
            size += read as u64;
            self.written += read as u64;
            if size > self.bounds.file_bytes {
                let most = self.bounds.file_bytes;
                return refused(
                    &shown(name),
                    &format!("it unpacks to more than {most} bytes"),
                );
            }
            if self.written > self.bounds.bytes {
                let most = self.bounds.bytes;
                return refused(
                    &shown(name),
                    &format!("with it the archive unpacks to more than {most} bytes"),
                );
            }
            if size > SMALL && size / packed > RATIO_MAX {
                return refused(
                    &shown(name),
                    &format!("it unpacks to more than {RATIO_MAX} times its size"),
                );
            }
            file.write_all(&buffer[..read]).map_err(failed)?;
        }
        if executable {
            use std::os::unix::fs::PermissionsExt;
            file.set_permissions(fs::Permissions::from_mode(0o755))
                .map_err(failed)?;
        }
        Ok(())
    }
}

/// The parts of a relative name that stays where it is; `None` for all others.
fn plain(name: &str) -> Option<Vec<String>> {
    if name.len() > NAME_BYTES_MAX || name.starts_with('/') || name.contains(['\0', '\\']) {
        return None;
    }
    let parts = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    (!parts.iter().any(|part| part == "..")).then_some(parts)
}

/// Says whether a link stays in the package, wherever it is followed from.
fn stays_inside(link: &[String], target: &str) -> bool {
    if target.starts_with('/') || target.is_empty() || target.contains('\0') {
        return false;
    }
    let mut depth = link.len() - 1;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => depth += 1,
        }
    }
    true
}

fn refused<T>(name: &str, problem: &str) -> Result<T, PackageError> {
    Err(PackageError::content(name, problem))
}

fn broken(name: &str, error: impl std::fmt::Display) -> PackageError {
    PackageError::content(name, format!("it cannot be unpacked: {error}"))
}

/// A name of a stranger for a message.
fn shown(name: &str) -> String {
    let harmless = name.chars().map(|letter| {
        if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        }
    });
    harmless.take(200).collect()
}

#[cfg(test)]
mod tests;
