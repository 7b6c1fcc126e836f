//! A rejudging does again only what may come out otherwise, and what it applies keeps what was.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tribunal_actors::{
    Database, Done, Node, NodeConfig, Records, Rejudge, RejudgeError, Rejudged, SubmissionId,
};
use tribunal_problems::{Checker, Verdict};

use crate::contest::{accepted, checker, compiles, judged, node, submit};
use crate::fakes::Ledger;
use crate::harness::paused;

/// Where a judge with another problem finds what one before it has judged.
struct Ground {
    dir: TempDir,
    id: SubmissionId,
}

/// Judges one submission with this problem and stops.
fn judged_before(
    checker: Checker,
    verdict: Verdict,
    change: impl FnOnce(&mut NodeConfig),
) -> Ground {
    let dir = tempfile::tempdir().unwrap();
    let id = paused(async {
        let (node, _) = node(&dir, checker, change).await;
        let id = submit(&node, "int main() {}").await;
        assert_eq!(judged(&node, id).await.verdict, Some(verdict));
        assert!(node.drain(Duration::from_secs(5)).await);
        id
    });
    Ground { dir, id }
}

impl Ground {
    /// Rejudges with this problem.
    fn rejudge(
        &self,
        checker: Checker,
        (apply, fresh): (bool, bool),
        change: impl FnOnce(&mut NodeConfig),
    ) -> (Result<Rejudged, RejudgeError>, Ledger) {
        paused(async {
            let (node, ledger) = node(&self.dir, checker, |config| {
                config.builds_max = 0;
                change(config);
            })
            .await;
            let again = self.again(&node, apply, fresh).await;
            assert!(node.drain(Duration::from_secs(5)).await);
            (again, ledger)
        })
    }

    async fn again(&self, node: &Node, apply: bool, fresh: bool) -> Result<Rejudged, RejudgeError> {
        let id = self.id;
        node.registrar()
            .send(Rejudge { id, apply, fresh })
            .await
            .unwrap()
    }

    /// The verdicts that it ever had, oldest first; the last one counts.
    fn history(&self) -> Vec<Verdict> {
        let database = Database::open(&self.dir.path().join("data/tribunal.db")).unwrap();
        let judgements = paused(async { Records::new(database).load_judgements(self.id).await });
        let judgements = judgements.unwrap();
        let current: Vec<bool> = judgements.iter().map(|one| one.current).collect();
        assert!(
            current
                .split_last()
                .is_some_and(|(last, rest)| *last && !rest.contains(&true))
        );
        judgements.iter().map(|one| one.report.verdict).collect()
    }
}

fn done(rejudged: &Rejudged) -> Vec<Option<Done>> {
    let tests = rejudged.after.tests.iter();
    tests
        .map(|test| test.kept.as_ref().map(|kept| kept.done))
        .collect()
}

/// The runs of the programs under test: those whose script is an input.
fn runs(ledger: &Ledger) -> usize {
    let seen = ledger.seen();
    let scripts = seen
        .runs
        .iter()
        .filter(|(script, _)| script.contains("sleep"));
    scripts.map(|(_, runs)| runs).sum()
}

const DRY: (bool, bool) = (false, false);
const APPLIED: (bool, bool) = (true, false);

