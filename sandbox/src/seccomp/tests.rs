//! The filter, interpreted as the kernel would, on calls one by one; and loaded for real in a thread.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;

use super::table::Refusal;
use super::*;

const X86_64: u32 = 0xc000_003e;
const I386: u32 = 0x4000_0003;
const KEY: Key = Key([0x1122_3344_5566_7788, 0x99aa_bbcc_ddee_ff00]);

/// What the program answers to a call, as `SECCOMP_RET_*` and its data.
fn answer(program: &BpfProgram, arch: u32, call: c_long, args: [u64; 6]) -> Answer {
    let word = |offset: u32| match offset {
        0 => u32::try_from(call).unwrap(),
        4 => arch,
        16.. => {
            let arg = args[(offset as usize - 16) / 8];
            if offset.is_multiple_of(8) {
                arg as u32
            } else {
                (arg >> 32) as u32
            }
        }
        _ => panic!("the instruction pointer is not looked at"),
    };
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let step = &program[at];
        let jump = |holds: bool| usize::from(if holds { step.jt } else { step.jf });
        at += 1;
        match step.code {
            0x20 => accumulator = word(step.k),
            0x54 => accumulator &= step.k,
            0x05 => at += step.k as usize,
            0x15 => at += jump(accumulator == step.k),
            0x25 => at += jump(accumulator > step.k),
            0x35 => at += jump(accumulator >= step.k),
            0x06 => {
                return match step.k & 0xffff_0000 {
                    0x7fff_0000 => Answer::Allow,
                    0x0005_0000 => Answer::Errno((step.k & 0xffff) as i32),
                    0x8000_0000 => Answer::Kill,
                    other => panic!("unexpected answer {other:#x}"),
                };
            }
            other => panic!("unexpected instruction {other:#x}"),
        }
    }
}

/// Arguments that fit a refusal's conditions.
fn fitting(refusal: &Refusal) -> [u64; 6] {
    let mut args = [0; 6];
    for condition in refusal.when {
        match *condition {
            Arg::Is(place, value) | Arg::Bits(place, _, value) => args[usize::from(place)] = value,
            Arg::IsNot(place, value) => args[usize::from(place)] = value ^ 0x1234,
        }
    }
    args
}

#[test]
fn every_refusal_is_answered_as_the_table_says() {
    let program = policy_with_key(KEY).unwrap();
    for refusal in REFUSED {
        for &call in refusal.calls {
            assert_eq!(
                answer(&program, X86_64, call, fitting(refusal)),
                refusal.answer,
                "{call}: {}",
                refusal.why
            );
        }
    }
}

#[test]
fn every_allowed_call_passes_with_harmless_arguments() {
    let program = policy_with_key(KEY).unwrap();
    for &call in ALLOWED.iter().chain(ALLOWED_HERE) {
        let args = match call {
            libc::SYS_socket | libc::SYS_socketpair => [1, 1, 0, 0, 0, 0],
            _ => [0; 6],
        };
        assert_eq!(
            answer(&program, X86_64, call, args),
            Answer::Allow,
            "{call}"
        );
    }
}

#[test]
fn no_call_is_both_always_allowed_and_always_refused() {
    let mut always = BTreeMap::new();
    for refusal in REFUSED {
        for &call in refusal.calls {
            let first = always.insert(
                (call, format!("{:?}", refusal.answer)),
                refusal.when.is_empty(),
            );
            assert!(
                first.is_none_or(|first| first == refusal.when.is_empty()),
                "{call} has a rule that hides another"
            );
            assert!(
                !refusal.when.is_empty() || !ALLOWED.contains(&call),
                "{call} stands in both tables"
            );
            assert!(
                refusal.when.is_empty()
                    || ALLOWED
                        .iter()
                        .chain(ALLOWED_HERE)
                        .any(|&allowed| allowed == call)
            );
        }
    }
}

#[test]
fn another_architecture_is_killed_before_the_number_is_looked_at() {
    let program = policy_with_key(KEY).unwrap();
    for call in [1, 4, 20, 26, 101, libc::SYS_write] {
        assert_eq!(answer(&program, I386, call, [0; 6]), Answer::Kill);
    }
}

#[test]
fn x32_and_unknown_numbers_do_not_exist() {
    let program = policy_with_key(KEY).unwrap();
    for call in [
        0x4000_0000,
        0x4000_0000 + libc::SYS_write,
        0x4000_0000 + 521,
        999,
        463,
        335,
    ] {
        assert_eq!(
            answer(&program, X86_64, call, [0; 6]),
            Answer::Errno(libc::ENOSYS),
            "{call:#x}"
        );
    }
}

