//! What several benchmarks need: a judge's process, a full database, a connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tribunal_actors::{
    BuildReport, CompileReport, Database, Inserted, NewSubmission, Records, Standing, SubmissionId,
    TestReport,
};
use tribunal_problems::{EntryPoint, SourceFile, Verdict};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Tests of each submission that is stored.
const TESTS: usize = 20;

/// A database as a long season leaves it: everything judged, with reports.
pub(crate) fn fill(data: &Path, count: usize) -> Result<Vec<SubmissionId>, Failure> {
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

pub(crate) fn source(number: usize) -> String {
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
        fault: None,
        verdict: Verdict::AC,
        score: None,
        compile,
        tests: tests.collect(),
    }
}

/// A process that serves.
pub(crate) struct Served {
    child: Child,
    /// Where.
    pub(crate) addr: SocketAddr,
}

impl Served {
    /// A judge with this data directory and configuration.
    pub(crate) fn judge(data: &Path, dir: &Path, config: &str) -> Result<Self, Failure> {
        let file = dir.join("tribunal.toml");
        std::fs::write(&file, config)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_tribunal"));
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--allow-degraded",
                "--config",
            ])
            .arg(&file)
            .arg("--data")
            .arg(data)
            .args([
                "--problems",
                concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sum"),
            ]);
        Self::of(command)
    }

    /// What this command starts, which says where it listens.
    pub(crate) fn of(mut command: Command) -> Result<Self, Failure> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("standard output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let addr = line.trim_end().strip_prefix("listening on http://");
        let addr = addr
            .ok_or_else(|| format!("nothing is served: {line:?}"))?
            .parse()?;
        Ok(Self { child, addr })
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(0))
    }

    /// Kibibytes of resident memory.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kibibytes.ok_or("VmRSS is told")?.trim().parse()?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if kill(self.pid(), Signal::SIGTERM).and(Ok(())).is_ok() {
            // It is ours, and it has been told to end.
            let _ = self.child.wait();
        }
    }
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Sends a request and reads the whole answer, which must begin like this.
    pub(crate) fn ask(&mut self, request: &str, wanted: &str) -> Result<&[u8], Failure> {
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
        Ok(&self.buffer)
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

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What a benchmark ends with.
pub(crate) fn finish(measured: Result<(), Failure>) -> ExitCode {
    match measured {
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

pub(crate) fn say(line: &str) {
    // Nobody is left to be told that standard output is closed.
    let _ = writeln!(io::stdout().lock(), "{line}");
}
