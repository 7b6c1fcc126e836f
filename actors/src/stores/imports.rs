//! Which files of packages are in the store already, and from which file a blob can be had again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};
use tribunal_problems::BlobId;

use super::{BlobContent, Durability, Shelf, StoreError};
use crate::chain::chain;
use crate::database::{Database, DatabaseError};

/// What is known of files of packages. A file that has another stamp since is stored again.
#[derive(Debug, Default)]
pub(super) struct Imports {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<PathBuf, Imported>,
    origins: HashMap<BlobId, PathBuf>,
}

#[derive(Debug, Clone, Copy)]
struct Imported {
    stamp: Stamp,
    blob: BlobId,
}

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: i64,
    modified_ns: i64,
    changed_ns: i64,
}

/// A package's file that is not what it was when it was stored, though its times say that nobody has changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotten {
    /// The file.
    pub path: PathBuf,
    /// What was stored, and is judged with.
    pub stored: BlobId,
}

impl Imports {
    /// What an earlier process has stored.
    pub(super) fn load(db: &Database) -> Result<Self, DatabaseError> {
        let imports = Self::default();
        for (path, imported) in db.read_blocking(select_imported)? {
            imports.put(path, imported);
        }
        Ok(imports)
    }

    /// From which file the blob can be had again.
    pub(super) fn origin(&self, blob: BlobId) -> Option<PathBuf> {
        self.lock().origins.get(&blob).cloned()
    }

    /// The blobs of files that are still there.
    pub(super) fn wanted(&self) -> BTreeSet<BlobId> {
        let state = self.lock();
        let there = state.known.iter().filter(|(path, _)| path.exists());
        there.map(|(_, imported)| imported.blob).collect()
    }

    fn known(&self, path: &Path, stamp: Stamp) -> Option<BlobId> {
        let state = self.lock();
        let known = state.known.get(path)?;
        (known.stamp == stamp).then_some(known.blob)
    }

    fn put(&self, path: PathBuf, imported: Imported) {
        let mut state = self.lock();
        state.origins.insert(imported.blob, path.clone());
        state.known.insert(path, imported);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// See [`ImportFiles`](super::ImportFiles).
    ///
    /// # Errors
    /// The first file that cannot be read or stored, and why.
    pub fn import_files(
        &self,
        paths: &[PathBuf],
    ) -> Result<BTreeMap<PathBuf, BlobId>, (PathBuf, StoreError)> {
        let mut blobs = BTreeMap::new();
        let mut fresh = Vec::new();
        for path in paths {
            let stamp = stamp(path);
            let known = stamp.and_then(|stamp| self.imports.known(path, stamp));
            let blob = match known {
                Some(blob) => blob,
                None => {
                    let content = BlobContent::Path(path.clone());
                    let stored = self.store_blob(content, None, Durability::Durable);
                    let blob = stored.map_err(|error| (path.clone(), error))?.id;
                    fresh.extend(stamp.map(|stamp| (path.clone(), Imported { stamp, blob })));
                    blob
                }
            };
            blobs.insert(path.clone(), blob);
        }
        self.remember(fresh);
        Ok(blobs)
    }

    /// That a row is not written costs a second reading after the next start, and nothing else.
    fn remember(&self, fresh: Vec<(PathBuf, Imported)>) {
        if fresh.is_empty() {
            return;
        }
        for (path, imported) in &fresh {
            self.imports.put(path.clone(), *imported);
        }
        let written = self.db.write_blocking(move |tx| {
            let mut insert = tx.prepare_cached(
                "INSERT OR REPLACE INTO package_files (path, size, modified_ns, changed_ns, blob) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (path, Imported { stamp, blob }) in &fresh {
                // A path that is no text is read again after each start.
                if let Ok(path) = std::str::from_utf8(path.as_os_str().as_bytes()) {
                    let (modified, changed) = (stamp.modified_ns, stamp.changed_ns);
                    let blob = blob.to_string();
                    insert.execute(params![path, stamp.size, modified, changed, blob])?;
                }
            }
            Ok(())
        });
        if let Err(error) = written {
            log::warn!("package files are read again next time: {}", chain(&error));
        }
    }
}

fn select_imported(db: &Connection) -> rusqlite::Result<Vec<(PathBuf, Imported)>> {
    let query = "SELECT path, size, modified_ns, changed_ns, blob FROM package_files";
    let rows: Vec<(String, Stamp, String)> = db
        .prepare(query)?
        .query_map([], |row| {
            let stamp = Stamp {
                size: row.get(1)?,
                modified_ns: row.get(2)?,
                changed_ns: row.get(3)?,
            };
            Ok((row.get(0)?, stamp, row.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let imported = rows.into_iter().filter_map(|(path, stamp, blob)| {
        let blob = blob.parse().ok()?;
        Some((PathBuf::from(path), Imported { stamp, blob }))
    });
    Ok(imported.collect())
}

/// Package files whose bytes differ from what was stored, though nobody has changed them.
pub(super) fn rotten_files(db: &Connection) -> Result<Vec<Rotten>, StoreError> {
    let mut rotten = Vec::new();
    for (path, imported) in select_imported(db).map_err(DatabaseError::Read)? {
        if stamp(&path) != Some(imported.stamp) {
            continue;
        }
        if super::blobs::hash_path(&path)? != imported.blob {
            let stored = imported.blob;
            rotten.push(Rotten { path, stored });
        }
    }
    rotten.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(rotten)
}

/// `None`: it cannot be looked at, which is reported when it is read.
fn stamp(path: &Path) -> Option<Stamp> {
    let found = path.metadata().ok()?;
    let since = |seconds: i64, nanoseconds: i64| {
        seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(nanoseconds)
    };
    Some(Stamp {
        size: i64::try_from(found.size()).unwrap_or(i64::MAX),
        modified_ns: since(found.mtime(), found.mtime_nsec()),
        changed_ns: since(found.ctime(), found.ctime_nsec()),
    })
}
