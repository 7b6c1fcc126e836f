//! Each listing against a database that was written here.

use tempfile::TempDir;
use tribunal_problems::{EntryPoint, SourceFile, Verdict};

use super::*;
use crate::database::Database;
use crate::fixtures::{compiled, tested};
use crate::ids::{ArtifactId, BuildId, JudgementId};
use crate::job::ArtifactFile;
use crate::paused::paused;
use crate::registrar::records::{NewSubmission, Records, Standing};
use crate::report::{BuildReport, CompileReport, TestReport};
use crate::stores::{Durability, Shelf, StoreBounds};

fn report(verdict: Verdict, log: &str, tests: Vec<TestReport>) -> BuildReport {
    let compile = CompileReport {
        log: log.to_owned(),
        ..compiled(if verdict == Verdict::CE {
            verdict
        } else {
            Verdict::AC
        })
    };
    BuildReport {
        groups: Vec::new(),
        fault: None,
        verdict,
        score: None,
        compile,
        tests,
    }
}

/// Three submissions: one judged twice, one that does not compile, one that waits. The database stays open, as that of a
/// judge at work.
fn written() -> (TempDir, Database) {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("tribunal.db")).unwrap();
    let records = Records::new(db.clone());
    paused(async {
        for (problem, language) in [("sum", "c"), ("sum", "python"), ("max", "c")] {
            let new = NewSubmission {
                problem: problem.to_owned(),
                language: language.to_owned(),
                files: vec![SourceFile::new("main.c", &b"int main() {}"[..])],
                entry: EntryPoint::Program,
                created_at_ms: 1_700_000_000_000,
                idempotency_key: None,
                account: None,
                contest: None,
            };
            records.insert_submission(new).await.unwrap();
        }
        let wrong = TestReport {
            message: Some("expected 3".to_owned()),
            stdout: "4\n".to_owned(),
            ..tested("secret/1", Verdict::WA)
        };
        let first = report(Verdict::WA, "", vec![wrong]);
        let second = report(Verdict::AC, "", vec![tested("secret/1", Verdict::AC)]);
        let broken = report(
            Verdict::CE,
            "main.c:1: no\n",
            vec![TestReport::skipped("secret/1")],
        );
        for (id, report, standing) in [
            (1, &first, Standing::First),
            (1, &second, Standing::Over(JudgementId(1))),
            (2, &broken, Standing::First),
        ] {
            let written =
                records.record_judgement(SubmissionId(id), report, standing, 1_700_000_001_000);
            assert!(written.await.unwrap());
        }
    });
    let shelf = Shelf::open(dir.path(), db.clone(), StoreBounds::default()).unwrap();
    stage(&shelf, "a", b"another one");
    let artifact = stage(&shelf, "b", b"program");
    shelf
        .publish(BuildId(1), artifact, "max/checker", false)
        .unwrap();
    (dir, db)
}

fn stage(shelf: &Shelf, name: &str, content: &[u8]) -> ArtifactId {
    let durable = Durability::Durable;
    let stored = shelf.store_blob(content.into(), None, durable).unwrap();
    let artifact = Artifact {
        id: ArtifactId::of(&[name.as_bytes()]),
        files: vec![ArtifactFile {
            name: "a.out".to_owned(),
            blob: stored.id,
            size: stored.size,
            executable: true,
        }],
        compile: compiled(Verdict::AC),
    };
    let id = artifact.id;
    shelf.stage_artifact(BuildId(1), artifact, durable).unwrap();
    id
}

fn ids(entries: &[SubmissionEntry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.id.0).collect()
}

#[test]
fn b_13_submissions_are_listed_newest_first_filtered_and_cut_while_a_judge_has_the_database() {
    let (dir, _judge) = written();
    let history = History::open(dir.path()).unwrap();
    let of = |filter: SubmissionFilter, most| ids(&history.submissions(&filter, most).unwrap());
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(of(SubmissionFilter::default(), 10), [3, 2, 1]);
    assert_eq!(of(SubmissionFilter::default(), 2), [3, 2]);
    let filter = SubmissionFilter {
        problem: some("sum"),
        ..SubmissionFilter::default()
    };
    assert_eq!(of(filter, 10), [2, 1]);
    let filter = SubmissionFilter {
        language: some("c"),
        ..SubmissionFilter::default()
    };
    assert_eq!(of(filter, 10), [3, 1]);
    let filter = SubmissionFilter {
        verdict: some("CE"),
        ..SubmissionFilter::default()
    };
    assert_eq!(of(filter, 10), [2]);
    let filter = SubmissionFilter {
        verdict: some("queued"),
        ..SubmissionFilter::default()
    };
    assert_eq!(of(filter, 10), [3]);
    let first = history.submission(SubmissionId(1)).unwrap();
    assert_eq!(
        (first.verdict.as_deref(), first.judgements),
        (Some("AC"), 2)
    );
    assert_eq!(first.created_at, "2023-11-14T22:13:20Z");
    assert_eq!(history.judged(None).unwrap(), [1, 2].map(SubmissionId));
    assert_eq!(history.judged(Some("max")).unwrap(), []);
    let unknown = history.submission(SubmissionId(9)).unwrap_err();
    assert!(matches!(
        unknown,
        HistoryError::UnknownSubmission(SubmissionId(9))
    ));
}

