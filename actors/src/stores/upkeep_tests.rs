//! What goes, what stays, and what is found damaged.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::database::Database;
use crate::ids::BuildId;
use crate::job::Artifact;
use crate::stores::shelf::tests::{
    A, B, DURABLE, SCRATCH, file_of, fresh, open, read, stage, store,
};
use crate::stores::{BlobContent, Check, Durability};

const NOBODY: BuildId = BuildId(99);

/// A shelf that keeps `bytes` of artifacts and gives no grace.
fn bounded(bytes: i64) -> (TempDir, Shelf) {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("tribunal.db")).unwrap();
    let bounds = StoreBounds {
        artifact_bytes: bytes,
        output_bytes: bytes,
        upload_bytes: bytes,
        grace: Duration::ZERO,
    };
    let shelf = Shelf::open(dir.path(), db, bounds).unwrap();
    (dir, shelf)
}

/// Stages an artifact as a build that then ends; it was used at this time last.
fn kept(shelf: &Shelf, name: &str, used_at_ms: i64) -> Artifact {
    let made = stage(
        shelf,
        A,
        name,
        &format!("ten bytes {name}")[..10 + name.len()],
        DURABLE,
    );
    shelf.drop_staging(A).unwrap();
    use_at(shelf, &made, used_at_ms);
    made
}

fn use_at(shelf: &Shelf, artifact: &Artifact, used_at_ms: i64) {
    let id = artifact.id.to_string();
    let update = "UPDATE artifacts SET used_at_ms = ?2 WHERE id = ?1";
    let written = shelf
        .db
        .write_blocking(move |tx| tx.execute(update, params![id, used_at_ms]));
    assert_eq!(written.unwrap(), 1);
}

fn is_kept(shelf: &Shelf, artifact: &Artifact) -> bool {
    let found = shelf.find_artifact(NOBODY, artifact.id).unwrap();
    shelf.drop_staging(NOBODY).unwrap();
    found.is_some()
}

#[test]
fn what_was_used_longest_ago_goes_first_and_its_file_with_it() {
    let (dir, shelf) = bounded(1 << 20);
    let [first, second, third] =
        [("1", 10), ("2", 20), ("3", 30)].map(|(name, at)| kept(&shelf, name, at));
    use_at(&shelf, &first, 40);
    assert_eq!(shelf.evict(22).unwrap(), 1);
    assert!(!file_of(&dir, second.files[0].blob).exists());
    assert!(!is_kept(&shelf, &second));
    assert!(is_kept(&shelf, &first) && is_kept(&shelf, &third));
}

#[test]
fn a_use_is_written_down() {
    let (_dir, shelf) = bounded(1 << 20);
    let [first, second] = [("1", 10), ("2", 20)].map(|(name, at)| kept(&shelf, name, at));
    assert!(is_kept(&shelf, &first));
    assert_eq!(shelf.evict(11).unwrap(), 1);
    assert!(is_kept(&shelf, &first) && !is_kept(&shelf, &second));
}

#[test]
fn eviction_never_touches_what_is_published_or_used() {
    let (dir, shelf) = bounded(1 << 20);
    let [published, used, free] =
        [("p", 10), ("u", 20), ("f", 30)].map(|(name, at)| kept(&shelf, name, at));
    shelf
        .publish(A, published.id, "sum/checker", false)
        .unwrap();
    shelf.drop_staging(A).unwrap();
    assert!(shelf.find_artifact(B, used.id).unwrap().is_some());
    use_at(&shelf, &used, 20);
    assert_eq!(shelf.evict(0).unwrap(), 1);
    assert!(is_kept(&shelf, &published) && is_kept(&shelf, &used));
    assert!(!file_of(&dir, free.files[0].blob).exists());
    shelf.drop_staging(B).unwrap();
    assert_eq!(shelf.evict(0).unwrap(), 1);
    assert!(is_kept(&shelf, &published));
}

