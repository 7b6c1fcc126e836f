//! Every step that can fail, made to fail, and named with its error.
//!
//! Most steps are system calls that no honest kernel refuses. So this binary, when it is started as an agent from a file in
//! memory that is named after a step, first loads a filter that lets that step's system call fail, then goes on as the agent
//! that it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

use libtest_mimic::Trial;
use nix::errno::Errno;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use tribunal_sandbox::{Config, Content, Error, Program, ReadyBox, Sandbox, Spec, Step, seal};

use crate::common::{Check, as_root, config, counted, deed, eventually, limited, run_in, trial};
use crate::life::groups;

/// What an injected failure answers: the kernel itself never gives it here.
const ERRNO: Errno = Errno::EDQUOT;
/// Begins the name of the file from which such an agent is executed.
const MARK: &str = "fails-at-";

/// How a step is made to fail.
enum Provocation {
    /// This system call of the agent fails, if its argument at this place is so; the step belongs to this part of a box's life.
    Call(i64, Option<(u8, SeccompCmpOp, u64)>, Part),
    /// Something real.
    Cause(Errno, fn(&mut ReadyBox) -> Result<(), Error>),
}

/// When a step is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Making,
    Running,
    Taking,
}

use Part::{Making, Running, Taking};
use Provocation::{Call, Cause};
use SeccompCmpOp::{Eq, Ge, MaskedEq};

#[cfg(target_arch = "x86_64")]
const SYMLINK: i64 = libc::SYS_symlink;
#[cfg(not(target_arch = "x86_64"))]
const SYMLINK: i64 = libc::SYS_symlinkat;

#[cfg(target_arch = "x86_64")]
const CHMOD: (i64, u8) = (libc::SYS_chmod, 1);
#[cfg(not(target_arch = "x86_64"))]
const CHMOD: (i64, u8) = (libc::SYS_fchmodat, 2);

fn provocation(step: Step) -> Provocation {
    let mount = |flags: u64| Call(libc::SYS_mount, Some((3, Eq, flags)), Making);
    let mount_attributes = |flags: i32| {
        let flags = (libc::AT_EMPTY_PATH | flags) as u64;
        Call(libc::SYS_mount_setattr, Some((2, Eq, flags)), Making)
    };
    let control = |option: i32| Call(libc::SYS_prctl, Some((0, Eq, option as u64)), Making);
    let limit = |resource: u32, part| {
        let place = (1, Eq, u64::from(resource));
        Call(libc::SYS_prlimit64, Some(place), part)
    };
    let always = |call, part| Call(call, None, part);
    let recursive = libc::AT_RECURSIVE as u64;
    match step {
        Step::Receive => always(libc::SYS_recvmsg, Making),
        Step::Session => always(libc::SYS_setsid, Making),
        // A single "0": "me".
        Step::EnterCgroup => Call(libc::SYS_write, Some((2, Eq, 1)), Making),
        Step::OpenTree => always(libc::SYS_open_tree, Making),
        Step::Clone => always(libc::SYS_clone3, Making),
        Step::MapIds => Call(libc::SYS_write, Some((2, Ge, 4)), Making),
        Step::TakeIds => always(libc::SYS_setgroups, Making),
        Step::Harden => control(libc::PR_SET_DUMPABLE),
        Step::Hostname => always(libc::SYS_sethostname, Making),
        Step::Private => mount(libc::MS_REC | libc::MS_PRIVATE),
        Step::MountRoot => mount(libc::MS_NOSUID | libc::MS_NODEV),
        Step::Bind => mount_attributes(libc::AT_RECURSIVE),
        Step::Populate => always(SYMLINK, Making),
        Step::MountWork => Call(
            libc::SYS_open_tree,
            Some((2, MaskedEq(recursive), 0)),
            Making,
        ),
        Step::MountProc => mount(libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC),
        Step::PivotRoot => always(libc::SYS_pivot_root, Making),
        Step::Unmount => Call(
            libc::SYS_umount2,
            Some((1, Eq, libc::MNT_DETACH as u64)),
            Making,
        ),
        Step::SealRoot => mount_attributes(0),
        Step::Rlimit => limit(libc::RLIMIT_MSGQUEUE, Making),
        Step::Landlock => always(libc::SYS_landlock_restrict_self, Making),
        Step::Seccomp => control(libc::PR_SET_NO_NEW_PRIVS),
        Step::Affinity => Cause(Errno::EINVAL, on_a_core_that_is_not_there),
        // Without the sticky bit that a box begins with.
        Step::CloseDirectory => Call(CHMOD.0, Some((CHMOD.1, MaskedEq(0o1000), 0)), Running),
        Step::StartRun => Cause(Errno::EAGAIN, without_a_process),
        Step::RunGroup => always(libc::SYS_setpgid, Running),
        Step::Streams => always(libc::SYS_dup3, Running),
        Step::CloseDescriptors => Call(
            libc::SYS_close_range,
            Some((2, Eq, u64::from(libc::CLOSE_RANGE_CLOEXEC))),
            Running,
        ),
        Step::RunLimit => limit(libc::RLIMIT_FSIZE, Running),
        Step::DropIds => Call(libc::SYS_setresgid, Some((0, Eq, 1000)), Running),
        Step::Exec => Cause(Errno::ENOENT, of_a_program_that_is_not_there),
        Step::Wait => always(libc::SYS_wait4, Running),
        // The buffer of a counter's text.
        Step::CpuTime => Call(libc::SYS_pread64, Some((2, Eq, 128)), Running),
        Step::Place => Cause(Errno::ENOSPC, placed_in_a_full_box),
        Step::Take => always(libc::SYS_openat2, Taking),
    }
}

