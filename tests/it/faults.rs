//! What the host may do to a judge: each fault ends in a retry or in a judge's error with its reason, never in a wrong
//! verdict and never in a lost submission.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tribunal_actors::Node;
use tribunal_problems::{BlobId, Content, Plan, Verdict};

use crate::harness::{judge, plan, real, real_node};
use crate::remains::files_below;
use crate::server::{Server, TRIBUNAL, examples, serving};

/// A right program for `sum` whose compiler gives almost a megabyte; another number is another program.
fn sum_in_c(number: u32) -> Value {
    let source = format!(
        "#include <stdio.h>\nlong number = {number};\n\
         int main() {{ long a, b; scanf(\"%ld %ld\", &a, &b); printf(\"%ld\\n\", a + b); }}\n"
    );
    json!({"problem": "sum", "language": "c", "source": source})
}

/// A right program for `sum` that takes a while for each test.
fn slow_sum() -> Value {
    let source = "import time\ntime.sleep(0.3)\nprint(sum(map(int, input().split())))\n";
    json!({"problem": "sum", "language": "python", "source": source})
}

fn submit(server: &Server, body: &Value) -> i64 {
    let answer = server.post("/api/submissions", body);
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["id"].as_i64().expect("a number")
}

fn verdict(server: &Server, id: i64) -> Value {
    let view = server.get(&format!("/api/submissions/{id}?wait=60")).json();
    assert_eq!(view["status"], "done", "{view}");
    view
}

fn assert_accepted(server: &Server, body: &Value) -> Value {
    let view = verdict(server, submit(server, body));
    assert_eq!(view["verdict"], "AC", "{view}");
    view
}

/// A judge in a mount namespace of its own, where the script has mounted something on the data directory, `$0`.
fn in_mounts(data: &Path, script: &str) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "sh", "-c"])
        .arg(format!("{script} && exec \"$@\""))
        .arg(data)
        .arg(TRIBUNAL);
    serving(&mut command, data);
    command
}

/// A judge whose data directory is a disk of 16 MiB, and where that is to be seen from here.
fn on_a_small_disk(dir: &Path) -> (Server, PathBuf) {
    let server = Server::of(in_mounts(dir, "mount -t tmpfs -o size=16m tmpfs \"$0\""));
    let data = PathBuf::from(format!("/proc/{}/root", server.pid()))
        .join(dir.strip_prefix("/").expect("it is absolute"));
    (server, data)
}

/// Takes all the room that the disk has; the file that takes it, and its size.
fn fill(data: &Path) -> (File, u64) {
    let mut filler = File::create(data.join("filler")).expect("made");
    let mut filled = 0;
    while filler.write_all(&[0; 4096]).is_ok() {
        filled += 4096;
    }
    (filler, filled)
}

#[test]
fn a_full_disk_is_a_judge_s_error_with_the_reason_and_loses_nothing() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let (server, data) = on_a_small_disk(dir.path());
    assert_accepted(&server, &sum_in_c(1));

    let (filler, filled) = fill(&data);
    let refused = server.post("/api/submissions", &sum_in_c(2));
    if refused.status != 202 {
        assert_eq!(refused.status, 503, "{refused:?}");
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    }
    // Room for the submission, not for its program.
    filler.set_len(filled - (400 << 10)).expect("truncated");
    let view = verdict(&server, submit(&server, &sum_in_c(3)));
    assert_eq!(view["verdict"], "JE", "{view}");
    let log = view["compile"]["log"].as_str().expect("a text");
    assert!(log.contains("No space left on device"), "{log}");
    assert_eq!(files_below(&data.join("blobs/tmp")), [] as [PathBuf; 0]);

    filler.set_len(0).expect("truncated");
    assert_accepted(&server, &sum_in_c(3));
    assert!(server.stop().success());
}

#[test]
fn a_disk_that_is_full_for_a_moment_is_waited_for() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let (server, data) = on_a_small_disk(dir.path());
    assert_accepted(&server, &sum_in_c(1));
    let (filler, filled) = fill(&data);
    filler.set_len(filled - (400 << 10)).expect("truncated");
    let id = submit(&server, &sum_in_c(2));
    // The first attempt fails within this time, the last comes more than a second later.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(600) {
        server.get("/healthz");
    }
    filler.set_len(0).expect("truncated");
    assert_eq!(verdict(&server, id)["verdict"], "AC");
}

#[test]
fn a_read_only_data_directory_is_refused_at_the_start_with_the_reason() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
    let output = in_mounts(dir.path(), mount).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("Read-only file system"), "{text}");
    assert!(text.contains("tribunal.lock"), "{text}");
    assert_eq!(files_below(dir.path()), [] as [PathBuf; 0]);
}

