//! Every unsafe operation of this workspace: the system calls that `nix` does not have, and the start of a run.
//!
//! The start is a `vfork` in the old sense: the child shares the agent's memory on a stack of its own while the agent
//! stands still, so nothing is copied however large the agent is. Until it executes the program, the child may only
//! make raw system calls: no allocation, no panic, no lock.

#![expect(
    unsafe_code,
    reason = "this file is where system calls without a safe wrapper live"
)]

use std::arch::asm;
use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;

use crate::Step;
use crate::seccomp::Key;

/// Takes ownership of a descriptor that arrived in a message.
pub(crate) fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: the kernel has just installed this descriptor for us, and each number is adopted once.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Closes, or marks close-on-exec, every descriptor from `first` on.
pub(crate) fn close_from(first: RawFd, cloexec_only: bool) -> Result<(), Errno> {
    let flags = if cloexec_only {
        libc::CLOSE_RANGE_CLOEXEC
    } else {
        0
    };
    // SAFETY: closing takes no pointers; callers own everything from `first` on.
    let res = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first as c_long,
            c_long::from(u32::MAX),
            c_long::from(flags),
        )
    };
    Errno::result(res).map(drop)
}

/// The kernel's own `struct sigaction`.
#[repr(C)]
struct SignalAction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

/// Sets every signal to its default action: also SIGPIPE, which Rust's runtime ignores, and the two that libc keeps for itself.
pub(crate) fn default_signals() {
    for signal in 1..=64 {
        let action = SignalAction {
            handler: libc::SIG_DFL,
            flags: 0,
            restorer: 0,
            mask: 0,
        };
        let (old, mask_bytes) = (std::ptr::null::<SignalAction>(), size_of::<u64>());
        // SAFETY: the action has the kernel's layout; signals that cannot be set are refused, which is fine.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                &raw const action,
                old,
                mask_bytes,
            )
        };
    }
}

/// A detached copy of the mount at `path`, with what is mounted below it if `deep`.
pub(crate) fn open_tree(path: &CStr, deep: bool) -> Result<OwnedFd, Errno> {
    let deep = if deep { libc::AT_RECURSIVE as u32 } else { 0 };
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | deep;
    // SAFETY: `path` is a C string that outlives the call.
    let res = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) };
    Errno::result(res).map(|fd| adopt(fd as RawFd))
}

/// Attaches a detached mount at `path`.
pub(crate) fn move_mount(tree: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    const MOVE_MOUNT_F_EMPTY_PATH: c_int = 4;
    // SAFETY: both paths are C strings that outlive the call, the descriptor is borrowed for it.
    let res = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            path.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    Errno::result(res).map(drop)
}

#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    userns_fd: u64,
}

/// Sets attributes (`MOUNT_ATTR_*`) of a mount, and of all below it if `deep`, and takes it out of propagation.
pub(crate) fn set_mount_attributes(
    tree: BorrowedFd<'_>,
    set: u64,
    deep: bool,
) -> Result<(), Errno> {
    let deep = if deep { libc::AT_RECURSIVE } else { 0 };
    let attr = MountAttr {
        set,
        clear: 0,
        propagation: libc::MS_PRIVATE,
        userns_fd: 0,
    };
    // SAFETY: `attr` has the layout of `struct mount_attr` and its size is passed with it.
    let res = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | deep,
            &raw const attr,
            size_of::<MountAttr>(),
        )
    };
    Errno::result(res).map(drop)
}

/// Sends a signal through a process descriptor.
pub(crate) fn signal_process(pidfd: BorrowedFd<'_>, signal: c_int) -> Result<(), Errno> {
    // SAFETY: no memory is passed; a null siginfo means a plain kill.
    let res = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            std::ptr::null::<c_void>(),
            0,
        )
    };
    Errno::result(res).map(drop)
}

/// A descriptor of a process.
pub(crate) fn open_process(pid: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: no memory is passed.
    let res = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    Errno::result(res).map(|fd| adopt(fd as RawFd))
}

/// CPU time of the calling process.
pub(crate) fn own_cpu_time() -> Duration {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID).unwrap_or_default()
}

