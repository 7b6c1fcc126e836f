//! One sandbox for all tests, and how a test says what it runs.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Failed, Trial};
use tribunal_sandbox::{
    Cancel, Config, Error, Input, Limits, Outcome, Output, Program, ReadyBox, Sandbox, Spec, seal,
};

use crate::emulated::is_emulated;
use crate::probe;

pub(crate) type Check = Result<(), Failed>;

/// Lets the same tests run as root, as an ordinary user with delegated groups, and without any.
pub(crate) fn config() -> Config {
    Config {
        allow_degraded: true,
        ..Config::default()
    }
}

static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::start(config()).expect("a sandbox can be made here"));

pub(crate) fn sandbox() -> &'static Sandbox {
    &SANDBOX
}

pub(crate) fn acquire() -> ReadyBox {
    sandbox().acquire().expect("a box can be had")
}

/// Whether groups count: else figures are approximate and some limits are not kept.
pub(crate) fn counted() -> bool {
    sandbox()
        .host()
        .lacks()
        .iter()
        .all(|lack| *lack == tribunal_sandbox::Lack::Landlock)
}

pub(crate) fn as_root() -> bool {
    nix::unistd::geteuid().is_root()
}

fn own_executable() -> Arc<OwnedFd> {
    static OWN: LazyLock<Arc<OwnedFd>> = LazyLock::new(|| {
        let mut file = File::open("/proc/self/exe").expect("the own executable");
        Arc::new(seal(&mut file, "test").expect("a sealed copy"))
    });
    Arc::clone(&OWN)
}

/// A spec that does one deed of the probe.
pub(crate) fn deed(args: &[&str]) -> Spec {
    let args = ["test", probe::NAME]
        .into_iter()
        .chain(args.iter().copied());
    Spec {
        program: Program::File(own_executable()),
        args: args.map(OsString::from).collect(),
        env: Vec::new(),
        stdin: Input::Empty,
        stdout: Output::Capture {
            head: 8192,
            tail: 8192,
        },
        stderr: Output::Capture {
            head: 8192,
            tail: 8192,
        },
        limits: limits(),
        core: None,
        inherited: Vec::new(),
        read_only: false,
    }
}

/// Enough of everything, and of time also for an emulated machine.
fn limits() -> Limits {
    let times = if is_emulated() { 12 } else { 1 };
    let usual = Limits::default();
    Limits {
        memory: 512 << 20,
        cpu_time: usual.cpu_time * times,
        wall_time: usual.wall_time * times,
        ..usual
    }
}

/// A spec that runs a shell command.
pub(crate) fn shell(command: &str) -> Spec {
    Spec {
        program: Program::Path("/bin/sh".into()),
        args: ["sh", "-c", command].map(OsString::from).to_vec(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        ..deed(&[])
    }
}

pub(crate) fn limited(args: &[&str], change: impl FnOnce(&mut Limits)) -> Spec {
    let mut spec = deed(args);
    change(&mut spec.limits);
    spec
}

pub(crate) fn run_in(visit: &mut ReadyBox, spec: &Spec) -> Result<Outcome, Error> {
    visit.run(spec, &Cancel::new()?)
}

pub(crate) fn run(spec: &Spec) -> Outcome {
    run_in(&mut acquire(), spec).expect("the sandbox works")
}

pub(crate) fn stdout(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stdout.head).into_owned()
}

/// Fails with the whole outcome unless `holds`.
pub(crate) fn expect(outcome: &Outcome, holds: bool) -> Check {
    if holds {
        Ok(())
    } else {
        Err(format!(
            "{outcome:#?}\n{}",
            String::from_utf8_lossy(&outcome.stderr.head)
        )
        .into())
    }
}

pub(crate) fn trial(name: &str, test: impl FnOnce() -> Check + Send + 'static) -> Trial {
    Trial::test(name, test)
}

/// Waits until something holds, for ten seconds at most.
#[expect(
    clippy::disallowed_methods,
    reason = "the kernel has no event for what these tests wait for"
)]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) -> Check {
    for _ in 0..1000 {
        if holds() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err(format!("{what} never came about").into())
}
