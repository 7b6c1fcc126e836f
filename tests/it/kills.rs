//! A judge under load that is killed again and again: whatever it accepted is judged once, as if nothing had happened.
//!
//! `make soak` does the same for longer: `TRIBUNAL_KILLS` and `TRIBUNAL_SOAK_MINUTES` say how long.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tribunal_actors::{Database, Records, Shelf, StoreBounds, SubmissionId};
use tribunal_problems::Verdict;

use crate::harness::real;
use crate::remains::{Belongings, files_below, mounts_below};
use crate::server::TRIBUNAL;

/// Kills of the test in CI.
const KILLS: usize = 25;

/// A life's length is drawn from this; one half of them count from the start of the process and may end before the judge
/// listens, the other half from when it does.
const LIFE_MS: std::ops::Range<u64> = 40..1_500;

/// Clients that submit at once.
const CLIENTS: usize = 4;

/// Submissions that each life adds to what waits.
const EACH_LIFE: usize = 3;

/// A program, and the verdict of a run without kills.
struct Program {
    problem: &'static str,
    language: &'static str,
    source: &'static str,
    verdict: Verdict,
}

const PROGRAMS: [Program; 6] = [
    Program {
        problem: "twice",
        language: "python",
        source: "import time\ntime.sleep(0.02)\nprint(2 * int(input()))\n",
        verdict: Verdict::AC,
    },
    Program {
        problem: "twice",
        language: "c",
        source: "#include <stdio.h>\nint main() { int n; scanf(\"%d\", &n); printf(\"%d\\n\", 2 * n); }\n",
        verdict: Verdict::AC,
    },
    Program {
        problem: "twice",
        language: "python",
        source: "n = int(input())\nprint(2 * n if n < 3 else n)\n",
        verdict: Verdict::WA,
    },
    Program {
        problem: "twice",
        language: "c",
        source: "int main() { return nothing; }\n",
        verdict: Verdict::CE,
    },
    Program {
        problem: "even",
        language: "python",
        source: "print(2 * int(input()))\n",
        verdict: Verdict::AC,
    },
    Program {
        problem: "even",
        language: "python",
        source: "n = int(input())\nprint(1 if n == 2 else 2 * n // (n - 3))\n",
        verdict: Verdict::WA,
    },
];

/// Accepts any even number.
const EVEN_CHECKER: &str =
    "import sys\nsys.exit(42 if int(sys.stdin.read() or 1) % 2 == 0 else 43)\n";

/// Two small problems; the second has a checker of its own.
fn write_problems(dir: &Path) {
    for name in ["twice", "even"] {
        let data = dir.join(name).join("data/secret");
        std::fs::create_dir_all(&data).expect("made");
        for n in 1..=4 {
            std::fs::write(data.join(format!("{n}.in")), format!("{n}\n")).expect("written");
            std::fs::write(data.join(format!("{n}.ans")), format!("{}\n", 2 * n)).expect("written");
        }
        let yaml = format!(
            "problem_format_version: 2025-09\nname: {name}\nlicense: cc0\n\
             uuid: 3d45284d-f124-54ff-a528-e29828000000\n\
             limits:\n  time_limit: 5.0\n  memory: 256\n"
        );
        std::fs::write(dir.join(name).join("problem.yaml"), yaml).expect("written");
    }
    let checker = dir.join("even/output_validator");
    std::fs::create_dir(&checker).expect("made");
    std::fs::write(checker.join("check.py"), EVEN_CHECKER).expect("written");
}

/// Where everything is: packages, the data directory, and the directory for temporary files.
struct Ground {
    dir: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a scratch directory");
        write_problems(&dir.path().join("problems"));
        std::fs::create_dir(dir.path().join("tmp")).expect("made");
        // So that a start takes no longer than it must.
        let config = "only_languages = [\"c\", \"python\"]\n";
        std::fs::write(dir.path().join("tribunal.toml"), config).expect("written");
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn spawn(&self) -> Child {
        Command::new(TRIBUNAL)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--runners",
                "2",
                "--data",
            ])
            .arg(self.path("data"))
            .arg("--problems")
            .arg(self.path("problems"))
            .arg("--config")
            .arg(self.path("tribunal.toml"))
            .env("TMPDIR", self.path("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the judge's process starts")
    }
}

/// What clients and the killer know together.
struct Load {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    addr: Option<SocketAddr>,
    /// Submissions that may still be made.
    quota: usize,
    /// The number of each submission that got its 202, and its program.
    accepted: BTreeMap<i64, usize>,
    sent: usize,
    over: bool,
}

