//! A contest in a judge with fake hands on a paused clock: what is submitted is admitted, judged and counted; a rejudging
//! and a restart show on the board.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tribunal_actors::{
    AccountId, ClockOrder, ContestConfig, ContestNews, ContestRefusal, ContestView, Control,
    EventKind, GetContest, GetScoreboard, Node, Rejudge, SubmissionId, Submit, SubmitError,
    Subscribe, Topic, Update,
};
use tribunal_problems::{
    Checker, Contest, EntryPoint, LanguageId, SourceFile, TeamId, Verdict, Viewer,
};

use crate::contest::{judged, node, package};
use crate::harness::paused;

/// Ten minutes, the last three of them frozen.
const FILE: &str = "name: Finals\nshort_name: finals\nduration: 0:10:00\nfreeze: 0:03:00\nkind: icpc\n\
     problems: [{label: A, package: p}]\nteams: [{name: ants}, {name: bees}]\n";

async fn judge(dir: &TempDir, keys: &str) -> Node {
    let file = format!("{FILE}{keys}");
    let contest = Contest::parse(&file, Path::new("contest.yaml")).unwrap();
    let (node, _) = node(dir, Checker::default(), |config| {
        let problems = vec!["p".to_owned()];
        config.contest = Some(ContestConfig { contest, problems });
        // Outside of the contest.
        let mut other = package(dir.path(), Checker::default());
        "q".clone_into(&mut other.short_name);
        config.problems.push(other);
    })
    .await;
    node
}

async fn order(node: &Node, order: ClockOrder) {
    let desk = &node.contest().unwrap().desk;
    desk.send(Control(order)).await.unwrap().unwrap();
}

async fn view(node: &Node) -> ContestView {
    let viewer = Viewer::Jury;
    let desk = &node.contest().unwrap().desk;
    desk.send(GetContest { viewer }).await.unwrap()
}

/// The teams' accounts, the ants first.
async fn teams(node: &Node) -> [AccountId; 2] {
    let ids: Vec<_> = view(node).await.teams.into_keys().collect();
    [AccountId(ids[0].0), AccountId(ids[1].0)]
}

/// How many problems each team has solved and how many submissions are hidden, the best team first.
async fn board(node: &Node, viewer: Viewer) -> Vec<(AccountId, u32, u32)> {
    let desk = &node.contest().unwrap().desk;
    let board = desk.send(GetScoreboard { viewer }).await.unwrap();
    let short = |row: &tribunal_problems::Row| {
        let pending = row.cells.iter().map(|cell| cell.pending).sum();
        (AccountId(row.team.0), row.score.solved, pending)
    };
    board.rows.iter().map(short).collect()
}

fn submission(account: Option<AccountId>, problem: &str, key: Option<&str>) -> Submit {
    Submit {
        problem: problem.to_owned(),
        language: LanguageId::new("c"),
        files: vec![SourceFile::new("main.c", *b"int main;")],
        entry: EntryPoint::Program,
        idempotency_key: key.map(str::to_owned),
        account,
        is_jury: false,
    }
}

async fn send(node: &Node, submit: Submit) -> Result<SubmissionId, SubmitError> {
    node.registrar().send(submit).await.unwrap()
}

async fn submit(node: &Node, account: AccountId) -> SubmissionId {
    let id = send(node, submission(Some(account), "p", None)).await;
    let id = id.unwrap();
    judged(node, id).await;
    id
}

async fn minutes(minutes: u64) {
    tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
}

#[test]
fn submissions_are_counted_and_in_the_freeze_only_for_those_who_know() {
    paused(async {
        let dir = tempfile::tempdir().unwrap();
        let node = judge(&dir, "").await;
        let [ants, bees] = teams(&node).await;
        order(&node, ClockOrder::Start).await;
        submit(&node, bees).await;
        let everybody = Viewer::Public;
        let early = board(&node, everybody).await;
        assert_eq!(early, [(bees, 1, 0), (ants, 0, 0)]);
        minutes(7).await;
        submit(&node, ants).await;
        let hidden = board(&node, everybody).await;
        assert_eq!(hidden, [(bees, 1, 0), (ants, 0, 1)]);
        let of_bees = board(&node, Viewer::Team(TeamId(bees.0))).await;
        assert_eq!(of_bees, hidden);
        let known = [(bees, 1, 0), (ants, 1, 0)];
        let of_ants = board(&node, Viewer::Team(TeamId(ants.0))).await;
        assert_eq!(of_ants, known);
        minutes(3).await;
        assert_eq!(board(&node, everybody).await, hidden);
        order(&node, ClockOrder::Thaw).await;
        assert_eq!(board(&node, everybody).await, known);
    });
}

