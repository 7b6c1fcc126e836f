//! The shelf on a real disk: blobs, artifacts, staging, releases, and what a crash leaves.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use tribunal_problems::Verdict;

use std::collections::BTreeSet;

use super::*;
use crate::job::ArtifactFile;
use crate::report::CompileReport;
use crate::stores::Scan;

pub(in crate::stores) const A: BuildId = BuildId(1);
pub(in crate::stores) const B: BuildId = BuildId(2);
pub(in crate::stores) const SCRATCH: Durability = Durability::Scratch(A);
pub(in crate::stores) const DURABLE: Durability = Durability::Durable;

pub(in crate::stores) fn fresh() -> (TempDir, Shelf) {
    let dir = tempfile::tempdir().unwrap();
    let shelf = open(&dir);
    (dir, shelf)
}

pub(in crate::stores) fn open(dir: &TempDir) -> Shelf {
    let db = Database::open(&dir.path().join("tribunal.db")).unwrap();
    Shelf::open(dir.path(), db, StoreBounds::default()).unwrap()
}

pub(in crate::stores) fn store(shelf: &Shelf, content: &str, durability: Durability) -> BlobId {
    let content = BlobContent::from(content.as_bytes());
    shelf.store_blob(content, None, durability).unwrap().id
}

pub(in crate::stores) fn read(shelf: &Shelf, id: BlobId) -> Result<String, StoreError> {
    let mut text = String::new();
    let mut file = shelf.open_blob(id, Check::Content)?;
    file.read_to_string(&mut text).unwrap();
    Ok(text)
}

pub(in crate::stores) fn file_of(dir: &TempDir, id: BlobId) -> PathBuf {
    let hex = id.to_string();
    dir.path().join("blobs").join(&hex[..2]).join(&hex)
}

/// Every file below `blobs/`, by its path in there.
fn files(dir: &TempDir) -> Vec<String> {
    let mut found = Vec::new();
    let mut below = vec![dir.path().join("blobs")];
    while let Some(directory) = below.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below.push(path);
            } else {
                let path = path.strip_prefix(dir.path().join("blobs")).unwrap();
                found.push(path.display().to_string());
            }
        }
    }
    found.sort();
    found
}

pub(in crate::stores) fn artifact(name: &str, files: &[(&str, BlobId)]) -> Artifact {
    let file = |&(content, blob): &(&str, BlobId)| ArtifactFile {
        name: "a.out".to_owned(),
        blob,
        size: content.len() as u64,
        executable: true,
    };
    Artifact {
        id: ArtifactId::of(&[name.as_bytes()]),
        files: files.iter().map(file).collect(),
        compile: CompileReport {
            verdict: Verdict::AC,
            cpu_ms: 0,
            wall_ms: 0,
            memory_bytes: 0,
            log: String::new(),
            reused: false,
        },
    }
}

/// Stores the content and stages an artifact of it.
pub(in crate::stores) fn stage(
    shelf: &Shelf,
    build: BuildId,
    name: &str,
    content: &str,
    kept: Durability,
) -> Artifact {
    let durability = match kept {
        Durability::Durable | Durability::Expendable => DURABLE,
        Durability::Scratch(_) => Durability::Scratch(build),
    };
    let blob = store(shelf, content, durability);
    let artifact = artifact(name, &[(content, blob)]);
    shelf
        .stage_artifact(build, artifact.clone(), durability)
        .unwrap();
    artifact
}

#[test]
fn a_blob_is_named_by_its_hash_and_is_there_after_a_restart() {
    let (dir, shelf) = fresh();
    let id = store(&shelf, "hello", DURABLE);
    assert_eq!(id, BlobId::of(b"hello"));
    assert!(file_of(&dir, id).exists());
    drop(shelf);
    assert_eq!(read(&open(&dir), id).unwrap(), "hello");
}

#[test]
fn p_17_scratch_and_half_written_files_of_a_dead_process_are_gone_after_a_restart() {
    let (dir, shelf) = fresh();
    let kept = store(&shelf, "kept", DURABLE);
    let scratch = store(&shelf, "scratch", SCRATCH);
    assert_eq!(read(&shelf, scratch).unwrap(), "scratch");
    fs::write(dir.path().join("blobs/tmp/77"), "hal").unwrap();
    drop(shelf);
    let shelf = open(&dir);
    assert!(matches!(
        read(&shelf, scratch),
        Err(StoreError::Missing { .. })
    ));
    assert_eq!(files(&dir).len(), 1);
    assert_eq!(read(&shelf, kept).unwrap(), "kept");
}

