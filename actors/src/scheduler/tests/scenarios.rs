//! Runs the cases of `scenarios.md`, or of the file that `TRIBUNAL_SCENARIOS` names, against the queue.
//!
//! A case is a fenced block marked `scenario`; the heading before it is its title. Its lines:
//!
//! | line | meaning |
//! |---|---|
//! | `config cache=1s deps=60s` | the two timeouts; these are the default |
//! | `register w`, `dead w` | the worker registers, is declared dead |
//! | `schedule J [deps=A,B] [as=h] -> new / same / rejected` | the handle is named `h`, else `J` |
//! | `complete w J [fail] -> true / false` | the worker reports a committed artifact, or a failure |
//! | `added w A`, `removed w A` | the worker's cache changed |
//! | `advance d` | time passes, and timers fire |
//! | `pick w -> J / none / unregistered / {J\|K} take K` | exactly these can be drawn, and `K` is |
//! | `pickc w -> none` | a pick that is cancelled before it is made |
//! | `wait w #n`, `cancel #n` | a pick that may wait; its cancellation |
//! | `blocked #n`, `got #n -> J / none`, `gotone #1,#2 -> J` | how waiting picks stand |
//! | `q1 w = J,K`, `q2 w = -`, `global = J` | the queues' contents |
//! | `timers n` | how many jobs wait for a deadline |
//! | `located A -> none / w / {w0\|w1}` | any one of these |
//! | `finished h [ok\|fail]`, `pending h` | how a handle stands |
//! | `stop` | the scheduler stops |
//!
//! An expectation after `->` may be left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{TestQueue, id, queue};
use crate::ids::{Attempt, JobId, WorkerId};
use crate::scheduler::{Action, Handle, Outcome, PickToken, Picked, Refused, Resolution};

/// Where the cases are, for messages.
const OWN_FILE: &str = "actors/src/scheduler/tests/scenarios.md";
const OWN_BLOCKS: usize = 55;

#[test]
fn s_12_every_block_holds_within_a_second_as_the_clock_is_injected() {
    let began = Instant::now();
    let (file, text) = match std::env::var_os("TRIBUNAL_SCENARIOS") {
        None => (OWN_FILE.into(), include_str!("scenarios.md").to_owned()),
        Some(file) => {
            // cargo runs tests in the package's directory, people name files from the workspace's
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            let name = file.to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&file)
                .or_else(|_| std::fs::read_to_string(workspace.join(&file)))
                .unwrap_or_else(|error| panic!("TRIBUNAL_SCENARIOS: read {name}: {error}"));
            (name, text)
        }
    };
    let blocks = blocks(&text).unwrap_or_else(|fault| panic!("{file}:{fault}"));
    if file == OWN_FILE {
        assert_eq!(blocks.len(), OWN_BLOCKS, "{file}: scenario blocks");
    }
    assert!(!blocks.is_empty(), "{file}: no scenario block");
    let failures: Vec<String> = blocks
        .iter()
        .filter_map(|block| block.run().err())
        .map(|failure| format!("{file}:{failure}"))
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} scenarios fail:\n{}",
        failures.len(),
        blocks.len(),
        failures.join("\n")
    );
    if file == OWN_FILE {
        assert!(began.elapsed() < Duration::from_secs(1), "virtual hours");
    }
}

/// Runs the repository's own cases of these numbers, whatever file the environment names.
pub(super) fn assert_hold(numbers: &[&str]) {
    let blocks = blocks(include_str!("scenarios.md")).unwrap();
    for number in numbers {
        let mut named = blocks
            .iter()
            .filter(|block| block.title.split(' ').next() == Some(number));
        let block = named.next().unwrap_or_else(|| panic!("no case {number}"));
        assert!(named.next().is_none(), "{number} stands twice");
        block.run().unwrap_or_else(|fault| panic!("{fault}"));
    }
}

#[test]
fn a_wrong_expectation_is_reported_with_its_line() {
    let text = "#### X1 title\n\n```scenario\nregister w0\nschedule J -> new\npick w0 -> J\n```\n";
    let failure = blocks(text).unwrap()[0].run().unwrap_err();
    assert_eq!(
        failure,
        "6: X1 title: `pick w0 -> J`: expected {J}, found {}"
    );
}

#[test]
fn a_line_in_no_known_form_is_an_error() {
    let text = "```scenario\njump w0\n```\n";
    let failure = blocks(text).unwrap()[0].run().unwrap_err();
    assert_eq!(
        failure,
        "2: untitled: `jump w0`: not a line of the notation"
    );
}

#[test]
fn a_block_without_an_end_is_an_error() {
    let text = "#### X1\n```scenario\nregister w0\n";
    let fault = blocks(text).err();
    assert_eq!(fault.as_deref(), Some("2: X1: the block has no end"));
}