/// CPU time of a whole process, its live and dead threads together; its waited-for children are not in it.
pub(crate) fn cpu_time_of(pid: i32) -> Option<Duration> {
    // The kernel's encoding of a process clock (clock_getcpuclockid): ~pid << 3 | CPUCLOCK_SCHED.
    clock((!pid << 3) | 2)
}

fn clock(id: libc::clockid_t) -> Option<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for the result.
    let res = unsafe { libc::clock_gettime(id, &raw mut time) };
    (res == 0).then(|| Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// A process that has been waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reaped {
    pid: i32,
    /// As `wait4` gives it.
    pub(crate) status: i32,
    /// Of the process and the children that it waited for.
    pub(crate) cpu_time: Duration,
    /// Bytes.
    pub(crate) peak_resident: u64,
}

/// Reaps one child: `pid`, or any if -1. `None`: children exist, none is dead (only without `block`).
pub(crate) fn reap(pid: i32, block: bool) -> Result<Option<Reaped>, Errno> {
    let mut status = 0;
    let flags = libc::__WALL | if block { 0 } else { libc::WNOHANG };
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both places are valid for the results.
    let res = unsafe { libc::wait4(pid, &raw mut status, flags, usage.as_mut_ptr()) };
    let pid = Errno::result(res)?;
    // SAFETY: all zeroes is a valid rusage, so it is initialised whether or not the kernel wrote it.
    let usage = unsafe { usage.assume_init() };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    Ok((pid != 0).then(|| Reaped {
        pid,
        status,
        cpu_time: time(usage.ru_utime) + time(usage.ru_stime),
        peak_resident: usage.ru_maxrss as u64 * 1024,
    }))
}

/// Pins the calling process to the cores of `mask`, with the key that the filter asks for.
pub(crate) fn pin(mask: &[u64], key: Key) -> Result<(), Errno> {
    // SAFETY: the mask is readable for the length passed; the last two arguments are ignored by the kernel.
    let res = unsafe {
        libc::syscall(
            libc::SYS_sched_setaffinity,
            0,
            size_of_val(mask),
            mask.as_ptr(),
            0,
            key.0[0],
            key.0[1],
        )
    };
    Errno::result(res).map(drop)
}

#[repr(C)]
struct SchedulingAttributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Lets a process that rarely runs, and then shortly, run as soon as it wants to; its children are ordinary.
///
/// A short slice is anybody's to ask for (since 6.12); `nice` below 0 is root's.
pub(crate) fn hurry(pid: i32, nice: i32) -> Result<(), Errno> {
    const RESET_ON_FORK: u64 = 1;
    let attributes = SchedulingAttributes {
        size: size_of::<SchedulingAttributes>() as u32,
        policy: libc::SCHED_OTHER as u32,
        flags: RESET_ON_FORK,
        nice,
        priority: 0,
        runtime: 100_000,
        deadline: 0,
        period: 0,
    };
    // SAFETY: the attributes have the kernel's layout and say their size.
    let res = unsafe { libc::syscall(libc::SYS_sched_setattr, pid, &raw const attributes, 0) };
    Errno::result(res).map(drop)
}

/// The cores that the calling process may use.
pub(crate) fn affinity() -> Result<[u64; CORE_WORDS], Errno> {
    let mut mask = [0u64; CORE_WORDS];
    // SAFETY: the mask is writable for the length passed.
    let res = unsafe {
        libc::syscall(
            libc::SYS_sched_getaffinity,
            0,
            size_of_val(&mask),
            mask.as_mut_ptr(),
        )
    };
    Errno::result(res).map(|_| mask)
}

/// Words of a core mask: room for 1024 cores.
pub(crate) const CORE_WORDS: usize = 16;

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Which side of a fork the caller is on.
pub(crate) enum Forked {
    Child,
    Parent { pid: i32, pidfd: OwnedFd },
}

