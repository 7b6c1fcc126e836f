//! A side's box as a talk sees it: the same box, whose run tells when it begins and when it ends.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};

use tribunal_sandbox::{Cancel, Ending, Outcome, Spec, Watcher};

use super::party::Party;
use super::{pipe, unblock};
use crate::place::{Place, PlaceFault, Placed};

/// What a talk is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// This party's program is being started.
    Begun(Party),
    /// All of this party's processes are dead; its exit status, if it exited.
    Ended(Party, Option<i32>),
    /// Nobody will run any more.
    Abandoned,
}

/// Wakes the talk. Clones are the same bell.
#[derive(Clone)]
pub(super) struct Bell(Arc<Rope>);

struct Rope {
    events: Mutex<Vec<Event>>,
    ear: File,
    clapper: File,
}

impl Bell {
    pub(super) fn new() -> io::Result<Self> {
        let (ear, clapper) = pipe()?;
        unblock(&ear)?;
        unblock(&clapper)?;
        Ok(Self(Arc::new(Rope {
            events: Mutex::default(),
            ear: ear.into(),
            clapper: clapper.into(),
        })))
    }

    pub(super) fn ring(&self, event: Event) {
        let events = self.0.events.lock();
        events.unwrap_or_else(PoisonError::into_inner).push(event);
        // A full pipe wakes as well as one more byte.
        let _ = (&self.0.clapper).write(&[0]);
    }

    /// What has been rung for, in its order.
    pub(super) fn answer(&self) -> Vec<Event> {
        let mut bytes = [0; 16];
        let _ = (&self.0.ear).read(&mut bytes);
        let events = self.0.events.lock();
        std::mem::take(&mut *events.unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.ear.as_fd()
    }
}

/// A box whose run is part of a talk.
pub(in crate::job_executor) struct Seat {
    party: Party,
    place: Box<dyn Place>,
    bell: Bell,
}

impl Seat {
    pub(super) fn new(party: Party, place: Box<dyn Place>, bell: Bell) -> Self {
        Self { party, place, bell }
    }
}

impl Place for Seat {
    fn place(
        &mut self,
        name: &str,
        content: Placed<'_>,
        executable: bool,
    ) -> Result<(), PlaceFault> {
        self.place.place(name, content, executable)
    }

    fn run(&mut self, spec: &Spec, cancel: &Cancel) -> Result<Outcome, PlaceFault> {
        self.bell.ring(Event::Begun(self.party));
        let outcome = self.place.run(spec, cancel);
        let status = match outcome.as_ref().map(|outcome| outcome.ending) {
            Ok(Ending::Exited(status)) => Some(status),
            _ => None,
        };
        self.bell.ring(Event::Ended(self.party, status));
        outcome
    }

    fn take(&mut self, name: &str, max: u64) -> Result<File, PlaceFault> {
        self.place.take(name, max)
    }

    fn watcher(&mut self) -> Option<Watcher> {
        self.place.watcher()
    }

    fn reset(self: Box<Self>) {
        self.place.reset();
    }
}
