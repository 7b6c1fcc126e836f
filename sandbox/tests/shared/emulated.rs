//! Whether this is an emulated machine, where a program's CPU time is also the time that its processor did not run.

/// `cgroup2.sh` says so.
pub(crate) fn is_emulated() -> bool {
    std::env::var_os("TRIBUNAL_EMULATED").is_some()
}
