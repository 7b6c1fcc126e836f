//! Who does the work, and when: typed messages, timers.

mod ids;
mod job;
mod report;
mod submission;

mod alarm;
#[cfg(test)]
mod paused;
mod tell;

mod database;
#[path = "registrar/records.rs"]
mod records;

mod event_log;
mod storage_cache;
mod stores;

pub use database::{Database, DatabaseError};
pub use event_log::{
    Append, Event, EventKind, EventLimits, EventLog, Subscribe, TooManySubscribers, Update,
};
pub use ids::{ArtifactId, Attempt, BuildId, JobId, SubmissionId, WorkerId};
pub use job::{
    Artifact, ArtifactFile, CompileWork, JobFault, JobOutput, JobResult, JobSpec, NamedBlob,
    TestWork, Work,
};
pub use records::{
    Inserted, Judgement, ListFilter, NewSubmission, Records, RecordsError, Standing,
    StoredSubmission, SubmissionLine,
};
pub use report::{BuildReport, CompileReport, SubmissionStatus, SubmissionView, TestReport};
pub use storage_cache::{
    CacheBounds, CacheStats, CachedFile, CountCache, InsertRefused, LoadError, Lru, LruEntry, Pin,
    Pinned, Pinning, Prefetch, ResetCache, StorageCache, UnpinRefused,
};
pub use stores::{
    BlobContent, Check, CreateRefused, DropStaging, Durability, FindArtifact, GetRefused, Keep,
    OpenBlob, PublishArtifact, ReadGuard, RemoveRefused, Scan, Shelf, StageArtifact, StoreBlob,
    StoreError, StoredBlob, Stores, WithdrawRelease, WriteGuard,
};
