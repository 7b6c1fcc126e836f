//! What all streams of events share, so that a thousand readers cost little more than a hundred.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use tribunal_actors::Event;

use super::event_frame;

/// Pieces that are sent a second to all readers together, in the long run. A reader who is alone hears of everything at
/// once; one of a thousand gets what has happened in two pieces a second.
const PIECES_PER_SECOND: u32 = 2_000;

/// Frames that are remembered. Most readers ask for one within the pause between two pieces.
const FRAMES: usize = 256;

/// The readers there are, and the last events as they are sent.
#[derive(Debug)]
pub(crate) struct Streams {
    open: AtomicU32,
    frames: Mutex<Vec<Option<(u64, Bytes)>>>,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            open: AtomicU32::new(0),
            frames: Mutex::new(vec![None; FRAMES]),
        }
    }
}

impl Streams {
    /// The event as it is sent. It is written out once for all.
    pub(super) fn frame(&self, event: &Event) -> Bytes {
        let at = usize::try_from(event.number % FRAMES as u64).unwrap_or(0);
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        match &frames[at] {
            Some((number, frame)) if *number == event.number => frame.clone(),
            _ => {
                let frame = event_frame(event);
                frames[at] = Some((event.number, frame.clone()));
                frame
            }
        }
    }
}

/// One reader, as long as it listens.
#[derive(Debug)]
pub(super) struct Reader(Arc<Streams>);

impl Reader {
    pub(super) fn of(streams: &Arc<Streams>) -> Self {
        streams.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(streams))
    }

    /// What it shares.
    pub(super) fn streams(&self) -> &Streams {
        &self.0
    }

    /// How long it waits after a piece before it is sent the next.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs(1) * self.0.open.load(Ordering::Relaxed) / PIECES_PER_SECOND
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tribunal_actors::EventKind;

    use super::*;

    fn event(number: u64, kind: EventKind) -> Event {
        Event {
            number,
            build: None,
            submission: None,
            kind,
        }
    }

    #[test]
    fn who_is_alone_hardly_waits_and_a_thousand_are_told_in_pieces() {
        let streams = Arc::new(Streams::default());
        let first = Reader::of(&streams);
        assert_eq!(first.pause(), Duration::from_micros(500));
        let others: Vec<Reader> = (1..1_000).map(|_| Reader::of(&streams)).collect();
        assert_eq!(first.pause(), Duration::from_millis(500));
        drop(others);
        assert_eq!(first.pause(), Duration::from_micros(500));
    }

    #[test]
    fn an_event_is_never_told_in_the_place_of_another() {
        let streams = Streams::default();
        let (queued, compiling) = (event(7, EventKind::Queued), {
            event(7 + FRAMES as u64, EventKind::Compiling)
        });
        for event in [&queued, &compiling, &queued] {
            assert_eq!(streams.frame(event), event_frame(event));
        }
    }
}