/// Forks the single-threaded caller into new namespaces. The child is a child of the caller's parent.
pub(crate) fn fork_into(namespaces: c_int) -> Result<Forked, Errno> {
    let mut pidfd: RawFd = -1;
    let flags = namespaces | libc::CLONE_PARENT | libc::CLONE_PIDFD;
    let args = CloneArgs {
        flags: flags as u32 as u64,
        pidfd: &raw mut pidfd as u64,
        ..CloneArgs::default()
    };
    // SAFETY: without CLONE_VM and with no stack this is a fork: the child has a copy of everything. The caller has one
    // thread, so no lock can be held by another.
    let res = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) };
    match Errno::result(res)? {
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent {
            pid: pid as i32,
            pidfd: adopt(pidfd),
        }),
    }
}

/// What to execute.
#[derive(Clone, Copy)]
pub(crate) enum Executable<'a> {
    Path(&'a CStr),
    File(RawFd),
}

/// A limit of the run's first process: resource, soft and hard value.
pub(crate) type RunLimit = (c_int, u64, u64);

/// Everything that the child needs; prepared before it starts, since it cannot allocate.
pub(crate) struct Launch<'a> {
    pub(crate) executable: Executable<'a>,
    pub(crate) args: &'a [CString],
    pub(crate) env: &'a [CString],
    /// What become the descriptors from 0 on, at least the three streams. Must be open until the start returns; if there are
    /// more, no number of theirs or of the executable's may be below their count.
    pub(crate) streams: &'a [RawFd],
    pub(crate) limits: &'a [RunLimit],
    /// User and group id to drop to; `None`: stay, and lose the capabilities at exec.
    pub(crate) id: Option<u32>,
    /// The version 2 control group to be born in.
    pub(crate) cgroup: Option<BorrowedFd<'a>>,
    /// New pid and ipc namespaces, with a first process of their own.
    pub(crate) fresh: bool,
    /// The agent's `oom_score_adj`.
    pub(crate) oom_score: RawFd,
    pub(crate) key: Key,
}

/// The stacks of the child and, with fresh namespaces, of their first process.
pub(crate) struct Stacks {
    child: Box<[Page]>,
    init: Box<[Page]>,
}

#[repr(C, align(4096))]
#[derive(Clone, Copy)]
struct Page([u8; 4096]);

impl Stacks {
    pub(crate) fn new() -> Self {
        let stack = || vec![Page([0; 4096]); 8].into_boxed_slice();
        Self {
            child: stack(),
            init: stack(),
        }
    }
}

/// What the child reads, and the first process of fresh namespaces, in the agent's memory; they write the last three fields.
struct Plan {
    path: *const c_char,
    exe: RawFd,
    argv: *const *const c_char,
    envp: *const *const c_char,
    streams: *const RawFd,
    streams_len: usize,
    limits: *const RunLimit,
    limits_len: usize,
    id: u32,
    /// The agent's session cannot be seen from inside, so it has one of its own.
    fresh: bool,
    oom_score: RawFd,
    key: Key,
    child_args: CloneArgs,
    child_tids: [i32; 2],
    init_tids: [i32; 2],
    step: Step,
    errno: c_int,
    status: c_int,
}

const SAME_ID: u32 = u32::MAX;
const CLEAR_SIGHAND: u64 = 0x1_0000_0000;
const INTO_CGROUP: u64 = 0x2_0000_0000;

/// A run that has been started. While it lives, fresh namespaces' first process reads what the launch borrowed.
pub(crate) struct Running<'a> {
    pub(crate) pid: i32,
    pub(crate) pidfd: OwnedFd,
    plan: Box<Plan>,
    _argv: [Vec<*const c_char>; 2],
    fresh: bool,
    reaped: Option<Reaped>,
    _launch: std::marker::PhantomData<&'a ()>,
}

