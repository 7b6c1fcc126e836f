//! How far each package is: pure, so that the actor only asks and tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tribunal_problems::Package;

use super::InstalledError;
use crate::workshop::PackageResult;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntakeStage {
    /// It is unpacked and read.
    Reading,
    /// Its tests are made, and its jury's submissions judged.
    Verifying,
    /// It is known what came of it; it is not served.
    Verified,
    /// It cannot be served.
    Refused,
    /// It is served.
    Installed,
}

/// A package that was sent.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct IntakeView {
    /// Its number.
    pub id: u64,
    /// The archive's name.
    pub file_name: String,
    /// When it was sent, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// How far it is.
    pub stage: IntakeStage,
    /// The problem's short name, once it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Submissions of the jury, and how many of them are judged.
    pub submissions: usize,
    /// How many of them are judged.
    pub judged: usize,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What came of it, as `tribunal verify --json` tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<PackageResult>,
}

/// Why an order of the jury is refused.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// One at a time, since the contest goes on.
    #[error("package {0} is still looked at: wait for it")]
    Busy(u64),
    /// There is no such package.
    #[error(
        "there is no package {0}; those that are not installed are forgotten when the judge stops"
    )]
    Unknown(u64),
    /// It is not verified, or it is installed already.
    #[error("package {0} is not at the stage for this")]
    WrongStage(u64),
    /// Its directory cannot be used.
    #[error(transparent)]
    Shelf(#[from] InstalledError),
    /// The judge is stopping.
    #[error("the judge is stopping")]
    Stopping,
}

/// All packages since the judge was started.
#[derive(Debug, Default)]
pub(super) struct Course {
    known: BTreeMap<u64, IntakeView>,
    verified: BTreeMap<u64, Arc<Package>>,
}

impl Course {
    pub(super) fn check_idle(&self) -> Result<(), IntakeError> {
        let at_work = self
            .known
            .values()
            .find(|view| matches!(view.stage, IntakeStage::Reading | IntakeStage::Verifying));
        at_work.map_or(Ok(()), |view| Err(IntakeError::Busy(view.id)))
    }

    pub(super) fn begin(
        &mut self,
        id: u64,
        file_name: String,
        now_ms: i64,
    ) -> Result<(), IntakeError> {
        self.check_idle()?;
        if self.known.contains_key(&id) {
            return Err(IntakeError::WrongStage(id));
        }
        let view = IntakeView {
            id,
            file_name,
            created_at_ms: now_ms,
            stage: IntakeStage::Reading,
            problem: None,
            submissions: 0,
            judged: 0,
            error: None,
            result: None,
        };
        self.known.insert(id, view);
        Ok(())
    }

    pub(super) fn read(&mut self, id: u64, problem: String, submissions: usize) {
        if let Some(view) = self.known.get_mut(&id) {
            view.stage = IntakeStage::Verifying;
            view.problem = Some(problem);
            view.submissions = submissions;
        }
    }

    pub(super) fn judged_one(&mut self, id: u64) {
        if let Some(view) = self.known.get_mut(&id) {
            view.judged += 1;
        }
    }

    pub(super) fn verified(&mut self, id: u64, came: Result<(Package, PackageResult), String>) {
        let Some(view) = self.known.get_mut(&id) else {
            return;
        };
        match came {
            Ok((package, result)) => {
                view.stage = IntakeStage::Verified;
                view.problem = Some(package.short_name.clone());
                view.result = Some(result);
                self.verified.insert(id, Arc::new(package));
            }
            Err(error) => {
                view.stage = IntakeStage::Refused;
                view.error = Some(error);
            }
        }
    }

    /// Also where submissions came otherwise than expected: what the jury makes of it is the jury's.
    pub(super) fn to_install(&self, id: u64) -> Result<Arc<Package>, IntakeError> {
        let view = self.known.get(&id).ok_or(IntakeError::Unknown(id))?;
        match (view.stage, self.verified.get(&id)) {
            (IntakeStage::Verified, Some(package)) => Ok(Arc::clone(package)),
            _ => Err(IntakeError::WrongStage(id)),
        }
    }

    pub(super) fn installed(&mut self, id: u64) {
        if let Some(view) = self.known.get_mut(&id) {
            view.stage = IntakeStage::Installed;
        }
        self.verified.remove(&id);
    }

    pub(super) fn view(&self, id: u64) -> Option<&IntakeView> {
        self.known.get(&id)
    }

    /// The newest first.
    pub(super) fn all(&self) -> Vec<IntakeView> {
        self.known.values().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_only_what_is_verified_is_installed() {
        let mut course = Course::default();
        course.begin(1, "a.zip".to_owned(), 0).unwrap();
        assert!(matches!(course.check_idle(), Err(IntakeError::Busy(1))));
        assert!(matches!(
            course.begin(2, "b.zip".to_owned(), 0),
            Err(IntakeError::Busy(1))
        ));
        course.read(1, "a".to_owned(), 3);
        course.judged_one(1);
        let view = course.view(1).unwrap();
        assert_eq!((view.stage, view.judged), (IntakeStage::Verifying, 1));
        assert!(matches!(
            course.to_install(1),
            Err(IntakeError::WrongStage(1))
        ));
        course.verified(1, Err("no tests".to_owned()));
        let view = course.view(1).unwrap();
        assert_eq!(view.stage, IntakeStage::Refused);
        assert_eq!(view.error.as_deref(), Some("no tests"));
        assert!(matches!(
            course.to_install(1),
            Err(IntakeError::WrongStage(1))
        ));
        assert!(matches!(course.to_install(7), Err(IntakeError::Unknown(7))));
        course.begin(2, "b.zip".to_owned(), 0).unwrap();
        assert_eq!(course.all().len(), 2);
    }
}
