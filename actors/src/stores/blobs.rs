//! Content-addressed files: `blobs/aa/<hex>`, with `blobs/scratch/` for what does not outlive the process and
//! `blobs/tmp/` for what is being written.
//!
//! A file appears under its name only when it is whole and has that hash, by a rename; a durable one only after its
//! bytes are on the disk. So a name is a promise, and only a failing disk can break it: readers hash what they read.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use nix::fcntl::OFlag;
use tribunal_problems::BlobId;

use super::dir::Dir;
use super::hashing::copy_hashing;
use super::{BlobContent, StoreError, StoredBlob};

/// Where a blob lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Flushed, and there after a restart.
    Durable,
    /// Beside the durable ones, but not flushed.
    Expendable,
    /// Gone at the next start.
    Scratch,
}

/// The directories of blobs.
#[derive(Debug)]
pub(super) struct Blobs {
    durable: Dir,
    scratch: Dir,
    temporary: Dir,
    temporary_next: AtomicU64,
    busy: Busy,
}

impl Blobs {
    /// Opens `blobs/` in the data directory and removes what a dead process has left half written or as scratch.
    pub(super) fn open(data: &Path) -> Result<Self, StoreError> {
        let open = || {
            let durable = Dir::open(data)?.make_sub("blobs")?;
            let scratch = durable.make_sub(SCRATCH)?;
            let temporary = durable.make_sub(TEMPORARY)?;
            scratch.empty()?;
            temporary.empty()?;
            Ok(Self {
                durable,
                scratch,
                temporary,
                temporary_next: AtomicU64::new(0),
                busy: Busy::default(),
            })
        };
        open().map_err(|source| failed(format!("open the blobs in {}", data.display()), source))
    }

    /// Opens `blobs/` in the data directory and leaves all as it is, for somebody who only looks.
    pub(super) fn open_as_found(data: &Path) -> Result<Self, StoreError> {
        let open = || {
            let durable = Dir::open(data)?.sub("blobs")?;
            Ok(Self {
                scratch: durable.sub(SCRATCH)?,
                temporary: durable.sub(TEMPORARY)?,
                durable,
                temporary_next: AtomicU64::new(0),
                busy: Busy::default(),
            })
        };
        open().map_err(|source| failed(format!("open the blobs in {}", data.display()), source))
    }

    /// Stores content. What is there already and intact is not written again; what is there and damaged is replaced.
    ///
    /// `claim` is called when the name is known, before anything of that name is looked for or removed.
    pub(super) fn store(
        &self,
        content: BlobContent,
        expected: Option<BlobId>,
        place: Place,
        claim: impl FnOnce(BlobId),
    ) -> Result<StoredBlob, StoreError> {
        let incoming = self.receive(content)?;
        let StoredBlob { id, size } = incoming.blob();
        if let Some(expected) = expected.filter(|&expected| expected != id) {
            return Err(StoreError::Unexpected {
                expected,
                found: id,
            });
        }
        let _busy = self.busy.with(id);
        claim(id);
        if let Some(place) = self.place_to_write(id, place)? {
            self.settle(incoming, place)
                .map_err(|source| failed(format!("store blob {id}"), source))?;
        }
        Ok(StoredBlob { id, size })
    }

    /// A file that has no name any more, for what is still to come.
    pub(super) fn unnamed(&self) -> Result<File, StoreError> {
        let create = || {
            let temporary = Temporary::create(self)?;
            temporary.file.try_clone()
        };
        create().map_err(|source| failed("create a file for an upload".to_owned(), source))
    }

    /// Opens a blob, wherever it is. Its content is not looked at.
    pub(super) fn open_blob(&self, id: BlobId) -> Result<File, StoreError> {
        // A scratch blob may become durable between two looks.
        for place in [Place::Durable, Place::Scratch, Place::Durable] {
            if let Some(found) = self.look(id, place)? {
                return Ok(found);
            }
        }
        Err(StoreError::Missing { id })
    }

    /// Opens a blob whose content has been compared with its name just now.
    pub(super) fn open_checked(&self, id: BlobId) -> Result<File, StoreError> {
        let file = self.open_blob(id)?;
        let found = hash(&file).map_err(|source| failed(format!("read blob {id}"), source))?;
        if found == id {
            Ok(file)
        } else {
            Err(StoreError::Damaged { id, found })
        }
    }

    /// Calls `claim`, then looks whether the blob is there with that many bytes, and where.
    pub(super) fn claim(
        &self,
        id: BlobId,
        size: u64,
        claim: impl FnOnce(BlobId),
    ) -> Result<(), StoreError> {
        let _busy = self.busy.with(id);
        claim(id);
        self.check_size(id, size)
    }

