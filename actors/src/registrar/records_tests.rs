//! The records: submissions and judgements written, found again, and never lost.

use tempfile::TempDir;
use tribunal_problems::EntryPoint;

use super::*;
use crate::paused::paused;
use crate::report::{CompileReport, TestReport};

fn fresh() -> (TempDir, Records) {
    let dir = tempfile::tempdir().unwrap();
    let records = open(&dir);
    (dir, records)
}

fn open(dir: &TempDir) -> Records {
    Records::new(Database::open(&dir.path().join("tribunal.db")).unwrap())
}

fn submission(problem: &str) -> NewSubmission {
    NewSubmission {
        problem: problem.to_owned(),
        language: "python".to_owned(),
        files: vec![
            SourceFile::new("z.py", *b"print(1)"),
            SourceFile::new("a.py", *b""),
        ],
        entry: EntryPoint::MaybeFunction {
            name: Some("f".to_owned()),
        },
        created_at_ms: 1_234,
        idempotency_key: None,
        account: None,
        contest: None,
    }
}

fn report(verdict: Verdict) -> BuildReport {
    BuildReport {
        groups: Vec::new(),
        fault: None,
        verdict,
        score: Some(0.5),
        compile: CompileReport {
            verdict: Verdict::AC,
            cpu_ms: 1,
            wall_ms: 2,
            memory_bytes: 3,
            log: "fine".to_owned(),
            reused: false,
        },
        tests: vec![TestReport::skipped("1"), TestReport::skipped("2")],
    }
}

async fn insert(records: &Records, problem: &str) -> SubmissionId {
    match records
        .insert_submission(submission(problem))
        .await
        .unwrap()
    {
        Inserted::New(id) => id,
        known @ Inserted::Known(_) => panic!("{known:?}"),
    }
}

async fn judge(records: &Records, id: SubmissionId, verdict: Verdict, standing: Standing) -> bool {
    let report = report(verdict);
    let recorded = records.record_judgement(id, &report, standing, 5_678);
    recorded.await.unwrap()
}

#[test]
fn submissions_count_up_from_one_and_come_back_as_they_went() {
    let (_dir, records) = fresh();
    paused(async {
        assert_eq!(insert(&records, "hello").await, SubmissionId(1));
        assert_eq!(insert(&records, "hello").await, SubmissionId(2));
        let loaded = records.load_submission(SubmissionId(2)).await.unwrap();
        assert_eq!(loaded.id, SubmissionId(2));
        assert_eq!(loaded.submission, submission("hello"));
    });
}

#[test]
fn one_key_is_one_submission_and_another_submission_with_it_is_refused() {
    let (_dir, records) = fresh();
    let with_key = |problem| NewSubmission {
        idempotency_key: Some("k".to_owned()),
        account: None,
        ..submission(problem)
    };
    paused(async {
        let first = records.insert_submission(with_key("hello")).await.unwrap();
        assert_eq!(first, Inserted::New(SubmissionId(1)));
        let again = NewSubmission {
            created_at_ms: 9_999,
            ..with_key("hello")
        };
        let again = records.insert_submission(again).await.unwrap();
        assert_eq!(again, Inserted::Known(SubmissionId(1)));
        let other = records.insert_submission(with_key("other")).await;
        assert!(matches!(other, Err(RecordsError::KeyReused { key }) if key == "k"));
    });
}

#[test]
fn what_has_no_judgement_is_unfinished_also_after_a_restart() {
    let (dir, records) = fresh();
    paused(async {
        for problem in ["a", "b", "c"] {
            insert(&records, problem).await;
        }
        assert!(judge(&records, SubmissionId(2), Verdict::WA, Standing::First).await);
    });
    drop(records);
    let unfinished = paused(open(&dir).unfinished()).unwrap();
    assert_eq!(unfinished, [SubmissionId(1), SubmissionId(3)]);
}

#[test]
fn the_first_result_wins() {
    let (_dir, records) = fresh();
    paused(async {
        let id = insert(&records, "hello").await;
        assert!(judge(&records, id, Verdict::AC, Standing::First).await);
        assert!(!judge(&records, id, Verdict::WA, Standing::First).await);
        assert_eq!(records.load_judgements(id).await.unwrap().len(), 1);
        let view = records.load_view(id).await.unwrap();
        assert_eq!(view.verdict, Some(Verdict::AC));
    });
}

