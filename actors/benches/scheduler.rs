//! What one scheduling step costs with 1,000 invokers and ten thousand to a million waiting jobs.
//!
//! `cargo bench -p tribunal-actors --bench scheduler [-- --check]`; with `--check` the exit status
//! says whether the bounds hold: at most [`STEP_MAX_NS`] at 10⁵, at most [`GROWTH_MAX`] times dearer
//! at 10⁶ than at 10⁴, less than [`WAITING_BYTES_MAX`] of memory for a waiting job.
//!
//! One round is: a job is scheduled, a worker picks one, completes it, and evicts the oldest result
//! from its cache; so the number of waiting jobs and of held artifacts stays. Virtual time moves by
//! 1 µs a round, the timeouts are the defaults of a cluster: 5 ms and 20 ms.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark's table goes to standard output"
)]

use std::collections::VecDeque;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};
use tribunal_actors::scheduler::{Action, Outcome, PickToken, Picked, Queue, QueueLimits};
use tribunal_actors::{ArtifactId, JobId, WorkerId};

const WORKERS: u32 = 1_000;
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const ROUNDS: usize = 10_000;
const WARM_UP: usize = 5_000;
const BLOCKS: usize = 60;
/// Results that a worker keeps.
const RESULTS_KEPT: usize = 64;
const TESTS_PER_SUBMISSION: u64 = 50;

const STEP_MAX_NS: f64 = 5_000.0;
const GROWTH_MAX: f64 = 2.0;
const WAITING_BYTES_MAX: f64 = 1_024.0;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let first = args.next().unwrap_or_default();
    if first == "--workload" {
        let title = args.next().unwrap_or_default();
        let workload = Workload::ALL.into_iter().find(|w| w.title() == title);
        return verdict(measure(workload.expect("the parent names a workload")));
    }
    println!(
        "{WORKERS} workers; a round is schedule + pick + complete + evict, a step a third of it\n\n\
         {:<42} {:>9} {:>10} {:>9} {:>8} {:>8} {:>10}",
        "workload", "waiting", "rounds/s", "ns/round", "ns/step", "growth", "bytes/job"
    );
    // each workload in a process of its own, so that its memory can be told by the resident set
    let program = std::env::current_exe().expect("a benchmark has a file");
    let mut sound = true;
    for workload in Workload::ALL {
        let run = Command::new(&program)
            .args(["--workload", workload.title()])
            .status();
        sound &= run.expect("the benchmark runs itself").success();
    }
    println!("\nbounds {}", if sound { "hold" } else { "are exceeded" });
    verdict(sound || first != "--check")
}

fn verdict(sound: bool) -> ExitCode {
    if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints the workload's three rows and says whether the bounds hold.
fn measure(workload: Workload) -> bool {
    let mut loads: Vec<(Load, f64)> = SIZES.map(|waiting| fill(workload, waiting)).into();
    let mut blocks = vec![Vec::new(); SIZES.len()];
    // short blocks, of which the quietest tenth counts: the machine has other users; the sizes take turns, so that a busy neighbour disturbs all of them
    for _ in 0..BLOCKS {
        for ((load, _), means) in loads.iter_mut().zip(&mut blocks) {
            load.rounds(WARM_UP);
            let start = Instant::now();
            load.rounds(ROUNDS);
            means.push(start.elapsed().as_nanos() as f64 / ROUNDS as f64);
        }
    }
    let quiet = blocks.iter_mut().map(|means| {
        means.sort_by(f64::total_cmp);
        means[BLOCKS / 10]
    });
    let quiet: Vec<f64> = quiet.collect();
    let mut sound = true;
    for ((waiting, round_ns), (_, bytes)) in SIZES.into_iter().zip(&quiet).zip(&loads) {
        let growth = round_ns / quiet[0];
        println!(
            "{:<42} {waiting:>9} {:>10.0} {round_ns:>9.0} {:>8.0} {growth:>7.2}x {bytes:>10.0}",
            workload.title(),
            1e9 / round_ns,
            round_ns / 3.0,
        );
        sound &= growth <= GROWTH_MAX && *bytes < WAITING_BYTES_MAX;
        sound &= waiting != 100_000 || round_ns / 3.0 < STEP_MAX_NS;
    }
    sound
}

/// A load with so many waiting jobs, and the bytes that each of them took.
fn fill(workload: Workload, waiting: usize) -> (Load, f64) {
    let mut load = Load::new(workload, waiting as u64);
    let before = resident_bytes();
    for _ in 0..waiting {
        load.schedule();
    }
    let bytes = resident_bytes().saturating_sub(before) as f64 / waiting as f64;
    load.rounds(200_000);
    (load, bytes)
}

/// What the jobs depend on, and who holds it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Workload {
    Plain,
    Contest,
    OneForAll,
    AllHoldAll,
    Rejudge,
}

