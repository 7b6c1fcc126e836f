//! More clients than can be served: nothing that was accepted is lost, and whoever is refused is told when to come back.
//!
//! A few seconds here; `make soak` takes a minute, by `TRIBUNAL_LOAD_SECONDS`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;

/// Clients at once; each asks again as soon as it is answered.
const CLIENTS: usize = 100;

/// Submissions that may wait, far fewer than there are clients.
const QUEUE: usize = 40;

/// Bytes that the judge may grow beyond twice what it had after its first submission: the connections' buffers, and what
/// an allocator keeps.
const GROWTH_BYTES_MAX: f64 = 64.0 * 1024.0 * 1024.0;

/// What a refused client waits: far less than it is told to, but as clients elsewhere do not take this machine's cores from the
/// programs that are judged, those here must not either.
const IMPATIENCE: Duration = Duration::from_millis(500);

/// What one client was answered.
#[derive(Default)]
struct Answers {
    accepted: Vec<i64>,
    refused: usize,
}

/// Asks at least once.
fn ask_until(server: &Server, client: usize, end: Instant) -> Answers {
    let mut answers = Answers::default();
    let (_silent, nothing) = std::sync::mpsc::channel::<()>();
    for number in 0.. {
        // No two are equal, so that each is compiled and run.
        let source = format!("print(sum(map(int, input().split()))) # {client} {number}");
        let body = json!({"problem": "sum", "language": "python", "source": source});
        let answer = server.post("/api/submissions", &body);
        match answer.status {
            202 => {
                let id = answer.json()["id"].as_i64();
                answers.accepted.push(id.expect("a number"));
            }
            503 => {
                assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
                answers.refused += 1;
                // Nobody sends: the time is what is waited for.
                assert!(nothing.recv_timeout(IMPATIENCE).is_err());
            }
            _ => panic!("neither accepted nor told to come back: {answer:?}"),
        }
        if Instant::now() >= end {
            break;
        }
    }
    answers
}

fn resident_bytes(server: &Server) -> f64 {
    let page = server.get("/metrics").text;
    let value = page
        .lines()
        .find_map(|line| line.strip_prefix("tribunal_resident_bytes "));
    value.expect("it is there").parse().expect("a number")
}

/// The numbers of all submissions that the judge knows, and that have this verdict.
fn listed(server: &Server, verdict: &str) -> BTreeSet<i64> {
    let (mut ids, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/submissions?limit=200&verdict={verdict}{cursor}");
        let page = server.get(&path).json();
        let lines = page["submissions"].as_array().expect("a list");
        ids.extend(lines.iter().map(|line| line["id"].as_i64().expect("one")));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[test]
fn a_hundred_clients_lose_nothing_and_do_not_fill_the_memory() {
    let seconds = std::env::var("TRIBUNAL_LOAD_SECONDS");
    let seconds = seconds.map_or(4, |text| text.parse().expect("a number of seconds"));
    let data = tempfile::tempdir().expect("a scratch directory");
    let config = data.path().join("t.toml");
    std::fs::write(&config, format!("queue_max = {QUEUE}\n")).expect("written");
    let flags = ["--config", config.to_str().expect("UTF-8")];
    let server = Server::start_in(data.path(), &flags);
    let first = ask_until(&server, CLIENTS, Instant::now());
    for id in &first.accepted {
        server.get(&format!("/api/submissions/{id}?wait=60"));
    }
    let before = resident_bytes(&server);
    let end = Instant::now() + Duration::from_secs(seconds);
    let answers: Vec<Answers> = std::thread::scope(|scope| {
        let server = &server;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || ask_until(server, client, end)))
            .collect();
        let answers = clients.into_iter().map(|client| client.join());
        answers
            .map(|answers| answers.expect("a client is always answered"))
            .collect()
    });
    let after = resident_bytes(&server);
    let mut accepted: BTreeSet<i64> = first.accepted.iter().copied().collect();
    for id in answers.iter().flat_map(|answers| &answers.accepted) {
        assert!(accepted.insert(*id), "{id} was told twice");
    }
    let refused: usize = answers.iter().map(|answers| answers.refused).sum();
    assert!(
        refused >= accepted.len(),
        "{refused} refused, {} accepted: that was not twice what can be judged",
        accepted.len()
    );
    for id in &accepted {
        let view = server.get(&format!("/api/submissions/{id}?wait=60")).json();
        assert_eq!(view["status"], "done", "{view}");
    }
    assert_eq!(
        listed(&server, "AC"),
        accepted,
        "all are there, and no other"
    );
    assert!(
        after <= 2.0 * before + GROWTH_BYTES_MAX,
        "from {before} to {after} bytes"
    );
    assert!(server.stop().success());
}
