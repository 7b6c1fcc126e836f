//! A talk between a submission and an interactor, each in its own box: the judge stands between them.
//!
//! Everything that one writes goes through a thread of ours to the other. So the talk is written down and counted, neither side ever dies
//! of writing to one that is gone (what it writes is thrown away), and it is seen when both wait for each other. A submission
//! may have several processes, each of which has pipes of its own to the interactor and knows nothing of the others.
//!
//! A side's end is told by its own run, before the other side learns of it by the end of its input: a program that fails because the
//! other side is gone always ends second. A side that closes its output and lives on is told to the other one as well.

mod clocks;
mod flow;
mod party;
mod seat;
mod transcript;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tribunal_problems::Side;
use tribunal_sandbox::{Cancel, Repose, Watcher};

use clocks::Clocks;
pub(super) use clocks::{Allowed, Halt};
use flow::Flow;
pub(super) use party::Party;
pub(super) use seat::Seat;
use seat::{Bell, Event};
use transcript::Transcript;

/// How often the clocks are looked at.
const TICK: Duration = Duration::from_millis(10);

/// A party that has closed an output may be about to end by itself: so long its own end has time to be told before the other side
/// sees the output's.
const LAST_WORD: Duration = Duration::from_millis(20);

/// An interactor whose programs have failed has so long to end by itself, and to say what it has to say.
const PARTING: Duration = Duration::from_secs(2);

/// So much an interactor may say for each byte that it hears.
const ANSWER_BYTES: u64 = 1 << 12;

/// The reading and the writing end that a party has of one conversation.
pub(super) struct Line {
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
}

/// What the parties are given.
pub(super) struct Lines {
    /// Each program's ends.
    pub(super) programs: Vec<Line>,
    /// The interactor's ends to each program.
    pub(super) interactor: Vec<Line>,
    /// The switches that end them, the interactor's last.
    pub(super) cancels: Vec<Cancel>,
}

/// What a talk is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// How many programs there are.
    pub(super) programs: usize,
    /// Whether the parties may open the pipes by their names.
    pub(super) named: bool,
    pub(super) allowed: Allowed,
    /// What the interactor may use of the CPU.
    pub(super) interactor_cpu: Duration,
    /// An interactor that ends with another exit status ends the programs.
    pub(super) accepting_status: i32,
}

/// The judge's part of a talk that is about to begin.
pub(super) struct Talk {
    /// With each program: what it writes, then what the interactor writes to it.
    flows: Vec<[Flow; 2]>,
    cancels: Vec<Cancel>,
    watchers: Vec<Option<Watcher>>,
    bell: Bell,
    stop: Cancel,
    manner: Manner,
}

/// How a talk went.
#[derive(Debug)]
pub(super) struct Talked {
    /// Who ended, in this order; whoever made the judge end it has ended then.
    pub(super) ends: Vec<Party>,
    /// Why the judge ended it, if it did.
    pub(super) halt: Option<Halt>,
    /// Bytes that each program wrote.
    pub(super) written: Vec<u64>,
    /// Whom the interactor was answering when it ended, if it was never half of its CPU time about one answer.
    pub(super) asker: Option<Party>,
    /// Each program's wall time without that in which it waited for the interactor.
    pub(super) program_times: Vec<Duration>,
    pub(super) transcript: String,
}

impl Talk {
    /// Makes the pipes. `stop` ends the whole talk.
    pub(super) fn new(manner: Manner, stop: Cancel) -> io::Result<(Self, Lines)> {
        let parties = manner.programs + 1;
        let switches = (0..parties).map(|_| Cancel::new().map_err(io::Error::other));
        let cancels = switches.collect::<io::Result<Vec<_>>>()?;
        let mut lines = Lines {
            programs: Vec::new(),
            interactor: Vec::new(),
            cancels: cancels.clone(),
        };
        let mut flows = Vec::new();
        for _ in 0..manner.programs {
            let (of_program, to_interactor, from_program) = Flow::new(manner.named)?;
            let (of_interactor, to_program, from_interactor) = Flow::new(manner.named)?;
            lines.programs.push(Line {
                stdin: to_program,
                stdout: from_program,
            });
            lines.interactor.push(Line {
                stdin: to_interactor,
                stdout: from_interactor,
            });
            flows.push([of_program, of_interactor]);
        }
        let talk = Self {
            flows,
            cancels,
            watchers: std::iter::repeat_with(|| None).take(parties).collect(),
            bell: Bell::new()?,
            stop,
            manner,
        };
        Ok((talk, lines))
    }