    /// Says what is wrong where the blob is not there with that many bytes.
    pub(super) fn check_size(&self, id: BlobId, expected: u64) -> Result<(), StoreError> {
        let file = self.open_blob(id)?;
        let found = file
            .metadata()
            .map_err(|source| failed(format!("measure blob {id}"), source))?
            .len();
        if found == expected {
            Ok(())
        } else {
            Err(StoreError::WrongSize {
                id,
                expected,
                found,
            })
        }
    }

    /// Makes a scratch blob a durable one; a durable one stays as it is.
    pub(super) fn make_durable(&self, id: BlobId) -> Result<(), StoreError> {
        let _busy = self.busy.with(id);
        if self.look(id, Place::Durable)?.is_some() {
            return self.flush(id);
        }
        let file = self.open_checked(id)?;
        let move_it = || {
            file.sync_all()?;
            let shard = self.durable.make_sub(&shard(id))?;
            self.scratch
                .rename_into(&id.to_string(), &shard, &id.to_string())?;
            shard.sync()
        };
        move_it().map_err(|source| failed(format!("make blob {id} durable"), source))
    }

    /// Removes a scratch blob, unless `claimed` says that somebody has claimed it meanwhile.
    pub(super) fn remove_scratch(
        &self,
        id: BlobId,
        claimed: impl FnOnce() -> bool,
    ) -> Result<(), StoreError> {
        let _busy = self.busy.with(id);
        if claimed() {
            return Ok(());
        }
        self.scratch
            .remove_file(&id.to_string())
            .map_err(|source| failed(format!("remove scratch blob {id}"), source))
    }

    /// Removes a durable blob.
    pub(super) fn remove_durable(&self, id: BlobId) -> Result<(), StoreError> {
        self.remove_durable_if(id, || Ok(true))
    }

    /// Removes a durable blob if `unwanted` says so; nobody stores it meanwhile.
    pub(super) fn remove_durable_if(
        &self,
        id: BlobId,
        unwanted: impl FnOnce() -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let _busy = self.busy.with(id);
        if !unwanted()? {
            return Ok(());
        }
        let remove = || self.durable.sub(&shard(id))?.remove_file(&id.to_string());
        remove().map_err(|source| failed(format!("remove blob {id}"), source))
    }

    /// The names of all durable blobs, in order. What has no blob's name is passed over.
    pub(super) fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        let list = || {
            let mut ids = Vec::new();
            let (shards, _) = self.durable.list()?;
            for shard in shards.iter().filter(|name| name.len() == SHARD_DIGITS) {
                let (_, names) = self.durable.sub(shard)?.list()?;
                ids.extend(names.iter().filter_map(|name| name.parse::<BlobId>().ok()));
            }
            Ok(ids)
        };
        list().map_err(|source| failed("list the blobs".to_owned(), source))
    }

    /// How many files have been begun since the start.
    #[cfg(test)]
    pub(super) fn written(&self) -> u64 {
        self.temporary_next.load(Ordering::Relaxed)
    }

    fn receive(&self, content: BlobContent) -> Result<Incoming<'_>, StoreError> {
        let file = match content {
            BlobContent::Bytes(bytes) => {
                let id = BlobId::of(&bytes);
                return Ok(Incoming::Bytes { id, bytes });
            }
            BlobContent::Open(file) => file,
            BlobContent::Path(path) => open_regular(&path)
                .map_err(|source| failed(format!("open {}", path.display()), source))?,
        };
        let copy = || {
            let temporary = Temporary::create(self)?;
            let (id, size) = copy_hashing(&file, &mut &temporary.file)?;
            Ok(Incoming::File {
                blob: StoredBlob { id, size },
                temporary,
            })
        };
        copy().map_err(|source| failed("copy a file into the store".to_owned(), source))
    }

    /// Gives the content its name.
    fn settle(&self, incoming: Incoming<'_>, place: Place) -> io::Result<()> {
        let id = incoming.blob().id;
        let temporary = match incoming {
            Incoming::File { temporary, .. } => temporary,
            Incoming::Bytes { bytes, .. } => {
                let mut temporary = Temporary::create(self)?;
                temporary.file.write_all(&bytes)?;
                temporary
            }
        };
        if place == Place::Scratch {
            return temporary.rename(&self.scratch, id);
        }
        if place == Place::Expendable {
            return temporary.rename(&self.durable.make_sub(&shard(id))?, id);
        }
        temporary.file.sync_all()?;
        let shard = self.durable.make_sub(&shard(id))?;
        temporary.rename(&shard, id)?;
        shard.sync()
    }

    /// Flushes a blob that may have been stored without.
    fn flush(&self, id: BlobId) -> Result<(), StoreError> {
        let flush = || {
            let shard = self.durable.sub(&shard(id))?;
            match shard.open_file(&id.to_string())? {
                Some(file) => file.sync_all().and_then(|()| shard.sync()),
                None => Err(io::ErrorKind::NotFound.into()),
            }
        };
        flush().map_err(|source| failed(format!("flush blob {id}"), source))
    }

    /// Where the blob has to be written, if at all. A damaged durable one is replaced even where scratch would do,
    /// since readers look there first.
    fn place_to_write(&self, id: BlobId, place: Place) -> Result<Option<Place>, StoreError> {
        match self.is_intact(id, Place::Durable)? {
            Some(true) if place == Place::Durable => self.flush(id).map(|()| None),
            Some(true) => Ok(None),
            Some(false) => Ok(Some(Place::Durable)),
            None if place != Place::Scratch => Ok(Some(place)),
            None => {
                let there = self.is_intact(id, Place::Scratch)?;
                Ok((there != Some(true)).then_some(Place::Scratch))
            }
        }
    }

    /// Whether the blob there is what its name says; `None` if there is none.
    fn is_intact(&self, id: BlobId, place: Place) -> Result<Option<bool>, StoreError> {
        let Some(file) = self.look(id, place)? else {
            return Ok(None);
        };
        let found = hash(&file).map_err(|source| failed(format!("read blob {id}"), source))?;
        if found != id {
            log::warn!("blob {id} is damaged: it is written again");
        }
        Ok(Some(found == id))
    }

    fn look(&self, id: BlobId, place: Place) -> Result<Option<File>, StoreError> {
        let look = || match place {
            Place::Scratch => self.scratch.open_file(&id.to_string()),
            Place::Durable | Place::Expendable => match self.durable.sub(&shard(id)) {
                Ok(shard) => shard.open_file(&id.to_string()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
        };
        look().map_err(|source| failed(format!("open blob {id}"), source))
    }
}

const SCRATCH: &str = "scratch";
const TEMPORARY: &str = "tmp";
const SHARD_DIGITS: usize = 2;

fn shard(id: BlobId) -> String {
    format!("{:02x}", id.as_bytes()[0])
}

fn failed(step: String, source: io::Error) -> StoreError {
    StoreError::Io { step, source }
}

/// Opens a file that somebody else has made; whatever lies there, opening does not wait for its other end.
fn open_regular(path: &Path) -> io::Result<File> {
    let without_waiting = OFlag::O_NONBLOCK.bits();
    let file = File::options()
        .read(true)
        .custom_flags(without_waiting)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(file)
}

/// Content whose name is known and that is not in its place yet.
enum Incoming<'a> {
    Bytes {
        id: BlobId,
        bytes: std::sync::Arc<[u8]>,
    },
    File {
        blob: StoredBlob,
        temporary: Temporary<'a>,
    },
}

