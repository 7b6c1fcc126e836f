//! How fast submissions are accepted, each on the disk before its answer, and how fast their status is shown: with an
//! empty database and with 100,000 submissions in it.
//!
//! `make bench`. The judge is a process of its own with judging switched off; clients and judge share this machine's
//! cores. Absolute figures are this machine's; the ratios travel.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tribunal_actors::{
    BuildReport, CompileReport, Database, Inserted, NewSubmission, Records, Standing, SubmissionId,
    TestReport,
};
use tribunal_problems::{EntryPoint, SourceFile, Verdict};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Connections that submit at once.
const CONNECTIONS: usize = 32;

/// How long each round of submitting takes.
const ROUND: Duration = Duration::from_secs(4);

/// Rounds on each side, in turn; the median counts.
const ROUNDS: usize = 5;

/// Status pages that are asked for, one after another.
const PAGES: usize = 2000;

/// Submissions of the full database, each judged on so many tests.
const STORED: usize = 100_000;
const TESTS: usize = 20;

/// Judged submissions of the other, once it is no longer empty.
const FEW: usize = 100;

/// Submissions that wait while memory is measured.
const QUEUED: usize = 20_000;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!(
                "bench: {}",
                tribunal_actors::chain(error.as_ref())
            ));
            ExitCode::FAILURE
        }
    }
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
            Judge::start(&empty, dir.path())?,
            Judge::start(&full, dir.path())?,
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
        Judge::start(&empty, dir.path())?,
        Judge::start(&full, dir.path())?,
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A database as a long season leaves it: everything judged, with reports.
fn fill(data: &Path, count: usize) -> Result<Vec<SubmissionId>, Failure> {
    std::fs::create_dir_all(data)?;
    let records = Records::new(Database::open(&data.join("tribunal.db"))?);
    let report = report();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let numbers: Vec<usize> = (0..count).collect();
        let mut ids = Vec::with_capacity(count);
        for chunk in numbers.chunks(512) {
            let stored = chunk.iter().map(|&number| {
                let new = NewSubmission {
                    problem: "sum".to_owned(),
                    language: "python".to_owned(),
                    files: vec![SourceFile::new("main.py", source(number).into_bytes())],
                    entry: EntryPoint::Program,
                    created_at_ms: 1_700_000_000_000 + number as i64,
                    idempotency_key: None,
                    account: None,
                    contest: None,
                };
                records.insert_submission(new)
            });
            let stored = futures_util::future::try_join_all(stored).await?;
            let stored = stored
                .into_iter()
                .map(|(Inserted::New(id) | Inserted::Known(id))| id);
            let stored: Vec<SubmissionId> = stored.collect();
            let judged = stored.iter().map(|&id| {
                records.record_judgement(id, &report, Standing::First, 1_700_000_000_000 + id.0)
            });
            futures_util::future::try_join_all(judged).await?;
            ids.extend(stored);
        }
        Ok(ids)
    })
}

fn source(number: usize) -> String {
    format!(
        "# {number} {}\na, b = map(int, input().split())\nprint(a + b)\n",
        "x".repeat(400)
    )
}

fn report() -> BuildReport {
    let compile = CompileReport {
        verdict: Verdict::AC,
        cpu_ms: 20,
        wall_ms: 25,
        memory_bytes: 10 << 20,
        log: String::new(),
        reused: false,
    };
    let tests = (1..=TESTS).map(|number| TestReport {
        verdict: Verdict::AC,
        cpu_ms: 12,
        wall_ms: 13,
        memory_bytes: 9 << 20,
        exit_code: Some(0),
        stdout: "42\n".to_owned(),
        ..TestReport::skipped(&format!("secret/{number:02}"))
    });
    BuildReport {
        groups: Vec::new(),
        verdict: Verdict::AC,
        score: None,
        compile,
        tests: tests.collect(),
    }
}

/// A judge's process that stores and does not judge.
struct Judge {
    child: Child,
    addr: SocketAddr,
}

impl Judge {
    fn start(data: &Path, dir: &Path) -> Result<Self, Failure> {
        let config = dir.join("tribunal.toml");
        std::fs::write(&config, "queue_max = 100000000\nbuilds_max = 0\n")?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_tribunal"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--allow-degraded",
                "--config",
            ])
            .arg(&config)
            .arg("--data")
            .arg(data)
            .args([
                "--problems",
                concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sum"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("standard output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let addr = line.trim_end().strip_prefix("listening on http://");
        let addr = addr
            .ok_or_else(|| format!("the judge does not start: {line:?}"))?
            .parse()?;
        Ok(Self { child, addr })
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(0))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        if kill(self.pid(), Signal::SIGTERM).and(Ok(())).is_ok() {
            // It is ours, and it has been told to end.
            let _ = self.child.wait();
        }
    }
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
        "POST /api/submissions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
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
        let request = format!("GET /api/submissions/{id} HTTP/1.1\r\nhost: bench\r\n\r\n");
        let began = Instant::now();
        connection.ask(&request, "HTTP/1.1 200 ")?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(times))
}

/// Resident memory with a long queue.
fn memory(data: &Path, dir: &Path) -> Result<(), Failure> {
    let judge = Judge::start(data, dir)?;
    let resident = || -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", judge.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kibibytes.ok_or("VmRSS is told")?.trim().parse()?)
    };
    let before = resident()?;
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
    let after = resident()?;
    say(&format!(
        "resident memory: {:.1} MiB at the start, {:.1} MiB with {QUEUED} submissions queued",
        before as f64 / 1024.0,
        after as f64 / 1024.0
    ));
    Ok(())
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Sends a request and reads the whole answer, which must begin like this.
    fn ask(&mut self, request: &str, wanted: &str) -> Result<(), Failure> {
        self.stream.write_all(request.as_bytes())?;
        self.buffer.clear();
        let mut chunk = [0; 16 << 10];
        let end = loop {
            if let Some(end) = self.end() {
                break end;
            }
            let read = self.stream.read(&mut chunk)?;
            if read == 0 {
                return Err("the judge closed the connection".into());
            }
            self.buffer.extend_from_slice(&chunk[..read]);
        };
        if end != self.buffer.len() || !self.buffer.starts_with(wanted.as_bytes()) {
            let answer = String::from_utf8_lossy(&self.buffer).into_owned();
            return Err(format!("not the answer that was wanted: {answer}").into());
        }
        Ok(())
    }

    /// The length of the answer, once all of it is here.
    fn end(&self) -> Option<usize> {
        let head = self
            .buffer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")?
            + 4;
        let text = std::str::from_utf8(&self.buffer[..head]).ok()?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let end = head + length.unwrap_or(0);
        (self.buffer.len() >= end).then_some(end)
    }
}

fn say(line: &str) {
    // Nobody is left to be told that standard output is closed.
    let _ = writeln!(io::stdout().lock(), "{line}");
}
