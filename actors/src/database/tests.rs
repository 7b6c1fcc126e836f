//! The database: what is on the disk when a write is answered for, who is alone, what old files become.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::TransactionBehavior;
use tempfile::TempDir;

use super::*;
use crate::paused::paused;

fn fresh() -> (TempDir, Database) {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&path(&dir)).unwrap();
    db.write_blocking(|tx| tx.execute_batch("CREATE TABLE t (x INTEGER PRIMARY KEY, pad BLOB)"))
        .unwrap();
    (dir, db)
}

fn path(dir: &TempDir) -> PathBuf {
    dir.path().join("tribunal.db")
}

fn insert(x: i64) -> impl FnOnce(&Savepoint<'_>) -> rusqlite::Result<usize> + Send {
    move |tx| tx.execute("INSERT INTO t (x) VALUES (?1)", [x])
}

fn contents(db: &Database) -> Vec<i64> {
    db.read_blocking(|db| {
        db.prepare("SELECT x FROM t ORDER BY x")?
            .query_map([], |row| row.get(0))?
            .collect()
    })
    .unwrap()
}

#[test]
fn what_is_answered_is_there_after_reopening() {
    let (dir, db) = fresh();
    paused(db.write(insert(1))).unwrap();
    drop(db);
    assert_eq!(contents(&Database::open(&path(&dir)).unwrap()), [1]);
}

#[test]
fn writes_that_wait_share_a_transaction() {
    let (_dir, db) = fresh();
    let writer = &db.inner.writer;
    let first = writer.queue(insert(1));
    let reader = db.clone();
    let seen_by_others = writer.queue(move |_| Ok(contents(&reader)));
    writer.commit_waiting();
    assert_eq!(first.blocking_recv().unwrap().unwrap(), 1);
    assert!(seen_by_others.blocking_recv().unwrap().unwrap().is_empty());
    assert_eq!(contents(&db), [1]);
}

#[test]
fn a_write_that_fails_takes_no_other_with_it() {
    let (_dir, db) = fresh();
    let writer = &db.inner.writer;
    let before = writer.queue(insert(1));
    let failing = writer.queue(|tx| {
        tx.execute("INSERT INTO t (x) VALUES (2)", [])?;
        tx.execute("INSERT INTO t (x) VALUES (1)", [])
    });
    let after = writer.queue(insert(3));
    writer.commit_waiting();
    before.blocking_recv().unwrap().unwrap();
    after.blocking_recv().unwrap().unwrap();
    let failed = failing.blocking_recv().unwrap();
    assert!(matches!(failed, Err(DatabaseError::Write(_))), "{failed:?}");
    assert_eq!(contents(&db), [1, 3]);
}

#[test]
fn after_a_full_disk_exactly_what_was_answered_is_there() {
    let (_dir, db) = fresh();
    let pages: i64 = db
        .read_blocking(|db| db.pragma_query_value(None, "page_count", |row| row.get(0)))
        .unwrap();
    let writer = &db.inner.writer;
    let mut asked = vec![(1, writer.queue(insert(1)))];
    asked.push((
        2,
        writer.queue(move |tx| {
            tx.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
            tx.execute("INSERT INTO t VALUES (2, zeroblob(1000000))", [])
        }),
    ));
    asked.push((3, writer.queue(insert(3))));
    writer.commit_waiting();
    let stored: Vec<_> = asked
        .into_iter()
        .filter_map(|(x, answer)| answer.blocking_recv().unwrap().ok().map(|_| x))
        .collect();
    assert!(!stored.contains(&2));
    assert_eq!(contents(&db), stored);
    db.write_blocking(|tx| {
        tx.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))
    })
    .unwrap();
    db.write_blocking(insert(4)).unwrap();
}

#[test]
fn a_panic_in_a_write_leaves_nobody_waiting_and_nothing_half_written() {
    let (_dir, db) = fresh();
    let panicking = db.clone();
    let joined = std::thread::spawn(move || {
        panicking.write_blocking(|tx| -> rusqlite::Result<()> {
            tx.execute("INSERT INTO t (x) VALUES (1)", [])?;
            panic!("a write panics");
        })
    })
    .join();
    assert!(joined.is_err());
    assert!(contents(&db).is_empty());
    db.write_blocking(insert(2)).unwrap();
    assert_eq!(contents(&db), [2]);
}

