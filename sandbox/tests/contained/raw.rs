//! System calls as hostile programs make them: by number, with whatever arguments.

#![expect(unsafe_code, reason = "a hostile program is not safe")]

use std::time::Duration;

use libc::c_long;
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Makes a system call. Arguments that are missing are 0.
pub(crate) fn call(number: c_long, arguments: &[usize]) -> Result<usize, Errno> {
    let arg = |place: usize| arguments.get(place).copied().unwrap_or(0);
    // SAFETY: not safe at all; the process that calls this lives in a box and has nothing to lose.
    let result = unsafe { libc::syscall(number, arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)) };
    Errno::result(result).map(|result| result as usize)
}

/// Asserts that a call fails, and with one of these errors.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Errno>, errors: &[Errno]) {
    match result {
        Err(error) if errors.contains(&error) => {}
        other => panic!("{other:?}, expected one of {errors:?}"),
    }
}

/// Asserts that an operation of the standard library fails.
pub(crate) fn denied<T: std::fmt::Debug>(what: &str, result: std::io::Result<T>) {
    if let Ok(value) = result {
        panic!("{what} is possible: {value:?}");
    }
}

/// Forks; the child runs `child` and exits with 0.
pub(crate) fn fork(child: impl FnOnce()) -> Result<Pid, Errno> {
    // SAFETY: the callers have one thread, or do not care.
    match unsafe { nix::unistd::fork() }? {
        nix::unistd::ForkResult::Child => {
            child();
            exit_now(0)
        }
        nix::unistd::ForkResult::Parent { child } => Ok(child),
    }
}

pub(crate) fn wait(child: Pid) -> WaitStatus {
    waitpid(child, None).expect("the child can be waited for")
}

/// Exits without running anything else.
pub(crate) fn exit_now(status: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(status) }
}

/// Sets the action of one signal to "ignore" or "default".
pub(crate) fn set_signal(signal: i32, ignore: bool) {
    let action = if ignore { libc::SIG_IGN } else { libc::SIG_DFL };
    // SAFETY: both are valid actions; what cannot be set is refused.
    unsafe { libc::signal(signal, action) };
}

pub(crate) fn ignore_all_signals() {
    (1..=64).for_each(|signal| set_signal(signal, true));
}

/// Reserves and returns memory that is never given back.
pub(crate) fn map(bytes: usize, flags: i32, fd: i32) -> Result<&'static mut [u8], Errno> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the kernel chooses the place.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, fd, 0) };
    if start == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    // SAFETY: the mapping has this length, is never unmapped, and nothing else refers to it.
    Ok(unsafe { std::slice::from_raw_parts_mut(start.cast(), bytes) })
}

/// Writes one byte into each `stride`.
pub(crate) fn touch(memory: &mut [u8], stride: usize) {
    for at in (0..memory.len()).step_by(stride) {
        memory[at] = 1;
    }
    std::hint::black_box(memory);
}

/// Calls `getpid` of the 32-bit interface.
#[cfg(target_arch = "x86_64")]
pub(crate) fn int_0x80() -> i64 {
    let mut number: i64 = 20;
    // SAFETY: this call touches no memory of ours.
    unsafe {
        std::arch::asm!("int 0x80", inout("rax") number, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    };
    number
}

/// Ends by the trap of an impossible instruction.
#[cfg(target_arch = "x86_64")]
pub(crate) fn illegal_instruction() {
    // SAFETY: ends the process.
    unsafe { std::arch::asm!("ud2") }
}

/// Reads address 0.
pub(crate) fn null_pointer() -> u8 {
    let nowhere = std::hint::black_box(std::ptr::null::<u8>());
    // SAFETY: ends the process.
    unsafe { nowhere.read_volatile() }
}

pub(crate) fn raise(signal: i32) {
    // SAFETY: at worst ends the process.
    unsafe { libc::raise(signal) };
}

/// Waits without using the CPU.
#[expect(
    clippy::disallowed_methods,
    reason = "programs in boxes sleep, and the judge waits for facts"
)]
pub(crate) fn rest(time: Duration) {
    std::thread::sleep(time);
}

/// Waits for ever.
pub(crate) fn rest_for_ever() -> ! {
    loop {
        rest(Duration::from_secs(3600));
    }
}

/// Uses the CPU for ever.
pub(crate) fn spin() -> ! {
    let mut number = 0u64;
    loop {
        number = std::hint::black_box(
            number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1),
        );
    }
}

/// Uses the CPU until the process's own counter says so much.
pub(crate) fn spin_for(time: Duration) {
    let used = || {
        let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_THREAD)
            .expect("usage is known");
        let micros = |value: nix::sys::time::TimeVal| {
            value.tv_sec() as u64 * 1_000_000 + value.tv_usec() as u64
        };
        Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
    };
    let end = used() + time;
    while used() < end {
        for number in 0..2000u64 {
            std::hint::black_box(number);
        }
    }
}
