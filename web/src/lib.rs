//! The actix-web front: HTTP in, JSON, HTML and event streams out.

pub mod limits;

mod accounts;
mod auth;
mod blobs;
mod front;
mod routes;

mod contest;
mod error_pages;
mod events;
mod health;
mod languages;
mod metrics;
mod openapi;
mod packages;
mod pages;
mod parts;
mod problems;
mod run;
mod submissions;

mod body;
mod html;
mod problem_details;
mod prometheus;
mod refusals;
mod rejudgings;
mod source;
mod tls;

pub use auth::{AccessRules, Open};
pub use body::parse_json;
pub use front::Front;
pub use languages::LanguageView;
pub use problem_details::Problem;
pub use routes::{Serving, serve};
pub use run::{
    CheckerChoice, Execution, ExecutionStatus, HiddenResult, RunRequest, RunResponse, RunTest,
    Summary, TestLists, TestResults, TestStatus, VisibleResult,
};
pub use source::SourceText;
pub use tls::{Tls, TlsError};
