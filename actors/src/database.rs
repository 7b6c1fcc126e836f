//! The embedded database: what survives a kill.
//!
//! SQLite in WAL mode with synchronous FULL. There is one writer: every write that waits while a commit runs goes into
//! the next transaction, each in a savepoint of its own, and is answered only when that transaction is on the disk. So
//! a write costs a flush when it is alone and a fraction of one under load. A few read-only connections answer
//! questions meanwhile.
//!
//! One process per data directory: the file `tribunal.lock` is locked as long as the database is open, and names the
//! process.

mod lock;
mod readers;
mod schema;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, Savepoint};

use lock::DirectoryLock;
use readers::Readers;
use writer::Writer;

/// A handle of the database; clones share it. The lock is released when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    // Dropped in this order: the connections close before another process may open the file.
    readers: Readers,
    writer: Arc<Writer>,
    _lock: Option<DirectoryLock>,
}

impl Database {
    /// Opens the database at `path`, or makes it, and brings its schema up to date. Blocks.
    ///
    /// # Errors
    /// Another process has it open, its schema is newer than this program, or SQLite refuses.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let lock = DirectoryLock::take(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = open_connection(path, flags)?;
        set_durable(&connection).map_err(|source| opening(path, source))?;
        schema::migrate(&mut connection)?;
        Ok(Self {
            inner: Arc::new(Inner {
                readers: Readers::open(path)?,
                writer: Arc::new(Writer::new(connection)),
                _lock: Some(lock),
            }),
        })
    }

    /// Runs `work` in a transaction; when the answer comes, what it wrote is on the disk.
    ///
    /// `work` runs on the blocking pool together with others, in a savepoint of its own. A paused clock stands still
    /// until the answer is there.
    ///
    /// # Errors
    /// [`DatabaseError::Write`]: `work` failed, only its own changes are undone.
    /// [`DatabaseError::Commit`]: the whole transaction failed, nothing of it was written.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnOnce(&Savepoint<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let answer = self.inner.writer.queue(work);
        Writer::commit_on_pool(&self.inner.writer);
        answer.await.unwrap_or(Err(DatabaseError::Stopped))
    }

    /// [`write`](Self::write) for threads that may block.
    ///
    /// # Errors
    /// As for `write`.
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnOnce(&Savepoint<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let answer = self.inner.writer.queue(work);
        self.inner.writer.commit_waiting();
        answer
            .blocking_recv()
            .unwrap_or(Err(DatabaseError::Stopped))
    }

    /// Runs `work` on a read-only connection, on the blocking pool.
    ///
    /// # Errors
    /// [`DatabaseError::Read`]: `work` failed.
    pub async fn read<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.readers.with(work))
            .await
            .unwrap_or(Err(DatabaseError::Stopped))
    }

    /// [`read`](Self::read) for threads that may block.
    ///
    /// # Errors
    /// As for `read`.
    pub fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        self.inner.readers.with(work)
    }

    /// What SQLite finds wrong with the file, one sentence each; nothing if it is sound.
    ///
    /// # Errors
    /// The file cannot even be read.
    pub async fn integrity_check(&self) -> Result<Vec<String>, DatabaseError> {
        let mut found = self
            .read(|db| {
                db.prepare("PRAGMA integrity_check")?
                    .query_map([], |row| row.get::<_, String>(0))?
                    .collect::<rusqlite::Result<Vec<_>>>()
            })
            .await?;
        found.retain(|line| line != "ok");
        Ok(found)
    }
}

/// Opens the database for questions alone. It takes no lock: a judge may have the directory. Blocks.
///
/// # Errors
/// There is none, or its schema is not the one that this program knows.
pub(crate) fn open_read_only(path: &Path) -> Result<Connection, DatabaseError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open_connection(path, flags)?;
    schema::check(&connection).map(|()| connection)
}

/// Why the database does not answer.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Another process has the data directory.
    #[error("{path} is in use by process {pid}")]
    InUse {
        /// The lock file.
        path: PathBuf,
        /// Who has it.
        pid: String,
    },
    /// The lock file cannot be made.
    #[error("lock {path}")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite does not open the file.
    #[error("open database {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A newer program has written the file.
    #[error(
        "the database has schema {found}, this program knows up to {known}: use a newer program"
    )]
    NewerSchema {
        /// The file's schema.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// An older program has written the file.
    #[error(
        "the database has schema {found}, this program knows {known}: start a judge on it once"
    )]
    OlderSchema {
        /// The file's schema.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The schema cannot be brought up to date.
    #[error("bring the database to schema {to}")]
    Migrate {
        /// The schema that was not reached.
        to: u32,
        /// Why.
        source: rusqlite::Error,
    },
    /// A write failed alone.
    #[error("write to the database")]
    Write(#[source] rusqlite::Error),
    /// A transaction failed, with every write in it.
    #[error("commit to the database")]
    Commit(#[source] Arc<rusqlite::Error>),
    /// A question failed.
    #[error("read from the database")]
    Read(#[source] rusqlite::Error),
    /// The process is ending.
    #[error("the database has stopped")]
    Stopped,
}

fn open_connection(path: &Path, flags: OpenFlags) -> Result<Connection, DatabaseError> {
    let connection =
        Connection::open_with_flags(path, flags).map_err(|source| opening(path, source))?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(|source| opening(path, source))?;
    Ok(connection)
}

/// How long a lock of somebody else is waited for, such as that of a backup or of the `sqlite3` command.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

fn set_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn opening(path: &Path, source: rusqlite::Error) -> DatabaseError {
    DatabaseError::Open {
        path: path.to_owned(),
        source,
    }
}
