//! An output stream: the pipe that a program writes to, and what is kept of it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, splice};
use nix::unistd::pipe2;

use crate::capture::Capture;
use crate::error::system;
use crate::{Captured, Error, Output, PipeEnd};

/// What was given away is not here any more.
pub(super) fn given_once(end: &PipeEnd) -> Result<OwnedFd, Error> {
    end.take()
        .ok_or(Error::Spec("a pipe was given to another run before"))
}

/// An output stream while the program runs.
pub(super) struct Stream {
    pub(super) source: Option<File>,
    pub(super) sink: Option<OwnedFd>,
    pub(super) capture: Capture,
}

impl Stream {
    pub(super) fn connect(output: &Output) -> Result<Self, Error> {
        let (head, tail) = match output {
            Output::Capture { head, tail } => (*head, *tail),
            Output::Discard => (0, 0),
            Output::Pipe(end) => {
                return Ok(Self {
                    source: None,
                    sink: Some(given_once(end)?),
                    capture: Capture::default(),
                });
            }
        };
        let (source, sink) = pipe2(OFlag::O_CLOEXEC).map_err(system("make a pipe"))?;
        // Only this end: the program's must block when the pipe is full.
        fcntl(&source, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(system("make a pipe"))?;
        Ok(Self {
            source: Some(source.into()),
            sink: Some(sink),
            capture: Capture::new(head, tail),
        })
    }

    /// The end for the program.
    pub(super) fn end(&self) -> Result<BorrowedFd<'_>, Error> {
        let sink = self.sink.as_ref().map(AsFd::as_fd);
        sink.ok_or(Error::Spec("a stream is not connected"))
    }

    /// Reads what is there; without `all`, at most one buffer. Forgets the source at its end.
    pub(super) fn drain(&mut self, buffer: &mut [u8], all: bool) -> Result<(), Error> {
        while let Some(source) = &mut self.source {
            match source.read(buffer) {
                Ok(0) => self.source = None,
                Ok(length) => self.capture.push(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(system("read a program's output")(error)),
            }
            if !all {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Throws away what is there, without looking at it.
    pub(super) fn discard(&mut self, nowhere: &mut Option<File>) -> Result<(), Error> {
        let Some(source) = &self.source else {
            return Ok(());
        };
        let nowhere = match nowhere {
            Some(nowhere) => nowhere,
            None => {
                let opened = File::options().write(true).open("/dev/null");
                nowhere.insert(opened.map_err(system("open /dev/null"))?)
            }
        };
        let (most, flags) = (1 << 20, SpliceFFlags::SPLICE_F_NONBLOCK);
        match splice(source, None, nowhere, None, most, flags) {
            Ok(0) => self.source = None,
            Ok(length) => self.capture.skip(length as u64),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(errno) => return Err(system("throw a program's output away")(errno)),
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Captured {
        self.capture.finish()
    }
}