#[test]
fn many_askers_at_once_all_get_their_own_answer() {
    let (_dir, db) = fresh();
    paused(async {
        let asked: Vec<_> = (0..500)
            .map(|x| {
                let db = db.clone();
                actix::spawn(async move {
                    let answer = db.write(move |tx| insert(x)(tx).map(|_| x * 10)).await;
                    assert_eq!(answer.unwrap(), x * 10);
                })
            })
            .collect();
        for one in asked {
            one.await.unwrap();
        }
    });
    assert_eq!(contents(&db), (0..500).collect::<Vec<_>>());
}

#[test]
fn a_paused_clock_stands_still_while_a_write_runs() {
    let (_dir, db) = fresh();
    paused(async {
        let began = tokio::time::Instant::now();
        let (release, held) = mpsc::channel::<()>();
        let slow = db.write(move |_| {
            let _timeout = held.recv_timeout(Duration::from_millis(50));
            Ok(())
        });
        tokio::select! {
            biased;
            () = tokio::time::sleep(Duration::from_secs(3600)) => panic!("the clock jumped"),
            done = slow => done.unwrap(),
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(release);
    });
}

#[test]
fn a_database_locked_by_another_for_three_seconds_is_written_to_afterwards() {
    let (dir, db) = fresh();
    let (locked, is_locked) = mpsc::channel();
    let other = std::thread::spawn({
        let path = path(&dir);
        move || {
            let mut other = Connection::open(path).unwrap();
            let held = other
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .unwrap();
            locked.send(()).unwrap();
            let (_never, nothing) = mpsc::channel::<()>();
            let _timeout = nothing.recv_timeout(Duration::from_secs(3));
            drop(held);
        }
    });
    is_locked.recv().unwrap();
    paused(async {
        let (one, two) = tokio::join!(db.write(insert(1)), db.write(insert(2)));
        one.unwrap();
        two.unwrap();
    });
    other.join().unwrap();
    assert_eq!(contents(&db), [1, 2]);
}

#[test]
fn a_second_instance_on_one_directory_is_refused_naming_the_first() {
    let (dir, db) = fresh();
    let refused = Database::open(&path(&dir)).unwrap_err().to_string();
    let us = format!("is in use by process {}", std::process::id());
    assert!(refused.ends_with(&us), "{refused}");
    let clone = db.clone();
    drop(db);
    Database::open(&path(&dir)).unwrap_err();
    drop(clone);
    Database::open(&path(&dir)).unwrap();
}

#[test]
fn commits_are_flushed_and_references_are_checked() {
    let (_dir, db) = fresh();
    let settings = db.write_blocking(|tx| {
        let get = |name| tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let mode = tx.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
        Ok((mode?, get("synchronous")?, get("foreign_keys")?))
    });
    assert_eq!(settings.unwrap(), ("wal".to_owned(), 2, 1));
}

#[test]
fn a_reader_cannot_write() {
    let (_dir, db) = fresh();
    let refused = db.read_blocking(|db| db.execute("INSERT INTO t (x) VALUES (1)", []));
    assert!(matches!(refused, Err(DatabaseError::Read(_))));
}

#[test]
fn the_integrity_check_finds_a_damaged_page() {
    let (dir, db) = fresh();
    db.write_blocking(|tx| tx.execute("INSERT INTO t VALUES (1, zeroblob(100000))", []))
        .unwrap();
    assert_eq!(paused(db.integrity_check()).unwrap(), [] as [&str; 0]);
    drop(db);
    let mut bytes = std::fs::read(path(&dir)).unwrap();
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0xAA);
    std::fs::write(path(&dir), bytes).unwrap();
    let db = Database::open(&path(&dir)).unwrap();
    let found = paused(db.integrity_check());
    assert!(
        !matches!(&found, Ok(sound) if sound.is_empty()),
        "{found:?}"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(path(&dir), vec![b'x'; 8192]).unwrap();
    let refused = Database::open(&path(&dir)).unwrap_err();
    assert!(matches!(refused, DatabaseError::Open { .. }), "{refused:?}");
}