/// One case.
struct Block<'a> {
    title: &'a str,
    /// Numbered from 1.
    lines: Vec<(usize, &'a str)>,
}

/// The cases of a text; an error begins with the number of its line.
fn blocks(text: &str) -> Result<Vec<Block<'_>>, String> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut title = "untitled";
    let mut began = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if began.is_some() {
            if line.starts_with("```") {
                began = None;
            } else if let Some(block) = blocks.last_mut() {
                block.lines.push((number, line));
            }
        } else if line == "```scenario" {
            began = Some(number);
            blocks.push(Block {
                title,
                lines: Vec::new(),
            });
        } else if line.starts_with('#') {
            title = line.trim_start_matches(['#', ' ']);
        }
    }
    match began {
        None => Ok(blocks),
        Some(number) => Err(format!("{number}: {title}: the block has no end")),
    }
}

impl Block<'_> {
    /// Runs the case up to its first failure, whose message begins with the line's number.
    fn run(&self) -> Result<(), String> {
        let mut run = Run::new();
        for &(number, line) in &self.lines {
            if !line.is_empty() {
                run.line(line)
                    .map_err(|fault| format!("{number}: {}: `{line}`: {fault}", self.title))?;
            }
        }
        Ok(())
    }
}

/// The queue under test with what has come out of it.
struct Run {
    queue: TestQueue,
    now: Instant,
    workers: BTreeMap<String, WorkerId>,
    names: BTreeMap<JobId, String>,
    handles: BTreeMap<String, Handle>,
    resolved: BTreeMap<Handle, Resolution<u32>>,
    /// The attempt under which a worker last got a job.
    attempts: BTreeMap<(WorkerId, JobId), Attempt>,
    pickers: BTreeMap<PickToken, WorkerId>,
    answers: BTreeMap<PickToken, Picked<()>>,
    /// Waiting picks by their number in the case.
    waits: BTreeMap<String, PickToken>,
    results: u32,
}

type Checked = Result<(), String>;

impl Run {
    fn new() -> Self {
        Self {
            queue: queue(Duration::from_secs(1), Duration::from_secs(60)),
            now: Instant::now(),
            workers: BTreeMap::new(),
            names: BTreeMap::new(),
            handles: BTreeMap::new(),
            resolved: BTreeMap::new(),
            attempts: BTreeMap::new(),
            pickers: BTreeMap::new(),
            answers: BTreeMap::new(),
            waits: BTreeMap::new(),
            results: 0,
        }
    }

    fn line(&mut self, line: &str) -> Checked {
        let (order, expected) = match line.split_once("->") {
            Some((order, expected)) => (order, Some(expected.trim())),
            None => (line, None),
        };
        let words: Vec<&str> = order.split_whitespace().collect();
        match words[..] {
            ["config", ..] => self.config(&words[1..])?,
            ["register", worker] => {
                let worker = self.worker(worker);
                self.queue.register(worker);
            }
            ["dead", worker] => {
                let worker = self.worker(worker);
                self.queue.dead(worker);
            }
            ["schedule", job, ..] => self.schedule(job, &words[2..], expected)?,
            ["complete", worker, job] => self.complete(worker, job, false, expected)?,
            ["complete", worker, job, "fail"] => self.complete(worker, job, true, expected)?,
            ["added", worker, artifact] => {
                let (worker, artifact) = (self.worker(worker), self.job(artifact));
                self.queue.added(worker, artifact);
            }
            ["removed", worker, artifact] => {
                let (worker, artifact) = (self.worker(worker), self.job(artifact));
                self.queue.removed(worker, artifact);
            }
            ["advance", time] => {
                self.now += duration(time)?;
                self.queue.handle_timeout(self.now);
            }
            ["pick", worker] => self.pick(worker, expected.unwrap_or("none"))?,
            ["pickc", worker] => self.cancelled_pick(worker)?,
            ["wait", worker, number] => {
                let worker = self.worker(worker);
                let token = self.token(worker);
                self.waits.insert(number.to_owned(), token);
                self.queue.pick(worker, token, self.now);
            }
            ["cancel", number] => {
                let token = self.wait(number)?;
                self.queue.cancel_pick(token);
            }
            ["blocked", number] => {
                let found = self.got(number)?;
                check("blocked", &found.unwrap_or_else(|| "blocked".into()))?;
            }
            ["got", number] => {
                let found = self.got(number)?.unwrap_or_else(|| "blocked".into());
                check(expected.unwrap_or("none"), &found)?;
            }
            ["gotone", ref numbers @ ..] => self.got_one(&numbers.concat(), expected)?,
            ["q1", worker, "=", ref queue @ ..] => {
                let worker = self.worker(worker);
                self.contents(&queue.concat(), &self.queue.first_local_queue(worker))?;
            }
            ["q2", worker, "=", ref queue @ ..] => {
                let worker = self.worker(worker);
                self.contents(&queue.concat(), &self.queue.second_local_queue(worker))?;
            }
            ["global", "=", ref queue @ ..] => {
                self.contents(&queue.concat(), &self.queue.global_queue())?;
            }
            ["timers", count] => check(count, &self.queue.timers().to_string())?,
            ["located", artifact] => self.located(artifact, expected.unwrap_or("none"))?,
            ["finished", handle] => check("finished", self.state(handle)?.0)?,
            ["finished", handle, outcome] => check(outcome, self.state(handle)?.1)?,
            ["pending", handle] => check("pending", self.state(handle)?.0)?,
            ["stop"] => self.queue.stop(),
            _ => return Err("not a line of the notation".into()),
        }
        self.perform()
    }

