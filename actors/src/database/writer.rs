//! The one writer: groups of writes, one transaction and one flush each.
//!
//! There is no writer thread. Whoever finds writes waiting and nobody committing becomes the committer, until nothing
//! waits any more; what is queued while a commit runs is the next group. On the blocking pool this has the side effect
//! that a paused clock stands still until every answer is given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Savepoint, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::DatabaseError;

/// Bounds the wait of the first in a group.
const GROUP_MAX: usize = 512;

/// The write connection, and what waits for it.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Queue>,
    connection: Mutex<Connection>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Write>>,
    committing: bool,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            queue: Mutex::default(),
            connection: Mutex::new(connection),
        }
    }

    /// Puts a write in line. Nothing happens to it before the next [`commit_waiting`](Self::commit_waiting).
    pub(super) fn queue<T, F>(&self, work: F) -> oneshot::Receiver<Result<T, DatabaseError>>
    where
        T: Send + 'static,
        F: FnOnce(&Savepoint<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write = Waiting {
            work: Some(work),
            outcome: None,
            reply,
        };
        lock(&self.queue).waiting.push_back(Box::new(write));
        answer
    }

    /// [`commit_waiting`](Self::commit_waiting) on the blocking pool, unless somebody is at it.
    pub(super) fn commit_on_pool(this: &Arc<Self>) {
        if !lock(&this.queue).committing {
            let writer = Arc::clone(this);
            tokio::task::spawn_blocking(move || writer.commit_waiting());
        }
    }

    /// Commits until nothing waits; does nothing if somebody else is at it, who will then take what waits.
    pub(super) fn commit_waiting(&self) {
        let Some(turn) = Turn::take(self) else {
            return;
        };
        let mut connection = lock(&self.connection);
        while turn.goes_on() {
            commit_group(&mut connection, || lock(&self.queue).waiting.pop_front());
        }
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("waiting", &self.waiting.len())
            .field("committing", &self.committing)
            .finish()
    }
}

/// Being the committer. A panic of a write ends it as well, and drops what waits, so that nobody waits in vain.
struct Turn<'a> {
    writer: &'a Writer,
}

impl<'a> Turn<'a> {
    fn take(writer: &'a Writer) -> Option<Self> {
        let mut queue = lock(&writer.queue);
        if queue.committing || queue.waiting.is_empty() {
            return None;
        }
        queue.committing = true;
        Some(Self { writer })
    }

    /// Says whether there is another group. The turn is over in the same moment in which nothing waits.
    fn goes_on(&self) -> bool {
        let mut queue = lock(&self.writer.queue);
        queue.committing = !queue.waiting.is_empty();
        queue.committing
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = lock(&self.writer.queue);
            queue.committing = false;
            queue.waiting.clear();
        }
    }
}

/// One transaction: begins it, which may wait for a lock of somebody else, then takes what waits by now.
fn commit_group(connection: &mut Connection, mut next: impl FnMut() -> Option<Box<dyn Write>>) {
    let mut group = Vec::new();
    let committed = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => {
            run_group(transaction, &mut group, next).map_err(|source| log_failure("commit", source))
        }
        Err(source) => {
            group.extend(std::iter::from_fn(&mut next).take(GROUP_MAX));
            Err(log_failure("begin a transaction", source))
        }
    };
    for write in group {
        write.answer(committed.clone());
    }
}

fn run_group(
    mut transaction: Transaction<'_>,
    group: &mut Vec<Box<dyn Write>>,
    mut next: impl FnMut() -> Option<Box<dyn Write>>,
) -> rusqlite::Result<()> {
    while group.len() < GROUP_MAX
        && let Some(write) = next()
    {
        group.push(write);
        let write = group.last_mut().expect("it was pushed just now");
        write.run(&mut transaction)?;
    }
    transaction.commit()
}

fn log_failure(what: &str, source: rusqlite::Error) -> Arc<rusqlite::Error> {
    log::error!("the database does not {what}: {source}");
    Arc::new(source)
}

/// A write in line, whatever it answers.
trait Write: Send {
    /// Runs it in a savepoint. `Err` means that the transaction is gone, with all that was done before: a full disk
    /// makes SQLite roll back everything (sqlite.org/lang_transaction.html, "response to errors").
    fn run(&mut self, transaction: &mut Transaction<'_>) -> rusqlite::Result<()>;

    /// Tells the asker, once it is known whether the transaction is on the disk.
    fn answer(self: Box<Self>, committed: Result<(), Arc<rusqlite::Error>>);
}

struct Waiting<T, F> {
    work: Option<F>,
    outcome: Option<rusqlite::Result<T>>,
    reply: oneshot::Sender<Result<T, DatabaseError>>,
}

impl<T, F> Write for Waiting<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Savepoint<'_>) -> rusqlite::Result<T> + Send + 'static,
{
    fn run(&mut self, transaction: &mut Transaction<'_>) -> rusqlite::Result<()> {
        let work = self.work.take().expect("a write runs once");
        let outcome = transaction.savepoint().and_then(|savepoint| {
            let answer = work(&savepoint)?;
            savepoint.commit()?;
            Ok(answer)
        });
        self.outcome = Some(outcome);
        if transaction.is_autocommit() {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK),
                Some("another write of the same transaction failed".to_owned()),
            ));
        }
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Arc<rusqlite::Error>>) {
        let answer = match (self.outcome, committed) {
            (Some(Err(source)), _) => Err(DatabaseError::Write(source)),
            (_, Err(source)) => Err(DatabaseError::Commit(source)),
            (Some(Ok(answer)), Ok(())) => Ok(answer),
            (None, Ok(())) => Err(DatabaseError::Stopped),
        };
        // An asker who has gone away needs no answer.
        let _gone = self.reply.send(answer);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
