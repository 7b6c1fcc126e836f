//! One process, contained and measured.

mod outcome;
mod spec;

pub use outcome::{Captured, Certainty, Ending, Lack, Outcome};
pub use spec::{Input, Limits, Output, Program, Spec};