#[test]
fn more_than_the_bound_is_evicted_when_the_next_is_kept() {
    let (_dir, shelf) = bounded(100);
    for number in 0..40 {
        kept(&shelf, &format!("{number:02}"), number);
    }
    let bytes = shelf.load_all_kept().unwrap().len() * 12;
    assert!((80..=100).contains(&bytes), "{bytes} bytes are kept");
    assert_eq!(shelf.blobs.list().unwrap().len() * 12, bytes);
}

#[test]
fn a_file_that_another_artifact_or_a_package_names_stays() {
    let (dir, shelf) = bounded(1 << 20);
    let one = stage(&shelf, A, "one", "shared", DURABLE);
    let two = stage(&shelf, A, "two", "shared", DURABLE);
    let three = stage(&shelf, A, "three", "a test's input", DURABLE);
    let path = dir.path().join("1.in");
    fs::write(&path, "a test's input").unwrap();
    shelf.import_files(&[path]).unwrap();
    shelf.drop_staging(A).unwrap();
    use_at(&shelf, &two, i64::MAX);
    assert_eq!(shelf.evict(6).unwrap(), 2);
    assert!(!is_kept(&shelf, &one) && !is_kept(&shelf, &three) && is_kept(&shelf, &two));
    assert_eq!(read(&shelf, three.files[0].blob).unwrap(), "a test's input");
}

#[test]
fn what_was_stored_a_moment_ago_stays() {
    let (dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "binary", DURABLE);
    shelf.drop_staging(A).unwrap();
    assert_eq!(shelf.evict(0).unwrap(), 1);
    assert!(file_of(&dir, made.files[0].blob).exists());
    drop(shelf);
    assert_eq!(open(&dir).tidy().unwrap(), 1);
}

/// A file of a package, imported.
fn imported(dir: &TempDir, shelf: &Shelf, content: &str) -> (PathBuf, BlobId) {
    let path = dir.path().join("1.in");
    fs::write(&path, content).unwrap();
    let blobs = shelf.import_files(std::slice::from_ref(&path)).unwrap();
    let blob = blobs[&path];
    (path, blob)
}

#[test]
fn a_package_s_file_is_read_once_also_after_a_restart_and_again_when_it_has_changed() {
    let (dir, shelf) = fresh();
    let (path, first) = imported(&dir, &shelf, "1 2");
    assert_eq!(first, BlobId::of(b"1 2"));
    drop(shelf);
    let shelf = open(&dir);
    assert_eq!(shelf.tidy().unwrap(), 0);
    let written = shelf.blobs.written();
    assert_eq!(
        shelf.import_files(std::slice::from_ref(&path)).unwrap()[&path],
        first
    );
    assert_eq!(shelf.blobs.written(), written);
    let (_, second) = imported(&dir, &shelf, "1 2 3");
    assert_eq!(read(&shelf, second).unwrap(), "1 2 3");
    fs::remove_file(path).unwrap();
    assert_eq!(shelf.tidy().unwrap(), 2);
}

#[test]
fn a_lost_or_damaged_test_file_is_had_from_its_package_again() {
    let (dir, shelf) = fresh();
    let (path, blob) = imported(&dir, &shelf, "1 2");
    for damage in ["1 3", "1", ""] {
        fs::write(file_of(&dir, blob), damage).unwrap();
        assert_eq!(read(&shelf, blob).unwrap(), "1 2");
    }
    fs::remove_file(file_of(&dir, blob)).unwrap();
    assert!(shelf.open_blob(blob, Check::ByReader).is_ok());
    assert_eq!(read(&shelf, blob).unwrap(), "1 2");

    // The package has another file there by now: better no test than a wrong one.
    fs::write(file_of(&dir, blob), "1 3").unwrap();
    fs::write(&path, "7 7").unwrap();
    let error = read(&shelf, blob).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { id, .. } if id == blob));
}

