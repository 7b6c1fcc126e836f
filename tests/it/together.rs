//! Programs that run together: both slots or none, in the order of asking, on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join_all;
use tokio::time::Instant;
use tribunal_actors::{Run, RunTogether, Runners, TakePlace};
use tribunal_sandbox::{Cancel, Ending, Input, Limits, Output, Program, Spec, seal};

use crate::fakes::{FakePlaces, FakeSlot, Ledger};
use crate::harness::paused;

/// A run that takes so many milliseconds.
async fn sleeping(places: &Addr<FakePlaces>, milliseconds: u32, cancel: &Cancel) -> Run {
    let place = places.send(TakePlace::default()).await.unwrap().unwrap();
    let script = format!("sleep {milliseconds}");
    let stdin = Input::File(Arc::new(seal(&mut script.as_bytes(), "script").unwrap()));
    Run {
        place,
        spec: Spec {
            program: Program::Path("x".into()),
            args: Vec::new(),
            env: Vec::new(),
            stdin,
            stdout: Output::Discard,
            stderr: Output::Discard,
            limits: Limits::default(),
            core: None,
            inherited: Vec::new(),
            read_only: false,
        },
        cancel: cancel.clone(),
        beside: Vec::new(),
    }
}

/// Runs these groups, asked for at once in this order, and says when each was over, in milliseconds; and the most at one time.
async fn ends(slots: usize, groups: &[&[u32]]) -> (Vec<u128>, usize) {
    let ledger = Ledger::default();
    let places = FakePlaces(ledger.clone()).start();
    let slot = |_| FakeSlot(ledger.clone()).start().recipient();
    let runners = Runners::new((0..slots).map(slot).collect()).start();
    let began = Instant::now();
    let mut asked = Vec::new();
    for group in groups {
        let cancel = Cancel::new().unwrap();
        let mut runs = Vec::new();
        for &milliseconds in *group {
            runs.push(sleeping(&places, milliseconds, &cancel).await);
        }
        let scripts: Vec<u32> = group.to_vec();
        let answer = runners.send(RunTogether { runs, cancel });
        asked.push(async move {
            let ran = answer.await.unwrap();
            let walls: Vec<u128> = ran
                .into_iter()
                .map(|ran| ran.unwrap().outcome.unwrap().wall_time.as_millis())
                .collect();
            let wanted: Vec<u128> = scripts.iter().map(|&ms| u128::from(ms)).collect();
            assert_eq!(walls, wanted, "answered in the order of asking");
            began.elapsed().as_millis()
        });
    }
    let ended = join_all(asked).await;
    let most = ledger.seen().running_max;
    (ended, most)
}

#[test]
fn what_runs_together_begins_together_and_holds_nothing_before() {
    paused(async {
        // The pair waits for both slots, and what was asked for after it does not overtake it.
        assert_eq!(
            ends(2, &[&[100], &[50, 70], &[10]]).await,
            (vec![100, 170, 180], 2)
        );
        // Two pairs never hold half of each other's slots.
        assert_eq!(ends(2, &[&[50, 50], &[50, 50]]).await, (vec![50, 100], 2));
        assert_eq!(
            ends(3, &[&[50, 50], &[50, 50], &[20]]).await,
            (vec![50, 100, 70], 3)
        );
    });
}

#[test]
fn fewer_slots_than_programs_are_shared() {
    paused(async {
        assert_eq!(ends(1, &[&[50, 70], &[10]]).await, (vec![70, 80], 2));
        assert_eq!(
            ends(2, &[&[50, 60, 70, 80, 90], &[10]]).await,
            (vec![90, 100], 5)
        );
    });
}

#[test]
fn a_cancelled_pair_leaves_the_queue_whole() {
    paused(async {
        let ledger = Ledger::default();
        let places = FakePlaces(ledger.clone()).start();
        let slot = FakeSlot(ledger.clone()).start().recipient();
        let runners = Runners::new(vec![slot]).start();
        let cancel = Cancel::new().unwrap();
        let first = runners.send(sleeping(&places, 100, &Cancel::new().unwrap()).await);
        let runs = vec![
            sleeping(&places, 5, &cancel).await,
            sleeping(&places, 5, &cancel).await,
        ];
        let pair = runners.send(RunTogether {
            runs,
            cancel: cancel.clone(),
        });
        let (pair, swept) = (actix::spawn(pair), Duration::from_millis(10));
        tokio::time::sleep(swept).await;
        cancel.cancel();
        runners.send(tribunal_actors::Sweep).await.unwrap();
        for ran in pair.await.unwrap().unwrap() {
            let outcome = ran.unwrap().outcome.unwrap();
            assert_eq!(outcome.ending, Ending::Cancelled);
        }
        assert!(first.await.unwrap().is_ok());
    });
}
