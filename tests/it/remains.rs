//! What a judge that is dead may have left on the host: processes, control groups, mounts, files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::server::TRIBUNAL;

/// A process that will not be mistaken for another that gets its number: the number, and when it started.
type Process = (i32, u64);

/// Everything that a judge is known to have had, to be asked for after its death.
#[derive(Debug, Default)]
pub(crate) struct Belongings {
    judges: BTreeSet<Process>,
    processes: BTreeSet<Process>,
}

impl Belongings {
    /// Notes a judge and all processes that it has now.
    pub(crate) fn note(&mut self, judge: i32) {
        let parents: Vec<(Process, i32)> = processes().collect();
        let itself = parents.iter().find(|((pid, _), _)| *pid == judge);
        self.judges.insert(itself.expect("the judge lives").0);
        let mut family = BTreeSet::from([judge]);
        while let Some(((child, started), _)) = parents
            .iter()
            .find(|((child, _), parent)| family.contains(parent) && !family.contains(child))
        {
            family.insert(*child);
            self.processes.insert((*child, *started));
        }
    }

    /// Whether a noted process of this name lives.
    pub(crate) fn has(&self, name: &str) -> bool {
        let names = self.processes.iter();
        names
            .filter_map(|(pid, _)| std::fs::read_to_string(format!("/proc/{pid}/comm")).ok())
            .any(|found| found.starts_with(name))
    }

    /// What is still there of dead judges, one sentence each.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for ((pid, started), parent) in processes() {
            if self.processes.contains(&(pid, started)) {
                left.push(format!("process {pid} lives"));
            } else if parent == 1 && is_agent(pid) {
                left.push(format!("process {pid} has lost its judge"));
            }
        }
        for group in groups(Path::new("/sys/fs/cgroup")) {
            left.extend(
                self.judges
                    .iter()
                    .filter(|(pid, started)| {
                        let of_judge = format!("tribunal-{pid}-{started}-");
                        group.to_string_lossy().contains(&of_judge)
                    })
                    .map(|_| format!("group {}", group.display())),
            );
        }
        left
    }
}

/// Mounts that are the test's own matter: those that name this directory.
pub(crate) fn mounts_below(directory: &Path) -> Vec<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("mounts can be read");
    let directory = directory.to_string_lossy();
    mounts
        .lines()
        .filter(|line| line.contains(&*directory))
        .map(str::to_owned)
        .collect()
}

/// Every file and directory below this one.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("a directory can be listed").path();
        found.extend(files_below(&path));
        found.push(path);
    }
    found
}

/// Processes that live, with their parents. One that is dead and only waits to be counted is none.
fn processes() -> impl Iterator<Item = (Process, i32)> {
    let numbers = std::fs::read_dir("/proc").expect("processes can be listed");
    numbers.filter_map(|entry| {
        let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let [state, parent] = [fields.first()?, fields.get(1)?];
        let started = fields.get(19)?.parse().ok()?;
        (*state != "Z").then_some(((pid, started), parent.parse().ok()?))
    })
}

/// Whether it is a box's first process of this very executable.
fn is_agent(pid: i32) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let executable = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    name.trim() == "tribunal-agent" && executable == Path::new(TRIBUNAL)
}

/// Control groups of judges.
fn groups(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let is_judge = entry.file_name().to_string_lossy().starts_with("tribunal-");
        if is_judge {
            found.push(entry.path());
        } else {
            found.extend(groups(&entry.path()));
        }
    }
    found
}