#[test]
fn a_rejudging_keeps_what_was_as_history_and_exactly_one_is_current() {
    let (_dir, records) = fresh();
    paused(async {
        let id = insert(&records, "hello").await;
        judge(&records, id, Verdict::WA, Standing::First).await;
        let first = records.load_judgements(id).await.unwrap()[0].id;
        assert!(judge(&records, id, Verdict::AC, Standing::Over(first)).await);
        assert_eq!(records.changes().count(), 1);
        // What was compared with the first comes too late.
        assert!(!judge(&records, id, Verdict::TLE, Standing::Over(first)).await);
        assert_eq!(records.changes().count(), 1);
        let history = records.load_judgements(id).await.unwrap();
        let told: Vec<_> = history
            .iter()
            .map(|one| (one.report.verdict, one.current))
            .collect();
        assert_eq!(told, [(Verdict::WA, false), (Verdict::AC, true)]);
        assert_eq!(history[0].report, report(Verdict::WA));
    });
}

#[test]
fn the_view_is_queued_until_there_is_a_judgement_and_then_shows_it() {
    let (_dir, records) = fresh();
    paused(async {
        let id = insert(&records, "hello").await;
        let view = records.load_view(id).await.unwrap();
        assert_eq!(view.status, SubmissionStatus::Queued);
        assert_eq!((view.verdict, view.compile), (None, None));
        judge(&records, id, Verdict::RTE, Standing::First).await;
        let view = records.load_view(id).await.unwrap();
        assert_eq!(view.status, SubmissionStatus::Done);
        assert_eq!(view.verdict, Some(Verdict::RTE));
        assert_eq!(view.score, Some(0.5));
        assert_eq!(view.tests, report(Verdict::RTE).tests);
        assert_eq!((&*view.problem, &*view.language), ("hello", "python"));
    });
}

#[test]
fn an_unknown_submission_is_said_to_be_unknown() {
    let (_dir, records) = fresh();
    let id = SubmissionId(7);
    paused(async {
        let unknown = |error| {
            matches!(
                error,
                RecordsError::Unknown {
                    id: SubmissionId(7)
                }
            )
        };
        assert!(unknown(records.load_view(id).await.unwrap_err()));
        assert!(unknown(records.load_submission(id).await.unwrap_err()));
        let report = report(Verdict::AC);
        let judged = records.record_judgement(id, &report, Standing::First, 0);
        assert!(unknown(judged.await.unwrap_err()));
    });
}

#[test]
fn pages_go_from_the_newest_to_the_oldest_and_show_each_once() {
    let (_dir, records) = fresh();
    paused(async {
        for _ in 0..7 {
            insert(&records, "hello").await;
        }
        judge(&records, SubmissionId(6), Verdict::TLE, Standing::First).await;
        let mut filter = ListFilter::default();
        let mut seen = Vec::new();
        loop {
            let page = records.list(filter.clone(), 3).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.before = Some(last.id);
            seen.extend(page);
        }
        let ids: Vec<_> = seen.iter().map(|line| line.id.0).collect();
        assert_eq!(ids, [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(seen[1].verdict, Some(Verdict::TLE));
        assert_eq!(seen[0].verdict, None);
    });
}

#[test]
fn a_list_can_be_of_one_problem_and_one_language() {
    let (_dir, records) = fresh();
    paused(async {
        insert(&records, "a").await;
        insert(&records, "b").await;
        let filter = |problem: &str, language: &str| ListFilter {
            problem: Some(problem.to_owned()),
            language: Some(language.to_owned()),
            ..ListFilter::default()
        };
        let found = records.list(filter("b", "python"), 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, SubmissionId(2));
        assert_eq!(records.list(filter("b", "c"), 10).await.unwrap(), []);
    });
}

#[test]
fn a_list_can_be_of_one_verdict_or_of_what_has_none() {
    let (_dir, records) = fresh();
    paused(async {
        for _ in 0..3 {
            insert(&records, "hello").await;
        }
        judge(&records, SubmissionId(1), Verdict::AC, Standing::First).await;
        judge(&records, SubmissionId(2), Verdict::WA, Standing::First).await;
        for (verdict, ids) in [
            (Judged::As(Verdict::AC), vec![1]),
            (Judged::As(Verdict::TLE), vec![]),
            (Judged::Waiting, vec![3]),
        ] {
            let filter = ListFilter {
                verdict: Some(verdict),
                ..ListFilter::default()
            };
            let found = records.list(filter, 10).await.unwrap();
            let found: Vec<_> = found.iter().map(|line| line.id.0).collect();
            assert_eq!(found, ids, "{verdict:?}");
        }
    });
}
