//! One visit to a box: taken, filled, run in, looked into, emptied, given back.

use std::fs::File;
use std::sync::Arc;

use tokio::time::Instant;
use tribunal_problems::BlobId;
use tribunal_sandbox::{Ending, Outcome, Spec};

use super::{Bench, Halt};
use crate::place::{Place, PlaceFault, Placed};
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
        let taken = stop.unless_stopped(bench.tools.places.send(crate::place::TakePlace));
        let place = taken.await.ok_or(Halt::Stopped)???;
        let visit = if files.is_empty() {
            Self { place }
        } else {
            Self { place }.filled(files).await?
        };
        bench.times.prepare += began.elapsed();
        Ok(visit)
    }

    async fn filled(mut self, files: Vec<Placing>) -> Result<Self, Halt> {
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
            self.close(bench).await?;
            return Err(Halt::Stopped);
        }
        let began = Instant::now();
        let run = Run {
            place: self.place,
            spec,
            cancel: bench.stop.cancel(),
        };
        let Ran { place, outcome } = bench.tools.runs.send(run).await??;
        let visit = Self { place };
        let passed = began.elapsed();
        let running = outcome.as_ref().map_or(passed, |ran| ran.wall_time);
        bench.times.run += running;
        bench.times.wait_for_slot += passed.saturating_sub(running);
        if matches!(&outcome, Ok(outcome) if outcome.ending == Ending::Cancelled) {
            visit.close(bench).await?;
            return Err(Halt::Stopped);
        }
        Ok((visit, outcome))
    }

    /// Opens files that the run left, each with its bound in bytes; then empties the box and gives it back.
    pub(super) async fn take_and_close(
        mut self,
        bench: &mut Bench,
        wanted: Vec<(String, u64)>,
    ) -> Result<Vec<Result<File, PlaceFault>>, Halt> {
        let began = Instant::now();
        let taken = tokio::task::spawn_blocking(move || {
            let taken = wanted
                .iter()
                .map(|(name, max)| self.place.take(name, *max))
                .collect();
            self.place.reset().map(|()| taken)
        });
        let taken = taken.await??;
        bench.times.finish += began.elapsed();
        Ok(taken)
    }

    /// Empties the box and gives it back.
    pub(super) async fn close(self, bench: &mut Bench) -> Result<(), Halt> {
        self.take_and_close(bench, Vec::new()).await.map(drop)
    }

    /// Does what blocks and needs no box, such as comparing outputs, together with the emptying of the box.
    pub(super) async fn close_with<T: Send + 'static>(
        self,
        bench: &mut Bench,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Halt> {
        let began = Instant::now();
        let place = self.place;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            place.reset().map(|()| done)
        });
        let done = done.await??;
        bench.times.finish += began.elapsed();
        Ok(done)
    }
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
