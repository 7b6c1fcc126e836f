//! One process, contained and measured.

mod landlock;
mod outcome;
mod seccomp;
mod spec;

pub use outcome::{Captured, Certainty, Ending, Lack, Outcome};
pub use spec::{Input, Limits, Output, Program, Spec};