impl Incoming<'_> {
    fn blob(&self) -> StoredBlob {
        match self {
            Self::Bytes { id, bytes } => StoredBlob {
                id: *id,
                size: bytes.len() as u64,
            },
            Self::File { blob, .. } => *blob,
        }
    }
}

/// A file without a lasting name; removed when dropped.
struct Temporary<'a> {
    blobs: &'a Blobs,
    name: String,
    file: File,
}

impl<'a> Temporary<'a> {
    fn create(blobs: &'a Blobs) -> io::Result<Self> {
        let name = blobs
            .temporary_next
            .fetch_add(1, Ordering::Relaxed)
            .to_string();
        let file = blobs.temporary.create_file(&name)?;
        Ok(Self { blobs, name, file })
    }

    fn rename(&self, to: &Dir, id: BlobId) -> io::Result<()> {
        self.blobs
            .temporary
            .rename_into(&self.name, to, &id.to_string())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.blobs.temporary.remove_file(&self.name) {
            log::warn!(
                "temporary file {} stays until the next start: {error}",
                self.name
            );
        }
    }
}

/// Hashes a file that somebody else has made.
pub(super) fn hash_path(path: &Path) -> Result<BlobId, StoreError> {
    open_regular(path)
        .and_then(|file| hash(&file))
        .map_err(|source| failed(format!("read {}", path.display()), source))
}

/// Hashes a file from its first byte to its last; its offset is not used.
fn hash(file: &File) -> io::Result<BlobId> {
    Ok(copy_hashing(file, &mut io::sink())?.0)
}

/// The names that somebody is working at, each at most once.
#[derive(Debug, Default)]
struct Busy {
    names: Mutex<BTreeSet<BlobId>>,
    freed: Condvar,
}

impl Busy {
    /// Waits until nobody works at this name.
    fn with(&self, id: BlobId) -> Working<'_> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        while !names.insert(id) {
            names = self
                .freed
                .wait(names)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Working { busy: self, id }
    }
}

struct Working<'a> {
    busy: &'a Busy,
    id: BlobId,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut names = self
            .busy
            .names
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        names.remove(&self.id);
        self.busy.freed.notify_all();
    }
}
