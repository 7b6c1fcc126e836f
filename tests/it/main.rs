//! The integration tests of the whole judge, one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contest;
mod fakes;
mod graders;
mod harness;
mod remains;
mod server;

mod blobs;
mod browser;
mod chain;
mod cli;
mod communication;
mod contests;
mod desk;
mod dialects;
mod examples;
mod faults;
mod files;
mod fuzzing;
mod http;
mod interactive;
mod invokers;
mod isolation;
mod judging;
mod kills;
mod languages;
mod limits;
mod load;
mod openapi;
mod packages;
mod passes;
mod pressure;
mod progress;
mod rejudging;
mod rejudgings;
mod reuse;
mod roles;
mod runs;
mod scheduling;
mod slots;
mod statements;
mod stops;
mod stored;
mod submissions;
mod tasks;
mod tidy;
mod tls;
mod together;
mod validators;
mod verdicts;
mod watching;
