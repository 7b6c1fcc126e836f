//! One process, contained and measured.

mod agent;
mod cancel;
mod capture;
mod cell;
mod cgroup;
mod ending;
mod error;
mod host;
mod ids;
mod keeper;
mod landlock;
mod outcome;
mod pool;
mod protocol;
mod seal;
mod seccomp;
mod spec;
mod syscalls;
mod visit;

pub use agent::run_agent_if_asked;
pub use cancel::Cancel;
pub use error::{Error, Step};
pub use host::{CgroupMode, Host, Line, Namespaces, ScopeError, State, enter_delegated_scope};
pub use outcome::{Captured, Certainty, Ending, Lack, Outcome};
pub use pool::{Config, Isolation, PoolStats, Sandbox};
pub use protocol::Dirt;
pub use seal::seal;
pub use spec::{Input, Limits, Output, Program, Spec};
pub use visit::{Content, ReadyBox};
