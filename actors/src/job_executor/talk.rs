//! A talk between a submission and an interactor, each in its own box: the judge stands between them.
//!
//! Everything that one writes goes through a thread of ours to the other. So the talk is written down and counted, neither side ever dies
//! of writing to one that is gone (what it writes is thrown away), and it is seen when both wait for each other.
//!
//! A side's end is told by its own run, before the other side learns of it by the end of its input: a program that fails because the
//! other side is gone always ends second.

mod clocks;
mod flow;
mod seat;
mod transcript;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tribunal_problems::Side;
use tribunal_sandbox::{Cancel, Repose, Watcher};

use clocks::Clocks;
pub(super) use clocks::{Allowed, Halt};
use flow::Flow;
pub(super) use seat::Seat;
use seat::{Bell, Event};
use transcript::Transcript;

/// How often the clocks are looked at.
const TICK: Duration = Duration::from_millis(10);

/// What each side is given: the ends of its pipes, and the switch that ends it.
pub(super) struct Line {
    pub(super) stdin: Arc<OwnedFd>,
    pub(super) stdout: Arc<OwnedFd>,
    pub(super) cancel: Cancel,
}

/// The judge's part of a talk that is about to begin.
pub(super) struct Talk {
    /// What the program writes, then what the interactor writes.
    flows: [Flow; 2],
    cancels: [Cancel; 2],
    watchers: [Option<Watcher>; 2],
    bell: Bell,
    stop: Cancel,
    allowed: Allowed,
    accepting_status: i32,
}

/// How a talk went.
#[derive(Debug)]
pub(super) struct Talked {
    /// Who ended first; `None`: nobody ever ran.
    pub(super) first: Option<Side>,
    /// Why the judge ended it, if it did.
    pub(super) halt: Option<Halt>,
    /// Bytes that the program wrote.
    pub(super) written: u64,
    /// Wall time of the program without that in which it waited for the interactor.
    pub(super) program_time: Duration,
    pub(super) transcript: String,
}

impl Talk {
    /// Makes the pipes. `stop` ends the whole talk; an interactor that ends with another status than `accepting_status` ends the program.
    pub(super) fn new(
        allowed: Allowed,
        accepting_status: i32,
        stop: Cancel,
    ) -> io::Result<(Self, [Line; 2])> {
        let (of_program, to_interactor, from_program) = Flow::new()?;
        let (of_interactor, to_program, from_interactor) = Flow::new()?;
        let cancel = || Cancel::new().map_err(io::Error::other);
        let cancels = [cancel()?, cancel()?];
        let line = |stdin, stdout, side: usize| Line {
            stdin: Arc::new(stdin),
            stdout: Arc::new(stdout),
            cancel: cancels[side].clone(),
        };
        let lines = [
            line(to_program, from_program, 0),
            line(to_interactor, from_interactor, 1),
        ];
        let talk = Self {
            flows: [of_program, of_interactor],
            cancels,
            watchers: [None, None],
            bell: Bell::new()?,
            stop,
            allowed,
            accepting_status,
        };
        Ok((talk, lines))
    }

    /// Takes a side's box for the run, so that its beginning and its end are told here.
    pub(super) fn seat(
        &mut self,
        side: Side,
        mut place: Box<dyn crate::place::Place>,
    ) -> Box<Seat> {
        self.watchers[side as usize] = place.watcher();
        Box::new(Seat::new(side, place, self.bell.clone()))
    }

    /// Rings when it is dropped: nobody will run any more.
    pub(super) fn lifeline(&self) -> Lifeline {
        Lifeline(self.bell.clone())
    }

    /// Stands between the sides until both have ended. Blocks.
    pub(super) fn stand_between(mut self) -> io::Result<Talked> {
        let mut course = Course::new(&self);
        let outcome = self.relay(&mut course);
        if outcome.is_err() {
            self.cancels.iter().for_each(Cancel::cancel);
        }
        outcome?;
        Ok(Talked {
            first: course.first,
            halt: course.halt,
            written: self.flows[0].total(),
            program_time: course.clocks.charged(Side::Program),
            transcript: course.transcript.finish(),
        })
    }