/// All steps, as they are numbered in messages.
fn steps() -> impl Iterator<Item = Step> {
    (0u8..).map_while(|number| postcard::from_bytes(&[number]).ok())
}

/// Whether the step is taken on this host at all.
fn is_taken(step: Step) -> bool {
    match step {
        Step::EnterCgroup | Step::StartRun | Step::CpuTime => counted(),
        Step::TakeIds | Step::DropIds => as_root(),
        Step::Landlock => tribunal_sandbox::Host::detect().landlock_abi() > 0,
        // An initramfs cannot be pivoted away.
        Step::Unmount => !std::fs::read_to_string("/proc/self/mountinfo")
            .is_ok_and(|mounts| mounts.contains(" - rootfs ")),
        _ => true,
    }
}

pub(crate) fn trials() -> Vec<Trial> {
    steps()
        .map(|step| {
            trial(&format!("a_failure_is_named_{step}"), move || {
                if is_taken(step) { check(step) } else { Ok(()) }
            })
        })
        .collect()
}

fn check(step: Step) -> Check {
    let (errno, part, cause) = match provocation(step) {
        // What arrives may be wrong in more ways than a system call can say.
        Call(_, _, part) if step == Step::Receive => (Errno::EPROTO, part, None),
        Call(_, _, part) => (ERRNO, part, None),
        Cause(errno, cause) => (errno, Running, Some(cause)),
    };
    // What an earlier run of the tests that was killed may have left has another name.
    let name = format!("step-{step}-{}", std::process::id());
    let executable = agent(step)?;
    let mut config = Config {
        name: name.clone(),
        disk_bytes: 1 << 20,
        ready: 1,
        ..config()
    };
    if cause.is_none() {
        config.agent = format!("/proc/self/fd/{}", executable.as_raw_fd()).into();
    }
    let failure = match Sandbox::start(config) {
        Ok(sandbox) => {
            let mut visit = sandbox.acquire()?;
            let failure = match (part, cause) {
                (Making, _) => return Err(format!("{step} did not fail").into()),
                (_, Some(cause)) => cause(&mut visit),
                (Running, None) => run_in(&mut visit, &closed()).map(drop),
                (Taking, None) => visit.take("any", 1).map(drop),
            };
            failure.err().map(|error| error.to_string())
        }
        Err(error) => Some(error.to_string()),
    };
    let said = failure.unwrap_or_default();
    let expected = match step {
        Step::Exec => format!("cannot be executed: {errno}"),
        _ => format!("failed at step {step}: {errno}"),
    };
    if !said.ends_with(&expected) || said.starts_with("no box") != (part == Making) {
        return Err(format!("{said:?}, expected {expected:?}").into());
    }
    eventually("the end of its groups", || groups(&name).is_empty())
}

/// A run that takes every step.
fn closed() -> Spec {
    Spec {
        read_only: true,
        ..deed(&["exit", "0"])
    }
}

fn on_a_core_that_is_not_there(visit: &mut ReadyBox) -> Result<(), Error> {
    let spec = Spec {
        core: Some(900),
        ..deed(&["exit", "0"])
    };
    run_in(visit, &spec).map(drop)
}

fn without_a_process(visit: &mut ReadyBox) -> Result<(), Error> {
    run_in(
        visit,
        &limited(&["exit", "0"], |limits| limits.processes = 0),
    )
    .map(drop)
}

fn of_a_program_that_is_not_there(visit: &mut ReadyBox) -> Result<(), Error> {
    let spec = Spec {
        program: Program::Path("/box/absent".into()),
        ..deed(&[])
    };
    run_in(visit, &spec).map(drop)
}

fn placed_in_a_full_box(visit: &mut ReadyBox) -> Result<(), Error> {
    visit.place("large", Content::Bytes(&vec![1; 2 << 20]), false)
}

/// This executable, under the name that makes it fail at a step.
fn agent(step: Step) -> Result<OwnedFd, Error> {
    let mut own = File::open("/proc/self/exe").expect("the own executable");
    seal(&mut own, &format!("{MARK}{step}"))
}

/// Loads the filter, if this process is an agent that must fail. Must come before `main` looks whether it is an agent at all.
pub(crate) fn fail_if_asked() {
    let own = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    let own = own.to_string_lossy();
    let Some((_, name)) = own.split_once(MARK) else {
        return;
    };
    let name = name.trim_end_matches(" (deleted)");
    let step = steps().find(|step| step.to_string() == name);
    if let Call(call, when, _) = provocation(step.expect("a file is named after a step")) {
        let filter = filter(call, when).expect("the filter can be built");
        seccompiler::apply_filter(&filter).expect("the filter can be loaded");
    }
}

fn filter(
    call: i64,
    when: Option<(u8, SeccompCmpOp, u64)>,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules = Vec::new();
    if let Some((place, operator, value)) = when {
        let condition = SeccompCondition::new(place, SeccompCmpArgLen::Dword, operator, value)?;
        rules.push(SeccompRule::new(vec![condition])?);
    }
    let fails = SeccompAction::Errno(ERRNO as u32);
    let arch = std::env::consts::ARCH.try_into()?;
    let rules = BTreeMap::from([(call, rules)]);
    SeccompFilter::new(rules, SeccompAction::Allow, fails, arch)?.try_into()
}
