//! An ordered stop of the real program: it takes nothing more, finishes or hands back what runs, and loses nothing.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};
use tempfile::TempDir;
use tribunal_actors::{Database, Records, SubmissionId};

use crate::harness::real;
use crate::remains::Belongings;
use crate::server::{Server, TRIBUNAL, serving};

/// A right program for `sum` that takes so many milliseconds for each of its fourteen tests.
fn slow_sum(milliseconds: u32) -> Value {
    let source = format!(
        "import time\ntime.sleep({milliseconds} / 1000)\nprint(sum(map(int, input().split())))\n"
    );
    json!({"problem": "sum", "language": "python", "source": source})
}

/// A data directory, and a configuration with one runner and this grace.
struct Ground {
    dir: TempDir,
}

impl Ground {
    fn new(grace_seconds: u32) -> Self {
        let dir = tempfile::tempdir().expect("a scratch directory");
        let text = format!("grace_seconds = {grace_seconds}\nrunners = 1\n");
        std::fs::write(dir.path().join("tribunal.toml"), text).expect("written");
        Self { dir }
    }

    fn start(&self) -> Server {
        let mut command = std::process::Command::new(TRIBUNAL);
        let config = self.dir.path().join("tribunal.toml");
        serving(&mut command, &self.dir.path().join("data"))
            .arg("--config")
            .arg(config);
        Server::of(command)
    }

    /// Every submission has one judgement, and none waits for one.
    fn check_judgements(&self, ids: &[i64]) {
        check_judgements(&self.dir.path().join("data/tribunal.db"), ids);
    }
}

fn check_judgements(database: &Path, ids: &[i64]) {
    let database = Database::open(database).expect("it opens");
    real(async {
        let records = Records::new(database);
        for &id in ids {
            let judgements = records.load_judgements(SubmissionId(id)).await.unwrap();
            assert_eq!(judgements.len(), 1, "submission {id}: {judgements:#?}");
        }
        assert_eq!(records.unfinished().await.unwrap(), []);
    });
}

fn submit(server: &Server, body: &Value) -> i64 {
    let answer = server.post("/api/submissions", body);
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["id"].as_i64().expect("a number")
}

fn view(server: &Server, id: i64, wait: u32) -> Value {
    server
        .get(&format!("/api/submissions/{id}?wait={wait}"))
        .json()
}

/// Waits until a test of the submission is judged and others are not.
fn wait_until_it_runs(server: &Server, id: i64) {
    loop {
        let view = view(server, id, 0);
        assert_ne!(view["status"], "done", "it is too fast for this test");
        if view["tests"]
            .as_array()
            .is_some_and(|tests| !tests.is_empty())
        {
            return;
        }
    }
}

/// Waits until the judge takes nothing more. What it took till then is judged as well.
fn wait_until_it_refuses(server: &Server, taken: &mut Vec<i64>) {
    loop {
        let answer = server.post("/api/submissions", &slow_sum(0));
        if answer.status == 503 {
            return;
        }
        assert_eq!(answer.status, 202, "{answer:?}");
        taken.push(answer.json()["id"].as_i64().expect("a number"));
    }
}

fn assert_all_accepted(server: &Server, ids: &[i64]) {
    for &id in ids {
        let view = view(server, id, 60);
        assert_eq!(
            (&view["status"], &view["verdict"]),
            (&json!("done"), &json!("AC")),
            "{view}"
        );
    }
}

#[test]
fn i_13_after_sigterm_nothing_is_taken_and_what_runs_is_finished() {
    let ground = Ground::new(60);
    let server = ground.start();
    let mut ids = vec![submit(&server, &slow_sum(150))];
    wait_until_it_runs(&server, ids[0]);
    let mut belongings = Belongings::default();
    belongings.note(server.pid().as_raw());
    let taken = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| view(&server, ids[0], 60));
        kill(server.pid(), Signal::SIGTERM).expect("the process is there");
        let mut taken = Vec::new();
        wait_until_it_refuses(&server, &mut taken);
        let told = waiter.join().expect("the waiter gets its answer");
        assert_eq!(told["verdict"], "AC", "{told}");
        taken
    });
    ids.extend(taken);
    assert!(server.wait().success());
    assert_eq!(belongings.left(), [] as [String; 0]);
    let again = ground.start();
    assert_all_accepted(&again, &ids);
    assert!(again.stop().success());
    ground.check_judgements(&ids);
}

#[test]
fn i_13_what_does_not_finish_within_the_grace_is_judged_after_the_next_start() {
    let ground = Ground::new(1);
    let server = ground.start();
    let ids: Vec<i64> = (0..2).map(|_| submit(&server, &slow_sum(300))).collect();
    wait_until_it_runs(&server, ids[0]);
    let mut belongings = Belongings::default();
    belongings.note(server.pid().as_raw());
    assert!(server.stop().success());
    assert_eq!(belongings.left(), [] as [String; 0]);
    let again = ground.start();
    let unfinished = ids
        .iter()
        .filter(|&&id| view(&again, id, 0)["status"] != "done");
    assert_eq!(unfinished.count(), 2, "there was no time for any");
    assert_all_accepted(&again, &ids);
    assert!(again.stop().success());
    ground.check_judgements(&ids);
}

#[test]
fn i_13_a_second_signal_ends_it_at_once_and_loses_nothing() {
    let ground = Ground::new(3600);
    let server = ground.start();
    let mut ids = vec![submit(&server, &slow_sum(400))];
    wait_until_it_runs(&server, ids[0]);
    let mut belongings = Belongings::default();
    belongings.note(server.pid().as_raw());
    kill(server.pid(), Signal::SIGTERM).expect("the process is there");
    wait_until_it_refuses(&server, &mut ids);
    assert_eq!(server.stop().code(), Some(130));
    let again = ground.start();
    assert_eq!(belongings.left(), [] as [String; 0]);
    assert_ne!(
        view(&again, ids[0], 0)["status"],
        "done",
        "it was still running"
    );
    assert_all_accepted(&again, &ids);
    assert!(again.stop().success());
    ground.check_judgements(&ids);
}