impl Running<'_> {
    /// Reaps orphans that the kernel has given to this process and that are dead, so that they do not use up the run's processes.
    pub(crate) fn reap_orphans(&mut self) {
        while let Ok(Some(reaped)) = reap(-1, false) {
            if reaped.pid == self.pid {
                self.reaped = Some(reaped);
            }
        }
    }

    /// Reaps the run's first process, which must be dead or about to die, and says how the program ended.
    pub(crate) fn reap(&mut self) -> Result<Reaped, (Step, Errno)> {
        let reaped = match self.reaped {
            Some(reaped) => Some(reaped),
            None => reap(self.pid, true).map_err(|errno| (Step::Wait, errno))?,
        };
        let mut reaped = reaped.ok_or((Step::Wait, Errno::ECHILD))?;
        self.reaped = Some(reaped);
        if self.fresh {
            self.failure()?;
            // SAFETY: the place is in our own box, and its writer has been reaped.
            let inner = unsafe { (&raw const self.plan.status).read_volatile() };
            if inner != NO_STATUS {
                reaped.status = inner;
            }
        }
        Ok(reaped)
    }

    /// The step at which the child gave up, if it did.
    fn failure(&self) -> Result<(), (Step, Errno)> {
        // SAFETY: the place is in our own box, and its writer is past exec or dead.
        let errno = unsafe { (&raw const self.plan.errno).read_volatile() };
        // SAFETY: as above; only valid steps are ever written.
        let step = unsafe { (&raw const self.plan.step).read_volatile() };
        if errno == 0 {
            Ok(())
        } else {
            Err((step, Errno::from_raw(errno)))
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.reaped.is_none() {
            let _ = signal_process(std::os::fd::AsFd::as_fd(&self.pidfd), libc::SIGKILL);
            let _ = reap(self.pid, true);
        }
    }
}

/// A wait status that the kernel never gives.
const NO_STATUS: c_int = -1;

/// Starts a program. Returns when it has been executed or has failed to be; with fresh namespaces, at once.
pub(crate) fn start<'a>(
    launch: &Launch<'a>,
    stacks: &'a mut Stacks,
) -> Result<Running<'a>, (Step, Errno)> {
    let pointers = |strings: &[CString]| {
        strings
            .iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let argv = [pointers(launch.args), pointers(launch.env)];
    let (path, exe) = match launch.executable {
        Executable::Path(path) => (path.as_ptr(), -1),
        Executable::File(fd) => (c"".as_ptr(), fd),
    };
    let mut plan = Box::new(Plan {
        path,
        exe,
        argv: argv[0].as_ptr(),
        envp: argv[1].as_ptr(),
        streams: launch.streams.as_ptr(),
        streams_len: launch.streams.len(),
        limits: launch.limits.as_ptr(),
        limits_len: launch.limits.len(),
        id: launch.id.unwrap_or(SAME_ID),
        fresh: launch.fresh,
        oom_score: launch.oom_score,
        key: launch.key,
        child_args: CloneArgs::default(),
        child_tids: [2, 2],
        init_tids: [1, 3],
        step: Step::StartRun,
        errno: 0,
        status: NO_STATUS,
    });
    let mut pidfd: RawFd = -1;
    let common = CloneArgs {
        exit_signal: libc::SIGCHLD as u64,
        flags: libc::CLONE_VM as u64
            | CLEAR_SIGHAND
            | if launch.cgroup.is_some() {
                INTO_CGROUP
            } else {
                0
            },
        cgroup: launch.cgroup.map_or(0, |fd| fd.as_raw_fd() as u64),
        ..CloneArgs::default()
    };
    plan.child_args = CloneArgs {
        flags: common.flags | libc::CLONE_VFORK as u64,
        stack: stacks.child.as_mut_ptr() as u64,
        stack_size: size_of_val(&*stacks.child) as u64,
        set_tid: plan.child_tids.as_ptr() as u64,
        set_tid_size: if launch.fresh { 2 } else { 1 },
        ..common
    };
    let (args, first): (_, extern "C" fn(*mut Plan) -> !) = if launch.fresh {
        let namespaces = libc::CLONE_NEWPID | libc::CLONE_NEWIPC;
        let args = CloneArgs {
            flags: common.flags | namespaces as u64,
            stack: stacks.init.as_mut_ptr() as u64,
            stack_size: size_of_val(&*stacks.init) as u64,
            set_tid: plan.init_tids.as_ptr() as u64,
            set_tid_size: 2,
            ..common
        };
        (args, run_init)
    } else {
        (plan.child_args, run_child)
    };
    let args = CloneArgs {
        flags: args.flags | libc::CLONE_PIDFD as u64,
        pidfd: &raw mut pidfd as u64,
        ..args
    };
    let pid = clone_on_stack(&args, first, &raw mut *plan, launch.key)
        .map_err(|errno| (Step::StartRun, errno))?;
    let (pidfd, fresh) = (adopt(pidfd), launch.fresh);
    let mut running = Running {
        pid,
        pidfd,
        plan,
        _argv: argv,
        fresh,
        reaped: None,
        _launch: std::marker::PhantomData,
    };
    if !fresh && let Err(failure) = running.failure() {
        let _ = running.reap();
        return Err(failure);
    }
    Ok(running)
}

