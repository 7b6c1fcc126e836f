//! What a person sees while a command works, and that nothing of it stays when it is interrupted.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::remains::{Belongings, files_below};
use crate::server::{TRIBUNAL, examples};

/// Runs a command whose standard error is a terminal, and answers all that it wrote there.
fn on_a_terminal(args: &[&str]) -> String {
    let terminal = openpty(None, None).expect("a terminal");
    let mut child = Command::new(TRIBUNAL)
        .args(args)
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(terminal.slave)
        .spawn()
        .expect("the program starts");
    let mut screen = Vec::new();
    let mut master = File::from(terminal.master);
    let mut chunk = [0; 4096];
    // Reading fails once the other side is closed, which is the end.
    while let Ok(read @ 1..) = master.read(&mut chunk) {
        screen.extend_from_slice(&chunk[..read]);
    }
    child.wait().expect("the process is ours");
    String::from_utf8_lossy(&screen).into_owned()
}

fn sum(path: &str) -> String {
    examples().join("sum").join(path).display().to_string()
}

/// The problem `sum` with one submission only.
fn small(dir: &Path) -> (String, String) {
    let package = dir.join("sum");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(sum(""))
        .arg(&package)
        .status();
    assert!(copied.expect("cp starts").success());
    let submissions = package.join("submissions");
    std::fs::remove_dir_all(&submissions).expect("the copy is ours");
    std::fs::create_dir_all(submissions.join("accepted")).expect("made");
    let source = submissions.join("accepted/sum.py");
    let program = "a, b = map(int, input().split())\nprint(a + b)\n";
    std::fs::write(&source, program).expect("written");
    (source.display().to_string(), package.display().to_string())
}

#[test]
fn b_10_each_phase_has_its_bar_and_there_is_none_where_none_is_wanted() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let (source, package) = small(dir.path());
    let judge = ["judge", &source, "--problem", &package];
    let screen = on_a_terminal(&judge);
    let at = |word: &str| {
        screen
            .find(word)
            .unwrap_or_else(|| panic!("{word}: {screen:?}"))
    };
    assert!(at("compile") < at("test"), "{screen:?}");
    let screen = on_a_terminal(&["verify", &package]);
    for phase in ["compile", "test", "judged"] {
        assert!(screen.contains(phase), "{phase}: {screen:?}");
    }
    let hidden = on_a_terminal(&[&judge[..], &["--no-progress"]].concat());
    assert_eq!(hidden, "");
    let hidden = on_a_terminal(&["verify", &package, "--no-progress"]);
    assert_eq!(hidden, "");
    let piped = Command::new(TRIBUNAL)
        .args(judge)
        .output()
        .expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&piped.stderr), "");
}

/// Starts a judge of a program that never ends, whose temporary files are here.
fn endless(temporary: &Path, source: &Path) -> Child {
    Command::new(TRIBUNAL)
        .arg("judge")
        .arg(source)
        .args(["--problem", &sum("")])
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Waits until the condition holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn b_15_ctrl_c_leaves_no_process_and_no_temporary_directory() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let dir = tempfile::tempdir().expect("a scratch directory");
        let temporary = dir.path().join("tmp");
        std::fs::create_dir(&temporary).expect("made");
        let source = dir.path().join("endless.py");
        std::fs::write(&source, "import time\ntime.sleep(60)\n").expect("written");
        let judge = endless(&temporary, &source);
        let pid = i32::try_from(judge.id()).expect("a pid is small");
        let mut belongings = Belongings::default();
        until("the program runs", || {
            belongings.note(pid);
            belongings.has("python")
        });
        assert!(!files_below(&temporary).is_empty());
        kill(Pid::from_raw(pid), signal).expect("the process is there");
        let output = judge.wait_with_output().expect("the process is ours");
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "tribunal: interrupted\n"
        );
        // A box's processes are killed with the judge, a moment later by the kernel.
        until("all of it is gone", || belongings.left().is_empty());
        let left: Vec<_> = std::fs::read_dir(&temporary).expect("listed").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
