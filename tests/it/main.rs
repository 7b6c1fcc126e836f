//! The integration tests of the whole judge, one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fakes;
mod harness;

mod chain;
mod invokers;
mod judging;
mod scheduling;
mod submissions;
mod tasks;