#[test]
fn clone3_and_the_core_need_the_key() {
    let Key([fifth, sixth]) = KEY;
    let program = policy_with_key(KEY).unwrap();
    let (clone3, affinity) = (libc::SYS_clone3, libc::SYS_sched_setaffinity);
    assert_eq!(
        answer(&program, X86_64, clone3, [1, 88, 0, 0, fifth, sixth]),
        Answer::Allow
    );
    assert_eq!(
        answer(&program, X86_64, affinity, [0, 8, 4, 0, fifth, sixth]),
        Answer::Allow
    );
    for (fifth, sixth) in [
        (0, 0),
        (fifth, 0),
        (0, sixth),
        (fifth ^ 1, sixth),
        (fifth, sixth ^ (1 << 63)),
        (sixth, fifth),
    ] {
        assert_eq!(
            answer(&program, X86_64, clone3, [1, 88, 0, 0, fifth, sixth]),
            Answer::Errno(libc::ENOSYS)
        );
        assert_eq!(
            answer(&program, X86_64, affinity, [0, 8, 4, 0, fifth, sixth]),
            Answer::Errno(libc::EPERM)
        );
    }
}

#[test]
fn the_upper_half_of_an_argument_cannot_hide_it() {
    let program = policy_with_key(KEY).unwrap();
    let high = 1 << 40;
    let refused = |call, args| {
        assert_eq!(
            answer(&program, X86_64, call, args),
            Answer::Errno(libc::EPERM),
            "{call}"
        );
    };
    refused(libc::SYS_ioctl, [0, libc::TIOCSTI | high, 0, 0, 0, 0]);
    refused(
        libc::SYS_prctl,
        [libc::PR_SET_SECCOMP as u64 | high, 2, 0, 0, 0, 0],
    );
    refused(
        libc::SYS_clone,
        [libc::CLONE_NEWUSER as u64 | high | 17, 0, 0, 0, 0, 0],
    );
    // An allowed argument stays allowed whatever stands above it: the kernel does not look there either.
    assert_eq!(
        answer(&program, X86_64, libc::SYS_prlimit64, [high, 0, 0, 0, 0, 0]),
        Answer::Allow
    );
}

#[test]
fn threads_and_plain_forks_pass() {
    let program = policy_with_key(KEY).unwrap();
    for flags in [
        0x003d_0f00,
        0x0120_0011,
        libc::SIGCHLD as u64,
        (libc::CLONE_VM | libc::CLONE_VFORK) as u64 | 17,
    ] {
        assert_eq!(
            answer(&program, X86_64, libc::SYS_clone, [flags, 0, 0, 0, 0, 0]),
            Answer::Allow,
            "{flags:#x}"
        );
    }
}

#[test]
fn the_kernel_takes_the_filter_and_threads_and_local_sockets_still_work() {
    let program = policy_with_key(KEY).unwrap();
    std::thread::spawn(move || {
        seccompiler::apply_filter(&program).unwrap();
        std::thread::spawn(|| assert_eq!(nix::unistd::getuid(), nix::unistd::geteuid()))
            .join()
            .unwrap();
        UnixStream::pair().unwrap();
        assert_eq!(
            TcpListener::bind("127.0.0.1:0").unwrap_err().raw_os_error(),
            Some(libc::EACCES)
        );
        nix::unistd::sync();
        let refused = nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUTS);
        assert_eq!(refused, Err(nix::errno::Errno::EPERM));
        assert!(
            std::process::Command::new("/bin/true")
                .status()
                .unwrap()
                .success()
        );
    })
    .join()
    .unwrap();
}

#[test]
fn the_filter_is_well_below_the_kernels_bound_of_4096_instructions() {
    let length = policy_with_key(KEY).unwrap().len();
    assert!(length < 2500, "{length} instructions");
}

#[test]
fn the_tree_answers_as_the_list_behind_it() {
    let program = policy_with_key(KEY).unwrap();
    let begin = |step: &sock_filter| step.code == 0x20 && step.k == 4;
    let list = program.iter().skip(1).position(begin).unwrap() + 1;
    let list = program[list..].to_vec();
    let calls = (0..1100).chain([0x3fff_ffff, 0x4000_0000, 0x4000_0001, 0x7fff_ffff]);
    for call in calls {
        for args in [[0; 6], [u64::MAX; 6], [1, 2, 3, 4, 5, 6]] {
            for arch in [X86_64, I386] {
                assert_eq!(
                    answer(&program, arch, call, args),
                    answer(&list, arch, call, args),
                    "{call} {args:?}"
                );
            }
        }
    }
}
