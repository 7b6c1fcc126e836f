//! The cache as an actor: one load for many who ask, prefetched files, refused ones.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::paused::paused;

/// Gives each blob after its time, and counts how often it was asked for it.
#[derive(Default)]
struct FakeStores {
    contents: BTreeMap<BlobId, (Vec<u8>, Duration)>,
    asked: BTreeMap<BlobId, usize>,
}

impl Actor for FakeStores {
    type Context = Context<Self>;
}

impl Handler<OpenBlob> for FakeStores {
    type Result = ResponseFuture<Result<File, StoreError>>;

    fn handle(&mut self, msg: OpenBlob, _: &mut Context<Self>) -> Self::Result {
        *self.asked.entry(msg.id).or_default() += 1;
        let found = self.contents.get(&msg.id).cloned();
        Box::pin(async move {
            let (content, after) = found.ok_or(StoreError::Missing { id: msg.id })?;
            tokio::time::sleep(after).await;
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&content).unwrap();
            Ok(file)
        })
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Put(BlobId, &'static [u8], Duration);

impl Handler<Put> for FakeStores {
    type Result = ();

    fn handle(&mut self, msg: Put, _: &mut Context<Self>) {
        self.contents.insert(msg.0, (msg.1.to_vec(), msg.2));
    }
}

#[derive(Message)]
#[rtype(result = "usize")]
struct CountAsks(BlobId);

impl Handler<CountAsks> for FakeStores {
    type Result = usize;

    fn handle(&mut self, msg: CountAsks, _: &mut Context<Self>) -> usize {
        self.asked.get(&msg.0).copied().unwrap_or(0)
    }
}

struct Bench {
    cache: Addr<StorageCache>,
    stores: Addr<FakeStores>,
}

impl Bench {
    fn new(bytes: u64) -> Self {
        let stores = FakeStores::default().start();
        let entries = 1_000;
        let bounds = CacheBounds { bytes, entries };
        let cache = StorageCache::new(bounds, stores.clone().recipient()).start();
        Self { cache, stores }
    }

    async fn put(&self, content: &'static [u8], after: Duration) -> BlobId {
        let id = BlobId::of(content);
        self.stores.send(Put(id, content, after)).await.unwrap();
        id
    }

    async fn pin(&self, blobs: &[BlobId]) -> Result<Pinned, LoadError> {
        let blobs = blobs.to_vec();
        self.cache.send(Pin { blobs }).await.unwrap()
    }

    async fn asks(&self, id: BlobId) -> usize {
        self.stores.send(CountAsks(id)).await.unwrap()
    }

    async fn stats(&self) -> CacheStats {
        self.cache.send(CountCache).await.unwrap()
    }
}

fn read(file: &CachedFile) -> Vec<u8> {
    let mut content = vec![0; usize::try_from(file.size).unwrap()];
    let file = File::from(file.fd.try_clone().unwrap());
    file.read_exact_at(&mut content, 0).unwrap();
    content
}

const NOW: Duration = Duration::ZERO;

#[test]
fn pinned_blobs_come_in_the_order_of_the_list() {
    paused(async {
        let bench = Bench::new(100);
        let (one, two) = (bench.put(b"one", NOW).await, bench.put(b"two", NOW).await);
        let pinned = bench.pin(&[two, one, two]).await.unwrap();
        let contents: Vec<_> = pinned.files().iter().map(|file| read(file)).collect();
        assert_eq!(contents, [b"two", b"one", b"two"]);
        assert_eq!(read(pinned.get(one).unwrap()), b"one");
    });
}

#[test]
fn nobody_can_write_to_a_copy() {
    paused(async {
        let bench = Bench::new(100);
        let one = bench.put(b"one", NOW).await;
        let pinned = bench.pin(&[one]).await.unwrap();
        let fd = pinned.files()[0].fd.try_clone().unwrap();
        File::from(fd).write_all(b"x").unwrap_err();
        let path = format!(
            "/proc/self/fd/{}",
            std::os::fd::AsRawFd::as_raw_fd(&pinned.files()[0].fd)
        );
        let reopened = File::options().write(true).open(path);
        assert!(reopened.is_err() || reopened.unwrap().write_at(b"x", 0).is_err());
        assert_eq!(read(&pinned.files()[0]), b"one");
    });
}

#[test]
fn i_6_e6_loads_run_in_parallel_and_each_blob_is_loaded_once_however_many_ask() {
    paused(async {
        let bench = Bench::new(100);
        let slow = bench.put(b"slow", Duration::from_secs(1)).await;
        let half = bench.put(b"half", Duration::from_millis(500)).await;
        let quick = bench.put(b"quick", NOW).await;
        let began = Instant::now();
        let blobs = [slow, half, quick];
        let (a, b, c) = tokio::join!(bench.pin(&blobs), bench.pin(&blobs), bench.pin(&blobs));
        for pinned in [a, b, c] {
            assert_eq!(read(pinned.unwrap().get(slow).unwrap()), b"slow");
        }
        assert_eq!(began.elapsed(), Duration::from_secs(1));
        for blob in blobs {
            assert_eq!(bench.asks(blob).await, 1);
        }
    });
}

#[test]
fn a_slow_load_holds_up_nobody_who_does_not_want_it() {
    paused(async {
        let bench = Bench::new(100);
        let slow = bench.put(b"slow", Duration::from_secs(5)).await;
        let quick = bench.put(b"quick", NOW).await;
        let began = Instant::now();
        let slow = [slow];
        let waits = bench.pin(&slow);
        let passes = async {
            bench.pin(&[quick]).await.unwrap();
            assert_eq!(began.elapsed(), NOW);
        };
        let (waited, ()) = tokio::join!(waits, passes);
        waited.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(5));
    });
}

#[test]
fn i_6_prefetching_begins_the_load_before_anybody_pins() {
    paused(async {
        let bench = Bench::new(100);
        let slow = bench.put(b"slow", Duration::from_secs(1)).await;
        let blobs = vec![slow];
        bench.cache.send(Prefetch { blobs }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(900)).await;
        let began = Instant::now();
        bench.pin(&[slow]).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_millis(100));
        assert_eq!(bench.asks(slow).await, 1);
    });
}

