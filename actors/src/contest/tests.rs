//! The desk as an actor with its database, on a paused clock: what is ordered happens, is told, and survives a restart.

use std::path::Path;

use tempfile::TempDir;
use tokio::sync::mpsc;
use tribunal_problems::ContestStart;

use super::*;
use crate::event_log::{EventLimits, EventLog, Subscribe, Topic, Update};
use crate::paused::paused;

const FILE: &str = "name: Finals\nshort_name: finals\nduration: 0:10:00\nfreeze: 0:03:00\nkind: icpc\n\
     problems: [{label: A, package: sum}]\nteams: [{name: ants, password: six legs each}]\n";

struct Judge {
    desk: Addr<ContestDesk>,
    events: mpsc::Receiver<Update>,
    log: Addr<EventLog>,
    database: Database,
    accounts: Accounts,
}

async fn judge(data: &TempDir, file: &str) -> Judge {
    let database = Database::open(&data.path().join("tribunal.db")).unwrap();
    let accounts = Accounts::new(database.clone());
    let log = EventLog::new(1, EventLimits::default()).start();
    let all = Subscribe {
        after: None,
        topic: Topic::Everything,
    };
    let events = log.send(all).await.unwrap().unwrap();
    let contest = Contest::parse(file, Path::new("contest.yaml")).unwrap();
    Judge {
        desk: desk(contest, &database, &accounts, &log).await,
        events,
        log,
        database,
        accounts,
    }
}

async fn desk(
    contest: Contest,
    database: &Database,
    accounts: &Accounts,
    log: &Addr<EventLog>,
) -> Addr<ContestDesk> {
    let names = vec![("sum".to_owned(), "Sum of Two".to_owned())];
    let (database, events) = (database.clone(), log.clone().recipient());
    let desk = ContestDesk::start(contest, names, database, accounts, events);
    desk.await.unwrap()
}

impl Judge {
    /// Another desk beside the same database.
    async fn desk_of(&self, contest: Contest) -> Addr<ContestDesk> {
        desk(contest, &self.database, &self.accounts, &self.log).await
    }

    async fn order(&self, order: ClockOrder) -> Result<ContestView, ControlError> {
        self.desk.send(Control(order)).await.unwrap()
    }

    async fn view(&self) -> ContestView {
        let viewer = Viewer::Public;
        self.desk.send(GetContest { viewer }).await.unwrap()
    }

    async fn say(&self, new: NewClarification) -> Result<Clarification, ClarifyError> {
        self.desk.send(Clarify(new)).await.unwrap()
    }

    /// The next state that is told.
    async fn told_state(&mut self) -> ContestState {
        loop {
            let update = self.events.recv().await.unwrap();
            if let Update::Event(event) = update
                && let EventKind::Contest {
                    news: ContestNews::State { state },
                    ..
                } = event.kind
            {
                return state;
            }
        }
    }
}

async fn minutes(minutes: u64) {
    tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
}

#[test]
fn freeze_and_end_come_by_themselves_and_are_told() {
    paused(async {
        let data = tempfile::tempdir().unwrap();
        let mut judge = judge(&data, FILE).await;
        judge.order(ClockOrder::Start).await.unwrap();
        assert_eq!(judge.told_state().await, ContestState::Running);
        let began = Instant::now();
        assert_eq!(judge.told_state().await, ContestState::Frozen);
        let to_freeze = began.elapsed().as_secs_f64();
        assert_eq!(judge.told_state().await, ContestState::Ended);
        let to_end = began.elapsed().as_secs_f64();
        // A timer rings up to a millisecond late.
        assert!((420.0..420.1).contains(&to_freeze), "{to_freeze}");
        assert!((600.0..600.1).contains(&to_end), "{to_end}");
    });
}

#[test]
fn a_start_that_the_file_names_comes_by_itself() {
    paused(async {
        let data = tempfile::tempdir().unwrap();
        let mut judge = judge(&data, FILE).await;
        let start_ms = Wall::now().ms() + 3_600_000;
        judge.desk = {
            let mut contest = Contest::parse(FILE, Path::new("contest.yaml")).unwrap();
            contest.start = ContestStart::At(start_ms);
            judge.desk_of(contest).await
        };
        assert_eq!(judge.view().await.state, ContestState::NotStarted);
        assert_eq!(judge.told_state().await, ContestState::Running);
        let view = judge.view().await;
        assert_eq!(view.start_ms, Some(start_ms));
        assert!(view.time_ms.is_some_and(|time| time < 100), "{view:?}");
    });
}

#[test]
fn a_restart_in_the_middle_keeps_everything() {
    let data = tempfile::tempdir().unwrap();
    let before = paused(async {
        let judge = judge(&data, FILE).await;
        judge.order(ClockOrder::Start).await.unwrap();
        minutes(2).await;
        judge.order(ClockOrder::Pause).await.unwrap();
        minutes(60).await;
        let team = *judge.view().await.teams.first_key_value().unwrap().0;
        let question = NewClarification::Question {
            team,
            problem: Some("sum".to_owned()),
            text: "How big?".to_owned(),
        };
        let asked = judge.say(question).await.unwrap();
        let answer = NewClarification::Answer {
            to: asked.id,
            to_all: false,
            text: "Small.".to_owned(),
        };
        judge.say(answer).await.unwrap();
        let viewer = Viewer::Team(team);
        let said = judge.desk.send(GetClarifications { viewer }).await.unwrap();
        (judge.view().await, viewer, said)
    });
    paused(async {
        let judge = judge(&data, FILE).await;
        let (view, viewer, said) = before;
        let now = judge.view().await;
        assert_eq!(
            (now.state, now.time_ms),
            (ContestState::Paused, view.time_ms)
        );
        assert_eq!((now.start_ms, &now.teams), (view.start_ms, &view.teams));
        let again = judge.desk.send(GetClarifications { viewer }).await.unwrap();
        assert_eq!(again, said);
        assert_eq!(again.len(), 2);
    });
}

#[test]
fn a_refused_order_says_why_and_changes_nothing() {
    paused(async {
        let data = tempfile::tempdir().unwrap();
        let judge = judge(&data, FILE).await;
        let refused = judge.order(ClockOrder::Pause).await.unwrap_err();
        assert_eq!(refused.to_string(), "the contest has not begun");
        assert_eq!(judge.view().await.state, ContestState::NotStarted);
    });
}

#[test]
fn the_accounts_of_the_file_are_made_and_brought_up_to_date() {
    let data = tempfile::tempdir().unwrap();
    for (file, password) in [
        (FILE.to_owned(), "six legs each"),
        (
            FILE.replace("six legs each", "eight legs each"),
            "eight legs each",
        ),
    ] {
        paused(async {
            let judge = judge(&data, &file).await;
            let signed_in = judge.accounts.by_password("ants", password).await.unwrap();
            assert_eq!(signed_in.unwrap().role, Role::Team);
            let wrong = judge.accounts.by_password("ants", "no legs at all").await;
            assert_eq!(wrong.unwrap(), None);
            assert_eq!(judge.accounts.all().await.unwrap().len(), 1);
        });
    }
}