/// `clone3` to a function on the stack of `args`; the key goes into the registers of arguments that it does not have.
#[cfg(target_arch = "x86_64")]
fn clone_on_stack(
    args: &CloneArgs,
    first: extern "C" fn(*mut Plan) -> !,
    plan: *mut Plan,
    key: Key,
) -> Result<i32, Errno> {
    let res: isize;
    // SAFETY: the parent's side returns like any system call. The child's side starts on its own, 16-byte aligned stack and
    // calls `first`, which never returns; with CLONE_VFORK the parent stands still meanwhile, else `first` writes only to `plan`.
    unsafe {
        asm!(
            "syscall", "test rax, rax", "jnz 2f", "xor ebp, ebp", "mov rdi, r12", "call r13", "ud2", "2:",
            inlateout("rax") libc::SYS_clone3 as isize => res,
            in("rdi") args, in("rsi") size_of::<CloneArgs>(), in("r8") key.0[0], in("r9") key.0[1],
            in("r12") plan, in("r13") first, lateout("rcx") _, lateout("r11") _,
        );
    }
    if res < 0 {
        Err(Errno::from_raw(-res as i32))
    } else {
        Ok(res as i32)
    }
}

/// `clone3` to a function on the stack of `args`; the key goes into the registers of arguments that it does not have.
#[cfg(target_arch = "aarch64")]
fn clone_on_stack(
    args: &CloneArgs,
    first: extern "C" fn(*mut Plan) -> !,
    plan: *mut Plan,
    key: Key,
) -> Result<i32, Errno> {
    let res: isize;
    // SAFETY: as on x86_64.
    unsafe {
        asm!(
            "svc #0", "cbnz x0, 2f", "mov x29, xzr", "mov x0, x20", "blr x21", "brk #1", "2:",
            inlateout("x0") args => res, in("x1") size_of::<CloneArgs>(), in("x4") key.0[0], in("x5") key.0[1],
            in("x8") libc::SYS_clone3, in("x20") plan, in("x21") first,
        );
    }
    if res < 0 {
        Err(Errno::from_raw(-res as i32))
    } else {
        Ok(res as i32)
    }
}

