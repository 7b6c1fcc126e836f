//! One process per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::DatabaseError;

/// A `flock` on a file beside the database. The file stays when the lock goes: removing it would let two processes
/// lock two files of one name.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Locks `tribunal.lock` for `tribunal.db` and writes the process's id into it.
    pub(super) fn take(database: &Path) -> Result<Self, DatabaseError> {
        let path = database.with_extension("lock");
        let failed = |source| DatabaseError::Lock {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        lock(&mut file, &path)?;
        write_pid(&mut file).map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for DirectoryLock {
    /// Unlocks and does not just close: a child that is just being started has the descriptor as well.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            log::warn!("the data directory stays locked until the process ends: {error}");
        }
    }
}

/// How long the children of a killed process may take to die; they hold its lock as long as they live.
const DYING_MAX: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

fn lock(file: &mut File, path: &Path) -> Result<(), DatabaseError> {
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => {
                let path = path.to_owned();
                return Err(DatabaseError::Lock { path, source });
            }
            Err(TryLockError::WouldBlock) => {
                let pid = read_pid(file);
                if waited >= DYING_MAX || is_alive(&pid) {
                    let path = path.to_owned();
                    return Err(DatabaseError::InUse { path, pid });
                }
            }
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the database is opened before any actor runs"
        )]
        std::thread::sleep(POLL);
        waited += POLL;
    }
}

fn read_pid(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    match read {
        Ok(1..) => text.trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn is_alive(pid: &str) -> bool {
    // Between the lock and the writing of the pid the file is empty: somebody is just starting.
    pid.parse::<u32>().is_err() || PathBuf::from(format!("/proc/{pid}")).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_refused_with_the_pid_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tribunal.db");
        let first = DirectoryLock::take(&path).unwrap();
        match DirectoryLock::take(&path) {
            Err(DatabaseError::InUse { pid, .. }) => {
                assert_eq!(pid, std::process::id().to_string());
            }
            other => panic!("{other:?}"),
        }
        drop(first);
        DirectoryLock::take(&path).unwrap();
    }

    #[test]
    fn the_lock_of_a_killed_process_is_waited_for_while_its_children_die() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tribunal.db");
        let first = DirectoryLock::take(&path).unwrap();
        let mut dead = std::process::Command::new("true").spawn().unwrap();
        dead.wait().unwrap();
        std::fs::write(path.with_extension("lock"), dead.id().to_string()).unwrap();
        let second = std::thread::scope(|scope| {
            let second = scope.spawn(|| DirectoryLock::take(&path));
            drop(first);
            second.join().unwrap()
        });
        second.unwrap();
    }
}