impl Load {
    /// The next submission's key, once there is leave for one; `None`: it is over.
    fn next(&self) -> Option<usize> {
        let mut state = self.state.lock().expect("no client panics");
        while state.quota == 0 && !state.over {
            state = self.changed.wait(state).expect("no client panics");
        }
        (!state.over).then(|| {
            state.quota -= 1;
            state.sent += 1;
            state.sent
        })
    }

    fn is_over(&self) -> bool {
        self.state.lock().expect("no client panics").over
    }

    fn addr(&self) -> Option<SocketAddr> {
        self.state.lock().expect("no client panics").addr
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().expect("no client panics"));
        self.changed.notify_all();
    }

    /// Waits so long, or until `is_so`.
    fn wait(&self, limit: Duration, is_so: impl Fn(&State) -> bool) {
        let state = self.state.lock().expect("no client panics");
        let waited = self.changed.wait_timeout_while(state, limit, |s| !is_so(s));
        drop(waited.expect("no client panics"));
    }
}

/// Tells the clients that it is over, also when the killer fails: they are waited for.
struct Ends<'a>(&'a Load);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.over = true);
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(70)))
        .build()
        .new_agent()
}

/// Submits one after another, each until it is accepted, with one key however often it is sent.
fn client(load: &Load) {
    let agent = agent();
    while let Some(number) = load.next() {
        let program = &PROGRAMS[number % PROGRAMS.len()];
        let body = json!({
            "problem": program.problem, "language": program.language, "source": program.source,
        });
        loop {
            let sent = load.addr().and_then(|addr| {
                agent
                    .post(format!("http://{addr}/api/submissions"))
                    .header("content-type", "application/json")
                    .header("idempotency-key", format!("key-{number}"))
                    .send(body.to_string().as_bytes())
                    .ok()
            });
            let Some(mut answer) = sent else {
                load.wait(Duration::from_millis(20), |state| state.over);
                if load.is_over() {
                    return;
                }
                continue;
            };
            let text = answer.body_mut().read_to_string();
            let (202, Ok(text)) = (answer.status().as_u16(), text) else {
                continue;
            };
            let accepted: Value = serde_json::from_str(&text).expect("the answer is JSON");
            let id = accepted["id"].as_i64().expect("a number");
            load.change(|state| {
                let before = state.accepted.insert(id, number % PROGRAMS.len());
                assert_eq!(before, None, "no two submissions share a number");
            });
            break;
        }
    }
}

/// How long a judge lives.
#[derive(Clone, Copy)]
struct Life {
    length: Duration,
    /// Whether it counts from when the judge listens.
    listening: bool,
}

/// Judges that do not listen after so long have failed.
const START_MAX: Duration = Duration::from_secs(120);

/// Lets the judge live for a while, which may end before it listens, and says whether it has listened.
fn live(ground: &Ground, load: &Load, life: Life, belongings: &mut Belongings) -> bool {
    let mut began = Instant::now();
    let mut judge = ground.spawn();
    let pid = i32::try_from(judge.id()).expect("a pid is small");
    let stdout = judge.stdout.take().expect("standard output is piped");
    let (says, said) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        // Nobody listens to a judge that is dead already.
        let _ = says.send(read.map(|_| line));
    });
    let patience = if life.listening {
        START_MAX
    } else {
        life.length
    };
    let line = said.recv_timeout(patience);
    assert!(line.is_ok() || !life.listening, "the judge does not start");
    let listened = line.is_ok();
    if let Ok(Ok(line)) = line {
        if life.listening {
            began = Instant::now();
        }
        let left = belongings.left();
        assert!(left.is_empty(), "after the next start: {left:#?}");
        assert_eq!(files_below(&ground.path("tmp")), [] as [PathBuf; 0]);
        load.change(|state| state.addr = Some(address(&line)));
        belongings.note(pid);
        assert!(!belongings.left().is_empty(), "what lives is seen");
        load.wait(life.length.saturating_sub(began.elapsed()), |_| false);
    }
    belongings.note(pid);
    load.change(|state| state.addr = None);
    judge.kill().expect("the process is ours");
    judge.wait().expect("the process is ours");
    reader.join().expect("the reader ends with the pipe");
    listened
}

