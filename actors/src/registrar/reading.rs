//! What was handed in, for whoever may read it.

use actix::prelude::*;
use tribunal_problems::SourceFile;

use super::Registrar;
use super::records::{ListFilter, RecordsError, SubmissionLine};
use crate::ids::SubmissionId;

/// Asks for a page of submissions, newest first.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Vec<SubmissionLine>, RecordsError>")]
pub struct ListSubmissions {
    /// Which.
    pub filter: ListFilter,
    /// How many at most.
    pub lines_max: u32,
}

/// Asks for the files of a submission.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Vec<SourceFile>, RecordsError>")]
pub struct GetSources {
    /// Its number.
    pub id: SubmissionId,
}

impl Handler<ListSubmissions> for Registrar {
    type Result = ResponseFuture<Result<Vec<SubmissionLine>, RecordsError>>;

    fn handle(&mut self, msg: ListSubmissions, _: &mut Context<Self>) -> Self::Result {
        let records = self.config.records.clone();
        Box::pin(async move { records.list(msg.filter, msg.lines_max).await })
    }
}

impl Handler<GetSources> for Registrar {
    type Result = ResponseFuture<Result<Vec<SourceFile>, RecordsError>>;

    fn handle(&mut self, msg: GetSources, _: &mut Context<Self>) -> Self::Result {
        let records = self.config.records.clone();
        Box::pin(async move {
            let stored = records.load_submission(msg.id).await?;
            Ok(stored.submission.files)
        })
    }
}