#[test]
fn b_16_a_flipped_byte_is_found_in_the_store_and_in_the_package() {
    let (dir, shelf) = fresh();
    let (path, blob) = imported(&dir, &shelf, "1 2");
    assert_eq!(shelf.scan().unwrap().damaged, []);
    assert_eq!(shelf.scan().unwrap().rotten, []);
    fs::write(file_of(&dir, blob), "1 3").unwrap();
    assert_eq!(shelf.scan().unwrap().damaged, [blob]);

    // A disk changes bytes without changing times: as if the row had always had those of the file.
    fs::write(&path, "1 4").unwrap();
    let wrong = shelf.import_files(std::slice::from_ref(&path)).unwrap()[&path];
    assert_eq!(wrong, BlobId::of(b"1 4"));
    let (text, name) = (blob.to_string(), path.display().to_string());
    let update = "UPDATE package_files SET blob = ?1 WHERE path = ?2";
    shelf
        .db
        .write_blocking(move |tx| tx.execute(update, [text, name]))
        .unwrap();
    drop(shelf);
    let rotten = Rotten { path, stored: blob };
    assert_eq!(open(&dir).scan().unwrap().rotten, [rotten]);
}

#[test]
fn a_flipped_program_is_compiled_again_and_not_run() {
    let (dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "binary", DURABLE);
    shelf.drop_staging(A).unwrap();
    fs::write(file_of(&dir, made.files[0].blob), "binarz").unwrap();
    assert_eq!(shelf.find_artifact(B, made.id).unwrap(), None);
    let again = stage(&shelf, B, "x", "binary", DURABLE);
    assert_eq!(shelf.find_artifact(NOBODY, made.id).unwrap(), Some(again));
}

#[test]
fn a_scratch_source_becomes_the_file_of_a_kept_program() {
    let (dir, shelf) = fresh();
    let source = store(&shelf, "print(1)", SCRATCH);
    let made = crate::stores::shelf::tests::artifact("py", &[("print(1)", source)]);
    shelf.stage_artifact(A, made, DURABLE).unwrap();
    shelf.drop_staging(A).unwrap();
    drop(shelf);
    let shelf = open(&dir);
    assert_eq!(shelf.tidy().unwrap(), 0);
    assert_eq!(read(&shelf, source).unwrap(), "print(1)");
    let content = BlobContent::from(&b"never named"[..]);
    shelf.store_blob(content, None, DURABLE).unwrap();
    assert_eq!(shelf.tidy().unwrap(), 1);
}

/// Stores an output as a run does, and names it as its judgement does.
fn output(shelf: &Shelf, content: &str, named_at_ms: i64) -> BlobId {
    let bytes = BlobContent::from(content.as_bytes());
    let stored = shelf
        .store_blob(bytes, None, Durability::Expendable)
        .unwrap();
    let insert = "INSERT INTO outputs (blob, bytes, named_at_ms) VALUES (?1, ?2, ?3)";
    let row = (stored.id.to_string(), content.len() as i64, named_at_ms);
    shelf
        .db
        .write_blocking(move |tx| tx.execute(insert, row))
        .unwrap();
    stored.id
}

#[test]
fn outputs_are_kept_over_a_sweep_and_the_oldest_make_room() {
    let (_dir, shelf) = bounded(30);
    let old = output(&shelf, "ten bytes.", 1);
    let newer = output(&shelf, "ten more b", 2);
    assert_eq!(shelf.tidy().unwrap(), 0);
    output(&shelf, "ten again.", 3);
    let there = |id| shelf.open_blob(id, Check::Content).is_ok();
    assert_eq!(
        [old, newer].map(there),
        [true, true],
        "not more than needed"
    );
    output(&shelf, "and again!", 4);
    assert_eq!([old, newer].map(there), [false, true]);
    assert_eq!(shelf.evict_outputs(0).unwrap(), 3);
    assert!(!there(newer));
}

#[test]
fn an_output_that_is_also_an_artifact_s_file_stays_with_the_artifact() {
    let (_dir, shelf) = bounded(100);
    let artifact = kept(&shelf, "a", 1);
    let id = output(&shelf, "ten bytes a", 1);
    assert_eq!(id, artifact.files[0].blob);
    shelf.evict_outputs(0).unwrap();
    assert!(shelf.open_blob(id, Check::Content).is_ok());
}