fn address(line: &str) -> SocketAddr {
    line.trim_end()
        .strip_prefix("listening on http://")
        .and_then(|addr| addr.parse().ok())
        .unwrap_or_else(|| panic!("the judge says where it listens, not {line:?}"))
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn m_10_every_accepted_submission_is_judged_once_whenever_the_judge_is_killed() {
    let ground = Ground::new();
    let kills = from_env("TRIBUNAL_KILLS").map_or(KILLS, |kills| kills as usize);
    // Each life's length is drawn from a range whose middle makes the whole as long as was asked for.
    let range = from_env("TRIBUNAL_SOAK_MINUTES").map_or(LIFE_MS, |minutes| {
        40..(2 * minutes * 60_000 / kills as u64).max(1_500)
    });
    let seed = from_env("TRIBUNAL_SEED").unwrap_or_else(rand::random);
    eprintln!("TRIBUNAL_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let mut belongings = Belongings::default();
    let load = Load {
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        let _ends = Ends(&load);
        for _ in 0..CLIENTS {
            scope.spawn(|| client(&load));
        }
        let mut listened = 0;
        for kill in 0..kills {
            load.change(|state| state.quota += EACH_LIFE);
            let life = Life {
                length: Duration::from_millis(random.random_range(range.clone())),
                listening: kill % 2 == 0,
            };
            listened += usize::from(live(&ground, &load, life, &mut belongings));
        }
        eprintln!("{listened} of {kills} judges were killed while they listened");
        assert!(2 * listened >= kills);
        let last = ground.spawn();
        finish(last, &load, &belongings);
    });
    let state = load.state.into_inner().expect("no client panics");
    assert_eq!(state.accepted.len(), kills * EACH_LIFE);
    check_judgements(&ground.path("data/tribunal.db"), &state.accepted);
    check_store(&ground.path("data"));
    for name in ["data/blobs/tmp", "data/blobs/scratch", "tmp"] {
        assert_eq!(files_below(&ground.path(name)), [] as [PathBuf; 0]);
    }
    assert_eq!(mounts_below(ground.dir.path()), [] as [String; 0]);
}

/// The last life: everything is accepted, judged, and stopped in order.
fn finish(mut judge: Child, load: &Load, belongings: &Belongings) {
    let mut line = String::new();
    let stdout = judge.stdout.as_mut().expect("standard output is piped");
    let read = BufReader::new(stdout).read_line(&mut line);
    read.expect("the first line is UTF-8");
    let (addr, agent) = (address(&line), agent());
    load.change(|state| state.addr = Some(addr));
    load.wait(Duration::from_secs(60), |state| {
        state.quota == 0 && state.accepted.len() == state.sent
    });
    load.change(|state| state.over = true);
    let accepted = load
        .state
        .lock()
        .expect("no client panics")
        .accepted
        .clone();
    for id in accepted.keys() {
        let url = format!("http://{addr}/api/submissions/{id}?wait=60");
        let mut answer = agent.get(url).call().expect("the judge answers");
        let text = answer.body_mut().read_to_string().expect("UTF-8");
        let view: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(view["status"], "done", "{view}");
    }
    assert_eq!(belongings.left(), [] as [String; 0]);
    let pid = Pid::from_raw(i32::try_from(judge.id()).expect("a pid is small"));
    nix::sys::signal::kill(pid, nix::sys::signal::SIGTERM).expect("the process is there");
    assert!(judge.wait().expect("the process is ours").success());
}

/// Each has one judgement, which is current and as it would be without kills.
fn check_judgements(database: &Path, accepted: &BTreeMap<i64, usize>) {
    let database = Database::open(database).expect("it opens");
    real(async {
        assert_eq!(database.integrity_check().await.unwrap(), [] as [String; 0]);
        let records = Records::new(database);
        for (&id, &program) in accepted {
            let judgements = records.load_judgements(SubmissionId(id)).await.unwrap();
            let verdicts: Vec<_> = judgements
                .iter()
                .map(|one| (one.report.verdict, one.current))
                .collect();
            let wanted = PROGRAMS[program].verdict;
            assert_eq!(
                verdicts,
                [(wanted, true)],
                "submission {id}: {judgements:#?}"
            );
        }
        assert_eq!(records.unfinished().await.unwrap(), []);
    });
}

/// Nothing is damaged, and nothing lies about that nobody names.
fn check_store(data: &Path) {
    let database = Database::open(&data.join("tribunal.db")).expect("it opens");
    let shelf = Shelf::open(data, database, StoreBounds::default()).expect("it opens");
    let scan = shelf.scan().expect("it can be read");
    assert!(scan.blobs > 0 && scan.is_sound(), "{scan:#?}");
    assert_eq!(shelf.tidy().expect("it can be read"), 0);
}

#[test]
fn the_verdicts_that_kills_are_compared_with_are_those_of_a_run_without() {
    let ground = Ground::new();
    let load = Load {
        state: Mutex::new(State {
            quota: PROGRAMS.len(),
            ..State::default()
        }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        scope.spawn(|| client(&load));
        finish(ground.spawn(), &load, &Belongings::default());
    });
    let state = load.state.into_inner().expect("no client panics");
    assert_eq!(state.accepted.len(), PROGRAMS.len());
    check_judgements(&ground.path("data/tribunal.db"), &state.accepted);
}
