//! What waits is bounded, and costs little: 20,000 queued submissions.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::unistd::Pid;
use serde_json::json;

use crate::server::Server;
use tribunal_actors::{Database, Records};

/// Submissions that may wait.
const QUEUE_MAX: usize = 20_000;

/// Clients at once.
const CLIENTS: usize = 32;

/// The most bytes by which a full queue may let the judge's resident memory grow. It holds a number for each
/// submission; the rest are connections, the database's cache and what the allocator keeps.
const GROWTH_MAX: u64 = 128 << 20;

/// Resident bytes of a process (proc_pid_status(5), `VmRSS`).
fn resident(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes
        .and_then(|number| number.trim().parse::<u64>().ok())
        .expect("a number")
        << 10
}

fn config(dir: &Path) -> String {
    let path = dir.join("tribunal.toml");
    std::fs::write(&path, format!("queue_max = {QUEUE_MAX}\nbuilds_max = 0\n")).expect("written");
    path.display().to_string()
}

#[test]
fn a_full_queue_refuses_more_and_keeps_what_it_has_in_little_memory() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let data = dir.path().join("data");
    let server = Server::start_in(&data, &["--config", &config(dir.path())]);
    let source = format!("# {}\nprint(1)\n", "x".repeat(1000));
    let new = json!({"problem": "sum", "language": "python", "source": source});
    let submit = || server.post("/api/submissions", &new);
    // Whatever the first ones need is there before the measuring begins.
    let warm: usize = 500;
    let accepted = AtomicUsize::new(0);
    let fill = |wanted: usize| {
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    while accepted.fetch_add(1, Ordering::Relaxed) < wanted {
                        assert_eq!(submit().status, 202);
                    }
                    accepted.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
    };
    fill(warm);
    let before = resident(server.pid());
    fill(QUEUE_MAX);
    let after = resident(server.pid());
    let refused = submit();
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    eprintln!(
        "{QUEUE_MAX} queued: {} MiB resident, {} MiB more than with {warm}",
        after >> 20,
        after.saturating_sub(before) >> 20
    );
    assert!(
        after.saturating_sub(before) < GROWTH_MAX,
        "{before} then {after} bytes"
    );
    assert!(server.stop().success());
    let database = Database::open(&data.join("tribunal.db")).expect("it opens");
    let waiting = crate::harness::real(async { Records::new(database).unfinished().await });
    assert_eq!(
        waiting.expect("it can be read").len(),
        QUEUE_MAX,
        "nothing accepted is dropped"
    );
}