#[test]
fn every_waiter_gets_the_error_and_the_next_asks_again() {
    paused(async {
        let bench = Bench::new(100);
        let there = bench.put(b"there", NOW).await;
        let late = BlobId::of(b"late");
        let (a, b) = {
            let (both, one) = ([there, late], [late]);
            tokio::join!(bench.pin(&both), bench.pin(&one))
        };
        for refused in [a, b] {
            let error = refused.unwrap_err();
            assert!(
                matches!(error, LoadError::Store { id, .. } if id == late),
                "{error:?}"
            );
        }
        assert_eq!(bench.asks(late).await, 1);
        assert_eq!(bench.stats().await.pinned, 0);
        bench.put(b"late", NOW).await;
        let pinned = bench.pin(&[late]).await.unwrap();
        assert_eq!(read(&pinned.files()[0]), b"late");
        assert_eq!(bench.stats().await.pinned, 1);
    });
}

#[test]
fn a_damaged_blob_is_an_error_and_never_data() {
    paused(async {
        let bench = Bench::new(100);
        let id = BlobId::of(b"right");
        bench.stores.send(Put(id, b"wrong", NOW)).await.unwrap();
        match bench.pin(&[id]).await.unwrap_err() {
            LoadError::Store { source, .. } => {
                assert!(matches!(*source, StoreError::Damaged { .. }), "{source:?}");
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn dropping_the_pins_lets_the_copies_go() {
    paused(async {
        let bench = Bench::new(5);
        let (one, two) = (bench.put(b"one", NOW).await, bench.put(b"two", NOW).await);
        let pinned = bench.pin(&[one, two]).await.unwrap();
        let stats = bench.stats().await;
        assert_eq!((stats.bytes, stats.pinned), (6, 2));
        drop(pinned);
        let stats = bench.stats().await;
        assert_eq!((stats.bytes, stats.pinned, stats.evictions), (3, 0, 1));
    });
}

#[test]
fn whoever_gives_up_waiting_pins_nothing() {
    paused(async {
        let bench = Bench::new(0);
        let slow = bench.put(b"slow", Duration::from_secs(5)).await;
        let second = Duration::from_secs(1);
        assert!(
            tokio::time::timeout(second, bench.pin(&[slow]))
                .await
                .is_err()
        );
        tokio::time::sleep(Duration::from_secs(10)).await;
        let stats = bench.stats().await;
        assert_eq!((stats.pinned, stats.bytes, stats.loads), (0, 0, 1));
    });
}

#[test]
fn i_6_after_a_reset_a_job_finishes_with_the_old_files_and_the_next_gets_new_ones() {
    paused(async {
        let bench = Bench::new(100);
        let one = bench.put(b"one", NOW).await;
        let old = bench.pin(&[one]).await.unwrap();
        bench.cache.send(ResetCache { epoch: 1 }).await.unwrap();
        let new = bench.pin(&[one]).await.unwrap();
        assert_eq!(bench.asks(one).await, 2);
        assert_eq!(read(&old.files()[0]), b"one");
        assert!(!Arc::ptr_eq(&old.files()[0], &new.files()[0]));
        drop(old);
        let stats = bench.stats().await;
        assert_eq!((stats.entries, stats.pinned, stats.epoch), (1, 1, 1));
    });
}
