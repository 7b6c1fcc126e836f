//! The problems that are served. One may be installed while the judge runs.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tribunal_problems::Package;

/// All problems, by their short names.
pub type ByName = BTreeMap<String, Arc<Package>>;

/// The problems; clones are the same. Whoever holds a package keeps it as it was.
#[derive(Debug, Clone, Default)]
pub struct Problems(Arc<RwLock<Arc<ByName>>>);

impl Problems {
    /// These problems.
    #[must_use]
    pub fn of(problems: ByName) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(problems))))
    }

    /// All, as they are now.
    #[must_use]
    pub fn all(&self) -> Arc<ByName> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The one of this short name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Package>> {
        self.all().get(name).cloned()
    }

    /// Serves a package from now on, in the place of another of its short name.
    pub(crate) fn install(&self, package: Arc<Package>) {
        let mut problems = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut problems).insert(package.short_name.clone(), package);
    }
}