#[test]
fn b_13_jobs_are_those_of_current_judgements_or_all_of_one_submission() {
    let (dir, _judge) = written();
    let history = History::open(dir.path()).unwrap();
    let of = |filter: JobFilter, most| {
        let lines = history.jobs(&filter, most).unwrap();
        lines.into_iter().map(|line| line.job).collect::<Vec<_>>()
    };
    let all = ["2/compile", "2/secret/1", "1/compile", "1/secret/1"];
    assert_eq!(of(JobFilter::default(), 10), all);
    assert_eq!(of(JobFilter::default(), 3), all[..3]);
    let one = JobFilter {
        submission: Some(SubmissionId(1)),
        ..JobFilter::default()
    };
    assert_eq!(
        of(one, 10),
        ["1.1/compile", "1.1/secret/1", "1/compile", "1/secret/1"]
    );
    let failed = JobFilter {
        verdict: Some(Verdict::CE),
        ..JobFilter::default()
    };
    assert_eq!(of(failed, 10), ["2/compile"]);
    let tests = JobFilter {
        kind: Some(JobKind::Test),
        problem: Some("sum".to_owned()),
        ..JobFilter::default()
    };
    assert_eq!(of(tests, 10), ["2/secret/1", "1/secret/1"]);
}

#[test]
fn b_13_artifacts_and_releases_are_listed() {
    let (dir, _judge) = written();
    let history = History::open(dir.path()).unwrap();
    assert_eq!(history.artifacts(None, 10).unwrap().len(), 2);
    assert_eq!(history.artifacts(None, 1).unwrap().len(), 1);
    let published = history.artifacts(Some(true), 10).unwrap();
    assert_eq!(
        (published.len(), &*published[0].files),
        (1, &["a.out".to_owned()][..])
    );
    let releases = history.releases("max/", 10).unwrap();
    assert_eq!((&*releases[0].name, releases[0].bytes), ("max/checker", 7));
    assert_eq!(releases[0].artifact, published[0].id);
    assert_eq!(history.releases("sum/", 10).unwrap(), []);
    assert!(history.is_released("max/checker").unwrap());
}

#[test]
fn b_12_the_log_of_a_failed_job_is_kept_also_of_an_earlier_judgement() {
    let (dir, _judge) = written();
    let history = History::open(dir.path()).unwrap();
    assert_eq!(
        history.log("2/compile").unwrap().log.as_deref(),
        Some("main.c:1: no\n")
    );
    let wrong = history.log("1.1/secret/1").unwrap();
    assert_eq!(wrong.line.verdict, Verdict::WA);
    assert_eq!(
        (wrong.message.as_deref(), wrong.stdout.as_deref()),
        (Some("expected 3"), Some("4\n"))
    );
    assert_eq!(history.log("1/secret/1").unwrap().line.verdict, Verdict::AC);
    assert_eq!(
        history.log("1.2/secret/1").unwrap().line.verdict,
        Verdict::AC
    );
    for unknown in [
        "",
        "1",
        "1/secret/2",
        "3/compile",
        "1.9/compile",
        "1.x/compile",
        "x/compile",
    ] {
        let error = history.log(unknown).unwrap_err();
        assert!(
            matches!(&error, HistoryError::UnknownJob(job) if job == unknown),
            "{error}"
        );
    }
}

#[test]
fn a_database_of_another_schema_is_not_guessed_at() {
    let (dir, judge) = written();
    drop(judge);
    let path = dir.path().join("tribunal.db");
    let other = Connection::open(path).unwrap();
    other.pragma_update(None, "user_version", 1).unwrap();
    let refused = History::open(dir.path()).unwrap_err().to_string();
    assert!(refused.contains("schema 1"), "{refused}");
    let nowhere = History::open(&dir.path().join("nowhere")).unwrap_err();
    assert!(
        nowhere.to_string().contains("nowhere/tribunal.db"),
        "{nowhere}"
    );
}
