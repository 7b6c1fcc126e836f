//! The integration tests of the whole judge, one binary.

mod cli;
mod examples;
mod harness;
mod http;
mod judging;
mod server;
mod tidy;
