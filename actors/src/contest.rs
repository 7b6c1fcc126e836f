//! A contest under way: when it runs, what is taken meanwhile, who is ahead, and what is asked and answered.
//!
//! The desk is made with all that the database has of the contest; from then on it is told of every submission and every
//! verdict. What the jury orders is on the disk before the order is answered.

mod clarifications;
mod clock;
mod desk;
mod limits;
mod news;
mod records;
mod view;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix::prelude::*;
use tokio::time::Instant;
use tribunal_problems::{
    Contest, ContestRole, Credential, EntryResult, LanguageId, TeamId, Viewer,
};

use crate::accounts::{AccountError, Accounts, NewAccount, NewPassword, Role};
use crate::alarm::Alarm;
use crate::chain::chain;
use crate::database::{Database, DatabaseError};
use crate::event_log::{Append, EventKind};
use crate::ids::SubmissionId;
use crate::tell::Tell;
use desk::{Action, Desk};
use records::ContestRecords;

pub use clarifications::{Clarification, ClarifyError, NewClarification};
use clock::ClockRecord;
pub use clock::{ClockOrder, ClockRefusal, ContestState};
pub use news::{Audience, ContestNews};
pub(crate) use records::entry_result;
pub use view::{ContestView, ProblemColumn, ScoreboardView, TeamView};

/// Asks whether a submission for one of the contest's problems is taken now. It is counted at once: [`Entered`] or
/// [`NotEntered`] has to follow.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Admission, ContestRefusal>")]
pub struct Admit {
    /// Who submits.
    pub viewer: Viewer,
    /// The problem's short name.
    pub problem: String,
    /// The language.
    pub language: LanguageId,
}

/// What an admitted submission is to the contest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// The team and the problem's column; `None`: the jury's.
    cell: Option<(TeamId, usize)>,
    /// When it was made; `None`: the jury's, which never counts.
    pub contest_time_ms: Option<u64>,
    /// Whether it counts.
    counts: bool,
    at_ms: i64,
}

/// Why a contest does not take a submission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContestRefusal {
    /// Nobody is to know of its problems yet.
    #[error("the contest has not begun")]
    NotStarted,
    /// Nobody has signed in.
    #[error("the problem belongs to a contest: its teams sign in and submit")]
    Anonymous,
    /// The account is none of the contest's teams.
    #[error("the account takes no part in this contest")]
    NotATeam,
    /// The clock stands still.
    #[error("the contest is paused")]
    Paused,
    /// The time is over, and there is no practice.
    #[error("the contest is over")]
    Over,
    /// The contest has not this language.
    #[error("the contest does not take language {0}")]
    Language(LanguageId),
    /// That is all for this problem.
    #[error("a team may submit {max} times for a problem")]
    TooMany {
        /// How often.
        max: u32,
    },
    /// That is all for now.
    #[error("a team may submit {max} times a minute")]
    TooFast {
        /// How often.
        max: u32,
        /// After how many seconds there is room again.
        seconds: u32,
    },
}

/// An admitted submission is on the disk.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Entered {
    /// Its number.
    pub id: SubmissionId,
    /// How it was admitted.
    pub admission: Admission,
}

/// An admitted submission was not stored, or is one that was stored before.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct NotEntered(pub Admission);

/// A submission has been judged, perhaps again.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct EntryJudged {
    /// Which.
    pub id: SubmissionId,
    /// What it was judged.
    pub result: EntryResult,
}

/// Asks for the contest.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "ContestView")]
pub struct GetContest {
    /// Who asks.
    pub viewer: Viewer,
}

/// Asks for the scoreboard.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "ScoreboardView")]
pub struct GetScoreboard {
    /// Who asks.
    pub viewer: Viewer,
}

/// The jury's order; answered when it is on the disk.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<ContestView, ControlError>")]
pub struct Control(pub ClockOrder);

/// Why an order was not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// It has no sense now.
    #[error(transparent)]
    Refused(#[from] ClockRefusal),
    /// It is obeyed, but a restart may forget it.
    #[error("the order is obeyed, but it was not stored: {0}")]
    NotStored(String),
}

/// Says something; answered when it is on the disk. Whether the one who says it may is the caller's to know.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Clarification, ClarifyError>")]
pub struct Clarify(pub NewClarification);

/// Asks for all that this viewer may read, oldest first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<Clarification>")]
pub struct GetClarifications {
    /// Who asks.
    pub viewer: Viewer,
}

/// How a desk is made.
#[derive(Debug, Clone)]
pub struct ContestConfig {
    /// The contest.
    pub contest: Contest,
    /// The short names of its problems, in its order.
    pub problems: Vec<String>,
}

