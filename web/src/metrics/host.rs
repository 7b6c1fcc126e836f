//! The figures of the machine and of the judge's own process.

use std::sync::{Mutex, PoisonError};

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

use crate::problem_details::Problem;
use crate::prometheus::{Kind, Page};

/// Asks the kernel; it remembers the last answer, since a share of CPU time is one of the time between two questions.
#[derive(Debug, Default)]
pub(crate) struct Host(Mutex<Option<System>>);

impl Host {
    /// Writes them down.
    ///
    /// # Errors
    /// The kernel does not tell them.
    pub(super) fn write(&self, page: &mut Page) -> Result<(), Problem> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let system = match &mut *kept {
            Some(system) => system,
            none => none.insert(System::new().map_err(unknown)?),
        };
        system.refresh_cpu_usage();
        system.refresh_memory();
        let own = sysinfo::get_current_pid().map_err(unknown)?;
        let of_memory = ProcessRefreshKind::nothing().with_memory();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, of_memory);
        page.family(
            "tribunal_host_cpu_share",
            Kind::Gauge,
            "Share (0 to 1) of all cores' time that was used since the last look.",
        )
        .value(f64::from(system.global_cpu_usage()) / 100.0);
        page.family("tribunal_host_cpus", Kind::Gauge, "Cores of the host.")
            .value(system.cpus().len());
        let mut memory = page.family(
            "tribunal_host_memory_bytes",
            Kind::Gauge,
            "Memory of the host: all of it, and what can be had without swapping.",
        );
        memory.labelled("kind", "total", system.total_memory());
        memory.labelled("kind", "available", system.available_memory());
        page.family(
            "tribunal_resident_bytes",
            Kind::Gauge,
            "Resident memory of the judge's own process, without boxes.",
        )
        .value(system.process(own).map_or(0, sysinfo::Process::memory));
        Ok(())
    }
}

fn unknown(why: impl std::fmt::Display) -> Problem {
    Problem::unavailable(format!("the host does not tell its figures: {why}"), 5)
}
