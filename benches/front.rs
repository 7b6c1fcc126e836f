//! What the web front costs: pages of submissions beside a constant, many who watch events, and `POST /run`.
//!
//! `make bench`. The bounds are the issue's. Judge, clients and what it is compared with share this machine's cores;
//! absolute figures are this machine's, the ratio travels.

mod common;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tribunal_actors::{
    Append, Database, EventKind, Inserted, NewSubmission, Node, NodeConfig, Records, SubmissionId,
};
use tribunal_problems::{EntryPoint, SourceFile, Verdict};
use tribunal_web::{AccessRules, Front, RunResponse, Serving};

use common::{Connection, Failure, Served, fill, finish, median, say};

/// Rounds on each side, in turn; the median counts.
const ROUNDS: usize = 5;

/// Submissions that are asked for.
const STORED: usize = 1_000;

/// Those who watch, the events of a second, and the seconds of watching.
const SUBSCRIBERS: u32 = 1_000;
const EVENTS_PER_SECOND: u32 = 50;
const WATCHING: Duration = Duration::from_secs(10);

/// Runs of a compiled program.
const RUNS: usize = 200;

/// Threads of each server.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    tribunal_sandbox::run_agent_if_asked();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |at: usize| arguments.get(at).map_or("", String::as_str);
    finish(match argument(0) {
        "--constant" => actix::System::new().block_on(constant(argument(1).to_owned())),
        "--feed" => actix::System::new().block_on(feed(Path::new(argument(1)))),
        _ => measure(),
    })
}

fn measure() -> Result<(), Failure> {
    // Not in memory, as temporary directories may be.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    pages(dir.path())?;
    watching(&dir.path().join("feed"))?;
    runs(dir.path())
}

/// This program itself, as one of those that are measured.
fn part(name: &str, argument: &std::ffi::OsStr) -> Result<Served, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(name).arg(argument);
    Served::of(command)
}

fn listening() -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    say(&format!("listening on http://{}", listener.local_addr()?));
    Ok(listener)
}

/// `GET` of a submission, beside the same server answering as many bytes that it has at hand.
fn pages(dir: &Path) -> Result<(), Failure> {
    let data = dir.join("data");
    let ids = fill(&data, STORED)?;
    let judge = Served::judge(&data, dir, "builds_max = 0\n")?;
    let request = "GET /api/submissions/1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut connection = Connection::open(judge.addr)?;
    let answer = String::from_utf8(connection.ask(request, "HTTP/1.1 200 ")?.to_vec())?;
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .ok_or("an answer has a body")?;
    let constant = part("--constant", body.as_ref())?;
    let script = dir.join("spread.lua");
    // Over all that there are.
    std::fs::write(
        &script,
        format!(
            "local n = 0\nrequest = function()\n  n = (n + 619) % {}\n  return wrk.format(nil, \"/api/submissions/\" .. n + 1)\nend\n",
            ids.len()
        ),
    )?;
    let (mut judged, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        judged.push(rate(judge.addr, &script)?);
        plain.push(rate(constant.addr, &script)?);
    }
    let (judged, plain) = (median(judged), median(plain));
    say(&format!(
        "GET of a submission: {judged:.0} a second; a constant of as many bytes: {plain:.0}; ratio {:.2} (the bound is 0.60)",
        judged / plain
    ));
    Ok(())
}

/// Requests a second.
fn rate(addr: SocketAddr, script: &Path) -> Result<f64, Failure> {
    let output = Command::new("wrk")
        .args(["-t1", "-c16", "-d3s", "-s"])
        .arg(script)
        .arg(format!("http://{addr}"))
        .output()
        .map_err(|error| format!("wrk: {error}; install it by `tools/install.sh bench`"))?;
    let text = String::from_utf8(output.stdout)?;
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"))
        .ok_or_else(|| format!("wrk says no rate: {text}"))?;
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(format!("not every request was answered: {text}").into());
    }
    Ok(rate.trim().parse()?)
}

async fn constant(body: String) -> Result<(), Failure> {
    let body = web::Bytes::from(body);
    let server = HttpServer::new(move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move {
                HttpResponse::Ok()
                    .content_type("application/json")
                    .body(body)
            }
        }))
    });
    server.workers(WORKERS).listen(listening()?)?.run().await?;
    Ok(())
}

/// Many who watch a submission to which much happens.
fn watching(data: &Path) -> Result<(), Failure> {
    let feed = part("--feed", data.as_os_str())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let alone = cpu_over(&feed, || {
        runtime.block_on(async { tokio::time::sleep(WATCHING).await });
        Ok(())
    })?;
    let before = feed.resident()?;
    let mut heard = 0;
    let mut after = before;
    let watched = cpu_over(&feed, || {
        heard = runtime.block_on(async {
            let watchers = (0..SUBSCRIBERS).map(|_| watch(feed.addr));
            join_all(watchers).await.into_iter().sum::<Result<u64, _>>()
        })?;
        after = feed.resident()?;
        Ok(())
    })?;
    let expected = u64::from(SUBSCRIBERS * EVENTS_PER_SECOND) * WATCHING.as_secs();
    say(&format!(
        "{SUBSCRIBERS} subscribers, {EVENTS_PER_SECOND} events a second: {:.1} % of a core more (the bound is 10 %), \
         {:.1} MiB more (100 MB); {:.1} % of the events heard",
        (watched - alone) * 100.0,
        after.saturating_sub(before) as f64 / 1024.0,
        heard as f64 / expected as f64 * 100.0
    ));
    Ok(())
}

