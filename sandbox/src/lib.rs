//! One process, contained and measured.

mod host;
mod landlock;
mod outcome;
mod seccomp;
mod spec;

pub use host::{CgroupMode, Host, Line, Namespaces, ScopeError, State, enter_delegated_scope};
pub use outcome::{Captured, Certainty, Ending, Lack, Outcome};
pub use spec::{Input, Limits, Output, Program, Spec};