    /// Takes in what the queue asks for.
    fn perform(&mut self) -> Checked {
        while let Some(action) = self.queue.poll_action() {
            match action {
                Action::Answer { pick, answer } => {
                    if let Picked::Job(got) = answer {
                        let key = (self.pickers[&pick], got.job);
                        self.attempts.insert(key, got.attempt);
                    }
                    if self.answers.insert(pick, answer).is_some() {
                        return Err("a pick was answered twice".into());
                    }
                }
                Action::Resolve {
                    handle, resolution, ..
                } => {
                    if self.resolved.insert(handle, resolution).is_some() {
                        return Err("a handle was resolved twice".into());
                    }
                }
                Action::StopJob { .. } => {}
            }
        }
        Ok(())
    }

    fn config(&mut self, settings: &[&str]) -> Checked {
        let (mut cache, mut deps) = (Duration::from_secs(1), Duration::from_secs(60));
        for setting in settings {
            match setting.split_once('=') {
                Some(("cache", time)) => cache = duration(time)?,
                Some(("deps", time)) => deps = duration(time)?,
                _ => return Err(format!("{setting} is no setting")),
            }
        }
        self.queue = queue(cache, deps);
        Ok(())
    }

    fn schedule(&mut self, name: &str, options: &[&str], expected: Option<&str>) -> Checked {
        let (mut handle, mut deps) = (name, Vec::new());
        for option in options {
            match option.split_once('=') {
                Some(("deps", list)) => deps = list.split(',').map(|dep| self.job(dep)).collect(),
                Some(("as", name)) => handle = name,
                _ => return Err(format!("{option} is no option")),
            }
        }
        let job = self.job(name);
        let found = match self.queue.schedule(job, &deps, (), self.now) {
            Ok(scheduled) => {
                self.handles.insert(handle.to_owned(), scheduled.handle);
                if scheduled.joined { "same" } else { "new" }
            }
            Err(Refused::Stopped | Refused::QueueFull { .. }) => "rejected",
        };
        check(expected.unwrap_or(found), found)
    }

    fn complete(
        &mut self,
        worker: &str,
        job: &str,
        failed: bool,
        expected: Option<&str>,
    ) -> Checked {
        let (worker, job) = (self.worker(worker), self.job(job));
        let attempt = self.attempts.get(&(worker, job)).copied();
        self.results += 1;
        let outcome = if failed {
            Outcome::Failed(self.results)
        } else {
            Outcome::Committed(self.results)
        };
        let attempt = attempt.unwrap_or(Attempt(0));
        let found = self.queue.complete(worker, job, attempt, outcome);
        check(expected.unwrap_or(&found.to_string()), &found.to_string())
    }

    /// `expected` is `J`, `none`, `unregistered` or `{J|K} take K`.
    fn pick(&mut self, name: &str, expected: &str) -> Checked {
        let worker = self.worker(name);
        let token = self.token(worker);
        if matches!(expected, "none" | "unregistered") {
            self.queue.pick(worker, token, self.now);
            self.queue.cancel_pick(token);
            self.perform()?;
            return check(expected, &self.answer(token).unwrap_or_default());
        }
        let (heads, take) = match expected.split_once("take") {
            Some((heads, take)) => (heads, take.trim()),
            None => (expected, expected),
        };
        let found = self.queue.heads_of(worker);
        let names: BTreeSet<String> = found.iter().flatten().map(|&id| self.name(id)).collect();
        let wanted: BTreeSet<String> = set(heads).map(str::to_owned).collect();
        if wanted != names {
            return Err(format!(
                "expected {}, found {}",
                show(&wanted),
                show(&names)
            ));
        }
        let drawn = found.iter().position(|&head| head == Some(id(take)));
        let drawn = drawn.ok_or_else(|| format!("{take} cannot be drawn"))?;
        self.queue.pick_from(worker, token, drawn);
        self.perform()?;
        check(take, &self.answer(token).unwrap_or_default())
    }