/// Why a contest cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ContestStartError {
    /// The database does not answer.
    #[error("read the contest")]
    Database(#[from] DatabaseError),
    /// An account cannot be made.
    #[error("make the account {name}")]
    Account {
        /// Its name.
        name: String,
        /// Why.
        source: AccountError,
    },
    /// A problem of it is not loaded.
    #[error("problem {0:?} of the contest is not loaded")]
    UnknownProblem(String),
}

/// Leads a contest.
pub struct ContestDesk {
    desk: Desk,
    records: ContestRecords,
    events: Recipient<Append>,
    alarm: Alarm,
    wall: Wall,
}

impl ContestDesk {
    /// Makes the contest's accounts, or brings them up to date, and starts a desk that knows all that is stored. `names`
    /// are the short names and the names of its problems, in its order.
    ///
    /// # Errors
    /// The database does not answer, or an account is not as accounts are.
    pub(crate) async fn start(
        contest: Contest,
        names: Vec<(String, String)>,
        database: Database,
        accounts: &Accounts,
        events: Recipient<Append>,
    ) -> Result<Addr<Self>, ContestStartError> {
        let wall = Wall::now();
        let records = ContestRecords::new(database, &contest.short_name);
        let teams = ready_accounts(&contest, accounts, wall.ms()).await?;
        let loaded = records.load().await?;
        let desk = Desk::new(contest, names, teams, loaded, wall.ms());
        Ok(Actor::start(Self {
            desk,
            records,
            events,
            alarm: Alarm::default(),
            wall,
        }))
    }

    /// Feeds one input to the desk, tells what there is to tell, and sets the timer. What is to be put on the disk is
    /// handed back.
    fn step<T>(
        &mut self,
        ctx: &mut Context<Self>,
        input: impl FnOnce(&mut Desk, i64) -> T,
    ) -> (T, Option<ClockRecord>) {
        let now_ms = self.wall.ms();
        self.desk.handle_timeout(now_ms);
        let answer = input(&mut self.desk, now_ms);
        let mut record = None;
        while let Some(action) = self.desk.poll_action() {
            match action {
                Action::Save(newer) => record = Some(newer),
                Action::Tell(news, audience) => self.events.tell(Append {
                    build: None,
                    submission: None,
                    kind: EventKind::Contest { news, audience },
                }),
            }
        }
        let due = self.desk.poll_timeout(now_ms).map(|at_ms| {
            let left = u64::try_from(at_ms.saturating_sub(now_ms)).unwrap_or(0);
            Instant::now() + Duration::from_millis(left)
        });
        self.alarm.set(ctx, due, Self::wake);
        (answer, record)
    }

    /// The same where nobody waits for the disk.
    fn step_and_save<T>(
        &mut self,
        ctx: &mut Context<Self>,
        input: impl FnOnce(&mut Desk, i64) -> T,
    ) -> T {
        let (answer, record) = self.step(ctx, input);
        if let Some(record) = record {
            let records = self.records.clone();
            let saved = async move { records.save_clock(record).await };
            ctx.spawn(saved.into_actor(self).map(|saved, _, _| {
                if let Err(error) = saved {
                    log::error!("the contest's clock is not stored: {}", chain(&error));
                }
            }));
        }
        answer
    }

    fn wake(&mut self, ctx: &mut Context<Self>) {
        self.step_and_save(ctx, |_, _| ());
    }
}

/// Makes what the file names, and answers who takes part.
async fn ready_accounts(
    contest: &Contest,
    accounts: &Accounts,
    now_ms: i64,
) -> Result<Vec<desk::Team>, ContestStartError> {
    let mut teams = Vec::new();
    for account in &contest.accounts {
        let new = NewAccount {
            name: account.name.clone(),
            display_name: account.display_name.clone(),
            role: role(account.role),
            password: match account.credential.clone() {
                None => NewPassword::AsBefore,
                Some(Credential::Password(plain)) => NewPassword::Plain(plain),
                Some(Credential::Hash(phc)) => NewPassword::Hashed(phc),
            },
        };
        let made = accounts.create_or_update(new, now_ms).await;
        let id = made.map_err(|source| ContestStartError::Account {
            name: account.name.clone(),
            source,
        })?;
        if account.role == ContestRole::Team {
            let view = TeamView {
                name: account.name.clone(),
                display_name: account.display_name.clone(),
            };
            teams.push((TeamId(id.0), view));
        }
    }
    Ok(teams)
}

