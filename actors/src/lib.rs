//! Who does the work, and when: typed messages, timers.

mod accounts;
mod ids;
mod job;
mod kept_run;
mod report;
mod submission;

mod figures;
mod intake;
mod node;
mod problems;
mod workshop;

mod registrar;
mod rejudger;

mod contest;

mod build;
mod job_task;

pub mod scheduler;

mod invoker;
mod job_executor;
mod place;
mod runner;
mod runners;
mod toolchains;

mod database;
mod event_log;
mod history;
mod storage_cache;
mod stores;

mod alarm;
mod chain;
mod clock;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod paused;
mod tell;

pub use accounts::{
    Account, AccountError, Accounts, ApiToken, NewAccount, NewPassword, NewToken, PasswordError,
    Role, SESSION_MS, Scope, Secret, UnknownWord,
};
pub use build::outline::{OutlinedJob, gradings, jury_programs, outline};
pub use build::planning::ProgramSource;
pub use build::task::{Finished, NodeError, NodeOutcome};
pub use build::{
    AwaitReport, Build, BuildFault, BuildOrder, BuildProgress, BuildTools, CancelBuild,
    GetProgress, GraphError, NodeName,
};
pub use chain::chain;
pub use clock::now_ms;
pub use contest::{
    Admission, Admit, Audience, Clarification, Clarify, ClarifyError, ClockOrder, ClockRefusal,
    ContestConfig, ContestDesk, ContestNews, ContestRefusal, ContestStartError, ContestState,
    ContestView, Control, ControlError, Entered, EntryJudged, GetClarifications, GetContest,
    GetScoreboard, NewClarification, NotEntered, ProblemColumn, ScoreboardView, TeamView,
};
pub use database::{Database, DatabaseError};
pub use event_log::{
    Append, Event, EventKind, EventLimits, EventLog, Subscribe, TooManySubscribers, Topic, Update,
};
pub use figures::{Figures, GetFigures, Sample};
pub use history::{
    ArtifactEntry, History, HistoryError, JobFilter, JobKind, JobLine, JobLog, ReleaseEntry,
    SubmissionEntry, SubmissionFilter,
};
pub use ids::{
    AccountId, ArtifactId, Attempt, BuildId, JobId, JudgementId, SubmissionId, TokenId, WorkerId,
};
pub use intake::{
    BeginIntake, GetIntake, InstallPackage, InstalledError, Intake, IntakeError, IntakeParts,
    IntakeStage, IntakeView, ListIntakes, PackageShelf, TakePackage,
};
pub use invoker::{
    CountTimes, DrainInvoker, Invoker, InvokerConfig, InvokerParts, JobTimes, KillInvoker, Master,
    StopAllJobs, StopFlag, StopJob, TimeSums,
};
pub use job::{
    Artifact, ArtifactFile, Assignment, CompileWork, InvokerStatus, JobFault, JobOutput, JobResult,
    JobSpec, NamedBlob, TestWork, Work,
};
pub use job_executor::{Execute, Executed, JobExecutor, Tools};
pub use job_task::{AwaitOutcome, CancelTask, JobTask, Offer, Scheduling};
pub use kept_run::{Done, Earlier, KeptOutput, KeptRun};
pub use node::{Gauges, Hands, Node, NodeConfig, NodeStats, StartError};
pub use place::{Place, PlaceFault, Placed, Places, TakePlace};
pub use problems::{ByName, Problems};
pub use registrar::records::{
    InContest, Inserted, Judged, Judgement, ListFilter, NewSubmission, Owner, Records,
    RecordsError, Standing, StoredSubmission, SubmissionLine,
};
pub use registrar::{
    AbandonBuilds, ApplyJudgement, Changes, ContestLink, CountSubmissions, DrainRegistrar,
    GetSources, GetSubmission, InstallProblem, JudgeAnonymous, JudgeError, JudgingTimes,
    ListSubmissions, Registrar, RegistrarConfig, RegistrarStats, Rejudge, RejudgeError, Rejudged,
    Submit, SubmitError, WaitForVerdict, Waits, plan_of_package,
};
pub use rejudger::{
    ApplyRejudging, BeginRejudging, GetRejudging, ListRejudgings, Rejudgeable, RejudgedLine,
    Rejudger, RejudgingError, RejudgingStage, RejudgingView, StopRejudging,
};
pub use report::{
    BuildReport, CompileReport, GroupReport, SubmissionStatus, SubmissionView, TestReport,
    WholeFault,
};
pub use runner::{Ran, Run, Runner, SlotGone};
pub use runners::{CountSlots, RunTogether, Runners, SlotCounts, Sweep};
pub use scheduler::{
    ArtifactsAdded, ArtifactsRemoved, CancelJob, CancelPick, CountJobs, Heartbeat, LocateArtifact,
    OnJobComplete, Patience, PickJob, QueueLimits, Refused, RegisterWorker, ScheduleError,
    ScheduleJob, Scheduler, SchedulerConfig, SchedulerStats, StopScheduling,
};
pub use storage_cache::{
    CacheBounds, CacheStats, CachedFile, CountCache, FindMissing, InsertRefused, LoadError, Lru,
    LruEntry, Pin, Pinned, Pinning, Prefetch, ResetCache, StorageCache, UnpinRefused,
};
pub use stores::{
    BeginUpload, BlobContent, Check, CreateRefused, DropStaging, Durability, Examination,
    FindArtifact, FindUpload, GetRefused, ImportFiles, Keep, KeepUpload, OpenBlob, PublishArtifact,
    ReadGuard, RemoveRefused, Rotten, Scan, Shelf, StageArtifact, StoreBlob, StoreBounds,
    StoreError, StoredBlob, Stores, WithdrawRelease, WriteGuard,
};
pub use toolchains::{ProbedToolchain, Toolchains, Unusable};
pub use workshop::{
    Judging, Measured, PackageResult, SelfTestFailure, SelfTestFault, SelfTestResult, SelfTests,
    SubmissionResult, Timed, TimedPath, TimingResult, Unjudged, WorkshopError, build, is_unready,
    measure, ready, run_self_tests,
};