    /// The shell sees the cancellation first and does not ask the queue; a picker that goes away
    /// between question and answer is the harder case, so that is what is tried here.
    fn cancelled_pick(&mut self, name: &str) -> Checked {
        let worker = self.worker(name);
        let before = (self.queue.heads_of(worker), self.queue.global_queue());
        let token = self.token(worker);
        self.queue.pick(worker, token, self.now);
        self.queue.cancel_pick(token);
        self.perform()?;
        if let Some(Picked::Job(got)) = self.answers.remove(&token) {
            self.queue.undelivered(got.job, got.attempt);
        }
        if before == (self.queue.heads_of(worker), self.queue.global_queue()) {
            Ok(())
        } else {
            Err("the cancelled pick changed the queues".into())
        }
    }

    fn got_one(&mut self, numbers: &str, expected: Option<&str>) -> Checked {
        let mut got = Vec::new();
        for number in numbers.split(',') {
            got.extend(self.got(number.trim())?);
        }
        check(expected.unwrap_or("none"), &got.join(" and "))
    }

    fn located(&mut self, artifact: &str, expected: &str) -> Checked {
        let artifact = self.job(artifact);
        let worker = self.queue.locate(artifact);
        let found = self
            .workers
            .iter()
            .find(|&(_, &id)| Some(id) == worker)
            .map_or("none", |(name, _)| name);
        if set(expected).any(|name| name == found) {
            Ok(())
        } else {
            Err(format!("expected {expected}, found {found}"))
        }
    }

    /// Compares a queue with a list of names, in order.
    fn contents(&self, expected: &str, found: &[JobId]) -> Checked {
        let names: Vec<String> = found.iter().map(|&id| self.name(id)).collect();
        let found = if names.is_empty() {
            "-".to_owned()
        } else {
            names.join(",")
        };
        check(expected, &found)
    }

    /// How a handle stands: `pending` or `finished`, and `ok` or `fail`.
    fn state(&self, name: &str) -> Result<(&'static str, &'static str), String> {
        let handle = self
            .handles
            .get(name)
            .ok_or_else(|| format!("no handle {name}"))?;
        Ok(match self.resolved.get(handle) {
            None => ("pending", "pending"),
            Some(Resolution::Finished(Outcome::Failed(_))) => ("finished", "fail"),
            Some(Resolution::Finished(_)) => ("finished", "ok"),
            Some(Resolution::Withdrawn | Resolution::Stopped) => ("cancelled", "cancelled"),
        })
    }

    /// What a numbered pick got; `None` while it waits.
    fn got(&self, number: &str) -> Result<Option<String>, String> {
        Ok(self.answer(self.wait(number)?))
    }

    fn answer(&self, token: PickToken) -> Option<String> {
        Some(match self.answers.get(&token)? {
            Picked::Job(got) => self.name(got.job),
            Picked::Cancelled | Picked::Stopped => "none".into(),
            Picked::Unregistered => "unregistered".into(),
        })
    }

    fn wait(&self, number: &str) -> Result<PickToken, String> {
        let token = self.waits.get(number).copied();
        token.ok_or_else(|| format!("no pick {number}"))
    }

    fn token(&mut self, picker: WorkerId) -> PickToken {
        let token = PickToken(self.pickers.len() as u64);
        self.pickers.insert(token, picker);
        token
    }

    fn worker(&mut self, name: &str) -> WorkerId {
        let next = WorkerId(u32::try_from(self.workers.len()).unwrap());
        *self.workers.entry(name.to_owned()).or_insert(next)
    }

    fn job(&mut self, name: &str) -> JobId {
        self.names.insert(id(name), name.to_owned());
        id(name)
    }

    fn name(&self, id: JobId) -> String {
        self.names.get(&id).cloned().unwrap_or_default()
    }
}

fn check(expected: &str, found: &str) -> Checked {
    if expected == found {
        Ok(())
    } else {
        Err(format!("expected {expected}, found {found}"))
    }
}

/// `{J|K}` or `J`.
fn set(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.trim().trim_start_matches('{').trim_end_matches('}');
    inner.split('|').map(str::trim)
}

fn show(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("{{{}}}", names.join("|"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("{text} is no duration"))?;
    match &text[digits.len()..] {
        "us" => Ok(Duration::from_micros(number)),
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        "h" => Ok(Duration::from_secs(number * 3600)),
        unit => Err(format!("{unit} is no unit of time")),
    }
}
