//! The commands on what a data directory has stored.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct RejudgeArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Only tell which verdicts would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Run everything again, also what is known from an earlier judgement
    #[arg(long)]
    pub(crate) fresh: bool,
    /// A problem package, or a directory of packages; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) problems: Vec<PathBuf>,
    /// The configuration file of `tribunal serve`; flags win over it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Judge also where the host cannot enforce every limit; results then say what is not enforced
    #[arg(long)]
    pub(crate) allow_degraded: bool,
    /// Show no progress bars
    #[arg(long)]
    pub(crate) no_progress: bool,
    /// Print the results as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The data directory [default: tribunal-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// One submission, by its number
    #[arg(value_name = "SUBMISSION")]
    pub(crate) submission: Option<i64>,
    /// All submissions for the problem of this short name
    #[arg(long, value_name = "P")]
    pub(crate) problem: Option<String>,
    /// All submissions
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// A submission's number, or a problem package
    #[arg(value_name = "SUBMISSION|PACKAGE")]
    pub(crate) what: String,
    /// Print the graph for Graphviz
    #[arg(long)]
    pub(crate) dot: bool,
    #[command(flatten)]
    pub(crate) data: DataDir,
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// The job, as `tribunal db jobs` names it: `17/compile`, `17/secret/1`, or `17.1/compile` of an earlier judgement
    #[arg(value_name = "JOB")]
    pub(crate) job: String,
    /// Print all there is as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) data: DataDir,
}

/// Where what is asked for is stored.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataDir {
    /// The data directory
    #[arg(long = "data", value_name = "DIR", default_value = "tribunal-data")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    pub(crate) table: DbTable,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DbTable {
    /// Submissions with their current verdicts, newest first
    Submissions {
        /// Only those for this problem
        #[arg(long, value_name = "P")]
        problem: Option<String>,
        /// Only those in this language
        #[arg(long, value_name = "L")]
        language: Option<String>,
        /// Only those with this verdict; `queued`: without one
        #[arg(long, value_name = "V")]
        verdict: Option<String>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Jobs of the current judgements, those of the newest submission first
    Jobs {
        /// Only those of this submission, earlier judgements included
        #[arg(long, value_name = "SUBMISSION")]
        submission: Option<i64>,
        /// Only those for this problem
        #[arg(long, value_name = "P")]
        problem: Option<String>,
        /// Only those of this kind
        #[arg(long, value_enum)]
        kind: Option<KindArg>,
        /// Only those with this verdict
        #[arg(long, value_name = "V", value_parser = verdict)]
        verdict: Option<tribunal_problems::Verdict>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Kept artifacts, the one used last first
    Artifacts {
        /// Only those that are published
        #[arg(long, conflicts_with = "unpublished")]
        published: bool,
        /// Only those that are not published
        #[arg(long)]
        unpublished: bool,
        #[command(flatten)]
        listing: Listing,
    },
    /// What is published, in the order of the names
    Releases {
        /// Only those whose name begins so
        #[arg(long, value_name = "TEXT", default_value = "")]
        prefix: String,
        #[command(flatten)]
        listing: Listing,
    },
}

/// How a table is printed.
#[derive(Debug, Clone, Args)]
pub(crate) struct Listing {
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print CSV (RFC 4180)
    #[arg(long)]
    pub(crate) csv: bool,
    /// The most lines
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) data: DataDir,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindArg {
    /// Compiled a submission
    Compile,
    /// Ran one on a test
    Test,
}

fn verdict(text: &str) -> Result<tribunal_problems::Verdict, String> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = tribunal_problems::Verdict::ALL
            .iter()
            .map(|one| one.word())
            .collect();
        format!("no verdict; use one of {}", known.join(" "))
    })
}
