//! How fast submissions are accepted, each on the disk before its answer, and how fast their status is shown: with an
//! empty database and with 100,000 submissions in it.
//!
//! `make bench`. The judge is a process of its own with judging switched off; clients and judge share this machine's
//! cores. Absolute figures are this machine's; the ratios travel.

mod common;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tribunal_actors::SubmissionId;

use common::{Connection, Failure, Served, fill, finish, median, say, source};

/// Connections that submit at once.
const CONNECTIONS: usize = 32;

/// How long each round of submitting takes.
const ROUND: Duration = Duration::from_secs(4);

/// Rounds on each side, in turn; the median counts.
const ROUNDS: usize = 5;

/// Status pages that are asked for, one after another.
const PAGES: usize = 2000;

/// Submissions of the full database.
const STORED: usize = 100_000;

/// Judged submissions of the other, once it is no longer empty.
const FEW: usize = 100;

/// Submissions that wait while memory is measured.
const QUEUED: usize = 20_000;

/// Much is stored, and nothing judged.
const CONFIG: &str = "queue_max = 100000000\nbuilds_max = 0\n";

fn main() -> ExitCode {
    finish(measure())
}

fn measure() -> Result<(), Failure> {
    // Not in memory, as temporary directories may be.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (empty, full) = (dir.path().join("empty"), dir.path().join("full"));
    let began = Instant::now();
    let of_full = fill(&full, STORED)?;
    let seconds = began.elapsed().as_secs_f64();
    say(&format!(
        "{STORED} submissions stored and judged in {seconds:.1} s"
    ));
    let mut rates = [Vec::new(), Vec::new()];
    {
        let sides = [
            Served::judge(&empty, dir.path(), CONFIG)?,
            Served::judge(&full, dir.path(), CONFIG)?,
        ];
        for _ in 0..ROUNDS {
            for (judge, rates) in sides.iter().zip(&mut rates) {
                rates.push(accept(judge.addr, ROUND)?);
            }
        }
    }
    // A page shows the same in both: a judged submission, one of a few or one of many.
    let shown = [fill(&empty, FEW)?, of_full];
    let sides = [
        Served::judge(&empty, dir.path(), CONFIG)?,
        Served::judge(&full, dir.path(), CONFIG)?,
    ];
    let mut pages = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for ((judge, pages), ids) in sides.iter().zip(&mut pages).zip(&shown) {
            pages.push(show(judge.addr, ids)?);
        }
    }
    let [empty_rate, full_rate] = rates.map(median);
    let [empty_page, full_page] = pages.map(median);
    say(&format!(
        "{:<42} {:>12} {:>12} {:>7}",
        "", "empty", STORED, "ratio"
    ));
    row(
        "accepted a second, 32 connections",
        empty_rate,
        full_rate,
        full_rate / empty_rate,
    );
    row(
        "status page, microseconds",
        empty_page,
        full_page,
        full_page / empty_page,
    );
    drop(sides);
    memory(&dir.path().join("queued"), dir.path())
}

fn row(what: &str, empty: f64, full: f64, ratio: f64) {
    say(&format!(
        "{what:<42} {empty:>12.0} {full:>12.0} {ratio:>7.2}"
    ));
}

/// Submissions accepted a second.
fn accept(addr: SocketAddr, round: Duration) -> Result<f64, Failure> {
    let began = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|client| {
            std::thread::spawn(move || submit_until(addr, client, |_| began.elapsed() < round))
        })
        .collect();
    let mut accepted = 0;
    for client in clients {
        accepted += client.join().map_err(|_| "a client panicked")??;
    }
    Ok(accepted as f64 / began.elapsed().as_secs_f64())
}

fn submit_until(
    addr: SocketAddr,
    client: usize,
    goes_on: impl Fn(usize) -> bool,
) -> Result<usize, Failure> {
    let source = serde_json::to_string(&source(client))?;
    let body = format!("{{\"problem\":\"sum\",\"language\":\"python\",\"source\":{source}}}");
    let request = format!(
        "POST /api/submissions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = Connection::open(addr)?;
    let mut accepted = 0;
    while goes_on(accepted) {
        connection.ask(&request, "HTTP/1.1 202 ")?;
        accepted += 1;
    }
    Ok(accepted)
}

/// Microseconds from the request for a status to the answer, at the median.
fn show(addr: SocketAddr, ids: &[SubmissionId]) -> Result<f64, Failure> {
    let mut connection = Connection::open(addr)?;
    let mut times = Vec::with_capacity(PAGES);
    for page in 0..PAGES {
        // Spread over all that there are.
        let id = ids[page * 7919 % ids.len()];
        let request = format!("GET /api/submissions/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let began = Instant::now();
        connection.ask(&request, "HTTP/1.1 200 ")?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(times))
}

/// Resident memory with a long queue.
fn memory(data: &Path, dir: &Path) -> Result<(), Failure> {
    let judge = Served::judge(data, dir, CONFIG)?;
    let before = judge.resident()?;
    let addr = judge.addr;
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|client| {
            std::thread::spawn(move || {
                submit_until(addr, client, |sent| sent < QUEUED / CONNECTIONS)
            })
        })
        .collect();
    for client in clients {
        client.join().map_err(|_| "a client panicked")??;
    }
    let after = judge.resident()?;
    say(&format!(
        "resident memory: {:.1} MiB at the start, {:.1} MiB with {QUEUED} submissions queued",
        before as f64 / 1024.0,
        after as f64 / 1024.0
    ));
    Ok(())
}