fn role(role: ContestRole) -> Role {
    match role {
        ContestRole::Admin => Role::Admin,
        ContestRole::Jury => Role::Jury,
        ContestRole::Team => Role::Team,
        ContestRole::Spectator => Role::Spectator,
        ContestRole::Api => Role::Api,
    }
}

/// The time of day. It is read once, at the start; from then on the monotonic clock counts, so that nobody moves a
/// contest by setting the host's clock.
#[derive(Debug, Clone, Copy)]
struct Wall {
    at_ms: i64,
    since: Instant,
}

impl Wall {
    fn now() -> Self {
        let passed = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            at_ms: i64::try_from(passed.unwrap_or_default().as_millis()).unwrap_or(i64::MAX),
            since: Instant::now(),
        }
    }

    fn ms(self) -> i64 {
        let passed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.at_ms.saturating_add(passed)
    }
}

impl Actor for ContestDesk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.wake(ctx);
    }
}

impl Handler<Admit> for ContestDesk {
    type Result = Result<Admission, ContestRefusal>;

    fn handle(&mut self, msg: Admit, ctx: &mut Context<Self>) -> Self::Result {
        self.step_and_save(ctx, |desk, now_ms| {
            desk.admit(msg.viewer, &msg.problem, &msg.language, now_ms)
        })
    }
}

impl Handler<Entered> for ContestDesk {
    type Result = ();

    fn handle(&mut self, msg: Entered, ctx: &mut Context<Self>) {
        self.step_and_save(ctx, |desk, _| desk.entered(msg.id, &msg.admission));
    }
}

impl Handler<NotEntered> for ContestDesk {
    type Result = ();

    fn handle(&mut self, msg: NotEntered, ctx: &mut Context<Self>) {
        self.step_and_save(ctx, |desk, _| desk.take_back(&msg.0));
    }
}

impl Handler<EntryJudged> for ContestDesk {
    type Result = ();

    fn handle(&mut self, msg: EntryJudged, ctx: &mut Context<Self>) {
        self.step_and_save(ctx, |desk, _| desk.judged(msg.id, msg.result));
    }
}

impl Handler<GetContest> for ContestDesk {
    type Result = MessageResult<GetContest>;

    fn handle(&mut self, msg: GetContest, ctx: &mut Context<Self>) -> Self::Result {
        MessageResult(self.step_and_save(ctx, |desk, now_ms| desk.view(msg.viewer, now_ms)))
    }
}

impl Handler<GetScoreboard> for ContestDesk {
    type Result = MessageResult<GetScoreboard>;

    fn handle(&mut self, msg: GetScoreboard, ctx: &mut Context<Self>) -> Self::Result {
        MessageResult(self.step_and_save(ctx, |desk, now_ms| desk.scoreboard(msg.viewer, now_ms)))
    }
}

impl Handler<GetClarifications> for ContestDesk {
    type Result = MessageResult<GetClarifications>;

    fn handle(&mut self, msg: GetClarifications, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.desk.clarifications(msg.viewer))
    }
}

impl Handler<Control> for ContestDesk {
    type Result = ResponseFuture<Result<ContestView, ControlError>>;

    fn handle(&mut self, msg: Control, ctx: &mut Context<Self>) -> Self::Result {
        let (answer, record) = self.step(ctx, |desk, now_ms| {
            let obeyed = desk.order(msg.0, now_ms);
            obeyed.map(|()| desk.view(Viewer::Jury, now_ms))
        });
        let records = self.records.clone();
        Box::pin(async move {
            if let Some(record) = record {
                let saved = records.save_clock(record).await;
                saved.map_err(|error| ControlError::NotStored(chain(&error)))?;
            }
            Ok(answer?)
        })
    }
}

impl Handler<Clarify> for ContestDesk {
    type Result = ResponseActFuture<Self, Result<Clarification, ClarifyError>>;

    fn handle(&mut self, msg: Clarify, ctx: &mut Context<Self>) -> Self::Result {
        let checked = self.step_and_save(ctx, |desk, now_ms| desk.to_say(msg.0, now_ms));
        let records = self.records.clone();
        let stored = async move {
            let new = checked?;
            let id = records.insert(new.clone()).await;
            let id = id.map_err(|error| ClarifyError::NotStored(chain(&error)))?;
            Ok(Clarification { id, ..new })
        };
        Box::pin(stored.into_actor(self).map(|said, act, ctx| {
            let said: Clarification = said?;
            act.step_and_save(ctx, |desk, _| desk.said(said.clone()));
            Ok(said)
        }))
    }
}

#[cfg(test)]
mod tests;
