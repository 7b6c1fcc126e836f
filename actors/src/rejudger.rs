//! Judges again on a running judge: what would change is shown first, and counts once the jury says so.
//!
//! One rejudging is at work at a time, and few submissions of it at once, since the contest goes on meanwhile.

mod course;
#[cfg(test)]
mod tests;

use actix::prelude::*;
use futures_util::FutureExt;

use crate::chain::chain;
use crate::clock::now_ms;
use crate::ids::SubmissionId;
use crate::registrar::records::{ListFilter, RecordsError, SubmissionLine};
use crate::registrar::{ApplyJudgement, ListSubmissions, Rejudge, RejudgeError, Rejudged};

use course::{Course, Step};
pub use course::{Rejudgeable, RejudgedLine, RejudgingError, RejudgingStage, RejudgingView};

/// Submissions that are judged again at once.
const AT_ONCE: usize = 2;
/// Submissions that are read at once.
const LINES: u32 = 500;

/// Begins to find out what judging again would change.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<u64, RejudgingError>")]
pub struct BeginRejudging {
    /// What is judged again.
    pub what: Rejudgeable,
    /// Whether everything is run anew, and not only what has changed.
    pub fresh: bool,
}

/// Lets the new judgements count.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<(), RejudgingError>")]
pub struct ApplyRejudging(pub u64);

/// Ends one that is at work.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<(), RejudgingError>")]
pub struct StopRejudging(pub u64);

/// Asks how far one is.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<RejudgingView>")]
pub struct GetRejudging(pub u64);

/// Asks for all that are remembered, the newest first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<RejudgingView>")]
pub struct ListRejudgings;

/// Judges again for the jury.
pub struct Rejudger {
    lists: Recipient<ListSubmissions>,
    judges: Recipient<Rejudge>,
    applies: Recipient<ApplyJudgement>,
    course: Course,
}

impl Rejudger {
    /// One that knows of no rejudging yet.
    #[must_use]
    pub fn start(
        lists: Recipient<ListSubmissions>,
        judges: Recipient<Rejudge>,
        applies: Recipient<ApplyJudgement>,
    ) -> Addr<Self> {
        Actor::start(Self {
            lists,
            judges,
            applies,
            course: Course::default(),
        })
    }

    fn go_on(&mut self, ctx: &mut Context<Self>) {
        while let Some((rejudging, id, step)) = self.course.take(AT_ONCE) {
            let again = match step {
                Step::Judge { id, fresh } => {
                    let apply = false;
                    self.judges.send(Rejudge { id, apply, fresh }).left_future()
                }
                Step::Apply(found) => self.applies.send(ApplyJudgement(*found)).right_future(),
            };
            ctx.spawn(again.into_actor(self).map(move |again, act, ctx| {
                act.course.done(rejudging, id, came(again));
                act.go_on(ctx);
            }));
        }
    }
}

fn came(again: Result<Result<Rejudged, RejudgeError>, MailboxError>) -> Result<Rejudged, String> {
    match again {
        Ok(again) => again.map_err(|error| chain(&error)),
        Err(_) => Err(RejudgingError::Stopping.to_string()),
    }
}

impl Actor for Rejudger {
    type Context = Context<Self>;
}

impl Handler<BeginRejudging> for Rejudger {
    type Result = ResponseActFuture<Self, Result<u64, RejudgingError>>;

    fn handle(&mut self, msg: BeginRejudging, _: &mut Context<Self>) -> Self::Result {
        if let Err(error) = self.course.check_idle() {
            return Box::pin(fut::ready(Err(error)));
        }
        let found = submissions(self.lists.clone(), msg.what.clone());
        Box::pin(found.into_actor(self).map(move |found, act, ctx| {
            let id = act.course.begin(msg.what, msg.fresh, found?, now_ms())?;
            act.go_on(ctx);
            Ok(id)
        }))
    }
}

impl Handler<ApplyRejudging> for Rejudger {
    type Result = Result<(), RejudgingError>;

    fn handle(&mut self, msg: ApplyRejudging, ctx: &mut Context<Self>) -> Self::Result {
        self.course.apply(msg.0)?;
        self.go_on(ctx);
        Ok(())
    }
}

impl Handler<StopRejudging> for Rejudger {
    type Result = Result<(), RejudgingError>;

    fn handle(&mut self, msg: StopRejudging, _: &mut Context<Self>) -> Self::Result {
        self.course.stop(msg.0)
    }
}

impl Handler<GetRejudging> for Rejudger {
    type Result = Option<RejudgingView>;

    fn handle(&mut self, msg: GetRejudging, _: &mut Context<Self>) -> Self::Result {
        self.course.view(msg.0).cloned()
    }
}

impl Handler<ListRejudgings> for Rejudger {
    type Result = Vec<RejudgingView>;

    fn handle(&mut self, _: ListRejudgings, _: &mut Context<Self>) -> Self::Result {
        self.course.all()
    }
}

/// Those that have a verdict, the oldest first.
async fn submissions(
    lists: Recipient<ListSubmissions>,
    what: Rejudgeable,
) -> Result<Vec<SubmissionId>, RejudgingError> {
    let mut filter = ListFilter::default();
    match what {
        // Just the one: whether it has a verdict is seen when it is judged again.
        Rejudgeable::Submission(id) => return Ok(vec![id]),
        Rejudgeable::Problem(problem) => filter.problem = Some(problem),
        Rejudgeable::Contest(contest) => filter.contest = Some(contest),
    }
    let mut found = Vec::new();
    loop {
        let page = ListSubmissions {
            filter: filter.clone(),
            lines_max: LINES,
        };
        let page: Result<Vec<SubmissionLine>, RecordsError> = lists
            .send(page)
            .await
            .map_err(|_| RejudgingError::Stopping)?;
        let page = page.map_err(|error| RejudgingError::Records(chain(&error)))?;
        let judged = page.iter().filter(|line| line.verdict.is_some());
        found.extend(judged.map(|line| line.id));
        match page.last() {
            Some(last) if page.len() == LINES as usize => filter.before = Some(last.id),
            _ => break,
        }
    }
    found.reverse();
    Ok(found)
}