    /// Takes a party's box for the run, so that its beginning and its end are told here.
    pub(super) fn seat(
        &mut self,
        party: Party,
        mut place: Box<dyn crate::place::Place>,
    ) -> Box<Seat> {
        let pipes = self.flows.iter().flatten().flat_map(Flow::pipes);
        let watcher = place.watcher().map(|watcher| match self.manner.named {
            true => watcher.with_pipes(pipes),
            false => watcher,
        });
        self.watchers[party.place(self.manner.programs)] = watcher;
        Box::new(Seat::new(party, place, self.bell.clone()))
    }

    /// Rings when it is dropped: nobody will run any more.
    pub(super) fn lifeline(&self) -> Lifeline {
        Lifeline(self.bell.clone())
    }

    /// Stands between the parties until all have ended. Blocks.
    pub(super) fn stand_between(mut self) -> io::Result<Talked> {
        let mut course = Course::new(&self.manner);
        let outcome = self.relay(&mut course);
        if outcome.is_err() {
            self.cancels.iter().for_each(Cancel::cancel);
        }
        outcome?;
        let programs = (0..self.manner.programs).map(Party::Program);
        Ok(Talked {
            ends: course.ends,
            halt: course.halt,
            asker: course.asker,
            written: self.flows.iter().map(|[own, _]| own.total()).collect(),
            program_times: programs.map(|one| course.clocks.charged(one)).collect(),
            transcript: course.transcript.finish(),
        })
    }

    fn relay(&mut self, course: &mut Course) -> io::Result<()> {
        let mut chunk = vec![0; flow::CHUNK];
        loop {
            self.wait(course)?;
            course.look(self, Instant::now());
            if self.stop.is_cancelled() {
                self.cancels.iter().for_each(Cancel::cancel);
            }
            let mut is_over = false;
            for event in self.bell.answer() {
                is_over |= course.is_over_after(event);
                self.heed(event);
            }
            let now = Instant::now();
            self.let_go(course, now);
            self.pump(course, &mut chunk, now)?;
            if is_over {
                return Ok(());
            }
            if let Some(halt) = course.halt_now(self, now) {
                self.obey(halt);
            }
            if course.has_parted(now) {
                self.cancel(|party| party == Party::Interactor);
            }
        }
    }

    fn pump(&mut self, course: &mut Course, chunk: &mut [u8], now: Instant) -> io::Result<()> {
        for (program, flows) in self.flows.iter_mut().enumerate() {
            for (from, flow) in [Side::Program, Side::Interactor].into_iter().zip(flows) {
                let written_down = |bytes: &[u8]| course.transcript.push(program, from, bytes);
                if flow.pump(chunk, written_down)? {
                    course.clocks.spoke(program, from, now);
                }
            }
        }
        Ok(())
    }

    /// Ends the conversations that a party has closed though it lives on.
    fn let_go(&mut self, course: &mut Course, now: Instant) {
        let interactor = self.manner.programs;
        for (program, flows) in self.flows.iter_mut().enumerate() {
            let writers = [(Side::Program, program), (Side::Interactor, interactor)];
            for ((from, place), flow) in writers.into_iter().zip(flows) {
                let closed = flow.closed();
                let is_late =
                    closed.is_some_and(|at| now.saturating_duration_since(at) >= LAST_WORD);
                let watcher = self.watchers[place].as_ref();
                if is_late && watcher.is_some_and(Watcher::lives) {
                    flow.has_said_all();
                    course.clocks.spoke(program, from, now);
                }
            }
        }
    }

