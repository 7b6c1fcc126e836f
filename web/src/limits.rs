//! The limits of what a request may ask for, in one place.

use std::time::Duration;

/// What the configuration may set: how large a request may be, how long it may take, how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at once; those beyond wait until one is closed.
    pub connections_max: usize,
    /// Within which the head of a request has to come.
    pub header_time_max: Duration,
    /// Bytes of all header fields of a request.
    pub header_bytes_max: usize,
    /// Within which a body has to come.
    pub body_time_max: Duration,
    /// Bytes of a body.
    pub body_bytes_max: usize,
    /// Bytes of a content that is sent once and named by its hash.
    pub blob_bytes_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            header_time_max: Duration::from_secs(10),
            header_bytes_max: 32 << 10,
            body_time_max: Duration::from_secs(BODY_SECONDS_MAX),
            body_bytes_max: BODY_BYTES_MAX,
            blob_bytes_max: BLOB_BYTES_MAX,
        }
    }
}

/// Bytes of a request's body: enough for a hundred tests of a contest, too few to fill the memory.
pub const BODY_BYTES_MAX: usize = 16 << 20;

/// Bytes of a content that is sent once: it goes to the disk as it comes, and is never in memory whole.
pub const BLOB_BYTES_MAX: u64 = 256 << 20;

/// Bytes of all bodies that are being read or answered at once; the judge takes about three times as much memory.
pub const BODIES_BYTES_MAX: usize = 32 * BODY_BYTES_MAX;

/// Seconds within which a body has to come: enough for the largest by a slow line, too few to hold room for long.
pub const BODY_SECONDS_MAX: u64 = 120;

/// Bytes of a refused body that are read and dropped, so that its sender gets to read the refusal.
pub const DRAIN_BYTES_MAX: usize = 512 << 20;

/// Seconds for which a refused body is read and dropped.
pub const DRAIN_SECONDS_MAX: u64 = 5;

/// Tests of one `POST /run`, visible and hidden together.
pub const TESTS_MAX: usize = 1_000;

/// Bytes of a test's id.
pub const TEST_ID_BYTES_MAX: usize = 128;

/// Seconds for one test of `POST /run`, where the request names none.
pub const TIMEOUT_SECONDS_DEFAULT: f64 = 5.0;

/// The shortest time for one test: below it no interpreter starts.
pub const TIMEOUT_SECONDS_MIN: f64 = 0.01;

/// The longest time for one test.
pub const TIMEOUT_SECONDS_MAX: f64 = 60.0;

/// MiB of memory for one test of `POST /run`, where the request names none.
pub const MEMORY_LIMIT_MB_DEFAULT: f64 = 256.0;

/// The least memory for one test: below it the box itself does not start.
pub const MEMORY_LIMIT_MB_MIN: f64 = 4.0;

/// The most memory for one test.
pub const MEMORY_LIMIT_MB_MAX: f64 = 4_096.0;

/// Bytes of a test's output that a report keeps, where there are not too many tests.
pub const OUTPUT_HEAD_BYTES: usize = 64 << 10;

/// Bytes of the outputs of all tests of one `POST /run` that its report keeps.
pub const OUTPUT_HEADS_BYTES: usize = 8 << 20;

/// Seconds for which `?wait=` may hold an answer back.
pub const WAIT_SECONDS_MAX: f64 = 60.0;

/// Submissions of one batch.
pub const BATCH_MAX: usize = 100;

/// Lines of a page of a list.
pub const PAGE_LINES_MAX: u32 = 200;

/// Bytes of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 200;