impl Workload {
    const ALL: [Self; 5] = [
        Self::Plain,
        Self::Contest,
        Self::OneForAll,
        Self::AllHoldAll,
        Self::Rejudge,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain: no dependencies",
            Self::Contest => "contest: program on 2, checker on all",
            Self::OneForAll => "one artifact, on all, for every job",
            Self::AllHoldAll => "1000 artifacts, on all, one for each job",
            Self::Rejudge => "rejudge: every result on 2 workers",
        }
    }
}

struct Load {
    workload: Workload,
    queue: Queue<u64, u64>,
    rng: Xoshiro256PlusPlus,
    now: Instant,
    scheduled: u64,
    submissions_kept: usize,
    /// The compiled programs that are held, with one of their two holders.
    programs: VecDeque<(ArtifactId, u32)>,
    /// The results in each worker's cache, the oldest first.
    results: Vec<VecDeque<ArtifactId>>,
    rounds: u64,
}

impl Load {
    fn new(workload: Workload, waiting: u64) -> Self {
        let limits = QueueLimits {
            cache_timeout: Duration::from_millis(5),
            deps_timeout: Duration::from_millis(20),
            waiting_max: usize::MAX,
        };
        let mut queue = Queue::new(limits, Xoshiro256PlusPlus::seed_from_u64(1));
        let shared = match workload {
            Workload::Plain | Workload::Rejudge => 0,
            Workload::OneForAll => 1,
            Workload::Contest => 100,
            Workload::AllHoldAll => 1_000,
        };
        for worker in 0..WORKERS {
            queue.register(WorkerId(worker));
            for number in 0..shared {
                queue.added(WorkerId(worker), name(Kind::Shared, number));
            }
        }
        Self {
            workload,
            queue,
            rng: Xoshiro256PlusPlus::seed_from_u64(2),
            now: Instant::now(),
            scheduled: 0,
            submissions_kept: (waiting / TESTS_PER_SUBMISSION) as usize + 1_000,
            programs: VecDeque::new(),
            results: vec![VecDeque::new(); WORKERS as usize],
            rounds: 0,
        }
    }

    fn schedule(&mut self) {
        let number = self.scheduled;
        let job = name(Kind::Job, number);
        self.scheduled += 1;
        self.now += Duration::from_micros(1);
        match self.workload {
            Workload::Plain => self.submit(job, &[]),
            Workload::OneForAll => self.submit(job, &[name(Kind::Shared, 0)]),
            Workload::AllHoldAll => {
                let artifact = self.rng.random_range(0..1_000);
                self.submit(job, &[name(Kind::Shared, artifact)]);
            }
            Workload::Contest => {
                let submission = number / TESTS_PER_SUBMISSION;
                let program = name(Kind::Program, submission);
                if number.is_multiple_of(TESTS_PER_SUBMISSION) {
                    self.compile(program);
                }
                let checker = name(Kind::Shared, submission * 7 % 100);
                self.submit(job, &[program, checker]);
            }
            Workload::Rejudge => {
                let first = self.rng.random_range(0..WORKERS - 1);
                for worker in [first, first + 1] {
                    self.queue.added(WorkerId(worker), job);
                }
                self.submit(job, &[]);
            }
        }
    }

    fn submit(&mut self, job: JobId, deps: &[ArtifactId]) {
        self.queue
            .schedule(job, deps, self.scheduled, self.now)
            .expect("the queue takes any number");
    }

    /// A new program appears on two workers, the oldest is evicted.
    fn compile(&mut self, program: ArtifactId) {
        let first = self.rng.random_range(0..WORKERS - 1);
        for worker in [first, first + 1] {
            self.queue.added(WorkerId(worker), program);
        }
        self.programs.push_back((program, first));
        if self.programs.len() > self.submissions_kept {
            let (old, first) = self.programs.pop_front().expect("there is one");
            for worker in [first, first + 1] {
                self.queue.removed(WorkerId(worker), old);
            }
        }
    }

    fn rounds(&mut self, count: usize) {
        for _ in 0..count {
            self.round();
        }
    }

    fn round(&mut self) {
        self.schedule();
        self.rounds += 1;
        let worker = WorkerId((self.rounds * 7 % u64::from(WORKERS)) as u32);
        self.queue.pick(worker, PickToken(self.rounds), self.now);
        while let Some(action) = self.queue.poll_action() {
            let Action::Answer {
                answer: Picked::Job(got),
                ..
            } = action
            else {
                continue;
            };
            let outcome = Outcome::Committed(got.payload);
            self.queue.complete(worker, got.job, got.attempt, outcome);
            let results = &mut self.results[worker.0 as usize];
            results.push_back(got.job);
            if results.len() > RESULTS_KEPT {
                let old = results.pop_front().expect("there is one");
                self.queue.removed(worker, old);
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Job,
    Program,
    Shared,
}

/// An id as scattered as a SHA-256 value.
fn name(kind: Kind, number: u64) -> JobId {
    let mut bytes = [0; 32];
    Xoshiro256PlusPlus::seed_from_u64(number << 2 | kind as u64).fill_bytes(&mut bytes);
    JobId::from(bytes)
}

/// This process's resident memory.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has /proc");
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse::<u64>().ok());
    pages.expect("statm has numbers") * 4_096
}