    fn relay(&mut self, course: &mut Course) -> io::Result<()> {
        let mut chunk = vec![0; flow::CHUNK];
        loop {
            self.wait(course)?;
            if self.stop.is_cancelled() {
                self.cancels.iter().for_each(Cancel::cancel);
            }
            let mut is_over = false;
            for event in self.bell.answer() {
                is_over |= course.is_over_after(event);
                self.heed(event);
            }
            let now = Instant::now();
            for (from, flow) in [Side::Program, Side::Interactor]
                .into_iter()
                .zip(&mut self.flows)
            {
                let moved = flow.pump(&mut chunk, |bytes| course.transcript.push(from, bytes))?;
                if moved {
                    course.clocks.spoke(from, now);
                }
            }
            if is_over {
                return Ok(());
            }
            if let Some(halt) = course.halt_now(self, now) {
                self.obey(halt);
            }
        }
    }

    fn wait(&self, course: &Course) -> io::Result<()> {
        let mut fds = vec![PollFd::new(self.bell.as_fd(), PollFlags::POLLIN)];
        if !self.stop.is_cancelled() {
            fds.push(PollFd::new(self.stop.as_fd(), PollFlags::POLLIN));
        }
        for flow in &self.flows {
            fds.extend(flow.waits_for());
        }
        // Until both run there is nothing to look at; an end wakes us by itself.
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

    /// A side that has ended writes nothing more and hears nothing more.
    fn heed(&mut self, event: Event) {
        let Event::Ended(side, status) = event else {
            return;
        };
        let (own, to_it) = (side as usize, side.other() as usize);
        self.flows[own].writer_ended();
        self.flows[to_it].reader_ended();
        if side == Side::Interactor && status != Some(self.accepting_status) {
            self.cancels[Side::Program as usize].cancel();
        }
    }

    fn obey(&self, halt: Halt) {
        let all = matches!(halt, Halt::Idle(_)) || halt.side() == Side::Interactor;
        for side in [Side::Program, Side::Interactor] {
            if all || side == halt.side() {
                self.cancels[side as usize].cancel();
            }
        }
    }

    fn look(&self, side: Side) -> Repose {
        let watcher = self.watchers[side as usize].as_ref();
        watcher.map_or(Repose::Unknown, Watcher::look)
    }
}

/// What has happened so far.
struct Course {
    begun: [bool; 2],
    ended: [bool; 2],
    first: Option<Side>,
    halt: Option<Halt>,
    clocks: Clocks,
    transcript: Transcript,
}

impl Course {
    fn new(talk: &Talk) -> Self {
        Self {
            begun: [false; 2],
            ended: [false; 2],
            first: None,
            halt: None,
            clocks: Clocks::new(talk.allowed, Instant::now()),
            transcript: Transcript::default(),
        }
    }

    fn is_running(&self) -> bool {
        self.begun == [true; 2]
    }

    /// Writes an event down; says whether it was the last.
    fn is_over_after(&mut self, event: Event) -> bool {
        match event {
            Event::Begun(side) => {
                self.begun[side as usize] = true;
                if self.is_running() {
                    self.clocks.begin(Instant::now());
                }
            }
            Event::Ended(side, _) => {
                self.ended[side as usize] = true;
                self.first.get_or_insert(side);
                self.clocks.ended(side, Instant::now());
            }
            Event::Abandoned => return true,
        }
        false
    }

    /// The reason to end the talk, once.
    fn halt_now(&mut self, talk: &Talk, now: Instant) -> Option<Halt> {
        if !self.is_running() || self.halt.is_some() {
            return None;
        }
        // What a program writes when the interactor has decided does not count; an interactor has no reason to flood.
        let written = [talk.flows[0].heard(), talk.flows[1].total()];
        self.halt = self.clocks.tick(now, written, |side| talk.look(side));
        // Whoever made the judge end it has ended first, whichever box is empty sooner.
        if let Some(halt) = self.halt {
            self.first.get_or_insert(halt.side());
        }
        self.halt
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
