//! What this host can enforce.

use crate::Lack;
use crate::cgroup::Hierarchy;

/// What the host of a sandbox can enforce, as found at start.
#[derive(Debug, Clone)]
pub struct Host {
    lacks: Vec<Lack>,
    cgroup: &'static str,
}

impl Host {
    /// Describes the host by the hierarchy that was found.
    pub(crate) fn of(hierarchy: &Hierarchy) -> Self {
        Self {
            lacks: hierarchy.lacks(),
            cgroup: hierarchy.name(),
        }
    }

    /// What is not enforced here.
    #[must_use]
    pub fn lacks(&self) -> &[Lack] {
        &self.lacks
    }

    /// The control group hierarchy in use: `v1`, `v2` or `none`.
    #[must_use]
    pub fn cgroup(&self) -> &'static str {
        self.cgroup
    }

    /// The command that gives more, where something is missing.
    #[must_use]
    pub fn remedy(&self) -> String {
        "run as root, or in a delegated scope: systemd-run --user --scope -p Delegate=yes COMMAND"
            .to_owned()
    }
}
