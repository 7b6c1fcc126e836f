//! The integration tests of the whole judge, one binary.

mod cli;
mod examples;
mod http;
mod server;
mod tidy;
