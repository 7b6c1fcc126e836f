//! Packages that the jury sends while the judge runs: looked at, verified by the judge itself, and served once the jury says so.
//!
//! Each has a directory of its own below `packages/`, which stays where it is, since what is served reads from there. Which
//! are served is in `packages/installed.json`; what a later one has replaced goes at the next start.

mod course;
mod shelf;

use std::path::PathBuf;
use std::sync::Arc;

use actix::prelude::*;
use tribunal_problems::{Headers, Languages, Package, unpack};

use crate::clock::now_ms;
use crate::registrar::InstallProblem;
use crate::tell::Tell;
use crate::workshop::{Judging, PackageResult, WorkshopError, build, measure, run_self_tests};

use course::Course;
pub use course::{IntakeError, IntakeStage, IntakeView};
pub use shelf::{InstalledError, PackageShelf};

/// Asks for the directory in which a new package's archive is to be put.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<(u64, PathBuf), IntakeError>")]
pub struct BeginIntake;

/// Begins to look at a package that has been put there.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), IntakeError>")]
pub struct TakePackage {
    /// What [`BeginIntake`] gave.
    pub id: u64,
    /// The archive, in its directory.
    pub archive: PathBuf,
}

/// Asks how far one is.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<IntakeView>")]
pub struct GetIntake(pub u64);

/// Asks for all since the start, the newest first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<IntakeView>")]
pub struct ListIntakes;

/// Serves a package that has been verified.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<(), IntakeError>")]
pub struct InstallPackage(pub u64);

/// What the intake works with.
pub struct IntakeParts {
    /// What judges.
    pub judging: Judging,
    /// Serves what is installed.
    pub installs: Recipient<InstallProblem>,
    /// Where packages are kept.
    pub shelf: PackageShelf,
    /// The languages that packages may use.
    pub languages: Arc<Languages>,
    /// Headers that packages may ask for.
    pub headers: Headers,
}

/// Takes packages in.
pub struct Intake {
    parts: IntakeParts,
    course: Course,
}

/// One more submission of the jury is judged.
#[derive(Message)]
#[rtype(result = "()")]
struct SubmissionJudged(u64);

/// The package is read.
#[derive(Message)]
#[rtype(result = "()")]
struct PackageRead {
    id: u64,
    problem: String,
    submissions: usize,
}

/// Submissions that are judged at once: the contest goes on meanwhile.
const AT_ONCE: usize = 1;

impl Intake {
    /// One that has taken in nothing yet.
    #[must_use]
    pub(crate) fn start(parts: IntakeParts) -> Addr<Self> {
        Actor::start(Self {
            parts,
            course: Course::default(),
        })
    }
}

impl Actor for Intake {
    type Context = Context<Self>;
}

impl Intake {
    /// Works with the shelf beside the actors. Nothing else is done here meanwhile, so that two do not change its list at once.
    fn at_shelf<T: Send + 'static>(
        &self,
        work: impl FnOnce(&PackageShelf) -> Result<T, InstalledError> + Send + 'static,
    ) -> impl ActorFuture<Self, Output = Result<T, IntakeError>> + 'static {
        let shelf = self.parts.shelf.clone();
        let working = tokio::task::spawn_blocking(move || work(&shelf));
        let done = async { Ok(working.await.map_err(|_| IntakeError::Stopping)??) };
        done.into_actor(self)
    }
}

impl Handler<BeginIntake> for Intake {
    type Result = AtomicResponse<Self, Result<(u64, PathBuf), IntakeError>>;

    fn handle(&mut self, _: BeginIntake, _: &mut Context<Self>) -> Self::Result {
        if let Err(error) = self.course.check_idle() {
            return AtomicResponse::new(Box::pin(fut::ready(Err(error))));
        }
        AtomicResponse::new(Box::pin(self.at_shelf(PackageShelf::make_room)))
    }
}

impl Handler<TakePackage> for Intake {
    type Result = Result<(), IntakeError>;