#[test]
fn p_7_equal_content_from_a_hundred_at_once_is_written_once_and_all_succeed() {
    let (dir, shelf) = fresh();
    let content: Arc<[u8]> = vec![7; 100_000].into();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let content = BlobContent::Bytes(Arc::clone(&content));
                    let stored = shelf.store_blob(content, None, DURABLE).unwrap();
                    assert_eq!(stored.size, 100_000);
                }
            });
        }
    });
    assert_eq!(shelf.blobs.written(), 1);
    assert_eq!(files(&dir).len(), 1);
}

#[test]
fn an_open_file_is_stored_whole_whatever_its_offset() {
    let (_dir, shelf) = fresh();
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, b"all of it").unwrap();
    let stored = shelf
        .store_blob(BlobContent::Open(file), None, DURABLE)
        .unwrap();
    assert_eq!((stored.id, stored.size), (BlobId::of(b"all of it"), 9));
    assert_eq!(read(&shelf, stored.id).unwrap(), "all of it");
}

#[test]
fn what_cannot_be_read_is_an_error_and_leaves_nothing() {
    let (dir, shelf) = fresh();
    let fifo = dir.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for content in [
        BlobContent::Path(fifo),
        BlobContent::Path(dir.path().join("nothing")),
        BlobContent::Path(dir.path().to_owned()),
        BlobContent::Open(File::open(dir.path()).unwrap()),
    ] {
        let refused = shelf.store_blob(content, None, DURABLE);
        assert!(matches!(refused, Err(StoreError::Io { .. })), "{refused:?}");
    }
    assert_eq!(files(&dir), [] as [&str; 0]);
}