/// Locks the database for three seconds, as a backup may, and says when it has.
const LOCK: &str = "import sqlite3, sys, time\n\
    db = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
    db.execute('BEGIN IMMEDIATE')\nprint('locked', flush=True)\ntime.sleep(3)\ndb.execute('COMMIT')\n";

#[test]
fn m_9_what_happens_while_the_database_is_locked_for_three_seconds_is_saved_afterwards() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let server = Server::start_in(dir.path(), &["--runners", "2"]);
    let before = submit(&server, &slow_sum());
    let mut locker = Command::new("/usr/bin/python3")
        .args(["-c", LOCK])
        .arg(dir.path().join("tribunal.db"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut line = String::new();
    let stdout = locker.stdout.as_mut().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).expect("UTF-8");
    assert_eq!(line, "locked\n");
    // This one is answered when it is on the disk, and not before.
    let during = submit(&server, &sum_in_c(1));
    assert!(matches!(locker.try_wait(), Ok(Some(_))) || locker.wait().is_ok());
    for id in [before, during] {
        assert_eq!(verdict(&server, id)["verdict"], "AC");
    }
    server.kill();
    let again = Server::start_in(dir.path(), &[]);
    for id in [before, during] {
        assert_eq!(verdict(&again, id)["verdict"], "AC");
    }
}

#[test]
fn lost_truncated_and_flipped_blobs_are_mended_or_made_again() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 3] = [
        ("lost", |path| fs::remove_file(path).expect("removed")),
        ("truncated", |path| {
            let file = File::options().write(true).open(path).expect("opened");
            file.set_len(1).expect("truncated");
        }),
        ("flipped", |path| {
            let mut bytes = fs::read(path).expect("read");
            bytes[0] ^= 1;
            fs::write(path, bytes).expect("written");
        }),
    ];
    let programs = [sum_in_c(1), slow_sum()];
    let server = Server::start_in(dir.path(), &[]);
    for program in &programs {
        assert_accepted(&server, program);
    }
    let again = assert_accepted(&server, &programs[0]);
    assert_eq!(again["compile"]["reused"], true);
    assert!(server.stop().success());
    for (what, damage) in damages {
        let blobs = files_below(&dir.path().join("blobs"));
        let blobs: Vec<_> = blobs.iter().filter(|path| path.is_file()).collect();
        assert!(blobs.len() > 10, "{what}: {blobs:?}");
        blobs.iter().for_each(|path| damage(path));
        let server = Server::start_in(dir.path(), &[]);
        let view = assert_accepted(&server, &programs[0]);
        assert_eq!(view["compile"]["reused"], false, "{what}: {view}");
        assert_accepted(&server, &programs[1]);
        assert!(server.stop().success());
    }
}

#[test]
fn a_test_file_that_cannot_be_had_again_is_a_judge_s_error_with_the_reason() {
    real(async {
        let (node, data) = real_node(|_| ()).await;
        let damaged = plan("python", "main.py", "print(1)", &[("a test's input", "1")]);
        let judge_with = async |node: &Node, input: BlobId| {
            let mut plan: Plan = damaged.clone();
            plan.tests[0].input = Content::Blob(input);
            let report = judge(node, plan).await;
            assert_eq!(report.verdict, Verdict::JE, "{report:#?}");
            report.tests[0].message.clone().expect("there is a reason")
        };
        let id = BlobId::of(b"lost");
        let reason = judge_with(&node, id).await;
        assert!(
            reason.contains(&format!("blob {id} is missing")),
            "{reason}"
        );

        let hex = id.to_string();
        let path = data.path().join("blobs").join(&hex[..2]);
        fs::create_dir_all(&path).expect("made");
        for wrong in ["lo", "lose"] {
            fs::write(path.join(&hex), wrong).expect("written");
            let reason = judge_with(&node, id).await;
            assert!(
                reason.contains(&format!("blob {id} is damaged")),
                "{reason}"
            );
        }
    });
}

/// A library that adds the seconds of a file to the host's clock.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    const char *path = getenv("CLOCK_JUMP");
    if (clock == CLOCK_REALTIME && path) {
        FILE *file = fopen(path, "r");
        long jump = 0;
        if (file) {
            if (fscanf(file, "%ld", &jump) == 1) time->tv_sec += jump;
            fclose(file);
        }
    }
    return result;
}
"#;

