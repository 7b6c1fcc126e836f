//! `tribunal run`: a `POST /run` request from a file or standard input, answered on standard output.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use tribunal_web::limits::BODY_BYTES_MAX;
use tribunal_web::{Problem, RunRequest, RunResponse, parse_json};

use super::local::{LocalJudge, block_on, languages};
use super::{Failure, read};
use crate::cli::RunArgs;
use crate::out;

/// Answers the request. Status 0: judged; 2: not.
pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let bytes = if args.request == Path::new("-") {
        let mut bytes = Vec::new();
        // One byte more than may be, so that too much is seen.
        let most = BODY_BYTES_MAX as u64 + 1;
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        bytes
    } else {
        read(&args.request)?
    };
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Problem::too_large("the request is too large").into());
    }
    let request: RunRequest = parse_json(&bytes)?;
    let languages = languages(&args.node)?;
    let response = block_on(LocalJudge::during(
        &args.node,
        languages,
        None,
        async |judge: &LocalJudge| respond(judge, &request).await,
    ))?;
    out::print_json(&response);
    Ok(ExitCode::SUCCESS)
}

async fn respond(judge: &LocalJudge, request: &RunRequest) -> Result<RunResponse, Failure> {
    let plan = request.plan(&judge.languages(), judge.node.toolchains())?;
    let report = judge.judge(plan).await?;
    Ok(RunResponse::of(request, &report)?)
}