#[test]
fn content_that_is_not_the_expected_one_is_refused_and_leaves_nothing() {
    let (dir, shelf) = fresh();
    let path = dir.path().join("changed");
    fs::write(&path, "changed").unwrap();
    let expected = Some(BlobId::of(b"as it was"));
    for content in [BlobContent::Path(path), BlobContent::from(&b"changed"[..])] {
        let refused = shelf.store_blob(content, expected, DURABLE);
        assert!(
            matches!(refused, Err(StoreError::Unexpected { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(files(&dir), [] as [&str; 0]);
}

#[test]
fn a_missing_a_truncated_and_a_flipped_blob_are_three_errors_and_never_data() {
    let (dir, shelf) = fresh();
    let stored = |content| store(&shelf, content, DURABLE);
    let (missing, truncated, flipped) = (stored("missing"), stored("truncated"), stored("flipped"));
    fs::remove_file(file_of(&dir, missing)).unwrap();
    fs::write(file_of(&dir, truncated), "trunc").unwrap();
    fs::write(file_of(&dir, flipped), "fliqped").unwrap();

    let error = read(&shelf, missing).unwrap_err();
    assert!(matches!(error, StoreError::Missing { id } if id == missing));
    let error = read(&shelf, flipped).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { id, .. } if id == flipped));
    let error = read(&shelf, truncated).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { id, .. } if id == truncated));
    let staged = artifact("x", &[("truncated", truncated)]);
    let error = shelf.stage_artifact(A, staged, DURABLE).unwrap_err();
    assert!(matches!(error, StoreError::WrongSize { found: 5, .. }));
}

#[test]
fn a_damaged_blob_is_mended_when_it_is_stored_again() {
    let (dir, shelf) = fresh();
    for durability in [DURABLE, SCRATCH] {
        let id = store(&shelf, "content", DURABLE);
        fs::write(file_of(&dir, id), "comtent").unwrap();
        assert_eq!(store(&shelf, "content", durability), id);
        assert_eq!(read(&shelf, id).unwrap(), "content");
    }
}

#[test]
fn a_link_in_the_place_of_a_blob_is_not_followed() {
    let (dir, shelf) = fresh();
    let secret = dir.path().join("secret");
    fs::write(&secret, "content").unwrap();
    let id = store(&shelf, "content", DURABLE);
    fs::remove_file(file_of(&dir, id)).unwrap();
    symlink(&secret, file_of(&dir, id)).unwrap();
    assert!(matches!(read(&shelf, id), Err(StoreError::Io { .. })));
}

#[test]
fn a_scratch_blob_lives_until_the_last_build_with_an_artifact_of_it_ends() {
    let (dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "binary", SCRATCH);
    let blob = made.files[0].blob;
    shelf
        .stage_artifact(B, made, Durability::Scratch(B))
        .unwrap();
    shelf.drop_staging(A).unwrap();
    assert_eq!(read(&shelf, blob).unwrap(), "binary");
    shelf.drop_staging(B).unwrap();
    assert!(matches!(
        read(&shelf, blob),
        Err(StoreError::Missing { .. })
    ));
    assert_eq!(files(&dir), [] as [&str; 0]);
}

#[test]
fn an_artifact_whose_blobs_have_gone_with_another_build_is_not_staged() {
    let (_dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "binary", SCRATCH);
    shelf.drop_staging(A).unwrap();
    let refused = shelf.stage_artifact(B, made, Durability::Scratch(B));
    assert!(matches!(refused, Err(StoreError::Missing { .. })));
}

#[test]
fn a_scratch_artifact_is_found_by_whoever_runs_meanwhile_and_gone_with_the_last() {
    let (dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "binary", SCRATCH);
    assert_eq!(shelf.find_artifact(A, made.id).unwrap(), Some(made.clone()));
    assert_eq!(shelf.find_artifact(B, made.id).unwrap(), Some(made.clone()));
    shelf.drop_staging(A).unwrap();
    assert_eq!(read(&shelf, made.files[0].blob).unwrap(), "binary");
    shelf.drop_staging(B).unwrap();
    assert_eq!(shelf.find_artifact(BuildId(3), made.id).unwrap(), None);
    assert_eq!(files(&dir), [] as [&str; 0]);
}

#[test]
fn the_result_of_a_job_that_outlives_its_build_is_there_for_the_build_that_joined_it() {
    let (dir, shelf) = fresh();
    store(&shelf, "source", Durability::Scratch(B));
    shelf.drop_staging(A).unwrap();
    let made = stage(&shelf, A, "x", "binary", SCRATCH);
    assert_eq!(shelf.find_artifact(B, made.id).unwrap(), Some(made));
    shelf.drop_staging(B).unwrap();
    assert_eq!(files(&dir), [] as [&str; 0]);
}

#[test]
fn p_17_a_durable_artifact_is_found_by_every_build_also_after_a_restart() {
    let (dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "binary", DURABLE);
    assert_eq!(shelf.find_artifact(B, made.id).unwrap(), Some(made.clone()));
    drop(shelf);
    let shelf = open(&dir);
    assert_eq!(shelf.find_artifact(A, made.id).unwrap(), Some(made.clone()));
    assert_eq!(read(&shelf, made.files[0].blob).unwrap(), "binary");
}

#[test]
fn scratch_blobs_of_a_durable_artifact_become_durable() {
    let (dir, shelf) = fresh();
    let blob = store(&shelf, "binary", SCRATCH);
    let made = artifact("x", &[("binary", blob)]);
    shelf.stage_artifact(A, made, DURABLE).unwrap();
    shelf.drop_staging(A).unwrap();
    drop(shelf);
    assert_eq!(read(&open(&dir), blob).unwrap(), "binary");
}

#[test]
fn b_5_staging_comes_before_what_is_kept() {
    let (_dir, shelf) = fresh();
    let kept = stage(&shelf, A, "same", "kept", DURABLE);
    let staged = stage(&shelf, B, "same", "staged", SCRATCH);
    assert_eq!(kept.id, staged.id);
    assert_eq!(shelf.find_artifact(B, kept.id).unwrap(), Some(staged));
    assert_eq!(
        shelf.find_artifact(BuildId(3), kept.id).unwrap(),
        Some(kept)
    );
}

#[test]
fn an_artifact_with_a_lost_file_is_not_found_and_is_mended_by_the_next() {
    let (dir, shelf) = fresh();
    let kept = stage(&shelf, A, "x", "binary", DURABLE);
    fs::write(file_of(&dir, kept.files[0].blob), "bin").unwrap();
    assert_eq!(shelf.find_artifact(B, kept.id).unwrap(), None);
    // A compiler need not give the same bytes twice.
    let again = stage(&shelf, B, "x", "another binary", DURABLE);
    assert_eq!(
        shelf.find_artifact(BuildId(3), kept.id).unwrap(),
        Some(again)
    );
}

#[test]
fn b_8_a_release_is_not_overwritten_unless_that_is_asked_for() {
    let (_dir, shelf) = fresh();
    let old = stage(&shelf, A, "old", "old checker", SCRATCH);
    let new = stage(&shelf, A, "new", "new checker", SCRATCH);
    let publish = |id, update| shelf.publish(A, id, "hello/checker", update);
    publish(old.id, false).unwrap();
    publish(old.id, false).unwrap();
    let refused = publish(new.id, false).unwrap_err();
    assert!(matches!(refused, StoreError::NameTaken { artifact, .. } if artifact == old.id));
    assert_eq!(
        shelf.find_release("hello/checker").unwrap(),
        Some((old.id, false))
    );
    publish(new.id, true).unwrap();
    assert_eq!(
        shelf.find_release("hello/checker").unwrap(),
        Some((new.id, false))
    );
    assert_eq!(shelf.find_artifact(B, new.id).unwrap(), Some(new));
}

#[test]
fn what_nobody_has_is_not_published() {
    let (_dir, shelf) = fresh();
    let refused = shelf.publish(A, ArtifactId::of(&[]), "x", false);
    assert!(matches!(refused, Err(StoreError::UnknownArtifact { .. })));
}

#[test]
fn b_8_withdrawing_removes_the_release_the_artifact_and_with_the_next_sweep_the_file() {
    let (dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "checker", DURABLE);
    shelf.publish(A, made.id, "hello/checker", false).unwrap();
    let wanted = store(&shelf, "a test's input", DURABLE);
    shelf.drop_staging(A).unwrap();
    shelf.withdraw("hello/checker").unwrap();
    assert_eq!(shelf.find_artifact(B, made.id).unwrap(), None);
    assert_eq!(shelf.sweep(&[wanted].into()).unwrap(), 1);
    assert!(!file_of(&dir, made.files[0].blob).exists());
    assert_eq!(read(&shelf, wanted).unwrap(), "a test's input");
    let refused = shelf.withdraw("hello/checker");
    assert!(matches!(refused, Err(StoreError::UnknownRelease { .. })));
}

#[test]
fn what_a_build_uses_or_another_release_names_is_not_removed() {
    let (_dir, shelf) = fresh();
    let made = stage(&shelf, A, "x", "checker", DURABLE);
    shelf.publish(A, made.id, "one", false).unwrap();
    shelf.publish(A, made.id, "two", false).unwrap();
    shelf.drop_staging(A).unwrap();
    shelf.withdraw("one").unwrap();
    assert_eq!(shelf.find_artifact(B, made.id).unwrap(), Some(made.clone()));
    let refused = shelf.withdraw("two");
    assert!(
        matches!(refused, Err(StoreError::InUse { .. })),
        "{refused:?}"
    );
    assert_eq!(shelf.sweep(&BTreeSet::new()).unwrap(), 0);
    shelf.drop_staging(B).unwrap();
    shelf.withdraw("two").unwrap();
    assert_eq!(shelf.find_artifact(BuildId(3), made.id).unwrap(), None);
}

#[test]
fn a_scan_names_every_damaged_blob_and_every_broken_artifact() {
    let (dir, shelf) = fresh();
    let good = stage(&shelf, A, "good", "good", DURABLE);
    let damaged = stage(&shelf, A, "damaged", "damaged", DURABLE);
    let lost = stage(&shelf, A, "lost", "lost", DURABLE);
    fs::write(file_of(&dir, damaged.files[0].blob), "dbmaged").unwrap();
    fs::remove_file(file_of(&dir, lost.files[0].blob)).unwrap();
    let mut broken = vec![damaged.id, lost.id];
    broken.sort();
    let expected = Scan {
        blobs: 2,
        damaged: vec![damaged.files[0].blob],
        broken,
        rotten: Vec::new(),
    };
    assert_eq!(shelf.scan().unwrap(), expected);
    assert_eq!(shelf.find_artifact(B, good.id).unwrap(), Some(good));
}
