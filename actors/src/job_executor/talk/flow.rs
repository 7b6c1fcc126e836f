//! One direction of a talk: from a side's output to the other side's input.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{Mode, fchmod};

use super::{pipe, unblock};

/// Bytes that are read at once.
pub(super) const CHUNK: usize = 64 << 10;
/// What each pipe holds, so that a side that writes much at once need not wait for the other (verdicts-and-checkers 4.6).
const PIPE_BYTES: i32 = 1 << 20;
/// So many chunks are moved before the other things get their turn.
const CHUNKS_AT_ONCE: usize = 16;

/// A direction.
pub(super) struct Flow {
    source: File,
    sink: Option<File>,
    /// The reader's end as well: to see whether it has read all, and so that writing to it is never answered by a signal.
    ear: OwnedFd,
    /// Read and not yet written.
    held: Vec<u8>,
    total: u64,
    heard: u64,
    writer_ended: bool,
    reader_ended: bool,
    /// From when on nobody can write any more, though the writer may live on.
    closed: Option<Instant>,
    dry: bool,
}

impl Flow {
    /// A direction with the reader's and the writer's ends. `named`: whoever has one of these may open it again by its name below
    /// `/proc/self/fd`, which the kernel allows by the pipe's mode.
    pub(super) fn new(named: bool) -> io::Result<(Self, OwnedFd, OwnedFd)> {
        let (source, from) = pipe()?;
        let (to, sink) = pipe()?;
        if named {
            for end in [&source, &sink] {
                fchmod(end, Mode::from_bits_truncate(0o666))?;
            }
        }
        for end in [&source, &sink] {
            unblock(end)?;
            // A host may forbid an ordinary user large pipes; then a side waits a little earlier.
            if let Err(errno) = fcntl(end, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES)) {
                log::debug!("a pipe keeps its size: {errno}");
            }
        }
        let flow = Self {
            source: source.into(),
            sink: Some(sink.into()),
            ear: to.try_clone()?,
            held: Vec::new(),
            total: 0,
            heard: 0,
            writer_ended: false,
            reader_ended: false,
            closed: None,
            dry: false,
        };
        Ok((flow, to, from))
    }

    /// The inode numbers of its pipes.
    pub(super) fn pipes(&self) -> impl Iterator<Item = u64> + use<> {
        let ends = [Some(&self.source), self.sink.as_ref()];
        let inodes = ends.map(|end| Some(end?.metadata().ok()?.ino()));
        inodes.into_iter().flatten()
    }

    /// Bytes that were written in all.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Bytes that were written as long as there was somebody to read them.
    pub(super) fn heard(&self) -> u64 {
        self.heard
    }

    /// The writer is dead: what is in the pipe is all.
    pub(super) fn writer_ended(&mut self) {
        self.writer_ended = true;
    }

    /// The reader is dead: what comes is thrown away.
    pub(super) fn reader_ended(&mut self) {
        self.reader_ended = true;
    }

    /// Since when the writer has closed it, where nobody knows yet whether it lives on.
    pub(super) fn closed(&self) -> Option<Instant> {
        self.closed.filter(|_| !self.dry)
    }

    /// Whether something lies there that the reader has not read yet.
    pub(super) fn has_unread(&self) -> bool {
        let mut ear = [PollFd::new(self.ear.as_fd(), PollFlags::POLLIN)];
        let is_ready = matches!(poll(&mut ear, PollTimeout::ZERO), Ok(1..));
        let holds_some = || {
            ear[0]
                .revents()
                .is_some_and(|seen| seen.contains(PollFlags::POLLIN))
        };
        !self.held.is_empty() || is_ready && holds_some()
    }

    /// The writer has closed it and lives on: the reader may see the end.
    pub(super) fn has_said_all(&mut self) {
        self.dry = true;
    }

    /// What to wait for before there is anything to do.
    pub(super) fn waits_for(&self) -> Option<PollFd<'_>> {
        match &self.sink {
            _ if self.dry => None,
            Some(sink) if !self.held.is_empty() => {
                Some(PollFd::new(sink.as_fd(), PollFlags::POLLOUT))
            }
            _ if self.closed.is_some() => None,
            _ => Some(PollFd::new(self.source.as_fd(), PollFlags::POLLIN)),
        }
    }

    /// Moves what can be moved without waiting; `seen` gets every byte once. Says whether there was any.
    pub(super) fn pump(
        &mut self,
        chunk: &mut [u8],
        mut seen: impl FnMut(&[u8]),
    ) -> io::Result<bool> {
        let mut moved = false;
        for _ in 0..CHUNKS_AT_ONCE {
            moved |= self.pour()?;
            if !self.held.is_empty() || self.dry {
                break;
            }
            match self.source.read(chunk) {
                // A writer that is dying has closed it as well, and its end has to be told first.
                Ok(0) => {
                    self.closed.get_or_insert_with(Instant::now);
                    self.dry |= self.writer_ended;
                    break;
                }
                Ok(length) => {
                    moved = true;
                    self.total += length as u64;
                    if !self.reader_ended {
                        self.heard = self.total;
                    }
                    seen(&chunk[..length]);
                    self.held.extend_from_slice(&chunk[..length]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Whoever wrote is dead, though we still hold an end of the pipe: nothing there is the end.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.dry |= self.writer_ended;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if self.dry && self.held.is_empty() {
            self.sink = None;
        }
        Ok(moved)
    }

    fn pour(&mut self) -> io::Result<bool> {
        let Some(sink) = self.sink.as_mut().filter(|_| !self.reader_ended) else {
            let moved = !self.held.is_empty();
            self.held.clear();
            return Ok(moved);
        };
        let mut poured = 0;
        while poured < self.held.len() {
            match sink.write(&self.held[poured..]) {
                Ok(length) => poured += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.held.drain(..poured);
        Ok(poured > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pumped(flow: &mut Flow) -> Vec<u8> {
        let mut all = Vec::new();
        let mut chunk = vec![0; CHUNK];
        flow.pump(&mut chunk, |bytes| all.extend_from_slice(bytes))
            .unwrap();
        all
    }

    #[test]
    fn bytes_arrive_and_the_end_follows_them() {
        let (mut flow, to, from) = Flow::new(false).unwrap();
        let (mut to, mut from) = (File::from(to), File::from(from));
        from.write_all(b"one\n").unwrap();
        assert_eq!(pumped(&mut flow), b"one\n");
        from.write_all(b"two\n").unwrap();
        // The judge's own end of the pipe stays open: only word of the writer's death is its end.
        flow.writer_ended();
        assert_eq!(pumped(&mut flow), b"two\n");
        let mut text = String::new();
        to.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");
        assert_eq!((flow.total(), flow.heard()), (8, 8));
    }

    #[test]
    fn what_was_not_read_yet_is_seen() {
        let (mut flow, to, from) = Flow::new(false).unwrap();
        let (mut to, mut from) = (File::from(to), File::from(from));
        assert!(!flow.has_unread());
        from.write_all(b"one\n").unwrap();
        pumped(&mut flow);
        assert!(flow.has_unread());
        assert_eq!(to.read(&mut [0; 16]).unwrap(), 4);
        assert!(!flow.has_unread());
    }

    #[test]
    fn an_end_waits_until_it_is_known_that_the_writer_lives_on() {
        let (mut flow, to, from) = Flow::new(false).unwrap();
        let (mut to, mut from) = (File::from(to), File::from(from));
        from.write_all(b"one\n").unwrap();
        drop(from);
        assert_eq!(pumped(&mut flow), b"one\n");
        assert!(flow.closed().is_some() && flow.sink.is_some());
        flow.has_said_all();
        pumped(&mut flow);
        assert!(flow.closed().is_none());
        let mut text = String::new();
        to.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\n");
    }

    #[test]
    fn a_writer_whose_reader_is_gone_is_heard_out() {
        let (mut flow, to, from) = Flow::new(false).unwrap();
        let mut from = File::from(from);
        flow.reader_ended();
        drop(to);
        for _ in 0..40 {
            from.write_all(&[7; CHUNK]).unwrap();
            assert_eq!(pumped(&mut flow).len(), CHUNK);
        }
        assert_eq!(flow.total(), 40 * CHUNK as u64);
        assert_eq!(flow.heard(), 0);
    }

    #[test]
    fn a_reader_that_does_not_read_stops_the_writer_and_loses_nothing() {
        let (mut flow, to, from) = Flow::new(false).unwrap();
        unblock(&from).unwrap();
        let (mut to, mut from) = (File::from(to), File::from(from));
        let mut written = 0;
        while let Ok(length) = from.write(&[7; 4096]) {
            written += length;
            pumped(&mut flow);
        }
        assert!(written >= PIPE_BYTES as usize, "{written}");
        drop(from);
        flow.writer_ended();
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            to.read_to_end(&mut all).map(|_| all.len())
        });
        while flow.sink.is_some() {
            pumped(&mut flow);
            std::thread::yield_now();
        }
        assert_eq!(reader.join().unwrap().unwrap(), written);
    }
}