    fn handle(&mut self, msg: TakePackage, ctx: &mut Context<Self>) -> Self::Result {
        let name = msg.archive.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        self.course.begin(msg.id, name, now_ms())?;
        let (languages, headers) = (self.parts.languages.clone(), self.parts.headers.clone());
        let read = tokio::task::spawn_blocking(move || {
            let into = msg.archive.parent().unwrap_or(&msg.archive).to_owned();
            let unpacked = unpack(&msg.archive, &into.join("unpacked"))?;
            Package::open_with(&unpacked, &languages, &headers).map(|package| (package, into))
        });
        let (judging, own) = (self.parts.judging.clone(), ctx.address());
        let id = msg.id;
        let work = async move {
            let (package, into) = read
                .await
                .map_err(|_| IntakeError::Stopping.to_string())?
                .map_err(|error| crate::chain::chain(&error))?;
            own.tell(PackageRead {
                id,
                problem: package.short_name.clone(),
                submissions: package.submissions.len(),
            });
            let verified = verify(&judging, package, &into.join("made"), id, &own).await;
            verified.map_err(|error| crate::chain::chain(&error))
        };
        ctx.spawn(work.into_actor(self).map(move |came, act, _| {
            act.course.verified(id, came);
        }));
        Ok(())
    }
}

/// Makes the package's tests, runs its self-tests and all its submissions.
async fn verify(
    judging: &Judging,
    package: Package,
    into: &std::path::Path,
    id: u64,
    own: &Addr<Intake>,
) -> Result<(Package, PackageResult), WorkshopError> {
    let package = build(judging, package, into).await?;
    let self_tests = run_self_tests(judging, &package).await?;
    let done = || own.tell(SubmissionJudged(id));
    let measured = measure(judging, &package, AT_ONCE, &done).await?;
    let result = PackageResult::of(&package, &measured, self_tests);
    let package = if measured.inferred {
        package.with_time_limit(measured.limit)
    } else {
        package
    };
    Ok((package, result))
}

impl Handler<PackageRead> for Intake {
    type Result = ();

    fn handle(&mut self, msg: PackageRead, _: &mut Context<Self>) {
        self.course.read(msg.id, msg.problem, msg.submissions);
    }
}

impl Handler<SubmissionJudged> for Intake {
    type Result = ();

    fn handle(&mut self, SubmissionJudged(id): SubmissionJudged, _: &mut Context<Self>) {
        self.course.judged_one(id);
    }
}

impl Handler<GetIntake> for Intake {
    type Result = Option<IntakeView>;

    fn handle(&mut self, GetIntake(id): GetIntake, _: &mut Context<Self>) -> Self::Result {
        self.course.view(id).cloned()
    }
}

impl Handler<ListIntakes> for Intake {
    type Result = Vec<IntakeView>;

    fn handle(&mut self, _: ListIntakes, _: &mut Context<Self>) -> Self::Result {
        self.course.all()
    }
}

impl Handler<InstallPackage> for Intake {
    type Result = AtomicResponse<Self, Result<(), IntakeError>>;

    fn handle(
        &mut self,
        InstallPackage(id): InstallPackage,
        _: &mut Context<Self>,
    ) -> Self::Result {
        let package = match self.course.to_install(id) {
            Ok(package) => package,
            Err(error) => return AtomicResponse::new(Box::pin(fut::ready(Err(error)))),
        };
        let (name, path) = (package.short_name.clone(), package.path.clone());
        // First on the disk: what is served is there after the next start as well.
        let listed = self.at_shelf(move |shelf| shelf.install(&name, &path));
        AtomicResponse::new(Box::pin(listed.then(move |listed, act, _| {
            let installs = act.parts.installs.clone();
            let served = async move {
                listed?;
                let served = installs.send(InstallProblem(package)).await;
                served.map_err(|_| IntakeError::Stopping)
            };
            served.into_actor(act).map(move |served, act, _| {
                if served.is_ok() {
                    act.course.installed(id);
                }
                served
            })
        })))
    }
}