#[test]
fn a_clock_that_jumps_changes_no_verdict() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let (source, library, jump) = (
        dir.path().join("clock.c"),
        dir.path().join("clock.so"),
        dir.path().join("jump"),
    );
    fs::write(&source, CLOCK).expect("written");
    let compiled = Command::new("gcc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.expect("gcc starts").success());
    let start = || {
        let mut command = Command::new(TRIBUNAL);
        serving(&mut command, &dir.path().join("data"))
            .env("LD_PRELOAD", &library)
            .env("CLOCK_JUMP", &jump);
        Server::of(command)
    };
    let events = |server: &Server| -> Vec<u64> {
        let id = submit(server, &slow_sum());
        let answer = server.get(&format!("/api/submissions/{id}/events"));
        let numbers = answer.text.lines().filter_map(|l| l.strip_prefix("id:"));
        numbers
            .map(|n| n.trim().parse().expect("a number"))
            .collect()
    };
    const DAY: i64 = 86_400;
    let server = start();
    let mut ids = vec![submit(&server, &slow_sum())];
    for days in [1, -2, 400, -400] {
        fs::write(&jump, (days * DAY).to_string()).expect("written");
        ids.push(submit(&server, &slow_sum()));
        ids.push(submit(&server, &sum_in_c(7)));
    }
    for &id in &ids {
        assert_eq!(verdict(&server, id)["verdict"], "AC");
    }
    let before = events(&server).into_iter().max().expect("there are events");
    assert!(server.stop().success());
    // The clock is behind all that was written down, and events count on all the same.
    let server = start();
    let after = events(&server).into_iter().min().expect("there are events");
    assert!(after > before, "{after} comes after {before}");
}

/// The first processes of all boxes that the judge has.
fn agents(server: &Server) -> Vec<i32> {
    let judge = server.pid().as_raw();
    let children = fs::read_to_string(format!("/proc/{judge}/task/{judge}/children"));
    let by_thread = fs::read_dir(format!("/proc/{judge}/task")).expect("threads can be listed");
    let of_threads = by_thread
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    let lists = children.into_iter().chain(of_threads);
    let pids = lists.flat_map(|list| {
        let pids = list
            .split_ascii_whitespace()
            .filter_map(|pid| pid.parse().ok());
        pids.collect::<Vec<i32>>()
    });
    pids.collect()
}

#[test]
fn a_box_that_cannot_be_used_again_is_replaced_and_its_job_repeated() {
    let server = Server::start();
    for round in 0..4 {
        let id = submit(&server, &slow_sum());
        // Once before anything runs, then in the middle of runs.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(400 * round) {
            server.get("/healthz");
        }
        let agents = agents(&server);
        let agent = *agents.last().expect("boxes have processes");
        // One that has ended meanwhile is as good.
        let _ = kill(Pid::from_raw(agent), Signal::SIGKILL);
        assert_eq!(verdict(&server, id)["verdict"], "AC");
    }
}

/// The example `pairs` with a checker that is broken, and `sum`.
fn with_a_broken_checker(dir: &Path) -> Server {
    let broken = dir.join("pairs");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(examples().join("pairs"))
        .arg(&broken)
        .status();
    assert!(copied.unwrap().success());
    let checker = broken.join("output_validator/check.cpp");
    fs::write(checker, "int main() { return 7; }\n").unwrap();
    let (config, sum) = (dir.join("tribunal.toml"), examples().join("sum"));
    let text =
        format!("only_languages = [\"python\", \"cpp\"]\nproblems = [{broken:?}, {sum:?}]\n");
    fs::write(&config, text).unwrap();
    let mut command = Command::new(TRIBUNAL);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(config)
        .arg("--data")
        .arg(dir.join("data"));
    Server::of(command)
}

#[test]
fn a_broken_checker_gets_in_nobody_else_s_way() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_a_broken_checker(dir.path());
    let to_pairs = |number: i32| {
        let source = format!("print(0)  # {number}");
        submit(
            &server,
            &json!({"problem": "pairs", "language": "python", "source": source}),
        )
    };
    let first: Vec<i64> = (0..3).map(to_pairs).collect();
    for id in first {
        assert_eq!(verdict(&server, id)["verdict"], "JE");
    }
    let in_quarantine = "tribunal_quarantined{problem=\"pairs\"} 1";
    assert!(server.get("/metrics").text.contains(in_quarantine));
    let more: Vec<i64> = (3..6).map(to_pairs).collect();
    let source = "print(sum(map(int, input().split())))";
    assert_accepted(
        &server,
        &json!({"problem": "sum", "language": "python", "source": source}),
    );
    for id in more {
        assert_eq!(verdict(&server, id)["verdict"], "JE", "none is forgotten");
    }
}