/// A system call that leaves `errno` alone, since that word is the agent's.
#[cfg(target_arch = "x86_64")]
fn raw(number: c_long, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let res: isize;
    // SAFETY: only called from the two functions below, with pointers into the plan, what it points to, and constants.
    unsafe {
        asm!(
            "syscall", inlateout("rax") number as isize => res, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    res
}

/// A system call that leaves `errno` alone, since that word is the agent's.
#[cfg(target_arch = "aarch64")]
fn raw(number: c_long, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let res: isize;
    // SAFETY: only called from the two functions below, with pointers into the plan, what it points to, and constants.
    unsafe {
        asm!(
            "svc #0", in("x8") number, inlateout("x0") a => res, in("x1") b, in("x2") c, in("x3") d, in("x4") e,
        );
    }
    res
}

fn exit(status: usize) -> ! {
    loop {
        raw(libc::SYS_exit_group, status, 0, 0, 0, 0);
    }
}

/// The first process of fresh namespaces: starts the program, reaps whatever is left to it, ends with the program.
extern "C" fn run_init(plan: *mut Plan) -> ! {
    // SAFETY: the agent keeps the plan alive until this process is reaped, and reads its last fields only then.
    let plan = unsafe { &mut *plan };
    let key = plan.key;
    let args = &raw const plan.child_args;
    // SAFETY: the arguments are in the plan and nobody writes them.
    let args = unsafe { &*args };
    let child = clone_on_stack(args, run_child, plan, key);
    // The score goes with the memory: now that the program has its own, it keeps the high one, and we and the agent need not.
    let zero = c"0".as_ptr() as usize;
    raw(libc::SYS_pwrite64, plan.oom_score as usize, zero, 1, 0, 0);
    let child = match child {
        Ok(pid) => pid,
        Err(errno) => {
            plan.errno = errno as c_int;
            exit(127);
        }
    };
    // What the program closes is to be closed, and this process would hold it.
    raw(libc::SYS_close_range, 0, u32::MAX as usize, 0, 0, 0);
    let mut status: c_int = 0;
    loop {
        let place = &raw mut status as usize;
        let pid = raw(
            libc::SYS_wait4,
            usize::MAX,
            place,
            libc::__WALL as usize,
            0,
            0,
        );
        if pid == child as isize {
            plan.status = status;
            exit(0);
        }
        if pid < 0 && pid != -(libc::EINTR as isize) {
            exit(126);
        }
    }
}

/// The program's process before it executes it.
extern "C" fn run_child(plan: *mut Plan) -> ! {
    // SAFETY: the parent stands still until this process has executed the program or is dead.
    let plan = unsafe { &mut *plan };
    let (step, res) = prepare_and_execute(plan);
    plan.step = step;
    plan.errno = -res as c_int;
    exit(127);
}

/// Returns only the step that failed, and its negative error number.
///
/// A process group sets the run apart. A session would do so as well, but is a scheduling group too (sched(7), autogroup): a new
/// one for each run stands at the end of the queue, which on a busy host costs several times the run.
fn prepare_and_execute(plan: &Plan) -> (Step, isize) {
    let apart = if plan.fresh {
        libc::SYS_setsid
    } else {
        libc::SYS_setpgid
    };
    let res = raw(apart, 0, 0, 0, 0, 0);
    if res < 0 {
        return (Step::RunGroup, res);
    }
    for to in 0..plan.streams_len {
        let stream = plan.streams.wrapping_add(to);
        // SAFETY: `streams` points to `streams_len` numbers that outlive the run.
        let from = unsafe { *stream };
        let res = raw(libc::SYS_dup3, from as usize, to, 0, 0, 0);
        if res < 0 {
            return (Step::Streams, res);
        }
    }
    let (rest, cloexec) = (plan.streams_len, libc::CLOSE_RANGE_CLOEXEC as usize);
    let all = u32::MAX as usize;
    let res = raw(libc::SYS_close_range, rest, all, cloexec, 0, 0);
    if res < 0 {
        return (Step::CloseDescriptors, res);
    }
    for at in 0..plan.limits_len {
        let limit = plan.limits.wrapping_add(at);
        // SAFETY: `limits` points to `limits_len` values that outlive the run.
        let (resource, soft, hard) = unsafe { *limit };
        let pair = [soft, hard];
        let res = raw(
            libc::SYS_prlimit64,
            0,
            resource as usize,
            pair.as_ptr() as usize,
            0,
            0,
        );
        if res < 0 {
            return (Step::RunLimit, res);
        }
    }
    if plan.id != SAME_ID {
        let id = plan.id as usize;
        for call in [libc::SYS_setresgid, libc::SYS_setresuid] {
            let res = raw(call, id, id, id, 0, 0);
            if res < 0 {
                return (Step::DropIds, res);
            }
        }
    }
    let (argv, envp, path) = (plan.argv as usize, plan.envp as usize, plan.path as usize);
    let res = if plan.exe < 0 {
        raw(libc::SYS_execve, path, argv, envp, 0, 0)
    } else {
        raw(
            libc::SYS_execveat,
            plan.exe as usize,
            path,
            argv,
            envp,
            libc::AT_EMPTY_PATH as usize,
        )
    };
    (Step::Exec, res)
}
