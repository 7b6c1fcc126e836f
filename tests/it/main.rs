//! The integration tests of the whole judge, one binary.

mod fakes;
mod harness;
mod server;

mod chain;
mod cli;
mod examples;
mod http;
mod judging;
mod submissions;
mod tasks;
mod tidy;
