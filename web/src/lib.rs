//! The actix-web front: HTTP in, JSON, HTML and event streams out.

mod body;
mod html;
mod installed;
mod limits;
mod problem_details;
mod prometheus;
mod run;
mod source;
pub use run::{RunRequest, RunResponse};
pub use body::parse_json;
