//! The command line: names, flags and help. What the commands do is in `commands`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::units;

mod stored;

pub(crate) use stored::{DbArgs, DbTable, KindArg, Listing, LogArgs, PlanArgs, RejudgeArgs};

/// Runs untrusted programs in a sandbox against tests and gives verdicts.
#[derive(Debug, Parser)]
#[command(name = "tribunal", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the judge over HTTP until SIGINT or SIGTERM
    Serve(ServeArgs),
    /// Judge one submission against a package (exit status: 0 accepted, 1 any other verdict, 2 could not judge)
    Judge(JudgeArgs),
    /// Answer a `POST /run` request from a file or from standard input (`-`), without a server
    Run(RunArgs),
    /// Judge every jury submission of packages and compare with what is expected of it
    Verify(VerifyArgs),
    /// Look at packages without running anything of them
    Package(PackageArgs),
    /// Judge stored submissions again, after a mended checker, test or limit; the old judgements are kept as history
    Rejudge(RejudgeArgs),
    /// Print the jobs that a submission becomes, and what came of each
    Plan(PlanArgs),
    /// List what the database has, also while a judge runs
    Db(DbArgs),
    /// Print what a job left to be read: the compiler's messages, the head of an output, the checker's message
    Log(LogArgs),
    /// Work with boxes directly
    Sandbox(SandboxArgs),
    /// List the languages and whether their toolchains are installed
    Languages(LanguagesArgs),
    /// Tell what this host can enforce, and how to mend what it cannot
    Doctor(DoctorArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// The data directory [default: tribunal-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A problem package, or a directory of packages; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) problems: Vec<PathBuf>,
    /// The contest to serve; its problems are served with it
    #[arg(long, value_name = "FILE")]
    pub(crate) contest: Option<PathBuf>,
    /// A TOML file; flags win over it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Invokers in this process [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) invokers: Option<u16>,
    /// Runners of each invoker [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) runners: Option<u16>,
    /// Judge also where the host cannot enforce every limit; results then say what is not enforced
    #[arg(long)]
    pub(crate) allow_degraded: bool,
}

/// How the local commands set up their judge.
#[derive(Debug, Clone, Args)]
pub(crate) struct NodeArgs {
    /// A file of further languages, in the form of the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) languages: Option<PathBuf>,
    /// A directory with headers that packages' programs may expect: testlib.h, validate.h, viva.jar; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) headers: Vec<PathBuf>,
    /// Judge also where the host cannot enforce every limit; results then say what is not enforced
    #[arg(long)]
    pub(crate) allow_degraded: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// The source files, the main one first
    #[arg(required = true, value_name = "SOURCE")]
    pub(crate) sources: Vec<PathBuf>,
    /// The problem package
    #[arg(long, value_name = "DIR")]
    pub(crate) problem: PathBuf,
    /// The language id [default: by the file's name]
    #[arg(long, value_name = "L")]
    pub(crate) language: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress bars
    #[arg(long)]
    pub(crate) no_progress: bool,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The request; `-` reads standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) request: PathBuf,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Packages, or directories of packages
    #[arg(required = true, value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress bars
    #[arg(long)]
    pub(crate) no_progress: bool,
    /// Submissions judged at once [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    #[command(subcommand)]
    pub(crate) command: PackageCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackageCommand {
    /// Say what is wrong with packages (exit status: 0 nothing, 1 something, 2 could not look)
    Lint(PackageDirs),
    /// Say what is in packages
    Show(PackageDirs),
}

#[derive(Debug, Args)]
pub(crate) struct PackageDirs {
    /// Packages (directories or zip files), or directories of packages
    #[arg(required = true, value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    #[command(subcommand)]
    pub(crate) command: SandboxCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Run one command in a box (exit status: the command's own; 124 any limit; 125 the sandbox failed)
    Run(SandboxRunArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SandboxRunArgs {
    /// CPU time of all its processes
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = units::duration)]
    pub(crate) cpu: Duration,
    /// Wall time
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = units::duration)]
    pub(crate) wall: Duration,
    /// Memory of all its processes
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = units::some_bytes)]
    pub(crate) memory: u64,
    /// Processes and threads alive at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) processes: u32,
    /// Bytes written to each of standard output and standard error
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = units::bytes)]
    pub(crate) output: u64,
    /// Standard input [default: empty]
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// A directory whose files are copied into the box's writable directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// How far apart the runs of a box are
    #[arg(long, value_enum, default_value_t = IsolationArg::Pooled)]
    pub(crate) isolation: IsolationArg,
    /// The same run N times in pooled boxes; tells the median and the 99th percentile
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) repeat: Option<u32>,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Run also where the host cannot enforce every limit
    #[arg(long)]
    pub(crate) allow_degraded: bool,
    /// The command and its arguments; a path of the box, or a name looked up in /usr/bin and /bin
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum IsolationArg {
    /// One after another in the same namespaces, which are used again only when proven clean
    Pooled,
    /// Each in new process id and IPC namespaces
    Fresh,
}

impl From<IsolationArg> for tribunal_sandbox::Isolation {
    fn from(argument: IsolationArg) -> Self {
        match argument {
            IsolationArg::Pooled => Self::Pooled,
            IsolationArg::Fresh => Self::Fresh,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct LanguagesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<LanguagesCommand>,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LanguagesCommand {
    /// Compile and run a small program in every language that is found here
    Selftest,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Also run small programs that try each limit, and look for damage in what is stored
    #[arg(long)]
    pub(crate) deep: bool,
    /// The data directory that `--deep` looks at [default: tribunal-data, if it is there]
    #[arg(long, value_name = "DIR", requires = "deep")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration of `serve` whose settings are shown [default: the defaults]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Invokers in the judge's process, as for `serve`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) invokers: Option<u16>,
}