fn script(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn b_7_after_a_checker_fix_only_the_checks_run_again_on_stored_outputs() {
    let ground = judged_before(checker("one"), Verdict::AC, |_| ());
    let (again, ledger) = ground.rejudge(checker("two"), DRY, |_| ());
    assert_eq!(done(&again.unwrap()), [Some(Done::Check); 2]);
    assert_eq!(runs(&ledger), 0);
    assert_eq!(compiles(&ledger), 1, "the new checker");
    assert_eq!(ledger.seen().runs["exit 42\n"], 2);
}

/// A problem with a further checker, which may use so much memory.
fn further(memory: u64) -> impl FnOnce(&mut NodeConfig) {
    move |config| {
        let Checker::Custom(mut custom) = checker("further") else {
            unreachable!("the contest's checkers are programs");
        };
        custom.limits.memory = memory;
        config.problems[0].further_checkers = vec![custom];
    }
}

#[test]
fn a_further_checker_that_changes_in_no_more_than_its_limits_is_asked_again() {
    let ground = judged_before(checker("one"), Verdict::AC, further(64 << 20));
    let (again, _) = ground.rejudge(checker("one"), DRY, further(64 << 20));
    assert_eq!(done(&again.unwrap()), [Some(Done::Nothing); 2]);
    let (again, _) = ground.rejudge(checker("one"), DRY, further(65 << 20));
    assert_eq!(done(&again.unwrap()), [Some(Done::Check); 2]);
}

#[test]
fn equal_checks_are_taken_and_all_is_run_where_that_is_asked_for() {
    let ground = judged_before(checker("one"), Verdict::AC, |_| ());
    let (again, ledger) = ground.rejudge(checker("one"), APPLIED, |_| ());
    let again = again.unwrap();
    assert_eq!(done(&again), [Some(Done::Nothing); 2]);
    assert!(!again.changes() && !again.applied);
    assert!(ledger.seen().runs.is_empty(), "{:?}", ledger.seen().runs);
    assert_eq!(
        ground.history(),
        [Verdict::AC],
        "what is as before is not written"
    );
    let (again, ledger) = ground.rejudge(checker("one"), (false, true), |_| ());
    assert_eq!(done(&again.unwrap()), [Some(Done::Run); 2]);
    assert_eq!(runs(&ledger), 2);
}

#[test]
fn after_a_changed_test_only_that_test_runs() {
    let ground = judged_before(Checker::default(), Verdict::AC, |_| ());
    let input = script(ground.dir.path(), "other.in", "sleep 70\nprint exit 42");
    let (again, ledger) = ground.rejudge(Checker::default(), APPLIED, |config| {
        config.problems[0].tests[1].input = input;
    });
    assert_eq!(done(&again.unwrap()), [Some(Done::Check), Some(Done::Run)]);
    assert_eq!(runs(&ledger), 1);
    let seen = ledger.seen();
    assert_eq!(
        seen.runs.keys().collect::<Vec<_>>(),
        ["sleep 70\nprint exit 42"]
    );
}

#[test]
fn a_lower_time_limit_is_answered_from_stored_times_and_a_dry_run_changes_nothing() {
    let slow = |config: &mut NodeConfig| {
        let dir = config.problems[0].path.clone();
        let input = script(&dir, "slow.in", "sleep 10\ncpu 1500\nprint exit 42");
        config.problems[0].tests[1].input = input;
    };
    let lower = |config: &mut NodeConfig| {
        slow(config);
        let limits = config.problems[0].limits.clone();
        config.problems[0].limits = limits.with_time(Duration::from_secs(1));
    };
    let ground = judged_before(Checker::default(), Verdict::AC, slow);
    let (again, ledger) = ground.rejudge(Checker::default(), DRY, lower);
    let again = again.unwrap();
    assert_eq!(
        (again.before.verdict, again.after.verdict),
        (Verdict::AC, Verdict::TLE)
    );
    assert!(again.changes() && !again.applied);
    assert_eq!(done(&again), [Some(Done::Check), Some(Done::Nothing)]);
    assert!(ledger.seen().runs.is_empty(), "{:?}", ledger.seen().runs);
    assert_eq!(ground.history(), [Verdict::AC]);

    let (again, _) = ground.rejudge(Checker::default(), APPLIED, lower);
    assert!(again.unwrap().applied);
    assert_eq!(ground.history(), [Verdict::AC, Verdict::TLE]);

    // The old limit again: the run that was made under it still answers.
    let (again, ledger) = ground.rejudge(Checker::default(), APPLIED, slow);
    assert_eq!(again.unwrap().after.verdict, Verdict::AC);
    assert!(ledger.seen().runs.is_empty());
    assert_eq!(ground.history(), [Verdict::AC, Verdict::TLE, Verdict::AC]);
}

#[test]
fn what_a_wrong_answer_had_skipped_is_run_once_the_answer_is_mended() {
    let wrong = |config: &mut NodeConfig| {
        let dir = config.problems[0].path.clone();
        config.problems[0].tests[0].answer = script(&dir, "wrong.ans", "exit 41\n");
        config.runners = Some(1);
        config.executors = Some(1);
    };
    let ground = judged_before(Checker::default(), Verdict::WA, wrong);
    let (again, _) = ground.rejudge(Checker::default(), APPLIED, |_| ());
    let again = again.unwrap();
    assert_eq!(again.after.verdict, Verdict::AC);
    assert_eq!(done(&again)[0], Some(Done::Check));
    paused(async {
        let (node, _) = node(&ground.dir, Checker::default(), |_| ()).await;
        accepted(&node, ground.id).await;
    });
}

#[test]
fn an_output_that_was_too_long_for_the_report_is_in_the_store_and_run_again_once_it_is_gone() {
    let long = |config: &mut NodeConfig| {
        let dir = config.problems[0].path.clone();
        for (at, test) in config.problems[0].tests.iter_mut().enumerate() {
            // Not the same bytes as the output, which would then be in the store as the answer.
            let words = format!("{at}\n").repeat(3000);
            test.input = script(
                &dir,
                &format!("long{at}.in"),
                &format!("sleep 9\nlong {at}"),
            );
            test.answer = script(&dir, &format!("long{at}.ans"), &words);
        }
    };
    let gone = |config: &mut NodeConfig| {
        long(config);
        config.store.output_bytes = 0;
    };
    let ground = judged_before(Checker::default(), Verdict::AC, gone);
    let (again, ledger) = ground.rejudge(Checker::default(), DRY, gone);
    assert_eq!(done(&again.unwrap()), [Some(Done::Run); 2]);
    assert_eq!(runs(&ledger), 2);
    let ground = judged_before(Checker::default(), Verdict::AC, long);
    let (again, ledger) = ground.rejudge(Checker::default(), DRY, long);
    assert_eq!(done(&again.unwrap()), [Some(Done::Check); 2]);
    assert_eq!(runs(&ledger), 0);
}

#[test]
fn the_judge_s_own_failure_is_nobody_s_new_verdict() {
    let ground = judged_before(Checker::default(), Verdict::AC, |_| ());
    let gone = |config: &mut NodeConfig| {
        config.problems[0].tests[1].input = "/no/such/file".into();
    };
    let (again, _) = ground.rejudge(Checker::default(), APPLIED, gone);
    let refused = again.unwrap_err().to_string();
    assert!(refused.contains("/no/such/file"), "{refused}");
    assert_eq!(ground.history(), [Verdict::AC]);
    let (again, _) = ground.rejudge(Checker::default(), APPLIED, |config| {
        config.problems[0].short_name = "another".to_owned();
    });
    assert!(matches!(again, Err(RejudgeError::UnknownProblem(name)) if name == "p"));
}