#[test]
fn no_event_of_the_freeze_tells_a_verdict_to_all() {
    paused(async {
        let dir = tempfile::tempdir().unwrap();
        let node = judge(&dir, "").await;
        let [ants, _] = teams(&node).await;
        order(&node, ClockOrder::Start).await;
        minutes(8).await;
        let all = Subscribe {
            after: None,
            topic: Topic::Everything,
        };
        let mut events = node.event_log().send(all).await.unwrap().unwrap();
        submit(&node, ants).await;
        // The board's last word, which comes after the verdict.
        let mut told = Vec::new();
        while told.len() < 4 {
            if let Update::Event(event) = events.recv().await.unwrap()
                && let EventKind::Contest { news, audience } = &event.kind
            {
                let public = audience.includes(Viewer::Public);
                told.push((
                    news.clone(),
                    public,
                    audience.includes(Viewer::Team(TeamId(ants.0))),
                ));
            }
        }
        let kinds = told.iter().map(|(news, public, own)| {
            let kind = match news {
                ContestNews::Submitted { .. } => "submitted",
                ContestNews::Judged { verdict, .. } if *verdict == Verdict::AC => "judged",
                ContestNews::Scoreboard => "scoreboard",
                other => panic!("{other:?}"),
            };
            (kind, *public, *own)
        });
        let kinds: Vec<_> = kinds.collect();
        assert_eq!(
            kinds,
            [
                ("submitted", true, true),
                ("scoreboard", true, true),
                ("judged", false, true),
                ("scoreboard", false, true),
            ]
        );
    });
}

#[test]
fn a_contest_takes_its_teams_submissions_within_its_limits_and_a_retry_is_never_too_many() {
    paused(async {
        let dir = tempfile::tempdir().unwrap();
        let node = judge(&dir, "limits: {per_problem: 2, per_minute: 2}\n").await;
        let [ants, bees] = teams(&node).await;
        let early = send(&node, submission(Some(ants), "p", None)).await;
        // As if it was not there.
        assert_eq!(early, Err(SubmitError::UnknownProblem("p".to_owned())));
        order(&node, ClockOrder::Start).await;
        let anonymous = send(&node, submission(None, "p", None)).await;
        let refused = |refusal| Err(SubmitError::Contest(refusal));
        assert_eq!(anonymous, refused(ContestRefusal::Anonymous));
        assert!(send(&node, submission(None, "q", None)).await.is_ok());
        let first = send(&node, submission(Some(ants), "p", Some("one"))).await;
        let again = send(&node, submission(Some(ants), "p", Some("one"))).await;
        assert_eq!(again, first);
        submit(&node, ants).await;
        let third = send(&node, submission(Some(ants), "p", None)).await;
        assert_eq!(third, refused(ContestRefusal::TooMany { max: 2 }));
        let retried = send(&node, submission(Some(ants), "p", Some("one"))).await;
        assert_eq!(retried, first);
        assert!(send(&node, submission(Some(bees), "p", None)).await.is_ok());
        let of_jury = Submit {
            is_jury: true,
            ..submission(Some(bees), "p", None)
        };
        let of_jury = send(&node, of_jury).await.unwrap();
        judged(&node, of_jury).await;
        let rows = board(&node, Viewer::Jury).await;
        let pending: u32 = rows.iter().map(|(.., pending)| pending).sum();
        assert!(pending <= 2, "the jury's does not count: {rows:?}");
    });
}

#[test]
fn practice_after_the_end_is_judged_and_not_counted() {
    paused(async {
        let dir = tempfile::tempdir().unwrap();
        let node = judge(&dir, "practice: true\n").await;
        let [ants, _] = teams(&node).await;
        order(&node, ClockOrder::Start).await;
        minutes(11).await;
        let id = submit(&node, ants).await;
        assert_eq!(judged(&node, id).await.verdict, Some(Verdict::AC));
        let rows = board(&node, Viewer::Jury).await;
        assert!(rows.iter().all(|row| (row.1, row.2) == (0, 0)), "{rows:?}");
    });
}

#[test]
fn a_rejudging_changes_the_board_at_once_and_a_restart_shows_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let id = paused(async {
        let node = judge(&dir, "").await;
        let [ants, bees] = teams(&node).await;
        order(&node, ClockOrder::Start).await;
        let id = submit(&node, ants).await;
        let rows = board(&node, Viewer::Public).await;
        assert_eq!(rows, [(ants, 1, 0), (bees, 0, 0)]);
        assert!(node.drain(Duration::from_secs(5)).await);
        id
    });
    let rejudged = paused(async {
        let node = judge(&dir, "").await;
        let rows = board(&node, Viewer::Public).await;
        assert_eq!(rows[0].1, 1, "{rows:?}");
        // The jury mends an answer.
        let answer = dir.path().join("2.ans");
        std::fs::write(&answer, "another answer\n").unwrap();
        let again = Rejudge {
            id,
            apply: true,
            fresh: true,
        };
        let rejudged = node.registrar().send(again).await.unwrap().unwrap();
        assert_eq!(rejudged.after.verdict, Verdict::WA);
        let rows = board(&node, Viewer::Public).await;
        assert!(rows.iter().all(|row| row.1 == 0), "{rows:?}");
        assert!(node.drain(Duration::from_secs(5)).await);
        rows
    });
    paused(async {
        let node = judge(&dir, "").await;
        assert_eq!(board(&node, Viewer::Public).await, rejudged);
    });
}
