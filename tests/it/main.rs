//! The integration tests of the whole judge, one binary.

mod harness;
mod judging;
