//! An anonymous run follows whoever asked for it: when nobody waits for the report any more, the build is cancelled.

use actix::dev::{MessageResponse, OneshotSender};
use actix::prelude::*;

use super::{JudgeAnonymous, JudgeError, Registrar};
use crate::build::{AwaitReport, Build, BuildFault, CancelBuild};
use crate::report::BuildReport;
use crate::tell::Tell;

/// The answer to [`JudgeAnonymous`]: follows the build as long as somebody waits for the report.
pub struct Judging(pub(super) Result<Addr<Build>, JudgeError>);

impl MessageResponse<Registrar, JudgeAnonymous> for Judging {
    fn handle(
        self,
        _: &mut Context<Registrar>,
        asker: Option<OneshotSender<Result<BuildReport, JudgeError>>>,
    ) {
        let build = match (self.0, asker) {
            (Err(error), asker) => {
                // Whoever no longer waits need not be told.
                if let Some(asker) = asker {
                    let _ = asker.send(Err(error));
                }
                return;
            }
            (Ok(build), None) => return build.tell(CancelBuild),
            (Ok(build), Some(asker)) => (build, asker),
        };
        actix::spawn(follow(build.0, build.1));
    }
}

async fn follow(build: Addr<Build>, mut asker: OneshotSender<Result<BuildReport, JudgeError>>) {
    tokio::select! {
        () = asker.closed() => build.tell(CancelBuild),
        report = build.send(AwaitReport) => {
            let report = report.unwrap_or(Err(BuildFault::Interrupted));
            if asker.send(report.map_err(JudgeError::Build)).is_err() {
                log::debug!("a run ended whose asker was gone");
            }
        }
    }
}
