//! A prepared box in which a job's processes run, and the actor that hands boxes out.
//!
//! What a place does blocks, so it is called from the blocking pool or from a slot's own thread, never from an actor.
//! Tests on a paused clock hand out fake places by a fake actor.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use actix::prelude::*;
use tribunal_sandbox::{
    Cancel, Content, Error, Isolation, Outcome, ReadyBox, Sandbox, Spec, Watcher,
};

use crate::chain::chain;

/// A box that is clean when handed out and belongs to one job until it is given back.
pub trait Place: Send {
    /// Puts a file into the box's working directory, with the folders that its name has.
    fn place(
        &mut self,
        name: &str,
        content: Placed<'_>,
        executable: bool,
    ) -> Result<(), PlaceFault>;

    /// Runs one process tree to its end; `Err` means that the sandbox failed, not the program.
    fn run(&mut self, spec: &Spec, cancel: &Cancel) -> Result<Outcome, PlaceFault>;

    /// Opens a regular file that a run left in the working directory, if it has no more than `max` bytes.
    fn take(&mut self, name: &str, max: u64) -> Result<File, PlaceFault>;

    /// Looks at the box's processes while they run; `None` where they cannot be seen.
    fn watcher(&mut self) -> Option<Watcher> {
        None
    }

    /// Gives the box back, to be emptied and proven clean before it is handed out again.
    fn reset(self: Box<Self>);
}

/// The content of a placed file.
#[derive(Debug, Clone, Copy)]
pub enum Placed<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// The bytes of an open file, whatever its offset.
    File(&'a OwnedFd),
}

/// Why a place did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceFault {
    /// No run left such a file.
    #[error("{0}")]
    Absent(String),
    /// What a run left is no regular file that can be read, or too large.
    #[error("{0}")]
    NotTaken(String),
    /// The program cannot be executed.
    #[error("{0}")]
    NotExecutable(String),
    /// The sandbox failed; the contestant did not.
    #[error("{0}")]
    Sandbox(String),
}

impl From<Error> for PlaceFault {
    fn from(error: Error) -> Self {
        let text = chain(&error);
        match error {
            Error::Absent(_) => Self::Absent(text),
            Error::NotRegular(_) | Error::TooLarge { .. } => Self::NotTaken(text),
            Error::Exec(_) => Self::NotExecutable(text),
            _ => Self::Sandbox(text),
        }
    }
}

/// Asks for a clean box; waits until one is ready.
#[derive(Debug, Clone, Copy, Default, Message)]
#[rtype(result = "Result<Box<dyn Place>, PlaceFault>")]
pub struct TakePlace {
    /// How far apart its runs are at least.
    pub isolation: Isolation,
}

/// Hands out the sandbox's boxes.
#[derive(Debug)]
pub struct Places {
    sandbox: Arc<Sandbox>,
}

impl Places {
    /// The boxes of this sandbox.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox }
    }
}

impl Actor for Places {
    type Context = Context<Self>;
}

impl Handler<TakePlace> for Places {
    type Result = ResponseFuture<Result<Box<dyn Place>, PlaceFault>>;

    fn handle(&mut self, msg: TakePlace, _: &mut Context<Self>) -> Self::Result {
        let sandbox = self.sandbox.clone();
        let taken = tokio::task::spawn_blocking(move || sandbox.acquire_for(msg.isolation));
        Box::pin(async {
            let ready = taken
                .await
                .map_err(|error| PlaceFault::Sandbox(error.to_string()))??;
            let place: Box<dyn Place> = Box::new(ready);
            Ok(place)
        })
    }
}

impl Place for ReadyBox {
    fn place(
        &mut self,
        name: &str,
        content: Placed<'_>,
        executable: bool,
    ) -> Result<(), PlaceFault> {
        let content = match content {
            Placed::Bytes(bytes) => Content::Bytes(bytes),
            Placed::File(file) => Content::File(file),
        };
        Ok(Self::place(self, name, content, executable)?)
    }

    fn run(&mut self, spec: &Spec, cancel: &Cancel) -> Result<Outcome, PlaceFault> {
        Ok(Self::run(self, spec, cancel)?)
    }

    fn take(&mut self, name: &str, max: u64) -> Result<File, PlaceFault> {
        Ok(Self::take(self, name, max)?)
    }

    fn watcher(&mut self) -> Option<Watcher> {
        Self::watcher(self)
    }

    /// The sandbox cleans the box on a thread of its own.
    fn reset(self: Box<Self>) {
        drop(self);
    }
}
