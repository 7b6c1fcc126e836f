//! The integration tests of the whole judge, one binary.

mod fakes;
mod harness;

mod chain;
mod judging;
mod submissions;
mod tasks;