    fn wait(&self, course: &Course) -> io::Result<()> {
        let mut fds = vec![PollFd::new(self.bell.as_fd(), PollFlags::POLLIN)];
        if !self.stop.is_cancelled() {
            fds.push(PollFd::new(self.stop.as_fd(), PollFlags::POLLIN));
        }
        for flow in self.flows.iter().flatten() {
            fds.extend(flow.waits_for());
        }
        // Until all run there is nothing to look at; an end wakes us by itself.
        let timeout = if course.is_running() {
            PollTimeout::try_from(TICK).unwrap_or(PollTimeout::MAX)
        } else {
            PollTimeout::NONE
        };
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// A party that has ended writes nothing more and hears nothing more.
    fn heed(&mut self, event: Event) {
        match event {
            Event::Ended(Party::Program(program), _) => {
                let [own, to_it] = &mut self.flows[program];
                own.writer_ended();
                to_it.reader_ended();
            }
            Event::Ended(Party::Interactor, status) => {
                for [to_it, own] in &mut self.flows {
                    own.writer_ended();
                    to_it.reader_ended();
                }
                if status != Some(self.manner.accepting_status) {
                    self.cancel(|party| party != Party::Interactor);
                }
            }
            Event::Begun(_) | Event::Abandoned => {}
        }
    }

    /// A program that has failed decides for the others as well; the interactor has a while to end by itself.
    fn obey(&self, halt: Halt) {
        let everybody = matches!(halt, Halt::Idle(_)) || halt.party() == Party::Interactor;
        self.cancel(|party| everybody || party != Party::Interactor);
    }

    fn cancel(&self, whom: impl Fn(Party) -> bool) {
        for (party, cancel) in Party::all(self.manner.programs).zip(&self.cancels) {
            if whom(party) {
                cancel.cancel();
            }
        }
    }

    fn look(&self, party: Party) -> Repose {
        let watcher = self.watchers[party.place(self.manner.programs)].as_ref();
        watcher.map_or(Repose::Unknown, Watcher::look)
    }

    /// Bytes that each party has written and that count against its limit, the interactor's last.
    fn written(&self) -> Vec<u64> {
        // What a program writes when the interactor has decided does not count; an interactor has no reason to flood, but may
        // answer at length as often as it is asked, which no contestant can make its fault.
        let programs = self.flows.iter().map(|[own, _]| own.heard());
        let interactor = self.flows.iter().map(|[asked, own]| {
            let invited = asked.heard().saturating_mul(ANSWER_BYTES);
            own.total().saturating_sub(invited)
        });
        programs.clone().chain([interactor.sum()]).collect()
    }
}

/// What has happened so far.
struct Course {
    begun: Vec<bool>,
    interactor_cpu: Duration,
    ends: Vec<Party>,
    halt: Option<Halt>,
    asker: Option<Party>,
    /// Since when the programs' failure has decided.
    failed: Option<Instant>,
    clocks: Clocks,
    transcript: Transcript,
}

impl Course {
    fn new(manner: &Manner) -> Self {
        Self {
            begun: vec![false; manner.programs + 1],
            interactor_cpu: manner.interactor_cpu,
            ends: Vec::new(),
            halt: None,
            asker: None,
            failed: None,
            clocks: Clocks::new(manner.allowed, manner.programs, Instant::now()),
            transcript: Transcript::new(manner.programs),
        }
    }

    fn is_running(&self) -> bool {
        self.begun.iter().all(|begun| *begun)
    }

    /// Writes an event down; says whether it was the last.
    fn is_over_after(&mut self, event: Event) -> bool {
        match event {
            Event::Begun(party) => {
                let programs = self.begun.len() - 1;
                self.begun[party.place(programs)] = true;
                if self.is_running() {
                    self.clocks.begin(Instant::now());
                }
            }
            Event::Ended(party, status) => {
                if party == Party::Interactor {
                    self.asker = self.clocks.asker(self.interactor_cpu);
                }
                self.has_ended(party);
                self.clocks.ended(party, Instant::now());
                // Of several programs the others may go on.
                if self.begun.len() == 2 && party != Party::Interactor && status != Some(0) {
                    self.failed.get_or_insert_with(Instant::now);
                }
            }
            Event::Abandoned => return true,
        }
        false
    }

    fn has_ended(&mut self, party: Party) {
        if !self.ends.contains(&party) {
            self.ends.push(party);
        }
    }

    fn look(&mut self, talk: &Talk, now: Instant) {
        if self.is_running() && self.halt.is_none() {
            self.clocks.look(
                now,
                |party| talk.look(party),
                |program| talk.flows[program][1].has_unread(),
            );
        }
    }

    /// The reason to end the talk, or a program of it. One who has been told to end gives no further reason.
    fn halt_now(&mut self, talk: &Talk, now: Instant) -> Option<Halt> {
        if !self.is_running() || self.halt.is_some() {
            return None;
        }
        self.halt = self.clocks.halt(now, &talk.written());
        // Whoever made the judge end it has ended first, whichever box is empty sooner.
        if let Some(halt) = self.halt {
            self.has_ended(halt.party());
            if halt.party() != Party::Interactor {
                self.failed.get_or_insert(now);
            }
        }
        self.halt
    }

    /// Whether the programs have failed and the interactor has had its time to end.
    fn has_parted(&self, now: Instant) -> bool {
        let failed = self.failed;
        failed.is_some_and(|at| now.saturating_duration_since(at) >= PARTING)
            && !self.ends.contains(&Party::Interactor)
    }
}

/// Tells the talk that nobody will run any more.
pub(super) struct Lifeline(Bell);

impl Drop for Lifeline {
    fn drop(&mut self) {
        self.0.ring(Event::Abandoned);
    }
}

/// A pipe's two ends, the reading one first.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?)
}

fn unblock(fd: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}
