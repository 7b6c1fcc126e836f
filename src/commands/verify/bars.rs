//! What is seen while packages are verified: a bar for each phase, moved by what happens in the judge.

use indicatif::ProgressBar;
use tokio::sync::mpsc::Receiver;
use tribunal_actors::{EventKind, Subscribe, Topic, Update, WorkshopError};
use tribunal_problems::Package;

use crate::commands::Failure;
use crate::commands::local::LocalJudge;
use crate::progress::Progress;

/// A bar for each phase.
#[derive(Debug, Clone)]
pub(super) struct Bars {
    compile: ProgressBar,
    test: ProgressBar,
    judged: ProgressBar,
}

impl Bars {
    /// The bars of verifying these packages.
    pub(super) fn of<'a>(packages: impl Iterator<Item = &'a Package>, progress: &Progress) -> Self {
        let (mut submissions, mut tests) = (0, 0);
        for package in packages {
            submissions += package.submissions.len();
            tests += package.submissions.len() * package.tests.len();
        }
        Self {
            compile: progress.phase("compile", submissions),
            test: progress.phase("test", tests),
            judged: progress.phase("judged", submissions),
        }
    }

    /// This package comes now.
    pub(super) fn begin(&self, package: &Package) {
        self.judged.set_message(package.short_name.clone());
    }

    /// A submission is judged.
    pub(super) fn judged(&self) {
        self.judged.inc(1);
    }

    /// Moves the bars with what happens during this work, all of which is about the package's submissions.
    pub(super) async fn during<T>(
        &self,
        judge: &LocalJudge,
        package: &Package,
        work: impl Future<Output = Result<T, WorkshopError>>,
    ) -> Result<T, Failure> {
        let submissions = package.submissions.len() as u64;
        let tests = submissions * package.tests.len() as u64;
        let (compiled, tested) = (self.compile.position(), self.test.position());
        let all = Subscribe {
            after: None,
            topic: Topic::Everything,
        };
        let updates = judge.node.event_log().send(all).await??;
        let watching = actix::spawn(self.clone().follow(updates));
        let done = work.await;
        watching.abort();
        // Also what needed no run, and what came too late to be seen.
        self.compile.set_position(compiled + submissions);
        self.test.set_position(tested + tests);
        Ok(done?)
    }

    async fn follow(self, mut updates: Receiver<Update>) {
        while let Some(Update::Event(event)) = updates.recv().await {
            match event.kind {
                EventKind::Compiled { .. } => self.compile.inc(1),
                EventKind::TestDone { .. } => self.test.inc(1),
                _ => {}
            }
        }
    }
}
