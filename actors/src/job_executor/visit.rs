//! One visit to a box: taken, filled, run in, looked into, emptied, given back.

use std::fs::File;
use std::sync::Arc;

use tokio::time::Instant;
use tribunal_problems::BlobId;
use tribunal_sandbox::{Ending, Outcome, Spec, seal};

use super::{Bench, Halt};
use crate::place::{Place, PlaceFault, Placed, TakePlace};
use crate::runner::{Ran, Run};
use crate::storage_cache::{CachedFile, Pin, Pinned};

/// A file for the box.
pub(super) struct Placing {
    pub(super) name: String,
    pub(super) content: PlacingContent,
    pub(super) executable: bool,
}

pub(super) enum PlacingContent {
    Bytes(Arc<[u8]>),
    Cached(Arc<CachedFile>),
}

impl Placing {
    /// Our own bytes.
    pub(super) fn bytes(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name: name.to_owned(),
            content: PlacingContent::Bytes(bytes.into()),
            executable: false,
        }
    }

    /// An empty directory, but for a hidden file.
    pub(super) fn directory(name: &str) -> Self {
        Self::bytes(&format!("{name}/.keep"), Vec::new())
    }

    /// A file of the storage cache, which the placing keeps open.
    pub(super) fn cached(name: &str, file: &Arc<CachedFile>, executable: bool) -> Self {
        Self {
            name: name.to_owned(),
            content: PlacingContent::Cached(file.clone()),
            executable,
        }
    }
}

/// A box in this job's hands.
pub(super) struct Visit {
    place: Box<dyn Place>,
}

impl Visit {
    /// Takes a box and fills it.
    pub(super) async fn open(bench: &mut Bench, files: Vec<Placing>) -> Result<Self, Halt> {
        let began = Instant::now();
        let stop = bench.stop.clone();
        let isolation = bench.isolation;
        let taken = stop.unless_stopped(bench.tools.places.send(TakePlace { isolation }));
        let place = taken.await.ok_or(Halt::Stopped)???;
        let visit = if files.is_empty() {
            Self { place }
        } else {
            Self { place }.filled(files).await?
        };
        bench.times.prepare += began.elapsed();
        Ok(visit)
    }

    /// The box itself, for a run that is not alone.
    pub(super) fn into_place(self) -> Box<dyn Place> {
        self.place
    }

    /// A box that comes back from such a run.
    pub(super) fn of(place: Box<dyn Place>) -> Self {
        Self { place }
    }

    /// Puts more files into the box; one of the same name is replaced.
    pub(super) async fn filled(mut self, files: Vec<Placing>) -> Result<Self, Halt> {
        tokio::task::spawn_blocking(move || {
            for file in &files {
                let content = match &file.content {
                    PlacingContent::Bytes(bytes) => Placed::Bytes(bytes),
                    PlacingContent::Cached(cached) => Placed::File(&cached.fd),
                };
                self.place.place(&file.name, content, file.executable)?;
            }
            Ok(self)
        })
        .await?
    }

    /// Waits for a slot and runs. A run that was stopped ends the job.
    pub(super) async fn run(
        self,
        bench: &mut Bench,
        spec: Spec,
    ) -> Result<(Self, Result<Outcome, PlaceFault>), Halt> {
        if bench.stop.is_set() {
            self.close();
            return Err(Halt::Stopped);
        }
        let began = Instant::now();
        let run = Run {
            place: self.place,
            spec,
            cancel: bench.stop.cancel(),
            beside: Vec::new(),
        };
        let Ran { place, outcome, .. } = bench.tools.runs.send(run).await??;
        let visit = Self { place };
        let passed = began.elapsed();
        let running = outcome.as_ref().map_or(passed, |ran| ran.wall_time);
        bench.times.run += running;
        bench.times.wait_for_slot += passed.saturating_sub(running);
        if matches!(&outcome, Ok(outcome) if outcome.ending == Ending::Cancelled) {
            visit.close();
            return Err(Halt::Stopped);
        }
        Ok((visit, outcome))
    }

    /// Copies files that the run left, each with its bound in bytes; then gives the box back. The copies are sealed:
    /// a box with one of its own files still open could not be used again.
    pub(super) async fn take_and_close(
        mut self,
        bench: &mut Bench,
        wanted: Vec<(String, u64)>,
    ) -> Result<Vec<Result<File, PlaceFault>>, Halt> {
        let began = Instant::now();
        let taken = tokio::task::spawn_blocking(move || {
            let taken = wanted
                .iter()
                .map(|(name, max)| copy(self.place.as_mut(), name, *max))
                .collect();
            self.place.reset();
            taken
        });
        let taken = taken.await?;
        bench.times.finish += began.elapsed();
        Ok(taken)
    }

    /// Copies files that the run left and keeps the box, with what is in it.
    pub(super) async fn take(
        mut self,
        bench: &mut Bench,
        wanted: Vec<(String, u64)>,
    ) -> Result<(Self, Vec<Result<File, PlaceFault>>), Halt> {
        let began = Instant::now();
        let taken = tokio::task::spawn_blocking(move || {
            let copies = wanted.iter();
            let copies = copies.map(|(name, max)| copy(self.place.as_mut(), name, *max));
            let taken = copies.collect();
            (self, taken)
        });
        let taken = taken.await?;
        bench.times.finish += began.elapsed();
        Ok(taken)
    }

    /// Gives the box back.
    pub(super) fn close(self) {
        self.place.reset();
    }

    /// Does what blocks and needs no box, such as comparing outputs, then gives the box back.
    pub(super) async fn close_with<T: Send + 'static>(
        self,
        bench: &mut Bench,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Halt> {
        let began = Instant::now();
        let place = self.place;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            place.reset();
            done
        });
        let done = done.await?;
        bench.times.finish += began.elapsed();
        Ok(done)
    }
}

fn copy(place: &mut dyn Place, name: &str, max: u64) -> Result<File, PlaceFault> {
    let mut file = place.take(name, max)?;
    Ok(File::from(seal(&mut file, name)?))
}

/// Pins these blobs; a job that is stopped meanwhile needs them no more.
pub(super) async fn pin(bench: &mut Bench, blobs: Vec<BlobId>) -> Result<Pinned, Halt> {
    let began = Instant::now();
    let stop = bench.stop.clone();
    let pinned = stop.unless_stopped(bench.tools.cache.send(Pin { blobs }));
    let pinned = pinned.await.ok_or(Halt::Stopped)???;
    bench.times.prepare += began.elapsed();
    Ok(pinned)
}