/// The share of a core that a process used meanwhile.
fn cpu_over(served: &Served, work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let cpu = || -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", served.pid()))?;
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .ok_or("a process has a name")?
            .1
            .split_whitespace()
            .collect();
        // User and system time, in hundredths of a second.
        Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
    };
    let (began, before) = (Instant::now(), cpu()?);
    work()?;
    Ok((cpu()? - before) / began.elapsed().as_secs_f64())
}

/// Watches for a while; how many events came.
async fn watch(addr: SocketAddr) -> Result<u64, Failure> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = "GET /api/submissions/1/events HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut heard = 0;
    let mut chunk = vec![0; 64 << 10];
    let end = tokio::time::Instant::now() + WATCHING;
    while let Ok(read) = tokio::time::timeout_at(end, stream.read(&mut chunk)).await {
        let read = read?;
        if read == 0 {
            return Err("the stream of events has ended".into());
        }
        let names = chunk[..read].windows(16);
        heard += names.filter(|name| name == b"event: test_done").count() as u64;
    }
    Ok(heard)
}

/// A judge on one of whose submissions much is told, by no judging.
async fn feed(data: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(data)?;
    let records = Records::new(Database::open(&data.join("tribunal.db"))?);
    let new = NewSubmission {
        problem: "sum".to_owned(),
        language: "python".to_owned(),
        files: vec![SourceFile::new("main.py", b"print(1)".to_vec())],
        entry: EntryPoint::Program,
        created_at_ms: 1_700_000_000_000,
        idempotency_key: None,
        account: None,
        contest: None,
    };
    let (Inserted::New(id) | Inserted::Known(id)) = records.insert_submission(new).await?;
    drop(records);
    let config = NodeConfig {
        builds_max: 0,
        allow_degraded: true,
        ..NodeConfig::new(data)
    };
    let node = Node::start(config).await?;
    let serving = Serving {
        workers: WORKERS,
        ..Serving::default()
    };
    let front = Front::of(&node, AccessRules::default());
    let server = tribunal_web::serve(front, listening()?, serving)?;
    let log = node.event_log().clone();
    actix::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / EVENTS_PER_SECOND);
        for index in 0.. {
            ticks.tick().await;
            if log.send(happened(id, index)).await.is_err() {
                return;
            }
        }
    });
    server.await?;
    Ok(())
}

fn happened(submission: SubmissionId, index: usize) -> Append {
    Append {
        build: None,
        submission: Some(submission),
        kind: EventKind::TestDone {
            index,
            name: format!("secret/{index:02}"),
            verdict: Verdict::AC,
            cpu_ms: 12,
        },
    }
}

/// `POST /run` of a C program that is compiled already, on one test: what the front, the queues and the box add to the
/// program's own time.
fn runs(dir: &Path) -> Result<(), Failure> {
    let judge = Served::judge(&dir.join("runs"), dir, "only_languages = [\"c\"]\n")?;
    let source = "#include <stdio.h>\nint main(void) { long a, b; scanf(\"%ld %ld\", &a, &b); printf(\"%ld\\n\", a + b); }\n";
    let body = serde_json::json!({
        "code": source,
        "language": "c",
        "tests": { "visible": [{"id": "1", "input": "1 2", "expected_output": "3"}] },
    })
    .to_string();
    let request = format!(
        "POST /run HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = Connection::open(judge.addr)?;
    let mut beyond = Vec::with_capacity(RUNS);
    let mut whole = Vec::with_capacity(RUNS);
    for run in 0..=RUNS {
        let began = Instant::now();
        let answer = connection.ask(&request, "HTTP/1.1 200 ")?;
        let took = began.elapsed().as_secs_f64() * 1e3;
        let at = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let body = &answer[at.ok_or("an answer has a body")? + 4..];
        let response: RunResponse = serde_json::from_slice(body)?;
        if response.summary.visible_passed != 1 {
            return Err(format!("the program is right, but: {response:?}").into());
        }
        // The first is compiled.
        if run > 0 {
            whole.push(took);
            beyond.push(took - response.execution.execution_time_ms as f64);
        }
    }
    say(&format!(
        "POST /run, compiled already, one test: {:.2} ms, of which {:.2} ms are not the program's (the bound is 5 ms); medians of {RUNS}",
        median(whole),
        median(beyond)
    ));
    Ok(())
}
